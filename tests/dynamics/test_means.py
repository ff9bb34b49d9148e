"""Order parameters at their means, against the flow of the matrices themselves."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sympy

from diagrams import NotSolved, OutsideDomain, load_problem, solve
from diagrams.dynamics.roads.means.amplitudes import Amplitudes
from diagrams.dynamics.roads.means.invariants import by_invariant
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import Polynomial

ROOT = Path(__file__).parents[2]
ROAD = "the means of order parameters"


@cache
def solution(path: str, regime: str) -> Solution:
    found = solve(load_problem(str(ROOT / path)), regime)
    assert found.road == ROAD
    return found


def flow(slope, state: list[np.ndarray], time: float, steps: int) -> list[np.ndarray]:  # type: ignore[no-untyped-def]
    """Runge and Kutta's fourth order, for lists of arrays."""
    h = time / steps
    for _ in range(steps):
        a = slope(state)
        b = slope([x + h / 2 * k for x, k in zip(state, a, strict=True)])
        c = slope([x + h / 2 * k for x, k in zip(state, b, strict=True)])
        d = slope([x + h * k for x, k in zip(state, c, strict=True)])
        state = [
            x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            for x, k1, k2, k3, k4 in zip(state, a, b, c, d, strict=True)
        ]
    return state


def test_riccati_of_every_eigenvalue_of_a_teacher() -> None:
    """Full rank, wide: u^T u starts at H sigma^2, and its target has Marchenko and Pastur's law."""
    width, teachers, features, q0, time = 2000, 60, 40, 0.2, 0.2
    found = solution("docs/systems/gram_teacher.toml", "B-D-E")
    draw = np.random.default_rng(3)
    target = draw.normal(0, features**-0.5, (teachers, features))
    gram = target.T @ target
    weights = draw.normal(0, (q0 / width) ** 0.5, (width, features))

    (end,) = flow(lambda s: [2 * s[0] @ (gram - s[0].T @ s[0])], [weights], time, 20)
    simulated = ((end.T @ end - gram) ** 2).sum() / 2
    at = {"H": width, "R": teachers, "d": features, "sigma": (q0 / width) ** 0.5}
    said = found.evaluate(**at, t=time, T=1, digits=8, size_limit=True)
    assert float(said) == pytest.approx(simulated, rel=0.05)


def test_one_riccati_where_the_teacher_is_wide() -> None:
    """All eigenvalues at R/d: L = d/2 (s - q)^2 with q = s/(1 + (s/q0 - 1) e^(-4 s t))."""
    found = solution("docs/systems/gram_teacher.toml", "B-D")
    H, R, d, sigma, t, T = sympy.symbols("H R d sigma t T")
    s, q0 = R / d, H * sigma**2
    q = s / (1 + (s / q0 - 1) * sympy.exp(-4 * s * t / T))
    assert sympy.simplify(found.expr - d * (s - q) ** 2 / 2) == 0


def test_quadratic_students_are_logistic() -> None:
    """At large N with m = 0: c = 1 - q and q' = 4 q (1 - q), the loss (1 - q)^2/2."""
    found = solution("docs/systems/quadratic_teacher_student.toml", "E-A")
    q0, t, T = sympy.symbols("q0 t T")
    q = 1 / (1 + (1 / q0 - 1) * sympy.exp(-4 * t / T))
    assert sympy.simplify(found.expr - (1 - q) ** 2 / 2) == 0


def test_one_unit_against_one_teacher() -> None:
    """Phase retrieval before the escape: q' = 4 q (1 - 3 q), and E[L] = 3/2 - q + 3 q^2/2."""
    found = solution("docs/systems/phase_retrieval_population.toml", "E-A")
    q0, t, T = sympy.symbols("q0 t T")
    q = 1 / (3 + (1 / q0 - 3) * sympy.exp(-4 * t / T))
    assert sympy.simplify(found.expr - (sympy.Rational(3, 2) - q + 3 * q**2 / 2)) == 0


