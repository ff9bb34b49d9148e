"""Problem files: a model, a target and a loss, written in TOML.

::

    title = "Two-layer linear network, random teacher"

    [families]                       # index families: name = size symbol
    hidden  = "N"                    # or  {size = "N", index = "k"}  with a letter for print
    feature = "d"

    [tensors.W]
    families = ["hidden", "feature"] # one for every index
    role     = "trained"             # or "frozen": random, but not moved (data, teacher);
                                     # or "structural", see below
    variance = "1/d"                 # monomial in sizes and scales; 0 for none
    mean     = {pattern = "constant", value = "gamma"}  # or "delta"; default zero
    rate     = "N"                   # learning rate of a trained tensor; default 1

    [model]
    output = "a[k] W[k,i]"           # what the trained tensors make
    target = "t[i]"                  # frozen tensors and numbers; "0" for none

    [loss]
    kind      = "squared error"
    over      = ["i"]                # the free indices of output and target; may be []
    prefactor = "1/2"                # default 1/2
    decay     = "lambda"             # weight decay, a number or a scale; default 0

The loss is ``L = prefactor * sum over the free indices of (output - target)^2``; every trained
tensor ``u`` descends ``L + (decay/2) |u|^2`` at its own rate.  An index that is not free is
summed over the term it stands in, whether it stands there once or more; a free index that a
term lacks makes the term constant in it.  An index name belongs to one family in the whole
file, that of the slots it stands in.

A *structural* tensor is neither drawn nor moved.  Its entries are 1 where a linear relation
holds modulo the size of its indices' family, else 0; here ``[i + j = l modulo p]``::

    [tensors.F]
    families     = ["feature", "feature", "feature"]
    role         = "structural"
    law          = "group"
    coefficients = [1, 1, -1]        # one integer for every index

Every family and every tensor must be used, trained
tensors in the output only.  ``T`` and ``t`` are time and no scales.  The language of
monomials, output and target is that of :mod:`diagrams.problems.grammar`.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.algebra import Combination
from diagrams.diagram import Diagram
from diagrams.errors import BadInput, shown
from diagrams.polynomial import Polynomial, check_symbol
from diagrams.problems import grammar
from diagrams.problems.grammar import DELTA, ROOT
from diagrams.problems.problem import Problem
from diagrams.problems.squared_error import SquaredError, check_use
from diagrams.tensors import (
    COEFFICIENT_LIMIT,
    Gaussian,
    GroupLaw,
    IndexFamily,
    Mean,
    Role,
    Tensor,
    group_law,
)

FILE_LIMIT = 65536
DOTS_LIMIT = 32
NAMES_LIMIT = 24
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?\Z")
_PLACE = re.compile(r" ?\(at line ([0-9]+), column ([0-9]+)\)")


def read_problem(path: str | os.PathLike[str]) -> Problem:
    """Read a TOML problem file.

    Raises :class:`~diagrams.errors.BadInput` when ``path`` is no readable regular file of at
    most 64 KiB in UTF-8, and whenever :func:`parse_problem` does.
    """
    field = "problem file"
    try:
        name = os.fsdecode(path)
        regular = stat.S_ISREG(os.stat(name).st_mode)
        if regular:
            with open(name, "rb") as file:
                data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise BadInput(field, name, f"the path of a readable TOML file ({reason})") from None
    except (TypeError, ValueError):
        raise BadInput(field, path, "the path of a TOML file") from None
    if not regular:
        raise BadInput(field, name, "a regular file, no directory and no device")
    if len(data) > FILE_LIMIT:
        raise BadInput(field, name, f"a file of at most {FILE_LIMIT} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{field} {shown(name)}, byte {error.start + 1}"
        raise BadInput(where, data[error.start : error.end], "UTF-8 text") from None
    return parse_problem(text, name)


def parse_problem(text: str, name: str = "text") -> Problem:
    """Return the problem that the TOML ``text`` describes; ``name`` is for messages only.

    The value keeps the whole text as ``spec``; reading that again gives an equal problem.

    Raises :class:`~diagrams.errors.BadInput` naming the field, the value and what is allowed.

    >>> print(parse_problem('''
    ... families = {feature = "d"}
    ... tensors.w = {families = ["feature"], role = "trained", variance = 0}
    ... tensors.x = {families = ["feature"], role = "frozen", variance = "1/d"}
    ... model = {output = "w[i] x[i]", target = "1"}
    ... loss = {kind = "squared error", over = []}
    ... ''').observable)
    (1/2) 1
    (-1) sum[k1] w[k1] x[k1]
    (1/2) sum[k1,k2] w[k1] w[k2] x[k1] x[k2]
    """
    top = _Table.of(_toml(text, name), "", ("families", "tensors", "model", "loss"), ("title",))
    families = _families(top)
    tensors = _tensors(top, families)
    trained = [tensor for tensor in tensors.values() if tensor.role is Role.TRAINED]
    model = top.table("model", ("output", "target"))
    loss = top.table("loss", ("kind", "over"), ("prefactor", "decay"))
    refused = _no_symbols(families, tensors)
    loss.choice("kind", ("squared error",))
    prefactor = loss.monomial("prefactor", "1/2", refused)
    if not _is_positive(prefactor):
        raise loss.refusal("prefactor", "a monomial with a positive coefficient")
    decay = loss.monomial("decay", "0", refused)
    if str(decay) in {family.size for family in families.values()} or not (
        not decay.symbols or str(decay) in decay.symbols
    ):
        raise loss.refusal("decay", "a number, or one symbol that is no size")
    ranks = {tensor.name: tensor.rank for tensor in tensors.values()}
    squared = SquaredError(
        grammar.parse_sum(model.text("output"), "model.output", ranks, refused),
        grammar.parse_sum(model.text("target"), "model.target", ranks, refused),
        loss.texts("over"),
        tensors,
    )
    check_use(squared, families)
    observable = squared.expand(prefactor)
    if not any(tensor in diagram.tensors for diagram, _ in observable for tensor in trained):
        raise model.refusal("output", "an output that depends on trained tensors")
    squares = [Diagram.of(*[(u, list(map(str, range(u.rank))))] * 2) for u in trained]
    written = {side: " ".join(model.text(side).split()) for side in ("output", "target")}
    title = f"Squared error of {written['output']} against {written['target']}"
    title = title if len(title) <= 100 else title[:97] + "..."
    if "title" in top.values:
        title = top.text("title")
        if not title.isprintable() or not 0 < len(title) <= 200:
            raise top.refusal("title", "one line of 1 to 200 printable characters")
    return Problem(
        title=title,
        spec=text,
        observable=observable,
        potential=observable + Combination.of((square, decay / 2) for square in squares),
        facts=(
            ("model", "tensor network"),
            *written.items(),
            ("loss", f"squared error over {', '.join(squared.over) or 'no index'}"),
            ("prefactor", str(prefactor)),
            ("decay", str(decay)),
            *((f"family {name}", f"size {family.size}") for name, family in families.items()),
            *((f"tensor {name}", _described(tensor)) for name, tensor in tensors.items()),
        ),
    )


# -- the tables of the file ------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    """One table of the file, whose keys are known, with the field name it has in messages."""

    field: str
    values: Mapping[str, object]

    @staticmethod
    def of(
        value: object, field: str, required: Sequence[str], optional: Sequence[str] = ()
    ) -> _Table:
        if not isinstance(value, dict):
            raise BadInput(field, _plain(value), "a table")
        for key in value:
            if key not in (*required, *optional):
                allowed = f"the keys {', '.join((*required, *optional))}"
                raise BadInput(field or "problem file", key, allowed)
        for key in required:
            if key not in value:
                raise BadInput(_Table(field, value).name(key), "missing", "a value, it is required")
        return _Table(field, value)

    def name(self, key: str) -> str:
        return f"{self.field}.{key}" if self.field else key

    def refusal(self, key: str, allowed: str) -> BadInput:
        return BadInput(self.name(key), _plain(self.values.get(key)), allowed)

    def table(self, key: str, required: Sequence[str], optional: Sequence[str] = ()) -> _Table:
        return _Table.of(self.values[key], self.name(key), required, optional)

    def named(self, key: str) -> _Table:
        """The table ``key`` whose own keys are names: at least one, not too many."""
        value = self.values[key]
        if not isinstance(value, dict) or not 1 <= len(value) <= NAMES_LIMIT:
            raise self.refusal(key, f"a table of 1 to {NAMES_LIMIT} names")
        for name in value:
            check_symbol(name, self.name(key))
            if name in (DELTA, ROOT):
                raise BadInput(self.name(key), name, f"a name other than {DELTA} and {ROOT}")
        return _Table(self.name(key), value)

    def text(self, key: str) -> str:
        value = self.values[key]
        if not isinstance(value, str):
            raise self.refusal(key, "text in quotation marks")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values[key]
        if not isinstance(value, list) or len(value) > grammar.SLOT_LIMIT:
            raise self.refusal(key, f"an array of at most {grammar.SLOT_LIMIT} names")
        for name in value:
            if not isinstance(name, str):
                raise BadInput(self.name(key), _plain(name), "names in quotation marks")
        return tuple(check_symbol(name, self.name(key)) for name in value)

    def choice(self, key: str, options: Sequence[str]) -> str:
        if self.values[key] not in options:
            raise self.refusal(key, " or ".join(map(repr, options)))
        return str(self.values[key])

    def monomial(self, key: str, default: str, refused: Mapping[str, str]) -> Polynomial:
        value = self.values.get(key, default)
        limit = 10**grammar.DIGIT_LIMIT
        if isinstance(value, _Decimal) and _DECIMAL.match(value.text):
            value = Fraction(value.text)
        if isinstance(value, int | Fraction) and not isinstance(value, bool):
            if abs(value.numerator) < limit and value.denominator < limit:
                return Polynomial.constant(value)
        elif isinstance(value, str):
            return grammar.parse_monomial(value, self.name(key), refused)
        raise self.refusal(key, f"a number of at most {grammar.DIGIT_LIMIT} digits, or a monomial")


@dataclass(frozen=True)
class _Decimal:
    """A TOML decimal, kept as written."""

    text: str


def _plain(value: object) -> object:
    """A value of the file as something short for messages."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "an array"
    if isinstance(value, int):
        return value if abs(value) < 1 << 64 else hex(value)
    return value.text if isinstance(value, _Decimal) else str(value)


