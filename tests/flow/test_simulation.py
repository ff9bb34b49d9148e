"""Simulations against exact solutions, conservation laws, scaling, exact series; known traps."""

import math
from fractions import Fraction

import numpy as np
import pytest

from diagrams.evidence import Kind
from diagrams.flow import FlowSettings, simulate
from diagrams.flow.gradients import CPFlow
from diagrams.flow.integration import integrate
from diagrams.flow.running import TOGETHER
from diagrams.flow.targets import TARGETS, Array
from diagrams.problems.cp import cp_problem
from diagrams.series.expansion import expand


def only(order: int, loss: float) -> float:
    """|u0| of the one weight of p = H = 1, from its loss without target."""
    return float((2 * loss) ** (1 / (2 * order)))


@pytest.mark.parametrize("order", [2, 3, 4, 6])
def test_one_weight_without_target(order: int) -> None:
    """u' = -nu u^(2 nu - 1), so u(t) = u0 (1 + 2 nu (nu - 1) u0^(2 nu - 2) t)^(-1/(2 nu - 2))."""
    problem = cp_problem(order=order, target="zero")
    run = simulate(problem, p=1, H=1, sigma=1.0, T=2.0, until=6, seeds=6, points=13)
    for row in run.losses:
        u0 = only(order, row[0])
        for t, loss in zip(run.times, row, strict=True):
            base = 1 + 2 * order * (order - 1) * u0 ** (2 * order - 2) * t / 2.0
            assert math.isclose(
                loss, 0.5 * u0 ** (2 * order) * base ** (-order / (order - 1)), rel_tol=1e-6
            )
    assert run.accuracy is not None
    assert run.accuracy.relative < 1e-6
    assert run.evidence.kind is Kind.NUMERICAL


def test_measured_error_is_the_error() -> None:
    """The change at a hundredth of the tolerance, against the true error of the same seeds."""
    problem = cp_problem(order=3, target="zero")
    run = simulate(
        problem,
        p=1,
        H=1,
        sigma=1.5,
        until=6,
        seeds=16,
        points=13,
        settings=FlowSettings(tolerance=1e-6),
    )
    worst = 0.0
    for row in run.losses[:2]:
        u0 = only(3, row[0])
        exact = [0.5 * u0**6 * (1 + 12 * u0**4 * t) ** -1.5 for t in run.times]
        worst = max(worst, *(abs(a - b) for a, b in zip(row, exact, strict=True)))
    assert run.accuracy is not None
    assert run.accuracy.seeds == 2
    assert 0.5 * worst < run.accuracy.absolute < 2 * worst


def test_no_accuracy_is_claimed_where_nothing_could_be_compared() -> None:
    """All seeds blow up before the first time after 0; the starts are the same anyway."""
    problem = cp_problem(order=2, target="zero")
    run = simulate(problem, p=4, H=4, sigma=1, until=-100, seeds=3, points=3)
    assert all(run.blow_ups)
    assert run.accuracy is None
    assert "not checked" in str(run.evidence)


def test_one_weight_that_decays() -> None:
    """Order 2 with target c and decay: v = u^2 obeys v' = 4 a v - 4 v^2 with a = c - lambda/2."""
    c, decay = 1.5, 0.5
    problem = cp_problem(order=2, scale="c", decay="lambda")
    run = simulate(
        problem, p=1, H=1, sigma=0.8, until=3, seeds=5, at={"c": c, "lambda": decay}, points=7
    )
    a = c - decay / 2
    for row in run.losses:
        starts = [v for v in (c + math.sqrt(2 * row[0]), c - math.sqrt(2 * row[0])) if v >= 0]
        curves = []
        for v0 in starts:
            growth = [math.exp(4 * a * t) for t in run.times]
            curves.append([0.5 * (a * v0 * g / (a + v0 * (g - 1)) - c) ** 2 for g in growth])
        assert any(np.allclose(row, curve, rtol=1e-6, atol=1e-12) for curve in curves)
    assert run.value_at("lambda") == decay


@pytest.mark.parametrize("order", [2, 3, 4])
def test_blow_up_of_one_weight(order: int) -> None:
    """Ascent without target: infinite at t = -1/(2 nu (nu-1) u0^(2 nu-2)), for every seed."""
    problem = cp_problem(order=order, target="zero")
    run = simulate(problem, p=1, H=1, sigma=1.0, T=0.5, until=-20, seeds=8, points=5)
    for row, blow_up in zip(run.losses, run.blow_ups, strict=True):
        u0 = only(order, row[0])
        exact = -0.5 / (2 * order * (order - 1) * u0 ** (2 * order - 2))
        if exact < -20:
            assert blow_up is None
            continue
        assert blow_up is not None
        assert math.isclose(blow_up.time, exact, rel_tol=1e-6)
        assert blow_up.lower < exact < blow_up.upper < 0
    assert any(run.blow_ups)
    assert math.isinf(run.mean[-1])
    assert math.isnan(run.standard_error[-1])


