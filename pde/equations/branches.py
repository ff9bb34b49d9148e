"""Whether a formula still is the solution at a point, or has left its branch.

A closed form is found at one sample point. Elsewhere it may stop being the solution although the
solution goes on: ``2 atan(exp(-t) tan(x/2))`` belongs to one period of x, a principal value jumps,
and at a double root (l = m, say) a formula is 0/0. The initial data tell the first, a walk from
the surface the second; the characteristic itself decides, since it needs no branch.

>>> from pde.equations.first_order import FirstOrderEquation, InitialData
>>> t, x = sympy.symbols("t x")
>>> equation = FirstOrderEquation((t, x), (1, sympy.sin(x)), initial=InitialData(t, 0, x))
>>> formula = 2 * sympy.atan(sympy.exp(-t) * sympy.tan(x / 2))
>>> half = sympy.Rational(1, 2)
>>> [meets_data(formula, equation, {t: half, x: sympy.Integer(at)}) for at in (1, 5)]
[True, False]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from sympy import Expr, Rational, Symbol

from pde.equations.first_order import FirstOrderEquation
from pde.expressions.domain import jumps, zeros
from pde.expressions.sampling import numerics

Values = Mapping[Symbol, Expr]

NEAR = (Rational(1, 10**12), Rational(1, 10**15))
DIFFERENT = 1e-3


def meets_data(formula: Expr, equation: FirstOrderEquation, values: Values) -> bool:
    """Return whether a formula tends to the initial data on the surface below a point.

    True where nothing can be said: quadratures, formulas without a value there.
    """
    data = equation.initial
    if data is None or formula.has(sympy.Integral):
        return True
    level = surface_level(equation, values)
    step = values[data.variable] - level
    samples = [{**values, data.variable: level + step * part} for part in (Rational(0), *NEAR)]
    verdict = True
    for row in numerics([formula, data.value], samples):
        if row is None:
            continue
        found, expected = row
        verdict = abs(found - expected) <= DIFFERENT * (1 + abs(expected))
        if verdict:
            return True
    return verdict


def surface_level(equation: FirstOrderEquation, values: Values) -> Expr:
    """Return the number at which the surface lies for the other values of a point."""
    assert equation.initial is not None
    level = equation.initial.level.xreplace(dict(values))
    return sympy.nsimplify(sympy.N(level, 30), rational=True)


def suspects(
    formula: Expr, guards: Sequence[Expr], equation: FirstOrderEquation, values: Values
) -> tuple[Expr, ...]:
    """Return the places between surface and point where a formula is singular or jumps."""
    data = equation.initial
    if data is None:
        return ()
    level, end = surface_level(equation, values), values[data.variable]
    found = {*jumps(formula, data.variable, level, end, values)}
    if guards:
        found |= {*zeros(guards, data.variable, level, end, values)}
    return tuple(sorted(found, key=lambda place: abs(place - level)))
