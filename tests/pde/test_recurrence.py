"""Recurrences and operators: the bijection of Theorem 6.1, on series with known equations."""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial

import pytest
import sympy

from pde.errors import InvalidInputError, UnknownEntryError, VerificationError
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


def test_composition_agrees_with_sympy() -> None:
    """The composition of operators is the composition of derivatives."""
    x, y = sympy.symbols("x y")
    first = DifferentialOperator.from_normal_form(2, {((1, 1), (1, 0)): 2, ((0, 0), (0, 2)): 1})
    second = DifferentialOperator.from_normal_form(2, {((2, 0), (0, 1)): 1, ((0, 1), (0, 0)): 3})
    h = sympy.exp(x * y) + x**3 * y
    inner = second.expression(h, (x, y))
    composed = (first @ second).expression(h, (x, y))
    assert sympy.expand(composed - first.expression(inner, (x, y))) == 0


def test_apply_agrees_with_sympy_on_a_truncated_series() -> None:
    """The operator applied to coefficients is the operator applied to the polynomial."""
    x = sympy.Symbol("x")
    operator = DifferentialOperator.from_normal_form(1, {((2,), (2,)): 1, ((0,), (1,)): -3})
    values = [3, 1, 4, 1, 5, 9]
    result = operator.apply(Table.from_sequence(values))
    polynomial = sum(c * x**n for n, c in enumerate(values))
    expected = sympy.Poly(sympy.expand(operator.expression(polynomial, (x,))), x)
    assert result.bounds == (4,)
    for n in range(5):
        assert result[(n,)] == Fraction(str(expected.coeff_monomial(x**n)))
    with pytest.raises(UnknownEntryError):
        result[(5,)]


def test_exponential_series() -> None:
    """(n+1) C_(n+1) = C_n gives h' = h."""
    recurrence = Recurrence.from_terms(1, {(1,): N, (0,): -ONE})
    assert "8 rows" in str(
        recurrence.verify(Table.from_function(lambda n: Fraction(1, factorial(n)), (7,)))
    )
    x = sympy.Symbol("x")
    assert recurrence.operator().expression(sympy.exp(x), (x,)) == 0


def test_binomials_in_two_variables() -> None:
    """Pascal's rule holds at every integer n but the origin, whose residual is the source."""
    one = Polynomial.constant(1, 2)
    pascal = Recurrence.from_terms(2, {(0, 0): one, (-1, 0): -one, (-1, -1): -one})
    table = Table.from_function(comb, (6, 6))
    assert pascal.boundary(table) == (((0, 0), Fraction(1)),)
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


def test_extension_reproduces_the_table() -> None:
    """A recurrence continues its table exactly, and says where it cannot."""
    motzkin = [1, 1, 2, 4, 9, 21, 51, 127, 323]
    rule = Recurrence.from_terms(1, {(2,): N + 2, (1,): -2 * N - 3, (0,): -3 * N - 3})
    assert rule.extend(Table.from_sequence(motzkin[:2]), (8,)) == Table.from_sequence(motzkin)
    singular = Recurrence.from_terms(1, {(1,): N - 3, (0,): ONE})
    with pytest.raises(InvalidInputError, match=r"\(3,\)"):
        singular.extend(Table.from_sequence([1]), (5,))


def test_clearing_negative_powers() -> None:
    """Clearing multiplies by the least monomial only."""
    operator = Recurrence.from_terms(1, {(2,): N * N, (0,): ONE}).operator()
    cleared = operator.cleared()
    assert all(min(power) >= 0 for (power, _), _ in cleared.normal_form())
    x = sympy.Symbol("x")
    h = sympy.Function("h")(x)
    assert sympy.expand(cleared.expression(h, (x,)) - x * operator.expression(h, (x,))) == 0
