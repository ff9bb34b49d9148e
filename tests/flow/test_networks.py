"""Simulation of problem files: derivatives by differences, exact solutions, exact series."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from json_schemas import checked

from diagrams.campaign.memory import MemoryLimitReached
from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.flow import FlowSettings, Simulation, simulate
from diagrams.flow.networks import NetworkFlow
from diagrams.flow.reading import read_network
from diagrams.flow.targets import Array
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem, read_problem
from diagrams.problems.problem import Problem
from diagrams.series.expansion import expand

FOLDER = Path(__file__).parents[2] / "docs" / "systems"
NUMBERS = {
    "N": 5.0, "d": 3.0, "n": 4.0, "gamma": 1.3, "y": 0.7, "alpha": 0.6, "rho": 2.0, "Delta": 0.5,
    "s": 0.3, "N_e": 3.0, "M": 2.0, "lambda": 0.2,
}  # fmt: skip
PLANTED = """
families = {residue = "p", hidden = "N"}
tensors.u = {families = ["hidden", "residue"], role = "trained", variance = 1, rate = "1/N"}
[tensors.v]
families = ["hidden", "hidden"]
role = "trained"
variance = 2
mean = {pattern = "delta", value = 3}
[tensors.F]
families = ["residue", "residue", "residue"]
role = "structural"
law = "group"
coefficients = [1, 1, -1]
[model]
output = "u[k,i] u[k,j] v[k,k] u[l,m] - 1/2 u[k,i] u[k,j] v[k,l] delta[i,m] + v[k,l]"
target = "F[i,j,m] + 2 delta[i,j,m]"
[loss]
kind = "squared error"
over = ["i", "j", "m"]
prefactor = "1/p"
decay = "1/3"
[observables]
norm = "u[k,i]^2"
kernel = "star(output[i,j,m], output[i,j,m])"
slope = "star(star(norm, loss), v[k,k]) + N"
"""
POPULATION = """
families = {unit = "N", feature = "d"}
tensors.W = {families = ["unit", "feature"], role = "trained", variance = 1}
tensors.b = {families = ["unit"], role = "trained", variance = 1, rate = 2}
tensors.t = {families = ["unit"], role = "frozen", variance = 1}
[tensors.x]
families = ["feature"]
role = "frozen"
variance = 3
mean = {pattern = "constant", value = "1/2"}
[[loss]]
kind = "squared error"
output = "W[k,i] W[k,j] x[i] x[j]"
target = "t[k] t[k]"
over = []
average = ["x"]
[[loss]]
kind = "squared error"
output = "W[k,i] b[l]"
target = "delta[k,l]"
over = ["k", "l", "i"]
prefactor = 2
[[loss]]
kind = "weight decay"
strength = "lambda"
tensors = ["b"]
[observables]
second = "loss_2"
all = "loss"
"""
MIXTURE = """
families = {sample = "n", feature = "d"}
tensors.w = {families = ["feature"], role = "trained", variance = 0}
tensors.z = {families = ["sample", "feature"], role = "frozen", variance = "Delta"}
[tensors.mu]
families = ["feature"]
role = "frozen"
variance = 0
mean = {pattern = "constant", value = 1}
[model]
output = "w[i] mu[i] / d + w[i] z[s,i] / sqrt(d)"
target = "1"
[loss]
kind = "squared error"
over = ["s"]
decay = "lambda"
[observables]
m = "w[i] mu[i] / d"
q = "w[i]^2 / d"
"""
SCALAR = """
families = {one = "N"}
[tensors.a]
families = ["one"]
role = "trained"
variance = 0
mean = {pattern = "constant", value = "alpha"}
rate = "r"
[tensors.b]
families = ["one"]
role = "trained"
variance = 0
mean = {pattern = "constant", value = "beta"}
[model]
output = "a[k] b[k]"
target = "y"
[loss]
kind = "squared error"
over = []
[observables]
kept = "1/r a[k]^2 - b[k]^2"
output_again = "output"
"""


def flow_of(
    problem: Problem, values: dict[str, float]
) -> tuple[NetworkFlow, Array, tuple[Array, ...]]:
    """A flow with its unindexed observables, and three seeds moved away from where they start."""
    observables = [q.name for q in problem.named_observables if not q.indices]
    flow = read_network(problem, values, observables)
    state, frozen = flow.start([np.random.default_rng(seed) for seed in range(3)])
    state += 0.2 * np.random.default_rng(9).standard_normal(state.shape)
    return flow, state, frozen


def gradient(function: Callable[[Array], Array], at: Array) -> Array:
    """Derivatives of columns by all components, shape (seed, component, column)."""
    step = 1e-4
    found = []
    for component in range(at.shape[1]):
        move = np.zeros_like(at)
        move[:, component] = step
        near, far = (
            (function(at + k * move) - function(at - k * move)) / (2 * k * step) for k in (1, 2)
        )
        found.append((4 * near - far) / 3)
    return np.stack(found, axis=1)


TEXTS = {"mixture": MIXTURE, "planted": PLANTED, "population": POPULATION}


@cache
def problem_of(name: str) -> Problem:
    if name == "cp":
        return cp_problem(order=3, ties="2+1", target="modular", decay="1/5")
    if name in TEXTS:
        return parse_problem(TEXTS[name])
    return read_problem(FOLDER / f"{name}.toml")


NAMES = sorted([*(path.stem for path in FOLDER.glob("*.toml")), *TEXTS, "cp"])


def numbers(problem: Problem) -> dict[str, float]:
    """Values of all symbols of the problems above, and of those that come later."""
    symbols = problem.vocabulary.symbols
    sizes = {f.size for t in problem.vocabulary.tensors.values() for f in t.families}
    found = {name: NUMBERS.get(name, 3.0 if name in sizes else 0.8) for name in symbols}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_velocity_is_the_gradient(name: str) -> None:
    flow, state, frozen = flow_of(problem_of(name), numbers(problem_of(name)))

    def potential(at: Array) -> Array:
        tensors = flow.tensors(at, *frozen)
        decays = sum(
            0.5 * part.decay * (tensors[part.tensor.name].reshape(len(at), -1) ** 2).sum(axis=1)
            for part in flow.trained
        )
        found: Array = flow.loss(at, *frozen) + decays
        return found[:, None]

    expected = -gradient(potential, state)[..., 0]
    for part in flow.trained:
        if part.tensor.sphere:
            own = slice(part.first, part.first + part.numbers)
            for slope, row in zip(expected[:, own], state[:, own], strict=True):
                slope -= (slope @ row) / (row @ row) * row
    scale = np.abs(expected).max()
    np.testing.assert_allclose(flow.velocity(state, *frozen), expected, atol=1e-7 * scale)


def test_stars_are_products_of_gradients() -> None:
    """Rates included: the state is u / sqrt(rate), in which a star is a plain scalar product."""
    problem = problem_of("planted")
    values = {**numbers(problem), "N": 2.0, "p": 3.0}
    texts = ["u[k,i] v[k,k]", "loss", "star(u[k,i] v[k,k], loss)", "star(norm, loss)", "norm",
             "star(star(norm, loss), v[k,k])", "v[k,k]", "slope"]  # fmt: skip
    flow = read_network(problem, values, texts)
    state, frozen = flow.start([np.random.default_rng(seed) for seed in range(3)])
    slopes = gradient(lambda at: flow.values(at, *frozen)[:, 1:], state)
    found = dict(zip(texts, flow.values(state, *frozen)[:, 1:].T, strict=True))
    slope = dict(zip(texts, np.moveaxis(slopes, 2, 0), strict=True))

    def star(one: str, other: str) -> Array:
        found: Array = np.einsum("sn,sn->s", slope[one], slope[other])
        return found

    for one, other in (("u[k,i] v[k,k]", "loss"), ("norm", "loss"), ("star(norm, loss)", "v[k,k]")):
        expected = star(one, other)
        np.testing.assert_allclose(found[f"star({one}, {other})"], expected, rtol=1e-6)
    np.testing.assert_allclose(found["slope"], found["star(star(norm, loss), v[k,k])"] + 2.0)
    assert np.allclose(found["loss"], flow.loss(state, *frozen))


def test_values_of_a_file_written_by_hand() -> None:
    flow, state, frozen = flow_of(
        problem_of("planted"), {**numbers(problem_of("planted")), "N": 2.0, "p": 3.0}
    )
    tensors = flow.tensors(state, *frozen)
    values = flow.values(state, *frozen)
    for seed in range(3):
        u, v = tensors["u"][seed], tensors["v"][seed]
        one = np.einsum("ki,kj,k,lm->ijm", u, u, np.diag(v), u)
        output = one - 0.5 * np.einsum("ki,kj,kl,im->ijm", u, u, v, np.eye(3)) + v.sum()
        target = np.zeros((3, 3, 3))
        for i in range(3):
            target[i, i, i] += 2
            for j in range(3):
                target[i, j, (i + j) % 3] += 1
        assert math.isclose(values[seed, 0], ((output - target) ** 2).sum() / 3, rel_tol=1e-12)
        assert math.isclose(values[seed, 1], (u**2).sum(), rel_tol=1e-12)


def test_averages_and_sums_of_losses() -> None:
    """E[(x A x)^2] of x with mean m and covariance 3 by its cumulants, times 1/2; and the rest."""
    flow, state, frozen = flow_of(problem_of("population"), {"N": 2.0, "d": 3.0, "lambda": 0.7})
    tensors = flow.tensors(state, *frozen)
    values = flow.values(state, *frozen)
    mean = np.full(3, 0.5)
    for seed in range(3):
        W, b, t = (tensors[name][seed] for name in "Wbt")
        A = W.T @ W
        first = 3 * np.trace(A) + mean @ A @ mean
        variance = 18 * np.trace(A @ A) + 12 * mean @ A @ A @ mean
        average = 0.5 * (variance + (first - t @ t) ** 2)
        rest = 2 * ((W[:, None, :] * b[:, None] - np.eye(2)[:, :, None]) ** 2).sum()
        assert math.isclose(values[seed, 0], average + rest, rel_tol=1e-12)
        assert math.isclose(values[seed, 1], rest, rel_tol=1e-12)
        assert math.isclose(values[seed, 2], average + rest, rel_tol=1e-12)


# -- solutions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec", ["order=2,ties=asym", "order=3,ties=2+1,target=modular", "order=4"]
)
def test_the_same_as_by_gram_matrices(spec: str) -> None:
    """CP problems in both ways; weights are the same numbers."""
    from diagrams.problems.spec import parse_preset

    problem = parse_preset(f"cp:{spec},decay=1/3")
    at = {"p": 3, "H": 2, "sigma": 0.6, "T": 0.5, "seeds": 4, "points": 4}
    plain = simulate(problem, until=0.4, **at)  # type: ignore[arg-type]
    observed = simulate(problem, until=0.4, observables=["loss"], **at)  # type: ignore[arg-type]
    np.testing.assert_allclose(observed.losses, plain.losses, rtol=1e-6)
    again = observed.observable("loss").rows
    np.testing.assert_allclose(again, observed.losses, rtol=1e-9, atol=1e-12)
    assert observed.sizes == plain.sizes


def test_linear_regression_from_zero() -> None:
    """w' = -(A + lambda) w + b has a solution by eigenvectors; the data are those of the run."""
    problem = problem_of("mixture")
    values = {"d": 3, "n": 5, "Delta": 0.5, "lambda": 0.2}
    run = simulate(problem, at=values, until=4, seeds=3, points=5, observables=["m", "q"])
    flow = read_network(problem, {name: float(x) for name, x in values.items()})
    generators = [
        np.random.Generator(np.random.Philox(np.random.SeedSequence(0, spawn_key=(k,))))
        for k in range(3)
    ]
    tensors = flow.tensors(*_started(flow, generators))
    for seed in range(3):
        features = tensors["mu"][0] / 3 + math.sqrt(1 / 3) * tensors["z"][seed]
        eigenvalues, basis = np.linalg.eigh(features.T @ features + 0.2 * np.eye(3))
        force = basis.T @ features.sum(axis=0)
        for place, t in enumerate(run.times):
            w = basis @ ((1 - np.exp(-eigenvalues * t)) / eigenvalues * force)
            loss = 0.5 * ((features @ w - 1) ** 2).sum()
            assert math.isclose(run.losses[seed][place], loss, rel_tol=1e-6)
            m, q = (run.observable(name).rows[seed][place] for name in "mq")
            assert math.isclose(m, w.mean(), rel_tol=1e-6, abs_tol=1e-12)
            assert math.isclose(q, (w**2).mean(), rel_tol=1e-6, abs_tol=1e-12)


