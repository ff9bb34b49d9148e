"""The ends of a solution's times, read off the solution itself.

One way for every kind: leading terms of explicit formulas, the integral of an implicit solution
near its singularities, the order parameters of a first integral, the signs in the equations of
coordinates.  Where none tells, the end says so and why.  The size limit was taken first: these are
long times of the limit of large sizes, and the two need not commute.
"""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import sympy
from sympy import Basic, Symbol

from diagrams.dynamics.ends.claims import judged
from diagrams.dynamics.ends.ending import Ending, derived, unknown
from diagrams.dynamics.ends.ends_by_scale import endings_of_formula
from diagrams.dynamics.explicit.ends import scales_of
from diagrams.dynamics.roads.bernoulli.ends import (
    of_coordinates,
    of_first_integral,
    of_single_atom,
)
from diagrams.dynamics.roads.bernoulli.ends_of_equal_ties import endings_of_equal_ties
from diagrams.dynamics.roads.bernoulli.ends_with_decay import endings_with_decay
from diagrams.dynamics.roads.bernoulli.numbers import ByFirstIntegral, ByOneEquation
from diagrams.dynamics.roads.bernoulli.structure import Bernoulli
from diagrams.dynamics.roads.closed.ends import endings_of_petals
from diagrams.dynamics.roads.closed.numbers import ByCharacteristics
from diagrams.dynamics.roads.closed.projective import ByProjectiveFlow, endings_of_projective
from diagrams.dynamics.roads.coordinates.ends_of_colours import (
    Colours,
    colours_of,
    endings_of_colours,
)
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.dynamics.roads.decay_as_number import AtNumber
from diagrams.dynamics.roads.kernels.shrinking import ByRate, ShrinkingKernel
from diagrams.dynamics.roads.single_atom.single_atom import BySingleAtom
from diagrams.dynamics.solution import Numbers, Solution
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from pde.equations.projective import ProjectiveFlow

CLOCK = sympy_symbol("t") / sympy_symbol("T")
HOLDERS = (ByOneEquation, Bernoulli, ByRate, ShrinkingKernel, ByProjectiveFlow, Colours)
"""Values that may hold a decay, in polynomials or formulas."""


def endings_of(solution: Solution) -> tuple[Ending, ...]:
    """Return the ends of the times of a solution, the late one first.

    >>> from diagrams.dynamics.solving import solve
    >>> from diagrams.problems.cp import cp_problem
    >>> for end in endings_of(solve(cp_problem(order=3, ties="asym"), "B-C")):
    ...     print(end)
    t -> oo: E[L] -> 0; formula ~ p*(1 + beta)*exp(-6*H*sigma**4*t/T)/2
    t -> -oo: formula -> oo; formula ~ p*(1 + beta)*exp(-6*H*sigma**4*t/T)/2
    """
    return judged(solution, ends_of_formula(solution))


def ends_of_formula(solution: Solution) -> tuple[Ending, ...]:
    """Return the ends of a formula as such, whether the loss shares them or not.

    They are read off the formula, also on times at which it holds no longer.
    """
    try:
        return _by_kind(solution, _inner(solution))
    except NotSolved as failure:
        return unknown(failure.step, 1), unknown(failure.step, -1)


def _by_kind(solution: Solution, numbers: Numbers) -> tuple[Ending, ...]:
    if isinstance(numbers, ByRate):
        return _of_shrinking(numbers)
    if isinstance(numbers, ByProjectiveFlow):
        return endings_of_projective(numbers)
    if isinstance(numbers, BySingleAtom):
        return of_single_atom(solution, numbers)
    if isinstance(numbers, ByOneEquation) and not numbers.structure.single:
        return endings_of_equal_ties(numbers, sorted(scales_of(solution)))
    if isinstance(numbers, ByFirstIntegral):
        return of_first_integral(numbers)
    if isinstance(numbers, ByOneEquation):
        return endings_with_decay(numbers, sorted(scales_of(solution)))
    if isinstance(numbers, ByCoordinates):
        try:
            made, at = colours_of(numbers), solution.numbers
            made = _put(made, at) if isinstance(at, AtNumber) else made
            return endings_of_colours(made, sorted(scales_of(solution)))
        except NotSolved:
            return of_coordinates(numbers)
    if solution.kind == "explicit":
        return endings_of_formula(solution)
    if isinstance(numbers, ByCharacteristics):
        at = solution.numbers
        put = (lambda value: _put(value, at)) if isinstance(at, AtNumber) else (lambda value: value)
        return endings_of_petals(numbers, sorted(scales_of(solution)), put)
    reason = "no first integral of the equations is known; numbers tell, as far as they go"
    return unknown(reason, 1), unknown(reason, -1)


def _inner(solution: Solution) -> Numbers:
    """The numbers of a solution; where a decay was a symbol first, with its number put in."""
    numbers = solution.numbers
    return _put(numbers.numbers, numbers) if isinstance(numbers, AtNumber) else numbers


def _put(value: Any, at: AtNumber) -> Any:
    """A value with a number for a symbol, in all polynomials and formulas that it holds."""
    if isinstance(value, Polynomial):
        return value.substitute({at.name: Fraction(at.number.p, at.number.q)})
    if isinstance(value, Basic):
        return value.subs({Symbol(at.name, positive=True): at.number, Symbol(at.name): at.number})
    if isinstance(value, HOLDERS):
        parts = {part.name: _put(getattr(value, part.name), at) for part in fields(value)}
        return replace(value, **parts)
    if isinstance(value, ProjectiveFlow):
        return ProjectiveFlow(
            tuple(_put(w, at) for w in value.numerators), _put(value.denominator, at)
        )
    return value


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