def test_blow_up_against_a_target() -> None:
    """Order 4 with identity target: v = u^2 obeys v' = 8 v^2 (v^2 - 1) in ascent, from v0 > 1.

    The integral of dv/(8 v^2 (v^2 - 1)) from v0 to infinity is the time.
    """
    run = simulate(cp_problem(order=4), p=1, H=1, sigma=2.0, until=-3, seeds=12, points=3)
    exploded = 0
    for row, blow_up in zip(run.losses, run.blow_ups, strict=True):
        v0 = math.sqrt(1 + math.sqrt(2 * row[0]))  # u^4 - 1 = + sqrt(2 L), if u > 1
        time = -0.125 * (1 / v0 + 0.5 * math.log((v0 - 1) / (v0 + 1)))
        if blow_up is not None:
            assert math.isclose(blow_up.time, -time, rel_tol=1e-6)
            exploded += 1
        else:
            assert row[-1] <= 0.5 + 1e-9, "from |u0| < 1 the weight is driven to 0, the loss to 1/2"
    assert 0 < exploded < 12


def weights_at(flow: CPFlow, start: Array, time: float) -> Array:
    """All weights at a time, one component after the other as the observable."""
    found = np.empty_like(start)
    places = [np.unravel_index(j, start.shape[1:]) for j in range(start[0].size)]
    for place in places:
        values = integrate(
            flow.velocity,
            lambda u, place=place: u[(slice(None), *place)],  # type: ignore[misc]
            start,
            np.array([time]),
            tolerance=1e-10,
            steps=1000,
            order=flow.order,
        ).values
        found[(slice(None), *place)] = values[:, 0]
    return found


@pytest.mark.parametrize("ties", [(1, 1), (1, 1, 1), (2, 1), (2, 2)])
def test_conserved_quantities(ties: tuple[int, ...]) -> None:
    """|u_c[k]|^2 / d_c - |u_b[k]|^2 / d_b is constant without decay: f is homogeneous."""
    start = np.random.default_rng(3).standard_normal((1, len(ties), 2, 2))
    flow = CPFlow(ties, TARGETS["identity"], 1.5)
    end = weights_at(flow, start, 0.7)
    assert np.abs(end - start).max() > 0.1

    def charges(weights: Array) -> Array:
        squares = np.sum(weights**2, axis=3) / np.array(ties)[:, None]
        difference: Array = squares[:, 0] - squares[:, 1]
        return difference

    np.testing.assert_allclose(charges(end), charges(start), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("ties", ["sym", "2+1", "asym"])
@pytest.mark.parametrize("order", [3, 4])
def test_scaling_identity_seed_by_seed(order: int, ties: str) -> None:
    """L(t; sigma, c) = c^2 L(c^(2 - 2/nu) t; sigma c^(-1/nu), 1), theory of scaled targets."""
    ties = "2+2" if (order, ties) == (4, "2+1") else ties
    c = 2.5
    scaled = simulate(
        cp_problem(order=order, ties=ties, scale="c"),
        p=3,
        H=4,
        sigma=0.6,
        until=0.5,
        seeds=3,
        points=5,
        c=c,
    )
    plain = simulate(
        cp_problem(order=order, ties=ties),
        p=3,
        H=4,
        sigma=0.6 * c ** (-1 / order),
        until=0.5 * c ** (2 - 2 / order),
        seeds=3,
        points=5,
    )
    np.testing.assert_allclose(scaled.losses, c**2 * np.array(plain.losses), rtol=1e-6)


def test_descent_goes_down() -> None:
    run = simulate(cp_problem(order=3, ties="2+1"), p=3, H=5, sigma=0.7, until=4, seeds=10)
    assert all((np.diff(row) <= 1e-9).all() for row in run.losses)
    assert not any(run.blow_ups)


# -- against the exact series -------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "ties", "target", "decay", "p", "H", "sigma"),
    [
        (2, "sym", "identity", "0", 2, 3, Fraction(1, 2)),
        pytest.param(2, "asym", "identity", "1/2", 3, 2, Fraction(1, 2), marks=pytest.mark.full),
        (3, "2+1", "identity", "0", 2, 2, Fraction(1, 2)),
        pytest.param(3, "sym", "zero", "0", 3, 8, Fraction(1, 2), marks=pytest.mark.full),
        (3, "asym", "modular", "1/4", 3, 2, Fraction(1, 2)),
        (4, "sym", "identity", "0", 8, 8, Fraction(1, 4)),
    ],
)
def test_mean_against_the_exact_series(
    order: int, ties: str, target: str, decay: str, p: int, H: int, sigma: Fraction
) -> None:
    """Differences of 20000 losses at 0, t, 2t against Y_1 .. Y_4, within 4.5 standard errors.

    L(2t) - 2 L(t) + L(0) = Y_2 t^2 + Y_3 t^3 + 7/12 Y_4 t^4 + .., and
    4 L(t) - L(2t) - 3 L(0) = 2 Y_1 t - 2/3 Y_3 t^3 - 1/2 Y_4 t^4 - ..; the time is such that
    the terms of order 4 are about a hundredth.
    """
    problem = cp_problem(order=order, ties=ties, target=target, decay=decay)
    at = {"p": Fraction(p), "H": Fraction(H), "sigma": sigma}
    y = [float(sum(x for _, x in c.substitute(at))) for c in expand(problem, terms=4)]
    t = min(0.1 * abs(y[2] / y[3]), 0.1 * abs(y[2] / y[4]) ** 0.5)
    run = simulate(
        problem,
        p=p,
        H=H,
        sigma=float(sigma),
        until=2 * t,
        points=3,
        seeds=20_000,
        seed=7,
        settings=FlowSettings(tolerance=1e-11, check=False),
    )
    L = np.array(run.losses).T
    second, first = L[2] - 2 * L[1] + L[0], 4 * L[1] - L[2] - 3 * L[0]
    curved = y[2] * t**2 + y[3] * t**3 + 7 / 12 * y[4] * t**4
    sloping = 2 * y[1] * t - 2 / 3 * y[3] * t**3 - y[4] * t**4 / 2
    for values, expected, power in ((first, sloping, 0.5), (second, curved, 0.9)):
        error = values.std() / math.sqrt(len(values))
        assert abs(values.mean() - expected) < 4.5 * error
        assert 4.5 * error < power * abs(expected), "a factor of two would be seen"


