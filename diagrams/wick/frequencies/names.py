"""Normal names of states of directed cells: rows and kinds renamed, cells turned, by refinement.

As in :mod:`diagrams.wick.transfer.naming`: isomorphic states usually get one name, different
classes never share one.  A cell and the same cell turned around (all signs changed) are one.
Self-dual cells begin with -1 and have no signs.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.graphs.canonical import ranked

Cell = tuple[int, ...]
Name = tuple[tuple[int, ...], tuple[Cell, ...]]

MEMORY = 1 << 18


class Names:
    """Names of states over a number of kinds, some of them interchangeable.

    An end is ``2 * (kind + kinds * row) + sign``.

    >>> Names(1).name([2, 3], [(0, 3), (2, 2)]) == Names(1).name([3, 2], [(1, 2), (1, 1)])
    True
    """

    def __init__(self, kinds: int, interchangeable: Sequence[tuple[int, ...]] = ()) -> None:
        self.kinds = kinds
        self.groups = interchangeable
        first = {kind: min(group) for group in interchangeable for kind in group}
        self.kind_classes = ranked([first.get(kind, kind) for kind in range(kinds)])
        self.known: dict[Name, Name] = {}

    def name(self, rows: Sequence[int], cells: Sequence[Cell]) -> Name:
        """The name of a state; cells need not be sorted."""
        written = tuple(rows), tuple(sorted([tuple(sorted(cell)) for cell in cells]))
        name = self.known.get(written)
        if name is None:
            if len(self.known) >= MEMORY:
                self.known.clear()
            name = self.known[written] = self._name(*written)
        return name

    def _name(self, rows: tuple[int, ...], cells: tuple[Cell, ...]) -> Name:
        if not rows:
            return (), ()
        places, kind_classes = self._discrete(rows, cells)
        kind_of = list(range(self.kinds))
        for group in self.groups:
            ranked = sorted(group, key=kind_classes.__getitem__)
            for place, kind in zip(group, ranked, strict=True):
                kind_of[kind] = place
        table = self._table(places, kind_of)
        codes = [0] * len(rows)
        for place, code in zip(places, rows, strict=True):
            codes[place] = code
        return tuple(codes), tuple(sorted([_seen(table, cell)[0] for cell in cells]))

    def _table(self, places: Sequence[int], kinds: Sequence[int]) -> list[int]:
        """New ends by old ones; the last entry keeps the mark -1 of self-dual cells."""
        step = 2 * self.kinds
        table = [2 * k + s + step * p for p in places for k in kinds for s in (0, 1)]
        return [*table, -1]

    def _discrete(
        self, rows: Sequence[int], cells: tuple[Cell, ...]
    ) -> tuple[list[int], list[int]]:
        """Refine until every row (and every kind of a group) is alone in its class."""
        kinds, grouped = self.kinds, bool(self.groups)
        classes = ranked([code >> 1 for code in rows])
        kind_classes = self.kind_classes
        full = len(rows) + (kinds if grouped else 0)
        count = max(classes) + 1 + (max(kind_classes) + 1 if grouped else 0)
        while count < full:
            table = self._table(classes, kind_classes)
            marks = [0] * len(rows)
            kind_marks = [0] * kinds
            for cell in cells:
                view, turn = _seen(table, cell)
                seen = hash(view)
                for end in cell:
                    if end >= 0:
                        here = table[end]
                        side = here >> 1 if turn is None else here ^ turn
                        mark = hash((seen, side, turn is None))
                        half = end >> 1
                        marks[half // kinds] += mark
                        kind_marks[half % kinds] += mark
            pairs = list(zip(classes, marks, strict=True))
            classes = ranked(pairs)
            refined = max(classes) + 1
            if grouped:
                kind_classes = ranked(list(zip(kind_classes, kind_marks, strict=True)))
                refined += max(kind_classes) + 1
            if refined == count:
                if max(classes) + 1 < len(rows):
                    classes = _split(classes, rows)
                else:
                    kind_classes = _split(kind_classes, range(kinds))
                refined += 1
            count = refined
        return classes, kind_classes


def _seen(table: Sequence[int], cell: Cell) -> tuple[Cell, int | None]:
    """A cell with ends renamed, in its lesser direction; 1 if turned, ``None`` if no matter."""
    view = [table[end] for end in cell]
    view.sort()
    if cell[0] < 0:
        return tuple(view), 0
    back = [end ^ 1 for end in view]
    back.sort()
    if back < view:
        return tuple(back), 1
    return tuple(view), None if back == view else 0


def _split(classes: list[int], order: Sequence[int]) -> list[int]:
    """Put one member of a smallest class with several members before the others."""
    sizes = [0] * (max(classes) + 1)
    for value in classes:
        sizes[value] += 1
    target = min((size, value) for value, size in enumerate(sizes) if size > 1)[1]
    members = [place for place, value in enumerate(classes) if value == target]
    chosen = min(members, key=order.__getitem__)
    finer = [value + 1 if value >= target else value for value in classes]
    finer[chosen] = target
    return finer
