"""Weak correlations of deep linear networks, and their distance from the linearised model."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy

from diagrams.flow import FlowSettings, simulate
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.files import read_problem
from diagrams.series.correlations import derivative_correlation, weak_correlations
from diagrams.series.expansion import expand
from diagrams.series.levels import levels
from diagrams.series.linearisation import linearisation_error
from tests.truth.deep_linear import deep_linear

FOLDER = Path(__file__).parents[2] / "docs" / "systems"
HALF = Fraction(1, 2)


def test_library_and_file_agree() -> None:
    """The file writes C_(0,2) and C_(1,1) as stars; the library takes derivatives."""
    problem = read_problem(FOLDER / "ntk_one_hidden_layer.toml")
    for (D, d), name in (((0, 2), "C02_squared"), ((1, 1), "C11_squared")):
        square = derivative_correlation(problem, D, d)
        terms = 0 if (D, d) == (0, 2) else 1
        left = expand(problem, terms, observable=square)
        assert left.coefficients == expand(problem, terms, observable=name).coefficients
    start = linearisation_error(problem, 4).coefficient(4)
    assert start == 6 * expand(problem, 0, observable="departure_squared").coefficient(0)


@pytest.mark.parametrize(
    ("layers", "name"),
    [(2, "NTK"), (3, "NTK"), (2, "muP"), (3, "muP"),
     pytest.param(4, "NTK", marks=pytest.mark.full),
     pytest.param(4, "muP", marks=pytest.mark.full)],
)  # fmt: skip
def test_exponents_with_depth(layers: int, name: str) -> None:
    found = weak_correlations(deep_linear(layers, name), {"N": 1})
    assert found.weak == (name == "NTK")
    assert found.exponent(0, 1) == 0
    if name == "NTK":
        for D, d, _ in found.moments:
            if (D, d) != (0, 1):
                assert found.exponent(D, d) == (1 - d if d >= 2 else -HALF), (D, d)
        assert found.largest == -HALF
    else:
        assert found.largest == Fraction(layers - 2, 2)


def test_three_layers_exactly() -> None:
    moments = {
        (D, d): moment
        for D, d, moment in weak_correlations(deep_linear(3, "NTK"), {"N": 1}).moments
    }
    N = Polynomial.symbol("N")
    assert moments[0, 2] == 17 * N**-2 + 46 * N**-3 + 36 * N**-4
    assert moments[2, 1] == N**-1 + N**-2 / 2


@pytest.mark.parametrize("terms", [5, pytest.param(8, marks=pytest.mark.full)])
def test_summed_distance_of_two_layers(terms: int) -> None:
    """N (f - f_lin) at large N solves g' = -2 g + (f^2 - f0^2)(y - f); its square is averaged."""
    y, t, s, f0 = sympy.symbols("y t s f0")
    line = y + (f0 - y) * sympy.exp(-2 * t)
    force = sympy.expand((line**2 - f0**2) * (y - line) * sympy.exp(2 * t))
    gap = sympy.expand(sympy.exp(-2 * t) * sympy.integrate(force.subs(t, s), (s, 0, t)))
    square = sympy.Poly(sympy.expand(gap**2), f0)
    mean = sum(c * (sympy.factorial2(m - 1) if m % 2 == 0 else 0) for (m,), c in square.terms())
    taylor = sympy.Poly(sympy.series(mean, t, 0, terms + 1).removeO(), t)
    table = levels(linearisation_error(deep_linear(2, "NTK"), terms), {"N": 1})
    for order in range(terms + 1):
        leading = table.leading(order)
        assert leading is None if order < 4 else leading is not None and leading[0] == -2
        expected = sympy.factorial(order) * taylor.coeff_monomial(t**order)
        found = table.level(order, -2).to_sympy()
        assert sympy.expand(found - expected) == 0, order


def test_distance_by_simulation() -> None:
    """f by the simulator, f_lin from its first output and kernel, at small times."""
    problem = deep_linear(2, "NTK")
    run = simulate(
        problem,
        N=10,
        y=1,
        until=0.03,
        points=[0, 0.03],
        seeds=20_000,
        settings=FlowSettings(check=False, tolerance=1e-11),
        observables=["output", "kernel"],
    )
    f, K = (np.array(run.observable(name).rows) for name in ("output", "kernel"))
    line = 1 + (f[:, 0] - 1) * np.exp(-K[:, 0] * 0.03)
    square = (f[:, 1] - line) ** 2
    series = linearisation_error(problem, 5)
    values = {"N": Polynomial.constant(10), "y": Polynomial.constant(1)}
    numbers = [float(sum(c for _, c in p.substitute(values).terms)) for p in series]
    expected = numbers[4] * 0.03**4 / 24 + numbers[5] * 0.03**5 / 120
    error = square.std() / len(square) ** 0.5
    assert abs(square.mean() - expected) < 5 * error
    assert error < 0.3 * expected
