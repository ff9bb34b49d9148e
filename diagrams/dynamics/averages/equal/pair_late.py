"""The average over directions of a pair of squares at large ``y``: its series in ``1/(y + 2)``.

With ``Z = c y/2 + artanh c`` the average of :mod:`diagrams.dynamics.averages.equal.pair` is

    Q(y) = 1/pi + (2/pi) int_0^oo h(Z)/(exp(2 Z) - 1) dZ,    h dZ = c ds = d(1 - sqrt(1 - c^2)).

In ``zeta = b Z``, ``b = 2/(y + 2)``, it is ``zeta = c + b (artanh c - c)``, so that ``c`` and with
it ``f = 1 - sqrt(1 - c^2)`` are power series in ``zeta`` with polynomials in ``b`` (Lagrange's
formula): by Watson's lemma ``Q`` has a series in ``b``.  It diverges, but not before about ``y``
terms.  The bound: on ``|c| = 1/2`` it is ``|zeta| >= 0.45``, and ``|f| <= 0.134`` inside, so that
``f_n`` are at most ``0.134/0.45^n`` (Cauchy); for ``Z`` below ``0.45/(2 b)`` that bounds the terms
left out, beyond it everything is exponentially small.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from flint import arb, arb_poly, arb_series, ctx, fmpq, fmpq_series

INSIDE = arb("0.45")
LARGEST = arb("0.134")


def begins(digits: int) -> float:
    """Return a ``y`` from which on the series serves for a number of digits."""
    return 12.0 * (digits + 6)


def late_average(digits: int, y: arb, width: arb, count: int) -> tuple[arb_poly, arb]:
    """Return ``Q(y + width z)`` as a polynomial in ``z``, and a bound on what the series misses.

    ``y`` is at least :func:`begins`; the bound is for ``0 <= z <= 1.001``, the terms left out of
    the polynomial included.
    """
    terms = math.ceil(0.6 * digits) + 6
    series, b = _series(terms, int(ctx.prec)), 2 / (y + 2)
    error = _missed(terms, b)
    smallest = arb(10) ** (-digits - 4)
    powers = [abs(c) * b**n for n, c in enumerate(series)]
    last = max(n for n, size in enumerate(powers) if not size < smallest)
    error += sum(powers[last + 1 :], arb(0))
    before, ctx.cap = ctx.cap, count
    try:
        moving = 2 / arb_series([y + 2, width], count)
        total = arb_series([0], count)
        for c in reversed(series[: last + 1]):
            total = total * moving + c
        found = total.coeffs()
    finally:
        ctx.cap = before
    kept = arb_poly(found)
    # powers of b are completely monotone: their Taylor polynomials miss less than the next term
    shrunk = (arb("1.001") * width / (y + 2)) ** count
    for n in range(1, last + 1):
        error += powers[n] * math.comb(n + count - 1, count) * shrunk
    return kept, error.upper()


def _missed(terms: int, b: arb) -> arb:
    """What the series misses where ``2/(y + 2) <= b``: ``terms`` are the even powers kept."""
    left_out = 2 * terms + 1
    near = 4 * (left_out + 1) * (b / INSIDE) ** left_out * arb(left_out + 1).gamma()
    near *= LARGEST * b / INSIDE / arb(2) ** left_out
    border = INSIDE / b
    small = (-border).exp()
    far = small / (1 - small)
    for n in range(2, 2 * terms + 1, 2):
        # the incomplete gamma function is at most x^n exp(-x)/(x - n + 1) for x > n - 1
        weight = n * LARGEST * (b / INSIDE / 2) ** n
        far += weight * border**n * small / (border - n + 1) / (1 - small)
    return (near + far) * 2 / arb.pi()


@lru_cache(maxsize=8)
def _series(terms: int, bits: int) -> tuple[arb, ...]:
    """Coefficients in ``b``, from even powers ``n = 2, .., 2 terms`` of ``zeta``."""
    with ctx.workprec(bits):
        found = [arb(0)] * (3 * terms + 1)
        found[0] = 1 / arb.pi()
        before, ctx.cap = ctx.cap, terms
        try:
            odd = [fmpq(0), *(fmpq(1, 2 * k + 1) for k in range(1, terms))]
            gap = fmpq_series(odd)
            roots, binomial = [], Fraction(1)
            for k in range(terms):
                roots.append(fmpq(binomial.numerator, binomial.denominator))
                binomial *= Fraction(2 * k + 1, 2 * k + 2)
            product = fmpq_series(roots)
            for i in range(terms):
                values = product.coeffs()
                for q in range(i + 1, terms + 1):
                    n = 2 * q
                    size = arb(values[q - 1]) if q - 1 < len(values) else arb(0)
                    size *= (-1) ** i * math.comb(n + i - 1, i)
                    size *= arb(n).gamma() * arb(n).zeta() / arb(2) ** n
                    found[n + i] += 2 / arb.pi() * size
                product = product * gap
        finally:
            ctx.cap = before
    return tuple(found)
