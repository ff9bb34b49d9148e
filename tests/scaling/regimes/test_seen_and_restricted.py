"""Faces without a law, and restricted scalings, against the largest terms of whole coefficients."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pytest

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.problems.files import parse_problem
from diagrams.problems.spec import load_problem
from diagrams.scaling.fronts.front import fronts, without_constant
from diagrams.scaling.fronts.restriction import Tied, restricted, ties
from diagrams.scaling.regimes.exploration import explore
from diagrams.scaling.regimes.finding import Regimes, seen_regimes
from diagrams.series.expansion import Series, expand

FILES = Path(__file__).parents[3] / "docs" / "systems"


@lru_cache(maxsize=4)
def series(name: str, terms: int) -> Series:
    return expand(load_problem(FILES / f"{name}.toml"), terms)


def largest(found: Polynomial, scaling: dict[str, Fraction]) -> set[Powers]:
    """The monomials that are largest at a scaling, by looking at all."""
    heights = {
        powers: sum((e * scaling[name] for name, e in powers), Fraction(0))
        for powers, _ in found.terms
    }
    top = max(heights.values())
    return {powers for powers, height in heights.items() if height == top}


def leads(found: Regimes, scaling: dict[str, Fraction]) -> list[str]:
    """The regimes whose conditions a scaling fulfils."""
    point = [scaling[name] for name in found.symbols]
    return [regime.name for regime in found if regime.holds(point)]


def scalings(found: Regimes, count: int) -> list[dict[str, Fraction]]:
    drawn = random.Random(7)
    return [
        {
            name: Fraction(drawn.randint(1 if name in found.sizes else -9, 9))
            for name in found.symbols
        }
        for _ in range(count)
    ]


def test_faces_seen_hold_the_largest_terms_of_every_order_seen() -> None:
    whole = series("mixture_of_experts", 2)
    found = seen_regimes(fronts(whole))
    moving = without_constant(found.problem, whole.coefficients)
    for scaling in scalings(found, 60):
        (name,) = leads(found, scaling)
        for s in (1, 2):
            top = largest(moving[s], scaling)
            corners = {
                tuple((n, Fraction(e)) for n, e in sorted(zip(found.symbols, c, strict=True)) if e)
                for c in found[name].corners_at(s)
            }
            assert corners <= top
            assert len(corners) > 1 or corners == top


def substituted(found: Polynomial, tied: Tied) -> Polynomial:
    """A polynomial with monomials put in; constants of several scalings never cancel here."""
    total: dict[Powers, int] = {}
    for powers, _ in found.terms:
        product = Polynomial.constant(1)
        for name, power in powers:
            new = dict(tied).get(name, ((name, Fraction(1)),))
            for other, each in new:
                product = product * Polynomial.monomial(1, {other: each * power})
        total[product.terms[0][0]] = 1
    return Polynomial.from_terms((powers, Fraction(1)) for powers in total)


@pytest.mark.parametrize(
    ("proportional", "fixed", "scales"),
    [
        ({"N_e": "N"}, ["M"], {}),
        ({"M": "N_e", "N_e": "N"}, [], {}),
        ({}, [], {"s_in": "N", "s_out": "N_e", "r_in": "s_in"}),
    ],
)
def test_restricted_regimes_hold_the_largest_terms(
    proportional: dict[str, str], fixed: list[str], scales: dict[str, str]
) -> None:
    whole = series("mixture_of_experts", 3)
    problem = whole.problem
    monomials = {name: Polynomial.symbol(base) ** -1 for name, base in scales.items()}
    tied = ties(proportional, fixed, monomials, problem.sizes, problem.symbols)
    found = seen_regimes(restricted(fronts(whole), tied))
    assert not set(found.symbols) & set(dict(tied))
    moving = without_constant(problem, whole.coefficients)
    for scaling in scalings(found, 40):
        (name,) = leads(found, scaling)
        for s in (2, 3):
            top = largest(substituted(moving[s], tied), scaling)
            corners = {
                tuple((n, Fraction(e)) for n, e in sorted(zip(found.symbols, c, strict=True)) if e)
                for c in found[name].corners_at(s)
            }
            assert corners <= top
            assert len(corners) > 1 or corners == top


def test_learning_is_told_where_the_exponents_left_tell_it() -> None:
    """With variances set, the powers of the rates still count the couplings to the target."""
    whole = series("mixture_of_experts", 3)
    problem = whole.problem
    tied = ties({}, [], {"s_in": Polynomial.symbol("N") ** -1}, problem.sizes, problem.symbols)
    learning = {r.learning for r in seen_regimes(restricted(fronts(whole), tied))}
    assert learning == {"free", "lazy", "rich"}


def test_a_search_ends_with_the_moments_that_are_given() -> None:
    text = """
    families = { unit = { size = "N", index = "k" } }
    tensors.a = { families = ["unit"], role = "trained", variance = "s", moments = MOMENTS }
    model = { output = "a[k] a[k]", target = "1" }
    loss = { kind = "squared error", over = [] }
    """
    found = explore(parse_problem(text.replace("MOMENTS", '[0, 1, 0, "kappa", 0, 15]'), "few"))
    assert found.terms == 1  # order s holds 2 s + 4 entries
    with pytest.raises(BadInput, match="the moment of order 4; allowed: at least 4 of them; 3 are"):
        explore(parse_problem(text.replace("MOMENTS", "[0, 1, 0]"), "too few"))


@pytest.mark.parametrize(
    ("spec", "proportional", "fixed", "scales"),
    [
        ("cp:order=4", {"H": "p"}, [], {}),
        ("cp:order=2", {}, ["H"], {}),
        (str(FILES / "gram_teacher.toml"), {}, ["R"], {"sigma": "d"}),
    ],
)
def test_restricted_regimes_read_back(
    spec: str, proportional: dict[str, str], fixed: list[str], scales: dict[str, str]
) -> None:
    problem = load_problem(spec)
    monomials = {name: Polynomial.symbol(size) ** -1 for name, size in scales.items()}
    tied = ties(proportional, fixed, monomials, problem.sizes, problem.symbols)
    found = explore(problem, 3, tied=tied).regimes
    assert found is not None
    text = found.to_json()
    again = Regimes.from_json(text)
    assert again == found or again.fronts.evidence.claim
    assert [(r.name, r.condition, r.clock) for r in again] == [
        (r.name, r.condition, r.clock) for r in found
    ]
    forged = json.loads(text)
    forged["fronts"][1]["terms"].pop()
    forged["fronts"][1]["vertices"] = forged["fronts"][1]["terms"]
    with pytest.raises(BadInput, match="fronts"):
        Regimes.from_json(json.dumps(forged))
    forged = json.loads(text) | {"tied": {}}
    with pytest.raises(BadInput):
        Regimes.from_json(json.dumps(forged))
