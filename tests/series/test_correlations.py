"""Derivative correlations and the distance from the linearised model, against brute force."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, factorial

import pytest

from diagrams.errors import BadInput
from diagrams.evidence import Kind
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.series.correlations import derivative_correlation, weak_correlations
from diagrams.series.expansion import expand
from diagrams.series.linearisation import linearisation_error
from tests.truth.variables import Expression, Space, total

DEEP = """
families = {hidden = "N"}
tensors.u = {families = ["hidden"], role = "trained", variance = 1, rate = 2}
tensors.W = {families = ["hidden", "hidden"], role = "trained", variance = "1/2"}
tensors.w = {families = ["hidden"], role = "trained", variance = 1}
model = {output = "w[i] W[i,j] u[j] / N", target = "y"}
loss = {kind = "squared error", over = []}
"""
SAMPLES = """
families = {hidden = "N", sample = "n"}
tensors.a = {families = ["hidden"], role = "trained", variance = 1}
tensors.b = {families = ["hidden"], role = "trained", variance = 1, rate = 3}
tensors.x = {families = ["sample"], role = "frozen", variance = 1}
tensors.y = {families = ["sample"], role = "frozen", variance = 2}
model = {output = "a[k] b[k] x[m] / N", target = "y[m]"}
loss = {kind = "squared error", over = ["m"], prefactor = "1/n"}
"""
LINEAR = """
families = {feature = "d", sample = "n"}
tensors.w = {families = ["feature"], role = "trained", variance = 1}
tensors.x = {families = ["sample", "feature"], role = "frozen", variance = "1/d"}
model = {output = "w[i] x[m,i]", target = "1"}
loss = {kind = "squared error", over = ["m"]}
"""


Case = tuple[Problem, Space, list[Expression], list[Expression], Fraction]
"""Problem, variables, outputs, targets and prefactor."""


def deep(N: int) -> Case:
    """Three weight tensors of one width."""
    space = Space()
    u = space.array("u", N, rate=2)
    W = space.matrix("W", N, N, Fraction(1, 2))
    w = space.array("w", N)
    f = total(w[i] * W[i][j] * u[j] for i in range(N) for j in range(N)) * Fraction(1, N)
    return parse_problem(DEEP), space, [f], [Expression.of(Fraction(3, 2))], Fraction(1, 2)


def samples(n: int) -> Case:
    """Width one, several samples."""
    space = Space()
    a, b = space.array("a", 1), space.array("b", 1, rate=3)
    x, y = space.array("x", n, rate=0), space.array("y", n, 2, rate=0)
    outputs = [a[0] * b[0] * one for one in x]
    return parse_problem(SAMPLES), space, outputs, y, Fraction(1, n)


CASES = {"deep": deep, "samples": samples}


def number(polynomial: Polynomial, name: str, size: int) -> Fraction:
    deep_numbers = {"N": Fraction(size), "y": Fraction(3, 2)}
    numbers = deep_numbers if name == "deep" else {"N": Fraction(1), "n": Fraction(size)}
    values = {n: Polynomial.constant(v) for n, v in numbers.items()}
    return sum((c for _, c in polynomial.substitute(values).terms), Fraction(0))


def by_hand(space: Space, outputs: list[Expression], D: int, d: int) -> Expression:
    """``|C_(D,d)|^2`` from derivatives by single variables, all tuples of them."""
    rates = [law.rate for law in space.laws]
    moving = [v for v, rate in enumerate(rates) if rate]
    square = Expression({})
    for f, *others in product(outputs, repeat=d + 1):
        for opened in product(moving, repeat=D):
            part = f
            for v in opened:
                part = part.derivative(v)
            value = Expression({})
            for inner in product(moving, repeat=d):
                term = part
                for v in inner:
                    term = term.derivative(v)
                if not term.terms:
                    continue
                for v, g in zip(inner, others, strict=True):
                    term = term * g.derivative(v) * rates[v]
                value = value + term
            weight = Fraction(1)
            for v in opened:
                weight *= rates[v]
            square = square + value * value * weight
    return square * Fraction(1, (factorial(D) * factorial(d)) ** 2)


@pytest.mark.parametrize(
    ("name", "D", "d"),
    [("deep", 0, 1), ("deep", 0, 2), ("deep", 1, 1), ("deep", 1, 2), ("deep", 2, 1),
     ("samples", 0, 2), ("samples", 1, 1), ("samples", 0, 1)],
)  # fmt: skip
def test_second_moments_by_brute_force(name: str, D: int, d: int) -> None:
    problem, space, outputs, _, _ = CASES[name](2)
    found = expand(problem, 0, observable=derivative_correlation(problem, D, d)).coefficient(0)
    assert number(found, name, 2) == space.average(by_hand(space, outputs, D, d))


@pytest.mark.parametrize(
    ("name", "size", "terms"),
    [
        ("deep", 2, 4),
        ("samples", 2, 4),
        pytest.param("deep", 1, 5, marks=pytest.mark.full),
        pytest.param("samples", 1, 5, marks=pytest.mark.full),
    ],
)
def test_departure_by_brute_force(name: str, size: int, terms: int) -> None:
    """Both models' time derivatives at fixed weights, as polynomials of the initial weights."""
    problem, space, outputs, targets, prefactor = CASES[name](size)
    residuals = [f - y for f, y in zip(outputs, targets, strict=True)]
    loss = total(r * r for r in residuals) * prefactor
    kernel = [[space.star(f, g) for g in outputs] for f in outputs]
    true, line = [outputs], [residuals]
    for _ in range(terms - 2):
        true.append([-space.star(f, loss) for f in true[-1]])
        line.append(
            [total(k * r for k, r in zip(row, line[-1], strict=True)) * (-2 * prefactor)
             for row in kernel]
        )  # fmt: skip
    gaps = [[a - b for a, b in zip(f, g, strict=True)] for f, g in zip(true, line, strict=True)]
    gaps[0] = [Expression({})] * len(outputs)
    series = linearisation_error(problem, terms)
    assert series.evidence.kind is Kind.EXACT
    for s in range(terms + 1):
        expected = total(
            a * b * comb(s, j)
            for j in range(2, s - 1)
            for a, b in zip(gaps[j], gaps[s - j], strict=True)
        )
        assert number(series.coefficient(s), name, size) == space.average(expected)


