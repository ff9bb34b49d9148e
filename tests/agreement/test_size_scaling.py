"""Deviations against the size: laws that were put in come out, noise is called noise."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.agreement.size_scaling import SizePoint, SizeScaling, rounded

SCALING = (("p", Fraction(1)), ("H", Fraction(2)), ("sigma", Fraction(-1, 2)), ("T", Fraction(0)))


def made(deviations: dict[int, float], error: float | None) -> SizeScaling:
    points = [
        SizePoint((("p", p), ("H", p * p), ("sigma", p**-0.5), ("T", 1.0)), 8, x, error, 1.0)
        for p, x in deviations.items()
    ]
    return SizeScaling(SCALING, tuple(points))


@given(st.floats(0.3, 2), st.floats(0.3, 30))
def test_a_power_law_comes_out(exponent: float, constant: float) -> None:
    found = made({p: constant * p**-exponent for p in (16, 32, 64)}, 1e-9)
    assert found.exponent == pytest.approx(exponent)
    assert found.falls
    needed = (100 * constant) ** (1 / exponent)
    assert found.needed == pytest.approx(needed, rel=1e-6)
    at = found.sizes_at(needed)
    assert at["H"] == pytest.approx(needed**2, rel=1e-6)
    assert at["sigma"] == pytest.approx(needed**-0.5, rel=1e-6)


def test_the_error_of_the_exponent_is_that_of_a_line_through_two_points() -> None:
    found = made({16: 0.2, 64: 0.05}, 0.005)
    errors = [0.005 / 0.2, 0.005 / 0.05]
    assert found.exponent == pytest.approx(1.0)
    assert found.exponent_error == pytest.approx(math.hypot(*errors) / math.log(4))


def test_noise_has_no_exponent() -> None:
    found = made({16: 0.02, 32: 0.03, 64: 0.01}, 0.02)
    assert found.exponent is found.exponent_error is found.needed is None
    assert "within the statistical error of 2 %" in found.verdict
    alone = made({16: 0.02, 32: 0.01}, None)
    assert alone.law is None
    assert "more seeds tell" in alone.verdict


def test_a_deviation_that_stays_has_no_size_that_is_enough() -> None:
    for deviations in ({16: 0.1, 32: 0.1, 64: 0.1}, {16: 0.1, 32: 0.2, 64: 0.4}):
        found = made(deviations, 0.001)
        assert not found.falls
        assert found.needed is None
        assert "not seen to fall" in found.verdict


def test_deviations_within_noise_do_not_bend_the_law() -> None:
    found = made({8: 0.4, 16: 0.2, 32: 0.1}, 0.001)
    more = SizeScaling(SCALING, (*found.points, *made({64: 0.001}, 0.01).points))
    assert more.exponent == pytest.approx(1.0)


def test_rounded_numbers() -> None:
    assert [rounded(x) for x in (0.0123, 12.34, 123.4, 98765.0, 1e9)] == [
        "0.012",
        "12",
        "120",
        "99000",
        "1e+09",
    ]


def test_a_last_point_within_noise_is_no_deviation_that_stays() -> None:
    points = made({32: 0.17, 64: 0.11}, 0.04).points + made({128: 0.01}, 0.01).points
    found = SizeScaling(SCALING, points)
    assert not found.falls
    assert "not seen to fall" not in found.verdict
    assert "statistical error: 1 % at p = 128; more seeds tell" in found.verdict
