"""Leading terms from independent entries, where no merge that leads joins two old rows.

Suppose that every row is always even (all ties even), and that for some slope b every letter l
has a bound c_l of (gain of blocks + b * new rows), over all manners of merging, that no
manner attains in which a row of the atom equals an *old* row: one of the diagram, other than the
row h at which it merges.  Then q + b n <= c_0 + sum c_l, and a term on this line comes only from
paths on which every step attains its bound, hence joins no old rows.  Suppose also that in manners
without old rows delta and all w lie in the span of vectors e_h + e_y, kind by kind, y new.

**Fusing early.** Let X be a diagram on such a path, and X/pi the diagram with the cells of
every block of pi made one, pi a partition of its cells into the largest number M(X) of zero-sum
blocks.  *The leading average at the end of the path is the sum over pi of that of X/pi at the
end of the same path.*  Proof.  Let X' be the end, and P a pairing that leaves M(X') cells, with
blocks pi'.  Send every row made after X to the row at which it was made: all later delta and w
go to zero, and the cells of X to their parities in X.  So pi' cuts the cells of X into k sets
pi of zero sum.  X'/pi is reached from X/pi, which has k cells, all of zero parity, by the same
merges, and pi' is a partition of it too: M(X') <= M(X'/pi) <= k + (sum of gains).  Every step
attained its gain: M(X') = M(X) + (sum of gains).  So k >= M(X), and pi is one of the partitions
above.  The pairing P leaves the same cells in X'/pi.  Conversely a pairing that leaves M(X') cells
in X'/pi leaves at least as many, so the same, in X'.  QED.

**Entries.** So cells can be fused after every merge, and all have zero parity.  At the end no two
of them are fused any more: the leading average is the product over cells and rows of the number of
pairings of the ends of a cell at a row, an *entry*, given by its numbers of ends of every
kind.  A merge along an end of an entry takes the end off, adds the partner there, and
makes new entries; it sees no other entry.  A diagram is therefore the multiset of its entries, with
its number n of rows; the line gives q.  The argument is power counting, for all orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import comb

from diagrams.merging import Sector
from diagrams.scaling.leading_blocks import total, zero_sum_blocks
from diagrams.scaling.leading_gains import Merge, gain_of
from diagrams.scaling.leading_rows import Ends, parity_of
from diagrams.scaling.leading_search import MergeRules, initial_level
from diagrams.wick.packing import double_factorial

Entry = tuple[int, ...]
"""How many ends of every kind a cell has at a row."""

Entries = tuple[Entry, ...]
"""A diagram as the sorted multiset of its entries."""

EntriesLevel = dict[tuple[Sector, int], dict[Entries, int]]
"""Numbers of ways by sector and number of rows."""


@dataclass(frozen=True)
class Line:
    """The line ``q + slope * n = constant`` of a sector on which all its leading terms lie."""

    slope: Fraction
    start: Mapping[int, Fraction]
    merges: Mapping[int, Fraction]


def leading_line(rules: MergeRules) -> Line | None:
    """The slope and the bounds c_0, c_l of a problem to which entries apply, or ``None``.

    All diagrams of the observable that share sectors must be equally far from the line.
    """
    if any(gain.flips for found in rules.options.values() for gain in found):
        return None
    merges = [merge for found in rules.merges.values() for merge in found]
    if not all(_in_span(merge, rules.kinds) for merge in merges):
        return None
    slopes = {
        Fraction(one.blocks - other.blocks, other.new_rows - one.new_rows)
        for found in rules.options.values()
        for one in found
        for other in found
        if one.new_rows < other.new_rows and one.blocks > other.blocks
    }
    for slope in sorted(slopes):
        bounds = {
            letter: max(gain.blocks + slope * gain.new_rows for gain in found)
            for letter, found in rules.options.items()
        }
        tied = any(
            len({g.new_rows for g in found if g.blocks + slope * g.new_rows == bounds[letter]}) > 1
            for letter, found in rules.options.items()
        )
        if tied and all(
            gain_of(merge, rules.kinds, place, new).blocks + slope * len(new) < bounds[merge.letter]
            for merge in merges
            for place, new in merge.manners()
            if set(place) - new != {0}
        ):
            start: dict[int, Fraction] = {}
            for sector, states in initial_level(rules).items():
                start[sector.index(1)] = max(
                    zero_sum_blocks(map(parity_of, cells)) + slope * rows for rows, cells in states
                )
            offsets = {start[j] - bound for j, bound in bounds.items() if j in start}
            if len(offsets) < 2:
                return Line(slope, start, bounds)
    return None


def _in_span(merge: Merge, kinds: int) -> bool:
    """Whether all parities of manners without old rows are sums of e_h + e_y, kind by kind."""
    for place, new in merge.manners():
        if set(place) - new != {0}:
            continue
        for ends in (((merge.kind, 0), *merge.partner), *merge.rest):
            parity = parity_of(kind + kinds * place[row] for kind, row in ends)
            for kind in range(kinds):
                rows = [r for r in range(len(place)) if parity >> (kind + kinds * r) & 1]
                if len(rows) % 2:
                    return False
    return True


class EntryMerges:
    """The merges of entries, each worked out once."""

    def __init__(self, rules: MergeRules, line: Line) -> None:
        self.rules = rules
        self.line = line
        self._merges: dict[Entry, list[tuple[int, int, Entries, int]]] = {}

    def fused(self, cells: Sequence[Ends]) -> dict[Entries, int]:
        """The sum over all partitions of cells into most zero-sum blocks, as entries."""
        counts: dict[Ends, int] = {}
        for cell in cells:
            key = tuple(sorted(cell))
            counts[key] = counts.get(key, 0) + 1
        result: dict[Entries, int] = {}
        level: dict[tuple[tuple[tuple[Ends, int], ...], Entries], int]
        level = {(tuple(sorted(counts.items())), ()): 1}
        while level:
            following: dict[tuple[tuple[tuple[Ends, int], ...], Entries], int] = {}
            for (left, entries), ways in level.items():
                if not left:
                    result[entries] = result.get(entries, 0) + ways
                    continue
                for rest, block, count in _first_blocks(left):
                    key2 = (rest, tuple(sorted((*entries, *self._entries(block)))))
                    following[key2] = following.get(key2, 0) + ways * count
            level = following
        return result

    def _entries(self, ends: Ends) -> Entries:
        kinds = self.rules.kinds
        rows: dict[int, list[int]] = {}
        for end in ends:
            rows.setdefault(end // kinds, [0] * kinds)[end % kinds] += 1
        return tuple(sorted(map(tuple, rows.values())))

    def merges(self, entry: Entry) -> list[tuple[int, int, Entries, int]]:
        """Merges of an entry that attain their bound: letter, new rows, new entries, ways."""
        known = self._merges.get(entry)
        if known is None:
            known = self._merges[entry] = list(self._merged(entry))
        return known

    def _merged(self, entry: Entry) -> list[tuple[int, int, Entries, int]]:
        kinds = self.rules.kinds
        found: dict[tuple[int, int, Entries], int] = {}
        for kind, ends in enumerate(entry):
            left = [k for k, count in enumerate(entry) for _ in range(count - (k == kind))]
            for merge in self.rules.merges.get(kind, ()) if ends else ():
                for place, new in merge.manners():
                    if set(place) - new != {0}:
                        continue
                    cells = [tuple(k + kinds * place[r] for k, r in rest) for rest in merge.rest]
                    cells.append((*left, *(k + kinds * place[r] for k, r in merge.partner)))
                    gained = zero_sum_blocks(map(parity_of, cells)) - 1
                    if gained + self.line.slope * len(new) == self.line.merges[merge.letter]:
                        for entries, count in self.fused(cells).items():
                            key = (merge.letter, len(new), entries)
                            found[key] = found.get(key, 0) + ends * merge.copies * count
        return [(*key, ways) for key, ways in found.items()]

    def initial(self) -> EntriesLevel:
        """The diagrams of the observable that attain c_0."""
        level: EntriesLevel = {}
        for sector, states in initial_level(self.rules).items():
            for (rows, cells), weight in states.items():
                blocks = zero_sum_blocks(map(parity_of, cells))
                if blocks + self.line.slope * rows == self.line.start[sector.index(1)]:
                    target = level.setdefault((sector, rows), {})
                    for entries, ways in self.fused(cells).items():
                        target[entries] = target.get(entries, 0) + weight * ways
        return level

    def following(self, level: EntriesLevel) -> EntriesLevel:
        """All merges that attain their bounds."""
        result: EntriesLevel = {}
        for (sector, rows), states in level.items():
            for entries, weight in states.items():
                for position, entry in enumerate(entries):
                    if position and entries[position - 1] == entry:
                        continue
                    copies = entries.count(entry)
                    others = (*entries[:position], *entries[position + 1 :])
                    for letter, new, made, ways in self.merges(entry):
                        larger = (*sector[:letter], sector[letter] + 1, *sector[letter + 1 :])
                        target = result.setdefault((larger, rows + new), {})
                        key = tuple(sorted(others + made))
                        target[key] = target.get(key, 0) + weight * copies * ways
        return result

    def terms(self, level: EntriesLevel) -> dict[Sector, dict[tuple[int, int], int]] | None:
        """The leading terms of every sector; ``None`` where the line does not hold all of them.

        It does if every number of rows at which the line leaves an exponent of at least one
        is attained: no other term is Pareto-optimal then.
        """
        result: dict[Sector, dict[tuple[int, int], int]] = {}
        for sector in {sector for sector, _ in level}:
            height = self._height(sector)
            terms = {}
            for rows in range(self._most_rows(sector) + 1):
                states = level.get((sector, rows))
                power = height - self.line.slope * rows
                if states is not None and power.denominator == 1:
                    value = sum(weight * _average(entries) for entries, weight in states.items())
                    terms[int(power), rows] = value
                elif rows and power >= 1:
                    return None
            if not terms:
                return None
            result[sector] = terms
        return result

    def _height(self, sector: Sector) -> Fraction:
        """The line's constant in a sector: the largest over the observable's diagrams."""
        return max(
            start
            + sum(
                (bound * (sector[letter] - (letter == first)))
                for letter, bound in self.line.merges.items()
            )
            for first, start in self.line.start.items()
            if sector[first]
        )

    def _most_rows(self, sector: Sector) -> int:
        """No diagram of a sector has more rows."""
        new = {
            letter: max(gain.new_rows for gain in found)
            for letter, found in self.rules.options.items()
        }
        return max(
            rows + sum(new.get(j, 0) * (count - (j == first)) for j, count in enumerate(sector))
            for first, rows, _ in self.rules.start
            if sector[first]
        )


def _average(entries: Entries) -> int:
    """The number of pairings inside entries."""
    value = 1
    for entry in entries:
        for ends in entry:
            value *= double_factorial(ends - 1)
    return value


def _first_blocks(
    left: tuple[tuple[Ends, int], ...],
) -> list[tuple[tuple[tuple[Ends, int], ...], Ends, int]]:
    """Blocks of the first cell that leave one block less: what is left, block, and ways.

    No block of a largest partition has three equal cells: two of them are a block.
    """
    (first, copies), *others = left
    items = [(first, copies - 1), *others]
    parities = [parity_of(cell) for cell, _ in items]

    def most(counts: Sequence[int]) -> int:
        pairs = zip(parities, counts, strict=True)
        return zero_sum_blocks([parity for parity, count in pairs for _ in range(count)])

    every = [count for _, count in items]
    needed = most([every[0] + 1, *every[1:]]) - 1
    found = []
    for taken in product(*(range(min(count, 1) + 1) for count in every)):
        used = [parity for parity, count in zip(parities, taken, strict=True) if count & 1]
        if total([parities[0], *used]) or (sum(taken) and not parities[0]):
            continue
        rest = [count - one for count, one in zip(every, taken, strict=True)]
        if most(rest) != needed:
            continue
        ways = 1
        for count, one in zip(every, taken, strict=True):
            ways *= comb(count, one)
        ends = first + tuple(e for (c, _), one in zip(items, taken, strict=True) for e in c * one)
        kept = tuple((c, n) for (c, _), n in zip(items, rest, strict=True) if n)
        found.append((kept, tuple(sorted(ends)), ways))
    return found
