"""Numbers of coordinates that obey a Bernoulli equation: values, time of existence, threshold.

Of one colour.  Everything is computed in balls, so that the bounds are proved; see
:mod:`diagrams.dynamics.averages.one_colour.clock_curve` and
:mod:`diagrams.dynamics.averages.one_colour.moment_table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import mpmath
from flint import arb
from sympy import Rational

from diagrams.dynamics.averages.one_colour.clock_curve import (
    Clock,
    Constants,
    State,
)
from diagrams.dynamics.averages.one_colour.moment_table import moment_table
from diagrams.dynamics.beyond import Lateral, SampledLoss
from diagrams.dynamics.explicit.exact_input import fractions_of
from diagrams.dynamics.numbers import Numbers, ReadEnd, Values
from diagrams.dynamics.petals.grouping import normalised
from diagrams.dynamics.roads.bernoulli.structure import Bernoulli, rational_value
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.polynomials.polynomial import Polynomial
from pde.errors import OutsideDomainError
from pde.expressions.statement import message
from pde.numbers.balls import ball, precision, to_mpf
from pde.numbers.evaluation import Value, narrow_value

ATTEMPTS = 5
"""Precisions that are tried, each half as large again as the one before."""

RETRIES = 1
"""How often more digits are tried where the curve itself cannot be followed."""


@dataclass(frozen=True)
class ByOneEquation(Numbers):
    """Numbers of coordinates that are all functions of one quantity, from its equation."""

    structure: Bernoulli
    constant: Polynomial

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        exact = fractions_of(values)
        clocks = [Fraction(int(t.p), int(t.q)) / exact["T"] for t in times]
        speed = self._speed(exact)
        for tau in clocks:
            self.grid.check_side(exact, tau)
        if not speed:
            raise _no_target()
        found: dict[Fraction, Value] = {}
        accuracy = digits + 6
        for attempt in range(ATTEMPTS):
            made = self._clock(exact, accuracy)
            with precision(accuracy + 8):
                for tau in sorted(set(clocks) - set(found), key=abs):
                    try:
                        value = narrow_value(self._at(exact, made, tau, speed), digits)
                    except OutsideDomainError as error:
                        if attempt < RETRIES:
                            break
                        shown = _shown(tau * exact["T"])
                        raise OutsideDomain(f"t = {shown}: " + message(error), "t") from error
                    if value is not None:
                        found[tau] = value
            if all(tau in found for tau in clocks):
                return tuple(found[tau] for tau in clocks)
            accuracy = 3 * accuracy // 2
        raise OutsideDomain("t: no number with a bound on its error", "t")

    def existence_time(self, values: Values, digits: int, read: ReadEnd) -> Value | None:
        """Return the ``t`` at which the solution ends, ``None`` where it does not."""
        exact = fractions_of(values)
        if not self._speed(exact):
            raise _no_target()
        accuracy = 2 * digits + 10
        for _ in range(ATTEMPTS):
            made = self._clock(exact, accuracy)
            with precision(accuracy + 8):
                try:
                    limit = made.limit(digits + 2)
                except OutsideDomainError:
                    limit = arb.nan()
                if limit is None:
                    return None
                if limit.is_finite():
                    end = -limit * ball(exact["T"] / self._speed(exact))
                    value = narrow_value(end, digits)
                    if value is not None:
                        return value
            accuracy = 3 * accuracy // 2
        raise OutsideDomain("existence_time: no number with a bound on its error", "t")

    def lateral(self, values: Mapping[str, Rational], digits: int = 8) -> Lateral:
        """Return the lateral Borel sum, for times at which coordinates blow up."""
        return self.grid.lateral(values, digits)

    def sample(self, values: Mapping[str, Rational], count: int, seed: int) -> SampledLoss:
        """Return the loss of a sample of coordinates."""
        return self.grid.sample(values, count, seed)

    @property
    def grid(self) -> ByCoordinates:
        """The same by coordinates on a grid of initial values."""
        return ByCoordinates(self.structure.closure, self.constant)

    def _speed(self, exact: Mapping[str, Fraction]) -> Fraction:
        made = self.structure
        return (
            made.d
            * rational_value(made.alpha, exact)
            * rational_value(made.variance, exact) ** (made.d // 2)
        )

    def _clock(self, exact: Mapping[str, Fraction], accuracy: int) -> Clock:
        made = self.structure
        power = made.power if made.beta else made.d
        gain = 2 * power - made.d
        unit = rational_value(made.features, exact) * rational_value(made.variance, exact)
        kappa = gain * rational_value(made.beta, exact) * unit**power / self._speed(exact)
        ell = gain * rational_value(made.decay, exact) / self._speed(exact)
        table = moment_table(made.d, accuracy)
        with precision(accuracy + 8):
            exponents = Fraction(2 * power, gain), Fraction(made.d, gain)
            return Clock(table, Constants(ball(kappa), ball(ell), power, *exponents))

    def _at(
        self, exact: Mapping[str, Fraction], made: Clock, tau: Fraction, speed: Fraction
    ) -> arb:
        constant = ball(rational_value(self.constant, exact))
        if not tau:
            return constant + self._observable(exact, made, State(0, arb(0), arb(1)))
        state = made.at(ball(-speed * tau))
        if state is None:
            limit = made.limit(14)
            assert limit is not None
            end = -limit * ball(exact["T"] / speed)
            with mpmath.workdps(15):
                shown = mpmath.nstr(to_mpf(end), 12)
            raise OutsideDomain(
                f"t = {_shown(tau * exact['T'])}: the solution exists only up to"
                f" t = {shown} (time of existence)",
                "t",
                shown,
            )
        return constant + self._observable(exact, made, state)

    def _observable(self, exact: Mapping[str, Fraction], made: Clock, state: State) -> arb:
        d, table = self.structure.d, made.table
        p = ball(rational_value(self.structure.features, exact))
        deviation = ball(rational_value(self.structure.variance, exact)).sqrt()
        scale = state.w ** ball(-made.constants.b / d) * deviation
        petals_found: dict[int, arb] = {}
        total = arb(0)
        for petals, coefficient in self.structure.closure.observable:
            part = ball(rational_value(coefficient, exact))
            for m, count in petals:
                j = sum(m)
                if j not in petals_found:
                    average = table.average(j, state.panel)(state.z)
                    petals_found[j] = p * scale**j * average
                part *= petals_found[j] ** count
            total += part
        return total


@dataclass(frozen=True)
class ByFirstIntegral(ByOneEquation):
    """Numbers where the equation is solved by a first integral, without decay."""

    def critical(self, digits: int = 20) -> tuple[Polynomial, Value] | None:
        """Return a combination of sizes, and the value below which the solution never ends.

        For the identity target the combination is ``p^(nu-1) sigma^nu theta``.  ``None`` where
        nothing holds the coordinates together, as on vertex E.
        """
        made = self.structure
        if not made.beta:
            return None
        gain = 2 * made.power - made.d
        kappa = (
            (made.features * made.variance) ** made.power
            * made.beta
            * (made.alpha * made.variance ** Fraction(made.d, 2)) ** -1
        )
        factor, rest = normalised(kappa, made.closure.rows.number)
        (powers, number) = factor.terms[0]
        combination = Polynomial(((powers, Fraction(1)),)) * rest
        scale = abs(number) * gain / made.d
        constants = Constants(arb(-1), arb(0), made.power, Fraction(2), Fraction(1))
        for more in range(0, 8 * ATTEMPTS, 8):
            table = moment_table(made.d, digits + 6 + more)
            with precision(digits + 14 + more):
                total = Clock(table, constants).whole_integral(digits + 2)
                value = narrow_value(1 / (total * ball(scale)), digits)
            if value is not None:
                return combination, value
        raise NotSolved("the threshold has no number with a bound on its error")


def _no_target() -> OutsideDomain:
    return OutsideDomain("the target vanishes: the free formula holds", "t", "0")


def _shown(value: Fraction) -> str:
    return str(value) if len(str(value)) < 20 else f"{float(value):.12g}"