def _started(flow: NetworkFlow, generators: list[np.random.Generator]) -> tuple[Array, ...]:
    state, frozen = flow.start(generators)
    return state, *frozen


def test_rates_and_a_conservation_law() -> None:
    problem = parse_problem(SCALAR)
    at = {"N": 3, "alpha": 0.5, "beta": 0.9, "r": 7, "y": 2}
    run = simulate(problem, at=at, until=3, seeds=1, observables=["kept", "output_again"])
    kept = run.observable("kept").rows[0]
    assert max(abs(x - kept[0]) for x in kept) < 1e-6
    for loss, output in zip(run.losses[0], run.observable("output_again").rows[0], strict=True):
        assert math.isclose(loss, 0.5 * (output - 2) ** 2, abs_tol=1e-14)


def test_blow_up_at_a_known_time() -> None:
    """a = b: a' = +a^3 uphill without target, infinite at 1/(2 alpha^2)."""
    problem = parse_problem(SCALAR)
    at = {"N": 1, "alpha": 0.5, "beta": 0.5, "r": 1, "y": 0}
    run = simulate(problem, at=at, until=-3, T=0.5, seeds=1, observables=["output_again"])
    (blow_up,) = run.blow_ups
    assert blow_up is not None
    assert blow_up.lower <= -1.0 <= blow_up.upper
    assert abs(blow_up.time + 1) < 1e-6
    last = run.observable("output_again").mean[-1]
    assert math.isinf(run.mean[-1])
    assert math.isinf(last)


