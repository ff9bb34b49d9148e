"""Closed equations of networks with functions, against gradients by quadrature, and papers.

No gradient here knows of integration by parts: weights move by the mean of ``residual * slope *
x``, the mean over x taken numerically in few dimensions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
import scipy.special
import sympy
from json_schemas import checked

from diagrams import close, expand, simulate
from diagrams.errors import BadInput, NotSolved
from diagrams.export.json.closed_system import system_from_json
from diagrams.graphs.combination import Combination
from diagrams.graphs.tensors import Averaged
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.numbers import SystemInNumbers
from diagrams.problems.files import parse_problem
from diagrams.wick.activations import activation
from diagrams.wick.function_averages import FunctionAverage

COMMITTEE = """
    families = {unit = "K", teacher = "M", feature = "N"}
    tensors.W = {families = ["unit", "feature"], role = "trained", variance = "q/N"}
    tensors.V = {families = ["teacher", "feature"], role = "frozen", variance = "1/N"}
    tensors.x = {families = ["feature"], role = "frozen", variance = "VARIANCE"}
    model = {output = "OUTPUT", target = "TARGET"}
    loss = {kind = "squared error", over = [], average = ["x"]}
    observables."R[k,m]" = "W[k,i] V[m,i]"
    observables."Q[k,l]" = "W[k,i] W[l,i]"
    observables."P[m,n]" = "V[m,i] V[n,i]"
"""
READOUT = 'tensors.a = {families = ["unit"], role = "trained", variance = 1, rate = "r"}\n'


def committee(output: str, target: str, variance: str = "1", more: str = "") -> ClosedSystem:
    return close(parse_problem(_text(output, target, variance, more)))


def _text(output: str, target: str, variance: str = "1", more: str = "") -> str:
    text = COMMITTEE.replace("OUTPUT", output).replace("TARGET", target)
    head, mark, tail = text.replace("VARIANCE", variance).partition("    model =")
    return "\n".join(line.strip() for line in (head + more + mark + tail).splitlines())


def grid(size: int, variance: float, nodes: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights over Gaussian inputs, by Gauss and Hermite."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    points = np.array(np.meshgrid(*[x] * size, indexing="ij")).reshape(size, -1).T
    weights = np.array(np.meshgrid(*[w / w.sum()] * size, indexing="ij")).reshape(size, -1).prod(0)
    return points * variance**0.5, weights


def circle(variance: float, nodes: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    """Two inputs by angle, for integrands of degree two in them: E r^2 = 2 variance."""
    angle = (np.arange(nodes) + 0.5) * 2 * np.pi / nodes
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * (2 * variance) ** 0.5
    return points, np.full(nodes, 1 / nodes)


FUNCTIONS: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "erf": (scipy.special.erf, lambda z: 2 / np.pi**0.5 * np.exp(-(z**2))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "gelu": (
        lambda z: z * scipy.special.ndtr(z),
        lambda z: scipy.special.ndtr(z) + z * np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5,
    ),
}


def gradients(
    f: str, g: str, W: np.ndarray, V: np.ndarray, a: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The residual, and minus its square's half differentiated by W and a, for every input."""
    value, slope = FUNCTIONS[f]
    residual = value(x @ W.T) @ a - FUNCTIONS[g][0](x @ V.T).sum(1)
    by_W = -(residual[:, None] * slope(x @ W.T) * a)[:, :, None] * x[:, None, :]
    return residual, by_W, -residual[:, None] * value(x @ W.T)


