"""The skeleton of a picture: the graph to be drawn, without meaning, and its numbering.

A *skeleton* has vertices with a kind and links with a length and a breadth (half the width
of a bundle of parallel lines).  :func:`canonical_component` renumbers it, so that isomorphic
skeletons become equal ones whatever their numbering was.  (Vertices that colour refinement
cannot tell apart, one fixed vertex at a time, count as equivalent: a wrong guess costs
beauty, never truth.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A bundle of parallel lines between two different vertices.

    ``meaning`` and ``reverse`` describe the bundle as seen from ``start`` and from ``end``;
    equal descriptions make links interchangeable.
    """

    start: int
    end: int
    meaning: str = ""
    reverse: str = ""
    length: float = 1.0
    breadth: float = 0.0


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The graph to be drawn: the kind of every vertex, and at most one link for each pair.

    >>> Skeleton(("a", "b", "a"), (Link(0, 1), Link(1, 2))).neighbours()[1]
    [0, 2]
    """

    kinds: tuple[str, ...]
    links: tuple[Link, ...]

    def neighbours(self) -> list[list[int]]:
        """The neighbours of every vertex, in order of the links."""
        beside: list[list[int]] = [[] for _ in self.kinds]
        for link in self.links:
            beside[link.start].append(link.end)
            beside[link.end].append(link.start)
        return beside


def canonical_component(skeleton: Skeleton, members: Sequence[int]) -> tuple[Skeleton, list[int]]:
    """Return the component on ``members``, renumbered, and the old vertex of every new one.

    >>> skeleton = Skeleton(("b", "a", "b"), (Link(0, 1), Link(1, 2)))
    >>> canonical_component(skeleton, [0, 1, 2])[0].kinds
    ('a', 'b', 'b')
    """
    ends: dict[int, list[tuple[str, int]]] = {vertex: [] for vertex in members}
    for link in skeleton.links:
        if link.start in ends:
            ends[link.start].append((link.meaning, link.end))
            ends[link.end].append((link.reverse, link.start))
    rank = {kind: place for place, kind in enumerate(sorted(set(skeleton.kinds)))}
    colour, _ = _refine({vertex: rank[skeleton.kinds[vertex]] for vertex in members}, ends)
    while len(set(colour.values())) < len(members):
        classes: dict[int, list[int]] = {}
        for vertex, value in colour.items():
            classes.setdefault(value, []).append(vertex)
        _, value = min((len(group), value) for value, group in classes.items() if len(group) > 1)
        group = classes[value]
        if len({tuple(sorted(ends[vertex])) for vertex in group}) == 1:
            group = group[:1]
        trials = []
        for chosen in group:
            raised = {v: 2 * c + (c == value and v != chosen) for v, c in colour.items()}
            trials.append(_refine(raised, ends))
        colour = min(trials, key=lambda trial: trial[1])[0]
    order = sorted(members, key=lambda vertex: colour[vertex])
    number = {vertex: place for place, vertex in enumerate(order)}
    links = []
    for link in skeleton.links:
        if link.start in number:
            a, b = number[link.start], number[link.end]
            there, back = (link.meaning, link.reverse) if a < b else (link.reverse, link.meaning)
            links.append(Link(min(a, b), max(a, b), there, back, link.length, link.breadth))
    kinds = tuple(skeleton.kinds[vertex] for vertex in order)
    return Skeleton(kinds, tuple(sorted(links))), order


def _refine(
    start: Mapping[int, int], ends: Mapping[int, Sequence[tuple[str, int]]]
) -> tuple[dict[int, int], list[object]]:
    """Refine a colouring until stable; also return its invariant description."""
    ranks = {value: rank for rank, value in enumerate(sorted(set(start.values())))}
    colour = {vertex: ranks[value] for vertex, value in start.items()}
    while True:
        keys = {
            vertex: (
                colour[vertex],
                sorted((label, colour[other]) for label, other in ends[vertex]),
            )
            for vertex in colour
        }
        distinct = sorted({(c, tuple(e)) for c, e in keys.values()})
        rank = {key: place for place, key in enumerate(distinct)}
        finer = {vertex: rank[(c, tuple(e))] for vertex, (c, e) in keys.items()}
        if len(distinct) == len(set(colour.values())):
            return finer, [sorted(finer.values()), distinct]
        colour = finer
