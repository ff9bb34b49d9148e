"""An equation near a point of its initial surface, its symbols with the signs they have there."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Dummy, Expr, Rational, Symbol

from pde.equations.first_order import FirstOrderEquation, InitialData

CLOSE = Rational(1, 10**6)
"""The distance of the point from the surface."""


@dataclass(frozen=True)
class Localised:
    """The equation with its symbols given the signs they have at the sample."""

    original: FirstOrderEquation
    equation: FirstOrderEquation
    names: tuple[tuple[Symbol, Symbol], ...]

    @classmethod
    def of(cls, equation: FirstOrderEquation) -> Localised:
        """Return the equation with signs from its sample."""
        assert equation.initial is not None
        values = equation.sample(CLOSE)
        names: dict[Symbol, Symbol] = {}
        for symbol in (*equation.variables, *equation.parameters):
            if symbol.is_positive or symbol.is_negative or symbol.is_integer:
                continue
            value = values[symbol]
            if symbol.is_nonnegative:
                names[symbol] = Dummy(symbol.name, positive=True)
            elif abs(value) <= 2 * CLOSE:
                names[symbol] = Dummy(symbol.name, real=True)
            else:
                sign = {"positive": True} if value > 0 else {"negative": True}
                names[symbol] = Dummy(symbol.name, **sign)

        def local(expression: Expr) -> Expr:
            return expression.xreplace(names)

        data = equation.initial
        return cls(
            equation,
            FirstOrderEquation(
                tuple(local(v) for v in equation.variables),
                tuple(local(c) for c in equation.field),
                local(equation.growth),
                local(equation.source),
                InitialData(local(data.variable), local(data.level), local(data.value)),
                tuple((local(s), values[s]) for s in values),
            ),
            tuple(names.items()),
        )

    def globally(self, expression: Expr) -> Expr:
        """Return an expression in the symbols of the original."""
        return expression.xreplace({v: k for k, v in self.names})
