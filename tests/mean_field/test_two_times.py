"""Correlations and responses at two times: against known laws, and the curves of loss."""

from __future__ import annotations

import numpy as np
import pytest

from diagrams.errors import BadInput, OutsideDomain
from diagrams.mean_fields.mean_field import EXAMPLE, mean_field
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem

DELTA = 2.0
FREE = mean_field(
    cp_problem(order=3, ties="asym", target="zero"), {"p": 1, "H": "y*p^2", "sigma": "p^(-1/2)"}
)


def regression() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the law of the eigenvalues of X^T X (Marchenko, Pastur)."""
    theta = (np.arange(4000) + 0.5) * np.pi / 4000
    x = 1 + DELTA + 2 * np.sqrt(DELTA) * np.cos(theta)
    return x, 2 * DELTA * np.sin(theta) ** 2 / x / 4000


def test_regression_has_the_correlations_and_responses_of_its_spectrum() -> None:
    """Weights from zero: w(t) = (1 - exp(-x t)) t along an eigenvector of eigenvalue x."""
    problem = load_problem(EXAMPLE).with_observable("test")
    found = mean_field(problem, {"d": 1, "n": "delta*d"}).two_times(1.0, delta=DELTA)
    x, weight = regression()
    grown = 1 - np.exp(-np.outer(found.times, x))
    exact = (grown * weight) @ grown.T
    assert found.correlation("w") == pytest.approx(exact, abs=2e-4)
    step = found.times[1]
    response = found.response("source of X at sample to X at feature")
    for later in (1, 5, 20):
        ends = np.exp(-x * (later - 1) * step) - np.exp(-x * later * step)
        assert response[later, 0] == pytest.approx(-np.sum(weight * ends / x) / step, rel=1e-3)
        assert response[0, later] == 0


def test_the_output_of_melons_is_the_loss() -> None:
    found = FREE.two_times(0.5, y=1)
    curve = FREE.integrate([0.25, 0.5], y=1)
    output = np.diagonal(found.correlation("output")) / 2
    assert output[[60, 120]] == pytest.approx(curve.values, rel=1e-3)
    factors = found.correlation("u, v, w")
    assert factors == pytest.approx(factors.T)
    assert np.diagonal(found.response("u, v, w")) == pytest.approx(np.ones(121))


def test_a_map_is_drawn_with_names_on_its_axes() -> None:
    from matplotlib import pyplot

    found = FREE.two_times(0.5, 20, y=1)
    for name in ("", "R u, v, w"):
        axes = found.plot(name)
        assert axes.get_xlabel() == "t"
        assert axes.get_ylabel().startswith("s")
        assert len(axes.figure.axes) == 2  # a scale of colours beside it
        pyplot.close(axes.figure)
    with pytest.raises(BadInput, match="allowed: C u, v, w, C output, R u, v, w, R output"):
        found.plot("w")


def test_aging_is_drawn_over_delays() -> None:
    from matplotlib import pyplot

    found = FREE.two_times(0.5, waiting=[0.125], y=1)
    axes = found.plot("C u, v, w", waiting=[0.125])
    (line,) = axes.get_lines()
    assert line.get_label() == "waiting time 0.125"
    assert axes.get_xscale() == "log"
    delays, values = line.get_data()
    assert delays[-1] == pytest.approx(0.375)
    assert np.all(np.diff(values) < 0)
    with pytest.raises(BadInput, match="waiting times that the functions were asked for"):
        found.plot("C u, v, w", waiting=[0.2])
    pyplot.close(axes.figure)


def test_what_cannot_be_had_is_named() -> None:
    with pytest.raises(OutsideDomain, match="t = 1e\\+09 is beyond what rows can bear"):
        FREE.two_times(1e9, 8, y=3)
    with pytest.raises(BadInput, match="waiting: .* times above 0 and before 1"):
        FREE.two_times(1.0, waiting=[2], y=1)
    with pytest.raises(BadInput, match="an even number from 4 to 480"):
        FREE.two_times(1.0, 7, y=1)
    with pytest.raises(BadInput, match="until"):
        FREE.two_times(0.0, y=1)
    with pytest.raises(BadInput, match="allowed: u, v, w, output"):
        FREE.two_times(0.1, 8, y=1).correlation("x")
