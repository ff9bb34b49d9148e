"""Rings of several kinds: diagrams whose rows and cells all have two edges.

Merging replaces an edge of one ring by a path: with an edge ``a`` of the ring ``a T`` of a
generator atom, where ``T`` leads from the cell of the edge to its row, an edge ``a`` from row
to cell becomes the path ``T`` read backwards.  So rings stay rings, further rings of the
atom are added, and merged powers are multisets of cyclic words
(:mod:`.coloured_rings_words`).  For the asymmetric matrix model, ``D = aabb`` and
``R = ab``, their number grows about 2.4 times per order.  Every multiset of words is averaged
once, for all sectors in which it occurs (:mod:`.coloured_rings_averages`).
"""

from __future__ import annotations

from collections.abc import Iterator

from diagrams.campaign.effort import spend
from diagrams.wick.transfer.coloured_rings_averages import RingAverages
from diagrams.wick.transfer.coloured_rings_words import (
    Relabelling,
    Rings,
    letter,
    loose_families,
    normal_word,
    path_beside,
    ring_words,
)
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.structure import Atom, Problem

Level = dict[Rings, dict[Sector, int]]


def is_coloured_rings(problem: Problem) -> bool:
    """Whether every row and every cell of every atom has two edges, or none.

    >>> kinds = (2, (1, 1), (0, 0), (True, True), ())
    >>> D, R, entries = Atom((1, 1), ((0, 2), (1, 3))), Atom((1,), ((0, 1),)), Atom((1,), ((0,),))
    >>> is_coloured_rings(Problem(*kinds, (D, R), (D, R)))
    True
    >>> is_coloured_rings(Problem(*kinds, (entries,), (D, R)))
    False
    """
    return None not in problem.cell_family and all(
        ring_words(atom, problem.kinds) is not None
        for atom in (*problem.observable, *problem.generator)
    )


def coloured_ring_moments(
    problem: Problem, terms: int
) -> Iterator[dict[Sector, dict[Powers, int]]]:
    """The terms of every order of a problem made of rings.

    >>> D, R = Atom((1, 1), ((0, 2), (1, 3))), Atom((1,), ((0, 1),))
    >>> problem = Problem(2, (1, 1), (0, 0), (True, True), ((0, 1),), (D, R), (D, R))
    >>> for moments in coloured_ring_moments(problem, 1):
    ...     print(moments)
    {(0, (0, 0)): {(2, 1): 1}}
    {(0, (1, 0)): {(2, 1): 8, (2, 2): 8, (3, 1): 8}, (1, (0, 1)): {(1, 1): 2}}
    """
    merging = Merging(problem)
    averages = RingAverages(problem, _most_edges(problem, terms))
    level = merging.start()
    for order in range(terms + 1):
        if order:
            level = merging.merged(level)
        yield _collected(problem, level, averages)


def _most_edges(problem: Problem, terms: int) -> int:
    """No merged power has more edges."""
    first = max((atom.edges for atom in problem.observable), default=0)
    added = max((atom.edges - 2 for atom in problem.generator), default=0)
    return first + terms * max(0, added)


def _collected(
    problem: Problem, level: Level, averages: RingAverages
) -> dict[Sector, dict[Powers, int]]:
    """Averages of one level, by sectors."""
    sectors: dict[Sector, dict[Powers, int]] = {}
    for rings, ways_of in level.items():
        average = averages.average(rings)
        if not average:
            continue
        for sector, ways in ways_of.items():
            total = sectors.setdefault(sector, {})
            for powers, value in average.items():
                total[powers] = total.get(powers, 0) + ways * value
    loose = _loose_nodes(problem, problem.observable), _loose_nodes(problem, problem.generator)
    result = {}
    for (number, counts), total in sorted(sectors.items()):
        lone = list(loose[0][number])
        for nodes, count in zip(loose[1], counts, strict=True):
            lone = [a + count * b for a, b in zip(lone, nodes, strict=True)]
        result[number, counts] = {
            tuple(map(sum, zip(powers, lone, strict=True))): value
            for powers, value in sorted(total.items())
        }
    return result


