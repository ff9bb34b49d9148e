"""What leads on one scaling, for any problem: the highest power of the large parameter alone.

Where every index is met twice, words that cannot lead are dropped by proved bounds
(:mod:`diagrams.wick.words.pruning`).  What is to be reached is guessed from low orders: terms of
the exponents asked for are complete whatever they are, so that a guess that is attained is
certified by what it finds, and one that is not is lowered.  Models of trained matrices between
two families have their Pareto-optimal terms (:mod:`diagrams.scaling.leading.derivatives`).  For
others whole coefficients are expanded.
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
from diagrams.series.levels import Levels, Proportion, exponents_on, leading_levels
from diagrams.series.ways import derivatives, leading_by_words, top_exponent
from diagrams.wick.transfer import UnsupportedStructure

LOW = 3
"""Exponents are guessed from whole coefficients up to this order."""

TRIES = 6
"""So often a guess is lowered before whole coefficients are expanded."""

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
    exact: what leads on the scaling, all else left out by proved bounds (checked to order 2)
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
        (_whole, "what leads on the scaling, of whole coefficients"),
    )
    for way, statement in ways:
        found = way(problem, terms, exponents)
        if found is not None:
            evidence = Evidence(Kind.EXACT, statement, terms)
            return leading_levels(problem, found, scaling, evidence)
    raise AssertionError("whole coefficients serve every problem")


def _whole(problem: Problem, terms: int, exponents: Exponents) -> list[Polynomial]:
    return list(derivatives(problem, terms))


def _by_words(problem: Problem, terms: int, exponents: Exponents) -> list[Polynomial] | None:
    """What is reached by words; ``None`` where they do not serve, or nothing is reached."""
    low = min(terms, LOW)
    try:
        leading_by_words(problem, [Fraction(0)], exponents)
    except UnsupportedStructure:
        return None
    first = list(derivatives(problem, low))
    if not all(first):
        return None
    needed = [top_exponent(polynomial, exponents) for polynomial in first]
    while len(needed) <= terms:
        back = min(2, low)
        needed.append(needed[-back] + needed[low] - needed[low - back])
    for _ in range(TRIES):
        found = leading_by_words(problem, needed, exponents)
        if all(found):
            return found
        needed = [n if y else n - 1 for n, y in zip(needed, found, strict=True)]
    return None


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
