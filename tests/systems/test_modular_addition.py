"""Modular addition beyond the checked values: variances, surviving terms, even sizes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.series.cumulants import cumulant
from diagrams.series.departures import departure, modular_surrogate
from diagrams.series.expansion import expand, value_at
from tests.truth.variables import Expression, Space, total


def loss_by_hand(order: int, p: int, H: int) -> tuple[Space, Expression]:
    """The loss with all slots tied, written out entry by entry."""
    space = Space()
    u = space.matrix("u", H, p, Fraction(1))
    parts = []
    for code in range(p**order):
        indices = [code // p**slot % p for slot in range(order)]
        output = Expression({})
        for row in u:
            factor = Expression.of(1)
            for i in indices:
                factor = factor * row[i]
            output = output + factor
        error = output - int(sum(indices) % p == 0)
        parts.append(error * error)
    return space, total(parts) * Fraction(1, 2)


def number(polynomial: Polynomial, **values: int) -> Fraction:
    result = polynomial.substitute(values)
    assert not result.symbols
    return sum((c for _, c in result.terms), Fraction(0))


def test_the_variance_parts_before_the_mean() -> None:
    problem = cp_problem(order=3, ties="sym", target="modular")
    own = cumulant(problem, ("loss", "loss"), 0)
    other = cumulant(modular_surrogate(problem), ("loss", "loss"), 0)
    p, H, sigma = map(Polynomial.symbol, ("p", "H", "sigma"))
    assert own.coefficient(0) - other.coefficient(0) == -9 * (p**2 - p) * H * sigma**6
    assert departure(problem, terms=1).first == 1
    assert "p odd" in own.evidence.statement
    space, loss = loss_by_hand(3, 3, 1)
    mean = space.average(loss)
    assert number(own.coefficient(0), p=3, H=1, sigma=1) == space.average(loss * loss) - mean**2


def test_the_variance_without_ties_parts_at_order_two() -> None:
    problem = cp_problem(order=3, ties="asym", target="modular")
    own = cumulant(problem, ("loss", "loss"), 2)
    other = cumulant(modular_surrogate(problem), ("loss", "loss"), 2)
    assert [a == b for a, b in zip(own, other, strict=True)] == [True, True, False]
    assert departure(problem, terms=3).first == 3


def test_without_ties_only_terms_of_four_target_factors_part() -> None:
    problem = cp_problem(order=3, ties="asym", target="modular", scale="c")
    found = departure(problem, terms=4)
    assert [bool(rows) for rows in found.leading] == [False, False, False, True, True]
    for rows in found.leading:
        assert all(term.degree("c") >= 4 for term, _, _ in rows)
    ((_, own, real),) = found.leading[3]
    assert own / real == Fraction(2, 3)
    plain = cp_problem(order=3, ties="asym", target="modular")
    for mine, yours in zip(
        fronts(plain, 3).orders, fronts(modular_surrogate(plain), 3).orders, strict=True
    ):
        assert mine.terms == yours.terms


def test_with_ties_the_polygon_changes_at_order_two() -> None:
    problem = cp_problem(order=3, ties="sym", target="modular")
    own, real = fronts(problem, 2).orders, fronts(modular_surrogate(problem), 2).orders
    assert [a.terms == b.terms for a, b in zip(own, real, strict=True)] == [True, True, False]
    assert set(own[2].terms) ^ set(real[2].terms) == {(2, 2, 8), (3, 2, 8)}


@pytest.mark.parametrize("p", [2, 3])
def test_order_four_at_even_and_odd_size(p: int) -> None:
    problem = cp_problem(order=4, ties="sym", target="modular")
    space, loss = loss_by_hand(4, p, 1)
    exact = value_at(problem, 0, "p", p)[0]
    assert number(exact, H=1, sigma=1) == space.average(loss)
    formula = number(expand(problem, 0).coefficient(0), p=p, H=1, sigma=1)
    assert (formula == space.average(loss)) == (p == 3)
