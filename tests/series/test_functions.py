"""Networks of one hidden layer with functions: against polynomials, and against quadrature."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

from diagrams import BadInput, Polynomial, expand
from diagrams.polynomials.average_symbols import averages_in
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.series.cumulants import cumulant
from tests.truth.hidden_layer import (
    FUNCTIONS,
    HiddenLayer,
    gaussian_average,
)

FILE = """
families = {{hidden = {width}, feature = "d", sample = {inputs}}}
tensors.W = {{families = ["hidden", "feature"], role = "trained", variance = "{w}", rate = "{rw}"}}
tensors.a = {{families = ["hidden"], role = "trained", variance = "{v}", rate = "{ra}"}}
tensors.x = {{families = ["sample", "feature"], role = "frozen", gram = {gram}}}
tensors.y = {{families = ["sample"], role = "frozen", values = {labels}}}
model = {{output = "a[k] {function} / sqrt({N})", target = "y[m]"}}
loss = {{kind = "squared error", over = ["m"], decay = "{decay}"}}
"""
PLAIN = {
    "width": '"N"',
    "N": "N",
    "inputs": "1",
    "w": "w",
    "v": "v",
    "rw": "r",
    "ra": "s",
    "gram": '"K"',
    "labels": '"c"',
    "decay": "0",
}


def network(function: str, **changes: str) -> Problem:
    """A network, its sizes and scales as symbols unless they are changed."""
    return parse_problem(FILE.format(function=function, **{**PLAIN, **changes}))


TWO = {"inputs": "2", "gram": '[["1", "rho"], ["rho", "1"]]', "labels": '["c", "-1"]'}


@pytest.mark.parametrize(
    ("exponent", "terms", "changes"),
    [
        (1, 2, {}),
        (2, 2, {"decay": "lambda"}),
        (3, 1, {}),
        (1, 1, {"inputs": "2", "decay": "1/3"}),
        (2, 1, TWO),
    ],
)
def test_powers_are_polynomials(exponent: int, terms: int, changes: Mapping[str, str]) -> None:
    factors = " ".join(f"W[k,i{j}] x[m,i{j}]" for j in range(exponent))
    found = expand(network(f"(W[k,i] x[m,i])^{exponent}", **changes), terms)
    assert found.coefficients == expand(network(factors, **changes), terms).coefficients


def test_one_input_is_a_row_of_weights_with_its_own_variance_and_rate() -> None:
    """An independent spelling of the same flow: it is ``z[k] = sum_i W[k,i] x[i]`` that moves."""
    direct = parse_problem(
        """
        families = {hidden = "N"}
        tensors.z = {families = ["hidden"], role = "trained", variance = "w*K", rate = "r*K"}
        tensors.a = {families = ["hidden"], role = "trained", variance = "v", rate = "s"}
        model = {output = "a[k] z[k]^3 / sqrt(N)", target = "c"}
        loss = {kind = "squared error", over = []}
        """
    )
    found = expand(network("(W[k,i] x[m,i])^3"), 2)
    assert found.coefficients == expand(direct, 2).coefficients


def test_a_prefactor_inside_counts_once_for_every_derivative() -> None:
    inside = expand(network("phi(W[k,i] x[m,i] / sqrt(d))", gram='"d"', w="w"), 2)
    outside = expand(network("phi(W[k,i] x[m,i])", gram='"1"', w="w"), 2)
    for one, other in zip(inside, outside, strict=True):
        names = {n: Polynomial.symbol(n.replace("_d_1o2m", "")) for n in one.symbols}
        assert one.substitute(names) == other


def test_orthonormal_inputs_need_none() -> None:
    """``phi(W[k,m])``: a sample is an entry of the weights, and their number may be a symbol."""
    text = """
    families = {hidden = "N", sample = "P"}
    tensors.W = {families = ["hidden", "sample"], role = "trained", variance = "w", rate = "r"}
    tensors.a = {families = ["hidden"], role = "trained", variance = "v", rate = "s"}
    model = {output = "a[k] phi(W[k,m]) / sqrt(N)", target = "c"}
    loss = {kind = "squared error", over = ["m"]}
    """
    for_any = expand(parse_problem(text), 2)
    two = network(
        "phi(W[k,i] x[m,i])", inputs="2", gram='[["1", "0"], ["0", "1"]]', labels='["c", "c"]'
    )
    for symbolic, numbered in zip(for_any, expand(two, 2), strict=True):
        names = {n: n.replace("1W", "W").replace("2W", "W") for n in numbered.symbols}
        plain = numbered.substitute({n: Polynomial.symbol(m) for n, m in names.items()})
        assert symbolic.substitute({"P": 2}) == plain


# -- quadrature ----------------------------------------------------------------------------------


def number(polynomial: Polynomial, problem: Problem, given: Mapping[str, float]) -> float:
    """A coefficient at numbers, its averages by a quadrature that knows no closed form."""
    values = dict(given)
    for known in averages_in([polynomial]):
        rows = [
            [float(entry.to_sympy().subs(dict(given))) for entry in row] for row in known.covariance
        ]
        covariance = np.array(rows)
        factors = [(FUNCTIONS[name], order, variable) for name, order, variable in known.factors]
        values[known] = gaussian_average(factors, covariance, 200 if len(covariance) == 1 else 70)
    return sum(
        float(c) * float(np.prod([values[n] ** float(e) for n, e in powers.items()]))
        for powers, c in polynomial
    )


SMALL = ((1, 1), (2, 1), (1, 2))
"""Widths and numbers of inputs."""


def deviation(choose: random.Random, shapes: Sequence[tuple[int, int]], most: int) -> float:
    """How far a random network is from its truth, relatively."""
    name = choose.choice([*FUNCTIONS])
    width, inputs = choose.choice(shapes)
    terms = choose.randint(1, most) if width * inputs == 1 else 2
    terms = terms if width * inputs < 3 else 1
    wild = name == "exp" or name in ("power4", "power5", "power6", "phi")
    few = ["1/4"] if wild or width * inputs > 1 else ["1", "2", "1/2"]
    pick = {key: choose.choice(few) for key in "wv"}
    pick |= {key: choose.choice(["1", "2", "3/2"]) for key in ("rw", "ra")}
    pick["decay"] = choose.choice(["0", "1/3"])
    factor = choose.choice(["1", "1/2"])
    slope = choose.choice(["1/2", "0", "-1/3"])
    gram = [["1"]] if inputs == 1 else [["1", slope], [slope, "2/3"]]
    labels = [choose.choice(["1", "-1/2"]) for _ in range(inputs)]
    grown = choose.random() < 0.5
    form = f"({factor} W[k,i] x[m,i])"
    function = f"{form}^{name[5:]}" if name.startswith("power") else name + form
    problem = network(
        function,
        width='"N"' if grown else str(width),
        N="N" if grown else str({1: 1, 2: 4, 3: 9}[width]),
        inputs=str(inputs),
        gram=str(gram).replace("'", '"'),
        labels=str(labels).replace("'", '"'),
        **pick,
    )
    series = expand(problem, terms)
    values = {key: float(Fraction(value)) for key, value in pick.items()}
    root = 1.0 if grown else 1 / sqrt(width)
    truth = HiddenLayer(
        lambda z, order: root * FUNCTIONS[name](z, order),
        width,
        float(Fraction(factor)) ** 2
        * np.array([[float(Fraction(entry)) for entry in row] for row in gram]),
        np.array([float(Fraction(label)) for label in labels]),
        values["w"],
        values["v"],
        (values["ra"], values["rw"]),
        values["decay"],
    ).derivatives(terms, {1: 200, 2: 70, 3: 26, 4: 15}[width * inputs])
    found = [number(y, problem, {"N": width}) for y in series]
    return max(
        abs(one - other) / max(abs(other), 1e-3 * abs(truth[0]))
        for one, other in zip(found, truth, strict=True)
    )


def test_random_networks_against_quadrature() -> None:
    choose = random.Random(19)
    assert max(deviation(choose, SMALL, 2) for _ in range(5)) < 1e-6


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_many_random_networks_against_quadrature(seed: int) -> None:
    choose = random.Random(seed)
    shapes = (*SMALL, *SMALL, (3, 1), (2, 2))
    assert max(deviation(choose, shapes, 3) for _ in range(20)) < 1e-4  # of the quadrature


# -- the tangent kernel ----------------------------------------------------------------------------

KERNEL = """
[tensors.e]
families = ["sample"]
role = "frozen"
values = ["1", "0"]
[tensors.g]
families = ["sample"]
role = "frozen"
values = ["0", "1"]
[observables]
theta = "star(output[m], output[n]) e[m] g[n]"
moved = "-star(theta, loss)"
"""


def kernel_network(function: str, **changes: str) -> Problem:
    """A network at two inputs, with its tangent kernel between them and how it moves."""
    text = FILE.format(function=function, **{**PLAIN, **TWO, **changes})
    lines = [line.strip() for line in text.strip().splitlines()]
    tables = [line.partition(" = ") for line in lines]
    body = "\n".join(f"{head} = {rest}" for head, _, rest in tables)
    return parse_problem(body + KERNEL)


def test_the_tangent_kernel_of_any_function_at_the_start() -> None:
    """The textbook kernel is exact at every width; its variance is that of one unit over N."""
    problem = kernel_network("phi(W[k,i] x[m,i])", rw="1", ra="1")
    k, v, N = (Polynomial.symbol(name) for name in ("rho", "v", "N"))
    average = {
        key: Polynomial.symbol(f"E_phi_{key}_at1W__phi_{key}_at2W")
        for key in ("0", "1", "00", "11", "01")
    }
    mean = average["0"] + v * k * average["1"]
    assert expand(problem, 0, observable="theta")[0] == mean
    square = average["00"] + 2 * v * k * average["01"] + 3 * v**2 * k**2 * average["11"]
    variance = cumulant(problem, ["theta", "theta"], 0)[0]
    assert variance == N**-1 * (square - mean**2)


@pytest.mark.parametrize(("name", "width", "nodes"), [("tanh", 1, 60), ("phi", 2, 10)])
def test_the_kernel_moves_at_order_one_over_width(name: str, width: int, nodes: int) -> None:
    """Its first derivative by two merges, against the derivative along the flow."""
    problem = kernel_network(f"{name}(W[k,i] x[m,i])", w="1/4", v="1", rw="1", ra="1")
    slope = expand(problem, 1, observable="theta")[1]
    assert slope == expand(problem, 0, observable="moved")[0]
    assert {dict(powers)["N"] for powers, _ in slope.terms} <= {-1, -2}
    gram, labels = np.array([[1, 0.3], [0.3, 1]]), np.array([0.8, -1.0])
    truth = HiddenLayer(FUNCTIONS[name], width, gram, labels, 0.25, 1.0).kernel_slope(nodes)
    found = number(slope, problem, {"N": width, "rho": 0.3, "c": 0.8})
    assert found == pytest.approx(truth, rel=1e-6)


def test_relu_is_known_as_far_as_its_flow_is_smooth() -> None:
    """Hand-made: half moments, E relu^2 = K w/2, E relu^4 = 3 (K w)^2/2, E step = 1/2."""
    problem = network("relu(W[k,i] x[m,i])", rw="1", ra="1")
    series = expand(problem, 1)
    c, v, w, K, N = (Polynomial.symbol(name) for name in ("c", "v", "w", "K", "N"))
    assert series[0] == v * w * K / 2 * Fraction(1, 2) + c**2 / 2
    first = (v * w**2 * K**2 + v**2 * w * K**2) * (1 + 5 * N**-1) / 4
    assert series[1] == -first - c**2 * K * (v + w) / 2
    with pytest.raises(BadInput, match="another speed from one side") as caught:
        expand(problem, 2)
    assert caught.value.value == "relu''"


def test_what_the_flow_of_relu_adds_at_second_order_is_no_average_of_a_product() -> None:
    """Width 1, one input, all scales 1: the product would give 80, the flow gives 80 + 1/pi.

    Units at z > 0 with a speed towards zero stop there, and none comes back: the flux is one-sided.
    """
    unit = (np.arange(1200) + 0.5) / 1200
    a, place = np.meshgrid(12 * (np.arange(160) + 0.5) / 160 - 6, unit, indexing="ij")
    z = 8 * place**3  # close together at the kink
    weight = np.exp(-(a**2) / 2 - z**2 / 2) / (2 * np.pi) * (12 / 160) * 24 * place**2 / 1200

    def speed(a: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        on = z > 0
        error = a * z * on - 1
        return -error * z * on, -error * a * on

    def second(t: float) -> float:
        b, y, steps = a, z, 16
        for _ in range(steps):
            one = speed(b, y)
            two = speed(b + t / (2 * steps) * one[0], y + t / (2 * steps) * one[1])
            b, y = b + t / steps * two[0], y + t / steps * two[1]
        loss = float((weight * 0.5 * (b * np.maximum(y, 0) - 1) ** 2).sum()) + 0.25
        return 2 * (loss - 0.75 + 4 * t) / t**2

    table = [second(0.02 / 2**k) for k in range(4)]
    for step in (1, 2, 3):
        pairs = zip(table[1:], table, strict=False)
        table = [(2**step * near - far) / (2**step - 1) for near, far in pairs]
    assert table[0] == pytest.approx(80 + 1 / np.pi, abs=0.1)


# -- further structures ----------------------------------------------------------------------------


def test_a_teacher_of_functions_is_frozen() -> None:
    """Weights that do not move are never differentiated: a target of relu goes on to any order."""
    text = FILE.format(function="tanh(W[k,i] x[m,i])", **{**PLAIN, "rw": "1", "ra": "1"})
    text = text.replace('"y[m]"', '"relu(V[l,i] x[m,i]) y[m]"').replace(
        "tensors.a",
        'tensors.V = {families = ["teacher", "feature"], role = "frozen", variance = "u"}'
        "\ntensors.a",
    )
    text = text.replace("sample = 1}", "sample = 1, teacher = 1}")
    series = expand(parse_problem(text), 2)
    u, K, c = (Polynomial.symbol(name) for name in ("u", "K", "c"))
    constant = Polynomial(tuple(t for t in series[0].terms if "v" not in dict(t[0])))
    assert constant == c**2 * u * K / 4  # E relu^2 / 2
    assert all("tanh" in "".join(y.symbols) for y in series.coefficients[1:])


def test_weights_outside_of_functions_are_integrated_by_parts() -> None:
    """``sum_i E W[k,i]^2 phi^2`` by hand: w d E phi^2 + 2 w^2 K (E phi'^2 + E phi phi'')."""
    problem = network("phi(W[k,i] x[m,i])")
    found = expand(problem, 0, observable="W[k,i]^2 phi(W[k,j] x[m,j])^2")[0]
    names = ("w", "d", "K", "N", "E_phi_00_atW", "E_phi_11_atW", "E_phi_02_atW")
    w, d, K, N, plain, slopes, bent = (Polynomial.symbol(name) for name in names)
    assert found == N * (w * d * plain + 2 * w**2 * K * (slopes + bent))


def test_two_factors_inside_are_two_variables() -> None:
    """``tanh(u) + tanh(2 u)`` and ``tanh(u/sqrt(2))``, averages by a one-dimensional quadrature."""
    inside = "tanh(W[k,i] x[m,i]) + a[k] tanh(2 W[k,i] x[m,i]) + a[k] tanh(W[k,i] x[m,i] / sqrt(h))"
    problem = network(inside, N="1", v="1", labels='"0"', rw="1", ra="1")
    points, weights = np.polynomial.hermite_e.hermegauss(160)
    for one, two in (("1", "1/4"), ("2", "1/2")):
        u = points * sqrt(float(Fraction(one)))
        total = np.tanh(u) + np.tanh(2 * u) + np.tanh(u * sqrt(float(Fraction(two))))
        truth = 0.5 * (weights @ total**2) / sqrt(2 * np.pi)
        (found,) = expand(problem, 0).values({"w": one, "K": 1, "N": 1, "h": 1 / Fraction(two)})
        assert float(found) == pytest.approx(float(truth), rel=1e-5)


def test_arguments_are_told_apart_by_what_they_are() -> None:
    """``tanh(u1) tanh(u2)`` at factors whose names look alike, by two-dimensional quadrature."""
    values = {name: Fraction(2 + k, 5) for k, name in enumerate(("b", "c", "bc", "b2", "b_2"))}
    b, c, bc, b2, b_2 = values.values()
    pairs = {("b c", "bc"): (b * c, bc), ("b^2", "b2"): (b * b, b2), ("b_2", "b / 2"): (b_2, b / 2)}
    points, weights = np.polynomial.hermite_e.hermegauss(120)
    for (one, other), numbers in pairs.items():
        inside = f"(tanh({one} W[k,i] x[m,i]) + a[k] tanh({other} W[k,i] x[m,i]))"
        problem = network(inside, labels='"0"', rw="1", ra="1", gram='"1"', w="1", v="1", N="1")
        series = expand(problem, 0)
        first, second = (np.tanh(float(factor) * points) ** 2 for factor in numbers)
        truth = (weights @ (first + 3 * second)) / sqrt(2 * np.pi) / 2
        found = series.values({name: values.get(name, 1) for name in problem.symbols})
        assert len(averages_in(series)) == 2
        assert float(found[0]) == pytest.approx(float(truth), rel=1e-6)


def test_a_gram_matrix_is_one_exactly() -> None:
    """Singular at 3/5 and 9/25; beyond by 10^-12 it is none, as in the file."""
    problem = network(
        "tanh(W[k,i] x[m,i])", inputs="2", gram='[["1", "r"], ["r", "s"]]', labels='["c", "1"]'
    )
    series = expand(problem, 0)
    at = {name: 1 for name in problem.symbols if name not in ("d",)} | {"r": "3/5", "s": "9/25"}
    assert series.values(at)
    with pytest.raises(BadInput, match="tensors.x.gram"):
        series.values(at | {"s": Fraction(9, 25) - Fraction(1, 10**12)})
    with pytest.raises(BadInput, match="gram"):
        network("tanh(W[k,i] x[m,i])", inputs="2", gram='[["1", "3/5"], ["3/5", "9/26"]]')


def test_two_factors_inside_move_together() -> None:
    """The same sum of two sines as one function of ``u``, by quadrature."""
    inside = "sin(W[k,i] x[m,i]) + a[k] sin(2 W[k,i] x[m,i])"
    problem = network(inside, N="1", v="1", w="1/4", gram='"1"', labels='"1/2"', rw="3/2", ra="1")
    sine = FUNCTIONS["sin"]
    truth = HiddenLayer(
        lambda z, order: sqrt(2) * (sine(z, order) + 2**order * sine(2 * z, order)),
        2,
        np.array([[1.0]]),
        np.array([0.5]),
        0.25,
        1.0,
        (1.0, 1.5),
    )
    series = expand(problem, 1)
    found = [number(y, problem, {"N": 2}) for y in series]
    assert found == pytest.approx(truth.derivatives(1, 40), rel=1e-8)


@pytest.mark.parametrize(
    ("inside", "changes", "words"),
    [
        ("tanh(W[k,i] x[m,i])", {"labels": '"E_tanh_00_at1W"'}, "averages of functions"),
        ("tanh(W[k,i] x[m,i])", {"gram": '"E_tanh_00_at1W"'}, "averages of functions"),
    ],
)
def test_what_would_mean_two_things_is_refused(
    inside: str, changes: Mapping[str, str], words: str
) -> None:
    text = FILE.replace("a[k] {function}", "a[k] " + inside)
    with pytest.raises(BadInput, match=words):
        parse_problem(text.format(**{**PLAIN, **changes}))
    network("tanh(W[k,i] x[m,i])", labels='"E_phi_00_at1W"')