@pytest.mark.full
def test_singular_values_of_a_random_teacher() -> None:
    """W2 W1 against a Gaussian matrix, wide: two amplitudes along each singular vector."""
    width, size, q0, time = 2000, 40, 0.3, 0.6
    found = solution("benchmarks/files/matrix_teacher.toml", "C-D")
    assert found.kind == "quadrature"
    draw = np.random.default_rng(5)
    target = draw.normal(0, size**-0.5, (size, size))
    sigma = (q0 / width) ** 0.5

    def slope(state: list[np.ndarray]) -> list[np.ndarray]:
        off = target - state[1] @ state[0]
        return [state[1].T @ off, off @ state[0].T]

    start = [draw.normal(0, sigma, (width, size)), draw.normal(0, sigma, (size, width))]
    first, second = flow(slope, start, time, 20)
    simulated = ((target - second @ first) ** 2).sum() / 2
    said = found.evaluate(d=size, h=width, sigma=sigma, t=time, T=1, digits=8, size_limit=True)
    assert float(said) == pytest.approx(simulated, rel=0.05)


@pytest.mark.full
def test_attention_with_a_random_matrix() -> None:
    """The loss in tr U, u and |U|^2, against the matrix itself (arXiv 2501.16265)."""
    size, context, time = 500, 500, 0.02
    u0, sigma = size**0.25, size**-0.75
    found = solution("docs/systems/random_attention.toml", "A-B-F-G-C-J-L-M-N-E")
    assert found.kind == "ode"
    assert len(found.conditions) == 7
    draw = np.random.default_rng(1).normal(0, sigma, (size, size))
    second = 1 + (size + 1) / context

    def slope(state: list[np.ndarray]) -> list[np.ndarray]:
        u, matrix = state
        square = (matrix**2).sum()
        moved = u * np.eye(size) - second * u**2 * matrix
        return [np.trace(matrix) - second * u * square, moved]

    losses = []
    for sign in (1, -1):
        u, matrix = flow(slope, [np.array(u0), sign * draw], time, 15)
        losses.append(size / 2 - u * np.trace(matrix) + second * u**2 * (matrix**2).sum() / 2)
    said = found.evaluate(
        n=context, d=size, u0=u0, sigma=sigma, t=time, T=1, digits=8, size_limit=True
    )
    assert float(said) == pytest.approx(np.mean(losses), rel=0.05)


def test_attention_that_starts_out_of_balance() -> None:
    """d U^2 - u^2 is constant: one equation of Riccati, and numbers of both amplitudes."""
    found = solution("benchmarks/files/linear_attention.toml", "full")
    assert found.kind == "explicit"
    n, d, time = 20, 9, 1.25
    second = 1 + (d + 1) / n

    def slope(state: list[np.ndarray]) -> list[np.ndarray]:
        left = 1 - second * state[0] * state[1]
        return [d * state[1] * left, state[0] * left]

    u, matrix = flow(slope, [np.array(0.2), np.array(0.125)], time, 2000)
    product = float(u * matrix)
    wanted = d * (1 - 2 * product + second * product**2) / 2
    said = found.evaluate(n=n, d=d, u0="1/5", c="1/8", T=2, t="5/2", digits=12)
    assert float(said) == pytest.approx(wanted, rel=1e-9)

    late, *early = found.endings
    assert late.time == sympy.oo
    assert late.limit is not None
    at = {name: sympy.Integer(value) for name, value in (("n", n), ("d", d))}
    rest = late.limit.subs({s: at[s.name] for s in late.limit.free_symbols})
    assert float(rest) == pytest.approx(d / 2 * (1 - 1 / second))
    assert [end.limit for end in early] == [sympy.oo, sympy.oo]
    for starts in ((0.2, 0.125), (3.0, 0.125), (0.2, 2.0)):  # below the rest, and above it
        values = {"n": n, "d": d, "u0": starts[0], "c": starts[1], "T": 1}
        end = found.existence_time(values, digits=6)
        assert end is not None
        assert end.value < 0
        ago = [float(end.value) * part for part in (0.9, 0.99, 0.999)]
        sizes = [max(abs(np.array(flow(slope, list(map(np.array, starts)), t, 3000)))) for t in ago]
        assert all(b > 2.5 * a for a, b in pairwise(sizes)), (starts, sizes)
        with pytest.raises(OutsideDomain):
            found.evaluate(**values, t=float(end.value) * 1.01)


