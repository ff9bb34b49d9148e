"""First-order linear equations solved by the method of characteristics.

Along dx/ds = Phi(x) the solution obeys dh/ds = growth h + source, so that

    h(x) = h(foot) exp(int growth) + int source exp(int growth),

integrals along the characteristic from its foot on the initial surface to x. Clocks are tried
in turn: the variable of the initial surface, the other variables, the curve's own time. The
first explicit solution that passes substitution into the equation and the initial data is
returned; failing that a quadrature, an implicit solution, and last the characteristic
equations themselves, for numerical integration.

>>> from pde.equations.first_order import InitialData
>>> x, y = sympy.symbols("x y")
>>> f = sympy.Function("f")
>>> rotation = FirstOrderEquation((x, y), (-y, x), initial=InitialData(y, 0, f(x)))
>>> solution = solve(rotation)
>>> solution.kind, solution.expression, solution.conditions
('explicit', f(sqrt(x**2 + y**2)), (x > 0,))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from pde.equations.feet import Foot, foot
from pde.equations.first_integrals import Curves, characteristic_curves
from pde.equations.first_order import FirstOrderEquation
from pde.equations.localised import CLOSE, Localised
from pde.equations.quadrature import antiderivative, integral_between
from pde.equations.scalar_equations import exponential
from pde.equations.solution import EquationSolution, SolutionKind, Unknown
from pde.equations.steps import ClockStep, FootStep
from pde.errors import InvalidInputError, NoClosedFormError, PDEError, VerificationError
from pde.evidence import Evidence
from pde.expressions.compilation import compiled, number
from pde.expressions.domain import guards
from pde.expressions.sampling import numeric, with_concrete_functions
from pde.expressions.simplification import length, simplest, unit_constant_terms
from pde.expressions.statement import joined, message, sentence
from pde.expressions.verification import proved_zero, refute, vanishing
from pde.pieces.roughness import branched, in_pieces

ALLOWANCE = 10  # operations that a form without nested powers may cost
FAILURES = (  # a step that a symbolic method cannot do is a failure of the step, not of us
    PDEError,
    NotImplementedError,
    ArithmeticError,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    RecursionError,
    sympy.PolynomialError,
)
RANK = ("explicit", "quadrature", "implicit", "ode", "unsolved")


def solve(equation: FirstOrderEquation) -> EquationSolution:
    """Return the solution of an equation with initial data.

    Coefficients and data that are smooth in pieces only (:mod:`pde.pieces.sides`) are carried with
    their kinks, by :mod:`pde.pieces.solving`.

    Raises InvalidInputError if no initial data are given. A step that fails does not raise:
    the solution is then of kind "ode", or "unsolved" with the failure in words when the
    initial surface is characteristic or a function has no pieces.
    """
    if equation.initial is None:
        raise InvalidInputError("initial data: none given, so that the solution is not unique")
    data = equation.initial
    if equation.is_rough or in_pieces(data.level) or branched(data.value):
        from pde.pieces.solving import solve_in_pieces

        return solve_in_pieces(equation)
    local = Localised.of(equation)
    candidates: list[_Candidate] = []
    failures: list[str] = []
    for clock in clocks(local.equation):
        try:
            candidate = _by_clock(local, clock)
            if candidate.kind == "explicit":
                return _verified(local, candidate)
            candidates.append(candidate)
        except FAILURES as error:
            failures.append(sentence("clock {}: {}", clock or "own time", message(error)))
    for candidate in sorted(candidates, key=lambda c: (RANK.index(c.kind), length(c.expression))):
        try:
            return _verified(local, candidate)
        except FAILURES as error:
            failures.append(sentence("{}: {}", candidate.steps[0], message(error)))
    return numerical(equation, failures)


@dataclass(frozen=True)
class _Candidate:
    """A formula not yet verified, in the symbols of the localised equation."""

    kind: SolutionKind
    expression: Expr
    foot: Foot
    steps: tuple[str, ...]


def clocks(equation: FirstOrderEquation) -> list[Symbol | None]:
    """Return the clocks to try: the surface variable, the others, the curve's own time."""
    assert equation.initial is not None
    first = equation.initial.variable
    others = [v for v in equation.variables if v != first]
    components = dict(zip(equation.variables, equation.field, strict=True))
    others.sort(key=lambda v: (len(components[v].free_symbols), components[v].count_ops()))
    return [c for c in (first, *others) if components[c] != 0] + [None]


