"""Orthogonal matrices of size 1, 2 and 3 by angles and quaternions, and files with such matrices.

A rotation of the plane has entries linear in a point of the circle, one of space entries quadratic
in a point of the sphere of unit quaternions; half of all orthogonal matrices are rotations times a
reflection.  Means of monomials over spheres are products of double factorials.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from math import prod

from .written import Explicit, Monomial, Written, number, times

_QUATERNIONS = (
    ({"aa": 1, "bb": 1, "cc": -1, "dd": -1}, {"bc": 2, "ad": -2}, {"bd": 2, "ac": 2}),
    ({"bc": 2, "ad": 2}, {"aa": 1, "bb": -1, "cc": 1, "dd": -1}, {"cd": 2, "ab": -2}),
    ({"bd": 2, "ac": -2}, {"cd": 2, "ab": 2}, {"aa": 1, "bb": -1, "cc": -1, "dd": 1}),
)
_PLANE = (({"a": 1}, {"b": -1}), ({"b": 1}, {"a": 1}))


def entries(size: int) -> tuple[int, list[list[list[Explicit]]]]:
    """The dimension of the sphere, and rotations and reflections as polynomials on it."""
    if size == 1:
        return 1, [[[{(0,): Fraction(1)}]]]
    table = _PLANE if size == 2 else _QUATERNIONS
    rotation = [
        [{tuple(map("abcd".index, w)): Fraction(c) for w, c in cell.items()} for cell in row]
        for row in table
    ]
    reflected = [
        [
            {m: -c if size == 3 or column else c for m, c in cell.items()}
            for column, cell in enumerate(row)
        ]
        for row in rotation
    ]
    return (2 if size == 2 else 4), [rotation, reflected]


def on_a_sphere(monomial: Monomial, dimension: int) -> Fraction:
    """The mean of a monomial over the unit sphere of a space."""
    powers = Counter(monomial).values()
    if any(n % 2 for n in powers):
        return Fraction(0)
    above = prod(prod(range(1, n, 2)) for n in powers)
    return Fraction(above, prod(dimension + 2 * k for k in range(sum(powers) // 2)))


def moment(size: int, places: list[tuple[int, ...]]) -> Fraction:
    """The mean of a product of entries of an orthogonal matrix of a size, Haar distributed."""
    dimension, matrices = entries(size)
    total = Fraction(0)
    for matrix in matrices:
        term: Explicit = {(): Fraction(1)}
        for row, column in places:
            term = times(term, matrix[row][column])
        total += sum((c * on_a_sphere(m, dimension) for m, c in term.items()), Fraction(0))
    return total / len(matrices)


class Rotated(Written):
    """A problem file with orthogonal matrices."""

    def average(self, polynomial: Explicit) -> Fraction:
        """The mean over the start, matrix by matrix."""
        spots, total = list(self.place), Fraction(0)
        for monomial, value in polynomial.items():
            matrices: dict[str, list[tuple[int, ...]]] = {}
            for v, n in Counter(monomial).items():
                name, place = spots[v]
                if self.file["tensors"][name].get("law") == "haar":
                    matrices.setdefault(name, []).extend([place] * n)
                else:
                    value *= self.moment(v, n)
            for name, places in matrices.items():
                table = self.file["tensors"][name]
                size = self.size(table.get("group", table["families"][0]))
                scale = number(table["variance"], self.at) * size
                value *= moment(size, places) if len(places) % 2 == 0 else 0
                value *= scale ** (len(places) // 2)
            total += value
        return total


def check_orthogonal(size: int) -> bool:
    """Whether rows are orthonormal, in the mean of squares."""
    return all(
        sum(moment(size, [(a, j), (b, j)]) for j in range(size)) == (a == b)
        for a, b in product(range(size), repeat=2)
    )
