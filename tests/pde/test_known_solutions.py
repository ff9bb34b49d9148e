"""Solutions of the theory found by the general road: recurrence, equation, characteristics.

Each expected formula is typed by hand from the literature; the package starts from exact
coefficients, or from the equation, and knows none of them.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
import sympy

from pde.equations.characteristics import solve
from pde.equations.first_order import FirstOrderEquation, InitialData, eliminate
from pde.equations.numerical_solution import evaluate_implicit, evaluate_ode
from pde.recurrences.guessing import fit_recurrence
from pde.recurrences.table import Table

t, x, y, z, w = sympy.symbols("t x y z w")
nu, theta = sympy.symbols("nu theta", positive=True)


def edge_table(order: int, double_factorial: int, bound: int) -> Table:
    """Coefficients of the free edge, C_(s,n) tau^s y^n / s!, from the known recurrence."""
    entries = {(0, 0): Fraction(1), (0, 1): Fraction(double_factorial)}
    for s in range(1, bound + 1):
        for n in range(s + 2):
            old = entries.get((s - 1, n), Fraction(0))
            old += double_factorial * entries.get((s - 1, n - 1), Fraction(0))
            entries[s, n] = Fraction(-order * (2 * (order - 1) * s + 2), s) * old
    return Table.from_mapping(entries, (bound, None))


@pytest.mark.parametrize(("order", "double_factorial"), [(4, 3), (6, 15)])
def test_free_edge_from_fitted_recurrence_to_closed_form(order: int, double_factorial: int) -> None:
    """Table, two fitted recurrences, d/dy eliminated, solved: theta (1 + 2 nu (nu-1) theta x)^.."""
    fit = fit_recurrence(
        edge_table(order, double_factorial, 8), ((0, 0), (-1, 0), (-1, -1)), 1, surplus=10
    )
    first, second = (
        FirstOrderEquation.from_operator(
            r.operator(), (x, y), InitialData(x, 0, 1 + double_factorial * y)
        )
        for r in fit.basis
    )
    solution = solve(eliminate(first, second, y))
    level = 1 + double_factorial * y
    power = sympy.Rational(-order, order - 1)
    expected = level * (1 + 2 * order * (order - 1) * level * x) ** power
    assert solution.kind == "explicit"
    assert sympy.simplify(solution.expression - expected) == 0
    assert (
        solution.existence_bounds() == (sympy.factor(-1 / (2 * order * (order - 1) * level)),)
        or sympy.simplify(solution.existence_bounds()[0] + 1 / (2 * order * (order - 1) * level))
        == 0
    )


def test_free_vertex_with_symbolic_order() -> None:
    """One formula for every order: z^nu (1 + 2 nu (nu-1) theta t z^(nu-1))^(-nu/(nu-1))."""
    equation = FirstOrderEquation(
        (t, z), (1, 2 * nu * theta * z**nu), initial=InitialData(t, 0, z**nu), near=((z, 1),)
    )
    solution = solve(equation)
    expected = z**nu * (1 + 2 * nu * (nu - 1) * theta * t * z ** (nu - 1)) ** (-nu / (nu - 1))
    assert solution.evidence.kind == "exact"
    for order in (3, 4, sympy.Rational(7, 2)):
        difference = (solution.expression - expected).subs(nu, order)
        assert sympy.simplify(difference.subs({z: 2, theta: 3, t: sympy.Rational(1, 7)})) == 0


def test_two_layers_by_characteristics() -> None:
    """The ring coefficients, summed."""
    rings = FirstOrderEquation(
        (x, z),
        (1, 4 * z * (1 - z)),
        4 * (z - 1),
        initial=InitialData(x, 0, z / 2 - 1),
        near=((z, sympy.Rational(1, 3)),),
    )
    solution = solve(rings)
    assert solution.evidence.kind == "exact"
    coefficients = {(0, 0): Fraction(-1), (0, 1): Fraction(1, 2)}
    for s in range(1, 4):
        for d in range(s + 2):
            same = -4 * (d + 1) * coefficients.get((s - 1, d), Fraction(0))
            lower = 4 * d * coefficients.get((s - 1, d - 1), Fraction(0))
            coefficients[s, d] = same + lower
    series = sympy.expand(sympy.series(solution.expression, x, 0, 4).removeO().subs(z, z).expand())
    for s in range(1, 4):
        in_z = sympy.Poly(sympy.cancel(series.coeff(x, s) * sympy.factorial(s)), z)
        for d in range(s + 2):
            # the characteristic field carries x -> -x relative to the coefficients M
            assert abs(in_z.coeff_monomial(z**d)) == abs(coefficients[s, d])


@pytest.mark.full
def test_two_layers_with_weight_decay() -> None:
    """The decayed ring equation closes, and its limit c = lambda/2 exists."""
    c, decay = sympy.symbols("c lambda", positive=True)
    a = c - decay / 2
    equation = FirstOrderEquation(
        (x, z),
        (1, 4 * z * (a - z)),
        4 * (z - c),
        initial=InitialData(x, 0, z / 2 - c),
        near=((z, sympy.Rational(1, 3)), (c, 1), (decay, sympy.Rational(1, 2))),
    )
    solution = solve(equation)
    assert solution.kind == "explicit"
    degenerate = sympy.limit(
        solution.expression.subs({z: sympy.Rational(1, 3), x: sympy.Rational(1, 4), c: 1}),
        decay,
        2,
    )
    at = {
        x: sympy.Rational(1, 4),
        z: sympy.Rational(1, 3),
        c: sympy.Integer(1),
        decay: sympy.Integer(2),
    }
    reference = evaluate_ode(equation, at, 15)
    assert abs(mpmath.mpf(str(sympy.N(degenerate, 20))) - reference.value) < 1e-12


@pytest.mark.full
def test_coordinates_of_the_full_quartic_triangle() -> None:
    """Bernoulli with a given order parameter q(t): solved by quadrature for any q."""
    q = sympy.Function("q")
    equation = FirstOrderEquation(
        (t, w),
        (1, 4 * w**3 - 4 * theta * q(t) * w),
        initial=InitialData(t, 0, w),
        near=((w, sympy.Rational(1, 2)),),
    )
    solution = solve(equation)
    assert solution.kind == "quadrature"
    constant = solution.expression.replace(q, lambda s: sympy.Integer(2)).doit()
    closed = solve(
        FirstOrderEquation(
            (t, w),
            (1, 4 * w**3 - 8 * theta * w),
            initial=InitialData(t, 0, w),
            near=((w, sympy.Rational(1, 2)),),
        )
    ).expression
    values = {t: sympy.Rational(1, 30), w: sympy.Rational(1, 2), theta: sympy.Rational(3, 2)}
    assert abs(sympy.N((constant - closed).subs(values), 25)) < 1e-20


@pytest.mark.full
def test_three_asymmetric_coordinates_are_elliptic() -> None:
    """x' = yz, y' = xz, z' = xy has elliptic characteristics: implicit, with correct numbers."""
    equation = FirstOrderEquation(
        (t, x, y, z),
        (1, y * z, x * z, x * y),
        initial=InitialData(t, 0, x * y * z),
        near=((x, 1), (y, 2), (z, 3)),
    )
    solution = solve(equation)
    assert solution.kind == "implicit"
    at = {t: sympy.Rational(1, 50), x: sympy.Integer(1), y: sympy.Integer(2), z: sympy.Integer(3)}
    value, reference = evaluate_implicit(solution, at, 6), evaluate_ode(equation, at, 12)
    assert abs(value.value - reference.value) <= value.error + reference.error
    assert value.error < 1e-5


