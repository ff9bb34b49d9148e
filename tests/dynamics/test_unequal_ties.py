"""Several colours with a target: numbers on a grid, early and late, and their errors."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import factorial

import mpmath
import numpy
import pytest

from diagrams import cp_problem, solve
from diagrams.dynamics.averages.estimates import estimates
from diagrams.dynamics.averages.extended import REAL, extended
from diagrams.dynamics.averages.flow import PointFlow
from diagrams.dynamics.averages.nodes import nodes
from diagrams.dynamics.roads.bernoulli.structure import rational_value
from diagrams.dynamics.roads.coordinates.averages import Averages, averages_of
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.polynomials.evaluation import real
from pde.numbers.evaluation import Value

SIZES: dict[str, int | str | Fraction | float | Decimal] = {"p": 10, "H": 20, "sigma": "1/10"}
EXACT = {"p": Fraction(10), "H": Fraction(20), "sigma": Fraction(1, 10), "T": Fraction(1)}


def runge_kutta(rates, pair, h):
    """One step of the classical method for two arrays of coordinates."""
    one = rates(*pair)
    two = rates(*(x + h / 2 * r for x, r in zip(pair, one, strict=True)))
    three = rates(*(x + h / 2 * r for x, r in zip(pair, two, strict=True)))
    four = rates(*(x + h * r for x, r in zip(pair, three, strict=True)))
    return tuple(
        x + h / 6 * (a + 2 * b + 2 * c + d)
        for x, a, b, c, d in zip(pair, one, two, three, four, strict=True)
    )


def numbers_of(ties: str, scale: int = 1) -> ByCoordinates:
    order = sum(int(d) for d in ties.split("+"))
    numbers = solve(cp_problem(order=order, ties=ties, scale=scale), "full", terms=2).numbers
    assert isinstance(numbers, ByCoordinates)
    return numbers


def agree(one: Value, two: Value) -> bool:
    with mpmath.workdps(70):
        return bool(abs(one.value - two.value) <= one.error + two.error)


@pytest.mark.parametrize(
    ("ties", "scale", "time"), [("4+2", 1, Fraction(-1, 4)), ("4+2", -1, Fraction(1, 4))]
)
def test_against_coordinates_on_other_nodes(ties: str, scale: int, time: Fraction) -> None:
    """Gauss-Hermite nodes and Runge-Kutta steps, the equations by hand."""
    problem = averages_of(numbers_of(ties, scale).closure, EXACT, Fraction(5), -scale)
    (value,) = estimates(problem, [abs(time)], 11)
    nodes, weights = numpy.polynomial.hermite_e.hermegauss(36)
    weights = numpy.multiply.outer(weights, weights) / weights.sum() ** 2
    v, w = numpy.meshgrid(nodes / 10, nodes / 10, indexing="ij")
    theta = 1 + 20 * 3 / 10**3

    def rates(v: numpy.ndarray, w: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
        a, b = (10 * float((weights * x**2).sum()) for x in (v, w))
        return (
            4 * scale * v**3 * w**2 - 4 * theta * a**3 * b**2 * v,
            2 * scale * v**4 * w - 2 * theta * a**4 * b * w,
        )

    steps = 100
    h = float(time) / steps
    for _ in range(steps):
        v, w = runge_kutta(rates, (v, w), h)
    a, b = (10 * float((weights * x**2).sum()) for x in (v, w))
    change = 20 * (theta * a**4 * b**2 / 2 - scale * 10 * float((weights * v**4 * w**2).sum()))
    with mpmath.workdps(30):
        assert abs(value.value - 5 - change) < 1e-9 * abs(change)


def test_early_values_by_the_series() -> None:
    """The divergent series of the closure in exact numbers, cut where its terms are small."""
    closure = numbers_of("4+2").closure
    clocks = [Fraction(-1, 2000), Fraction(-1, 1000)]
    exact = [rational_value(y, EXACT) for y in closure.coefficients(7)]
    values = estimates(late_problem("4+2", 1), [-clock for clock in clocks], 13)
    for clock, value in zip(clocks, values, strict=True):
        *terms, last = (y * clock**s / factorial(s) for s, y in enumerate(exact))
        with mpmath.workdps(30):
            cut, rest = real(5 + sum(terms)), abs(real(last))
            assert abs(value.value - cut) <= value.error + rest
            assert rest < 1e-12 * cut


def test_a_target_that_pushes_outwards_is_refused() -> None:
    with pytest.raises(NotSolved, match="inwards"):
        averages_of(numbers_of("4+2").closure, EXACT, Fraction(5), 1)


def late_problem(ties: str, scale: int, features: int = 10) -> Averages:
    exact = {**EXACT, "p": Fraction(features), "H": Fraction(2 * features)}
    constant = Fraction(features, 2)
    return averages_of(numbers_of(ties, scale).closure, exact, constant, -scale)


@pytest.mark.full
def test_late_values_against_coordinates_on_other_nodes() -> None:
    """Gauss-Legendre panels and Runge-Kutta steps."""
    problem = late_problem("4+2", -1)
    end = 1000.0
    (value,) = estimates(problem, [Fraction(1000)], 15)
    assert value.error < 1e-14
    nodes, weights = numpy.polynomial.legendre.leggauss(20)
    edges = numpy.array([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7])
    x = numpy.concatenate([(a + b) / 2 + (b - a) / 2 * nodes for a, b in pairwise(edges)])
    w = numpy.concatenate([(b - a) / 2 * weights for a, b in pairwise(edges)])
    w = w * 2 * numpy.exp(-(x**2) / 2) / numpy.sqrt(2 * numpy.pi)
    kept = numpy.multiply.outer(w, w) > 1e-13
    a, b = (part[kept] for part in numpy.meshgrid(x**2, x**2, indexing="ij"))
    both = numpy.multiply.outer(w, w)[kept]
    (u1, u2) = (float(u) for u in problem.system.strengths)
    ((c1, _),), ((c2, _),) = problem.system.rates

    def rates(a: numpy.ndarray, b: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
        p, q = both @ a, both @ b
        product = a**2 * b
        return (
            -u1 * product + float(c1) * p**3 * q**2 * a,
            -u2 * product + float(c2) * p**4 * q * b,
        )

    time = 0.0
    while time < end:
        h = min(0.4 / (u1 * float((a * (a + 2 * b)).max()) + 1e-9), end - time, end / 300)
        a, b = runge_kutta(rates, (a, b), h)
        fast = a * (a + 2 * b) > 3000  # little weight: what is left of the lesser is let go
        least = numpy.minimum(a / u1, b / u2) * fast * (b < 1e-9)
        a, b = a - u1 * least, b - u2 * least
        time += h
    p, q, product = both @ a, both @ b, both @ (a**2 * b)
    found = sum(float(c) * p**i * q**j * product**k for c, (i, j, k) in problem.terms)
    assert abs(float(value.value) - 5 - found) < 1e-6 * found


@pytest.mark.parametrize(
    ("ties", "scale"), [("4+2", -1), pytest.param("6+2", -1, marks=pytest.mark.full), ("4+2", 1)]
)
def test_late_values_conserve_and_agree_with_other_nodes(ties: str, scale: int) -> None:
    """``Q_c / u_c`` keep their differences; other widths of strips give the same values."""
    problem = late_problem(ties, scale)
    time = Fraction(10) ** (sum(int(d) for d in ties.split("+")) - 2)
    (value,) = estimates(problem, [time], 15)
    assert value.method == "two tolerances"
    assert value.error < 1e-14
    system = problem.system
    made = nodes(system, float(time) / 2, 16, 0.6)
    followed = PointFlow(system, made.squares, made.weights, 1e-16).follow([time])
    q, r, product = followed.averages[0]
    total = sum(
        extended(c) * q**i * r**j * product**k for c, (i, j, k) in problem.terms
    ) + extended(problem.constant)
    assert abs(float(total - REAL(str(value.value)))) <= float(value.error)
    u, w = (float(x) for x in system.strengths)
    assert abs((float(q) - 1) / u - (float(r) - 1) / w) < 1e-14 / w


def test_late_values_against_proved_ones() -> None:
    """Equal ties: the number was proved by their first integral, with averages in balls."""
    numbers = solve(cp_problem(order=4, ties="2+2"), "full", terms=2).numbers
    assert isinstance(numbers, ByCoordinates)
    sizes = {"p": Fraction(64), "H": Fraction(64), "sigma": Fraction(1, 10), "T": Fraction(1)}
    problem = averages_of(numbers.closure, sizes, Fraction(32), -1)
    for digits in (8, 13, 15):
        (late,) = estimates(problem, [Fraction(1, 4)], digits)
        with mpmath.workdps(30):
            assert abs(late.value - mpmath.mpf("71.454417913919622627175")) <= late.error


def test_late_values_fall_by_the_power_of_the_end() -> None:
    problem = late_problem("4+2", -1)
    times = [Fraction(10**10), Fraction(10**11)]
    one, two = estimates(problem, times, 15)
    ratio = (two.value - 5) / (one.value - 5)
    assert abs(float(ratio) - 10 ** (-4 / 3)) < 8e-4


@pytest.mark.full
def test_three_colours_late() -> None:
    problem = late_problem("4+2+2", -1)
    (rough,) = estimates(problem, [Fraction(10**5)], 11)
    (fine,) = estimates(problem, [Fraction(10**5)], 15)
    assert agree(rough, fine)
    assert fine.error < 1e-12


def test_digits_that_cannot_be_had_are_refused() -> None:
    solution = solve(cp_problem(order=6, ties="4+2"), "full", terms=2)
    with pytest.raises(OutsideDomain, match="digits = 30: at t = -10000 .* up to 15 digits"):
        solution.evaluate(SIZES, t=-10000, digits=30)


def test_no_lateral_sum_beyond_the_end() -> None:
    """Where the coordinates end, turned or not, the time is named."""
    solution = solve(cp_problem(order=4, decay="lambda"), "full", terms=2)
    at = {"p": 24, "H": 80, "sigma": "1/3", "lambda": "1/5", "T": 200}
    with pytest.raises(OutsideDomain, match="no solution beyond"):
        solution.lateral(at, t="-1/2")
