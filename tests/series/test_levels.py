"""Levels of size expansions: nothing lost, proportions resolved, refusals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.series.expansion import expand
from diagrams.series.levels import levels

N, d, n, delta = (Polynomial.symbol(name) for name in ("N", "d", "n", "delta"))
HALF = Fraction(1, 2)

MONOMIALS = st.tuples(
    st.integers(-5, 5), st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3)
).map(lambda m: Polynomial.monomial(m[0], {"N": m[1], "d": m[2], "n": m[3]}))


@given(st.lists(MONOMIALS, max_size=6))
@settings(max_examples=50, deadline=None)
def test_all_levels_together_are_the_polynomial(monomials: list[Polynomial]) -> None:
    polynomial = sum(monomials, Polynomial())
    table = levels(polynomial, {"N": 1, "d": "delta*N^2"} if polynomial.degree("d") else {"N": 1})
    rebuilt = Polynomial()
    for exponent, part in table.rows[0]:
        assert not part.degree("N")
        rebuilt = rebuilt + N**exponent * part
    expected = polynomial.substitute({"d": delta * N**2}) if polynomial.degree("d") else polynomial
    assert rebuilt == expected


def test_next_to_leading_corrections_of_a_cp_problem() -> None:
    """ASYM order 2, zero target: E|a b^T|^2/2 = p^2 H sigma^4/2 exactly, so one level only."""
    asym = expand(cp_problem(order=2, ties="asym", target="zero"), 0)
    table = levels(asym, {"p": 1, "H": "y*p", "sigma": -HALF})
    assert table.rows == (((Fraction(1), Polynomial.symbol("y") / 2),),)
    sym = expand(cp_problem(order=2, target="zero"), 0)
    y = Polynomial.symbol("y")
    table = levels(sym, {"p": 1, "H": "y*p", "sigma": -HALF}, 2)
    assert table.rows[0] == ((Fraction(1), (y + y * y) / 2), (Fraction(0), y / 2))
    assert table.left_out is None


def test_chains_and_half_integers() -> None:
    table = levels(d**HALF * n, {"N": 1, "d": "4*N", "n": "delta*d"})
    assert table.rows == (((Fraction(3, 2), 8 * delta),),)
    assert table.leading(0) == (Fraction(3, 2), 8 * delta)
    assert table.level(0, 0) == Polynomial()


def test_the_order_in_which_sizes_are_given_is_nothing() -> None:
    series = expand(cp_problem(order=2), 1)
    one, other = levels(series, {"p": 1, "H": "y*p"}), levels(series, {"H": "y*p", "p": 1})
    assert one == other
    assert str(one) == str(other)


def test_kept_and_left_out() -> None:
    table = levels([N**2 + N + 1, N], {"N": 1}, 2)
    assert list(map(int, table.exponents)) == [2, 1]
    assert table.left_out == 0
    assert table.column(1) == (Polynomial.constant(1),) * 2
    assert "left out: N**0 and below" in str(table)
    latex = (
        "Y_{0} ={}& N^{2} \\\\\n& {}+ N + O\\bigl(1\\bigr) \\\\\nY_{1} ={}& N + O\\bigl(1\\bigr)"
    )
    assert table.to_latex() == latex
    low = levels([N**2, N + 1], {"N": 1}, 1)
    assert "Y_1  0 at the levels shown\n" in str(low)
    assert low.to_latex().endswith("Y_{1} ={}& O\\bigl(N\\bigr)")
    assert levels([2 * N - N * d], {"N": 1}).to_latex() == "Y_{0} ={}& N \\bigl(-d + 2\\bigr)"
    with pytest.raises(BadInput):
        table.level(0, 0)
    with pytest.raises(BadInput):
        table.level(2, 2)


@pytest.mark.parametrize(
    ("scaling", "field"),
    [
        ({}, "scaling"),
        ({"N": 2}, "scaling"),
        ({"N": 1, "d": "N + 1"}, "scaling.d"),
        ({"N": 1, "d": "-N"}, "scaling.d"),
        ({"N": 1, "d": "0"}, "scaling.d"),
        ({"N": 1, "d": "x[i]"}, "scaling.d, column 1"),
        ({"N": 1, "d": 1.5}, "scaling.d"),
        ({"N": 1, "d": "n", "n": "d"}, "scaling.d"),
        ({"N": 1, "M": "2*N"}, "scaling"),
        ({"N": 1, "d": "2*N"}, "scaling"),
    ],
)
def test_refusals(scaling: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        levels(d**HALF * n + N, scaling)
    assert caught.value.field == field


def test_bad_counts() -> None:
    for count in (0, True, "2"):
        with pytest.raises(BadInput):
            levels(N, {"N": 1}, count)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        levels([], {"N": 1})
