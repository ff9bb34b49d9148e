"""Faces uniform in the order: one polytope whose faces are the regimes.

The vertices of the fronts are lines in the order, one set for every residue class.  At one
formal order, far out, each class has a polytope; a regime is a set of scalings for which the
leading face of *every* class stays the same, that is, a cone of the common refinement of their
normal fans: a face of the Minkowski sum of the polytopes.  (G. M. Ziegler, Lectures on
Polytopes, proposition 7.12.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagrams.errors import BadInput
from diagrams.scaling.fronts.families import Families, Line
from diagrams.scaling.polyhedra.feasible import growing_direction
from diagrams.scaling.polyhedra.hull import Face, Polytope, convex_hull
from pde.linear_algebra import Integers, Vector, difference

FAR = 10**6 + 3
"""The formal order at which lines of all classes are compared."""

Corner = tuple[Line | None, ...]
"""A vertex of the sum: one line for every residue class (none for a class that vanishes)."""


@dataclass(frozen=True, slots=True)
class Chamber:
    """A face of the sum: its corners, its dimension and a direction in which it leads."""

    corners: frozenset[Corner]
    dimension: int
    direction: Integers
    points: tuple[Vector, ...]

    def lines(self, residue: int) -> frozenset[Line]:
        """The lines of one residue class on this face."""
        return frozenset(line for corner in self.corners if (line := corner[residue]) is not None)


@dataclass(frozen=True, slots=True)
class Chambers:
    """All faces of the sum that lead while sizes grow, and all of its edges."""

    polytope: Polytope
    leading: tuple[Chamber, ...]
    edges: tuple[tuple[Corner, Corner], ...]


def chambers(families: Families, growing: Sequence[int]) -> Chambers:
    """Return the faces uniform in the order.

    Raises :class:`~diagrams.errors.BadInput` if no order has any term, or if the faces far out
    are not the same at two formal orders.
    """
    found = _at(families, growing, FAR)
    if families.seen:  # nothing moves with the order
        return found
    again = _at(families, growing, 3 * FAR)
    if {c.corners for c in found.leading} != {c.corners for c in again.leading}:
        raise BadInput("series", "faces that never settle", "faces that are the same from an order")
    return found


def _at(families: Families, growing: Sequence[int], order: int) -> Chambers:
    present = [bool(lines) for lines in families.classes]
    if not any(present):
        raise BadInput("series", "no terms at any order", "a coefficient that does not vanish")
    sums: dict[Vector, Corner] = {}
    for lines in families.classes:
        if not lines:
            sums = {point: (*corner, None) for point, corner in sums.items()} or sums
            continue
        at = {line.at(order): line for line in lines}
        if not sums:
            before = tuple(None for _ in families.classes[: families.classes.index(lines)])
            sums = {point: (*before, line) for point, line in at.items()}
        else:
            sums = {
                tuple(a + b for a, b in zip(one, other, strict=True)): (*corner, line)
                for one, corner in sums.items()
                for other, line in at.items()
            }
        kept = set(convex_hull(sums).vertices)
        sums = {point: corner for point, corner in sums.items() if point in kept}
    polytope = convex_hull(sums)
    faces = polytope.faces()
    leading = tuple(
        chamber for face in faces if (chamber := _chamber(face, polytope, growing, sums))
    )
    edges = tuple(
        (sums[face.vertices[0]], sums[face.vertices[1]]) for face in faces if face.dimension == 1
    )
    return Chambers(polytope, leading, edges)


def _chamber(
    face: Face, polytope: Polytope, growing: Sequence[int], sums: dict[Vector, Corner]
) -> Chamber | None:
    direction = growing_direction(face.normals, polytope.lineality, growing, polytope.space)
    if direction is None:
        return None
    corners = frozenset(sums[vertex] for vertex in face.vertices)
    return Chamber(corners, face.dimension, direction, face.vertices)


def step(one: Corner, other: Corner) -> tuple[Vector, Vector]:
    """The direction from one corner to another: its constant part and its part linear in s.

    Classes in which the corners agree do not count; the simplest of the others does.
    """
    found = [
        (difference(b.start, a.start), difference(b.slope, a.slope))
        for a, b in zip(one, other, strict=True)
        if a is not None and b is not None and a != b
    ]
    return min(found, key=lambda pair: (sum(map(bool, pair[1])), *map(abs, (*pair[1], *pair[0]))))
