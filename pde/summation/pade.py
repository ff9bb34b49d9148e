"""Pade approximants with exact rational coefficients.

Definition. The [m/n] approximant of sum a_k x^k is P/Q, deg P <= m, deg Q <= n, Q(0) = 1, with
P - Q sum a_k x^k = O(x^(m+n+1)). The linear system is solved over the rationals, so that a
defect (a common factor, a missing approximant) is seen and not rounded away.

>>> exponential = [Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 6), Fraction(1, 24)]
>>> approximant = pade_approximant(exponential, 2, 2)
>>> [str(c) for c in approximant.numerator], [str(c) for c in approximant.denominator]
(['1', '1/2', '1/12'], ['1', '-1/2', '1/12'])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath

from pde.errors import InvalidInputError, NoClosedFormError
from pde.linear_algebra import null_space


@dataclass(frozen=True)
class Pade:
    """A rational approximant: coefficients of numerator and denominator, lowest first."""

    numerator: tuple[Fraction, ...]
    denominator: tuple[Fraction, ...]

    def __call__(self, point: Any) -> Any:
        """Return the value at an mpmath number, at the current precision."""
        return _horner(self.numerator, point) / _horner(self.denominator, point)

    def poles(self) -> tuple[Any, ...]:
        """Return the zeros of the denominator, at the current precision.

        >>> Pade((Fraction(1),), (Fraction(1), Fraction(-2))).poles()
        (mpf('0.5'),)
        """
        coefficients = list(reversed(self.denominator))
        while coefficients and coefficients[0] == 0:
            coefficients.pop(0)
        if len(coefficients) < 2:
            return ()
        numbers = [mpmath.mpf(c.numerator) / c.denominator for c in coefficients]
        return tuple(mpmath.polyroots(numbers, maxsteps=500, extraprec=4 * mpmath.mp.prec))

    def expression(self, variable: Any) -> Any:
        """Return the approximant as a SymPy expression."""
        import sympy

        top, bottom = (
            sum(
                (
                    sympy.Rational(c.numerator, c.denominator) * variable**k
                    for k, c in enumerate(coefficients)
                ),
                sympy.Integer(0),
            )
            for coefficients in (self.numerator, self.denominator)
        )
        return top / bottom


def pade_approximant(coefficients: Sequence[int | Fraction], m: int, n: int) -> Pade:
    """Return the [m/n] approximant of a series.

    Raises InvalidInputError if fewer than m + n + 1 coefficients are given and
    NoClosedFormError if the approximant does not exist (Q(0) = 0).
    """
    if len(coefficients) < m + n + 1:
        raise InvalidInputError(
            f"[{m}/{n}] needs {m + n + 1} coefficients, {len(coefficients)} are given"
        )
    values = [Fraction(c) for c in coefficients]

    def entry(k: int) -> Fraction:
        return values[k] if k >= 0 else Fraction(0)

    rows = [[entry(m + i - j) for j in range(n + 1)] for i in range(1, n + 1)]
    basis = null_space(rows, n + 1)
    usable = [vector for vector in basis if vector[0] != 0]
    if not usable:
        raise NoClosedFormError(f"the [{m}/{n}] approximant does not exist")
    denominator = tuple(Fraction(q, usable[0][0]) for q in usable[0])
    numerator = tuple(
        sum((denominator[j] * entry(k - j) for j in range(min(k, n) + 1)), Fraction(0))
        for k in range(m + 1)
    )
    return Pade(numerator, denominator)


def _horner(coefficients: Sequence[Fraction], point: Any) -> Any:
    total = mpmath.mpf(0)
    for c in reversed(coefficients):
        total = total * point + mpmath.mpf(c.numerator) / c.denominator
    return total
