"""Random models with functions: closed equations against differences of the loss by quadrature.

The loss is evaluated as written, on a grid of inputs; its gradient comes from differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.special

from diagrams import close
from diagrams.order_parameters.cutting import OrderParameter
from diagrams.problems.files import parse_problem

Arrays = dict[str, np.ndarray]
Evaluated = Callable[[Arrays], np.ndarray]

# all products of these have closed forms; waves together with two steps have none
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "erf": scipy.special.erf,
    "gelu": lambda z: z * scipy.special.ndtr(z),
    "2": np.square,
    "3": lambda z: z**3,
}
UNITS, TEACHERS, FEATURES = 2, 2, 2
HEAD = """
families = {unit = "K", teacher = "M", feature = "N"}
tensors.W = {families = ["unit", "feature"], role = "trained", variance = 1, rate = 2}
tensors.V = {families = ["teacher", "feature"], role = "frozen", variance = 1}
tensors.x = {families = ["feature"], role = "frozen", variance = "1/4"}
"""
MORE = {
    "a": 'tensors.a = {families = ["unit"], role = "trained", variance = 1}\n',
    "b": 'tensors.b = {families = ["feature"], role = "trained", variance = 1}\n',
}
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(44)
X = np.array(np.meshgrid(NODES, NODES, indexing="ij")).reshape(2, -1).T / 2
WEIGHT = np.outer(WEIGHTS, WEIGHTS).ravel() / WEIGHTS.sum() ** 2


def applied(f: str, argument: str) -> str:
    return f"({argument})^{f}" if f.isdigit() else f"{f}({argument})"


@dataclass(frozen=True)
class Model:
    """A problem as text, and its residual as arrays."""

    text: str
    trained: tuple[str, ...]
    residual: Evaluated

    def loss(self, arrays: Arrays) -> float:
        return float(WEIGHT @ self.residual(arrays) ** 2 / 2)

    def velocity(self, arrays: Arrays) -> Arrays:
        """Minus the gradient times the rate, by differences of fourth order."""
        found = {}
        for name in self.trained:
            slope = np.zeros_like(arrays[name])
            for place in np.ndindex(*slope.shape):
                for weight, step in ((8, 1e-3), (-8, -1e-3), (-1, 2e-3), (1, -2e-3)):
                    moved = arrays | {name: arrays[name].copy()}
                    moved[name][place] += step
                    slope[place] += weight * self.loss(moved) / 12e-3
            found[name] = -(2 if name == "W" else 1) * slope
        return found


def product_of(name: str, f: str, g: str) -> tuple[str, Evaluated]:
    """A term of an output or target, in text and in arrays; ``name`` are W or V."""
    row = "k" if name == "W" else "m"
    F, G = FUNCTIONS[f], FUNCTIONS[g]
    text = f"{applied(f, f'{name}[{row},i] x[i]')} {applied(g, f'{name}[{row},j] x[j]')}"
    return text, lambda at: (F(X @ at[name].T) * G(X @ at[name].T)).sum(1)


def term_of(generator: np.random.Generator) -> tuple[str, Evaluated]:
    f, g = generator.choice(list(FUNCTIONS), 2)
    F = FUNCTIONS[f]
    kinds: list[tuple[str, Evaluated]] = [
        (f"a[k] {applied(f, 'W[k,i] x[i]')}", lambda at: F(X @ at["W"].T) @ at["a"]),
        (applied(f, "2 W[k,i] x[i] / 3"), lambda at: F(2 / 3 * X @ at["W"].T).sum(1)),
        (
            f"W[k,j] x[j] {applied(f, 'W[k,i] x[i]')}",
            lambda at: (X @ at["W"].T * F(X @ at["W"].T)).sum(1),
        ),
        (
            f"b[i] x[i] / 2 + {applied(f, 'W[k,i] x[i]')}",
            lambda at: X @ at["b"] / 2 + F(X @ at["W"].T).sum(1),
        ),
        product_of("W", f, g),
    ]
    return kinds[generator.integers(len(kinds))]


def random_model(generator: np.random.Generator) -> Model:
    terms = [term_of(generator) for _ in range(generator.integers(1, 3))]
    f, g = generator.choice(list(FUNCTIONS), 2)
    F = FUNCTIONS[f]
    targets: list[tuple[str, Evaluated]] = [
        (applied(f, "V[m,i] x[i]"), lambda at: F(X @ at["V"].T).sum(1)),
        ("V[m,i] x[i]", lambda at: (X @ at["V"].T).sum(1)),
        product_of("V", f, g),
    ]
    target = targets[generator.integers(len(targets))]
    output = " + ".join(text for text, _ in terms)
    used = tuple(name for name in MORE if f"{name}[" in output)
    text = HEAD + "".join(MORE[name] for name in used)
    text += f'model = {{output = "{output}", target = "{target[0]}"}}\n'
    text += 'loss = {kind = "squared error", over = [], average = ["x"]}\n'
    return Model(
        text,
        ("W", *used),
        lambda at: sum((value(at) for _, value in terms), -target[1](at)),
    )


def measured(parameter: OrderParameter, arrays: Arrays) -> np.ndarray:
    diagram = parameter.definition
    letters = "abcdefgh"
    slots = ["".join(letters[node] for node in edge.nodes) for edge in diagram.edges]
    legs = "".join(letters[leg] for leg in diagram.legs)
    factors = [arrays[edge.tensor.name] for edge in diagram.edges]
    return np.asarray(np.einsum(f"{','.join(slots)}->{legs}", *factors))


QUICK = (2, 4, 6)
SEEDS = [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in range(30)]


@pytest.mark.parametrize("seed", SEEDS)
def test_closed_equations_of_a_random_model(seed: int) -> None:
    generator = np.random.default_rng(seed)
    model = random_model(generator)
    arrays = {
        "W": generator.normal(size=(UNITS, FEATURES)) / 2,
        "V": generator.normal(size=(TEACHERS, FEATURES)) / 2,
        "a": generator.normal(size=UNITS),
        "b": generator.normal(size=FEATURES) / 2,
    }
    system = close(parse_problem(model.text))
    at = {"K": UNITS, "M": TEACHERS, "N": FEATURES}
    start = {g.name: measured(g, arrays) for g in system.parameters}
    velocity, h = model.velocity(arrays), 1e-5
    ahead, behind = (
        {name: value + s * velocity.get(name, 0) for name, value in arrays.items()} for s in (h, -h)
    )
    found = system.rates(at, start)
    for g in system.parameters:
        if g.moves:
            wanted = (measured(g, ahead) - measured(g, behind)) / (2 * h)
            assert found[g.name] == pytest.approx(wanted, rel=1e-6, abs=1e-6), model.text
    loss = system.integrate(at, 1e-9, points=2, start=start).loss[0]
    assert loss == pytest.approx(model.loss(arrays), rel=1e-7)
