"""Averaging one row of frequency cells: which cells are joined, in which direction, how often.

The row's entries are complex Gaussians ``a_c[w]``, one for every kind ``c`` and frequency ``w``,
with ``a_c[-w]`` the conjugate of ``a_c[w]``: only ``a_c[w]`` and ``a_c[-w]`` pair.  A cell holds
``m_c`` entries at its frequency, ``n_c`` at minus its frequency, and a *remainder*, its ends at
other rows.  The average sums over partitions of the cells into *blocks*.  Pairings that connect
the cells of a block either set all frequencies equal up to sign, and then the block is one
cell, each remainder turned by its sign; or they also say ``w = -w``, and the block is
*self-dual*.  The former are counted by cumulants of complex Gaussians, all pairings together
by cumulants of real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import product
from math import comb, factorial, prod

from diagrams.polynomials.counting import double_factorial

Counts = tuple[int, ...]
"""Numbers of entries at the frequency, for every kind, then at minus the frequency."""

Token = tuple[Counts, int, bool]
"""Entries of a cell, the number of its remainder (-1: nothing remains), and self-dual or not."""

Block = tuple[bool, tuple[tuple[int, int], ...]]
"""Self-dual or not, and remainders with their direction (1: turned around)."""

Weights = dict[tuple[int, int], int]
"""Numbers of pairings by how many blocks, and how many self-dual ones, have no remainder."""


def _real_moment(total: Counts) -> int:
    kinds = len(total) // 2
    counts = [total[kind] + total[kinds + kind] for kind in range(kinds)]
    if any(count & 1 for count in counts):
        return 0
    return prod(double_factorial(count - 1) for count in counts)


def _complex_moment(total: Counts) -> int:
    kinds = len(total) // 2
    if total[:kinds] != total[kinds:]:
        return 0
    return prod(map(factorial, total[:kinds]))


def _cumulant(
    monomials: tuple[Counts, ...],
    moment: Callable[[Counts], int],
    own: Callable[[tuple[Counts, ...]], int],
) -> int:
    """Joint cumulant from moments, by the block that holds the first monomial."""
    value = moment(_sum(monomials))
    others: dict[Counts, int] = {}
    for monomial in monomials[1:]:
        others[monomial] = others.get(monomial, 0) + 1
    ranges = [range(copies + 1) for copies in others.values()]
    for taken in product(*ranges):
        if sum(taken) == len(monomials) - 1:
            continue
        inside = [monomials[0]]
        outside: list[Counts] = []
        ways = 1
        for k, (monomial, copies) in zip(taken, others.items(), strict=True):
            ways *= comb(copies, k)
            inside += [monomial] * k
            outside += [monomial] * (copies - k)
        rest = moment(_sum(tuple(outside)))
        if rest:
            value -= ways * rest * own(tuple(sorted(inside)))
    return value


@lru_cache(maxsize=1 << 18)
def real_cumulant(monomials: tuple[Counts, ...]) -> int:
    """The number of connected pairings, directions ignored.

    >>> real_cumulant(((1, 1), (1, 1))), real_cumulant(((2, 0), (2, 0)))
    (2, 2)
    """
    return _cumulant(monomials, _real_moment, real_cumulant)


@lru_cache(maxsize=1 << 18)
def complex_cumulant(monomials: tuple[Counts, ...]) -> int:
    """The number of connected pairings of entries at a frequency with entries at its negative.

    >>> complex_cumulant(((1, 1), (1, 1))), complex_cumulant(((2, 0), (2, 0)))
    (1, 0)
    """
    return _cumulant(monomials, _complex_moment, complex_cumulant)


def _sum(vectors: tuple[Counts, ...]) -> Counts:
    return tuple(map(sum, zip(*vectors, strict=True)))


def turned(counts: Counts) -> Counts:
    """The entries of a cell as seen from minus its frequency."""
    kinds = len(counts) // 2
    return counts[kinds:] + counts[:kinds]


@lru_cache(maxsize=1 << 17)
def _block(tokens: tuple[Token, ...]) -> tuple[tuple[Block, int], ...]:
    """The ways to join all given cells into one block, with numbers of pairings."""
    every = real_cumulant(tuple(sorted(token[0] for token in tokens)))
    if not every:
        return ()
    found: dict[Block, int] = {}
    directed = 0
    if not any(token[2] for token in tokens):
        for signs in product((0, 1), repeat=len(tokens) - 1):
            seen = [turned(t[0]) if s else t[0] for t, s in zip(tokens, (0, *signs), strict=True)]
            value = complex_cumulant(tuple(sorted(seen)))
            if value:
                ends = [(t[1], s) for t, s in zip(tokens, (0, *signs), strict=True) if t[1] >= 0]
                back = sorted((number, 1 - sign) for number, sign in ends)
                key = (False, tuple(min(sorted(ends), back)))
                found[key] = found.get(key, 0) + value
                directed += value
    if every != directed:
        key = (True, tuple(sorted((token[1], 0) for token in tokens if token[1] >= 0)))
        found[key] = found.get(key, 0) + every - directed
    return tuple(found.items())


@lru_cache(maxsize=1 << 16)
def row_average(tokens: tuple[tuple[Token, int], ...]) -> dict[tuple[Block, ...], Weights]:
    """All partitions of a multiset of cells into blocks, collected, with numbers of pairings.

    Two cells ``a[w]^2`` are joined in two ways, or each is paired with itself.

    >>> row_average(((((2, 0), -1, False), 2),)) == {(): {(1, 0): 2, (0, 2): 1}}
    True
    """
    if not tokens:
        return {(): {(0, 0): 1}}
    start = min(range(len(tokens)), key=lambda place: (sum(tokens[place][0][0]), place))
    first, copies = tokens[start]
    rest = [*tokens[:start], *([(first, copies - 1)] if copies > 1 else []), *tokens[start + 1 :]]
    found: dict[tuple[Block, ...], Weights] = {}
    for taken in _choices(first, rest):
        ways = 1
        inside = [first]
        left = []
        for k, (token, count) in zip(taken, rest, strict=True):
            ways *= comb(count, k)
            inside += [token] * k
            if count > k:
                left.append((token, count - k))
        for block, pairings in _block(tuple(inside)):
            gone = (int(not block[0]), int(block[0])) if not block[1] else (0, 0)
            for blocks, inner in row_average(tuple(left)).items():
                key = tuple(sorted((*blocks, block))) if block[1] else blocks
                weights = found.setdefault(key, {})
                for (free, dual), value in inner.items():
                    place = (free + gone[0], dual + gone[1])
                    weights[place] = weights.get(place, 0) + ways * pairings * value
    return found


def _choices(first: Token, rest: list[tuple[Token, int]]) -> Iterator[tuple[int, ...]]:
    """How many of each further token join the first: even numbers of every kind in all.

    A block of ``b`` cells needs ``b - 1`` pairs to connect it.
    """
    kinds = len(first[0]) // 2
    masks = [
        sum(((t[0][c] + t[0][kinds + c]) & 1) << c for c in range(kinds))
        for t in (first, *(token for token, _ in rest))
    ]
    spare = [sum(token[0]) - 2 for token, _ in rest]
    bonus = [0] * (len(rest) + 1)
    for place in range(len(rest) - 1, -1, -1):
        bonus[place] = bonus[place + 1] + max(0, spare[place]) * rest[place][1]
    taken = [0] * len(rest)

    def extend(place: int, odd: int, room: int) -> Iterator[tuple[int, ...]]:
        if room + bonus[place] < 0:
            return
        if place == len(rest):
            if not odd:
                yield tuple(taken)
            return
        for k in range(rest[place][1] + 1):
            taken[place] = k
            change = masks[place + 1] if k & 1 else 0
            yield from extend(place + 1, odd ^ change, room + spare[place] * k)
        taken[place] = 0

    return extend(0, masks[0], sum(first[0]))
