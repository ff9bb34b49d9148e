"""Fronts: exact ones against Theorem 4.1, against brute force over scalings, and in JSON."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pytest
from scaling.theorem_fronts import theorem_terms

from diagrams.errors import BadInput
from diagrams.export.json.regimes import fronts_from_json
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem, parse_problem
from diagrams.problems.standard import standard
from diagrams.scaling.fronts.front import front_of, fronts
from diagrams.scaling.fronts.sectors import target_count
from diagrams.series.expansion import Series, expand

EXACT = [
    (2, "sym", 5),
    (4, "sym", 3),
    (6, "sym", 2),
    (2, "asym", 5),
    (3, "asym", 3),
    (4, "asym", 3),
]


@lru_cache
def series(order: int, ties: str, terms: int) -> Series:
    return expand(cp_problem(order=order, ties=ties), terms)


@pytest.mark.parametrize(("order", "ties", "terms"), EXACT)
def test_theorem_4_1(order: int, ties: str, terms: int) -> None:
    for front in fronts(series(order, ties, terms)).orders:
        assert set(front.terms) == theorem_terms(order, ties, front.s)


@pytest.mark.parametrize(("order", "ties"), [(4, "2+2"), (6, "4+2")])
def test_even_patterns_follow_the_even_formula(order: int, ties: str) -> None:
    for front in fronts(cp_problem(order=order, ties=ties), terms=2).orders:
        assert set(front.terms) == theorem_terms(order, "sym", front.s)


@pytest.mark.parametrize(
    ("order", "ties", "normal"),
    [
        (4, "sym", ("1", "2", "-3/4")),
        (2, "sym", ("1", "1", "-1/2")),
        (3, "asym", ("1", "2", "-2/3")),
    ],
)
def test_common_plane(order: int, ties: str, normal: tuple[str, ...]) -> None:
    found = fronts(series(order, ties, 3))
    assert found.normal == tuple(map(Fraction, normal))


def test_odd_orders_have_no_common_plane() -> None:
    assert fronts(series(3, "sym", 3)).normal is None


@pytest.mark.parametrize(
    ("order", "ties"), [(2, "sym"), (3, "sym"), (3, "asym"), (3, "2+1"), (4, "sym")]
)
def test_leading_terms_by_direct_evaluation(order: int, ties: str) -> None:
    """Random rational scalings: the largest terms of the whole polynomial are the face's."""
    draw = random.Random(7)
    given = series(order, ties, 3)
    found = fronts(given)
    for _ in range(120):
        alpha = {
            "p": Fraction(draw.randint(1, 12), draw.randint(1, 6)),
            "H": Fraction(draw.randint(1, 12), draw.randint(1, 6)),
            "sigma": Fraction(draw.randint(-12, 12), draw.randint(1, 6)),
        }
        scaling = [alpha[name] for name in found.symbols]
        for s, front in enumerate(found.orders):
            heights = {
                tuple(powers.get(name, 0) for name in found.symbols): sum(
                    e * alpha[name] for name, e in powers.items()
                )
                for powers, _ in given.coefficients[s]
                if s or "sigma" in powers
            }
            top = max(heights.values())
            leading = {term for term, height in heights.items() if height == top}
            assert set(front.leading_terms(scaling)) == leading
            corners = set(front.polytope.face(scaling).vertices)
            assert corners <= leading
            assert corners in [set(face.vertices) for face in front.leading_faces]


def test_colours_may_be_permuted() -> None:
    one, other = (fronts(cp_problem(order=3, ties=t), terms=2) for t in ("2+1", "1+2"))
    assert one.orders == other.orders


@pytest.mark.parametrize("target", ["identity", "zero"])
def test_couplings_counted_by_a_symbol(target: str) -> None:
    """s_R read off sigma alone is the exponent of c in the scaled problem."""
    for order, ties in ((2, "sym"), (3, "2+1"), (4, "sym")):
        scaled = fronts(cp_problem(order=order, ties=ties, target="identity", scale="c"), terms=2)
        place = scaled.symbols.index("c")
        for front in scaled.orders:
            assert front.couplings == tuple(term[place] for term in front.terms)
        plain = fronts(cp_problem(order=order, ties=ties, target=target), terms=2)
        for front in plain.orders:
            assert front.couplings is not None
            assert target == "identity" or not any(front.couplings)


