"""Counts that averages are made of."""

from __future__ import annotations

from functools import cache


@cache
def double_factorial(n: int) -> int:
    """Return ``n (n-2) (n-4) ..``, one for ``n < 2``: the pairings of ``n + 1`` things, n odd.

    >>> [double_factorial(n) for n in (-1, 1, 3, 5, 7)]
    [1, 1, 3, 15, 105]
    """
    return n * double_factorial(n - 2) if n > 1 else 1
