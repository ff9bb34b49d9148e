"""Averages over colours that move together, by interpolation of the average over directions.

As :mod:`diagrams.dynamics.averages.equal.radial_table`, for all targets other than two colours of
power two. The average ``Q(y)`` over directions is analytic and at most ``Q(0)`` for ``Re y >= 0``.
Hence

* as a function of ``log y`` it is analytic in the strip of half width ``pi/2``: on panels of
  ``log y`` it is interpolated at the points of Chebyshev;
* for ``r = r_k (1 + z/3)`` so are sums of values ``Q(r rho^(n-1))`` in ``z``, analytic in the half
  plane ``Re z > -3``.

With values at most ``M`` in an ellipse of Bernstein with parameter ``rho``, a polynomial of degree
``N`` misses at most ``4 M rho^(-N)/(rho - 1)``; its derivative, with ``M``, by Markov's inequality.
What the values miss grows at most by ``2 + log(N + 1)`` (Trefethen, Approximation Theory, theorems
8.2 and 15.2).

At zero, ``|Q_l| <= ((1 - t)^(-1/(n-1))) (t k^(n-1))^(-l)/k`` for ``t < 1``: with all signs reversed
the sum of ``k`` squares obeys ``dS/dy <= k (S/k)^n/(n - 1)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Protocol

import flint
from flint import arb, arb_mat, arb_poly, fmpz_poly

from diagrams.dynamics.averages.equal.flow_coefficients import flow_coefficients
from diagrams.dynamics.averages.equal.moment_table import WIDTH, Average
from diagrams.dynamics.averages.equal.radial_table import RadialTable, coefficient_count
from pde.numbers.balls import ball

LENGTH = 1.0
"""Half the length of a panel in ``log y``."""

REACH = arb(513) / 512
"""Interpolation in ``z`` reaches a little beyond a panel, where balls may."""

NEARER = 0.9
"""The part of the radius of convergence that is used."""


class Directions(Protocol):
    """The average over directions at single points."""

    @property
    def digits(self) -> int:
        """The digits to which the rule is made."""

    @property
    def proved(self) -> bool:
        """Whether the error of the rule is proved."""

    def values(self, points: list[arb]) -> list[arb]:
        """``Q`` at rising ``y > 0``, as balls."""


@dataclass
class Interpolated:
    """``Q(y)`` for ``colours`` colours of power ``2 half``; its first coefficients are exact."""

    colours: int
    half: int
    rule: Directions
    _panels: dict[int, tuple[arb_poly, arb]] = field(default_factory=dict)

    @property
    def first(self) -> arb:
        """``Q(0)``, the largest value."""
        return arb(1) / self.colours

    @property
    def radius(self) -> float:
        """``|Q_l| <= largest radius^(-l)``."""
        return NEARER * float(self.colours ** (self.colours * self.half - 1))

    @property
    def largest(self) -> arb:
        """The constant of that bound."""
        return self.first * arb(1 - NEARER) ** (-arb(1) / (self.colours * self.half - 1))

    @cached_property
    def coefficients(self) -> list[arb]:
        """Taylor coefficients at ``y = 0``: those of the average, over moments of ``rho``."""
        k, speed = self.colours, self.colours * self.half - 1
        exact = flow_coefficients(
            (2 * self.half,) * k, (2,) + (0,) * (k - 1), coefficient_count(self.rule.digits)
        )
        found, moment, power = [], k, 1
        for order, c in enumerate(exact):
            found.append(ball(c) * (-1) ** order / moment)
            for _ in range(speed):
                moment *= k + 2 * power
                power += 1
        return found

    def at(self, log: arb) -> tuple[arb, arb]:
        """Return ``Q`` at a point given by its logarithm, and a bound on the error."""
        number = math.floor(float(log) / (2 * LENGTH))
        polynomial, error = self._panel(number)
        place = (log - (2 * number + 1) * arb(LENGTH)) / LENGTH
        with flint.ctx.workprec(flint.ctx.prec + 4 * len(polynomial)):
            value = polynomial(place.mid())
        # the slope of the polynomial by Markov's inequality
        return value.mid(), error + value.rad() + place.rad() * len(polynomial) ** 2

    def _panel(self, number: int) -> tuple[arb_poly, arb]:
        if number not in self._panels:
            slope = math.pi / 2 / LENGTH
            rho = slope + math.sqrt(1 + slope * slope)
            count = math.ceil((self.rule.digits + 2) * math.log(10) / math.log(rho)) + 1
            nodes = _nodes(count, flint.ctx.prec)
            centre = (2 * number + 1) * arb(LENGTH)
            values = self.rule.values([(centre + LENGTH * x).exp() for x in nodes])
            error = interpolation_error(self.first, rho * (1 - 1e-9), count)
            error += max(v.rad() for v in values) * _lebesgue(count)
            self._panels[number] = interpolating(values), error.upper()
        return self._panels[number]


class SampledTable(RadialTable):
    """The table for ``colours`` colours of power ``2 half``; ``rule`` sets the digits.

    >>> from diagrams.dynamics.averages.equal.two_directions import TwoColours
    >>> table = SampledTable(2, 2, TwoColours(2, 18))
    >>> with flint.ctx.workprec(table.bits):
    ...     k = table.place(arb(1))
    ...     panel, average = table.panel(k), table.average(2, k)
    ...     found = average((1 - panel.left) / panel.width)
    >>> print(found.str(8, radius=False), bool(found.rad() < 1e-10))
    0.82351997 True
    """

    def __init__(self, colours: int, half: int, rule: Directions) -> None:
        self.sampled = Interpolated(colours, half, rule)
        self._rows: dict[int, tuple[list[arb], arb]] = {}
        super().__init__(colours, half, rule.digits, self.sampled)

    @cached_property
    def _logs(self) -> list[arb]:
        """``log(1 + z/3)`` at the points of interpolation."""
        nodes = _nodes(self._degree + 1, flint.ctx.prec)
        return [(1 + REACH * (1 + x) / 2 / WIDTH).log() for x in nodes]

    @property
    def _degree(self) -> int:
        return math.ceil((self.goal + 2) * math.log(10) / math.log(self._ellipse))

    @property
    def _ellipse(self) -> float:
        """The parameter of the ellipse about the points in the half plane ``Re z > -3``."""
        major = 1 + 2 * WIDTH / float(REACH)
        return (major + math.sqrt(major * major - 1)) * (1 - 1e-9)

    def _far(self, weights: list[arb], places: list[int]) -> tuple[arb_poly, arb]:
        rows, spread, missed = [], arb(0), arb(0)
        for weight, place in zip(weights, places, strict=True):
            values, error = self._row(place)
            rows.append(values)
            missed += weight * error
            spread += weight
        sums = arb_mat([weights]) * arb_mat(rows)
        count = self._degree + 1
        values = [sums[0, j] for j in range(count)]
        missed = (missed + max(v.rad() for v in values)) * _lebesgue(count)
        missed += interpolation_error(spread * self.directions.first, self._ellipse, count)
        return interpolating(values)(arb_poly([-1, 2 / REACH])), missed

    def _row(self, place: int) -> tuple[list[arb], arb]:
        """Values of ``Q`` at the points of interpolation from a point of the lattice on."""
        if place not in self._rows:
            log = self._point(place).log()
            found = [self.sampled.at(log + more) for more in self._logs]
            self._rows[place] = [v for v, _ in found], max(error for _, error in found)
        return self._rows[place]

    def _slope(self, k: int) -> Average:
        if k == 0:
            return super()._slope(k)
        average, width = self.average(2, k), self.panel(k).width
        polynomial = average.polynomial.derivative() * (-self.speed / width)
        # against the polynomial of Taylor about the left end, as for two colours of power two
        count = max(self.count, self._degree)
        last = (REACH / WIDTH) ** self.count
        error = 2 * count**2 * (average.error + last) + self.count * last
        return Average(polynomial, (self.speed * error / width).upper())


def interpolation_error(size: arb, rho: float, count: int) -> arb:
    """A bound on what the polynomial through ``count`` points of Chebyshev misses."""
    return 4 * size * arb(rho) ** (1 - count) / (arb(rho) - 1)


def _lebesgue(count: int) -> float:
    return 2 + math.log(count)


def interpolating(values: list[arb]) -> arb_poly:
    """Return the polynomial with the midpoints of given values at the points of Chebyshev.

    >>> points = _nodes(4, 60)
    >>> print(interpolating([x**3 for x in points])(arb(2)).str(8, radius=False))
    8.0000000
    """
    count = len(values)
    bits = flint.ctx.prec + 4 * count
    with flint.ctx.workprec(bits):
        middle = arb_mat([[v.mid() for v in values]])
        found = middle * _transformation(count, bits)
        return arb_poly([found[0, n] for n in range(count)])


@lru_cache(maxsize=32)
def _nodes(count: int, bits: int) -> list[arb]:
    """The points of Chebyshev on ``[-1, 1]``, rising."""
    with flint.ctx.workprec(bits):
        return [-(arb.pi() * (2 * j + 1) / (2 * count)).cos() for j in range(count)]


@lru_cache(maxsize=32)
def _transformation(count: int, bits: int) -> arb_mat:
    """The matrix from values at the points to coefficients of powers."""
    with flint.ctx.workprec(bits):
        cosines = [
            [
                (arb.pi() * ((2 * j + 1) * n % (4 * count)) / (2 * count)).cos()
                * (-1) ** n
                * (2 if n else 1)
                / count
                for n in range(count)
            ]
            for j in range(count)
        ]
        powers = [
            [int(c) for c in fmpz_poly.chebyshev_t(n)] + [0] * (count - n - 1) for n in range(count)
        ]
        return arb_mat(cosines) * arb_mat(powers)
