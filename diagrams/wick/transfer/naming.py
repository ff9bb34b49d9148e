"""Normal names of states: renaming rows, and interchangeable kinds, by refinement.

A state is the tuple of the codes of its rows and the sorted tuple of its cells.  The code of
a row is twice its family, plus one when it is *marked*.  Isomorphic states usually get one
name, but ties that refinement leaves open are broken as they come: a class may be stored
under two names.  Different classes never share one, since names are explicit forms; hashes
only order the rows.  Marks are looked at last, so that taking a mark away keeps the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from diagrams.wick.transfer.structure import Cell

Name = tuple[tuple[int, ...], tuple[Cell, ...]]

MEMORY = 1 << 18
"""So many names are remembered at most."""


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
        self.known: dict[Name, Name] = {}

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
        places, kind_classes = self._discrete(rows, cells)
        step = range(self.kinds)
        if self.groups:
            kind_of = list(step)
            for group in self.groups:
                ranked = sorted(group, key=kind_classes.__getitem__)
                for place, kind in zip(group, ranked, strict=True):
                    kind_of[kind] = place
            table = [kind + self.kinds * place for place in places for kind in kind_of]
        else:
            table = [kind + self.kinds * place for place in places for kind in step]
        rename = table.__getitem__
        codes = [0] * len(rows)
        for place, code in zip(places, rows, strict=True):
            codes[place] = code
        return tuple(codes), tuple(sorted([tuple(sorted(map(rename, c))) for c in cells]))

    def _discrete(
        self, rows: Sequence[int], cells: tuple[Cell, ...]
    ) -> tuple[list[int], list[int]]:
        """Refine until every row (and every kind of a group) is alone in its class."""
        kinds, grouped = self.kinds, bool(self.groups)
        classes = _ranks([code >> 1 for code in rows])
        kind_classes = _ranks(self.kind_classes)
        full = len(rows) + (kinds if grouped else 0)
        count = max(classes) + 1 + (max(kind_classes) + 1 if grouped else 0)
        while count < full:
            table = [k + kinds * c for c in classes for k in kind_classes]
            view_of = table.__getitem__
            marks = [0] * len(rows)
            kind_marks = [0] * kinds
            for cell in cells:
                view = list(map(view_of, cell))
                view.sort()
                seen = hash(tuple(view))
                if grouped:
                    for end in cell:
                        mark = hash((seen, table[end]))
                        marks[end // kinds] += mark
                        kind_marks[end % kinds] += mark
                else:
                    for end in cell:
                        marks[end // kinds] += hash((seen, end % kinds))
            pairs = list(zip(classes, marks, strict=True))
            rank = {pair: place for place, pair in enumerate(sorted(set(pairs)))}
            classes = [rank[pair] for pair in pairs]
            refined = len(rank)
            if grouped:
                kind_classes = _ranks(list(zip(kind_classes, kind_marks, strict=True)))
                refined += max(kind_classes) + 1
            if refined == count:
                if max(classes) + 1 < len(rows):
                    classes = _split(classes, rows.__getitem__)
                else:
                    kind_classes = _split(kind_classes, int)
                refined += 1
            count = refined
        return classes, kind_classes


def _ranks(values: list) -> list[int]:  # type: ignore[type-arg]
    """Replace values by their rank among the distinct ones."""
    rank = {value: place for place, value in enumerate(sorted(set(values)))}
    return [rank[value] for value in values]


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
