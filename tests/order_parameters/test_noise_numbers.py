"""The noise of one-pass SGD in numbers, and points of rest: against fresh inputs, and published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diagrams import BadInput, close
from diagrams.order_parameters.resting import course, resting_points
from diagrams.problems.files import parse_problem

TEXT = (Path(__file__).parents[2] / "docs" / "systems" / "soft_committee.toml").read_text()
FUNCTIONS = {
    "relu": (lambda h: np.maximum(h, 0), lambda h: (h > 0) * 1.0),
    "tanh": (np.tanh, lambda h: 1 / np.cosh(h) ** 2),
}


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_the_noise_of_a_step_is_that_of_fresh_inputs(name: str) -> None:
    """``eta N/2 E[residual^2 f'(h_k) f'(h_l)]``, inputs of variance 1/2: averages of four."""
    problem = parse_problem(TEXT.replace("erf(", f"{name}("))
    sgd = close(problem, step="eta").leading({"N": 1, "eta": -1})
    function, slope = FUNCTIONS[name]
    generator = np.random.default_rng(4)
    W, V = generator.normal(size=(2, 2, 5))
    at = {"K": 2, "M": 2, "N": 7, "q": 1}
    point = {"R": W @ V.T, "Q": W @ W.T, "P": V @ V.T}
    found = sgd.rates(at | {"eta": 0.3}, point)["Q"] - close(problem).rates(at, point)["Q"]
    x = generator.normal(size=(400_000, 5)) / 2**0.5
    h = x @ W.T
    residual = function(h).sum(axis=1) - function(x @ V.T).sum(axis=1)
    parts = residual[:, None, None] ** 2 * slope(h)[:, :, None] * slope(h)[:, None, :]
    mean, error = (0.3 * 7 / 2 * y for y in (parts.mean(axis=0), parts.std(axis=0) / 400_000**0.5))
    assert (np.abs(found - mean) < 4.5 * error).all()
    assert (np.abs(mean) > 20 * error).all()


@pytest.mark.parametrize("units", [2, 3])
def test_a_curve_passes_the_published_plateau(units: int) -> None:
    """D. Saad and S. A. Solla, NIPS 8, 302: error and rate of escape, teachers orthonormal."""
    system = close(parse_problem(TEXT))
    at = {"K": units, "M": units, "N": 1, "q": 1}
    value = 1 / (units * (2 * units - 1)) ** 0.5
    R = np.full((units, units), value) + 0.01 * np.eye(units)
    Q = np.full((units, units), 1 / (2 * units - 1))
    start = {"R": R, "Q": Q, "P": np.eye(units)}
    curves = system.integrate(at, 60, points=31, start=start, tolerance=1e-6)
    plateau, *later = resting_points(system, at, curves)
    error = units / np.pi * (np.pi / 6 - units * np.arcsin(1 / (2 * units)))
    assert plateau.loss == pytest.approx(error, rel=1e-8)
    rate = 2 * units / np.pi * (2 * units - 1) ** -0.5 * (2 * units + 1) ** -1.5
    assert plateau.escape == pytest.approx(rate, abs=plateau.error)
    assert plateau.error < 5e-3 * rate
    assert all(point.escape is None and abs(point.loss) < 1e-8 for point in later)


def test_means_over_draws_have_no_points_of_rest() -> None:
    system = close(parse_problem(TEXT))
    at = {"K": 1, "M": 1, "N": 9, "q": 1}
    curves = system.average(at, 1, points=2, draws=2, tolerance=1e-6)
    with pytest.raises(BadInput, match="means over 2 draws"):
        resting_points(system, at, curves)


def test_a_symbol_is_followed_by_no_numbers() -> None:
    found = course(close(parse_problem(TEXT.replace("erf(", "phi("))))
    assert found.curves is None
    assert "phi" in found.refusal
