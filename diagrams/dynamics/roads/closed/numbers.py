"""Numbers of a closed closure: its solved equation, evaluated with an error bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mpmath
import sympy
from sympy import Expr, Rational

from diagrams.dynamics.explicit.exact_input import in_symbols
from diagrams.dynamics.explicit.numbers import REFINEMENTS, lost_digits
from diagrams.dynamics.numbers import Numbers, ReadEnd, Values, shifted
from diagrams.dynamics.petals.petal_equation import TIME
from diagrams.dynamics.petals.petals import Rows
from diagrams.errors import OutsideDomain
from pde.equations.solution import EquationSolution
from pde.errors import OutsideDomainError
from pde.expressions.statement import message
from pde.numbers.blow_up import blow_up_time
from pde.numbers.evaluation import Value


@dataclass(frozen=True)
class ByEquation(Numbers):
    """Numbers from a solved equation: ``point`` says what every symbol of it stands for."""

    solution: EquationSolution
    point: tuple[tuple[str, Expr], ...]
    constant: Expr

    def value(self, values: Mapping[str, Rational], digits: int) -> Value:
        """Return ``E[L]``; raises :class:`~diagrams.errors.OutsideDomain`."""
        plain = in_symbols(values)
        at = {name: meaning.xreplace(plain) for name, meaning in self.point}
        constant = self.constant.xreplace(plain)
        working = digits
        try:
            for _ in range(REFINEMENTS):
                found = shifted(self.solution.evaluate(at, working + 3), constant, working)
                lost = lost_digits(found, constant, digits)
                if not lost:
                    break
                working = digits + lost
        except OutsideDomainError as error:
            raise in_real_time(error, values) from error
        return found

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        plain = in_symbols(values)
        at = {n: meaning.xreplace(plain) for n, meaning in self.point if n != TIME.name}
        clocks = [t / values["T"] for t in times]
        time = self.solution.equation.variables[0]
        try:
            found = self.solution.curve(time, clocks, at, digits + 3)
        except OutsideDomainError as error:
            raise in_real_time(error, values) from error
        constant = self.constant.xreplace(plain)
        values_found = [shifted(value, constant, digits) for value in found]
        return tuple(
            self.value({**values, "t": t}, digits)
            if lost_digits(value, constant, digits)
            else value
            for t, value in zip(times, values_found, strict=True)
        )


@dataclass(frozen=True)
class ByCharacteristics(ByEquation):
    """Numbers of petals, with the rows that they are sums over."""

    rows: Rows


@dataclass(frozen=True)
class ByIntegration(ByCharacteristics):
    """The same where the petals are integrated: they have no formula."""

    def existence_time(self, values: Values, digits: int, read: ReadEnd) -> Value | None:
        """Return the blow-up of the petals next to time zero; ``None`` without one.

        An estimate.  Raises :class:`~diagrams.errors.OutsideDomain` where none is had.
        """
        plain = in_symbols(values)
        point = {name: meaning.xreplace(plain) for name, meaning in self.point}
        equation = self.solution.equation
        petals = equation.variables[1:]
        inner = {
            s: point[s.name]
            for f in equation.field
            for s in f.free_symbols
            if s not in equation.variables
        }
        rates = [sympy.expand(-f.xreplace(inner)) for f in equation.field[1:]]
        start = [point[s.name] for s in petals]
        try:
            ends = [blow_up_time(petals, rates, start, sign) for sign in (1, -1)]
        except OutsideDomainError as error:
            raise OutsideDomain(message(error), "t") from error
        found = min((e for e in ends if e is not None), key=lambda e: abs(e.value), default=None)
        if found is None:
            return None
        with mpmath.workdps(digits + 15):
            scale = mpmath.mpf(int(values["T"].p)) / int(values["T"].q)
            slack = abs(found.value) * scale * mpmath.mpf(10) ** (-digits - 8)
            return Value(found.value * scale, found.error * scale + slack, found.method)


def in_real_time(error: OutsideDomainError, values: Mapping[str, Rational]) -> OutsideDomain:
    """Return the refusal of an equation in ``tau`` as one in ``t``."""
    if error.variable != TIME.name or not error.bound:
        return OutsideDomain(message(error), "t")
    bound = sympy.Float(Rational(error.bound)) * values["T"]
    shown = sympy.sstr(bound.evalf(12), full_prec=False)
    return OutsideDomain(
        f"t = {values['t']}: the solution exists only up to t = {shown} (time of existence)",
        "t",
        shown,
    )
