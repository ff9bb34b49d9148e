"""Symbols of a solution that may have any sign: scales of the target, and decays."""

from __future__ import annotations

from collections.abc import Collection

from sympy import Expr

from diagrams.dynamics.petals.grouping import local
from diagrams.dynamics.solution import Solution


def scales_of(solution: Solution) -> set[str]:
    """Return the symbols of a solution that may have any sign: scale and decay.

    A prefactor that is a symbol is positive: it weighs squared errors.
    """
    problem = solution.problem
    return set(solution.symbols) - {*problem.positive, *problem.signs, "T", "t"}


def sign_of(rate: Expr, scales: Collection[str]) -> int | None:
    """Return the sign of a rate; ``None`` where a scale decides, of either sign itself."""
    if any(symbol.name in scales for symbol in rate.free_symbols):
        return None
    number = rate.as_coeff_Mul()[0] if not rate.is_Add else rate
    here = local(number)
    return 1 if here.is_positive else -1 if here.is_negative else None


def targets_of(solution: Solution) -> set[str]:
    """Return the symbols of the loss that are no sizes: scales of the target, of any sign."""
    own = {name for _, weight in solution.problem.observable for name in weight.symbols}
    return own & scales_of(solution)
