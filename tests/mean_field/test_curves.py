"""Curves of mean-field equations: against a known law, against simulation, and what is refused."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest

from diagrams.errors import BadInput, Missing, OutsideDomain
from diagrams.flow import simulate
from diagrams.mean_fields.mean_field import EXAMPLE, mean_field
from diagrams.mean_fields.sampling import Sampled
from diagrams.problems.spec import load_problem
from tests.mean_field import problems as P

REGRESSION = mean_field(load_problem(EXAMPLE).with_observable("test"), {"d": 1, "n": "delta*d"})


def marchenko_pastur(times: np.ndarray, delta: float) -> np.ndarray:
    """Half the mean of exp(-2 x t) over the law of X^T X."""
    theta = (np.arange(2000) + 0.5) * np.pi / 2000
    x = 1 + delta + 2 * np.sqrt(delta) * np.cos(theta)
    weight = 2 * delta * np.sin(theta) ** 2 / x / 2000
    bulk = np.exp(-2 * np.outer(times, x)) @ weight
    return (bulk + max(0.0, 1 - delta)) / 2


def test_regression_is_a_laplace_transform_of_marchenko_and_pastur() -> None:
    """Linear sites carry no noise: only the grid is an error, and it is bounded."""
    curve = REGRESSION.integrate([0, 0.1, 0.4], delta=2)
    exact = marchenko_pastur(curve.times, 2.0)
    assert np.all(np.abs(curve.values - exact) <= curve.errors + 1e-12)
    assert np.max(curve.errors) < 1e-4


@pytest.mark.parametrize(
    ("text", "scaling", "at"),
    [
        (P.deep(3), {"N": 1}, {"g": 1.0, "y": 1.0}),
        (P.RANDOM_FEATURES, P.PROPORTIONAL, {"delta": 1.0, "nu": 2.0, "lambda": 0.5}),
        (P.QUADRATIC, {"d": 1, "N": "nu*d"}, {"m": 0.2, "nu": 2.0, "v": 0.2, "y": 1.0}),
    ],
)
def test_short_times_follow_the_taylor_coefficients(text: str, scaling: dict, at: dict) -> None:
    found = mean_field(load_problem(text), scaling)
    values = [float(y.to_sympy().subs(at)) for y in found.taylor(5)]
    grid = np.linspace(0, 0.1, 3)
    run = Sampled(found.equations, at, grid, 20000, 3).run()
    series = sum(y * grid**s / factorial(s) for s, y in enumerate(values))
    assert run == pytest.approx(series, rel=0.02)


@pytest.mark.full
def test_the_diagonal_net_lies_on_the_simulation() -> None:
    problem = load_problem("docs/systems/diagonal_linear.toml").with_observable("test")
    at = {"alpha": 1.0, "rho": 1.0}
    curve = mean_field(problem, {"d": 1, "n": "delta*d"}).integrate([0.5, 1.0, 2.0], delta=1, **at)
    run = simulate(
        problem, at={"n": 200, "d": 200, **at}, until=2, seeds=24, points=5, observables=["test"]
    )
    mean, error = run.observable("test").mean, run.observable("test").standard_error
    for value, own, place in zip(curve.values, curve.errors, (1, 2, 4), strict=True):
        assert abs(value - mean[place]) < own + 4 * error[place] + 0.01


def test_bad_numbers_and_times() -> None:
    with pytest.raises(Missing, match="no value of delta"):
        REGRESSION.integrate([1])
    with pytest.raises(BadInput, match="'q' is not allowed"):
        REGRESSION.integrate([1], delta=1, q=2)
    for times in ([], [1, 0.5], [-1], [float("nan")]):
        with pytest.raises(BadInput, match="times"):
            REGRESSION.integrate(times, delta=1)
    with pytest.raises(OutsideDomain, match="beyond what .* steps can bear"):
        REGRESSION.integrate([1e4], delta=1)
