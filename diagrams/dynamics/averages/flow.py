"""Coordinates of one colour or several, followed by Taylor series from points that stand for all.

The equations are those of :mod:`diagrams.dynamics.roads.coordinates.averages`, the points
:mod:`nodes <diagrams.dynamics.averages.nodes>`. What a point may be off by is measured in ``N =
sum_c |X_c - Y_c| / u_c``, times its weight: errors of averages are sums of these, and the target
brings no two points of two colours further apart, so that they grow no faster than the averages.
So a step is as long as the weighted sums of the last coefficients allow, and fast points far out,
whose weights are small, do not shorten it.

A point whose smallest ``X_c / u_c`` weighs less than the tolerance has nothing left to lose: it is
taken off by it in all colours, which keeps the differences ``X_c / u_c - X_k / u_k``, and only
follows the common growth from there on, one number a colour.

Positions are kept in extended double precision; what is added in a step is computed in double
precision, so that rounding is about ``10^-16`` of what averages change by, times what the equations
make of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, exp, inf, log2
from typing import Any

import numpy

from diagrams.dynamics.averages.extended import REAL, Array, extended
from diagrams.dynamics.roads.coordinates.averages import MeanField
from diagrams.errors import NotSolved
from pde.errors import OutsideDomainError

ORDER = 22
STEPS_LIMIT = 4000
FROZEN = 0.2
"""The part of the tolerance that is for points that are no longer followed."""


@dataclass(frozen=True)
class Followed:
    """Averages ``Q_c`` and, last, of ``Pi`` at times; ``stretched`` are the integrals of
    ``exp(sum_k e_k R_k - R_c)``, ``R_c`` the integral of ``r_c``: time as it counts for colour c.
    """

    averages: list[list[Any]]
    stretched: tuple[float, ...]


@dataclass
class PointFlow:
    """Points on their way: ``A_c = X_c / units_c`` in the time ``speed tau``.

    The units are the strengths over the largest of them, so that ``A_c' = -pace prod A_k^(e_k) +
    (r_c / speed) A_c`` with a power of two as ``pace``: no constant of the product is rounded.
    ``sums`` are what frozen points add to the averages; rates are multiplied by ``factor``.
    """

    system: MeanField
    squares: list[Array]
    weights: Array
    tolerance: float
    factor: float = 1.0
    sums: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Go over to the units."""
        exponents = self.system.exponents
        strengths = [abs(u) for u in self.system.strengths]
        units = [u / max(strengths) for u in strengths]
        self._units = [extended(u) for u in units]
        self.squares = [x / u for x, u in zip(self.squares, self._units, strict=True)]
        self.sums = [REAL(0) for _ in units]
        top = max(float(abs(x).max()) for x in self.squares)
        fastest = 2 ** max(0, ceil(log2(top) * (sum(exponents) - 1)))
        exact = max(strengths) * fastest
        for u, e in zip(units, exponents, strict=True):
            exact *= u**e
        self._speed, self._pace = exact, (1.0 if self.system.inward else -1.0) / fastest
        self._rates: list[list[tuple[Any, tuple[int, ...]]]] = []
        for rate in self.system.rates:
            row = []
            for c, powers in rate:
                size = c / exact
                for u, power in zip(units, powers, strict=True):
                    size *= u**power
                row.append((extended(size) * REAL(self.factor), powers))
            self._rates.append(row)
        self._tick = REAL(1)  # of series: the step before, or high coefficients are no floats
        whole = sum(float(abs(self.weights @ x)) for x in self.squares)
        self._beside = whole / float(abs(self._whole_product()))
        self._plain: type = complex if numpy.iscomplexobj(self.weights) else float

    def follow(self, marks: Sequence[Fraction]) -> Followed:
        """Return the averages at times above zero, growing.

        Raises OutsideDomainError, with the time reached, where the solution ends, and
        :class:`~diagrams.errors.NotSolved` where that takes too many steps.
        """
        exponents = self.system.exponents
        colours = range(len(exponents))
        times, now = [extended(mark * self._speed) for mark in marks], REAL(0)
        whole_unit = REAL(1)
        for u, e in zip(self._units, exponents, strict=True):
            whole_unit = whole_unit * u**e
        found: list[list[Any]] = []
        growth, stretched = [REAL(0) for _ in colours], [0.0 for _ in colours]
        with numpy.errstate(all="ignore"):
            for _ in range(STEPS_LIMIT):
                self._freeze()
                made = self._series()
                left = (times[-1] - now + times[-1] / 1000) / self._tick
                step = REAL(float(min(REAL(made.length), left)))
                if not step * self._tick > 1e-11 * now:
                    end = float(now) / float(self._speed)
                    raise OutsideDomainError(
                        f"the solution cannot be followed beyond time = {end:.6g}",
                        "time",
                        f"{end:.12g}",
                    )
                while len(found) < len(times) and times[len(found)] - now <= step * self._tick:
                    ahead = (times[len(found)] - now) / self._tick
                    parts = [
                        u * _sum(q, ahead) for u, q in zip(self._units, made.averages, strict=True)
                    ]
                    found.append([*parts, whole_unit * _sum(made.product, ahead)])
                after = [g + _integral(r, step) for g, r in zip(growth, made.rates, strict=True)]
                middle = [float((g + h).real) / 2 for g, h in zip(growth, after, strict=True)]
                whole = sum(e * g for e, g in zip(exponents, middle, strict=True))
                for c in colours:
                    length = float(step * self._tick) / float(self._speed)
                    stretched[c] += length * exp(min(whole - middle[c], 300.0))
                growth = after
                if len(found) == len(times):
                    return Followed(found, tuple(stretched))
                powers = float(step) ** numpy.arange(1, ORDER + 1)
                self.squares = [
                    x + powers @ table[1:]
                    for x, table in zip(self.squares, made.tables, strict=True)
                ]
                self.sums = [_sum(f, step) for f in made.frozen]
                now += step * self._tick
                self._tick *= step
        raise NotSolved(f"the coordinates: more than {STEPS_LIMIT} steps")

    def _whole_product(self) -> Any:
        product = self.weights
        for x, e in zip(self.squares, self.system.exponents, strict=True):
            product = product * x**e
        return product.sum()

    def _freeze(self) -> None:
        """Freeze points as far as the tolerance allows, if worth it; none of those turned."""
        if self._plain is complex:
            return
        light = numpy.min([abs(x.astype(float)) for x in self.squares], axis=0)
        costs = self.weights.astype(float) * light
        order = numpy.argsort(costs)
        sums = numpy.cumsum(costs[order])
        count = int(numpy.searchsorted(sums, self.tolerance * FROZEN))
        if count <= len(costs) // 20:
            return
        gone, kept = order[:count], numpy.sort(order[count:])
        parts = [x[gone] for x in self.squares]
        least = numpy.min(parts, axis=0)
        for c, part in enumerate(parts):
            self.sums[c] += self.weights[gone] @ (part - least)
        self.squares = [x[kept] for x in self.squares]
        self.weights = self.weights[kept]

    def _series(self) -> _Series:
        """Taylor coefficients of points and averages, and the length of a step, in ticks."""
        exponents = self.system.exponents
        colours = range(len(exponents))
        weights: Array = self.weights.astype(self._plain)
        tables: list[Array] = [
            numpy.zeros((ORDER + 1, len(weights)), dtype=self._plain) for _ in colours
        ]
        sizes = abs(weights)
        for table, x in zip(tables, self.squares, strict=True):
            table[0] = x
        factors = [c for c in reversed(colours) for _ in range(exponents[c])]
        chain = [tables[factors[0]]]
        chain += [numpy.zeros_like(tables[0]) for _ in factors[1:]]
        frozen: list[list[Any]] = [[f] for f in self.sums]
        averages: list[list[Any]] = [
            [self.weights @ x + f] for x, f in zip(self.squares, self.sums, strict=True)
        ]
        product: list[Any] = [self._whole_product()]
        rates: list[list[Any]] = [[] for _ in colours]
        for n in range(ORDER + 1):
            for k in range(1, len(factors)):
                one = tables[factors[k]][: n + 1]
                numpy.einsum("ij,ij->j", one, chain[k - 1][n::-1], out=chain[k][n])
            if n:
                for c in colours:
                    averages[c].append(weights @ tables[c][n] + frozen[c][n])
                product.append(weights @ chain[-1][n])
            if n == ORDER:
                break
            for c in colours:
                rates[c].append(_rate(self._rates[c], averages, n) * self._tick)
                new = chain[-1][n] * -(self._pace * float(self._tick))
                if any(rates[c]):
                    new += numpy.array(rates[c][::-1], dtype=self._plain) @ tables[c][: n + 1]
                numpy.divide(new, n + 1, out=tables[c][n + 1])
                frozen[c].append(_convolved(rates[c], frozen[c], n) / (n + 1))
        length = inf
        for n in (ORDER - 1, ORDER):
            size = sum(
                float(sizes @ abs(t[n])) + float(abs(f[n]))
                for t, f in zip(tables, frozen, strict=True)
            )
            top = max(size, float(sizes @ abs(chain[-1][n])) * self._beside)
            if not top < inf:
                length = 0.0
            elif top > 0:
                length = min(length, 0.9 * (self.tolerance / top) ** (1 / n))
        return _Series(tables, frozen, averages, product, rates, length)


@dataclass(frozen=True, eq=False)
class _Series:
    tables: list[Array]
    frozen: list[list[Any]]
    averages: list[list[Any]]
    product: list[Any]
    rates: list[list[Any]]
    length: float


def _rate(
    rate: Sequence[tuple[Any, tuple[int, ...]]], averages: Sequence[Sequence[Any]], n: int
) -> Any:
    """The n-th coefficient of ``r_c``."""
    total = REAL(0)
    for c, powers in rate:
        series = [REAL(1)] + [REAL(0)] * n
        for q, power in zip(averages, powers, strict=False):
            for _ in range(power):
                series = [_convolved(series, q, k) for k in range(n + 1)]
        total = total + c * series[n]
    return total


def _convolved(one: Sequence[Any], two: Sequence[Any], n: int) -> Any:
    return sum((one[i] * two[n - i] for i in range(n + 1)), REAL(0))


def _sum(series: Sequence[Any], time: Any) -> Any:
    total = series[-1]
    for c in reversed(series[:-1]):
        total = total * time + c
    return total


def _integral(series: Sequence[Any], time: Any) -> Any:
    return time * _sum([c / (n + 1) for n, c in enumerate(series)], time)
