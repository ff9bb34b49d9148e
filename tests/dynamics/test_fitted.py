"""Guess and prove: tables, fitted recurrences, and plants that must be refused."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import mpmath
import pytest
import sympy
from dynamics.by_road import by, fitted
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.dynamics.explicit.fitted_numbers import FormulaWithEnd
from diagrams.dynamics.face import face_of
from diagrams.dynamics.recurrences.generating import check_table, generating_function
from diagrams.dynamics.recurrences.taylor import taylor_polynomials
from diagrams.dynamics.roads.fitted.fitted import FittedRecurrence
from diagrams.dynamics.roads.fitted.table import exact_leading, leading_table, table_of
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.evidence import Kind
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from pde.recurrences.table import Table

p, H, sigma, t, T, x, y = sympy.symbols("p H sigma t T x y")
tau = t / T


def matchings(order: int) -> int:
    return prod(range(order - 1, 0, -2))


@pytest.mark.parametrize("order", [4, 6, 8])
def test_table_of_the_free_edge(order: int) -> None:
    """The integers of the paper's recurrence, typed by hand."""
    face = face_of(cp_problem(order=order, target="zero"), "A-B")
    table = leading_table(face.problem, face.regime, 6)
    expected = {(0, 0): Fraction(1, 2), (0, 1): Fraction(matchings(order), 2)}
    for s in range(1, 7):
        for n in range(s + 2):
            old = expected.get((s - 1, n), Fraction(0))
            old += matchings(order) * expected.get((s - 1, n - 1), Fraction(0))
            expected[s, n] = Fraction(-2 * order * ((order - 1) * s + 1), s) * old
    assert dict(table.table.entries) == expected
    assert str(table.clock) == f"p**{order - 1}*sigma**{2 * order - 2}"


