"""Fluctuations under one-pass SGD: online linear regression by hand, and simulated runs."""

from __future__ import annotations

import numpy as np
import pytest

from diagrams.errors import BadInput
from diagrams.flow.integration import FlowStopped
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.fluctuations import noise, sgd_fluctuations
from diagrams.problems.files import parse_problem, read_problem
from tests.order_parameters.quadrature import grid

LINEAR = parse_problem("""
    families = {feature = "N"}
    tensors.w = {families = ["feature"], role = "trained", variance = 1}
    tensors.b = {families = ["feature"], role = "frozen", variance = 1}
    tensors.x = {families = ["feature"], role = "frozen", variance = 1}
    tensors.e = {families = [], role = "frozen", variance = "s"}
    model = {output = "w[i] x[i]", target = "b[i] x[i] + e[]"}
    loss = {kind = "squared error", over = [], average = ["x", "e"]}
    [observables]
    m = "w[i] b[i] / N"
    q = "w[i]^2 / N"
    r = "b[i]^2 / N"
    """)
SGD = close(LINEAR, step="eta")


def lms(w: np.ndarray, b: np.ndarray, x: np.ndarray, e: np.ndarray, eta: float) -> np.ndarray:
    """One step of least mean squares, a run in each row."""
    z = np.einsum("ri,ri->r", w - b, x) - e
    return w - eta * z[:, None] * x


def test_moments_of_a_step_by_quadrature() -> None:
    """E[dA dB]/eta for all pairs, at N = 2 and a step that is not small."""
    N, eta, s = 2, 0.4, 0.25
    generator = np.random.default_rng(0)
    w, b = generator.normal(size=N), generator.normal(size=N)
    points = grid(N + 1, 6)
    x, weights = np.array([a[:N] for a, _ in points]), np.array([c for _, c in points])
    e = np.array([a[N] for a, _ in points]) * s**0.5
    after = lms(np.repeat(w[None], len(x), 0), b, x, e, eta)
    change = {"m": (after - w) @ b / N, "q": ((after**2).sum(1) - w @ w) / N}
    values = {"m": w @ b / N, "q": w @ w / N, "r": b @ b / N}
    for one, other in (("m", "m"), ("m", "q"), ("q", "q")):
        found = 0.0
        for diagram, coefficient in noise(SGD, one, other):
            number = coefficient.substitute({"N": N}).to_sympy().subs({"eta": eta, "s": s})
            found += float(number) * np.prod([values[edge.tensor.name] for edge in diagram.edges])
        assert found == pytest.approx(weights @ (change[one] * change[other]) / eta, rel=1e-10)


def test_online_regression_at_size_40() -> None:
    """Mean and standard deviation of the overlaps, against 4000 runs."""
    N, steps, runs, s = 40, 60, 4000, 0.25
    eta = 0.5 / N
    generator = np.random.default_rng(1)
    b, w = generator.normal(size=N), generator.normal(size=N)
    start = {"m": w @ b / N, "q": w @ w / N, "r": b @ b / N}
    curves = SGD.fluctuations({"N": N, "eta": eta, "s": s}, steps, points=4, start=start)
    weights = np.repeat(w[None], runs, 0)
    for number in range(1, steps + 1):
        x = generator.standard_normal((runs, N))
        e = s**0.5 * generator.standard_normal(runs)
        weights = lms(weights, b, x, e, eta)
        if number % 20 == 0:
            row = number // 20
            for name, seen in (("m", weights @ b / N), ("q", (weights**2).sum(1) / N)):
                error = seen.std() / runs**0.5
                assert abs(curves.mean[name][row] - seen.mean()) < 5 * error + 2e-3
                assert curves.deviation[name][row] == pytest.approx(seen.std(), rel=0.1)
    assert curves.entries == (("m", ()), ("q", ()))
    assert curves.covariance.shape == (4, 2, 2)


def test_refusals() -> None:
    with pytest.raises(BadInput, match="with a step"):
        noise(close(LINEAR), "m", "m")
    for words in ({"steps": 0}, {"steps": 10, "points": 1}, {"steps": 10, "stages": 2}):
        with pytest.raises(BadInput, match=next(reversed(words))):
            sgd_fluctuations(SGD, {"N": 2, "eta": 0.1, "s": 1}, **words)


def test_a_mean_that_diverges() -> None:
    with pytest.raises(FlowStopped, match="fewer steps"):
        SGD.fluctuations({"N": 4, "eta": 9, "s": 1}, 4000)


@pytest.mark.full
def test_quadratic_networks_at_size_50() -> None:
    """Teacher and student: the first correction agrees within 1 %, the mean alone to 10 %."""
    problem = read_problem("docs/systems/quadratic_teacher_student.toml")
    system = close(problem, step="eta")
    p, ps, N, gamma, runs, steps = 2, 2, 50, 0.1, 3000, 1600
    generator = np.random.default_rng(8)
    basis = np.linalg.qr(generator.normal(size=(N, 4)))[0].T * N**0.5
    Ws, W = basis[:2], 0.5**0.5 * (0.3 * basis[:2] + 0.91**0.5 * basis[2:])
    start = {"M": W @ Ws.T / N, "Q": W @ W.T / N, "P": Ws @ Ws.T / N}
    at = {"p": p, "p_s": ps, "N": N, "q0": 1, "eta": gamma / N}
    curves = system.fluctuations(at, steps, points=9, start=start)
    weights = np.repeat(W[None], runs, 0)
    for number in range(1, steps + 1):
        x = generator.standard_normal((runs, N))
        h, t = np.einsum("rki,ri->rk", weights, x), x @ Ws.T
        z = (h**2).sum(1) / (p * N) - (t**2).sum(1) / (ps * N)
        weights = weights - 2 * gamma / N * (z[:, None] * h)[:, :, None] * x[:, None, :]
        if number % 200 == 0:
            row = number // 200
            Q = np.einsum("rki,rki->r", weights, weights) / N
            M = np.einsum("rki,mi->rkm", weights, Ws) / N
            squares = (curves.mean["M"][row] ** 2 + curves.deviation["M"][row] ** 2).sum()
            assert np.trace(curves.mean["Q"][row]) == pytest.approx(Q.mean(), rel=0.01)
            assert squares == pytest.approx((M**2).sum((1, 2)).mean(), rel=0.015)
