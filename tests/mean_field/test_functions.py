"""Mean fields of one hidden layer: exact coefficients, a grid of its own, runs at finite width."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from diagrams import BadInput, NotSolved, OutsideDomain, compare, expand, simulate
from diagrams.export.json.mean_field import mean_field_from_json
from diagrams.mean_fields.characteristics import GAUSS_LIMIT
from diagrams.mean_fields.mean_field import mean_field
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem

FILE = """
families = {{hidden = "N", feature = "d", sample = {count}}}
tensors.a = {{families = ["hidden"], role = "trained", variance = "v", rate = "N"{law}}}
tensors.W = {{families = ["hidden", "feature"], role = {role}, variance = "w"}}
tensors.x = {{families = ["sample", "feature"], role = "frozen", gram = {gram}}}
tensors.y = {{families = ["sample"], role = "frozen", values = {labels}}}
tensors.e = {{families = ["sample"], role = "frozen", values = {chosen}}}
model = {{output = "{output}", target = "y[m]"}}
loss = {{kind = "squared error", over = ["m"]}}
observables = {{first = "output[m] e[m]", kernel = "star(output[m], output[n]) e[m] e[n]"}}
"""
TWO = {"count": "2", "gram": '[["1", "r"], ["r", "K"]]', "labels": '["c", "-1/2"]'}


def network(output: str = "a[k] phi(W[k,i] x[m,i]) / N", **changes: str) -> Problem:
    count = changes.get("count", "1")
    given = {
        "count": count,
        "gram": '"K"',
        "labels": '["c"]',
        "role": '"trained", rate = "N"',
        "law": "",
    }
    given["chosen"] = str([1, *[0] * (int(count) - 1)])
    text = FILE.format(output=output, **{**given, **changes})
    return parse_problem(text.replace(', rate = "N"', "") if "sqrt(N)" in output else text)


@pytest.mark.parametrize(
    ("problem", "terms"),
    [
        (network(), 3),
        (network("a[k] a[k] phi(W[k,i] x[m,i] / sqrt(d)) / N"), 2),
        (network("a[k] cos(g W[k,i] x[m,i]) / N"), 2),
        (network("a[k] (W[k,i] x[m,i])^2 / N", **TWO), 2),
        (network("a[k] erf(W[k,i] x[m,i]) / N", **TWO).with_observable("first"), 2),
        (network().with_observable("kernel"), 2),
        (network("a[k] sin(W[k,i] x[m,i]) / N", law=', law = "rademacher"'), 2),
        (network("a[k] relu(W[k,i] x[m,i]) / N", role='"frozen"'), 3),
    ],
)
def test_coefficients_are_the_exact_leading_ones(problem: Problem, terms: int) -> None:
    """Those of moments of one site, against merges and averages of diagrams at every width."""
    found = mean_field(problem, {"N": 1})
    assert found.certify(terms).first_difference is None
    assert any(found.taylor(terms)[1:])


def test_at_two_inputs_arguments_move_together() -> None:
    """Without the inner product of the inputs the second order differs."""
    found = mean_field(network("a[k] tanh(W[k,i] x[m,i]) / N", **TWO), {"N": 1})
    assert found.certify(2).first_difference is None
    assert "r" in found.taylor(2)[2].symbols


def curve_by_hand(K: np.ndarray, y: np.ndarray, times: list[float], count: int) -> np.ndarray:
    """Loss of a tanh layer in the limit: a uniform grid of cells in place of Gauss points."""
    size = len(y)
    one = np.linspace(-5.5, 5.5, count)
    z = np.array(list(product(one, repeat=size + 1))).T
    weight = np.exp(-(z**2).sum(axis=0) / 2)
    weight /= weight.sum()
    start = np.vstack([z[:1], np.linalg.cholesky(K) @ z[1:]])

    def slope(_: float, flat: np.ndarray) -> np.ndarray:
        a, *u = flat.reshape(size + 1, -1)
        phi = np.tanh(u)
        error = phi @ (a * weight) - y
        pull = error[:, None] * a * (1 - phi**2)
        return -np.vstack([error @ phi, K @ pull]).ravel()

    found = solve_ivp(slope, (0, times[-1]), start.ravel(), t_eval=times, rtol=1e-8, atol=1e-10)
    states = found.y.T.reshape(len(times), size + 1, -1)
    errors = np.array([np.tanh(s[1:]) @ (s[0] * weight) - y for s in states])
    return (errors**2).sum(axis=1) / 2


@pytest.mark.parametrize(("size", "count"), [(1, 81), (2, 31)])
def test_curves_against_a_grid(size: int, count: int) -> None:
    changes = TWO if size == 2 else {}
    found = mean_field(network("a[k] tanh(W[k,i] x[m,i]) / N", **changes), {"N": 1})
    at = {"v": 1, "w": 1, "K": 1, "c": 1} | ({"r": "1/2"} if size == 2 else {})
    times = [0.0, 0.5, 2.0]
    curve = found.integrate(times, **at)
    gram = np.full((size, size), 0.5) + 0.5 * np.eye(size)
    truth = curve_by_hand(gram, np.array([1.0, -0.5])[:size], times, count)
    assert np.all(np.abs(curve.values - truth) <= 3 * curve.errors + 1e-6)
    assert np.all(curve.errors < 2e-4)


def test_many_inputs_take_sequences_whose_errors_hold() -> None:
    """Five independent Gaussians a unit, against the exact series at early times."""
    size = GAUSS_LIMIT
    gram = [[str(int(m == n)) for n in range(size)] for m in range(size)]
    more = {"count": str(size), "gram": str(gram).replace("'", '"')}
    labels = str(["1"] * size).replace("'", '"')
    found = mean_field(network("a[k] sin(W[k,i] x[m,i]) / N", **more, labels=labels), {"N": 1})
    curve = found.integrate([0.1], v=1, w=1)
    exact = [
        float(y) for y in expand(found.problem, 2).values({"N": 10**9, "d": 9, "v": 1, "w": 1})
    ]
    series = exact[0] + exact[1] * 0.1 + exact[2] * 0.1**2 / 2
    assert "sequences" in curve.method
    assert abs(curve.values[0] - series) < curve.errors[0] + 0.1**3 * 10
    assert curve.errors[0] < 0.02


def test_runs_approach_the_curve_as_one_over_the_width() -> None:
    problem = network("a[k] tanh(W[k,i] x[m,i]) / N")
    at = {"v": 1, "w": 1, "K": 1, "c": 1}
    limit = mean_field(problem, {"N": 1}).integrate([1.0], **at).values[0]
    gaps = []
    for width in (4, 16):
        run = simulate(problem, at={"N": width, "d": 1, **at}, until=1, points=2, seeds=1500)
        gaps.append((width * (run.mean[-1] - limit), width * run.standard_error[-1]))
    (one, error), (two, other) = gaps
    assert one > 5 * error
    assert abs(one - two) < 4 * (error + other)


def test_comparing_along_the_width_shows_the_gap() -> None:
    """The part by which ``Y_1`` is off is that between the exact numbers at 8 and 10^12 units."""
    problem = network("a[k] sin(W[k,i] x[m,i]) / N")
    at = {"N": 8, "d": 1, "v": 1, "w": 1, "K": 1, "c": 1}
    more: dict[str, Any] = {"until": 0.5, "points": 3, "seeds": 40, "terms": 1, "sizes": (8, 16)}
    held = compare(problem, "N=1", at=at, **more)
    assert held.theory is not None
    assert held.theory.kind == "mean_field"
    assert held.scaling is not None
    assert held.scaling.lead == "N"
    (slope,) = (one for one in held.scaling.exact if one.order == 1)
    first, limit = (float(expand(problem, 1).values(at | {"N": n})[1]) for n in (8, 10**12))
    assert dict(slope.parts)[8] == pytest.approx(abs(first / limit - 1))
    with pytest.raises(BadInput, match="mean field moves"):
        compare(network("a[k] sin(W[k,i] x[m,i]) / sqrt(N)"), at=at, **more)


def test_it_reads_back_from_json() -> None:
    found = mean_field(network("a[k] sin(W[k,i] x[m,i]) / N"), {"N": 1}).certified(3)
    again = mean_field_from_json(found.to_json())
    assert again.derivatives == found.derivatives


def test_refusals_tell_the_fact() -> None:
    with pytest.raises(NotSolved, match="fluctuations"):
        mean_field(network("a[k] phi(W[k,i] x[m,i]) / sqrt(N)"), {"N": 1})
    relu = mean_field(network("a[k] relu(W[k,i] x[m,i]) / N"), {"N": 1})
    with pytest.raises(BadInput, match="delta at the kink of relu"):
        relu.certify(3)
    with pytest.raises(NotSolved, match=r"phi\(W x\) is a function of has the order N\*\*\(1\)"):
        mean_field(network(), {"N": 1, "v": 1})
    with pytest.raises(BadInput, match="no average of a function depends on"):
        mean_field(network(), {"N": 1, "w": "2*q"}).certify(3)
    with pytest.raises(BadInput, match="functions with a formula"):
        mean_field(network(), {"N": 1}).integrate([1.0], v=1, w=1, K=1, c=1)
    with pytest.raises(OutsideDomain, match="no fields"):
        mean_field(network(), {"N": 1}).two_times(1.0, v=1, w=1, K=1, c=1)
