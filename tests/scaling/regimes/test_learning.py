"""Couplings to the target: counted in the terms, and told by the powers of scales."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagrams.problems.spec import load_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.regimes.finding import regimes

FACTORS = """
families = {{left = "n", rank = "r"}}
tensors.U = {{families = ["left", "rank"], role = "trained", variance = "s^2"}}
tensors.V = {{families = ["left", "rank"], role = "trained", variance = "s^2"}}
model = {{output = "U[i,a] V[j,a]", target = "{target}"}}
loss = {{kind = "squared error", over = ["i", "j"]}}
"""
RANDOM = """
tensors.G = {families = ["left", "left"], role = "frozen", variance = "1/n"}
"""
MODELS = [
    (FACTORS.format(target="0"), {"free"}),
    (FACTORS.format(target="delta[i,j]"), {"free", "lazy", "rich"}),
    (FACTORS.format(target="G[i,j]") + RANDOM, {"free", "lazy", "rich"}),
]


@pytest.mark.parametrize(("text", "all_kinds"), MODELS)
def test_counting_agrees_with_the_powers_of_scales(text: str, all_kinds: set[str]) -> None:
    found = fronts(load_problem(text), 5)
    assert found.target is not None
    told, counted = (
        {r.relations: r.learning for r in regimes(given)}
        for given in (found, replace(found, target=None))
    )
    assert counted == told
    assert set(counted.values()) == all_kinds


LINEAR = """
families = {row = "n", column = "d"}
tensors.w = {families = ["column"], role = "trained", variance = 0}
tensors.X = {families = ["row", "column"], role = "frozen", variance = "1/d"}
tensors.t = {families = ["column"], role = "frozen", variance = 1}
model = {output = "X[m,i] w[i]", target = "X[m,i] t[i]"}
loss = {kind = "squared error", over = ["m"]}
"""
MIXED = """
families = {row = "N"}
tensors.u = {families = ["row"], role = "trained", variance = "s^2"}
tensors.A = {families = ["row"], role = "trained", variance = "s^2"}
model = {output = "u[k] + A[k] u[k]", target = "1"}
loss = {kind = "squared error", over = ["k"]}
"""


def test_a_linear_model_is_lazy_and_a_large_one_forgets_its_target() -> None:
    """Neither has scales whose powers tell the number of couplings."""
    linear = regimes(load_problem(LINEAR), 5)
    assert linear.fronts.target is None
    assert {r.learning for r in linear} == {"lazy"}
    mixed = regimes(load_problem(MIXED), 5)
    assert {str(r.relations[0]): r.learning for r in mixed} == {
        "s ~ 1": "rich",
        "s -> inf": "free",
        "s -> 0": "rich",
    }
    assert "couplings to the target counted" in str(mixed.members[0].evidence)
