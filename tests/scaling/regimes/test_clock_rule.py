"""The clock rule: formal clocks by exact exponents, against brute force and simulation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest
from flow.clock import Scale, keeps_time, relative_drops
from hypothesis import given
from hypothesis import strategies as st

from diagrams.dynamics.solving import solve
from diagrams.export.json.orders import law_json
from diagrams.export.json.solution import solution_data
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import CPProblem, cp_problem
from diagrams.problems.spec import load_problem
from diagrams.problems.structure import structure
from diagrams.scaling.orders.law import order_law
from diagrams.scaling.regimes.clock_rule import ClockRule, Cone, FirstOrders, clock_rule
from diagrams.scaling.regimes.finding import regimes
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Limit, relation
from diagrams.series.expansion import expand
from pde.linear_algebra import Vector, dot

SYMBOLS = ("p", "H", "sigma")
ENTRIES = st.integers(-2, 2)
FORMS = st.lists(st.tuples(ENTRIES, ENTRIES, ENTRIES), max_size=2)
GRID = [(p, h, e) for p in range(1, 7) for h in range(1, 7) for e in range(-9, 10)]


def problem(order: int, ties: str, target: str = "identity", **more: str) -> CPProblem:
    return cp_problem(order=order, ties=ties, target=target, **more)


# -- cones ----------------------------------------------------------------------------------


@given(FORMS, FORMS, FORMS, FORMS)
def test_a_cone_is_met_where_a_search_finds_a_scaling(
    level: list[Vector], inside: list[Vector], strict: list[Vector], weak: list[Vector]
) -> None:
    zeros = (0, 0, 0)
    cone = Cone(
        SYMBOLS,
        (0, 1),
        tuple(relation(SYMBOLS, x, zeros, Limit.ONE) for x in level[:1] if any(x)),
        tuple(relation(SYMBOLS, x, zeros, Limit.INFINITY) for x in inside if any(x)),
    )

    def inside_cone(at: Vector) -> bool:
        return all(r.holds(at) for r in (*cone.equalities, *cone.inequalities))

    found = any(
        inside_cone(at)
        and all(dot(form, at) > 0 for form in strict)
        and all(dot(form, at) >= 0 for form in weak)
        for at in GRID
    )
    if found:
        assert cone.meets(strict, weak)
    if cone.is_empty:
        assert not any(map(inside_cone, GRID))
    if cone.meets(strict, weak):  # then it stays so for scaled forms, and without any of them
        assert cone.meets([tuple(3 * x for x in form) for form in strict], weak)
        assert cone.meets(strict[1:], weak)
        assert cone.meets((), [*weak, *strict])


# -- the rule against exact coefficients ------------------------------------------------------

CASES = [
    (problem(3, "2+1"), 3),
    (problem(3, "2+1", "zero"), 3),
    (problem(3, "sym", "zero"), 2),
    (problem(2, "sym"), 3),
    (problem(2, "asym", decay="lambda"), 2),
    (problem(4, "sym"), 2),
]


def height(polynomial: Polynomial, scaling: dict[str, int]) -> Fraction:
    return max(
        sum((e * scaling[name] for name, e in powers), Fraction(0))
        for powers, _ in polynomial.terms
    )


def some_scalings(regime: Regime, count: int = 12) -> list[dict[str, int]]:
    """Scalings in a regime at every order from s = 1 on, spread over a grid."""
    others = len(regime.symbols) - 2
    step = 1 if others < 2 else 4
    grid = product(range(2, 13, 2), range(2, 19, 2), *[range(-12, 13, step)] * others)
    found = [at for at in grid if all(regime.holds(at, s) for s in (1, 10**6))]
    step = max(1, len(found) // count)
    return [dict(zip(regime.symbols, at, strict=True)) for at in found[::step]]


@pytest.mark.parametrize(("given_problem", "terms"), CASES, ids=lambda x: getattr(x, "spec", None))
def test_verdicts_are_those_of_exact_coefficients(given_problem: CPProblem, terms: int) -> None:
    """Whole coefficients, term by term, at scalings found by a search."""
    series = expand(given_problem, terms)
    constant = structure(given_problem).constant
    known = [series.coefficient(s) for s in range(terms + 1)]
    known[0] = known[0] - constant
    seen = 0
    for regime in regimes(given_problem):
        rule = regime.clock_rule
        for scaling in some_scalings(regime):
            assert regime.clock is not None
            unit = sum(
                (e * scaling[n] for n, e in zip(regime.symbols, regime.clock, strict=True)),
                Fraction(0),
            )
            start, *moving = (height(y, scaling) - s * unit for s, y in enumerate(known))
            formal = max(moving) < start
            at = tuple(scaling[n] for n in regime.symbols)
            where = all(r.holds(at) for r in rule.where)
            expected = {"formal": True, "moves": False, "formal in part": where}[rule.verdict]
            assert formal is expected, (regime.name, scaling)
            if constant:
                small = max(moving) < height(constant, scaling)
                said = {"nowhere": False, "throughout": True}.get(rule.beneath, small)
                assert small is said, (regime.name, scaling)
            seen += 1
    assert seen > 10


def test_verdicts_of_the_known_cases() -> None:
    def flagged(order: int, ties: str, target: str, **more: str) -> dict[str, str]:
        found = regimes(problem(order, ties, target, **more))
        return {r.name: r.clock_rule.verdict for r in found if "formal" in r.clock_rule.verdict}

    assert flagged(3, "2+1", "zero") == flagged(3, "sym", "zero") == {"B": "formal"}
    assert flagged(3, "2+1", "zero", decay="lambda") == {"B": "formal"}
    assert flagged(4, "3+1", "zero") == {"B": "formal"}
    assert flagged(3, "2+1", "identity") == {
        "B-C": "formal",
        "B": "formal",
        "C": "formal in part",
    }
    for order, ties in ((2, "sym"), (3, "asym"), (4, "sym")):
        assert not flagged(order, ties, "identity")
        assert not flagged(order, ties, "zero")


def test_boundaries_that_move_with_the_order_stay_open() -> None:
    found = regimes(problem(3, "2+1"))
    for name in ("A-B-C", "A-B", "A-C"):
        rule = found[name].clock_rule
        assert rule.verdict == "undetermined"
        assert "no scaling lies in the regime at every order" in rule.words


def test_a_scale_symbol_takes_part_in_the_conditions() -> None:
    rule = regimes(problem(3, "2+1", scale="c"))["C"].clock_rule
    assert [str(found) for found in rule.where] == ["p^3 H sigma^6/c^2 -> inf"]


# -- planted cases ----------------------------------------------------------------------------

WIDE = Cone(("p", "H"), (0, 1), (), (relation("pH", (-1, 1), (0, 0), Limit.INFINITY),))


def judged(vertices: Sequence[Sequence[Vector]], constant: Sequence[Vector] = ()) -> ClockRule:
    """Vertices of orders 0, 1, .. judged for T = H."""
    orders = FirstOrders(tuple(map(tuple, vertices)), tuple(constant), ("p", "H"), True, 9)
    return clock_rule(WIDE, (Fraction(0), Fraction(1)), orders)


def test_a_mode_that_shows_at_the_third_order_only() -> None:
    slow = [[(2, 0)], [(1, 1)], [(1, 2)]]
    assert judged([*slow, [(1, 3)]]).verdict == "formal"
    assert judged([*slow, [(1, 3), (2, 3)]]).verdict == "moves"
    assert judged([*slow, [(1, 3), (3, 2)]]).verdict == "formal"  # p^3 / H < p^2 where H > p
    assert judged([*slow, [(1, 3), (6, 2)]]).verdict == "formal in part"


def test_two_leading_terms_at_the_start_give_no_monomial() -> None:
    """``p^2 + H`` against ``H^2/p``: formal between them, without one condition."""
    rule = judged([[(2, 0), (0, 1)], [(-1, 3)]])
    assert rule.verdict == "formal in part"
    assert not rule.where
    assert "in part of the regime" in rule.words


def test_the_constant_takes_no_part_in_the_verdict() -> None:
    vertices = [[(2, 0)], [(2, 1)]]
    assert judged(vertices).verdict == judged(vertices, [(9, 0)]).verdict == "moves"
    assert judged(vertices).beneath == "nowhere"
    assert judged(vertices, [(9, 0)]).beneath == "throughout"
    assert judged(vertices, [(1, 0)]).beneath == "nowhere"
    assert judged(vertices, [(0, 1)]).beneath == "in part"  # H against p^2 where H > p


# -- the second way: simulation ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "ties", "name", "hidden", "x"),
    [
        (3, "2+1", "B", lambda p: 4 * p * p, 0.4),
        (3, "sym", "B", lambda p: 4 * p * p, 0.05),
        (2, "sym", "A", lambda p: 2, 0.2),
        (4, "sym", "A", lambda p: 2, 0.02),
    ],
)
def test_simulations_agree(order: int, ties: str, name: str, hidden: object, x: float) -> None:
    """Where the rule says formal, the simulated drop at a fixed t / T falls as p doubles."""
    free = problem(order, ties, "zero")
    regime = regimes(free)[name]
    p_clock, h_clock, _ = map(float, regime.clock or ())

    def scale(p: int) -> Scale:
        H = hidden(p)  # type: ignore[operator]
        return Scale(H, 1.0, x / (p**p_clock * H**h_clock))

    drops = relative_drops(free, (3, 6, 12), scale, 4)
    assert all(0 < drop < 1 for drop in drops)
    assert keeps_time(drops) is (regime.clock_rule.verdict == "moves")


# -- where it is shown ------------------------------------------------------------------------


def test_tables_and_pages_name_formal_clocks() -> None:
    found = regimes(problem(3, "2+1"))
    text = found.to_text()
    assert "\nB-C: T is a formal clock (no coefficient moves" in text
    assert "C: T is a formal clock where p^3 H sigma^6 -> inf" in text
    assert "evidence of what is said of T: derived" in text
    assert "T$ is a formal clock where $p^{3} H \\sigma^{6} \\to \\infty$" in found.to_latex()
    page = found.render("html")
    assert "<em>C</em>: <math><mi>T</mi></math> is a formal clock where <math" in page
    listed = {r["name"]: r["clock"] for r in json.loads(found.to_json())["regimes"]}
    assert listed["C"]["verdict"] == "formal in part"
    assert listed["C"]["where"] == ["p^3 H sigma^6 -> inf"]
    assert listed["C"]["evidence"]["kind"] == "derived"
    assert "formal clock where" in found["C"].to_json()


def test_solutions_say_what_coefficients_tell() -> None:
    solution = solve(problem(2, "sym"), regime="E-A")
    note = solution.notes[-1]
    assert "at T the coefficients move E[L] by as much as Y_0 or more" in note
    assert "small against the target's constant" in note
    assert "whether the loss itself moves at it, `wickflow regimes" in note
    assert solution_data(solution)["clock"] == solution.face.clock_rule.to_dict()  # type: ignore[union-attr]
    assert "coefficients move" in solution.to_latex(standalone=True)


def test_laws_for_every_order_hold_the_common_verdict() -> None:
    law = order_law({nu: regimes(problem(nu, "sym", "zero")) for nu in (3, 5, 7)})
    assert law["B"].verdict == "formal"
    assert "B: T is a formal clock (nu = 3, 5, 7)" in law.to_text()
    assert "\\emph{B}: $T$ is a formal clock" in law.to_latex()
    members = json.loads(law_json(law, spec="cp:order=odd"))["regimes"]
    assert {m["name"]: m["clock"]["verdict"] for m in members}["A"] == "moves"


def test_fitted_regimes_say_how_far_they_were_looked_at() -> None:
    teacher = load_problem("tests/problems/two_layer_teacher.toml")
    rule = regimes(expand(teacher, 4))["A"].clock_rule
    assert rule.verdict == "moves"
    assert "orders 1 to 4, and beyond if" in rule.evidence.statement
    assert rule.evidence.checked_to == 4
