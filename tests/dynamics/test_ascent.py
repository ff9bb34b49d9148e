"""The whole triangle for even order >= 4: first integral against direct integration."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy
import pytest
import sympy
from truth.moving_averages import MovingAverages

from diagrams.dynamics.beyond import Lateral
from diagrams.dynamics.face import face_of
from diagrams.dynamics.petals.closure import closure_of
from diagrams.dynamics.roads.bernoulli.numbers import ByFirstIntegral
from diagrams.dynamics.roads.bernoulli.structure import bernoulli, rational_value
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import OutsideDomain
from diagrams.problems.cp import cp_problem


def coordinates_integrated(
    order: int, c: float, theta: float, p: float, h: float, sigma: float, tau: float
) -> float:
    """E[L] - constant from the coordinates' equation on Gauss-Hermite nodes, Runge-Kutta."""
    nodes, weights = numpy.polynomial.hermite_e.hermegauss(160)
    weights = weights / weights.sum()
    v = sigma * nodes

    def rate(v: numpy.ndarray) -> numpy.ndarray:
        q = p * float(weights @ v**2)
        return c * order * v ** (order - 1) - order * theta * q ** (order - 1) * v

    # steps graded towards 0, where the outer nodes move fast
    marks = tau * numpy.linspace(0, 1, 6001) ** 3
    for left, right in pairwise(marks):
        step = right - left
        one = rate(v)
        two = rate(v + step / 2 * one)
        three = rate(v + step / 2 * two)
        four = rate(v + step * three)
        v = v + step / 6 * (one + 2 * two + 2 * three + four)
    q, top = p * float(weights @ v**2), p * float(weights @ v**order)
    return h * (theta * q**order / 2 - c * top)


SIZES = {"p": 10, "H": 30, "sigma": "2/5", "T": 1}


@pytest.mark.parametrize(
    ("order", "regime", "scale", "time", "theta"),
    [
        (4, "full", 1, "-1/250", 1 + 0.9),
        (4, "E-A", 1, "-1/250", 1.0),
        pytest.param(4, "B-E", 1, "-1/100", 0.9, marks=pytest.mark.full),
        (4, "E", 1, "-1/10", 0.0),
        (4, "full", -1, "1/20", 1 + 0.9),
        pytest.param(4, "full", "3/2", "-1/250", 1 + 0.9, marks=pytest.mark.full),
        pytest.param(6, "full", 1, "-1/2000", 1 + 15 * 30 / 1000, marks=pytest.mark.full),
    ],
)
def test_values_against_the_coordinates_themselves(
    order: int, regime: str, scale: int | str, time: str, theta: float
) -> None:
    solution = solve(cp_problem(order=order, scale=scale), regime)
    value = solution.evaluate(SIZES, t=time, digits=12)
    c = float(Fraction(scale))
    expected = coordinates_integrated(order, c, theta, 10, 30, 0.4, float(Fraction(time)))
    assert abs(float(value) - (c * c * 5 + expected)) < 1e-6 * (1 + abs(expected))
    assert value.error < 1e-10


def test_formal_series_of_the_first_integral_to_order_eight() -> None:
    face = face_of(cp_problem(order=4), "full", 8)
    closure = closure_of(face.problem, face.regime)
    values = {"p": Fraction(5, 2), "H": Fraction(7), "sigma": Fraction(1, 3)}
    series = bernoulli(closure).series(values, 8)
    for own, exact in zip(
        series[1:], [face.exact.coefficient(s) for s in range(1, 9)], strict=True
    ):
        scaling = dict(zip(face.regime.symbols, face.regime.direction, strict=True))
        from diagrams.dynamics.certificate import leading_part

        assert own == rational_value(leading_part(exact, scaling), values)


def numbers_of(solution: Solution) -> ByFirstIntegral:
    assert isinstance(solution.numbers, ByFirstIntegral)
    return solution.numbers


def test_threshold_of_the_quartic_ascent_to_twenty_digits() -> None:
    found = numbers_of(solve(cp_problem(order=4), "full")).critical(20)
    assert found is not None
    combination, bound = found
    assert str(combination) == "p**3*sigma**4 + 3*p*H*sigma**4"
    with mpmath.workdps(30):
        assert abs(bound.value - mpmath.mpf("2.07780944847258027744")) < mpmath.mpf(10) ** -19
    assert "p**3*sigma**4*theta < 2.0778094" in solve(cp_problem(order=4), "full").domain


def test_threshold_of_a_high_order_against_plain_quadrature() -> None:
    found = numbers_of(solve(cp_problem(order=16), "full", 2)).critical(9)
    assert found is not None
    nodes, weights = numpy.polynomial.legendre.leggauss(200)
    x = 6 * (nodes + 1)
    density = 12 * weights * numpy.exp(-(x**2) / 2) / numpy.sqrt(2 * numpy.pi)
    u = numpy.linspace(-60, 80, 1500)
    spread = (1 + 224 * numpy.exp(u)[:, None] * x**14) ** (1 / 7)
    averages = (density * x**2 / spread).sum(axis=1)
    whole = float((averages**15 * numpy.exp(u)).sum() * (u[1] - u[0]))
    assert float(found[1].value) == pytest.approx(1 / (256 * whole), rel=1e-8)


@pytest.mark.parametrize(
    ("parameters", "end"),
    [
        ({"p": 7, "H": 500, "sigma": "1/100", "d": "1/100"}, None),
        ({"p": 7, "H": 5, "sigma": "1/5", "d": "1/20"}, None),
        ({"p": 7, "H": 5, "sigma": "1/2", "d": "1/20"}, -0.006351755040),
    ],
)
def test_with_decay_the_end_is_found_or_ruled_out(parameters: dict, end: float | None) -> None:
    found = solve(cp_problem(order=4, decay="d"), "full").existence_time(T=1, **parameters)
    assert (found is None) if end is None else float(found.value) == pytest.approx(end, rel=1e-8)


