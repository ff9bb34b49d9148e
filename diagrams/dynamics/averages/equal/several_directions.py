"""The average over directions of three or more squares that move together, estimated.

With power two each, ``dA_j/dy = -prod_i A_i/(k - 1)``, the sum one at first.  All ``A_j - A`` are
constant, ``A`` the smallest, so that ``y`` is a sum of logarithms of the ``A_j``; Newton's method
inverts it, with proof.  Directions of normal coordinates of falling size are

    (1, u_1, u_1 u_2, .., u_1 .. u_(k-1))/norm,   0 <= u_i <= 1.

The average is nearly singular where the ``l + 1`` smallest squares are equal, ``u_(k-l), .. = 1``,
on a scale ``y^(-1/l)``, and where small squares die, ``u_i = 0``; the rule is that of Gauss and
Legendre in ``arsinh`` of the distances, over these scales, in all variables.

How much the rule misses is not proved: rules with more and more points are compared at the ends of
every list of points, and the larger difference of the last to the last but two, times
:data:`CAUTION`, is taken for the error.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import flint
import numpy
from flint import arb
from numpy.typing import NDArray

from diagrams.dynamics.averages.equal.two_directions import legendre
from pde.errors import OutsideDomainError
from pde.numbers.balls import hull

CAUTION = 2
"""The estimate of the error is the difference of two rules times this."""

PARTS = (0.6, 0.68, 0.76, 0.84, 0.92, 1.0, 1.1, 1.2)
"""How many points the rules have in every variable, relative to what is reckoned with."""

STRIP = 1.0
"""Half width of the strip in the ``arsinh`` of distances that is reckoned with."""

DIRECTIONS_LIMIT = 8000
"""The largest number of directions."""

EXTRA_BITS = 90
"""Nearly equal squares lose digits."""

ROUNDS = 60
STEPS = 12
"""Steps of Runge and Kutta's method from one point to the next, for a start."""

Floats = NDArray[numpy.float64]


class TooManyDirectionsError(OutsideDomainError):
    """The rule would need more directions than are taken."""


@dataclass(frozen=True)
class SeveralColours:
    """The average over directions for ``colours`` colours of power two.

    >>> directions = SeveralColours(3, 10)
    >>> with flint.ctx.workprec(120):
    ...     (found,) = directions.values([arb(10)])
    >>> print(found.str(8, radius=False), bool(found.rad() < 1e-9))
    0.30480077 True
    """

    colours: int
    digits: int

    proved = False
    """Whether the error of the rule is proved."""

    def values(self, points: Sequence[arb]) -> list[arb]:
        """Return ``Q`` at rising ``y > 0``: balls with an estimated radius.

        Raises TooManyDirectionsError where that would cost too much.
        """
        level = max(0, math.ceil(2 * math.log2(float(points[-1].upper()))))
        with flint.ctx.workprec(flint.ctx.prec + EXTRA_BITS):
            part, error = self._compared([points[0], points[-1]], level)
            return [value + hull(error) for value in self._sums(points, level, part)]

    def _compared(self, ends: Sequence[arb], level: int) -> tuple[float, arb]:
        """Which of the rules is fine enough, and the estimate of its error."""
        coarse, last = (self._sums(ends, level, part) for part in PARTS[:2])
        for part in PARTS[2:]:
            fine = self._sums(ends, level, part)
            error = CAUTION * max(abs(a - b).upper() for a, b in zip(coarse, fine, strict=True))
            if error < arb(10) ** -self.digits:
                break
            coarse, last = last, fine
        return part, error

    def _sums(self, points: Sequence[arb], level: int, part: float) -> list[arb]:
        rule = simplex_rule(self.colours, self.digits, level, part, flint.ctx.prec)
        starts = _starting(rule, [float(y) for y in points])
        totals = [arb(0)] * len(points)
        for (weight, squares), row in zip(rule, starts, strict=True):
            path = _Path(squares)
            for i, y in enumerate(points):
                totals[i] += weight * path.at(y, float(row[i]))
        return totals


