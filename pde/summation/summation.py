"""From coefficients to a function: which kind of series, where it exists, and its value.

A series is recognised as hypergeometric, or its growth is measured from exact coefficients. A
convergent series is summed directly inside its disc and by Pade approximants beyond; a
divergent one by Borel-Leroy. What comes out says which of these it was.

>>> catalan = [1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786]
>>> domain_of_existence(catalan)
SeriesDomain(radius=1/4, gevrey_order=0, singularity=1/4, exact=True)
>>> print(sum_series(catalan, Fraction(1, 8), digits=15).method)
ball arithmetic
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import sympy
from sympy import Expr

from pde.errors import InvalidInputError, NoRecurrenceError, OutsideDomainError
from pde.expressions.compilation import number
from pde.numbers.evaluation import Value, evaluate
from pde.summation.borel import Side, borel_sum
from pde.summation.hypergeometric import HypergeometricSeries, hypergeometric_series
from pde.summation.pade import pade_approximant


@dataclass(frozen=True)
class SeriesDomain:
    """Where a power series defines a function.

    ``radius`` is the radius of convergence, ``gevrey_order`` k means growth like n!^k,
    ``singularity`` is the singular point of the function (or of its Borel-Leroy transform)
    nearest to 0, infinite if there is none; ``exact`` tells a recognised series from an
    estimate by ratios.
    """

    radius: Expr
    gevrey_order: int
    singularity: Expr
    exact: bool

    def __str__(self) -> str:
        """Return the domain in words."""
        how = "exactly" if self.exact else "by the ratios of the coefficients"
        if self.gevrey_order == 0:
            return f"converges for |x| < {self.radius} ({how}); singular at {self.singularity}"
        side = "x < 0" if self.singularity > 0 else "x > 0"
        return (
            f"diverges like n!^{self.gevrey_order} ({how}); Borel-Leroy summable for {side}, "
            f"Stokes line on the other side"
        )


def domain_of_existence(coefficients: Sequence[int | Fraction]) -> SeriesDomain:
    """Return the domain of a series from its coefficients.

    Raises InvalidInputError if fewer than six coefficients are given, or they vanish too often
    to estimate a ratio.

    >>> print(domain_of_existence([math.factorial(n) for n in range(9)]))
    diverges like n!^1 (exactly); Borel-Leroy summable for x < 0, Stokes line on the other side
    """
    if len(coefficients) < 6:
        raise InvalidInputError(f"{len(coefficients)} coefficients: need at least 6")
    try:
        series = hypergeometric_series(coefficients)
    except (NoRecurrenceError, InvalidInputError):
        return _estimated_domain(coefficients)
    order = series.gevrey_order
    relevant = series.borel(order) if order else series
    singularity = sympy.oo if relevant.radius == sympy.oo else 1 / relevant.scale
    return SeriesDomain(series.radius, order, singularity, True)


def _estimated_domain(coefficients: Sequence[int | Fraction]) -> SeriesDomain:
    values = [Fraction(c) for c in coefficients]
    ratios = [(n, float(b / a)) for n, (a, b) in enumerate(pairwise(values)) if a]
    if len(ratios) < 5 or ratios[-1][1] == 0:
        raise InvalidInputError("the coefficients vanish too often to estimate a domain")
    (n0, r0), (n1, r1) = ratios[len(ratios) // 2], ratios[-1]
    growth = math.log(abs(r1 / r0)) / math.log((n1 + 1) / (n0 + 1))
    order = max(0, round(growth))
    scale = r1 / (n1 + 1) ** order
    if growth < -0.5:
        return SeriesDomain(sympy.oo, 0, sympy.oo, False)
    if order == 0:
        # ratio ~ (1/x0)(1 + (a-1)/n): remove the 1/n term
        linear = (n1 * r1 - n0 * r0) / (n1 - n0)
        point = sympy.Float(1 / linear, 4)
        return SeriesDomain(abs(point), 0, point, False)
    return SeriesDomain(sympy.Integer(0), order, sympy.Float(1 / scale, 3), False)


def sum_series(
    coefficients: Sequence[int | Fraction],
    point: Any,
    *,
    side: Side | None = None,
    digits: int = 15,
) -> Value:
    """Return the sum of a series at a real point, by the method its domain calls for.

    Raises OutsideDomainError at or beyond a singularity on the real axis, StokesLineError (one
    of them) on a Stokes line when no ``side`` is chosen.
    """
    exact = sympy.nsimplify(point, rational=True)
    domain = domain_of_existence(coefficients)
    if domain.gevrey_order:
        return borel_sum(coefficients, exact, order=domain.gevrey_order, side=side, digits=digits)
    singularity = domain.singularity
    beyond = singularity.is_finite and singularity * exact > 0 and abs(exact) >= abs(singularity)
    if beyond:
        raise OutsideDomainError(
            f"x = {exact} lies beyond the singularity at x = {singularity}", "x", str(singularity)
        )
    try:
        return _hypergeometric_value(hypergeometric_series(coefficients), exact, digits)
    except (NoRecurrenceError, InvalidInputError):
        return _pade_value(coefficients, exact, digits)


def _hypergeometric_value(series: HypergeometricSeries, point: Expr, digits: int) -> Value:
    return evaluate(series.function(point), {}, digits)


def _pade_value(coefficients: Sequence[int | Fraction], point: Expr, digits: int) -> Value:
    half = (len(coefficients) - 1) // 2
    with mpmath.workdps(digits + 10):
        x = number(point)
        best, second = (pade_approximant(coefficients, m, half)(x) for m in (half, half - 1))
        return Value(best, 2 * abs(best - second) + abs(best) * mpmath.eps, "two precisions")
