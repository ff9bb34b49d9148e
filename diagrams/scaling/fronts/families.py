"""Points that move with the order: quasi-linear families, fitted with orders held out.

A *quasi-linear* family of period m is a point ``a_r + b_r s`` for every residue ``r = s mod m``.
Given the point sets of the orders ``0..S``, the least period, and for it the least first order,
are sought for which lines cover every set exactly.  The lines of a residue class are drawn
through its first two orders; all later orders are held out and must agree, and a class of two
orders only may use no slope that another class has not shown.  Lines may meet at low orders, but
not at the last one; if they do, two held-out orders are demanded instead of one (SYM 5 to order
3 follows a wrong law that order 4 refutes).  A law that holds only after some orders must have
at least as many, and at least two, held-out orders that agree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise

from diagrams.errors import BadInput
from pde.linear_algebra import Number, Vector, difference, plain

PERIOD_LIMIT = 6
_COVER_LIMIT = 200_000


class NoLaw(BadInput):
    """No law holds for the orders known; more may show one.  ``allowed`` says why, in a clause."""

    def __init__(self, field: str, last: object, reason: str) -> None:
        super().__init__(field, last, f"more orders: {reason}")
        self.allowed = reason


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A point that moves linearly with the order: ``start + s * slope``."""

    start: tuple[Fraction, ...]
    slope: tuple[Fraction, ...]

    def at(self, s: Number) -> Vector:
        """The point at order ``s``."""
        return tuple(plain(a + s * b) for a, b in zip(self.start, self.slope, strict=True))

    def __str__(self) -> str:
        return (
            "("
            + ", ".join(_affine(a, b) for a, b in zip(self.start, self.slope, strict=True))
            + ")"
        )


def line_through(s: int, one: Sequence[Number], t: int, other: Sequence[Number]) -> Line:
    """The line that is at ``one`` at order ``s`` and at ``other`` at order ``t``.

    >>> print(line_through(1, (5, 1), 3, (9, 1)))
    (2s+3, 1)
    """
    slope = tuple(Fraction(b - a) / (t - s) for a, b in zip(one, other, strict=True))
    return Line(tuple(Fraction(a) - s * b for a, b in zip(one, slope, strict=True)), slope)


@dataclass(frozen=True, slots=True)
class Families:
    """Lines that reproduce point sets exactly, for every order from ``first`` to ``last``.

    ``classes[r]`` are the lines of the orders ``s = r mod period``.  ``unknowns`` counts the
    numbers that were fitted, ``equations`` the numbers they had to reproduce; ``held_out`` are
    the orders that no line was drawn through; ``broken`` are the orders before ``first``.  Where
    the lines were not fitted but read off a law of the front, ``law`` says so.  Where no law is
    known they are points that were ``seen``, a class for every order (:func:`seen_families`).
    """

    period: int
    first: int
    last: int
    classes: tuple[tuple[Line, ...], ...]
    unknowns: int
    equations: int
    held_out: tuple[int, ...]
    law: str = ""
    seen: bool = False

    @property
    def broken(self) -> tuple[int, ...]:
        """The given orders at which the lines do not hold."""
        return tuple(range(self.first))

    def at(self, s: int) -> frozenset[Vector]:
        """The points of order ``s``, extrapolated where ``s`` is beyond ``last``."""
        return frozenset(line.at(s) for line in self.classes[s % self.period])

    def gains(self, corner: Sequence[Line | None]) -> list[Vector]:
        """What a choice of lines, one of every class, gains per order.

        That is their slopes, or the steps from one order to the next where none is known.
        """
        if not self.seen:
            return [line.slope for line in corner if line is not None]
        listed = [corner[s % self.period] for s in range(self.first, self.last + 1)]
        return [difference(b.start, a.start) for a, b in pairwise(listed) if a and b]

    def order_of(self, residue: int, far: int) -> int:
        """The order at which points of a class are looked at: far out, or where they were seen."""
        return self.first + (residue - self.first) % self.period if self.seen else far

    @property
    def statement(self) -> str:
        """The evidence in one sentence."""
        if self.law:
            return self.law
        if self.seen:
            orders = f"order {self.last}"
            if self.first < self.last:
                orders = f"orders {self.first} to {self.last}"
            return (
                f"no law of the vertices is known; these are the faces seen at {orders}, exact"
                " there; what leads at other orders is not known"
            )
        law = "linear" if self.period == 1 else f"quasi-linear, of period {self.period},"
        held = ", ".join(map(str, self.held_out))
        start = f" from order {self.first}" if self.first else ""
        return (
            f"vertices {law} in the order{start}: {self.unknowns} unknowns, {self.equations}"
            f" equations, held-out orders {held}; exact to order {self.last}, conjectured beyond"
        )


