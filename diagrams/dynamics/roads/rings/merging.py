"""Rings merge into rings: the recurrence of the first factor, without a fit.

A ring of ``n`` rows is ``tr (U U^T)^n``.  Merging rings of ``a`` and ``b`` rows gives rings of
``a + b - 1`` rows in ``4 a b`` ways, so that a diagram is known by its length alone and

    s C[s, k] = - sum over rings b of the potential  4 weight b a C[s-1, k - shift],

``a`` the length at the entry on the right.  It holds for all ``s``; a recurrence fitted to exact
coefficients that equals it is thereby proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diagrams.dynamics.roads.fitted.table import LeadingTable
from diagrams.dynamics.roads.rings.normal_form import RingForm, ring_form, ring_rows
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.scaling.polyhedra.linear import echelon
from pde.recurrences.polynomial import Index
from pde.recurrences.polynomial import Polynomial as IndexPolynomial
from pde.recurrences.recurrence import Recurrence


def balanced_scaling(problem: Problem) -> dict[str, Fraction | int]:
    """Return the scaling for which rings of all lengths, and all scales, are of one order.

    The problem is one in normal form (:mod:`diagrams.dynamics.roads.rings.normal_form`).  Both
    sizes grow alike, the variance as one over them.
    """
    form = ring_form(problem)
    assert isinstance(form, RingForm)
    ((scale, power),) = form.variance.terms[0][0]
    return {**dict.fromkeys(problem.sizes, 1), scale: -1 / power}


def merging_recurrence(problem: Problem, table: LeadingTable, places: Sequence[int]) -> Recurrence:
    """Return the recurrence of ``C[s, k_1, ..]`` for chosen axes of a table.

    ``places`` are the places of the integers in the table, as in
    :class:`~diagrams.dynamics.recurrences.separation.Separation`.  Raises
    :class:`~diagrams.errors.NotSolved` if a merge is no step along these axes.
    """
    form = ring_form(problem)
    assert isinstance(form, RingForm)
    variance, size = form.variance, form.sizes[0]
    ((scale, power),) = variance.terms[0][0]
    axes = [table.axes[place - 1].monomial for place in places]
    dimension = len(axes) + 1

    def rows(monomial: Polynomial) -> Fraction:
        return dict(monomial.terms[0][0]).get(scale, Fraction(0)) / power

    length = IndexPolynomial.constant(rows(table.base), dimension)
    for place, monomial in enumerate((table.clock, *axes)):
        length = length + rows(monomial) * IndexPolynomial.variable(place, dimension)
    total: dict[Index, IndexPolynomial] = {(0,) * dimension: IndexPolynomial.variable(0, dimension)}
    for diagram, weight in problem.potential:
        added = ring_rows(diagram)
        if not added:
            continue
        for powers, value in weight.terms:
            factor = Polynomial(((powers, Fraction(1)),))
            gain = factor * (Polynomial.symbol(size) * variance) ** (added - 1)
            shift = (-1, *(-k for k in _steps(gain * table.clock**-1, axes)))
            term = 4 * added * value * length
            total[shift] = total.get(shift, IndexPolynomial(dimension)) + term
    return Recurrence.from_terms(dimension, total)


def _steps(gain: Polynomial, axes: Sequence[Polynomial]) -> tuple[int, ...]:
    """The integers by which a merge moves along the axes."""
    columns = [dict(monomial.terms[0][0]) for monomial in (*axes, gain)]
    names = sorted({name for column in columns for name in column})
    rows, pivots = echelon([[column.get(n, Fraction(0)) for column in columns] for n in names])
    result = [Fraction(0)] * len(axes)
    for row, place in zip(rows, pivots, strict=True):
        if place == len(axes):
            raise NotSolved("the rings: a merge that is no step along the integers of the table")
        result[place] = row[-1]
    if any(step.denominator != 1 for step in result):
        raise NotSolved("the rings: a merge that is no step along the integers of the table")
    return tuple(map(int, result))


def proportional(one: Recurrence, other: Recurrence) -> bool:
    """Whether two recurrences are the same up to a factor.

    >>> n = IndexPolynomial.variable(0, 1)
    >>> one = Recurrence.from_terms(1, {(0,): n, (-1,): n + 1})
    >>> proportional(one, Recurrence.from_terms(1, {(0,): 2 * n, (-1,): 2 * n + 2}))
    True
    """
    if one.shifts != other.shifts:
        return False
    first = one.terms[-1][1].terms[0]
    second = dict(other.terms[-1][1].terms)
    if first[0] not in second:
        return False
    ratio = first[1] / second[first[0]]
    return all(a == ratio * b for (_, a), (_, b) in zip(one.terms, other.terms, strict=True))
