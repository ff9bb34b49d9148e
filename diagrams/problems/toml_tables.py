"""The tables of a TOML file, read key by key; every refusal names the field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.errors import BadInput, Missing, shown
from diagrams.polynomials.polynomial import Polynomial, check_symbol
from diagrams.problems import grammar
from diagrams.problems.products import DELTA, ROOT
from diagrams.problems.tokens import DIGIT_LIMIT

FILE_LIMIT = 65536
DOTS_LIMIT = 32
NAMES_LIMIT = 24
EXAMPLES = {
    "coefficients": "coefficients = [1, 1, -1]",
    "families": '[families] with hidden = "N"; in a tensor, families = ["hidden", "feature"]',
    "kind": 'kind = "squared error"',
    "law": 'law = "group" or "spectrum"',
    "loss": '[loss] with kind = "squared error" and over = ["i"]',
    "output": 'output = "a[k] W[k,i]"',
    "over": 'over = ["i"], or [] for a scalar',
    "pattern": 'pattern = "constant" or "delta"',
    "role": 'role = "trained", "frozen" or "structural"',
    "size": 'size = "N"',
    "strength": 'strength = "lambda"',
    "target": 'target = "t[i]"',
    "tensors": "[tensors.a] with families, role and variance",
    "value": 'value = "1/N"',
    "variance": 'variance = "1/N"',
}
"""What may stand where a required key is missing."""

_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?\Z")
_PLACE = re.compile(r" ?\(at line ([0-9]+), column ([0-9]+)\)")


@dataclass(frozen=True)
class TomlTable:
    """One table of the file, whose keys are known, with the field name it has in messages."""

    field: str
    values: Mapping[str, object]

    @staticmethod
    def of(
        value: object, field: str, required: Sequence[str], optional: Sequence[str] = ()
    ) -> TomlTable:
        """The table, its keys checked."""
        if not isinstance(value, dict):
            raise BadInput(field, plain(value), "a table")
        for key in value:
            if key not in (*required, *optional):
                allowed = f"the keys {', '.join((*required, *optional))}"
                raise BadInput(field or "problem file", key, allowed)
        for key in required:
            if key not in value:
                name = TomlTable(field, value).name(key)
                raise Missing(name, "missing", f"a value, such as {EXAMPLES[key]}")
        return TomlTable(field, value)

    def name(self, key: str) -> str:
        """The name of a key in messages."""
        return f"{self.field}.{key}" if self.field else key

    def refusal(self, key: str, allowed: str) -> BadInput:
        """The refusal of a value, to be raised."""
        return BadInput(self.name(key), plain(self.values.get(key)), allowed)

    def table(self, key: str, required: Sequence[str], optional: Sequence[str] = ()) -> TomlTable:
        """The table that is the value of a key."""
        return TomlTable.of(self.values[key], self.name(key), required, optional)

    def named(self, key: str) -> TomlTable:
        """The table ``key`` whose own keys are names: at least one, not too many."""
        value = self.values[key]
        if not isinstance(value, dict) or not 1 <= len(value) <= NAMES_LIMIT:
            raise self.refusal(key, f"a table of 1 to {NAMES_LIMIT} names")
        for name in value:
            check_symbol(name, self.name(key))
            if name in (DELTA, ROOT):
                raise BadInput(self.name(key), name, f"a name other than {DELTA} and {ROOT}")
        return TomlTable(self.name(key), value)

    def text(self, key: str) -> str:
        """A text."""
        value = self.values[key]
        if not isinstance(value, str):
            raise self.refusal(key, "text in quotation marks")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of names."""
        value = self.values[key]
        if not isinstance(value, list) or len(value) > grammar.SLOT_LIMIT:
            raise self.refusal(key, f"an array of at most {grammar.SLOT_LIMIT} names")
        for name in value:
            if not isinstance(name, str):
                raise BadInput(self.name(key), plain(name), "names in quotation marks")
        return tuple(check_symbol(name, self.name(key)) for name in value)

    def choice(self, key: str, options: Sequence[str]) -> str:
        """One of some texts."""
        if self.values[key] not in options:
            raise self.refusal(key, " or ".join(map(repr, options)))
        return str(self.values[key])

    def monomial(self, key: str, default: str, refused: Mapping[str, str]) -> Polynomial:
        """A number, or a monomial in sizes and scales."""
        value = self.values.get(key, default)
        limit = 10**DIGIT_LIMIT
        if isinstance(value, Decimal) and _DECIMAL.match(value.text):
            value = Fraction(value.text)
        if isinstance(value, int | Fraction) and not isinstance(value, bool):
            if abs(value.numerator) < limit and value.denominator < limit:
                return Polynomial.constant(value)
        elif isinstance(value, str):
            return grammar.parse_monomial(value, self.name(key), refused)
        raise self.refusal(key, f"a number of at most {DIGIT_LIMIT} digits, or a monomial")


@dataclass(frozen=True)
class Decimal:
    """A TOML decimal, kept as written."""

    text: str


def plain(value: object) -> object:
    """A value of the file as something short for messages."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "an array"
    if isinstance(value, int):
        return value if abs(value) < 1 << 64 else hex(value)
    return value.text if isinstance(value, Decimal) else str(value)


def read_toml(text: str, name: str) -> dict[str, object]:
    """Parse TOML; sizes are bounded first, because nested keys cost quadratic time."""
    field = f"problem file {shown(name)}"
    if len(text) > FILE_LIMIT or len(text.encode("utf-8", "replace")) > FILE_LIMIT:
        raise BadInput(field, f"{len(text)} characters", f"at most {FILE_LIMIT} bytes")
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > DOTS_LIMIT and not line.lstrip().startswith("#"):
            raise BadInput(f"{field}, line {number}", line, f"at most {DOTS_LIMIT} dots in a line")
    try:
        text.encode()
        return tomllib.loads(text, parse_float=Decimal)
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


def line_of(text: str, field: str) -> int | None:
    """The line of the file in which a field of a message stands, where it is easily found.

    That is the line of the longest part of the dotted name that some line begins with.

    >>> line_of("families = {}\\nmodel = {output = 1}", "model.output, column 1")
    2
    """
    wanted = field.split(", ")[0]
    if "[" in field:  # indices with commas, as in kernel[mu,nu]
        wanted = field.split(", column")[0].split(", line")[0]
    table, best, found = "", 0, None
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, equals, _ = line.partition("=")
        if equals:
            path = ".".join(filter(None, (table, _bare(key))))
        elif line.strip().startswith("["):
            head = line.partition("#")[0].strip()
            path = table = _bare(head.strip("[]"))
            if head.startswith("[["):
                counts[table] = counts.get(table, 0) + 1
                path = table = f"{table}[{counts[table]}]"
        else:
            continue
        if len(path) > best and (wanted == path or wanted.startswith(path + ".")):
            best, found = len(path), number
    return found


def _bare(key: str) -> str:
    """A dotted key without blanks and quotation marks."""
    return "".join(character for character in key if character not in " \t\"'")
