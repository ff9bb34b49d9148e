"""False though every check passes: one test for every way in which a solution can mislead."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy
import pytest
from dynamics.by_road import leading_coefficients

from diagrams.dynamics.explicit.exact_input import Given
from diagrams.dynamics.face import face_of
from diagrams.dynamics.petals.petals import monomial_height
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.flow import FlowSettings, simulate
from diagrams.problems.cp import cp_problem
from diagrams.series.brackets import brackets, pade
from diagrams.series.expansion import expand

ONE = {"p": 1, "H": 1, "sigma": 1}


def test_the_series_at_one_neuron_has_radius_zero_and_says_so() -> None:
    """p = H = 1, order 2, free: E[u^4 / (2 (1 + 4 u^2 tau)^2)], u normal, by its moments."""
    series = expand(cp_problem(order=2, target="zero"), terms=7)
    values = []
    for s, polynomial in enumerate(series):
        found = sum(c for _, c in polynomial.substitute(ONE).terms)
        moment = math.prod(range(2 * s + 3, 0, -2))
        assert found == (-4) ** s * Fraction(math.factorial(s + 1), 2) * moment
        values.append(abs(found) / math.factorial(s))
    # a positive radius would bound the ratios of Y_s/s!; here they grow linearly, without end
    ratios = [later / value for value, later in pairwise(values)]
    assert all(ratio > 8 * (s + 1) for s, ratio in enumerate(ratios))
    assert any("radius zero" in note for note in solve(cp_problem(order=2), "E-A").notes)


def test_before_time_zero_the_mean_is_infinite_and_the_median_is_not() -> None:
    """u^2 / (1 - 4 u^2 |tau|): blows up for u^2 > 1/(4 |tau|), far from the typical u."""
    problem = cp_problem(order=2, target="zero")
    run = simulate(
        problem,
        p=1,
        H=1,
        sigma=1,
        until=-0.2,
        seeds=301,
        points=2,
        settings=FlowSettings(tolerance=1e-6, check=False),
    )
    assert math.isinf(run.mean[-1])
    assert run.diverged == pytest.approx(math.erfc(math.sqrt(1.25 / 2)), abs=0.06)
    start = math.sqrt(2 * run.median[0])
    assert run.median[-1] == pytest.approx((start / (1 - 0.8 * start)) ** 2 / 2, rel=1e-4)
    solution = solve(cp_problem(order=4), "E")
    assert any("expectation is infinite" in n and "medians" in n for n in solution.notes)
    assert "medians" in str(solution)


def test_mean_and_median_differ_at_a_hard_edge() -> None:
    """(2), p = H: the mean falls like e^(-2 tau), the median like e^(-8 tau)."""
    problem = cp_problem(order=2)
    run = simulate(
        problem,
        p=2,
        H=2,
        sigma=1,
        until=2.5,
        seeds=2000,
        points=6,
        settings=FlowSettings(tolerance=1e-6, check=False),
    )
    rates = [
        -math.log(curve[-1] / curve[-3]) / (run.times[-1] - run.times[-3])
        for curve in (run.mean, run.median)
    ]
    assert rates[0] == pytest.approx(2, abs=0.6)
    assert rates[1] == pytest.approx(8, abs=1)


# -- formal clocks ------------------------------------------------------------------------


@pytest.mark.parametrize("ties", ["2+1", "sym"])
def test_a_formal_clock_shows_in_the_coefficients(ties: str) -> None:
    """At a right clock some ``Y_s / T^s`` is as large as ``Y_0``; at a formal one none is."""
    problem = cp_problem(order=3, ties=ties, target="zero")
    for name, formal in (("A", False), ("B", True)):
        face = face_of(problem, name)
        scaling, clock = face.regime.scaling, face.regime.clock
        assert clock is not None
        unit = sum(e * scaling[n] for n, e in zip(face.regime.symbols, clock, strict=True))
        start, *others = (
            monomial_height(y, scaling) - s * unit
            for s, y in enumerate(leading_coefficients(face.exact, face.regime))
        )
        assert (max(others) < start) is formal


# -- degenerate parameters ----------------------------------------------------------------


def test_no_decay_is_the_limit_of_small_decay() -> None:
    problem = cp_problem(order=4, target="zero", decay="d")
    solution, free = solve(problem, "full"), solve(cp_problem(order=4, target="zero"), "A-B")
    sizes = {"p": 10, "H": 30, "sigma": "1/5", "T": 1}
    limit, known = solution.evaluate(sizes, d=0, t="1/2"), free.evaluate(sizes, t="1/2")
    assert abs(limit.value - known.value) <= limit.error + known.error < 1e-15
    (point,) = solution.values(["1/2"], sizes, d=0)
    assert point.value == limit.value


@pytest.mark.full
def test_beyond_the_time_of_existence_there_is_nothing_to_take_a_limit_of() -> None:
    solution = solve(cp_problem(order=4, target="zero", decay="d"), "full")
    with pytest.raises(OutsideDomain):
        solution.evaluate(p=10, H=30, sigma="1/5", T=1, d=0, t=-10)


@pytest.mark.parametrize(
    ("regime", "p", "H"), [("E-A", 25, 4), pytest.param("B-E", 4, 25, marks=pytest.mark.full)]
)
def test_order_two_stands_still_at_its_fixed_point(regime: str, p: int, H: int) -> None:
    """p sigma^2 = 1, or H sigma^2 = 1: z' = 4 z (1 - z) = 0, for both signs of t."""
    solution = solve(cp_problem(order=2), regime)
    still = p / 2 - min(p, H) / 2
    for value in solution.values([-7, "-1/3", 0, 1, 7], {"p": p, "H": H, "sigma": "1/5", "T": 1}):
        assert abs(value.value - still) < 1e-12


