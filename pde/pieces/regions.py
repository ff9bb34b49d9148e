"""Sample points on every side of every wall of given expressions.

From a first point one walks along the symbols, one at a time: the walls met on the line divide it
into cells, and a cell with other signs than all before is a new region, from which the walk goes
on. Walls far away are found as exact or numerical zeros, not by chance.

>>> x = sympy.Symbol("x")
>>> found, _ = regions((abs(abs(x) - 1000),), {x: sympy.Integer(1)}, (x,))
>>> sorted((region.pieces[0] for region in found), key=str)
[-x - 1000, 1000 - x, x + 1000, x - 1000]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from pde.errors import OutsideDomainError
from pde.expressions.compilation import compiled, number
from pde.expressions.sampling import FAILURES
from pde.pieces.sides import AtPoint, settled, sign_of_number

LIMIT = 48
MESH = tuple(sorted(s * mpmath.mpf(2) ** (k / 4) for k in range(-20, 33) for s in (1, -1)))
DIGITS = 40


@dataclass(frozen=True)
class Region:
    """A point, the signs of walls and of edges at it, and what the expressions are there."""

    point: Mapping[Symbol, Expr]
    walls: Mapping[Expr, int]
    edges: Mapping[Expr, int]
    pieces: tuple[Expr, ...]

    @property
    def signature(self) -> frozenset[tuple[Expr, int]]:
        """The walls and edges with their signs."""
        return frozenset((*self.walls.items(), *self.edges.items()))


@dataclass(frozen=True)
class Border:
    """A point of a wall between two regions, the one below along a symbol first."""

    wall: Expr
    symbol: Symbol
    point: Mapping[Symbol, Expr]
    sides: tuple[Region, Region]


def regions(
    expressions: Sequence[Expr],
    start: Mapping[Symbol, Expr],
    symbols: Sequence[Symbol],
    limit: int = LIMIT,
) -> tuple[list[Region], list[Border]]:
    """Return a region for every combination of signs that the walk finds, and borders between.

    Raises NoClosedFormError for functions without pieces, OutsideDomainError if no region exists.
    """
    found: dict[frozenset[tuple[Expr, int]], Region] = {}
    borders: dict[tuple[Expr, frozenset[object]], Border] = {}
    first = _region(expressions, start, symbols)
    if first is None:
        raise OutsideDomainError("the expressions have no value at the sample")
    found[first.signature] = first
    known: set[Expr] = set()
    while True:
        before = len(found), len(known)
        for region in tuple(found.values()):
            known |= {*region.walls, *region.edges}
            for symbol in symbols:
                _walk(expressions, region, symbol, symbols, known, found, borders, limit)
        if (len(found), len(known)) == before or len(found) >= limit:
            return list(found.values()), list(borders.values())


def _walk(
    expressions: Sequence[Expr],
    region: Region,
    symbol: Symbol,
    symbols: Sequence[Symbol],
    known: set[Expr],
    found: dict[frozenset[tuple[Expr, int]], Region],
    borders: dict[tuple[Expr, frozenset[object]], Border],
    limit: int,
) -> None:
    """Look at all cells of the line through a region along one symbol."""
    marks = sorted(
        (root, index, wall)
        for index, wall in enumerate(sorted(known, key=sympy.default_sort_key))
        for root in _roots(wall, symbol, region.point)
    )
    if not marks:
        return
    cells = []
    for place in _between([root for root, _, _ in marks], symbol):
        at = None if place is None else {**region.point, symbol: place}
        cell = None if at is None else _region(expressions, at, symbols)
        cells.append(cell)
        if cell is not None and cell.signature not in found and len(found) < limit:
            found[cell.signature] = cell
            known |= {*cell.walls, *cell.edges}
    for (root, _, wall), left, right in zip(marks, cells, cells[1:], strict=False):
        if left is None or right is None or left.signature == right.signature:
            continue
        key = wall, frozenset((left.signature, right.signature))
        place = sympy.Float(str(root), DIGITS)
        borders.setdefault(
            key, Border(wall, symbol, {**region.point, symbol: place}, (left, right))
        )


def _region(
    expressions: Sequence[Expr], point: Mapping[Symbol, Expr], symbols: Sequence[Symbol]
) -> Region | None:
    """The region of a point, moved a little where it lies on a wall; ``None`` without values."""
    for attempt in range(3):
        moved = dict(point)
        if attempt:
            for place, s in enumerate(symbols):
                moved[s] = moved[s] * (1 + Rational(attempt, 997 + 10 * place)) + (
                    0 if moved[s] else Rational(attempt, 10**6)
                )
        sides = AtPoint(moved)
        try:
            pieces = tuple(settled(e, sides) for e in expressions)
            edges = {e: sign_of_number(e, moved) for e in sides.edges}
        except OutsideDomainError:
            continue
        if 0 not in (*sides.walls.values(), *edges.values()):
            return Region(moved, dict(sides.walls), edges, pieces)
    return None


def _roots(wall: Expr, symbol: Symbol, point: Mapping[Symbol, Expr]) -> Iterator[mpmath.mpf]:
    """Yield the zeros of a wall along one symbol."""
    line = wall.xreplace({s: v for s, v in point.items() if s != symbol})
    if line.free_symbols != {symbol}:
        return
    with mpmath.workdps(DIGITS):
        if line.is_polynomial(symbol):
            polynomial = sympy.Poly(line, symbol)
            if polynomial.degree() == 1:
                a, b = polynomial.all_coeffs()
                yield number(-b / a)
                return
            if polynomial.domain.is_QQ or polynomial.domain.is_ZZ:
                yield from {number(root) for root in polynomial.real_roots()}
                return
        yield from _sign_changes(compiled([symbol], line))


def _sign_changes(function: object) -> Iterator[mpmath.mpf]:
    before, last = None, None
    for place in MESH:
        value = _real(function, place)
        if value is not None and last is not None and value * last < 0:
            left, right = before, place
            for _ in range(140):
                middle = (left + right) / 2
                at = _real(function, middle)
                if at is None:
                    break
                if at * last > 0:
                    left = middle
                else:
                    right = middle
            else:
                yield (left + right) / 2
        before, last = place, value


def _real(function: object, place: mpmath.mpf) -> mpmath.mpf | None:
    try:
        value = mpmath.mpmathify(function(place))  # type: ignore[operator]
    except FAILURES:
        return None
    if not mpmath.isfinite(value) or mpmath.im(value) != 0:
        return None
    return mpmath.re(value)


def _between(marks: Sequence[mpmath.mpf], symbol: Symbol) -> list[Expr | None]:
    """Rational points between the marks and beyond them; ``None`` where the symbol has no value."""
    low, high = marks[0], marks[-1]
    margin = max(mpmath.mpf(1), abs(high - low)) * mpmath.mpf(13) / 40
    inner = [a + 17 * (b - a) / 37 for a, b in pairwise(marks)]
    places = [low - margin, *inner, high + margin]
    exact = [sympy.Rational(str(mpmath.nstr(place, 12))) for place in places]
    return [place if _allowed(place, symbol) else None for place in exact]


def _allowed(place: Expr, symbol: Symbol) -> bool:
    if symbol.is_integer:
        return False
    if symbol.is_positive or symbol.is_nonnegative:
        return bool(place > 0)
    if symbol.is_negative or symbol.is_nonpositive:
        return bool(place < 0)
    return True
