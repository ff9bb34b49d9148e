"""What pruning drops (its results are held against full expansions in test_leading.py)."""

from diagrams.problems.cp import cp_problem
from diagrams.scaling.leading.derivatives import orders_by_closing
from diagrams.scaling.leading.pruned import PrunedStages
from diagrams.scaling.leading.rules import merge_rules


def test_pruning_drops_states_and_a_bound_that_is_too_low_is_noticed(monkeypatch):
    problem = cp_problem(3, "asym")
    rules = merge_rules(problem)
    right = orders_by_closing(problem, rules, 4, 1)
    before = PrunedStages.pruned
    sizes = []

    def watched(self, level):
        kept = before(self, level)
        sizes.append((len(level), len(kept)))
        return kept

    monkeypatch.setattr(PrunedStages, "pruned", watched)
    orders_by_closing(problem, rules, 4, 1)
    assert sum(kept for _, kept in sizes) < 0.8 * sum(size for size, _ in sizes)
    least = PrunedStages.least

    def greedy(self, sector, rows, sums, odd):
        needed = least(self, sector, rows, sums, odd)
        return None if needed is None else needed + 1

    monkeypatch.setattr(PrunedStages, "least", greedy)
    assert orders_by_closing(problem, rules, 4, 1) != right
