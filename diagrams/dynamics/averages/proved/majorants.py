"""Geometric majorants of Taylor coefficients, for many points at a time, in double precision.

If ``|Y_m| <= M ratio^m`` for the known coefficients of a polynomial, the coefficients of a product
of k such polynomials are at most ``M_1 .. M_k binomial(m + k - 1, k - 1) ratio^m``: that bounds
what a Taylor polynomial lacks of obeying an equation with products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp, inf
from typing import Any

import numpy
from flint import arb

from diagrams.dynamics.averages.proved.limbs import BITS, floats
from diagrams.dynamics.roads.coordinates.averages import MeanField

Array = Any

RATIOS = (0.1, 0.18, 0.3, 0.5, 0.8, 1.3)
"""Ratios of the geometric majorants that are tried."""

SAFE = 1.001
"""What sums in double precision are enlarged by: more than their rounding."""


@dataclass(frozen=True)
class Bounds:
    """Bounds on some points during a step: majorants for every ratio, of products and of rates.

    ``sizes`` and ``products`` bound all of a point, in ``N`` and in ``Pi`` over its scale.
    """

    shares: Array
    sizes: Array
    products: Array
    largest: float
    firsts: list[Array]
    decays: list[Array]
    strengths: list[float]
    majorants: list[tuple[Array, Array]]

    @staticmethod
    def of(
        weights: Array,
        series: Sequence[Array],
        rates: list[Array],
        unit: float,
        system: MeanField,
        scale: float,
    ) -> Bounds:
        """The bounds from weights and tables; rates are absolute values of coefficients."""
        exponents, degree = system.exponents, sum(system.exponents)
        u = [float(x) for x in system.strengths]
        smallest = 2.0 ** (-BITS * len(weights))
        sizes = [abs(floats(s)) * SAFE + smallest for s in series]
        sums = [s.sum(axis=0) for s in sizes]
        firsts = [floats(s[0]) for s in series]
        counts = numpy.arange(float(len(sizes[0])))
        swiftest = max(float(row.sum()) for row in rates)
        swell = SAFE * exp(min(swiftest * degree, 50.0))
        decays = [
            unit * scale ** (degree - 1) * swell * x * without(firsts, exponents, c) + swiftest
            for c, x in enumerate(u)
        ]
        majorants = []
        for ratio in RATIOS:
            powers = ratio**-counts
            tops = [(s * powers[:, None]).max(axis=0) for s in sizes]
            product = numpy.full_like(tops[0], len(u) * unit * scale**degree)
            linear = numpy.zeros_like(product)
            for top, e, x, row in zip(tops, exponents, u, rates, strict=True):
                product = product * top**e
                linear = linear + float((row * powers[:-1]).max()) * top * scale / x
            majorants.append((product, linear))
        whole_point = sum((s * scale / x for s, x in zip(sums, u, strict=True)), 0 * sums[0])
        products = numpy.ones_like(sums[0])
        for total, e in zip(sums, exponents, strict=True):
            products = products * total**e
        largest = max(float(s.max()) for s in sums)
        strengths = [x / scale for x in u]
        return Bounds(
            abs(floats(weights)) * SAFE + smallest,
            whole_point,
            products,
            largest,
            firsts,
            decays,
            strengths,
            majorants,
        )

    def bad(self, off: Array, part: float) -> Array:
        """Which points may leave the positive numbers, if they are off by so much."""
        found = numpy.zeros(len(off), dtype=bool)
        for x, decay, strength in zip(self.firsts, self.decays, self.strengths, strict=True):
            found |= ~(off * strength * SAFE < x * numpy.exp(-decay * part * SAFE))
        return found


def frozen_majorants(frozen: list[list[arb]], rates: list[Array], system: MeanField) -> list[float]:
    """For every ratio the bound on the defect of frozen points: the same recurrence, cut alike."""
    found = []
    for ratio in RATIOS:
        total = 0.0
        for series, row, u in zip(frozen, rates, system.strengths, strict=True):
            top = max(float(abs(x).upper()) * ratio**-m for m, x in enumerate(series))
            total += top * float((row * ratio ** -numpy.arange(float(len(row)))).max()) / float(u)
        found.append(total * SAFE)
    return found


def without(values: Sequence[Array], exponents: Sequence[int], colour: int) -> Array:
    """The product of powers divided by one of its variables."""
    found = numpy.ones_like(values[0])
    for c, (x, e) in enumerate(zip(values, exponents, strict=True)):
        found = found * abs(x) ** (e - (c == colour))
    return found


def tail(ratio: float, first: int, factors: int) -> float:
    """The sum of ``binomial(m + k - 1, k - 1) ratio^m`` over ``m >= first``, for k factors."""
    falls = ratio * (first + factors) / (first + 1)
    if not falls < 1:
        return inf
    return SAFE * comb(first + factors - 1, factors - 1) * ratio**first / (1 - falls)
