"""Points of a grid in fixed-point numbers, their tables in a step, and what a step has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy
from flint import arb, arb_poly

from diagrams.dynamics.averages.proved.limbs import BITS, Array, checked, dot, floats, rows_of
from pde.numbers.balls import ball


@dataclass
class Points:
    """Some points of the grid: weights and coordinates as limbs, the coordinates over a scale."""

    weights: Array
    squares: list[Array]


@dataclass(frozen=True)
class Step:
    """A step: polynomials in the part of the unit of time, and what they may be off by.

    ``averages`` are those of the points, ``rates`` those that were used, ``gaps`` bounds on how far
    these are from the rates of the averages.  ``moved`` bounds ``N`` of the points on the way, and
    ``product_error`` what is left out of the average of ``Pi``.
    """

    begin: Fraction
    length: Fraction
    unit: Fraction
    averages: tuple[arb_poly, ...]
    product: arb_poly
    product_error: arb
    rates: tuple[arb_poly, ...]
    gaps: tuple[arb, ...]
    moved: arb

    def part(self, time: Fraction) -> arb:
        """The argument of the polynomials at a time."""
        return ball((time - self.begin) / self.unit)


@dataclass
class Tables:
    """Coefficients of some points: of every colour, and of the products that build up ``Pi``."""

    weights: Array
    shares: Array
    series: list[Array]
    factors: list[int]
    chain: list[Array]

    @staticmethod
    def begun(points: Points, order: int, exponents: Sequence[int]) -> Tables:
        """Tables with their first rows."""
        series = [numpy.zeros((order + 1, *y.shape)) for y in points.squares]
        for table, y in zip(series, points.squares, strict=True):
            table[0] = y
        factors = [c for c, e in reversed(list(enumerate(exponents))) for _ in range(e)]
        chain = [series[factors[0]]]
        chain += [numpy.zeros_like(series[0]) for _ in factors[1:]]
        return Tables(points.weights, floats(points.weights), series, factors, chain)

    def multiply(self, n: int) -> None:
        """The n-th coefficients of all products."""
        for k in range(1, len(self.factors)):
            one = self.series[self.factors[k]][: n + 1]
            self.chain[k][n] = checked(dot(one, self.chain[k - 1][: n + 1]))


def scaled(value: int, bits: int) -> arb:
    """Return a fixed-point number."""
    return arb((value, -bits)) if value else arb(0)


def integer(value: arb, bits: int) -> int:
    """The middle of a ball in units of ``2^-bits``."""
    mantissa, exponent = value.mid().man_exp()
    shift = int(exponent) + bits
    return int(mantissa) << shift if shift >= 0 else int(mantissa) >> -shift


def shifted(value: Fraction, limbs: int) -> tuple[int, Array]:
    """A scalar as limbs, and how many places it is moved up."""
    shift = 0
    while abs(value) > 1 << (BITS * shift):
        shift += 1
    unit = int(value * (1 << (BITS * limbs)) / (1 << (BITS * shift)))
    return shift, rows_of([unit], limbs)[:, 0].copy()