def trace(local: Localised, clock: Symbol | None) -> tuple[Curves, Foot, tuple[str, ...]]:
    """Return the characteristics with a clock, their feet, and the steps in words.

    Raises NoClosedFormError, naming the step that fails.
    """
    equation = local.equation
    data = equation.initial
    assert data is not None
    sample = equation.sample(CLOSE)
    fixed = clock == data.variable and not data.level.free_symbols & set(equation.variables)
    lower = data.level if fixed else sympy.Integer(0)
    curves = characteristic_curves(equation.variables, equation.field, clock, sample, lower)
    start = foot(curves, data.variable, data.level)
    along = local.globally(clock) if clock is not None else "time along the curve"
    steps = (
        ClockStep(*sentence("clock: {}", along).pieces),
        *curves.steps,
        *(FootStep(variable, begun) for variable, begun in start.coordinates),
    )
    return curves, start, steps


def _by_clock(local: Localised, clock: Symbol | None) -> _Candidate:
    curves, start, steps = trace(local, clock)
    expression = carried(local.equation, curves, start)
    kind: SolutionKind = "explicit"
    if start.unknown is not None:
        kind = "implicit"
    elif expression.has(sympy.Integral):
        kind = "quadrature"
    return _Candidate(kind, expression, start, steps)


def _verified(local: Localised, candidate: _Candidate) -> EquationSolution:
    """Return the candidate as a solution; raises VerificationError if it is none."""
    if candidate.foot.unknown is not None:
        if tangent(local.original):
            raise NoClosedFormError("an implicit foot does not leave a characteristic surface")
        return implicit(local, candidate.foot, candidate.expression, candidate.steps)
    equation, expression = local.equation, candidate.expression
    evidence = equation.verify(expression)
    if tangent(local.original):
        evidence = evidence.also(
            Evidence("derived", "uniqueness does not follow: the initial surface is characteristic")
        )
    plain = local.globally(expression)
    assert local.original.initial is not None
    return EquationSolution(
        candidate.kind,
        local.original,
        plain,
        evidence,
        guards=guards(plain, local.original.initial.variable),
        conditions=_sign_conditions(local, expression),
        steps=candidate.steps,
    )


def carried(equation: FirstOrderEquation, curves: Curves, start: Foot) -> Expr:
    """Return the initial value carried along the characteristic, with growth and source."""
    assert equation.initial is not None
    s, sigma = curves.clock, start.clock
    speed = curves.along(curves.speed)
    value = equation.initial.value.xreplace(dict(start.coordinates))
    rate = _tidy(curves.along(equation.growth) / speed)
    factor, closed = _factor(rate, s, sigma, dict(curves.sample))
    result = value * curves.at_point(factor)
    if equation.source != 0:
        drive = curves.along(equation.source) / speed
        inner = _tidy(drive / closed)
        whole = antiderivative(inner, s)
        if whole is not None:
            collected = whole - whole.xreplace({s: sigma})
        else:
            collected = integral_between(inner, s, sigma)
        result += curves.at_point(closed) * curves.at_point(collected)
    return _denested(simplest(result), equation.sample())


def _factor(rate: Expr, s: Symbol, sigma: Expr, sample: Mapping[Symbol, Expr]) -> tuple[Expr, Expr]:
    """Return exp of the integral of the rate from sigma to s, and an antiderivative's exp."""
    if rate == 0:
        return sympy.Integer(1), sympy.Integer(1)
    exponent = antiderivative(rate, s)
    if exponent is None:
        integral = integral_between(rate, s, sigma)
        return sympy.exp(integral), sympy.exp(integral)
    closed = exponential(exponent, sample)
    return sympy.powsimp(closed / closed.xreplace({s: sigma})), closed


def _denested(expression: Expr, sample: Mapping[Symbol, Expr]) -> Expr:
    """Merge powers of powers and give bases a constant term, where that is an identity."""
    plain = unit_constant_terms(sympy.powdenest(expression, force=True))
    for candidate in (sympy.powdenest(plain, force=True), plain):
        if candidate == expression or length(candidate)[0] > length(expression)[0] + ALLOWANCE:
            continue
        try:
            if refute(candidate - expression, sample, "powers merged", 2):
                return candidate
        except VerificationError:
            continue
    return expression


def _tidy(expression: Expr) -> Expr:
    if expression.count_ops() > 150:
        return expression
    plain = sympy.powsimp(sympy.powdenest(sympy.together(expression)))
    return sympy.cancel(plain) if plain.is_rational_function() else sympy.powsimp(plain)


def implicit(
    local: Localised, start: Foot, expression: Expr, steps: tuple[str, ...]
) -> EquationSolution:
    """Return the solution in terms of a foot that an equation fixes."""
    assert start.unknown is not None
    symbol, relation, begin = start.unknown
    plain = Symbol("sigma", real=True)
    evidence = _implicit_evidence(local, symbol, relation, begin, expression)

    def outside(e: Expr) -> Expr:
        return local.globally(e).xreplace({symbol: plain})

    unknown = Unknown(plain, outside(relation), local.globally(begin))
    return EquationSolution(
        "implicit", local.original, outside(expression), evidence, unknowns=(unknown,), steps=steps
    )


