"""The front of all orders: against exact coefficients, Theorem 4.1 and bounds proved otherwise."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import drawn
from scaling.bounds import front_bounds
from scaling.theorem_fronts import theorem_terms

from diagrams.evidence import Kind
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.fronts.front_theorem import proved_front_law, proved_fronts
from diagrams.scaling.leading import LeadingSeries, leading_derivatives
from diagrams.series.expansion import expand

TABLES = Path(__file__).with_name("exact_fronts.json")


def law_of(problem: Problem) -> FrontLaw:
    law = proved_front_law(problem)
    assert law is not None
    assert law.evidence.kind is Kind.EXACT
    return law


EXACT = [
    (2, "sym", 5),
    (3, "sym", 4),
    (4, "sym", 3),
    (5, "sym", 2),
    (2, "asym", 5),
    (3, "asym", 3),
    (3, "2+1", 3),
    (4, "3+1", 2),
    (4, "2+1+1", 2),
    (5, "3+2", 2),
    (5, "2+1+1+1", 2),
]


@pytest.mark.parametrize(("order", "ties", "terms"), EXACT)
def test_against_all_diagrams(order: int, ties: str, terms: int) -> None:
    found = fronts(expand(cp_problem(order=order, ties=ties), terms))
    law = law_of(found.problem)
    for front in found.orders:
        assert law.terms(front.s, found.symbols) == front.terms


@pytest.mark.parametrize(
    ("target", "scale"), [("zero", "1"), ("identity", "c"), ("identity", "3/2")]
)
def test_scaled_and_absent_targets(target: str, scale: str) -> None:
    for order, ties in ((2, "sym"), (3, "sym"), (3, "2+1"), (4, "sym")):
        problem = cp_problem(order=order, ties=ties, target=target, scale=scale)
        found = fronts(expand(problem, 2))
        law = law_of(problem)
        for front in found.orders:
            assert law.terms(front.s, found.symbols) == front.terms


def sector_fronts(series: LeadingSeries) -> list[dict[str, list[list[int]]]]:
    """``{"s_D,s_R": [[q, n], ..]}`` of every order: letters D and R are told by their edges."""
    most = max(series.edges)
    square = series.edges.index(most)
    target = series.edges.index(most // 2)
    return [
        {
            f"{sector.atoms[square]},{sector.atoms[target]}": [list(e) for e in sector.front]
            for sector in order
            if sector.atoms[square] + sector.atoms[target] == s + 1
        }
        for s, order in enumerate(series.orders)
    ]


def law_sectors(law: FrontLaw, s: int) -> dict[str, list[list[int]]]:
    found: dict[str, list[list[int]]] = {}
    for (couplings, n, targets), q in law.places(s):
        found.setdefault(f"{couplings},{targets}", []).append([q, n])
    return found


@lru_cache
def tables() -> Any:
    return json.loads(TABLES.read_text())["fronts"]


NAMES = sorted(tables())


def problem_of(name: str) -> Problem:
    order, ties = name.split(":")
    return cp_problem(order=int(order), ties=ties)


@pytest.mark.parametrize("name", NAMES)
def test_against_exact_tables(name: str) -> None:
    """Leading terms computed once by merging diagrams (SYM 3 to s = 9: past the bend at s = 6)."""
    law = law_of(problem_of(name))
    for s, expected in enumerate(tables()[name]):
        assert law_sectors(law, s) == expected


AGAIN = 6
"""The order to which tables are computed again: the last ones take minutes."""


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_the_tables_again(name: str) -> None:
    terms = min(len(tables()[name]) - 1, AGAIN)
    series = leading_derivatives(problem_of(name), terms)
    assert sector_fronts(series) == tables()[name][: terms + 1]


@pytest.mark.parametrize("name", NAMES)
def test_the_low_orders_of_the_tables_again(name: str) -> None:
    series = leading_derivatives(problem_of(name), 3)
    assert sector_fronts(series) == tables()[name][:4]


def test_the_tables_reach_both_jumps() -> None:
    """n = 2 with s_D = 1 wins a power back at s_R = 6 and, for SYM 5, another at s_R = 10."""
    assert [tables()["3:sym"][s][f"1,{s}"][-1] for s in (4, 6)] == [[2, 2], [3, 2]]
    assert [tables()["5:sym"][s][f"1,{s}"][-1] for s in (4, 6, 8, 10)] == [
        [3, 2],
        [4, 2],
        [4, 2],
        [5, 2],
    ]


@pytest.mark.parametrize(
    ("order", "ties"),
    [(2, "sym"), (4, "sym"), (6, "sym"), (2, "asym"), (3, "asym"), (4, "asym"), (5, "asym")],
)
def test_theorem_4_1_is_a_case(order: int, ties: str) -> None:
    law = law_of(cp_problem(order=order, ties=ties))
    for s in range(13):
        assert set(law.terms(s, ("p", "H", "sigma"))) == theorem_terms(order, ties, s)


patterns = st.lists(st.integers(1, 5), min_size=1, max_size=3).filter(lambda d: 2 <= sum(d) <= 6)


def check_bounds(pattern: list[int], terms: int) -> None:
    problem = cp_problem(order=sum(pattern), ties=tuple(pattern))
    law, bounds = law_of(problem), front_bounds(problem)
    series = leading_derivatives(problem, 0)
    square = series.edges.index(max(series.edges))
    target = series.edges.index(max(series.edges) // 2)
    for s in range(terms + 1):
        for (couplings, n, targets), q in law.places(s):
            sector = [0] * len(series.edges)
            sector[square], sector[target] = couplings, targets
            least = min(bound.exponent(tuple(sector), n) for bound in bounds)
            assert q <= least
            if all(d % 2 == 0 for d in pattern):
                assert q == least


@settings(max_examples=drawn(3), deadline=None)
@given(patterns)
def test_never_above_the_bounds_of_linear_programming(pattern: list[int]) -> None:
    """Bounds over merges, proved without trees: they hold for every place of every order."""
    check_bounds(pattern, 5)


@pytest.mark.parametrize("pattern", [[3], [4, 2]])
def test_never_above_the_bounds_to_order_9(pattern: list[int]) -> None:
    check_bounds(pattern, 9)


@pytest.mark.full
@pytest.mark.parametrize("pattern", [[3], [5], [3, 2], [3, 1], [2, 1, 1], [4, 2]])
def test_never_above_the_bounds_beyond_the_bend(pattern: list[int]) -> None:
    """To s = 12: where s_R = 10, only a bound of the even factors holds n down for (3, 2)."""
    check_bounds(pattern, 12)


@settings(max_examples=12, deadline=None)
@given(patterns, st.randoms(use_true_random=False))
def test_colours_may_be_permuted(pattern: list[int], draw: Any) -> None:
    other = list(pattern)
    draw.shuffle(other)
    one, two = (cp_problem(order=sum(p), ties=tuple(p)) for p in (pattern, other))
    assert law_of(one) == law_of(two)


def test_the_second_jump_at_ten_couplings() -> None:
    """SYM 5: n = 2 wins a power back at s_R = 6 and the second, the last there is, at s_R = 10."""
    law = law_of(cp_problem(order=5, ties="sym"))
    exponents = [law.exponent(1, 2, targets) for targets in (2, 4, 6, 8, 10, 12, 14)]
    assert exponents == [3, 3, 4, 4, 5, 5, 5]
    assert law.exponent(1, 1, 10) == 5


def test_places_that_do_not_occur() -> None:
    law = law_of(cp_problem(order=3, ties="asym"))
    assert law.exponent(3, 4, 0) is None  # (n, s_D) = (s+2, s+1)
    assert law.exponent(3, 4, 2) == 1
    assert law.exponent(3, 1, 1) is None  # odd s_R
    assert law_of(cp_problem(order=4, ties="sym")).exponent(3, 4, 0) == 4


def test_other_structures_have_no_proved_law() -> None:
    for problem in (
        cp_problem(order=4, target="modular"),
        cp_problem(order=2, decay="1/2"),
        load_problem("tests/problems/two_layer_teacher.toml"),
    ):
        assert proved_front_law(problem) is None
        assert proved_fronts(problem) is None


def test_letters_of_the_law_are_none_of_the_problem() -> None:
    """A size called n, its exponent something else; a scale called s, and the order r."""
    text = """
    families = {row = {size = "n", index = "k"}, cell = {size = "d", index = "i"}}
    tensors.w = {families = ["row", "cell"], role = "trained", variance = "s^2"}
    model = {output = "w[k,i1] w[k,i2]", target = "delta[i1,i2]"}
    loss = {kind = "squared error", over = ["i1", "i2"]}
    """
    law = law_of(parse_problem(text))
    assert law.letters == ("Q", "m", "r")
    assert str(law).startswith("terms d^Q n^m s^(")
    assert "n^{m}" in law.to_latex()
    assert str(law).replace("n^m", "").count(" n ") == 0
