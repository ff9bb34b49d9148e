"""Formulas that leave their branch, and the characteristic that carries the value on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import mpmath
import pytest
import sympy
from sympy import Rational, exp

from pde.equations.characteristics import solve
from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.equations.linear_systems import matrix_exponential
from pde.equations.quadrature import antiderivative
from pde.equations.solution import EquationSolution
from pde.errors import OutsideDomainError
from pde.expressions.domain import jumps, zeros
from pde.numbers.evaluation import evaluate

t, x, y, z, a, b = sympy.symbols("t x y z a b")


def solved(
    variables: Sequence[sympy.Symbol], field: Sequence[object], value: object
) -> EquationSolution:
    """Return the solution with data at t = 0."""
    equation = FirstOrderEquation(
        tuple(variables),
        tuple(sympy.sympify(c) for c in field),
        initial=InitialData(t, sympy.Integer(0), sympy.sympify(value)),
    )
    return solve(equation)


def foot(rates: Callable[..., Sequence[float]], point: Sequence[float], time: float) -> list[float]:
    """Return the foot of a characteristic by Runge and Kutta's rule, with no code of pde."""
    state, count = list(point), 4000
    step = -time / count
    for _ in range(count):
        stages: list[Sequence[float]] = []
        for shift in (0.0, 0.5, 0.5, 1.0):
            last = stages[-1] if stages else [0.0] * len(state)
            here = [s + shift * step * k for s, k in zip(state, last, strict=True)]
            stages.append(rates(*here))
        state = [
            s + step * (k1 + 2 * k2 + 2 * k3 + k4) / 6
            for s, k1, k2, k3, k4 in zip(state, *stages, strict=True)
        ]
    return state


def test_a_principal_value_belongs_to_one_period() -> None:
    """The formula 2 atan(exp(-t) tan(x/2)) is off by 2 pi beyond x = pi; the value is not."""
    solution = solved((t, x), (1, sympy.sin(x)), x)
    assert solution.kind == "explicit"
    for at in (0.3, 3.7):
        (expected,) = foot(lambda q: [math.sin(q)], [at], 0.5)
        assert float(solution.evaluate({t: "1/2", x: at})) == pytest.approx(expected, abs=1e-9)
    curve = solution.curve(x, (Rational(3), Rational(7, 2)), {t: "1/2"})
    assert float(curve[1]) > math.pi > float(curve[0])


@pytest.mark.full
def test_a_square_root_changes_its_sign_with_the_place() -> None:
    """The stationary point x = 1 separates the two branches of the formula."""
    solution = solved((t, x), (1, x * (1 - x) * (2 - x)), x)
    for at in (0.6, 1.4):
        (expected,) = foot(lambda q: [q * (1 - q) * (2 - q)], [at], 0.2)
        assert float(solution.evaluate({t: "1/5", x: at})) == pytest.approx(expected, abs=1e-9)


@pytest.mark.full
def test_a_jump_of_the_formula_does_not_end_the_solution() -> None:
    """The characteristics of x' = 1 + cos^2 x turn for ever; tan has poles on the way."""
    solution = solved((t, x), (1, 1 + sympy.cos(x) ** 2), x)
    (expected,) = foot(lambda q: [1 + math.cos(q) ** 2], [0.3], 4.0)
    assert float(solution.evaluate({t: 4, x: 0.3})) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("data", [sympy.log(x), sympy.sqrt(x)])
def test_the_end_of_the_data_ends_the_solution(data: sympy.Expr) -> None:
    """Where the characteristic starts, the data are not real: a refusal with the time."""
    solution = solved((t, x), (1, 1), data)
    assert solution.evaluate({t: 1, x: 2}).rigorous
    with pytest.raises(OutsideDomainError, match=r"end of the domain at t = 2\.0"):
        solution.evaluate({t: 3, x: 2})


@pytest.mark.parametrize(("data", "expected"), [(1 / x, -1), (x**-2, 1)])
def test_a_singularity_that_the_characteristic_does_not_meet(
    data: sympy.Expr, expected: int
) -> None:
    """The characteristic through (3, 2) starts at -1; only the one from 0 has no value."""
    solution = solved((t, x), (1, 1), data)
    assert solution.evaluate({t: 3, x: 2}).value == expected
    with pytest.raises(OutsideDomainError, match=r"end of the domain at t = 2\.0"):
        solution.evaluate({t: 2, x: 2})


def test_degenerate_parameters_give_their_limits() -> None:
    """Birth and death at equal rates."""
    birth = solved((t, x), (1, -(a * x - b) * (x - 1)), x)
    value = birth.evaluate({t: "7/10", x: "3/10", a: 1, b: 1})
    assert value.rigorous
    assert float(value) == pytest.approx(1 - 0.7 / (1 + 0.7 * 0.7), abs=1e-14)


def test_where_a_sign_condition_fails_the_characteristic_has_the_value() -> None:
    """The formula holds for positive x; the equation is odd in x."""
    solution = solved((t, x), (1, a * x - b * x**3), x)
    assert solution.conditions
    at = {t: "3/10", a: 1, b: 2}
    left, right = (solution.evaluate({**at, x: s * Rational(1, 2)}) for s in (-1, 1))
    assert float(left) == pytest.approx(-float(right), abs=1e-14)


