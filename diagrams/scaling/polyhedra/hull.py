"""Exact convex hulls of rational points: facets, faces of every dimension, normal cones.

Quickhull in any dimension with integers only: a new point replaces the simplices it strictly
sees by simplices over their horizon, so that the boundary is always a triangulation, flat
pieces included; at the end simplices of one hyperplane are joined to one facet.
(C. B. Barber, D. P. Dobkin, H. Huhdanpaa, ACM Trans. Math. Softw. 22, 469 (1996); for the
boundary as a placing triangulation: G. M. Ziegler, Lectures on Polytopes, section 5.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial, gcd, lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from diagrams.campaign.effort import spend
from diagrams.errors import BadInput
from pde.linear_algebra import (
    Integers,
    Number,
    Vector,
    difference,
    dot,
    echelon,
    null_space,
    primitive,
    project,
    rank,
)

Points = npt.NDArray[Any]
DIMENSION_LIMIT = 8
_SAFE = 2**62


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet: the outer normal, the value of ``normal . x`` on it, its vertices by number."""

    normal: Integers
    value: Number
    vertices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """A face: its dimension, its vertices, and the outer normals that generate its cone.

    The *normal cone*, all directions in which exactly this face or a larger one is extreme,
    is the set of sums of non-negative multiples of ``normals`` and any multiples of the
    polytope's ``lineality``.
    """

    dimension: int
    vertices: tuple[Vector, ...]
    normals: tuple[Integers, ...]


@dataclass(frozen=True, slots=True)
class Polytope:
    """The convex hull of finitely many rational points, of any dimension up to the space's.

    ``lineality`` spans the directions in which all points are level.  Normals of facets are
    primitive integer vectors in the orthogonal complement of ``lineality``.

    >>> square = convex_hull([(0, 0, 1), (2, 0, 1), (0, 2, 1), (2, 2, 1), (1, 1, 1), (1, 0, 1)])
    >>> square.dimension, square.lineality
    (2, ((0, 0, 1),))
    >>> square.vertices
    ((0, 0, 1), (0, 2, 1), (2, 0, 1), (2, 2, 1))
    >>> square.face((1, 0, 5)).vertices
    ((2, 0, 1), (2, 2, 1))
    """

    vertices: tuple[Vector, ...]
    facets: tuple[Facet, ...]
    lineality: tuple[Integers, ...]
    dimension: int

    @property
    def space(self) -> int:
        """The number of coordinates."""
        return len(self.vertices[0])

    def face(self, direction: Sequence[Number]) -> Face:
        """The face on which ``direction . x`` is largest.

        Raises :class:`~diagrams.errors.BadInput` for a direction of another length.
        """
        if len(direction) != self.space:
            raise BadInput("direction", direction, f"{self.space} numbers")
        values = [dot(direction, vertex) for vertex in self.vertices]
        largest = max(values)
        return self._face(frozenset(i for i, value in enumerate(values) if value == largest))

    def faces(self, dimension: int | None = None) -> tuple[Face, ...]:
        """All faces of one dimension (of every dimension if ``None``), the whole included."""
        sets = [m for m in _face_sets(self) if dimension != 0 or len(m) == 1]
        found = [self._face(members) for members in sets]
        chosen = [f for f in found if dimension is None or f.dimension == dimension]
        return tuple(sorted(chosen, key=lambda f: (f.dimension, f.vertices)))

    def _face(self, members: frozenset[int]) -> Face:
        inside = [self.vertices[i] for i in sorted(members)]
        normals = [f.normal for f in self.facets if members.issubset(f.vertices)]
        size = rank(difference(v, inside[0]) for v in inside[1:])
        return Face(size, tuple(inside), tuple(sorted(normals)))

    def contains(self, point: Sequence[Number]) -> bool:
        """Whether a point lies in the polytope, boundary included."""
        flat = all(dot(d, point) == dot(d, self.vertices[0]) for d in self.lineality)
        return flat and all(dot(f.normal, point) <= f.value for f in self.facets)


@lru_cache(maxsize=256)
def _face_sets(polytope: Polytope) -> tuple[frozenset[int], ...]:
    """The vertex sets of all faces: the whole, and all intersections of facets."""
    facets = [frozenset(f.vertices) for f in polytope.facets]
    at: dict[int, list[int]] = {}
    for number, facet in enumerate(facets):
        for vertex in facet:
            at.setdefault(vertex, []).append(number)
    found = set(facets)
    level = set(facets)
    while level:
        level = {
            smaller
            for face in level
            for number in {n for vertex in face for n in at[vertex]}
            if (smaller := face & facets[number]) and smaller != face
        } - found
        found |= level
    found.add(frozenset(range(len(polytope.vertices))))
    return tuple(found)


