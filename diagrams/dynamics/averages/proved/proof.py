"""Numbers of coordinates of two colours to any number of digits, with a proved bound.

Three systems are compared, with the distance ``N`` of
:mod:`diagrams.dynamics.averages.proved.balls`. On the grid: coordinates that start at grid points,
with rates that are those of the sums over the grid (up to a known gap).  In between: coordinates
that start anywhere, with the same rates; their averages differ from the sums by what
:mod:`diagrams.dynamics.averages.proved.strip` bounds, since the rates are known real functions.
And the true coordinates, with rates of their own averages.  With ``D`` the average of ``N`` between
these and those in between,

    D' <= max_c r_c D + sum_c Q_c |r_c - r'_c| / u_c,    |Q_c - Q'_c| <= u_c (D + N) + epsilon_c,

a linear inequality for ``D``: nothing is amplified but by the growth of the averages themselves.
``Pi`` has the derivative ``w_c`` with respect to ``X_c``, so that its average is off by at most the
largest ``u_c w_c`` times ``D + N`` where coordinates are on the grid, and by all of it beyond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, exp, floor, log, pi, sqrt

import mpmath
import numpy
from flint import arb

from diagrams.dynamics.averages.proved.balls import GridBalls
from diagrams.dynamics.averages.proved.limbs import BITS, CHUNK, TERMS_LIMIT, rows_of
from diagrams.dynamics.averages.proved.points import Points, Step
from diagrams.dynamics.averages.proved.strip import Interval, beyond, quadrature_errors
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.roads.coordinates.averages import Averages, MeanField, averages_of
from diagrams.errors import NotSolved
from pde.errors import OutsideDomainError
from pde.numbers.balls import ball, hull, precision
from pde.numbers.evaluation import Value, narrow_value

SPACINGS = tuple(Fraction(k, 256) for k in (72, 60, 50, 42, 36, 31, 26, 22, 19, 16, 14, 12, 10, 8))
"""Distances of points that are tried."""

SECONDS = 1.3e-9
"""Roughly the time of a product of two limbs, in seconds."""

SECONDS_LIMIT = 300.0
GUARD = 8
"""Decimal digits beyond those asked for: derivatives of ``Pi`` at the outermost points."""

RATIO = 1.1
"""By what time grows at most in an interval of the history."""


@dataclass(frozen=True)
class Run:
    """One run over a grid; ``spacing`` is the distance of its points."""

    averages: Averages
    marks: Sequence[Fraction]
    digits: int
    spacing: Fraction
    growth: float

    @property
    def wanted(self) -> float:
        """The negative logarithm of the accuracy of averages."""
        return (self.digits + 2) * log(10)

    @cached_property
    def extent(self) -> int:
        """How many points there are along an axis, on one side of zero."""
        degree = 2 * sum(self.averages.system.exponents)
        last = sqrt(2 * self.wanted)
        while last**2 / 2 - degree * log(last) < self.wanted + 3 * log(10):
            last += 0.05
        return ceil(Fraction(last) / self.spacing)

    @property
    def farthest(self) -> float:
        """The largest ``X`` of the grid."""
        return float(self.extent * self.spacing) ** 2

    @property
    def order(self) -> int:
        """The order of Taylor polynomials."""
        return ceil(1.45 * (self.digits + GUARD))

    @property
    def limbs(self) -> int:
        """The length of numbers."""
        return ceil((self.digits + GUARD + 19) * log(10) / log(2) / BITS)

    @cached_property
    def kept(self) -> tuple[list[tuple[int, int]], float]:
        """Places of points, and a bound on what the others contribute."""
        h = float(self.spacing)
        squares = ((numpy.arange(self.extent) + 0.5) * h) ** 2
        weights = 2 * h * numpy.exp(-squares / 2) / sqrt(2 * pi)
        i, j = self.averages.system.exponents
        sizes = numpy.multiply.outer(1 + squares, 1 + squares) ** max(i, j)
        shares = numpy.multiply.outer(weights, weights) * sizes
        chosen = shares > exp(-self.wanted) / 10 / shares.size
        lost = float(shares[~chosen].sum()) * 1.001 * self.growth ** (i + j)
        return [(int(a), int(b)) for a, b in numpy.argwhere(chosen)], lost

    @property
    def seconds(self) -> float:
        """A guess of the time."""
        steps = 12 + 10 * log(1 + float(self.marks[-1] * max(self.averages.system.strengths)) * 1e4)
        products = self.order**2 * self.limbs**2 * sum(self.averages.system.exponents) / 3
        return SECONDS * steps * products * len(self.kept[0]) * 0.6

    @property
    def scale(self) -> int:
        """What coordinates are measured in, a power of two."""
        return 1 << ceil(log(4 * self.farthest * self.growth) / log(2))

    def points(self) -> list[Points]:
        """The points, with weights rounded down."""
        bits, h = BITS * self.limbs, self.spacing
        places = [(k + Fraction(1, 2)) * h for k in range(self.extent)]
        one = 1 << bits
        with mpmath.workprec(bits + 40):
            norm = 2 * mpmath.mpf(h.numerator) / h.denominator / mpmath.sqrt(2 * mpmath.pi)
            weights = [
                int(
                    mpmath.ldexp(
                        norm * mpmath.exp(-mpmath.mpf(s.numerator) / (2 * s.denominator)), bits
                    )
                )
                for s in (x * x for x in places)
            ]
        squares = [int(x * x * one / self.scale) for x in places]
        found = []
        kept = self.kept[0]
        for start in range(0, len(kept), CHUNK):
            some = kept[start : start + CHUNK]
            rows = [
                rows_of([squares[k] for k in column], self.limbs)
                for column in zip(*some, strict=True)
            ]
            both = rows_of([weights[a] * weights[b] >> bits for a, b in some], self.limbs)
            found.append(Points(both, rows))
        return found

    def steps(self) -> list[Step]:
        """The steps of the grid."""
        u = max(self.averages.system.strengths)
        tolerance = 10.0 ** -(self.digits + GUARD) / max(float(u), 1e-300)
        grid = GridBalls(self.averages.system, self.points(), self.scale, self.order, tolerance)
        return list(grid.steps(self.marks[-1]))

    def values(self, steps: Sequence[Step]) -> list[arb]:
        """The values, without regard to errors."""
        found, k = [], 0
        for mark in self.marks:
            while mark > steps[k].begin + steps[k].length:
                k += 1
            part = steps[k].part(mark)
            found.append(
                self.averages.value([*(q(part) for q in steps[k].averages), steps[k].product(part)])
            )
        return found

    def proved(self) -> list[arb]:
        """The values as balls that hold the true ones."""
        steps, system = self.steps(), self.averages.system
        errors = quadrature_errors(system, float(self.spacing), self.wanted, history(steps))
        i, j = system.exponents
        far = beyond(system, float(self.spacing), float(self.extent * self.spacing), history(steps))
        rounded = len(self.kept[0]) * 4 * float(self.scale) ** (i + j) * 2.0 ** (-BITS * self.limbs)
        grown = growth_of(steps)
        if grown > self.growth:
            raise NotSolved("bounds for coordinates: they grow more than thought")
        outside = self.kept[1] + far + rounded
        epsilon = [arb(e) + arb(outside) for e in errors]
        top = self.farthest * grown
        u = [ball(x) for x in system.strengths]
        steepest = max(float(x) * e for x, e in zip(u, system.exponents, strict=True))
        steepest *= (2 * top) ** (i + j - 1) * 1.001
        distance, found, k = arb(0), [], 0
        for step in steps:
            before = distance
            distance = _further(system, step, before, epsilon)
            while k < len(self.marks) and self.marks[k] <= step.begin + step.length:
                part = step.part(self.marks[k])
                total = distance + step.moved
                averages = [
                    q(part) + hull(x * total + e)
                    for q, x, e in zip(step.averages, u, epsilon, strict=False)
                ]
                off = step.product_error + arb(steepest) * total + epsilon[2] + 2 * arb(far)
                found.append(self.averages.value([*averages, step.product(part) + hull(off)]))
                k += 1
        return found


def _further(system: MeanField, step: Step, distance: arb, epsilon: Sequence[arb]) -> arb:
    """The distance of the true coordinates after a step."""
    u = [ball(x) for x in system.strengths]
    reach, length = step.part(step.begin + step.length), ball(step.length)
    room = [(x * (distance + step.moved) + e) * 2 for x, e in zip(u, epsilon, strict=False)]
    tops = [
        (_most(q.coeffs(), reach) + r + arb("1e-6")).upper()
        for q, r in zip(step.averages, room, strict=True)
    ]
    growth, fed, source = arb(0), arb(0), arb(0)
    for c, (q, x) in enumerate(zip(tops, u, strict=True)):
        slopes = [system.slope(c, k, tops) for k in range(len(u))]
        off = step.gaps[c]
        for slope, y, e in zip(slopes, u, epsilon, strict=False):
            fed += q / x * slope * y
            off += slope * (y * step.moved + e)
        source += q / x * off
        first, *rest = step.rates[c].coeffs() or [arb(0)]
        wide = sum((s * arb("1e-6") for s in slopes), arb(0)) + off
        growth = max(growth, (first + _most([arb(0), *rest], reach) + wide).upper())
    after = ((distance + source * length) * ((growth + fed) * length).exp()).upper()
    if not all(
        x * (after + step.moved) + e < r + arb("1e-6")
        for x, e, r in zip(u, epsilon, room, strict=False)
    ):
        raise NotSolved("bounds for coordinates: they grow beyond use")
    return after


def _most(coefficients: Sequence[arb], reach: arb) -> arb:
    total = arb(0)
    for c in reversed(coefficients):
        total = total * reach + abs(c)
    return total.upper()


def history(steps: Sequence[Step]) -> list[Interval]:
    """Return intervals of time with bounds on the integrals of the rates that were used."""
    found = []
    totals = [arb(0) for _ in steps[0].rates]
    for step in steps:
        begin, length = float(step.begin), float(step.length)
        count = max(1, ceil(log(1 + length / begin) / log(RATIO))) if begin else 4
        lower, upper = [], []
        reach = step.part(step.begin + step.length)
        for c, rate in enumerate(step.rates):
            first, *rest = rate.coeffs() or [arb(0)]
            spread = _most([arb(0), *rest], reach)
            ends = [(first + sign * spread) * ball(step.length) for sign in (-1, 1)]
            lower.append(float((totals[c] + min(arb(0), ends[0].lower())).lower()) - 1e-12)
            upper.append(float((totals[c] + max(arb(0), ends[1].upper())).upper()) + 1e-12)
            totals[c] += rate.integral()(reach) * ball(step.unit)
        found += [Interval(length / count * (1 + 1e-12), tuple(lower), tuple(upper))] * count
    return found


def growth_of(steps: Sequence[Step]) -> float:
    """Return a bound on how much a square grows by its linear terms."""
    return exp(max(0.0, *(x for span in history(steps) for x in span.upper)))


def by_grid(
    closure: Closure,
    exact: Mapping[str, Fraction],
    constant: Fraction,
    clocks: Sequence[Fraction],
    digits: int,
    seconds: float = SECONDS_LIMIT,
) -> tuple[Value, ...]:
    """Return ``E[L]`` at times ``tau`` of one sign, growing in size, with proved bounds.

    Raises :class:`~diagrams.errors.NotSolved` where that is not possible, or would take too long,
    and :class:`~pde.errors.OutsideDomainError` where the equations have no solution so far.
    """
    side = -1 if clocks[-1] < 0 else 1
    problem = two_colours(closure, exact, constant, side)
    run = _chosen(problem, [abs(clock) for clock in clocks], digits, seconds)
    for attempt in range(2):
        with precision(run.digits + GUARD + 30):
            values = [narrow_value(value, digits) for value in run.proved()]
        kept = [value for value in values if value is not None]
        if len(kept) == len(values):
            return tuple(kept)
        finer = Fraction(int(run.spacing * 205), 256)
        run = replace(run, digits=run.digits + 5, spacing=finer)
        if attempt or run.seconds > seconds or run.order > TERMS_LIMIT:
            break
    raise NotSolved("bounds for coordinates: they are not narrow enough")


def two_colours(
    closure: Closure, exact: Mapping[str, Fraction], constant: Fraction, side: int
) -> Averages:
    """The problem; raises NotSolved unless it has two colours: the distance N needs that."""
    if len(closure.rows.colours) != 2:
        raise NotSolved("bounds for coordinates: only two colours")
    return averages_of(closure, exact, constant, side)


def spare_digits(problem: Averages, values: Sequence[arb]) -> int:
    """How many digits fewer averages need than values."""
    with precision(20):
        size = sum((abs(ball(c)) for c, powers in problem.terms if any(powers)), arb(0))
        least = min(abs(value.mid()) for value in values)
        return floor(float((least / size).log() / arb(10).log())) if least > 0 < size else 0


def _chosen(problem: Averages, marks: Sequence[Fraction], digits: int, seconds: float) -> Run:
    """The widest grid that seems to do, from a rough run."""
    with precision(40):
        steps, values = rough_run(problem, marks)
    wanted = max(digits + 2 - spare_digits(problem, values), 3)
    past, growth = history(steps), growth_of(steps) * 1.1

    def sufficient(run: Run) -> bool:
        errors = quadrature_errors(problem.system, float(run.spacing), run.wanted, past)
        return max(errors) < 10.0**-wanted

    runs = [Run(problem, marks, wanted, spacing, growth) for spacing in SPACINGS]
    low, high = 0, len(runs)
    while low < high:
        middle = (low + high) // 2
        if runs[middle].order > TERMS_LIMIT or runs[middle].seconds > seconds:
            high = middle
        else:
            low = middle + 1
    possible = low
    if not possible or not sufficient(runs[possible - 1]):
        raise NotSolved(
            f"bounds for coordinates: {digits} digits would take more than about"
            f" {seconds:.0f} seconds"
        )
    low, high = 0, possible - 1
    while low < high:
        middle = (low + high) // 2
        if sufficient(runs[middle]):
            high = middle
        else:
            low = middle + 1
    return runs[high]


def rough_run(problem: Averages, marks: Sequence[Fraction]) -> tuple[list[Step], list[arb]]:
    """A run to a few digits, and its values."""
    for growth in (1.0, 8.0, 100.0):
        run = Run(problem, marks, 3, Fraction(1, 3), growth)
        try:
            steps = run.steps()
        except OutsideDomainError:
            continue
        if growth_of(steps) < growth * 2:
            return steps, run.values(steps)
    raise OutsideDomainError("the solution grows too much", "time", repr(float(marks[-1])))
