"""Numbers as users give them to solutions: exact, and a number of digits within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from sympy import Rational, Symbol

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import sympy_symbol

Given = int | str | Fraction | float | Decimal
DIGITS_LIMIT = 1000
BITS_LIMIT = 8000
"""Longer numerators and denominators are refused: no message could print what is made of them."""


def exact_number(name: str, given: Given) -> Rational:
    """Return a given number as an exact rational; raises ``BadInput``."""
    allowed = "an exact number such as 2, 1/2 or 0.05"
    if isinstance(given, bool):
        raise BadInput(name, given, allowed)
    if isinstance(given, str) and len(given) > 200:
        raise BadInput(name, given, allowed)
    try:
        value = Fraction(str(given)) if isinstance(given, float) else Fraction(given)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        raise BadInput(name, given, allowed) from None
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS_LIMIT:
        raise BadInput(name, f"a fraction of more than {BITS_LIMIT} bits", allowed)
    return Rational(value.numerator, value.denominator)


def fractions_of(values: Mapping[str, Rational]) -> dict[str, Fraction]:
    """Return exact values by name as fractions, as exact polynomials take them."""
    return {name: Fraction(int(value.p), int(value.q)) for name, value in values.items()}


def in_symbols(values: Mapping[str, Rational]) -> dict[Symbol, Rational]:
    """Return exact values by name as values of plain symbols, as formulas take them."""
    return {sympy_symbol(name): value for name, value in values.items()}


def digits_within(digits: int) -> int:
    """Return the number of digits; raises ``BadInput``."""
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= DIGITS_LIMIT:
        raise BadInput("digits", digits, f"an integer from 1 to {DIGITS_LIMIT}")
    return digits
