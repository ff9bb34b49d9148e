"""Signs in positive symbols: proved, never taken from points."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Expr, Rational

from diagrams.dynamics.expressions.signs import proved_sign, real_for_all, sign_where_real

P, Q, R = sympy.symbols("p q r", positive=True)
WIDE = [Rational(10) ** k for k in (-4, -1, 0, 1, 4)]

terms = st.tuples(
    st.integers(-3, 3),
    st.integers(0, 3),
    st.sampled_from([0, 1, 2, Rational(1, 2)]),
    st.integers(0, 1),
)


@given(st.lists(terms, min_size=1, max_size=4), st.sampled_from([0, 1, -1]), st.integers(1, 4))
def test_a_proved_sign_is_that_of_all_values(
    parts: list[tuple[int, int, Expr, int]], root: int, weight: int
) -> None:
    total = sum((c * P**i * Q**j * R**k for c, i, j, k in parts), sympy.Integer(0))
    total += root * sympy.sqrt(P**2 + weight * Q)
    sign = proved_sign(total)
    if sign is None:
        return
    for at in product(WIDE, repeat=3):
        value = sympy.N(total.xreplace(dict(zip((P, Q, R), at, strict=True))), 30)
        assert sympy.sign(value) == sign


@pytest.mark.parametrize(
    ("expression", "sign"),
    [
        (P**2 - P * Q + Q**2, 1),
        (P**4 - P**2 * Q + Q**2, 1),
        (P - sympy.sqrt(P**2 + Q), -1),
        (sympy.sqrt(P + Q) - sympy.sqrt(P), 1),
        (sympy.log(P / (P + Q)), -1),
        # negative between two numbers that lie close together, and nowhere else
        (P**2 - 2 * P + 1 - Rational(1, 10**12), None),
        # zero at one point
        (P**2 - 2 * P * Q + Q**2, None),
        (P - Q, None),
        (sympy.log(P - Q), None),
        (sympy.exp(P - Q), 1),
        # not real where p < q
        (sympy.exp(sympy.sqrt(P - Q)), None),
    ],
)
def test_signs_that_points_would_miss(expression: Expr, sign: int | None) -> None:
    assert proved_sign(expression) == sign


@pytest.mark.parametrize(
    ("read", "expression", "found"),
    [
        (sign_where_real, sympy.log((P * Q - 1) / (P * Q)), -1),
        (sign_where_real, sympy.sqrt(P - Q), 1),
        (sign_where_real, sympy.log(P - Q), None),
        (sign_where_real, sympy.exp(sympy.sqrt(P - Q)), 1),
        (real_for_all, (P - Q) ** Rational(1, 4), None),
        (real_for_all, (P + Q) ** Rational(1, 3), True),
        (real_for_all, sympy.log(P**2 + Q) * sympy.sqrt(P), True),
        (real_for_all, sympy.log(P - sympy.sqrt(P**2 + Q)), False),
        (real_for_all, sympy.sqrt(P**2 - 2 * P + 1 - Rational(1, 10**12)), None),
    ],
)
def test_where_an_expression_is_real(
    read: Callable[[Expr], object], expression: Expr, found: object
) -> None:
    assert read(expression) == found
