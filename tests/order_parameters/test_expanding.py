"""Closed equations expanded around the means of their start, against quadrature over the start."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from diagrams import load_problem
from diagrams.errors import NotSolved
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.expanding import covariance, expanded
from diagrams.problems.files import parse_problem

NORM = parse_problem(
    """
    families = {feature = "N"}
    tensors.w = {families = ["feature"], role = "trained", variance = "q/N", rate = "N"}
    model = {output = "w[i] w[i]", target = "1"}
    loss = {kind = "squared error", over = []}
    """
)


def _by_quadrature(N: int, q: float, t: float) -> tuple[float, float]:
    """Mean and variance of L for x = |w|^2, whose law is that of chi squared."""
    parts = (np.arange(20000) + 0.5) / 20000
    x = q * chi2.ppf(parts, N) / N
    last = solve_ivp(lambda _, x: -4 * N * (x - 1) * x, (0, t), x, rtol=1e-10, atol=1e-12).y[:, -1]
    loss = (last - 1) ** 2 / 2
    return float(loss.mean()), float(loss.var())


def test_mean_and_variance_are_those_of_the_law_of_the_start() -> None:
    made = expanded(close(NORM))
    gaps = []
    for N in (40, 80, 160):
        t = 0.2 / N
        (numbers,) = [list(made.at({"N": N, "q": 1.5}).path([t], 1e-10))[1]]
        mean, variance = _by_quadrature(N, 1.5, t)
        gaps.append(abs(numbers[0] - mean))
        assert numbers[1] == pytest.approx(variance, rel=20 / N)
    for larger, smaller in pairwise(gaps):
        assert 3 < larger / smaller < 5  # the next order is right: what is left is 1/N^2


def test_without_the_deviations_the_gap_falls_like_one_over_the_size() -> None:
    gaps = []
    for N in (40, 160):
        mean, _ = _by_quadrature(N, 1.5, 0.2 / N)
        path = solve_ivp(lambda _, x: -4 * N * (x - 1) * x, (0, 0.2 / N), [1.5], rtol=1e-10)  # noqa: B023
        gaps.append(abs((path.y[0, -1] - 1) ** 2 / 2 - mean))
    assert 3 < gaps[0] / gaps[1] < 5


def test_covariances_of_the_start_are_exact() -> None:
    system = close(load_problem("docs/systems/phase_retrieval_population.toml"))
    found = covariance(system, system.names, {"N": 5, "q0": 3.0})
    assert np.array_equal(found, np.diag([2 * 5 * 9, 5 * 3, 2 * 5]))


def test_amplitudes_have_the_taylor_series_of_their_numbers() -> None:
    made = expanded(close(NORM))
    mean, variance = made.derivatives(4, 4)
    at = {"N": Fraction(20), "q": Fraction(3, 2)}
    step = 1e-3 / 20
    numbers = list(made.at({n: float(v) for n, v in at.items()}).path([step], 1e-12))[1]
    for sums, number in zip((mean, variance), numbers, strict=True):
        total = sum(
            float(c.substitute(at).terms[0][1]) * step**s / np.prod(range(1, s + 1))
            for s, c in enumerate(sums)
        )
        assert number == pytest.approx(total, rel=1e-9)


def test_functions_of_the_start_are_refused() -> None:
    with pytest.raises(NotSolved, match="averages of functions"):
        expanded(close(load_problem("docs/systems/soft_committee.toml")))
