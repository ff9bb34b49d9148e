"""From a regime to its solution: the roads, in the order in which they are tried.

Petal closures come first; where their certificate fails, a frozen or a shrinking kernel, the table
of rings (order two, all slots tied), or the response to the next atoms.  Every road ends in a
certificate against exact leading coefficients, or in a refusal that names the step.  What none of
them reaches is tried by a recurrence fitted to the orders that are known: a conjecture, and called
one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from diagrams.dynamics.certificate import Certificate, certify
from diagrams.dynamics.face import FULL, Face, Known, face_of
from diagrams.dynamics.petals.closure import Closure, closure_of, unweighed_decay
from diagrams.dynamics.petals.holding import Holding, holding_of
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.petals.presentation import closure_steps
from diagrams.dynamics.petals.several_faces import closure_of_front
from diagrams.dynamics.refusals import Attempts, Inapplicable
from diagrams.dynamics.renamed import refused_under, regime_under, under_names
from diagrams.dynamics.roads.bernoulli.formula import bernoulli_solution
from diagrams.dynamics.roads.closed.closed import closed_form
from diagrams.dynamics.roads.closed.projective import projective_form
from diagrams.dynamics.roads.coordinates.formula import coordinates_solution
from diagrams.dynamics.roads.decay_as_number import at_number, with_symbolic_decay
from diagrams.dynamics.roads.fitted.fitted import by_fit
from diagrams.dynamics.roads.kernels.frozen import frozen_kernel, frozen_solution
from diagrams.dynamics.roads.kernels.shrinking import shrinking_kernel, shrinking_solution
from diagrams.dynamics.roads.linear_response import by_linear_response
from diagrams.dynamics.roads.rings.rings import by_rings
from diagrams.dynamics.roads.single_atom.single_atom import single_atom_solution
from diagrams.dynamics.solution import Solution, Step
from diagrams.dynamics.starting import check_start
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import CPProblem
from diagrams.problems.problem import Problem
from diagrams.problems.standard import standard
from diagrams.scaling.fronts.front import target_constant
from diagrams.scaling.leading import leading_derivatives
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Relation

LARGER = "the closure with the atoms of the next size"
DECAY_TERMS = 4
"""Orders at which a decay that is a number is certified as a symbol."""


def solve(
    problem: Problem,
    regime: str | Regime = "full",
    terms: int | None = None,
    known: Known | None = None,
) -> Solution:
    """Return ``E[L(t)]`` on a face of a problem, to leading order in its sizes.

    The regime ``full`` is everything that leads somewhere: the largest face, or all of them
    together; with a decay that is a number, what the decay as a symbol gives.
    ``terms`` is the highest exact order used to certify it; by default as many as are cheap.
    For several faces of one problem, ``known`` saves computing its leading terms again.

    Raises :class:`~diagrams.errors.BadInput` for an unknown regime, and
    :class:`~diagrams.errors.NotSolved`, which names the step that failed on every road.

    >>> from diagrams.problems.cp import cp_problem
    >>> solve(cp_problem(order=3, ties="asym"), regime="B-C").formula
    p*(beta + 1)*exp(-6*H*sigma**4*t/T)/2
    """
    plain, names = standard(problem)
    if plain == problem:
        return _solve(problem, regime, terms, known)
    inside = regime_under(regime, names) if isinstance(regime, Regime) else regime
    try:
        return under_names(_solve(plain, inside, terms, None), problem, names)
    except NotSolved as refusal:
        raise refused_under(refusal, problem, names) from None


def _solve(
    problem: Problem, regime: str | Regime, terms: int | None, known: Known | None
) -> Solution:
    """The solution of a problem under standard names."""
    face = face_of(problem, regime, terms, known)
    general = with_symbolic_decay(problem)
    if face.parts and general is not None:
        assert isinstance(problem, CPProblem)
        found = at_number(_solve(general[0], FULL, terms, None), problem, general[1])
        return replace(found, face=face.regime)
    attempts = Attempts()
    for road in (by_whole_front,) if face.parts else ROADS:
        try:
            found = replace(road(face), face=face.regime)
            check_start(found, face)
            return _with_domain(found, None if road in NO_PETALS else holding_of(face))
        except NotSolved as failure:
            attempts = attempts.and_then(failure)
    raise attempts.refusal()


def _with_domain(solution: Solution, holding: Holding | None) -> Solution:
    """Say until when a formula holds whose certificate or times of existence do not tell."""
    if holding is not None:
        return replace(solution, domain=holding.domain, holding=holding)
    if solution.domain != "all t" or not solution.denominators:
        return solution
    return replace(solution, domain="t up to the first zero of a denominator on either side of 0")


def by_whole_front(face: Face) -> Solution:
    """Return the solution of a front of several largest faces, by the atoms of all of them."""
    closure, certificate = closure_of_front(face)
    return _by_certified(face, closure, replace(certificate, note=face.constant_note))


def by_closure(face: Face) -> Solution:
    """Return the solution by a petal closure."""
    return _by_closure(face, 1, "the closure")


def by_larger_closure(face: Face) -> Solution:
    """Return the solution by a closure that keeps the next atoms too.

    It serves vertices and edges where the largest atom has no average at every other order; terms
    of lower order are then part of the formula, as on the larger face.
    """
    if not any(any(entry % 2 for entry in m) for m in _odd_petals(face)):
        raise Inapplicable(LARGER, "the largest atoms have no petal of odd exponents")
    return _by_closure(face, 2, LARGER)


def _odd_petals(face: Face) -> tuple[Exponent, ...]:
    return closure_of(face.problem, face.regime).observable.variables


def _by_closure(face: Face, levels: int, subject: str) -> Solution:
    closure = closure_of(face.problem, face.regime, levels)
    apart = unweighed_decay(face.problem, face.regime) or ()
    certificate = certified(closure.coefficients(face.exact.terms), face, subject, apart)
    note = _decay_note(face, subject, lambda p, r, n: closure_of(p, r, levels).coefficients(n))
    return _by_certified(face, closure, replace(certificate, note=certificate.note + note))


def _by_certified(face: Face, closure: Closure, certificate: Certificate) -> Solution:
    closed = closure.variables is not None
    special = single_atom_solution if closed else bernoulli_solution
    general = _closed if closed else coordinates_solution
    try:
        return special(face, closure, certificate)
    except NotSolved:
        return general(face, closure, certificate)


Proposal = Callable[[Problem, Regime, int], Sequence[Polynomial]]
"""What a road says of ``Y_0, .., Y_n`` of a problem on a face."""


def _decay_note(face: Face, subject: str, proposed: Proposal) -> str:
    """Say how far the terms of a decay that is a number are certified.

    Beside larger atoms they do not lead, and would not be compared at all.  So the decay is taken
    for a symbol, and the terms with every power of it are compared apart.
    """
    found = with_symbolic_decay(face.problem)
    if found is None:
        return ""
    general, name = found
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
    try:
        said = proposed(general, extended, exact.terms)
        last = certify(said, exact, extended, subject, (name,)).orders[-1]
    except NotSolved:
        return "; terms with the decay are certified where they lead only"
    return f"; terms with each power of the decay, apart, equal the exact ones to s = {last}"


def _with_symbol(relation: Relation, symbols: tuple[str, ...]) -> Relation:
    """A relation in one more symbol, on which it does not depend."""
    return replace(
        relation, symbols=symbols, fixed=(*relation.fixed, 0), moving=(*relation.moving, 0)
    )


def by_frozen_kernel(face: Face) -> Solution:
    """Return the solution by a frozen kernel."""
    kernel = frozen_kernel(face)
    certificate = certified(kernel.coefficients(face.exact.terms), face, "the frozen kernel")
    return frozen_solution(face, kernel, certificate.evidence)


def by_shrinking_kernel(face: Face) -> Solution:
    """Return the solution by a kernel that shrinks with the weights, under decay."""
    terms = face.exact.terms
    constant = face.constant or target_constant(face.problem)
    kernel = shrinking_kernel(face.problem, face.regime, terms, constant)
    certificate = certified(kernel.coefficients(terms), face, "the shrinking kernel")
    note = _decay_note(
        face,
        "the shrinking kernel",
        lambda p, r, n: shrinking_kernel(p, r, n, constant).coefficients(n),
    )
    certificate = replace(certificate, note=certificate.note + note)
    return shrinking_solution(face, kernel, certificate.evidence)


def certified(
    proposed: Sequence[Polynomial], face: Face, subject: str, apart: tuple[str, ...] = ()
) -> Certificate:
    """Return the certificate of ``Y_0, Y_1, ..``, with a note on the pure-target constant."""
    found = certify(proposed, face.exact, face.regime, subject, apart)
    return replace(found, note=face.constant_note)


ROADS: tuple[Callable[[Face], Solution], ...] = (
    by_closure,
    by_frozen_kernel,
    by_shrinking_kernel,
    by_rings,
    by_linear_response,
    by_larger_closure,
    by_fit,
)
NO_PETALS = (by_frozen_kernel, by_shrinking_kernel, by_fit)
"""Roads whose formulas do not follow from the rates of petals."""


def _closed(face: Face, closure: Closure, certificate: Certificate) -> Solution:
    try:
        found = projective_form(closure, face.constant)
    except NotSolved:
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
