"""Front laws by fit: what is found, what is held out, what is refused."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scaling.theorem_fronts import series_of, theorem_terms

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.problems.cp import cp_problem
from diagrams.scaling.fronts.front import Front, Fronts, fronts
from diagrams.scaling.fronts.front_fit import fit_front_law
from diagrams.scaling.fronts.front_theorem import proved_front_law, proved_fronts
from diagrams.scaling.fronts.pieces import Extreme, Form, Piece, Region
from diagrams.scaling.fronts.sectors import TargetCount
from diagrams.series.expansion import expand


def known(order: int, ties: str, terms: int) -> Fronts:
    found = proved_fronts(cp_problem(order=order, ties=ties), terms)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("order", "ties", "terms", "reach"),
    [
        (2, "sym", 5, 20),
        (4, "sym", 5, 20),
        (2, "asym", 6, 20),
        (3, "2+1", 6, 14),
        (4, "3+1", 6, 14),
    ],
)
def test_the_fit_finds_the_proved_law(order: int, ties: str, terms: int, reach: int) -> None:
    law = fit_front_law(known(order, ties, terms))
    proved = proved_front_law(cp_problem(order=order, ties=ties))
    assert proved is not None
    for s in range(reach + 1):
        assert law.places(s) == proved.places(s)
    assert law.evidence.kind is Kind.CONJECTURED
    assert "held-out orders" in law.evidence.statement
    assert law.evidence.checked_to == terms


def test_the_fit_of_exact_coefficients() -> None:
    """From all diagrams, without the theorem: SYM 2 to order 5."""
    law = fit_front_law(fronts(expand(cp_problem(order=2, ties="sym"), 5)))
    assert len(law.pieces) == 1
    assert law.exponent(9, 4, 2) == 7
    assert law.exponent(3, 5, 0) is None


@pytest.mark.parametrize(("order", "terms"), [(3, 8), (5, 8)])
def test_rounding_is_found(order: int, terms: int) -> None:
    """The bend of odd orders: a floor of s_R/4, found from order 8 on and refused before."""
    law = fit_front_law(known(order, "sym", terms))
    assert any(piece.rounded for piece in law.pieces)
    assert law.exponent(3, 3, 6) == 1 + 3 * (order - 1) - (order - 1) + 1
    with pytest.raises(BadInput, match="one law"):
        fit_front_law(known(order, "sym", 6))


def test_a_fit_that_holds_to_order_8_and_bends_at_10() -> None:
    """Why evidence says conjectured: for SYM 3 the gain of n stops at s_R = 6, seen at s = 10."""
    early = fit_front_law(known(3, "sym", 8))
    proved = proved_front_law(cp_problem(order=3, ties="sym"))
    assert proved is not None
    assert all(early.places(s) == proved.places(s) for s in range(10))
    assert early.places(10) != proved.places(10)
    late = fit_front_law(known(3, "sym", 14))
    assert any(len(piece.forms) > 1 for piece in late.pieces)
    assert all(late.places(s) == proved.places(s) for s in range(25))


def beats(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return one != other and one[2] == other[2] and one[0] >= other[0] and one[1] >= other[1]


def planted(forms: list[Form], last: int, bend: int = 99) -> Fronts:
    """Fronts of a made-up law; from order ``bend`` on one sector gains a power."""
    orders = []
    for s in range(last + 1):
        terms = {}
        for couplings in range(s + 2):
            for n in range(1, couplings + 2):
                place = (couplings, n, s + 1 - couplings)
                q = 100 + min(form.at(place) for form in forms)
                terms[couplings, n] = int(q // 1) + (1 if s >= bend and n == 2 else 0)
        listed = [(q, n, s + 1 - d) for (d, n), q in terms.items()]
        kept = [term for term in listed if not any(beats(other, term) for other in listed)]
        found = tuple(sorted(kept))
        couplings_of = tuple(Fraction(t[2]) for t in found)
        orders.append(Front(s, ("p", "H", "c"), ("p", "H"), found, couplings_of))
    count = TargetCount(Fraction(0), Fraction(0), (Fraction(0), Fraction(0), Fraction(1)))
    evidence = Evidence(Kind.EXACT, "made up for a test", last)
    problem = cp_problem(order=4, ties="sym", scale="c")
    return Fronts(problem, ("p", "H", "c"), ("H", "p"), tuple(orders), evidence, count)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 3), st.integers(-4, -1), st.integers(0, 3))
def test_planted_affine_laws(couplings: int, rows: int, targets: int) -> None:
    form = Form.of(0, couplings, rows, targets)
    law = fit_front_law(planted([form], 6))
    again = planted([form], 12)
    for s in range(13):
        assert law.terms(s, ("p", "H", "c")) == again[s].terms


def test_a_planted_minimum_of_two_forms() -> None:
    forms = [Form.of(0, 2, -1, 0), Form.of(-3, 2, -2, 1)]
    law = fit_front_law(planted(forms, 9))
    again = planted(forms, 14)
    for s in range(15):
        assert law.terms(s, ("p", "H", "c")) == again[s].terms
    assert any(len(piece.forms) == 2 for piece in law.pieces)


def test_a_form_that_few_points_show_is_refused() -> None:
    """Four points fix a form of four unknowns and test nothing; with more orders it is found."""
    forms = [Form.of(0, 2, -1, 0), Form.of(13, 2, -1, -3)]
    with pytest.raises(BadInput, match="one law"):
        fit_front_law(planted(forms, 7), held_out=2)
    assert any(len(piece.forms) == 2 for piece in fit_front_law(planted(forms, 10)).pieces)


def test_a_planted_bend_at_order_8() -> None:
    """Before it: conjectured, with unknowns and equations; across it: refused."""
    forms = [Form.of(0, 2, -3, 0)]
    before = fit_front_law(planted(forms, 7, bend=8))
    assert "4 unknowns" in before.evidence.statement
    assert "equations" in before.evidence.statement
    assert "exact to order 7, conjectured beyond" in before.evidence.statement
    for last in (8, 9):
        with pytest.raises(BadInput, match="one law"):
            fit_front_law(planted(forms, last, bend=8))


def test_planted_cancellation() -> None:
    """A leading term missing at the last order is seen by the held-out comparison."""
    terms = [theorem_terms(4, "sym", s) for s in range(7)]
    fit_front_law(fronts(series_of(terms, 4, "sym")))
    terms[6] -= {max(terms[6])}
    with pytest.raises(BadInput, match="one law"):
        fit_front_law(fronts(series_of(terms, 4, "sym")))


def test_few_orders_are_refused() -> None:
    for terms in (0, 1, 2, 3):
        with pytest.raises(BadInput, match="hold out"):
            fit_front_law(known(4, "sym", terms))
    with pytest.raises(BadInput, match="hold out"):
        fit_front_law(known(4, "sym", 6), held_out=0)


def test_problems_without_s_R_are_refused() -> None:
    with pytest.raises(BadInput, match="s_R"):
        fit_front_law(fronts(cp_problem(order=3, ties="sym", decay="1/2"), terms=4))


def test_text_latex_and_data() -> None:
    law = fit_front_law(known(4, "sym", 5))
    assert "Q = 3 + 3 s_D - 2 n for 1 <= n <= 1 + s_D" in str(law)
    assert "sigma^(2 + 6 s_D + 2 s_R)" in str(law)
    assert law._repr_latex_().startswith("$\\displaystyle \\begin{aligned}")
    assert "Q &= 3 + 3 s_D - 2 n" in law.to_latex()
    data = json.loads(json.dumps(law.to_dict()))
    assert data["pieces"][0]["formula"] == "Q = 3 + 3 s_D - 2 n"
    assert data["evidence"]["kind"] == "conjectured"


def test_pieces_round_up_where_the_largest_form_counts() -> None:
    region = Region((Form.of(-1, 0, 1, 0),), ((1, 0), (1, 0), (3, 1)))
    piece = Piece(region, (Form.of(0, Fraction(1, 2), 0, 0), Form.of(1, 0, 0, 0)), Extreme.GREATEST)
    assert [piece.at((d, 1, 1)) for d in (0, 1, 2, 3)] == [1, 1, 1, 2]
    assert str(piece) == "Q = ceil(max(s_D/2, 1)) for n >= 1, s_R = 1 mod 3"
    assert "\\lceil" in piece.formula(True)
    assert not region.contains((0, 1, 2))