def _toml(text: str, name: str) -> dict[str, object]:
    """Parse TOML; sizes are bounded first, because nested keys cost quadratic time."""
    field = f"problem file {shown(name)}"
    if len(text) > FILE_LIMIT or len(text.encode("utf-8", "replace")) > FILE_LIMIT:
        raise BadInput(field, f"{len(text)} characters", f"at most {FILE_LIMIT} bytes")
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > DOTS_LIMIT and not line.lstrip().startswith("#"):
            raise BadInput(f"{field}, line {number}", line, f"at most {DOTS_LIMIT} dots in a line")
    try:
        text.encode()
        return tomllib.loads(text, parse_float=_Decimal)
    except UnicodeEncodeError as error:
        raise BadInput(field, text[error.start], "characters that UTF-8 has") from None
    except RecursionError:
        raise BadInput(field, "deep nesting", "tables and arrays nested a few levels") from None
    except ValueError as error:
        reason = " ".join(str(error).split())
        place = _PLACE.search(reason)
        if place is None:
            raise BadInput(field, text, f"well-formed TOML ({reason[:100]})") from None
        lines = text.replace("\r\n", "\n").split("\n")
        where = f"{field}, line {place[1]}, column {place[2]}"
        allowed = f"well-formed TOML ({_PLACE.sub('', reason)[:100]})"
        raise BadInput(where, lines[int(place[1]) - 1], allowed) from None