def test_couplings_that_exponents_do_not_tell() -> None:
    assert fronts(cp_problem(order=3, ties="sym", decay="1/2"), terms=1)[1].couplings is None
    told = fronts(cp_problem(order=3, ties="sym", decay="lambda"), terms=1)
    assert told[1].couplings is not None


def test_pure_target_constant_is_left_out() -> None:
    found = fronts(cp_problem(order=2, ties="sym", scale="c"), terms=0)
    assert all(dict(zip(found.symbols, t, strict=True))["sigma"] for t in found[0].terms)
    teacher = load_problem("tests/problems/two_layer_teacher.toml")
    assert all(len(front.terms) > 0 for front in fronts(teacher, terms=1).orders)


def test_units_do_not_matter() -> None:
    """sigma -> sigma^2 and a factor on every symbol: the same terms, sheared and stretched."""
    for polynomial in series(4, "sym", 2).coefficients[1:]:
        one = front_of(1, polynomial, ("p", "H", "sigma"), ("p", "H"))
        values = {
            "p": Polynomial.monomial(3, {"p": 1}),
            "sigma": Polynomial.monomial(2, {"sigma": 2}),
        }
        other = front_of(1, polynomial.substitute(values), ("p", "H", "sigma"), ("p", "H"))
        assert {(q, n, 2 * e) for q, n, e in one.terms} == set(other.terms)


def test_json_is_the_contract_and_loads_back() -> None:
    found = fronts(series(4, "sym", 3))
    data = json.loads(found.to_json())
    assert data["schema"] == "wickflow.fronts/1"
    assert data["normal"] == {"p": "1", "H": "2", "sigma": "-3/4"}
    assert data["fronts"][1]["vertices"] == [[1, 1, 6], [3, 3, 14], [7, 1, 14]]
    assert data["fronts"][1]["terms"] == sorted(data["fronts"][1]["terms"])
    assert fronts_from_json(found.to_json()) == found
    for broken in ("{}", "[1]", "", found.to_json().replace('"s": 1', '"s": 5')):
        with pytest.raises(BadInput):
            fronts_from_json(broken)


def test_vanishing_and_single_terms() -> None:
    empty = front_of(0, Polynomial(), ("p",), ("p",))
    assert empty.terms == empty.vertices == empty.leading_vertices == ()
    single = front_of(0, Polynomial.monomial(5, {"p": 3}), ("p", "H"), ("p", "H"))
    assert single.vertices == single.leading_vertices == ((3, 0),)


def test_refusals() -> None:
    with pytest.raises(BadInput, match="terms"):
        fronts(cp_problem(order=2, ties="sym"))
    with pytest.raises(BadInput, match="terms"):
        fronts(series(2, "sym", 5), terms=9)
    with pytest.raises(BadInput, match="scaling"):
        fronts(series(2, "sym", 5))[1].leading_terms((1, 2))


@pytest.mark.parametrize(
    "law",
    [
        'variance = "sigma^2"\nmean = {pattern = "constant", value = "m"}',
        'law = "fixed"\nmean = {pattern = "constant", value = "m"}',
        'variance = "sigma^2"\nmoments = ["q", "q", "q", "q", "q", "q"]',
    ],
)
def test_target_couplings_of_entries_with_a_mean(law: str) -> None:
    """An entry is its mean or fluctuates; the target has two of them, the square has four."""
    problem = parse_problem(
        f"""
families = {{hidden = "H", feature = "p"}}
[tensors.u]
families = ["hidden", "feature"]
role = "trained"
{law}
[model]
output = "u[k,i] u[k,j]"
target = "delta[i,j]"
[loss]
kind = "squared error"
over = ["i", "j"]
"""
    )
    found = fronts(problem, 1)
    for front in found.orders:
        for term, couplings in zip(front.terms, front.couplings or (), strict=True):
            powers = dict(zip(found.symbols, term, strict=True))
            entries = powers.get("sigma", 0) + powers.get("m", 0)
            diagrams = front.s + 1
            assert entries == 4 * diagrams - 2 * couplings - 2 * front.s


def test_couplings_are_those_of_the_file_under_other_names() -> None:
    """A sum of losses, of which one has no target: a regime has one name under all names."""
    file = Path(__file__).parents[2] / "dynamics" / "stated" / "two_losses_one_family.toml"
    problem = load_problem(str(file))
    plain, _ = standard(problem)
    assert target_count(problem, ("N", "y")) == target_count(plain, ("H", "c")) is not None
