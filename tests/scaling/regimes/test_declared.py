"""Kernel limits and feature learning as declared, against how far the kernel itself moves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem
from diagrams.scaling.regimes.declared import declared_regime
from diagrams.scaling.regimes.finding import regimes
from diagrams.series.expansion import expand

SYSTEMS = Path(__file__).parents[3] / "docs" / "systems"


def degree(coefficient: Polynomial, size: str) -> Fraction:
    """The largest power of a size in a polynomial."""
    return max(dict(powers).get(size, Fraction(0)) for powers, _ in coefficient.terms)


@pytest.mark.parametrize(
    ("name", "learning"),
    [
        ("deep_linear_mean_field", "rich"),
        ("ntk_one_hidden_layer", "lazy"),
        pytest.param("deep_linear_spectrum_mup", "rich", marks=pytest.mark.full),
        pytest.param("deep_linear_spectrum_ntk", "lazy", marks=pytest.mark.full),
    ],
)
def test_the_kernel_moves_in_the_end_only_where_features_are_learned(
    name: str, learning: str
) -> None:
    problem = load_problem(SYSTEMS / f"{name}.toml")
    found = declared_regime(regimes(problem, terms=6))
    assert found is not None
    assert found.learning == learning
    kernel = expand(problem.with_observable("kernel"), 2)
    start, *moved = (degree(kernel.coefficient(s), "N") for s in range(3))
    assert start == 0
    assert (max(moved) == 0) is (learning == "rich")
    assert (max(moved) < 0) is (learning == "lazy")


def test_nothing_is_said_where_the_width_alone_gives_another_time() -> None:
    assert declared_regime(regimes(cp_problem(order=3, ties="asym"), terms=2)) is None
