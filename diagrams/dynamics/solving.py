"""From a regime to its solution: the roads, in the order in which they are tried.

Petal closures come first; where their certificate fails, a frozen kernel, the table of rings
(order two, all slots tied), or the response to the next atoms.  Every road ends in a
certificate against exact leading coefficients, or in a refusal that names the step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from diagrams.dynamics.bernoulli_formula import bernoulli_solution
from diagrams.dynamics.certificate import Certificate, certify
from diagrams.dynamics.closed import closed_form
from diagrams.dynamics.closure import Closure, closure_of, unweighed_decay
from diagrams.dynamics.coordinates import coordinates_solution
from diagrams.dynamics.faces import Face, Known, face_of
from diagrams.dynamics.frozen import frozen_kernel, frozen_solution
from diagrams.dynamics.linear_response import by_linear_response
from diagrams.dynamics.petals import Exponent
from diagrams.dynamics.presentation import closure_steps
from diagrams.dynamics.rings import by_rings
from diagrams.dynamics.single_atom import single_atom_solution
from diagrams.dynamics.solution import Solution, Step
from diagrams.errors import NotSolved
from diagrams.polynomial import Polynomial
from diagrams.problems.cp import CPProblem, cp_problem
from diagrams.problems.problem import Problem
from diagrams.scaling.front import target_constant
from diagrams.scaling.leading import leading_derivatives
from diagrams.scaling.regime import Regime
from diagrams.scaling.relations import Relation

DECAY_TERMS = 4
"""Orders at which a decay that is a number is certified as a symbol."""


def solve(
    problem: Problem,
    regime: str | Regime = "full",
    terms: int | None = None,
    known: Known | None = None,
) -> Solution:
    """Return ``E[L(t)]`` on a face of a problem, to leading order in its sizes.

    ``terms`` is the highest exact order used to certify it; by default as many as are cheap.
    For several faces of one problem, ``known`` saves computing its leading terms again.

    Raises :class:`~diagrams.errors.BadInput` for an unknown regime, and
    :class:`~diagrams.errors.NotSolved`, which names the step that failed on every road.

    >>> from diagrams.problems.cp import cp_problem
    >>> solve(cp_problem(order=3, ties="asym"), regime="B-C").formula
    p*(beta + 1)*exp(-6*H*sigma**4*t/T)/2
    """
    face = face_of(problem, regime, terms, known)
    failures = []
    for road in ROADS:
        try:
            return road(face)
        except NotSolved as failure:
            failures.append(failure.step)
    raise NotSolved("; ".join(dict.fromkeys(filter(None, failures))))


def by_closure(face: Face) -> Solution:
    """Return the solution by a petal closure."""
    return _by_closure(face, 1, "the closure")


def by_larger_closure(face: Face) -> Solution:
    """Return the solution by a closure that keeps the next atoms too.

    It serves vertices and edges where the largest atom has no average at every other order; terms
    of lower order are then part of the formula, as on the larger face.
    """
    if not any(any(entry % 2 for entry in m) for m in _odd_petals(face)):
        raise NotSolved("")
    return _by_closure(face, 2, "the closure with the atoms of the next size")


def _odd_petals(face: Face) -> tuple[Exponent, ...]:
    return closure_of(face.problem, face.regime).observable.variables


def _by_closure(face: Face, levels: int, subject: str) -> Solution:
    closure = closure_of(face.problem, face.regime, levels)
    apart = unweighed_decay(face.problem, face.regime) or ()
    certificate = certified(closure.coefficients(face.exact.terms), face, subject, apart)
    certificate = replace(certificate, note=certificate.note + _decay_note(face, levels, subject))
    closed = closure.variables is not None
    special = single_atom_solution if closed else bernoulli_solution
    general = _closed if closed else coordinates_solution
    try:
        return special(face, closure, certificate)
    except NotSolved:
        return general(face, closure, certificate)


def _decay_note(face: Face, levels: int, subject: str) -> str:
    """Say how far the terms of a decay that is a number are certified.

    Beside larger atoms they do not lead, and would not be compared at all.  So the decay is taken
    for a symbol, and the terms with every power of it are compared apart.
    """
    problem = face.problem
    if not isinstance(problem, CPProblem) or problem.decay.symbols or not problem.decay:
        return ""
    name = next(n for n in ("d", "lambda") if n not in problem.scale.symbols)
    scale = name_or_number(problem.scale)
    general = cp_problem(problem.order, problem.ties, problem.target, scale, name)
    regime = face.regime
    symbols = (*regime.symbols, name)
    extended = replace(
        regime,
        symbols=symbols,
        direction=(*regime.direction, 0),
        equalities=tuple(_with_symbol(r, symbols) for r in regime.equalities),
        inequalities=tuple(_with_symbol(r, symbols) for r in regime.inequalities),
    )
    exact = leading_derivatives(general, min(face.exact.terms, DECAY_TERMS))
    closure = closure_of(general, extended, levels)
    try:
        found = certify(closure.coefficients(exact.terms), exact, extended, subject, (name,))
    except NotSolved:
        return "; terms with the decay are certified where they lead only"
    last = found.orders[-1]
    return f"; terms with each power of the decay, apart, equal the exact ones to s = {last}"


def _with_symbol(relation: Relation, symbols: tuple[str, ...]) -> Relation:
    """A relation in one more symbol, on which it does not depend."""
    return replace(
        relation, symbols=symbols, fixed=(*relation.fixed, 0), moving=(*relation.moving, 0)
    )


def name_or_number(polynomial: Polynomial) -> str | Fraction:
    """Return what a scale or a decay is: a symbol, or a number."""
    if polynomial.symbols:
        return str(polynomial)
    return sum((c for _, c in polynomial), Fraction(0))


def by_frozen_kernel(face: Face) -> Solution:
    """Return the solution by a frozen kernel."""
    kernel = frozen_kernel(face)
    proposed = kernel.coefficients(face.exact.terms, target_constant(face.problem))
    certificate = certified(proposed, face, "the frozen kernel")
    return frozen_solution(face, kernel, certificate.evidence)


def certified(
    proposed: Sequence[Polynomial], face: Face, subject: str, apart: tuple[str, ...] = ()
) -> Certificate:
    """Return the certificate of ``Y_0, Y_1, ..``, with a note on the pure-target constant."""
    found = certify(proposed, face.exact, face.regime, subject, apart)
    return replace(found, note=face.constant_note)


ROADS: tuple[Callable[[Face], Solution], ...] = (
    by_closure,
    by_frozen_kernel,
    by_rings,
    by_linear_response,
    by_larger_closure,
)


def _closed(face: Face, closure: Closure, certificate: Certificate) -> Solution:
    found = closed_form(closure, face.constant)
    atoms = closure_steps(closure)
    return Solution(
        found.kind,
        face.problem,
        face.regime.name,
        found.formula,
        found.definitions,
        found.conditions,
        found.domain,
        found.existence,
        certificate.evidence,
        (*atoms, *found.steps, Step("certificate", str(certificate.evidence))),
        (*face.regime.symbols, "T", "t"),
        found.numbers,
    )
