"""Numbers and ends of a kernel that shrinks, where it and the decay are of one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr, Rational

from diagrams.dynamics.ends.ending import Ending, derived, unknown
from diagrams.dynamics.explicit.exact_input import in_symbols
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.roads.kernels.equation import ShrinkingKernel
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import sympy_symbol
from pde.numbers.evaluation import Value


@dataclass(frozen=True)
class ByRate(Numbers):
    """Numbers by the sign of the decay: above zero, at zero, below zero.

    ``constant`` is the pure-target constant where the target is no part of ``kernel``.
    """

    above: ByFormula
    at_zero: ByFormula
    below: ByFormula
    kernel: ShrinkingKernel
    constant: Expr

    def value(self, values: Mapping[str, Rational], digits: int) -> Value:
        """Return ``E[L]`` with a bound on its error."""
        return self._chosen(values).value(values, digits)

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        return self._chosen(values).curve(values, times, digits)

    def _chosen(self, values: Mapping[str, Rational]) -> ByFormula:
        named = in_symbols(values)
        rate = self.kernel.rho.to_sympy().xreplace(named)
        if rate == 0:
            return self.at_zero
        return self.above if rate > 0 else self.below


def endings_by_rate(_: Solution, numbers: ByRate) -> tuple[Ending, ...]:
    """Return the ends: the output is forgotten, the target remains.  (By asymptotics of E_q.)"""
    kernel = numbers.kernel
    clock = sympy_symbol("t") / sympy_symbol("T")
    target, variance = kernel.target.to_sympy(), kernel.variance.to_sympy()
    kappa, mu, rho = (p.to_sympy() for p in (kernel.kappa, kernel.mu, kernel.rho))
    limit = target if kernel.target else numbers.constant
    start = sympy.cancel(kappa / rho)
    gap = sympy.cancel(mu / rho)
    if not kernel.target:
        approach = variance * sympy.exp(-2 * start - 2 * mu * clock)
    elif gap == 1:
        approach = -2 * target * kappa * clock * sympy.exp(-mu * clock)
    else:
        weight = start**gap * sympy.lowergamma(1 - gap, start)
        approach = -2 * target * weight * sympy.exp(-mu * clock)
    growth = variance * sympy.exp(-2 * start)
    growth += target * (start * sympy.expint(gap, start)) ** 2
    early = growth * sympy.exp(2 * start * sympy.exp(-rho * clock) - 2 * mu * clock)
    condition = conditions(*(sentence("{} > 0", s) for s in sorted(mu.free_symbols, key=str)))
    if mu.is_negative:
        reason = "a decay below zero makes all weights grow"
        return unknown(reason, 1), unknown(reason, -1)
    return (
        Ending(
            sympy.oo,
            limit,
            approach,
            condition=condition,
            evidence=derived("the exponential integrals at small arguments"),
        ),
        Ending(
            -sympy.oo,
            sympy.oo,
            early,
            condition=condition,
            evidence=derived("the exponential integrals at large arguments"),
        ),
    )
