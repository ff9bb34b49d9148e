"""Regimes: the paper's tables, bent fronts, and degenerate input."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import drawn
from scaling.theorem_fronts import series_of, theorem_series, theorem_terms

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.export.json.regimes import regimes_from_json
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.fronts.front_theorem import proved_fronts
from diagrams.scaling.regimes.boundaries import boundaries
from diagrams.scaling.regimes.clock import natural_clock
from diagrams.scaling.regimes.finding import Regimes, regimes
from diagrams.scaling.regimes.relations import Limit, relation
from diagrams.series.expansion import Series, expand
from pde.linear_algebra import Vector

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
    assert exact.evidence.kind is Kind.EXACT
    assert "proved for all orders" in exact.evidence.statement


MIXED = [(3, "2+1"), (4, "2+1+1"), (4, "3+1"), (5, "3+2"), (4, "2+2"), (6, "4+2")]


@pytest.mark.parametrize(("order", "ties"), [*PAPER, (3, "sym"), (5, "sym"), *MIXED])
def test_brute_force_over_scalings(order: int, ties: str) -> None:
    """At random rational scalings exactly one regime's conditions hold, and its lines lead."""
    found = regimes(proved(order, ties, 8))
    draw = random.Random(11)
    for _ in range(drawn(50)):
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
            corners = set(regime.corners_at(s))
            if corners != set(regime.terms_at(s)):  # the law rounds: less than one power off
                assert _gap(found, alpha, s, corners) < 1
                continue
            assert corners <= set(leading)
            assert set(found.fronts[s].polytope.face(alpha).vertices) == corners


def _gap(found: Regimes, alpha: list[Fraction], s: int, corners: set[Vector]) -> Fraction:
    """By how much vertices exceed the leading term, in powers of p and of H."""

    def height(vector: Vector) -> Fraction:
        return sum((a * Fraction(x) for a, x in zip(alpha, vector, strict=True)), Fraction(0))

    highest = max(map(height, corners))
    exact = max(map(height, found.fronts[s].terms))
    assert highest >= exact
    return (highest - exact) / (alpha[0] + alpha[1])


def proved(order: int, ties: str, terms: int) -> Fronts:
    found = proved_fronts(cp_problem(order=order, ties=ties), terms)
    assert found is not None
    return found


@lru_cache
def _odd() -> Regimes:
    return regimes(expand(cp_problem(order=3, ties="sym"), 5))


def test_each_regime_leads_in_its_own_direction() -> None:
    for order, ties in PAPER:
        for regime in regimes(theorem_series(order, ties)):
            assert regime.holds(regime.direction)
            assert all(regime.direction[k] > 0 for k in (0, 1))


def test_a_boundary_that_moves_leaves_small_scalings_at_all_orders() -> None:
    """Far out the regimes of unequal ties lie along directions with exponents of millions."""
    for regime in regimes(proved(3, "2+1", 6)):
        levels = [r for r in regime.equalities if r.drifts]
        assert bool(regime.scalings) != bool(levels)
        for scaling in regime.scalings:
            assert max(map(abs, scaling)) < 100
            assert all(regime.holds(scaling, s) for s in (*range(max(1, regime.first), 40), 10**9))


def test_odd_order_front_bends() -> None:
    """SYM 3: the bend from s_R = 6 on makes a vertex F, which no front below s = 6 shows."""
    found = _odd()
    assert found.families.period == 2
    assert found.evidence.kind is Kind.DERIVED
    assert "proved for all orders" in found.evidence.statement
    assert "some lie between terms" in found.evidence.statement
    assert str(found["A-B"].equalities[0]) == "H^s ~ p^(s+1)"
    assert found["A-B"].drifts
    assert "moves with the order, towards H ~ p" in found["A-B"].evidence.statement
    assert found["B-C"].learning == "lazy"
    assert str(found["C-F"].equalities[0]) == "p^3 H^4 sigma^12 ~ 1"
    assert found["F"].time_scale == {"p": "2/5", "H": "1/5", "sigma": "8/5"}
    assert [r.name for r in found if r.dimension == 2] == ["A-B-C", "A-C-F"]


def test_orders_given_do_not_matter_where_the_law_is_proved() -> None:
    known = [regimes(cp_problem(order=3, ties="sym"), terms) for terms in (None, 2, 4)]
    strip = [[(r.name, r.relations, r.clock, r.learning) for r in found] for found in known]
    assert strip[0] == strip[1] == strip[2]
    assert all("proved for all orders" in r.evidence.statement for found in known for r in found)


