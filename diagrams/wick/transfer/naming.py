"""Normal names of states: renaming rows, and interchangeable kinds, by refinement.

A state is the tuple of the codes of its rows and the sorted tuple of its cells.  The code of
a row is twice its family, plus one when it is *marked*.  Isomorphic states usually get one
name, but ties that refinement leaves open are broken as they come: a class may be stored
under two names.  Different classes never share one, since names are explicit forms; hashes
only order the rows.  Marks are looked at last, so that taking a mark away keeps the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from diagrams.graphs.canonical import ranked
from diagrams.wick.transfer.structure import Cell

Name = tuple[tuple[int, ...], tuple[Cell, ...]]

MEMORY = 1 << 18
"""So many names, and so many cells under all renamings, are remembered at most."""

_FIELD = 80
_HASH, _SUM = (1 << 60) - 1, (1 << _FIELD) - 1
"""Bits of one mark, and of the sum of the marks of one row."""


def odd_kinds(state: Name, kinds: int) -> list[int]:
    """For every row, the kinds (as bits) that occur an odd number of times."""
    odd = [0] * len(state[0])
    for cell in state[1]:
        for end in cell:
            odd[end // kinds] ^= 1 << (end % kinds)
    return odd


class _Views(dict[Cell, int]):
    """What a cell adds to the marks of kinds (fields first) and rows, classes being given."""

    def __init__(self, naming: Naming, classes: list[int], kind_classes: list[int]) -> None:
        super().__init__()
        self.naming = naming
        self.table = [k + naming.kinds * c for c in classes for k in kind_classes]

    def __missing__(self, cell: Cell) -> int:
        kinds, grouped = self.naming.kinds, bool(self.naming.groups)
        self.naming.cells += 1
        seen = hash(tuple(sorted(map(self.table.__getitem__, cell))))
        marks = 0
        for end in cell:
            row, kind = divmod(end, kinds)
            mark = hash((seen, self.table[end] if grouped else kind)) & _HASH
            marks += mark << (_FIELD * (kinds + row))
            if grouped:
                marks += mark << (_FIELD * kind)
        self[cell] = marks
        return marks


class _Renamed(dict[Cell, Cell]):
    """Cells with their ends renamed."""

    def __init__(self, naming: Naming, table: list[int]) -> None:
        super().__init__()
        self.naming, self.table = naming, table

    def __missing__(self, cell: Cell) -> Cell:
        self.naming.cells += 1
        renamed = self[cell] = tuple(sorted(map(self.table.__getitem__, cell)))
        return renamed


class Naming:
    """Names states over a number of kinds, some of them interchangeable.

    >>> Naming(1).name([2, 3], [(0, 1), (1, 1)]) == Naming(1).name([3, 2], [(0, 1), (0, 0)])
    True
    """

    def __init__(self, kinds: int, interchangeable: Sequence[tuple[int, ...]] = ()) -> None:
        self.kinds = kinds
        self.groups = interchangeable
        first = {kind: min(group) for group in interchangeable for kind in group}
        self.kind_classes = [first.get(kind, kind) for kind in range(kinds)]
        self.first_kinds = ranked(self.kind_classes)
        self.known: dict[Name, Name] = {}
        self.cells = 0
        self.starts: dict[tuple[int, ...], list[int]] = {}
        self.views: dict[tuple[int, ...], _Views] = {}
        self.renamings: dict[tuple[int, ...], _Renamed] = {}

    def forget(self) -> None:
        """Drop the memory of names given before."""
        self.known.clear()

    def name(self, rows: Sequence[int], cells: Iterable[Cell]) -> Name:
        """The name of a state; the same state is often met again in the same writing."""
        written = tuple(rows), tuple(sorted(cells))
        name = self.known.get(written)
        if name is None:
            name = self._name(*written)
            if len(self.known) >= MEMORY:
                self.known.clear()
            self.known[written] = name
        return name

    def _name(self, rows: tuple[int, ...], cells: tuple[Cell, ...]) -> Name:
        """Put rows, and kinds within their groups, in the order of refinement."""
        if len(rows) <= 1 and not self.groups:
            return rows, cells
        if not rows:
            return (), ()
        if self.cells > MEMORY:
            self.cells = 0
            self.starts.clear()
            self.views.clear()
            self.renamings.clear()
        places, kind_classes = self._discrete(rows, cells)
        codes = [0] * len(rows)
        for place, code in zip(places, rows, strict=True):
            codes[place] = code
        renaming = (*places, *kind_classes) if self.groups else tuple(places)
        renamed = self.renamings.get(renaming)
        if renamed is None:
            renamed = self.renamings[renaming] = self._renamed(places, kind_classes)
        return tuple(codes), tuple(sorted(map(renamed.__getitem__, cells)))

    def _renamed(self, places: list[int], kind_classes: list[int]) -> _Renamed:
        """Rows go to their places, kinds of a group to the places of the group, in order."""
        kind_of = list(range(self.kinds))
        for group in self.groups:
            ranked = sorted(group, key=kind_classes.__getitem__)
            for place, kind in zip(group, ranked, strict=True):
                kind_of[kind] = place
        return _Renamed(self, [kind + self.kinds * place for place in places for kind in kind_of])

    def _discrete(
        self, rows: tuple[int, ...], cells: tuple[Cell, ...]
    ) -> tuple[list[int], list[int]]:
        """Refine until every row (and every kind of a group) is alone in its class."""
        kinds, grouped = self.kinds, bool(self.groups)
        start = self.starts.get(rows)
        if start is None:
            start = self.starts[rows] = ranked([code >> 1 for code in rows])
        classes, kind_classes = start, self.first_kinds
        full = len(rows) + (kinds if grouped else 0)
        count = max(classes) + 1 + (max(kind_classes) + 1 if grouped else 0)
        fields = range(_FIELD * kinds, _FIELD * (kinds + len(rows)), _FIELD)
        while count < full:
            key = (*classes, *kind_classes) if grouped else tuple(classes)
            views = self.views.get(key)
            if views is None:
                views = self.views[key] = _Views(self, classes, kind_classes)
            total = sum(map(views.__getitem__, cells))
            marks = [total >> field & _SUM for field in fields]
            pairs = list(zip(classes, marks, strict=True))
            rank = {pair: place for place, pair in enumerate(sorted(set(pairs)))}
            classes = [rank[pair] for pair in pairs]
            refined = len(rank)
            if grouped:
                sums = [total >> (_FIELD * kind) & _SUM for kind in range(kinds)]
                kind_classes = ranked(list(zip(kind_classes, sums, strict=True)))
                refined += max(kind_classes) + 1
            if refined == count:
                if max(classes) + 1 < len(rows):
                    classes = _split(classes, rows.__getitem__)
                else:
                    kind_classes = _split(kind_classes, int)
                refined += 1
            count = refined
        return classes, kind_classes


def _split(classes: list[int], order: Callable[[int], int]) -> list[int]:
    """Put one member of a smallest class with several members, the least, before the others."""
    sizes = [0] * (max(classes) + 1)
    for value in classes:
        sizes[value] += 1
    target = min((size, value) for value, size in enumerate(sizes) if size > 1)[1]
    members = [place for place, value in enumerate(classes) if value == target]
    chosen = min(members, key=order)
    finer = [value + 1 if value >= target else value for value in classes]
    finer[chosen] = target
    return finer
