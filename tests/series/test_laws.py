"""Entries of any law: coefficients against sums over the values of every entry, and more."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb
from pathlib import Path

import pytest
from truth.finite_laws import LAWS, explicit_derivative, numbers
from truth.random_problems import random_problem, value

from diagrams.campaign.cache import Store
from diagrams.dynamics.solving import solve
from diagrams.errors import BadInput, NotSolved
from diagrams.export.content.statement import problem_chapter
from diagrams.export.json.claims import exponent_bounds
from diagrams.flow.running import simulate
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_problem
from diagrams.series.classes import diagram_table
from diagrams.series.correlations import weak_correlations
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import Series, expand
from diagrams.series.open_series import expand_open
from diagrams.series.spectra import trace_moment
from diagrams.series.ways import explanation

QUICK = (55, 50, 29, 48, 9, 24, 22, 31, 95, 36)
"""Files that take some tenths of a second at most."""


def check(seed: int) -> int:
    """Compare all orders of one file that are cheap; how many numbers were compared."""
    text = random_problem(seed, LAWS)
    try:
        problem = parse_problem(text)
    except BadInput:  # nothing that the flow moves is left in the output
        return 0
    factors = max(len(diagram.edges) for diagram, _ in problem.potential)
    terms = 2 if factors <= 4 else 1 if factors <= 6 else 0
    series, compared = expand(problem, terms), 0
    for size in (1, 2):
        at = numbers(problem, size)
        entries = sum(size**tensor.rank for tensor in problem.tensors)
        for s in range(terms + 1 if entries <= 12 else 1):
            try:
                truth = explicit_derivative(text, s, at)
            except ValueError:  # a root of this size
                continue
            assert value(series[s], at) == truth, (seed, s, size)
            compared += 1
    return compared


def test_random_problems() -> None:
    assert sum(map(check, QUICK)) > 30


@pytest.mark.full
@pytest.mark.parametrize("block", range(6))
def test_more_random_problems(block: int) -> None:
    assert sum(check(seed) for seed in range(10 * block, 10 * block + 10)) > 10


WORDS = """
title = "Two layers"
families = {{hidden = "N", feature = "d"}}
[tensors.a]
families = ["hidden"]
role = "trained"
{a}
[tensors.W]
families = ["hidden", "feature"]
role = "trained"
{W}
[tensors.x]
families = ["feature"]
role = "frozen"
{x}
[model]
output = "a[k] W[k,i] x[i]"
target = "y"
[loss]
kind = "squared error"
over = []
{more}
"""
SIGNS = 'law = "rademacher"\nvariance = {}'
GAUSSIAN = "moments = [0, 1, 0, 3, 0, 15, 0, 105, 0, 945]\nvariance = {}"


def layers(
    a: str = 'variance = "1/N"', W: str = "variance = 1", x: str = "variance = 1", more: str = ""
) -> Problem:
    return parse_problem(WORDS.format(a=a, W=W, x=x, more=more))


def test_gaussian_moments_give_the_gaussian_series() -> None:
    plain = layers()
    by_moments = layers(GAUSSIAN.format('"1/N"'), GAUSSIAN.format(1), GAUSSIAN.format(1))
    assert expand(by_moments, 1).coefficients == expand(plain, 1).coefficients
    assert [row.contractions for row in diagram_table(by_moments, 1).orders[1]] == [
        row.contractions for row in diagram_table(plain, 1).orders[1]
    ]
    assert explanation(by_moments, 1).startswith("not by words: the entries of W are not Gaussian")


def enumerated(N: int, d: int, W: str) -> tuple[Fraction, Fraction]:
    """``E[|W x|^4]`` and the same at x of ones, W of signs and x uniform or signs, by hand."""
    total = Fraction(0)
    for signs in product((-1, 1), repeat=N * d):
        rows = [signs[k * d : k * d + d] for k in range(N)]
        total += sum(sum(row) ** 2 for row in rows) ** 2
    return total / 2 ** (N * d), Fraction(N)


def test_an_observable_and_its_cumulant_by_enumeration() -> None:
    """All assignments of signs to W and x; signs times signs are signs."""
    problem = layers(W=SIGNS.format(1), x=SIGNS.format(1))
    square = "W[k,i] W[k,j] x[i] x[j]"
    variance = cumulant(problem, (square, square), 0).coefficient(0)
    for N, d in ((1, 1), (1, 3), (2, 2), (3, 2)):
        fourth, _ = enumerated(N, d, "")
        at = {"N": Fraction(N), "d": Fraction(d)}
        assert value(variance, at) == fourth - (N * d) ** 2


def test_open_coefficients_close_to_the_closed_ones() -> None:
    problem = layers(W=SIGNS.format(1), x='law = "uniform"\nvariance = 1')
    whole = expand(problem, 1, observable="star(output, output)")
    kernel = expand_open(problem, 1, "star(output, output)", keep=["x"]).coefficients
    from diagrams.wick.expectation import expectation

    for s in (0, 1):
        averaged = expectation(kernel[s])
        assert [c for _, c in averaged] == [whole[s]]


def mean_of_power(r: int, beta: Polynomial) -> Polynomial:
    """The limit of ``E Tr B^r`` beyond the Marchenko-Pastur law, B = X X^T/N, y = p/N.

    Z. D. Bai and J. W. Silverstein, Ann. Probab. 32 (2004), section 1, for real entries with
    ``E x^4 = 3``; the term of the fourth cumulant is the coefficient of xi^2 in
    ``(1 + y + sqrt(y) (xi + 1/xi))^r`` (G. M. Pan and W. Zhou, Ann. Appl. Probab. 18 (2008); in
    this form Q. Wang and J. Yao, Electron. J. Stat. 7 (2013), Lemma 2.1).
    """
    y = Polynomial.symbol("y")
    root = y ** Fraction(1, 2)
    edges = sum(
        (comb(2 * r, j) * root**j * (1 + (-1) ** j) for j in range(2 * r + 1)), Polynomial()
    )
    gaussian = edges / 4 - sum((comb(r, j) ** 2 * y**j for j in range(r + 1)), Polynomial()) / 2
    square = sum(
        (
            comb(r, k) * comb(k, (k - 2) // 2) * y ** Fraction(k, 2) * (1 + y) ** (r - k)
            for k in range(2, r + 1, 2)
        ),
        Polynomial(),
    )
    return gaussian + beta * square


@pytest.mark.parametrize("r", [2, 3, 4])
def test_the_mean_of_traces(r: int) -> None:
    """The order one of ``E Tr (W W^T/N)^r`` at p = y N, with the fourth cumulant."""
    moments = ", ".join(["0, 1", "0", '"kappa"', *(f'0, "m{k}"' for k in range(6, 2 * r + 1, 2))])
    problem = parse_problem(
        f"""
