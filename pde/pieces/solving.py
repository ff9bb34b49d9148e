"""Equations with coefficients and data that are smooth in pieces, solved with their kinks.

Three cases. *Data* in pieces: an undefined function takes their place, the solution is found for
it, and the foot of the characteristic is put into the data. *Growth or source* in pieces: they are
integrated between the times at which the characteristic crosses their walls
(:mod:`pde.pieces.carrying`). A *field* in pieces: where no characteristic crosses a wall every
side is an equation of its own; where some do, the values are followed from wall to wall, and there
is no formula. No sign is taken from a sample point, and the result is checked on every side.

>>> from pde.equations.characteristics import solve
>>> t, x = sympy.symbols("t x")
>>> equation = FirstOrderEquation((t, x), (1, 2), initial=InitialData(t, 0, abs(x)))
>>> solve(equation).expression
Abs(2*t - x)
>>> still = FirstOrderEquation((t, x), (1, 2), 0, sympy.Heaviside(x), InitialData(t, 0, 0))
>>> solve(still).expression
t/2 + Abs(x)/4 - Abs(2*t - x)/4
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

from pde.equations.characteristics import (
    FAILURES,
    carried,
    clocks,
    flipped,
    implicit,
    numerical,
    tangent,
    trace,
)
from pde.equations.feet import Foot
from pde.equations.first_integrals import Curves
from pde.equations.first_order import FirstOrderEquation, InitialData
from pde.equations.localised import Localised
from pde.equations.solution import EquationSolution, SolutionKind
from pde.errors import NoClosedFormError, OutsideDomainError, PDEError, VerificationError
from pde.evidence import Evidence
from pde.expressions.domain import guards
from pde.expressions.simplification import simplest
from pde.expressions.verification import refute
from pde.pieces.carrying import Walls, signed, without_exponentials
from pde.pieces.crossings import divides
from pde.pieces.regions import Region, regions
from pde.pieces.roughness import in_pieces, rough_parts
from pde.pieces.sides import AtPoint, settled

LONGEST = 200
"""Operations of a formula; a longer one is left to numbers."""

Signs = dict[Symbol, Expr]
"""Symbols that stand for the signs of walls."""


def solve_in_pieces(equation: FirstOrderEquation) -> EquationSolution:
    """Return the solution of an equation with walls.

    A step that fails does not raise: the solution is then of kind "ode", its values followed from
    wall to wall, or "unsolved" with the function that has no pieces.
    """
    try:
        _refuse_without_pieces(equation)
    except NoClosedFormError as error:
        evidence = Evidence("exact", "a function without pieces")
        return EquationSolution("unsolved", equation, None, evidence, failure=str(error))
    try:
        if any(map(in_pieces, equation.field)):
            return _by_sides(equation)
        return _carried_along(equation, {})
    except FAILURES as error:
        return numerical(equation, [str(error)])


def _refuse_without_pieces(equation: FirstOrderEquation) -> None:
    data = equation.initial
    assert data is not None
    if in_pieces(data.level):
        raise NoClosedFormError(f"the initial surface {data.variable} = {data.level} has edges")
    named = {"growth": equation.growth, "source": equation.source}
    named |= {
        f"component along {v}": c for v, c in zip(equation.variables, equation.field, strict=True)
    }
    for name, part in named.items():
        try:
            signed(part, {}, {})
        except NoClosedFormError as error:
            raise NoClosedFormError(f"the {name} {part}: {error}") from error
    try:
        settled(data.value, AtPoint(equation.sample()))
    except OutsideDomainError:
        pass
    except NoClosedFormError as error:
        raise NoClosedFormError(f"the data {data.value}: {error}") from error


# -- a field in pieces ----------------------------------------------------------------------------


def _by_sides(equation: FirstOrderEquation) -> EquationSolution:
    """Solve on every side of the walls of a field that no characteristic crosses."""
    symbols = (*equation.variables, *equation.parameters)
    found, _ = regions(equation.field, equation.sample(), symbols)
    solutions: list[tuple[Mapping[Expr, int], EquationSolution]] = []
    for region in found:
        walls = region.walls
        if all(walls != known for known, _ in solutions):
            _refuse_crossing(equation, region, walls)
            side = replace(equation, field=region.pieces, near=tuple(region.point.items()))
            solutions.append((walls, _carried_along(side, walls)))
    if any(s.kind != "explicit" for _, s in solutions):
        raise NoClosedFormError("a side of the walls of the field has no explicit solution")
    pieces = [(s.expression, _condition(walls)) for walls, s in solutions]
    pieces[-1] = (pieces[-1][0], sympy.true)
    expression = sympy.Piecewise(*pieces)
    steps = tuple(
        f"where {_condition(walls)}: {step}" for walls, s in solutions for step in s.steps
    )
    conditions = tuple(dict.fromkeys(c for _, s in solutions for c in s.conditions))
    if conditions:
        raise NoClosedFormError(f"the formulas of the sides need {conditions}")
    evidence = equation.verify(expression)
    return EquationSolution("explicit", equation, expression, evidence, steps=steps)


def _conditions(walls: Mapping[Expr, int]) -> tuple[Expr, ...]:
    return tuple(wall > 0 if side > 0 else wall < 0 for wall, side in walls.items())


def _condition(walls: Mapping[Expr, int]) -> sympy.Basic:
    return sympy.And(*_conditions(walls))


def _refuse_crossing(
    equation: FirstOrderEquation, region: Region, walls: Mapping[Expr, int]
) -> None:
    for wall in walls:
        slope = sympy.Add(
            *(
                sympy.diff(wall, v) * c
                for v, c in zip(equation.variables, region.pieces, strict=True)
            )
        )
        if not divides(wall, sympy.numer(sympy.together(slope))):
            rough = ", ".join(str(r) for part in equation.field for r in rough_parts(part))
            raise NoClosedFormError(
                f"characteristics cross {wall} = 0, where {rough} changes its formula: values are "
                "followed from wall to wall"
            )


# -- smooth fields --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Skeleton:
    """The equation with an undefined function as data and symbols for the signs of walls."""

    original: FirstOrderEquation
    local: Localised
    data: AppliedUndef | Expr
    walls: Mapping[Symbol, Expr]

    @classmethod
    def of(cls, equation: FirstOrderEquation, known: Mapping[Expr, int]) -> _Skeleton:
        given = equation.initial
        assert given is not None
        others = sorted(given.value.free_symbols, key=str)
        opaque = sympy.Function("_F")(*others) if others else given.value
        table: dict[Expr, Symbol] = {}
        growth = signed(equation.growth, table, known)
        source = signed(equation.source, table, known)
        plain = FirstOrderEquation(
            equation.variables,
            equation.field,
            growth,
            source,
            InitialData(given.variable, given.level, opaque),
            tuple((s, v) for s, v in equation.sample().items() if s not in table.values()),
        )
        return cls(
            equation, Localised.of(plain), opaque, {sign: wall for wall, sign in table.items()}
        )

    def with_data(self, expression: Expr) -> Expr:
        """Return a global expression with the data in place of the undefined function."""
        data = self.original.initial
        assert data is not None
        if not isinstance(self.data, AppliedUndef):
            return expression

        def at(*foot: Expr) -> Expr:
            names = {v: sympy.Dummy() for v in self.data.args}
            held = data.value.xreplace(names)
            values = {names[v]: e for v, e in zip(self.data.args, foot, strict=True)}
            return _with_reals(held, values)

        return expression.replace(self.data.func, at)


def _carried_along(equation: FirstOrderEquation, known: Mapping[Expr, int]) -> EquationSolution:
    """Solve an equation with a smooth field; ``known`` are sides that no characteristic leaves."""
    skeleton = _Skeleton.of(equation, known)
    failures = []
    for clock in clocks(skeleton.local.equation):
        try:
            curves, start, steps = trace(skeleton.local, clock)
        except FAILURES as error:
            failures.append(f"clock {clock or 'own time'}: {error}")
            continue
        try:
            if start.unknown is not None:
                return _with_unknown_foot(skeleton, start, steps)
            return _explicit(skeleton, curves, start, steps, _conditions(known))
        except FAILURES as error:  # another clock has the same feet and integrals
            failures.append(f"clock {clock or 'own time'}: {error}")
            break
    return numerical(equation, failures)


def _with_unknown_foot(
    skeleton: _Skeleton, start: Foot, steps: tuple[str, ...]
) -> EquationSolution:
    equation = skeleton.local.equation
    if equation.growth != 0 or equation.source != 0 or tangent(skeleton.original):
        raise NoClosedFormError("an implicit foot with growth or source in pieces")
    assert equation.initial is not None
    expression = equation.initial.value.xreplace(dict(start.coordinates))
    found = implicit(skeleton.local, start, expression, steps)
    assert found.expression is not None
    return replace(
        found,
        equation=skeleton.original,
        expression=skeleton.with_data(found.expression),
    )


def _explicit(
    skeleton: _Skeleton,
    curves: Curves,
    start: Foot,
    steps: tuple[str, ...],
    given: Sequence[Expr],
) -> EquationSolution:
    local, original = skeleton.local, skeleton.original
    if tangent(local.original):
        raise NoClosedFormError("the initial surface is characteristic")
    if skeleton.walls:
        expression, signs = _carried(skeleton, curves, start)
    else:
        expression, signs = carried(local.equation, curves, start), {}
    kind: SolutionKind = "quadrature" if expression.has(sympy.Integral) else "explicit"
    plain = skeleton.with_data(_with_signs(local.globally(expression), signs))
    conditions = tuple(
        plain_symbol > 0 if assumed.is_positive else plain_symbol < 0
        for plain_symbol, assumed in local.names
        if (assumed.is_positive or assumed.is_negative)
        and expression.has(assumed)
        and not _holds_flipped(original, plain, plain_symbol, given)
    )
    evidence = original.verify(plain, conditions=(*given, *conditions))
    assert original.initial is not None
    ends = guards(local.globally(expression), original.initial.variable)
    return EquationSolution(
        kind,
        original,
        plain,
        evidence,
        guards=tuple(e for e in ends if not e.has(*signs)),
        conditions=conditions,
        steps=steps,
    )


def _holds_flipped(
    equation: FirstOrderEquation, expression: Expr, symbol: Symbol, given: Sequence[Expr]
) -> bool:
    """Whether a formula survives another sign of a symbol than the one at the sample."""
    data = equation.initial
    assert data is not None
    values = flipped(equation, symbol)
    if values is None or any(c.xreplace(values) is sympy.false for c in given):
        return True
    sides = AtPoint(values)
    try:
        parts = [settled(e, sides) for e in (expression, *equation.field)]
        rates = [settled(e, sides) for e in (equation.growth, equation.source)]
        on_surface = AtPoint({**values, data.variable: data.level.xreplace(values)})
        start = [settled(e, on_surface) for e in (expression, data.value)]
    except PDEError:
        return False
    here = FirstOrderEquation(equation.variables, tuple(parts[1:]), *rates)
    try:
        refute(here.residual(parts[0]), values, "flipped", 1)
        at_surface = start[0].subs(data.variable, data.level) - start[1]
        return refute(at_surface, values, "flipped", 1) > 0
    except (VerificationError, ArithmeticError, ValueError, TypeError):
        return False


def _carried(skeleton: _Skeleton, curves: Curves, start: Foot) -> tuple[Expr, Signs]:
    """The data carried along, with growth and source, and the walls of the signs in the result."""
    local, equation = skeleton.local, skeleton.local.equation
    assert equation.initial is not None
    s, sigma = curves.clock, start.clock
    names = dict(local.names)
    along = {
        e: without_exponentials(curves.along(wall.xreplace(names)))
        for e, wall in skeleton.walls.items()
    }
    walls = Walls(along, s)
    at_foot = {e: sympy.Dummy("e", integer=True) for e in along if along[e].has(s)}
    back = {s: sigma, **at_foot}
    speed = curves.along(curves.speed)
    if equation.growth.has(*along) and equation.source != 0:
        raise NoClosedFormError("growth in pieces and a source: the formula is too long to read")
    rate = sympy.expand(curves.along(equation.growth) / speed)
    exponent = walls.antiderivative(rate, s) if rate != 0 else rate
    value = equation.initial.value.xreplace(dict(start.coordinates))
    result = value * sympy.exp(exponent - exponent.xreplace(back))
    if equation.source != 0:
        drive = curves.along(equation.source) / speed * sympy.exp(-exponent)
        whole = walls.antiderivative(drive, s)
        result += sympy.exp(exponent) * (whole - whole.xreplace(back))
    result = curves.at_point(result)
    if result.count_ops() > LONGEST:
        raise NoClosedFormError(f"a formula of {result.count_ops()} operations is none to read")
    result = simplest(result)
    signs = {e: local.globally(curves.at_point(wall)) for e, wall in along.items()}
    signs |= {
        at_foot[e]: local.globally(curves.at_point(along[e].xreplace({s: sigma}))) for e in at_foot
    }
    signs |= {e: local.globally(curves.at_point(wall)) for e, wall in walls.at_roots.items()}
    return result, {e: wall for e, wall in signs.items() if result.has(e)}


def _with_signs(expression: Expr, signs: Signs) -> Expr:
    """Return an expression with signs of walls for their symbols, |g| for g sign(g)."""
    for symbol, wall in signs.items():
        wall = without_exponentials(sympy.factor(sympy.together(wall)))
        rest, linear = expression.xreplace({symbol: sympy.Integer(0)}), sympy.Integer(0)
        if expression.is_polynomial(symbol) and sympy.degree(expression, symbol) == 1:
            linear = sympy.expand(expression).coeff(symbol, 1)
        ratio = sympy.cancel(sympy.together(linear / wall)) if linear != 0 else linear
        if linear != 0 and not sympy.denom(ratio).free_symbols:
            expression = rest + ratio * _with_reals(sympy.Abs(symbol), {symbol: wall})
        else:
            side = _with_reals(sympy.sign(symbol), {symbol: wall})
            expression = expression.xreplace({symbol: side})
    return expression


def _with_reals(expression: Expr, values: Mapping[Symbol, Expr]) -> Expr:
    """Substitute as for real symbols: |x exp(t)| is exp(t) |x|, not exp(re(t)) |x|."""
    symbols = set().union(*(e.free_symbols for e in values.values()))
    reals = {s: sympy.Dummy(s.name, real=True) for s in symbols if s.is_real is None}
    substituted = expression.xreplace({s: e.xreplace(reals) for s, e in values.items()})
    return substituted.xreplace({real: s for s, real in reals.items()})
