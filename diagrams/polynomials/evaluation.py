"""Polynomials at numbers: the one place where exact coefficients become mpmath numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import mpmath

from diagrams.polynomials.polynomial import Polynomial


class Ratio(Protocol):
    """A rational number, of Python's or of SymPy's."""

    @property
    def numerator(self) -> Any:
        """Above the line."""

    @property
    def denominator(self) -> Any:
        """Below it."""


Values = Mapping[str, "Ratio | float"]


def real(value: Ratio | float) -> Any:
    """Return a number as one of mpmath's, at the current precision.

    >>> from fractions import Fraction
    >>> with mpmath.workdps(15):
    ...     real(Fraction(1, 4))
    mpf('0.25')
    """
    if isinstance(value, float):
        return mpmath.mpf(value)
    return mpmath.mpf(int(value.numerator)) / int(value.denominator)


def terms_at(polynomial: Polynomial, values: Values) -> list[Any]:
    """Return the terms of a polynomial at numbers for its symbols; powers may be fractional."""
    known = {name: real(values[name]) for name in polynomial.symbols}
    found = []
    for powers, coefficient in polynomial.terms:
        term = real(coefficient)
        for name, e in powers:
            term *= known[name] ** (int(e) if e.denominator == 1 else real(e))
        found.append(term)
    return found


def number_at(polynomial: Polynomial, values: Values) -> Any:
    """Return a polynomial at numbers for its symbols, summed without cancelling on the way.

    Raises ``KeyError`` for a symbol without a number.

    >>> from fractions import Fraction
    >>> with mpmath.workdps(15):
    ...     number_at(Polynomial.monomial(3, {"N": Fraction(-1, 2)}), {"N": Fraction(9)})
    mpf('1.0')
    """
    return mpmath.fsum(terms_at(polynomial, values))


def float_at(polynomial: Polynomial, values: Values, digits: int = 50) -> float:
    """Return a polynomial at numbers for its symbols, rounded once.

    >>> from fractions import Fraction
    >>> float_at(Polynomial.monomial(2, {"p": Fraction(1, 2)}), {"p": 9.0})
    6.0
    """
    with mpmath.workdps(digits):
        return float(number_at(polynomial, values))