families = {{row = "p", column = "N"}}
tensors.W = {{families = ["row", "column"], role = "trained", moments = [{moments}]}}
model = {{output = "W[i,j]", target = "0"}}
loss = {{kind = "squared error", over = ["i", "j"]}}
"""
    )
    exact = expand(problem, 0, observable=trace_moment("W", r, "N")).coefficient(0)
    y, N = Polynomial.symbol("y"), Polynomial.symbol("N")
    scaled = exact.substitute({"p": y * N})
    level = Polynomial.from_terms(
        (powers, c) for powers, c in scaled.terms if dict(powers).get("N", 0) == 0
    )
    assert level == mean_of_power(r, Polynomial.symbol("kappa") - 3)


def test_simulation_draws_the_same_laws() -> None:
    """Means over seeds of what higher moments decide, and of the first derivative of the loss."""
    skew = 'moments = [0, 1, 0, 5, 0, "mu"]'
    problem = layers(SIGNS.format('"1/N"'), skew, "moments = [0, 1, 1, 4]")
    at = {"N": 2, "d": 2, "y": 1, "mu": 25}
    texts = ("W[k,i]^4", "x[i]^3", "a[k]^4", "star(output, output)^2")
    run = simulate(problem, until=1e-3, points=2, seeds=2000, at=at, observables=texts)
    for text in texts:
        exact = float(expand(problem, 0, observable=text).values({"N": 2, "d": 2, "mu": 25})[0])
        curves = run.observable(text)
        assert abs(curves.mean[0] - exact) < 5 * curves.standard_error[0] + 1e-9, text
    assert run.observable("a[k]^4").standard_error[0] < 1e-12  # signs have one fourth power


def test_population_loss() -> None:
    """Averaged over data with a fourth cumulant: by hand, ``E (w.x)^4`` has kappa - 3 in it."""
    text = """
families = {feature = "d"}
[tensors.w]
families = ["feature"]
role = "trained"
variance = 1
[tensors.x]
families = ["feature"]
role = "frozen"
moments = [0, 1, 0, "kappa"]
[model]
output = "w[i] w[j] x[i] x[j]"
target = "0"
[loss]
kind = "squared error"
over = []
average = ["x"]
"""
    lines = str(parse_problem(text).observable).split("\n")
    assert lines == ["(1/2*kappa - 3/2) sum[k1] w[k1]^4", "(3/2) sum[k1,k2] w[k1]^2 w[k2]^2"]


def test_documents_and_stores_know_the_law(tmp_path: Path) -> None:
    """JSON and back; a store that has the Gaussian series; two processes."""
    kurtosis = layers(W='moments = [0, 1, 0, "kappa", 0, "mu^2"]')
    series = expand(kurtosis, 1)
    assert Series.from_json(series.to_json()) == series
    bounds = exponent_bounds(kurtosis, 1)
    for polynomial in series:
        for powers, _ in polynomial.terms:
            assert all(abs(e) <= bounds[name] for name, e in powers)
    store = Store(tmp_path / "store")
    plain, signs = layers(), layers(W=SIGNS.format(1))
    assert expand(plain, 1, store=store) == expand(plain, 1)
    assert expand(signs, 1, store=store) == expand(signs, 1)
    assert expand(signs, 1) != expand(plain, 1)
    assert ", rademacher" in repr(problem_chapter(signs).blocks)
    assert expand(signs, 1, jobs=2) == expand(signs, 1)


def test_what_supposes_gaussians_refuses() -> None:
    problem = layers(a=SIGNS.format('"1/N"'))
    with pytest.raises(NotSolved, match=r"the entries of a\[hidden\] are not Gaussian"):
        solve(problem)
    short = layers(W="moments = [0, 1, 0, 3]")
    with pytest.raises(BadInput, match="tensors.W.moments: .* the moment of order 6"):
        expand(short, 2)
    growing = layers(a='moments = [0, 1, 0, "N2"]\nvariance = "1/N"')
    assert weak_correlations(growing, {"N": 1}).moments
    with pytest.raises(BadInput, match="those of the moments of a"):
        weak_correlations(growing, {"N": 1, "N2": 1})
    series = expand(growing, 1)
    assert series.values({"N": 2, "d": 2, "y": 1, "N2": 2})
    with pytest.raises(BadInput, match="tensors.a.moments: .* moments that some law has"):
        series.values({"N": 2, "d": 2, "y": 1, "N2": "1/2"})
    with pytest.raises(BadInput, match="tensors.a.moments: .* moments that some law has"):
        simulate(growing, until=1, at={"N": 2, "d": 2, "y": 1, "N2": "1/2"}, seeds=2)
