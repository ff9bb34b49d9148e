"""Numbers of a solution by a first integral: values, time of existence, threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import mpmath
from sympy import Rational

from diagrams.dynamics.ascent_numbers import Clock, clock, refuse_descent
from diagrams.dynamics.bernoulli import Bernoulli, rational_value
from diagrams.dynamics.closed import normalised
from diagrams.dynamics.coordinates import ByCoordinates, Lateral
from diagrams.dynamics.moment_tables import moment_table
from diagrams.dynamics.solution import shifted
from diagrams.errors import OutsideDomain
from diagrams.polynomial import Polynomial
from pde.evaluation import Value


@dataclass(frozen=True)
class ByFirstIntegral:
    """Numbers from the first integral, computed twice at different precision."""

    structure: Bernoulli
    constant: Polynomial

    def value(self, values: Mapping[str, Rational], digits: int) -> Value:
        """Return ``E[L]``; raises :class:`~diagrams.errors.OutsideDomain`."""
        return self.curve(values, (values["t"],), digits)[0]

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        exact = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items()}
        clocks = [Fraction(int(t.p), int(t.q)) / exact["T"] for t in times]
        constant = rational_value(self.constant, exact)
        runs = []
        for accuracy in (digits + 4, digits + 10):
            runs.append(self._run(exact, clocks, accuracy))
        found = []
        for rough, fine in zip(*runs, strict=True):
            with mpmath.workdps(digits + 12):
                error = 10 * abs(fine - rough) + abs(fine) * mpmath.mpf(10) ** (-digits - 4)
                value = Value(+fine, error, "two precisions")
            rational = Rational(constant.numerator, constant.denominator)
            found.append(shifted(value, rational, digits))
        return tuple(found)

    def existence_time(self, values: Mapping[str, Rational], digits: int = 15) -> Value | None:
        """Return the ``t`` at which the solution ends, ``None`` where it does not."""
        exact = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items()}
        ends = []
        for accuracy in (digits + 4, digits + 10):
            made = self._clock(exact, accuracy)
            with mpmath.workdps(made.table.working):
                limit = made.limit
                if limit is None:
                    return None
                ends.append(-limit / _number(self._speed(exact)) * _number(exact["T"]))
        with mpmath.workdps(digits + 10):
            error = 10 * abs(ends[1] - ends[0]) + abs(ends[1]) * mpmath.mpf(10) ** (-digits - 4)
            return Value(ends[1], error, "two precisions")

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
        found = []
        for accuracy in (digits + 2, digits + 8):
            table = moment_table(made.d, made.power, accuracy)
            with mpmath.workdps(table.working):
                found.append(1 / (table.total() * _number(Fraction(scale))))
        with mpmath.workdps(digits + 10):
            error = 10 * abs(found[1] - found[0]) + found[1] * mpmath.mpf(10) ** (-digits - 2)
            return combination, Value(found[1], error, "two precisions")

    def lateral(self, values: Mapping[str, Rational], digits: int = 8) -> Lateral:
        """Return the lateral Borel sum, for times at which coordinates blow up."""
        return ByCoordinates(self.structure.closure, self.constant).lateral(values, digits)

    def _speed(self, exact: Mapping[str, Fraction]) -> Fraction:
        made = self.structure
        return (
            made.d
            * rational_value(made.alpha, exact)
            * rational_value(made.variance, exact) ** (made.d // 2)
        )

    def _clock(self, exact: Mapping[str, Fraction], accuracy: int) -> Clock:
        made = self.structure
        gain = 2 * made.power - made.d
        table = moment_table(made.d, max(made.power, 1), accuracy)
        with mpmath.workdps(table.working):
            if not made.beta:
                return clock(made.d, max(made.power, 1), mpmath.mpf(0), mpmath.mpf(0), accuracy)
            unit = (
                rational_value(made.features, exact) * rational_value(made.variance, exact)
            ) ** made.power
            kappa = gain * rational_value(made.beta, exact) * unit / self._speed(exact)
            b = mpmath.mpf(made.d) / gain
            return clock(made.d, made.power, _number(kappa), b, accuracy)

    def _run(
        self, exact: Mapping[str, Fraction], clocks: Sequence[Fraction], accuracy: int
    ) -> list[mpmath.mpf]:
        speed = self._speed(exact)
        if any(speed * tau > 0 for tau in clocks):
            raise self._descent(exact, speed)
        if not speed:
            raise OutsideDomain("the target vanishes: the free formula holds", "t", "0")
        made = self._clock(exact, accuracy)
        values = []
        with mpmath.workdps(made.table.working):
            for tau in clocks:
                state = made.at(_number(-speed * tau)) if tau else None
                if tau and state is None:
                    end = -made.limit / _number(speed) * _number(exact["T"])
                    shown = mpmath.nstr(end, 12)
                    raise OutsideDomain(
                        f"t = {_shown(tau * exact['T'])}: the solution exists only up to"
                        f" t = {shown} (time of existence)",
                        "t",
                        shown,
                    )
                r, w = (mpmath.mpf(0), mpmath.mpf(1)) if state is None else (state.r, state.w)
                values.append(self._observable(exact, made, r, w))
        return values

    def _observable(
        self, exact: Mapping[str, Fraction], made: Clock, r: mpmath.mpf, w: mpmath.mpf
    ) -> mpmath.mpf:
        d, table = self.structure.d, made.table
        p = _number(rational_value(self.structure.features, exact))
        deviation = mpmath.sqrt(_number(rational_value(self.structure.variance, exact)))
        phi = w ** (-made.b) if self.structure.beta else mpmath.mpf(1)
        total = mpmath.mpf(0)
        for petals, coefficient in self.structure.closure.observable:
            part = _number(rational_value(coefficient, exact))
            for (j,), count in petals:
                if j == 2:
                    average = table.average(r)
                elif j == d + 2:
                    average = -mpmath.mpf(d) / 2 * table.slope(r)
                else:
                    average = table.averages(j, -r)
                part *= (p * phi ** (mpmath.mpf(j) / d) * deviation**j * average) ** count
            total += part
        return total

    def _descent(self, exact: Mapping[str, Fraction], speed: Fraction) -> OutsideDomain:
        rows = self.structure.closure.rows
        count = float(exact[rows.features] * exact.get(rows.number, Fraction(1)))
        largest = 2 * float(mpmath.log(max(count, 2.0)))
        spike = float(exact["T"]) / (float(speed) * largest ** (self.structure.d / 2))
        return refuse_descent(f"t on the side of {spike:+.2g}", f"{spike:.3g}")


def _number(value: Fraction) -> mpmath.mpf:
    return mpmath.mpf(value.numerator) / value.denominator


def _shown(value: Fraction) -> str:
    return str(value) if len(str(value)) < 20 else f"{float(value):.12g}"