def test_verdicts() -> None:
    linear = weak_correlations(parse_problem(LINEAR), {"d": 1, "n": "alpha*d"})
    assert linear.weak
    assert "linear in the trained tensors" in linear.verdict
    narrow = weak_correlations(parse_problem(DEEP), {"N": 1})
    assert narrow.weak
    assert narrow.largest == Fraction(-1, 2)
    assert narrow.exponent(0, 3) == -2
    fast = DEEP.replace(", rate = 2", "").replace('"trained"', '"trained", rate = "N"')
    rich = parse_problem(fast.replace("/ N", "/ sqrt(N)^3"))
    assert not weak_correlations(rich, {"N": 1}).weak
    assert str(narrow).splitlines()[-2].startswith("weakly correlated: the largest")
    assert r"0 & 3 & N^{-2} &" in narrow.to_latex()
    assert r"\begin{document}" in narrow.to_latex(standalone=True)


def test_cp_problems_have_correlations() -> None:
    """Order 2, p = 1: f = sum_k u_k^2, C_(0,2) = 1/2 sum (2 u_k)^2 2 summed over one sample."""
    problem = cp_problem(order=2)
    square = derivative_correlation(problem, 0, 2)
    p, H = Polynomial.constant(1), Polynomial.symbol("H")
    found = expand(problem, 0, observable=square).coefficient(0).substitute({"p": p})
    sigma = Polynomial.symbol("sigma")
    assert found == 16 * sigma**4 * (H * H + 2 * H)


def test_refusals() -> None:
    problem = parse_problem(DEEP)
    for D, d in ((-1, 1), (0, 0), (True, 1), (0, 99)):
        with pytest.raises(BadInput):
            derivative_correlation(problem, D, d)
    with pytest.raises(BadInput, match="highest"):
        weak_correlations(problem, {"N": 1}, highest=0)
    with pytest.raises(BadInput, match="D, d"):
        weak_correlations(problem, {"N": 1}, highest=1).exponent(0, 2)
    decaying = DEEP.replace("over = []", 'over = [], decay = "1/2"')
    for bad in (parse_problem(decaying), problem.with_observable("output")):
        with pytest.raises(BadInput, match="without decay"):
            linearisation_error(bad, 4)
