"""Closed equations at the means of their order parameters, carried on to a formula.

Order parameters obey closed equations (:mod:`diagrams.order_parameters`), exact along every
trajectory.  Where weights start at their means, or the order parameters do at large sizes, their
amplitudes (:mod:`diagrams.dynamics.roads.means.amplitudes`) are all there is; where one matrix
stays random, they are functions of its eigenvalue, and the loss is averaged over its spectrum.
One amplitude that obeys an equation of Bernoulli or Riccati has a formula, and so have several that
follow each other; any other single one is the inverse of an integral; several are integrated
together.  (The sigmoids of deep linear networks: Saxe, McClelland, Ganguli, arXiv 1312.6120.)
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import chain

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.constants import whole_constant
from diagrams.dynamics.face import Face
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.means.amplitudes import Amplitudes, at_means
from diagrams.dynamics.roads.means.eigenvalues import along_eigenvalues
from diagrams.dynamics.roads.means.formulas import Found, solved
from diagrams.dynamics.roads.means.normal import Normal, normal_of
from diagrams.dynamics.sentences import sentence
from diagrams.errors import NotSolved
from diagrams.graphs.laws import Drawn
from diagrams.order_parameters.closing import close, closures
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure

OUTLINE = (
    "The solution is found in these steps: diagrams are cut into order parameters, whose equations"
    " close; at their means they are patterns with an amplitude each, or functions of the"
    " eigenvalue of the one matrix that stays random; terms that do not lead are dropped; the"
    " equations that are left are solved or integrated; and the Taylor coefficients of what comes"
    " out are held against the exact ones."
)


class ByMeans(Road[Face, Found]):
    """Order parameters at their means, or along the eigenvalues of one of them."""

    name = "the means of order parameters"
    outline = OUTLINE
    petals = False

    def applies(self, asked: Face) -> Applies[Found] | Inapplicable:
        """Where the Taylor coefficients of some means are the exact ones that lead."""
        for tensor in asked.problem.tensors:
            if not isinstance(tensor.law, Drawn):
                return Inapplicable(sentence("{} is a structure, no mean of entries", tensor))
        random = next((t for t in asked.problem.tensors if _spread(t)), None)
        if random is None:
            return Applies(_at_every_size(asked, self.name))
        if asked.parts:
            return Inapplicable(sentence("{} starts with a spread", random))
        failures = []
        for held in _candidates(asked.problem):
            try:
                return Applies(_leading(held, asked, self.name))
            except NotSolved as failure:
                failures.append(failure.step)
        if not failures:
            return Inapplicable("no order parameter has a mean that moves")
        return Inapplicable(sentence("order parameters fluctuate at this order: {}", failures[0]))

    def derived(self, asked: Face, found: Found) -> Derivation:
        """Solve the equations of the amplitudes."""
        means = found.amplitudes.system
        return replace(solved(found, asked), every_size=found.every_size, means=means)


def _spread(tensor: object) -> bool:
    law = getattr(tensor, "law", None)
    return isinstance(law, Drawn) and bool(law.variance)


def _at_every_size(asked: Face, name: str) -> Found:
    """The amplitudes of tensors that start at their means: exact, whatever leads."""
    held = at_means(close(asked.problem, ()))
    if isinstance(held, Inapplicable):
        raise NotSolved(held.fact)
    held = held.reduced()
    said = held.derivatives()
    start = next(said) - structure(asked.problem).constant
    whole = replace(asked, constant_note=whole_constant(asked.problem))
    evidence = certified(chain([start], said), whole, name).evidence
    return Found(held, Polynomial(), evidence, True)


@lru_cache(maxsize=16)
def _candidates(problem: Problem) -> tuple[Amplitudes, ...]:
    """Amplitudes of all closed equations of a problem.

    Those of means, along eigenvalues, and from numbers that are normal at the start.
    """
    systems = tuple(closures(problem))
    made = [at_means(system) for system in systems]
    made += [along_eigenvalues(system, g) for system in systems for g in system.parameters]
    for system in systems:
        around = normal_of(system)
        if isinstance(around, Normal):
            made.append(at_means(system, around))
    found = (held.reduced() for held in made if isinstance(held, Amplitudes))
    return tuple(held for held in found if held.names)


def _leading(held: Amplitudes, asked: Face, name: str) -> Found:
    """The terms of amplitudes that lead on a face, certified."""
    still = held.loss.substitute(dict.fromkeys(held.names, Polynomial()))
    moving = replace(held, loss=held.loss - still)
    terms, scaling = asked.exact.terms, asked.regime.scaling
    evidence = certified(moving.derivatives(), asked, name).evidence
    kept = moving.pruned(scaling, terms).reduced()
    for term in still.terms:
        constant = next(replace(held, loss=Polynomial((term,))).derivatives())
        if leading_part(constant, scaling) - asked.constant:
            still = still - Polynomial((term,))
    if leading_part(next(replace(held, loss=still).derivatives()), scaling) == asked.constant:
        return Found(replace(kept, loss=kept.loss + still), Polynomial(), evidence)
    return Found(kept, asked.constant, evidence)
