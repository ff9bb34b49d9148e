"""What one merge can add: proved bounds on the number of free indices that merges gain.

A merge takes an edge of kind c at row h off a cell with parity v, and joins there what is left
of an atom: the cell's parity becomes v + delta, and the atom's other cells come in
with parities w_1, .., w_m.  The atom's rows other than h are each a row of the diagram or a
new one.  Which of them coincide, and which are new, is a *manner* of merging; delta and all
w depend on the manner only.  Three numbers of a diagram S are followed through merges:

``blocks`` M(S), the largest number of disjoint sets of cells with zero sum, and
``halves``, 2 for every cell of zero parity and 1 for every other one;
``quarters``, 4 for every cell of zero parity, 3 for one with one odd row, 2 for every other one.
As a block of non-zero cells has at least two of them, halves >= 2 M and quarters >= 4 M.  In a
diagram without odd rows M bounds the exponent of the absorbed size
(:mod:`diagrams.scaling.leading.zero_sums`).

**Halves.** Each new cell adds 2 if w = 0 and 1 otherwise; the joined cell adds 0 if delta = 0,
at most 0 if delta meets a new row (v does not, so v + delta is not zero), at most 1 otherwise.

**Quarters.** Each new cell adds its share.  If delta meets a old and b new rows, v + delta has
odd at least b - a rows more than v, so the joined cell adds at most a - b, and at most 2, or
nothing if a <= b.

**Blocks, no new row met by delta.** Let W be the new cells that meet no new row, N the others.
(1) A cell of zero parity adds exactly one block, two equal cells add exactly one, any other cell
at most one (deleting a cell destroys at most one block).  (2) Changing v into v + delta
adds at most one.  (3) If delta equals one of the w, the change and that cell add at most
one together: join the blocks of v + delta and of delta, and put v in their place.  (4) Every
block that contains cells of N has a zero sum over them on the new rows, as no other cell
meets these; so N adds at most the number of blocks among N restricted to new rows.

**From an even diagram** (all rows even) the change (2) adds nothing: let t be the sum of
all cells afterwards, counted as one more cell if it is not zero.  A partition into M' + [t != 0]
blocks touches the joined cell, the counted new cells and t; joining the blocks so
touched leaves one block, and the members touched in it sum to v.  If m' new cells are counted,
M >= M' + [t != 0] - (m' + [t != 0]), so the gain is at most m'.  (Zero cells and pairs were
taken off first; the case with new rows keeps the bound for any diagram.)

**Blocks, delta meets a new row.** Then the joined cell counts as one of N.  If its block uses
it: when restriction to new rows is one to one on the span of delta and N, the members of
N in the block sum to delta, so v may stand in their place: the block is one of S, and the
others that meet N are at most the blocks among delta and N, restricted, less one.  If
restriction is not one to one, the one is not taken off.  If no block uses the joined cell,
at most the blocks among N, restricted, are added.

All these hold for every S, so sums over remaining merges bound what can still be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import ge

from diagrams.scaling.leading.rows import End, Merge
from diagrams.scaling.leading.tally import Sums, quarters_of
from diagrams.scaling.leading.zero_sums import rank, total, zero_sum_blocks


@dataclass(frozen=True, slots=True, order=True)
class Gain:
    """What a merge of some manner adds at most: ``new_rows`` exactly, the rest as bounds.

    ``blocks`` holds from any diagram, ``blocks_from_even`` from one without odd rows;
    ``flips`` is the number of rows whose parities can change, ``cells`` that of new cells.
    """

    new_rows: int
    blocks: int
    blocks_from_even: int
    halves: int
    quarters: int
    flips: int
    cells: int


def gains(merge: Merge, kinds: int) -> set[Gain]:
    """The gains of all manners of a merge.

    >>> R = Merge(0, 4, 0, ((0, 0),) * 3, (), 0)
    >>> [(gain.new_rows, gain.blocks, gain.halves) for gain in gains(R, 1)]
    [(0, 0, 0)]
    """
    return {gain_of(merge, kinds, place, new) for place, new in merge.manners()}


@cache
def gain_of(merge: Merge, kinds: int, place: tuple[int, ...], new: frozenset[int]) -> Gain:
    """The gain of one manner: ``place`` numbers the distinct rows of the atom, 0 first.

    ``new`` are the numbers in ``place`` of rows that are new.
    """

    def parity(ends: Iterable[End]) -> int:
        return total(1 << (kind + kinds * place[row]) for kind, row in ends)

    every = (1 << kinds) - 1
    on_new = sum(every << (kinds * row) for row in new)
    delta = (1 << merge.kind) ^ parity(merge.partner)
    added = [parity(ends) for ends in merge.rest]
    halves = sum(1 if w else 2 for w in added) + (1 if delta and not delta & on_new else 0)
    fresh = [w for w in added if w & on_new]
    paired, left = _pairs_taken(w for w in added if not w & on_new)
    met = zero_sum_blocks(w & on_new for w in fresh)
    if not delta & on_new:
        from_even = paired + len(left) + met
        blocks = from_even + (1 if delta and delta not in left else 0)
        if fresh:
            from_even = blocks
    else:
        joined = [*fresh, delta]
        used = zero_sum_blocks(w & on_new for w in joined)
        if used and rank(w & on_new for w in joined) == rank(joined):
            used -= 1
        blocks = from_even = paired + len(left) + max(met, used)
    old = sum(1 for row in set(place) - new if delta >> (kinds * row) & every)
    met_new = sum(1 for row in new if delta >> (kinds * row) & every)
    quarters = sum(quarters_of(w, kinds) for w in added) + max(0, min(2, old - met_new))
    change = total([delta, *added])
    flips = sum(1 for row in set(place) - new if change >> (kinds * row) & every)
    return Gain(len(new), blocks, from_even, halves, quarters, flips, len(added))


def _pairs_taken(vectors: Iterable[int]) -> tuple[int, set[int]]:
    """Number of zero vectors and of pairs of equal ones, and what is left."""
    left: set[int] = set()
    count = 0
    for vector in vectors:
        count += not vector or vector in left
        if vector:
            left ^= {vector}
    return count, left


class Prospects:
    """The largest exponent that remaining merges can lead to, by summing gains.

    ``options`` lists the gains of every letter.  Whether a diagram has odd rows is
    followed: a merge without flips keeps an even diagram even, and the last one is even.
    """

    def __init__(self, options: Mapping[int, Iterable[Gain]]) -> None:
        self.letters = tuple(sorted(options))
        self.options = tuple(tuple(sorted(set(options[letter]))) for letter in self.letters)
        self.flips = tuple(max(gain.flips for gain in gains) for gains in self.options)
        self.new_rows = max((g.new_rows for gains in self.options for g in gains), default=0)
        self._sums = cache(self._summed)
        self.reach = cache(self._reach)

    def _summed(self, counts: tuple[int, ...], rows: int, odd: bool) -> tuple[Sums, ...]:
        """Optimal triples of gains that so many merges with ``rows`` new rows can sum to.

        The order of merges is free: the bound is taken over all orders.
        """
        if not any(counts):
            return () if rows or odd else ((0, 0, 0),)
        found: set[Sums] = set()
        for place, count in enumerate(counts):
            if not count:
                continue
            fewer = (*counts[:place], count - 1, *counts[place + 1 :])
            for gain in self.options[place]:
                if gain.new_rows > rows:
                    continue
                blocks = gain.blocks if odd else gain.blocks_from_even
                moves = bool(gain.flips or gain.new_rows)
                for after in {odd} | ({False, True} if moves else set()):
                    for a, b, c in self._sums(fewer, rows - gain.new_rows, after):
                        found.add((a + blocks, b + gain.halves, c + gain.quarters))
        best: list[Sums] = []
        for sums in sorted(found, reverse=True):
            if not any(all(map(ge, other, sums)) for other in best):
                best.append(sums)
        return tuple(best)

    def _reach(self, held: Sums, odd_rows: int, counts: tuple[int, ...], rows: int) -> int:
        """Upper bound of the final exponent; -1 where parity forbids an end.

        ``held`` are blocks, halves and quarters of a diagram with ``odd_rows`` odd rows;
        ``counts`` merges of every letter remain, and make ``rows`` new rows.
        """
        if odd_rows > sum(f * c for f, c in zip(self.flips, counts, strict=True)):
            return -1
        blocks, halves, quarters = held
        return max(
            (
                min(blocks + a, (halves + b) // 2, (quarters + c) // 4)
                for a, b, c in self._sums(counts, rows, odd_rows > 0)
            ),
            default=-1,
        )
