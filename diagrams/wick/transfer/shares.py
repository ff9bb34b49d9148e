"""Dividing the merges of a stage into shares: what two shares lead to never coincides.

Merged states that are equal have equally many cells of every size, and equally many rows of
every degree, however they came about and whatever their rows are called.  The sizes of the
cells of a merged state are known before it is formed, from the state, the cell that is hit
and the atom; the degrees of its rows, once the rows of the atom are placed.  So a worker can
form all merged states of its share, and no others, from the few states that lead there,
and go on with them alone: what is merged need not be sent around to be collected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from zlib import crc32

from diagrams.wick.transfer.naming import Name
from diagrams.wick.transfer.placing import Placing
from diagrams.wick.transfer.structure import Cell
from diagrams.wick.transfer.touching import Attachment

LEAST, MOST, PARTS, SPLIT = 500, 30_000, 24, 6
"""Merges in a share: a ``PARTS``-th of all, from ``LEAST`` to ``MOST``; equal sizes are split by
degrees into ``SPLIT`` at most."""

_BITS = 20
_DEGREE = [crc32(degree.to_bytes(2, "little")) for degree in range(1024)]


@dataclass(frozen=True)
class Share:
    """The merged states with some cell sizes; with ``parts``, only those of one ``part``.

    The part of a state is a sum over the degrees of its rows, modulo ``parts``.
    """

    sizes: frozenset[int]
    part: int = 0
    parts: int = 1


@cache
def _unit(size: int) -> int:
    """A cell of so many ends, in a sum that counts them by size."""
    return 1 << (_BITS * size - _BITS) if size else 0


class Shares:
    """Divides stages of one problem into shares."""

    def __init__(self, kinds: int, entries: Sequence[Sequence[Attachment]]) -> None:
        self.kinds, self.entries = kinds, entries
        self.units = [
            [sum(_unit(len(cell)) for cell in entry.cells) for entry in of_kind]
            for of_kind in entries
        ]
        self.degrees = [[_degrees(kinds, entry) for entry in of_kind] for of_kind in entries]
        self.further = [[len(entry.families) - 1 for entry in of_kind] for of_kind in entries]
        self.known: dict[tuple[int, int], list[int]] = {}

    def changes(self, size: int, kind: int) -> list[int]:
        """What merging an end of a cell of ``size`` with each atom adds to the count of sizes."""
        found = self.known.get((size, kind))
        if found is None:
            found = self.known[size, kind] = [
                units + _unit(size - 1 + len(entry.own)) - _unit(size)
                for units, entry in zip(self.units[kind], self.entries[kind], strict=True)
            ]
        return found

    def weights(self, state: Name) -> dict[int, int]:
        """About how many merges of a state lead to which sizes; rows go anywhere here."""
        rows, cells = state
        total = sizes_of(state)
        hit: dict[tuple[int, int], int] = {}
        last: Cell = ()
        for cell in cells:
            if cell != last:
                last = cell
                size = len(cell)
                for kind in [end % self.kinds for end in cell]:
                    place = (size, kind)
                    hit[place] = hit.get(place, 0) + 1
        found: dict[int, int] = {}
        for (size, kind), times in hit.items():
            for change, further in zip(self.changes(size, kind), self.further[kind], strict=True):
                sizes = total + change
                found[sizes] = found.get(sizes, 0) + times * (len(rows) + 1) ** further
        return found

    def divide(self, states: Sequence[Name]) -> list[tuple[Share, int, list[int]]]:
        """Return shares of all merges, each with its weight and the states that lead there.

        The largest come first.  Shares depend on the set of states only, not on their order.
        """
        leading: dict[int, list[int]] = {}
        weight: dict[int, int] = {}
        for place, state in enumerate(states):
            for sizes, ways in self.weights(state).items():
                weight[sizes] = weight.get(sizes, 0) + ways
                leading.setdefault(sizes, []).append(place)
        target = min(MOST, max(LEAST, sum(weight.values()) // PARTS))
        shares: list[tuple[Share, int, list[int]]] = []
        group: list[int] = []
        gathered = 0
        for sizes in sorted(weight):
            parts = min(SPLIT, round(weight[sizes] / target))
            if parts > 1:
                for part in range(parts):
                    share = Share(frozenset([sizes]), part, parts)
                    shares.append((share, weight[sizes] // parts, leading[sizes]))
                continue
            group.append(sizes)
            gathered += weight[sizes]
            if gathered >= target:
                shares.append(_joined(group, weight, leading))
                group, gathered = [], 0
        if group:
            shares.append(_joined(group, weight, leading))
        return sorted(shares, key=lambda share: -share[1])

    def chosen(self, share: Share, state: Name) -> Chosen:
        """What of the merges of one state belongs to a share."""
        return Chosen(self, share, state)


class Chosen:
    """The merges of one state that belong to a share."""

    def __init__(self, shares: Shares, share: Share, state: Name) -> None:
        self.shares, self.share, self.state = shares, share, state
        self.total = sizes_of(state)
        self.numbers: dict[tuple[int, int], Sequence[int]] = {}
        self.degrees: list[int] | None = None

    def entries(self, size: int, kind: int) -> Sequence[int]:
        """Numbers of the attachments that, merged to a cell of ``size``, give the right sizes."""
        numbers = self.numbers.get((size, kind))
        if numbers is None:
            numbers = self.numbers[size, kind] = [
                number
                for number, change in enumerate(self.shares.changes(size, kind))
                if self.total + change in self.share.sizes
            ]
        return numbers

    def of_part(self, placings: list[Placing], kind: int, number: int) -> list[Placing]:
        """The placings that give the right degrees."""
        share = self.share
        if share.parts == 1:
            return placings
        if self.degrees is None:
            self.degrees = [0] * len(self.state[0])
            for cell in self.state[1]:
                for end in cell:
                    self.degrees[end // self.shares.kinds] += 1
        added = self.shares.degrees[kind][number]
        found = []
        for placing in placings:
            degrees = self.degrees + [0] * (len(placing.codes) - len(self.degrees))
            for place, more in zip(placing.places, added, strict=True):
                degrees[place] += more
            if sum([_DEGREE[degree & 1023] for degree in degrees]) % share.parts == share.part:
                found.append(placing)
        return found


def sizes_of(state: Name) -> int:
    """How many cells of every size a state has, as one number."""
    return sum(map(_unit, map(len, state[1])))


def _degrees(kinds: int, entry: Attachment) -> list[int]:
    """What merging with an atom adds to the degrees of its rows; the merged edge goes."""
    degrees = [0] * len(entry.families)
    degrees[0] -= 1
    for cell in (entry.own, *entry.cells):
        for end in cell:
            degrees[end // kinds] += 1
    return degrees


def _joined(
    group: list[int], weight: dict[int, int], leading: dict[int, list[int]]
) -> tuple[Share, int, list[int]]:
    places = sorted({place for sizes in group for place in leading[sizes]})
    return Share(frozenset(group)), sum(weight[sizes] for sizes in group), places
