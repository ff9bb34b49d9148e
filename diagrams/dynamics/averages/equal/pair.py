"""The average over directions of a pair of squares that move together, with a proved bound.

Two squares of sum one at first, ``a_1 + a_2 = 1``, ``a_1 - a_2 = c``, with
``dA_1/dy = dA_2/dy = -A_1 A_2``, have the sum

    S = A_1 + A_2 = c coth(c y/2 + artanh c) = c (1 + X)/(1 - X),   X = (1 - c)/(1 + c) exp(-c y),

and for two normal coordinates ``c = sin s`` with ``s`` uniform.  Wanted is ``Q(y)``, the average of
``A_1``, half that of ``S``.  With ``tan s = eps tan x`` the trapezoidal rule in ``x`` is used.

Its error.  In ``P = c^2`` the sum is a Stieltjes function, ``S = S_0 + int P/(P + t) dmu(t)``, with
``mu >= 0``: it is ``2 u'/u`` with ``u'' = P u/4``, so that it has a positive imaginary part where
``P`` has one.  Its poles ``P = -t`` have ``sqrt(t) y/2 + arctan sqrt(t) = pi l``, ``l >= 1``.  On
one term, with ``v^2 = t/(1 + t)``, the average over ``s`` is ``1 - v`` and the rule with ``N``
points in a period misses ``E(1) - v E(v)``, where ``E(v) = 2 q^N/(1 - q^N)`` up to signs and
``q = |eps - v|/(eps + v)``.  Neither ``|E|`` nor ``|d(v E)/dv|`` exceeds its value for the largest
``q`` at both ends of ``v_1 <= v <= 1``; as ``S_0`` and the average of ``S`` are at most one,

    |error of S| <= (4 q^N + N q^(N-1))/(1 - q^N)^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from flint import arb, arb_poly, arb_series, ctx

from diagrams.dynamics.averages.equal.moment_table import power_sums
from diagrams.dynamics.averages.equal.pair_late import begins, late_average

EXPANDED = 2.5
"""From which ``-log X`` on the sum is expanded in powers of ``X``."""


@dataclass(frozen=True)
class _Point:
    """A direction: the difference ``c``, the ratio ``(1 - c)/(1 + c)``, and its weight."""

    c: arb
    ratio: arb
    weight: arb


@dataclass
class PairAverage:
    """``Q(y)`` about points, as polynomials, to about ``digits`` digits.

    All methods are to be called at a working precision above that.
    """

    digits: int
    _rules: dict[int, tuple[list[_Point], arb]] = field(default_factory=dict)

    first = arb(1) / 2
    """``Q(0)``, the largest value."""

    largest = first
    radius = 2
    """``|Q_l| <= largest radius^(-l)``: coefficients are those of ``1/(1 + y/2)`` at most."""

    @cached_property
    def coefficients(self) -> list[arb]:
        """Taylor coefficients at ``y = 0``: polynomials in ``c^2``, for which the rule is exact."""
        count = int((self.digits + 8) * 2.2) + 8
        total = [arb(0)] * count
        for point in _points(1.0, count):
            for n, value in enumerate(_sum_of_squares(point, arb(0), arb(1), count)):
                total[n] += point.weight * value / 2
        return total

    def about(self, y: arb, width: arb, count: int) -> tuple[arb_poly, arb]:
        """Return ``Q(y + width z)`` as a polynomial in ``z``, and a bound on what the rule misses.

        The bound is for ``0 <= z <= 1.01``, beside what the terms left out contribute.
        """
        if y > begins(self.digits):
            return late_average(self.digits, y, width, count)
        top = float((y + width).upper()) * 1.02
        level = math.ceil(2 * math.log2(top + 2))
        points, missed = self._rule(level)
        total, scales, ratios, rest = [arb(0)] * count, [], [], arb(0)
        exponent = (self.digits + 2) * math.log(10)
        for point in points:
            c, weight = point.c, point.weight
            if point.ratio == 0:
                total[0] += weight * c
                continue
            start = point.ratio * (-c * y).exp()
            depth = -float(start.log())
            if depth < EXPANDED:
                for n, value in enumerate(_sum_of_squares(point, y, width, count)):
                    total[n] += weight * value
                continue
            # S = c (1 + 2 X + 2 X^2 + ..), of exponentials, cut
            last = 0 if depth > exponent else math.ceil(exponent / depth)
            factor, power = 2 * weight * c, start
            total[0] += weight * c
            for m in range(1, last + 1):
                scales.append(factor * power)
                ratios.append(-c * width * m)
                power *= start
            rest += factor * power / (1 - start)
        if scales:
            factorial = 1
            for n, value in enumerate(power_sums(scales, ratios, count)):
                factorial *= max(n, 1)
                total[n] += value / factorial
        return arb_poly([value / 2 for value in total]), (missed + rest) / 2

    def _rule(self, level: int) -> tuple[list[_Point], arb]:
        """Points ``c`` and weights that serve for ``y + 2 <= 2^(level/2)``, and the error."""
        if level not in self._rules:
            top = 2 ** (level / 2) - 2
            root = 0.999 * max(2 * math.pi / (top + 2), math.pi / top if top > 0 else 0.0)
            least = arb(root) / (1 + arb(root) ** 2).sqrt()
            eps = float(least.sqrt())
            ratio = max(
                ((least - eps) / (least + eps)).abs_upper(), ((1 - arb(eps)) / (1 + eps)).upper()
            )
            count = 1 + math.ceil(((self.digits + 2) * math.log(10)) / -math.log(float(ratio)))
            count += math.ceil(math.log(count + 4) / -math.log(float(ratio)))
            power = ratio ** (count - 1)
            error = power * (4 * ratio + count) / (1 - power * ratio) ** 2
            self._rules[level] = _points(eps, count), error.upper()
        return self._rules[level]


def _points(eps: float, count: int) -> list[_Point]:
    """Points for the average over ``s`` of a function that is even in ``c`` and in ``pi/2 - s``."""
    found, scale = [], arb(eps)
    for k in range((count + 1) // 2):
        if 2 * k + 1 == count:
            found.append(_Point(arb(1), arb(0), 1 / scale / count))
            continue
        sine, cosine = (arb.pi() * (2 * k + 1) / (2 * count)).sin_cos()
        size = cosine**2 + (scale * sine) ** 2
        c = scale * sine / size.sqrt()
        found.append(_Point(c, cosine**2 / size / (1 + c) ** 2, 2 * scale / size / count))
    return found


def _sum_of_squares(point: _Point, y: arb, width: arb, count: int) -> list[arb]:
    """The first coefficients in ``z`` of ``S`` at ``y + width z``."""
    c = point.c
    before, ctx.cap = ctx.cap, count
    try:
        start = point.ratio * (-c * y).exp()
        moving = start * arb_series([0, -c * width], count).exp()
        found = (c * (2 / (1 - moving) - 1)).coeffs()
    finally:
        ctx.cap = before
    return [*found, *[arb(0)] * (count - len(found))]
