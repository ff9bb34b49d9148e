"""The solution of a face by one road, whatever comes before it in the list; what leads there."""

from __future__ import annotations

from typing import Any

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.face import Face
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Road, solution_of
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.scaling.fronts.front import Coefficients, without_constant
from diagrams.scaling.regimes.regime import Regime


def by(road: Road[Face, Any], face: Face) -> Solution:
    found = road.applies(face)
    if isinstance(found, Inapplicable):
        raise NotSolved(found.fact)
    return solution_of(road.derived(face, found.found), road, face)


def leading_coefficients(exact: Coefficients, regime: Regime) -> tuple[Polynomial, ...]:
    """The leading parts of ``Y_0, Y_1, ..`` on a face, without the pure-target constant."""
    known = [exact.coefficient(s) for s in range(exact.terms + 1)]
    return tuple(leading_part(y, regime.scaling) for y in without_constant(exact.problem, known))
