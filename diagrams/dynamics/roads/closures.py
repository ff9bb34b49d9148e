"""Roads by a closure in petals: its certificate, and then the ways to solve its equation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.atoms import without_petals
from diagrams.dynamics.petals.closure import Closure, closure_of, unweighed_decay
from diagrams.dynamics.petals.presentation import closure_steps
from diagrams.dynamics.petals.several_faces import closure_of_front
from diagrams.dynamics.refusals import Attempts, Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road, tried
from diagrams.dynamics.roads.bernoulli.formula import FirstIntegral, OneEquation
from diagrams.dynamics.roads.certified import Certified, certified, with_decay_note
from diagrams.dynamics.roads.closed.closed import Characteristics
from diagrams.dynamics.roads.closed.projective import Projective
from diagrams.dynamics.roads.coordinates.formula import Coordinates
from diagrams.dynamics.roads.one_product import OneProduct
from diagrams.dynamics.step import Step

WAYS: tuple[Road[Certified, Any], ...] = (
    OneProduct(),
    Projective(),
    Characteristics(),
    FirstIntegral(),
    OneEquation(),
    Coordinates(),
)
"""The ways from a certified closure on, in the order in which they are tried."""


class ByClosure(Road[Face, Closure]):
    """The closure by the atoms that lead."""

    name = "the closure"
    levels = 1

    def applies(self, asked: Face) -> Applies[Closure] | Inapplicable:
        """Where a problem has petals, and atoms are left on the face."""
        off = without_petals(asked.problem)
        return off or Applies(closure_of(asked.problem, asked.regime, self.levels))

    def derived(self, asked: Face, found: Closure) -> Derivation:
        """Certify the closure, and solve its equation."""
        apart = unweighed_decay(asked.problem, asked.regime) or ()
        certificate = certified(found.coefficients(asked.exact.terms), asked, self.name, apart)
        certificate = with_decay_note(
            certificate,
            asked,
            self.name,
            lambda p, r, n: closure_of(p, r, self.levels).coefficients(n),
        )
        return solved(Certified(asked, found, certificate))


class ByLargerClosure(ByClosure):
    """The closure that keeps the atoms of the next size too.

    It serves vertices and edges where the largest atom has no average at every other order; terms
    of lower order are then part of the formula, as on the larger face.
    """

    name = "the closure with the atoms of the next size"
    levels = 2

    def applies(self, asked: Face) -> Applies[Closure] | Inapplicable:
        """Where the largest atoms have petals of odd exponents."""
        off = without_petals(asked.problem)
        if off is not None:
            return off
        largest = closure_of(asked.problem, asked.regime)
        if not any(entry % 2 for m in largest.observable.variables for entry in m):
            return Inapplicable("the largest atoms have no petal of odd exponents")
        return super().applies(asked)


class ByWholeFront(Road[Face, None]):
    """The closure by the atoms of all faces of a front together."""

    name = "the closure by the atoms of all faces"

    def applies(self, asked: Face) -> Applies[None] | Inapplicable:
        """Where a problem has petals."""
        return without_petals(asked.problem) or Applies(None)

    def derived(self, asked: Face, found: None) -> Derivation:
        """Certify the closure against all that leads somewhere, and solve its equation."""
        closure, certificate = closure_of_front(asked)
        return solved(Certified(asked, closure, replace(certificate, note=asked.constant_note)))


def solved(asked: Certified) -> Derivation:
    """Return the derivation from a certified closure, by the first way that leads to one.

    Raises :class:`~diagrams.errors.NotSolved`, with the steps that failed.
    """
    attempts = Attempts(place=" from the certified closure on")
    evidence = asked.certificate.evidence
    for way, found in tried(WAYS, asked):
        if isinstance(found, Derivation):
            steps = (*closure_steps(asked.closure), *found.steps)
            return replace(
                found, steps=(*steps, Step("certificate", evidence.sentence)), way=f"by {way.name}"
            )
        attempts = attempts.and_then(way.name, found)
    raise attempts.refusal()
