"""Starts without spread: published formulas, and the matrices themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import sympy

from diagrams import load_problem, solve
from diagrams.dynamics.roads.means.amplitudes import Amplitudes, at_means
from diagrams.dynamics.solution import Solution
from diagrams.order_parameters.closing import close

ROOT = Path(__file__).parents[2]
ROAD = "the means of order parameters"


@cache
def solution(path: str) -> Solution:
    problem = load_problem(str(ROOT / path))
    return solve(problem, "full")


def test_two_layers_follow_the_sigmoid() -> None:
    """Saxe, McClelland, Ganguli, arXiv 1312.6120: u(t) = s e^(2 s t)/(e^(2 s t) - 1 + s/u0)."""
    found = solution("docs/systems/balanced_two_layers.toml")
    assert (found.road, found.kind) == (ROAD, "explicit")
    d, s, u0, t, T = map(sympy.Symbol, ("d", "s", "u0", "t", "T"))
    grown = sympy.exp(2 * s * t / T)
    mode = s * grown / (grown - 1 + s / u0)
    assert sympy.simplify(found.expr - d * (s - mode) ** 2 / 2) == 0
    assert not any("finite size" in note for note in found.notes)
    assert [str(e.limit) for e in found.endings if e.condition == "s > 0"] == ["0"]


@pytest.mark.parametrize(("layers", "name"), [(3, "three"), (4, "four")])
def test_deeper_modes(layers: int, name: str) -> None:
    """There: tau du/dt = L u^(2 - 2/L) (s - u) for the product u of L balanced layers."""
    found = solution(f"benchmarks/files/{name}_fixed_factors.toml")
    assert (found.road, found.kind) == (ROAD, "implicit")
    ((integral, _),) = (c.args for c in found.conditions)
    ((inner, _, _),) = integral.limits
    velocity = 1 / integral.function
    units, y = sympy.symbols("N y")
    u = sympy.Symbol("u", positive=True)
    root = u ** sympy.Rational(1, layers)
    change = (velocity * layers * inner ** (layers - 1)).subs(units, 1).subs(inner, root)
    wanted = layers * u ** (2 - sympy.Rational(2, layers)) * (y - u)
    assert sympy.simplify(change - wanted) == 0


def flow(
    slope: Callable[[np.ndarray], np.ndarray], state: np.ndarray, time: float, steps: int = 400
) -> np.ndarray:
    h = time / steps
    for _ in range(steps):
        a = slope(state)
        b = slope(state + h / 2 * a)
        c = slope(state + h / 2 * b)
        state = state + h / 6 * (a + 2 * b + 2 * c + slope(state + h * c))
    return state


def test_numbers_of_deeper_modes() -> None:
    found = solution("benchmarks/files/three_fixed_factors.toml")
    units, y = 4, 2.0

    def slope(w: np.ndarray) -> np.ndarray:
        off = float(y - w.prod(0).sum())
        return off * np.array([w[1] * w[2], w[0] * w[2], w[0] * w[1]])

    end = flow(slope, np.full((3, units), 0.3), 0.5)
    wanted = (end.prod(0).sum() - y) ** 2 / 2
    value = found.evaluate(N=units, y=2, a="3/10", t="1/2", digits=12)
    assert float(value) == pytest.approx(wanted, rel=1e-9)


def amplitudes(path: str) -> Amplitudes:
    found = at_means(close(load_problem(str(ROOT / path)), ()))
    assert isinstance(found, Amplitudes)
    return found.reduced()


def test_in_context_learning_has_two_amplitudes() -> None:
    """The matrix stays a multiple of the identity; d U^2 - u^2 is constant under its equations.

    The loss: Zhang, Singh, Latham, Saxe, arXiv 2501.16265, at white covariance.
    """
    found = amplitudes("benchmarks/files/linear_attention.toml")
    n, d, z1, z2 = sympy.symbols("n d z1 z2")
    matrix, value = (v.to_sympy() for v in found.velocities)
    assert sympy.expand(d * z1 * matrix - z2 * value) == 0
    product = z1 * z2
    second_moment = 1 + (d + 1) / n
    wanted = d * (1 - 2 * product + second_moment * product**2) / 2
    assert sympy.expand(found.loss.to_sympy() - wanted) == 0
    assert [str(s) for s in found.starts] == ["c", "u0"]


@pytest.mark.full
def test_in_context_learning_from_a_balanced_start_is_logistic() -> None:
    """With u = sqrt(d) U the product P of both obeys P' = 2 sqrt(d) P (1 - (1 + (d+1)/n) P)."""
    found = solution("docs/systems/balanced_attention.toml")
    assert (found.road, found.kind) == (ROAD, "explicit")
    n, d, c, t, T = map(sympy.Symbol, ("n", "d", "c", "t", "T"))
    second_moment = 1 + (d + 1) / n
    grown = sympy.exp(2 * sympy.sqrt(d) * t / T)
    product = grown / (second_moment * (grown - 1) + 1 / (sympy.sqrt(d) * c**2))
    wanted = d * (1 - 2 * product + second_moment * product**2) / 2
    at = {n: 20, d: 9, c: sympy.Rational(1, 7), T: 2}
    for time in (0, sympy.Rational(1, 3), 2):
        difference = (found.expr - wanted).subs(at).subs(t, time)
        assert abs(difference.evalf(30)) < 1e-25
    late = found.plain(found.endings[0].limit)
    assert sympy.simplify(late - d * (d + 1) / (2 * (n + d + 1))) == 0


def test_patterns_that_the_flow_leaves_are_followed() -> None:
    """Two linear layers of all ones and of the identity: the matrices take both patterns."""
    problem = load_problem(
        """
        families = {feature = "d"}
        [tensors.A]
        families = ["feature", "feature"]
        role = "trained"
        variance = 0
        mean = {pattern = "delta", value = "a"}
        [tensors.B]
        families = ["feature", "feature"]
        role = "trained"
        variance = 0
        mean = {pattern = "constant", value = "b"}
        [model]
        output = "A[i,k] B[k,j]"
        target = "s delta[i,j]"
        [loss]
        kind = "squared error"
        over = ["i", "j"]
        """
    )
    found = at_means(close(problem, ()))
    assert isinstance(found, Amplitudes)
    found = found.reduced()
    assert len(found.names) == 4
    size, a, b, s = 5, 0.4, 0.3, 1.2

    def loss(at: np.ndarray) -> float:
        return float(((at[0] @ at[1] - s * np.eye(size)) ** 2).sum() / 2)

    def slope(at: np.ndarray) -> np.ndarray:
        off = at[0] @ at[1] - s * np.eye(size)
        return -np.array([off @ at[1].T, at[0].T @ off])

    step = 0.01
    values = []
    for time in (-step, 0.0, step):
        start = np.array([a * np.eye(size), np.full((size, size), b)])
        values.append(loss(flow(slope, start, time, 40) if time else start))
    zeroth, first, second = (
        float(y.substitute({"d": size}).to_sympy().subs({"a": a, "b": b, "s": s}))
        for y in islice(found.derivatives(), 3)
    )
    assert zeroth == pytest.approx(values[1])
    assert first == pytest.approx((values[2] - values[0]) / (2 * step), rel=1e-3)
    assert second == pytest.approx((values[2] - 2 * values[1] + values[0]) / step**2, rel=1e-3)
