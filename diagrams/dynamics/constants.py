"""The pure-target constant of a loss on a face: which of its terms belong to the answer.

A constant such as ``d^2/2 + d`` has terms of several orders.  A term is left out only where the
terms of ``Y_0`` that move are larger at every scaling of the face, which linear programs decide:
one that is as large as all of them at some scaling, or larger, is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diagrams.dynamics.sentences import sentence
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import Coefficients, without_constant
from diagrams.scaling.regimes.regime import Regime
from diagrams.wick.expectation import value
from pde.linear_algebra import Vector, difference


def kept_constant(exact: Coefficients, parts: Sequence[Regime]) -> tuple[Polynomial, str]:
    """Return the terms of the constant that belong to the answer on some faces, and a note.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.leading import leading_derivatives
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> exact = leading_derivatives(cp_problem(order=4), terms=6)
    >>> kept_constant(exact, [regimes(exact)["E-A"]])[1]
    'the pure-target constant p/2 is part of it'
    """
    constant = structure(exact.problem).constant
    (moving,) = without_constant(exact.problem, [exact.coefficient(0)])
    kept = Polynomial.from_terms(
        term
        for term in constant.terms
        if any(_as_large(Polynomial((term,)), moving, regime) for regime in parts)
    )
    return kept, _note(kept, constant - kept)


def whole_constant(problem: Problem) -> str:
    """Return the note on the constant for a formula from which nothing of it is left out."""
    return _note(structure(problem).constant, Polynomial())


def start_of(exact: Coefficients) -> Polynomial:
    """Return ``Y_0`` with its constant: at least all terms of it that can lead somewhere.

    Where terms that move cancel terms of the constant, all that is left is computed.
    """
    constant = structure(exact.problem).constant
    (moving,) = without_constant(exact.problem, [exact.coefficient(0)])
    total = moving + constant
    if len(total) == len(moving) + len(constant):
        return total
    return value(exact.problem.observable)


def _as_large(term: Polynomial, moving: Polynomial, regime: Regime) -> bool:
    """Whether one term is at some scaling of a face as large as all of a sum, or larger."""
    (own,) = _exponents(term, regime.symbols)
    others = _exponents(moving, regime.symbols)
    return regime.cone.meets((), [difference(own, other) for other in others])


def _exponents(polynomial: Polynomial, symbols: Sequence[str]) -> list[Vector]:
    powers = [dict(powers) for powers, _ in polynomial.terms]
    return [tuple(e.get(name, Fraction(0)) for name in symbols) for e in powers]


def _note(kept: Polynomial, left: Polynomial) -> str:
    """What is said of the constant with the evidence."""
    if not kept and not left:
        return "there is no pure-target constant"
    shown = sentence("the pure-target constant {} is part of it", kept.to_sympy())
    if not left:
        return shown
    rest = sentence("{} is of lower order than Y_0 on this face and left out", left.to_sympy())
    return "of " + shown + "; " + rest if kept else "the pure-target constant " + rest
