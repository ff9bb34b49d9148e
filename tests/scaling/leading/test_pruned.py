"""The pruned recursion against the pruned search, which averages whole diagrams instead."""

import pytest

from diagrams.problems.cp import cp_problem
from diagrams.scaling.leading.derivatives import orders_by_closing, orders_by_search
from diagrams.scaling.leading.pruned import PrunedLevels
from diagrams.scaling.leading.rules import merge_rules

CASES = [
    ("2", 4, {}),
    ("3", 5, {}),
    ("4", 3, {}),
    ("5", 3, {}),
    ("1+1", 4, {}),
    ("2+1", 4, {}),
    ("2+2", 3, {}),
    ("3+1", 3, {}),
    ("1+1+1", 4, {}),
    ("2+1+1", 3, {}),
    ("1+1+1+1", 3, {}),
    ("3", 5, {"target": "zero"}),
    ("1+1+1", 3, {"scale": "c", "decay": "rate"}),
    ("4", 3, {"decay": "rate"}),
    ("2+1", 3, {"scale": "-1/2"}),
]


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize(("ties", "terms", "rest"), CASES)
def test_same_leading_terms(ties, terms, rest, levels):
    problem = cp_problem(sum(map(int, ties.split("+"))), ties, **rest)
    rules = merge_rules(problem)
    terms -= levels - 1
    found = orders_by_closing(problem, rules, terms, levels)
    assert found == orders_by_search(rules, terms, levels)


def test_pruning_drops_states_and_a_bound_that_is_too_low_is_noticed(monkeypatch):
    problem = cp_problem(3, "asym")
    rules = merge_rules(problem)
    right = orders_by_search(rules, 4, 1)
    before = PrunedLevels.pruned
    sizes = []

    def watched(self, level):
        kept = before(self, level)
        sizes.append((len(level), len(kept)))
        return kept

    monkeypatch.setattr(PrunedLevels, "pruned", watched)
    assert orders_by_closing(problem, rules, 4, 1) == right
    assert sum(kept for _, kept in sizes) < 0.8 * sum(size for size, _ in sizes)
    least = PrunedLevels.least

    def greedy(self, sector, rows, sums, odd):
        needed = least(self, sector, rows, sums, odd)
        return None if needed is None else needed + 1

    monkeypatch.setattr(PrunedLevels, "least", greedy)
    assert orders_by_closing(problem, rules, 4, 1) != right
