"""Recurrences and operators: the bijection of Theorem 6.1, on series with known equations."""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial

import pytest

from pde.errors import VerificationError
from pde.recurrences.differential_operator import DifferentialOperator
from pde.recurrences.polynomial import Polynomial
from pde.recurrences.recurrence import Recurrence
from pde.recurrences.table import Table

N = Polynomial.variable(0, 1)
ONE = Polynomial.constant(1, 1)


def test_both_directions_are_inverse() -> None:
    """Operator to recurrence and back is the identity, in two variables."""
    terms = {((1, 0), (2, 1)): 3, ((0, 2), (0, 1)): Fraction(-1, 2), ((0, 0), (0, 0)): 5}
    operator = DifferentialOperator.from_normal_form(2, terms)
    assert dict(operator.normal_form()) == terms
    assert Recurrence.from_operator(operator).operator() == operator


def test_values_are_their_own_representation() -> None:
    """Recurrences, operators and tables are rebuilt from their repr."""
    recurrence = Recurrence.from_terms(1, {(1,): N, (0,): -2 * N + 1})
    table = Table.from_sequence([1, Fraction(1, 2)])
    for value in (recurrence, recurrence.operator(), table):
        assert eval(repr(value)) == value
        assert hash(eval(repr(value))) == hash(value)


def test_exponential_series() -> None:
    """(n+1) C_(n+1) = C_n gives h' = h."""
    recurrence = Recurrence.from_terms(1, {(1,): N, (0,): -ONE})
    assert "8 rows" in str(
        recurrence.verify(Table.from_function(lambda n: Fraction(1, factorial(n)), (7,)))
    )
    first, zeroth = recurrence.operator().first_order_part()
    assert (first, zeroth) == (({(0,): 1},), {(0,): -1})


def test_binomials_in_two_variables() -> None:
    """Pascal's rule holds at every integer n but the origin, whose residual is the source."""
    one = Polynomial.constant(1, 2)
    pascal = Recurrence.from_terms(2, {(0, 0): one, (-1, 0): -one, (-1, -1): -one})
    table = Table.from_function(comb, (6, 6))
    with pytest.raises(VerificationError, match=r"n = \(0, 0\): residual 1"):
        pascal.verify(table)
    assert pascal.verify(table, interior=True).kind == "exact"


def test_a_wrong_entry_is_named() -> None:
    """Verification names the first row that fails."""
    recurrence = Recurrence.from_terms(1, {(1,): ONE, (0,): -2 * ONE})
    values = [2**n for n in range(10)]
    values[6] += 1
    with pytest.raises(VerificationError, match=r"n = \(5,\)"):
        recurrence.verify(Table.from_sequence(values), interior=True)


def test_clearing_negative_powers() -> None:
    """Clearing multiplies by the least monomial only."""
    operator = Recurrence.from_terms(1, {(2,): N * N, (0,): ONE}).operator()
    cleared = operator.cleared()
    assert all(min(power) >= 0 for (power, _), _ in cleared.normal_form())
    lifted = {((a + 1,), b): c for ((a,), b), c in operator.normal_form()}
    assert dict(cleared.normal_form()) == lifted
