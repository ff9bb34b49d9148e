"""Kernels that stay random by their data: against Wick sums, published laws, and direct algebra."""

from __future__ import annotations

from functools import cache
from math import comb
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sympy

from diagrams import load_problem, solve
from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.roads.spectra.algebraic import Bulk
from diagrams.dynamics.roads.spectra.chains import Chains, Letter
from diagrams.dynamics.roads.spectra.ends import _may_touch
from diagrams.dynamics.roads.spectra.planar import Planar
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.expectation import value

ROOT = Path(__file__).parents[2]
ROAD = "the spectrum of the kernel"
N, D, H = IndexFamily("sample", "n"), IndexFamily("feature", "d"), IndexFamily("hidden", "H")
X = Tensor("X", (N, D), Role.FROZEN)
W = Tensor("W", (H, D), Role.FROZEN)
SAMPLES = (Letter(X, 0), Letter(X, 1))
FEATURES = (Letter(X, 0), Letter(W, 1), Letter(W, 0), Letter(X, 1))


@cache
def solution(path: str, regime: str = "full") -> Solution:
    return solve(load_problem(str(ROOT / path)), regime)


def planar(kernel: tuple[Letter, ...], square: tuple[Letter, ...] = ()) -> Planar:
    one = Polynomial.constant(1)
    return Planar(Chains(((kernel, one),), 0), Chains(((square, one),), 0), N.count)


