"""Tables of predictions: CSV files of times, values and sizes, read with every cell checked.

::

    # lines that begin with # are comments
    t,value,p,H,sigma
    0,34.125,8,4,0.5
    0.01,33.71,8,4,0.5

The first line that is no comment names the columns: ``t`` and ``value`` are needed, ``error`` (a
bound on the error of the value) and any size or scale of the problem, ``T`` too, may follow.
Tables written by ``wickflow simulate --format csv`` are read as they are: ``mean`` is the
value, ``standard_error`` its statistical error, the seeds are used for the correlations between
times, and sizes are taken from the first line.
"""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.errors import BadInput

FILE_LIMIT = 50_000_000
ROWS_LIMIT = 100_000
COLUMNS_LIMIT = 5_000
LINE_LIMIT = 200_000
LARGEST = 10**300
DOUBLE_DIGITS = 15
"""Numbers with more significant digits than this are taken to be of double precision."""

NAMES = {"t": "t", "time": "t", "value": "value", "mean": "value", "loss": "value"}
ERRORS = ("error", "standard_error")
SUMMARIES = re.compile(r"(median|q[0-9]{1,2})\Z")
SEED = re.compile(r"seed_[0-9]{1,6}\Z")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?\Z"
)
_FRACTION = re.compile(r"[+-]?[0-9]{1,40}/[0-9]{1,40}\Z")
_INFINITE = ("inf", "-inf", "nan")
_SIZE = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,63})=([-+0-9.e]{1,40})\Z")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: exact numbers as written, half a unit of the last digit, an error.

    ``samples`` are the values of the seeds of a simulation.
    """

    line: int
    t: Fraction
    value: Fraction
    rounding: Fraction
    error: Fraction | None
    samples: tuple[Fraction, ...] = ()


Key = tuple[tuple[str, Fraction], ...]
"""The sizes of a group of rows."""


@dataclass(frozen=True)
class PredictionTable:
    """The rows of a table in groups of equal sizes.

    ``groups`` are pairs of the sizes given in the table and the rows there.  ``statistical``
    tells that errors are standard errors; ``spec`` is the SPEC that a simulation was of.
    """

    name: str
    groups: tuple[tuple[Key, tuple[Row, ...]], ...]
    statistical: bool = False
    spec: str = ""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(len(rows) for _, rows in self.groups)


def read_table(path: str | os.PathLike[str], symbols: Collection[str]) -> PredictionTable:
    """Read a CSV file; ``symbols`` are the sizes and scales that may be columns.

    Raises :class:`~diagrams.errors.BadInput` naming the line.
    """
    field = "against"
    allowed = f"the path of a readable CSV file of at most {FILE_LIMIT // 10**6} MB"
    try:
        name = os.fsdecode(path)
        if not stat.S_ISREG(os.stat(name).st_mode):
            raise BadInput(field, name, "a regular file, no directory and no device")
        with open(name, "rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise BadInput(field, path, f"{allowed} ({reason})") from None
    except (TypeError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(field, path, allowed) from None
    if len(data) > FILE_LIMIT:
        raise BadInput(field, name, allowed)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(field, name, "UTF-8 text") from None
    return parse_table(text, symbols, os.path.basename(name))


def parse_table(text: str, symbols: Collection[str], name: str = "table") -> PredictionTable:
    """Read the text of a CSV file.

    Raises :class:`~diagrams.errors.BadInput` naming the line.

    >>> table = parse_table("t,value,p\\n0,2.50,4\\n1/2,1.9,4\\n", ("p", "H"))
    >>> sizes, rows = table.groups[0]
    >>> sizes, rows[0].rounding
    ((('p', Fraction(4, 1)),), Fraction(1, 200))
    """
    spec, given, lines = _head(text, name)
    if not lines:
        raise BadInput(name, "no header", "a first line with the columns t,value and any sizes")
    (number, first), *rest = lines
    header = _header(_cells(first), symbols, f"{name}, line {number}")
    if len(rest) > ROWS_LIMIT:
        where = f"{name}, line {rest[ROWS_LIMIT][0]}"
        raise BadInput(where, f"{ROWS_LIMIT + 1} rows", f"at most {ROWS_LIMIT} rows")
    seen: dict[Key, list[Row]] = {}
    ended: set[Key] = set()
    for number, line in rest:
        where, cells = f"{name}, line {number}", _cells(line)
        if len(cells) != len(header):
            raise BadInput(where, f"{len(cells)} cells", f"{len(header)} cells, as in the header")
        named = {column: cell for column, cell in zip(header, cells, strict=True) if column}
        sizes = dict(given)
        for column in header:
            if column in symbols or column == "T":
                sizes[column] = _rational(named[column], f"{where}, {column}")[0]
        key = tuple(sorted(sizes.items()))
        if named["value"].lower() in _INFINITE and spec:
            ended.add(key)  # a seed has blown up: no mean from here on
        if key not in ended:
            seen.setdefault(key, []).append(_row(named, header, cells, number, where))
    if not seen:
        raise BadInput(name, "no rows", "a row for every time")
    groups = tuple((key, _in_time(rows, name)) for key, rows in seen.items())
    return PredictionTable(name, groups, "standard_error" in header, spec)


def _head(text: str, name: str) -> tuple[str, dict[str, Fraction], list[tuple[int, str]]]:
    """SPEC and sizes of a simulation, if one wrote the table; and the lines that hold cells."""
    spec, given, kept = "", dict[str, Fraction](), list[tuple[int, str]]()
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}, line {number}"
        if len(line) > LINE_LIMIT:
            raise BadInput(where, line[:40], f"lines of at most {LINE_LIMIT} characters")
        if not line.lstrip().startswith("#"):
            if line.strip():
                kept.append((number, line))
            continue
        found = _provenance(line, where)
        if found is not None and not kept:
            if spec:
                raise BadInput(where, line[:40], "the first line of one simulation")
            spec, given = found
    return spec, given, kept


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(",")]


def _in_time(rows: Sequence[Row], name: str) -> tuple[Row, ...]:
    """The rows in the order of their times, which differ."""
    ordered = sorted(rows, key=lambda row: row.t)
    for one, other in itertools.pairwise(ordered):
        if one.t == other.t:
            allowed = f"every time once at equal sizes (line {one.line} has it too)"
            raise BadInput(f"{name}, line {other.line}", f"t = {other.t}", allowed)
    return tuple(ordered)


def _header(cells: Sequence[str], symbols: Collection[str], where: str) -> list[str]:
    """The columns by the names used here; empty for columns that are not needed."""
    if len(cells) > COLUMNS_LIMIT:
        raise BadInput(where, f"{len(cells)} columns", f"at most {COLUMNS_LIMIT}")
    listed = ", ".join(["t", "value", "error", "T", *symbols])
    header = []
    for cell in cells:
        bare = cell.strip("\"'")
        if bare in symbols or bare == "T" or bare in ERRORS or SEED.match(bare):
            header.append(bare)
        elif bare in NAMES:
            header.append(NAMES[bare])
        elif SUMMARIES.match(bare) and "mean" in cells:
            header.append("")
        else:
            raise BadInput(where, cell, f"a header with the columns {listed}")
    for column in set(header) - {""}:
        if header.count(column) > 1:
            raise BadInput(where, f"{column} twice", "every column once")
    for column in ("t", "value"):
        if column not in header:
            raise BadInput(where, f"no column {column}", f"a header with the columns {listed}")
    if sum(column in header for column in ERRORS) > 1:
        raise BadInput(where, "error and standard_error", "one of them")
    return header


def _row(
    named: Mapping[str, str], header: Sequence[str], cells: Sequence[str], number: int, where: str
) -> Row:
    t, _ = _rational(named["t"], f"{where}, t")
    value, rounding = _rational(named["value"], f"{where}, value")
    error = None
    for column in ERRORS:
        if named.get(column):
            error, _ = _rational(named[column], f"{where}, {column}")
            if error < 0:
                raise BadInput(f"{where}, {column}", named[column], "a number of 0 or more")
    samples = tuple(
        _rational(cell, f"{where}, {column}")[0]
        for column, cell in zip(header, cells, strict=True)
        if SEED.match(column)
    )
    return Row(number, t, value, rounding, error, samples)


def _rational(cell: str, where: str) -> tuple[Fraction, Fraction]:
    """An exact number and half a unit of its last digit."""
    bare = cell.strip("\"'")
    if _FRACTION.match(bare):
        top, bottom = bare.split("/")
        if int(bottom):
            return Fraction(int(top), int(bottom)), Fraction(0)  # forty digits at most
    if not _NUMBER.match(bare):
        raise BadInput(where, cell, "a number such as 3, -0.25, 1e-3 or 1/3")
    mantissa, _, exponent = bare.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    value = Fraction(bare)
    if abs(value) > LARGEST:
        raise BadInput(where, cell, "a number of at most 1e300")
    digits = len(mantissa.replace(".", "").lstrip("+-0"))
    if digits > DOUBLE_DIGITS and digits < 20:
        return value, abs(value) / 2**52
    return value, Fraction(10) ** (int(exponent or 0) - places) / 2


def _provenance(line: str, where: str) -> tuple[str, dict[str, Fraction]] | None:
    """SPEC and sizes from the first line of a simulation's table; ``None`` for other comments.

    ``# SPEC; sizes; wickflow ..``, in just this order: what names the problem has no semicolon.
    """
    spec, _, rest = line.strip().removeprefix("#").partition(";")
    sizes, _, stamp = rest.partition(";")
    pieces = [_SIZE.match(piece.strip()) for piece in sizes.split(",")]
    if not stamp.strip().startswith("wickflow ") or not spec.strip():
        return None
    found: dict[str, Fraction] = {}
    for piece in pieces:
        if piece is None:
            return None
        if piece[1] in found:
            raise BadInput(where, f"{piece[1]} twice", "every size once")
        found[piece[1]] = _rational(piece[2], f"{where}, {piece[1]}")[0]
    return spec.strip(), found
