"""Chebyshev series on an interval, at any precision: values, derivative, antiderivative.

A function analytic in an ellipse about the interval, foci at its ends, with semi-axes of sum
``rho`` times half its length has Chebyshev coefficients that fall like ``rho^(-n)``.
(L. N. Trefethen, Approximation Theory and Approximation Practice, chapter 8.)

>>> with mpmath.workdps(30):
...     series = chebyshev_series(mpmath.exp, mpmath.mpf(0), mpmath.mpf(2), 36)
...     whole = series.antiderivative()
...     bool(abs(whole(mpmath.mpf(1)) - whole(mpmath.mpf(0)) - mpmath.e + 1) < 1e-27)
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import mpmath

GUARD = 16
"""Bits beyond the working precision in which a series is summed."""


@dataclass(frozen=True)
class ChebyshevSeries:
    """sum_n c_n T_n(x) with x running from -1 to 1 between ``left`` and ``right``."""

    left: Any
    right: Any
    coefficients: tuple[Any, ...]

    def __call__(self, point: Any) -> Any:
        """Return the value by Clenshaw's recurrence, in integers of a fixed unit."""
        bits = mpmath.mp.prec + GUARD
        unit, integers = self._integers(bits)
        x = (2 * point - self.left - self.right) / (self.right - self.left)
        double = int(mpmath.ldexp(x, bits + 1))
        one = two = 0
        for c in integers:
            one, two = (double * one >> bits) - two + c, one
        # the last step carries 2x instead of x
        value = one - (double * two >> (bits + 1))
        return mpmath.ldexp(mpmath.mpf(value), unit - bits)

    def _integers(self, bits: int) -> tuple[int, tuple[int, ...]]:
        """The coefficients, last first, in units of 2^(unit - bits)."""
        if bits not in self._scaled:
            top = max(abs(c) for c in self.coefficients)
            unit = int(mpmath.frexp(top)[1]) if top else 0
            scaled = (int(mpmath.ldexp(c, bits - unit)) for c in reversed(self.coefficients))
            self._scaled[bits] = (unit, tuple(scaled))
        return self._scaled[bits]

    @cached_property
    def _scaled(self) -> dict[int, tuple[int, tuple[int, ...]]]:
        return {}

    def derivative(self) -> ChebyshevSeries:
        """Return the derivative."""
        count = len(self.coefficients)
        found = [mpmath.mpf(0)] * (count + 1)
        for n in range(count - 1, 0, -1):
            found[n - 1] = found[n + 1] + 2 * n * self.coefficients[n]
        found[0] /= 2
        scale = 2 / (self.right - self.left)
        kept = tuple(scale * c for c in found[: max(count - 1, 1)])
        return ChebyshevSeries(self.left, self.right, kept)

    def antiderivative(self) -> ChebyshevSeries:
        """Return the antiderivative that vanishes at ``left``."""
        given = [*self.coefficients, mpmath.mpf(0), mpmath.mpf(0)]
        given[0] = 2 * given[0]
        scale = (self.right - self.left) / 2
        found = [mpmath.mpf(0)]
        for n in range(1, len(given) - 1):
            found.append(scale * (given[n - 1] - given[n + 1]) / (2 * n))
        found[0] = -mpmath.fsum((-1) ** n * c for n, c in enumerate(found) if n)
        return ChebyshevSeries(self.left, self.right, tuple(found))

    @property
    def tail(self) -> Any:
        """The size of the last coefficients relative to the largest: an estimate of the error."""
        top = max(abs(c) for c in self.coefficients)
        last = max(abs(c) for c in self.coefficients[-3:])
        return last / top if top else last


def chebyshev_nodes(left: Any, right: Any, count: int) -> list[Any]:
    """Return the Chebyshev points of the first kind of an interval, from right to left."""
    middle, half = (left + right) / 2, (right - left) / 2
    return [middle + half * x for x in _points(count, mpmath.mp.prec)]


def series_from_values(left: Any, right: Any, values: Sequence[Any]) -> ChebyshevSeries:
    """Return the series through values at :func:`chebyshev_nodes`."""
    count = len(values)
    table = _cosines(count, mpmath.mp.prec)
    found = []
    for n in range(count):
        total = mpmath.fdot(
            (v, table[(n * (2 * k + 1)) % (4 * count)]) for k, v in enumerate(values)
        )
        found.append(total * (1 if n == 0 else 2) / count)
    return ChebyshevSeries(left, right, tuple(found))


def chebyshev_series(
    function: Callable[[Any], Any], left: Any, right: Any, count: int
) -> ChebyshevSeries:
    """Return the interpolating series of ``count`` terms."""
    return series_from_values(
        left, right, [function(x) for x in chebyshev_nodes(left, right, count)]
    )


@lru_cache(maxsize=64)
def _cosines(count: int, precision: int) -> tuple[Any, ...]:
    """cos(pi k / (2 count)) for all k of a period, at the current precision."""
    return tuple(mpmath.cospi(mpmath.mpf(k) / (2 * count)) for k in range(4 * count))


@lru_cache(maxsize=64)
def _points(count: int, precision: int) -> tuple[Any, ...]:
    return tuple(mpmath.cospi(mpmath.mpf(2 * k + 1) / (2 * count)) for k in range(count))