def test_threshold_of_the_quartic_ascent() -> None:
    """rho* theta = 2.07780944847258027744 from the closed form of F by quadrature."""
    with mpmath.workdps(30):

        def moment(a: mpmath.mpf) -> mpmath.mpf:
            root = mpmath.sqrt(a)
            return 1 / (8 * a) - mpmath.sqrt(mpmath.pi) / (32 * a * root) * mpmath.exp(
                1 / (16 * a)
            ) * mpmath.erfc(1 / (4 * root))

        def cubed(u: mpmath.mpf) -> mpmath.mpf:
            # a = u/(1-u) maps (0, 1) to the half-line
            return moment(u / (1 - u)) ** 3 / (1 - u) ** 2 if 0 < u < 1 else mpmath.mpf(0)

        total = mpmath.quad(cubed, mpmath.linspace(mpmath.mpf("0.002"), 1, 9))
        head = mpmath.quad(
            lambda a: (
                mpmath.quad(lambda u: mpmath.exp(-4 * a * u**2 - u) * u, [0, 1, 5, 20, 60, 120])
                ** 3
            ),
            [0, mpmath.mpf("0.002") / mpmath.mpf("0.998")],
        )
        assert abs(1 / (16 * (total + head)) - mpmath.mpf("2.07780944847258027744")) < 1e-14
