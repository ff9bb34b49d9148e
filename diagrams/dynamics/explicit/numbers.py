"""Numbers from explicit formulas that hold for all times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mpmath
from sympy import Expr, Rational

from diagrams.dynamics.explicit.exact_input import in_symbols
from diagrams.dynamics.numbers import Numbers
from diagrams.errors import OutsideDomain
from diagrams.polynomials.polynomial import sympy_symbol
from pde.errors import OutsideDomainError
from pde.expressions.statement import message
from pde.numbers.evaluation import Value, evaluate, evaluate_many


@dataclass(frozen=True)
class ByFormula(Numbers):
    """Numbers from a formula in plain symbols.

    >>> import sympy
    >>> p = sympy.Symbol("p")
    >>> print(ByFormula(sympy.exp(p)).value({"p": sympy.Integer(1)}, 15))
    2.718281828459045235360286 +- 1.1e-24 (ball arithmetic)
    """

    formula: Expr

    def value(self, values: Mapping[str, Rational], digits: int) -> Value:
        """Return ``E[L]`` with a bound on its error."""
        try:
            plain = in_symbols(values)
            return evaluate(self.formula, plain, digits + 3)
        except OutsideDomainError as error:
            raise OutsideDomain(message(error)) from error

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        plain = in_symbols(values)
        try:
            return evaluate_many(self.formula, sympy_symbol("t"), times, plain, digits + 3)
        except OutsideDomainError as error:
            raise OutsideDomain(message(error)) from error


REFINEMENTS = 4
"""How often a value is computed again with more digits, as far as the constant cancels it."""


def lost_digits(value: Value, constant: Rational, digits: int) -> int:
    """Return the digits by which a sum with a constant falls short of those asked for.

    As for :func:`pde.numbers.evaluation.narrow_value`, a value about zero is exact enough when its
    error is below ``10^(-2 digits)``.
    """
    with mpmath.workdps(15):
        small = mpmath.mpf(10) ** -digits
        if not value.rigorous or not constant:
            return 0
        if value.error <= abs(value.value) * small or value.error < small * small:
            return 0
        size = max(abs(value.value), small)
        ratio = abs(mpmath.mpf(int(constant.p)) / int(constant.q)) / size
        return max(1, int(mpmath.ceil(mpmath.log10(ratio)))) + 3
