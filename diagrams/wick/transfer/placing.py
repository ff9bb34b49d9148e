"""Where the rows of an atom go when it is merged: rows of the state, or new ones.

All of this depends on the rows of a state and the parities of their edges only, not on its
cells, so that it is worked out once for many states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
        """Try all; a touched row with an odd number of edges of some kind can not be closed
        now, so that it carries no mark.
        """
        codes, parities = list(rows), list(odd)
        codes[row] |= 1
        parities[row] ^= entry.odd[0]
        frontier = [([row], codes, parities, 0)]
        for family, change in zip(entry.families[1:], entry.odd[1:], strict=True):
            following = []
            for places, codes, parities, step in frontier:
                for place, code in enumerate(codes):
                    if code >> 1 == family:
                        touched, changed = codes.copy(), parities.copy()
                        touched[place] |= 1
                        changed[place] ^= change
                        following.append(([*places, place], touched, changed, step))
                following.append(
                    (
                        [*places, len(codes)],
                        [*codes, 2 * family + 1],
                        [*parities, change],
                        step + self.packing.row_step[family],
                    )
                )
            frontier = following
        for places, codes, parities, step in frontier:
            if self.lookahead.possible(codes, parities, merges):
                marked = [c & ~1 if p else c for c, p in zip(codes, parities, strict=True)]
                (own,) = placed((entry.own,), places, self.kinds)
                cells = placed(entry.cells, places, self.kinds)
                yield Placing(
                    tuple(places),
                    tuple(marked),
                    own,
                    cells,
                    self.packing.atom_step[entry.atom] + step,
                )


def placed(cells: tuple[Cell, ...], places: list[int], kinds: int) -> tuple[Cell, ...]:
    """Cells with their rows renamed; rows may come to coincide.

    >>> placed(((0, 2), (1, 3)), [1, 0], 2)
    ((0, 2), (1, 3))
    """
    table = [kind + kinds * place for place in places for kind in range(kinds)]
    return tuple(tuple(sorted(map(table.__getitem__, cell))) for cell in cells)