@pytest.mark.full
def test_an_implicit_value_on_a_wrong_sheet_is_replaced() -> None:
    """Euler's rigid body: the first integral has another sheet where z^2 > x^2."""
    solution = solved((t, x, y, z), (1, y * z, -2 * x * z, x * y), x)
    expected, *_ = foot(lambda p, q, r: [q * r, -2 * p * r, p * q], [0.3, 0.4, 0.5], 0.7)
    value = solution.evaluate({t: "7/10", x: "3/10", y: "2/5", z: "1/2"})
    assert float(value) == pytest.approx(expected, abs=1e-9)


def test_complex_data_have_complex_values() -> None:
    """The characteristic function of an Ornstein-Uhlenbeck process."""
    equation = FirstOrderEquation(
        (t, x), (1, x), growth=-(x**2), initial=InitialData(t, 0, exp(sympy.I * x))
    )
    value = solve(equation).evaluate({t: 1, x: "1/2"}).value
    decayed = mpmath.mpf(1) / 2 * mpmath.exp(-1)
    exact = mpmath.exp(1j * decayed - (mpmath.mpf(1) / 4 - decayed**2) / 2)
    assert abs(value - exact) < 1e-14


def test_zeros_that_are_touched_and_jumps() -> None:
    """Even zeros count; a continuous function with inverse parts has no jumps."""
    zero = sympy.Integer(0)
    found = zeros((t**2 - 2 * t + 1, sympy.cos(t)), t, zero, sympy.Integer(2), {})
    assert [float(f) for f in found] == pytest.approx([1, math.pi / 2], abs=1e-9)
    assert jumps(sympy.atan(sympy.sinh(8 * t)), t, Rational(-2), Rational(2), {}) == ()
    assert len(jumps(sympy.atan(1 / (t - 1)), t, zero, sympy.Integer(2), {})) == 1


def test_characteristic_data_have_no_implicit_solution() -> None:
    """No solution of x h_x + y h_y = 0 is y on the line x = 0."""
    solution = solve(FirstOrderEquation((x, y), (x, y), initial=InitialData(x, 0, y)))
    assert solution.kind == "unsolved"
    assert "characteristic" in solution.failure


def test_linear_where_a_conserved_quantity_is_constant() -> None:
    """A point vortex turns every circle at its own rate."""
    radius = x**2 + y**2
    solution = solved((t, x, y), (1, -y / radius, x / radius), x)
    angle = t / radius
    assert sympy.expand(solution.expression - x * sympy.cos(angle) - y * sympy.sin(angle)) == 0
    assert solution.evidence.kind == "exact"


@pytest.mark.parametrize(
    "rows",
    [
        [[0, 0, 1, 0], [0, 0, 0, 1], [-2, 1, 0, 0], [1, -2, 0, 0]],
        [[0, 1, 1, 0], [-1, 0, 0, 1], [0, 0, 0, 1], [0, 0, -1, 0]],
        [[0, 1, 0], [0, 0, 1], [3, 0, 0]],
        pytest.param(
            [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [-2, 0, 1, 0]], marks=pytest.mark.full
        ),
        [[2, 1, 0], [0, 2, 1], [0, 0, 2]],
    ],
)
def test_matrix_exponentials(rows: list[list[int]]) -> None:
    """Coupled oscillators, a double complex pair, cube roots, a biquadratic, a Jordan block."""
    found = matrix_exponential(sympy.Matrix(rows), t)
    assert not found.has(sympy.I)
    expected = mpmath.expm(mpmath.matrix(rows) * 0.75)
    for i in range(len(rows)):
        for j in range(len(rows)):
            number = mpmath.mpmathify(found[i, j].subs(t, Rational(3, 4)).evalf(20))
            assert abs(number - expected[i, j]) < 1e-13


@pytest.mark.full
def test_an_irreducible_cubic_is_left_to_numbers() -> None:
    """No Cardano formulas, in the eigenvalues or in a conserved quantity solved for a variable."""
    solution = solved((t, x, y, z), (1, y, z, x + y), x)
    assert solution.kind == "ode"
    assert "irreducible polynomial of degree 3" in solution.failure


@pytest.mark.parametrize(
    "integrand",
    [
        exp(-t) * sympy.sin(3 * t + 1),
        t**2 * exp(2 * t) * sympy.cos(5 * t),
        t * sympy.sin(t) ** 2 * exp(-t),
        1 / (1 + t**4),
    ],
)
def test_antiderivatives_by_quadrature(integrand: sympy.Expr) -> None:
    """Compared with the numerical integral, not with a derivative."""
    found = antiderivative(integrand, t)
    assert found is not None
    rise = (found.subs(t, 1) - found.subs(t, 0)).evalf(20)
    assert abs(rise - mpmath.quad(sympy.lambdify(t, integrand, "mpmath"), [0, 1])) < 1e-13


def test_an_integrand_without_enclosure_is_an_estimate() -> None:
    """A function that balls do not know inside an integral raises nothing."""
    inner = sympy.Integral(sympy.elliptic_k(y / 2) + y, (y, 0, x))
    value = evaluate(inner, {x: Rational(1, 2)})
    with mpmath.workdps(20):
        exact = mpmath.quad(lambda q: mpmath.ellipk(q / 2) + q, [0, 0.5])
    assert not value.rigorous
    assert abs(value.value - exact) < 1e-12
