r"""Nodes for averages over Gaussian coordinates at late times.

Late in time every point has lost its smallest ``A_c = X_c / u_c``: averages are smooth but where
two of these are nearly equal, and near zero.  With the product ``K prod A_c^(e_c)`` as the rate
(:mod:`coordinate_averages <diagrams.dynamics.roads.coordinates.averages>`) two colours ``A_c = A_k
+ d`` are told apart by the time s where ``|d|`` is above ``w = (K s)^(-1/(e_c + e_k - 1))``, and
``A_c`` of exponent above one is felt where ``(e_c - 1) K s A_c^(e_c - 1)``, times the other powers,
is above one.  So each ``x_c = |v_c| / sigma_c`` is taken at equal distances, the trapezoidal rule,
of

    xi = asinh(x/x_0) + sum_k asinh((x - y_k)/delta_k) + asinh((x + y_k)/delta_k) + x/2,

with ``x_0`` the width at zero, ``y_k`` the places where it meets the colours taken before, and
``delta_k`` the width there: a few points for every doubling of the distance from a sharp place.
All is even in x and analytic in a strip that hardly depends on time, so that the number of points
grows with the logarithm of time, and as the digits for each colour.  Sums over x are right for any
places and widths, so that these need not be precise.  No bound is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi, sqrt
from typing import Any

import numpy

from diagrams.dynamics.averages.extended import REAL
from diagrams.dynamics.roads.coordinates.averages import MeanField
from diagrams.errors import NotSolved

Array = Any

TYPICAL = 9.0
"""The square of a coordinate that is not chosen yet, for widths."""

LINEAR = 0.5
"""The part of x itself in its map: Gaussian weights ask for no more at large x."""

HALVINGS = 34
NEWTON = 5
POINTS_LIMIT = 600_000


@dataclass(frozen=True, eq=False)
class Map:
    """``xi`` of x at given places and widths, one of each for every node."""

    zero: Array
    places: Sequence[Array]
    widths: Sequence[Array]

    def value(self, x: Array) -> Array:
        """Return ``xi``."""
        total = numpy.arcsinh(x / self.zero) + LINEAR * x
        for y, width in zip(self.places, self.widths, strict=True):
            total = total + numpy.arcsinh((x - y) / width) + numpy.arcsinh((x + y) / width)
        return total

    def slope(self, x: Array) -> Array:
        """Return the derivative."""
        total = 1 / numpy.sqrt(x**2 + self.zero**2) + LINEAR
        for y, width in zip(self.places, self.widths, strict=True):
            for place in (y, -y):
                total = total + 1 / numpy.sqrt((x - place) ** 2 + width**2)
        return total

    def taken(self, which: Array) -> Map:
        """The map at other nodes."""
        return Map(
            self.zero[which], [y[which] for y in self.places], [w[which] for w in self.widths]
        )

    def inverse(self, xi: Array, top: float) -> Array:
        """Return x below ``top``: by halving, then by Newton's method."""
        rough = Map(
            self.zero.astype(float),
            [y.astype(float) for y in self.places],
            [w.astype(float) for w in self.widths],
        )
        low, high, wanted = numpy.zeros(len(xi)), numpy.full(len(xi), top), xi.astype(float)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = rough.value(middle) < wanted
            low, high = numpy.where(below, middle, low), numpy.where(below, high, middle)
        x = ((low + high) / 2).astype(xi.dtype)
        for _ in range(NEWTON):
            x = x - (self.value(x) - xi) / self.slope(x)
        return x


