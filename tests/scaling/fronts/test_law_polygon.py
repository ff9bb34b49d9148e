"""Vertices of front laws: against hulls of all terms, and the limit of odd orders."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from samples import drawn

from diagrams.problems.cp import cp_problem
from diagrams.scaling.fronts.front import Front
from diagrams.scaling.fronts.front_fit import fit_front_law
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.fronts.front_theorem import proved_front_law, proved_fronts
from diagrams.scaling.fronts.law_polygon import extent, law_vertices

SYMBOLS = ("p", "H", "sigma")
SIZES = ("p", "H")


def law_of(order: int, ties: str) -> FrontLaw:
    law = proved_front_law(cp_problem(order=order, ties=ties))
    assert law is not None
    return law


@pytest.mark.parametrize(
    ("order", "ties"),
    [(2, "sym"), (4, "sym"), (2, "asym"), (3, "asym"), (3, "2+1"), (4, "2+1+1"), (4, "3+1")],
)
def test_lines_are_the_vertices_of_hulls_of_all_terms(order: int, ties: str) -> None:
    law = law_of(order, ties)
    found = law_vertices(law, SYMBOLS, SIZES)
    assert found.attained
    for s in range(found.families.first, 13):
        front = Front(s, SYMBOLS, SIZES, law.terms(s, SYMBOLS))
        assert set(front.leading_vertices) == found.families.at(s)


@pytest.mark.parametrize(("order", "ties"), [(3, "sym"), (5, "sym"), (5, "3+2")])
def test_where_the_law_rounds(order: int, ties: str) -> None:
    """Terms lie inside the polygon of the lines; at any scaling the best is close to it."""
    law = law_of(order, ties)
    found = law_vertices(law, SYMBOLS, SIZES)
    assert not found.attained
    assert found.families.period == 2
    draw = random.Random(3)
    for s in (found.families.first, found.families.first + 7, 30):
        terms = law.terms(s, SYMBOLS)
        corners = found.families.at(s)
        for _ in range(drawn(20)):
            alpha = (
                Fraction(1),
                Fraction(draw.randint(1, 40), 10),
                Fraction(draw.randint(-40, 20), 10),
            )

            def height(x: tuple[Fraction | int, ...], a: tuple[Fraction, ...] = alpha) -> Fraction:
                return sum((b * Fraction(y) for b, y in zip(a, x, strict=True)), Fraction(0))

            gap = max(map(height, corners)) - max(map(height, terms))
            assert 0 <= gap < alpha[0] + alpha[1] + 4 * abs(alpha[2])


def test_a_fitted_law_has_a_polygon_too() -> None:
    """SYM 3 by fit, orders 0 to 14: the same lines, far out, as the proved law."""
    known = proved_fronts(cp_problem(order=3, ties="sym"), 14)
    assert known is not None
    fitted = fit_front_law(known)
    found = law_vertices(fitted, SYMBOLS, SIZES).families
    assert found.classes == law_vertices(law_of(3, "sym"), SYMBOLS, SIZES).families.classes
    assert "conjectured beyond" in found.statement


def test_extent_is_the_range_of_front_terms() -> None:
    for order, ties in ((4, "sym"), (3, "asym"), (3, "2+1")):
        law = law_of(order, ties)
        for s in range(1, 8):
            listed: dict[int, list[int]] = {}
            for (couplings, n, _), _q in law.places(s):
                listed.setdefault(couplings, []).append(n)
            for couplings, rows in listed.items():
                assert extent(law, s, couplings) == (Fraction(min(rows)), Fraction(max(rows)))
