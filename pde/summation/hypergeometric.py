"""Hypergeometric series recognised from their coefficients.

Definition. sum a_n x^n is hypergeometric if a_(n+1)/a_n is a rational function of n; then it is
a_0 pFq(upper; lower; z x). Its radius of convergence is infinite for p <= q, 1/|z| for
p = q + 1, and zero for p > q + 1, where the coefficients grow like n!^(p-q-1) (Gevrey order
p - q - 1). The ratio is fitted by exact linear algebra with held-out rows, so the evidence is
that of a fitted recurrence.

>>> central = hypergeometric_series([1, 2, 6, 20, 70, 252, 924, 3432, 12870])
>>> central.upper, central.lower, central.scale, central.radius
((1/2,), (), 4, 1/4)
>>> x = sympy.Symbol("x")
>>> central.closed_form(x)
1/sqrt(1 - 4*x)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from sympy import Dummy, Expr, Symbol

from pde.errors import (
    HeldOutError,
    InvalidInputError,
    NoRecurrenceError,
    UnderdeterminedError,
)
from pde.evidence import Evidence
from pde.recurrences.guessing import fit_recurrence
from pde.recurrences.table import Table


@dataclass(frozen=True)
class HypergeometricSeries:
    """first * pFq(upper; lower; scale x), with the evidence of the fit."""

    first: Expr
    upper: tuple[Expr, ...]
    lower: tuple[Expr, ...]
    scale: Expr
    evidence: Evidence

    @property
    def gevrey_order(self) -> int:
        """The growth of the coefficients as a power of n!: 0 if the series converges."""
        return max(0, len(self.upper) - len(self.lower) - 1)

    @property
    def radius(self) -> Expr:
        """The radius of convergence."""
        excess = len(self.upper) - len(self.lower)
        if excess < 1 or any(u.is_Integer and u <= 0 for u in self.upper):
            return sympy.oo
        return 1 / abs(self.scale) if excess == 1 else sympy.Integer(0)

    def coefficient(self, n: int) -> Expr:
        """Return a_n."""
        top = sympy.Mul(*(sympy.rf(u, n) for u in self.upper))
        bottom = sympy.Mul(*(sympy.rf(v, n) for v in self.lower)) * sympy.factorial(n)
        return self.first * top / bottom * self.scale**n

    def function(self, variable: Any) -> Expr:
        """Return the series as an unevaluated hypergeometric function."""
        return self.first * sympy.hyper(self.upper, self.lower, self.scale * variable)

    def closed_form(self, variable: Symbol) -> Expr:
        """Return the function in elementary or named terms where SymPy knows them."""
        if self.radius == 0:
            return self.function(variable)
        return sympy.simplify(sympy.hyperexpand(self.function(variable)))

    def borel(self, order: int = 1) -> HypergeometricSeries:
        """Return the Borel-Leroy transform: a_n divided by (order n)!.

        (k n)! = k^(k n) prod_j (j/k)_n, j = 1..k, so that k lower parameters are added.

        >>> factorial = hypergeometric_series([1, 1, 2, 6, 24, 120, 720, 5040])
        >>> transform = factorial.borel()
        >>> transform.upper, transform.lower, transform.radius
        ((1,), (), 1)
        """
        added = [sympy.Rational(j, order) for j in range(1, order + 1)]
        upper, lower = list(self.upper), [*self.lower, *added]
        for parameter in list(upper):
            if parameter in lower:
                upper.remove(parameter)
                lower.remove(parameter)
        scale = self.scale / sympy.Integer(order) ** order
        return HypergeometricSeries(self.first, tuple(upper), tuple(lower), scale, self.evidence)


def hypergeometric_series(
    coefficients: Sequence[int | Fraction], degree: int = 3
) -> HypergeometricSeries:
    """Return the hypergeometric series with the given first coefficients.

    Raises NoRecurrenceError if no ratio of numerator and denominator degree up to ``degree``
    fits (or the data are too few to tell), and InvalidInputError if the first coefficient is
    zero.
    """
    if not coefficients or coefficients[0] == 0:
        raise InvalidInputError("coefficients: the first one must not be zero")
    table = Table.from_sequence(list(coefficients))
    trials = []
    for power in range(degree + 1):
        try:
            fit = fit_recurrence(table, ((0,), (1,)), power, interior=True)
        except (NoRecurrenceError, UnderdeterminedError, HeldOutError) as error:
            trials.append(f"degree {power}: {error}")
            continue
        if len(fit.basis) == 1 and fit.basis[0].shifts == ((0,), (1,)):
            n = Dummy("n")
            (_, now), (_, following) = fit.basis[0].terms
            ratio = sympy.cancel(
                -sympy.sympify(now.expression((n,))) / sympy.sympify(following.expression((n + 1,)))
            )
            return _from_ratio(coefficients[0], ratio, n, fit.evidence)
    raise NoRecurrenceError(f"not recognised as hypergeometric ({'; '.join(trials)})")


def _from_ratio(
    first: int | Fraction, ratio: Expr, n: Symbol, evidence: Evidence
) -> HypergeometricSeries:
    numerator, denominator = sympy.fraction(sympy.together(ratio))
    upper, lead = _parameters(numerator, n)
    lower, below = _parameters(denominator, n)
    if sympy.Integer(1) in lower:
        lower.remove(sympy.Integer(1))
    else:
        upper.append(sympy.Integer(1))
    value = Fraction(first)
    return HypergeometricSeries(
        sympy.Rational(value.numerator, value.denominator),
        tuple(sorted(upper, key=sympy.default_sort_key)),
        tuple(sorted(lower, key=sympy.default_sort_key)),
        sympy.simplify(lead / below),
        evidence,
    )


def _parameters(polynomial: Expr, n: Symbol) -> tuple[list[Expr], Expr]:
    parsed = sympy.Poly(polynomial, n)
    roots = sympy.roots(parsed)
    if sum(roots.values()) != parsed.degree():
        raise NoRecurrenceError(f"the ratio has the factor {polynomial} without radical roots")
    return [-r for r, m in roots.items() for _ in range(m)], parsed.LC()