@pytest.mark.parametrize(
    ("name", "sizes", "observable"),
    [
        ("deep_linear_spectrum_mup", {"N": 4, "gamma": 1, "y": 1}, "kernel"),
        ("diagonal_linear", {"n": 4, "d": 3, "alpha": 1, "rho": 1}, "test"),
        ("ntk_one_hidden_layer", {"N": 3, "d": 2, "y": 1}, "C11_squared"),
    ],
)
def test_means_follow_the_exact_series(name: str, sizes: dict[str, int], observable: str) -> None:
    """The quotient of differences at the start, by seeds, against the exact derivatives."""
    problem = problem_of(name)
    h = 0.002
    run = simulate(
        problem,
        at=sizes,
        until=2 * h,
        points=[0, h, 2 * h],
        seeds=4000,
        settings=FlowSettings(check=False),
        observables=[observable],
    )
    rows = np.array(run.observable(observable).rows)
    first = (-3 * rows[:, 0] + 4 * rows[:, 1] - rows[:, 2]) / (2 * h)
    series = expand(problem, 1, observable=observable)
    values = {symbol: Polynomial.constant(value) for symbol, value in sizes.items()}
    for sample, s in ((rows[:, 0], 0), (first, 1)):
        exact = float(sum(c for _, c in series.coefficient(s).substitute(values).terms))
        error = sample.std() / math.sqrt(len(sample))
        assert abs(sample.mean() - exact) < 4.5 * error + 1e-3 * abs(exact)