def test_moments_of_one_matrix_are_narayana_polynomials() -> None:
    n, d = Polynomial.symbol("n"), Polynomial.symbol("d")
    for s, moment in enumerate(planar(SAMPLES).moments(5)[1:], 1):
        wanted = sum(
            (n**k * d ** (s - k + 1) * (comb(s, k) * comb(s, k - 1) // s) for k in range(1, s + 1)),
            Polynomial(),
        )
        assert moment == wanted


@pytest.mark.parametrize("square", [(), SAMPLES])
def test_moments_of_a_product_lead_the_wick_sums(square: tuple[Letter, ...]) -> None:
    """All pairings of ``tr((X W^T W X^T)^s R)``, of which the planar ones lead."""
    for s, moment in enumerate(planar(FEATURES, square).moments(2)):
        factors, here = [], 0
        word = square + FEATURES * s
        for place, letter in enumerate(word):
            ends = [f"i{here}", f"i{(place + 1) % len(word)}"]
            factors.append((letter.tensor, ends if letter.slot == 0 else ends[::-1]))
            here = place + 1
        exact = value(Diagram.of(*factors)) if word else N.count
        assert moment == leading_part(exact, {"n": 1, "d": 1, "H": 1})


def curve(n: int, d: int, decay: float, times: list[float]) -> np.ndarray:
    """The loss of ridge regression by the singular values of one draw of the samples."""
    random = np.random.default_rng(3)
    samples = random.normal(size=(n, d)) / np.sqrt(d)
    x = np.zeros(n)
    x[: min(n, d)] = np.linalg.svd(samples, compute_uv=False) ** 2
    found = []
    for t in times:
        held = (decay + x * np.exp(-(x + decay) * t)) / (x + decay)
        found.append(float(((1.5 * x + 0.5) * held**2).sum() / 2))
    return np.array(found)


@pytest.mark.parametrize(
    ("n", "d"),
    [
        (420, 280),
        pytest.param(280, 420, marks=pytest.mark.full),
        pytest.param(300, 300, marks=pytest.mark.full),
    ],
)
def test_ridge_regression_against_a_draw(n: int, d: int) -> None:
    ridge = solution("docs/systems/ridge_regression.toml")
    assert ridge.road == ROAD
    assert ridge.kind == "quadrature"
    times = [0.5, 2.0, 8.0]
    at = {"n": n, "d": d, "rho": "3/2", "v": "1/2", "lambda": "1/5"}
    found = [float(ridge.evaluate(at, t=str(t), size_limit=True)) for t in times]
    assert found == pytest.approx(curve(n, d, 0.2, times), rel=0.03)


def test_the_late_loss_is_that_of_ridge_regression() -> None:
    """Hastie, Montanari, Rosset, Tibshirani (Annals of Statistics 50, 2022), m(-z) for MP's law."""
    late = solution("docs/systems/ridge_regression.toml").endings[0]
    assert late.time == sympy.oo
    assert late.limit is not None
    n, d, ridge, rho, v = map(sympy.Symbol, ("n", "d", "lambda", "rho", "v"))
    z = sympy.Symbol("z")
    gamma = d / n
    root = sympy.sqrt((1 - gamma + z) ** 2 + 4 * gamma * z)
    m = (root - (1 - gamma + z)) / (2 * gamma * z)  # of X^T X d/n, whose rows have unit variance
    transform = d * (m * d / n).subs(z, z * d / n)  # tr (X^T X + z)^-1
    others = transform + (n - d) / z  # tr (X X^T + z)^-1
    squared = -sympy.diff(others, z)
    wanted = z**2 / 2 * (v * squared + rho * (others - z * squared))
    for point in ((60, 40, "1/3"), (40, 60, "2"), (50, 50, "1/9")):
        at = {n: point[0], d: point[1], ridge: sympy.Rational(point[2]), rho: 3, v: 2}
        right = wanted.subs(z, ridge).subs(at)
        assert abs(sympy.N(late.limit.subs(at) - right, 30)) < 1e-20


def test_the_lazy_diagonal_network_is_a_bessel_function() -> None:
    lazy = solution("docs/systems/diagonal_linear.toml", "F-G")
    assert (lazy.road, lazy.kind) == (ROAD, "explicit")
    n, d, alpha, rho, t, T = map(sympy.Symbol, ("n", "d", "alpha", "rho", "t", "T"))
    x = 8 * alpha**2 * sympy.sqrt(n) * t / (sympy.sqrt(d) * T)
    wanted = n * rho / 2 * (sympy.besseli(0, x) - sympy.besseli(2, x))
    wanted = wanted * sympy.exp(-4 * alpha**2 * (n + d) * t / (d * T))
    assert sympy.simplify(lazy.expr / wanted) == 1
    # the test error at n = d, e^(-z) (I_0 + I_1)(z) rho/2 with z = 8 alpha^2 t, loses 4 alpha^2/T
    # of the train error per sample in a unit of time
    z = 8 * alpha**2 * t
    error = rho / 2 * sympy.exp(-z) * (sympy.besseli(0, z) + sympy.besseli(1, z))
    at = {alpha: sympy.Rational(2, 3), t: sympy.Rational(3, 4), rho: 3}
    left = -sympy.diff(error, t).subs(at).evalf(30)
    right = (4 * alpha**2 * lazy.expr / n).subs({n: 7, d: 7, T: 1}).subs(at).evalf(30)
    assert abs(left - right) < 1e-25


def test_random_features_against_a_draw() -> None:
    features = solution("benchmarks/files/random_features.toml")
    assert (features.road, features.kind) == (ROAD, "quadrature")
    width, n, d = 500, 400, 300
    random = np.random.default_rng(5)
    frozen = random.normal(size=(width, d)) / np.sqrt(d)
    x = random.normal(size=(n, d))
    output = x @ frozen.T / np.sqrt(width)
    rates, modes = np.linalg.eigh(output @ output.T)
    teacher = (modes.T @ x) ** 2 / d
    start = ((modes.T @ output) ** 2).sum(1) + teacher.sum(1)
    for t in (0.3, 3.0, 30.0):
        drawn = float((start * np.exp(-2 * rates * t)).sum() / 2)
        found = features.evaluate(N=width, n=n, d=d, t=str(t), size_limit=True)
        assert float(found) == pytest.approx(drawn, rel=0.03)
        assert found.error < 1e-7


def test_a_cubic_network_against_a_draw() -> None:
    """The entrywise products in its kernel, as they are, for one draw of samples and weights."""
    found = solve(load_problem(str(ROOT / "benchmarks/files/cubic_activation.toml")), "A-B", 3)
    assert found.road == ROAD
    n, d, width, times = 300, 240, 12000, [0.002, 0.01, 0.03]
    random = np.random.default_rng(5)
    x = random.normal(size=(n, d))
    h = random.normal(size=(width, d)) @ x.T / np.sqrt(d)
    a = random.choice([-1.0, 1.0], size=(width, 1))  # of the same mean square, with less noise
    started = (h**3).T @ h**3 / width
    kernel = started + 9 * (x @ x.T) * ((a * h**2).T @ (a * h**2)) / width
    rates, vectors = np.linalg.eigh(kernel)
    weights = np.einsum("ik,ij,jk->k", vectors, started + np.eye(n), vectors)
    wanted = [float((weights * np.exp(-2 * rates * t / d)).sum() / 2) for t in times]
    at = {"n": n, "d": d, "N": width, "T": d}
    said = [float(found.evaluate(at, t=str(t), size_limit=True)) for t in times]
    assert said == pytest.approx(wanted, rel=0.06)


def test_one_rate_where_the_kernel_holds_no_data() -> None:
    found = solution("docs/systems/deep_linear_spectrum_mup.toml", "F")
    y, t, T = map(sympy.Symbol, ("y", "t", "T"))
    assert found.road == ROAD
    assert sympy.simplify(found.expr - y**2 * sympy.exp(-6 * t / T) / 2) == 0


def test_faces_on_which_the_kernel_moves_are_refused() -> None:
    with pytest.raises(NotSolved, match=f"{ROAD} misses .* first at order 3"):
        solution("docs/systems/diagonal_linear.toml", "D-E")


REGRESSION = """
families = {{ sample = {{ size = "n", index = "s" }}, feature = {{ size = "d", index = "i" }} }}
tensors.w = {{ families = ["feature"], role = "trained", variance = 0 }}
tensors.X = {{ families = ["{rows}", "feature"], role = "frozen", variance = "{variance}" }}
tensors.t = {{ families = ["{target}"], role = "frozen", variance = 1 }}
model = {{ output = "w[i] X[s,i]", target = "{of}" }}
loss = {{ kind = "squared error", over = ["s"], prefactor = "{prefactor}", decay = "{decay}" }}
"""


def test_a_prefactor_that_is_a_symbol_is_positive() -> None:
    """Its sign would decide that of the limit: of ridge regression, here against one draw."""
    text = REGRESSION.format(
        rows="sample",
        variance=1,
        target="feature",
        of="t[i] X[s,i]",
        prefactor="g/n",
        decay="lambda",
    )
    end = solve(load_problem(text)).endings[0]
    assert end.limit is not None
    at = {"g": 0.7, "lambda": 0.4, "n": 300, "d": 150}
    draws = np.random.default_rng(3)
    data = draws.standard_normal((300, 150))
    kernel = 2 * at["g"] / 300 * data.T @ data
    rates, axes = np.linalg.eigh(kernel)
    left = axes.T @ draws.standard_normal((150, 4000)) * (0.4 / (rates + 0.4))[:, None]
    mean = float((rates[:, None] * left**2).sum(0).mean() / 2)
    told = end.limit.subs(at)
    assert float(told) == pytest.approx(mean, rel=0.03)


def test_a_rate_that_vanishes_at_all_sizes_is_no_condition() -> None:
    text = REGRESSION.format(
        rows="feature", variance="1/d", target="feature", of="t[s]", prefactor="1/2", decay="0"
    ).replace('sample = { size = "n", index = "s" }, ', "")
    late = solve(load_problem(text)).endings[0]
    assert (late.condition, late.exponent) == ("", -sympy.Rational(1, 2))


@pytest.mark.parametrize(("powers", "told"), [((1, 1), True), ((1, 2), False), ((2, 1), False)])
def test_an_edge_that_a_face_excludes_is_no_condition(powers: tuple[int, int], told: bool) -> None:
    """The band begins at zero for n = d alone, which no face has where one of them is larger."""
    n, d, one = *sympy.symbols("n d"), sympy.Integer(1)
    bulk = Bulk(n + d, 2 * sympy.sqrt(n * d), one, one, one, one)
    face = SimpleNamespace(scaling=dict(zip(("n", "d"), powers, strict=True)))
    assert _may_touch(bulk, SimpleNamespace(face=face)) is told
