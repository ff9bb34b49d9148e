"""Coordinates of two colours on a grid, in fixed-point numbers of any length, with proved errors.

The equations are those of :mod:`diagrams.dynamics.roads.coordinates.averages`. *Lemma.* For two
solutions with the same rates ``r_c(t)`` put ``N = sum_c |X_c - Y_c| / u_c``. Then ``N' <= max_c r_c
N``. For ``Pi(X) - Pi(Y)`` is ``sum_c w_c (X_c - Y_c)`` with ``w_c >= 0`` (all coordinates are
positive), and ``sum_c s_c`` times ``-(w_1 d_1 + w_2 d_2)``, with ``s_c`` the sign of ``d_c``, is at
most zero: the term ``w_1 d_1`` enters as ``-w_1 |d_1|`` from the first colour and as ``+-w_1
|d_1|`` from the second. (With three colours two of them could outweigh the third.) What a numerical
solution lacks of obeying the equations (its defect) adds to ``N'``. So do rates that differ:
``sum_c X_c |r_c - r'_c| / u_c``.

The numerical solution is a Taylor polynomial a step.  Its defect is what is left of the products
beyond its order, bounded by geometric majorants of the computed coefficients, and what was
rounded.  It stays positive as long as its distance from the solution that begins at the same point
is below the least that this solution can have; where that is not so the point is frozen, and all
of it, on the step, counted as error.

Frozen are points in which a colour counts for nothing any more: it is set to zero, so that
``Pi = 0`` and the others obey ``X' = r X`` together; the distance to the true point adds to ``N``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import exp, inf
from typing import Any

import numpy
from flint import arb, arb_poly

from diagrams.dynamics.averages.proved.limbs import (
    BITS,
    CHUNK,
    Array,
    Overflow,
    added,
    checked,
    dot,
    dot_error,
    floats,
    rows_of,
    times,
    weighted,
)
from diagrams.dynamics.averages.proved.majorants import (
    RATIOS,
    SAFE,
    Bounds,
    frozen_majorants,
    tail,
    without,
)
from diagrams.dynamics.averages.proved.points import Points, Step, Tables, integer, scaled, shifted
from diagrams.dynamics.roads.coordinates.averages import MeanField
from pde.errors import OutsideDomainError
from pde.numbers.balls import ball

LENGTHS = tuple(0.9**k for k in range(24))
"""Parts of a step that are tried."""

STEPS_LIMIT = 3000


@dataclass(frozen=True)
class _Taylor:
    unit: Fraction
    tables: list[Tables]
    averages: list[list[arb]]
    products: list[arb]
    rates: list[list[arb]]
    frozen: list[list[arb]]


@dataclass(frozen=True)
class _Part:
    """The part of a unit that is taken: defect, what bad points lose, what ``Pi`` is cut by."""

    part: Fraction
    defect: float
    lost: float
    bad: list[Array]
    left_out: float


@dataclass
class GridBalls:
    """The flow of points; their coordinates are in units of ``scale``.

    ``order`` and the number of limbs are to be chosen for the tolerance, which is on ``N``.
    """

    system: MeanField
    points: list[Points]
    scale: int
    order: int
    tolerance: float
    frozen: list[arb] = field(default_factory=list)

    @property
    def limbs(self) -> int:
        """The length of all numbers."""
        return len(self.points[0].weights)

    @property
    def degree(self) -> int:
        """The degree of ``Pi`` in squares."""
        return sum(self.system.exponents)

    def steps(self, until: Fraction) -> Iterator[Step]:
        """Yield steps to a time; raises OutsideDomainError where they become too short."""
        self.frozen = [arb(0) for _ in self.system.exponents]
        now, distance = Fraction(0), self._freeze(self.tolerance / 4)
        unit = self._first(until)
        for _ in range(STEPS_LIMIT):
            if unit < until / 10**9:
                break
            try:
                tried = self._taylor(unit)
                part = self._part(tried, float(unit / until))
                if part is None:
                    unit /= 8
                    continue
                length = min(part.part * unit, until - now)
                step = self._finished(tried, part, now, length, distance)
            except Overflow:
                unit /= 4
                continue
            yield step
            now += length
            if now >= until:
                return
            distance = step.moved + self._freeze(self.tolerance * float(length / until) / 4)
            grown = unit * part.part * (Fraction(3, 2) if part.part == 1 else Fraction(23, 20))
            unit = until - now if grown >= until - now else _dyadic(grown)
        raise OutsideDomainError(
            f"the solution cannot be followed beyond {float(now):.6g}", "time", repr(float(now))
        )

    def _first(self, until: Fraction) -> Fraction:
        top = 0.0
        for points in self.points:
            values = [floats(y) * float(self.scale) for y in points.squares]
            for c, u in enumerate(self.system.strengths):
                rate = float(u) * without(values, self.system.exponents, c)
                top = max(top, float(rate.max()))
        return _dyadic(min(until, Fraction(0.5 / top) if top else until))

    def _taylor(self, unit: Fraction) -> _Taylor:
        """Coefficients of all points in the part of a unit of time."""
        system, order, limbs, scale = self.system, self.order, self.limbs, self.scale
        colours = range(len(system.exponents))
        bits = BITS * limbs
        tables = [Tables.begun(p, order, system.exponents) for p in self.points]
        frozen = [[f] for f in self.frozen]
        averages: list[list[arb]] = [[] for _ in colours]
        products: list[arb] = []
        rates: list[list[int]] = [[] for _ in colours]
        for n in range(order + 1):
            for c in colours:
                total = sum(weighted(t.weights, t.series[c][n]) for t in tables)
                averages[c].append(scaled(total, 2 * bits) * scale + frozen[c][n])
            if n == order:
                break
            for t in tables:
                t.multiply(n)
            total = sum(weighted(t.weights, t.chain[-1][n]) for t in tables)
            products.append(scaled(total, 2 * bits) * scale**self.degree)
            polynomials = [arb_poly(q) for q in averages]
            for c in colours:
                coefficient = _coefficient(system.rate(c, polynomials), n) * ball(unit)
                rates[c].append(integer(coefficient, bits))
                part = arb(0)
                for i, r in enumerate(rates[c]):
                    part += scaled(r, bits) * frozen[c][n - i]
                frozen[c].append(part / (n + 1))
                strength = system.strengths[c] * unit * scale ** (self.degree - 1)
                shift, scalar = shifted(-strength / (n + 1), limbs)
                rate = None
                if any(rates[c]):
                    rate = rows_of([r // (n + 1) for r in rates[c]], limbs).T.copy()
                for t in tables:
                    new = times(scalar, shift, t.chain[-1][n])
                    if rate is not None:
                        new = added(new, checked(dot(rate, t.series[c][: n + 1])))
                    t.series[c][n + 1] = new
        found = [[scaled(r, bits) for r in row] for row in rates]
        return _Taylor(unit, tables, averages, products, found, frozen)

    def _part(self, tried: _Taylor, share: float) -> _Part | None:
        """The longest part of the step whose defect is small enough."""
        scale, unit = float(self.scale), float(tried.unit)
        rates = [numpy.array([float(abs(r).upper()) for r in row]) for row in tried.rates]
        swiftest = max(float(row.sum()) for row in rates)
        bounds = [
            Bounds.of(t.weights, t.series, rates, unit, self.system, scale) for t in tried.tables
        ]
        frozen = frozen_majorants(tried.frozen, rates, self.system)
        rounding = self._rounding(unit, max((b.largest for b in bounds), default=1.0))
        sums = [
            [sum(float((b.shares * b.majorants[k][i]).sum()) for b in bounds) for i in (0, 1)]
            for k in range(len(RATIOS))
        ]
        for part in LENGTHS:
            tails = [[tail(part * r, self.order, d) for d in (self.degree, 2)] for r in RATIOS]
            sizes = [
                total[0] * end[0] + (total[1] + f) * end[1]
                for total, end, f in zip(sums, tails, frozen, strict=True)
            ]
            k = min(range(len(RATIOS)), key=lambda i: sizes[i])
            if not sizes[k] < inf:
                continue
            grow = exp(min(part * swiftest, 50.0))
            defect, lost, product = frozen[k] * tails[k][1], 0.0, 0.0
            masks = []
            for b in bounds:
                own = (b.majorants[k][0] * tails[k][0] + b.majorants[k][1] * tails[k][1]) * SAFE
                own += rounding
                bad = b.bad(own * part * grow, part)
                defect += float((b.shares * own)[~bad].sum())
                lost += (2 + grow) * float((b.shares * b.sizes)[bad].sum())
                product += (1 + grow**self.degree) * float((b.shares * b.products)[bad].sum())
                masks.append(bad)
            if (defect * part + lost) * SAFE <= self.tolerance * max(share * part, 1e-3):
                colours = len(self.system.strengths)
                left_out = sums[k][0] * tails[k][0] / (colours * unit) + rounding / unit
                left_out += product * scale**self.degree
                return _Part(_dyadic(part), defect * SAFE, lost * SAFE, masks, left_out * SAFE)
        return None

    def _rounding(self, unit: float, largest: float) -> float:
        """A bound on what rounding adds to the defect of a point, in ``N``.

        ``largest`` bounds the sums of all coefficients of a coordinate.  Products of tables carry
        the errors of their factors, scalars are rounded to one place.
        """
        terms, limbs, scale = self.order + 1, self.limbs, float(self.scale)
        top = max(largest, 1.0)
        one = dot_error(terms, limbs)
        product = one * sum(top**k for k in range(self.degree))
        total = 0.0
        for u in self.system.strengths:
            strength = float(u) * unit * scale ** (self.degree - 1)
            moved = max(strength, 1.0) * 2.0**BITS
            each = strength * product + terms * (moved * (dot_error(1, limbs) + 2) + one + top + 2)
            total += each * scale / float(u)
        return SAFE * terms * total * 2.0 ** (-BITS * limbs)

    def _finished(
        self, tried: _Taylor, part: _Part, now: Fraction, length: Fraction, distance: arb
    ) -> Step:
        """The step, with the points moved to its end."""
        limbs, bits = self.limbs, BITS * self.limbs
        end = length / tried.unit
        powers = [int(end**m * (1 << bits)) for m in range(self.order, -1, -1)]
        reverse = rows_of(powers, limbs).T.copy()
        points = []
        for t, bad in zip(tried.tables, part.bad, strict=True):
            moved = [checked(dot(reverse, s)) for s in t.series]
            for y in moved:
                y[:, bad | (floats(y) < 0)] = 0
            points.append(Points(t.weights, moved))
        self.points = points
        reach, unit = ball(end), ball(tried.unit)
        averages = tuple(arb_poly(q) for q in tried.averages)
        rates = tuple(arb_poly(r) for r in tried.rates)
        gaps, growth = [], arb(0)
        for c, used in enumerate(rates):
            exact = arb_poly([0]) + self.system.rate(c, averages) * unit
            gaps.append(_total((exact - used).coeffs(), reach) / unit)
            first, *rest = used.coeffs() or [arb(0)]
            fastest = (first + _total([arb(0), *rest], reach)) * reach
            growth = max(growth, fastest.upper())
            self.frozen[c] *= used.integral()(reach).exp()
        rounded = sum((self.scale / ball(u) for u in self.system.strengths), arb(0))
        rounded *= (dot_error(self.order + 1, limbs) + 2 * self.order + 8) * arb(2) ** -bits
        added_error = arb(part.defect) * reach + arb(part.lost) + rounded
        return Step(
            now,
            length,
            tried.unit,
            averages,
            arb_poly(tried.products),
            arb(part.left_out),
            tuple(used * (1 / unit) for used in rates),
            tuple(gaps),
            ((distance + added_error) * growth.exp()).upper(),
        )

    def _freeze(self, allowed: float) -> arb:
        """Freeze points as far as the distance this adds is allowed; return that distance."""
        weights = numpy.concatenate([p.weights for p in self.points], axis=1)
        squares = [
            numpy.concatenate([p.squares[c] for p in self.points], axis=1)
            for c in range(len(self.system.exponents))
        ]
        bits = BITS * self.limbs
        sizes = numpy.stack(
            [
                (abs(floats(y)) + 2.0**-bits) * float(self.scale) / float(u)
                for y, u in zip(squares, self.system.strengths, strict=True)
            ]
        )
        least = sizes.argmin(axis=0)
        costs = (abs(floats(weights)) + 2.0**-bits) * sizes.min(axis=0)
        order = numpy.argsort(costs)
        count = int(numpy.searchsorted(numpy.cumsum(costs[order]), allowed))
        chosen, kept = order[:count], numpy.sort(order[count:])
        for start in range(0, count, CHUNK):
            some = chosen[start : start + CHUNK]
            for c, y in enumerate(squares):
                own = some[least[some] != c]
                total = weighted(weights[:, own], y[:, own])
                self.frozen[c] += scaled(total, 2 * bits) * self.scale
        self.points = [
            Points(
                numpy.ascontiguousarray(weights[:, some]),
                [numpy.ascontiguousarray(y[:, some]) for y in squares],
            )
            for start in range(0, len(kept), CHUNK)
            for some in (kept[start : start + CHUNK],)
        ]
        return arb(float(costs[chosen].sum()) * SAFE)


def _dyadic(value: Fraction | float) -> Fraction:
    """A number of 12 binary digits just below a positive one."""
    exact = Fraction(value)
    shift = exact.denominator.bit_length() - exact.numerator.bit_length() + 12
    power = Fraction(2) ** shift
    return (exact * power).__floor__() / power


def _coefficient(series: Any, n: int) -> arb:
    if isinstance(series, arb_poly):
        return series[n]
    return series if n == 0 else arb(0)


def _total(coefficients: Sequence[arb], reach: arb) -> arb:
    """A bound on a polynomial of given coefficients on ``[0, reach]``."""
    total = arb(0)
    for c in reversed(coefficients):
        total = total * reach + abs(c)
    return total.upper()
