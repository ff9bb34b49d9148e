"""Regimes: the paper's tables, bent fronts, and degenerate input."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling.theorem_fronts import series_of, theorem_series, theorem_terms

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.expansion import Series, expand
from diagrams.export.phase_json import regimes_from_json
from diagrams.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem
from diagrams.scaling.boundaries import boundaries
from diagrams.scaling.clock import natural_clock
from diagrams.scaling.regimes import Regimes, regimes
from diagrams.scaling.relations import Limit, relation

INF, ZERO, ONE = Limit.INFINITY, Limit.ZERO, Limit.ONE


def tables(order: int, ties: str) -> dict[str, tuple[list, tuple, str, str]]:  # type: ignore[type-arg]
    """The paper's tables: conditions as (p, H, sigma) exponents with a limit, T, learning."""
    v = order
    if ties == "sym":
        first, second, third = (-v, 2, 0), (v - 1, 0, v), (v - 2, 2, 2 * v)
        mean = (0, 0, v - 2)
        return {
            "A-B": ([(first, ONE), (second, INF)], (v - 1, 0, 2 * v - 2), "free", "critical"),
            "B-E": ([(third, ONE), (first, INF)], mean, "rich", "over-parameterised"),
            "E": ([(third, ZERO), (second, ZERO)], mean, "rich", "any"),
            "E-A": ([(second, ONE), (first, ZERO)], mean, "rich", "under-parameterised"),
        }
    wide, second, third, fourth = (1 - v, 1, 0), (v - 1, 0, v), (v - 1, 1, 2 * v), (0, 1, v)
    mean, kernel = (0, 0, v - 2), (0, 1, 2 * v - 2)
    return {
        "A-B": ([(wide, ONE), (second, INF)], kernel, "free", "critical"),
        "B-C": ([(third, ONE), (fourth, INF)], kernel, "lazy", "over-parameterised"),
        "C": ([(third, ZERO), (fourth, INF)], kernel, "lazy", "over-parameterised"),
        "C-D": ([(fourth, ONE), (wide, INF)], mean, "rich", "over-parameterised"),
        "D-E": ([(wide, ONE), (fourth, ZERO)], mean, "rich", "critical"),
        "E-A": ([(second, ONE), (wide, ZERO)], mean, "rich", "under-parameterised"),
    }


PAPER = [(2, "sym"), (4, "sym"), (6, "sym"), (2, "asym"), (3, "asym"), (4, "asym")]


@pytest.mark.parametrize(("order", "ties"), PAPER)
def test_tables_of_the_paper(order: int, ties: str) -> None:
    found = regimes(theorem_series(order, ties))
    symbols = ("p", "H", "sigma")
    assert found.symbols == symbols
    for name, (conditions, clock, learning, parameterization) in tables(order, ties).items():
        regime = found[name]
        expected = {relation(symbols, e, (0, 0, 0), limit) for e, limit in conditions}
        assert set(regime.relations) == expected, name
        assert regime.clock == clock, name
        assert (regime.learning, regime.parameterization) == (learning, parameterization), name
    letters = "ABE" if ties == "sym" else "ABCDE"
    assert {r.name for r in found if r.dimension == 0} == set(letters)
    assert [r.name for r in found if r.dimension == 2] == ["full"]


@pytest.mark.parametrize(("order", "ties", "terms"), [(2, "sym", 5), (4, "sym", 3), (2, "asym", 6)])
def test_exact_series_give_the_regimes_of_the_theorem(order: int, ties: str, terms: int) -> None:
    exact = regimes(expand(cp_problem(order=order, ties=ties), terms))
    law = regimes(theorem_series(order, ties))
    strip = [(r.name, r.relations, r.clock, r.learning, r.parameterization) for r in exact]
    assert strip == [(r.name, r.relations, r.clock, r.learning, r.parameterization) for r in law]
    assert exact.evidence.checked_to == terms
    assert exact.evidence.kind is Kind.CONJECTURED


@pytest.mark.parametrize(("order", "ties"), [*PAPER, (3, "sym")])
def test_brute_force_over_scalings(order: int, ties: str) -> None:
    """At random rational scalings exactly one regime's conditions hold, and its lines lead."""
    found = _odd() if ties == "sym" and order == 3 else regimes(theorem_series(order, ties))
    draw = random.Random(11)
    for _ in range(200):
        alpha = [
            Fraction(1),
            Fraction(draw.randint(1, 24), draw.randint(1, 6)),
            Fraction(draw.randint(-12, 3), draw.randint(1, 12)),
        ]
        holding = [regime for regime in found if regime.holds(alpha)]
        assert len(holding) == 1
        regime = holding[0]
        if regime.drifts:
            continue
        for s in range(max(regime.first, found.families.first), len(found.fronts)):
            leading = found.fronts[s].leading_terms(alpha)
            corners = {line.at(s) for line in regime.lines[s % found.families.period]}
            assert corners <= set(leading)
            assert set(found.fronts[s].polytope.face(alpha).vertices) == corners


