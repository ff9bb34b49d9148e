"""Fronts and regimes with weight decay: against all diagrams, and against hulls of all terms."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from samples import drawn

from diagrams.errors import BadInput
from diagrams.evidence import Kind
from diagrams.problems.cp import cp_problem
from diagrams.scaling.fronts.front import Front, fronts
from diagrams.scaling.fronts.front_fit import fit_front_law
from diagrams.scaling.fronts.front_theorem import proved_front_law, proved_fronts
from diagrams.scaling.fronts.law_polygon import law_vertices
from diagrams.scaling.fronts.sectors import decay_count, target_count
from diagrams.scaling.regimes.finding import regimes
from diagrams.series.expansion import expand

SYMBOLS = ("p", "H", "sigma", "lambda")


def check(pattern: tuple[int, ...], terms: int, **settings: object) -> None:
    problem = cp_problem(order=sum(pattern), ties=pattern, **settings)  # type: ignore[arg-type]
    found = fronts(expand(problem, terms))
    law = proved_front_law(problem)
    assert law is not None
    for front in found.orders:
        assert law.terms(front.s, found.symbols) == front.terms


SYMBOLIC = [((3,), 4), ((4,), 3), ((2,), 4), ((1, 1), 4), ((2, 1), 3), ((1, 1, 1), 3), ((3, 2), 2)]
NUMERIC = [
    ((3,), 4, "1/2"),
    ((3,), 4, "-3"),
    ((4,), 3, "1/2"),
    ((4,), 3, "-2"),
    ((1, 1), 5, "1/2"),
    ((1, 1), 5, "-1/2"),
    ((2, 1), 3, "2"),
    ((5,), 3, "1"),
]


@pytest.mark.parametrize(("pattern", "terms"), SYMBOLIC)
@pytest.mark.parametrize("target", ["identity", "zero"])
def test_decay_as_a_symbol(pattern: tuple[int, ...], terms: int, target: str) -> None:
    check(pattern, terms, decay="lambda", target=target)


@pytest.mark.parametrize(("pattern", "terms", "decay"), NUMERIC)
def test_decay_as_a_number(pattern: tuple[int, ...], terms: int, decay: str) -> None:
    check(pattern, terms, decay=decay)


def test_scale_and_decay_as_symbols() -> None:
    check((2,), 4, decay="1/2", scale="c")
    check((4,), 3, decay="lambda", scale="c")
    check((2,), 4, decay="3", target="zero")


@pytest.mark.full
@pytest.mark.parametrize(
    ("pattern", "terms", "settings"),
    [
        ((3,), 6, {"decay": "lambda"}),
        ((3,), 7, {"decay": "-2"}),
        ((4,), 5, {"decay": "2", "scale": "-2"}),
        ((2, 1), 6, {"decay": "-2"}),
        ((6,), 5, {"decay": "2"}),
        ((2, 2), 5, {"decay": "1/3"}),
        ((1, 1, 1), 5, {"decay": "lambda"}),
    ],
)
def test_decay_further(pattern: tuple[int, ...], terms: int, settings: dict[str, str]) -> None:
    check(pattern, terms, **settings)


@pytest.mark.parametrize("decay", ["2", "4", "1/2"])
def test_one_number_for_coupling_and_decay_is_left_to_the_fit(decay: str) -> None:
    """nu = 2, all tied: R and the decay are one diagram, 2 cancels it, 4 a term of s = 1."""
    problem = cp_problem(order=2, decay=decay)
    assert proved_front_law(problem) is None
    assert target_count(problem, SYMBOLS[:3]) is None or decay == "2"
    plain = proved_front_law(cp_problem(order=2))
    found = fronts(expand(problem, 3))
    assert plain is not None
    same = all(plain.terms(front.s, found.symbols) == front.terms for front in found.orders)
    assert same is (decay == "1/2")


@pytest.mark.parametrize(("order", "ties"), [(2, "sym"), (2, "asym"), (3, "2+1"), (4, "sym")])
def test_couplings_and_decays_are_told_apart(order: int, ties: str) -> None:
    """Against s_R read off a scale given as a symbol, and j off the decay."""
    problem = cp_problem(order=order, ties=ties, decay="lambda")
    scaled = fronts(expand(cp_problem(order=order, ties=ties, scale="c", decay="lambda"), 3))
    targets, decays = (count(problem, SYMBOLS) for count in (target_count, decay_count))
    assert targets is not None
    assert decays is not None
    for front in scaled.orders:
        for term in front.terms:
            known = dict(zip(scaled.symbols, term, strict=True))
            point = [known[name] for name in SYMBOLS]
            assert targets.at(front.s, point) == known["c"]
            assert decays.at(front.s, point) == known["lambda"]


LINES = [(2, "sym", "lambda"), (3, "sym", "1/2")]
MORE_LINES = [(4, "sym", "lambda"), (3, "asym", "lambda"), (3, "2+1", "lambda"), (4, "sym", "2")]


@pytest.mark.parametrize(("order", "ties", "decay"), LINES)
def test_lines_are_the_vertices_of_hulls_of_all_terms(order: int, ties: str, decay: str) -> None:
    check_lines(order, ties, decay)


@pytest.mark.full
@pytest.mark.parametrize(("order", "ties", "decay"), MORE_LINES)
def test_more_lines(order: int, ties: str, decay: str) -> None:
    check_lines(order, ties, decay)


def check_lines(order: int, ties: str, decay: str) -> None:
    law = proved_front_law(cp_problem(order=order, ties=ties, decay=decay))
    assert law is not None
    symbols, sizes = law.symbols, ("p", "H")
    found = law_vertices(law, symbols, sizes)
    assert found.attained
    for s in range(found.families.first, 8):
        front = Front(s, symbols, sizes, law.terms(s, symbols))
        assert set(front.leading_vertices) == found.families.at(s)


def test_where_the_law_rounds() -> None:
    """SYM 3: at any scaling the best of all terms is close to the best vertex."""
    law = proved_front_law(cp_problem(order=3, decay="lambda"))
    assert law is not None
    found = law_vertices(law, SYMBOLS, ("p", "H"))
    assert not found.attained
    draw = random.Random(5)
    for s in (found.families.first, 13):
        terms, corners = law.terms(s, SYMBOLS), found.families.at(s)
        for _ in range(drawn(8)):
            alpha = [Fraction(1), *(Fraction(draw.randint(-40, 40), 10) for _ in range(3))]
            alpha[1] = abs(alpha[1])

            def best(points: object, a: list[Fraction] = alpha) -> Fraction:
                return max(sum(b * Fraction(y) for b, y in zip(a, x, strict=True)) for x in points)  # type: ignore[attr-defined]

            assert abs(best(corners) - best(terms)) < 1 + alpha[1] + 4 * abs(alpha[2])


def test_regimes_of_order_3_with_decay() -> None:
    found = regimes(cp_problem(order=3, ties="sym", decay="lambda"), terms=2)
    assert found.evidence.kind is Kind.DERIVED
    assert "union over j of (lambda)^j" in found.evidence.statement
    words = {r.name: r.learning for r in found}
    assert [words[name] for name in ("A", "A0", "A-A0")] == ["free"] * 3
    assert [words[name] for name in ("E", "E-E0", "E0")] == ["rich", "rich", "lazy"]
    assert found["E-E0"].condition.startswith("sigma ~ lambda")
    assert found["A0"].time_scale == {"lambda": "1"}
    assert found["A"].time_scale == {"p": "2", "sigma": "4"}


def test_letters_without_a_0_are_those_without_decay() -> None:
    plain = regimes(cp_problem(order=4, ties="sym"))
    found = regimes(cp_problem(order=4, ties="sym", decay="lambda"))
    near = [r for r in found if not any(letter.endswith("0") for letter in r.corners)]
    assert {r.name for r in near} == {r.name for r in plain} - {"full"} | {"A-B-E"}
    for regime in near:
        if regime.name != "A-B-E":
            assert regime.time_scale == plain[regime.name].time_scale
            assert regime.learning == plain[regime.name].learning
            assert set(map(str, regime.equalities)) >= set(map(str, plain[regime.name].equalities))


def test_evidence_and_text() -> None:
    law = proved_front_law(cp_problem(order=4, decay="lambda"))
    assert law is not None
    assert "lambda^j of Y_s, s = s_D + s_R - 1 + j, j >= 0" in str(law)
    assert "(\\lambda^{1})^{s + 1 - s_D - s_R}" in law.to_latex()
    assert regimes(cp_problem(order=4, decay="lambda")).evidence.kind is Kind.EXACT


def test_the_fit_refuses_terms_with_decays() -> None:
    """Their place is not (s_D, n, s_R): a law without the decay would look right."""
    known = proved_fronts(cp_problem(order=3, ties="asym", decay="lambda"), 4)
    assert known is not None
    with pytest.raises(BadInput, match="decay"):
        fit_front_law(known)
