"""Cumulants and levels: brute force, direct simulation, and identities between them."""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from pathlib import Path

import numpy as np
import pytest

from diagrams.errors import BadInput
from diagrams.flow import simulate
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem, read_problem
from diagrams.series.cumulants import cumulant, cumulant_texts
from diagrams.series.expansion import Series, expand
from tests.truth.brute_force import cp_loss
from tests.truth.polynomial_flow import Gaussian, averaged_flow, multiply

FOLDER = Path(__file__).parents[1] / "problems"
TEACHER = read_problem(FOLDER / "two_layer_teacher.toml")


def at(polynomial: Polynomial, **values: int | Fraction) -> Fraction:
    constants = {name: Polynomial.constant(value) for name, value in values.items()}
    result = polynomial.substitute(constants)
    assert not result.symbols
    return sum((c for _, c in result.terms), Fraction(0))


@pytest.mark.parametrize(
    ("order", "ties", "p", "H", "terms"),
    [(2, (2,), 2, 2, 2), (2, (1, 1), 2, 1, 2), (3, (3,), 2, 1, 2), (3, (2, 1), 1, 2, 2)],
)
def test_variance_of_the_loss_by_brute_force(
    order: int, ties: tuple[int, ...], p: int, H: int, terms: int
) -> None:
    series = cumulant(cp_problem(order, ties), ("loss", "loss"), terms)
    loss = cp_loss(order, ties, p, H)
    weights = [Gaussian("u")] * (len(ties) * p * H)
    squares = multiply(loss, loss)
    means = [sum(averaged_flow(loss, loss, weights, s).values()) for s in range(terms + 1)]
    for s in range(terms + 1):
        mean_square = sum(averaged_flow(squares, loss, weights, s).values())
        product = sum(
            Fraction(factorial(s), factorial(j) * factorial(s - j)) * means[j] * means[s - j]
            for j in range(s + 1)
        )
        assert at(series.coefficient(s), p=p, H=H, sigma=1) == mean_square - product


@pytest.mark.parametrize(("ties", "until", "change"), [("asym", 0.1, 0.4), ("sym", 0.05, 0.0)])
def test_variance_of_the_loss_by_simulation(ties: str, until: float, change: float) -> None:
    """At times short enough that the last of six terms is small against the sampling error."""
    problem = cp_problem(order=2, ties=ties)
    run = simulate(problem, p=3, H=4, sigma=0.25, until=until, seeds=3000, points=2)
    losses = np.array(run.losses)
    series = cumulant(problem, ("loss", "loss"), 6)
    for place, t in enumerate(run.times):
        parts = [
            float(at(series.coefficient(s), p=3, H=4, sigma=Fraction(1, 4))) * t**s / factorial(s)
            for s in range(7)
        ]
        assert abs(parts[-1]) < 5e-3 * sum(parts)
        assert not place or abs(parts[0] - sum(parts)) > change * sum(parts)
        sample = losses[:, place]
        fourth = np.mean((sample - sample.mean()) ** 4)
        error = np.sqrt((fourth - sample.var() ** 2) / len(sample))
        assert abs(sample.var() - sum(parts)) < 4 * error


def test_cumulants_of_one_and_three() -> None:
    problem = cp_problem(order=2, ties="asym")
    assert cumulant(problem, ("loss",), 2).coefficients == expand(problem, 2).coefficients
    third = cumulant(problem, ["u[k,i]^2"] * 3, 1)
    assert third.coefficient(0) == 8 * Polynomial.monomial(1, {"p": 1, "H": 1, "sigma": 6})


def test_covariance_is_bilinear_and_symmetric() -> None:
    both = ("a[k]^2", "W[k,i]^2")
    one, other = (cumulant(TEACHER, pair, 2).coefficients for pair in (both, both[::-1]))
    assert one == other
    sums = cumulant(TEACHER, ("a[k]^2 + 3 W[k,i]^2", "a[k]^2"), 2).coefficients
    apart = cumulant(TEACHER, ("a[k]^2", "a[k]^2"), 2).coefficients
    assert sums == tuple(a + 3 * b for a, b in zip(apart, one, strict=True))


def test_conserved_difference_has_constant_variance() -> None:
    """sum of a^2 - W^2 is conserved by a two-layer linear network, so all its cumulants are."""
    norm = "a[k]^2 - W[k,i]^2"
    for number in (1, 2, 3):
        series = cumulant(TEACHER, [norm] * number, 2)
        assert series.coefficient(0) or number == 1
        assert not any(series.coefficients[1:])


def test_json() -> None:
    problem = parse_problem((FOLDER / "two_layer_teacher.toml").read_text())
    series = cumulant(problem, ("loss", "a[k]^2"), 1)
    assert Series.from_json(series.to_json()) == series
    assert "cumulant(loss, a[k]^2)" in str(series)
    assert "E[cumulant" not in str(series)


def test_texts() -> None:
    assert cumulant_texts("star(a, b)") is None
    assert cumulant_texts(" cumulant(A[i,j], star(B, C)) ") == ["A[i,j]", "star(B, C)"]


@pytest.mark.parametrize("observables", ["loss", (), ("loss",) * 5, ("output",), ("t[i]", "x")])
def test_refusals(observables: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        cumulant(TEACHER, observables, 1)
    with pytest.raises(BadInput):
        cumulant(TEACHER, ("K[i,j] = a[k] W[k,i] W[l,j]", "loss"), 1)
