"""Closures without a first integral: the coordinates themselves, as an ordinary equation.

Given the order parameters ``z_m = p E[v^m]``, coordinates of the rows move independently, from
Gaussian values.  What is left is a system of ordinary equations for a Gaussian family of
coordinates, closed by its own averages: of kind *ode*.  Averages are taken on a fixed grid of
initial values (trapezoidal rule in u, |v| = sigma exp(u - exp(-u)), which converges
exponentially), so that no sample is drawn; the error is estimated from a second grid and a
second tolerance.

The target drives coordinates outwards where the product of its factors has the sign of ``t``:
then the largest ones blow up at once and numbers are refused.  An odd tie gives both signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, log, pi, sqrt
from typing import Any

import mpmath
import numpy
import sympy
from sympy import Expr, Function, Rational, Symbol

from diagrams.dynamics.bernoulli import rational_value
from diagrams.dynamics.certificate import Certificate
from diagrams.dynamics.closed import grouping, petal_expression, public
from diagrams.dynamics.closure import Closure
from diagrams.dynamics.faces import Face
from diagrams.dynamics.petals import Exponent, PetalPolynomial, petal_name
from diagrams.dynamics.presentation import closure_steps
from diagrams.dynamics.solution import Solution, Step, shifted
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.polynomial import Polynomial, sympy_symbol
from pde.errors import OutsideDomainError
from pde.evaluation import Value
from pde.stepping import follow

NODES_LIMIT = 300_000
ACCURACY = 11
"""Decimal digits that double precision is asked for."""

STRIP = (0.3, 0.5, 0.6)
"""Half width of the strip in which averages are taken to be analytic, by number of colours."""

ANGLES = (0.3, 0.25)
"""Angles by which initial values are turned for a lateral sum."""

Array = numpy.ndarray


@dataclass(frozen=True)
class Lateral:
    """A lateral Borel sum, where the series has no sum on the axis.

    ``real`` is the bulk of the coordinates; ``imaginary`` (of the sum from above) measures the
    density of spikes, coordinates that have blown up; ``spike_time`` is when the first of them
    does so, typically, at the given sizes.  Neither part is the expectation of the loss.
    """

    real: Value
    imaginary: Value
    spike_time: float

    def __str__(self) -> str:
        return (
            f"lateral sum: real part (bulk) {self.real}, imaginary part (density of spikes)"
            f" {self.imaginary}, first spikes at about t = {self.spike_time:.3g}"
        )


def coordinates_solution(face: Face, closure: Closure, certificate: Certificate) -> Solution:
    """Return the solution of a certified closure as an ordinary equation for coordinates."""
    numbers = ByCoordinates(closure, face.constant)
    formula, conditions, definitions = _formulas(closure)
    steps = (
        *closure_steps(closure),
        Step("coordinates", "the Liouville form, from Gaussian initial values", conditions),
        Step("certificate", str(certificate.evidence)),
    )
    return Solution(
        "ode",
        face.problem,
        face.regime.name,
        formula + face.constant.to_sympy(),
        definitions,
        conditions,
        numbers.domain,
        (),
        certificate.evidence,
        steps,
        (*face.regime.symbols, "T", "t"),
        numbers,
    )


def _formulas(
    closure: Closure,
) -> tuple[Expr, tuple[sympy.Basic, ...], tuple[tuple[Symbol, Expr], ...]]:
    """``E[L]`` in petals as functions of tau, and the equations of petals and coordinates."""
    tau = Symbol("tau")
    colours = sorted(set(closure.classes))
    drifts = {c: closure.drift(c) for c in colours}
    polynomials = [closure.observable, *(value for d in drifts.values() for _, value in d)]
    groups = grouping([c for value in polynomials for _, c in value], closure.rows.number)
    used = sorted({m for value in polynomials for m in value.variables})
    functions = {m: Function(petal_name(m))(tau) for m in used}
    names = closure.rows.colours
    moving = {
        c: Function(f"v_{names[c]}" if len(names) > 1 else "v")(tau) for c in range(len(names))
    }
    p, average = sympy_symbol(closure.rows.features), Function("E")
    conditions: list[sympy.Basic] = [
        sympy.Eq(functions[m], p * average(sympy.Mul(*(moving[c] ** e for c, e in enumerate(m)))))
        for m in used
    ]
    for colour in colours:
        rate = sympy.Add(
            *(
                public(petal_expression(value, functions, groups))
                * sympy.Mul(*(moving[c] ** e for c, e in enumerate(m)))
                for m, value in drifts[colour]
            )
        )
        conditions.append(sympy.Eq(moving[colour].diff(tau), rate))
    conditions.append(sympy.Eq(tau, sympy_symbol("t") / sympy_symbol("T")))
    formula = public(petal_expression(closure.observable, functions, groups))
    return formula, tuple(conditions), groups.definitions()


@dataclass(frozen=True)
class ByCoordinates:
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

    def value(self, values: Mapping[str, Rational], digits: int) -> Value:
        """Return ``E[L]``; raises :class:`~diagrams.errors.OutsideDomain`."""
        return self.curve(values, (values["t"],), digits)[0]

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times, to the accuracy of double precision at most."""
        exact = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items()}
        clocks = [float(Fraction(int(t.p), int(t.q)) / exact["T"]) for t in times]
        for clock in clocks:
            self._check_side(exact, clock)
        wanted = min(digits + 1, ACCURACY)
        constant = rational_value(self.constant, exact)
        shift = Rational(constant.numerator, constant.denominator)
        rows = self.closure.rows
        start = float(rational_value(self.closure.observable.value(rows.initial), exact))
        rounding = mpmath.mpf(abs(start)) * mpmath.mpf(10) ** -15
        initial = Value(mpmath.mpf(start), rounding, "two tolerances")
        found = {0.0: shifted(initial, shift, digits)}
        for side in (1.0, -1.0):
            marks = sorted({c for c in clocks if c * side > 0}, key=abs)
            if marks:
                rough = self._run(exact, marks, wanted - 1)
                fine = self._run(exact, marks, wanted)
                for mark, one, two in zip(marks, rough, fine, strict=True):
                    error = abs(one - two) + abs(two) * 10.0 ** (2 - ACCURACY - 2)
                    found[mark] = shifted(
                        Value(mpmath.mpf(two), mpmath.mpf(error), "two tolerances"), shift, digits
                    )
        return tuple(found[clock] for clock in clocks)

    def _check_side(self, exact: Mapping[str, Fraction], clock: float) -> None:
        for m, c in self.driving:
            strength = float(rational_value(c, exact) / exact[self.closure.rows.number])
            odd = any(entry % 2 for entry in m)
            if clock and strength and (odd or strength * clock < 0):
                spike = self._spike(exact, m, strength)
                raise OutsideDomain(
                    f"t = {clock * float(exact['T']):.6g}: the series has no Borel sum at such"
                    " times and the size limit is not uniform: the largest coordinates blow up"
                    f" first, typically at about |t| = {spike:.3g}",
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
        clock = float(exact["t"] / exact["T"])
        wanted = min(digits + 1, ACCURACY)
        constant = float(rational_value(self.constant, exact))
        sums = [self._run(exact, [clock], wanted, angle)[0] + constant for angle in ANGLES]
        difference = abs(sums[0] - sums[1]) + abs(sums[0]) * 10.0 ** (-wanted)
        parts = [
            Value(mpmath.mpf(part), mpmath.mpf(difference), "two tolerances")
            for part in (sums[0].real, sums[0].imag)
        ]
        m, c = self.driving[0]
        strength = float(rational_value(c, exact) / exact[self.closure.rows.number])
        spike = self._spike(exact, m, strength) * (1 if clock > 0 else -1)
        return Lateral(parts[0], parts[1], spike)

    def _spike(self, exact: Mapping[str, Fraction], m: Exponent, strength: float) -> float:
        rows = self.closure.rows
        count = float(exact[rows.features] * exact[rows.number])
        size = 2 * log(max(count, 2.0))
        degree = sum(m)
        largest = 1.0
        for entry, variance in zip(m, rows.variances, strict=True):
            largest *= (size * float(rational_value(variance, exact))) ** (entry / 2)
        speed = (degree - 2) * degree * abs(strength) * largest
        return float(exact["T"]) * size * float(rational_value(rows.variances[0], exact)) / speed

    def _run(
        self,
        exact: Mapping[str, Fraction],
        marks: Sequence[float],
        wanted: int,
        angle: float = 0.0,
    ) -> list[Any]:
        rows = self.closure.rows
        state, weights = self._grid(exact, wanted, angle)
        p = float(exact[rows.features])
        colours = len(rows.colours)
        drifts = [
            [(m, _compiled(value, exact)) for m, value in self.closure.drift(c)]
            for c in range(colours)
        ]
        needed = {m for d in drifts for _, value in d for _, petals in value for m, _ in petals}
        if any(entry % 2 for m in needed for entry in m):
            raise NotSolved(
                "the coordinates: averages of odd powers need both signs of all of them"
            )
        observable = _compiled(self.closure.observable, exact)
        needed_last = {m for _, petals in observable for m, _ in petals}

        def averages(v: Array, which: set[Exponent]) -> dict[Exponent, Any]:
            return {m: p * (weights @ _monomial(v, m)).item() for m in which}

        def rates(_: float, v: Array) -> Array:
            z = averages(v, needed)
            return numpy.stack(
                [
                    sum(
                        (_total(value, z) * _monomial(v, m) for m, value in drifts[c]),
                        numpy.zeros_like(v[0]),
                    )
                    for c in range(colours)
                ]
            )

        found, now = [], 0.0
        for mark in marks:
            try:
                state = follow(rates, state, mark - now, 10.0 ** (-wanted))
            except OutsideDomainError as error:
                end = (now + float(error.bound)) * float(exact["T"])
                raise OutsideDomain(
                    f"t = {mark * float(exact['T']):.6g}: the equations have no solution beyond"
                    f" about t = {end:.6g}",
                    "t",
                    f"{end:.6g}",
                ) from error
            now = mark
            found.append(_total(observable, averages(state, needed_last)))
        return found

    def _grid(
        self, exact: Mapping[str, Fraction], wanted: int, angle: float
    ) -> tuple[Array, Array]:
        """Initial values on the positive orthant and their weights.

        All exponents even, or no target: then signs do not matter.
        """
        rows = self.closure.rows
        colours = len(rows.colours)
        needed = (wanted + 1) * log(10)
        step = 2 * pi * STRIP[min(colours, len(STRIP)) - 1] / (needed + 4)
        first, last = -log(needed), log(2 * needed + 8) / 2 + 0.1
        count = ceil((last - first) / step)
        if (count + 1) ** colours > NODES_LIMIT:
            raise NotSolved(f"the coordinates: more than {NODES_LIMIT} grid points")
        u = first + step * numpy.arange(count + 1)
        x = numpy.exp(u - numpy.exp(-u))
        if angle:
            x = x * numpy.exp(1j * angle)
        weight = 2 * step * x * (1 + numpy.exp(-u)) * numpy.exp(-(x**2) / 2) / sqrt(2 * pi)
        grids = numpy.meshgrid(*([x] * len(rows.colours)), indexing="ij")
        weights = numpy.ones_like(grids[0])
        for axis in numpy.meshgrid(*([weight] * len(rows.colours)), indexing="ij"):
            weights = weights * axis
        deviations = [sqrt(float(rational_value(v, exact))) for v in rows.variances]
        state = numpy.stack([d * g.ravel() for d, g in zip(deviations, grids, strict=True)])
        flat = weights.ravel()
        return state, flat


Compiled = list[tuple[float, tuple[tuple[Exponent, int], ...]]]


def _compiled(value: PetalPolynomial, exact: Mapping[str, Fraction]) -> Compiled:
    return [(float(rational_value(c, exact)), petals) for petals, c in value]


def _total(value: Compiled, z: Mapping[Exponent, Any]) -> Any:
    total: Any = 0.0
    for c, petals in value:
        part: Any = c
        for m, power in petals:
            part = part * z[m] ** power
        total += part
    return total


def _monomial(v: Array, m: Exponent) -> Array:
    result: Array = numpy.ones_like(v[0])
    for colour, power in enumerate(m):
        if power:
            result = result * v[colour] ** power
    return result
