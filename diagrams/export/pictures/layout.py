"""Where to draw: deterministic positions in the plane for the vertices of a skeleton.

Rings become regular polygons and chains straight lines.  Anything else starts from several
arrangements (planar embeddings if there are any, springs, two rows), relaxes the energy of
:mod:`diagrams.export.pictures.relaxation`, and the best result is turned upright.  Components stand
side by side.  Isomorphic skeletons get equal drawings whatever their numbering.
"""

from __future__ import annotations

import cmath
import math
from functools import lru_cache
from itertools import pairwise

import networkx
import numpy as np

from diagrams.export.pictures.relaxation import Complex, Energy, upright
from diagrams.export.pictures.skeleton import Skeleton, canonical_component

Point = tuple[float, float]

COMPONENT_GAP = 0.9
SHELF_WIDTH = 11.0
EXCHANGE_LIMIT = 16
"""Broad links are moved outside by a longer search, in components of up to so many vertices."""


def place(skeleton: Skeleton) -> tuple[Point, ...]:
    """Return a point for every vertex; components stand side by side, left ends at zero.

    >>> from diagrams.export.pictures.skeleton import Link
    >>> place(Skeleton(("a", "b", "a"), (Link(0, 1), Link(1, 2))))
    ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0))
    """
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(skeleton.kinds)))
    graph.add_edges_from((link.start, link.end) for link in skeleton.links)
    parts = []
    for members in networkx.connected_components(graph):
        part, order = canonical_component(skeleton, sorted(members))
        parts.append((-len(order), part.kinds, part.links, order, _place_connected(part)))
    parts.sort(key=lambda item: item[:3])
    points: dict[int, Point] = {}
    left, base, shelf_height = 0.0, 0.0, 0.0
    for _, _, _, order, spots in parts:
        width = max(x for x, _ in spots)
        height = max(y for _, y in spots)
        if left > 0 and left + width > SHELF_WIDTH:
            left, base, shelf_height = 0.0, base - shelf_height - COMPONENT_GAP, 0.0
        for vertex, (x, y) in zip(order, spots, strict=True):
            points[vertex] = (round(left + x, 4), round(base + y - height / 2, 4))
        left += width + COMPONENT_GAP
        shelf_height = max(shelf_height, height)
    return tuple(points[vertex] for vertex in range(len(skeleton.kinds)))


# -- one component -----------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _place_connected(part: Skeleton) -> tuple[Point, ...]:
    """Points of a connected skeleton, with the left and lower ends at zero."""
    size = len(part.kinds)
    if size == 1:
        return ((0.0, 0.0),)
    if size == 2:
        return ((0.0, 0.0), (part.links[0].length, 0.0))
    simple = _ring(part) if len(part.links) == size else _chain(part)
    if simple is not None:
        return _corner(simple)
    energy = Energy(part)
    starts = _starts(part)
    rough = [energy.relax(start, (0.5, 0.25, 0.12), 4) for start in starts]
    rough.sort(key=energy.of)
    rough = [energy.exchange(spots) for spots in rough[:2]]
    fine = [energy.relax(spots, (0.3, 0.15, 0.07, 0.03, 0.012), 12) for spots in rough]
    best = min(fine, key=energy.of)
    if size <= EXCHANGE_LIMIT and any(link.breadth for link in part.links):
        best = energy.exchange(best, lookahead=4)
        best = energy.relax(best, (0.07, 0.03, 0.012), 12)
    best = upright(best, part)
    return _corner(best)


def _corner(spots: Complex) -> tuple[Point, ...]:
    """Shift to the positive quadrant and round."""
    left, low = float(spots.real.min()), float(spots.imag.min())
    return tuple((round(z.real - left, 4), round(z.imag - low, 4)) for z in spots.tolist())


def _ring(part: Skeleton) -> Complex | None:
    """A regular polygon if the skeleton is a single cycle, else ``None``."""
    size, graph = len(part.kinds), _graph(part)
    if any(degree != 2 for _, degree in graph.degree()):
        return None
    walk = [0]
    while len(walk) < size:
        walk.append(min(set(graph[walk[-1]]) - set(walk)))
    mean = sum(link.length for link in part.links) / size
    radius = mean / (2 * math.sin(math.pi / size))
    spots = np.zeros(size, dtype=np.complex128)
    for step, vertex in enumerate(walk):
        spots[vertex] = cmath.rect(radius, math.pi - 2 * math.pi * step / size)
    return spots


