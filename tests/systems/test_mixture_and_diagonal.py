"""Gaussian mixtures and diagonal networks: what their pages derive, against other methods.

Moments of Marchenko and Pastur's law are Narayana polynomials here, resolvents are series in
1/z with rational coefficients, and none of it touches a diagram.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import comb, factorial
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy

from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.files import parse_problem, read_problem
from diagrams.problems.problem import Problem
from diagrams.series.brackets import brackets
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import Series, expand
from diagrams.series.levels import levels
from pde.errors import InvalidInputError
from pde.summation.brackets import stieltjes_brackets

FOLDER = Path(__file__).parents[2] / "docs" / "systems"
PROPORTIONAL: dict[str, int | Fraction | str | Polynomial] = {"d": 1, "n": "alpha*d"}
ALPHA, DELTA, LAMBDA = Fraction(3, 2), Fraction(2, 3), Fraction(1, 5)


def mixture() -> Problem:
    return read_problem(FOLDER / "gaussian_mixture.toml")


def number(polynomial: Polynomial, **values: Fraction | int) -> Fraction:
    result = polynomial.substitute(dict(values))
    assert not result.symbols
    return sum((c for _, c in result.terms), Fraction(0))


def limits(observable: str, terms: int) -> list[Fraction]:
    """The highest level at the numbers above."""
    series = expand(mixture(), terms, observable=observable)
    values = {"alpha": ALPHA, "Delta": DELTA, "lambda": LAMBDA}
    return [number(y, **values) for y in levels(series, PROPORTIONAL, 1).column(0)]


# -- series in 1/z: entry k is the coefficient of z^(-k-1) ---------------------------------


def marchenko_pastur(k: int, ratio: Fraction, scale: Fraction = Fraction(1)) -> Fraction:
    """The k-th moment: a Narayana polynomial."""
    if not k:
        return Fraction(1)
    terms = (Fraction(comb(k, j) * comb(k, j - 1), k) * ratio**j for j in range(1, k + 1))
    return scale**k * sum(terms, Fraction(0))


def times(one: Sequence[Fraction], other: Sequence[Fraction]) -> list[Fraction]:
    """The product of two series in 1/z that begin with z^(-1)."""
    total = [Fraction(0)] * len(one)
    for (i, a), (j, b) in product(enumerate(one), enumerate(other)):
        if i + j + 1 < len(one):
            total[i + j + 1] += a * b
    return total


def spiked(terms: int) -> list[Fraction]:
    """alpha h / (1 + (alpha + Delta) h) with h the resolvent of the noise at -z."""
    h = [(-1) ** k * marchenko_pastur(k, ALPHA, DELTA) for k in range(terms)]
    phi = [ALPHA * entry for entry in h]
    for _ in range(terms):
        known = times(h, phi)
        phi = [ALPHA * a - (ALPHA + DELTA) * b for a, b in zip(h, known, strict=True)]
    return phi


def shifted(moments: Sequence[Fraction], by: Fraction) -> list[Fraction]:
    """Moments of x + by."""
    return [
        sum((comb(k, j) * by ** (k - j) * moments[j] for j in range(k + 1)), Fraction(0))
        for k in range(len(moments))
    ]


def test_overlap_is_a_spike_in_marchenko_pastur_noise() -> None:
    """All coefficients to order 7, ridge included, from the closed form of the resolvent."""
    moments = shifted([(-1) ** k * c for k, c in enumerate(spiked(7))], LAMBDA)
    assert limits("m", 7) == [0, *((-1) ** k * c for k, c in enumerate(moments))]


def published(alpha: float, Delta: float, decay: float) -> tuple[float, float, float]:
    """Fixed point of arXiv 2002.11544, square loss: m, q, and the minimum over d."""
    m, q, V = 0.0, 0.0, 1.0
    for _ in range(4000):
        spread = 1 + Delta * V
        m_hat, V_hat = alpha * (1 - m) / spread, alpha * Delta / spread
        q_hat = alpha * Delta * ((1 - m) ** 2 + Delta * q) / spread**2
        V = 1 / (decay + V_hat)
        m, q = m + 0.05 * (m_hat * V - m), q + 0.05 * ((q_hat + m_hat**2) * V**2 - q)
    return m, q, alpha * (1 - m) / (2 * (1 + Delta * V))


def test_brackets_of_the_overlap_at_infinite_time() -> None:
    """mu^T (A + lambda)^(-1) b by polarisation, from six moments each."""
    text = (FOLDER / "gaussian_mixture.toml").read_text("utf-8")
    start = 'role = "trained"\nvariance = 0'
    mean = '\nmean = {pattern = "constant", value = 1}'
    started = parse_problem(
        text.replace(start, start + mean).replace('target = "1"', 'target = "0"')
    )

    def column(problem: Problem, observable: str, terms: int) -> list[Fraction]:
        series = levels(expand(problem, terms, observable=observable), PROPORTIONAL, 1)
        values: dict[str, Fraction | int] = {"alpha": ALPHA, "Delta": DELTA, "lambda": 0}
        return [(-1) ** s * number(y, **values) for s, y in enumerate(series.column(0))]

    mu_mu = column(started, "m", 5)
    mu_force = [-y for y in column(mixture(), "m", 6)[1:]]
    force_force = [-y for y in column(mixture(), "output[s]/d", 6)[1:]]
    rows = list(zip(mu_mu, mu_force, force_force, strict=True))
    (above,) = stieltjes_brackets([2 * a + 2 * c + e / 2 for a, c, e in rows], [1])
    (below,) = stieltjes_brackets([2 * a - 2 * c + e / 2 for a, c, e in rows], [1])
    m, _, _ = published(float(ALPHA), float(DELTA), 1.0)
    low, high = (above.lower - below.upper) / 4, (above.upper - below.lower) / 4
    assert low < m < high
    assert high - low < 0.02


def test_brackets_of_what_is_descended() -> None:
    """In the limit of large d; a matrix of size 700 stands for it. Refused for all else."""
    top = levels(expand(mixture(), 5, observable="potential"), PROPORTIONAL, 1)
    at = {"alpha": ALPHA, "Delta": DELTA, "lambda": LAMBDA}
    found = brackets(top, at, ["1/4", "1/2"])
    assert "the limit of large d, in units of d^(1)" in found.evidence.statement
    random, d = np.random.default_rng(11), 700
    n = int(ALPHA * d)
    u = 1 / np.sqrt(d) + np.sqrt(float(DELTA)) * random.normal(size=(n, d))
    values, vectors = np.linalg.eigh(u.T @ u / d + float(LAMBDA) * np.eye(d))
    force = (vectors.T @ u.sum(axis=0) / np.sqrt(d)) ** 2
    least = (n - (force / values).sum()) / (2 * d)
    for t, low, high in zip(found.times, found.lower, found.upper, strict=True):
        exact = least + (force / values * np.exp(-2 * values * float(t))).sum() / (2 * d)
        assert float(low) * 0.97 < exact < float(high) * 1.03
        assert high - low < high / 50
    minimum = published(*map(float, (ALPHA, DELTA, LAMBDA)))[2]
    assert found.limit is not None
    assert minimum < found.limit < minimum * 1.3
    for observable in ("loss", "m", "q"):
        with pytest.raises(NotSolved, match="not what the flow descends"):
            brackets(levels(expand(mixture(), 1, observable=observable), PROPORTIONAL), at, [1])
    with pytest.raises(NotSolved, match="decay is negative"):
        brackets(top, at | {"lambda": "-1/5"}, [1])
    with pytest.raises(NotSolved, match="without a problem"):
        brackets(levels(Polynomial.symbol("d"), {"d": 1}), {}, [1])


def test_stieltjes_brackets() -> None:
    """Against an exponential integral, and a measure of two points, which they find."""
    found = stieltjes_brackets([factorial(s) for s in range(16)], [1, 3])
    for bracket, z in zip(found, (1, 3), strict=True):
        assert bracket.lower <= mpmath.e**z * mpmath.e1(z) <= bracket.upper
    two = [Fraction(1) + 2 * Fraction(5) ** s for s in range(6)]
    (bracket,) = stieltjes_brackets(two, [Fraction(1, 2)])
    assert abs(bracket.lower - (mpmath.mpf(2) / 3 + mpmath.mpf(4) / 11)) < 1e-15
    assert bracket.width < 1e-25
    with pytest.raises(InvalidInputError):
        stieltjes_brackets([1, 1], [0])


def test_stopping_early_is_best() -> None:
    """m^2/q = alpha/(alpha + Delta) - Delta^2 alpha^2 t^2/(4 (alpha + Delta)) + .., by moments."""
    m = [y / factorial(s) for s, y in enumerate(limits("m", 4))][1:]
    q = [y / factorial(s) for s, y in enumerate(limits("q", 5))][2:]
    quality: list[Fraction] = []
    for k in range(3):
        square = sum((m[j] * m[k - j] for j in range(k + 1)), Fraction(0))
        known = sum((q[j] * quality[k - j] for j in range(1, k + 1)), Fraction(0))
        quality.append((square - known) / q[0])
    total = ALPHA + DELTA
    assert quality == [ALPHA / total, 0, -(DELTA**2) * ALPHA**2 / (4 * total)]


def test_first_fluctuation_of_the_overlap() -> None:
    """Var m''/2: m' = sum u / d^(3/2) has variance n Delta d/d^3, whatever the ridge."""
    series = cumulant(mixture(), ("m", "m"), 2)
    n, d, Delta = map(Polynomial.symbol, ("n", "d", "Delta"))
    assert series.coefficient(2) == 2 * n * Delta * d**-2


