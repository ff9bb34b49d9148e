"""Counts that averages are made of."""

from __future__ import annotations

from functools import cache
from math import comb


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
def set_partitions(n: int) -> int:
    """The number of set partitions of ``n`` things (Bell numbers).

    >>> [set_partitions(n) for n in range(6)]
    [1, 1, 2, 5, 15, 52]
    """
    return sum(comb(n - 1, k) * set_partitions(k) for k in range(n)) if n else 1
