"""Averages over several colours that move together, as polynomials on panels of ``r``.

The flow of :mod:`diagrams.dynamics.averages.equal.flow_coefficients` is homogeneous: with ``rho =
sum_c x_c^2``, which is independent of the directions, ``E[A_1] = E[rho Q(r rho^(n-1))]`` where
``Q(y)`` is the average over directions at ``rho = 1``.  All ``A_c`` are completely monotone in
``r`` (every derivative of a product of powers of decreasing functions has the sign of its order, by
induction), so that ``Q`` is analytic and at most ``Q(0)`` in the half plane ``Re y >= 0``, and a
Taylor polynomial about a point misses less than its next term at points beyond.  Hence proved
bounds:

* panel 0: the series at ``r = 0``, cut; it misses less than its next term;
* beyond, with ``r = r_k (1 + z/3)``: the trapezoidal rule in ``u = log rho``, of polynomials that
  stand for ``Q``.  For real ``r`` the integrand is analytic for ``|Im u| < pi/(2 (n-1))``.

For two colours of power two they are Taylor polynomials
(:mod:`diagrams.dynamics.averages.equal.pair`), for others interpolate
(:mod:`diagrams.dynamics.averages.equal.sampled_table`).

Points ``y = r rho^(n-1)`` of all panels lie on one lattice in ``log y``, so that ``Q`` is computed
once for all.  As ``d E[A_1]/dr = -E[prod A^(d/2)]/(n - 1)``, the second average is a derivative:
what a polynomial of degree ``N`` misses grows at most by ``2 N^2`` (A. A. Markov).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from fractions import Fraction
from functools import cached_property
from typing import Protocol

import flint
from flint import arb, arb_mat, arb_poly

from diagrams.dynamics.averages.equal.moment_table import (
    DECAY,
    MARGIN,
    WIDTH,
    Average,
    OnPanels,
    power_sums,
)
from diagrams.dynamics.averages.equal.pair import PairAverage
from pde.errors import OutsideDomainError
from pde.numbers.balls import BITS, GUARD, ball

STRIP = 1.35
"""Half width of the strip of the rule in ``(n - 1) log rho``; below ``pi/2``."""

LOST = 3
"""Digits beyond those asked for: a derivative loses some."""


def coefficient_count(goal: int) -> int:
    """Return the number of coefficients on a panel, for a number of digits."""
    return int(goal / DECAY) + 2


class OverDirections(Protocol):
    """The average ``Q(y)`` over directions, as far as all tables need it."""

    @property
    def first(self) -> arb:
        """``Q(0)``, the largest value."""

    @property
    def largest(self) -> arb:
        """The constant of the bound on the coefficients at zero."""

    @property
    def radius(self) -> float:
        """``|Q_l| <= largest radius^(-l)``."""

    @property
    def coefficients(self) -> list[arb]:
        """Taylor coefficients at zero."""


class RadialTable(OnPanels):
    """``E[A_1]`` and the average of the target on panels of ``r``, built as needed.

    The interface is that of :class:`diagrams.dynamics.averages.equal.moment_table.MomentTable`:
    averages are named by their total degree in ``v``, which is 2 or that of the target.  ``half``
    is half the power of every colour in the target; all that is summed has ``goal`` digits.
    """

    def __init__(self, colours: int, half: int, goal: int, directions: OverDirections) -> None:
        self.colours, self.half, self.goal = colours, half, goal
        self.directions = directions
        self._found: dict[tuple[int, int], Average] = {}

    @abstractmethod
    def _far(self, weights: list[arb], places: list[int]) -> tuple[arb_poly, arb]:
        """The sum over places of the lattice, as a polynomial, and what it misses."""

    @property
    def d(self) -> int:
        """Two less than the degree of the target."""
        return 2 * self.colours * self.half - 2

    @property
    def speed(self) -> int:
        """The power ``n - 1`` of ``rho`` in ``y``."""
        return self.colours * self.half - 1

    @property
    def vanishing(self) -> bool:
        """Whether the average of a square tends to zero: here the difference stays."""
        return False

    @property
    def bits(self) -> int:
        """The binary digits of all computations."""
        return int((self.goal + 6) * BITS) + GUARD

    @property
    def count(self) -> int:
        """The number of coefficients on a panel."""
        return coefficient_count(self.goal)

    @cached_property
    def start(self) -> Fraction:
        """The end of the first panel: terms of the series fall there like ``3^(-n)``."""
        with flint.ctx.workprec(self.bits):
            last = self._at_zero[self.count]
            size = float(abs(last).log()) / math.log(2) / self.count
        return Fraction(1, 2 ** math.ceil(size + math.log2(WIDTH)))

    def average(self, j: int, k: int) -> Average:
        """Return ``E[A_1]`` for ``j = 2``, else the average of the target, on panel ``k``."""
        if (j, k) not in self._found:
            with flint.ctx.workprec(self.bits):
                if j == 2:
                    self._found[j, k] = self._first() if k == 0 else self._beyond(k)
                else:
                    self._found[j, k] = self._slope(k)
        return self._found[j, k]

    def _slope(self, k: int) -> Average:
        """Minus the derivative; the polynomial's distance to Taylor's grows by Markov's bound."""
        average, width = self.average(2, k), self.panel(k).width
        polynomial = average.polynomial.derivative() * (-self.speed / width)
        count = self.count
        if k == 0:
            last = abs(self._at_zero[count]) * (ball(self.start) * MARGIN) ** count
        else:
            last = (MARGIN / WIDTH) ** count
        error = 2 * count**2 * (average.error + last) + count * last
        return Average(polynomial, (self.speed * error / width).upper())

    @cached_property
    def _at_zero(self) -> list[arb]:
        """Taylor coefficients of ``E[A_1]`` at zero: those of ``Q`` times moments of ``rho``."""
        moment, power, found = arb(self.colours), 1, []
        for order in range(self.count + 1):
            found.append(self.directions.coefficients[order] * moment)
            for _ in range(self.speed):
                moment *= self.colours + 2 * power
                power += 1
        return found

    def _first(self) -> Average:
        *terms, last = self._at_zero
        start = ball(self.start)
        polynomial = arb_poly([c * start**n for n, c in enumerate(terms)])
        return Average(polynomial, (abs(last) * (start * MARGIN) ** self.count).upper())

    @property
    def _step(self) -> tuple[arb, int]:
        """The step in ``log rho``, and how many of them make a panel."""
        longest = 2 * math.pi * STRIP / (self._wanted + 6)
        panel = math.log(1 + 1 / WIDTH)
        parts = math.ceil(panel / longest)
        return (1 + arb(1) / WIDTH).log() / (parts * self.speed), parts

    @property
    def _wanted(self) -> float:
        return self.goal * math.log(10)

    def _beyond(self, k: int) -> Average:
        """The trapezoidal rule: far left by the series of ``Q`` at zero, else by its nodes."""
        h, parts = self._step
        shift = parts * (k - 1)
        degree = self.colours / 2 + 1
        first = math.floor(-self._wanted / degree / float(h)) - 2
        square = self._wanted + 6
        for _ in range(4):
            square = self._wanted + 6 + degree * math.log(2 * square)
        last = math.ceil(math.log(2 * square) / float(h)) + 1
        border = math.log(self.directions.radius / 4) - math.log(self.start)
        divide = math.floor(border / float(h * self.speed))
        near = range(first, min(max(divide - shift, first), last + 1))
        total, missed = self._near(near, shift)
        places = range(near.stop, last + 1)
        if places:
            weights = [self._weight(i, h) for i in places]
            far, error = self._far(weights, [i + shift for i in places])
            total += far
            missed += error
        return Average(total, (missed + self._rule_error(first, last, h)).upper())

    def _point(self, place: int) -> arb:
        """The point ``y`` of the lattice."""
        h, _ = self._step
        return ball(self.start) * (h * self.speed * place).exp()

    @cached_property
    def _density(self) -> arb:
        """The constant of the density of ``rho``."""
        dimension = arb(self.colours) / 2
        return 1 / (arb(2) ** dimension * dimension.gamma())

    def _weight(self, i: int, h: arb) -> arb:
        """``h`` times the density of ``log rho``, times ``rho``."""
        rho = (h * i).exp()
        return h * self._density * rho ** (arb(self.colours) / 2 + 1) * (-rho / 2).exp()

    def _near(self, places: range, shift: int) -> tuple[arb_poly, arb]:
        """Points with ``y`` below a quarter of the radius of convergence at zero."""
        h, _ = self._step
        weights = [self._weight(i, h) for i in places]
        if not weights:
            return arb_poly([0]), arb(0)
        points = [self._point(i + shift) for i in places]
        sums = power_sums(weights, points, self.count)
        series = self.directions.coefficients
        polynomial = arb_poly([c * s for c, s in zip(series, sums, strict=False)])
        ratio = points[-1] / self.directions.radius * (1 + MARGIN / WIDTH)
        left = self.directions.largest * sums[0] * ratio**self.count / (1 - ratio)
        return polynomial(arb_poly([1, arb(1) / WIDTH])), left

    def _rule_error(self, first: int, last: int, h: arb) -> arb:
        """The strip, the left end, the right end of the trapezoidal rule in ``log rho``."""
        degree, strip = arb(self.colours) / 2 + 1, arb(STRIP) / self.speed
        error = 2 * self.colours / strip.cos() ** degree
        error /= (2 * arb.pi() * strip / h).exp() - 1
        begin = h * (first - 1)
        scale = h * self._density
        error += scale * (degree * begin).exp() / (1 - (-degree * h).exp())
        rho = (h * (last + 1)).exp()
        ratio = (degree * h - rho * (h.exp() - 1) / 2).exp()
        if not ratio < 1:
            raise OutsideDomainError("the average: its bound needs more digits")
        error += scale * rho**degree * (-rho / 2).exp() / (1 - ratio)
        return error * self.directions.first


