"""Convex hulls against brute force over supporting directions and against their own laws."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations, product
from math import comb
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.scaling.polyhedra.feasible import growing_direction, has_growing_direction
from diagrams.scaling.polyhedra.hull import Polytope, convex_hull
from pde.linear_algebra import dot, null_space, rank


def supporting_sets(points: list[tuple[int, ...]]) -> set[frozenset[tuple[int, ...]]]:
    """All facets by brute force: hyperplanes through points with nothing on the outer side."""
    points = sorted(set(points))
    base = points[0]
    steps = [tuple(a - b for a, b in zip(p, base, strict=True)) for p in points]
    dimension = rank(steps)
    flat = null_space(steps, len(base))
    found = set()
    for chosen in combinations(points, dimension):
        inside = [tuple(a - b for a, b in zip(p, chosen[0], strict=True)) for p in chosen[1:]]
        normals = null_space([*inside, *flat], len(base))
        if rank(inside) != dimension - 1 or len(normals) != 1:
            continue
        values = [dot(normals[0], p) for p in points]
        for level in (max(values), min(values)):
            if level == dot(normals[0], chosen[0]) and max(values) != min(values):
                found.add(frozenset(p for p, v in zip(points, values, strict=True) if v == level))
    return found


def extreme(points: list[tuple[int, ...]], facet: frozenset[tuple[int, ...]]) -> set[object]:
    return {p for p in facet if p in set(convex_hull(sorted(facet)).vertices)}


dimensions = st.integers(1, 4)
clouds = dimensions.flatmap(
    lambda d: st.lists(st.tuples(*[st.integers(-3, 3)] * d), min_size=1, max_size=11)
)


@given(clouds)
def test_facets_are_those_of_brute_force(points: list[tuple[int, ...]]) -> None:
    hull = convex_hull(points)
    if hull.dimension == 0:
        assert hull.vertices == (points[0],)
        return
    brute = supporting_sets(points)
    found = {frozenset(p for p in points if dot(f.normal, p) == f.value) for f in hull.facets}
    assert found == brute
    for facet in hull.facets:
        on_it = frozenset(p for p in points if dot(facet.normal, p) == facet.value)
        assert {hull.vertices[i] for i in facet.vertices} == extreme(points, on_it)


@given(clouds)
def test_hull_contains_its_points_and_nothing_is_superfluous(points: list[tuple[int, ...]]) -> None:
    hull = convex_hull(points)
    assert set(hull.vertices) <= set(points)
    assert all(hull.contains(point) for point in points)
    for vertex in hull.vertices:
        rest = [p for p in set(points) if p != vertex]
        assert not rest or not convex_hull(rest).contains(vertex)


@given(clouds, st.data())
def test_faces_and_cones(points: list[tuple[int, ...]], data: st.DataObject) -> None:
    """A direction leads on the face whose cone holds it; a cone's inside leads on its face."""
    hull = convex_hull(points)
    faces = hull.faces()
    assert len({f.vertices for f in faces}) == len(faces)
    euler = sum((-1) ** f.dimension for f in faces)
    assert euler == 1  # the whole included, the empty face not
    direction = data.draw(st.tuples(*[st.integers(-4, 4)] * hull.space))
    assert hull.face(direction).vertices in {f.vertices for f in faces}
    for face in faces:
        inner = growing_direction(face.normals, hull.lineality, (), hull.space)
        assert inner is not None
        assert hull.face(inner) == face
        for normal in face.normals:
            assert set(face.vertices) <= set(hull.face(normal).vertices)
        for line in hull.lineality:
            assert hull.face(line).dimension == hull.dimension


@given(clouds, st.integers(-5, 5), st.integers(2, 4))
def test_translation_and_rational_scaling(
    points: list[tuple[int, ...]], shift: int, divisor: int
) -> None:
    hull = convex_hull(points)
    moved = convex_hull([tuple(Fraction(x + shift, divisor) for x in p) for p in points])
    assert [f.normal for f in moved.facets] == [f.normal for f in hull.facets]
    assert moved.vertices == tuple(
        tuple(Fraction(x + shift, divisor) for x in v) for v in hull.vertices
    )


@given(clouds)
def test_embedding_in_a_plane_of_more_dimensions(points: list[tuple[int, ...]]) -> None:
    """Lower-dimensional sets: same face counts after an affine map into a larger space."""
    hull = convex_hull(points)
    lifted = convex_hull([(*p, 3 * sum(p) + 1, 2 * p[0] - 5) for p in points])
    assert len(lifted.lineality) == len(hull.lineality) + 2
    counts = [
        sorted((f.dimension, len(f.vertices)) for f in polytope.faces())
        for polytope in (hull, lifted)
    ]
    assert counts[0] == counts[1]
    assert {v[:-2] for v in lifted.vertices} == set(hull.vertices)


def test_the_quick_answers_are_those_of_the_linear_program() -> None:
    chance = random.Random(5)
    answers = []
    for _ in range(200):
        rays, lines = (
            [[chance.randint(-2, 2) for _ in range(3)] for _ in range(chance.randint(0, most))]
            for most in (4, 1)
        )
        quick = has_growing_direction(rays, lines, (0, 1), 3)
        assert quick == (growing_direction(rays, lines, (0, 1), 3) is not None)
        answers.append(quick)
    assert 20 < sum(answers) < 180


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 5, pytest.param(6, marks=pytest.mark.full)])
def test_cubes_and_cross_polytopes(dimension: int) -> None:
    """Face numbers of the cube (with all its inner grid points) and of its dual."""
    side = (0, 1, 2) if dimension < 5 else (0, 2)
    cube = convex_hull(product(side, repeat=dimension))
    cross = convex_hull(
        tuple(sign if k == j else 0 for j in range(dimension))
        for k in range(dimension)
        for sign in (1, -1)
    )
    for k in range(dimension):
        count = comb(dimension, k) * 2 ** (dimension - k)
        assert len(cube.faces(k)) == count
        assert len(cross.faces(dimension - 1 - k)) == count


def test_large_coordinates_stay_exact() -> None:
    big = 10**30
    hull = convex_hull([(0, 0, 0), (big, 0, 1), (0, big, 1), (big, big, 2), (1, 1, 10**29)])
    assert len(hull.vertices) == 5
    assert len(convex_hull([(0, 0), (big, big), (2 * big, 2 * big + 1)]).vertices) == 3


def test_refusals() -> None:
    with pytest.raises(BadInput, match="points"):
        convex_hull([])
    with pytest.raises(BadInput, match="one space"):
        convex_hull([(1,), (1, 2)])
    with pytest.raises(BadInput, match="direction"):
        convex_hull([(1, 2)]).face((1,))


def test_ten_thousand_points_in_three_dimensions() -> None:
    random.seed(1)
    clouds: list[list[tuple[int, ...]]] = [
        [tuple(random.randint(-(10**4), 10**4) for _ in range(3)) for _ in range(10_000)],
        [(x, y, 3 * x - 2 * y) for x in range(100) for y in range(100)],
        [tuple(random.randint(-20, 20) for _ in range(3)) for _ in range(10_000)],
    ]
    for points in clouds:
        hulls: list[Polytope] = []
        times = []
        for _ in range(3):
            start = process_time()
            hulls.append(convex_hull(points))
            times.append(process_time() - start)
        assert min(times) < 1
        assert all(hulls[0].contains(point) for point in points[::37])
