"""The solution of a face by one road, whatever comes before it in the list."""

from __future__ import annotations

from typing import Any

from diagrams.dynamics.face import Face
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Road, solution_of
from diagrams.dynamics.roads.fitted.fitted import FittedRecurrence, by_fitted_recurrence
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved


def by(road: Road[Face, Any], face: Face) -> Solution:
    found = road.applies(face)
    if isinstance(found, Inapplicable):
        raise NotSolved(found.fact)
    return solution_of(road.derived(face, found.found), road, face)


def fitted(face: Face, orders: int = 12) -> Solution:
    return solution_of(by_fitted_recurrence(face, orders), FittedRecurrence(), face)
