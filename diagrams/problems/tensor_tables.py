"""Index families and tensors as problem files describe them."""

from __future__ import annotations

from collections.abc import Mapping

from diagrams.errors import BadInput, Missing
from diagrams.graphs.laws import COEFFICIENT_LIMIT, Drawn, Gram, GroupLaw, Haar, Listed, Shaped
from diagrams.graphs.shapes import Kind, Shape
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import FIXED_LIMIT, IndexFamily, Role, Tensor, group_law
from diagrams.polynomials.polynomial import check_symbol
from diagrams.problems import spectra
from diagrams.problems.entry_laws import RANDOM, is_positive, read_law
from diagrams.problems.given import GIVEN, read_given
from diagrams.problems.indices import no_symbols
from diagrams.problems.products import DELTA, ROOT
from diagrams.problems.toml_tables import EXAMPLES, TomlTable


def read_families(top: TomlTable) -> dict[str, IndexFamily]:
    """The index families of a file, by name."""
    table = top.named("families")
    result: dict[str, IndexFamily] = {}
    for name, value in table.values.items():
        letter = ""
        if isinstance(value, dict):
            row = table.table(name, ("size",), ("index",))
            size = _size(row, "size")
            letter = row.text("index") if "index" in row.values else ""
            if "index" in row.values and (not letter.isascii() or not letter.isalpha()):
                raise row.refusal("index", "letters only, such as i or mu")
            if letter and letter in {family.index for family in result.values()}:
                raise row.refusal("index", "another letter for every family")
        else:
            size = _size(table, name)
        if size in ("T", "t", DELTA, ROOT):
            raise BadInput(table.name(name), size, f"a symbol other than T, t, {DELTA}, {ROOT}")
        result[name] = IndexFamily(name, size, letter)
    return result


def _size(table: TomlTable, key: str) -> str:
    """The size of a family: a symbol, or a whole number."""
    value = table.values[key]
    if isinstance(value, str):
        return check_symbol(value, table.name(key))
    if type(value) is not int or not 1 <= value <= FIXED_LIMIT:
        allowed = f"a symbol in quotation marks, or a whole number from 1 to {FIXED_LIMIT}"
        raise table.refusal(key, allowed)
    return str(value)


def read_tensors(top: TomlTable, families: Mapping[str, IndexFamily]) -> dict[str, Tensor]:
    """The tensors of a file, by name."""
    table = top.named("tensors")
    refused = no_symbols(families.values(), table.values)
    sizes = sorted({family.size for family in families.values()})
    result: dict[str, Tensor] = {}
    for name in table.values:
        if name in sizes:
            raise BadInput("tensors", name, f"a name other than the sizes {', '.join(sizes)}")
        value = table.values[name]
        structural = isinstance(value, dict) and value.get("role") == Role.STRUCTURAL.value
        row = (
            table.table(name, ("families", "role", "law"), ("coefficients", *spectra.KEYS))
            if structural
            else table.table(name, ("families", "role"), (*RANDOM, *GIVEN))
        )
        slots = row.texts("families")
        for slot in slots:
            if slot not in families:
                raise BadInput(row.name("families"), slot, f"of {', '.join(families)}")
        shape = tuple(families[slot] for slot in slots)
        role = Role(row.choice("role", ("trained", "frozen", "structural")))
        if structural:
            result[name] = _structure(row, name, shape, refused)
            continue
        if any(key in row.values for key in GIVEN):
            both = [key for key in (*GIVEN, *RANDOM) if key in row.values]
            if len(both) > 1 or role is not Role.FROZEN:
                allowed = "alone, for a tensor that is frozen: neither drawn nor trained"
                raise row.refusal(both[0], allowed)
            result[name] = Tensor(name, shape, role, read_given(row, shape, refused))
            continue
        rate = row.monomial("rate", "1", refused)
        if not is_positive(rate) or ("rate" in row.values and role is Role.FROZEN):
            raise row.refusal("rate", "a monomial with a positive coefficient, if trained")
        law, sphere = read_law(row, shape, refused), "constraint" in row.values
        if sphere and (row.choice("constraint", ("sphere",)) and role is Role.FROZEN):
            raise row.refusal("constraint", "none: a frozen tensor does not move")
        result[name] = Tensor(name, shape, role, law, rate, sphere)
    if all(tensor.role is not Role.TRAINED for tensor in result.values()):
        raise BadInput("tensors", ", ".join(result), "at least one tensor whose role is trained")
    return result


