"""Numbers of a loss whose spectrum obeys an algebraic equation without a closed solution.

``E[L(t)]`` is the integral of ``exp(-2 x t/T)`` over the spectrum: the inverse of a Laplace
transform whose values are sums over planar words.  It is taken on a parabola around the
spectrum (Weideman and Trefethen, Mathematics of Computation 76, 2007), where the planar equations
are followed from large arguments on by Newton's method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Rational

from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.roads.spectra.algebraic import unknowns
from diagrams.dynamics.roads.spectra.planar import Planar
from diagrams.dynamics.roads.spectra.response import Response
from diagrams.errors import OutsideDomain
from diagrams.polynomials.evaluation import float_at
from pde.numbers.evaluation import Value

Complex = NDArray[np.complex128]

POINTS = (22, 30)
"""Half the numbers of points of two parabolas; their difference is the error."""
FAR = 1e4
STEPS = 60
NEWTON = 4
FIRST = 30
ROUNDING = 1e-11


@dataclass(frozen=True)
class ByContour(Numbers):
    """Numbers of a response without decay, for ``t >= 0``."""

    response: Response

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times, to some ten digits."""
        if any(t < 0 for t in times):
            raise OutsideDomain("the spectrum is known by numbers for t >= 0 only", "t", "0")
        return tuple(self._at(values, t) for t in times)

    def _at(self, values: Mapping[str, Rational], time: Rational) -> Value:
        response = self.response
        first, second = response.moments(2)
        weight = 1 / 2
        moments = [float_at(a + b, values) for a, b in zip(first, second, strict=True)]
        clock = float(time / values.get("T", Rational(1)))
        if not clock:
            found = weight * moments[0]
            return _value(found, abs(found) * ROUNDING)
        unit = moments[2] / moments[1]
        transforms = [
            _Transform(planar, values, unit) for planar in response.parts if planar.square.terms
        ]
        sums = [sum(_inverse(t, 2 * clock * unit, n) for t in transforms) for n in POINTS]
        falling = np.exp(-2 * float_at(response.shift, values) * clock) * weight
        size = abs(weight * moments[0]) * ROUNDING
        return _value(falling * sums[1], falling * abs(sums[1] - sums[0]) + size)


def _value(number: float, error: float) -> Value:
    return Value(mpmath.mpf(float(number)), mpmath.mpf(float(error)), "two tolerances")


def _inverse(transform: _Transform, time: float, count: int) -> float:
    """The inverse Laplace transform at a time in units of the transform."""
    step, scale = 3 / count, np.pi * count / (12 * time)
    along = (1j * (np.arange(count) + 0.5) * step + 1).astype(np.complex128)
    places = scale * along**2
    terms = np.exp(places * time) * transform(places) * 2j * scale * along
    return float((step * terms.sum() / (1j * np.pi)).real)


class _Transform:
    """``sum_s m_s (-1)^s y^(-s-1)`` of planar moments, ``m_s`` in powers of a unit."""

    def __init__(self, planar: Planar, values: Mapping[str, Rational], unit: float) -> None:
        started = [pair for pair in ((1, 0), (0, 0)) if pair in planar.products]
        names = list(dict.fromkeys(p for root in started for p in unknowns(planar, root)))
        place = {pair: k for k, pair in enumerate(names)}
        self.ones = np.array([float(a == b) for a, b in names])
        self.terms = [
            (k, float_at(t.weight, values) / unit**t.power, t.power, place[t.inner], place[t.outer])
            for k, pair in enumerate(names)
            for t in planar.products[pair]
        ]
        outside = float_at(planar.outside, values)
        self.read = np.zeros(len(names))
        if (1, 0) in place:
            self.read[place[1, 0]] = outside
        self.read[place[0, 0]] += outside * float_at(planar.square.of(()), values)

    def __call__(self, places: Complex) -> Complex:
        found = np.tile(self.ones.astype(complex), (len(places), 1))
        far = np.maximum(FAR / np.abs(places), 1.0)
        for _ in range(FIRST):
            found = self._sides(found, -1 / (places * far))
        for k in range(STEPS + 1):
            z = -1 / (places * far ** (1 - k / STEPS))
            for _ in range(NEWTON):
                off = self._sides(found, z) - found
                found = found - np.linalg.solve(self._slopes(found, z), off[..., None])[..., 0]
        result: Complex = found @ self.read / places
        return result

    def _sides(self, found: Complex, z: Complex) -> Complex:
        made = np.tile(self.ones.astype(complex), (len(z), 1))
        for k, weight, power, inner, outer in self.terms:
            made[:, k] += weight * z**power * found[:, inner] * found[:, outer]
        return made

    def _slopes(self, found: Complex, z: Complex) -> Complex:
        made = np.tile(-np.eye(len(self.ones), dtype=complex), (len(z), 1, 1))
        for k, weight, power, inner, outer in self.terms:
            made[:, k, inner] += weight * z**power * found[:, outer]
            made[:, k, outer] += weight * z**power * found[:, inner]
        return made
