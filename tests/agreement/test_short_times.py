"""The exact series at finite sizes: coefficients, best truncation, and how far it reaches."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams import cp_problem, simulate
from diagrams.agreement.short_times import LEAVES, ShortTimes, short_times
from diagrams.flow import FlowSettings

ONE = {"p": Fraction(1), "H": Fraction(1), "sigma": Fraction(1)}
FREE = cp_problem(order=2, target="zero")


def exact_loss(t: float) -> float:
    """E[u^4/(2 (1 + 4 u^2 t)^2)] over a normal u: p = H = 1, order 2, free."""

    def density(u: float) -> mpmath.mpf:
        return u**4 / (2 * (1 + 4 * u**2 * t) ** 2) * mpmath.npdf(u)

    return float(2 * mpmath.quad(density, [0, 1, 3, 6, 12]))


@cache
def known() -> ShortTimes:
    return short_times(FREE, ONE, 1.0, 12)


def test_coefficients_of_a_single_weight() -> None:
    """Y_s = (-4)^s (s+1)! (2s+3)!!/2, from the geometric series under the average."""
    for s, y in enumerate(known().derivatives):
        odd = math.prod(range(2 * s + 3, 0, -2))
        assert y == (-4) ** s * math.factorial(s + 1) * odd / 2


@given(st.floats(1e-6, 0.1))
def test_the_error_of_the_best_truncation_is_its_smallest_term(t: float) -> None:
    """The exact curve is a Stieltjes function: its series alternates and brackets it."""
    total, error = known().truncated(t)
    assert abs(total - exact_loss(t)) <= error * (1 + 1e-9) + 1e-12


def test_where_it_leaves_the_smallest_term_is_one_per_cent() -> None:
    leaves = known().reach(1.0)
    assert leaves is not None
    for t, good in ((0.999 * leaves, True), (1.001 * leaves, False)):
        total, error = known().truncated(t)
        scale = min(abs(total), abs(total - known().derivatives[0]))
        assert (error <= LEAVES * scale * 1.0001) == good


def test_more_orders_help_until_the_series_is_asymptotic() -> None:
    few, many = ShortTimes(known().derivatives[:4], 1.0), known()
    near, far = few.reach(1.0), many.reach(1.0)
    assert near is not None
    assert far is not None
    assert near < far
    assert few.exhausted(near)
    late = 0.05
    assert not many.exhausted(late)
    assert many.truncated(late) == ShortTimes(known().derivatives[:9], 1.0).truncated(late)


def test_time_is_counted_in_units_of_t() -> None:
    slow = ShortTimes(known().derivatives, 8.0)
    assert slow.truncated(0.08) == pytest.approx(known().truncated(0.01))
    assert slow.reach(8.0) == pytest.approx(8 * (known().reach(1.0) or 0), rel=1e-9)
    assert slow.reach(1e-6) is None


def test_modular_targets_are_taken_at_the_size_itself() -> None:
    """At even p the coefficients of modular addition differ from those at odd p."""
    problem = cp_problem(order=3, target="modular")
    at = {"p": Fraction(2), "H": Fraction(2), "sigma": Fraction(1, 2)}
    series = short_times(problem, at, 1.0, 1)
    run = simulate(
        problem,
        p=2,
        H=2,
        sigma=0.5,
        until=0.0005,
        seeds=4000,
        points=2,
        settings=FlowSettings(check=False),
    )
    for t, mean, error in zip(run.times, run.mean, run.standard_error, strict=True):
        assert error is not None
        assert abs(mean - series.derivatives[0] - series.derivatives[1] * t) < 4 * error + 0.01
    slopes = [(row[1] - row[0]) / run.times[1] for row in run.losses]
    middle = math.fsum(slopes) / len(slopes)
    spread = math.sqrt(math.fsum((x - middle) ** 2 for x in slopes)) / len(slopes)
    assert abs(middle - series.derivatives[1]) < 5 * spread


def test_a_term_that_is_small_by_accident_ends_the_drawing() -> None:
    """The second term is the smallest from t = 1.36 on, and the third ten times as large."""
    terms = (12, -0.72, 0.055, -0.48, 0.085, -0.11, 0.048, -0.02, 0.015, -0.0065)
    found = ShortTimes(tuple(c * math.factorial(s) for s, c in enumerate(terms)), 1.0)
    end = found.reach(2.0, 0.2)
    assert end is not None
    assert (found.smallest(0.99 * end), found.smallest(1.01 * end)) == (9, 2)