def test_attention_on_one_context_against_draws() -> None:
    """Normal numbers w S q and w q: the loss of many draws of the context, each flow by itself."""
    problem = load_problem(str(ROOT / "benchmarks/files/linear_attention_sample.toml"))
    found = solve(problem, "d=1,n=delta*d,c=1/4,u0=-1/4", 3)
    assert found.road == ROAD
    n, d, c, u0 = 60, 40, 2.5, 0.4
    draw = np.random.default_rng(3)
    rows = []
    for _ in range(4000):
        x, q, w = draw.normal(size=(n, d)), draw.normal(size=d), draw.normal(size=d)
        moved = x.T @ (x @ w) / n
        rows.append((moved @ q, w @ q, (moved @ moved) * (q @ q)))
    first, target, gain = np.array(rows).T

    def slope(state: list[np.ndarray]) -> list[np.ndarray]:
        left = target - state[0] * state[1]
        return [left * state[1], left * state[0] * gain]

    for time in (0.0, 0.0005, 0.002):
        u, inner = flow(slope, [np.full(len(rows), u0), c * first], time, 200)
        losses = (target - u * inner) ** 2 / 2
        said = found.evaluate(n=n, d=d, c=c, u0=u0, T=1, t=time, digits=5, size_limit=True)
        assert said.error < 0.02 * said.value + 1e-6
        error = float(losses.std() / len(rows) ** 0.5)
        assert float(said) == pytest.approx(losses.mean(), abs=3 * error + 0.03 * losses.mean())


def test_a_square_of_inputs_with_a_mean_against_draws() -> None:
    """The sum of the weights is normal, and all that moves: with its flow written out."""
    found = solve(
        load_problem(str(ROOT / "tests/dynamics/stated/data_with_a_mean.toml")), "full", 3
    )
    assert found.road == ROAD
    d = 400
    weights = np.random.default_rng(0).normal(size=(20_000, 8)).sum(axis=1) * np.sqrt(d / 8)
    for time in (0.0, 0.1 / d**2, 0.5 / d**2):
        (sums,) = flow(lambda s: [-d * (32 * s[0] ** 3 + 6 * d * s[0])], [weights], time, 400)
        losses = 8 * sums**4 + 3 * d * sums**2 + 3 * d**2 / 32
        said = found.evaluate(d=d, T=1, t=time, digits=5, size_limit=True)
        error = losses.std() / len(losses) ** 0.5
        assert float(said) == pytest.approx(losses.mean(), abs=4 * error + float(said.error))


def test_means_that_fluctuate_are_refused() -> None:
    with pytest.raises(NotSolved) as refusal:
        solve(load_problem(str(ROOT / "docs/systems/gram_teacher.toml")), "full")
    assert "order parameters fluctuate at this order: the means of order parameters misses" in str(
        refusal.value
    )


def test_roots_of_amplitudes_have_no_formula_by_their_invariant() -> None:
    a, b, u, v = map(Polynomial.symbol, ("a", "b", "u", "v"))
    root = (a * b) ** Fraction(1, 2)
    for starts in ((u, v), (u, u)):
        held = Amplitudes(("a", "b"), (b * root, a * root), starts, a * b, ((), ()))
        assert by_invariant(held, "z", "P") is None


def test_amplitudes_that_move_alike_have_no_difference_of_squares() -> None:
    a, b, u, v = map(Polynomial.symbol, ("a", "b", "u", "v"))
    held = Amplitudes(("a", "b"), (-a * b, -a * b), (u, v), a * b, ((), ()))
    assert by_invariant(held, "z", "P") is None


@pytest.mark.full
def test_a_formula_with_a_pole_has_no_value_after_it() -> None:
    """Its amplitude is infinite at the end and finite again after it."""
    found = solution("benchmarks/files/linear_attention.toml", "full")
    values = {"n": 20, "d": 9, "u0": "1/5", "c": "1/8", "T": 1}
    assert found.evaluate(values, t="-9/10", size_limit=True).value > 50
    for ask in (found.evaluate, lambda at, **more: found.curve([more.pop("t")], at, **more)):
        with pytest.raises(OutsideDomain, match=r"only up to t = -0.93496"):
            ask(values, t=-1, size_limit=True)