@pytest.mark.parametrize(
    ("f", "g", "variance"),
    [
        ("erf", "erf", 0.5),
        ("erf", "sin", 0.25),
        ("gelu", "tanh", 0.25),
        ("tanh", "erf", 0.15),
        ("relu", "relu", 1.0),
    ],
)
@pytest.mark.parametrize("readout", [False, True])
def test_rates_and_loss_against_quadrature(f: str, g: str, variance: float, readout: bool) -> None:
    """With a factor in the student's argument, a symbol: it is that of its weights and rate."""
    size = 2 if f == "relu" else 3
    x, weights = circle(variance) if f == "relu" else grid(size, variance)
    generator = np.random.default_rng(5)
    W, V = generator.normal(size=(2, size)) * 0.6, generator.normal(size=(3, size)) * 0.6
    a = generator.normal(size=2) if readout else np.ones(2)
    system = committee(
        f"{'a[k] ' * readout}{f}(c W[k,i] x[i] / sqrt(h))",
        f"{g}(V[m,i] x[i])",
        str(variance),
        READOUT * readout,
    )
    residual, by_W, by_a = gradients(f, g, W, V, a, x)
    c = 1.6 / 2.0**0.5
    dW, da = c * np.einsum("s,ski->ki", weights, by_W), weights @ by_a
    W = W / c
    at = {"K": 2, "M": 3, "N": size, "q": 1, "c": 1.6, "h": 2} | ({"r": 3} if readout else {})
    start = {"R": W @ V.T, "Q": W @ W.T, "P": V @ V.T} | ({"a": a} if readout else {})
    assert set(system.names) == set(start)
    found = system.rates(at, start)
    bound = 1e-5 if f == "relu" else 1e-8
    assert np.abs(found["R"] - dW @ V.T).max() < bound
    assert np.abs(found["Q"] - dW @ W.T - W @ dW.T).max() < bound
    assert np.abs(found["Q"]).max() > 0.1
    if readout:
        assert np.abs(found["a"] - 3 * da).max() < bound
    loss = system.integrate(at, 1e-6, points=2, start=start).loss[0]
    assert loss == pytest.approx(weights @ residual**2 / 2, abs=bound)


LONG = {"W": "student_first_layer_weights", "V": "teacher_weights", "x": "standard_inputs"}


@pytest.mark.parametrize("names", [LONG, {"W": "W" * 20, "V": "V" * 20, "x": "x" * 20}])
def test_long_names_change_names_alone(names: dict[str, str]) -> None:
    text = _text("erf(W[k,i] x[i])", "erf(V[m,i] x[i])")
    other = re.sub(r"\b[WVx]\b", lambda found: names[found[0]], text)
    W, V = np.random.default_rng(0).normal(size=(2, 2, 3)) * 0.5
    point = {"R": W @ V.T, "Q": W @ W.T, "P": V @ V.T}
    at = {"K": 2, "M": 2, "N": 3, "q": 1}
    short, long = (close(parse_problem(one)) for one in (text, other))
    assert len(long.averages) == len(short.averages)
    for name, slope in short.rates(at, point).items():
        assert long.rates(at, point)[name] == pytest.approx(slope)


@pytest.mark.parametrize("factors", [("1/2", "-1/2"), ("b c", "b_c"), ("b", "b^(1/2)")])
def test_factors_inside_are_told_apart(factors: tuple[str, str]) -> None:
    """The loss by a quadrature over the one input that all functions share."""
    one, two = factors
    flow = committee(f"erf({one} W[k,i] x[i]) + erf({two} W[k,i] x[i])", "0 + sin(V[m,i] x[i])")
    values = {"b": 4, "c": 0.25, "b_c": 3}
    at = {"K": 1, "M": 1, "N": 1, "q": 1}
    at |= {name: value for name, value in values.items() if name in flow.problem.symbols}
    a, b = {"1/2": (0.5, -0.5), "b c": (1, 3), "b": (4, 2)}[one]
    x, weights = grid(1, 1, 160)
    z = x[:, 0]
    y = scipy.special.erf(0.4 * a * z) + scipy.special.erf(0.4 * b * z) - np.sin(z)
    start = {"R": np.array([[0.4]]), "Q": np.array([[0.16]]), "P": np.array([[1.0]])}
    found = flow.integrate(at, 1e-9, points=2, start=start).loss[0]
    assert found == pytest.approx(weights @ y**2 / 2, rel=1e-5)


