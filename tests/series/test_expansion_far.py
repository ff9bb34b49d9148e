"""The highest orders promised, against brute force in explicit variables at small sizes."""

from __future__ import annotations

import pytest
from truth.brute_force import brute_force_derivative

from diagrams.problems.cp import cp_problem
from diagrams.series.expansion import expand
from diagrams.series.ways import derivatives_by_closing, derivatives_by_merging

FAR = [
    ((3,), 6, [(2, 2), (3, 1)]),
    ((4,), 5, [(2, 2), (3, 1)]),
    ((6,), 4, [(2, 2), (3, 1)]),
    ((1, 1), 10, [(2, 1), (1, 2)]),
    ((2, 2), 4, [(2, 1), (1, 2)]),
    ((2, 1), 5, [(2, 2)]),
]
FURTHER = [
    ((3,), 7, [(1, 1), (2, 2), (3, 1), (3, 2), (2, 3)]),
    ((4,), 5, [(3, 2)]),
    ((1, 1), 10, [(2, 2)]),
    ((1, 1, 1), 6, [(1, 1), (2, 1), (1, 2)]),
    ((1, 1, 1, 1), 5, [(1, 1), (2, 1), (1, 2)]),
    ((2, 1), 6, [(2, 2)]),
    ((2, 2), 5, [(2, 2)]),
]


def agree(ties, terms, sizes, target):
    series = expand(cp_problem(sum(ties), ties, target), terms)
    for p, width in sizes:
        for s in (terms - 1, terms):
            exact = series.coefficient(s).substitute({"p": p, "H": width})
            found = {int(powers.get("sigma", 0)): value for powers, value in exact}
            truth = brute_force_derivative(sum(ties), ties, p, width, s, target)
            assert found == {key[0]: value for key, value in truth.items() if value}


@pytest.mark.parametrize(("ties", "terms", "sizes"), FAR)
def test_far_orders(ties, terms, sizes):
    agree(ties, terms, sizes, "identity")


@pytest.mark.full
@pytest.mark.parametrize("target", ["identity", "zero"])
@pytest.mark.parametrize(("ties", "terms", "sizes"), FURTHER)
def test_further(ties, terms, sizes, target):
    agree(ties, terms, sizes, target)


@pytest.mark.parametrize("terms", [15, pytest.param(30, marks=pytest.mark.full)])
def test_one_feature_and_one_hidden_unit(terms):
    series = expand(cp_problem(2, "sym"), terms)
    for s in (terms // 2, terms):
        exact = series.coefficient(s).substitute({"p": 1, "H": 1})
        found = {int(powers.get("sigma", 0)): value for powers, value in exact}
        truth = brute_force_derivative(2, (2,), 1, 1, s)
        assert found == {key[0]: value for key, value in truth.items() if value}


@pytest.mark.full
@pytest.mark.parametrize(
    ("ties", "terms"),
    [
        ((2,), 8),
        ((3,), 5),
        ((4,), 4),
        ((5,), 4),
        ((6,), 3),
        ((1, 1), 8),
        ((1, 1, 1), 5),
        ((1, 1, 1, 1), 3),
        ((2, 1), 5),
        ((2, 2), 4),
        ((3, 1), 4),
    ],
)
@pytest.mark.parametrize("decay", [0, "decay"])
def test_algorithms_agree_at_the_highest_orders_both_reach(ties, terms, decay):
    problem = cp_problem(sum(ties), ties, scale="c", decay=decay)
    terms -= decay != 0
    assert list(derivatives_by_closing(problem, terms)) == list(
        derivatives_by_merging(problem, terms)
    )
