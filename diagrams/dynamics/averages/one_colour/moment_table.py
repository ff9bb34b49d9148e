"""Moving averages ``k_j(-r)`` as polynomials on panels of ``r``, with proved bounds.

For ``x`` standard normal and even ``d`` and ``j`` they are ``k_j(s) = E[x^j (1 - s x^d)^(-j/d)]``:
divergent series in ``s``, and for ``s <= 0`` their Borel sums.

On the first panel the average is its divergent series, cut: as ``(1 + y)^(-j/d)`` is completely
monotone, the remainder is smaller than the first term left out.  Beyond, with
``r = r_k (1 + z/3)``, ``0 <= z <= 1``, it is a Taylor polynomial whose coefficients are sums over
the points of a trapezoidal rule in ``u = log x``.  Bounds: in the half plane ``Re r >= 0`` the
average is at most ``(j - 1)!!``, which bounds the Taylor coefficients left out (Cauchy); the
integrand is analytic in a strip about the real ``u`` axis, which bounds the error of the rule
(Trefethen, Weideman, SIAM Review 56, 385 (2014), theorem 5.1).

Panels depend on ``d`` and the precision only, so that one table serves all sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache

import flint
from flint import arb, arb_mat, arb_poly

from diagrams.dynamics.averages.flow_coefficients import flow_coefficients
from diagrams.polynomials.counting import double_factorial
from pde.errors import OutsideDomainError
from pde.numbers.balls import BITS, GUARD, ball, hull

WIDTH = 3
"""A panel beyond the first is a third as wide as its left end is far from zero."""

MARGIN = arb("1.001")
"""Bounds hold a little beyond the end of a panel, where balls may reach."""

CIRCLE = arb("0.95")
PANELS_LIMIT = 2000
DECAY = math.log10(WIDTH)


@dataclass(frozen=True)
class Panel:
    """Where a panel lies: ``r = left + width z`` with ``z`` from 0 to 1."""

    left: arb
    width: arb


@dataclass(frozen=True)
class Average:
    """An average on a panel: a polynomial in ``z``, and a bound on what it misses."""

    polynomial: arb_poly
    error: arb

    def __call__(self, z: arb) -> arb:
        """Return a ball that holds the average at ``z`` from 0 to 1."""
        return self.polynomial(z) + hull(self.error)


@dataclass
class MomentTable:
    """The averages ``k_j(-r)`` for one even ``d``, to about ``digits`` digits, built as needed.

    There is one panel up to ``start``, then each is ``1/WIDTH`` of its left end wide.

    >>> table = moment_table(2, 20)
    >>> with flint.ctx.workprec(table.bits):
    ...     k = table.place(arb(3))
    ...     panel, average = table.panel(k), table.average(2, k)
    ...     found = average((3 - panel.left) / panel.width)
    >>> print(found.str(15, radius=False), bool(found.rad() < 1e-20))
    0.172709232464018 True
    """

    d: int
    digits: int
    _found: dict[tuple[int, int], Average] = field(init=False, default_factory=dict)

    @property
    def bits(self) -> int:
        """The binary digits of all computations."""
        return int((self.digits + 8) * BITS) + GUARD

    @property
    def count(self) -> int:
        """The number of coefficients on a panel."""
        return int((self.digits + 8) / DECAY) + 2

    @cached_property
    def start(self) -> Fraction:
        """The end of the first panel: terms of the series fall there like ``3^(-n)``."""
        last = flow_coefficients((self.d + 2,), (self.d + 2,), self.count)[-1]
        size = (math.log2(last.numerator) - math.log2(last.denominator)) / self.count
        return Fraction(1, 2 ** math.ceil(size + math.log2(WIDTH)))

    def panel(self, k: int) -> Panel:
        """Return the place of panel ``k``; raises OutsideDomainError beyond all bounds."""
        if k > PANELS_LIMIT:
            raise OutsideDomainError("the parameter of the solution exceeds all bounds")
        start = ball(self.start)
        if k == 0:
            return Panel(arb(0), start)
        left = start * (1 + arb(1) / WIDTH) ** (k - 1)
        return Panel(left, left / WIDTH)

    def place(self, r: arb) -> int:
        """Return the panel that holds ``r``."""
        if r <= ball(self.start):
            return 0
        return 1 + int(math.log(float(r.mid() / ball(self.start))) / math.log(1 + 1 / WIDTH))

    def average(self, j: int, k: int) -> Average:
        """Return ``k_j(-r)`` on panel ``k``."""
        if (j, k) not in self._found:
            with flint.ctx.workprec(self.bits):
                self._found[j, k] = self._first(j) if k == 0 else self._beyond(j, k)
        return self._found[j, k]

    def _first(self, j: int) -> Average:
        *terms, last = flow_coefficients((self.d + 2,), (j,), self.count)
        start = ball(self.start)
        polynomial = arb_poly([ball(c) * (-start) ** n for n, c in enumerate(terms)])
        return Average(polynomial, (ball(last) * (start * MARGIN) ** self.count).upper())

    def _beyond(self, j: int, k: int) -> Average:
        r, power = self.panel(k).left, Fraction(j, self.d)
        nodes, weights, missed, lost = self._rule(j, r)
        ratios, totals = [], []
        for x, weight in zip(nodes, weights, strict=True):
            y = r * x
            base = 1 / (1 + y)
            ratios.append(y * base / WIDTH)
            totals.append(weight * _power(base, power))
        sums = power_sums(totals, ratios, self.count)
        # coefficients of (1 + y + y z/3)^(-j/d), and of the error of each sum
        coefficients, bound, binomial, ratio = [], arb(0), arb(1), lost * MARGIN / WIDTH
        for n, total in enumerate(sums):
            coefficients.append(binomial * total)
            bound += abs(binomial) * missed * ratio**n
            binomial *= -(ball(power) + n) / (n + 1)
        return Average(arb_poly(coefficients), (bound + self._cut(j, r)).upper())

    def _cut(self, j: int, r: arb) -> arb:
        """A bound on the terms left out, from the size of the average on circles about ``r``.

        In ``Re r >= 0`` it is at most ``(j - 1)!!`` and ``|r|^(-j/d)``.
        """
        found = []
        for radius, size in (
            (arb(1), arb(double_factorial(j - 1))),
            (CIRCLE, ((1 - CIRCLE) * r) ** (-arb(j) / self.d)),
        ):
            ratio = MARGIN / (WIDTH * radius)
            found.append((size * ratio**self.count / (1 - ratio)).upper())
        return min(found)

    def _rule(self, j: int, r: arb) -> tuple[list[arb], list[arb], arb, arb]:
        """Points ``x^d``, weights, a bound on the error of the sum, and its growth with ``n``.

        Terms are at most those of ``x^j`` alone, and of ``r^(-j/d)``: the better one is used.
        """
        d, a = self.d, j / self.d
        wanted = (self.digits + 8) * math.log(10)
        size = max(0.0, math.log(float(r)))
        strip = min(0.9 * math.pi / 4, 0.75 * math.pi / d)
        step = Fraction(2 * math.pi * strip / (wanted + 12)).limit_denominator(10**4)
        first = math.floor(max(-(wanted + a * size) / (j + 1), -wanted) / step) - 2
        square = 2 * (wanted + 12)
        for _ in range(4):
            square = 2 * (wanted + 12) + (j + 1) * max(0.0, math.log(square / (j + 1)))
        last = math.ceil(math.log(square) / 2 / step) + 1
        table = self._lattice(j, step)
        norm = 2 * ball(step) / (2 * arb.pi()).sqrt()
        powers, weights = [], []
        for n in range(first, last + 1):
            x, weight = table(n)
            powers.append(x)
            weights.append(norm * weight)
        shrunk = r ** ball(-Fraction(j, d))
        # in the strip |1 + r x^d| >= sin(d eta), or 1 where d eta <= pi/2
        angle = self.d * arb(strip)
        lost = arb(1) if angle < arb.pi() / 2 else 1 / angle.sin()
        return powers, weights, self._missed(j, shrunk, lost, step, strip, first, last), lost

    def _missed(
        self, j: int, shrunk: arb, lost: arb, step: Fraction, strip: float, first: int, last: int
    ) -> arb:
        """The error of the trapezoidal rule: the strip, the left end, the right end."""
        h, eta = ball(step), arb(strip)
        norm = 2 / (2 * arb.pi()).sqrt()
        shape = (2 * eta).cos()
        half = (arb.pi() / 2).sqrt()
        plain = half * double_factorial(j - 1) / shape ** (arb(j + 1) / 2)
        small = shrunk * half / shape.sqrt()
        weight = plain if plain < small else small
        weight = weight * lost ** (arb(j) / self.d)
        error = 2 * weight / ((2 * arb.pi() * eta / h).exp() - 1)
        begin = h * (first - 1)
        left = ((j + 1) * begin).exp() / (1 - (-(j + 1) * h).exp())
        other = shrunk * begin.exp() / (1 - (-h).exp())
        error += h * (left if left < other else other)
        end = h * (last + 1)
        square = (2 * end).exp()
        ratio = ((j + 1) * h - square * ((2 * h).exp() - 1) / 2).exp()
        if not ratio < 1:
            raise OutsideDomainError("the average: its bound needs more digits")
        error += h * ((j + 1) * end - square / 2).exp() / (1 - ratio)
        return (norm * error).upper()

    def _lattice(self, j: int, step: Fraction) -> Callable[[int], tuple[arb, arb]]:
        known = self._points.setdefault((j, step), {})

        def at(n: int) -> tuple[arb, arb]:
            if n not in known:
                x = (ball(step) * n).exp()
                known[n] = x**self.d, x ** (j + 1) * (-x * x / 2).exp()
            return known[n]

        return at

    @cached_property
    def _points(self) -> dict[tuple[int, Fraction], dict[int, tuple[arb, arb]]]:
        return {}


def _power(base: arb, exponent: Fraction) -> arb:
    root = base if exponent.denominator == 1 else base.root(exponent.denominator)
    return root**exponent.numerator


def power_sums(totals: list[arb], ratios: list[arb], count: int) -> list[arb]:
    """Return ``sum_i t_i q_i^n`` for ``n < count``: small steps times large ones.

    >>> [int(s.unique_fmpz()) for s in power_sums([arb(1), arb(2)], [arb(2), arb(3)], 3)]
    [3, 8, 22]
    """
    small = math.isqrt(count - 1) + 1
    large = -(-count // small)
    steps = [[arb(1)] * len(ratios)]
    for _ in range(small - 1):
        steps.append([p * q for p, q in zip(steps[-1], ratios, strict=True)])
    jump = [p * q for p, q in zip(steps[-1], ratios, strict=True)]
    rows = [list(totals)]
    for _ in range(large - 1):
        rows.append([p * q for p, q in zip(rows[-1], jump, strict=True)])
    table = arb_mat(rows) * arb_mat(steps).transpose()
    return [table[n // small, n % small] for n in range(count)]


@lru_cache(maxsize=32)
def moment_table(d: int, digits: int) -> MomentTable:
    """Return the table for one ``d`` and precision; it grows as it is used."""
    return MomentTable(d, digits)
