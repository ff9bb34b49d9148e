"""Largest stable rates: known thresholds, eigenvalues of Hessians, steps on both sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import Capture, refused, run

from diagrams import close, cp_problem
from diagrams.errors import BadInput, NotSolved
from diagrams.problems.spec import parse_problem
from tests.series.test_batches import FRESH, REGRESSION


@pytest.mark.parametrize("size", [1, 4])
def test_batches_of_fresh_samples(size: int) -> None:
    """``2B/(N + B + 1)``: the second moment of a Gaussian gradient, by hand."""
    system = close(parse_problem(FRESH), step="eta", batch="B")
    found = system.stable_rate({"N": 5, "B": size}, {"w_w": 2.0, "w_b": 2.0, "b_b": 2.0})
    assert found.rate == pytest.approx(2 * size / (5 + size + 1), rel=1e-8)
    assert abs(found.factor) == pytest.approx(1)
    assert (found.modes, found.resting) == (2, 0)
    assert "fluctuations" not in str(found.evidence)
    for rate, stays in ((0.98 * found.rate, True), (1.02 * found.rate, False)):
        start = {"w_w": 2.01, "w_b": 2.0, "b_b": 2.0}
        last = system.iterate({"N": 5, "B": size, "eta": rate}, 800, start=start).loss[-1]
        assert bool(abs(last) < 1e-3) is stays


def test_what_means_leave_out_is_said() -> None:
    """Phase retrieval at N = 1: a deviation d moves to ``d (1 - eta g^4)``, g Gaussian, and its
    square by ``1 - 6 eta + 105 eta^2``; the means of overlaps alone are stable beyond 6/105.
    """
    system = close(
        parse_problem("""
        families = {feature = "N"}
        tensors.w = {families = ["feature"], role = "trained", variance = "1/N"}
        tensors.b = {families = ["feature"], role = "frozen", variance = "1/N"}
        tensors.x = {families = ["feature"], role = "frozen", variance = 1}
        model = {output = "w[i] x[i] w[j] x[j]", target = "b[i] x[i] b[j] x[j]"}
        loss = {kind = "squared error", over = [], average = ["x"], prefactor = "1/8"}
        """),
        step="eta",
    )
    found = system.stable_rate({"N": 1}, {"w_w": 1.0, "w_b": 1.0, "b_b": 1.0})
    assert found.rate > 6 / 105
    assert "fluctuations of order parameters" in str(found.evidence)


def test_given_data() -> None:
    """Gradient descent: two over the largest eigenvalue of the Hessian, other minima at rest."""
    x = np.random.default_rng(0).normal(size=(3, 5))
    system = close(parse_problem(REGRESSION), ["sample"], step="eta")
    w = np.random.default_rng(1).normal(size=5)
    point = {"w": w, "x_x": x.T @ x, "x_z": x.T @ (x @ w), "z_z": float((x @ w) @ (x @ w))}
    at = {"n": 3, "d": 5, "s": 1, "v": 1}
    found = system.stable_rate(at, point)
    assert found.rate == pytest.approx(2 * 3 / np.linalg.eigvalsh(x.T @ x)[-1], rel=1e-8)
    assert (found.modes, found.resting) == (5, 2)
    assert "error about" in str(found)
    assert "numerical" in str(found)


def test_factorisation() -> None:
    """``u^T u = 1``, square: deviations of the overlaps are multiplied by ``1 - 4 eta``."""
    system = close(cp_problem(order=2), ["feature"], step="eta")
    found = system.stable_rate({"p": 3, "H": 3, "sigma": 1}, {"u_u": np.eye(3)})
    assert found.rate == pytest.approx(0.5, rel=1e-8)
    with pytest.raises(NotSolved, match="unstable at every small rate"):
        system.stable_rate({"p": 3, "H": 3, "sigma": 1}, {"u_u": np.zeros((3, 3))})


def test_refusals() -> None:
    problem = parse_problem(FRESH)
    system = close(problem, step="eta")
    point = {"w_w": 2.0, "w_b": 2.0, "b_b": 2.0}
    with pytest.raises(BadInput, match="derived with a step"):
        close(problem).stable_rate({"N": 5}, point)
    with pytest.raises(BadInput, match="all symbols but the rate"):
        system.stable_rate({"N": 5, "eta": 1}, point)
    with pytest.raises(BadInput, match="no value of w_w"):
        system.stable_rate({"N": 5}, {"w_b": 2.0, "b_b": 2.0})
    with pytest.raises(BadInput, match="a point that no rate moves"):
        system.stable_rate({"N": 5}, {**point, "w_w": 1.0})


def test_command(tmp_path: Path, capsys: Capture) -> None:
    """The point is where the flow of a draw ends: zero loss, so that noise is at rest there."""
    file = tmp_path / "fresh.toml"
    file.write_text(FRESH)
    words = ("close", str(file), "--step", "eta", "--batch", "4", "--stable", "--until", "40")
    said = run(capsys, *words, "--at", "N=5", "--seed", "1")
    assert "stable up to the rate 0.8 " in said
    assert "step together with" in refused(
        capsys, "close", str(file), "--stable", "--at", "N=5", "--until", "4"
    )
