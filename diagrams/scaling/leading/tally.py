"""The tally of a diagram: what the bounds need to know of its cells, kept up to date cheaply.

A merge changes one cell and adds a few.  The tally of the untouched cells is made once, and each
of the many merges only adds its own cells to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from diagrams.scaling.leading.zero_sums import zero_sum_blocks

Sums = tuple[int, int, int]
"""Blocks, halves and quarters: of a diagram, or gained by merges."""


@cache
def quarters_of(parity: int, kinds: int) -> int:
    """The share of one cell in ``quarters``.

    >>> [quarters_of(parity, 2) for parity in (0, 1, 3, 5)]
    [4, 3, 3, 2]
    """
    if not parity:
        return 4
    lowest = (parity & -parity).bit_length() - 1
    return 2 if parity >> (lowest - lowest % kinds + kinds) else 3


class Tally:
    """Cells of zero parity and pairs of equal ones, the vectors left, and their sums.

    >>> tally = Tally(1).plus([0, 3, 3, 1])
    >>> tally.sums, tally.odd_rows
    ((2, 5, 11), 1)
    """

    __slots__ = ("cells", "kinds", "left", "pairs", "quarters", "total", "zeros")

    def __init__(self, kinds: int) -> None:
        self.kinds = kinds
        self.cells = self.zeros = self.pairs = self.quarters = self.total = 0
        self.left: frozenset[int] = frozenset()

    def plus(self, parities: Iterable[int]) -> Tally:
        """The tally with more cells, given by their parities."""
        more = Tally(self.kinds)
        cells, zeros, pairs = self.cells, self.zeros, self.pairs
        quarters, total, left = self.quarters, self.total, set(self.left)
        for parity in parities:
            cells += 1
            quarters += quarters_of(parity, self.kinds)
            if not parity:
                zeros += 1
                continue
            total ^= parity
            if parity in left:
                left.discard(parity)
                pairs += 1
            else:
                left.add(parity)
        more.cells, more.zeros, more.pairs = cells, zeros, pairs
        more.quarters, more.total, more.left = quarters, total, frozenset(left)
        return more

    def blocks(self, attained: bool = False) -> int:
        """The number of zero-sum blocks (see :func:`zero_sum_blocks` for ``attained``)."""
        blocks = self.zeros + self.pairs
        return blocks + zero_sum_blocks(self.left, attained) if len(self.left) > 2 else blocks

    @property
    def sums(self) -> Sums:
        """Blocks, halves and quarters."""
        return self.blocks(), self.cells + self.zeros, self.quarters

    @property
    def odd_rows(self) -> int:
        """How many rows have an odd number of ends of some kind."""
        return odd_rows(self.total, self.kinds)


def odd_rows(parity: int, kinds: int) -> int:
    """How many rows have an odd number of ends of some kind, given the sum of parities."""
    every, count = (1 << kinds) - 1, 0
    while parity:
        count += parity & every != 0
        parity >>= kinds
    return count