def test_scale_of_half_the_decay_falls_like_a_power() -> None:
    """(2), c = lambda/2, E-A: z' = -4 z^2, z = y/(1 + 4 y tau), L = p c^2/2 + H (z^2/2 - c z)."""
    sizes = {"p": 25, "H": 4, "sigma": "1/10", "T": 1}
    solution = solve(cp_problem(order=2, scale="1/2", decay=1), "E-A")
    for time in (0, 1, 5):
        z = 0.25 / (1 + time)
        expected = 25 / 8 + 4 * (z * z / 2 - z / 2)
        assert abs(float(solution.evaluate(sizes, t=time)) - expected) < 1e-12


@pytest.mark.parametrize(
    ("scale", "decay"), [pytest.param(1, 0, marks=pytest.mark.full), ("1/2", 1)]
)
def test_the_whole_triangle_of_order_two_at_degenerate_sizes(scale: int | str, decay: int) -> None:
    """p = H and p sigma^2 = 1 at once, and c = lambda/2: values beside them are close by."""
    solution = solve(cp_problem(order=2, scale=scale, decay=decay), "full")
    sizes = {"p": 100, "H": 100, "sigma": "1/10", "T": 1}
    for time in ("0", "1/10", "1"):
        value = float(solution.evaluate(sizes, t=time))
        beside = float(solution.evaluate({**sizes, "H": "100.0001"}, t=time))
        assert math.isfinite(value)
        assert abs(value - beside) < 1e-3 * max(1.0, abs(value))


FAR = ("-1/100", "1/10")
NEAR = ("-1/1000", "1/1000")
"""What the face E-E0 leaves out grows soon at these sizes, which lie on its edge."""
DEGENERATE: dict[str, Given] = {"p": 100, "H": 100, "sigma": "1/10", "T": 1, "c": 1, "d": 2}


@cache
def with_symbols(regime: str) -> Solution:
    """Order two with scale c and decay d."""
    return solve(cp_problem(order=2, scale="c", decay="d"), regime)


