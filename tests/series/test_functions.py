"""Networks of one hidden layer with functions: against polynomials, and against quadrature."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

from diagrams import BadInput, Polynomial, Series, expand, load_problem
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.series.averages import definitions
from diagrams.series.cumulants import cumulant
from tests.truth.hidden_layer import (
    FUNCTIONS,
    HiddenLayer,
    gaussian_average,
    power,
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
        (1, 3, {}),
        (2, 2, {"decay": "lambda"}),
        (3, 1, {}),
        (1, 2, {"inputs": "2", "decay": "1/3"}),
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
    assert inside.coefficients == outside.coefficients


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
    for name, known in definitions(problem, [polynomial]).items():
        covariance = np.array(known.covariance.subs(dict(given)).tolist(), dtype=float)
        factors = [
            (FUNCTIONS[function.name], order, variable)
            for variable, group in enumerate(known.average.groups)
            for function, order in group
        ]
        values[name] = gaussian_average(factors, covariance, 200 if len(covariance) == 1 else 70)
    return sum(
        float(c) * float(np.prod([values[n] ** float(e) for n, e in powers.items()]))
        for powers, c in polynomial
    )


def deviation(choose: random.Random) -> float:
    """How far a random network is from its truth, relatively."""
    name = choose.choice([*FUNCTIONS])
    width, inputs = choose.choice([(1, 1), (1, 1), (2, 1), (2, 1), (1, 2), (3, 1), (2, 2)])
    terms = choose.choice([1, 2, 3]) if width * inputs == 1 else 2
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
    ).derivatives(terms, {1: 200, 2: 70, 3: 24, 4: 14}[width * inputs])
    found = [number(y, problem, {"N": width}) for y in series]
    return max(
        abs(one - other) / max(abs(other), 1e-3 * abs(truth[0]))
        for one, other in zip(found, truth, strict=True)
    )


def test_random_networks_against_quadrature() -> None:
    choose = random.Random(19)
    assert max(deviation(choose) for _ in range(12)) < 1e-6


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_many_random_networks_against_quadrature(seed: int) -> None:
    choose = random.Random(seed)
    assert max(deviation(choose) for _ in range(20)) < 1e-6
