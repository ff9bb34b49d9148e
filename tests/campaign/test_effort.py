"""Budgets counted as work: every way to the coefficients counts, and unfinished work is left."""

from __future__ import annotations

import pytest

from diagrams.campaign import effort
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem
from diagrams.series.ways import derivatives

WAYS = {
    "single rings": "cp:order=2",
    "words": "cp:order=2,ties=asym",
    "rows": "cp:order=3,ties=asym",
    "frequencies": "cp:order=3,target=modular",
    "merging": "docs/systems/mixture_of_experts_gated.toml",
}


def problem_of(way: str) -> Problem:
    return load_problem(WAYS[way])


@pytest.mark.parametrize("way", WAYS)
def test_every_way_counts_its_work(way: str) -> None:
    problem = problem_of(way)
    counts = []
    for terms in (0, 1):
        before = effort.seconds()
        list(derivatives(problem, terms))
        counts.append(effort.seconds() - before)
    assert counts[1] > counts[0] >= 0


def test_work_beyond_its_budget_is_left() -> None:
    problem = problem_of("rows")
    found = effort.WORK.within(0.01, lambda: list(derivatives(problem, 8)))
    assert found is None
    assert effort.WORK.within(10, lambda: list(derivatives(problem, 1))) is not None