def convex_hull(points: Iterable[Sequence[Number]]) -> Polytope:
    """Return the convex hull of integer or rational points.

    Raises :class:`~diagrams.errors.BadInput` without points, for points of different lengths
    and for hulls of more than 8 dimensions.

    >>> convex_hull([(0,), (3,), (1,)]).vertices
    ((0,), (3,))
    """
    distinct = sorted({tuple(point) for point in points})
    if not distinct:
        raise BadInput("points", "none", "one point at least")
    if len({len(point) for point in distinct}) > 1:
        raise BadInput("points", "different numbers of coordinates", "points of one space")
    first = distinct[0]
    basis, pivots = _span(distinct)
    if len(pivots) > DIMENSION_LIMIT:
        raise BadInput("points", f"{len(pivots)} dimensions", f"at most {DIMENSION_LIMIT}")
    lineality = null_space(basis, len(first))
    if not pivots:
        return Polytope((first,), (), lineality, 0)
    scale = lcm(*(Fraction(point[k]).denominator for point in distinct for k in pivots))
    flat = [tuple(int((point[k] - first[k]) * scale) for k in pivots) for point in distinct]
    planes: dict[tuple[Integers, int], set[int]] = {}
    for corners, normal, value in _boundary(flat):
        planes.setdefault((normal, value), set()).update(corners)
    return _assembled(distinct, planes, basis, pivots, lineality)


def _span(points: Sequence[Vector]) -> tuple[list[list[Fraction]], list[int]]:
    """An echelon basis of all differences of points."""
    basis: list[list[Fraction]] = []
    pivots: list[int] = []
    for point in points[1:]:
        step = difference(point, points[0])
        if len(pivots) == len(step):
            break
        rest = list(step)
        for row, pivot in zip(basis, pivots, strict=True):
            factor = rest[pivot]
            if factor:
                rest = [a - factor * b for a, b in zip(rest, row, strict=True)]
        if any(rest):
            basis, pivots = echelon([*basis, step])
    return basis, pivots


def _assembled(
    points: Sequence[Vector],
    planes: dict[tuple[Integers, int], set[int]],
    basis: list[list[Fraction]],
    pivots: list[int],
    lineality: tuple[Integers, ...],
) -> Polytope:
    """The polytope of joined facets; only points with normals of full rank are vertices."""
    at: dict[int, list[Integers]] = {}
    for (normal, _), corners in planes.items():
        for corner in corners:
            at.setdefault(corner, []).append(normal)
    dimension = len(pivots)
    kept = sorted(
        corner
        for corner, normals in at.items()
        if len(normals) >= dimension and rank(normals) == dimension
    )
    number = {corner: place for place, corner in enumerate(kept)}
    facets = []
    for (normal, _), corners in planes.items():
        inside = tuple(sorted(number[corner] for corner in corners if corner in number))
        outer = _ambient(normal, basis, pivots, lineality)
        facets.append(Facet(outer, dot(outer, points[kept[inside[0]]]), inside))
    facets.sort(key=lambda facet: (facet.normal, facet.value))
    return Polytope(tuple(points[c] for c in kept), tuple(facets), lineality, dimension)


def _ambient(
    normal: Integers,
    basis: list[list[Fraction]],
    pivots: list[int],
    lineality: tuple[Integers, ...],
) -> Integers:
    """The normal as a vector of the whole space, orthogonal to the lineality."""
    if not lineality:
        return normal
    whole = [0] * len(basis[0])
    for entry, pivot in zip(normal, pivots, strict=True):
        whole[pivot] = entry
    return primitive(project(whole, basis))


# -- quickhull -----------------------------------------------------------------------------

_Piece = tuple[tuple[int, ...], Integers, int]


def _boundary(points: Sequence[Integers]) -> list[_Piece]:
    """Simplices that triangulate the boundary: corners, outer normal, value of the normal."""
    dimension = len(points[0])
    if dimension == 1:
        low, high = min(points)[0], max(points)[0]
        return [((points.index((low,)),), (-1,), -low), ((points.index((high,)),), (1,), high)]
    largest = max(abs(entry) for point in points for entry in point)
    exact = factorial(dimension) * (2 * largest) ** dimension * (dimension + 2) >= _SAFE
    array: Points = np.array(points, dtype=object if exact else np.int64)
    return _Quickhull(points, array).run()


