"""Chebyshev series, power series, Runge-Kutta steps and invariant lines."""

from __future__ import annotations

from fractions import Fraction
from math import comb, exp

import mpmath
import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from pde.chebyshev import chebyshev_series
from pde.darboux import invariant_lines, solve_pair
from pde.errors import InvalidInputError, NoClosedFormError, OutsideDomainError
from pde.first_order import FirstOrderEquation, InitialData
from pde.power_series import composition, integral, power, product, reversion
from pde.stepping import follow

t, x = sympy.symbols("t x", real=True)
y = sympy.Symbol("y", positive=True)


def test_chebyshev_series_of_a_rational_function() -> None:
    with mpmath.workdps(40):
        series = chebyshev_series(lambda s: 1 / (1 + s), mpmath.mpf(0), mpmath.mpf(2), 70)
        point = mpmath.mpf(2) / 3
        assert abs(series(point) - mpmath.mpf(3) / 5) < mpmath.mpf(10) ** -35
        assert abs(series.derivative()(point) + mpmath.mpf(9) / 25) < mpmath.mpf(10) ** -30
        whole = series.antiderivative()
        assert abs(whole(point) - mpmath.log(1 + point)) < mpmath.mpf(10) ** -35
        assert abs(whole(whole.left)) < mpmath.mpf(10) ** -38
        assert series.tail < mpmath.mpf(10) ** -36


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


@pytest.mark.parametrize("end", [1.5, -1.5])
def test_steps_follow_a_rotation(end: float) -> None:
    found = follow(lambda _, s: numpy.array([-s[1], s[0]]), numpy.array([1.0, 0.0]), end, 1e-12)
    assert abs(found[0] - numpy.cos(end)) < 1e-10
    assert abs(found[1] - numpy.sin(end)) < 1e-10
    moving = follow(lambda s, state: 2 * s * state, numpy.array([1.0]), end, 1e-12)
    assert abs(moving[0] - exp(end**2)) < 1e-9


def test_steps_name_the_time_of_blow_up() -> None:
    with pytest.raises(OutsideDomainError) as failure:
        follow(lambda _, s: s**3, numpy.array([1.0]), 1.0)
    assert abs(float(failure.value.bound) - 0.5) < 1e-6


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
