"""Exact rational numbers as people give them."""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational

from diagrams.errors import BadInput

LENGTH_LIMIT = 80


def rational(field: str, given: object) -> Fraction:
    """Return an exact number, of SymPy or NumPy too, or a decimal text; raises ``BadInput``.

    >>> import sympy
    >>> rational("accuracy", "0.75"), rational("accuracy", sympy.Rational(3, 4))
    (Fraction(3, 4), Fraction(3, 4))
    """
    allowed = "a rational number such as 2, 1/50 or '0.75'"
    if isinstance(given, bool) or not isinstance(given, str | Rational):
        raise BadInput(field, given, allowed)
    if isinstance(given, str) and len(given) > LENGTH_LIMIT:
        raise BadInput(field, given, allowed)
    if isinstance(given, Rational):  # NumPy's integers would overflow
        return Fraction(int(given.numerator), int(given.denominator))
    try:
        return Fraction(given)
    except (ValueError, ZeroDivisionError):
        raise BadInput(field, given, allowed) from None