@pytest.mark.parametrize("order", [4, 6, pytest.param(8, marks=pytest.mark.full)])
def test_free_faces_by_fitted_recurrence(order: int) -> None:
    """The closed forms of the literature, compared symbolically."""
    problem = cp_problem(order=order, target="zero")
    power = sympy.Rational(-order, order - 1)
    theta = 1 + matchings(order) * H / p ** (order // 2)
    rate = 2 * order * (order - 1) * (p * sigma**2) ** (order - 1)
    start = p**order * H * sigma ** (2 * order) / 2
    expected = {
        "A-B": theta * start * (1 + rate * theta * tau) ** power,
        "A": start * (1 + rate * tau) ** power,
        "B": (theta - 1) * start * (1 + rate * (theta - 1) * tau) ** power,
    }
    positive = {s: sympy.Symbol(s.name, positive=True) for s in (p, H, sigma, T, t)}
    for name, formula in expected.items():
        solution = fitted(face_of(problem, name))
        ratio = (solution.expr / formula).xreplace(positive)
        assert sympy.simplify(sympy.expand_power_base(sympy.factor(ratio))) == 1
        assert solution.evidence.kind is Kind.CONJECTURED
        assert "held out" in solution.evidence.statement
        assert solution.evidence.checked_to == 12


def test_numbers_and_domain() -> None:
    solution = fitted(face_of(cp_problem(order=4, target="zero"), "A-B"))
    found = solution.evaluate(p=64, H=512, sigma="1/10", T=1, t="1/2", digits=25)
    with mpmath.workdps(40):
        theta = 1 + mpmath.mpf(3 * 512) / 64**2
        rate = 24 * theta * (mpmath.mpf(64) / 100) ** 3
        start = theta * 512 * (mpmath.mpf(64) / 100) ** 4 / 2
        value = start * (1 + rate / 2) ** (-mpmath.mpf(4) / 3)
        assert abs(found.value - value) <= found.error + mpmath.mpf(10) ** -35
        assert found.error < mpmath.mpf(10) ** -25 * value
        end = -1 / rate
    with pytest.raises(OutsideDomain) as refused:
        solution.evaluate(p=64, H=512, sigma="1/10", T=1, t=-1)
    assert abs(mpmath.mpf(refused.value.bound) - end) < 1e-10
    assert refused.value.exit_code == 3


def planted(rows: int, bend: int | None = None) -> Table:
    """``(1 + y)^(s+1) (-1)^s``: a free edge; from order ``bend`` on one entry is wrong."""
    entries: dict[tuple[int, ...], Fraction] = {}
    for s in range(rows):
        for n in range(s + 2):
            entries[s, n] = Fraction(sympy.binomial(s + 1, n)) * (-1) ** s
        if bend is not None and s >= bend:
            entries[s, 1] += 1
    return Table.from_mapping(entries, (rows - 1, None))


def test_planted_recurrence_that_bends_is_refused() -> None:
    """Wherever it bends: in fitted rows, in held-out rows, or in the rows of a longer table."""
    found = generating_function(planted(9), (x, y))
    assert sympy.simplify(found.expression - (1 + y) / (1 + x * (1 + y))) == 0
    for bend in (4, 7, 8):
        with pytest.raises(NotSolved, match="a recurrence of degree one"):
            generating_function(planted(9, bend), (x, y))
    with pytest.raises(NotSolved, match="first at order 9"):
        check_table(found.expression, planted(12, 9), (x, y))


def test_too_few_rows_are_refused() -> None:
    """Unknowns are counted against distinct equations."""
    with pytest.raises(NotSolved, match="unknowns against"):
        generating_function(planted(3), (x, y))
    face = face_of(cp_problem(order=4, target="zero"), "A-B", 3)
    with pytest.raises(NotSolved, match="orders 0 to 3 are known"):
        by(FittedRecurrence(), face)


def test_a_face_without_such_a_recurrence_is_not_solved() -> None:
    """Order 4 with its target needs infinitely many petals: no recurrence of degree one."""
    with pytest.raises(NotSolved) as refused:
        fitted(face_of(cp_problem(order=4), "E-A"))
    assert refused.value.exit_code == 4


def test_exponents_that_no_integers_explain() -> None:
    powers = [Polynomial.monomial(1, {"p": s * s}) for s in range(4)]
    with pytest.raises(NotSolved, match="the table"):
        table_of(powers, ("p",))
    with pytest.raises(NotSolved, match="without leading terms"):
        table_of([Polynomial.constant(1), Polynomial()], ())


def test_more_orders_than_known() -> None:
    face = face_of(cp_problem(order=4, target="zero"), "A-B")
    with pytest.raises(BadInput, match="terms"):
        leading_table(face.problem, face.regime, 40, exact_leading(face.problem, 4))


@settings(max_examples=15)
@given(
    st.fractions(-3, 3, max_denominator=4),
    st.integers(-4, 4),
    st.fractions(-2, 2, max_denominator=3),
)
def test_taylor_polynomials_against_series(power: Fraction, slope: int, rate: Fraction) -> None:
    exponent = sympy.Rational(power.numerator, power.denominator)
    speed = sympy.Rational(rate.numerator, rate.denominator)
    formula = (1 + slope * x * y + x**2) ** exponent * sympy.exp(speed * x * y)
    expected = [sympy.expand(formula.diff(x, k).subs(x, 0) / sympy.factorial(k)) for k in range(4)]
    found = taylor_polynomials(formula, x, 3)
    assert all(sympy.expand(a - b) == 0 for a, b in zip(found, expected, strict=True))


def test_taylor_polynomials_refuse_what_they_cannot_do() -> None:
    with pytest.raises(NotSolved):
        taylor_polynomials(sympy.sin(x), x, 2)
    with pytest.raises(NotSolved):
        taylor_polynomials(1 / x, x, 2)
    with pytest.raises(NotSolved):
        taylor_polynomials(sympy.exp(x / (1 + y)), x, 2)


def test_terms_that_cancel_far_beyond_the_digits_give_no_false_number() -> None:
    """Two precisions would agree on -1 here; intervals do not."""
    formula = 1 / (1 + sympy.exp(-2 * t)) - sympy.tanh(0) - 1
    values = {"t": sympy.Integer(200)}
    found = FormulaWithEnd(formula, ()).value(values, 15)
    with mpmath.workdps(400):
        exact = 1 / (1 + mpmath.exp(-400)) - 1
    assert found.rigorous
    assert abs(found.value - exact) <= found.error
