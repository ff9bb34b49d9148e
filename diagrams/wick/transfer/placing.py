"""Where the rows of an atom go when it is merged: rows of the state, or new ones.

All of this depends on the rows of a state and the parities of their edges only, not on its
cells, so that it is worked out once for many states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from diagrams.wick.transfer.laws import changed
from diagrams.wick.transfer.packing import Packing
from diagrams.wick.transfer.structure import Cell, Problem
from diagrams.wick.transfer.touching import Attachment, Lookahead

MEMORY = 1 << 16
"""Choices for so many combinations are remembered at most."""


@dataclass(frozen=True, slots=True)
class Placing:
    """One way to place the rows of an atom.

    ``places`` are the rows of the result for the rows of the atom, ``codes`` those of all
    rows of the result, ``own`` and ``cells`` the atom's ends and cells there, and ``step`` what
    the code of coefficients grows by.
    """

    places: tuple[int, ...]
    codes: tuple[int, ...]
    own: Cell
    cells: tuple[Cell, ...]
    step: int


class Placings:
    """All placings for every attachment, remembered by rows and parities."""

    def __init__(
        self,
        problem: Problem,
        entries: list[list[Attachment]],
        lookahead: Lookahead,
        packing: Packing,
    ) -> None:
        self.kinds, self.entries = problem.kinds, entries
        self.low, self.single, self.pairs = problem.defects.low, problem.single, problem.pairs
        self.lookahead, self.packing = lookahead, packing
        self.known: dict[tuple[int, ...], list[Placing]] = {}

    def of(
        self,
        rows: tuple[int, ...],
        odd: tuple[int, ...],
        row: int,
        kind: int,
        number: int,
        merges: int,
    ) -> list[Placing]:
        """The placings for attachment ``number`` of a kind at a row of a state."""
        key = (merges, row, kind, number, *rows, *odd)
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= MEMORY:
                self.known.clear()
            entry = self.entries[kind][number]
            found = self.known[key] = list(self._placings(rows, odd, row, entry, merges))
        return found

    def _placings(
        self,
        rows: tuple[int, ...],
        odd: tuple[int, ...],
        row: int,
        entry: Attachment,
        merges: int,
    ) -> Iterator[Placing]:
        """Try all; a touched row with a defect can not be closed now, and carries no mark.

        A single row carries one whenever it has none, since it may be closed after any merge.
        """
        row_step = self.packing.row_step
        for places, codes, defects, fresh in placements(
            rows, odd, row, entry.families, entry.odd, self.low, self.single
        ):
            if self.pairs and not pairs_fit(codes, places, len(rows), self.pairs):
                continue
            if self.lookahead.possible(codes, defects, merges):
                marked = [c & ~1 if d else c for c, d in zip(codes, defects, strict=True)]
                if self.single:
                    marked = [
                        c | 1 if not d and c >> 1 in self.single else c
                        for c, d in zip(marked, defects, strict=True)
                    ]
                (own,) = placed((entry.own,), places, self.kinds)
                cells = placed(entry.cells, places, self.kinds)
                yield Placing(
                    tuple(places),
                    tuple(marked),
                    own,
                    cells,
                    self.packing.atom_step[entry.atom] + sum(map(row_step.__getitem__, fresh)),
                )


def pairs_fit(
    codes: Sequence[int], places: Sequence[int], known: int, pairs: Collection[int]
) -> bool:
    """Whether no row of a family of pairs stands for more than two entries.

    ``known`` rows were there, those of pairs with one entry each; ``places`` were added.
    """
    met = Counter(place for place in places if codes[place] >> 1 in pairs)
    return all(count + (place < known) <= 2 for place, count in met.items())


Placement = tuple[list[int], list[int], list[int], list[int]]


def placements(
    rows: Sequence[int],
    odd: Sequence[int],
    row: int,
    families: Sequence[int],
    changes: Sequence[int],
    low: int = -1,
    single: Collection[int] = (),
) -> list[Placement]:
    """All ways to put the rows of an atom at rows of their families, or at new ones.

    The first row of the atom goes to ``row``; ``odd`` are the defects of rows, and ``changes``
    what the atom's rows change of them (see :func:`.laws.changed`).  Each way is the place of
    every row of the atom, then the codes of all rows and their defects, all touched rows marked,
    then the families of the new rows.  Of ``single`` families there is one row only.

    >>> placements([0], [1], 0, (0, 0), (1, 1))
    [([0, 0], [1], [1], []), ([0, 1], [1, 1], [0, 1], [0])]
    """
    codes, parities = list(rows), list(odd)
    codes[row] |= 1
    parities[row] = changed(parities[row], changes[0], low)
    frontier: list[Placement] = [([row], codes, parities, [])]
    for family, change in zip(families[1:], changes[1:], strict=True):
        following: list[Placement] = []
        for places, codes, parities, fresh in frontier:
            known = [place for place, code in enumerate(codes) if code >> 1 == family]
            for place in known:
                touched, after = codes.copy(), parities.copy()
                touched[place] |= 1
                after[place] = changed(after[place], change, low)
                following.append(([*places, place], touched, after, fresh))
            if known and family in single:
                continue
            new = [*codes, 2 * family + 1], [*parities, change]
            following.append(([*places, len(codes)], *new, [*fresh, family]))
        frontier = following
    return frontier


def placed(cells: tuple[Cell, ...], places: list[int], kinds: int) -> tuple[Cell, ...]:
    """Cells with their rows renamed; rows may come to coincide.

    >>> placed(((0, 2), (1, 3)), [1, 0], 2)
    ((0, 2), (1, 3))
    """
    table = [kind + kinds * place for place in places for kind in range(kinds)]
    return tuple(tuple(sorted(map(table.__getitem__, cell))) for cell in cells)