def _structure(
    row: TomlTable, name: str, shape: tuple[IndexFamily, ...], refused: Mapping[str, str]
) -> Tensor:
    """A tensor that is neither drawn nor moved; a key of the other law is refused."""
    own = {"group": ("coefficients",), "spectrum": spectra.KEYS}
    law = row.choice("law", tuple(own))
    row = TomlTable.of(row.values, row.field, ("families", "role", "law"), own[law])
    if law == "spectrum":
        return Tensor(
            name, shape, Role.STRUCTURAL, spectra.read_spectrum(row, name, shape, refused)
        )
    if "coefficients" not in row.values:
        raise Missing(row.name("coefficients"), "missing", EXAMPLES["coefficients"])
    if len(set(shape)) != 1 or shape[0].fixed:
        allowed = "one and the same family for every index of a group law, its size a symbol"
        raise row.refusal("families", allowed)
    given = row.values["coefficients"]
    whole = isinstance(given, list) and all(type(a) is int for a in given)
    if not isinstance(given, list) or not whole or len(given) != len(shape):
        raise row.refusal("coefficients", f"{len(shape)} integers, one for every index")
    if not all(0 < abs(a) <= COEFFICIENT_LIMIT for a in given):
        bound = f"integers from -{COEFFICIENT_LIMIT} to {COEFFICIENT_LIMIT} other than 0"
        raise BadInput(row.name("coefficients"), str(given), bound)
    return group_law(shape[0], tuple(given), name)


def described(tensor: Tensor) -> str:
    """A tensor in words: role, families, law and rate."""
    law = tensor.law
    words = [tensor.role.value, "[" + ",".join(family.name for family in tensor.families) + "]"]
    if isinstance(law, Shaped):
        words.append(shape_in_words(law.shape))
    if isinstance(law, Haar):
        words.append(f"of an orthogonal matrix of size {law.size} (Haar)")
    if isinstance(law, Drawn):
        words.append(f"variance {law.variance}")
        words += [f"mean {law.mean.value} {law.mean_value}"] * bool(law.mean_value)
    elif isinstance(law, Spectrum):
        words.append(spectrum_in_words(law))
    elif isinstance(law, Listed):
        words.append("values " + ", ".join(map(str, law.entries)))
    elif isinstance(law, Gram):
        words.append("Gram matrix " + ", ".join(map(str, law.products)))
    elif isinstance(law, GroupLaw):
        names = [f"i{slot}" for slot in range(1, tensor.rank + 1)]
        words.append(f"{law.equation(names)} modulo {tensor.families[0].size}")
    words += [f"rate {tensor.rate}"] * (str(tensor.rate) != "1")
    words += ["on the sphere of its norm"] * tensor.sphere
    return ", ".join(words)


def spectrum_in_words(law: Spectrum) -> str:
    """A spectrum as it was declared.

    >>> from diagrams.polynomials.polynomial import Polynomial
    >>> spectrum_in_words(Spectrum(sums=(Polynomial.symbol("s"),)))
    'spectrum with sums of powers s'
    """
    if law.power is not None:
        return f"spectrum i^(-{law.power}), sums of powers {law.name}_1, {law.name}_2, .."
    listed = ", ".join(map(str, law.values or law.sums))
    return f"spectrum {listed}" if law.values else f"spectrum with sums of powers {listed}"


def shape_in_words(shape: Shape) -> str:
    """A shape by its name, or by its central moments.

    >>> shape_in_words(Shape("moments", (0, 1)))
    'central moments 0, 1'
    """
    if shape.kind is not Kind.MOMENTS:
        return shape.kind.value
    return "central moments " + ", ".join(map(str, shape.moments))
