"""Merges with generator atoms, and which rows can still be closed in time.

Merging deletes an edge ``e`` at row ``n`` of a state and an edge of an atom, and identifies
their ends.  The merge *touches* row ``n``, and every row that a further row of the atom is
identified with.  All rows of a state are distinct, so a further row of the atom is one of
the rows of its family, or new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from diagrams.wick.transfer.structure import Atom, Cell, Problem

Abstract = tuple[tuple[int, int], ...]
"""A state as the lookahead sees it: sorted (code, kinds that occur oddly) of every row."""

DEPTH = 4
"""With more merges to come than this, the lookahead only counts rows."""


@dataclass(frozen=True)
class Attachment:
    """What a generator atom brings when one of its edges is merged.

    Row 0 is the one identified with row ``n``; ``own`` are the further ends of the cell that
    is identified with the cell of ``e``; ``copies`` counts the atom's edges with this effect;
    ``odd`` gives, row by row, the set of kinds (as bits) whose number changes parity.
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

    >>> D = Atom((1, 1), ((0, 1), (0, 1)))
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
            odd = [0] * len(families)
            odd[0] = 1 << kind
            for cell in (own, *cells):
                for end in cell:
                    odd[end // problem.kinds] ^= 1 << (end % problem.kinds)
            found[kind].append(
                Attachment(number, own, cells, families, copies, tuple(odd), atom.isolated)
            )
    return found


def _effect(
    kinds: int, atom: Atom, place: int, end: int
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
    """Whether all rows of a state can still be closed, as far as parities tell.

    A row can be closed only when every kind occurs an even number of times in it, and only
    right after a merge that touches it (it is *marked* then, an odd code).
    """

    def __init__(self, problem: Problem, entries: list[list[Attachment]]) -> None:
        self.moves: dict[int, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {}
        for kind, family in enumerate(problem.row_family):
            moves = self.moves.setdefault(2 * family, [])
            for entry in entries[kind]:
                if (entry.families, entry.odd) not in moves:
                    moves.append((entry.families, entry.odd))
        self.most = max((len(atom.families) for atom in problem.generator), default=0)
        self.known: dict[tuple[Abstract, int], bool] = {}

    def possible(self, codes: list[int], odd: list[int], merges: int) -> bool:
        """Whether the rows can be closed within a number of further merges."""
        return self._possible(tuple(sorted(zip(codes, odd, strict=True))), merges)

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
        if merges > DEPTH:
            return True
        return any(
            self._possible(after, merges - 1)
            for place, row in enumerate(rows)
            if not place or rows[place - 1] != row
            for families, change in self.moves.get(row[0], ())
            for after in _touched(rows, place, families, change)
        )


def _touched(
    rows: Abstract, place: int, families: tuple[int, ...], change: tuple[int, ...]
) -> Iterator[Abstract]:
    start = list(rows)
    start[place] = (start[place][0] | 1, start[place][1] ^ change[0])
    frontier = [start]
    for family, odd in zip(families[1:], change[1:], strict=True):
        following = []
        for state in frontier:
            for other, (code, parity) in enumerate(state):
                if code >> 1 == family:
                    following.append(
                        [*state[:other], (code | 1, parity ^ odd), *state[other + 1 :]]
                    )
            following.append([*state, (2 * family + 1, odd)])
        frontier = following
    for state in frontier:
        yield tuple(sorted(state))
