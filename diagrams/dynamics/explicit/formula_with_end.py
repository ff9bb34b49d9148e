"""Numbers from a formula that ends at a known time, with limits at exceptional parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.explicit.exact_input import in_symbols
from diagrams.dynamics.numbers import Numbers
from diagrams.errors import OutsideDomain
from diagrams.polynomials.polynomial import sympy_symbol
from pde.errors import OutsideDomainError
from pde.expressions.statement import message
from pde.numbers.evaluation import Value, evaluate

DIGITS = 30
PRECISIONS = (1, 4, 16)
"""Factors of the wanted digits that are tried in turn."""


@dataclass(frozen=True)
class FormulaWithEnd(Numbers):
    """A formula in plain symbols and the times ``t`` at which it ends.

    Where ``exceptional`` is zero, ``instead`` (its limit) is used.

    >>> t, T, p = sympy.symbols("t T p")
    >>> decay = FormulaWithEnd(p / (1 + 2 * t / T), (-T / 2,))
    >>> values = {"t": Rational(1), "T": Rational(1), "p": Rational(6)}
    >>> print(decay.value(values, 10))
    2.0 +- 1.5e-32 (ball arithmetic)
    >>> decay.value({**values, "t": Rational(-1)}, 10)
    Traceback (most recent call last):
        ...
    diagrams.errors.OutsideDomain: t = -1: the solution exists only for t > -0.5 (blow-up)
    """

    formula: Expr
    ends: tuple[Expr, ...]
    exceptional: Expr | None = None
    instead: FormulaWithEnd | None = None

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return the values at several times, as :meth:`value` does."""
        plain = in_symbols(values)
        if self.exceptional is not None and self.instead is not None:
            zero = sympy.expand(self.exceptional.xreplace(plain))
            if zero == 0:
                return self.instead.curve(values, times, digits)
        for t in times:
            self._check(plain, t)
        return tuple(self._enclosed({**plain, sympy_symbol("t"): t}, digits) for t in times)

    def _enclosed(self, plain: Mapping[Symbol, Rational], digits: int) -> Value:
        """The value by ball arithmetic alone.

        Two precisions that agree prove nothing where terms cancel to more digits than both have,
        as these formulas do at late times.
        """
        reason = ""
        for factor in PRECISIONS:
            try:
                found = evaluate(self.formula, dict(plain), factor * (digits + 3))
            except OutsideDomainError as error:
                reason = message(error)
                continue
            if found.rigorous:
                return found
        t = plain[sympy_symbol("t")]
        raise OutsideDomain(f"t = {t}: no number with a bound on its error; " + reason, "t")

    def end(
        self, values: Mapping[str, Rational], digits: int = DIGITS, after: bool = False
    ) -> mpmath.mpf | None:
        """Return the time nearest to zero at which the formula ends, if there is one.

        Before zero; ``after`` zero if so asked.
        """
        plain = in_symbols(values)
        if self.exceptional is not None and self.instead is not None:
            zero = sympy.expand(self.exceptional.xreplace(plain))
            if zero == 0:
                return self.instead.end(values, digits, after)
        return self._end(plain, after, digits)

    def _end(
        self, plain: Mapping[Symbol, Rational], after: bool, digits: int = DIGITS
    ) -> mpmath.mpf | None:
        found = []
        for end in self.ends:
            number = sympy.N(end.xreplace(dict(plain)), digits)
            if number.is_real and number.is_finite and number != 0 and (number > 0) == after:
                with mpmath.workdps(digits):
                    found.append(mpmath.mpf(str(number)))
        return min(found, default=None, key=abs)

    def _check(self, plain: Mapping[Symbol, Rational], t: Rational) -> None:
        if t == 0:
            return
        end = self._end(plain, bool(t > 0))
        if end is not None and abs(sympy.Float(str(end), DIGITS)) <= abs(t):
            shown = mpmath.nstr(end, 12)
            sign = "<" if t > 0 else ">"
            raise OutsideDomain(
                f"t = {t}: the solution exists only for t {sign} {shown} (blow-up)", "t", shown
            )
