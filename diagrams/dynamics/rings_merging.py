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

from diagrams.diagram import Diagram
from diagrams.dynamics.fitted_table import LeadingTable
from diagrams.errors import NotSolved
from diagrams.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.width import row_family
from diagrams.scaling.linear import echelon
from diagrams.tensors import Gaussian, Role
from pde.polynomial import Index
from pde.polynomial import Polynomial as IndexPolynomial
from pde.recurrence import Recurrence


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


def ring_variance(problem: Problem) -> Polynomial:
    """Return the variance of the entries of a problem of rings.

    Raises :class:`~diagrams.errors.NotSolved` if it is none: a diagram with trained entries that
    is not one ring, two matrices, or entries with a mean.
    """
    failure = "the rings: the loss has diagrams that are not one ring of one matrix"
    for diagram, _ in problem.potential:
        if diagram.edges and not ring_rows(diagram):
            raise NotSolved(failure)
    laws = {tensor.law for tensor in problem.tensors}
    rates = {tensor.rate for tensor in problem.tensors}
    if len(problem.tensors) != 1 or rates != {Polynomial.constant(1)}:
        raise NotSolved(failure)
    (law,) = laws
    if not isinstance(law, Gaussian) or law.mean_value:
        raise NotSolved(failure)
    return law.variance


def balanced_scaling(problem: Problem) -> dict[str, Fraction | int]:
    """Return the scaling for which rings of all lengths, and all scales, are of one order.

    Both sizes grow alike, the variance as one over them.
    """
    ((scale, power),) = ring_variance(problem).terms[0][0]
    return {**dict.fromkeys(problem.sizes, 1), scale: -1 / power}


def merging_recurrence(problem: Problem, table: LeadingTable, places: Sequence[int]) -> Recurrence:
    """Return the recurrence of ``C[s, k_1, ..]`` for chosen axes of a table.

    ``places`` are the places of the integers in the table, as in
    :class:`~diagrams.dynamics.rings_separation.Separation`.  Raises
    :class:`~diagrams.errors.NotSolved` if a merge is no step along these axes.
    """
    variance = ring_variance(problem)
    ((scale, power),) = variance.terms[0][0]
    heads = row_family(problem)
    size = next(family.size for family in problem.trained[0].families if family != heads)
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
