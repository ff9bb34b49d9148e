"""Solutions of first-order equations as values that know their kind, domain and evidence.

*explicit*: a closed expression. *implicit*: an expression in unknowns fixed by equations, on
the branch continued from the initial surface (if the equations hold integrals, numbers come
from the characteristic itself). *quadrature*: an expression with definite
integrals. *ode*: characteristics to be integrated numerically. *unsolved*: the step that
failed, in words.

>>> from pde.first_order import FirstOrderEquation, InitialData
>>> from pde.characteristics import solve
>>> t, x = sympy.symbols("t x")
>>> burst = solve(FirstOrderEquation((t, x), (1, x**2), initial=InitialData(t, 0, x)))
>>> burst.kind, burst.expression
('explicit', x/(t*x + 1))
>>> print(burst.evaluate({t: 1, x: 2}, digits=10))
0.6666666666666666 +- 3.7e-17 (ball arithmetic)
>>> burst.evaluate({t: -1, x: 2})
Traceback (most recent call last):
    ...
pde.errors.OutsideDomainError: t = -1 lies beyond the end of the domain at t = -0.5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import mpmath
import sympy
from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

from pde.domain import first_zero
from pde.errors import InvalidInputError, OutsideDomainError, PDEError
from pde.evaluation import Value, evaluate, evaluate_many
from pde.evidence import Evidence
from pde.first_order import FirstOrderEquation

SolutionKind = Literal["explicit", "implicit", "quadrature", "ode", "unsolved"]


@dataclass(frozen=True)
class Unknown:
    """A symbol defined by equation = 0, equal to ``start`` on the initial surface."""

    symbol: Symbol
    equation: Expr
    start: Expr


@dataclass(frozen=True)
class Solution:
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

        >>> from pde.first_order import FirstOrderEquation, InitialData
        >>> from pde.characteristics import solve
        >>> t, x = sympy.symbols("t x")
        >>> equation = FirstOrderEquation((t, x), (1, x**2), initial=InitialData(t, 0, x))
        >>> solve(equation).existence_bounds()
        (-1/x,)
        """
        from pde.inversion import solutions

        assert self.equation.initial is not None
        variable = self.equation.initial.variable
        found = {s for g in self.guards for s in solutions(g, variable)}
        return tuple(sorted(found, key=sympy.default_sort_key))

    def evaluate(self, point: Mapping[Symbol | str, Any], digits: int = 15) -> Value:
        """Return the value at a point (variables and parameters) with an error bound.

        Raises OutsideDomainError, naming where the domain ends, InvalidInputError if a value
        is missing, and PDEError for an unsolved equation or undefined functions.
        """
        values = self._values(point)
        self._refuse_undefined_functions()
        if self._by_characteristic:
            from pde.numerical_solution import evaluate_ode

            return evaluate_ode(self.equation, values, digits)
        if self.expression is None:
            raise PDEError(f"not solved: {self.failure}")
        self._check_domain(values)
        if self.kind == "implicit":
            from pde.numerical_solution import evaluate_implicit

            return evaluate_implicit(self, values, digits)
        if self._on_surface(values):
            assert self.equation.initial is not None
            return evaluate(self.equation.initial.value, values, digits)
        return self._real(evaluate(self.expression, values, digits), values)

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
        for extreme in {min(exact), max(exact)}:
            self._check_domain(self._values({**values, variable: extreme}))
        complete = self._values({**values, variable: exact[0]})
        inner = [p for p in exact if not self._on_surface({**complete, variable: p})]
        numbers = dict(
            zip(
                inner,
                evaluate_many(self.expression, variable, inner, complete, digits),
                strict=True,
            )
        )
        for p in exact:
            if p not in numbers:
                numbers[p] = self.evaluate({**values, variable: p}, digits)
        return tuple(numbers[p] for p in exact)

    @property
    def _by_characteristic(self) -> bool:
        """Whether numbers come from characteristics.

        Integrals in the equation of an unknown may be singular at their lower limit.
        """
        return self.kind == "ode" or any(u.equation.has(sympy.Integral) for u in self.unknowns)

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
        from pde.numerical_solution import implicit_curve, ode_curve

        exact = [sympy.nsimplify(p, rational=True) for p in points]
        complete = self._values({**values, variable: exact[0]})
        self._refuse_undefined_functions()
        if self._by_characteristic:
            return ode_curve(self.equation, complete, exact, digits)
        for extreme in {min(exact), max(exact)}:
            self._check_domain({**complete, variable: extreme})
        return implicit_curve(self, complete, exact, digits)

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
        data = self.equation.initial
        parts = (
            *self.equation.field,
            self.equation.growth,
            self.equation.source,
            sympy.Integer(0) if data is None else data.value,
        )
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

    def _check_domain(self, values: Mapping[Symbol, Expr]) -> None:
        for condition in self.conditions:
            if condition.xreplace(dict(values)) is sympy.false:
                raise OutsideDomainError(f"outside the domain: {condition} does not hold")
        data = self.equation.initial
        if data is None or not self.guards:
            return
        level = sympy.nsimplify(sympy.N(data.level.xreplace(dict(values)), 30), rational=True)
        end = values[data.variable]
        zero = first_zero(self.guards, data.variable, level, end, values)
        if zero is not None:
            bound = mpmath.nstr(zero._to_mpmath(60), 12)
            raise OutsideDomainError(
                f"{data.variable} = {end} lies beyond the end of the domain at "
                f"{data.variable} = {bound}",
                str(data.variable),
                bound,
            )

    def _real(self, value: Value, values: Mapping[Symbol, Expr]) -> Value:
        if isinstance(value.value, mpmath.mpc):
            at = ", ".join(f"{s} = {v}" for s, v in values.items())
            raise OutsideDomainError(f"the formula is not real at {at}: {value.value}")
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
