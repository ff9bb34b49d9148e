"""Polyhedra in rational arithmetic: points, dimension, and which inequalities matter.

A polyhedron is the set of ``x`` with ``row . x <= bound`` for all its half-spaces.  Every question
is a linear program, solved by the two-phase simplex method with Bland's rule over the rationals.
(R. G. Bland, Math. Oper. Res. 2, 103 (1977); V. Chvatal, Linear Programming, 1983, chapters 3, 8.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from diagrams.campaign.effort import spend
from pde.linear_algebra import (
    Integers,
    Number,
    Vector,
    dot,
    echelon,
    null_space,
    solve,
)

HalfSpace = tuple[Vector, Fraction]
"""A row and a bound: ``row . x <= bound``."""


@dataclass(frozen=True)
class Polyhedron:
    """The points ``x`` of a space with ``row . x <= bound`` for every half-space.

    >>> line = both_sides((1, 1), Fraction(2))
    >>> wedge = Polyhedron(2, (*line, ((1, 0), Fraction(1))))
    >>> wedge.dimension, wedge.lines
    (1, ())
    >>> wedge.equalities
    (((Fraction(1, 1), Fraction(1, 1)), Fraction(2, 1)),)
    """

    space: int
    half_spaces: tuple[HalfSpace, ...]

    @cached_property
    def point(self) -> Vector | None:
        """A point of the relative interior; ``None`` where the polyhedron is empty."""
        # x and a gap: all inequalities that need not be equalities hold with the gap to spare
        rows = [((*row, 0), bound) for row, bound in self.half_spaces]
        for number in self._loose or ():
            row, bound = self.half_spaces[number]
            rows[number] = ((*row, 1), bound)
        if self._loose is None:
            return None
        gap = (*(0 for _ in range(self.space)), 1)
        found = maximum(gap, [*rows, (gap, Fraction(1))])
        assert found is not None
        assert found.point is not None
        return found.point[:-1]

    @property
    def is_empty(self) -> bool:
        """Whether no point fulfils all inequalities."""
        return self._loose is None

    @cached_property
    def _loose(self) -> tuple[int, ...] | None:
        """The half-spaces whose boundary does not hold the whole polyhedron."""
        if maximum((0,) * self.space, self.half_spaces) is None:
            return None
        loose = []
        for number, (row, bound) in enumerate(self.half_spaces):
            least = maximum(tuple(-entry for entry in row), self.half_spaces)
            assert least is not None
            if least.value is None or -least.value < bound:
                loose.append(number)
        return tuple(loose)

    @cached_property
    def equalities(self) -> tuple[HalfSpace, ...]:
        """Independent equations of the least affine space around it, in echelon form."""
        if self._loose is None:
            return ()
        tight = [h for number, h in enumerate(self.half_spaces) if number not in self._loose]
        matrix, _ = echelon([(*row, bound) for row, bound in tight])
        return tuple((tuple(row[:-1]), row[-1]) for row in matrix)

    @property
    def dimension(self) -> int:
        """The dimension; -1 where it is empty."""
        return -1 if self.is_empty else self.space - len(self.equalities)

    @cached_property
    def inequalities(self) -> tuple[HalfSpace, ...]:
        """The inequalities that are needed beside the equalities."""
        if self._loose is None:
            return ()
        fixed = [side for row, bound in self.equalities for side in both_sides(row, bound)]
        reduced = [self._reduced(*self.half_spaces[number]) for number in self._loose]
        kept = list(dict.fromkeys(one for one in reduced if one is not None))
        for one in list(kept):
            others = [*fixed, *(other for other in kept if other != one)]
            found = maximum(one[0], others)
            if found is not None and found.value is not None and found.value <= one[1]:
                kept.remove(one)
        return tuple(kept)

    def _reduced(self, row: Vector, bound: Fraction) -> HalfSpace | None:
        """The inequality without the coordinates that the equalities give, first entry 1 or -1.

        ``None`` where nothing is left of it.
        """
        whole = [Fraction(entry) for entry in (*row, bound)]
        for given, value in self.equalities:
            pivot = next(k for k, entry in enumerate(given) if entry)
            factor = whole[pivot]
            whole = [a - factor * b for a, b in zip(whole, (*given, value), strict=True)]
        scale = next((abs(entry) for entry in whole[:-1] if entry), None)
        if scale is None:
            return None
        return tuple(entry / scale for entry in whole[:-1]), whole[-1] / scale

    @cached_property
    def lines(self) -> tuple[Integers, ...]:
        """Directions along which it is unbounded both ways, a basis."""
        return null_space([row for row, _ in self.half_spaces], self.space)

    def contains(self, other: Polyhedron) -> bool:
        """Whether every point of ``other`` is a point of this one."""
        if other.is_empty:
            return True
        for row, bound in self.half_spaces:
            found = maximum(row, other.half_spaces)
            if found is None or found.value is None or found.value > bound:
                return False
        return True

    def interval(self) -> tuple[Vector, Vector, Fraction | None, Fraction | None]:
        """A polyhedron of dimension one as ``start + k direction``, with the bounds of ``k``.

        ``start`` solves the equalities with as many entries 0 as they leave free.
        """
        assert self.dimension == 1
        rows = [row for row, _ in self.equalities]
        (direction,) = null_space(rows, self.space)
        start = solve(rows, [bound for _, bound in self.equalities]) if rows else (Fraction(0),)
        assert start is not None
        low: Fraction | None = None
        high: Fraction | None = None
        for row, bound in self.inequalities:
            slope, room = Fraction(dot(row, direction)), bound - dot(row, start)
            if slope > 0:
                high = room / slope if high is None else min(high, room / slope)
            elif slope < 0:
                low = room / slope if low is None else max(low, room / slope)
        return start, direction, low, high


def both_sides(row: Vector, bound: Fraction) -> tuple[HalfSpace, HalfSpace]:
    """The two half-spaces of an equation ``row . x = bound``."""
    return (row, bound), (tuple(-entry for entry in row), -bound)


@dataclass(frozen=True)
class Maximum:
    """The largest value of a linear program and a point that has it; ``None``: unbounded."""

    value: Fraction | None
    point: Vector | None


def maximum(objective: Sequence[Number], half_spaces: Sequence[HalfSpace]) -> Maximum | None:
    """Maximise ``objective . x`` over a polyhedron; ``None`` where that is empty.

    >>> maximum((1, 1), [((1, 0), Fraction(2)), ((0, 1), Fraction(3)), ((-1, 0), Fraction(0))])
    Maximum(value=Fraction(5, 1), point=(Fraction(2, 1), Fraction(3, 1)))
    >>> maximum((1,), [((1,), Fraction(-1)), ((-1,), Fraction(0))]) is None
    True
    """
    space, count = len(objective), len(half_spaces)
    # columns: the positive parts of x, the negative parts, a slack for every row, one auxiliary
    width = 2 * space + count + 1
    rows = []
    for number, (row, bound) in enumerate(half_spaces):
        entries = [Fraction(entry) for entry in row]
        slack = [Fraction(int(k == number)) for k in range(count)]
        rows.append([*entries, *(-e for e in entries), *slack, Fraction(-1), Fraction(bound)])
    basis = [2 * space + number for number in range(count)]
    lowest = min(range(count), key=lambda number: rows[number][-1], default=None)
    if lowest is not None and rows[lowest][-1] < 0:
        gain = [Fraction(0)] * (width + 1)
        gain[width - 1] = Fraction(-1)
        pivot(rows, gain, basis, lowest, width - 1)
        ascend(rows, gain, basis)
        if gain[-1] > 0:
            return None
        if width - 1 in basis:
            place = basis.index(width - 1)
            entering = next((k for k in range(width - 1) if rows[place][k]), None)
            if entering is None:
                del rows[place], basis[place]
            else:
                pivot(rows, gain, basis, place, entering)
    for line in rows:
        line[width - 1] = Fraction(0)
    gain = [Fraction(entry) for entry in objective]
    gain += [-entry for entry in gain] + [Fraction(0)] * (count + 2)
    for place, column in enumerate(basis):
        if gain[column]:
            factor = gain[column]
            gain = [a - factor * b for a, b in zip(gain, rows[place], strict=True)]
    if not ascend(rows, gain, basis):
        return Maximum(None, None)
    unknowns = [Fraction(0)] * width
    for place, column in enumerate(basis):
        unknowns[column] = rows[place][-1]
    return Maximum(-gain[-1], tuple(unknowns[k] - unknowns[space + k] for k in range(space)))


def ascend(rows: list[list[Fraction]], gain: list[Fraction], basis: list[int]) -> bool:
    """Simplex steps by Bland's rule until nothing is gained; false where it is unbounded.

    A row is ``sum of entries times unknowns = last entry``, the unknowns of ``basis`` being
    unknowns for; all last entries are non-negative.  ``gain`` is the objective, whose last entry is
    less its value.
    """
    while True:
        enter = next((k for k, value in enumerate(gain[:-1]) if value > 0), None)
        if enter is None:
            return True
        ratios = [
            (row[-1] / row[enter], basis[number], number)
            for number, row in enumerate(rows)
            if row[enter] > 0
        ]
        if not ratios:
            return False
        pivot(rows, gain, basis, min(ratios)[2], enter)


def pivot(
    rows: list[list[Fraction]], gain: list[Fraction], basis: list[int], leave: int, enter: int
) -> None:
    """Solve row ``leave`` for the unknown ``enter`` and put that into all others."""
    spend(len(rows) * len(gain))
    scale = rows[leave][enter]
    rows[leave] = [entry / scale for entry in rows[leave]]
    for line in (*rows[:leave], *rows[leave + 1 :], gain):
        if line[enter]:
            factor = line[enter]
            line[:] = [a - factor * b for a, b in zip(line, rows[leave], strict=True)]
    basis[leave] = enter