class EqualTable(RadialTable):
    """The table for two colours of power two, to about ``digits`` digits.

    >>> table = EqualTable(20)
    >>> with flint.ctx.workprec(table.bits):
    ...     k = table.place(arb(3))
    ...     panel, average = table.panel(k), table.average(2, k)
    ...     found = average((3 - panel.left) / panel.width)
    >>> print(found.str(12, radius=False), bool(found.rad() < 1e-20))
    0.666728595727 True
    """

    def __init__(self, digits: int) -> None:
        self.pair = PairAverage(digits + LOST + 8)
        self._nodes: dict[int, tuple[list[arb], arb]] = {}
        super().__init__(2, 1, digits + LOST + 8, self.pair)

    def _far(self, weights: list[arb], places: list[int]) -> tuple[arb_poly, arb]:
        rows, missed = [], arb(0)
        for weight, place in zip(weights, places, strict=True):
            coefficients, error = self._node(place)
            rows.append(coefficients)
            missed += weight * error
        sums = arb_mat([weights]) * arb_mat(rows)
        # completely monotone: a Taylor polynomial misses less than Cauchy's bound of its next
        missed += sum(weights, arb(0)) * self.pair.first * (MARGIN / WIDTH) ** self.count
        return arb_poly([sums[0, n] for n in range(self.count)]), missed

    def _node(self, place: int) -> tuple[list[arb], arb]:
        """Coefficients of ``Q`` about a point of the lattice, and what they miss."""
        if place not in self._nodes:
            y = self._point(place)
            polynomial, error = self.pair.about(y, y / WIDTH, self.count)
            self._nodes[place] = [polynomial[n] for n in range(self.count)], error
        return self._nodes[place]