@lru_cache
def _odd() -> Regimes:
    return regimes(expand(cp_problem(order=3, ties="sym"), 5))


def test_each_regime_leads_in_its_own_direction() -> None:
    for order, ties in PAPER:
        for regime in regimes(theorem_series(order, ties)):
            assert regime.holds(regime.direction)
            assert all(regime.direction[k] > 0 for k in (0, 1))


def test_odd_order_front_bends() -> None:
    """SYM 3, derived from exact coefficients: two facets, and boundaries that drift."""
    found = _odd()
    assert found.families.period == 2
    assert str(found["A-B"].equalities[0]) == "H^s ~ p^(s+1)"
    assert found["A-B"].drifts
    assert "moves with the order" in found["A-B"].evidence.statement
    assert str(found["C-D"].equalities[0]) == "p H sigma^3 ~ 1"
    assert found["B-C"].learning == "lazy"
    assert [r.name for r in found if r.dimension == 2] == ["A-B-C", "A-C-D-E"]


def test_three_orders_of_order_5_do_not_make_a_law() -> None:
    """To s = 3 a wrong linear law fits SYM 5; it has to be refused."""
    with pytest.raises(BadInput, match="orders held out"):
        regimes(expand(cp_problem(order=5, ties="sym"), 3))


@pytest.mark.parametrize(("order", "ties"), [(4, "sym"), (3, "asym")])
def test_time_scale_is_the_factor_per_order(order: int, ties: str) -> None:
    """T times a term of the face is, up to the face's equalities, a term two orders on."""
    found = regimes(theorem_series(order, ties))
    for regime in found:
        assert regime.clock is not None
        for s in range(3, 5):
            steps = []
            for later, terms in ((s, s), (s + 2, s + 2)):
                corner = regime.lines[later % found.families.period][0].at(terms)
                steps.append(sum(a * x for a, x in zip(regime.direction, corner, strict=True)))
            gained = sum(a * x for a, x in zip(regime.direction, regime.clock, strict=True))
            assert steps[1] - steps[0] == 2 * gained


def test_ties_of_time_scales() -> None:
    assert natural_clock([(1, 0), (0, 1)], []) is None
    assert natural_clock([(1, 0), (0, 1)], [(1, -1)]) == (1, 0)
    assert natural_clock([(-2, 3)], [(1, -1)]) == (1, 0)


def test_zero_target_is_the_free_edge() -> None:
    found = regimes(cp_problem(order=4, ties="sym", target="zero"), terms=3)
    assert found.names == ("A-B", "A", "B")
    assert {r.learning for r in found} == {"free"}


def test_permuted_colours_and_scaled_units() -> None:
    problem = cp_problem(order=2, ties="asym")
    one = expand(problem, 6)
    values = {"sigma": Polynomial.monomial(7, {"sigma": 1}), "p": Polynomial.monomial(3, {"p": 1})}
    other = Series(problem, tuple(y.substitute(values) for y in one.coefficients), one.evidence)
    assert regimes(one).members == regimes(other).members


def test_scale_symbol_adds_a_dimension() -> None:
    found = regimes(cp_problem(order=2, ties="sym", scale="c"), terms=3)
    assert found.symbols == ("p", "H", "c", "sigma")
    assert str(found["E-A"].equalities[0]) == "p sigma^2 ~ c"
    assert found["E"].time_scale == {"c": "1"}


def made_up(polynomials: list[Polynomial], order: int = 2) -> Series:
    evidence = Evidence(Kind.EXACT, "made up for a test", len(polynomials) - 1)
    return Series(cp_problem(order=order, ties="sym"), tuple(polynomials), evidence)


def test_one_term_problem() -> None:
    """One term an order: one regime, no condition."""
    terms = [Polynomial.monomial(1, {"p": s + 2, "H": 1, "sigma": 2 * s + 4}) for s in range(4)]
    found = regimes(made_up(terms))
    assert found.names == ("A",)
    assert found["A"].condition == "all sizes grow"
    assert found["A"].time_scale == {"p": "1", "sigma": "2"}


