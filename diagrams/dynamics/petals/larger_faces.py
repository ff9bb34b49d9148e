"""Which larger faces carry a solution on, where its formula holds for small moving parts only.

On a vertex such as E the loss has hardly left its constant: the formula is the start of a motion
whose later course is decided by atoms that do not lead yet.  A larger face keeps them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy import Expr

from diagrams.dynamics.certificate import certify
from diagrams.dynamics.expressions.leading import LeadingTerms
from diagrams.dynamics.face import Known, exact_regimes
from diagrams.dynamics.petals.closure import Closure, closure_of
from diagrams.dynamics.petals.grouping import local
from diagrams.errors import NotSolved, WickflowError
from diagrams.polynomials.polynomial import sympy_symbol
from diagrams.problems.problem import Problem
from diagrams.scaling.regimes.regime import Regime

ZERO = Fraction(0)
LEVELS = (1, 2)
ORDERS = 3
"""Orders to which the closure of a larger face is compared with the exact coefficients."""
DERIVATIVES = 3
"""Derivatives of a formula at time zero among which its moving part is looked for."""


@lru_cache(maxsize=64)
def carried_on_by(problem: Problem, regime: Regime) -> tuple[str, ...]:
    """Return the least larger faces with a certified closure in which petals are not free.

    >>> from diagrams.problems.cp import cp_problem
    >>> problem = cp_problem(order=2, ties="asym")
    >>> found, _ = exact_regimes(problem)
    >>> carried_on_by(problem, found["D"]), carried_on_by(problem, found["D-E"])
    (('C-D',), ())
    """
    try:
        known = exact_regimes(problem)
    except WickflowError:
        return ()
    found: list[Regime] = []
    for other in sorted(known[0], key=lambda face: face.dimension):
        inside = set(regime.corners) < set(other.corners)
        least = not any(set(face.corners) < set(other.corners) for face in found)
        if inside and least and _carries(problem, other, known):
            found.append(other)
    return tuple(face.name for face in found)


def _carries(problem: Problem, regime: Regime, known: Known) -> bool:
    for levels in LEVELS:
        try:
            closure = closure_of(problem, regime, levels)
            if levels > 1 and (_all_even(closure) or _has_plain_rates(closure)):
                return False
            certify(closure.coefficients(ORDERS), known[1], regime, "the closure")
            return not _is_linear(closure)
        except NotSolved:
            continue
    return False


def _all_even(closure: Closure) -> bool:
    """Whether the largest atoms suffice: only odd petals ask for those of the next size."""
    return all(entry % 2 == 0 for m in closure.observable.variables for entry in m)


def _has_plain_rates(closure: Closure) -> bool:
    """Whether the linear rates are numbers: then the next atoms serve as a small disturbance."""
    return all(
        not c.symbols
        for m in closure.variables or ()
        for petals, c in closure.rate(m)
        if sum(power for _, power in petals) == 1
    )


def _is_linear(closure: Closure) -> bool:
    """Whether every coordinate moves with linear rates of its own."""
    return all(
        sum(power for _, power in petals) == 1 and sum(petals[0][0]) <= 2
        for petals, _ in closure.whole_generator
    )


def is_small(formula: Expr, constant: Expr, regime: Regime) -> bool:
    """Return whether a formula differs from its constant by something small on a face.

    ``formula`` is in plain symbols.  Its first derivative at time zero that does not vanish is
    compared with the constant, at the natural time.
    """
    if regime.clock is None or not constant:
        return False
    grown = dict(zip(regime.symbols, map(Fraction, regime.direction), strict=True))
    clock = sum((e * grown[n] for n, e in zip(regime.symbols, regime.clock, strict=True)), ZERO)
    time, moving = sympy_symbol("t"), formula - constant
    for order in range(DERIVATIVES):
        start = moving.subs({time: 0, sympy_symbol("T"): 1}).expand()
        if start:
            return _height(start, grown) - order * clock < _height(constant, grown)
        moving = moving.diff(time)
    return False


def _height(value: Expr, grown: dict[str, Fraction]) -> Fraction:
    """The exponent with which an expression grows on a face."""
    plain = local(value)
    heights = {symbol: grown.get(symbol.name, ZERO) for symbol in plain.free_symbols}
    return LeadingTerms(heights).of(plain)[0]
