"""Characteristics of coefficients that are smooth in pieces, followed in balls from wall to wall.

Inside a piece the rates are smooth and the steps are proved (:mod:`pde.numbers.validated`). In
every step the walls are looked at: either a wall keeps its sign, or it is crossed once, at a time
enclosed by bisection, and the piece beyond takes over. A wall is crossed where the rates of both
sides lead through it. Where they lead away from it on both sides, or touch it, the value is not
determined by the data, or not by this method, and is refused.

>>> from pde.numbers.balls import ball, precision
>>> x = sympy.Symbol("x")
>>> with precision(20):
...     ((end,),) = follow_in_pieces((x,), [1 + sympy.Heaviside(x)], [ball(-1)], [ball(2)], 20, {})
...     print(bool(end.contains(2)), bool(end.rad() < 1e-18))
True True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import arb
from sympy import Expr, Symbol

from pde.errors import OutsideDomainError
from pde.numbers.balls import NoEnclosureError, TooWideError, enclosure, hull
from pde.numbers.validated import Flow, Step, proved_step
from pde.pieces.sides import AtPoint, UnsettledError, in_exponentials, settled

STEPS = 5000
SHORT = 1e-4
"""Steps below this part of the way are asked whether a singularity lies ahead."""

AHEAD = 100
"""It does if the present slope leads to it within so many steps."""

NARROW = 1e-7
"""An interval this small part of a step in which a wall may be touched is not divided further."""


@dataclass(frozen=True)
class _Piece:
    """Rates on one side of every wall, and how fast the walls are approached."""

    flow: Flow
    sides: Mapping[Expr, int]
    slopes: Mapping[Expr, Expr]
    edges: tuple[Expr, ...]

    def at(self, expression: Expr, state: Sequence[arb]) -> arb:
        return enclosure(expression, self.flow.at(state))


@dataclass(frozen=True)
class _Problem:
    """Rates as given, a direction of time, and the digits wanted."""

    symbols: tuple[Symbol, ...]
    rates: tuple[Expr, ...]
    sign: int
    digits: int
    constants: Mapping[Symbol, arb]

    def piece(self, state: Sequence[arb], known: Mapping[Expr, int]) -> _Piece:
        """The piece at a state; raises UnsettledError for a wall that the state may lie on."""
        values = {**self.constants, **dict(zip(self.symbols, state, strict=True))}
        sides = _Moving(values, known)
        rates = [in_exponentials(settled(rate, sides)) for rate in self.rates]
        flow = Flow.of(self.symbols, rates, self.digits, self.constants)
        slopes = {wall: self.slope(wall, rates) for wall in (*sides.walls, *sides.edges)}
        return _Piece(flow, dict(sides.walls), slopes, tuple(sides.edges))

    def slope(self, wall: Expr, rates: Sequence[Expr]) -> Expr:
        total = (sympy.diff(wall, s) * rate for s, rate in zip(self.symbols, rates, strict=True))
        return sympy.together(in_exponentials(self.sign * sympy.Add(*total)))


class _Moving(AtPoint):
    """Sides of a moving point: none on a wall, unless it is said which."""

    def _sign(self, wall: Expr) -> int:
        side = super()._sign(wall)
        if side == 0:
            raise UnsettledError(wall)
        return side


def follow_in_pieces(
    symbols: Sequence[Symbol],
    rates: Sequence[Expr],
    state: Sequence[arb],
    marks: Sequence[arb],
    digits: int,
    constants: Mapping[Symbol, arb],
) -> list[list[arb]]:
    """Return balls that hold the state at times ``marks``, of one sign and growing in size.

    Raises OutsideDomainError where the solution ends, touches a wall or is not determined,
    NoClosedFormError for functions without pieces, NoEnclosureError for functions that balls do
    not know, and TooWideError where more digits are needed.
    """
    sign = -1 if marks and marks[-1] < 0 else 1
    problem = _Problem(tuple(symbols), tuple(rates), sign, digits, constants)
    whole, now, current = abs(marks[-1]), arb(0), list(state)
    found = [list(state) for mark in marks if mark == 0]
    if len(found) == len(marks):
        return found
    piece = _entered(problem, current)
    for _ in range(STEPS):
        step = proved_step(piece.flow, current, (whole - now).upper(), sign, whole)
        if step is None:
            raise _ended(now, sign)
        if step.length < SHORT * whole:
            _refuse_edges(piece, current, now, step)
        left = whole - now
        end = step.length if step.length < left else left
        time, wall = _first_crossing(piece, step, end)
        while len(found) < len(marks):
            ahead = abs(marks[len(found)]) - now
            if ahead > time:
                break
            found.append(step.at(ahead))
        if len(found) == len(marks):
            return found
        now, current = now + time, step.at(time)
        piece = _entered(problem, current) if wall is not None else _kept(problem, piece, current)
    raise OutsideDomainError("too many steps", "time", repr(float((sign * now).mid())))


def _ended(now: arb, sign: int, reason: str = "") -> OutsideDomainError:
    shown = f"{float((sign * now).mid()):.9g}"
    return OutsideDomainError(
        f"the solution cannot be followed beyond time = {shown}{reason}", "time", shown
    )


def _refuse_edges(piece: _Piece, state: Sequence[arb], now: arb, step: Step) -> None:
    """Raise if the steps are short because a singularity of the rates is ahead."""
    for edge in piece.edges:
        try:
            height, slope = piece.at(edge, state), piece.at(piece.slopes[edge], state)
        except (NoEnclosureError, ZeroDivisionError):
            continue
        if height * slope < 0 and abs(height) < AHEAD * step.length * abs(slope):
            left = abs(height / slope)
            raise _ended(now + left, step.sign, f": it runs into {edge} = 0, a singularity")


def _kept(problem: _Problem, piece: _Piece, state: Sequence[arb]) -> _Piece:
    """The same piece, unless the step ended on a wall."""
    for wall, side in piece.sides.items():
        if side and not side * piece.at(wall, state) > 0:
            return _entered(problem, state)
    return piece


def _entered(problem: _Problem, state: Sequence[arb]) -> _Piece:
    """The piece that the solution enters from a state, which may lie on walls."""
    options = _options(problem, state, {}, 0)
    if len(options) == 1:
        return options[0]
    if not options:
        try:
            problem.piece(state, {})
        except UnsettledError as error:
            raise OutsideDomainError(
                f"the characteristic ends on {error.wall} = 0, which it does not cross"
            ) from error
        raise TooWideError
    one, two = options[:2]
    walls = ", ".join(f"{w} = 0" for w, side in one.sides.items() if two.sides.get(w) != side)
    raise OutsideDomainError(
        f"the characteristics of both sides of {walls} end there: no value is determined"
    )


def _options(
    problem: _Problem, state: Sequence[arb], known: Mapping[Expr, int], depth: int
) -> list[_Piece]:
    """The pieces whose rates lead from the state into themselves."""
    try:
        piece = problem.piece(state, known)
    except UnsettledError as error:
        if depth > 4:
            raise TooWideError from error
        found = [
            piece
            for side in (1, -1)
            for piece in _options(problem, state, {**known, error.wall: side}, depth + 1)
        ]
        return found or _staying(problem, state, known, error.wall, depth)
    for wall, side in known.items():
        if wall in piece.slopes and side and not side * piece.at(piece.slopes[wall], state) > 0:
            return []
    return [piece]


def _staying(
    problem: _Problem, state: Sequence[arb], known: Mapping[Expr, int], wall: Expr, depth: int
) -> list[_Piece]:
    """The piece of a solution that moves along a wall: on both sides it is never left."""
    for side in (1, -1):
        try:
            rates = problem.piece(state, {**known, wall: side}).flow.rates
        except UnsettledError:
            return []
        slope = sympy.numer(sympy.together(problem.slope(wall, rates)))
        if not divides(wall, slope):
            return []
    return _options(problem, state, {**known, wall: 0}, depth + 1)


def divides(wall: Expr, expression: Expr) -> bool:
    """Return whether an expression vanishes where a wall does.

    >>> x, y = sympy.symbols("x y")
    >>> divides(x - y, x**2 - y**2), divides(x, x + 1)
    (True, False)
    """
    if sympy.simplify(expression) == 0:
        return True
    symbols = sorted(wall.free_symbols, key=str)
    if wall.is_polynomial(*symbols) and expression.is_polynomial(*symbols):
        return bool(sympy.rem(sympy.expand(expression), wall, *symbols) == 0)
    return not sympy.denom(sympy.cancel(sympy.together(expression / wall))).has(*symbols)


def _first_crossing(piece: _Piece, step: Step, end: arb) -> tuple[arb, Expr | None]:
    """The time in a step at which the first wall is crossed, and the wall."""
    time, first = end, None
    for wall, side in piece.sides.items():
        if side == 0 or not any(wall.has(v) for v in piece.flow.variables):
            continue
        found = _crossing(piece, step, wall, side, time)
        if found is not None and not found > time:
            time, first = found, wall
    return time, first


def _crossing(piece: _Piece, step: Step, wall: Expr, side: int, end: arb) -> arb | None:
    """The time before ``end`` at which a wall is crossed, ``None`` if it keeps its side."""
    slope = piece.slopes[wall]
    stack = [(arb(0), end.upper())]
    while stack:
        begin, stop = stack.pop()
        state = step.at(begin.union(stop))
        if side * piece.at(wall, state) > 0:
            continue
        try:
            rate = side * piece.at(slope, state)
        except (NoEnclosureError, ZeroDivisionError):
            rate = hull(arb(1))
        if rate > 0:
            continue
        if rate < 0:
            last = side * piece.at(wall, step.at(stop))
            if last > 0 or (last.contains(0) and not stack):
                continue
            if last < 0:
                return _bisected(piece, step, wall, side, (begin, stop))
        if stop - begin < NARROW * step.length:
            raise OutsideDomainError(f"the characteristic touches {wall} = 0")
        middle = (begin + (stop - begin) * arb("0.4375")).mid()
        stack += [(middle, stop), (begin, middle)]
    return None


def _bisected(piece: _Piece, step: Step, wall: Expr, side: int, ends: tuple[arb, arb]) -> arb:
    begin, stop = ends
    while True:
        middle = ((begin + stop) / 2).mid()
        at = side * piece.at(wall, step.at(middle))
        if at > 0:
            begin = middle
        elif at < 0:
            stop = middle
        else:
            break
        if not (begin < middle or middle < stop):
            break
    # the ball about the middle that may hold the zero
    width = (abs(at) / abs(piece.at(piece.slopes[wall], step.at(begin.union(stop))))).upper()
    return (middle + hull(width)) if at.contains(0) else begin.union(stop)


def hull_over_sides(expression: Expr, values: Mapping[Symbol, Any]) -> arb:
    """Return a ball that holds an expression in pieces on every side that balls do not exclude."""
    return _hulled(expression, values, {}, 0)


def _hulled(
    expression: Expr, values: Mapping[Symbol, Any], known: Mapping[Expr, int], depth: int
) -> arb:
    try:
        return enclosure(in_exponentials(settled(expression, AtPoint(values, known))), values)
    except UnsettledError as error:
        if depth > 4:
            raise TooWideError from error
        one, two = (
            _hulled(expression, values, {**known, error.wall: side}, depth + 1) for side in (1, -1)
        )
        return one.union(two)
