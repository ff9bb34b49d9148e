"""Numbers of coordinates on a grid of Gaussian initial values.

At early times the series in time serves, with a proved bound.  Late times with one target and no
other product are those of :mod:`coordinate_late <diagrams.dynamics.averages.late>`; else averages
are taken on a fixed grid of initial values (trapezoidal rule in u, |v| = sigma exp(u - exp(-u)),
which converges exponentially).  Both give up to 15 digits, and their error is estimated from a
second grid and a second tolerance.  That is no proof: the width of the strip in which the
coordinates are analytic in u falls with time, and nothing is asked about it here.

The target drives coordinates outwards where the product of its factors has the sign of ``t``:
then the largest ones blow up at once and numbers are refused.  An odd tie gives both signs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from itertools import pairwise
from math import ceil, factorial, log, pi
from typing import Any

import mpmath
import numpy
from sympy import Rational

from diagrams.dynamics.averages.flow import (
    ACCURACY,
    REAL,
    Array,
    Drift,
    GridFlow,
    Terms,
    extended,
    multiprecision,
    polynomial_value,
)
from diagrams.dynamics.averages.late import last_time, late_values
from diagrams.dynamics.beyond import Lateral, SampledLoss
from diagrams.dynamics.numbers import Numbers, ReadEnd, Values, shifted
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial
from diagrams.dynamics.roads.bernoulli.structure import rational_value
from diagrams.dynamics.roads.coordinates.averages import averages_of
from diagrams.dynamics.roads.coordinates.sample import sampled_loss
from diagrams.dynamics.roads.coordinates.series import by_series
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.polynomials.evaluation import real
from diagrams.polynomials.polynomial import Polynomial
from pde.errors import OutsideDomainError
from pde.numbers.balls import ball, precision
from pde.numbers.evaluation import Value, ball_value

NODES_LIMIT = 300_000
STRIP = (0.3, 0.5, 0.6)
"""Half width of the strip in which averages are taken to be analytic, by number of colours."""

ANGLES = (0.3, 0.25)
"""Angles by which initial values are turned for a lateral sum."""


@dataclass(frozen=True)
class ByCoordinates(Numbers):
    """Numbers from coordinates on a grid of initial values."""

    closure: Closure
    constant: Polynomial

    @cached_property
    def driving(self) -> tuple[tuple[Exponent, Polynomial], ...]:
        """The terms of the generator that drive single coordinates: one petal, degree above 2."""
        found = []
        for petals, c in self.closure.whole_generator:
            if sum(power for _, power in petals) == 1 and sum(petals[0][0]) > 2:
                found.append((petals[0][0], c))
        return tuple(found)

    @property
    def domain(self) -> str:
        """The domain in words."""
        if any(entry % 2 for m, _ in self.driving for entry in m):
            return (
                "none: for both signs of t the largest coordinates blow up at once; the series is"
                " formal, of radius zero"
            )
        if not self.driving:
            return "all t for which the equations have a solution"
        signs = {c.terms[0][1] < 0 for _, c in self.driving}
        names = {name for _, c in self.driving for name in c.symbols} - {self.closure.rows.number}
        if names or len(signs) > 1:
            return "the sign of t for which the target does not drive coordinates outwards"
        side = "t <= 0" if signs == {True} else "t >= 0"
        return f"{side}, while the equations have a solution"

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times.

        By the series in time with a proved bound where that is narrow enough; else on a grid, with
        an estimate, for up to 15 digits: the error may be larger than asked for, and says so.

        Raises :class:`~diagrams.errors.OutsideDomain`, also where more digits cannot be had.
        """
        exact = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items()}
        clocks = [Fraction(int(t.p), int(t.q)) / exact["T"] for t in times]
        for clock in clocks:
            self.check_side(exact, clock)
        start = self.closure.observable.value(self.closure.rows.initial) + self.constant
        with precision(digits + 20):
            first = ball_value(ball(rational_value(start, exact)), digits)
        found = {Fraction(0): first}
        for side in (1, -1):
            marks = sorted({c for c in clocks if c * side > 0}, key=abs)
            if marks:
                proved = self.early(exact, marks, digits)
                late = marks[len(proved) :]
                found |= dict(zip(marks, proved, strict=False))
                if late:
                    found |= dict(zip(late, self._estimated(exact, late, digits), strict=True))
        return tuple(found[clock] for clock in clocks)

    def early(
        self, exact: Mapping[str, Fraction], marks: Sequence[Fraction], digits: int
    ) -> tuple[Value, ...]:
        """Return proved values of the series, at as many of the times as there are."""
        constant = rational_value(self.constant, exact)
        return _earliest(partial(by_series, self.closure, exact, constant), marks, digits)

    def _estimated(
        self, exact: Mapping[str, Fraction], marks: Sequence[Fraction], digits: int
    ) -> list[Value]:
        """Values on a grid; the error is the difference of two grids and tolerances."""
        if digits > ACCURACY:
            at = f"t = {float(marks[-1] * exact['T']):.6g}"
            reason = f"at {at} numbers from a grid are estimates, of up to {ACCURACY} digits"
            raise OutsideDomain(f"digits = {digits}: {reason}", "digits")
        constant = rational_value(self.constant, exact)
        try:
            problem = averages_of(self.closure, exact, constant, -1 if marks[-1] < 0 else 1)
            return late_values(problem, [abs(mark) for mark in marks], digits)
        except OutsideDomainError as end:
            raise _ended(end, exact, marks) from end
        except NotSolved:
            pass  # another product occurs, or there are too many points
        wanted = min(digits + 1, ACCURACY)
        shift = Rational(constant.numerator, constant.denominator)
        try:
            rough, fine = (self._run(exact, marks, w) for w in (wanted - 1, wanted))
        except NotSolved as refusal:
            at = f"t = {float(marks[-1] * exact['T']):.6g}"
            raise OutsideDomain(f"{at}: {refusal.step}", "t") from refusal
        found = []
        for one, two in zip(rough, fine, strict=True):
            error = abs(one - two) + abs(two) * REAL(10) ** (-ACCURACY)
            value = Value(multiprecision(two), multiprecision(error), "two tolerances")
            found.append(shifted(value, shift, digits))
        return found

    def existence_time(self, values: Values, digits: int, read: ReadEnd) -> Value | None:
        """Return the end on the side on which the target holds coordinates back, an estimate.

        ``None`` where every term shrinks every coordinate.  Raises
        :class:`~diagrams.errors.BadInput` where there is no such side, and
        :class:`~diagrams.errors.OutsideDomain` where no end is met.
        """
        exact = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items()}
        constant = rational_value(self.constant, exact)
        for side in (1, -1):
            try:
                problem = averages_of(self.closure, exact, constant, side)
            except NotSolved:
                continue  # the target drives coordinates outwards on this side
            try:
                found = last_time(problem)
            except NotSolved as refusal:
                raise OutsideDomain(f"existence_time: {refusal.step}", "t") from refusal
            return None if found is None else _scaled(found, side * exact["T"])
        allowed = "a solution with a formula or a first integral, or ties that are all even"
        raise BadInput("existence_time", "ode solution", allowed)

    def sample(self, values: Mapping[str, Rational], count: int, seed: int) -> SampledLoss:
        """Return the loss of the closure for a sample of coordinates, drawn with a seed."""
        return sampled_loss(self.closure, self.constant, values, count, seed)

    def check_side(self, exact: Mapping[str, Fraction], clock: Fraction) -> None:
        """Refuse a time ``t/T`` at which the target drives coordinates outwards."""
        for m, c in self.driving:
            strength = rational_value(c, exact) / exact[self.closure.rows.number]
            odd = any(entry % 2 for entry in m)
            if clock and strength and (odd or strength * clock < 0):
                spike = self._spike(exact, m, strength) * (1 if clock > 0 else -1)
                asked = "" if odd else ", or the lateral sum,"
                raise OutsideDomain(
                    f"t = {mpmath.nstr(real(clock * exact['T']), 6)}: the series has no Borel sum"
                    " at such times and the size limit is not uniform: the largest coordinates"
                    f" blow up first, typically at about t = {spike:.3g}; a finite sample of"
                    f" coordinates{asked} can be asked for",
                    "t",
                    "0",
                )

    def lateral(self, values: Mapping[str, Rational], digits: int = 8) -> Lateral:
        """Return the lateral Borel sum at a time that is refused otherwise.

        Averages are taken over initial values turned by an angle into the complex plane, where
        no coordinate blows up.  The error is the difference between two angles.

        Raises :class:`~diagrams.errors.NotSolved` for odd ties.
        """
        if any(entry % 2 for m, _ in self.driving for entry in m):
            raise NotSolved("the lateral sum: odd ties are singular on both sides")
        exact = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items()}
        clock = exact["t"] / exact["T"]
        wanted = min(digits + 1, ACCURACY)
        constant = REAL(float(rational_value(self.constant, exact)))
        sums = [self._run(exact, [clock], wanted, angle)[0] + constant for angle in ANGLES]
        difference = abs(sums[0] - sums[1]) + abs(sums[0]) * REAL(10) ** (-wanted)
        parts = [
            Value(multiprecision(part), multiprecision(difference), "two tolerances")
            for part in (sums[0].real, sums[0].imag)
        ]
        m, c = self.driving[0]
        strength = rational_value(c, exact) / exact[self.closure.rows.number]
        spike = self._spike(exact, m, strength) * (1 if clock > 0 else -1)
        return Lateral(parts[0], parts[1], spike)

    def _spike(self, exact: Mapping[str, Fraction], m: Exponent, strength: Fraction) -> float:
        """When the target alone takes the largest row off: its squares are shared as its powers."""
        rows = self.closure.rows
        size = 2 * mpmath.log(max(real(exact[rows.features] * exact[rows.number]), 2))
        degree = sum(m)
        largest = mpmath.mpf(1)
        for entry, variance in zip(m, rows.variances, strict=True):
            share = size * entry / degree
            largest *= (share * real(rational_value(variance, exact))) ** (entry / 2)
        speed = (degree - 2) * degree * abs(real(strength)) * largest
        spread = real(exact["T"] * rational_value(rows.variances[0], exact))
        return float(spread * size / speed)

    def _run(
        self,
        exact: Mapping[str, Fraction],
        marks: Sequence[Fraction],
        wanted: int,
        angle: float = 0.0,
    ) -> list[Any]:
        colours = range(len(self.closure.rows.colours))
        drifts = []
        for colour in colours:
            for n, value in self.closure.drift(colour):
                shift = tuple(e - (c == colour) for c, e in enumerate(n))
                if any(e % 2 for e in shift):
                    raise NotSolved(
                        "the coordinates: averages of odd powers need both signs of all of them"
                    )
                halved = tuple(e // 2 for e in shift)
                drifts.append(Drift(colour, halved, _terms(value, exact)))
        observable = _terms(self.closure.observable, exact)
        last = sorted({m for _, petals in observable for m, _ in petals})
        squares, weights = self._grid(exact, wanted, angle)
        p = extended(exact[self.closure.rows.features])
        flow = GridFlow(drifts, weights, p, self.closure.classes, last)
        clocks = [float(mark) for mark in marks]
        try:
            petals = flow.follow(squares, clocks, 10.0 ** (-wanted - 1))
        except OutsideDomainError as error:
            raise _ended(error, exact, marks) from error
        return [polynomial_value(observable, here) for here in petals]

    def _grid(
        self, exact: Mapping[str, Fraction], wanted: int, angle: float
    ) -> tuple[list[Array], Array]:
        """Squares of initial values and their weights, sorted in colours that are alike.

        All exponents even, or no target: then signs do not matter.
        """
        rows, alike = self.closure.rows, self.closure.classes
        colours = len(rows.colours)
        needed = (wanted + 1) * log(10)
        step = 2 * pi * STRIP[min(colours, len(STRIP)) - 1] / (needed + 4)
        first, last = -log(needed), log(2 * needed + 8) / 2 + 0.1
        count = ceil((last - first) / step)
        if (count + 1) ** colours > NODES_LIMIT * factorial(len(alike) - len(set(alike)) + 1):
            raise NotSolved(f"the coordinates: more than {NODES_LIMIT} grid points")
        u = REAL(first) + REAL(step) * numpy.arange(count + 1)
        x = numpy.exp(u - numpy.exp(-u))
        turned = x * numpy.exp(REAL(angle) * 1j) if angle else x
        weight = 2 * REAL(step) * turned * (1 + numpy.exp(-u)) * numpy.exp(-(turned**2) / 2)
        weight = weight / numpy.sqrt(8 * numpy.arctan(REAL(1)))
        places = [g.ravel() for g in numpy.indices((count + 1,) * colours)]
        kept = numpy.ones(len(places[0]), dtype=bool)
        for c, same in enumerate(alike):
            if same != c:
                before = max(k for k in range(c) if alike[k] == same)
                kept &= places[before] <= places[c]
        places = [place[kept] for place in places]
        weights = _multiplicities(places, alike) * numpy.prod([weight[k] for k in places], axis=0)
        heavy = _heavy(weights, [turned[k] for k in places], wanted)
        places, weights = [place[heavy] for place in places], weights[heavy]
        variances = [extended(rational_value(v, exact)) for v in rows.variances]
        squares = [s * turned[k] ** 2 for s, k in zip(variances, places, strict=True)]
        return squares, weights


def _ended(
    error: OutsideDomainError, exact: Mapping[str, Fraction], marks: Sequence[Fraction]
) -> OutsideDomain:
    end = abs(float(error.bound)) * float(exact["T"]) * (-1 if marks[-1] < 0 else 1)
    return OutsideDomain(
        f"t = {float(marks[-1] * exact['T']):.6g}: the equations have no solution beyond"
        f" about t = {end:.6g}",
        "t",
        f"{end:.6g}",
    )


def _scaled(value: Value, factor: Fraction) -> Value:
    with mpmath.workdps(25):
        number = real(factor)
        return Value(value.value * number, value.error * abs(number), value.method)


def _earliest(
    way: Callable[[Sequence[Fraction], int], tuple[Value, ...]],
    marks: Sequence[Fraction],
    digits: int,
) -> tuple[Value, ...]:
    """Values at as many of the times as a way serves."""
    count = len(marks)
    while count:
        try:
            return way(marks[:count], digits)
        except (NotSolved, OutsideDomainError):
            count = count // (4 if count > 4 else 2)
    return ()


def _heavy(weights: Array, values: Sequence[Array], wanted: int) -> Array:
    """Which points matter: the others together weigh less than the accuracy wanted."""
    squares = sum((abs(x) ** 2 for x in values), numpy.zeros(len(weights), dtype=REAL))
    shares = abs(weights) * (1 + squares) ** 2
    order = numpy.argsort(shares)
    light = numpy.cumsum(shares[order]) < REAL(10) ** (-wanted - 2)
    kept = numpy.ones(len(weights), dtype=bool)
    kept[order[light]] = False
    return kept


def _multiplicities(places: Sequence[Array], alike: Sequence[int]) -> Array:
    """How many points of the whole grid a point of the sorted one stands for."""
    total = numpy.ones(len(places[0]), dtype=REAL)
    for colour in sorted(set(alike)):
        members = [places[c] for c, same in enumerate(alike) if same == colour]
        total *= factorial(len(members))
        run = numpy.ones(len(places[0]), dtype=REAL)
        for before, after in pairwise(members):
            run = numpy.where(before == after, run + 1, REAL(1))
            total /= run
    return total


def _terms(value: PetalPolynomial, exact: Mapping[str, Fraction]) -> Terms:
    return [(extended(rational_value(c, exact)), petals) for petals, c in value]
