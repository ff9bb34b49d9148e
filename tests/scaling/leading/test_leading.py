"""Leading terms against the full expansion, and the bounds against random diagrams."""

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.scaling.leading import leading_derivatives
from diagrams.scaling.leading.gains import Gain, Prospects, gains
from diagrams.scaling.leading.rows import parity_of
from diagrams.scaling.leading.rules import initial_level, merge_rules
from diagrams.scaling.leading.search import next_level
from diagrams.scaling.leading.series import pareto_exponents, steps_below
from diagrams.scaling.leading.tally import Tally
from diagrams.series.expansion import expand

CASES = [
    ((2,), 5, {}),
    ((3,), 4, {}),
    ((4,), 3, {}),
    ((5,), 2, {}),
    ((6,), 2, {}),
    ((1, 1), 4, {}),
    ((2, 1), 3, {}),
    ((2, 2), 2, {}),
    ((3, 1), 2, {}),
    ((4, 1), 2, {}),
    ((3, 2), 2, {}),
    ((1, 1, 1), 3, {}),
    ((2, 1, 1), 2, {}),
    ((1, 1, 1, 1), 2, {}),
    ((3,), 4, {"target": "zero"}),
    ((4,), 3, {"target": "zero"}),
    ((2, 1), 3, {"target": "zero"}),
    ((1, 1, 1), 3, {"target": "zero"}),
    ((2,), 5, {"scale": "c"}),
    ((3,), 3, {"decay": "lam"}),
    ((2, 1), 3, {"decay": "lam"}),
    ((1, 1), 3, {"scale": "c", "decay": "lam"}),
    ((4,), 2, {"scale": "-1/2"}),
]


def near_the_front(polynomial, levels):
    """The terms of the wanted levels, picked from the full polynomial."""
    groups = {}
    for powers, value in polynomial.terms:
        scales = tuple(item for item in powers if item[0] not in ("p", "H"))
        sizes = dict(powers)
        exponents = (int(sizes.get("p", 0)), int(sizes.get("H", 0)))
        groups.setdefault(scales, {})[exponents] = (powers, value)
    return Polynomial.from_terms(
        term
        for terms in groups.values()
        for exponents, term in terms.items()
        if steps_below(exponents, pareto_exponents(terms)) < levels
    )


@lru_cache(maxsize=2)
def expanded(problem, terms):
    return expand(problem, terms)


@pytest.mark.parametrize(("ties", "terms", "settings"), CASES)
@pytest.mark.parametrize("levels", [1, pytest.param(2, marks=pytest.mark.full), 3])
def test_leading_terms_are_those_of_the_full_expansion(ties, terms, settings, levels):
    problem = cp_problem(order=sum(ties), ties=ties, **settings)
    leading = leading_derivatives(problem, terms, levels)
    for s, full in enumerate(expanded(problem, terms)):
        assert leading.coefficient(s) == near_the_front(full, levels)


@pytest.mark.full
@pytest.mark.parametrize(
    ("ties", "terms", "levels"), [((3,), 6, 2), ((2, 1), 5, 1), ((4,), 5, 1), ((1, 1, 1), 5, 1)]
)
def test_leading_terms_at_the_highest_orders_that_both_reach(ties, terms, levels):
    test_leading_terms_are_those_of_the_full_expansion(ties, terms, {}, levels)