# -- what may be asked --------------------------------------------------------------------


def test_exports_and_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mixture.toml"
    file.write_text(MIXTURE)
    path = str(file)
    asked = ["simulate", path, "--at", "d=3,n=4,Delta=1/2,lambda=1/10,T=2", "--until", "1",
             "--seeds", "3", "--points", "3"]  # fmt: skip
    asked += ["--observable", "m", "--observable", "m^2"]
    assert main([*asked, "--format", "json", "--plot", str(tmp_path / "loss.svg")]) == 0
    text = capsys.readouterr().out
    checked(text)
    run = Simulation.from_json(text)
    again = simulate(
        problem_of("mixture"), d=3, n=4, Delta=0.5, at={"lambda": 0.1}, T=2, until=1,
        seeds=3, points=3, observables=["m", "m^2"],
    )  # fmt: skip
    np.testing.assert_allclose(run.losses, again.losses, rtol=1e-12)
    assert [name for name, _ in run.observed] == ["m", "m^2"]
    for m, square in zip(
        run.observable("m").rows[0], run.observable("m ^2".replace(" ", "")).rows[0], strict=True
    ):
        assert math.isclose(m * m, square, abs_tol=1e-15)
    assert main([*asked, "--format", "csv"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert "m mean" in table[1]
    assert len({line.count(",") for line in table[1:]}) == 1
    assert main(asked) == 0
    assert "m^2:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"d": 0}, "d"), ({"d": 2.5}, "d"), ({"d": None}, "d"), ({"n": "4"}, "n"),
        ({"x": 1}, "x"), ({"Delta": math.nan}, "Delta"),
        ({"Delta": -1}, "variance of the tensor z"),
        ({"lambda": 10**200}, "lambda"), ({"observables": "m"}, "observables"),
        ({"observables": [1]}, "observables"), ({"observables": ["m", " m"]}, "observables"),
        ({"observables": ["g[s] = output[s]"]}, "observables"), ({"at": 3}, "at"),
        ({"settings": FlowSettings(max_memory=10)}, ""),
    ],
)  # fmt: skip
def test_refusals(change: dict[str, object], field: str) -> None:
    given: dict[str, object] = {"d": 3, "n": 4, "Delta": 0.5, "lambda": 0.1, "until": 1} | change
    if not field:
        with pytest.raises(MemoryLimitReached, match="d = 3"):
            simulate(problem_of("mixture"), **given)  # type: ignore[arg-type]
        return
    with pytest.raises(BadInput) as refusal:
        simulate(problem_of("mixture"), **given)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert "\n" not in str(refusal.value)


def test_missing_numbers_and_problems_without_text() -> None:
    with pytest.raises(BadInput, match="no value of n"):
        simulate(problem_of("mixture"), d=3, until=1)
    with pytest.raises(BadInput, match="no value of Delta"):
        simulate(problem_of("mixture"), d=3, n=3, at={"lambda": 0}, until=1)
    with pytest.raises(BadInput, match="d: 'twice'"):
        simulate(problem_of("mixture"), d=3, at={"d": 3}, until=1)
    known = problem_of("mixture")
    bare = Problem(known.title, "made by hand", known.observable, known.potential)
    with pytest.raises(BadInput, match="problem"):
        simulate(bare, d=3, n=3, Delta=1, until=1)
