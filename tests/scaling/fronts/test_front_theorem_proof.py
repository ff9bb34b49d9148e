"""The proof of the fronts, step by step: bounds by all pairings, attainment by explicit merges."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from scaling.brute_sectors import exponents, pareto, sectors
from scaling.explicit_merges import attained

from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Role
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.problem import Problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.fronts.front_theorem import proved_front_law
from diagrams.series.expansion import expand

FEW = [(2,), (3,), (4,), (5,), (1, 1), (2, 1), (1, 1, 1), (2, 2), (3, 1), (1, 1, 2), (3, 2)]
MORE = [(7,), (9,), (4, 2), (3, 3), (5, 1), (5, 2), (4, 1), (2, 2, 1), (3, 1, 1), (3, 2, 2)]


def law_of(pattern: tuple[int, ...]) -> FrontLaw:
    law = proved_front_law(cp_problem(order=sum(pattern), ties=pattern))
    assert law is not None
    return law


def check_pairings(pattern: tuple[int, ...], s: int, most: int) -> None:
    expected: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for (couplings, n, targets), q in law_of(pattern).places(s):
        expected.setdefault((couplings, targets), set()).add((q, n))
    found = sectors(pattern, s, most)
    assert found
    for sector, diagrams in found.items():
        assert pareto(exponents(diagrams)) == expected.get(sector, set())


ALL_PAIRINGS = [
    ((2,), 4, 12),
    ((1, 1), 4, 12),
    ((3,), 3, 12),
    ((2, 1), 3, 12),
    ((1, 1, 1), 3, 12),
    ((4,), 2, 12),
    ((2, 2), 2, 12),
    ((3, 1), 2, 12),
    ((1, 1, 2), 2, 12),
    ((5,), 2, 14),
    ((4, 1), 1, 14),
    ((2, 2, 1), 1, 14),
    ((3, 1, 1), 1, 14),
    ((5, 1), 1, 14),
    ((3, 3), 1, 14),
]


@pytest.mark.parametrize(("pattern", "s", "most"), ALL_PAIRINGS)
def test_all_pairings_of_all_merges(pattern: tuple[int, ...], s: int, most: int) -> None:
    check_pairings(pattern, s, most)


@pytest.mark.full
@pytest.mark.parametrize(
    ("pattern", "s", "most"),
    [((3,), 4, 14), ((2, 1), 4, 14), ((1, 1, 1), 4, 14), ((5,), 2, 16)],
)
def test_more_pairings(pattern: tuple[int, ...], s: int, most: int) -> None:
    check_pairings(pattern, s, most)


def check_attained(pattern: tuple[int, ...], couplings: int, targets: int) -> None:
    law = law_of(pattern)
    for d in range(couplings + 1):
        for n in range(1, d + 3):
            for r in range(targets + 1):
                q = law.exponent(d, n, r)
                if d + r and q is not None:
                    assert attained(pattern, d, n, r) == q


@pytest.mark.parametrize("pattern", FEW)
def test_the_merges_of_the_proof(pattern: tuple[int, ...]) -> None:
    """Edge by edge: every merge finds its edges, every block closes, and there are Q of them."""
    check_attained(pattern, 3, 12)


@pytest.mark.full
@pytest.mark.parametrize("pattern", FEW + MORE)
def test_the_merges_of_the_proof_further(pattern: tuple[int, ...]) -> None:
    check_attained(pattern, 5, 22)


@pytest.mark.parametrize(
    ("pattern", "terms"),
    [((5, 2), 2), ((3, 3), 2), ((3, 2, 2), 2), ((5, 1), 2), ((7,), 2), ((3, 1, 1), 2), ((4, 1), 2)],
)
def test_other_patterns_against_all_diagrams(pattern: tuple[int, ...], terms: int) -> None:
    check_exact(pattern, terms)


@pytest.mark.full
@pytest.mark.parametrize(
    ("pattern", "terms"),
    [
        ((3,), 7),
        ((5,), 5),
        ((7,), 4),
        ((3, 2), 5),
        ((5, 2), 4),
        ((3, 3), 5),
        ((5, 1), 5),
        ((4, 1), 5),
        ((3, 2, 2), 4),
        ((3, 1, 1), 5),
        ((2, 2, 1), 5),
        ((1, 1, 2), 5),
    ],
)
def test_other_patterns_further(pattern: tuple[int, ...], terms: int) -> None:
    check_exact(pattern, terms)


def check_exact(pattern: tuple[int, ...], terms: int) -> None:
    found = fronts(expand(cp_problem(order=sum(pattern), ties=pattern), terms))
    law = law_of(pattern)
    for front in found.orders:
        assert law.terms(front.s, found.symbols) == front.terms


def with_variance(problem: Problem, variance: Polynomial) -> Problem:
    """The problem with another variance of all its tensors."""

    def changed(side: object) -> object:
        terms = []
        for diagram, coefficient in side:  # type: ignore[attr-defined]
            edges = tuple(
                replace(e, tensor=replace(e.tensor, law=Gaussian(variance)))
                if e.tensor.role is Role.TRAINED
                else e
                for e in diagram.edges
            )
            terms.append((replace(diagram, edges=edges), coefficient))
        return type(side).of(terms)  # type: ignore[attr-defined]

    return replace(
        problem,
        observable=changed(problem.observable),
        potential=changed(problem.potential),
    )


def test_scales_that_are_sizes_are_left_to_the_fit() -> None:
    """A variance of 1/H moves all exponents; one of 1 lets sectors share them, and cancel."""
    plain = cp_problem(order=3)
    one = Polynomial.constant(Fraction(1))
    told = Polynomial.monomial(1, {"r": 1})
    assert proved_front_law(with_variance(plain, Polynomial.monomial(1, {"H": -1}))) is None
    assert proved_front_law(with_variance(plain, one)) is None
    assert proved_front_law(with_variance(plain, told)) is not None
    free = with_variance(cp_problem(order=3, target="zero"), one)
    found = fronts(expand(free, 2))
    law = proved_front_law(free)
    assert law is not None
    assert all(law.terms(front.s, found.symbols) == front.terms for front in found.orders)
