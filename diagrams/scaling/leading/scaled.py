"""What leads on one scaling, for any problem: the highest power of the large parameter alone.

Where every index is met twice, a proved bound on exponents says what may lead, and what attains it
is found word by word (:mod:`diagrams.wick.words.leading`).  Models of trained matrices between two
families have their Pareto-optimal terms (:mod:`diagrams.scaling.leading.derivatives`).  For others,
and where the bound is not attained, whole coefficients are expanded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, stated
from diagrams.scaling.leading.derivatives import leading_derivatives
from diagrams.series.expansion import check_terms
from diagrams.series.levels import Levels, Proportion, Row, exponents_on, leading_levels
from diagrams.series.ways import derivatives, leading_by_words, top_exponent
from diagrams.wick.transfer import UnsupportedStructure

LOW = 3
"""Up to this order coefficients are expanded whole: there what leads need not attain the bound."""

Exponents = Mapping[str, Fraction]


def leading_terms(problem: Problem, terms: int, scaling: Mapping[str, Proportion]) -> Levels:
    """Return the leading level of ``Y_0, .., Y_terms`` on a scaling, exactly.

    ``scaling`` is that of :func:`~diagrams.series.levels.levels`: sizes and scales as exponents or
    as monomials.  ``evidence`` of the result says what was left out, and why that could be.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(leading_terms(cp_problem(order=2, ties="asym"), 2, {"p": 1, "H": "y*p"}))
    levels in p, with H = p*y:
    Y_0  p**3: 1/2*y*sigma**4
    Y_1  p**4: -2*y**2*sigma**6 - 2*y*sigma**6
    Y_2  p**5: 8*y**3*sigma**8 + 28*y**2*sigma**8 + 12*y*sigma**8
    left out: what does not lead
    exact: what leads on the scaling, of the terms that lead on any (checked to order 2)
    """
    stated(problem)
    check_terms(terms)
    if any(diagram.legs for diagram, _ in problem.observable):
        raise BadInput("observable", problem.observed, "no free indices")
    exponents = exponents_on(scaling)
    leading_levels(problem, (), scaling, Evidence(Kind.EXACT, ""))  # refuses before any work
    ways: tuple[tuple[Callable[..., Sequence[Polynomial] | None], str], ...] = (
        (_by_words, "what leads on the scaling, all else left out by proved bounds"),
        (_by_fronts, "what leads on the scaling, of the terms that lead on any"),
    )
    for way, statement in ways:
        found = way(problem, terms, exponents)
        if found is not None:
            evidence = Evidence(Kind.EXACT, statement, terms)
            result = leading_levels(problem, found, scaling, evidence)
            if all(_leads(*one, exponents) for one in zip(result.rows, found, strict=True)):
                return result
    evidence = Evidence(Kind.EXACT, "what leads on the scaling, of whole coefficients", terms)
    return leading_levels(problem, list(derivatives(problem, terms)), scaling, evidence)


def _leads(row: Row, polynomial: Polynomial, exponents: Exponents) -> bool:
    """Whether terms of the highest exponent are left where sizes are put in proportion."""
    return bool(row) == bool(polynomial) and all(
        e == top_exponent(polynomial, exponents) for e, _ in row
    )


def _by_words(problem: Problem, terms: int, exponents: Exponents) -> list[Polynomial] | None:
    """Whole coefficients of low orders, and beyond what attains a bound on exponents.

    ``None`` where words do not serve, or the bound is not attained.
    """
    if terms <= LOW:
        return None
    try:
        beyond = leading_by_words(problem, terms, exponents)[LOW + 1 :]
    except UnsupportedStructure:
        return None
    if any(not y or top_exponent(y, exponents) != bound for bound, y in beyond):
        return None
    return [*derivatives(problem, LOW), *(y for _, y in beyond)]


def _by_fronts(problem: Problem, terms: int, exponents: Exponents) -> list[Polynomial] | None:
    """The Pareto-optimal terms, where no leading ones of different sectors cancel."""
    try:
        series = leading_derivatives(problem, terms)
    except BadInput:
        return None
    if any(exponents.get(size, 0) < 0 for size in series.sizes):
        return None
    found = [series.coefficient(s) for s in range(terms + 1)]
    for order, polynomial in zip(series.orders, found, strict=True):
        tops = [
            top_exponent(sector.prefactor * Polynomial.monomial(1, powers), exponents)
            for sector in order
            for own, _ in sector.counts
            for powers in [dict(zip(series.sizes, own, strict=True))]
        ]
        if tops and (not polynomial or top_exponent(polynomial, exponents) != max(tops)):
            return None
    return found
