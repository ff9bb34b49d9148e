"""Brackets against measures whose Laplace transform is known, and against non-measures."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import factorial

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pde.errors import InvalidInputError
from pde.summation.brackets import (
    NotMomentsError,
    gauss_rule,
    jacobi,
    laplace_brackets,
    mass_at_zero,
    radau_rule,
)

TIMES = [Fraction(0), Fraction(1, 3), Fraction(1), Fraction(7)]


def test_exponential_density() -> None:
    moments = [factorial(s) for s in range(25)]
    widths = []
    for count in (3, 8, 17, 25):
        found = laplace_brackets(moments[:count], TIMES)
        for t, bracket in zip(TIMES, found, strict=True):
            assert bracket.lower <= mpmath.mpf(1) / (1 + float(t)) <= bracket.upper
        widths.append(found[2].width)
    assert all(b < a for a, b in pairwise(widths))
    assert widths[-1] < 1e-8


def test_uniform_density() -> None:
    """mu uniform on [0, 1]: the transform is (1 - exp(-t))/t."""
    moments = [Fraction(1, s + 1) for s in range(20)]
    bracket = laplace_brackets(moments, [3])[0]
    with mpmath.workdps(40):
        exact = (1 - mpmath.exp(-3)) / 3
        assert bracket.lower <= exact <= bracket.upper
        assert bracket.width < mpmath.mpf(10) ** -15
    assert mass_at_zero(moments) < 0.02


points = st.lists(
    st.tuples(
        st.fractions(0, 20, max_denominator=20), st.fractions(Fraction(1, 9), 5, max_denominator=9)
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda pair: pair[0],
)


@given(points, st.integers(1, 16), st.fractions(0, 5, max_denominator=10))
def test_points_of_a_measure_are_enclosed(
    pairs: list[tuple[Fraction, Fraction]], count: int, time: Fraction
) -> None:
    moments = [sum((w * x**s for x, w in pairs), Fraction(0)) for s in range(count)]
    bracket = laplace_brackets(moments, [time])[0]
    with mpmath.workdps(50):
        exact = mpmath.fsum(
            mpmath.mpf(w.numerator)
            / w.denominator
            * mpmath.exp(-mpmath.mpf((time * x).numerator) / (time * x).denominator)
            for x, w in pairs
        )
        assert bracket.lower <= exact <= bracket.upper
        if count > 2 * len(pairs):
            assert bracket.width < mpmath.mpf(10) ** -20
            assert jacobi(moments).complete


@given(points, st.integers(1, 12))
def test_rules_reproduce_the_moments(pairs: list[tuple[Fraction, Fraction]], count: int) -> None:
    moments = [sum((w * x**s for x, w in pairs), Fraction(0)) for s in range(count)]
    with mpmath.workdps(40):
        for rule, known in (
            (gauss_rule(moments), count - count % 2),
            (radau_rule(moments), count - (1 - count % 2)),
        ):
            for s in range(known):
                total = mpmath.fsum(
                    w * (x**s if s else 1) for x, w in zip(rule.nodes, rule.weights, strict=True)
                )
                value = mpmath.mpf(moments[s].numerator) / moments[s].denominator
                assert abs(total - value) <= mpmath.mpf(10) ** -20 * (1 + abs(value))


def test_radau_has_a_node_at_zero() -> None:
    rule = radau_rule([factorial(s) for s in range(9)])
    assert rule.nodes[0] == 0
    assert len(rule.nodes) == 5


@pytest.mark.parametrize(
    ("moments", "order"),
    [
        ([-1], 0),
        ([1, -1, 2], 1),  # the mean is negative
        ([1, 2, 3], 2),  # the variance is negative
        ([1, 1, 2, 3], 3),  # fine on the line, not on the half-line
        ([1, 1, 1, 2], 3),  # a single point demands 1
        ([0, 1], 1),
    ],
)
def test_no_moments(moments: list[int], order: int) -> None:
    with pytest.raises(NotMomentsError) as refusal:
        laplace_brackets(moments, [1])[0]
    assert refusal.value.order == order


def test_refusals() -> None:
    with pytest.raises(InvalidInputError, match="negative times"):
        laplace_brackets([1, 1], [-1])[0]
    with pytest.raises(InvalidInputError, match="none given"):
        laplace_brackets([], [1])[0]


def test_nothing_left() -> None:
    assert laplace_brackets([0, 0, 0], [2])[0].upper < 1e-25
