"""Quadratic teacher and student: derived equations against published ones, quadrature, and SGD."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy

from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import close
from diagrams.problems.files import read_problem
from diagrams.series.expansion import expand
from diagrams.series.levels import levels
from tests.order_parameters.quadrature import grid

FILE = Path(__file__).parents[2] / "docs" / "systems" / "quadratic_teacher_student.toml"
PROBLEM = read_problem(FILE)


@cache
def means() -> ClosedSystem:
    return close(PROBLEM)


@cache
def sgd() -> ClosedSystem:
    return close(PROBLEM, step="eta")


ANSATZ = {"Q[k,l]": "q delta[k,l] + r", "M[k,m]": "m", "P[m,n]": "delta[m,n]"}


def random_order_parameters(p: int, p_s: int, N: int, seed: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    W, W_s = generator.normal(size=(p, N)), generator.normal(size=(p_s, N))
    return {"M": W @ W_s.T / N, "Q": W @ W.T / N, "P": W_s @ W_s.T / N}


@pytest.mark.parametrize(("p", "p_s"), [(1, 1), (3, 2), (2, 4)])
def test_published_equations(p: int, p_s: int) -> None:
    """c = tr P/p* - tr Q/p; M' = 2cM + 4(MP/p* - QM/p); Q' = 4cQ + 8(M M^T/p* - Q^2/p)."""
    values = random_order_parameters(p, p_s, 7, seed=p)
    M, Q, P = values["M"], values["Q"], values["P"]
    c = np.trace(P) / p_s - np.trace(Q) / p
    found = means().rates({"N": 7, "p": p, "p_s": p_s, "q0": 1}, values)
    assert found["M"] == pytest.approx(2 * c * M + 4 * (M @ P / p_s - Q @ M / p), rel=1e-12)
    assert found["Q"] == pytest.approx(4 * c * Q + 8 * (M @ M.T / p_s - Q @ Q / p), rel=1e-12)


def test_the_names_are_those_of_the_file() -> None:
    assert means().names == ("M", "Q", "P")
    assert [g.moves for g in means().parameters] == [True, True, False]
    assert [family.name for family in means().eliminated] == ["feature"]
    text = means().text()
    assert (
        "Q' = 4*p_s**(-1) tr(P) Q - 4*p**(-1) tr(Q) Q + 8*p_s**(-1) M M^T - 8*p**(-1) Q^2" in text
    )
    assert means().equation("P").terms == ()


def test_plateau_escape_rate_and_loss() -> None:
    """q = p/(p+2); a small overlap grows at the rate 4/p*, whatever p; L = 1/(p+2) + 1/p*."""
    p, p_s, q, m, r = sympy.symbols("p p_s q m r")
    restricted = means().restrict(ANSATZ)
    assert restricted.variables == ("m", "q", "r")
    plateau = {q: p / (p + 2), m: 0, r: 0}
    slopes = [f.subs(plateau) for f in restricted.to_sympy().values()]
    assert [sympy.simplify(f) for f in slopes] == [0, 0, 0]
    jacobian = restricted.jacobian().subs(plateau).applyfunc(sympy.simplify)
    assert jacobian[0, :] == sympy.Matrix([[4 / p_s, 0, 0]])
    assert jacobian[1, 1] == -4
    loss = restricted.loss.to_sympy().subs(plateau)
    assert sympy.simplify(loss - 1 / (p + 2) - 1 / p_s) == 0
    alone = means().restrict({"Q[k,l]": "q delta[k,l]", "M[k,m]": "0", "P[m,n]": "delta[m,n]"})
    assert sympy.solve(*alone.to_sympy().values(), q) == [0, p / (p + 2)]


def test_the_infinite_size_limit_of_the_expansion() -> None:
    """Level N^0 of the exact Y_s is the Taylor coefficient of the closed equations at the means."""
    restricted = means().restrict({"Q[k,l]": "q delta[k,l]", "M[k,m]": "0", "P[m,n]": "delta[m,n]"})
    q, q0 = sympy.symbols("q q0")
    slope, derivative = restricted.to_sympy()[q], restricted.loss.to_sympy()
    exact = levels(expand(PROBLEM, 3), {"N": 1})
    for s in range(4):
        found = exact.level(s, 0).to_sympy()
        assert sympy.expand(found - derivative.subs(q, q0)) == 0
        derivative = sympy.diff(derivative, q) * slope


def population_slope(W: np.ndarray, W_s: np.ndarray) -> np.ndarray:
    """-p N dL/dW for L = E (x^T S x)^2 / 2, S = W^T W/(pN) - W_s^T W_s/(p*N)."""
    (p, N), p_s = W.shape, len(W_s)
    S = W.T @ W / (p * N) - W_s.T @ W_s / (p_s * N)
    return -2 * W @ (np.trace(S) * np.eye(N) + 2 * S)


def test_the_flow_of_all_weights() -> None:
    """Runge-Kutta in all p N weights, and the closed equations from the same start."""
    p, p_s, N = 3, 2, 12
    generator = np.random.default_rng(4)
    W, W_s = 0.6 * generator.normal(size=(p, N)), generator.normal(size=(p_s, N))
    start = {"M": W @ W_s.T / N, "Q": W @ W.T / N, "P": W_s @ W_s.T / N}
    curves = means().integrate({"p": p, "p_s": p_s, "N": N, "q0": 1}, 1, points=3, start=start)
    h = 2e-3
    for _ in range(500):
        k1 = population_slope(W, W_s)
        k2 = population_slope(W + h / 2 * k1, W_s)
        k3 = population_slope(W + h / 2 * k2, W_s)
        k4 = population_slope(W + h * k3, W_s)
        W = W + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    assert curves["Q"][-1] == pytest.approx(W @ W.T / N, abs=1e-8)
    assert curves["M"][-1] == pytest.approx(W @ W_s.T / N, abs=1e-8)


# -- one-pass SGD ------------------------------------------------------------------------------


def steps_of(W: np.ndarray, W_s: np.ndarray, x: np.ndarray, eta: float) -> np.ndarray:
    """One step of many runs: W (runs, p, N), one sample x (runs, N) each, rate p N."""
    h, t = np.einsum("rki,ri->rk", W, x), np.einsum("mi,ri->rm", W_s, x)
    (_, p, N), p_s = W.shape, len(W_s)
    z = (h**2).sum(1) / (p * N) - (t**2).sum(1) / (p_s * N)
    return W - 2 * eta * (z[:, None] * h)[:, :, None] * x[:, None, :]


def test_one_step_by_quadrature() -> None:
    """The mean change in a step is exact at every size: N = 2, and the step is not small."""
    p, p_s, N, eta = 2, 1, 2, 0.3
    generator = np.random.default_rng(6)
    W, W_s = generator.normal(size=(p, N)), generator.normal(size=(p_s, N))
    start = {"M": W @ W_s.T / N, "Q": W @ W.T / N, "P": W_s @ W_s.T / N}
    points = grid(N, 8)
    x, weights = np.array([a for a, _ in points]), np.array([b for _, b in points])
    after = steps_of(np.repeat(W[None], len(x), 0), W_s, x, eta)
    Q = np.einsum("r,rki,rli->kl", weights, after, after) / N
    found = sgd().rates({"p": p, "p_s": p_s, "N": N, "q0": 1, "eta": eta}, start)
    assert found["Q"] == pytest.approx((Q - start["Q"]) / eta, rel=1e-10)


def test_the_correction_of_one_step_at_size_50() -> None:
    """N eta -> (N + 6) eta in the noise: 12 % at N = 50, seen by sampling single steps."""
    p, p_s, N, eta, count = 2, 2, 50, 0.02, 100_000
    generator = np.random.default_rng(7)
    W, W_s = generator.normal(size=(p, N)), generator.normal(size=(p_s, N))
    start = {"M": W @ W_s.T / N, "Q": W @ W.T / N, "P": W_s @ W_s.T / N}
    at = {"p": p, "p_s": p_s, "N": N, "q0": 1}
    drift = np.trace(means().rates(at, start)["Q"])
    noise = np.trace(sgd().rates(at | {"eta": eta}, start)["Q"]) - drift
    parts = []
    for _ in range(10):
        x = generator.standard_normal((count // 10, N))
        step = (steps_of(np.repeat(W[None], len(x), 0), W_s, x, eta) - W) / eta
        parts.append(np.einsum("rki,rki->r", step, step) / N * eta)
    samples = np.concatenate(parts)
    error = samples.std() / count**0.5
    assert abs(samples.mean() - noise) < 4 * error
    assert abs(samples.mean() - noise * N / (N + 6)) > 4 * error


def test_simulated_sgd_at_size_50() -> None:
    """400 runs of one-pass SGD from one start; what is left are fluctuations of order 1/N."""
    p, p_s, N, gamma, runs, steps = 2, 2, 50, 0.1, 400, 600
    generator = np.random.default_rng(8)
    basis = np.linalg.qr(generator.normal(size=(N, 4)))[0].T * N**0.5
    W_s, W = basis[:2], 0.5**0.5 * (0.3 * basis[:2] + 0.91**0.5 * basis[2:])
    start = {"M": W @ W_s.T / N, "Q": W @ W.T / N, "P": W_s @ W_s.T / N}
    at = {"p": p, "p_s": p_s, "N": N, "q0": 1}
    eta = gamma / N
    derived = sgd().iterate(at | {"eta": eta}, steps, every=200, start=start)
    flow = means().integrate(at, steps * eta, points=4, start=start)
    weights = np.repeat(W[None], runs, 0)
    for number in range(1, steps + 1):
        weights = steps_of(weights, W_s, generator.standard_normal((runs, N)), eta)
        if number % 200 == 0:
            M = np.einsum("rki,mi->rkm", weights, W_s) / N
            seen = (M**2).sum((1, 2)).mean()
            row = number // 200
            predicted = (derived["M"][row] ** 2).sum()
            assert abs(predicted / seen - 1) < 0.1
    assert abs((flow["M"][3] ** 2).sum() - seen) > 4 * abs(predicted - seen)


def test_learning_rates_that_are_too_large() -> None:
    """Beyond the bound 8 g^2 (p+p*+4) + 8 g p* < p*(p+2), g = eta (N+6), the mean of Q grows."""
    p, p_s, N = 1, 1, 50
    at = {"p": p, "p_s": p_s, "N": N, "q0": 1}
    critical = np.roots([8 * (p + p_s + 4), 8 * p_s, -p_s * (p + 2)]).max()
    below = sgd().integrate(at | {"eta": 0.8 * critical / (N + 6)}, 20, points=2, tolerance=1e-5)
    above = sgd().integrate(at | {"eta": 1.2 * critical / (N + 6)}, 20, points=2, tolerance=1e-5)
    assert np.isfinite(below.loss).all()
    assert above.loss[-1] == np.inf
    assert sgd().iterate(at | {"eta": 0.1}, 100, every=100).loss[-1] == np.inf


def test_systems_are_values() -> None:
    again = close(read_problem(FILE))
    assert again == means()
    assert hash(again) == hash(means())
    assert ClosedSystem.from_json(means().to_json()) == means()
    assert ClosedSystem.from_json(sgd().to_json()) == sgd()