def _chain(part: Skeleton) -> Complex | None:
    """A straight line if the skeleton is a path, else ``None``."""
    size, graph = len(part.kinds), _graph(part)
    tips = [vertex for vertex, degree in graph.degree() if degree == 1]
    if len(part.links) != size - 1 or len(tips) != 2:
        return None
    length = {frozenset((link.start, link.end)): link.length for link in part.links}
    walk = networkx.shortest_path(graph, tips[0], tips[1])
    spots = np.zeros(size, dtype=np.complex128)
    for before, vertex in pairwise(walk):
        spots[vertex] = spots[before] + length[frozenset((before, vertex))]
    return spots


def _graph(part: Skeleton) -> networkx.Graph:
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(part.kinds)))
    graph.add_edges_from((link.start, link.end) for link in part.links)
    return graph


# -- starting arrangements ---------------------------------------------------------------


def _starts(part: Skeleton) -> list[Complex]:
    """Arrangements to relax: planar embeddings, springs from a circle, two rows."""
    graph = _graph(part)
    size = len(part.kinds)
    around = list(networkx.dfs_preorder_nodes(graph, 0))
    circle = np.zeros(size, dtype=np.complex128)
    for step, vertex in enumerate(around):
        circle[vertex] = cmath.rect(0.3 * size, 2 * math.pi * step / size)
    starts = [_springs(part, graph, circle)]
    planar, embedding = networkx.check_planarity(graph)
    if planar:
        starts += _planar_starts(part, embedding)
    else:
        starts.append(_springs(part, graph, _rows(graph)))
    return starts


def _springs(part: Skeleton, graph: networkx.Graph, start: Complex) -> Complex:
    """Stress majorisation: distances in the plane follow distances in the graph."""
    for link in part.links:
        graph.edges[link.start, link.end]["length"] = link.length
    size = len(part.kinds)
    goal = np.zeros((size, size))
    for vertex, row in networkx.all_pairs_dijkstra_path_length(graph, weight="length"):
        for other, distance in row.items():
            goal[vertex, other] = distance
    weight = np.where(goal > 0, 1 / np.maximum(goal, 1e-9) ** 2, 0.0)
    total = weight.sum(axis=1)
    spots = start.copy()
    for _ in range(120):
        apart = spots[:, None] - spots[None, :]
        unit = apart / np.maximum(np.abs(apart), 1e-9)
        spots = (weight * (spots[None, :] + goal * unit)).sum(axis=1) / total
    return spots


def _planar_starts(part: Skeleton, embedding: networkx.PlanarEmbedding) -> list[Complex]:
    """Tutte drawings with the longest faces outside, every inner face held open by a hub."""
    seen: set[tuple[int, int]] = set()
    faces = [
        embedding.traverse_face(*arc, mark_half_edges=seen)
        for arc in sorted(embedding.edges())
        if arc not in seen
    ]
    size = len(part.kinds)
    drawings: list[Complex] = []
    for outer in sorted(faces, key=lambda face: (-len(set(face)), face))[:2]:
        rim = list(dict.fromkeys(outer))
        if len(rim) < 3:
            continue
        hubs = [set(face) for face in faces if face is not outer]
        matrix = np.zeros((size + len(hubs), size + len(hubs)))
        for link in part.links:
            matrix[link.start, link.end] = matrix[link.end, link.start] = -1
        for place, members in enumerate(hubs):
            for vertex in members:
                matrix[vertex, size + place] = matrix[size + place, vertex] = -1
        np.fill_diagonal(matrix, -matrix.sum(axis=1))
        goal: Complex = np.zeros(len(matrix), dtype=np.complex128)
        for step, vertex in enumerate(rim):
            matrix[vertex] = 0
            matrix[vertex, vertex] = 1
            goal[vertex] = cmath.rect(0.35 * math.sqrt(size) + 0.5, 2 * math.pi * step / len(rim))
        solved = np.linalg.solve(matrix, goal)
        drawings.append(np.asarray(solved[:size], dtype=np.complex128))
    return drawings


def _rows(graph: networkx.Graph) -> Complex:
    """Two rows (even and odd distance from the first vertex), ordered by barycentres."""
    depth = networkx.single_source_shortest_path_length(graph, 0)
    rows = [sorted(v for v in graph if depth[v] % 2 == side) for side in (0, 1)]
    for sweep in range(12):
        fixed, moved = rows[sweep % 2], rows[1 - sweep % 2]
        spot = {vertex: place / len(fixed) for place, vertex in enumerate(fixed)}
        centre = {v: sum(spot.get(w, 0.5) for w in graph[v]) / max(1, len(graph[v])) for v in moved}
        moved.sort(key=lambda vertex: centre[vertex])
    spots = np.zeros(len(graph), dtype=np.complex128)
    for side, row in enumerate(rows):
        for place, vertex in enumerate(row):
            spots[vertex] = complex((place + 0.5) / len(row) * len(graph) / 2, -1.5 * side)
    return spots
