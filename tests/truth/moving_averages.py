"""Gaussian averages over moving coordinates, at any precision.

For ``x`` standard normal and even ``d`` the averages

    k_j(s) = E[x^j (1 - s x^d)^(-j/d)],    j even,

are divergent series in ``s`` (their terms grow like ``(d n / 2)!``); for ``s <= 0`` they are
integrals without singularities, and those are their Borel sums.  With ``x = exp(u)`` the integrand
is analytic in a strip about the real ``u`` axis whose width does not depend on ``s``: the
trapezoidal rule converges exponentially, at the same rate for every ``s``.  (Trefethen, Weideman,
SIAM Review 56, 385 (2014).)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from typing import Any

import mpmath


@dataclass(frozen=True)
class MovingAverages:
    """The averages ``k_j`` for one even ``d``, to about ``digits`` digits.

    >>> averages = MovingAverages(2, 20)
    >>> with mpmath.workdps(25):
    ...     exact = 1 - mpmath.sqrt(mpmath.pi / 2) * mpmath.e**0.5 * mpmath.erfc(mpmath.sqrt(0.5))
    ...     bool(abs(averages(2, mpmath.mpf(-1)) - exact) < 1e-19)
    True
    """

    d: int
    digits: int

    def __call__(self, j: int, s: Any) -> Any:
        """Return ``k_j(s)`` for ``s <= 0``; raises ``ValueError`` for positive ``s``."""
        if s > 0:
            raise ValueError("only s <= 0 has no singularity")
        with mpmath.workdps(self.digits + 8):
            r = -s
            spread = 0 if r <= 1 else int(mpmath.log(r)) // SPREAD + 1
            bits = mpmath.mp.prec + 8 * SPREAD * spread
            scaled = int(mpmath.ldexp(r, bits))
            total = 0
            for power, weight in _nodes(j, self.d, self.digits, spread, bits):
                base = (1 << bits) + (scaled * power >> bits)
                root = inverse_root(base, self.d // 2, bits)
                value = weight
                for _ in range(j // 2):
                    value = value * root >> bits
                total += value
            return mpmath.ldexp(mpmath.mpf(total), -bits)


SPREAD = 8
"""Steps of ``log |s|`` in which the interval of integration is widened."""


def inverse_root(base: int, degree: int, bits: int) -> int:
    """Return ``x^(-1/degree)`` for ``x >= 1``, both as integers in units of ``2^(-bits)``.

    >>> inverse_root(4 << 80, 2, 80) == 1 << 79
    True
    """
    if degree == 1:
        return (1 << (2 * bits)) // base
    if degree == 2:
        return isqrt((1 << (3 * bits)) // base)
    shift = max(base.bit_length() - 60, 0)
    mantissa = math.log2(base >> shift) + shift - bits
    exponent = -mantissa / degree
    whole = math.floor(exponent)
    root = int(2 ** (exponent - whole + 52))
    move = bits + whole - 52
    root = root << move if move >= 0 else root >> -move
    one = 1 << bits
    known = 45
    while known < 2 * bits:
        product = base
        for _ in range(degree):
            product = product * root >> bits
        root += root * (one - product) // (degree << bits)
        known *= 2
    return root


@lru_cache(maxsize=64)
def _nodes(j: int, d: int, digits: int, spread: int, bits: int) -> tuple[tuple[int, int], ...]:
    """Pairs of ``x^d`` and ``2 h x^(j+1) exp(-x^2/2) / sqrt(2 pi)``, in units of ``2^(-bits)``."""
    with mpmath.workdps(digits + 8):
        needed = (digits + 3) * mpmath.log(10)
        strip = min(mpmath.pi / 4, mpmath.pi / d) * mpmath.mpf("0.9")
        step = 2 * mpmath.pi * strip / (needed + 12)
        last = mpmath.log(2 * needed + 40) / 2
        first = -(needed + mpmath.mpf(j * SPREAD * spread) / d) / (j + 1) - 1
        count = int(mpmath.ceil((last - first) / step))
        norm = 2 * step / mpmath.sqrt(2 * mpmath.pi)
        found = []
        for k in range(count + 1):
            x = mpmath.exp(first + k * step)
            weight = norm * x ** (j + 1) * mpmath.exp(-(x**2) / 2)
            scaled = (int(mpmath.ldexp(value, bits)) for value in (x**d, weight))
            found.append(tuple(scaled))
        return tuple((power, weight) for power, weight in found)
