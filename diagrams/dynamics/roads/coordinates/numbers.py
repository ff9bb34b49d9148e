"""Numbers of coordinates on a grid of Gaussian initial values.

They are those of :mod:`diagrams.dynamics.averages.estimates`: up to 15 digits, their error
estimated from a second grid and a second tolerance.  That is no proof.

The target drives coordinates outwards where the product of its factors has the sign of ``t``:
then the largest ones blow up at once and numbers are refused.  An odd tie gives both signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import mpmath
from sympy import Rational

from diagrams.dynamics.averages.estimates import estimates, last_time, lateral_parts
from diagrams.dynamics.averages.extended import ACCURACY
from diagrams.dynamics.beyond import Lateral, SampledLoss
from diagrams.dynamics.explicit.exact_input import fractions_of
from diagrams.dynamics.numbers import Numbers, ReadEnd, Values
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.roads.bernoulli.structure import rational_value
from diagrams.dynamics.roads.coordinates.averages import averages_of
from diagrams.dynamics.roads.coordinates.sample import sampled_loss
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.polynomials.evaluation import real
from diagrams.polynomials.polynomial import Polynomial
from pde.errors import OutsideDomainError
from pde.numbers.balls import ball, precision
from pde.numbers.evaluation import Value, ball_value


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

        On a grid, with an estimate, for up to 15 digits: the error may be larger than asked for,
        and says so.

        Raises :class:`~diagrams.errors.OutsideDomain`, also where more digits cannot be had.
        """
        exact = fractions_of(values)
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
                found |= dict(zip(marks, self._estimated(exact, marks, digits), strict=True))
        return tuple(found[clock] for clock in clocks)

    def _estimated(
        self, exact: Mapping[str, Fraction], marks: Sequence[Fraction], digits: int
    ) -> list[Value]:
        """Values on a grid; the error is the difference of two grids and tolerances."""
        at = f"t = {float(marks[-1] * exact['T']):.6g}"
        if digits > ACCURACY:
            reason = f"at {at} numbers from a grid are estimates, of up to {ACCURACY} digits"
            raise OutsideDomain(f"digits = {digits}: {reason}", "digits")
        constant = rational_value(self.constant, exact)
        try:
            problem = averages_of(self.closure, exact, constant, -1 if marks[-1] < 0 else 1)
            return estimates(problem, [abs(mark) for mark in marks], digits)
        except OutsideDomainError as end:
            raise _ended(end, exact, marks) from end
        except NotSolved as refusal:
            raise OutsideDomain(at + ": " + refusal.step, "t") from refusal

    def existence_time(self, values: Values, digits: int, read: ReadEnd) -> Value | None:
        """Return the end on the side on which the target holds coordinates back, an estimate.

        ``None`` where every term shrinks every coordinate.  Raises
        :class:`~diagrams.errors.BadInput` where there is no such side, and
        :class:`~diagrams.errors.OutsideDomain` where no end is met.
        """
        exact = fractions_of(values)
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

        See :func:`diagrams.dynamics.averages.estimates.lateral_parts`.

        Raises :class:`~diagrams.errors.NotSolved` for odd ties, and more than one target.
        """
        if any(entry % 2 for m, _ in self.driving for entry in m):
            raise NotSolved("the lateral sum: odd ties are singular on both sides")
        exact = fractions_of(values)
        clock = exact["t"] / exact["T"]
        constant, side = rational_value(self.constant, exact), -1 if clock < 0 else 1
        problem = averages_of(self.closure, exact, constant, side, outward=True)
        try:
            real_part, imaginary = lateral_parts(problem, abs(clock), digits)
        except OutsideDomainError as end:
            raise _ended(end, exact, [clock]) from end
        m, c = self.driving[0]
        strength = rational_value(c, exact) / exact[self.closure.rows.number]
        spike = self._spike(exact, m, strength) * (1 if clock > 0 else -1)
        return Lateral(real_part, imaginary, spike)

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
