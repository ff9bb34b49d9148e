"""Zero-sum blocks: how many free indices a diagram with distinct rows can keep.

Let all rows (labelled nodes) of a diagram be different.  The *parity* of a cell (an absorbed
node) is the vector over F2, one bit for every row and kind, of the parities of its numbers of
edges.  Wick's theorem pairs edges of one kind at one row, and a pairing fuses the two cells
that it meets; cells that are fused into one free index form a *block*, and because the pairs
of a block lie inside it, its parities sum to zero.

**Proposition.** The largest number of free indices over all pairings of a diagram with
distinct rows is the largest number of blocks of a partition of its cells into sets of zero sum.
*Proof.* "At most" was just said.  "At least": in such a partition every block has an even number of
edges of every kind at every row, so its edges can be paired inside the block; every block
then keeps at least one index.  QED.

If the parities of all cells sum to zero, disjoint sets of zero sum can be completed to a
partition (what is left over sums to zero and joins any block), so the number of blocks is that
of the largest packing.  Two equal vectors may be taken as a block: if they lie in different
blocks B and C, replace B and C by the pair and the rest of B and C, which again sums to zero; if
they lie in one block, split it.  What remains are distinct non-zero vectors, where every
block is a linear dependence, and blocks have at least three members.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

DEPENDENCE_LIMIT = 12
"""Up to so many independent dependences the packing is exact; beyond, an upper bound."""


def zero_sum_blocks(parities: Iterable[int], attained: bool = False) -> int:
    """The largest number of disjoint sets of zero sum among vectors over F2, given as bits.

    Exact as long as the distinct vectors left after taking pairs have at most
    ``DEPENDENCE_LIMIT`` independent dependences; otherwise an upper bound, or, if ``attained``, a
    number of blocks that exist.

    >>> zero_sum_blocks([0, 5, 5, 1, 2, 3])
    3
    """
    odd: set[int] = set()
    blocks = 0
    for parity in parities:
        if not parity:
            blocks += 1
        elif parity in odd:
            odd.discard(parity)
            blocks += 1
        else:
            odd.add(parity)
    if len(odd) < 3:
        return blocks
    return blocks + _distinct_blocks(frozenset(odd), attained)


def total(parities: Iterable[int]) -> int:
    """The sum of vectors over F2."""
    result = 0
    for parity in parities:
        result ^= parity
    return result


def dependences(vectors: Iterable[int]) -> list[int]:
    """Return a basis of the sets of vectors (as bits) whose sum over two elements is zero.

    >>> [bin(found) for found in dependences((1, 2, 3, 1))]
    ['0b111', '0b1001']
    """
    basis: list[tuple[int, int]] = []
    found: list[int] = []
    for place, vector in enumerate(vectors):
        support = 1 << place
        for known, origin in basis:
            if vector ^ known < vector:
                vector ^= known
                support ^= origin
        if vector:
            basis.append((vector, support))
        else:
            found.append(support)
    return found


def rank(vectors: Iterable[int]) -> int:
    """The rank of vectors over F2.

    >>> rank([1, 2, 3])
    2
    """
    basis: list[int] = []
    for vector in vectors:
        for known in basis:
            vector = min(vector, vector ^ known)
        if vector:
            basis.append(vector)
    return len(basis)


@lru_cache(1 << 18)
def _distinct_blocks(vectors: frozenset[int], attained: bool) -> int:
    """The largest packing among distinct non-zero vectors.

    Disjoint dependences are independent, so there are at most ``size - rank`` of them.
    """
    kernel = dependences(vectors)
    most = min(len(vectors) // 3, len(kernel))
    if len(kernel) < 2 or most < 2:
        return most
    if len(kernel) > DEPENDENCE_LIMIT:
        return 1 if attained else most
    supports = [0]
    for support in kernel:
        supports += [known ^ support for known in supports]
    minimal: list[int] = []
    for support in sorted(supports[1:], key=int.bit_count):
        if not any(smaller & support == smaller for smaller in minimal):
            minimal.append(support)
    return _most_disjoint(minimal, 0, (1 << len(vectors)) - 1, most)


def _most_disjoint(supports: list[int], first: int, free: int, most: int) -> int:
    """The largest number of disjoint sets among ``supports[first:]`` inside ``free``."""
    best = 0
    for place in range(first, len(supports)):
        if best >= min(most, free.bit_count() // 3):
            break
        support = supports[place]
        if support & free == support:
            best = max(best, 1 + _most_disjoint(supports, place + 1, free ^ support, most - 1))
    return best