# -- traps --------------------------------------------------------------------------------


def test_mean_and_median_at_a_hard_edge() -> None:
    """Order 2, p = H: the typical loss falls like e^(-8 t), the mean far more slowly."""
    run = simulate(cp_problem(order=2), p=16, H=16, sigma=0.25, until=3, points=4, seeds=200)
    typical = run.median[3] / run.median[2]
    average = run.mean[3] / run.mean[2]
    assert typical < math.exp(-6)
    assert average > math.exp(-3.5)
    assert run.mean[3] > 20 * run.median[3]


def test_ascent_has_no_mean() -> None:
    """At finite size some seeds blow up early: the mean is infinite, the median is not."""
    run = simulate(cp_problem(order=4), p=8, H=4, sigma=0.25, until=-0.01, points=3, seeds=150)
    assert math.isinf(run.mean[-1])
    assert math.isfinite(run.median[-1])
    assert 0 < (run.diverged or 0) < 0.5


def test_free_evolution_at_large_size() -> None:
    """Order 3 without ties, H fixed: (p^3 H sigma^6/2) (1 + 4 (p sigma^2)^2 t)^(-3/2)."""
    p, sigma = 48, 48**-0.5
    problem = cp_problem(order=3, ties="asym", target="zero")
    run = simulate(problem, p=p, H=2, sigma=sigma, until=1, points=5, seeds=12)
    for t, mean in zip(run.times, run.mean, strict=True):
        assert math.isclose(mean, 0.5 * 2 * (1 + 4 * t) ** -1.5, rel_tol=0.15)


# -- reproducible -------------------------------------------------------------------------


def test_jobs_change_nothing() -> None:
    size = {"p": 12, "H": 1400, "sigma": 0.1, "until": 0.02, "points": 3, "seeds": 5}
    assert 2 * size["p"] * size["H"] > TOGETHER, "every seed is a task of its own"
    problem = cp_problem(order=2, ties="asym")
    one = simulate(problem, **size, settings=FlowSettings(tolerance=1e-5))  # type: ignore[arg-type]
    assert simulate(problem, **size, settings=FlowSettings(tolerance=1e-5, jobs=3)) == one  # type: ignore[arg-type]


def test_seeds_are_the_same_in_any_company() -> None:
    problem = cp_problem(order=3)
    many = simulate(problem, p=3, H=3, sigma=0.5, until=1, seeds=9, points=4)
    few = simulate(problem, p=3, H=3, sigma=0.5, until=1, seeds=2, points=4)
    assert [row[0] for row in few.losses] == [row[0] for row in many.losses[:2]]
    np.testing.assert_allclose(few.losses, many.losses[:2], rtol=1e-9)
    other = simulate(problem, p=3, H=3, sigma=0.5, until=1, seeds=2, points=4, seed=1)
    assert {row[0] for row in other.losses}.isdisjoint(row[0] for row in many.losses)


def test_given_times() -> None:
    problem = cp_problem(order=2)
    size = {"p": 3, "H": 3, "sigma": 0.5, "seeds": 2}
    grid = simulate(problem, **size, until=2, points=5)  # type: ignore[arg-type]
    some = simulate(problem, **size, until=2, points=[0.5, 2.0])  # type: ignore[arg-type]
    assert some.times.tolist() == [0.5, 2.0]
    np.testing.assert_allclose(np.array(some.losses), np.array(grid.losses)[:, [1, 4]], rtol=1e-6)
