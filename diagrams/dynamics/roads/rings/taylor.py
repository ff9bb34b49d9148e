"""Taylor polynomials of closed formulas, with exact polynomial coefficients.

Arithmetic of power series truncated at an order, over the polynomials with rational
coefficients in the parameters.  Inverses, roots and exponentials need the constant term 1, a
rational, or 0; a division by a parameter must come out even.  Where it does not on the way,
the same is done over rational functions; what comes out has negative powers at most, such as
those of a rate ``1/H``.  SymPy's ``series`` does the same far more slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr, Rational, Symbol
from sympy.polys.fields import field
from sympy.polys.polyerrors import ExactQuotientFailed
from sympy.polys.rings import ring

from diagrams.errors import NotSolved
from pde.expressions.statement import sentence

Coefficients = list[Any]


def taylor_polynomials(formula: Expr, variable: Symbol, order: int) -> tuple[Expr, ...]:
    """Return the Taylor coefficients at 0 up to an order, sums of powers of all other symbols.

    Raises :class:`~diagrams.errors.NotSolved` if they are no such sums, or the formula holds
    a function other than powers and exponentials.

    >>> x, y = sympy.symbols("x y")
    >>> taylor_polynomials((1 + x * y) ** Rational(-1, 2) * sympy.exp(x), x, 2)
    (1, 1 - y/2, 3*y**2/8 - y/2 + 1/2)
    >>> taylor_polynomials(sympy.exp(x / y), x, 2)
    (1, 1/y, 1/(2*y**2))
    """
    symbols = sorted(formula.free_symbols - {variable}, key=str)
    names = symbols or [sympy.Dummy("none")]
    failure = NotSolved("the Taylor coefficients")
    for rational, build in ((False, ring), (True, field)):
        domain, *generators = build(names, sympy.QQ)
        named = dict(zip(names, generators, strict=True))
        work = _Taylor(variable, order, domain, named, rational)
        try:
            found = work.of(formula)
        except NotSolved as error:
            failure = error
            continue
        if not rational or all(len(entry.denom.terms()) == 1 for entry in found):
            return tuple(sympy.expand(entry.as_expr()) for entry in found)
        failure = NotSolved(sentence("the Taylor coefficients of {}: no polynomials", formula))
    raise failure


class _Taylor:
    """Truncated series over one ring of polynomials, or one field of rational functions."""

    def __init__(
        self,
        variable: Symbol,
        order: int,
        domain: Any,
        names: dict[Symbol, Any],
        rational: bool,
    ) -> None:
        self.variable = variable
        self.rational = rational
        self.length = order + 1
        self.domain = domain
        self.names = names
        self.known: dict[Expr, Coefficients] = {}

    def of(self, expression: Expr) -> Coefficients:
        """The coefficients of an expression."""
        if expression not in self.known:
            self.known[expression] = self._computed(expression)
        return self.known[expression]

    def _computed(self, expression: Expr) -> Coefficients:
        if expression == self.variable:
            return self._constant(0, 1)
        if expression.is_Rational:
            return self._constant(sympy.QQ(expression.p, expression.q))
        if expression in self.names:
            return self._constant(self.names[expression])
        if expression.is_Add:
            return self._sum([self.of(part) for part in expression.args])
        if expression.is_Mul:
            return self._product_of(expression)
        if isinstance(expression, sympy.exp):
            return self._exponential(self.of(expression.args[0]))
        if expression.is_Pow and expression.exp.is_Rational:
            return self._power(self.of(expression.base), expression.exp, expression)
        raise NotSolved(sentence("the Taylor coefficients of {}", expression))

    def _constant(self, *values: Any) -> Coefficients:
        found = [self.domain(value) for value in values[: self.length]]
        return found + [self.domain(0)] * (self.length - len(found))

    def _sum(self, parts: Sequence[Coefficients]) -> Coefficients:
        return [sum(column, self.domain(0)) for column in zip(*parts, strict=True)]

    def _product_of(self, expression: Expr) -> Coefficients:
        """Numerators first, then divisions by parameters, so that these come out even."""
        result = self._constant(1)
        divisors = []
        for factor in expression.args:
            base, exponent = factor.as_base_exp()
            if exponent.is_Integer and exponent < 0 and not base.has(self.variable):
                divisors.append(self.of(base ** (-exponent))[0])
            else:
                result = self._product(result, self.of(factor))
        for divisor in divisors:
            result = [self._quotient(entry, divisor, expression) for entry in result]
        return result

    def _quotient(self, entry: Any, divisor: Any, expression: Expr) -> Any:
        if self.rational:
            return entry / divisor
        try:
            return entry.exquo(divisor)
        except ExactQuotientFailed:
            failed = sentence("the Taylor coefficients of {}: no polynomials", expression)
            raise NotSolved(failed) from None

    def _product(self, left: Coefficients, right: Coefficients) -> Coefficients:
        zero = self.domain(0)
        return [
            sum((left[i] * right[k - i] for i in range(k + 1) if left[i] and right[k - i]), zero)
            for k in range(self.length)
        ]

    def _exponential(self, exponent: Coefficients) -> Coefficients:
        if exponent[0]:
            raise NotSolved("the Taylor coefficients of an exponential that is not 1 at 0")
        result = self._constant(1)
        for k in range(1, self.length):
            total = sum((exponent[i] * i * result[k - i] for i in range(1, k + 1)), self.domain(0))
            result[k] = total / sympy.QQ(k)
        return result

    def _power(self, base: Coefficients, exponent: Rational, expression: Expr) -> Coefficients:
        """``k b_0 r_k = sum_i (i e - (k - i)) b_i r_(k-i)`` for ``r = b^e``."""
        if exponent.is_Integer and exponent >= 0:
            result = self._constant(1)
            for _ in range(int(exponent)):
                result = self._product(result, base)
            return result
        head = base[0]
        plain = sympy.sympify(head.as_expr())
        number = plain**exponent
        if self.rational and head and exponent.is_Integer:
            ground, start = head, self.domain(1) / head ** int(-exponent)
        elif number.is_Rational:
            ground = sympy.QQ(plain.p, plain.q)
            start = sympy.QQ(number.p, number.q)
        else:
            failed = sentence("the Taylor coefficients of {}: {} at 0", expression, head.as_expr())
            raise NotSolved(failed)
        power = sympy.QQ(exponent.p, exponent.q)
        result = self._constant(start)
        for k in range(1, self.length):
            total = self.domain(0)
            for i in range(1, k + 1):
                if base[i] and result[k - i]:
                    total += (power * i - (k - i)) * base[i] * result[k - i]
            result[k] = total / (ground * sympy.QQ(k))
        return result
