"""The normal form of problems of rings: one matrix, rings of one and two rows, any constants.

Up to the units of time and loss, and the names of sizes and scales, every such problem is

    L = tr (U^T U)^2 / 2 - c tr U^T U + const,    V = L + (lambda/2) tr U^T U,

with entries of variance ``sigma^2`` and learning rate 1: the CP problem of order two with all
slots tied.  A prefactor ``g`` of the loss and a rate ``r`` make the clock of a problem run ``g r``
times as fast; whatever the variance is takes the place of ``sigma^2``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagrams.dynamics.refusals import Inapplicable, fact_of_matrices
from diagrams.dynamics.sentences import listed, sentence
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Role
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure


@dataclass(frozen=True)
class RingForm:
    """The constants of a problem of rings in the notation of the module.

    ``sizes`` are those of features and rows; ``weight`` is ``g`` and ``clock`` is ``g r``.
    """

    sizes: tuple[str, str]
    variance: Polynomial
    weight: Polynomial
    clock: Polynomial
    scale: Polynomial
    decay: Polynomial


def ring_rows(diagram: Diagram) -> int:
    """Return the number of rows if a diagram is one ring of one trained matrix, else 0.

    >>> from diagrams.problems.cp import cp_problem
    >>> [ring_rows(d) for d, _ in cp_problem(order=2).observable]
    [0, 1, 2]
    >>> [ring_rows(d) for d, _ in cp_problem(order=4).observable]
    [0, 0, 0]
    """
    if len(diagram.tensors) != 1 or not diagram.is_closed or len(diagram.components()) != 1:
        return 0
    (tensor,) = diagram.tensors
    if tensor.role is not Role.TRAINED or tensor.rank != 2 or len(set(tensor.families)) != 2:
        return 0
    degrees = [0] * len(diagram.nodes)
    for edge in diagram.edges:
        for node in edge.nodes:
            degrees[node] += 1
    return len(diagram.edges) // 2 if set(degrees) == {2} else 0


def ring_form(problem: Problem) -> RingForm | Inapplicable:
    """Return the constants of a problem of rings.

    >>> from diagrams.problems.cp import cp_problem
    >>> form = ring_form(cp_problem(order=2, scale="x", decay=3))
    >>> print(form.scale, form.decay, form.variance, form.clock)
    x 3 sigma**2 1
    """
    fact = fact_of_matrices(problem)
    if not fact and len(problem.trained) > 1:
        fact = listed(problem.trained, " and ") + " are two or more matrices"
    if fact:
        return Inapplicable(fact)
    (tensor,) = problem.trained
    assert isinstance(tensor.law, Gaussian)
    if not tensor.law.variance:
        return Inapplicable(sentence("the entries of {} start at zero", tensor))
    own, moving = _rings(problem, "observable"), _rings(problem, "potential")
    if isinstance(own, Inapplicable):
        return own
    if isinstance(moving, Inapplicable):
        return moving
    weight = 2 * moving.get(2, Polynomial())
    if not weight.is_monomial:
        return Inapplicable(sentence("the coefficient of the ring of two rows is {}", weight / 2))
    if own.get(2) != moving.get(2):
        return Inapplicable("the flow descends another ring of two rows than the observable")
    inverse = weight**-1
    first, descended = own.get(1, Polynomial()), moving.get(1, Polynomial())
    rows = structure(problem).rows
    width = tensor.families[0].size if rows is None else rows.size
    features = next(f.size for f in tensor.families if f.size != width)
    return RingForm(
        (features, width),
        tensor.law.variance,
        weight,
        weight * tensor.rate,
        -1 * inverse * first,
        2 * inverse * (descended - first),
    )


def _rings(problem: Problem, which: str) -> Mapping[int, Polynomial] | Inapplicable:
    """The coefficients of rings by their number of rows."""
    found: dict[int, Polynomial] = {}
    for diagram, weight in getattr(problem, which):
        if not diagram.edges:
            continue
        rows = ring_rows(diagram)
        if not 0 < rows <= 2:
            kind = "no single ring" if not rows else f"a ring of {rows} rows"
            return Inapplicable(sentence("the {} holds {}, which is {}", which, diagram, kind))
        found[rows] = weight
    return found