@pytest.mark.parametrize("K", [1, pytest.param(2, marks=pytest.mark.full)])
def test_mean_step_of_sgd_against_quadrature(K: int) -> None:
    """At a finite size and step, exactly; the inputs' norm fluctuates, which large sizes hide."""
    x, weights = grid(3, 0.5, 60)
    generator = np.random.default_rng(6)
    W, V = generator.normal(size=(K, 3)) * 0.5, generator.normal(size=(1, 3)) * 0.7
    text = _text("erf(W[k,i] x[i])", "erf(V[m,i] x[i])", "1/2")
    system = close(parse_problem(text), step="eta")
    _, by_W, _ = gradients("erf", "erf", W, V, np.ones(K), x)
    eta = 0.3
    moved = W + eta * by_W
    wanted = {
        "Q": np.einsum("s,ski,sli->kl", weights, moved, moved) - W @ W.T,
        "R": np.einsum("s,ski,mi->km", weights, moved, V) - W @ V.T,
    }
    at = {"K": K, "M": 1, "N": 3, "q": 1, "eta": eta}
    found = system.rates(at, {"R": W @ V.T, "Q": W @ W.T, "P": V @ V.T})
    for name, change in wanted.items():
        assert np.abs(found[name] - change / eta).max() < 1e-7
    flow = np.einsum("s,ski->ki", weights, by_W)
    assert np.abs(found["Q"] - flow @ W.T - W @ flow.T).max() > 0.02


# -- published equations --------------------------------------------------------------------


def exactly(
    system: ClosedSystem, equation: Combination, values: dict[str, sympy.Matrix], legs: list[int]
) -> sympy.Expr:
    """A right-hand side at exact numbers, its averages in closed form; x has the variance 1/2."""
    sizes = {"unit": values["Q"].rows, "teacher": values["P"].rows}
    total = sympy.Integer(0)
    for diagram, coefficient in equation:
        shape = [sizes[family.name] for family in diagram.nodes]
        for point in np.ndindex(*shape):
            if any(point[node] != leg for node, leg in zip(diagram.legs, legs, strict=True)):
                continue
            value = coefficient.to_sympy()
            for edge in diagram.edges:
                at = [point[node] for node in edge.nodes]
                law = edge.tensor.law
                if isinstance(law, Averaged):
                    value *= _average(law, at, values)
                else:
                    value *= values[edge.tensor.name][at[0], at[1]]
            total += value
    return total


def _average(law: Averaged, at: list[int], values: dict[str, sympy.Matrix]) -> sympy.Expr:
    rows = [(one.weights.name, k) for one, k in zip(law.functions, at, strict=True)]
    places = list(dict.fromkeys(rows))

    def overlap(one: tuple[str, int], other: tuple[str, int]) -> sympy.Expr:
        (a, k), (b, m) = sorted([one, other], reverse=True)
        return values[{"WW": "Q", "WV": "R", "VV": "P"}[a + b]][k, m] / 2

    factors = [
        (activation(f.name), f.order, row) for f, row in zip(law.functions, rows, strict=True)
    ]
    average, order = FunctionAverage.of(factors)
    covariance = sympy.Matrix(len(places), len(places), lambda i, j: overlap(order[i], order[j]))
    return average.closed(covariance)


