"""Values of solutions without a closed form: by continuation, or along characteristics.

Implicit solutions are continued from the initial surface to the point, so that the branch is the
one of the initial data, by a chain of boxes that proves it. Where there is none, or no first
integrals are known, the characteristic through the point is integrated back to the surface with
g = x_k - L as clock, together with the growth and the source: in balls, with a proved bound, or by
extrapolation where the equation has functions that balls do not know.

>>> from pde.equations.first_order import FirstOrderEquation, InitialData
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
from flint import arb
from sympy import Expr, Symbol

from pde.equations.first_order import FirstOrderEquation
from pde.errors import CharacteristicSurfaceError, OutsideDomainError
from pde.expressions.compilation import compiled, number
from pde.expressions.statement import joined, sentence
from pde.numbers.balls import NoEnclosureError, NotRealError, TooWideError, enclosure, precision
from pde.numbers.continuation import LostBranchError, continued
from pde.numbers.evaluation import Value, narrow_value
from pde.numbers.trajectory import integrate
from pde.numbers.validated import follow_balls
from pde.pieces.crossings import follow_in_pieces, hull_over_sides
from pde.pieces.roughness import in_pieces, rough_parts, singular_somewhere

if TYPE_CHECKING:
    from pde.equations.solution import EquationSolution


def evaluate_ode(equation: FirstOrderEquation, values: Mapping[Symbol, Expr], digits: int) -> Value:
    """Return h at a point by integrating its characteristic back to the initial surface.

    Raises CharacteristicSurfaceError if the field is tangent to the surfaces g = constant at
    the point, OutsideDomainError if the characteristic does not reach the surface.
    """
    data = equation.initial
    if data is None:
        raise CharacteristicSurfaceError("no initial data are given")
    gap = data.variable - data.level
    length = -gap.xreplace(dict(values))
    (found,) = _characteristic(equation, values, [length], digits)
    return found


def runs_away(equation: FirstOrderEquation, values: Mapping[Symbol, Expr]) -> bool:
    """Return whether floats see the characteristic of a point end before the initial surface.

    Balls come to the same end in seconds; this is to refuse at once.
    """
    data = equation.initial
    assert data is not None
    gap = data.variable - data.level
    speed = sympy.Add(
        *(c * sympy.diff(gap, v) for c, v in zip(equation.field, equation.variables, strict=True))
    )
    fixed = {s: v for s, v in values.items() if s not in equation.variables}
    rates = [(c / speed).xreplace(fixed) for c in equation.field]
    try:
        motion = sympy.lambdify(list(equation.variables), rates, "math")
        left = -float(gap.xreplace(dict(values)))
        state = [float(values[v]) for v in equation.variables]
        whole, far = abs(left), FAR * (1 + max(map(abs, state)))
        for _ in range(FLOAT_STEPS):
            slopes = motion(*state)
            pace = max(abs(r) / (abs(y) + 1e-3) for r, y in zip(slopes, state, strict=True))
            step = min(abs(left), 0.05 / pace)
            if step < whole / FAR or (max(map(abs, state)) > far and step < abs(left) / 100):
                return True
            turned = step if left > 0 else -step
            half = [y + turned / 2 * r for y, r in zip(state, slopes, strict=True)]
            state = [y + turned * r for y, r in zip(state, motion(*half), strict=True)]
            left -= turned
            if left == 0:
                return False
    except (ArithmeticError, ValueError):
        return True
    except (NameError, TypeError, KeyError):
        return False
    return False


def ode_curve(
    equation: FirstOrderEquation,
    values: Mapping[Symbol, Expr],
    points: Sequence[Expr],
    digits: int,
) -> tuple[Value, ...] | None:
    """Return h at several values of the surface variable along one characteristic.

    ``None`` where the equation depends on that variable: each point then has its own one.
    """
    data = equation.initial
    if data is None or data.level.free_symbols & set(equation.variables):
        return None
    if any(part.has(data.variable) for part in equation.parts):
        return None
    found: dict[Expr, Value] = {}
    for sign in (1, -1):
        side = {p - data.level.xreplace(dict(values)): p for p in points}
        chosen = sorted((g for g in side if g * sign > 0 or (sign > 0 and g == 0)), key=abs)
        if chosen:
            lengths = [-g for g in chosen]
            numbers = _characteristic(equation, values, lengths, digits)
            found |= {side[g]: value for g, value in zip(chosen, numbers, strict=True)}
    return tuple(found[p] for p in points)


FAR = 1e8
FLOAT_STEPS = 4000
SETTLED = 1e-3
"""An estimate with a larger relative error is none."""

ATTEMPTS = 3
"""Precisions at which a characteristic is enclosed, each half as large again."""


def _characteristic(
    equation: FirstOrderEquation,
    values: Mapping[Symbol, Expr],
    lengths: Sequence[Expr],
    digits: int,
) -> list[Value]:
    """h after following a characteristic by several amounts of its clock g, of one sign."""
    assert equation.initial is not None
    gap = equation.initial.variable - equation.initial.level
    speed = sympy.Add(
        *(c * sympy.diff(gap, v) for c, v in zip(equation.field, equation.variables, strict=True))
    )
    for attempt in range(ATTEMPTS):
        working = digits + 6 + attempt * (digits // 2 + 10)
        try:
            with precision(working + 10):
                return _enclosed_ends(equation, values, lengths, speed, working, digits)
        except TooWideError:
            continue
        except NoEnclosureError:
            break
    _refuse_pieces(equation)
    return [_estimated_end(equation, values, length, speed, digits) for length in lengths]


def _enclosed_ends(
    equation: FirstOrderEquation,
    values: Mapping[Symbol, Expr],
    lengths: Sequence[Expr],
    speed: Expr,
    working: int,
    digits: int,
) -> list[Value]:
    """The values in balls; raises NoEnclosureError where balls do not reach."""
    data = equation.initial
    assert data is not None
    weight, collected = Symbol("_weight"), Symbol("_collected")
    constants = {
        s: enclosure(sympy.sympify(v), {}) for s, v in values.items() if s not in equation.variables
    }
    point = [enclosure(sympy.sympify(values[v]), {}) for v in equation.variables]
    at = {**constants, **dict(zip(equation.variables, point, strict=True))}
    clock = hull_over_sides(speed, at)
    if any(length != 0 for length in lengths) and clock.is_exact() and clock == 0:
        raise CharacteristicSurfaceError(f"the field is tangent to {data.variable} = constant")
    rates = [*(c / speed for c in equation.field), -equation.growth * weight / speed]
    rates.append(-equation.source * weight / speed)
    symbols = (*equation.variables, weight, collected)
    marks = [enclosure(sympy.sympify(length), {}) for length in lengths]
    hard = any(in_pieces(rate) or singular_somewhere(rate) for rate in rates)
    # what a source collects may stay zero up to a wall: steps need its scale before
    offset = sum((abs(p).upper() for p in point), arb(1)).mid() if hard else arb(0)
    start = [*point, arb(1), offset]
    try:
        follow = follow_in_pieces if hard else follow_balls
        states = follow(symbols, rates, start, marks, working, constants)
    except OutsideDomainError as error:
        if not error.bound:
            raise
        # as a value of the clock g itself, which starts at minus the length
        shown = f"{float((arb(error.bound) - marks[-1]).mid()):.9g}"
        reason = "".join(str(error).partition(": ")[1:])
        raise OutsideDomainError(
            f"the characteristic cannot be followed beyond clock = {shown}{reason}", "clock", shown
        ) from error
    found = []
    smooth = not in_pieces(data.value)
    for *foot, factor, total in states:
        there = {**constants, **dict(zip(equation.variables, foot, strict=True))}
        try:
            at_foot = enclosure(data.value, there) if smooth else hull_over_sides(data.value, there)
        except NotRealError as error:
            if data.value.has(sympy.I):
                raise
            raise OutsideDomainError(
                sentence(
                    "the data {} have no real value at the foot of the characteristic", data.value
                )
                + joined(
                    "",
                    (sentence(", {} = {}", v, there[v].mid().str(6)) for v in equation.variables),
                )
            ) from error
        value = narrow_value(at_foot * factor + (total - offset), digits)
        if value is None:
            raise TooWideError
        found.append(value)
    return found


def _refuse_pieces(equation: FirstOrderEquation) -> None:
    """Extrapolation needs smooth rates and data: raise where they are smooth in pieces only."""
    rough = [sentence("{}", r) for part in equation.parts for r in rough_parts(part)]
    if rough:
        raise OutsideDomainError(
            sentence(
                "no proved value: the characteristic meets a jump or a singularity of {}, or has"
                " functions that balls do not know",
                joined(", ", dict.fromkeys(rough)),
            )
        )


def _estimated_end(
    equation: FirstOrderEquation,
    values: Mapping[Symbol, Expr],
    length: Expr,
    speed: Expr,
    digits: int,
) -> Value:
    """The value by extrapolation, the error from two tolerances."""
    data = equation.initial
    assert data is not None
    parameters = {s: v for s, v in values.items() if s not in equation.variables}
    expressions = [e.xreplace(parameters) for e in (*equation.coefficients, speed)]
    motion = compiled(equation.variables, expressions)

    def rates(_: Any, state: Sequence[Any]) -> list[Any]:
        *field, growth, source, clock = motion(*state[:-2])
        weight = state[-2]
        return [*(c / clock for c in field), -growth * weight / clock, -source * weight / clock]

    with mpmath.workdps(digits + 12):
        point = [number(values[v]) for v in equation.variables]
        start = -number(length)
        if start != 0 and motion(*point)[-1] == 0:
            raise CharacteristicSurfaceError(f"the field is tangent to {data.variable} = constant")
        result = integrate(
            rates, start, [*point, mpmath.mpf(1), mpmath.mpf(0)], mpmath.mpf(0), digits
        )
        *foot, weight, collected = result.state
        value = compiled(equation.variables, data.value.xreplace(parameters))
        total = value(*foot) * weight + collected
        nearby = value(*(f + result.error for f in foot)) * (weight + result.error) + collected
        error = abs(nearby - total) + 2 * result.error
        if not error < SETTLED * (1 + abs(total)):
            raise OutsideDomainError(sentence("the data {} are singular at the foot", data.value))
        return Value(total, error, "two tolerances")


def evaluate_implicit(
    solution: EquationSolution, values: Mapping[Symbol, Expr], digits: int
) -> Value | None:
    """Return an implicit solution at a point, its unknowns continued from the surface.

    ``None`` where the branch cannot be proved.
    """
    assert solution.equation.initial is not None
    last = values[solution.equation.initial.variable]
    found = _enclosed_branch(solution, values, [last], digits)
    return None if found is None else found[0]


def implicit_curve(
    solution: EquationSolution, values: Mapping[Symbol, Expr], points: Sequence[Expr], digits: int
) -> tuple[Value, ...] | None:
    """Return an implicit solution at several points, continued from one to the next.

    ``None`` where the branch cannot be proved.
    """
    data = solution.equation.initial
    assert data is not None
    level = data.level.xreplace(dict(values))
    found: dict[Expr, Value] = {}
    for sign in (1, -1):
        chosen = [p for p in points if (p - level) * sign > 0 or (sign > 0 and p == level)]
        chosen = sorted(set(chosen), key=lambda p: abs(p - level))
        if chosen:
            numbers = _enclosed_branch(solution, values, chosen, digits)
            if numbers is None:
                return None
            found |= dict(zip(chosen, numbers, strict=True))
    return tuple(found[p] for p in points)


def _enclosed_branch(
    solution: EquationSolution, values: Mapping[Symbol, Expr], points: Sequence[Expr], digits: int
) -> list[Value] | None:
    """The values with their branch proved, ``None`` where that fails."""
    data = solution.equation.initial
    assert data is not None
    assert solution.expression is not None
    level = data.level.xreplace(dict(values))
    fixed = {s: v for s, v in values.items() if s != data.variable}
    symbols = [u.symbol for u in solution.unknowns]
    equations = [u.equation.xreplace(fixed) for u in solution.unknowns]
    starts = [u.start.xreplace(fixed).xreplace({data.variable: level}) for u in solution.unknowns]
    expression = solution.expression.xreplace(fixed)
    for attempt in range(ATTEMPTS):
        working = (digits + 10) << attempt
        found = []
        try:
            with precision(working):
                here, roots = level, [enclosure(s, {}) for s in starts]
                for point in points:
                    roots = continued(equations, data.variable, symbols, here, point, roots)
                    at = {**dict(zip(symbols, roots, strict=True)), data.variable: point}
                    found.append(narrow_value(enclosure(expression, at), digits))
                    here = point
        except TooWideError:
            continue
        except (LostBranchError, NoEnclosureError, ZeroDivisionError):
            return None
        kept = [value for value in found if value is not None]
        if len(kept) == len(points):
            return kept
    return None