def _loose_nodes(problem: Problem, atoms: tuple[Atom, ...]) -> list[tuple[int, ...]]:
    """For every atom, how many nodes without edges it has of every family."""
    return [
        tuple(map(loose_families(atom, problem.kinds).count, range(problem.families)))
        for atom in atoms
    ]


class Merging:
    """Merging multisets of rings with the atoms of a generator.

    >>> D, R = Atom((1, 1), ((0, 2), (1, 3))), Atom((1,), ((0, 1),))
    >>> merging = Merging(Problem(2, (1, 1), (0, 0), (True, True), ((0, 1),), (R,), (D, R)))
    >>> level = merging.merged(merging.start())
    >>> for rings, ways in sorted(level.items()):
    ...     print(rings, ways)
    ('aa',) {(0, (0, 1)): 2}
    ('abbb',) {(0, (1, 0)): 4}
    """

    def __init__(self, problem: Problem) -> None:
        self.kinds = problem.kinds
        self.observable = [self._rings(atom) for atom in problem.observable]
        self.sizes = len(problem.generator)
        self.relabelling = Relabelling(problem.interchangeable)
        paths: dict[str, dict[tuple[str, int, Rings], int]] = {}
        for number, atom in enumerate(problem.generator):
            rings = self._rings(atom)
            along = set(map(letter, problem.merges(number)))
            for which, word in enumerate(rings):
                further = rings[:which] + rings[which + 1 :]
                for place, kind in enumerate(word):
                    if kind in along:
                        ways = paths.setdefault(kind, {})
                        key = path_beside(word, place)[::-1], number, further
                        ways[key] = ways.get(key, 0) + 1
        self.paths = {kind: list(ways.items()) for kind, ways in paths.items()}

    def _rings(self, atom: Atom) -> Rings:
        rings = ring_words(atom, self.kinds)
        if rings is None:
            raise ValueError(f"{atom} is not made of rings")
        return rings

    def start(self) -> Level:
        """The observable atoms."""
        level: Level = {}
        for number, rings in enumerate(self.observable):
            level.setdefault(rings, {})[number, (0,) * self.sizes] = 1
        return self._relabelled(level)

    def merged(self, level: Level) -> Level:
        """Everything after one more merge with any atom."""
        result: Level = {}
        for rings, ways_of in level.items():
            for atom, images in enumerate(self._images(rings)):
                after = {
                    (number, (*counts[:atom], counts[atom] + 1, *counts[atom + 1 :])): ways
                    for (number, counts), ways in ways_of.items()
                }
                spend(len(images) * (len(rings) + len(after)))
                for image, weight in images.items():
                    _add(result.setdefault(image, {}), after, weight)
        return self._relabelled(result)

    def _relabelled(self, level: Level) -> Level:
        result: Level = {}
        for rings, ways_of in level.items():
            _add(result.setdefault(self.relabelling.least(rings), {}), ways_of, 1)
        return result

    def _images(self, rings: Rings) -> list[dict[Rings, int]]:
        """For every generator atom, the results of merging it and their numbers of ways."""
        found: list[dict[Rings, int]] = [{} for _ in range(self.sizes)]
        for which, word in enumerate(rings):
            others = rings[:which] + rings[which + 1 :]
            for place, kind in enumerate(word):
                head, tail = word[:place], word[place + 1 :]
                for (path, atom, further), copies in self.paths.get(kind, ()):
                    inserted = path[::-1] if place & 1 else path
                    joined = normal_word(head + inserted + tail)
                    image = tuple(sorted((joined, *others, *further)))
                    found[atom][image] = found[atom].get(image, 0) + copies
        return found


def _add(total: dict[Sector, int], more: dict[Sector, int], weight: int) -> None:
    for sector, ways in more.items():
        total[sector] = total.get(sector, 0) + weight * ways
