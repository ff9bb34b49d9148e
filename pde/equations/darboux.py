"""Coupled pairs of polynomial equations, made triangular by invariant lines.

A linear form ``l = x + m y`` with ``l' = K l`` along the characteristics, ``K`` a polynomial, is a
*Darboux polynomial* and ``K`` its cofactor.  If two forms are found and a combination
``a K_1 + b K_2`` of their cofactors is a constant, then ``P = l_1^a l_2^b`` obeys ``P' = const P``,
and in the variables ``P, l_1`` the system is triangular.  (G. Darboux, 1878; see Goriely,
Integrability and Nonintegrability of Dynamical Systems, 2001, chapter 2.)

>>> from pde.equations.first_order import InitialData
>>> t, x = sympy.symbols("t x")
>>> y = sympy.Symbol("y", positive=True)
>>> pair = FirstOrderEquation(
...     (t, x, y), (1, 2 * x * y - 2 * y, 2 * y**2 - 2 * x), initial=InitialData(t, 0, x),
...     near=((x, sympy.Rational(1, 10)), (y, 1)),
... )
>>> solve_pair(pair).kind
'explicit'
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from pde.equations.characteristics import solve
from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.equations.solution import EquationSolution
from pde.errors import NoClosedFormError
from pde.expressions.domain import guards
from pde.expressions.simplification import simplest
from pde.expressions.statement import sentence
from pde.pieces.roughness import in_pieces


@dataclass(frozen=True)
class InvariantLine:
    """A linear form of the two variables and its cofactor."""

    form: Expr
    cofactor: Expr


def invariant_lines(equation: FirstOrderEquation) -> tuple[InvariantLine, ...]:
    """Return the forms x + m y with rational m, and y itself, that divide their derivatives.

    The equation has three variables, the first one a time of unit speed.  Raises
    NoClosedFormError for any other.

    >>> t, x, y = sympy.symbols("t x y")
    >>> pair = FirstOrderEquation((t, x, y), (1, x * y - x, y * x))
    >>> [line.form for line in invariant_lines(pair)]
    [x, y]
    """
    if len(equation.variables) != 3 or equation.field[0] != 1:
        raise NoClosedFormError("invariant lines: need a time and two variables")
    time, x, y = equation.variables
    first, second = equation.field[1:]
    if not all(f.is_polynomial(x, y) and not f.has(time) for f in (first, second)):
        raise NoClosedFormError("invariant lines: need a polynomial field without the time")
    slope = sympy.Dummy("m")
    on_line = sympy.expand((first + slope * second).xreplace({x: -slope * y}))
    common = sympy.Integer(0)
    for coefficient in sympy.Poly(on_line, y).coeffs():
        common = sympy.gcd(common, sympy.expand(coefficient))
    slopes = sympy.roots(sympy.Poly(common, slope)) if common.has(slope) else {}
    forms = [x + m * y for m in sorted(slopes, key=sympy.default_sort_key) if m.is_Rational]
    if sympy.expand(second.xreplace({y: sympy.Integer(0)})) == 0:
        forms.append(y)
    found = []
    for form in forms:
        rate = sympy.diff(form, x) * first + sympy.diff(form, y) * second
        found.append(InvariantLine(form, sympy.expand(sympy.cancel(rate / form))))
    return tuple(found)


def solve_pair(equation: FirstOrderEquation) -> EquationSolution:
    """Return the explicit solution found by two invariant lines.

    Raises NoClosedFormError where there are none, or they do not make the system triangular.
    """
    lines = invariant_lines(equation)
    if len(lines) < 2 or equation.initial is None:
        raise NoClosedFormError("invariant lines: fewer than two")
    if in_pieces(equation.initial.value):
        raise NoClosedFormError("invariant lines: their signs are those of the sample")
    time, x, y = equation.variables
    sample = equation.sample()
    one, two = (_positive(line, sample) for line in lines[:2])
    powers = _constant_combination(one.cofactor, two.cofactor, (x, y))
    product, form = Symbol("P", positive=True), Symbol("l", positive=True)
    a, b = powers
    other = (product / form**a) ** (1 / b)
    solved = sympy.solve([one.form - form, two.form - other], [x, y], dict=True)
    if len(solved) != 1:
        raise NoClosedFormError("invariant lines: the forms are not independent")
    back = solved[0]
    rate = sympy.cancel(sympy.expand(a * one.cofactor + b * two.cofactor))
    speed = sympy.expand(sympy.cancel((one.cofactor * form).xreplace(back)))
    data = equation.initial
    image = FirstOrderEquation(
        (time, product, form),
        (sympy.Integer(1), rate * product, speed),
        equation.growth,
        equation.source,
        InitialData(time, data.level, sympy.cancel(data.value.xreplace(back))),
    )
    inner = solve(image)
    if inner.kind != "explicit" or inner.expression is None:
        raise NoClosedFormError(f"invariant lines: {inner.kind} after the change of variables")
    names = {product: one.form**a * two.form**b, form: one.form}
    expression = simplest(inner.expression.xreplace(names))
    evidence = equation.verify(expression)
    steps = (
        *(
            sentence("invariant line: ({})' = ({}) ({})", line.form, line.cofactor, line.form)
            for line in (one, two)
        ),
        sentence("new variables: P = {}, l = {}", names[product], one.form),
        *inner.steps,
    )
    return EquationSolution(
        "explicit", equation, expression, evidence, guards=guards(expression, time), steps=steps
    )


def _positive(line: InvariantLine, sample: dict[Symbol, Expr]) -> InvariantLine:
    """The form with the sign that makes it positive at the sample."""
    value = line.form.xreplace(sample)
    if value.is_negative:
        return InvariantLine(sympy.expand(-line.form), line.cofactor)
    return line


def _constant_combination(
    one: Expr, two: Expr, variables: tuple[Symbol, Symbol]
) -> tuple[sympy.Integer, sympy.Integer]:
    for a, b in ((1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (-1, 2)):
        if not sympy.expand(a * one + b * two).has(*variables):
            return sympy.Integer(a), sympy.Integer(b)
    raise NoClosedFormError("invariant lines: no combination of cofactors is constant")
