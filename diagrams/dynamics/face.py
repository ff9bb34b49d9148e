"""The face asked for, with the exact leading coefficients that a solution must reproduce."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from diagrams.campaign import effort, watch
from diagrams.dynamics.along import is_scaling, regime_along
from diagrams.dynamics.certificate import LEAST
from diagrams.dynamics.constants import kept_constant
from diagrams.dynamics.renamed import leading_under
from diagrams.errors import BadInput, NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.standard import standard
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import Coefficients
from diagrams.scaling.leading import LeadingSeries, leading_derivatives
from diagrams.scaling.regimes.exploration import BUDGET, LAST
from diagrams.scaling.regimes.finding import Regimes, regimes
from diagrams.scaling.regimes.regime import Regime
from diagrams.series.expansion import expand

MOST_TERMS = 9
EVEN_TERMS = 6
"""Orders computed where all ties are even: there they cost next to nothing."""

ODD_TERMS = ((4, 7), (6, 6), (8, 5), (12, 4))
"""Orders computed elsewhere, by the number of factors of the largest diagram; 3 beyond.

As many as take seconds: with (2,1) a closure fails first at ``s = 5``, and what was compared to
that order only would not have shown it.
"""

PATIENCE = 5.0
"""Seconds of work that a further order may take; those to begin with, three times as long."""

ALONG_TERMS = 3
"""Orders that are compared on a scaling, or on a face without a law: no regimes are found there."""

FULL = "full"


@dataclass(frozen=True)
class Face:
    """A regime of a problem and its exact leading terms.

    ``constant`` holds the terms of the pure-target constant of ``E[L]`` that belong to the answer;
    ``constant_note`` says which do and which do not.  ``parts`` are the faces of a front that is no
    single polygon, or moves with the order, where all of it was asked for; ``regime`` is then the
    first of them under the name ``full``.
    """

    problem: Problem
    regime: Regime
    exact: Coefficients
    constant: Polynomial
    constant_note: str
    parts: tuple[Regime, ...] = ()


Known = tuple[Regimes, Coefficients]
"""The regimes of a problem and the coefficients, at least their leading terms, that show them."""


def face_of(
    problem: Problem,
    regime: str | Regime,
    terms: int | None = None,
    known: Known | None = None,
) -> Face:
    """Return the face of a regime, given by name (``full``: all that leads) or as a value.

    A scaling of all sizes, such as ``d=1,n=delta*d``, is a regime, too
    (:mod:`diagrams.dynamics.along`).
    ``terms`` is the highest exact order; by default as many as the regimes need to be fitted, and
    a certificate on a face that does not lead at the first orders.
    With ``known``, what :func:`exact_regimes` gave earlier, nothing is computed again.

    Raises :class:`~diagrams.errors.BadInput` for an unknown regime, and
    :class:`~diagrams.errors.NotSolved` as :func:`exact_regimes` does.
    """
    if is_scaling(regime):
        along = regime_along(problem, regime) if isinstance(regime, str) else regime
        exact = _few(problem, ALONG_TERMS) if terms is None else _coefficients(problem, terms)
        return Face(problem, along, exact, *kept_constant(exact, (along,)))
    try:
        found, exact = exact_regimes(problem, terms) if known is None else known
    except NotSolved:
        if not isinstance(regime, Regime):
            raise
        exact = _few(problem, ALONG_TERMS)  # a face seen at some orders needs no law of all
        return Face(problem, regime, exact, *kept_constant(exact, (regime,)))
    chosen = (regime,) if isinstance(regime, Regime) else _named(found, regime)
    needed = max(1, chosen[0].first) + LEAST - 1
    more = exact.terms < needed <= MOST_TERMS and has_leading_terms(problem)
    if terms is None and len(chosen) == 1 and more:
        exact = _leading(problem, needed)
    kept, note = kept_constant(exact, chosen)
    if len(chosen) == 1:
        return Face(problem, chosen[0], exact, kept, note)
    return Face(problem, _joined(found, chosen), exact, kept, note, chosen)


@lru_cache(maxsize=64)
def exact_regimes(problem: Problem, terms: int | None = None) -> Known:
    """Return the regimes of a problem and the leading terms they were read from.

    Whole coefficients, as far as they cost little, serve where leading terms are not found on
    their own.

    Raises :class:`~diagrams.errors.NotSolved` for a problem whose orders fit no law of regimes, and
    :class:`~diagrams.errors.BadInput` where those asked for do not.
    """
    if terms is not None:
        exact = _coefficients(problem, terms)
        return regimes(exact), exact
    return _cheapest(problem)


def _leading(problem: Problem, terms: int) -> LeadingSeries:
    """The exact leading terms, found under standard names: once for all names of a problem."""
    plain, names = standard(problem)
    found = _found_leading(plain, terms)
    return found if plain == problem else leading_under(found, problem, names)


@lru_cache(maxsize=64)
def _found_leading(problem: Problem, terms: int) -> LeadingSeries:
    return leading_derivatives(problem, terms)


@lru_cache(maxsize=64)
def _cheapest(problem: Problem) -> Known:
    """The regimes from the least orders that show them, as far as orders cost little."""
    order = _first_terms(problem) if has_leading_terms(problem) else 2
    exact = _few(problem, order)
    while True:
        try:
            found = watch.within(LAST * BUDGET, partial(regimes, exact))
            if found is None:
                raise NotSolved(
                    f"the regimes: no law of orders 0 to {order} was found in {LAST * BUDGET:g} s;"
                    " `wickflow regimes` shows the faces seen"
                )
            return found, exact
        except BadInput as failure:
            order += 1
            more = partial(_coefficients, problem, order)
            further = effort.within(PATIENCE, more) if order <= MOST_TERMS else None
            if further is None:
                known = f"from orders 0 to {order - 1}: {failure.allowed}"
                advice = "a higher order by --terms may do, or one scaling by --scaling"
                raise NotSolved(f"the regimes, {known}; {advice}") from failure
            exact = further


def _few(problem: Problem, order: int) -> Coefficients:
    """The orders to begin with; raises ``NotSolved`` where they are much work."""
    exact = effort.within(3 * PATIENCE, partial(_coefficients, problem, order))
    if exact is None:
        raise NotSolved(
            f"the regimes: orders 0 to {order} are much work; a run with --terms {order} may do"
        )
    return exact


@lru_cache(maxsize=64)
def _coefficients(problem: Problem, terms: int) -> Coefficients:
    """The exact leading terms, or whole coefficients where these are not found alone."""
    if has_leading_terms(problem):
        return _leading(problem, terms)
    return expand(problem, terms)


@lru_cache(maxsize=64)
def has_leading_terms(problem: Problem) -> bool:
    """Whether the leading terms of a problem are found without the others."""
    try:
        leading_derivatives(problem, 0)
    except BadInput as failure:
        if failure.field != "problem":
            raise
        return False
    return True


def _first_terms(problem: Problem) -> int:
    """The number of orders to begin with: more where they are cheap."""
    most = max((len(diagram.edges) for diagram, _ in problem.observable), default=0)
    if all(degree % 2 == 0 for degree in row_degrees(problem)):
        return EVEN_TERMS
    return next((terms for edges, terms in ODD_TERMS if most <= edges), 3)


def row_degrees(problem: Problem) -> Iterator[int]:
    """How many edges of every colour meet a row, over all diagrams of the observable."""
    rows = structure(problem).rows
    for diagram, _ in problem.observable:
        for row, family in enumerate(diagram.nodes):
            if family == rows:
                names = [edge.tensor.name for edge in diagram.edges if row in edge.nodes]
                yield from (names.count(name) for name in set(names))


def _named(found: Regimes, name: str) -> tuple[Regime, ...]:
    """The regime of a name; all of them for a front that no single one bounds for all orders."""
    if isinstance(name, str) and name.lower() == FULL and FULL not in found.names:
        largest = max(regime.dimension for regime in found)
        whole = [regime for regime in found if regime.dimension == largest]
        return (whole[0],) if len(whole) == 1 and not whole[0].drifts else found.members
    chosen = found.written(name)
    if chosen is None:
        raise BadInput("regime", name, ", ".join(dict.fromkeys((FULL, *found.names))))
    return (chosen,)


def _joined(found: Regimes, parts: tuple[Regime, ...]) -> Regime:
    """All faces as one, for which no condition is left but that sizes grow."""
    return replace(
        parts[0],
        name=FULL,
        dimension=max(part.dimension for part in parts) + 1,
        corners=tuple(dict.fromkeys(c for part in parts for c in part.corners)),
        equalities=(),
        inequalities=(),
        clock=None,
        first=max(part.first for part in parts),
        evidence=found.evidence,
    )
