"""The integrator: errors, steps, exact solutions, blow-up, clocks of seeds."""

import itertools
import math

import numpy as np
import pytest

from diagrams.flow.integration import FlowStopped, Passage, integrate
from diagrams.flow.targets import Array


@pytest.mark.parametrize("tolerance", [1e-4, 1e-6, 1e-8, 1e-10])
def test_errors_follow_the_tolerance(tolerance: float) -> None:
    """Rotation and growth: errors at all times, those between steps included."""
    times = np.linspace(0, 4, 81)
    matrix = np.array([[0.3, 2.0], [-2.0, 0.3]])
    start = np.array([[1.0, 0.0], [3e-7, 4e-7]])
    found = integrate(
        lambda u: u @ matrix.T,
        lambda u: u[:, 0],
        start,
        times,
        tolerance=tolerance,
        steps=1000,
        order=2,
    )
    turned = np.cos(2 * times), np.sin(2 * times)
    for row, (a, b) in zip(found.values, start, strict=True):
        exact = np.exp(0.3 * times) * (a * turned[0] + b * turned[1])
        size = math.hypot(a, b) * math.exp(1.2)
        assert np.abs(row - exact).max() < 20 * tolerance * size
    assert found.steps[0] == found.steps[1], "the unit of the weights does not matter"


def test_fewer_steps_at_a_larger_tolerance() -> None:
    """Order 8: a tolerance 10^8 times smaller takes about ten times the steps."""
    counts = []
    for tolerance in (1e-3, 1e-11):
        found = integrate(
            lambda u: np.stack([u[:, 1], -u[:, 0]], axis=1),
            lambda u: u[:, 0],
            np.array([[1.0, 0.0]]),
            np.array([0.0, 50.0]),
            tolerance=tolerance,
            steps=10_000,
            order=2,
        )
        counts.append(found.steps[0])
    assert 5 < counts[1] / counts[0] < 20


@pytest.mark.parametrize("order", [2, 3, 4, 6])
def test_blow_up_of_a_power(order: int) -> None:
    """u' = u^(2 nu - 1) is infinite at t = u0^(2 - 2 nu) / (2 nu - 2)."""
    start = np.array([[0.5], [1.0], [2.0]])
    end = 1.1 * 1.0 / (2 * order - 2)
    found = integrate(
        lambda u: u ** (2 * order - 1),
        lambda u: u[:, 0],
        start,
        np.linspace(0, end, 14),
        tolerance=1e-9,
        steps=2000,
        order=order,
    )
    assert found.blow_ups[0] is None
    assert np.isfinite(found.values[0]).all()
    for row, u0 in ((1, 1.0), (2, 2.0)):
        exact = u0 ** (2 - 2 * order) / (2 * order - 2)
        blow_up = found.blow_ups[row]
        assert blow_up is not None
        assert math.isclose(blow_up.time, exact, rel_tol=1e-7)
        assert blow_up.lower < exact < blow_up.upper
        assert blow_up.upper - blow_up.lower < 1e-5 * exact
        beyond = np.linspace(0, end, 14) > exact
        assert (np.isinf(found.values[row]) == beyond).all()
    assert sum(found.steps) < 1500


def test_growth_without_blow_up_is_not_called_one() -> None:
    found = integrate(
        lambda u: 50 * u,
        lambda u: u[:, 0],
        np.array([[1e-8]]),
        np.array([0.0, 5.0]),
        tolerance=1e-8,
        steps=5000,
        order=4,
    )
    assert found.blow_ups == (None,)
    assert math.isclose(found.values[0, 1], 1e-8 * math.exp(250), rel_tol=1e-5)


def test_stiff_problems_are_refused() -> None:
    with pytest.raises(FlowStopped, match=r"steps: after 300 steps .* too stiff") as refusal:
        integrate(
            lambda u: -1e6 * (u - 1),
            lambda u: u[:, 0],
            np.array([[2.0]]),
            np.array([0.0, 1.0]),
            tolerance=1e-8,
            steps=300,
            order=2,
        )
    assert refusal.value.exit_code == 4


def test_numbers_that_become_too_large_are_refused() -> None:
    with pytest.raises(FlowStopped, match="range of floating point"):
        integrate(
            lambda u: 100 * u,
            lambda u: u[:, 0],
            np.array([[1.0]]),
            np.array([0.0, 50.0]),
            tolerance=1e-6,
            steps=100_000,
            order=2,
        )


def test_a_fixed_point_is_crossed_in_few_steps() -> None:
    found = integrate(
        lambda u: 0 * u,
        lambda u: u[:, 0],
        np.array([[2.0]]),
        np.array([1.0, 1e9]),
        tolerance=1e-8,
        steps=10,
        order=2,
    )
    np.testing.assert_allclose(found.values, 2.0, rtol=1e-15)


def test_every_seed_has_a_clock_of_its_own() -> None:
    """A seed does the same alone and in company, in the same number of steps."""

    def run(start: Array) -> tuple[Array, tuple[int, ...]]:
        seen: list[Passage] = []
        found = integrate(
            lambda u: -(u**3),
            lambda u: u[:, 0],
            start,
            np.linspace(0, 3, 7),
            tolerance=1e-8,
            steps=1000,
            order=2,
            seen=seen.append,
        )
        assert seen[-1].finished == len(start)
        assert seen[-1].steps == sum(found.steps)
        assert all(a.reached <= b.reached for a, b in itertools.pairwise(seen))
        return found.values, found.steps

    start = np.array([[0.1], [1.0], [5.0], [0.3]])
    together, steps = run(start)
    exact = start / np.sqrt(1 + 2 * start**2 * np.linspace(0, 3, 7))
    np.testing.assert_allclose(together, exact, rtol=1e-7)
    for row in range(4):
        alone, own = run(start[row : row + 1])
        np.testing.assert_allclose(alone[0], together[row], rtol=1e-7)
        assert abs(own[0] - steps[row]) <= 4
    assert len(set(steps)) > 1


@pytest.mark.parametrize("method", ["Radau", "BDF"])
def test_implicit_methods_cross_what_is_stiff(method: str) -> None:
    """u' = 1e6 u (1 - u) from 2 and from 1/2: at rest after 1e-5, for a million times as long."""
    found = integrate(
        lambda u: 1e6 * u * (1 - u),
        lambda u: u[:, 0],
        np.array([[2.0], [0.5]]),
        np.array([1e-6, 1.0]),
        tolerance=1e-6,
        steps=300,
        order=2,
        method=method,
    )
    at_first = [1 / (1 - math.exp(-1) / 2), 1 / (1 + math.exp(-1))]
    np.testing.assert_allclose(found.values[:, 0], at_first, rtol=1e-4)
    np.testing.assert_allclose(found.values[:, 1], 1.0, rtol=1e-6)
