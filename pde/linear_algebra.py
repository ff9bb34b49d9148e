"""Exact linear algebra over the rationals, fraction-free.

Rows are scaled to primitive integer vectors and reduced one after another, so that a null
space of a tall matrix costs no more than its rank needs.

>>> null_space([[1, 1, 0], [0, 1, 1]], 3)
((Fraction(1, 1), Fraction(-1, 1), Fraction(1, 1)),)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

Vector = tuple[Fraction, ...]


def primitive(row: Sequence[int | Fraction]) -> tuple[int, ...]:
    """Return the integer multiple of a row with content 1 and positive first entry.

    >>> primitive([Fraction(-1, 2), Fraction(1, 3), 0])
    (3, -2, 0)
    """
    denominator = lcm(*(Fraction(c).denominator for c in row)) if row else 1
    integers = [int(c * denominator) for c in row]
    content = gcd(*integers) if integers else 0
    if not content:
        return tuple(integers)
    lead = next(c for c in integers if c)
    content = content if lead > 0 else -content
    return tuple(c // content for c in integers)


class Echelon:
    """An echelon form that grows row by row (a builder, local to one computation)."""

    def __init__(self, columns: int) -> None:
        """Start without rows."""
        self.columns = columns
        self.pivots: dict[int, tuple[int, ...]] = {}

    def reduce(self, row: Sequence[int | Fraction]) -> tuple[int, ...]:
        """Return the row reduced by the rows present; zero if it depends on them."""
        current = list(primitive(row))
        for column in range(self.columns):
            if current[column] and column in self.pivots:
                pivot = self.pivots[column]
                divisor = gcd(current[column], pivot[column])
                a, b = pivot[column] // divisor, current[column] // divisor
                current = [a * c - b * d for c, d in zip(current, pivot, strict=True)]
        return primitive(current)

    def add(self, row: Sequence[int | Fraction]) -> bool:
        """Add a row; return whether it raised the rank."""
        reduced = self.reduce(row)
        for column, value in enumerate(reduced):
            if value:
                self.pivots[column] = reduced
                return True
        return False


def rank(rows: Iterable[Sequence[int | Fraction]], columns: int) -> int:
    """Return the rank of a matrix given by rows.

    >>> rank([[1, 2], [2, 4]], 2)
    1
    """
    echelon = Echelon(columns)
    for row in rows:
        echelon.add(row)
    return len(echelon.pivots)


def null_space(rows: Iterable[Sequence[int | Fraction]], columns: int) -> tuple[Vector, ...]:
    """Return a basis of the null space, each vector primitive, one per free column."""
    echelon = Echelon(columns)
    for row in rows:
        echelon.add(row)
        if len(echelon.pivots) == columns:
            return ()
    basis = []
    for free in (c for c in range(columns) if c not in echelon.pivots):
        vector = [Fraction(0)] * columns
        vector[free] = Fraction(1)
        for column in sorted(echelon.pivots, reverse=True):
            pivot = echelon.pivots[column]
            total = sum((pivot[j] * vector[j] for j in range(column + 1, columns)), Fraction(0))
            vector[column] = -total / pivot[column]
        basis.append(tuple(Fraction(c) for c in primitive(vector)))
    return tuple(basis)
