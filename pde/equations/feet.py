"""Feet of characteristics: where the curve through a point meets the initial surface.

The curve x_i = X_i(s; c) through a point meets the surface x_k = L at the clock value sigma
with X_k(sigma) = L(X(sigma)). Of the solutions, the one wanted tends to the point itself as
the point approaches the surface; it is recognised at a sample point very close to it.

>>> import sympy
>>> from pde.equations.first_integrals import characteristic_curves
>>> x, t = sympy.symbols("x t", positive=True)
>>> at = {x: sympy.Integer(2), t: sympy.Rational(1, 10**6)}
>>> curves = characteristic_curves((t, x), (sympy.Integer(1), -x), t, at, sympy.Integer(0))
>>> foot(curves, t, sympy.Integer(0)).coordinates
((t, 0), (x, x*exp(t)))
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Dummy, Expr, Symbol

from pde.equations.first_integrals import Curves
from pde.equations.inversion import choose, solutions
from pde.errors import NoClosedFormError
from pde.expressions.sampling import numeric
from pde.expressions.simplification import simplest
from pde.expressions.statement import sentence

CLOSE = 1e-3


@dataclass(frozen=True)
class Foot:
    """The clock value at the foot and the coordinates of the foot.

    ``clock`` is in terms of the constants of the motion; ``coordinates`` in terms of the
    point. ``unknown`` is the symbol and equation of sigma where it has no closed form.
    """

    clock: Expr
    coordinates: tuple[tuple[Symbol, Expr], ...]
    unknown: tuple[Symbol, Expr, Expr] | None = None


def foot(curves: Curves, variable: Symbol, level: Expr) -> Foot:
    """Return the foot on the surface variable = level.

    Raises NoClosedFormError if the equation for sigma cannot be formed (the surface is not
    met near the sample).
    """
    sigma, unknown = _clock_at_foot(curves, variable, level)
    coordinates = []
    for symbol, curve in curves.coordinates:
        value = curves.at_point(curve.xreplace({curves.clock: sigma}))
        coordinates.append((symbol, value if unknown else simplest(value)))
    if unknown is None:
        coordinates = [
            (s, level.xreplace(dict(coordinates)) if s == variable else v) for s, v in coordinates
        ]
    return Foot(sigma, tuple(coordinates), unknown)


def _clock_at_foot(
    curves: Curves, variable: Symbol, level: Expr
) -> tuple[Expr, tuple[Symbol, Expr, Expr] | None]:
    position = dict(curves.coordinates)
    target = level.xreplace(position)
    if position[variable] == curves.clock and not target.has(curves.clock):
        return target, None
    equation = position[variable] - target
    if not equation.has(curves.clock):
        raise NoClosedFormError(
            sentence("the clock does not move towards {} = {}", variable, level)
        )
    sample = dict(curves.sample)
    sample[curves.clock] = curves.clock_value.xreplace(sample)
    found = choose(solutions(equation, curves.clock), curves.clock, sample, CLOSE)
    if found is not None:
        return found, None
    value = numeric(equation, sample)
    if value is None or abs(value) > CLOSE:
        raise NoClosedFormError(
            sentence("the characteristic does not start on {} = {}", variable, level)
        )
    symbol = Dummy("sigma", real=True)
    at_point = curves.at_point(equation.xreplace({curves.clock: symbol}))
    return symbol, (symbol, at_point, curves.clock_value)
