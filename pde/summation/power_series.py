"""Truncated power series in one variable with rational coefficients, exactly.

A series is the list of its first coefficients; all series of one computation have one length.

>>> geometric = power([Fraction(1), Fraction(-1), Fraction(0), Fraction(0)], Fraction(-1))
>>> [str(c) for c in geometric]
['1', '1', '1', '1']
>>> [str(c) for c in integral(geometric)]
['0', '1', '1/2', '1/3']
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pde.errors import InvalidInputError


def product(one: Sequence[Fraction], other: Sequence[Fraction]) -> list[Fraction]:
    """Return the product."""
    count = len(one)
    return [sum((one[k] * other[n - k] for k in range(n + 1)), Fraction(0)) for n in range(count)]


def integral(series: Sequence[Fraction]) -> list[Fraction]:
    """Return the antiderivative that vanishes at 0."""
    return [Fraction(0), *(c / (n + 1) for n, c in enumerate(series[:-1]))]


def power(series: Sequence[Fraction], exponent: Fraction) -> list[Fraction]:
    """Return a rational power of a series that starts with 1, or an integer power of any.

    The constant term must not vanish. Raises InvalidInputError otherwise.
    """
    lead = series[0]
    if not lead:
        raise InvalidInputError("a power of a series needs a constant term")
    if exponent.denominator != 1 and lead != 1:
        raise InvalidInputError("a fractional power needs a series that starts with 1")
    found = [lead ** int(exponent) if exponent.denominator == 1 else Fraction(1)]
    for n in range(1, len(series)):
        total = sum(
            ((exponent * k - (n - k)) * series[k] * found[n - k] for k in range(1, n + 1)),
            Fraction(0),
        )
        found.append(total / (n * lead))
    return found


def composition(outer: Sequence[Fraction], inner: Sequence[Fraction]) -> list[Fraction]:
    """Return outer(inner(x)) for an inner series without constant term."""
    found = [Fraction(0)] * len(outer)
    for c in reversed(outer):
        found = product(found, inner)
        found[0] += c
    return found


def reversion(series: Sequence[Fraction]) -> list[Fraction]:
    """Return the inverse function of a series x + ..

    >>> half = reversion([Fraction(0), Fraction(1), Fraction(1), Fraction(0)])
    >>> [str(c) for c in half]
    ['0', '1', '-1', '2']
    """
    found = [Fraction(0), Fraction(1)] + [Fraction(0)] * (len(series) - 2)
    for n in range(2, len(series)):
        found[n] = -composition(series, found)[n]
    return found
