"""Merges with generator atoms, and which rows can still be closed in time.

Merging deletes an edge ``e`` at row ``n`` of a state and an edge of an atom, and identifies
their ends.  The merge *touches* row ``n``, and every row that a further row of the atom is
identified with.  All rows of a state are distinct, so a further row of the atom is one of
the rows of its family, or new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from diagrams.wick.transfer.laws import changed
from diagrams.wick.transfer.structure import Cell, CellAtom, Problem

Abstract = tuple[tuple[int, int], ...]
"""A state as the lookahead sees it: sorted (code, defect) of every row."""

Move = tuple[int, tuple[tuple[int, int], ...]]
"""What a merge changes at the row that is hit, and at the families of further rows."""

DEPTH = 4
"""With more merges to come than this, the lookahead only counts rows."""


@dataclass(frozen=True)
class Attachment:
    """What a generator atom brings when one of its edges is merged.

    Row 0 is the one identified with row ``n``; ``own`` are the further ends of the cell that
    is identified with the cell of ``e``; ``copies`` counts the atom's edges with this effect;
    ``odd`` gives, row by row, the change of its defect (:class:`.laws.Defects`).
    """

    atom: int
    own: Cell
    cells: tuple[Cell, ...]
    families: tuple[int, ...]
    copies: int
    odd: tuple[int, ...]
    isolated: tuple[int, ...]


def attachments(problem: Problem) -> list[list[Attachment]]:
    """For every kind, what merging an edge of that kind can attach.

    >>> D = CellAtom((1, 1), ((0, 1), (0, 1)))
    >>> [[entry]] = attachments(Problem(2, (1,), (0,), (True,), (), (D,), (D,)))
    >>> entry.copies, entry.own, entry.cells, entry.odd
    (4, (1,), ((0, 1),), (0, 0))
    """
    found: list[list[Attachment]] = [[] for _ in range(problem.kinds)]
    for number, atom in enumerate(problem.generator):
        effects: dict[tuple[int, Cell, tuple[Cell, ...], tuple[int, ...]], int] = {}
        for place, cell in enumerate(atom.cells):
            for end in sorted(set(cell)):
                if end % problem.kinds in problem.merges(number):
                    effect = _effect(problem.kinds, atom, place, end)
                    effects[effect] = effects.get(effect, 0) + cell.count(end)
        for (kind, own, cells, families), copies in effects.items():
            ends = [end for cell in (own, *cells) for end in cell]
            odd = [
                problem.defects.change(
                    [end % problem.kinds for end in ends if end // problem.kinds == row],
                    [] if row else [kind],
                )
                for row in range(len(families))
            ]
            found[kind].append(
                Attachment(number, own, cells, families, copies, tuple(odd), atom.isolated)
            )
    return found


def _effect(
    kinds: int, atom: CellAtom, place: int, end: int
) -> tuple[int, Cell, tuple[Cell, ...], tuple[int, ...]]:
    """Delete one end of a cell and number the rows: that of the end first, least form."""
    row = end // kinds
    others = [node for node in range(len(atom.families)) if node != row]
    candidates = []
    for order in permutations(others):
        position = {node: number for number, node in enumerate((row, *order))}

        def renamed(cell: Cell, position: dict[int, int] = position) -> Cell:
            return tuple(sorted(e % kinds + kinds * position[e // kinds] for e in cell))

        own = list(atom.cells[place])
        own.remove(end)
        rest = (cell for number, cell in enumerate(atom.cells) if number != place)
        families = tuple(atom.families[node] for node in (row, *order))
        candidates.append((renamed(tuple(own)), tuple(sorted(map(renamed, rest))), families))
    return (end % kinds, *min(candidates))


class Lookahead:
    """Whether all rows of a state can still be closed, as far as their defects tell.

    A row can be closed only when it has no defect, and only right after a merge that touches it
    (it is *marked* then, an odd code).  Rows of single families are closed at the very end, and
    are left out here.
    """

    def __init__(self, problem: Problem, entries: list[list[Attachment]]) -> None:
        self.single, self.defects = problem.single, problem.defects
        self.moves: dict[int, list[Move]] = {}
        self.always: list[Move] = []
        self.most = self.zeros = 0
        for kind, family in enumerate(problem.row_family):
            for entry in entries[kind]:
                touched = zip(entry.families[1:], entry.odd[1:], strict=True)
                rest = tuple((f, odd) for f, odd in touched if f not in self.single)
                move = (entry.odd[0], rest)
                moves = self.moves.setdefault(2 * family, [])
                if family in self.single:
                    moves = self.always
                    move = (0, rest)
                if move not in moves:
                    moves.append(move)
                self.most = max(self.most, len(rest) + (family not in self.single))
                self.zeros = max(self.zeros, -sum(map(self.defects.zeros, entry.odd)))
        self.known: dict[tuple[Abstract, int], bool] = {}

    def possible(self, codes: Sequence[int], odd: Sequence[int], merges: int) -> bool:
        """Whether the rows can be closed within a number of further merges."""
        rows = sorted(zip(codes, odd, strict=True))
        if self.single:
            ends = [defect for code, defect in rows if code >> 1 in self.single]
            zeros = sum(map(self.defects.zeros, ends))
            if zeros > merges * self.zeros or (not merges and any(ends)):
                return False
            rows = [row for row in rows if row[0] >> 1 not in self.single]
        return self._possible(tuple(rows), merges)

    def _possible(self, rows: Abstract, merges: int) -> bool:
        key = (rows, merges)
        value = self.known.get(key)
        if value is None:
            value = self.known[key] = self._search(rows, merges)
        return value

    def _search(self, rows: Abstract, merges: int) -> bool:
        for place, (code, odd) in enumerate(rows):
            if code & 1:
                rest = rows[:place] + rows[place + 1 :]
                if not odd and self._possible(rest, merges):
                    return True
                return self._possible(tuple(sorted((*rest, (code - 1, odd)))), merges)
        if not rows:
            return True
        if len(rows) > merges * self.most:
            return False
        if self.defects.low >= 0:
            zeros = sum(self.defects.zeros(odd) for _, odd in rows)
            if zeros > merges * self.zeros:
                return False
        if merges > DEPTH:
            return True
        return any(
            self._possible(after, merges - 1)
            for place, row in enumerate(rows)
            if not place or rows[place - 1] != row
            for first, rest in self.moves.get(row[0], ())
            for after in self._touched(rows, place, first, rest)
        ) or any(
            self._possible(after, merges - 1)
            for _, rest in self.always
            for after in self._touched(rows, None, 0, rest)
        )

    def _touched(
        self, rows: Abstract, place: int | None, first: int, rest: tuple[tuple[int, int], ...]
    ) -> Iterator[Abstract]:
        low = self.defects.low
        start = list(rows)
        if place is not None:
            start[place] = (start[place][0] | 1, changed(start[place][1], first, low))
        frontier = [start]
        for family, change in rest:
            following = []
            for state in frontier:
                for other, (code, odd) in enumerate(state):
                    if code >> 1 == family:
                        touched = (code | 1, changed(odd, change, low))
                        following.append([*state[:other], touched, *state[other + 1 :]])
                following.append([*state, (2 * family + 1, change)])
            frontier = following
        for state in frontier:
            yield tuple(sorted(state))
