"""Couplings to the target: counted in the terms, and told by the powers of scales."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from diagrams.problems.files import coupled
from diagrams.problems.spec import load_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.regimes.finding import regimes
from diagrams.series.expansion import expand

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


TWO_LOSSES = """
families = {row = "n"}
tensors.w = {families = ["row"], role = "trained", variance = "s"}
tensors.u = {families = ["row"], role = "trained", variance = "s"}
tensors.t = {families = ["row"], role = "frozen", variance = "g"}

[[loss]]
kind = "squared error"
output = "w[i] u[i]"
target = "t[i]"
over = ["i"]

[[loss]]
kind = "squared error"
output = "w[i]"
target = "0"
over = ["i"]
prefactor = "c"
"""


def test_a_loss_without_a_target_is_no_coupling_to_one() -> None:
    """Where ``c`` is large, ``w`` decays alone: the loss is ``n c s e^(-4 c t)``."""
    known = {" ".join(map(str, r.relations)): r for r in regimes(load_problem(TWO_LOSSES), 4)}
    assert known["s/c -> 0 g/c^2 -> 0"].learning == "free"
    assert known["s/c -> 0 g/c^2 -> inf"].learning == "rich"


@pytest.mark.parametrize("text", [TWO_LOSSES, *(text for text, _ in MODELS)])
def test_fronts_count_the_couplings_that_a_symbol_on_the_targets_counts(text: str) -> None:
    problem = load_problem(text)
    found = fronts(problem, 3)
    if found.target is None:
        return
    marked = coupled(problem, "mark")
    assert marked is not None
    for front, exact in zip(found, expand(marked, 3).coefficients, strict=True):
        counted: dict[tuple[Fraction, ...], set[Fraction]] = {}
        for powers, _ in exact:
            number = powers.pop("mark", Fraction(0))
            point = tuple(powers.get(name, Fraction(0)) for name in found.symbols)
            counted.setdefault(point, set()).add(number)
        for point in front.terms:
            assert {found.target.at(front.s, point)} == counted[point]


SHIFTED = """
families = {{row = "n"}}
tensors.w = {{families = ["row"], role = "trained", variance = "{scale}"}}
tensors.u = {{families = ["row"], role = "trained", variance = "{scale}"}}
model = {{output = "w[i] u[i] + {one}", target = "{two}"}}
loss = {{kind = "squared error", over = ["i"]}}
"""


@pytest.mark.parametrize(("scale", "known"), [("1", {"rich"}), ("s", {"rich", "free"})])
def test_a_constant_in_the_output_is_fitted_like_a_target(scale: str, known: set[str]) -> None:
    one, other = (
        regimes(load_problem(SHIFTED.format(one=one, two=two, scale=scale)), 4)
        for one, two in ((1, 0), (0, -1))
    )
    assert [r.learning for r in one] == [r.learning for r in other]
    assert {r.learning for r in one} == known
