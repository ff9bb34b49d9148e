"""Averages over initial tensors: against weights that are integrated themselves, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from command_line import Capture, refused, run

from diagrams import expand, load_problem
from diagrams.errors import BadInput
from diagrams.order_parameters.averaging import exact_start, means_are_exact
from diagrams.order_parameters.closing import close

MATRICES = """
families = {{inner = {{size = "h", index = "k"}}, row = {{size = "d", index = "i"}}}}
tensors.V = {{families = ["inner", "row"], role = "trained", variance = "sigma^2"}}
tensors.W = {{families = ["inner", "row"], role = "trained", variance = "sigma^2"}}
tensors.G = {{families = ["row", "row"], role = "frozen", variance = "{variance}"}}
model = {{output = "V[k,i] W[k,j]", target = "G[i,j]"}}
loss = {{kind = "squared error", over = ["i", "j"]}}
"""
RETRIEVAL = """
families = {feature = "d"}
tensors.w = {families = ["feature"], role = "trained", variance = "sigma^2"}
tensors.b = {families = ["feature"], role = "frozen", variance = "1/d"}
tensors.x = {families = ["feature"], role = "frozen", variance = 1}
model = {output = "w[i] w[j] x[i] x[j]", target = "b[i] b[j] x[i] x[j]"}
loss = {kind = "squared error", over = [], average = ["x"]}
"""
REGRESSION = """
families = {feature = "d"}
tensors.w = {families = ["feature"], role = "trained", variance = "sigma^2"}
tensors.b = {families = ["feature"], role = "frozen", variance = "1/d"}
tensors.x = {families = ["feature"], role = "frozen", variance = 1}
model = {output = "w[i] x[i]", target = "b[i] x[i]"}
loss = {kind = "squared error", over = [], average = ["x"]}
"""
AT = {"d": 3, "h": 2, "sigma": 0.5}


def matrices(seeds: int, until: float, steps: int) -> np.ndarray:
    """Losses of V^T W against G: the weights themselves, by Runge and Kutta's rule."""
    generator = np.random.default_rng(99)
    d, h, sigma = 3, 2, 0.5
    state = sigma * generator.standard_normal((2, seeds, h, d))
    target = generator.standard_normal((seeds, d, d)) / np.sqrt(d)

    def residual(u: np.ndarray) -> np.ndarray:
        return np.einsum("ski,skj->sij", u[0], u[1]) - target

    def velocity(u: np.ndarray) -> np.ndarray:
        r = residual(u)
        return -np.stack([np.einsum("sij,skj->ski", r, u[1]), np.einsum("sij,ski->skj", r, u[0])])

    dt = until / steps
    for _ in range(steps):
        a = velocity(state)
        b = velocity(state + dt / 2 * a)
        c = velocity(state + dt / 2 * b)
        state = state + dt / 6 * (a + 2 * b + 2 * c + velocity(state + dt * c))
    found: np.ndarray = (residual(state) ** 2).sum(axis=(1, 2)) / 2
    return found


def test_means_on_a_fixed_point_are_not_integrated() -> None:
    """E[L(0)] = d^2 h sigma^4 / 2 + d / 2, where the means say 0 for ever."""
    system = close(load_problem(MATRICES.format(variance="1/d")))
    start = exact_start(system, AT)
    assert start.fixed
    assert (start.means_value, start.means_slope) == (0, 0)
    assert start.value == pytest.approx(9 * 2 * 0.5**4 / 2 + 1.5)
    curves = system.average(AT, 2, points=3, draws=60)
    assert curves.loss_error is not None
    assert abs(curves.loss[0] - start.value) < 4 * curves.loss_error[0]
    direct = matrices(2000, 2.0, 80)
    apart = np.hypot(curves.loss_error[-1], direct.std() / np.sqrt(2000))
    assert abs(curves.loss[-1] - direct.mean()) < 4 * apart
    assert curves.loss[-1] < curves.loss[0] / 2
    assert curves.error < 1e-6
    assert "they are a fixed point" in str(curves.evidence)
    assert system.average(AT, 2, points=3).draws == 32


@pytest.mark.parametrize("text", [MATRICES.format(variance="1/d"), RETRIEVAL])
def test_the_exact_start_is_that_of_the_expansion_and_of_draws(text: str) -> None:
    problem = load_problem(text)
    system = close(problem)
    start = exact_start(system, AT if "h" in problem.symbols else {"d": 3, "sigma": 0.5})
    at = {name: value for name, value in AT.items() if name in problem.symbols}
    exact = expand(problem, 1)
    values = [float(exact.derivative(s).subs(at)) for s in (0, 1)]
    assert [start.value, start.slope] == pytest.approx(values)
    assert not means_are_exact(system, at)
    assert abs(start.means_value - values[0]) > 0.1 * values[0]
    curves = system.average(at, 1e-3, points=2, draws=100)
    assert curves.loss_error is not None
    assert abs(curves.loss[0] - values[0]) < 4 * curves.loss_error[0]


def test_means_are_integrated_where_averages_follow_them() -> None:
    """Regression: E|w - b|^2 falls by exp(-2t) in every draw."""
    system = close(load_problem(REGRESSION))
    at = {"d": 4, "sigma": 0.5}
    assert means_are_exact(system, at)
    curves = system.average(at, 1.5, points=4)
    assert (curves.draws, curves.start) == (0, "exact")
    wanted = (4 * 0.25 + 1) / 2 * np.exp(-2 * curves.times)
    assert curves.loss == pytest.approx(wanted, rel=1e-7)
    start = exact_start(system, at)
    assert start.value == pytest.approx(start.means_value)
    assert start.slope == pytest.approx(start.means_slope, rel=1e-9)


def test_a_start_that_is_not_random_is_one_trajectory() -> None:
    system = close(load_problem(MATRICES.format(variance="0")))
    curves = system.average({**AT, "sigma": 0}, 1, points=2)
    assert (curves.draws, curves.start) == (0, "exact")


def test_means_that_are_asked_for_are_called_means() -> None:
    system = close(load_problem(RETRIEVAL))
    curves = system.integrate({"d": 3, "sigma": 0.5}, 1, points=2)
    assert curves.start == "means"
    assert "which the average over initial tensors does not follow: at t = 0 exactly" in str(
        curves.evidence
    )
    with pytest.raises(BadInput, match="draws"):
        system.average({"d": 3, "sigma": 0.5}, 1, draws=-1)


def test_the_command_says_what_it_integrated(capsys: Capture, tmp_path: object) -> None:
    file = f"{tmp_path}/matrices.toml"
    with open(file, "w", encoding="utf-8") as out:
        out.write(MATRICES.format(variance="1/d"))
    words = ("close", file, "--at", "d=3,h=2,sigma=1/2", "--until", "2", "--points", "3")
    heads, first = [line.split() for line in run(capsys, *words).splitlines() if "    " in line][:2]
    assert heads[:5] == ["t/T", "E[L]", "std.", "error", "|V_W|"]
    assert float(first[1]) > 1.5
    assert float(first[2]) > 0.05
    means = run(capsys, *words, "--draws", "0")
    assert "L(means)" in means
    assert "E[L] = 2.0625" in means
    assert "draws" in refused(capsys, *words, "--draws", "x")
