"""How a regime learns: by the number of couplings to the target in the terms of its face.

Where the powers of scales tell that number (:mod:`diagrams.scaling.fronts.sectors`), a law of the
front tells it at every order.  Elsewhere couplings are counted: the problem is expanded again with
a symbol on its targets, as far as little work allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, partial

from diagrams.campaign.effort import WORK
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.problems.files import coupled
from diagrams.problems.problem import Problem
from diagrams.scaling.fronts.families import Families, Line
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.fronts.restriction import tied_powers
from diagrams.series.expansion import Series, expand
from pde.linear_algebra import Vector

UNDETERMINED = "undetermined"
BUDGET = 2.0
"""Seconds of work that counting takes for one order more."""
MOST = 6
"""The highest order at which couplings are counted."""

Counts = Mapping[Vector, frozenset[Fraction]]
"""By the exponents of a term, the numbers of couplings that it has."""


def learning_of(found: Fronts, families: Families, lines: Sequence[Sequence[Line]]) -> str:
    """Return ``free``, ``lazy`` or ``rich``: no, boundedly many, ever more couplings to the target.

    ``lines`` are those of a face, by residue class.  Where no law is known, and where couplings are
    counted, it is what the orders seen have; ``undetermined`` where fewer than two can be seen.

    >>> from diagrams.problems.spec import load_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> line = load_problem('''
    ... families = {row = "n"}
    ... tensors.w = {families = ["row"], role = "trained", variance = 1}
    ... tensors.t = {families = ["row"], role = "frozen", variance = 1}
    ... model = {output = "w[i]", target = "t[i]"}
    ... loss = {kind = "squared error", over = ["i"]}
    ... ''')
    >>> vertex = Line((Fraction(1),), (Fraction(0),))
    >>> law = Families(1, 0, 3, ((vertex,),), 2, 4, (2, 3))
    >>> learning_of(fronts(line, 3), law, law.classes)
    'lazy'
    """
    runs = _runs(found, families, lines)
    if not all(runs):
        return UNDETERMINED
    if all(count == {0} for run in runs for count in run):
        return "free"
    if any(len(run) < 2 for run in runs):
        return UNDETERMINED
    return "lazy" if all(count == run[0] for run in runs for count in run) else "rich"


def _runs(
    found: Fronts, families: Families, lines: Sequence[Sequence[Line]]
) -> list[list[frozenset[Fraction]]]:
    """The numbers of couplings order by order: of every vertex, or of all that were seen."""
    target = found.target
    period = len(lines)
    known: Sequence[Counts] = ()
    orders = range(families.first, families.last + 1)
    if target is None:
        known = _counted(found, min(families.last, MOST))
        orders = range(families.first, len(known))

    def couplings(s: int, points: Iterable[Vector]) -> frozenset[Fraction]:
        if target is not None:
            return frozenset(target.at(s, point) for point in points)
        return frozenset[Fraction]().union(*(known[s].get(point, ()) for point in points))

    if families.seen:
        led = [(s, lines[s % period]) for s in orders if lines[s % period]]
        return [[couplings(s, (v.start for v in group)) for s, group in led]]
    return [
        [
            couplings(s, [v.at(s)])
            for s in ((0, 1) if target is not None else orders)
            if target is not None or s % period == residue
        ]
        for residue, group in enumerate(lines)
        for v in group
    ]


def _counted(found: Fronts, last: int) -> tuple[Counts, ...]:
    """The numbers of couplings in the terms of each order; of fewer orders where that takes long.

    They stand in the order of ``found``, on whose scalings symbols may be tied.
    """
    symbol, polynomials = _marked(found.problem, last)
    return tuple(_counts(polynomial, symbol, found) for polynomial in polynomials)


@lru_cache(maxsize=16)
def _marked(problem: Problem, last: int) -> tuple[str, tuple[Polynomial, ...]]:
    """A symbol of targets, and the coefficients with it."""
    symbol = fresh("couplings", problem.symbols)
    marked = coupled(problem, symbol)
    if marked is None:
        return symbol, ()
    series: Series | None = None
    for terms in range(2, last + 1):
        further = WORK.within(BUDGET, partial(expand, marked, terms))
        if further is None:
            break
        series = further
    if series is None:
        return symbol, ()
    return symbol, tuple(series.coefficient(s) for s in range(series.terms + 1))


def _counts(polynomial: Polynomial, symbol: str, found: Fronts) -> Counts:
    counts: dict[Vector, set[Fraction]] = {}
    for powers, _ in polynomial.terms:
        others = tied_powers(dict(powers), found.tied)
        number = others.pop(symbol, Fraction(0))
        point = tuple(others.get(name, Fraction(0)) for name in found.symbols)
        counts.setdefault(point, set()).add(number)
    return {point: frozenset(numbers) for point, numbers in counts.items()}
