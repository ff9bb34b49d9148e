"""Numbers with proved bounds: averages, first integrals with and without decay, series in time."""

from fractions import Fraction

import flint
import mpmath
import numpy
import pytest
import sympy
from flint import arb
from truth.moving_averages import MovingAverages

from diagrams.dynamics.averages.one_colour.moment_table import moment_table
from diagrams.dynamics.solving import solve
from diagrams.errors import OutsideDomain
from diagrams.problems.cp import cp_problem
from pde.numbers.balls import to_mpf
from pde.numbers.evaluation import Value

SIZES = {"p": 64, "H": 64, "sigma": "1/10", "T": 1}
LATE = "71.4544179139196226271752"
"""``E[L]`` of order four, ties 2+2, at these sizes and ``t = -1/4``."""


def overlap(one: Value, two: Value) -> bool:
    """Whether two enclosures can hold the same number."""
    with mpmath.workdps(120):
        return bool(abs(one.value - two.value) <= one.error + two.error)


@pytest.mark.parametrize(("d", "j"), [(2, 2), (2, 4), (4, 6), (6, 2)])
def test_averages_on_panels(d: int, j: int) -> None:
    """Polynomials with bounds against integer arithmetic on another grid, 25 digits further."""
    table, other = moment_table(d, 18), MovingAverages(d, 40)
    with flint.ctx.workprec(table.bits):
        for k in (0, 1, 17, 50):
            panel = table.panel(k)
            for z in (arb(0), arb(1) / 8, arb(1)):
                if not panel.left + z > 0:
                    continue
                found = table.average(j, k)(z)
                r = (panel.left + panel.width * z).mid()
                with mpmath.workdps(48):
                    exact = other(j, -to_mpf(r))
                    off = abs(to_mpf(found) - exact)
                    assert off <= to_mpf(found.rad()) <= exact * mpmath.mpf(10) ** -19


@pytest.mark.parametrize(
    ("problem", "t"),
    [
        ({"order": 4}, "-1/20"),
        ({"order": 4, "decay": "lambda"}, "-1/20"),
        ({"order": 4, "decay": "lambda", "scale": -1}, "3"),
        pytest.param({"order": 6, "decay": "lambda"}, "-1/20", marks=pytest.mark.full),
    ],
)
def test_any_number_of_digits(problem: dict[str, object], t: str) -> None:
    """At 12, 30 and 50 digits the bounds are proved, narrow, and hold a common number."""
    solution = solve(cp_problem(**problem), "full", terms=2)  # type: ignore[arg-type]
    at = dict(SIZES)
    if "lambda" in solution.symbols:
        at["lambda"] = "1/10"
    found = [solution.evaluate(at, t=t, digits=digits) for digits in (12, 30, 50)]
    for digits, value in zip((12, 30, 50), found, strict=True):
        assert value.rigorous
        assert value.error <= abs(value.value) * mpmath.mpf(10) ** -digits
    assert overlap(found[0], found[1])
    assert overlap(found[1], found[2])


def by_sample(decay: float, until: float, steps: int) -> float:
    """E[L] of (4) with decay by Runge and Kutta's method from nodes of Gauss and Hermite.

    Nothing is shared with the solution but theory: v' = 4 v^3 - 4 theta q^3 v - decay v.
    """
    p, hidden, sigma = 64, 64, 0.1
    theta = 1 + 3 * hidden / p**2
    nodes, weights = numpy.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    v, step = sigma * nodes, until / steps

    def rate(v: numpy.ndarray) -> numpy.ndarray:
        q = p * weights @ v**2
        return 4 * v**3 - (4 * theta * q**3 + decay) * v

    for _ in range(steps):
        one = rate(v)
        two = rate(v + step / 2 * one)
        three = rate(v + step / 2 * two)
        four = rate(v + step * three)
        v = v + step / 6 * (one + 2 * two + 2 * three + four)
    q, z = p * weights @ v**2, p * weights @ v**4
    return float(p / 2 - hidden * z + hidden * theta * q**4 / 2)


