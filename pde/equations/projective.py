"""Projective systems: a linear flow divided by one common factor.

Where characteristics obey ``z_i' = (A z)_i - l(z) z_i`` with a constant matrix ``A`` and one linear
form ``l`` for all ``i``, then

    z(t) = w(t) / N(t),    w(t) = exp(A t) z,    N(t) = 1 + int_0^t l(w(s)) ds,

since ``(w/N)' = A w/N - (l(w)/N) w/N``.  (Projective Riccati systems: R. L. Anderson, Lett. Math.
Phys. 4, 1 (1980).)

>>> from pde.equations.first_order import InitialData
>>> t, x, y = sympy.symbols("t x y", positive=True)
>>> pair = FirstOrderEquation(
...     (t, x, y), (1, x**2 + x, x * y - y), initial=InitialData(t, 0, y)
... )
>>> flow = projective_flow(pair)
>>> flow.numerators, flow.denominator
((x*exp(-t), y*exp(t)), x*(1 - exp(-t)) + 1)
>>> solve_projective(pair).expression
y*exp(t)/(x*(1 - exp(-t)) + 1)
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Matrix, Symbol

from pde.equations.first_order import FirstOrderEquation
from pde.equations.linear_systems import matrix_exponential
from pde.equations.solution import EquationSolution
from pde.errors import NoClosedFormError
from pde.expressions.statement import sentence

DENOMINATOR = Symbol("N")
"""What the common denominator of all feet is called."""


@dataclass(frozen=True)
class ProjectiveFlow:
    """The feet of characteristics: one numerator for each variable, and their denominator."""

    numerators: tuple[Expr, ...]
    denominator: Expr


def projective_flow(equation: FirstOrderEquation) -> ProjectiveFlow:
    """Return the flow of a projective system back to the surface where data are given.

    The first variable is a time of unit speed, the equation has no growth and no source.  Raises
    NoClosedFormError for any other, and where ``A`` has eigenvalues without a formula.
    """
    time, *unknowns = equation.variables
    speed, *rates = equation.field
    data = equation.initial
    if speed != 1 or equation.growth != 0 or equation.source != 0:
        raise NoClosedFormError("projective: need a time of unit speed and no growth")
    if data is None or data.variable != time or data.level != 0:
        raise NoClosedFormError("projective: need data at time 0")
    if not all(rate.is_polynomial(*unknowns) and not rate.has(time) for rate in rates):
        raise NoClosedFormError("projective: need a polynomial field without the time")
    linear, common = [], set()
    for unknown, rate in zip(unknowns, rates, strict=True):
        terms = sympy.Poly(rate, *unknowns).terms()
        if any(sum(powers) not in (1, 2) for powers, _ in terms):
            raise NoClosedFormError("projective: need terms of first and second degree")
        monomials = [
            (sum(powers), c * sympy.Mul(*(u**n for u, n in zip(unknowns, powers, strict=True))))
            for powers, c in terms
        ]
        linear.append(-sympy.Add(*(m for degree, m in monomials if degree == 1)))
        square = sympy.Add(*(m for degree, m in monomials if degree == 2))
        common.add(sympy.expand(square / unknown))
    if len(common) != 1:
        raise NoClosedFormError("projective: the quadratic terms have no common factor")
    (form,) = common
    matrix = Matrix(linear).jacobian(Matrix(unknowns)).applyfunc(sympy.factor)
    moved = matrix_exponential(matrix, time) * Matrix(unknowns)
    numerators = [_by_exponentials(entry, time) for entry in moved]
    if not form.is_polynomial(*unknowns):
        raise NoClosedFormError("projective: the quadratic terms have no common factor")
    total: dict[Expr, Expr] = {}
    for unknown, numerator in zip(unknowns, numerators, strict=True):
        for rate, weight in numerator.items():
            total[rate] = total.get(rate, sympy.Integer(0)) + form.coeff(unknown) * weight
    denominator = sympy.Integer(1)
    for rate, weight in total.items():
        grown = time if rate == 0 else (sympy.exp(rate * time) - 1) / rate
        denominator += sympy.factor(weight) * grown
    return ProjectiveFlow(
        tuple(
            sympy.Add(*(sympy.factor(w) * sympy.exp(r * time) for r, w in numerator.items()))
            for numerator in numerators
        ),
        denominator,
    )


def _by_exponentials(expression: Expr, time: Symbol) -> dict[Expr, Expr]:
    """The weights of a sum of exponentials, by their rates."""
    found: dict[Expr, Expr] = {}
    for term in sympy.Add.make_args(sympy.powsimp(sympy.expand(expression), combine="exp")):
        weight, moving = term.as_independent(time, as_Add=False)
        exponent = moving.args[0] if isinstance(moving, sympy.exp) else sympy.Integer(0)
        rate = sympy.factor(exponent / time)
        if rate.has(time) or (moving != 1 and rate == 0):
            raise NoClosedFormError("projective: the linear part has multiple eigenvalues")
        found[rate] = found.get(rate, sympy.Integer(0)) + weight
    return {rate: weight for rate, weight in found.items() if sympy.expand(weight) != 0}


def solve_projective(equation: FirstOrderEquation) -> EquationSolution:
    """Return the explicit solution of a projective system, checked by substitution.

    Raises NoClosedFormError for any other.
    """
    flow = projective_flow(equation)
    assert equation.initial is not None
    unknowns = equation.variables[1:]
    feet = {u: w / flow.denominator for u, w in zip(unknowns, flow.numerators, strict=True)}
    expression = equation.initial.value.xreplace(feet)
    steps = tuple(
        sentence("projective system: the foot of {} is ({})/{}", u, w, DENOMINATOR)
        for u, w in zip(unknowns, flow.numerators, strict=True)
    )
    return EquationSolution(
        "explicit",
        equation,
        expression,
        equation.verify(expression),
        guards=(flow.denominator,) if flow.denominator.has(equation.variables[0]) else (),
        steps=(*steps, sentence("{} = {}", DENOMINATOR, flow.denominator)),
    )
