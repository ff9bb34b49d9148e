"""The Gaussian average at distinct rows, down to a given exponent of the absorbed size.

Rows are closed one after the other.  The entries of one row are independent of all others,
so the average over the row is a sum over set partitions of the cells that meet it, a
block counting its *connected* pairings (those that link all its cells; a joint cumulant of
monomials), and the cells of a block become one; a cell left without ends is a free index.
Fusing cells never raises the number of zero-sum blocks
(:func:`~diagrams.scaling.leading.zero_sums.zero_sum_blocks`: a partition of the fused cells is one
of the cells), so a partial partition is dropped as soon as that number, with the free indices
found so far, falls below the exponent that is asked for.  What is kept is complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from diagrams.polynomials.counting import double_factorial
from diagrams.scaling.leading.rows import Ends, NormalForms, Rows, parity_of
from diagrams.scaling.leading.zero_sums import zero_sum_blocks

Token = tuple[int, ...]
"""How many ends of every kind a cell has at the row that is closed."""

Open = tuple[tuple[tuple[Token, Ends], int], ...]
"""Cells that meet the row: their tokens, their other ends, and how many cells are equal."""


def average_at_distinct_rows(
    states: Mapping[Rows, int], at_least: int, forms: NormalForms
) -> dict[int, int]:
    """Return the sum of weighted averages by exponent, for exponents >= ``at_least``.

    Rows are different and not yet summed over; variances are one.

    >>> average_at_distinct_rows({(1, ((0, 0), (0, 0))): 1}, 1, NormalForms(1))
    {1: 2, 2: 1}
    """
    result: dict[int, int] = {}
    level: dict[tuple[int, Rows], int] = {(0, state): weight for state, weight in states.items()}
    while level:
        following: dict[tuple[int, Rows], int] = {}
        for (free, (rows, cells)), weight in level.items():
            if not rows:
                power = free + len(cells)
                if power >= at_least:
                    result[power] = result.get(power, 0) + weight
                continue
            for more, left, count in _close_row(rows, cells, at_least - free, forms.kinds):
                key = (free + more, forms.form(rows - 1, left))
                following[key] = following.get(key, 0) + weight * count
        level = following
    return dict(sorted(result.items()))


def _close_row(
    rows: int, cells: tuple[Ends, ...], at_least: int, kinds: int
) -> Iterator[tuple[int, list[Ends], int]]:
    """Close a row that meets fewest cells: yield free indices, cells left and coefficients."""
    meets = [0] * rows
    for cell in cells:
        for row in {end // kinds for end in cell}:
            meets[row] += 1
    closed = meets.index(min(meets))
    outside: list[Ends] = []
    inside: dict[tuple[Token, Ends], int] = {}
    for cell in cells:
        token = [0] * kinds
        rest = []
        for end in cell:
            row, kind = divmod(end, kinds)
            if row == closed:
                token[kind] += 1
            else:
                rest.append(end - kinds * (row > closed))
        if any(token):
            key = (tuple(token), tuple(rest))
            inside[key] = inside.get(key, 0) + 1
        else:
            outside.append(tuple(rest))
    pending: dict[tuple[Open, tuple[Ends, ...], int], int]
    pending = {(tuple(sorted(inside.items())), (), 0): 1}
    while pending:
        (todo, done, free), weight = pending.popitem()
        if not todo:
            yield free, [*outside, *done], weight
            continue
        for left, tokens, fused, ways in _blocks(todo, outside, done, at_least - free, kinds):
            count = connected_pairings(tokens)
            if not count:
                continue
            finished = tuple(sorted((*done, fused))) if fused else done
            after = (left, finished, free + (not fused))
            pending[after] = pending.get(after, 0) + weight * ways * count


def _blocks(
    todo: Open,
    outside: list[Ends],
    done: tuple[Ends, ...],
    at_least: int,
    kinds: int,
) -> Iterator[tuple[Open, tuple[Token, ...], Ends, int]]:
    """Choose the block of the first cell: what is left, its tokens, the fused rest, and ways.

    The row that is closed has its parities in the highest bits, above all others.
    """
    top = 1 + max((end for (_, rest), _ in todo for end in rest), default=-1)
    top = max(top, 1 + max((end for cell in (*outside, *done) for end in cell), default=-1))
    others = [parity_of(cell) for cell in (*outside, *done)]

    def vector(token: Token, rest: Ends) -> int:
        return parity_of(rest) | sum((count & 1) << (top + k) for k, count in enumerate(token))

    (first, rest), copies = todo[0]
    items = [((first, rest), copies - 1), *todo[1:]]
    vectors = [vector(*item) for item, _ in items]
    stack: list[tuple[int, tuple[int, ...], tuple[Token, ...], Ends, int, int]]
    stack = [(0, (), (first,), rest, vectors[0], 1)]
    while stack:
        place, taken, tokens, ends, parity, ways = stack.pop()
        ahead = [
            vectors[j]
            for j in range(len(items))
            for _ in range(items[j][1] - (taken[j] if j < place else 0))
        ]
        if zero_sum_blocks([*others, *ahead, parity]) < at_least:
            continue
        if place == len(items):
            if parity >> top:
                continue
            left = tuple(
                (item, count - used)
                for (item, count), used in zip(items, taken, strict=True)
                if count > used
            )
            yield left, tuple(sorted(tokens)), tuple(sorted(ends)), ways
            continue
        (token, more), count = items[place]
        chosen = 1
        for used in range(count + 1):
            odd = vectors[place] if used & 1 else 0
            stack.append(
                (
                    place + 1,
                    (*taken, used),
                    (*tokens, *((token,) * used)),
                    ends + more * used,
                    parity ^ odd,
                    ways * chosen,
                )
            )
            chosen = chosen * (count - used) // (used + 1)


@cache
def connected_pairings(tokens: tuple[Token, ...]) -> int:
    """Pairings of ends of one row, kind by kind, that link all the cells.

    All pairings, less those whose part that contains the first cell is smaller.

    >>> connected_pairings(((2,), (2,)))
    2
    """
    every = _pairings(tokens)
    if every == 0 or len(tokens) == 1:
        return every
    first, rest = tokens[0], tokens[1:]
    for chosen in range((1 << len(rest)) - 1):
        part = tuple(t for j, t in enumerate(rest) if chosen >> j & 1)
        others = tuple(t for j, t in enumerate(rest) if not chosen >> j & 1)
        apart = _pairings(others)
        if apart:
            every -= connected_pairings((first, *part)) * apart
    return every


def _pairings(tokens: tuple[Token, ...]) -> int:
    """The number of pairings of all ends, kind by kind."""
    product = 1
    for counts in zip(*tokens, strict=True):
        ends = sum(counts)
        product *= 0 if ends % 2 else double_factorial(ends - 1)
    return product
