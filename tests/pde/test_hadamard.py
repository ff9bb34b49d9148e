"""Hadamard products against products of coefficients, and where they are refused."""

from __future__ import annotations

import mpmath
import pytest
import sympy

from pde.errors import InvalidInputError, NoClosedFormError, VerificationError
from pde.recurrences.hadamard import (
    _compare,
    diagonal,
    hadamard_product,
    hadamard_value,
    taylor_coefficients,
)

x, y, t, a, b = sympy.symbols("x y t a b")


def test_fibonacci_squared() -> None:
    """The squares of the Fibonacci numbers have their textbook generating function."""
    fibonacci = 1 / (1 - x - x**2)
    expected = (1 - x) / ((1 + x) * (1 - 3 * x + x**2))
    assert sympy.cancel(hadamard_product(fibonacci, fibonacci, x).expression - expected) == 0


def test_conjugate_and_irrational_poles() -> None:
    """Every third term of the exponential series; Fibonacci times Catalan numbers."""
    third = hadamard_product(sympy.exp(x), 1 / (1 - x**3), x).expression
    assert not third.has(sympy.I)
    assert third.subs(x, 1).evalf(20) == pytest.approx(
        float(sum(1 / sympy.factorial(3 * n) for n in range(9))), abs=1e-15
    )
    catalan = (1 - sympy.sqrt(1 - 4 * x)) / (2 * x)
    product = hadamard_product(catalan, 1 / (1 - x - x**2), x).expression
    found = taylor_coefficients(product, x, 5)
    expected = (1 * 1, 1 * 1, 2 * 2, 3 * 5, 5 * 14, 8 * 42)
    assert all(sympy.simplify(c - e) == 0 for c, e in zip(found, expected, strict=True))


def test_poles_with_parameters() -> None:
    """Two geometric series multiply their ratios; double poles bring a derivative."""
    assert (
        sympy.cancel(
            hadamard_product(1 / (1 - a * x), 1 / (1 - b * x), x).expression - 1 / (1 - a * b * x)
        )
        == 0
    )
    double = hadamard_product(1 / sympy.sqrt(1 - 4 * x), 1 / (1 - a * x) ** 2, x).expression
    assert taylor_coefficients(double.subs(a, 3), x, 4) == (1, 12, 162, 2160, 28350)


def test_polynomial_part_and_cubic_denominator() -> None:
    """A polynomial part selects coefficients; irreducible cubics need no roots."""
    first = x**3 + 1 / (1 - x - x**3)
    second = 1 / (1 - 2 * x + x**3)
    product = hadamard_product(first, second, x, order=12).expression
    assert product.is_rational_function(x)


def test_narayana_polynomials_with_decay() -> None:
    """A rational function in z with a parameter, as the two-layer problem needs it."""
    narayana = (1 - x * (y + 1) - sympy.sqrt(1 - 2 * x * (y + 1) + x**2 * (y - 1) ** 2)) / (
        2 * x**2
    )
    product = hadamard_product(narayana, a / (1 - (1 - a) * x) ** 2, x, order=5).expression
    at = {y: sympy.Rational(1, 2), a: sympy.Rational(1, 3)}
    assert len(taylor_coefficients(product.xreplace(at), x, 3)) == 4


def test_two_branch_points_are_refused_but_have_numbers() -> None:
    """The square of the central binomials is an elliptic integral, not algebraic."""
    central = 1 / sympy.sqrt(1 - 4 * x)
    with pytest.raises(NoClosedFormError, match="neither"):
        hadamard_product(central, central, x)
    value = hadamard_value(central, central, x, "1/50", "3/20", digits=25)
    with mpmath.workdps(30):
        exact = 2 * mpmath.ellipk(mpmath.mpf(16) / 50) / mpmath.pi
        assert abs(value.value - exact) <= value.error < mpmath.mpf(10) ** -25


def test_singular_at_the_origin_is_refused() -> None:
    """A function without a Taylor series is no generating function."""
    with pytest.raises(InvalidInputError, match=r"singular|Taylor"):
        hadamard_product(1 / x, 1 / (1 - x), x)


def test_the_comparison_can_fail() -> None:
    """A wrong product is caught by its coefficients."""
    with pytest.raises(VerificationError, match="coefficient 1"):
        _compare(1 / (1 - 7 * x), 1 / (1 - 2 * x), 1 / (1 - 3 * x), x, 4)


def test_diagonal_of_delannoy() -> None:
    """The central Delannoy numbers: 1/sqrt(1 - 6 t + t^2)."""
    found = diagonal(1 / (1 - x - y - x * y), x, y, t).expression
    assert sympy.simplify(found - 1 / sympy.sqrt(1 - 6 * t + t**2)) == 0