def _families(top: _Table) -> dict[str, IndexFamily]:
    table = top.named("families")
    result: dict[str, IndexFamily] = {}
    for name, value in table.values.items():
        letter = ""
        if isinstance(value, dict):
            row = table.table(name, ("size",), ("index",))
            size = check_symbol(row.text("size"), row.name("size"))
            letter = row.text("index") if "index" in row.values else ""
            if "index" in row.values and (not letter.isascii() or not letter.isalpha()):
                raise row.refusal("index", "letters only, such as i or mu")
            if letter and letter in {family.index for family in result.values()}:
                raise row.refusal("index", "another letter for every family")
        else:
            size = check_symbol(table.text(name), table.name(name))
        if size in ("T", "t", DELTA, ROOT):
            raise BadInput(table.name(name), size, f"a symbol other than T, t, {DELTA}, {ROOT}")
        result[name] = IndexFamily(name, size, letter)
    return result


def _no_symbols(families: Mapping[str, IndexFamily], tensors: Iterable[str]) -> dict[str, str]:
    """Names that are no symbols in monomials, each with what to write instead."""
    sizes = {family.size for family in families.values()}
    result = dict.fromkeys(("T", "t"), "sizes and scales; T and t are time")
    result |= {
        name: f"sizes and scales; the size of the family {name} is {family.size}"
        for name, family in families.items()
        if name not in sizes
    }
    return result | {name: f"sizes and scales; {name} is a tensor" for name in tensors}