@pytest.mark.parametrize(
    ("regime", "digits", "times"),
    [
        ("A-E-A0-E0", 30, FAR),
        pytest.param("B-E-B0-E0", 15, FAR, marks=pytest.mark.full),
        pytest.param("full", 30, FAR, marks=pytest.mark.full),
        pytest.param("A-A0", 15, FAR, marks=pytest.mark.full),
        pytest.param("E-E0", 30, NEAR, marks=pytest.mark.full),
    ],
)
def test_all_parameters_degenerate_at_once(
    regime: str, digits: int, times: tuple[str, str]
) -> None:
    """c = lambda/2, p = H, p sigma^2 = 1, and no decay: as close to the values beside as they."""
    solution = with_symbols(regime)
    for decay in (0, 2):
        sizes: dict[str, Given] = {**DEGENERATE, "d": decay}
        for time, point in zip(times, solution.values(times, sizes, digits=digits), strict=True):
            beside = [
                float(
                    solution.evaluate(
                        {**sizes, "d": decay + 3 * x, "c": 1 + 2 * x, "H": 100 + x}, t=time
                    )
                )
                for x in (Fraction(1, 10**7), Fraction(-1, 10**7))
            ]
            assert point.error < 10.0 ** (3 - digits)
            assert float(point) == pytest.approx(sum(beside) / 2, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("regime", "root"), [("A-E-A0-E0", 10), pytest.param("full", 20, marks=pytest.mark.full)]
)
def test_the_end_at_half_the_decay_is_the_limit_of_ends(regime: str, root: int) -> None:
    """z' = -4 z^2 ends at -1/(4 z(0)): z(0) = p sigma^2, or sigma^2 (sqrt p + sqrt H)^2."""
    solution = with_symbols(regime)
    end = solution.existence_time(DEGENERATE)
    assert end is not None
    assert abs(end.value + 25 / root**2) <= end.error + 1e-15
    assert solution.existence_time({**DEGENERATE, "d": 5}) is not None
    with pytest.raises(OutsideDomain):
        solution.evaluate(DEGENERATE, t=-1)


# -- what the solution asks for, and what moments say ---------------------------------------


def test_symbols_that_do_not_matter_need_no_value() -> None:
    solution = solve(cp_problem(order=4, target="zero", decay="d"), "A")
    sizes = {"p": 10, "H": 30, "sigma": "1/5", "T": 1, "t": "1/2"}
    assert solution.evaluate(sizes).value == solution.evaluate(sizes, d=5).value
    with pytest.raises(BadInput, match="no value"):
        solve(cp_problem(order=4, target="zero", decay="d"), "full").evaluate(sizes)


def test_a_decay_that_is_a_number_is_certified_by_its_powers() -> None:
    """Beside larger atoms it does not lead: as a symbol its terms are compared all the same."""
    solution = solve(cp_problem(order=4, target="zero", decay="1/3"), "A")
    assert "each power of the decay, apart, equal the exact ones" in solution.evidence.statement


@pytest.mark.parametrize("order", [3, 4])
def test_moments_that_do_not_determine_the_curve_give_no_brackets(order: int) -> None:
    """Order 3, p = H = 1: u' = -3 u^5; the exact mean by quadrature, and no bounds of it."""
    series = expand(cp_problem(order=order, target="zero"), terms=4)
    with pytest.raises(NotSolved, match="not quadratic"):
        brackets(series, ONE, [1])
    with pytest.raises(NotSolved, match="do not determine"):
        pade(series, ONE, [1])
    nodes, weights = numpy.polynomial.hermite_e.hermegauss(60)
    power = 2 * order - 2
    moments = [
        abs(float(sum(c for _, c in y.substitute(ONE).terms))) / math.factorial(s)
        for s, y in enumerate(series)
    ]
    known = [
        abs(
            float(weights @ nodes ** (2 * order + power * s))
            / math.sqrt(2 * math.pi)
            / 2
            * (order * power) ** s
            * math.prod(-order / (order - 1) - k for k in range(s))
            / math.factorial(s)
        )
        for s in range(5)
    ]
    assert moments == pytest.approx(known, rel=1e-9)
