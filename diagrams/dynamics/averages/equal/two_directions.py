"""The average over directions of two squares that move together, for any power above two.

Two squares of sum one at first, with ``A_1 - A_2 = c``, obey, with ``h`` half their power,

    dA_i/dy = -(A_1 A_2)^h/(2 h - 1),   q = A_1 A_2,   S = A_1 + A_2 = sqrt(P + 4 q),   P = c^2,

so that ``y`` is an elementary function of ``S``.  For normal coordinates ``c = sin s`` with ``s``
uniform.  Wanted is ``Q(y)``, half the average of ``S``.  With ``log tan s = x`` the rule is that
of Gauss and Legendre on panels of ``x``, and on one panel in ``s`` about each end.

Its error.  As ``dq/dy = -q^h S/(2 h - 1)``, angles obey ``d arg q/dy ~ -sin((h-1) arg q + arg S)``.

* Middle.  For ``0 <= Im x <= eta``, ``eta < pi/(2h)``, at first ``-2 Im x <= arg q <= 0`` and
  ``0 <= arg P <= 2 Im x``.  At both borders of that sector the rate of ``arg q`` points inside, so
  that ``q`` stays in it; with ``f = (h-1) Im x`` the angle of the rate of ``-log q`` is within
  ``pi/2`` of ``-f``, so that ``|q|`` grows at most by ``E = exp(2 eta tan(h-1) eta)``: ``S`` is
  analytic and at most ``sqrt(E/cos eta)``.
* About ``s = 0``.  While ``|P| <= 2 |q|`` the angle of ``S`` differs from half that of ``q`` by
  ``pi/12`` at most, so that ``|arg q| <= pi/(12 (h - 1/2))`` is kept, ``|q|`` falls, at most like
  ``dq/dy = -sqrt(6) q^(h+1/2)/(2h-1)``; this gives a radius in ``P`` for given ``y``.
* About ``s = pi/2``.  While ``(h-1) 1.15 y |q_0|^(h-1)/(2h-1) <= 1/2``, ``|q| <= 2 |q_0|``.

In an ellipse of Bernstein with parameter ``rho`` the rule with ``N`` points misses at most
``(64/15) M rho^(-2N)/(1 - rho^(-2))`` (Trefethen, Approximation Theory, theorem 19.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import flint
import numpy
from flint import arb
from numpy.typing import NDArray

from pde.numbers.balls import hull

SIDE = 3.0
"""The parameter of the ellipse of the two panels at the ends."""

SAFETY = 0.98
"""By how much angles and radii stay below what is proved."""

ROUNDS = 60
SERIES_TERMS = 30

Floats = NDArray[numpy.float64]


@dataclass(frozen=True)
class Direction:
    """A direction: the difference ``c``, the smaller square at first, and its weight."""

    c: arb
    smaller: arb
    weight: arb


@dataclass(frozen=True)
class TwoColours:
    """The average over directions for two colours of power ``2 half``, to about ``digits`` digits.

    >>> directions = TwoColours(2, 20)
    >>> with flint.ctx.workprec(160):
    ...     (found,) = directions.values([arb(10)])
    >>> print(found.str(15, radius=False), bool(found.rad() < 1e-20))
    0.452118742328088 True
    """

    half: int
    digits: int

    proved = True
    """Whether the error of the rule is proved."""

    def values(self, points: Sequence[arb]) -> list[arb]:
        """Return ``Q`` at rising ``y > 0``, as balls."""
        with flint.ctx.workprec(flint.ctx.prec + 8 * (2 * self.half - 1) + 16):
            level = max(0, math.ceil(2 * math.log2(float(points[-1].upper()))))
            rule, error = direction_rule(self.half, self.digits, level, flint.ctx.prec)
            starts = _starting(self.half, rule, [float(y) for y in points])
            totals = [arb(0)] * len(points)
            for direction, row in zip(rule, starts, strict=True):
                path = _Path(self.half, direction)
                for i, y in enumerate(points):
                    totals[i] += direction.weight * path.at(y, float(row[i]))
            return [total / 2 + hull(error) for total in totals]


class _Path:
    """``S`` along one direction: ``y`` as a function of the smaller square, inverted."""

    def __init__(self, half: int, direction: Direction) -> None:
        self.half, self.c, self.smaller = half, direction.c, direction.smaller
        self.inverse = 1 / direction.c**2
        self.factor = arb(4) ** half * (2 * half - 1) / 2
        self.begin = self._clock(direction.smaller)

    def _clock(self, a: arb) -> arb:
        """``int_S^oo dx/(x^2 - c^2)^h`` with ``S = c + 2 a``, by recurrence in ``h``."""
        other = a + self.c
        total = (other / a).log() / (2 * self.c)
        gap = 4 * a * other
        term = a + other
        for j in range(1, self.half):
            term /= gap
            total = (term - (2 * j - 1) * total) * self.inverse / (2 * j)
        return total

    def at(self, y: arb, start: float) -> arb:
        """Return ``S``: Newton's method from a float, the last step with a proof."""
        a, goal = arb(start), self.begin + y / self.factor
        tolerance = arb(2) ** (-flint.ctx.prec // 2)
        for _ in range(ROUNDS):
            gap = self._clock(a) - goal
            other = a + self.c
            # half of the derivative of S: dS = 2 da
            step = gap * (4 * a * other) ** self.half / 2
            size = abs(step).upper()
            if size < tolerance * a:
                reach = arb(a, 4 * size)
                step = gap * (4 * reach * (reach + self.c)) ** self.half / 2
                if abs(step) < 4 * size:
                    return self.c + 2 * (a + step)
            a = (a + step).mid() if step > -a / 2 else a / 2
        return self.c + hull(2 * self.smaller)  # pragma: no cover


@lru_cache(maxsize=64)
def direction_rule(
    half: int, digits: int, level: int, bits: int
) -> tuple[tuple[Direction, ...], arb]:
    """Return directions for ``y <= 2^(level/2)``, and a bound on the error of the average of S."""
    top, slow = 2 ** (level / 2), 2 * half - 1
    eta = SAFETY * math.pi / (2 * half)
    around = 0.85 / 4
    lowest = (around ** (0.5 - half) + math.sqrt(6) / slow * (half - 0.5) * top) ** (
        -1 / (half - 0.5)
    )
    inner = SAFETY * min(2 * lowest, 0.15, math.sin(math.pi / (12 * (half - 0.5))))
    outer = SAFETY * min(
        0.1, 4 * (slow / (2 * 1.15 * (half - 1) * top)) ** (1 / (half - 1)) if top else 0.1
    )
    shrink = 2 / (SIDE + 1 / SIDE)
    ends = [shrink * math.asinh(math.sqrt(radius)) for radius in (inner, outer)]
    with flint.ctx.workprec(bits):
        found: list[Direction] = []
        total = arb(0)
        for end, reverse in zip(ends, (False, True), strict=True):
            count = _count(digits, SIDE)
            count += count % 2
            for x, weight in legendre(count, bits):
                if x > 0:
                    sine, cosine = (end * x).sin_cos()
                    c, other = (cosine, sine) if reverse else (sine, cosine)
                    found.append(_direction(c, other, end * weight))
            total += _missed(1.4 * end, SIDE, count)
        left, right = ((arb(end).tan()).log() for end in ends)
        left, width = left, -right - left
        parts = max(1, math.ceil(float(width) / (2 * eta)))
        length = width / (2 * parts)
        ratio = float(eta / length)
        rho = SAFETY * (ratio + math.sqrt(1 + ratio * ratio))
        largest = math.exp(2 * eta * math.tan((half - 1) * eta)) / math.cos(eta)
        largest = math.sqrt(largest) / (2 * math.cos(eta))
        count = _count(digits, rho)
        for part in range(parts):
            for x, weight in legendre(count, bits):
                tangent = (left + length * (2 * part + 1 + x)).exp()
                norm = (1 + tangent**2).sqrt()
                slope = length * weight * tangent / norm**2
                found.append(_direction(tangent / norm, 1 / norm, slope))
            total += _missed(largest * float(length), rho, count)
        # the weights sum to pi/2
        return tuple(found), (total * 2 / arb.pi()).upper()


def _direction(c: arb, other: arb, weight: arb) -> Direction:
    return Direction(c, other**2 / (1 + c) / 2, 2 * weight / arb.pi())


def _count(digits: int, rho: float) -> int:
    return math.ceil((digits + 2) * math.log(10) / (2 * math.log(rho))) + 2


def _missed(size: float, rho: float, count: int) -> arb:
    return arb(64) / 15 * size * arb(rho) ** (-2 * count) / (1 - arb(rho) ** -2)


@lru_cache(maxsize=64)
def legendre(count: int, bits: int) -> tuple[tuple[arb, arb], ...]:
    """The points and weights of Gauss and Legendre on ``[-1, 1]``."""
    with flint.ctx.workprec(bits):
        return tuple(arb.legendre_p_root(count, k, weight=True) for k in range(count))


def _starting(half: int, rule: Sequence[Direction], points: Sequence[float]) -> Floats:
    """The smaller square in floats, for all directions and ``y``: Newton's method from below."""
    c = numpy.array([float(one.c) for one in rule])[:, None]
    smaller = numpy.array([float(one.smaller) for one in rule])[:, None]
    y = numpy.array(points)[None, :]
    factor = 4**half * (2 * half - 1) / 2
    goal = _float_clock(half, smaller, c) + y / factor
    slowest = (half - 1) / (2 * half - 1) * (smaller + c) ** half
    a: Floats = (smaller ** (1 - half) + slowest * y) ** (1 / (1 - half))
    for _ in range(ROUNDS):
        # the clock is convex and falls: from below Newton's method rises to the solution
        a = a + (_float_clock(half, a, c) - goal) * (4 * a * (a + c)) ** half / 2
    return a


def _float_clock(half: int, a: Floats, c: Floats) -> Floats:
    """As ``_Path``, where ``c`` is small against ``S`` by its series."""
    s = c + 2 * a
    total = numpy.log1p(c / a) / (2 * c)
    for j in range(1, half):
        total = (s / (4 * a * (a + c)) ** j - (2 * j - 1) * total) / (2 * j * c * c)
    square = numpy.minimum((c / s) ** 2, 0.25)
    series, term = numpy.zeros_like(square), numpy.ones_like(square)
    for j in range(SERIES_TERMS):
        series = series + term / (2 * half + 2 * j - 1)
        term = term * square * ((half + j) / (j + 1))
    series = series / s ** (2 * half - 1)
    found: Floats = numpy.where(c < 0.4 * s, series, total)
    return found