def fit_families(sets: Sequence[Collection[Vector]], period_limit: int = PERIOD_LIMIT) -> Families:
    """Return the quasi-linear families that the point sets of orders ``0, 1, ..`` follow.

    Raises :class:`~diagrams.errors.BadInput` where no period up to ``period_limit`` fits with
    at least one order held out: there are too few orders, or the points follow no such law.

    >>> found = fit_families([{(s, s % 2)} for s in range(6)])
    >>> found.period, found.held_out, [str(line) for line, in found.classes]
    (2, (4, 5), ['(s, 0)', '(s, 1)'])
    """
    last = len(sets) - 1
    frozen = [frozenset(points) for points in sets]
    for period in range(1, period_limit + 1):
        for first in range(last + 1):
            found = _fit(frozen, period, first)
            if found is not None:
                return found
    law = f"quasi-linear law (period up to {period_limit})"
    raise NoLaw("terms", last, f"no {law} fits these fronts with orders held out")


SEEN_ORDERS = 4
"""Faces without a law are those of so many orders, the highest known."""


def seen_families(sets: Sequence[Collection[Vector]]) -> Families:
    """Return the points of the highest orders as they are, from order 1 on, with no law.

    Each order is a residue class of its own, so that faces are those common to all of them.

    >>> seen_families([{(0,)}, {(2,)}, {(3,), (4,)}]).classes[2 % 2][1].at(2)
    (4,)
    """
    last = len(sets) - 1
    first = max(min(1, last), last + 1 - SEEN_ORDERS)
    period = last + 1 - first
    classes: list[tuple[Line, ...]] = [()] * period
    for s in range(first, last + 1):
        classes[s % period] = tuple(
            Line(tuple(map(Fraction, point)), (Fraction(0),) * len(point))
            for point in sorted(sets[s])
        )
    return Families(period, first, last, tuple(classes), 0, 0, (), seen=True)


def _fit(sets: Sequence[frozenset[Vector]], period: int, first: int) -> Families | None:
    last = len(sets) - 1
    orders = {r: [s for s in range(first, last + 1) if s % period == r] for r in range(period)}
    if any(len(listed) < 2 for listed in orders.values()):
        return None
    if all(len(listed) < 3 for listed in orders.values()):
        return None
    lines: dict[int, tuple[Line, ...]] = {}
    slopes: set[tuple[Fraction, ...]] = set()
    for r, listed in sorted(orders.items(), key=lambda item: -len(item[1])):
        candidates = _candidates(sets, listed)
        if len(listed) == 2:
            candidates = [line for line in candidates if line.slope in slopes]
        cover = _least_cover(candidates, {s: sets[s] for s in listed})
        if cover is None:
            return None
        if len({line.at(listed[-1]) for line in cover}) < len(cover):
            return None
        lines[r] = cover
        slopes |= {line.slope for line in cover}
    space = len(next((point for points in sets for point in points), ()))
    drawn = {s for listed in orders.values() for s in listed[:2]}
    short = {listed[1] for listed in orders.values() if len(listed) == 2}
    held_out = tuple(s for s in range(first, last + 1) if s not in drawn or s in short)
    meeting = any(len(sets[s]) < len(lines[r]) for r in orders for s in orders[r])
    if len(held_out) < max(first, 2 if meeting or first else 1):
        return None
    return Families(
        period,
        first,
        last,
        tuple(lines[r] for r in range(period)),
        sum((1 if len(orders[r]) == 2 else 2) * len(cover) * space for r, cover in lines.items()),
        sum(len(lines[r]) * space * len(listed) for r, listed in orders.items()),
        held_out,
    )


def _candidates(sets: Sequence[frozenset[Vector]], orders: Sequence[int]) -> list[Line]:
    """Lines through a point of each of the first two orders that meet all later sets."""
    one, two, *later = orders
    found = []
    for a in sets[one]:
        for b in sets[two]:
            line = line_through(one, a, two, b)
            if all(line.at(s) in sets[s] for s in later):
                found.append(line)
    return sorted(found)


def _least_cover(
    lines: Sequence[Line], sets: Mapping[int, frozenset[Vector]]
) -> tuple[Line, ...] | None:
    """The one smallest choice of lines that covers every point; ``None`` if none, or several."""
    points = {(s, point) for s, members in sets.items() for point in members}
    if not points:
        return ()
    hits = [{(s, line.at(s)) for s in sets} for line in lines]
    if set().union(*hits) != points:
        return None
    needed = {
        next(place for place, hit in enumerate(hits) if point in hit)
        for point in points
        if sum(point in hit for hit in hits) == 1
    }
    covered = set().union(*(hits[place] for place in needed))
    others = [place for place in range(len(lines)) if place not in needed]
    tried = 0
    for size in range(len(others) + 1):
        choices = []
        for extra in combinations(others, size):
            tried += 1
            if tried > _COVER_LIMIT:
                return None
            if covered.union(*(hits[place] for place in extra)) == points:
                choices.append(extra)
        if len(choices) == 1:
            return tuple(sorted(lines[place] for place in {*needed, *choices[0]}))
        if choices:
            return None
    return None


def _affine(start: Fraction, slope: Fraction) -> str:
    if not slope:
        return str(start)
    factor = {1: "", -1: "-"}.get(slope.numerator if slope.denominator == 1 else 0, f"{slope}")
    moving = f"{factor}s" if "/" not in factor else f"({factor})s"
    return moving if not start else f"{moving}{'+' if start > 0 else '-'}{abs(start)}"
