"""Values of solutions without a closed form: by continuation, or along characteristics.

Implicit solutions are continued from the initial surface to the point by Newton's method, so
that the branch is the one of the initial data. Where no first integrals are known, the
characteristic through the point is integrated back to the surface with g = x_k - L as clock,
together with the growth and the source.

>>> from pde.first_order import FirstOrderEquation, InitialData
>>> t, x = sympy.symbols("t x")
>>> equation = FirstOrderEquation((t, x), (1, 1), growth=2, initial=InitialData(t, 0, x))
>>> value = evaluate_ode(equation, {t: sympy.Integer(1), x: sympy.Integer(3)}, 20)
>>> with mpmath.workdps(30):
...     bool(abs(value.value - 2 * mpmath.exp(2)) < value.error)
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import mpmath
import sympy
from sympy import Expr, Symbol

from pde.compilation import compiled, number
from pde.errors import CharacteristicSurfaceError, OutsideDomainError
from pde.evaluation import Value
from pde.first_order import FirstOrderEquation
from pde.trajectory import integrate

if TYPE_CHECKING:
    from pde.solution import Solution

STEPS = (12, 24)


def evaluate_ode(equation: FirstOrderEquation, values: Mapping[Symbol, Expr], digits: int) -> Value:
    """Return h at a point by integrating its characteristic back to the initial surface.

    Raises CharacteristicSurfaceError if the field is tangent to the surfaces g = constant at
    the point, OutsideDomainError if the characteristic does not reach the surface.
    """
    data = equation.initial
    if data is None:
        raise CharacteristicSurfaceError("no initial data are given")
    parameters = {s: v for s, v in values.items() if s not in equation.variables}
    gap = data.variable - data.level
    speed = sympy.Add(
        *(c * sympy.diff(gap, v) for c, v in zip(equation.field, equation.variables, strict=True))
    )
    expressions = [
        e.xreplace(parameters) for e in (*equation.field, equation.growth, equation.source, speed)
    ]
    motion = compiled(equation.variables, expressions)

    def rates(_: Any, state: Sequence[Any]) -> list[Any]:
        *field, growth, source, clock = motion(*state[:-2])
        weight = state[-2]
        return [*(c / clock for c in field), -growth * weight / clock, -source * weight / clock]

    with mpmath.workdps(digits + 12):
        point = [number(values[v]) for v in equation.variables]
        start = number(gap.xreplace(dict(values)))
        if start != 0 and motion(*point)[-1] == 0:
            raise CharacteristicSurfaceError(f"the field is tangent to {gap} = constant")
        result = integrate(
            rates, start, [*point, mpmath.mpf(1), mpmath.mpf(0)], mpmath.mpf(0), digits
        )
        *foot, weight, collected = result.state
        value = compiled(equation.variables, data.value.xreplace(parameters))
        total = value(*foot) * weight + collected
        nearby = value(*(f + result.error for f in foot)) * (weight + result.error) + collected
        return Value(total, abs(nearby - total) + 2 * result.error, "two tolerances")


def evaluate_implicit(solution: Solution, values: Mapping[Symbol, Expr], digits: int) -> Value:
    """Return an implicit solution at a point, its unknowns continued from the surface.

    Raises OutsideDomainError if Newton's method loses the branch (a caustic).
    """
    data = solution.equation.initial
    assert data is not None
    assert solution.expression is not None
    level = data.level.xreplace(dict(values))
    fixed = {s: v for s, v in values.items() if s != data.variable}
    symbols = [u.symbol for u in solution.unknowns]
    equations = [u.equation.xreplace(fixed) for u in solution.unknowns]
    starts = [u.start.xreplace(fixed).xreplace({data.variable: level}) for u in solution.unknowns]
    system = compiled([data.variable, *symbols], equations)
    expression = compiled([data.variable, *symbols], solution.expression.xreplace(fixed))
    results = []
    for steps, working in zip(STEPS, (digits + 10, digits + 20), strict=True):
        with mpmath.workdps(working):
            begin, end = number(level), number(values[data.variable])
            state = [number(s) for s in starts]
            for k in range(1, steps + 1):
                here = begin + (end - begin) * k / steps
                state = _newton(system, here, state, data.variable)
            results.append(expression(end, *state))
    with mpmath.workdps(digits + 10):
        difference = abs(results[1] - results[0])
        if difference > abs(results[1]) * mpmath.mpf(10) ** (-digits) + mpmath.mpf(10) ** (-digits):
            raise OutsideDomainError(
                f"the branch is lost between {data.variable} = {level} and {values[data.variable]}",
                str(data.variable),
            )
        error = 10 * difference + abs(results[1]) * mpmath.mpf(10) ** (-digits - 3)
        return Value(results[1], error, "two precisions")


def _newton(system: Any, here: Any, state: Sequence[Any], variable: Symbol) -> list[Any]:
    try:
        root = mpmath.findroot(lambda *u: system(here, *u), tuple(state))
    except (ValueError, ZeroDivisionError) as error:
        raise OutsideDomainError(
            f"the branch ends near {variable} = {mpmath.nstr(here, 10)}",
            str(variable),
            mpmath.nstr(here, 10),
        ) from error
    return list(root) if isinstance(root, mpmath.matrix) else [root]
