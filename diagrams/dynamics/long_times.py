"""The ends of a solution's times, read off the solution itself.

One way for every kind: leading terms of explicit formulas, the integral of an implicit solution
near its singularities, the order parameters of a first integral, the signs in the equations of
coordinates.  Where none tells, the end says so and why.  The size limit was taken first: these are
long times of the limit of large sizes, and the two need not commute.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.ascent import ByFirstIntegral, ByOneEquation
from diagrams.dynamics.closed import local, public
from diagrams.dynamics.coordinate_grid import ByCoordinates
from diagrams.dynamics.endings import Ending, derived, unknown
from diagrams.dynamics.implicit_endings import (
    END,
    TIME,
    of_coordinates,
    of_first_integral,
    of_single_atom,
)
from diagrams.dynamics.late_times import OpenSign, blow_up, late, sampled
from diagrams.dynamics.numeric_decay import AtNumber
from diagrams.dynamics.projective import ByProjectiveFlow, endings_of_projective
from diagrams.dynamics.rings import LONG_TIMES
from diagrams.dynamics.shrinking_kernel import ByRate
from diagrams.dynamics.single_atom import BySingleAtom
from diagrams.dynamics.solution import Numbers, Solution
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.polynomial import sympy_symbol

CLOCK = sympy_symbol("t") / sympy_symbol("T")


def endings_of(solution: Solution) -> tuple[Ending, ...]:
    """Return the ends of the times of a solution, the late one first.

    >>> from diagrams.dynamics.solving import solve
    >>> from diagrams.problems.cp import cp_problem
    >>> for end in endings_of(solve(cp_problem(order=3, ties="asym"), "B-C")):
    ...     print(end)
    t -> oo: E[L] -> 0; E[L] ~ p*(beta + 1)*exp(-6*H*sigma**4*t/T)/2
    t -> -oo: E[L] -> oo; E[L] ~ p*(beta + 1)*exp(-6*H*sigma**4*t/T)/2
    """
    numbers = _inner(solution)
    if isinstance(numbers, ByRate):
        return _of_shrinking(numbers)
    if isinstance(numbers, ByProjectiveFlow):
        return endings_of_projective(numbers)
    if isinstance(numbers, BySingleAtom):
        return of_single_atom(solution, numbers)
    if isinstance(numbers, ByFirstIntegral):
        return of_first_integral(numbers)
    if isinstance(numbers, ByOneEquation):
        return of_coordinates(numbers.grid)
    if isinstance(numbers, ByCoordinates):
        return of_coordinates(numbers)
    if solution.kind == "explicit":
        return _of_formula(solution)
    reason = "no first integral of the equations is known; numbers tell, as far as they go"
    return unknown(reason, 1), unknown(reason, -1)


def _inner(solution: Solution) -> Numbers:
    """The numbers of a solution before a number was put in."""
    numbers = solution.numbers
    return numbers.numbers if isinstance(numbers, AtNumber) else numbers


# -- explicit formulas ----------------------------------------------------------------------------


def _of_formula(solution: Solution) -> tuple[Ending, ...]:
    """Late times by leading terms; ends at which the formula is singular by the power there."""
    if "small against" in solution.domain:
        reason = "the formula holds only while its second term is small against the first"
        return unknown(reason, 1), unknown(reason, -1)
    time = Symbol("t", real=True)
    formula = local(_inlined(solution)).xreplace({Symbol("t", positive=True): time})
    ends: dict[int, list[Expr]] = {1: [], -1: []}
    possible: dict[int, list[Expr]] = {1: [], -1: []}
    for end in solution.existence:
        numbers = sampled(local(solution.plain(end)))
        signs = {int(sympy.sign(n)) for n in numbers if n.is_real and n}
        always = all(n.is_real for n in numbers) and len(signs) == 1
        for side in signs:
            (ends if always else possible)[side].append(end)
    found = []
    for side in (1, -1):
        if ends[side]:
            found.append(_singular(solution, formula, time, ends[side]))
            continue
        may_end = possible[side] or solution.denominators
        condition = "the solution does not end before" if may_end else ""
        found += _late(solution, formula, time, side, condition)
        sign = "> 0" if side > 0 else "< 0"
        found += [
            _singular(solution, formula, time, [end], f"this is real and {sign}")
            for end in possible[side]
        ]
    return tuple(found)


def _inlined(solution: Solution) -> Expr:
    """The formula with the definitions put in that hold the time or may have any sign."""
    formula: Expr = solution.formula
    moving = {TIME}
    for symbol, meaning in reversed(solution.definitions):
        numbers = sampled(local(solution.plain(meaning)).xreplace({Symbol("t", positive=True): 1}))
        if meaning.free_symbols & moving or not all(n.is_positive for n in numbers):
            moving.add(symbol)
    for symbol, meaning in solution.definitions:
        if symbol in moving:
            formula = formula.xreplace({symbol: meaning})
    return formula


def _late(
    solution: Solution,
    formula: Expr,
    time: Symbol,
    side: int,
    condition: str,
    assumed: int | None = None,
) -> list[Ending]:
    known = next((step for step in solution.steps if step.name == LONG_TIMES), None)
    if known is not None and side > 0:
        (limit,) = known.formulas
        evidence = derived("leading terms of the formula for late times")
        return [Ending(sympy.oo, limit, condition=condition, evidence=evidence)]
    try:
        limit, approach = late(formula, time, side, assumed)
    except OpenSign as failure:
        rate, found = sympy.sstr(solution.plain(public(failure.rate))), []
        for sign, case in ((1, f"{rate} > 0"), (-1, f"{rate} < 0")):
            both = f"{case} and {condition}" if condition else case
            found += _late(solution, formula, time, side, both, sign)
        return found
    except NotSolved as failure:
        return [unknown(failure.step, side, condition)]
    if limit == -sympy.oo:
        reason = "the formula falls below zero: it holds while its moving part is small"
        return [unknown(reason, side, condition)]
    shown = None if approach is None else sympy.factor_terms(public(approach))
    plain = public(limit) if not limit.is_infinite else limit
    exponent = None
    if approach is not None:
        power = sympy.simplify(time * sympy.diff(approach, time) / approach)
        exponent = power if power.is_Rational else None
    scales = sorted({s.name for s in formula.free_symbols} & _scales(solution))
    assumed_positive = f", with {', '.join(scales)} positive" if scales else ""
    evidence = derived(f"leading terms of the formula for late times{assumed_positive}")
    return [Ending(side * sympy.oo, plain, shown, exponent, condition, evidence=evidence)]


def _scales(solution: Solution) -> set[str]:
    """Symbols of a solution that may have any sign: scale and decay."""
    return set(solution.symbols) - {*solution.problem.sizes, "sigma", "T", "t"}


def _singular(
    solution: Solution, formula: Expr, time: Symbol, ends: Sequence[Expr], condition: str = ""
) -> Ending:
    """The end nearest to zero, where there are several the first of them."""
    end = ends[0]
    if len(ends) > 1:
        return Ending(END, condition=condition, reason="several ends; the nearest one holds")
    inside = local(solution.plain(solution.formula)).xreplace({Symbol("t", positive=True): time})
    try:
        power, count = blow_up(inside, time, local(solution.plain(end)))
    except (NotSolved, TypeError, ValueError, ZeroDivisionError) as failure:
        reason = failure.step if isinstance(failure, NotSolved) else "no power is found there"
        return Ending(end, condition=condition, reason=reason)
    if power >= 0:
        reason = "E[L] stays finite there, the formula is singular"
        return Ending(end, condition=condition, reason=reason)
    evidence = Evidence(
        Kind.NUMERICAL, f"the power of the formula next to its end, at {count} choices of the sizes"
    )
    return Ending(end, sympy.oo, None, power, condition, evidence=evidence)


# -- the kernel under decay -----------------------------------------------------------------------


def _of_shrinking(numbers: ByRate) -> tuple[Ending, ...]:
    """The output is forgotten: what remains is the target.  (By the asymptotics of E_q.)"""
    kernel = numbers.kernel
    target, variance = kernel.target.to_sympy(), kernel.variance.to_sympy()
    kappa, mu, rho = (p.to_sympy() for p in (kernel.kappa, kernel.mu, kernel.rho))
    limit = target if kernel.target else numbers.constant
    start = sympy.cancel(kappa / rho)
    gap = sympy.cancel(mu / rho)
    if not kernel.target:
        approach = variance * sympy.exp(-2 * start - 2 * mu * CLOCK)
    elif gap == 1:
        approach = -2 * target * kappa * CLOCK * sympy.exp(-mu * CLOCK)
    else:
        weight = start**gap * sympy.lowergamma(1 - gap, start)
        approach = -2 * target * weight * sympy.exp(-mu * CLOCK)
    growth = variance * sympy.exp(-2 * start)
    growth += target * (start * sympy.expint(gap, start)) ** 2
    early = growth * sympy.exp(2 * start * sympy.exp(-rho * CLOCK) - 2 * mu * CLOCK)
    condition = " and ".join(f"{s} > 0" for s in sorted(map(str, mu.free_symbols)))
    if mu.is_negative:
        reason = "a decay below zero makes all weights grow"
        return unknown(reason, 1), unknown(reason, -1)
    return (
        Ending(
            sympy.oo,
            limit,
            approach,
            condition=condition,
            evidence=derived("the exponential integrals at small arguments"),
        ),
        Ending(
            -sympy.oo,
            sympy.oo,
            early,
            condition=condition,
            evidence=derived("the exponential integrals at large arguments"),
        ),
    )
