"""Wide networks at given inputs: the frozen kernel against quadrature, exponentials and runs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy
from scipy.linalg import expm
from scipy.special import erf

from diagrams import BadInput, NotSolved, cumulant, expand, load_problem, simulate, solve
from diagrams.dynamics import given_inputs
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.tangent_kernels import kernel_variances, tangent_kernel
from diagrams.export.json.solution import solution_from_json, solution_json
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem

TWO = Path(__file__).parents[2] / "docs" / "systems" / "activation_two_inputs.toml"
FILE = """
families = {{hidden = "N", feature = "d", sample = {count}}}
tensors.a = {{families = ["hidden"], role = "trained", variance = "v", rate = "s"}}
tensors.W = {{families = ["hidden", "feature"], role = "trained", variance = "w"}}
tensors.x = {{families = ["sample", "feature"], role = "frozen", gram = {gram}}}
tensors.y = {{families = ["sample"], role = "frozen", values = {labels}}}
model = {{output = "a[k] {function}(W[k,i] x[m,i]) / {scale}", target = "y[m]"}}
loss = {{kind = "squared error", over = ["m"], prefactor = "1/4"}}
"""
THREE = '[["1", "r", "1/4"], ["r", "1", "r"], ["1/4", "r", "1"]]'


def network(function: str, scale: str = "sqrt(N)", **changes: str) -> Problem:
    given = {"count": "1", "gram": '"K"', "labels": '"c"', **changes}
    return parse_problem(FILE.format(function=function, scale=scale, **given))


def test_three_inputs_against_a_matrix_exponential() -> None:
    """Averages of erf by Gauss-Hermite points in two dimensions, and exp of the kernel."""
    problem = network("erf", count="3", gram=THREE, labels='["c", "-1", "1/2"]')
    at = {"N": 9, "d": 3, "v": "3/2", "w": "2/3", "s": "1/2", "r": "1/2", "c": 2}
    found = [float(x.value) for x in solve(problem).values([0, 1, 3], at, size_limit=True)]
    gram, w, v, s = np.array([[1, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 1]]), 2 / 3, 1.5, 0.5
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    first, second = np.meshgrid(nodes, nodes)
    weight = np.outer(weights, weights) / (2 * np.pi)
    values, slopes = np.zeros((3, 3)), np.zeros((3, 3))
    for m in range(3):
        for n in range(3):
            z = w**0.5 * first
            u = w**0.5 * (gram[m, n] * first + (1 - gram[m, n] ** 2) ** 0.5 * second)
            values[m, n] = (weight * erf(z) * erf(u)).sum()
            slopes[m, n] = (weight * 4 / np.pi * np.exp(-(z**2) - u**2)).sum()
    kernel = s * values + v * gram * slopes
    errors = v * values + np.outer([2, -1, 0.5], [2, -1, 0.5])
    truth = [0.25 * np.trace(expm(-kernel * t) @ errors) for t in (0, 1, 3)]
    assert found == pytest.approx(truth, rel=1e-9)


def test_two_inputs_have_a_formula_that_gives_the_same_numbers() -> None:
    solution = solve(
        network("phi", count="2", gram='[["1", "r"], ["r", "K"]]', labels='["c", "1"]')
    )
    assert solution.kind == "explicit"
    names = [name for name in solution.symbols if name.startswith("E_")]
    at = {name: Fraction(k + 2, 7) for k, name in enumerate(names)}
    at |= dict.fromkeys(solution.problem.symbols, 1) | {"K": 2, "r": Fraction(1, 3), "c": 3}
    put = {sympy.Symbol(n): sympy.Rational(str(v)) for n, v in at.items()} | {sympy.Symbol("T"): 1}
    plain = solution.expr.subs(put)
    for t in (0, Fraction(1, 2), 2):
        number = float(plain.subs(sympy.Symbol("t"), sympy.Rational(str(t))))
        assert float(solution.evaluate({**at, "t": t}, size_limit=True).value) == pytest.approx(
            number, rel=1e-10
        )


def test_runs_of_a_wide_network_follow_it() -> None:
    """Means of runs at N = 150: apart by 1/N and by the standard error."""
    problem = network("tanh")
    at = {"N": 150, "d": 2, "v": 1, "w": 1, "K": 1, "c": 1, "s": 1}
    run = simulate(problem, at=at, until=2, points=3, seeds=60)
    found = [float(value.value) for value in solve(problem).values([0, 1, 2], at, size_limit=True)]
    for value, mean, error in zip(found, run.mean, run.standard_error, strict=True):
        assert abs(value - mean) < 4 * error + 3 / 150


def test_relu_has_its_published_kernel_and_says_how_far_it_is_certified() -> None:
    """E relu^2 = w K/2, E step = 1/2."""
    solution = solve(network("relu"))
    kernel, v, w, K, s = solution.definitions[0][1], *sympy.symbols("v w K s")
    assert kernel.equals(K * (s * w + v) / 2)
    assert "at orders 0, 1; at every single input, for smooth functions, to order 3" in str(
        solution.evidence
    )


def test_the_kernel_at_the_start_is_that_of_observables() -> None:
    problem = load_problem(TWO.read_text().replace("tanh", "phi"))
    assert tangent_kernel(problem).kernel[0][1] == expand(problem, 0, observable="kernel")[0]
    variance = cumulant(problem, ["kernel", "kernel"], 0)[0]
    assert kernel_variances(problem)[1][0] == variance


def test_where_the_kernel_moves_the_mean_field_leads() -> None:
    """In mean-field scaling orders 1 and 2 agree by parity; the third does not.

    Rates are of order one, so that times are of the order of the width.
    """
    solution = solve(network("tanh", "N"))
    assert (solution.road, solution.kind) == ("the mean field", "mean_field")
    assert "orders 0 to 3" in str(solution.evidence)
    at = {"N": 24, "d": 2, "v": 1, "w": 1, "K": 2, "c": 2, "s": 1}
    run = simulate(solution.problem, at=at, until=48, points=3, seeds=60)
    found = [float(x.value) for x in solution.values([0, 24, 48], at, size_limit=True)]
    for value, mean, error in zip(found, run.mean, run.standard_error, strict=True):
        assert abs(value - mean) < 4 * error + 2 / 24


def test_a_moving_kernel_and_no_mean_field_tell_both_steps() -> None:
    text = FILE.format(function="phi", scale="N", count="1", gram='"K"', labels='"c"')
    decayed = parse_problem(text.replace('"1/4"}', '"1/4", decay = "1/3"}'))
    with pytest.raises(NotSolved, match="descends more .* the mean field: .* outside of the"):
        solve(decayed)


@pytest.mark.parametrize("labels", ['["0", "1"]', '["1", "0"]'])
def test_a_kernel_that_moves_at_one_of_two_inputs_is_found(
    labels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An input without an error tells nothing of the kernel, wherever it stands."""
    pair = '[["1", "1/2"], ["1/2", "1"]]'
    problem = network("erf", "N", count="2", gram=pair, labels=labels)

    def not_asked(*_: object) -> Solution:
        raise NotSolved("not asked")

    monkeypatch.setattr(given_inputs, "_of_one_unit", not_asked)
    with pytest.raises(NotSolved, match="first at order 3: at large N the kernel moves"):
        solve(problem)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match="full: a wide hidden layer"):
        solve(network("phi"), "A")
    text = FILE.format(function="phi", scale="d", count="1", gram='"K"', labels='"c"')
    with pytest.raises(NotSolved, match="nothing is wide"):
        solve(parse_problem(text.replace('hidden = "N"', "hidden = 2")))
    with pytest.raises(NotSolved, match="descends more"):
        solve(parse_problem(text.replace('"1/4"}', '"1/4", decay = "1/3"}')))
    solution = solve(network("tanh"))
    with pytest.raises(BadInput, match="no value of K"):
        solution.evaluate({name: 1 for name in solution.symbols if name not in ("K", "T")})
    with pytest.raises(BadInput, match="gram"):
        solution.evaluate({name: 1 for name in solution.symbols if name != "T"} | {"K": -2})


def test_it_reads_back_from_json() -> None:
    solution = solve(network("tanh"))
    again = solution_from_json(solution_json(solution))
    assert isinstance(again, Solution)
    assert again.formula == solution.formula
