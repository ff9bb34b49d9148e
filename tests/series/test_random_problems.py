"""Random problem files: every way against every other, and against explicit variables."""

from __future__ import annotations

from contextlib import suppress

import pytest
from truth.random_problems import explicit_derivative, numbers, random_problem, value

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_problem
from diagrams.series.equal_entries import derivatives_by_numbers
from diagrams.series.ways import (
    derivatives_by_closing,
    derivatives_by_merging,
    derivatives_by_words,
)
from diagrams.wick.transfer import UnsupportedStructure

QUICK = (8, 15, 18, 24, 26, 27, 29, 31, 42, 47, 55, 57, 62, 70, 76, 79, 85, 101, 105, 118, 120)
QUICK += (123, 124, 128, 130, 136, 138, 142)
"""Files of which every way takes less than a tenth of a second."""


def ways(problem: Problem, terms: int) -> list[list[Polynomial]]:
    """The coefficients by all ways that serve a problem."""
    found = [list(derivatives_by_merging(problem, terms))]
    for way in (derivatives_by_numbers, derivatives_by_words, derivatives_by_closing):
        with suppress(UnsupportedStructure):
            found.append(list(way(problem, terms)))
    return found


def check(seed: int) -> bool:
    """Compare all ways of one file; whether a fast way served it."""
    try:
        problem = parse_problem(random_problem(seed))
    except BadInput:  # nothing that the flow moves is left in the output
        return False
    terms = 2 if max(len(diagram.edges) for diagram, _ in problem.potential) <= 6 else 1
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
    assert sum(map(check, QUICK)) >= len(QUICK) // 2


@pytest.mark.full
@pytest.mark.parametrize("block", range(20))
def test_more_random_problems(block: int) -> None:
    for seed in range(200 + 25 * block, 225 + 25 * block):
        check(seed)
