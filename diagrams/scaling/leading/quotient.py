"""Blocks in a quotient: parities modulo what merges can change, so that all sums stay zero.

Let U be the span, in the parities F2^kinds of one row, of all changes that merges make to the
sum of all cells of a diagram, row by row.  Let M(S) be the largest number of blocks into which
the cells of S, their parities taken modulo U at every row, split with zero sums.  At the end
all sums are zero, so M is at least the exponent q of the absorbed size
(:mod:`diagrams.scaling.leading.zero_sums`); and sums modulo U stay zero through all merges.

**Gain.** Let a merge change the cell v into v + delta and add cells w_1, .., w_m; modulo U,
delta + w_1 + .. + w_m = 0.  Take S' after it, split into M(S') blocks, and join all *touched*
blocks, those with v + delta or a w, into one; its old members and v sum to zero.  This splits S
into M(S') - T + 1 blocks, T the number of touched ones, so M(S') - M(S) <= T - 1.  Blocks with
cells that meet new rows are at most the zero-sum blocks of these cells restricted to the new
rows, since no other cell meets these; all other w are in one block each at most.  Two equal w
that meet no new row may be taken as a block (:mod:`diagrams.scaling.leading.zero_sums`), so
they raise M by one, not two, though they can be in two touched blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from diagrams.scaling.leading.rows import Merge, parity_of
from diagrams.scaling.leading.zero_sums import zero_sum_blocks


def changes(merges: Iterable[Merge], kinds: int) -> tuple[int, ...]:
    """A basis of U, leading bits distinct, by falling value."""
    basis: list[int] = []
    every = (1 << kinds) - 1
    for merge in merges:
        for place, _ in merge.manners():
            ends = [(merge.kind, 0), *merge.partner, *(e for cell in merge.rest for e in cell)]
            change = parity_of(kind + kinds * place[row] for kind, row in ends)
            while change:
                here = change & every
                change >>= kinds
                for known in basis:
                    here = min(here, here ^ known)
                if here:
                    basis = sorted([*basis, here], reverse=True)
    return tuple(basis)


def reduced(parity: int, kinds: int, basis: Sequence[int]) -> int:
    """The least parity that is the same modulo U at every row."""
    if not basis:
        return parity
    every = (1 << kinds) - 1
    result = place = 0
    while parity:
        here = parity & every
        for known in basis:
            here = min(here, here ^ known)
        result |= here << place
        place += kinds
        parity >>= kinds
    return result


def quotient_gain(
    merge: Merge, kinds: int, basis: Sequence[int], place: Sequence[int], new: frozenset[int]
) -> tuple[int, int]:
    """The most that a merge of one manner adds to M, and the most of touched blocks less one."""

    def parity(ends: Iterable[tuple[int, int]]) -> int:
        return reduced(parity_of(kind + kinds * place[row] for kind, row in ends), kinds, basis)

    on_new = sum(((1 << kinds) - 1) << (kinds * row) for row in new)
    delta = parity([(merge.kind, 0), *merge.partner])
    added = [parity(ends) for ends in merge.rest]
    fresh = [w & on_new for w in added if w & on_new]
    old = [w for w in added if not w & on_new]
    single = len(old) - sum(count // 2 for w, count in Counter(old).items() if w)
    if delta & on_new:
        met = zero_sum_blocks([*fresh, delta & on_new]) - 1
    else:
        met = zero_sum_blocks(fresh)
    return single + met, len(old) + met
