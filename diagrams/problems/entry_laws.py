"""The law of the entries of a random tensor, as problem files write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import comb

from diagrams.errors import BadInput, Missing
from diagrams.graphs.laws import Gaussian, Haar, Mean, Shaped, root_of
from diagrams.graphs.moment_problem import recurrence
from diagrams.graphs.shapes import MOMENTS_LIMIT, Kind, Shape
from diagrams.graphs.tensors import IndexFamily
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.problems.toml_tables import EXAMPLES, TomlTable

RANDOM = ("variance", "mean", "rate", "law", "moments", "group", "constraint")
"""The keys of a random tensor that not every law has."""

_LAWS = ("gaussian", "fixed", "haar", Kind.RADEMACHER.value, Kind.UNIFORM.value)


def read_law(
    row: TomlTable, shape: tuple[IndexFamily, ...], refused: Mapping[str, str]
) -> Gaussian | Shaped | Haar:
    """The law of a random tensor.

    ``law`` says how the entry over the root of ``variance`` is drawn around its ``mean``: Gaussian
    unless stated, ``rademacher`` (+-1) or ``uniform`` (of variance one); ``fixed`` entries are
    their mean.  In place of a law, ``moments`` are ``E x, E x^2, ..`` of ``x``, the entry over the
    root of ``variance`` (1 unless stated); a first one that is not zero is a mean.  ``haar`` is a
    block of a random orthogonal matrix, whose size is that of the family ``group``.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    if "moments" in row.values and "law" in row.values:
        raise row.refusal("law", "a law, or moments, not both")
    name = row.choice("law", _LAWS) if "law" in row.values else "gaussian"
    mean = _mean(row, shape, refused)
    if name == "haar":
        return _of_rotations(row, shape, mean[0], refused)
    if "group" in row.values:
        raise row.refusal("group", "none, unless the law is haar")
    if name == "fixed":
        if "variance" in row.values and row.monomial("variance", "", refused):
            raise row.refusal("variance", "0, or none, where the law is fixed")
        return Gaussian(Polynomial(), *mean)
    if "variance" not in row.values and "moments" not in row.values:
        raise Missing(row.name("variance"), "missing", f"a value, such as {EXAMPLES['variance']}")
    variance = row.monomial("variance", "1", refused)
    if variance and not is_positive(variance):
        raise row.refusal("variance", "0 or a monomial with a positive coefficient")
    if name == "gaussian" and "moments" not in row.values:
        return Gaussian(variance, *mean)
    if not variance:
        raise row.refusal("variance", "one that is not 0; entries that do not vary are law fixed")
    if "moments" not in row.values:
        return Shaped(variance, *mean, Shape(Kind(name)))
    return _of_moments(row, Gaussian(variance, *mean), refused)


def _of_rotations(
    row: TomlTable, shape: tuple[IndexFamily, ...], mean: Mean, refused: Mapping[str, str]
) -> Haar:
    """A block of a random orthogonal matrix; its entries have the variance ``1/size``."""
    if len(shape) != 2 or mean is not Mean.ZERO:
        allowed = "one that is Gaussian, or two indices and no mean: an orthogonal matrix"
        raise row.refusal("law", allowed)
    sizes = {family.name: family for family in shape}
    whole = row.choice("group", tuple(sizes)) if "group" in row.values else shape[0].name
    if "group" not in row.values and shape[0].size != shape[1].size:
        allowed = f"{' or '.join(sizes)}, which has the size of the whole matrix"
        raise Missing(row.name("group"), "missing", allowed)
    if not all(family.fixed for family in shape):
        symbols = ", ".join(family.size for family in shape if not family.fixed)
        allowed = "haar for families whose sizes are numbers: averages have denominators such as"
        raise row.refusal("law", f"{allowed} (N - 1)(N + 2), which are no powers of {symbols}")
    size = int(sizes[whole].size)
    if any(int(family.size) > size for family in shape):
        raise row.refusal("group", "the family of the larger size")
    variance = row.monomial("variance", f"1/{size}", refused)
    if not is_positive(variance):
        raise row.refusal("variance", "a monomial with a positive coefficient")
    return Haar(variance, size=size)


def _of_moments(row: TomlTable, around: Gaussian, refused: Mapping[str, str]) -> Shaped:
    """The law of given moments: their mean is split off, and the others are about it."""
    given = row.values["moments"]
    if not isinstance(given, list) or not 2 <= len(given) <= MOMENTS_LIMIT:
        raise row.refusal("moments", f"an array of 2 to {MOMENTS_LIMIT}: E x, E x^2, and so on")
    listed = TomlTable(row.name("moments"), {str(k): one for k, one in enumerate(given, 1)})
    moments = [ONE, *(listed.monomial(key, "", refused) for key in listed.values)]
    first, shown = moments[1], ", ".join(map(str, moments[1:]))
    if first and around.mean_value:
        raise BadInput(row.name("moments"), shown, "0 first, where a mean is given besides")
    central = tuple(
        sum((comb(k, j) * moments[j] * (-first) ** (k - j) for j in range(k + 1)), Polynomial())
        for k in range(1, len(moments))
    )
    if not central[1]:
        allowed = 'a second moment above the square of the first; else law = "fixed"'
        raise BadInput(row.name("moments"), shown, allowed)
    if not any(moment.symbols for moment in moments):
        numbers = [sum((c for _, c in moment.terms), Fraction(0)) for moment in central]
        recurrence(numbers, row.name("moments"))
    shape = Shape(Kind.MOMENTS, central)
    try:
        if first:
            mean_value = first * root_of(around.variance)
            around = replace(around, mean=Mean.CONSTANT, mean_value=mean_value)
        return Shaped(around.variance, around.mean, around.mean_value, shape)
    except BadInput as irrational:
        raise row.refusal("variance", irrational.allowed) from None


def _mean(
    row: TomlTable, shape: tuple[IndexFamily, ...], refused: Mapping[str, str]
) -> tuple[Mean, Polynomial]:
    if "mean" not in row.values:
        return Mean.ZERO, Polynomial()
    table = row.table("mean", ("pattern", "value"))
    pattern = Mean(table.choice("pattern", ("constant", "delta")))
    if pattern is Mean.DELTA and (len(shape) < 2 or len(set(shape)) > 1):
        raise table.refusal("pattern", "delta only for two or more indices of one family")
    value = table.monomial("value", "", refused)
    if not value:
        raise table.refusal("value", "a monomial that is not zero")
    return pattern, value


def is_positive(monomial: Polynomial) -> bool:
    """Whether a monomial has a positive coefficient."""
    return any(coefficient > 0 for _, coefficient in monomial.terms)
