"""Proved bounds under attack: random sizes and times, and numbers computed in other ways."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

import flint
import mpmath
import pytest
import sympy
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from truth.moving_averages import MovingAverages

from diagrams import load_problem
from diagrams.dynamics.averages.one_colour.moment_table import MomentTable
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import OutsideDomain
from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.equations.numerical_solution import evaluate_ode
from pde.numbers.balls import NoEnclosureError, from_mpf, precision, to_mpf
from pde.numbers.continuation import LostBranchError, continued
from pde.numbers.evaluation import Value
from pde.numbers.validated import follow_balls

t, x, y = sympy.symbols("t x y")
QUICK = (
    ("order=4", "full"),
    ("order=6", "full"),
    ("order=4,decay=d", "full"),
    ("order=2,ties=asym", "C-D"),
    ("order=2,ties=asym", "E-A"),
    ("order=3,ties=2+1,target=zero", "A"),
)
LONG = (
    ("order=8", "full"),
    ("order=10", "full"),
    ("order=6,decay=d", "full"),
    ("order=2", "full"),
    ("order=3,ties=asym,decay=d", "B-C"),
)
SIZES = st.sampled_from([1, 3, 64, 1000, 10**9])
SCALES = st.sampled_from([Fraction(1, 10**4), Fraction(1, 10), Fraction(1, 3), Fraction(1)])
DECAYS = st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(-1, 5), Fraction(10) ** -8])
TIMES = st.builds(
    lambda sign, n, power: sign * Fraction(n, 1000) * Fraction(10) ** power,
    st.sampled_from([1, -1]),
    st.integers(1, 999),
    st.integers(-6, 2),
)


@cache
def solved(spec: str, regime: str) -> Solution:
    return solve(load_problem(f"cp:{spec}"), regime, terms=2)


def attacked(spec: str, regime: str, sizes: dict[str, int | Fraction], time: Fraction) -> None:
    """Values at 15 and at 52 digits hold a common number, and have the digits asked for."""
    solution = solved(spec, regime)
    at = {name: value for name, value in sizes.items() if name in solution.symbols}
    try:
        rough = solution.evaluate(at, t=time, digits=15)
    except OutsideDomain:
        return
    fine = solution.evaluate(at, t=time, digits=52)
    with mpmath.workdps(150):
        assert abs(rough.value - fine.value) <= rough.error + fine.error
        for value, digits in ((rough, 15), (fine, 52)):
            if value.rigorous:
                small = mpmath.mpf(10) ** -digits
                assert value.error <= max(abs(value.value) * small, small**2)


@pytest.mark.full
@given(st.sampled_from(QUICK), SIZES, SIZES, SCALES, DECAYS, TIMES)
@settings(max_examples=8, deadline=None)
def test_15_and_52_digits(
    case: tuple[str, str], p: int, number: int, sigma: Fraction, decay: Fraction, time: Fraction
) -> None:
    attacked(*case, {"p": p, "H": number, "sigma": sigma, "d": decay}, time)


@pytest.mark.full
@given(st.sampled_from(QUICK + LONG), SIZES, SIZES, SCALES, DECAYS, TIMES)
@settings(max_examples=400, deadline=None)
def test_15_and_52_digits_of_many(
    case: tuple[str, str], p: int, number: int, sigma: Fraction, decay: Fraction, time: Fraction
) -> None:
    attacked(*case, {"p": p, "H": number, "sigma": sigma, "d": decay}, time)


def average(r: mpmath.mpf) -> mpmath.mpf:
    """``E[x^2 / (1 + r x^2)]`` for a standard normal ``x``, by the error function."""
    if not r:
        return mpmath.mpf(1)
    z = 1 / mpmath.sqrt(2 * r)
    return (1 - mpmath.sqrt(mpmath.pi) * z * mpmath.exp(z**2) * mpmath.erfc(z)) / r


@pytest.mark.parametrize(
    ("p", "number", "variance", "r"),
    [(64, 64, Fraction(1, 100), "0.01"), (5, 300, Fraction(1, 4), "0.001")],
)
def test_ascent_by_quadrature(p: int, number: int, variance: Fraction, r: str) -> None:
    """Order 4, whole triangle: the published first integral, by nested quadrature."""
    solution = solved("order=4", "full")
    gauss = {"method": "gauss-legendre", "maxdegree": 4}
    with mpmath.workdps(30):
        s, end = mpmath.mpf(variance.numerator) / variance.denominator, mpmath.mpf(r)
        theta = 1 + mpmath.mpf(3 * number) / p**2
        factor = 16 * theta * p**3 * s**2 / 8

        def fallen(place: mpmath.mpf) -> mpmath.mpf:
            # phi^(-2) = 1 + 16 theta p^3 int_0^psi G^3, psi = -r / (8 sigma^2)
            whole = mpmath.quad(lambda u: average(u) ** 3, [0, place], **gauss)
            return 1 - factor * whole

        tau = -mpmath.quad(lambda u: mpmath.sqrt(fallen(u)), [0, end], **gauss) / (8 * s)
        phi = 1 / mpmath.sqrt(fallen(end))
        q = p * phi * s * average(end)
        fourth = -mpmath.diff(average, end) * s**2
        exact = mpmath.mpf(p) / 2 + number * (theta * q**4 / 2 - p * phi**2 * fourth)
        sign, mantissa, exponent, _ = tau._mpf_
        time = (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    at = {"p": p, "H": number, "T": 1}
    root = Fraction(sympy.sqrt(sympy.Rational(variance.numerator, variance.denominator)))
    found = solution.evaluate({**at, "sigma": root}, t=time, digits=15)
    assert found.rigorous
    with mpmath.workdps(40):
        assert abs(found.value - exact) <= found.error + abs(exact) * mpmath.mpf(10) ** -15
        assert found.error < abs(exact) * mpmath.mpf(10) ** -15


def test_one_petal_by_an_integrator() -> None:
    """Order 4, zero target, A-B: a closed moment by mpmath's own integrator.

    The second moment obeys ``z' = -8 theta z^4``, and ``E[L] = theta H z^4 / 2``.
    """
    solution = solved("order=4,target=zero", "A-B")
    p, number, sigma, time = 20, 50, Fraction(1, 5), Fraction(1, 3)
    found = solution.evaluate({"p": p, "H": number, "sigma": sigma, "T": 1}, t=time, digits=25)
    assert found.rigorous
    with mpmath.workdps(30):
        theta = 1 + mpmath.mpf(3 * number) / p**2
        start = p * mpmath.mpf(sigma.numerator) ** 2 / sigma.denominator**2
        moment = mpmath.odefun(lambda _, z: [-8 * theta * z[0] ** 4], 0, [start])
        end = moment(mpmath.mpf(time.numerator) / time.denominator)[0]
        exact = theta * number * end**4 / 2
        assert abs(found.value - exact) < abs(exact) * mpmath.mpf(10) ** -24
        assert abs(found.value * (1 + mpmath.mpf(10) ** -20) - exact) > found.error


@given(st.sampled_from([2, 4, 6]), st.sampled_from([2, 4, 8, 12]), st.integers(1, 30), st.data())
@settings(max_examples=40, deadline=None)
def test_coarse_averages_keep_their_bounds(d: int, j: int, k: int, data: st.DataObject) -> None:
    """With few digits the bounds are as large as the errors: they have to hold all the same."""
    table = coarse(d, data.draw(st.integers(1, 6)))
    with flint.ctx.workprec(table.bits):
        panel = table.panel(k)
        z = arb(data.draw(st.integers(0, 8))) / 8
        found = table.average(j, k)(z)
        r = (panel.left + panel.width * z).mid()
    with mpmath.workdps(40):
        exact = MovingAverages(d, 30)(j, -to_mpf(r))
        assert abs(to_mpf(found) - exact) <= to_mpf(found.rad())


@cache
def coarse(d: int, digits: int) -> MomentTable:
    return MomentTable(d, digits)


@pytest.mark.parametrize("r", ["0.0001", "0.5", "3"])
@pytest.mark.parametrize(("d", "j"), [(2, 2), (2, 8), (2, 12), (4, 12), (6, 4)])
def test_the_error_of_the_rule_is_bounded(d: int, j: int, r: str) -> None:
    """To one digit the rule is coarse: its true error is close to its bound, and below."""
    table = coarse(d, 1)
    with flint.ctx.workprec(300):
        place = arb(r)
        nodes, weights, missed, _ = table._rule(j, place)
        power = arb(j) / d
        terms = (w / (1 + place * x) ** power for x, w in zip(nodes, weights, strict=True))
        total = sum(terms, arb(0))
    with mpmath.workdps(60):
        error = abs(to_mpf(total) - MovingAverages(d, 45)(j, -mpmath.mpf(r)))
        assert error <= to_mpf(missed)


def test_times_just_beyond_the_end_are_refused() -> None:
    """However close to zero the end is: formulas go on beyond their poles."""
    solution = solved("order=2,ties=asym", "C-D")
    at: dict[str, int | Fraction] = {"p": 64, "H": 10**9, "sigma": Fraction(1, 3), "T": 1}
    with pytest.raises(OutsideDomain) as refusal:
        solution.evaluate(at, t="-0.8")
    end = Fraction(refusal.value.bound)
    assert -Fraction(1, 10**7) < end < -Fraction(1, 10**8)
    assert solution.evaluate(at, t=end * Fraction(99, 100)).value > 0


def test_digits_are_significant_where_the_constant_cancels() -> None:
    solution = solved("order=2,ties=asym", "C-D")
    at = {"p": 2, "H": 7, "sigma": 1, "T": 1}
    for value in (solution.evaluate(at, t="3/2"), *solution.values(["3/2"], at)):
        assert value.error < abs(value.value) * mpmath.mpf(10) ** -15


@pytest.mark.parametrize("function", [sympy.besselj(0, x), sympy.atan(x)])
def test_functions_without_balls_are_estimated_not_refused(function: sympy.Expr) -> None:
    equation = FirstOrderEquation((t, x), (1, function), initial=InitialData(t, 0, x))
    value: Value = evaluate_ode(equation, {t: sympy.Rational(1, 3), x: sympy.Integer(1)}, 12)
    assert value.method == "two tolerances"
    rates: Callable[..., object] = sympy.lambdify(x, -function, "mpmath")
    with mpmath.workdps(20):
        foot = mpmath.odefun(lambda _, v: [rates(v[0])], 0, [1])(mpmath.mpf(1) / 3)[0]
        assert abs(foot - value.value) < mpmath.mpf(10) ** -11


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.sampled_from([1, -1]))
@settings(max_examples=8, deadline=None)
def test_marks_of_proved_steps(marks: list[int], sign: int) -> None:
    """Any marks, equal ones too, and zero: a logistic curve, whose solution is known."""
    places = sorted(marks)
    with precision(25):
        times = [arb(0), *(sign * arb(n) / 30 for n in places)]
        states = follow_balls((y,), (y * (1 - y),), [arb(1) / 3], times, 25)
        for time, (state,) in zip(times, states, strict=True):
            assert state.overlaps(1 / (1 + 2 * (-time).exp()))
            assert state.rad() < 1e-22


def test_a_start_that_is_no_root_is_refused() -> None:
    with precision(20), pytest.raises(LostBranchError):
        continued((x**2 - 1 - t,), t, (x,), sympy.Integer(0), sympy.Integer(3), [2])


def test_no_ball_of_infinity() -> None:
    with pytest.raises(NoEnclosureError):
        from_mpf(mpmath.inf)