def test_the_equations_of_saad_and_solla() -> None:
    """Phys. Rev. E 52, 4225 (1995): dR/dalpha, dQ/dalpha and the error, at 30 digits.

    ``dJ_i = (eta/N) delta_i xi`` with ``delta_i = g'(x_i) (zeta - sigma)``; their ``eta/N`` is our
    step, and alpha counts steps over N.  The terms of order N in the mean step are theirs; what it
    has besides is of order 1/N of these.
    """
    K, M = 2, 2
    entries = [[3, 1, 1, -1], [1, 4, 2, 1], [1, 2, 5, 1], [-1, 1, 1, 4]]
    C = sympy.Matrix(4, 4, lambda i, j: sympy.Rational(entries[i][j], 6 + abs(i - j)))
    values = {"Q": C[:K, :K], "R": C[:K, K:], "P": C[K:, K:]}

    def I2(i: int, k: int) -> sympy.Expr:
        return 2 / sympy.pi * sympy.asin(C[i, k] / sympy.sqrt((1 + C[i, i]) * (1 + C[k, k])))

    def I3(i: int, k: int, j: int) -> sympy.Expr:
        Lambda = (1 + C[i, i]) * (1 + C[j, j]) - C[i, j] ** 2
        over = C[k, j] * (1 + C[i, i]) - C[i, k] * C[i, j]
        return 2 / sympy.pi / sympy.sqrt(Lambda) * over / (1 + C[i, i])

    def I4(i: int, k: int, j: int, n: int) -> sympy.Expr:
        L4 = (1 + C[i, i]) * (1 + C[k, k]) - C[i, k] ** 2

        def part(a: int, b: int, unit: int) -> sympy.Expr:
            return (
                L4 * (C[a, b] + unit)
                - C[k, a] * C[k, b] * (1 + C[i, i])
                - C[i, a] * C[i, b] * (1 + C[k, k])
                + C[i, k] * (C[i, a] * C[k, b] + C[i, b] * C[k, a])
            )

        root = sympy.sqrt(part(j, j, 1) * part(n, n, 1))
        return 4 / sympy.pi**2 / sympy.sqrt(L4) * sympy.asin(part(j, n, 0) / root)

    teacher, student = range(K, K + M), range(K)

    def signed(found: Callable[[int], sympy.Expr]) -> sympy.Expr:
        return sympy.Add(*map(found, teacher)) - sympy.Add(*map(found, student))

    problem = parse_problem(_text("erf(W[k,i] x[i])", "erf(V[m,i] x[i])", "1/2"))
    flow, sgd = close(problem), close(problem, step="eta")
    error = sum((I2(i, k) for i in student for k in student), sympy.Integer(0)) / 2
    error += sum((I2(n, m) for n in teacher for m in teacher), sympy.Integer(0)) / 2
    error -= sum((I2(i, n) for i in student for n in teacher), sympy.Integer(0))
    published = [(flow.loss, [], error)]
    for i, n in ((0, 0), (1, 0)):
        drift = signed(lambda j, i=i, n=n: I3(i, K + n, j))  # type: ignore[misc]
        published.append((flow.equation("R"), [i, n], drift))
    for i, k in ((0, 0), (0, 1)):
        drift = signed(lambda j, i=i, k=k: I3(i, k, j) + I3(k, i, j))  # type: ignore[misc]
        published.append((flow.equation("Q"), [i, k], drift))
        leading = sgd.leading({"N": 1, "eta": -1}).equation("Q") - flow.equation("Q")
        noise = Combination.of((d, c.substitute({"N": 1, "eta": 1})) for d, c in leading)
        I4s = signed(lambda j, i=i, k=k: signed(lambda n: I4(i, k, j, n)))  # type: ignore[misc]
        published.append((noise, [i, k], I4s))
    for derived, legs, wanted in published:
        value = exactly(flow, derived, values, legs)
        assert abs(sympy.N(value, 40) - sympy.N(wanted, 40)) < 1e-30
        assert abs(sympy.N(wanted, 15)) > 1e-3


def test_what_leads() -> None:
    """Of ``N eta`` and ``eta`` the first stays; without a step everything does."""
    problem = parse_problem(_text("erf(W[k,i] x[i])", "erf(V[m,i] x[i])", "1/2"))
    flow, sgd = close(problem), close(problem, step="eta")
    leading = sgd.leading({"N": 1, "eta": -1})
    assert flow.leading({"N": 1}).equations == flow.equations
    assert leading.equation("R") == sgd.equation("R") == flow.equation("R")
    assert len(leading.equation("Q")) == 11 < len(sgd.equation("Q"))
    with pytest.raises(BadInput, match="scaling: 'p' is not allowed"):
        sgd.leading({"p": 1})
    for system in (flow, leading):
        text = system.to_json()
        checked(text)
        assert system_from_json(text) == system
        assert set(system.averages) == {one["name"] for one in json.loads(text)["averages"]}


# -- the same network in two languages ----------------------------------------------------


