"""CP problems: the loss by hand and by explicit sums, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import FEATURE, HIDDEN, cp_problem

LAW = Gaussian(Polynomial.monomial(1, {"sigma": 2}))
u, v = (Tensor(name, (HIDDEN, FEATURE), law=LAW) for name in "uv")
c, strength = Polynomial.symbol("c"), Polynomial.symbol("lambda")


def test_symmetric_order_two_by_hand() -> None:
    problem = cp_problem(order=2, scale="c", decay="lambda")
    loss = Combination.of(
        [
            (Diagram.of((u, "k i"), (u, "k j"), (u, "l i"), (u, "l j")), Fraction(1, 2)),
            (Diagram.of((u, "k i"), (u, "k i")), -c),
            (Diagram((FEATURE,), ()), c * c / 2),
        ]
    )
    penalty = Combination.of({Diagram.of((u, "k i"), (u, "k i")): strength / 2})
    assert problem.observable == loss
    assert problem.potential == loss + penalty
    assert problem.trained == (u,)
    assert problem.sizes == ("H", "p")


def test_partly_tied_order_three_by_hand() -> None:
    problem = cp_problem(order=3, ties="2+1")
    square = [(u, "k i"), (u, "k j"), (v, "k m"), (u, "l i"), (u, "l j"), (v, "l m")]
    assert problem.observable == Combination.of(
        [
            (Diagram.of(*square), Fraction(1, 2)),
            (Diagram.of((u, "k i"), (u, "k i"), (v, "k i")), -1),
            (Diagram((FEATURE,), ()), Fraction(1, 2)),
        ]
    )


PATTERNS = ["2", "1+1", "3", "2+1", "1+1+1", "4", "3+1", "2+2", "2+1+1", "1+1+1+1", "1+3"]


def value(combination: Combination, arrays: dict[str, np.ndarray], p: int) -> float:
    total = 0.0
    for diagram, coefficient in combination:
        number = sum(
            float(value) * 0.7 ** float(dict(powers).get("c", 0))
            for powers, value in coefficient.terms
        )
        if not diagram.edges:
            total += number * float(p) ** len(diagram.nodes)
            continue
        letters = "abcdefghijklmn"
        terms = ("".join(letters[node] for node in edge.nodes) for edge in diagram.edges)
        operands = [arrays[edge.tensor.name] for edge in diagram.edges]
        total += number * float(np.einsum(",".join(terms) + "->", *operands, optimize=True))
    return total


@pytest.mark.parametrize("target", ["identity", "zero"])
@pytest.mark.parametrize("ties", PATTERNS)
def test_loss_agrees_with_the_model_written_out(ties: str, target: str) -> None:
    pattern = [int(word) for word in ties.split("+")]
    order, p, H = sum(pattern), 3, 2
    problem = cp_problem(order, ties, target, scale="c")
    random = np.random.default_rng(order)
    arrays = {tensor.name: random.normal(size=(H, p)) for tensor in problem.tensors}
    slots = [
        arrays[tensor.name]
        for tensor, count in zip(problem.tensors, pattern, strict=True)
        for _ in range(count)
    ]
    features = "abcd"[:order]
    f = np.einsum(",".join("k" + letter for letter in features) + "->" + features, *slots)
    if target == "identity":
        for i in range(p):
            f[(i,) * order] -= 0.7
    assert value(problem.observable, arrays, p) == pytest.approx((f**2).sum() / 2, rel=1e-10)


@pytest.mark.parametrize("ties", PATTERNS)
def test_patterns_and_tensors(ties: str) -> None:
    pattern = tuple(int(word) for word in ties.split("+"))
    problem = cp_problem(sum(pattern), ties)
    assert problem.ties == pattern
    assert problem == cp_problem(sum(pattern), pattern)
    assert len(problem.tensors) == len(pattern)
    assert all(t.role is Role.TRAINED and t.law == LAW for t in problem.tensors)


def test_words_for_patterns() -> None:
    assert cp_problem(4, "4") == cp_problem(4, "sym")
    assert cp_problem(3, "1+1+1") == cp_problem(3, "asym")
    assert cp_problem(24, "sym").order == 24


@pytest.mark.parametrize("scale", ["0.5", "1/2", Fraction(1, 2)])
def test_scales_are_exact(scale: str | Fraction) -> None:
    assert cp_problem(2, scale=scale).scale == Polynomial.constant(Fraction(1, 2))


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"order": 1}, "order"),
        ({"order": 25}, "order"),
        ({"order": "4"}, "order"),
        ({"order": True}, "order"),
        ({"order": 4.0}, "order"),
        ({"ties": "2+1"}, "ties"),
        ({"ties": (2, 1)}, "ties"),
        ({"ties": "2+-1+3"}, "ties"),
        ({"ties": ""}, "ties"),
        ({"ties": None}, "ties"),
        ({"ties": (4, True, -1)}, "ties"),
        ({"target": "addition"}, "target"),
        ({"target": None}, "target"),
        ({"scale": "p"}, "scale"),
        ({"scale": "T"}, "scale"),
        ({"scale": "c d"}, "scale"),
        ({"scale": 0.5}, "scale"),
        ({"scale": "1/0"}, "scale"),
        ({"decay": float("nan")}, "decay"),
        ({"decay": "x.real"}, "decay"),
        ({"decay": "lambda()"}, "decay"),
        ({"decay": "9" * 5000}, "decay"),
    ],
)
def test_refusals(settings: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        cp_problem(**({"order": 4} | settings))  # type: ignore[arg-type]
    assert caught.value.field == field
    assert str(caught.value).isprintable()