@pytest.mark.parametrize("decay", ["0", "1/2", "1"])
def test_decay_against_a_sample_of_coordinates(decay: str) -> None:
    solution = solve(cp_problem(order=4, decay="lambda"), "full", terms=2)
    values = {**SIZES, "lambda": decay}
    assert float(solution.evaluate(values, t="-1/10")) == pytest.approx(
        by_sample(float(Fraction(decay)), -0.1, 400), rel=1e-9
    )
    wrong = by_sample(float(Fraction(decay)) + 1e-3, -0.1, 400)
    assert float(solution.evaluate(values, t="-1/10")) != pytest.approx(wrong, rel=1e-9)


def test_decay_to_zero_is_the_first_integral() -> None:
    """Without decay the enclosures are those of the first integral; near it they are close."""
    free = solve(cp_problem(order=4), "full", terms=2).evaluate(SIZES, t="-1/10", digits=40)
    solution = solve(cp_problem(order=4, decay="lambda"), "full", terms=2)
    assert overlap(solution.evaluate({**SIZES, "lambda": 0}, t="-1/10", digits=40), free)
    near = solution.evaluate({**SIZES, "lambda": "1e-20"}, t="-1/10", digits=40)
    assert not overlap(near, free)
    assert abs(near.value - free.value) < mpmath.mpf(10) ** -17


def test_proof_and_grid_agree() -> None:
    """Two ways to the same number: the proved one lies within the estimate of the other."""
    solution = solve(cp_problem(order=4, decay="lambda"), "full", terms=2)
    grid = solution.numbers.grid  # type: ignore[attr-defined]
    exact = {"p": 64, "H": 64, "sigma": Fraction(1, 10), "T": 1, "lambda": Fraction(1, 10)}
    rational = {name: Fraction(value) for name, value in exact.items()}
    for t in ("-1/500", "-1/100"):
        (estimate,) = grid._estimated(rational, [Fraction(t)], 15)
        proved = solution.evaluate({**SIZES, "lambda": "1/10"}, t=t, digits=20)
        assert proved.rigorous
        assert overlap(estimate, proved)
        assert estimate.error < abs(estimate.value) * 1e-12


def test_numbers_on_the_grid_are_labelled_estimates() -> None:
    """The late number was proved by the first integral of equal ties, with averages in balls."""
    solution = solve(cp_problem(order=4, ties="2+2"), "full", terms=2)
    grid = solution.numbers
    sizes = {name: sympy.Rational(value) for name, value in SIZES.items()}
    times = [sympy.Rational(-1, 100), sympy.Rational(-1, 4)]
    early, late = grid.curve({**sizes, "T": sympy.Integer(1)}, times, 13)
    assert early.method == late.method == "two tolerances"
    assert late.error < abs(late.value) * 1e-12
    assert abs(late.value - mpmath.mpf(LATE)) <= late.error


@pytest.mark.parametrize("ties", ["4", "2+2"])
def test_the_end_of_time_is_named(ties: str) -> None:
    """Beyond the blow-up there is a refusal that names it; shortly before it a number."""
    solution = solve(cp_problem(order=4, ties=ties, decay="lambda"), "full", terms=2)
    at = {**SIZES, "sigma": "1/10", "lambda": "1/10"}
    with pytest.raises(OutsideDomain) as refusal:
        solution.evaluate(at, t=-40)
    bound = Fraction(refusal.value.bound)
    assert refusal.value.exit_code == 3
    assert solution.evaluate(at, t=bound * Fraction(9, 10), digits=10).value > 0
    with pytest.raises(OutsideDomain):
        solution.evaluate(at, t=bound * Fraction(101, 100))
    found = solution.existence_time(at, digits=12)
    assert found is not None
    assert found.rigorous == (ties == "4")
    assert float(found) == pytest.approx(float(bound), rel=1e-10 if found.rigorous else 1e-2)
