"""From a regime to its solution: the roads, in the order in which they are tried.

Petal closures come first; where their certificate fails, a frozen or a shrinking kernel, the table
of rings (order two, all slots tied), the response to the next atoms, or mean-field equations at two
times.  Every road ends in a certificate against exact leading coefficients, or in a refusal that
names the step.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from diagrams.dynamics.along import is_scaling, regime_along
from diagrams.dynamics.ends.claims import judged
from diagrams.dynamics.face import FULL, Face, Known, face_of
from diagrams.dynamics.petals.holding import holding_of
from diagrams.dynamics.refusals import Attempts, Inapplicable
from diagrams.dynamics.renamed import Names, regime_under
from diagrams.dynamics.road import Derivation, Road, solution_of, tried
from diagrams.dynamics.roads.closures import ByClosure, ByLargerClosure, ByWholeFront
from diagrams.dynamics.roads.decay_as_number import at_number, with_symbolic_decay
from diagrams.dynamics.roads.kernels.frozen import ByFrozenKernel
from diagrams.dynamics.roads.kernels.shrinking import ByShrinkingKernel
from diagrams.dynamics.roads.linear_response import LinearResponse
from diagrams.dynamics.roads.means.means import ByMeans
from diagrams.dynamics.roads.rings.rings import Rings
from diagrams.dynamics.roads.spectra.spectrum import BySpectrum
from diagrams.dynamics.roads.two_times.two_times import ByTwoTimes
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.starting import check_start
from diagrams.errors import NotSolved
from diagrams.graphs.laws import Haar
from diagrams.problems.cp import CPProblem
from diagrams.problems.problem import Problem, stated
from diagrams.problems.renaming import Renaming
from diagrams.problems.standard import standard
from diagrams.scaling.regimes.regime import Regime

ROADS: tuple[Road[Face, Any], ...] = (
    ByClosure(),
    ByFrozenKernel(),
    ByShrinkingKernel(),
    BySpectrum(),
    Rings(),
    LinearResponse(),
    ByMeans(),
    ByLargerClosure(),
    ByTwoTimes(),
)
"""The roads on one face, in the order in which they are tried."""

OF_WHOLE_FRONT: tuple[Road[Face, Any], ...] = (ByMeans(), ByWholeFront())
"""The roads on a front of several largest faces."""

ALONG_A_SCALING: tuple[Road[Face, Any], ...] = (BySpectrum(), ByMeans(), ByTwoTimes())
"""The roads on a scaling, which need no vertices of a front."""


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
    In the place of a regime stands a scaling of all sizes, such as ``d=1,n=delta*d``: what leads
    there, sizes as they are.

    Raises :class:`~diagrams.errors.BadInput` for an unknown regime, and
    :class:`~diagrams.errors.NotSolved`, which names the step that failed on every road.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = solve(cp_problem(order=3, ties="asym"), regime="B-C")
    >>> found.formula
    p*(beta + 1)*exp(-6*H*sigma**4*t/T)/2
    >>> found.road
    'the frozen kernel'
    """
    stated(problem)
    if problem.functions:
        from diagrams.dynamics.given_inputs import solve_given

        return solve_given(problem, regime if isinstance(regime, str) else regime.name, terms)
    stated(problem, "roads at given inputs are those of networks with functions")
    if isinstance(regime, str) and is_scaling(regime):
        regime = regime_along(problem, regime)
    plain, names = standard(problem)
    if plain == problem:
        return _solve(problem, regime, terms, known)
    inside = regime_under(regime, names) if isinstance(regime, Regime) else regime
    found = Names(names.inverse, ()).asked(lambda: _solve(plain, inside, terms, None))
    return under_names(found, problem, names)


def under_names(solution: Solution, problem: Problem, names: Renaming) -> Solution:
    """Return a solution, derived under a renaming, under the names of its problem."""
    back = names.inverse
    formulas = [solution.formula, *solution.conditions, *solution.existence]
    formulas += [part for pair in solution.definitions for part in pair]
    formulas += [formula for step in solution.steps for formula in step.formulas]
    made = Names(back, formulas)
    held = {f.name: getattr(solution, f.name) for f in fields(Solution)}
    kept: dict[str, Any] = {name: held[name] for name in ("kind", "regime", "road", "outline")}
    kept |= {
        "problem": problem,
        "symbols": tuple(map(made.of, solution.symbols)),
        "face": None if solution.face is None else regime_under(solution.face, back),
        "source": solution,
        "names": made,
    }
    return Solution(
        **kept, **{name: made.value(value) for name, value in held.items() if name not in kept}
    )


def _solve(
    problem: Problem, regime: str | Regime, terms: int | None, known: Known | None
) -> Solution:
    """The solution of a problem under standard names."""
    rotation = next((tensor for tensor in problem.tensors if isinstance(tensor.law, Haar)), None)
    if rotation is not None:
        words = "the entries of {} are those of an orthogonal matrix, and depend on each other"
        raise NotSolved(sentence(words, rotation))
    face = face_of(problem, regime, terms, known)
    general = with_symbolic_decay(problem)
    if face.parts and general is not None:
        assert isinstance(problem, CPProblem)
        found = at_number(_solve(general[0], FULL, terms, None), problem, general[1])
        return replace(found, face=face.regime)
    attempts = Attempts(place=" to all faces together" if face.parts else "")
    shaped = next((tensor for tensor in problem.tensors if tensor.is_shaped), None)
    fact = sentence("the entries of {} are not Gaussian", shaped) if shaped else ""
    kept = Inapplicable(fact) if fact else None
    whole = OF_WHOLE_FRONT if face.parts else ROADS
    for road, result in tried(ALONG_A_SCALING if is_scaling(face.regime) else whole, face, kept):
        if isinstance(result, Derivation):
            found = judged(solution_of(result, road, face))
            try:
                check_start(found, face)
                return _with_domain(found, face, road)
            except NotSolved as failure:
                result = failure
        attempts = attempts.and_then(road.name, result)
    raise attempts.refusal()


def _with_domain(solution: Solution, face: Face, road: Road[Face, Any]) -> Solution:
    """Say until when a formula holds whose certificate or times of existence do not tell."""
    holding = holding_of(face) if road.petals else None
    if holding is not None:
        return replace(solution, domain=holding.domain, holding=holding)
    if solution.domain != "all t" or not solution.denominators:
        return solution
    return replace(solution, domain="t up to the first zero of a denominator on either side of 0")