def _tensors(top: _Table, families: Mapping[str, IndexFamily]) -> dict[str, Tensor]:
    table = top.named("tensors")
    refused = _no_symbols(families, table.values)
    sizes = sorted({family.size for family in families.values()})
    result: dict[str, Tensor] = {}
    for name in table.values:
        if name in sizes:
            raise BadInput("tensors", name, f"a name other than the sizes {', '.join(sizes)}")
        value = table.values[name]
        structural = isinstance(value, dict) and value.get("role") == Role.STRUCTURAL.value
        row = (
            table.table(name, ("families", "role", "law", "coefficients"))
            if structural
            else table.table(name, ("families", "role", "variance"), ("mean", "rate"))
        )
        slots = row.texts("families")
        for slot in slots:
            if slot not in families:
                raise BadInput(row.name("families"), slot, f"of {', '.join(families)}")
        shape = tuple(families[slot] for slot in slots)
        role = Role(row.choice("role", ("trained", "frozen", "structural")))
        if structural:
            result[name] = _group_law(row, name, shape)
            continue
        variance = row.monomial("variance", "", refused)
        if variance and not _is_positive(variance):
            raise row.refusal("variance", "0 or a monomial with a positive coefficient")
        rate = row.monomial("rate", "1", refused)
        if not _is_positive(rate) or ("rate" in row.values and role is Role.FROZEN):
            raise row.refusal("rate", "a monomial with a positive coefficient, if trained")
        law = Gaussian(variance, *_mean(row, shape, refused))
        result[name] = Tensor(name, shape, role, law, rate)
    if all(tensor.role is not Role.TRAINED for tensor in result.values()):
        raise BadInput("tensors", ", ".join(result), "at least one tensor whose role is trained")
    return result


def _group_law(row: _Table, name: str, shape: tuple[IndexFamily, ...]) -> Tensor:
    row.choice("law", ("group",))
    if not shape or len(set(shape)) > 1:
        raise row.refusal("families", "one and the same family for every index of a group law")
    given = row.values["coefficients"]
    whole = isinstance(given, list) and all(type(a) is int for a in given)
    if not isinstance(given, list) or not whole or len(given) != len(shape):
        raise row.refusal("coefficients", f"{len(shape)} integers, one for every index")
    if not all(0 < abs(a) <= COEFFICIENT_LIMIT for a in given):
        bound = f"integers from -{COEFFICIENT_LIMIT} to {COEFFICIENT_LIMIT} other than 0"
        raise BadInput(row.name("coefficients"), str(given), bound)
    return group_law(shape[0], tuple(given), name)


def _mean(
    row: _Table, shape: tuple[IndexFamily, ...], refused: Mapping[str, str]
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


def _is_positive(monomial: Polynomial) -> bool:
    return any(coefficient > 0 for _, coefficient in monomial.terms)


def _described(tensor: Tensor) -> str:
    law = tensor.law
    words = [tensor.role.value, "[" + ",".join(family.name for family in tensor.families) + "]"]
    if isinstance(law, Gaussian):
        words.append(f"variance {law.variance}")
        words += [f"mean {law.mean.value} {law.mean_value}"] * bool(law.mean_value)
    elif isinstance(law, GroupLaw):
        names = [f"i{slot}" for slot in range(1, tensor.rank + 1)]
        words.append(f"{law.equation(names)} modulo {tensor.families[0].size}")
    return ", ".join([*words, *[f"rate {tensor.rate}"] * (str(tensor.rate) != "1")])
