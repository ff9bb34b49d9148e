"""Series summed, and the refusals: radius, Stokes lines, lateral sums, estimates."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import pytest
import sympy

from pde.errors import (
    InvalidInputError,
    NoRecurrenceError,
    OutsideDomainError,
    StokesLineError,
)
from pde.summation.borel import borel_pade_sum, borel_sum
from pde.summation.hypergeometric import hypergeometric_series
from pde.summation.pade import pade_approximant
from pde.summation.summation import domain_of_existence, sum_series

# F(a) = int exp(4 a u^2 - u) u du = sum (4 a)^n (2n+1)!/n!: order four, ascent.
QUARTIC = [Fraction(4**n * math.factorial(2 * n + 1), math.factorial(n)) for n in range(14)]


def quartic(a: mpmath.mpf) -> mpmath.mpf:
    """Return the closed form of F for a < 0."""
    root = mpmath.sqrt(mpmath.pi / -a)
    return -1 / (8 * a) + root / (32 * a) * mpmath.exp(-1 / (16 * a)) * mpmath.erfc(
        1 / (4 * mpmath.sqrt(-a))
    )


def test_hypergeometric_parameters() -> None:
    """2F1(1/3, 5; 7/2; 3 x) is recognised from its coefficients, with its parameters."""
    third, half7 = sympy.Rational(1, 3), sympy.Rational(7, 2)
    terms = [
        sympy.rf(third, n) * sympy.rf(5, n) / sympy.rf(half7, n) / sympy.factorial(n) * 3**n
        for n in range(16)
    ]
    series = hypergeometric_series([Fraction(int(c.p), int(c.q)) for c in terms])
    assert (series.upper, series.lower, series.scale) == ((third, sympy.Integer(5)), (half7,), 3)
    assert all(series.coefficient(n) == c for n, c in enumerate(terms))
    assert "held-out" in str(series.evidence)


def test_not_hypergeometric_is_refused() -> None:
    """The Motzkin numbers obey a three-term recurrence: no ratio fits."""
    motzkin = [1, 1, 2, 4, 9, 21, 51, 127, 323, 835, 2188, 5798, 15511, 41835]
    with pytest.raises(NoRecurrenceError, match="not recognised"):
        hypergeometric_series(motzkin)
    with pytest.raises(InvalidInputError):
        hypergeometric_series([0, 1, 2])


def test_pade_is_exact_for_rational_functions() -> None:
    """(1 + 2x)/(1 - x - x^2) is its own [1/2] approximant; the poles are the golden ones."""
    lucas = [1, 3, 4, 7, 11, 18, 29]
    found = pade_approximant(lucas, 1, 2)
    assert found.numerator == (1, 2)
    assert found.denominator == (1, -1, -1)
    assert min(abs(p) for p in found.poles()) == pytest.approx((5**0.5 - 1) / 2)
    with pytest.raises(InvalidInputError, match="needs 9"):
        pade_approximant(lucas, 4, 4)


def test_quartic_series_is_summed_for_ascent() -> None:
    """The Borel sum of the divergent F equals its closed form with erfc, to 25 digits."""
    value = borel_sum(QUARTIC, Fraction(-1, 3), digits=25)
    with mpmath.workdps(32):
        assert abs(value.value - quartic(mpmath.mpf(-1) / 3)) <= value.error
        assert value.error < mpmath.mpf(10) ** -20


def test_quartic_series_on_its_stokes_line() -> None:
    """For descent only lateral sums exist: refused, or complex conjugates on request."""
    with pytest.raises(StokesLineError, match="only lateral sums"):
        borel_sum(QUARTIC, Fraction(1, 3))
    above = borel_sum(QUARTIC, Fraction(1, 3), side="above").value
    below = borel_sum(QUARTIC, Fraction(1, 3), side="below").value
    assert abs(above - mpmath.conj(below)) < 1e-12
    # the discontinuity of (1 - 16 a u)^(-3/2) has the exact Laplace integral
    a = mpmath.mpf(1) / 3
    jump = mpmath.sqrt(mpmath.pi / a) * mpmath.exp(-1 / (16 * a)) / (32 * a)
    assert abs(abs(above.imag) - jump) < 1e-12
    middle = -1 / (8 * a) + mpmath.sqrt(mpmath.pi / a) * mpmath.exp(-1 / (16 * a)) / (
        32 * a
    ) * mpmath.erfi(1 / (4 * mpmath.sqrt(a)))
    assert abs(above.real - middle) < 1e-12


def test_pade_alone_agrees_within_its_error() -> None:
    """Without recognition the Pade approximant gives the same number, with a larger error."""
    value = borel_pade_sum(QUARTIC, Fraction(-1, 10))
    assert abs(value.value - quartic(mpmath.mpf("-0.1"))) < value.error < 1e-3
    with pytest.raises(StokesLineError):
        borel_pade_sum(QUARTIC, Fraction(1, 10))


def test_gevrey_order_three() -> None:
    """Order eight has Gevrey order three: plain Borel would not do."""
    growing = [Fraction((-1) ** n * math.factorial(3 * n)) for n in range(18)]
    domain = domain_of_existence(growing)
    assert domain.gevrey_order == 3
    assert domain.radius == 0
    value = sum_series(growing, Fraction(1, 20), digits=15)
    with mpmath.workdps(25):
        exact = mpmath.quad(lambda u: mpmath.exp(-u) / (1 + u**3 / 20), [0, 1, 3, 8, 20, 60, 120])
        assert abs(value.value - exact) <= value.error


def test_convergent_series_inside_and_beyond_the_disc() -> None:
    """Beyond the disc the function is continued away from the singularity, refused at it."""
    central = [math.comb(2 * n, n) for n in range(14)]
    assert domain_of_existence(central).singularity == sympy.Rational(1, 4)
    value = sum_series(central, Fraction(-3))
    with mpmath.workdps(25):
        assert abs(value.value - 1 / mpmath.sqrt(13)) <= value.error
    with pytest.raises(OutsideDomainError, match="singularity at x = 1/4"):
        sum_series(central, Fraction(1, 3))


def test_estimated_domain_is_labelled() -> None:
    """A series that is not recognised has an estimated domain, and says so."""
    motzkin = [1, 1, 2, 4, 9, 21, 51, 127, 323, 835, 2188, 5798, 15511, 41835]
    domain = domain_of_existence(motzkin)
    assert not domain.exact
    assert float(domain.radius) == pytest.approx(1 / 3, rel=0.05)
    assert "by the ratios" in str(domain)
    value = sum_series(motzkin, Fraction(1, 5))
    x = mpmath.mpf(1) / 5
    exact = (1 - x - mpmath.sqrt(1 - 2 * x - 3 * x**2)) / (2 * x**2)
    assert abs(value.value - exact) <= value.error < 1e-3
