"""Values with error bounds, domains and refusals."""

from __future__ import annotations

import time

import mpmath
import pytest
import sympy

from pde.equations.characteristics import solve
from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.equations.numerical_solution import evaluate_ode
from pde.equations.solution import EquationSolution
from pde.errors import InvalidInputError, OutsideDomainError, PDEError
from pde.numbers.evaluation import evaluate, evaluate_many
from pde.numbers.trajectory import integrate

t, x, y, k = sympy.symbols("t x y k")


@pytest.fixture(scope="module")
def burst() -> EquationSolution:
    """Return a solution that blows up: h = x/(1 - t x)."""
    return solve(
        FirstOrderEquation((t, x), (1, -(x**2)), initial=InitialData(t, 0, x), near=((x, 1),))
    )


def test_interval_bounds_are_rigorous() -> None:
    """The enclosure contains the value computed with 40 more digits."""
    expression = sympy.exp(sympy.sqrt(x) - 3) * sympy.log(1 + x) - sympy.cos(x) / 7
    value = evaluate(expression, {x: sympy.Rational(22, 7)}, 25)
    assert value.rigorous
    with mpmath.workdps(70):
        exact = mpmath.mpf(str(sympy.N(expression.subs(x, sympy.Rational(22, 7)), 65)))
        assert abs(value.value - exact) <= value.error < mpmath.mpf(10) ** -24


def test_cancellation_is_seen() -> None:
    """A difference of nearly equal numbers keeps its digits, or its bound says otherwise."""
    step = sympy.Rational(1, 10**20)
    for function, proved in ((sympy.besselj(0, x), True), (sympy.elliptic_k(x), False)):
        expression = function - function.subs(x, x + step)
        value = evaluate(expression, {x: sympy.Rational(1, 3)}, 15)
        assert value.rigorous == proved
        with mpmath.workdps(60):
            third, near = mpmath.mpf(1) / 3, mpmath.mpf(1) / 3 + mpmath.mpf(10) ** -20
            exact = (
                mpmath.besselj(0, third) - mpmath.besselj(0, near)
                if proved
                else mpmath.ellipk(third) - mpmath.ellipk(near)
            )
            assert abs(value.value - exact) <= value.error < abs(exact) * mpmath.mpf(10) ** -10


def test_blow_up_is_refused_with_its_time(burst: EquationSolution) -> None:
    """Before the blow-up there is a value; after it a refusal that names the time."""
    assert burst.evaluate({t: "9/20", x: 2}).value == pytest.approx(20)
    for late in ("11/20", 3):
        with pytest.raises(OutsideDomainError, match=r"t = 0\.5") as refusal:
            burst.evaluate({t: late, x: 2})
        assert (refusal.value.variable, refusal.value.bound) == ("t", "0.5")
    assert burst.existence_bounds() == (1 / x,)
    assert "no zero of" in burst.domain


def test_symbols_by_name_and_missing_ones(burst: EquationSolution) -> None:
    """Names may be strings; a missing or foreign one is refused by name."""
    assert burst.evaluate({"t": 0, "x": 3}).value == 3
    with pytest.raises(InvalidInputError, match="no value given for x"):
        burst.evaluate({t: 1})
    with pytest.raises(InvalidInputError, match="q: not a symbol"):
        burst.evaluate({t: 1, x: 1, "q": 2})


def test_undefined_functions_have_no_number() -> None:
    """A solution with an arbitrary function refuses evaluation, and names the function."""
    f = sympy.Function("f")
    solution = solve(FirstOrderEquation((t, x), (1, 1), initial=InitialData(t, 0, f(x))))
    with pytest.raises(InvalidInputError, match="undefined functions f"):
        solution.evaluate({t: 1, x: 1})


def test_curves_are_fast_and_consistent(burst: EquationSolution) -> None:
    """200 points at 15 digits in under two seconds, equal to single evaluations."""
    points = [sympy.Rational(i, 500) for i in range(1, 201)]
    start = time.perf_counter()
    values = burst.curve(t, points, {x: 2})
    assert time.perf_counter() - start < 2
    for i in (0, 99, 199):
        assert abs(values[i].value - burst.evaluate({t: points[i], x: 2}).value) < 1e-14
    with pytest.raises(OutsideDomainError):
        burst.curve(t, [sympy.Rational(1, 4), 1], {x: 2})


def test_parameters_in_curves() -> None:
    """Compiled curves keep parameters exact."""
    values = evaluate_many(sympy.exp(k * x), x, [1, 2], {k: sympy.Rational(1, 3)}, 20)
    with mpmath.workdps(30):
        assert abs(values[1].value - mpmath.exp(mpmath.mpf(2) / 3)) <= values[1].error


def test_latex_and_evidence(burst: EquationSolution) -> None:
    """A solution shows itself, its steps and its evidence."""
    assert r"\frac" in burst._repr_latex_()
    assert burst.equation._repr_latex_().startswith("$")
    assert burst.steps[0] == "clock: t"
    assert burst.evidence.kind == "exact"
    assert hash(burst) == hash(burst)


def test_trajectory_error_is_a_bound() -> None:
    """The harmonic oscillator over ten periods at 25 digits."""
    with mpmath.workdps(40):
        end = 20 * mpmath.pi
    result = integrate(lambda _, s: [s[1], -s[0]], 0, [mpmath.mpf(1), mpmath.mpf(0)], end, 25)
    with mpmath.workdps(40):
        assert abs(result.state[0] - 1) <= result.error < mpmath.mpf(10) ** -20


def test_trajectory_reports_blow_up() -> None:
    """y' = y^2 ends at t = 1: a refusal near it, not a hang."""
    with pytest.raises(OutsideDomainError) as refusal:
        integrate(lambda _, s: [s[0] ** 2], 0, [mpmath.mpf(1)], mpmath.mpf(2), 15)
    assert float(refusal.value.bound) == pytest.approx(1, abs=1e-3)


def test_numerical_solution_with_source_and_curved_surface() -> None:
    """Growth, source and a curved surface, against the closed form."""
    equation = FirstOrderEquation(
        (x, y), (1, 2), growth=-1, source=x, initial=InitialData(y, x**2 / 5, sympy.cos(x))
    )
    solution = solve(equation)
    at = {x: sympy.Rational(1, 2), y: sympy.Rational(4, 5)}
    value, reference = solution.evaluate(at, 15), evaluate_ode(equation, at, 18)
    assert solution.kind == "explicit"
    assert abs(value.value - reference.value) <= value.error + reference.error


def test_unsolved_says_why() -> None:
    """An unsolved equation refuses numbers with its reason."""
    solution = solve(FirstOrderEquation((t, x), (0, 1), initial=InitialData(t, 0, x)))
    assert solution.kind == "unsolved"
    with pytest.raises(PDEError, match="is characteristic"):
        solution.evaluate({t: 1, x: 1})
    assert "unsolved" in solution._repr_latex_()
