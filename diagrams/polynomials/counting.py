"""Counts that averages are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import comb
from typing import TypeVar

Item = TypeVar("Item")


@cache
def double_factorial(n: int) -> int:
    """Return ``n (n-2) (n-4) ..``, one for ``n < 2``: the pairings of ``n + 1`` things, n odd.

    >>> [double_factorial(n) for n in (-1, 1, 3, 5, 7)]
    [1, 1, 3, 15, 105]
    """
    return n * double_factorial(n - 2) if n > 1 else 1


@cache
def falling_factorial(number: int) -> tuple[int, ...]:
    """Coefficients of ``n (n - 1) .. (n - number + 1)`` in powers of ``n``.

    >>> falling_factorial(3)
    (0, 2, -3, 1)
    """
    if not number:
        return (1,)
    lower = falling_factorial(number - 1)
    return tuple(a - (number - 1) * b for a, b in zip((0, *lower), (*lower, 0), strict=True))


@cache
def bell_number(n: int) -> int:
    """The number of set partitions of ``n`` things (Bell numbers).

    >>> [bell_number(n) for n in range(6)]
    [1, 1, 2, 5, 15, 52]
    """
    return sum(comb(n - 1, k) * bell_number(k) for k in range(n)) if n else 1


def set_partitions(items: Sequence[Item]) -> Iterator[list[list[Item]]]:
    """Yield all partitions of a sequence into non-empty blocks.

    >>> [len(list(set_partitions(range(n)))) for n in range(6)]
    [1, 1, 2, 5, 15, 52]
    """
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for blocks in set_partitions(rest):
        yield [[first], *blocks]
        for place, block in enumerate(blocks):
            yield [*blocks[:place], [first, *block], *blocks[place + 1 :]]