def test_single_size() -> None:
    """A model with no width: polynomials in one size and sigma."""
    text = """
title = "one size"
[families]
feature = { size = "d", index = "i" }
[tensors.w]
families = ["feature"]
role = "trained"
variance = "sigma^2"
[model]
output = "w[i]"
target = "1"
[loss]
kind = "squared error"
over = ["i"]
"""
    try:
        problem = load_problem(text)
    except BadInput:
        pytest.skip("the grammar has no constant target")
    found = regimes(problem, terms=4)
    assert found.symbols == ("d", "sigma")
    assert {r.parameterization for r in found} == {"undetermined"}


def test_vanishing_coefficients() -> None:
    with pytest.raises(BadInput, match="no terms at any order"):
        regimes(made_up([Polynomial()] * 5))


def test_planted_cancellation_is_seen() -> None:
    """Without its leading term at A, order by order, the front and its regimes are others."""
    terms = [theorem_terms(4, "sym", s) for s in range(5)]
    whole = regimes(series_of(terms, 4, "sym"))
    cut = [listed - {max(listed)} for listed in terms]
    planted = regimes(series_of(cut, 4, "sym"))
    assert planted.families.at(4) != whole.families.at(4)
    only_last = [*terms[:4], terms[4] - {max(terms[4])}]
    with pytest.raises(BadInput, match="no quasi-linear law"):
        regimes(series_of(only_last, 4, "sym"))


def test_planted_bend_at_order_8() -> None:
    def bent(s: int) -> set[tuple[int, int, int]]:
        extra = {(3 * s + 9, 1, 6 * s + 8)} if s >= 8 else set()
        return theorem_terms(4, "sym", s) | extra

    before = regimes(series_of([bent(s) for s in range(8)], 4, "sym"))
    assert "exact to order 7, conjectured beyond" in str(before.evidence)
    with pytest.raises(BadInput):
        regimes(series_of([bent(s) for s in range(14)], 4, "sym"))
    after = regimes(series_of([bent(s) for s in range(18)], 4, "sym"))
    assert after.families.first == 8


def test_problem_without_known_couplings() -> None:
    found = regimes(cp_problem(order=3, ties="sym", target="zero", decay="1/2"), terms=4)
    assert {r.learning for r in found} <= {"free", "undetermined"}


def test_boundaries() -> None:
    import sympy

    p, width, sigma = sympy.symbols("p H sigma")
    found = {b.edge: b for b in boundaries(regimes(theorem_series(3, "asym")))}
    assert found["C-D"].between == ("C", "D")
    assert found["C-D"].to_sympy() == sympy.Eq(width * sigma**3, 1)
    assert found["A-B"].to_sympy() == sympy.Eq(width, p**2)
    drifting = {b.edge: b for b in boundaries(_odd())}["A-B"].to_sympy()
    s = sympy.Symbol("s")
    assert drifting == sympy.Eq(width**s, p ** (s + 1))


def test_json_is_the_contract_and_loads_back() -> None:
    found = regimes(theorem_series(4, "sym"))
    data = json.loads(found.to_json())
    assert data["schema"] == "wickflow.regimes/1"
    edge = next(r for r in data["regimes"] if r["name"] == "A-B")
    assert edge["dimension"] == 1
    assert edge["time_scale"] == {"p": "3", "sigma": "6"}
    assert edge["condition"] == "H ~ p^2, p^3 sigma^4 -> inf"
    assert edge["condition_latex"] == r"H \sim p^{2},\ p^{3} \sigma^{4} \to \infty"
    assert edge["evidence"]["kind"] == "conjectured"
    assert regimes_from_json(found.to_json()) == found
    assert json.loads(found["E"].to_json())["name"] == "E"


def test_unknown_names() -> None:
    found = regimes(theorem_series(4, "sym"))
    with pytest.raises(BadInput, match="A-B"):
        found["Z"]
    with pytest.raises(BadInput, match="width"):
        regimes(theorem_series(4, "sym"), width="N")


@given(
    st.lists(st.integers(-3, 3), min_size=3, max_size=3),
    st.lists(st.integers(-3, 3), min_size=3, max_size=3),
    st.sampled_from(list(Limit)),
)
def test_relations_are_normal_forms(fixed: list[int], moving: list[int], limit: Limit) -> None:
    symbols = ("p", "H", "sigma")
    found = relation(symbols, fixed, moving, limit)
    again = relation(symbols, found.fixed, found.moving, found.limit)
    assert again == found
    for scaling in ((1, 2, -1), (2, 1, 3), (1, 1, 1)):
        raw = sum((a + 10**6 * b) * x for a, b, x in zip(fixed, moving, scaling, strict=True))
        sign = {Limit.ONE: raw == 0, Limit.ZERO: raw < 0, Limit.INFINITY: raw > 0}[limit]
        assert found.holds(scaling, 10**6) == sign