def test_three_orders_of_order_5_do_not_make_a_law() -> None:
    """Without the theorem (the problem has decay): a wrong linear law fits SYM 5 to s = 3."""
    fronts_of_5 = proved_fronts(cp_problem(order=5, ties="sym"), 3)
    assert fronts_of_5 is not None
    other = replace(fronts_of_5, problem=cp_problem(order=5, ties="sym", decay=1), target=None)
    with pytest.raises(BadInput, match="orders held out"):
        regimes(other)


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
    plain, scaled = regimes(one), regimes(other)
    strip = [(r.name, r.relations, r.clock, r.learning, r.parameterization) for r in plain]
    again = [(r.name, r.relations, r.clock, r.learning, r.parameterization) for r in scaled]
    assert strip == again
    permuted = regimes(cp_problem(order=3, ties="1+2")), regimes(cp_problem(order=3, ties="2+1"))
    assert permuted[0].members == permuted[1].members


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
    found = regimes(load_problem(text), terms=4)
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

    def other(last: int) -> Series:
        """The terms as those of a problem whose law nobody has proved."""
        series = series_of([bent(s) for s in range(last + 1)], 4, "sym")
        return replace(series, problem=cp_problem(order=4, ties="sym", decay=1))

    before = regimes(other(7))
    assert "exact to order 7, conjectured beyond" in str(before.evidence)
    assert "unknowns" in str(before.evidence)
    assert "held-out orders" in str(before.evidence)
    with pytest.raises(BadInput):
        regimes(other(13))
    after = regimes(other(17))
    assert after.families.first == 8


def test_coefficients_that_contradict_the_proof_are_fitted() -> None:
    """The proved law is used only where every front given agrees with it."""
    bent = [theorem_terms(4, "sym", s) for s in range(6)]
    bent[5] |= {(24, 1, 38)}
    with pytest.raises(BadInput, match="no quasi-linear law"):
        regimes(series_of(bent, 4, "sym"))


def test_problem_without_known_couplings() -> None:
    found = regimes(cp_problem(order=3, ties="sym", target="zero", decay="1/2"), terms=4)
    assert {r.learning for r in found} == {"free"}
    other = cp_problem(order=4, ties="sym", decay="1/2")
    told = regimes(replace(theorem_series(4, "sym"), problem=other))
    assert {r.learning for r in told} == {"undetermined"}
    assert all("tell how many couplings" in r.evidence.statement for r in told)


def test_the_other_size_as_width() -> None:
    """Judged by p, over- and under-parameterised change places."""
    found = regimes(cp_problem(order=4, ties="sym"), width="p")
    assert {r.parameterization for r in found if r.equalities and r.dimension == 1} == {
        "critical",
        "over-parameterised",
        "under-parameterised",
    }
    words = {str(r.equalities[0]): r.parameterization for r in found if r.dimension == 1}
    assert words["p H sigma^4 ~ 1"] == "under-parameterised"
    assert words["p^3 sigma^4 ~ 1"] == "over-parameterised"


def test_regimes_of_a_fitted_front_law() -> None:
    """SYM 3 as a problem without a theorem, to order 14: vertices of the law fitted to it."""
    plain = proved(3, "sym", 14)
    found = regimes(replace(plain, problem=cp_problem(order=3, ties="sym", decay="lambda")))
    law = regimes(plain)
    assert [(r.name, r.relations, r.clock) for r in found] == [
        (r.name, r.relations, r.clock) for r in law
    ]
    assert found.evidence.kind is Kind.CONJECTURED
    assert "11 unknowns" in found.evidence.statement
    assert "held-out orders 12, 13, 14 agree" in found.evidence.statement
    assert "conjectured beyond" in found["F"].evidence.statement


def test_a_law_that_may_bend_says_so() -> None:
    """Made-up fronts of SYM 3 with decay: no theorem, an odd number of equal factors."""
    other = cp_problem(order=3, ties="sym", decay="1/2")
    found = regimes(replace(proved(3, "sym", 5), problem=other))
    assert "can bend at orders not seen" in found.evidence.statement
    assert found.evidence.kind is Kind.CONJECTURED
    even = regimes(cp_problem(order=2, ties="sym", decay="lambda"), terms=4)
    assert "can bend" not in even.evidence.statement
    assert "proved for all orders" in even.evidence.statement
    told = regimes(cp_problem(order=2, ties="sym", decay="1/2"), terms=5)
    assert told.evidence.kind is Kind.CONJECTURED
    assert {r.learning for r in told} == {"undetermined"}  # one number for R and for the decay


@pytest.mark.parametrize(("order", "ties"), [(3, "sym"), (5, "3+2"), (3, "2+1")])
def test_odd_regimes_load_back(order: int, ties: str) -> None:
    found = regimes(cp_problem(order=order, ties=ties))
    assert regimes_from_json(found.to_json()) == found


def test_cold_start() -> None:
    """Processor time of regimes of SYM 4 from nothing; the budget is 5 s."""
    began = time.process_time()
    regimes(cp_problem(order=4, ties="sym", scale="7/3"))
    assert time.process_time() - began < 5


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
    assert edge["evidence"]["kind"] == "exact"
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
