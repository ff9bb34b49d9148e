"""A closure in finitely many petals as one linear equation of first order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.grouping import Grouping, grouping, inserted
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial, petal_name
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import sympy_symbol
from pde.equations.first_order import FirstOrderEquation, InitialData

TIME = Symbol("tau", real=True)
"""The time ``t/T``."""


def petal_symbols(closure: Closure, variables: Sequence[Exponent]) -> dict[Exponent, Symbol]:
    """Return a symbol for every petal, positive where all its exponents are even."""
    return {
        m: Symbol(petal_name(m), positive=True)
        if all(entry % 2 == 0 for entry in m)
        else Symbol(petal_name(m), real=True)
        for m in variables
    }


def petal_expression(
    polynomial: PetalPolynomial, symbols: Mapping[Exponent, Expr], groups: Grouping
) -> Expr:
    """Return a polynomial in petals as a SymPy expression."""
    return sympy.Add(
        *(
            groups.expression(c) * sympy.Mul(*(symbols[m] ** power for m, power in petals))
            for petals, c in polynomial
        )
    )


def equation_of(
    closure: Closure,
) -> tuple[FirstOrderEquation, dict[Exponent, Symbol], Grouping]:
    """Return the equation of a closure in finitely many petals, their symbols, and its groups.

    Raises :class:`~diagrams.errors.NotSolved` for infinitely many petals.
    """
    variables = closure.variables
    if variables is None:
        raise NotSolved("the closure: infinitely many petals")
    rates = {m: closure.rate(m) for m in variables}
    coefficients = [c for value in (closure.observable, *rates.values()) for _, c in value]
    groups = grouping(coefficients, closure.rows.number)
    symbols = petal_symbols(closure, variables)
    observable = petal_expression(closure.observable, symbols, groups)
    equation = FirstOrderEquation(
        (TIME, *symbols.values()),
        (sympy.Integer(1), *(petal_expression(rates[m], symbols, groups) for m in variables)),
        initial=InitialData(TIME, sympy.Integer(0), observable),
        near=tuple((s, Rational(1, 10)) for s in symbols.values() if not s.is_positive),
    )
    return equation, symbols, groups


def point_of(
    closure: Closure,
    equation: FirstOrderEquation,
    symbols: Mapping[Exponent, Symbol],
    groups: Grouping,
) -> tuple[tuple[str, Expr], ...]:
    """What every symbol of the equation stands for, in plain symbols."""
    definitions = groups.definitions()
    meanings = dict(definitions)
    point = [(s.name, closure.rows.initial(m).to_sympy()) for m, s in symbols.items()]
    point += [(s.name, inserted(s, definitions)) for s in meanings if _used(equation, s)]
    point += [
        (s.name, sympy_symbol(s.name))
        for s in equation.parameters
        if sympy_symbol(s.name) not in meanings
    ]
    point.append((TIME.name, sympy_symbol("t") / sympy_symbol("T")))
    return tuple(point)


def _used(equation: FirstOrderEquation, symbol: Symbol) -> bool:
    return any(s.name == symbol.name for s in equation.parameters)
