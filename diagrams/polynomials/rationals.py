"""Exact rational numbers as people give them."""

from __future__ import annotations

from fractions import Fraction

from diagrams.errors import BadInput

LENGTH_LIMIT = 80


def rational(field: str, given: object) -> Fraction:
    """Return an integer, a fraction or a decimal text as an exact number; raises ``BadInput``.

    >>> rational("accuracy", "0.75")
    Fraction(3, 4)
    """
    allowed = "a rational number such as 2, 1/50 or '0.75'"
    if isinstance(given, bool) or not isinstance(given, int | str | Fraction):
        raise BadInput(field, given, allowed)
    if isinstance(given, str) and len(given) > LENGTH_LIMIT:
        raise BadInput(field, given, allowed)
    try:
        return Fraction(given)
    except (ValueError, ZeroDivisionError):
        raise BadInput(field, given, allowed) from None
