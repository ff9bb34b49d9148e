"""Moments, cumulants and finite laws."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

import pytest

from diagrams.errors import BadInput
from diagrams.graphs.moment_problem import finite_law, recurrence
from diagrams.graphs.shapes import Kind, Shape
from diagrams.polynomials.polynomial import Polynomial


def partitions(items: tuple[int, ...]) -> list[list[tuple[int, ...]]]:
    """All set partitions."""
    if not items:
        return [[]]
    first, *rest = items
    found = []
    for chosen in product((False, True), repeat=len(rest)):
        inside = [x for x, here in zip(rest, chosen, strict=True) if here]
        outside = tuple(x for x, here in zip(rest, chosen, strict=True) if not here)
        found += [[(first, *inside), *others] for others in partitions(outside)]
    return found


def by_moments(shape: Shape, order: int) -> Polynomial:
    """The moment as a sum over set partitions of products of cumulants."""
    return sum(
        (
            prod((shape.cumulant(len(block)) for block in found), start=Polynomial.constant(1))
            for found in partitions(tuple(range(order)))
        ),
        start=Polynomial(),
    )


SYMBOLIC = Shape(
    Kind.MOMENTS,
    (
        Polynomial(),
        *(Polynomial.symbol(name) for name in ("v", "skew")),
        Polynomial.symbol("kappa") + 1,
        *(Polynomial.symbol(name) for name in ("m5", "m6")),
    ),
)


@pytest.mark.parametrize("shape", [Shape(Kind.RADEMACHER), Shape(Kind.UNIFORM), SYMBOLIC])
def test_moments_of_cumulants(shape: Shape) -> None:
    for order in range(1, 7):
        assert by_moments(shape, order) == shape.moment(order)


def test_known_cumulants() -> None:
    """Those of +-1 are the numbers of log cosh; of Gaussian moments, the variance alone."""
    signs = [str(Shape(Kind.RADEMACHER).cumulant(k)) for k in (2, 4, 6, 8, 10)]
    assert signs == ["1", "-2", "16", "-272", "7936"]
    gaussian = [Polynomial.constant(n) for n in (0, 1, 0, 3, 0, 15, 0, 105)]
    found = Shape(Kind.MOMENTS, tuple(gaussian))
    assert [str(found.cumulant(k)) for k in range(1, 9)] == ["0", "1", *["0"] * 6]


def test_a_missing_moment_is_named() -> None:
    with pytest.raises(BadInput, match="7 or more: .* the moment of order 7"):
        SYMBOLIC.cumulant(7)
    for moments in ((), (Polynomial(),), (Polynomial.constant(1),) * 2):
        with pytest.raises(BadInput, match="moments"):
            Shape(Kind.MOMENTS, moments)
    with pytest.raises(BadInput, match="none for others"):
        Shape(Kind.UNIFORM, (Polynomial(), Polynomial.constant(1)))


LAWS = (
    [(-1, Fraction(2, 3)), (2, Fraction(1, 3))],
    [(-1, Fraction(1, 4)), (0, Fraction(1, 4)), (1, Fraction(1, 4)), (3, Fraction(1, 4))],
    [(5, Fraction(1))],
)


@pytest.mark.parametrize("law", LAWS)
def test_finite_laws_have_the_moments(law: list[tuple[int, Fraction]]) -> None:
    for count in range(1, 9):
        moments = [sum(w * Fraction(x) ** k for x, w in law) for k in range(1, count + 1)]
        points, weights = finite_law(moments)
        assert len(points) <= count // 2 + 1
        for k, moment in enumerate(moments, 1):
            found = sum(w * x**k for x, w in zip(points, weights, strict=True))
            assert found == pytest.approx(float(moment), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("moments", ["0 -1", "0 1 0 1/2", "0 1 1 1", "0 0 1", "0 1 0 1 0 2"])
def test_numbers_that_are_no_moments(moments: str) -> None:
    with pytest.raises(BadInput, match="moments that some law has"):
        recurrence([Fraction(moment) for moment in moments.split()])
