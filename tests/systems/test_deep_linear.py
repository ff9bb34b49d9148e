"""Deep linear networks: what the pages derive, against derivations without diagrams.

Two layers on one sample close in P = K + 2 gamma f and Q = K - 2 gamma f, which start as
independent chi^2 variables; deeper ones are compared with plain NumPy.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial, prod
from pathlib import Path

import numpy as np
import pytest

from diagrams.errors import BadInput
from diagrams.flow import FlowSettings, simulate
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.files import read_problem
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import expand
from diagrams.series.levels import levels
from diagrams.series.spectra import split_levels, trace_moment
from tests.truth.deep_linear import deep_linear

FOLDER = Path(__file__).parents[2] / "docs" / "systems"
N, GAMMA, Y = (Polynomial.symbol(name) for name in ("N", "gamma", "y"))
Moments = dict[tuple[int, int], Polynomial]
"""Polynomials in P and Q: powers of both, and a coefficient."""


def one(power: tuple[int, int], value: Polynomial) -> Moments:
    return {power: value}


def times(left: Moments, right: Moments) -> Moments:
    found: Moments = {}
    for (i, j), a in left.items():
        for (k, m), b in right.items():
            found[i + k, j + m] = found.get((i + k, j + m), Polynomial()) + a * b
    return found


def plus(*parts: Moments) -> Moments:
    found: Moments = {}
    for part in parts:
        for power, value in part.items():
            found[power] = found.get(power, Polynomial()) + value
    return found


UNIT = Polynomial.constant(1)
OUTPUT = plus(one((1, 0), GAMMA**-1 / 4), one((0, 1), -(GAMMA**-1) / 4))
KERNEL = plus(one((1, 0), UNIT / 2), one((0, 1), UNIT / 2))
FORCE = plus(
    one((0, 0), 2 * GAMMA * Y), {power: -2 * GAMMA * value for power, value in OUTPUT.items()}
)


def closed_flow(g: Moments) -> Moments:
    """P' = 2 gamma P (y - f), Q' = -2 gamma Q (y - f)."""
    euler = {(i, j): (i - j) * value for (i, j), value in g.items() if i != j}
    return times(FORCE, euler)


def closed_mean(g: Moments) -> Polynomial:
    """P and Q are 2/N times chi^2 variables with N degrees of freedom."""

    def moment(k: int) -> Polynomial:
        return (2 * N**-1) ** k * prod((N + 2 * j for j in range(k)), start=UNIT)

    return sum((c * moment(i) * moment(j) for (i, j), c in g.items()), start=Polynomial())


@pytest.mark.parametrize(
    ("text", "start", "terms"),
    [
        ("kernel", KERNEL, 7),
        ("output", OUTPUT, 7),
        ("kernel^2 output", times(times(KERNEL, KERNEL), OUTPUT), 4),
        ("output^3", times(times(OUTPUT, OUTPUT), OUTPUT), 4),
    ],
)
def test_two_layers_close_at_every_width(text: str, start: Moments, terms: int) -> None:
    series = expand(read_problem(FOLDER / "deep_linear_mean_field.toml"), terms, observable=text)
    g = start
    for s in range(terms + 1):
        assert series.coefficient(s) == closed_mean(g), s
        g = closed_flow(g)


def test_third_cumulant_of_the_output() -> None:
    """From moments of the closed system; of order N^-2, and zero at the start."""
    problem = read_problem(FOLDER / "deep_linear_mean_field.toml")
    found = levels(cumulant(problem, ("output",) * 3, 3), {"N": 1}, 1).column(-2)
    assert found[:3] == (Polynomial(), 12 * Y * GAMMA**-2, -240 * Y * GAMMA**-2)
    assert found[3] == 432 * Y**3 + 3264 * Y * GAMMA**-2


def closed_solution(
    P0: np.ndarray, Q0: np.ndarray, t: float, gamma: float, y: float
) -> tuple[np.ndarray, np.ndarray]:
    """Output and kernel at a time, by the Riccati equation of z = exp(2 gamma int (y - f))."""
    D = np.sqrt(P0 * Q0 + 4 * gamma**2 * y**2)
    above, below = (2 * gamma * y + D) / P0, (2 * gamma * y - D) / P0
    c = (1 - above) / (1 - below) * np.exp(-D * t)
    z = (above - c * below) / (1 - c)
    return (P0 * z - Q0 / z) / (4 * gamma), (P0 * z + Q0 / z) / 2


def test_trajectories_of_two_layers() -> None:
    """Every seed of the simulator follows the solution from its own output and kernel."""
    problem = read_problem(FOLDER / "deep_linear_mean_field.toml")
    gamma, y = 0.8, 1.5
    run = simulate(
        problem,
        N=3,
        gamma=gamma,
        y=y,
        until=2,
        points=5,
        seeds=40,
        settings=FlowSettings(check=False),
        observables=["output", "kernel"],
    )
    f, K = (np.array(run.observable(name).rows) for name in ("output", "kernel"))
    P0, Q0 = K[:, 0] + 2 * gamma * f[:, 0], K[:, 0] - 2 * gamma * f[:, 0]
    for place, t in enumerate(run.times):
        output, kernel = closed_solution(P0, Q0, t, gamma, y)
        np.testing.assert_allclose(f[:, place], output, atol=1e-6)
        np.testing.assert_allclose(K[:, place], kernel, atol=1e-6)


def test_kernel_at_the_end_of_training() -> None:
    """N (E K - 2 sqrt(1 + c)) -> -(1 + c)^(-3/2) with c = gamma^2 y^2, from samples of P and Q."""
    generator = np.random.default_rng(0)
    width, count, c = 200, 400_000, 1.0
    P, Q = 2 / width * generator.chisquare(width, (2, count))
    # the linear part of the fluctuations has mean zero and is taken out
    gap = np.sqrt(P * Q + 4 * c) - 2 * np.sqrt(1 + c) - ((P - 2) + (Q - 2)) / np.sqrt(4 + 4 * c)
    error = width * gap.std() / np.sqrt(count)
    assert abs(width * gap.mean() + (1 + c) ** -1.5) < 5 * error + 3 / width


@pytest.mark.parametrize("layers", [2, 3, 4, pytest.param(5, marks=pytest.mark.full)])
def test_depth(layers: int) -> None:
    L, problem = layers, deep_linear(layers)
    moved = levels(expand(problem, 2, observable="kernel"), {"N": 1}, 2)
    third = Fraction(1, 3)
    assert moved.level(0, 0) == Polynomial.constant(L)
    assert moved.level(1, -1) == Polynomial.constant(-2 * third * L * (L * L - 1))
    assert moved.level(2, 0) == 2 * third * L * L * (L * L - 1) * GAMMA**2 * Y**2
    spread = levels(cumulant(problem, ("kernel", "kernel"), 0), {"N": 1}, 1)
    assert spread.level(0, -1) == Polynomial.constant(2 * third * L * (L - 1) * (2 * L - 1))
    output = levels(cumulant(problem, ("output", "output"), 1), {"N": 1}, 1)
    assert output.column(-1) == (GAMMA**-2, -2 * L * GAMMA**-2)


def test_three_layers_by_differences() -> None:
    """First and second derivatives of kernel and traces at random weights, in plain NumPy."""
    width, gamma, y, seeds, h = 4, 1.0, 1.0, 40_000, 0.01
    generator = np.random.default_rng(3)
    w, u = generator.standard_normal((2, seeds, width))
    W = generator.standard_normal((seeds, width, width))

    def velocity(state: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        w, W, u = state
        Wu, wW = np.einsum("sij,sj->si", W, u), np.einsum("si,sij->sj", w, W)
        output = (w * Wu).sum(1) / (gamma * width**1.5)
        force = gamma / width**0.5 * (y - output)
        left = force[:, None]
        return left * Wu, force[:, None, None] * w[:, :, None] * u[:, None, :], left * wW

    def observed(state: tuple[np.ndarray, ...]) -> np.ndarray:
        w, W, u = state
        Wu, wW = np.einsum("sij,sj->si", W, u), np.einsum("si,sij->sj", w, W)
        kernel = (Wu**2).sum(1) + (wW**2).sum(1) + (w**2).sum(1) * (u**2).sum(1)
        gram = W @ W.swapaxes(1, 2) / width
        return np.stack([kernel / width**2, np.einsum("sij,sji->s", gram, gram)])

    def moved(state: tuple[np.ndarray, ...], step: float) -> tuple[np.ndarray, ...]:
        k1 = velocity(state)
        k2 = velocity(tuple(x + step / 2 * k for x, k in zip(state, k1, strict=True)))
        k3 = velocity(tuple(x + step / 2 * k for x, k in zip(state, k2, strict=True)))
        k4 = velocity(tuple(x + step * k for x, k in zip(state, k3, strict=True)))
        return tuple(
            x + step / 6 * (a + 2 * b + 2 * c + d)
            for x, a, b, c, d in zip(state, k1, k2, k3, k4, strict=True)
        )

    problem = deep_linear(3)
    start = (w, W, u)
    ahead, here, back = (observed(moved(start, step)) for step in (h, 0.0, -h))
    values = {"N": Polynomial.constant(width), "gamma": UNIT, "y": UNIT}
    for place, text in enumerate(("kernel", trace_moment("W1", 2, "N"))):
        series = expand(problem, 1, observable=text)
        samples = (here[place], (ahead[place] - back[place]) / (2 * h))
        for s, sample in enumerate(samples):
            exact = float(sum(c for _, c in series.coefficient(s).substitute(values).terms))
            error = sample.std() / seeds**0.5
            assert abs(sample.mean() - exact) < 4.5 * error + 0.01 * abs(exact), (text, s)


# -- spectra ------------------------------------------------------------------------------


def rescaled(k: int, s: int) -> Polynomial:
    """The s-th derivative of k C_k gamma^2 f0^2 / 3 with f0 = y (1 - exp(-3 t))."""
    square = (-3) ** s * (-2) + (-6) ** s if s else 0
    return Fraction(k * comb(2 * k, k) * square, 3 * (k + 1)) * GAMMA**2 * Y**2


@pytest.mark.parametrize(
    ("k", "terms"),
    [(1, 4), (2, 4), (3, 3), (4, 3), (6, 2), pytest.param(3, 4, marks=pytest.mark.full),
     pytest.param(4, 4, marks=pytest.mark.full), pytest.param(1, 5, marks=pytest.mark.full)],
)  # fmt: skip
def test_what_training_adds_to_trace_moments(k: int, terms: int) -> None:
    split = split_levels(deep_linear(3), {"k": trace_moment("W1", k, "N")}, terms, {"N": 1})
    assert not any(split.moved("k", 1))
    catalan = comb(2 * k, k) // (k + 1)
    assert split.baseline("k", 1) == Polynomial.constant(catalan)
    for s, found in enumerate(split.moved("k", 0), 1):
        second = Polynomial.from_terms(
            (powers, c) for powers, c in found.terms if dict(powers)["y"] == 2
        )
        assert second == rescaled(k, s), s
        fourth = found - second
        if s < 4:
            assert not fourth
        elif s == 4:
            modes = 4 * comb(2 * k, k - 1) + 11 * (comb(2 * k, k - 2) if k > 1 else 0)
            assert fourth == 24 * modes * GAMMA**4 * Y**4
    assert split.table("k").leading(2)[0] == 0


@pytest.mark.parametrize("layers", [3, 4])
def test_ntk_is_mup_at_small_gamma(layers: int) -> None:
    text = trace_moment("W1", 2, "N")
    rich = expand(deep_linear(layers), 2, observable=text)
    lazy = expand(deep_linear(layers, "NTK"), 2, observable=text)
    at = {"gamma": N ** Fraction(-1, 2)}
    assert tuple(c.substitute(at) for c in rich) == lazy.coefficients
    second = levels(rich, {"N": 1}).level(2, 0)
    assert second == 2 * layers * comb(4, 1) * GAMMA**2 * Y**2
    split = split_levels(deep_linear(layers, "NTK"), {"k": text}, 2, {"N": 1})
    assert split.table("k").leading(2)[0] == -1
    assert str(split).startswith("observable  level  untrained  Y_1")
    assert r"\text{k} & N^{1} & 2 & 0 & 0" in split.to_latex()
    assert split.table("k").level(0, 1) == split.baseline("k", 1)


def test_refusals() -> None:
    problem = deep_linear(3)
    for k in (0, 13, True, "1"):
        with pytest.raises(BadInput, match="k: "):
            trace_moment("W1", k, "N")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="tensor"):
        trace_moment("W 1", 1)
    with pytest.raises(BadInput, match="observables"):
        split_levels(problem, {}, 1, {"N": 1})
    split = split_levels(problem, {"norm": "u[i]^2"}, 1, {"N": 1})
    with pytest.raises(BadInput, match="norm"):
        split.baseline("k", 1)


def test_conserved_traces_and_their_fluctuations() -> None:
    problem = read_problem(FOLDER / "deep_linear_spectrum_mup.toml")
    for text, start in (
        ("W[i,j]^2/N - u[i]^2/N", N - 1),
        (
            "W[i,j] W[k,j] W[k,l] W[i,l] - 2 W[i,j] W[i,k] u[j] u[k] + u[i]^2 u[j]^2",
            2 * N**3 + 2 * N,
        ),
    ):
        kept = expand(problem, 2, observable=text)
        assert kept.coefficients == (start, Polynomial(), Polynomial())
    spread = cumulant(problem, ("trace1", "trace1"), 2)
    assert spread.coefficient(0) == Polynomial.constant(2)
    assert levels(spread, {"N": 1}, 2).level(2, -1) == 24 * GAMMA**2 * Y**2


def test_trace_moments_follow_the_simulation() -> None:
    """Tr (W W^T/N)^2 after minus before, of the same seeds, against orders up to 3."""
    problem = read_problem(FOLDER / "deep_linear_spectrum_mup.toml")
    run = simulate(
        problem,
        N=8,
        gamma=1,
        y=2,
        until=0.02,
        points=[0, 0.02],
        seeds=3000,
        settings=FlowSettings(check=False),
        observables=["trace2"],
    )
    rows = np.array(run.observable("trace2").rows)
    moved = rows[:, 1] - rows[:, 0]
    series = expand(problem, 3, observable="trace2")
    values = {"N": Polynomial.constant(8), "gamma": UNIT, "y": Polynomial.constant(2)}
    numbers = [float(sum(c for _, c in p.substitute(values).terms)) for p in series]
    expected = sum(c * 0.02**s / factorial(s) for s, c in enumerate(numbers) if s)
    assert abs(moved.mean() - expected) < 4.5 * moved.std() / len(moved) ** 0.5 + 0.1 * abs(
        expected
    )
