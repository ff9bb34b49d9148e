"""Exact linear algebra of small rational matrices: echelon forms, null spaces, solutions.

Rows are sequences of integers or fractions.  Everything is Gaussian elimination over the
rationals; no floating point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

Number = int | Fraction
Vector = tuple[Number, ...]
Integers = tuple[int, ...]


def primitive(vector: Sequence[Number]) -> Integers:
    """Return the shortest integer vector of the same direction (zero stays zero).

    >>> primitive((Fraction(1, 2), 0, Fraction(-3, 4)))
    (2, 0, -3)
    """
    scale = lcm(*(Fraction(entry).denominator for entry in vector)) if vector else 1
    whole = [int(entry * scale) for entry in vector]
    common = gcd(*whole) or 1
    return tuple(entry // common for entry in whole)


def dot(one: Sequence[Number], other: Sequence[Number]) -> Number:
    """The scalar product of two vectors of one length."""
    return sum((a * b for a, b in zip(one, other, strict=True)), start=0)


def difference(one: Sequence[Number], other: Sequence[Number]) -> Vector:
    """``one - other``, entry by entry."""
    return tuple(a - b for a, b in zip(one, other, strict=True))


def echelon(rows: Iterable[Sequence[Number]]) -> tuple[list[list[Fraction]], list[int]]:
    """Return the reduced row echelon form without zero rows, and its pivot columns.

    >>> echelon([(2, 4), (1, 2)])
    ([[Fraction(1, 1), Fraction(2, 1)]], [0])
    """
    matrix: list[list[Fraction]] = []
    pivots: list[int] = []
    for given in rows:
        row = [Fraction(entry) for entry in given]
        for place, pivot in enumerate(pivots):
            if row[pivot]:
                factor = row[pivot]
                row = [a - factor * b for a, b in zip(row, matrix[place], strict=True)]
        lead = next((column for column, entry in enumerate(row) if entry), None)
        if lead is None:
            continue
        row = [entry / row[lead] for entry in row]
        for other in matrix:
            if other[lead]:
                factor = other[lead]
                other[:] = [a - factor * b for a, b in zip(other, row, strict=True)]
        matrix.append(row)
        pivots.append(lead)
    order = sorted(range(len(pivots)), key=pivots.__getitem__)
    return [matrix[place] for place in order], [pivots[place] for place in order]


def rank(rows: Iterable[Sequence[Number]]) -> int:
    """The number of linearly independent rows."""
    return len(echelon(rows)[1])


def null_space(rows: Iterable[Sequence[Number]], columns: int) -> tuple[Integers, ...]:
    """Return a basis, in primitive integer vectors, of all ``x`` with ``row . x = 0``.

    >>> null_space([(1, 2, 0)], 3)
    ((-2, 1, 0), (0, 0, 1))
    """
    matrix, pivots = echelon(rows)
    basis = []
    for free in (column for column in range(columns) if column not in pivots):
        vector = [Fraction(0)] * columns
        vector[free] = Fraction(1)
        for row, pivot in zip(matrix, pivots, strict=True):
            vector[pivot] = -row[free]
        basis.append(primitive(vector))
    return tuple(basis)


def solve(rows: Sequence[Sequence[Number]], right: Sequence[Number]) -> Vector | None:
    """Return one solution ``x`` of ``rows . x = right`` (free entries 0), or ``None``.

    >>> solve([(1, 1), (1, -1)], (4, 2))
    (Fraction(3, 1), Fraction(1, 1))
    >>> solve([(1, 1), (1, 1)], (4, 2)) is None
    True
    """
    columns = len(rows[0]) if rows else 0
    joined = [(*row, value) for row, value in zip(rows, right, strict=True)]
    matrix, pivots = echelon(joined)
    if columns in pivots:
        return None
    found: list[Number] = [Fraction(0)] * columns
    for row, pivot in zip(matrix, pivots, strict=True):
        found[pivot] = row[columns]
    return tuple(found)


def in_span(vector: Sequence[Number], rows: Sequence[Sequence[Number]]) -> bool:
    """Whether ``vector`` is a linear combination of ``rows``."""
    return rank([*rows, vector]) == rank(rows)


def project(vector: Sequence[Number], rows: Sequence[Sequence[Number]]) -> Vector:
    """The orthogonal projection of ``vector`` to the span of linearly independent ``rows``."""
    if not rows:
        return tuple(Fraction(0) for _ in vector)
    gram = [[dot(a, b) for b in rows] for a in rows]
    weights = solve(gram, [dot(row, vector) for row in rows])
    assert weights is not None
    return tuple(
        sum((w * row[k] for w, row in zip(weights, rows, strict=True)), start=Fraction(0))
        for k in range(len(vector))
    )