@dataclass(frozen=True, eq=False)
class Axis:
    """The places ``xi = (index + 1/2) step`` of all nodes for one colour, their maps, and x."""

    index: Array
    map: Map
    x: Array

    def taken(self, which: Array) -> Axis:
        """The same for other nodes."""
        return Axis(self.index[which], self.map.taken(which), self.x[which])


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes for all colours; ``axes`` is sorted as the colours are."""

    step: Any
    axes: Sequence[Axis]
    weights: Array

    @property
    def squares(self) -> list[Array]:
        """Squares of coordinates, in units of their variances."""
        return [axis.x**2 for axis in self.axes]


def nodes(system: MeanField, time: float, digits: float, strip: float) -> Nodes:
    """Return nodes for averages at times up to ``time``, to about so many digits.

    ``strip`` is the half width in xi in which averages are taken to be analytic, about one.  Raises
    :class:`~diagrams.errors.NotSolved` if there are too many.

    >>> from fractions import Fraction
    >>> u = (Fraction(2), Fraction(1))
    >>> found = nodes(MeanField((2, 1), u, ((), ())), 1.0, 6, 1.0)
    >>> x, y = found.squares
    >>> print(f"{float(found.weights @ (x * x * y)):.6f}")
    3.000000
    """
    exponents = system.exponents
    needed = (digits + 2) * log(10)
    last = sqrt(2 * needed + 2 * sum(exponents) * log(2 * needed))
    step = REAL(2 * pi * strip / needed)
    root = numpy.sqrt(8 * numpy.arctan(REAL(1)))
    least = REAL(10) ** (-digits - 3)
    chosen: dict[int, Axis] = {}
    weights = numpy.ones(1, dtype=REAL)
    for colour in reversed(range(len(exponents))):
        made = _map(system, time, colour, {c: axis.x for c, axis in chosen.items()}, len(weights))
        tops = made.value(numpy.full(len(weights), REAL(last)))
        counts = (tops / step).astype(int) + 1
        if counts.sum() > POINTS_LIMIT:
            raise NotSolved(f"the coordinates: more than {POINTS_LIMIT} grid points")
        which = numpy.repeat(numpy.arange(len(weights)), counts)
        index = numpy.arange(len(which)) - (numpy.cumsum(counts) - counts)[which]
        here = made.taken(which)
        x = here.inverse((index + REAL(0.5)) * step, 1.2 * last)
        weights = weights[which] * 2 * step * numpy.exp(-(x**2) / 2) / here.slope(x) / root
        chosen = {c: axis.taken(which) for c, axis in chosen.items()}
        chosen[colour] = Axis(index, here, x)
        size = numpy.ones(len(weights), dtype=REAL)
        for c, axis in chosen.items():
            size = size * (1 + axis.x**2) ** exponents[c]
        kept = numpy.flatnonzero(weights * size > least / len(weights))
        weights, chosen = weights[kept], {c: axis.taken(kept) for c, axis in chosen.items()}
    return Nodes(step, [chosen[c] for c in range(len(exponents))], weights)


def _map(system: MeanField, time: float, colour: int, before: dict[int, Array], count: int) -> Map:
    """The map of a colour, given those before it."""
    exponents = system.exponents
    strengths = [REAL(float(abs(u))) for u in system.strengths]
    one = numpy.ones(count, dtype=REAL)
    floors = {c: _width(system, time, c, {}, 1)[0] ** 2 for c in before}
    sizes = {c: y**2 + floors[c] for c, y in before.items()}
    places, widths = [], []
    for k, y in before.items():
        rate: Any = time * strengths[colour] ** exponents[colour] * strengths[k] ** exponents[k]
        for c, e in enumerate(exponents):
            if c not in (colour, k):
                rate = rate * sizes.get(c, TYPICAL) ** e
        apart = (rate * one) ** (REAL(-1) / (exponents[colour] + exponents[k] - 1))
        apart = apart * strengths[colour]
        place = numpy.sqrt(strengths[colour] / strengths[k]) * y
        places.append(place)
        widths.append(1.5 * apart / numpy.sqrt(4 * place**2 + 2 * apart))
    return Map(_width(system, time, colour, sizes, count), places, widths)


def _width(
    system: MeanField, time: float, colour: int, sizes: dict[int, Array], count: int
) -> Array:
    """The width of averages in x near zero: where any colour of exponent above one is felt."""
    exponents = system.exponents
    inverse = numpy.ones(count, dtype=REAL)
    for c, (e, u) in enumerate(zip(exponents, system.strengths, strict=True)):
        power = exponents[colour] - (c == colour)
        if e == 1 or not power:
            continue
        rate: Any = (e - 1) * REAL(float(abs(u))) * time
        for k, other in enumerate(exponents):
            if k != colour:
                rate = rate * sizes.get(k, TYPICAL) ** (other - (k == c))
        inverse = inverse + (rate * numpy.ones(count)) ** (REAL(1) / power)
    return 1 / numpy.sqrt(inverse)