def test_powers_as_functions_and_written_out() -> None:
    """``(W x)^2`` is a function; written out it is a polynomial, closed without any function."""
    functions = committee("(W[k,i] x[i])^2", "(V[m,i] x[i])^2")
    written = committee("W[k,i] W[k,j] x[i] x[j]", "V[m,i] V[m,j] x[i] x[j]")
    assert any(isinstance(t.law, Averaged) for d, _ in functions.loss for t in d.tensors)
    assert not any(isinstance(t.law, Averaged) for d, _ in written.loss for t in d.tensors)
    generator = np.random.default_rng(8)
    W, V = generator.normal(size=(3, 4)), generator.normal(size=(2, 4))
    start, at = {"R": W @ V.T, "Q": W @ W.T, "P": V @ V.T}, {"K": 3, "M": 2, "N": 4, "q": 1}
    one, other = functions.rates(at, start), written.rates(at, start)
    for name in one:
        assert one[name] == pytest.approx(other[name], rel=1e-12)


def test_relu_against_simulated_steps() -> None:
    """One-pass SGD with small steps at N = 300 follows the flow, from one start, to O(1/sqrt N)."""
    N, K, M, step = 300, 2, 2, 0.2 / 300
    generator = np.random.default_rng(9)
    V = np.linalg.qr(generator.normal(size=(N, M)))[0].T
    W = 0.5 * V + generator.normal(size=(K, N)) / N**0.5
    system = committee("relu(W[k,i] x[i])", "relu(V[m,i] x[i])")
    start = {"R": W @ V.T, "Q": W @ W.T, "P": V @ V.T}
    steps = 6000
    curves = system.integrate(
        {"K": K, "M": M, "N": N, "q": 1}, step * steps, points=2, start=start, tolerance=1e-6
    )
    for _ in range(steps):
        x = generator.standard_normal(N)
        h = W @ x
        residual = np.maximum(h, 0).sum() - np.maximum(V @ x, 0).sum()
        W = W - step * residual * np.outer(h > 0, x)
    assert np.abs(curves["R"][-1] - W @ V.T).max() < 0.06
    assert np.abs(curves["R"][-1] - start["R"]).max() > 0.3


def test_the_error_of_averages_without_a_closed_form() -> None:
    """tanh, by quadrature: the error that curves state bounds the difference of a finer rule."""
    system = committee("tanh(W[k,i] x[i])", "tanh(V[m,i] x[i])")
    for scale, bound in ((3.0, 1e-4), (6.0, 1e-1)):
        start = {"R": np.array([[0.4]]), "Q": np.eye(1) * scale, "P": np.eye(1) * scale}
        at = {"K": 1, "M": 1, "N": 9, "q": 1}
        curves = system.integrate(at, 0.2, points=2, start=start)
        fine = SystemInNumbers(system, at, start, 250)
        wanted = fine.integrated(fine.state, (), np.array([0.0, 0.2]), 1e-10)[0]
        difference = np.abs(
            np.concatenate([curves[n][-1].ravel() for n in fine.moving]) - wanted[-1]
        )
        assert difference.max() <= curves.error < bound
    assert "nodes instead of" in str(curves.evidence)


# -- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            _text("erf(W[k,i] x[i])", "1").replace('average = ["x"]', "average = []"),
            "averaged over",
        ),
        (_text("phi(phi(W[k,i] x[i]))", "1"), "deeper networks"),
        (
            _text("erf(W[k,i] x[i])", "1").replace(
                'x = {families = ["feature"], role = "frozen", ',
                'x = {families = ["feature"], role = "frozen", law = "rademacher", ',
            ),
            "gaussian|Gaussian",
        ),
    ],
)
def test_refused_files(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse_problem(text)


def test_what_is_refused() -> None:
    text = _text("phi(W[k,i] x[i])", "erf(V[m,i] x[i])")
    problem = parse_problem(text)
    system = close(problem)
    assert "E[phi'" in system.text()
    with pytest.raises(BadInput, match="closed form"):
        system.rates({"K": 1, "M": 1, "N": 2, "q": 1}, {})
    with pytest.raises(BadInput, match="close follows"):
        expand(problem, 1)
    with pytest.raises(BadInput, match="close follows"):
        simulate(problem, at={"K": 1, "M": 1, "N": 2, "q": 1}, until=1)
    with pytest.raises(NotSolved, match="averages of functions"):
        system.restrict({"Q[k,l]": "q delta[k,l]", "R[k,m]": "0", "P[m,n]": "delta[m,n]"})
