"""Proved bounds: expressions, ordinary equations, roots followed along a parameter."""

import mpmath
import pytest
import sympy
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.equations.solution import EquationSolution
from pde.errors import OutsideDomainError
from pde.numbers.balls import from_mpf, precision
from pde.numbers.continuation import LostBranchError, continued
from pde.numbers.evaluation import evaluate, evaluate_many
from pde.numbers.validated import follow_balls

t, x, y = sympy.symbols("t x y")

FUNCTIONS = (
    sympy.erfc(x) * sympy.sqrt(1 + x),
    sympy.besselk(2, x) - sympy.gamma(x) / 7,
    sympy.Integral(sympy.exp(-(y**2)) / sympy.sqrt(1 + y), (y, 0, x)),
    sympy.expint(3, x) + sympy.hyper([1, sympy.Rational(1, 2)], [3], x / 9),
    sympy.LambertW(x) ** sympy.Rational(2, 3) - sympy.atan(x) * sympy.tanh(x),
)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_balls_hold_the_value(function: sympy.Expr) -> None:
    """Against SymPy's own numbers, which are computed another way."""
    at = sympy.Rational(7, 5)
    value = evaluate(function, {x: at}, 25)
    assert value.rigorous
    with mpmath.workdps(50):
        exact = mpmath.mpf(str(sympy.N(function.subs(x, at), 45)))
        assert abs(value.value - exact) <= value.error < mpmath.mpf(10) ** -24


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(5, 60))
@settings(max_examples=30, deadline=None)
def test_enclosures_of_two_precisions_meet(p: int, q: int, digits: int) -> None:
    function = sympy.log(1 + x) * sympy.exp(-x) - sympy.sin(x) / (2 + x)
    at = {x: sympy.Rational(p, q)}
    one, two = evaluate(function, at, digits), evaluate(function, at, 2 * digits + 7)
    with mpmath.workdps(3 * digits + 20):
        assert abs(one.value - two.value) <= one.error + two.error
    assert one.error <= abs(one.value) * mpmath.mpf(10) ** -digits


def test_many_points_are_enclosed_as_single_ones() -> None:
    function = sympy.erf(x) / (1 + x**2)
    points = [sympy.Rational(k, 7) for k in range(9)]
    for point, found in zip(points, evaluate_many(function, x, points, {}, 20), strict=True):
        alone = evaluate(function, {x: point}, 20)
        assert found.rigorous
        assert abs(found.value - alone.value) <= found.error + alone.error


def test_system_against_another_integrator() -> None:
    """A pendulum with friction: mpmath's Taylor integrator lies inside the balls."""
    rates = (y, -sympy.sin(x) - y / 10)
    with precision(18):
        marks = [arb(k) / 2 for k in (1, 3)]
        found = follow_balls((x, y), rates, [arb(1), arb(0)], marks, 18)
        for mark, state in zip((0.5, 1.5), found, strict=True):
            with mpmath.workdps(20):
                other = mpmath.odefun(
                    lambda _, v: [v[1], -mpmath.sin(v[0]) - v[1] / 10], 0, [1, 0]
                )(mark)
                for value, ball in zip(other, state, strict=True):
                    near = from_mpf(value) + arb(0, "1e-17")
                    assert ball.overlaps(near)
                    assert ball.rad() < arb("1e-16")


@pytest.mark.parametrize("power", [2, 3])
def test_blow_up_is_named(power: int) -> None:
    """y' = y^k from 1 ends at 1/(k - 1)."""
    with precision(10), pytest.raises(OutsideDomainError) as refusal:
        follow_balls((y,), (y**power,), [arb(1)], [arb(2)], 10)
    assert float(refusal.value.bound) == pytest.approx(1 / (power - 1), rel=1e-5)


def test_contraction_does_not_widen_the_balls() -> None:
    """Over 40 times of relaxation the radius stays small: errors shrink with the solution."""
    with precision(12):
        (end,) = follow_balls((y,), (1 - y + sympy.sin(y) / 5,), [arb(3)], [arb(40)], 12)
    assert end[0].rad() < arb("1e-13")


def test_a_curve_is_one_characteristic() -> None:
    """All points of a curve as single ones, forwards and backwards, with proved bounds."""
    from pde.evidence import Evidence

    equation = FirstOrderEquation(
        (t, x), (1, x - x**3), growth=x, source=1, initial=InitialData(t, 0, sympy.exp(-x))
    )
    solution = EquationSolution("ode", equation, None, Evidence("derived", "integrated"))
    points = [sympy.Rational(k, 10) for k in (-3, 0, 1, 5, 5)]
    found = solution.curve(t, points, {x: sympy.Rational(1, 2)}, 10)
    for point, value in zip(points, found, strict=True):
        alone = solution.evaluate({t: point, x: "1/2"}, 14)
        assert value.rigorous
        assert alone.rigorous
        assert abs(value.value - alone.value) <= value.error + alone.error


def test_the_branch_is_proved_or_refused() -> None:
    """x^3 - x = t: from x = 1 on for t > 0, and to the caustic for t < 0."""
    cubic = (x**3 - x - t,)
    with precision(30):
        (root,) = continued(cubic, t, (x,), sympy.Integer(0), sympy.Integer(6), [1])
        assert root.contains(2)
        assert not root.contains(arb("2.0000000001"))
        caustic = -2 * sympy.sqrt(3) / 9
        near = sympy.Rational(-384, 1000)
        (root,) = continued(cubic, t, (x,), sympy.Integer(0), near, [1])
        assert root > arb(1) / arb(3).sqrt()
        with pytest.raises(LostBranchError):
            continued(cubic, t, (x,), sympy.Integer(0), 2 * caustic, [1])
