"""Fitted recurrences: what is found, what is refused, and what is caught later."""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial

import pytest
import sympy

from pde.equations.first_order import FirstOrderEquation, eliminate
from pde.errors import HeldOutError, NoRecurrenceError, UnderdeterminedError
from pde.linear_algebra import null_space, rank
from pde.recurrences.guessing import fit_recurrence
from pde.recurrences.table import Table

CATALAN = [comb(2 * n, n) // (n + 1) for n in range(16)]


def narayana(n: int, k: int) -> int:
    """Return the Narayana number N(n, k), shifted to n, k >= 0."""
    return comb(n + 1, k) * comb(n + 1, k + 1) // (n + 1)


def test_null_space_against_sympy() -> None:
    """The exact null space has the dimension and annihilates the rows."""
    rows = [[2, 4, 1, 3, 0], [1, 2, 0, 1, 1], [3, 6, 1, 4, 1], [0, 0, 1, 1, -2]]
    basis = null_space(rows, 5)
    assert len(basis) == len(sympy.Matrix(rows).nullspace()) == 5 - rank(rows)
    for vector in basis:
        assert all(sum(a * b for a, b in zip(row, vector, strict=True)) == 0 for row in rows)


def test_catalan() -> None:
    """The two-term recurrence of the Catalan numbers comes out, with its counts."""
    fit = fit_recurrence(Table.from_sequence(CATALAN), ((0,), (1,)), 1, interior=True)
    assert len(fit.basis) == 1
    assert fit.basis[0].verify(Table.from_sequence(CATALAN), interior=True)
    assert "4 unknowns, 13 equations, rank 3; 2 held-out rows" in str(fit.evidence)
    assert fit.evidence.kind == "conjectured"


def test_underdetermined_is_refused() -> None:
    """More unknowns than equations fit anything, and are refused with both numbers."""
    with pytest.raises(UnderdeterminedError, match=r"12 unknowns against \d+ distinct"):
        fit_recurrence(Table.from_sequence(CATALAN[:12]), ((0,), (1,), (2,)), 3, interior=True)


def test_an_unknown_that_no_row_tests_is_refused() -> None:
    """A polynomial that is only ever multiplied by zero is not fitted."""
    table = Table.from_function(lambda n, k: 2**n if k == 0 else 0, (12, 3))
    with pytest.raises(UnderdeterminedError, match="no row tests"):
        fit_recurrence(table, ((0, 0), (1, 0)), (1, 1), interior=True)


def test_nothing_fits_random_digits() -> None:
    """The digits of pi satisfy no small recurrence."""
    digits = [int(c) for c in "314159265358979323846264338327950288"]
    with pytest.raises(NoRecurrenceError):
        fit_recurrence(Table.from_sequence(digits), ((0,), (1,)), 2, interior=True)


@pytest.mark.parametrize("bend", [13, 14, 15])
def test_a_table_that_bends_beyond_the_fitted_rows_is_caught(bend: int) -> None:
    """A planted sequence that follows a recurrence and leaves it late is caught, by row."""
    planted = list(CATALAN)
    planted[bend] += 1
    with pytest.raises(HeldOutError, match=rf"held-out row n = \({bend - 1},\)"):
        fit_recurrence(
            Table.from_sequence(planted), ((0,), (1,)), 1, held_out_from=13, interior=True
        )


def test_a_planted_second_term_is_caught_in_two_variables() -> None:
    """A second index sequence that sets in at order four violates the held-out rows."""

    def planted(s: int, n: int) -> Fraction:
        late = Fraction(1) if s >= 6 and n == 2 else Fraction(0)
        return Fraction(comb(s + 1, n)) + late

    good = Table.from_function(lambda s, n: comb(s + 1, n), (7, 9))
    support = ((0, 0), (-1, 0), (-1, -1))
    fit = fit_recurrence(good, support, 1, held_out_from=6, interior=True)
    assert fit.basis
    with pytest.raises(HeldOutError):
        fit_recurrence(
            Table.from_function(planted, (7, 9)), support, 1, held_out_from=6, interior=True
        )


def test_edge_of_the_quartic_problem() -> None:
    """A-B of order four: the fit has dimension two; eliminating d/dy leaves the known equation.

    C_(s,n) = 4 (6 s + 2) (3 C_(s-1,n-1) + C_(s-1,n)) / s, from theory and tau^s / s!.
    """
    bound = 9
    entries: dict[tuple[int, int], Fraction] = {(0, 0): Fraction(1), (0, 1): Fraction(3)}
    for s in range(1, bound + 1):
        for n in range(s + 2):
            old = entries.get((s - 1, n), 0) + 3 * entries.get((s - 1, n - 1), 0)
            entries[s, n] = Fraction(-4 * (6 * s + 2), s) * old
    table = Table.from_mapping(entries, (bound, None))
    fit = fit_recurrence(table, ((0, 0), (-1, 0), (-1, -1)), 1, surplus=10)
    assert len(fit.basis) == 2
    assert fit.held_out >= 10
    x, y = sympy.symbols("x y")
    first, second = (FirstOrderEquation.from_operator(r.operator(), (x, y)) for r in fit.basis)
    edge = eliminate(first, second, y)
    expected = (1 + 3 * y) * (1 + 24 * (1 + 3 * y) * x) ** sympy.Rational(-4, 3)
    assert sympy.simplify(edge.residual(expected)) == 0
    assert edge.field[1] == 0


def test_factorials_over_two_indices() -> None:
    """Two independent recurrences of a product are both found."""
    table = Table.from_function(lambda a, b: Fraction(1, factorial(a) * factorial(b)), (9, 9))
    fit = fit_recurrence(table, ((0, 0), (-1, 0)), 1)
    assert any(r.shifts == ((-1, 0), (0, 0)) for r in fit.basis)


def test_narayana_numbers() -> None:
    """Narayana's triangle satisfies its interior ratio recurrence in the second index."""
    table = Table.from_function(narayana, (9, 9))
    fit = fit_recurrence(table, ((0, 0), (0, 1)), 2, interior=True)
    assert len(fit.basis) >= 1
    for recurrence in fit.basis:
        assert recurrence.verify(table, interior=True)
