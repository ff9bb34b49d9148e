"""Long times against linear regression on Gaussian data, solved without diagrams."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest

from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Kind
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem
from diagrams.series.brackets import brackets, long_time, moment_growth, pade
from diagrams.series.expansion import Series, expand

REGRESSION = """
families = {feature = "d", sample = "n"}
tensors.w = {families = ["feature"], role = "trained", variance = "sigma^2"}
tensors.x = {families = ["feature", "sample"], role = "frozen", variance = "1/d"}
model = {output = "w[i] x[i,m]", target = "0"}
loss = {kind = "squared error", over = ["m"]}
"""
TIMES = [0, "1/2", 1, 3, 10]


@pytest.fixture(scope="module")
def regression() -> Series:
    return expand(load_problem(REGRESSION), 8)


def test_one_sample_in_closed_form(regression: Series) -> None:
    """n = 1: E[L] = (d/2) sigma^2 E[x^2 e^(-2|x|^2 t)], a chi-square integral."""
    found = brackets(regression, {"d": 5, "n": 1, "sigma": 1}, TIMES)
    assert found.evidence.kind is Kind.EXACT
    for t, low, high in zip(found.times, found.lower, found.upper, strict=True):
        exact = 0.5 * (1 + 4 * float(t) / 5) ** -3.5
        assert low - 1e-14 <= exact <= high + 1e-14
    assert found.upper[1] - found.lower[1] < 1e-4


def test_marchenko_pastur(regression: Series) -> None:
    """Large d at n = d/2: E[L]/d = (1/2) int x e^(-2xt) dMP, ratio 1/2."""
    size = 10**12
    found = brackets(regression, {"d": size, "n": size // 2, "sigma": 1}, TIMES)
    low_edge, high_edge = ((1 + s * mpmath.sqrt(0.5)) ** 2 for s in (-1, 1))
    for t, low, high in zip(found.times, found.lower, found.upper, strict=True):

        def density(x: mpmath.mpf, t: Fraction = t) -> mpmath.mpf:
            bulk = mpmath.sqrt((high_edge - x) * (x - low_edge)) / (2 * mpmath.pi)
            return mpmath.exp(-2 * x * float(t)) * bulk / 2

        exact = mpmath.quad(density, [low_edge, 1, high_edge])
        assert low / size - 1e-9 <= exact <= high / size + 1e-9
    assert (found.upper[2] - found.lower[2]) / found.upper[2] < 0.01


def test_time_unit(regression: Series) -> None:
    slow = brackets(regression, {"d": 5, "n": 2, "sigma": 1, "T": 4}, [4])
    fast = brackets(regression, {"d": 5, "n": 2, "sigma": 1}, [1])
    assert (slow.lower, slow.upper) == (fast.lower, fast.upper)


def test_planted_coefficients_are_no_moments(regression: Series) -> None:
    wrong = list(regression.coefficients)
    wrong[2] = wrong[2] / 3
    planted = replace(regression, coefficients=tuple(wrong))
    with pytest.raises(NotSolved, match="Hankel determinant"):
        brackets(planted, {"d": 5, "n": 2, "sigma": 1}, [1])


def test_reasons_that_are_missing(regression: Series) -> None:
    with pytest.raises(NotSolved, match="degree 4"):
        brackets(expand(cp_problem(order=2), 1), {"p": 2, "H": 2, "sigma": 1}, [1])
    decayed = load_problem(REGRESSION.replace('"squared error"', '"squared error", decay = "1/2"'))
    with pytest.raises(NotSolved, match="weight decay"):
        brackets(expand(decayed, 1), {"d": 5, "n": 2, "sigma": 1}, [1])
    with pytest.raises(BadInput, match="no value of n"):
        brackets(regression, {"d": 5, "sigma": 1}, [1])
    with pytest.raises(BadInput, match="times"):
        brackets(regression, {"d": 5, "n": 1, "sigma": 1}, ["-1/2"])


def test_pade_where_nothing_better_is_sound() -> None:
    """p = H = 1, order 2, zero target: E[u^4 / (2 (1 + 4 u^2 t)^2)], by quadrature."""
    series = expand(cp_problem(order=2, target="zero"), 14)
    found = long_time(series, {"p": 1, "H": 1, "sigma": "1/2"}, ["1/4", "1/2"])
    assert found.evidence.kind is Kind.NUMERICAL
    for t, low, high in zip(found.times, found.lower, found.upper, strict=True):

        def weighted(u: mpmath.mpf, t: Fraction = t) -> mpmath.mpf:
            return u**4 / (2 * (1 + 4 * u * u * float(t)) ** 2) * mpmath.npdf(u, 0, 0.5)

        exact = mpmath.quad(weighted, [-6, -1, 0, 1, 6])
        assert low <= exact <= high


def test_neither_is_sound() -> None:
    series = expand(cp_problem(order=3, target="zero"), 4)
    with pytest.raises(NotSolved, match="radius zero"):
        long_time(series, {"p": 1, "H": 1, "sigma": 1}, [1])
    short = expand(cp_problem(order=2, target="zero"), 4)
    with pytest.raises(NotSolved, match="pole on the axis|more than a tenth"):
        pade(short, {"p": 8, "H": 8, "sigma": 1}, [50])


def test_growth_by_counting() -> None:
    """The bound holds for the growth of actual coefficients: 1 at p = H = 1 as for order 2."""
    assert moment_growth(cp_problem(order=2)) == 2
    assert moment_growth(load_problem(REGRESSION)) == 1
    ratios = []
    series = expand(cp_problem(order=2, target="zero"), 9)
    values = [sum(c for _, c in y.terms) for y in series]
    for s in range(6, 9):
        ratios.append(abs(values[s + 1] / values[s]) / (s + 1) ** 2)
    assert max(ratios) / min(ratios) < Fraction(5, 4)
    assert isinstance(series.coefficient(0), Polynomial)
