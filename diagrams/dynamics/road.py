"""What a road is: one way from a face to its solution.

A road says whether it applies, and derives: the formula with its numbers and its ends, and how it
is known.  A road that does not apply is no failure: it says which fact of the problem keeps it off.
One that applies may fail on the way, and names the step that failed
(:class:`~diagrams.errors.NotSolved`).  The roads to a solution stand in one list, in
:mod:`diagrams.dynamics.solving`; those from a certified closure in
:mod:`diagrams.dynamics.roads.closures`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.face import Face
from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.solution import Ends, Kind, Solution
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence
from diagrams.order_parameters.closed_system import ClosedSystem

Asked = TypeVar("Asked")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Applies(Generic[Found]):
    """A road applies; ``found`` is what it has found of the problem, from which it derives."""

    found: Found


@dataclass(frozen=True)
class Derivation:
    """What a road derives: all of a solution but for the problem and the face, which are given.

    ``way`` is how the road went on, where it has several ways; ``every_size`` says that nothing was
    left out, so that the formula is that of all sizes.  ``means`` are the closed equations whose
    solution at the means of their order parameters it is, if it is.  ``forward`` says that it holds
    for ``t >= 0`` alone.
    """

    kind: Kind
    formula: Expr
    numbers: Numbers
    ends: Ends
    evidence: Evidence
    steps: tuple[Step, ...]
    definitions: tuple[tuple[Symbol, Expr], ...] = ()
    conditions: tuple[sympy.Basic, ...] = ()
    domain: str = "all t"
    existence: tuple[Expr, ...] = ()
    late: Expr | None = None
    settles: str = ""
    way: str = ""
    every_size: bool = False
    means: ClosedSystem | None = None
    forward: bool = False


class Road(ABC, Generic[Asked, Found]):
    """One way to a solution, from a face or from what a road before it has found there."""

    name: str
    outline = (
        "The solution is found in these steps: the diagrams of the loss are contracted to atoms, as"
        " far as they lead in this regime; their merging gives a differential equation for the sum"
        " of all leading terms; it is solved by its characteristics; and the Taylor coefficients of"
        " what comes out are held against the exact ones."
    )
    """How the derivation goes."""
    petals = True
    """Whether the formula follows from the rates of petals, and holds as far as these lead."""
    gaussian = True
    """Whether it supposes that all random entries are Gaussian."""

    @abstractmethod
    def applies(self, asked: Asked) -> Applies[Found] | Inapplicable:
        """Return whether the road applies; raises ``NotSolved`` where finding that out fails."""

    @abstractmethod
    def derived(self, asked: Asked, found: Found) -> Derivation:
        """Return the derivation; raises ``NotSolved`` with the step that failed."""


def tried(
    roads: Sequence[Road[Asked, Any]], asked: Asked, kept: Inapplicable | None = None
) -> Iterator[tuple[Road[Asked, Any], Derivation | Inapplicable | NotSolved]]:
    """Each road in turn, with what it derives, or why it derives nothing.

    ``kept`` is a fact that keeps off all roads that suppose Gaussian entries.
    """
    for road in roads:
        try:
            found = road.applies(asked) if kept is None or not road.gaussian else kept
            yield (
                road,
                found if isinstance(found, Inapplicable) else road.derived(asked, found.found),
            )
        except NotSolved as failure:
            yield road, failure


def solution_of(derivation: Derivation, road: Road[Face, Any], face: Face) -> Solution:
    """Return the solution of a face: the one place where a derivation becomes one."""
    return Solution(
        kind=derivation.kind,
        problem=face.problem,
        regime=face.regime.name,
        formula=derivation.formula,
        definitions=derivation.definitions,
        conditions=derivation.conditions,
        domain=derivation.domain,
        existence=derivation.existence,
        evidence=derivation.evidence,
        steps=derivation.steps,
        symbols=(*face.regime.symbols, "T", "t"),
        numbers=derivation.numbers,
        ends=derivation.ends,
        road=f"{road.name}, {derivation.way}" if derivation.way else road.name,
        outline=road.outline,
        face=face.regime,
        late=derivation.late,
        settles=derivation.settles,
        every_size=derivation.every_size,
        means=derivation.means,
        forward=derivation.forward,
    )
