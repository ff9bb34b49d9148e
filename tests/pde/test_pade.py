"""Rational approximants."""

from __future__ import annotations

import pytest

from pde.errors import InvalidInputError
from pde.summation.pade import pade_approximant


def test_pade_is_exact_for_rational_functions() -> None:
    """(1 + 2x)/(1 - x - x^2) is its own [1/2] approximant; the poles are the golden ones."""
    lucas = [1, 3, 4, 7, 11, 18, 29]
    found = pade_approximant(lucas, 1, 2)
    assert found.numerator == (1, 2)
    assert found.denominator == (1, -1, -1)
    assert min(abs(p) for p in found.poles()) == pytest.approx((5**0.5 - 1) / 2)
    with pytest.raises(InvalidInputError, match="needs 9"):
        pade_approximant(lucas, 4, 4)
