"""Diagrams whose rows are all different, and how merges make new ones of them.

A sum over the rows k, l, .. of a diagram is a sum over the set partitions of its rows of sums
over *different* rows; with N values, n different rows count N (N-1) .. (N-n+1).  In this
falling-factorial basis a merge decides, for every row of the atom but the one at which it
merges, which row of the diagram it equals, or that it is a new one.  The number of rows is
final then, the Gaussian average needs no identification of rows, and it vanishes unless
every row has an even number of edges of every kind.

A state is the number of rows and the sorted cells; an end is ``kind + kinds * row``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.merging import Atom

Ends = tuple[int, ...]
Rows = tuple[int, tuple[Ends, ...]]
"""A diagram with distinct rows: their number, and the ends of every cell."""


End = tuple[int, int]
"""Kind, and row of the atom: row 0 is the one at which it merges."""


@dataclass(frozen=True, slots=True)
class Merge:
    """An atom without the edge along which it merges.

    ``letter`` numbers the atom's weight, ``copies`` counts equal ways; ``partner`` are
    the other ends at the deleted edge's cell, ``rest`` the other cells, ``rows`` the number of
    rows besides row 0.
    """

    letter: int
    copies: int
    kind: int
    partner: tuple[End, ...]
    rest: tuple[tuple[End, ...], ...]
    rows: int

    def manners(self) -> Iterator[tuple[tuple[int, ...], frozenset[int]]]:
        """All manners: numbers of the atom's distinct rows, and which of them are new."""
        for place in _coincidences(self.rows):
            for new in _subsets(max(place)):
                yield place, new


def _coincidences(rows: int) -> Iterator[tuple[int, ...]]:
    """All ways in which row 0 and ``rows`` others coincide, as numbers of classes."""
    if not rows:
        yield (0,)
        return
    for shorter in _coincidences(rows - 1):
        for place in range(max(shorter) + 2):
            yield (*shorter, place)


def _subsets(size: int) -> Iterator[frozenset[int]]:
    for chosen in range(1 << size):
        yield frozenset(j + 1 for j in range(size) if chosen >> j & 1)


def merges_of(alphabet: Alphabet, atom: Atom, letter: int) -> list[Merge]:
    """All ways to delete one edge of an atom along which it merges, equal ones collected."""
    numbers, tagged = alphabet.encode(atom.diagram)
    kinds = alphabet.kinds
    cells = [cell[1:] for cell in tagged]
    trained = {alphabet.kind_number[tensor] for tensor in atom.tensors}
    found: dict[Merge, int] = {}
    for place, cell in enumerate(cells):
        for position, end in enumerate(cell):
            if end % kinds not in trained:
                continue
            first = end // kinds
            order = [row + (row < first) for row in range(len(numbers))]
            order[first] = 0

            def named(ends: Ends, order: Sequence[int] = order) -> tuple[tuple[int, int], ...]:
                return tuple(sorted((e % kinds, order[e // kinds]) for e in ends))

            merge = Merge(
                letter,
                1,
                end % kinds,
                named(cell[:position] + cell[position + 1 :]),
                tuple(sorted(named(c) for other, c in enumerate(cells) if other != place)),
                len(numbers) - 1,
            )
            found[merge] = found.get(merge, 0) + 1
    return [replace(merge, copies=copies) for merge, copies in found.items()]


def assignments(rows: int, others: int) -> Iterator[tuple[int, ...]]:
    """Where ``others`` rows go: to one of ``rows`` rows, or to new ones, numbered in order.

    >>> list(assignments(1, 1))
    [(0,), (1,)]
    """
    if not others:
        yield ()
        return
    for shorter in assignments(rows, others - 1):
        for row in range(max((rows - 1, *shorter)) + 2):
            yield (*shorter, row)


def compositions(number: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to write ``number`` as an ordered sum of ``parts`` non-negative integers."""
    if parts == 1:
        yield (number,)
        return
    for first in range(number + 1):
        for rest in compositions(number - first, parts - 1):
            yield (first, *rest)


def parity_of(ends: Iterable[int]) -> int:
    """The parity vector of a cell: one bit for every row and kind."""
    parity = 0
    for end in ends:
        parity ^= 1 << end
    return parity


class NormalForms:
    """Numbers rows (and kinds that play equal parts) by how they meet the cells.

    Isomorphic states nearly always get one form.  Where refinement leaves a choice it is taken
    arbitrarily, so two forms of one state can occur; they are then counted apart, which
    costs time and changes no sum.
    """

    def __init__(self, kinds: int, interchangeable: Sequence[Sequence[int]] = ()) -> None:
        self.kinds = kinds
        self.groups = [tuple(group) for group in interchangeable if len(group) > 1]

    def form(self, rows: int, cells: Sequence[Iterable[int]]) -> Rows:
        """The state with rows numbered by refinement."""
        if self.groups:
            cells = self._kinds_sorted(cells)
        classes = self._refined(rows, cells) if rows > 1 else list(range(rows))
        table = [k + self.kinds * c for c in classes for k in range(self.kinds)]
        rename = table.__getitem__
        return rows, tuple(sorted([tuple(sorted(map(rename, cell))) for cell in cells]))

    def _refined(self, rows: int, cells: Sequence[Iterable[int]]) -> list[int]:
        kinds = self.kinds
        classes, count = [0] * rows, 1
        ends = [[(end // kinds, end % kinds) for end in cell] for cell in cells]
        views = [hash(tuple(sorted([kind for _, kind in cell]))) for cell in ends]
        while True:
            marks = [0] * rows
            for cell, view in zip(ends, views, strict=True):
                for row, kind in cell:
                    marks[row] += hash((view, kind))
            pairs = list(zip(classes, marks, strict=True))
            order = {pair: place for place, pair in enumerate(sorted(set(pairs)))}
            classes = [order[pair] for pair in pairs]
            finer = len(order)
            if finer == count and finer < rows:
                sizes: dict[int, int] = {}
                for value in classes:
                    sizes[value] = sizes.get(value, 0) + 1
                target = min((size, value) for value, size in sizes.items() if size > 1)[1]
                chosen = classes.index(target)
                classes = [value + (value >= target) for value in classes]
                classes[chosen] = target
                finer += 1
            if finer == rows:
                return classes
            count = finer
            table = [kind + kinds * value for value in classes for kind in range(kinds)]
            views = [
                hash(tuple(sorted([table[kinds * row + kind] for row, kind in cell])))
                for cell in ends
            ]

    def _kinds_sorted(self, cells: Sequence[Iterable[int]]) -> list[list[int]]:
        kinds = self.kinds
        marks = [0] * kinds
        for cell in cells:
            by_row: dict[int, list[int]] = {}
            for end in cell:
                by_row.setdefault(end // kinds, [0] * kinds)[end % kinds] += 1
            degrees = sorted(map(sum, by_row.values()))
            for kind in range(kinds):
                here = sorted((row[kind], sum(row)) for row in by_row.values() if row[kind])
                if here:
                    marks[kind] += hash((tuple(here), tuple(degrees)))
        renamed = list(range(kinds))
        for group in self.groups:
            for kind, place in zip(sorted(group, key=marks.__getitem__), group, strict=True):
                renamed[kind] = place
        return [[end - end % kinds + renamed[end % kinds] for end in cell] for cell in cells]
