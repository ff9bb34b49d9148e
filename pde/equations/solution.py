"""Solutions of first-order equations as values that know their kind, domain and evidence.

*explicit*: a closed expression. *implicit*: an expression in unknowns fixed by equations, on
the branch continued from the initial surface (if the equations hold integrals, numbers come
from the characteristic itself). *quadrature*: an expression with definite
integrals. *ode*: characteristics to be integrated numerically. *unsolved*: the step that
failed, in words.

>>> from pde.equations.first_order import FirstOrderEquation, InitialData
>>> from pde.equations.characteristics import solve
>>> t, x = sympy.symbols("t x")
>>> burst = solve(FirstOrderEquation((t, x), (1, x**2), initial=InitialData(t, 0, x)))
>>> burst.kind, burst.expression
('explicit', x/(t*x + 1))
>>> print(burst.evaluate({t: 1, x: 2}, digits=10))
0.66666666666666663 +- 3.7e-17 (ball arithmetic)
>>> burst.evaluate({t: -1, x: 2})
Traceback (most recent call last):
    ...
pde.errors.OutsideDomainError: t = -1 lies beyond the end of the domain at t = -0.5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import mpmath
import sympy
from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

from pde.equations.first_order import FirstOrderEquation
from pde.errors import InvalidInputError, OutsideDomainError, PDEError
from pde.evidence import Evidence
from pde.expressions.statement import joined, message, sentence
from pde.numbers.evaluation import Value, evaluate, evaluate_many
from pde.pieces.confirmation import CONFIRMING, agree, confirmed_value
from pde.pieces.roughness import in_pieces, singular_somewhere
from pde.pieces.sides import AtPoint, settled

SolutionKind = Literal["explicit", "implicit", "quadrature", "ode", "unsolved"]


@dataclass(frozen=True)
class Unknown:
    """A symbol defined by equation = 0, equal to ``start`` on the initial surface."""

    symbol: Symbol
    equation: Expr
    start: Expr


@dataclass(frozen=True)
class EquationSolution:
    """A solution of ``equation`` with its derivation steps, domain and evidence.

    ``guards`` are expressions without zeros between the initial surface and a point of the
    domain; ``conditions`` are sign assumptions under which the formula was verified.
    """

    kind: SolutionKind
    equation: FirstOrderEquation
    expression: Expr | None
    evidence: Evidence
    unknowns: tuple[Unknown, ...] = ()
    guards: tuple[Expr, ...] = ()
    conditions: tuple[Expr, ...] = ()
    steps: tuple[str, ...] = ()
    failure: str = ""

    @property
    def domain(self) -> str:
        """The domain in words."""
        data = self.equation.initial
        parts = [str(c) for c in self.conditions]
        if self.guards and data is not None:
            listed = ", ".join(map(str, self.guards))
            start = f"{data.variable} = {data.level}"
            parts.append(f"no zero of {listed} between {start} and the point")
        return "; ".join(parts) or "everywhere the expression is finite"

    def existence_bounds(self) -> tuple[Expr, ...]:
        """Return the formulas at which a guard vanishes, solved for the surface variable.

        >>> from pde.equations.first_order import FirstOrderEquation, InitialData
        >>> from pde.equations.characteristics import solve
        >>> t, x = sympy.symbols("t x")
        >>> equation = FirstOrderEquation((t, x), (1, x**2), initial=InitialData(t, 0, x))
        >>> solve(equation).existence_bounds()
        (-1/x,)
        """
        from pde.equations.inversion import solutions

        assert self.equation.initial is not None
        variable = self.equation.initial.variable
        found = {s for g in self.guards for s in solutions(g, variable)}
        return tuple(sorted(found, key=sympy.default_sort_key))

    def evaluate(self, point: Mapping[Symbol | str, Any], digits: int = 15) -> Value:
        """Return the value at a point (variables and parameters) with an error bound.

        Where the formula has left its branch (:mod:`pde.equations.branches`), is 0/0 or breaks a
        sign condition, the value comes from the characteristic through the point. Where the
        equation has walls (:mod:`pde.pieces.sides`) or singularities, that characteristic confirms
        every value. A value is complex only if the equation or its data are.

        Raises OutsideDomainError, naming where the domain ends, InvalidInputError if a value
        is missing, and PDEError for an unsolved equation or undefined functions.
        """
        values = self._values(point)
        self._refuse_undefined_functions()
        if self._by_characteristic:
            return self._along_characteristic(values, digits)
        if self.expression is None:
            raise PDEError(f"not solved: {self.failure}")
        if self._outside_conditions(values):
            return self._beyond_conditions(values, digits)
        if self.kind == "implicit":
            from pde.equations.numerical_solution import evaluate_implicit

            value = evaluate_implicit(self, values, digits)
            if value is not None and self._confirmed(value, values):
                return value
            return self._along_characteristic(values, digits)
        if self._on_surface(values):
            assert self.equation.initial is not None
            start = settled(self.equation.initial.value, AtPoint(values))
            return self._real(evaluate(start, values, digits), values)
        if self.equation.is_delicate:
            return confirmed_value(
                self.expression,
                partial(self._along_characteristic, values),
                values,
                digits,
                data_only=not any(
                    in_pieces(c) or singular_somewhere(c) for c in self.equation.coefficients
                ),
            )
        place = self._first_suspect(values)
        if place is not None:
            return self._beyond(place, values, digits)
        try:
            return self._real(evaluate(self.expression, values, digits), values)
        except OutsideDomainError as error:  # 0/0 at a double root, or the end of the domain
            try:
                return self._along_characteristic(values, digits)
            except PDEError:
                raise error from None

    def curve(
        self,
        variable: Symbol,
        points: Sequence[Any],
        values: Mapping[Symbol | str, Any],
        digits: int = 15,
    ) -> tuple[Value, ...]:
        """Return the values along one variable; explicit formulas are compiled once."""
        found = self._continued(variable, points, values, digits)
        if found is not None:
            return found
        if self.kind not in ("explicit", "quadrature") or self.expression is None:
            return tuple(self.evaluate({**values, variable: p}, digits) for p in points)
        exact = [sympy.nsimplify(p, rational=True) for p in points]
        if not exact:
            return ()
        complete = self._values({**values, variable: exact[0]})
        inner = [p for p in exact if not self._on_surface({**complete, variable: p})]
        numbers: dict[Expr, Value] = {}
        if self._holds_throughout(variable, inner, complete):
            try:
                found_values = evaluate_many(self.expression, variable, inner, complete, digits)
                numbers = {
                    p: self._real(value, complete)
                    for p, value in zip(inner, found_values, strict=True)
                }
            except OutsideDomainError:
                numbers = {}
        for p in exact:
            if p not in numbers:
                numbers[p] = self.evaluate({**complete, variable: p}, digits)
        return tuple(numbers[p] for p in exact)

    def _holds_throughout(
        self, variable: Symbol, points: Sequence[Expr], values: Mapping[Symbol, Expr]
    ) -> bool:
        """Whether the formula is the solution at all points: along the clock, at both ends."""
        data = self.equation.initial
        one_curve = data is not None and variable == data.variable
        if self.equation.is_delicate and (
            self.equation.is_rough
            or not one_curve
            or any(c.has(variable) for c in self.equation.coefficients)
        ):
            return False
        if one_curve and points:
            points = sorted({min(points), max(points)})
        for point in points:
            at = {**values, variable: point}
            if self._outside_conditions(at) or self._first_suspect(at) is not None:
                return False
            if self.equation.is_delicate and not self._carried_there(at):
                return False
        return True

    def _carried_there(self, values: Mapping[Symbol, Expr]) -> bool:
        """Whether the characteristic through a point carries what the formula says."""
        assert self.expression is not None
        try:
            carried = self._along_characteristic(values, CONFIRMING)
            return agree(carried, evaluate(self.expression, values, CONFIRMING))
        except (PDEError, ArithmeticError):
            return False

    @property
    def _by_characteristic(self) -> bool:
        """Whether numbers come from characteristics.

        Integrals in the equation of an unknown may be singular at their lower limit.
        """
        if self.kind == "ode" or any(u.equation.has(sympy.Integral) for u in self.unknowns):
            return True
        return self.kind == "implicit" and self.equation.is_delicate

    def _continued(
        self,
        variable: Symbol,
        points: Sequence[Any],
        values: Mapping[Symbol | str, Any],
        digits: int,
    ) -> tuple[Value, ...] | None:
        """All points from one characteristic, or one branch, along the surface variable."""
        data = self.equation.initial
        numerical = self._by_characteristic or self.kind == "implicit"
        if data is None or variable != data.variable or not points or not numerical:
            return None
        from pde.equations.numerical_solution import implicit_curve, ode_curve

        exact = [sympy.nsimplify(p, rational=True) for p in points]
        complete = self._values({**values, variable: exact[0]})
        self._refuse_undefined_functions()
        if self._by_characteristic:
            return ode_curve(self.equation, complete, exact, digits)
        if self._outside_conditions(complete):
            return None
        found = implicit_curve(self, complete, exact, digits)
        if found is not None:
            for extreme in {min(exact), max(exact)}:
                value = found[exact.index(extreme)]
                if not self._confirmed(value, {**complete, variable: extreme}):
                    return None
        return found

    def _values(self, point: Mapping[Symbol | str, Any]) -> dict[Symbol, Expr]:
        if self.kind == "unsolved":
            raise PDEError(f"not solved: {self.failure}")
        symbols = {s.name: s for s in (*self.equation.variables, *self.equation.parameters)}
        values: dict[Symbol, Expr] = {}
        for key, value in point.items():
            name = key if isinstance(key, str) else key.name
            if name not in symbols:
                raise InvalidInputError(
                    f"{name}: not a symbol of the equation; it has {', '.join(sorted(symbols))}"
                )
            values[symbols[name]] = sympy.nsimplify(value, rational=True)
        missing = sorted(n for n, s in symbols.items() if s not in values)
        if missing:
            raise InvalidInputError(f"no value given for {', '.join(missing)}")
        return values

    def _refuse_undefined_functions(self) -> None:
        parts = self.equation.parts
        undefined = sorted({str(f.func) for part in parts for f in part.atoms(AppliedUndef)})
        if undefined:
            raise InvalidInputError(
                f"undefined functions {', '.join(undefined)}: no number without a definition"
            )

    def _on_surface(self, values: Mapping[Symbol, Expr]) -> bool:
        data = self.equation.initial
        return (
            data is not None
            and sympy.simplify(data.level.xreplace(dict(values)) - values[data.variable]) == 0
        )

    def _outside_conditions(self, values: Mapping[Symbol, Expr]) -> tuple[Expr, ...]:
        """The sign conditions of the formula that a point does not meet."""
        met = ((c, c.xreplace(dict(values))) for c in self.conditions)
        return tuple(condition for condition, at in met if at is sympy.false)

    def _beyond_conditions(self, values: Mapping[Symbol, Expr], digits: int) -> Value:
        """The value where the formula does not hold, if a characteristic carries one there."""
        try:
            return self._along_characteristic(values, digits)
        except PDEError as error:
            broken = joined(", ", (sentence("{}", c) for c in self._outside_conditions(values)))
            raise OutsideDomainError(
                sentence("outside the domain: {} does not hold, and {}", broken, message(error))
            ) from error

    def _first_suspect(self, values: Mapping[Symbol, Expr]) -> Expr | None:
        """The place nearest to the surface where the formula may leave the branch of the data.

        ``None`` if it is on that branch all the way to a point; the surface itself, if it does not
        start on it.
        """
        from pde.equations.branches import meets_data, surface_level, suspects

        assert self.expression is not None
        if self.equation.initial is None:
            return None
        if not meets_data(self.expression, self.equation, values):
            return surface_level(self.equation, values)
        places = suspects(self.expression, self.guards, self.equation, values)
        return places[0] if places else None

    def _beyond(self, place: Expr, values: Mapping[Symbol, Expr], digits: int) -> Value:
        """The value beyond a suspect place, which the characteristic of the point may not meet.

        Raises OutsideDomainError, naming the place, if that characteristic meets a singularity.
        """
        data = self.equation.initial
        assert data is not None
        from pde.equations.numerical_solution import runs_away

        on_surface = place == self._level(values)
        try:
            if not on_surface and runs_away(self.equation, values):
                raise OutsideDomainError("the characteristic ends")
            return self._along_characteristic(values, digits)
        except PDEError as error:
            if not isinstance(error, OutsideDomainError) or on_surface:
                raise
            bound = mpmath.nstr(place._to_mpmath(60), 12)
            raise OutsideDomainError(
                f"{data.variable} = {values[data.variable]} lies beyond the end of the domain "
                f"at {data.variable} = {bound}",
                str(data.variable),
                bound,
            ) from error

    def _level(self, values: Mapping[Symbol, Expr]) -> Expr:
        from pde.equations.branches import surface_level

        return surface_level(self.equation, values)

    def _confirmed(self, value: Value, values: Mapping[Symbol, Expr]) -> bool:
        """Whether the characteristic, where it reaches the surface, gives an implicit value.

        A first integral on a wrong sheet (a square root that changed its sign) is continued as
        smoothly as a right one.
        """
        try:
            carried = self._along_characteristic(values, CONFIRMING)
        except (PDEError, ArithmeticError):
            return True
        return agree(carried, value)

    def _along_characteristic(self, values: Mapping[Symbol, Expr], digits: int) -> Value:
        from pde.equations.numerical_solution import evaluate_ode

        return self._real(evaluate_ode(self.equation, values, digits), values)

    def _real(self, value: Value, values: Mapping[Symbol, Expr]) -> Value:
        if isinstance(value.value, mpmath.mpc) and not self.equation.is_complex:
            at = joined(", ", (sentence("{} = {}", s, v) for s, v in values.items()))
            raise OutsideDomainError(
                sentence("the formula is not real at {}: {}", at, str(value.value))
            )
        return value

    def to_latex(self) -> str:
        """Return the solution as LaTeX mathematics, or the words why there is none."""
        if self.expression is None:
            return rf"\text{{{self.kind}: {self.failure}}}"
        arguments = ", ".join(sympy.latex(v) for v in self.equation.variables)
        text = rf"h({arguments}) = {sympy.latex(self.expression)}"
        for unknown in self.unknowns:
            text += rf",\quad {sympy.latex(unknown.equation)} = 0"
        return text

    def _repr_latex_(self) -> str:
        return f"${self.to_latex()}$"
