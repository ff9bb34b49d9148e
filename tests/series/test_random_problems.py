"""Random problem files: every way against every other, and against explicit variables."""

from __future__ import annotations

from contextlib import suppress

import pytest
from truth.random_problems import explicit_derivative, numbers, random_problem, value

from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_problem
from diagrams.series.ways import derivatives_by_closing, derivatives_by_merging
from diagrams.wick.transfer import UnsupportedStructure

CLOSED = 0.5
"""Of all files the part, at least, that the recursion serves."""


def ways(problem: Problem, terms: int) -> list[list[Polynomial]]:
    """The coefficients by all ways that serve a problem."""
    found = [list(derivatives_by_merging(problem, terms))]
    with suppress(UnsupportedStructure):
        found.append(list(derivatives_by_closing(problem, terms)))
    return found


def check(seed: int, terms: int) -> bool:
    """Compare all ways of one file; whether the recursion served it."""
    problem = parse_problem(random_problem(seed))
    first, *others = ways(problem, terms)
    assert all(other == first for other in others), seed
    for size in (1, 2):
        at = numbers(problem, size)
        entries = sum(size**tensor.rank for tensor in problem.tensors)
        for s in range(terms + 1 if entries <= 12 else 1):
            try:
                truth = explicit_derivative(problem, s, at)
            except ValueError:  # a root of this size
                continue
            assert value(first[s], at) == truth, (seed, s, size)
    return bool(others)


def test_random_problems() -> None:
    served = [check(seed, 2) for seed in range(40)]
    assert sum(served) >= CLOSED * len(served)


@pytest.mark.full
@pytest.mark.parametrize("block", range(20))
def test_more_random_problems(block: int) -> None:
    for seed in range(100 + 25 * block, 125 + 25 * block):
        check(seed, 3)