# -- diagonal linear networks ---------------------------------------------------------------


@pytest.fixture(scope="module")
def errors() -> dict[str, Series]:
    problem = read_problem(FOLDER / "diagonal_linear.toml")
    return {name: expand(problem, 4, observable=name) for name in ("train", "test")}


def rho_part(series: Series, power: int, delta: Fraction) -> list[Fraction]:
    """At alpha = 1 and infinite size: what multiplies a power of rho."""
    rows = levels(series, {"d": 1, "n": "delta*d"}, 1).column(0)
    return [
        sum(
            (
                c * delta ** int(p.get("delta", 0))
                for p, c in y
                if p.get("rho", Fraction(0)) == power
            ),
            Fraction(0),
        )
        for y in rows
    ]


@pytest.mark.parametrize("name", ["train", "test"])
def test_first_departure_from_the_lazy_phase(name: str, errors: dict[str, Series]) -> None:
    """The double integral over Marchenko and Pastur's law, expanded in time."""
    delta, extra = Fraction(3, 5), int(name == "train")
    terms = errors[name].terms

    def averaged(*parts: tuple[int, int, int, int]) -> dict[tuple[int, int], Fraction]:
        """Sum of w <x^k exp(-2 x (a t + b s))> as coefficients of t^i s^j."""
        found: dict[tuple[int, int], Fraction] = {}
        for (w, a, b, k), i, j in product(parts, range(terms), range(terms)):
            size = Fraction((-2) ** (i + j) * a**i * b**j * w, factorial(i) * factorial(j))
            found[i, j] = found.get((i, j), Fraction(0))
            found[i, j] += size * marchenko_pastur(i + j + k, delta)
        return found

    pairs = (
        (averaged((1, 2, 0, 1 + extra)), averaged((1, 0, 0, 0), (-2, 0, 1, 0), (1, 0, 2, 0))),
        (
            averaged((2, 2, -1, extra), (-2, 2, 0, extra)),
            averaged((1, 0, 1, 1), (-1, 0, 2, 1)),
        ),
    )
    expected = [Fraction(0)] * (terms + 1)
    for one, other in pairs:
        for ((i, j), x), ((k, m), y) in product(one.items(), other.items()):
            order = i + j + k + m + 1
            if order <= terms:
                expected[order] -= factorial(order) * x * y / (j + m + 1)
    assert rho_part(errors[name], 2, delta) == expected
    assert expected[3]


