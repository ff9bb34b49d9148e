"""Exact linear algebra of small rational matrices: echelon forms, null spaces, solutions.

Rows are sequences of integers or fractions; FLINT reduces them, without floating point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm

from flint import fmpq, fmpq_mat

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


def normalised(vector: Sequence[Number]) -> Integers:
    """Return the shortest integer multiple whose first non-zero entry is positive.

    >>> normalised((Fraction(-1, 2), Fraction(1, 3), 0))
    (3, -2, 0)
    """
    whole = primitive(vector)
    lead = next((entry for entry in whole if entry), 1)
    return whole if lead > 0 else tuple(-entry for entry in whole)


def plain(entry: Number) -> Number:
    """Return a number as an integer where it is one."""
    return int(entry) if Fraction(entry).denominator == 1 else entry


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
    entries = [[fmpq(e.numerator, e.denominator) for e in row] for row in rows]
    if not entries or not entries[0]:
        return [], []
    reduced, number = fmpq_mat(entries).rref()
    matrix = [[Fraction(int(e.p), int(e.q)) for e in row] for row in reduced.tolist()[:number]]
    return matrix, [next(k for k, entry in enumerate(row) if entry) for row in matrix]


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
