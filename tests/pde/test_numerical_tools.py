"""Power series and invariant lines."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from pde.equations.darboux import invariant_lines, solve_pair
from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.errors import InvalidInputError, NoClosedFormError
from pde.summation.power_series import composition, integral, power, product, reversion

t, x = sympy.symbols("t x", real=True)
y = sympy.Symbol("y", positive=True)


@given(st.fractions(min_value=-3, max_value=3, max_denominator=6))
def test_power_of_a_series_is_the_binomial_series(e: Fraction) -> None:
    count = 7
    found = power([Fraction(1), Fraction(1)] + [Fraction(0)] * (count - 2), e)
    expected, c = [], Fraction(1)
    for n in range(count):
        expected.append(c)
        c = c * (e - n) / (n + 1)
    assert found == expected


def test_reversion_gives_catalan_numbers() -> None:
    series = [Fraction(0), Fraction(1), Fraction(-1)] + [Fraction(0)] * 5
    inverse = reversion(series)
    assert inverse[1:] == [Fraction(comb(2 * n, n), n + 1) for n in range(7)]
    assert composition(series, inverse)[:3] == [0, 1, 0]
    assert integral([Fraction(1)] * 3) == [0, 1, Fraction(1, 2)]
    assert product([Fraction(1), Fraction(1)], [Fraction(1), Fraction(-1)]) == [1, 0]
    with pytest.raises(InvalidInputError):
        power([Fraction(2), Fraction(1)], Fraction(1, 2))
    with pytest.raises(InvalidInputError):
        power([Fraction(0), Fraction(1)], Fraction(-1))


def pair(first: sympy.Expr, second: sympy.Expr) -> FirstOrderEquation:
    near = ((x, sympy.Rational(1, 10)), (y, 1))
    return FirstOrderEquation(
        (t, x, y), (1, first, second), initial=InitialData(t, 0, x), near=near
    )


def test_invariant_lines_of_two_coupled_modes() -> None:
    lines = invariant_lines(pair(2 * x * y - 2 * y, 2 * y**2 - 2 * x))
    assert {line.form for line in lines} == {x + y, x - y}
    for line in lines:
        rate = sympy.expand(2 * x * y - 2 * y + (2 * y**2 - 2 * x) * sympy.diff(line.form, y))
        assert sympy.expand(rate - line.cofactor * line.form) == 0
    solution = solve_pair(pair(2 * x * y - 2 * y, 2 * y**2 - 2 * x))
    assert solution.kind == "explicit"
    assert solution.evidence.kind in ("exact", "numerical")


def test_no_invariant_lines_is_said() -> None:
    with pytest.raises(NoClosedFormError, match="invariant lines"):
        solve_pair(pair(y**2 + x + 1, x**2 + y**3))
    with pytest.raises(NoClosedFormError, match="two variables"):
        invariant_lines(FirstOrderEquation((t, x), (1, x), initial=InitialData(t, 0, x)))