def test_test_error_of_the_lazy_phase(errors: dict[str, Series]) -> None:
    delta = Fraction(3, 5)
    expected = [Fraction((-4) ** s, 2) * marchenko_pastur(s, delta) for s in range(5)]
    assert rho_part(errors["test"], 1, delta) == expected


@pytest.mark.parametrize("name", ["train", "test"])
def test_powers_of_alpha(name: str, errors: dict[str, Series]) -> None:
    """L(t; alpha, rho) = alpha^4 L(alpha^2 t; 1, rho/alpha^4), at every size."""
    alpha, rho = Polynomial.symbol("alpha"), Polynomial.symbol("rho")
    for s, exact in enumerate(errors[name]):
        unit = exact.substitute({"alpha": 1}).substitute({"rho": rho * alpha**-4})
        assert exact == alpha ** (4 + 2 * s) * unit


def test_many_samples_are_the_population_flow(errors: dict[str, Series]) -> None:
    """Highest powers of delta: w' = -2 sqrt(alpha^4 + w^2) delta (w - t), each coordinate."""
    w, t, a, r, ratio = sympy.symbols("w t alpha rho delta")
    observable = (w - t) ** 2 / 2
    table = levels(errors["test"], {"d": 1, "n": "delta*d"}, 1)
    for s in range(5):
        start = observable.subs(w, 0).subs(sympy.sqrt(a**4), a**2)
        powers = sympy.Poly(sympy.expand(start), t).terms()
        even = ((c, k) for (k,), c in powers if k % 2 == 0)
        expected = sum(c * r ** (k // 2) * sympy.factorial2(k - 1) for c, k in even)
        top = table.level(s, 0).to_sympy().coeff(ratio, s)
        assert sympy.expand(top - expected) == 0
        observable = -2 * sympy.diff(observable, w) * sympy.sqrt(a**4 + w**2) * (w - t)


def test_variance_of_the_initial_train_error() -> None:
    """|X t|^2 is a product of two independent chi-squares."""
    problem = read_problem(FOLDER / "diagonal_linear.toml")
    n, d, rho = map(Polynomial.symbol, ("n", "d", "rho"))
    second = (n**2 + 2 * n) * (d**2 + 2 * d) * rho**2 * d**-4
    found = cumulant(problem, ("train", "train"), 0).coefficient(0)
    assert found == (second - n**2 * rho**2 * d**-2) / 4