class _Quickhull:
    """The growing hull: simplices, their neighbours, and the points that each still sees."""

    def __init__(self, points: Sequence[Integers], array: Points) -> None:
        self.points = points
        self.array = array
        self.pieces: dict[int, _Piece] = {}
        self.seen: dict[int, npt.NDArray[np.intp]] = {}
        self.sides: dict[tuple[int, ...], list[int]] = {}
        self.count = 0
        self.middle: Integers = ()

    def run(self) -> list[_Piece]:
        """Add the farthest point seen by a simplex until no simplex sees a point."""
        start = self._start()
        self.middle = tuple(sum(self.points[i][k] for i in start) for k in range(len(start) - 1))
        others = np.setdiff1d(np.arange(len(self.points)), np.array(start))
        added = [self._add(tuple(sorted(set(start) - {i}))) for i in start]
        waiting = self._share(added, others)
        while waiting:
            number = waiting.pop()
            if number not in self.seen:
                continue
            normal = self.pieces[number][1]
            candidates = self.seen[number]
            heights = np.matmul(self.array[candidates], np.array(normal, dtype=self.array.dtype))
            waiting += self._place(int(candidates[int(np.argmax(heights))]), number)
        return list(self.pieces.values())

    def _start(self) -> list[int]:
        """Corners of one simplex of full dimension, chosen far apart."""
        chosen = [int(np.argmin(self.array[:, 0]))]
        steps: list[Vector] = []
        for _ in range(len(self.points[0])):
            plane = null_space(steps, len(self.points[0]))[0]
            normal: Points = np.array(plane, dtype=self.array.dtype)
            heights = np.abs(np.matmul(self.array - self.array[chosen[0]], normal))
            best = int(np.argmax(heights))
            if not heights[best]:  # all points level here: try the remaining directions
                plane, best = self._other(steps, chosen[0])
            chosen.append(best)
            steps.append(difference(self.points[best], self.points[chosen[0]]))
        return chosen

    def _other(self, steps: list[Vector], origin: int) -> tuple[Integers, int]:
        for plane in null_space(steps, len(self.points[0]))[1:]:
            base = dot(plane, self.points[origin])
            for place, point in enumerate(self.points):
                if dot(plane, point) != base:
                    return plane, place
        raise AssertionError("points of full dimension leave every plane")

    def _add(self, corners: tuple[int, ...]) -> int:
        """Add a simplex, oriented away from the middle; return its number."""
        spend(len(corners) ** 2)
        base = self.points[corners[0]]
        steps = [
            tuple(a - b for a, b in zip(self.points[corner], base, strict=True))
            for corner in corners[1:]
        ]
        normal = _perpendicular(steps)
        value = sum(a * b for a, b in zip(normal, base, strict=True))
        inner = sum(a * b for a, b in zip(normal, self.middle, strict=True))
        if inner > value * (len(base) + 1):
            normal, value = tuple(-entry for entry in normal), -value
        self.count += 1
        self.pieces[self.count] = (corners, normal, value)
        for skip in range(len(corners)):
            side = corners[:skip] + corners[skip + 1 :]
            self.sides.setdefault(side, []).append(self.count)
        return self.count

    def _share(self, numbers: list[int], points: npt.NDArray[np.intp]) -> list[int]:
        """Give every point to one of the simplices that strictly see it, if any does."""
        if not len(points):
            return []
        normals: Points = np.array([self.pieces[n][1] for n in numbers], dtype=self.array.dtype)
        values = np.array([self.pieces[n][2] for n in numbers], dtype=self.array.dtype)
        heights = np.matmul(self.array[points], normals.T) - values
        best = np.argmax(heights, axis=1)
        above = heights[np.arange(len(points)), best] > 0
        active = []
        for place, number in enumerate(numbers):
            mine = points[above & (best == place)]
            if len(mine):
                self.seen[number] = mine
                active.append(number)
        return active

    def _place(self, point: int, start: int) -> list[int]:
        """Replace what ``point`` sees by the simplices over the horizon."""
        spot = self.points[point]
        visible, horizon, tested = {start}, [], [start]
        while tested:
            corners = self.pieces[tested.pop()][0]
            for skip in range(len(corners)):
                side = corners[:skip] + corners[skip + 1 :]
                for number in self.sides[side]:
                    if number in visible:
                        continue
                    _, normal, value = self.pieces[number]
                    if sum(a * b for a, b in zip(normal, spot, strict=True)) > value:
                        visible.add(number)
                        tested.append(number)
                    else:
                        horizon.append(side)
        left = [self.seen.pop(number) for number in visible if number in self.seen]
        for number in visible:
            corners = self.pieces.pop(number)[0]
            for skip in range(len(corners)):
                self.sides[corners[:skip] + corners[skip + 1 :]].remove(number)
        added = [self._add(tuple(sorted((*side, point)))) for side in horizon]
        points = np.concatenate(left) if left else np.empty(0, dtype=np.intp)
        return self._share(added, points[points != point])


def _perpendicular(steps: Sequence[Integers]) -> Integers:
    """The primitive integer vector perpendicular to ``d - 1`` independent vectors of length d."""
    if len(steps) == 1:
        ((a, b),) = steps
        return _shortened((-b, a))
    if len(steps) == 2:
        (a, b, c), (d, e, f) = steps
        return _shortened((b * f - c * e, c * d - a * f, a * e - b * d))
    return null_space(steps, len(steps) + 1)[0]


def _shortened(vector: Integers) -> Integers:
    common = gcd(*vector)
    return tuple(entry // common for entry in vector)