class _Path:
    """The mean square along one direction."""

    def __init__(self, squares: tuple[arb, ...]) -> None:
        # exact numbers near those of the direction: differences lose no digits
        rounded = [square.mid() for square in squares]
        self.gaps = [square - rounded[-1] for square in rounded[:-1]]
        self.mean = sum(self.gaps, arb(0)) / len(rounded)
        self.speed = len(rounded) - 1
        every = [*self.gaps, arb(0)]
        self.parts = []
        for j, own in enumerate(every):
            product = arb(1)
            for i, other in enumerate(every):
                if i != j:
                    product *= other - own
            self.parts.append(self.speed / product)
        self.first = rounded[-1]
        self.begin = self._clock(self.first)

    def _clock(self, a: arb) -> arb:
        total = self.parts[-1] * a.log()
        for part, gap in zip(self.parts, self.gaps, strict=False):
            total += part * (a + gap).log()
        return total

    def _rate(self, a: arb) -> arb:
        found = a
        for gap in self.gaps:
            found *= a + gap
        return found / self.speed

    def at(self, y: arb, start: float) -> arb:
        """Return the mean square: Newton's method from a float, the last step with a proof."""
        a, goal = arb(start), self.begin - y
        tolerance = arb(2) ** (-(flint.ctx.prec - EXTRA_BITS) // 2)
        for _ in range(ROUNDS):
            gap = self._clock(a) - goal
            step = -gap * self._rate(a)
            size = abs(step).upper()
            if size < tolerance * a:
                reach = arb(a, 4 * size)
                step = -gap * self._rate(reach)
                if abs(step) < 4 * size:
                    return a + step + self.mean
            a = (a + step).mid() if step > -a / 2 else a / 2
        return self.mean + hull(self.first)  # pragma: no cover


@lru_cache(maxsize=16)
def simplex_rule(
    colours: int, digits: int, level: int, part: float, bits: int
) -> tuple[tuple[arb, tuple[arb, ...]], ...]:
    """Return weights and squares of falling size, for ``y <= 2^(level/2)``."""
    top = 2 ** (level / 2)
    with flint.ctx.workprec(bits):
        lines = []
        for i in range(1, colours):
            order = colours - i
            near = 1 / (1 + (top / 25) ** (1 / order))
            small = 1 / (1 + math.sqrt(top / 25))
            lines.append(_line(near, None if order == 1 else small, digits, part, bits))
        if math.prod(len(line) for line in lines) > DIRECTIONS_LIMIT:
            raise TooManyDirectionsError(
                f"the average over directions of {colours} colours needs"
                f" {math.prod(len(line) for line in lines)} directions to {digits} digits,"
                f" of which at most {DIRECTIONS_LIMIT} are taken; ask for fewer digits"
            )
        dimension = arb(colours) / 2
        # the sphere, of which all signs and orders are one part
        area = 2 * arb.pi() ** dimension / dimension.gamma()
        scale = 2**colours * math.factorial(colours) / area
        found = []
        for place in itertools.product(*lines):
            weight, size, sizes = scale, arb(1), [arb(1)]
            for i, (x, w) in enumerate(place):
                weight *= w * x ** (colours - 2 - i)
                size *= x
                sizes.append(size**2)
            norm = sum(sizes, arb(0))
            weight *= norm**-dimension
            found.append((weight, tuple(s / norm for s in sizes)))
        return tuple(found)


def _line(
    near: float, small: float | None, digits: int, part: float, bits: int
) -> list[tuple[arb, arb]]:
    """Points and weights on ``[0, 1]``, dense at one on a scale, and at zero on another."""
    if small is None:
        return [(1 - x, w) for x, w in _graded(near, arb(1), digits, part, bits)]
    middle = arb(1) / 2
    right = _graded(near, middle, digits, part, bits)
    left = _graded(small, middle, digits, part, bits)
    return [*left, *((1 - x, w) for x, w in right)]


def _graded(scale: float, end: arb, digits: int, part: float, bits: int) -> list[tuple[arb, arb]]:
    """The rule of Gauss and Legendre on ``[0, end]`` in ``arsinh`` of the distance over a scale."""
    length = (end / scale).asinh() / 2
    ratio = STRIP / float(length)
    rho = ratio + math.sqrt(1 + ratio * ratio)
    count = math.ceil((digits + 1) * math.log(10) / (2 * math.log(rho))) + 2
    count = max(7, math.floor(part * count))
    found = []
    for x, w in legendre(count, bits):
        place = length * (1 + x)
        found.append((scale * place.sinh(), scale * place.cosh() * length * w))
    return found


def _starting(rule: Sequence[tuple[arb, tuple[arb, ...]]], points: Sequence[float]) -> Floats:
    """The smallest square in floats, by Runge and Kutta's method in ``log y``."""
    squares = numpy.array([[float(s) for s in one] for _, one in rule])
    gaps, speed = squares[:, :-1] - squares[:, -1:], squares.shape[1] - 1

    def rate(time: float, log: Floats) -> Floats:
        a = numpy.exp(log)[:, None]
        slope: Floats = -math.exp(time) * (a + gaps).prod(axis=1) / speed
        return slope

    log, time = numpy.log(squares[:, -1]), min(-6.0, math.log(points[0]) - 1)
    log = log - math.exp(time) * squares[:, :-1].prod(axis=1) / speed
    found: list[Floats] = []
    for y in points:
        until = math.log(y)
        count = max(STEPS if found else 400, 1)
        step = (until - time) / count
        for _ in range(count):
            one = rate(time, log)
            two = rate(time + step / 2, log + step / 2 * one)
            three = rate(time + step / 2, log + step / 2 * two)
            four = rate(time + step, log + step * three)
            log, time = log + step / 6 * (one + 2 * two + 2 * three + four), time + step
        found.append(numpy.exp(log))
    table: Floats = numpy.array(found).T
    return table