@pytest.mark.parametrize(("ties", "terms"), [((2,), 6), ((4,), 4), ((6,), 3), ((2, 2), 3)])
def test_even_fronts_are_those_of_theorem_4_1(ties, terms):
    nu = sum(ties)
    leading = leading_derivatives(cp_problem(order=nu, ties=ties), terms)
    for s, order in enumerate(leading.orders[1:], start=1):
        assert len(order) == s + 2
        for sector in order:
            squares = sector.atoms[leading.edges.index(2 * nu)]
            most = range(1, squares + 2)
            if squares == s + 1 and nu == 2:
                most = range(1, s + 3)
            expected = [(1 + (nu - 1) * squares - nu * (n - 1) // 2, n) for n in most]
            assert list(sector.front) == expected


def test_first_level_of_an_order_is_its_pareto_front():
    problem = cp_problem(order=3, ties="2+1")
    leading = leading_derivatives(problem, 3)
    for s, full in enumerate(expand(problem, 3)):
        assert leading.coefficient(s) == pareto_terms(full, ("p", "H"))


# -- the bounds ---------------------------------------------------------------------------


@st.composite
def walks(draw):
    """A problem and a path of merges through states of it, each with its tally and letter."""
    ties = draw(st.sampled_from([(3,), (4,), (1, 1), (2, 1), (1, 1, 1), (5,), (2, 2), (3, 1)]))
    decay = draw(st.sampled_from([0, "lam"]))
    rules = merge_rules(cp_problem(order=sum(ties), ties=ties, decay=decay))
    level = initial_level(rules)
    path = []
    for _ in range(draw(st.integers(1, 4))):
        choices = [(sector, state) for sector, states in level.items() for state in sorted(states)]
        sector, state = draw(st.sampled_from(choices))
        path.append((sector, state, tally_of(rules, state)))
        level = next_level(rules, {sector: {state: 1}}, lambda sector, rows, tally: True)
        if not level:
            break
    return rules, path


def tally_of(rules, state):
    return Tally(rules.kinds).plus(parity_of(cell) for cell in state[1])


def outdone(rules, path):
    """Whether some step of a path gains more than the bounds of its letter allow."""
    for (sector, state, before), (larger, merged, after) in pairwise(path):
        letter = next(j for j, (a, b) in enumerate(zip(sector, larger, strict=True)) if a != b)
        new = merged[0] - state[0]
        gained = [b - a for a, b in zip(before.sums, after.sums, strict=True)]
        if not any(
            gain.new_rows == new
            and gained[0] <= (gain.blocks if before.odd_rows else gain.blocks_from_even)
            and gained[1] <= gain.halves
            and gained[2] <= gain.quarters
            for gain in rules.options[letter]
        ):
            return True
    return False


@given(walks())
def test_no_merge_gains_more_than_its_bound(walk):
    assert not outdone(*walk)


@given(walks())
def test_reach_is_never_below_what_a_path_attains(walk):
    rules, path = walk
    _, last, end = path[-1]
    if end.odd_rows:
        return
    for _, state, tally in path:
        start = path[[s for _, s, _ in path].index(state)][0]
        counts = tuple(path[-1][0][letter] - start[letter] for letter in rules.prospects.letters)
        new = last[0] - state[0]
        assert rules.prospects.reach(tally.sums, tally.odd_rows, counts, new) >= end.blocks()


def lowered(rules, name):
    """The same rules with one planted wrong bound."""
    options = {
        letter: frozenset(replace(g, **{name: getattr(g, name) - 1}) for g in found)
        for letter, found in rules.options.items()
    }
    return replace(rules, options=options, prospects=Prospects(options))


@pytest.mark.parametrize("name", ["blocks_from_even", "halves", "quarters"])
def test_a_planted_wrong_bound_loses_terms_and_is_noticed(name, monkeypatch):
    problem = cp_problem(order=3)
    right = leading_derivatives(problem, 4)
    monkeypatch.setattr(
        "diagrams.scaling.leading.derivatives.merge_rules", lambda p: lowered(merge_rules(p), name)
    )
    wrong = leading_derivatives(problem, 4)
    full = expand(problem, 4)
    assert right.coefficient(4) == near_the_front(full.coefficient(4), 1)
    assert wrong.coefficient(4) != right.coefficient(4)


def test_bounds_are_attained_for_one_tied_matrix():
    rules = merge_rules(cp_problem(order=4))
    found = set().union(*rules.options.values())
    assert {gain.blocks for gain in found if gain.new_rows} == {1}
    assert max(gain.blocks for gain in found) == 3


def test_merge_without_rest_gains_nothing_for_even_order():
    rules = merge_rules(cp_problem(order=4))
    for found in rules.merges.values():
        for merge in found:
            if not merge.rest:
                assert gains(merge, 1) == {Gain(0, 0, 0, 0, 0, 0, 0)}


# -- far out ------------------------------------------------------------------------------


def test_even_ties_reach_far_and_keep_theorem_4_1():
    leading = leading_derivatives(cp_problem(order=4), 12)
    for sector in leading.orders[12]:
        squares = sector.atoms[leading.edges.index(8)]
        assert sector.front == tuple(
            (1 + 3 * squares - 2 * n + 2, n) for n in range(1, squares + 2)
        )


def test_free_evolution_of_even_order_far_out():
    """Vertex A of the free problem: the known closed form, to order 10 (theory of the paper)."""
    nu, terms = 4, 10
    leading = leading_derivatives(cp_problem(order=nu, target="zero"), terms)
    value = Fraction(1, 2)
    for s in range(terms + 1):
        (sector,) = leading.orders[s]
        (_, count), *_ = sorted(sector.counts, key=lambda item: item[0][1])
        weight = dict(sector.prefactor.terms)
        assert count * sum(weight.values()) == value
        value *= -Fraction(2 * nu * (nu - 1)) * (Fraction(nu, nu - 1) + s)


# -- refusals and interface ---------------------------------------------------------------


@pytest.mark.parametrize("terms", [-1, 1.5, True, "2", None])
def test_refuses_orders_that_are_none(terms):
    with pytest.raises(BadInput, match="terms"):
        leading_derivatives(cp_problem(order=3), terms)


@pytest.mark.parametrize("levels", [0, -1, True, 1.5, "1"])
def test_refuses_levels_that_are_none(levels):
    with pytest.raises(BadInput, match="levels"):
        leading_derivatives(cp_problem(order=3), 1, levels)


def test_refuses_problems_of_another_structure():
    text = (Path(__file__).parents[2] / "problems" / "two_layer_teacher.toml").read_text()
    with pytest.raises(BadInput, match="trained Gaussian matrices"):
        leading_derivatives(parse_problem(text), 1)


def test_refuses_orders_that_were_not_computed():
    leading = leading_derivatives(cp_problem(order=3), 1)
    with pytest.raises(BadInput, match="s: 2"):
        leading.coefficient(2)
    assert leading.terms == 1
    assert "Y_1 ~" in str(leading)
