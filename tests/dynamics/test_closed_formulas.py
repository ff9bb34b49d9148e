"""Taylor polynomials of closed formulas, and their numbers."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.dynamics.explicit.formula_with_end import FormulaWithEnd
from diagrams.dynamics.roads.rings.taylor import taylor_polynomials
from diagrams.errors import NotSolved

t, x, y = sympy.symbols("t x y")


@settings(max_examples=15)
@given(
    st.fractions(-3, 3, max_denominator=4),
    st.integers(-4, 4),
    st.fractions(-2, 2, max_denominator=3),
)
def test_taylor_polynomials_against_series(power: Fraction, slope: int, rate: Fraction) -> None:
    exponent = sympy.Rational(power.numerator, power.denominator)
    speed = sympy.Rational(rate.numerator, rate.denominator)
    formula = (1 + slope * x * y + x**2) ** exponent * sympy.exp(speed * x * y)
    expected = [sympy.expand(formula.diff(x, k).subs(x, 0) / sympy.factorial(k)) for k in range(4)]
    found = taylor_polynomials(formula, x, 3)
    assert all(sympy.expand(a - b) == 0 for a, b in zip(found, expected, strict=True))


def test_taylor_polynomials_refuse_what_they_cannot_do() -> None:
    with pytest.raises(NotSolved):
        taylor_polynomials(sympy.sin(x), x, 2)
    with pytest.raises(NotSolved):
        taylor_polynomials(1 / x, x, 2)
    with pytest.raises(NotSolved):
        taylor_polynomials(sympy.exp(x / (1 + y)), x, 2)


def test_terms_that_cancel_far_beyond_the_digits_give_no_false_number() -> None:
    """Two precisions would agree on -1 here; intervals do not."""
    formula = 1 / (1 + sympy.exp(-2 * t)) - sympy.tanh(0) - 1
    values = {"t": sympy.Integer(200)}
    found = FormulaWithEnd(formula, ()).value(values, 15)
    with mpmath.workdps(400):
        exact = 1 / (1 + mpmath.exp(-400)) - 1
    assert found.rigorous
    assert abs(found.value - exact) <= found.error