@pytest.mark.full
def test_ascent_ends_beyond_the_threshold_only_and_diverges_as_a_power() -> None:
    solution = solve(cp_problem(order=4), "E-A")
    # p^3 sigma^4 = 2 and 5/2, to either side of 2.0778
    for p_cubed, ends in ((2, False), (Fraction(5, 2), True)):
        sigma = sympy.Rational(1, 2)
        cube = sympy.Rational(str(p_cubed)) / sigma**4
        root = sympy.nsimplify(sympy.N(cube ** sympy.Rational(1, 3), 25), rational=True)
        sizes = {"p": str(root), "H": 1, "sigma": str(sigma), "T": 1}
        end = solution.existence_time(sizes, digits=12)
        assert (end is not None) == ends
        if end is None:
            far = solution.evaluate(sizes, t=-1000)
            assert abs(far.value - mpmath.mpf(str(sympy.N(root, 20))) / 2) < 1e-3
            continue
        with pytest.raises(OutsideDomain, match="time of existence"):
            solution.evaluate(sizes, t=str(mpmath.nstr(end.value * 2, 10)))
        heights = []
        for k in (10**4, 10**5):
            near = mpmath.nstr(end.value * (1 - mpmath.mpf(1) / k), 20)
            heights.append(float(solution.evaluate(sizes, t=near)) - float(root) / 2)
        slope = numpy.log10(heights[1] / heights[0])
        assert abs(slope - 4 / 3) < 2e-3


def test_descent_is_refused_with_the_time_of_spikes() -> None:
    solution = solve(cp_problem(order=4), "full")
    with pytest.raises(
        OutsideDomain, match="no Borel sum .* typically at about t = 0.0"
    ) as refusal:
        solution.evaluate(SIZES, t="1/100")
    assert refusal.value.exit_code == 3


@pytest.mark.parametrize("time", ["1/100", "1/5"])
def test_lateral_sum_is_the_closed_form_continued(time: str) -> None:
    """Vertex E: the formula with erfc at t + 0 i, whose branch is fixed from t < 0."""
    solution = solve(cp_problem(order=4), "E")
    found = solution.lateral(SIZES, t=time)
    assert isinstance(found, Lateral)
    a, plain = sympy.symbols("a t")
    meaning = dict(solution.definitions)[a]
    with mpmath.workdps(25):
        # a = -8 sigma^2 t turned from the positive axis; sqrt(a) = -i sqrt|a| from above
        value = meaning.subs({"sigma": sympy.Rational(2, 5), "T": 1, plain: sympy.Rational(time)})
        turned = complex(0, -1) * mpmath.sqrt(-mpmath.mpf(str(sympy.N(value, 25))))
        root = sympy.Symbol("r", positive=True)
        formula = solution.formula.subs({"p": 10, "H": 30, "sigma": sympy.Rational(2, 5)})
        formula = formula.subs(a, root**2)
        number = sympy.lambdify(root, formula, "mpmath")(turned)
        assert abs(number.real - found.real.value) < 1e-3 * abs(found.real.value)
        assert abs(number.imag - found.imaginary.value) <= 1e-3 * (1 + abs(found.imaginary.value))
    assert found.spike_time == pytest.approx(1 / (8 * 0.16 * 2 * numpy.log(300)))
    assert "density of spikes" in str(found)


@pytest.mark.full
def test_faces_agree_where_they_meet() -> None:
    """Full triangle at tiny H/p^2 against edge E-A; edge E-A at tiny p^3 sigma^4 against E."""
    problem = cp_problem(order=4)
    full, edge, vertex = (solve(problem, name) for name in ("full", "E-A", "E"))
    sizes = {"p": 100, "H": "1/10", "sigma": "1/40", "T": "1/1600", "t": "-1/10"}
    one, two = full.evaluate(sizes, digits=12), edge.evaluate(sizes, digits=12)
    assert 0 < abs(one.value - two.value) < 1e-4 * abs(two.value - 50)
    small = {**sizes, "sigma": "1/1000", "T": "1/1000000"}
    three, four = edge.evaluate(small, digits=20), vertex.evaluate(small, digits=20)
    assert 0 < abs(three.value - four.value) < 1e-3 * abs(four.value - 50)


def test_a_curve_of_two_hundred_points() -> None:
    solution = solve(cp_problem(order=4), "full")
    times = [Fraction(-k, 50000) for k in range(200)]
    curve = solution.values(times, SIZES)
    single = solution.evaluate(SIZES, t=times[123])
    assert abs(curve[123].value - single.value) < 1e-14 * abs(single.value)
    assert all(v.error < 1e-13 * (1 + abs(v.value)) for v in curve)
    assert curve[0].value == pytest.approx(float(solution.evaluate(SIZES, t=0)))


@pytest.mark.parametrize(("d", "j"), [(2, 2), (4, 2), (6, 2), (6, 8), (2, 4)])
def test_moving_averages_against_quadrature(d: int, j: int) -> None:
    averages = MovingAverages(d, 25)
    with mpmath.workdps(30):
        for s in (mpmath.mpf(-1) / 50, mpmath.mpf(-3), mpmath.mpf(-2000)):
            direct = 2 * mpmath.quad(
                lambda x, s=s: x**j * (1 - s * x**d) ** (-mpmath.mpf(j) / d) * mpmath.npdf(x),
                [0, mpmath.mpf("0.01"), mpmath.mpf("0.1"), 0.5, 1, 2, 4, 8, 14],
            )
            assert abs(averages(j, s) / direct - 1) < 1e-20
