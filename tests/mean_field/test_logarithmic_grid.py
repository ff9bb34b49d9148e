"""The grid of late times: derivatives and integrals of functions whose integrals are known."""

from __future__ import annotations

import numpy as np
import pytest

from diagrams.mean_fields.logarithmic_grid import LogarithmicGrid
from diagrams.mean_fields.two_time_solver import History, Row, Step

GRID = LogarithmicGrid(0.004, 6, 0.1)
TIMES = np.append(0.0, 0.01 * np.exp(0.1 * np.arange(121)))


def step_of(function: object, number: int = 83) -> Step:
    """A step at which ``f`` has the values of a function of (t, s) at all rows."""
    assert callable(function)
    rows = np.array([function(t, GRID.theta * t) for t in TIMES])
    step = Step(History(GRID, TIMES, {"f": rows}), number)
    step.rows = {"f": Row(rows[number])}
    return step


def test_nodes_are_dense_at_both_ends_and_keep_the_distance_to_one() -> None:
    assert GRID.theta[0] == 0
    assert GRID.theta[-1] == 1
    assert np.all(np.diff(GRID.theta) > 0)
    assert GRID.left == pytest.approx(1 - GRID.theta)
    assert GRID.theta[1] < 1e-3
    assert GRID.left[-2] < 1e-3


def test_derivatives_are_those_of_polynomials() -> None:
    found = GRID.slope @ (GRID.theta**4 - GRID.theta)
    assert found[:-1] == pytest.approx(4 * GRID.theta[:-1] ** 3 - 1, abs=1e-9)


def test_integrals_over_the_past() -> None:
    """``f = exp(s - x)``, which is fast at late times, and one that depends on s/x alone."""
    step = step_of(lambda t, s: np.exp(s - t))
    t, s = step.time, GRID.theta * step.time
    kernel = Row(np.exp(s - t))  # exp(x - t)
    assert step.after(kernel, "f").value == pytest.approx((t - s) * np.exp(s - t), abs=2e-5)
    exact = (np.exp(s - t) - np.exp(-s - t)) / 2
    assert step.before(kernel, "f").value == pytest.approx(exact, abs=2e-5)
    assert step.whole(kernel).value == pytest.approx(1 - np.exp(-t), abs=1e-6)
    scale_free = step_of(lambda t, s: (s / np.maximum(t, 1e-300)) ** 2)
    after = scale_free.after(Row(np.ones(GRID.count)), "f").value
    assert after == pytest.approx(s - s**2 / t, abs=1e-4 * t)


def test_derivatives_by_unknowns_are_those_of_differences() -> None:
    step = step_of(lambda t, s: np.cos(s / 1000) * np.exp(s - t))
    values, eye = step["f"].value, np.eye(GRID.count)
    for integral in (step.after, step.before):
        step.rows["f"] = Row(values, eye)
        found = integral(step["f"] ** 2, "f")
        for place in (0, 7, GRID.count // 2, GRID.count - 2):
            moved = []
            for sign in (1, -1):
                step.rows["f"] = Row(values + sign * 1e-5 * eye[place])
                moved.append(integral(step["f"] ** 2, "f").value)
            slope = (moved[0] - moved[1]) / 2e-5
            assert found.slope is not None
            assert found.slope[:, place] == pytest.approx(slope, abs=1e-7)