def _implicit_evidence(
    local: Localised, symbol: Symbol, relation: Expr, begin: Expr, expression: Expr
) -> Evidence:
    """Substitute with the derivative of the unknown from the implicit function theorem."""
    equation = local.equation
    total = sympy.Integer(0)
    slope = sympy.diff(relation, symbol)
    for component, variable in zip(equation.field, equation.variables, strict=True):
        inner = -sympy.diff(relation, variable) / slope
        total += component * (
            sympy.diff(expression, variable) + sympy.diff(expression, symbol) * inner
        )
    residual = total - equation.growth * expression - equation.source
    values = dict(equation.sample())
    values[symbol] = _nearby_root(relation, symbol, begin, values)
    return vanishing(residual, values, "the equation holds for every value of the unknown")


def _nearby_root(
    relation: Expr, symbol: Symbol, begin: Expr, values: Mapping[Symbol, Expr]
) -> Expr:
    """Return the root of the relation next to the value of the unknown on the surface."""
    others = sorted(relation.free_symbols - {symbol}, key=str)
    function = compiled([symbol, *others], relation)
    with mpmath.workdps(20 if relation.has(sympy.Integral) else 35):
        arguments = [number(values[s]) for s in others]
        start = number(begin.xreplace(dict(values)))
        try:
            root = mpmath.findroot(lambda u: function(u, *arguments), start)
        except (ValueError, ZeroDivisionError, TypeError) as error:
            raise NoClosedFormError(
                sentence("no root of {} near the initial surface", relation)
            ) from error
        return sympy.Rational(str(mpmath.nstr(mpmath.re(root), mpmath.mp.dps)))


def _sign_conditions(local: Localised, expression: Expr) -> tuple[Expr, ...]:
    """Return the sign assumptions that the formula needs, found by flipping one sign."""
    conditions = []
    for plain, assumed in local.names:
        if not (assumed.is_positive or assumed.is_negative) or not expression.has(assumed):
            continue
        if not _holds_flipped(local, expression, plain):
            conditions.append(plain > 0 if assumed.is_positive else plain < 0)
    return tuple(conditions)


def flipped(equation: FirstOrderEquation, symbol: Symbol) -> dict[Symbol, Expr] | None:
    """Return a sample near the surface with one sign changed; ``None`` if that says nothing."""
    data = equation.initial
    assert data is not None
    values = equation.sample()
    values[symbol] = -values[symbol]
    if symbol != data.variable:
        level = sympy.nsimplify(sympy.N(data.level.xreplace(values), 30), rational=True)
        values[data.variable] = level + Rational(1, 20)
    elif data.level.is_number:
        return None
    return values


def _holds_flipped(local: Localised, expression: Expr, plain: Symbol) -> bool:
    equation = local.original
    data = equation.initial
    assert data is not None
    free, values = local.globally(expression), flipped(equation, plain)
    if values is None:
        return True
    try:
        refute(equation.residual(free), values, "flipped", 1)
        initial = free.subs(data.variable, data.level) - data.value
        tested = refute(initial, values, "flipped", 1)
    except (VerificationError, ZeroDivisionError, ValueError, TypeError):
        return False
    return tested > 0


def numerical(equation: FirstOrderEquation, failures: Sequence[str]) -> EquationSolution:
    """Return the solution whose values come from characteristics, with the failures in words."""
    data = equation.initial
    assert data is not None
    reason = joined("; ", failures)
    if tangent(equation):
        return EquationSolution(
            "unsolved",
            equation,
            None,
            Evidence("exact", "the field is tangent to the initial surface"),
            failure=sentence(
                "the surface {} = {} is characteristic: {}", data.variable, data.level, reason
            ),
        )
    evidence = Evidence(
        "derived", "values by numerical integration of the characteristic equations", (reason,)
    )
    return EquationSolution("ode", equation, None, evidence, failure=reason)


def tangent(equation: FirstOrderEquation) -> bool:
    """Return whether the field is tangent to the initial surface (or has no value on it)."""
    data = equation.initial
    assert data is not None
    gap = data.variable - data.level
    speed = sympy.Add(
        *(c * sympy.diff(gap, v) for c, v in zip(equation.field, equation.variables, strict=True))
    )
    on_surface = speed.subs(data.variable, data.level)
    if not proved_zero(on_surface):
        on_surface = with_concrete_functions(on_surface)
        return numeric(on_surface, equation.sample()) is None
    return True
