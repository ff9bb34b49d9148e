"""The tangent kernel of a network at given inputs, averaged over its weights, exactly.

The outputs at P numbered inputs are open diagrams f; their kernel is the merge ``f * f`` of two of
them, a P x P matrix whose averages are polynomials in sizes, scales and averages of functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from math import prod

from diagrams.dynamics.certificate import leading_part
from diagrams.errors import NotSolved
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Listed
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.wick.expectation import value

INPUTS_LIMIT = 6
"""Given inputs."""

Matrix = tuple[tuple[Polynomial, ...], ...]


@dataclass(frozen=True)
class TangentKernel:
    """Averages at the start, one row and column for every value of the indices of the output.

    ``kernel`` is ``E[f * f]``, ``errors`` is ``E[e e^T]``; ``weight`` is the c of the loss c |e|^2.
    """

    kernel: Matrix
    errors: Matrix
    weight: Polynomial

    def coefficients(self, terms: int) -> tuple[Polynomial, ...]:
        """What linear equations for the errors say of ``Y_0, .., Y_terms``."""
        size, found, power = range(len(self.kernel)), [], self.errors
        for s in range(terms + 1):
            trace = sum((power[a][a] for a in size), Polynomial())
            found.append(self.weight * (-4 * self.weight) ** s * trace)
            power = tuple(
                tuple(
                    sum((self.kernel[a][c] * power[c][b] for c in size), Polynomial()) for b in size
                )
                for a in size
            )
        return tuple(found)

    def leading(self, scaling: Mapping[str, int]) -> TangentKernel:
        """The terms that lead in either matrix."""
        return replace(
            self, kernel=_leading(self.kernel, scaling), errors=_leading(self.errors, scaling)
        )


def _leading(rows: Matrix, scaling: Mapping[str, int]) -> Matrix:
    """The terms of a matrix that are as large as its largest."""
    whole = Polynomial.from_terms((powers, 1) for row in rows for y in row for powers, _ in y.terms)
    kept = {powers for powers, _ in leading_part(whole, scaling).terms}
    return tuple(
        tuple(Polynomial.from_terms(t for t in y.terms if t[0] in kept) for y in row)
        for row in rows
    )


def _places(problem: Problem) -> list[tuple[int, ...]]:
    """The values of the indices of the output."""
    output = next((q for q in problem.quantities if q.name == "output"), None)
    if output is None or problem.potential != problem.observable:
        raise NotSolved("the flow descends more than the observable, one squared error")
    if not all(family.fixed for family in output.families):
        names = ", ".join(family.name for family in output.families if not family.fixed)
        raise NotSolved(f"the outputs are not numbered: the size of {names} is a symbol")
    if prod(int(family.size) for family in output.families) > INPUTS_LIMIT:
        raise NotSolved(f"there are more than {INPUTS_LIMIT} outputs")
    return list(product(*(range(int(family.size)) for family in output.families)))


def kernel_variances(problem: Problem) -> Matrix:
    """The variances of the entries of the tangent kernel at the start, exactly, at every width.

    Raises as :func:`tangent_kernel` does.
    """
    places = _places(problem)
    model = problem.with_observable("output").observable
    kernel = merge(model, model)

    def variance(a: tuple[int, ...], b: tuple[int, ...]) -> Polynomial:
        entry = _picked(kernel, (*a, *b))
        return value(entry @ entry) - value(entry) ** 2

    return tuple(tuple(variance(a, b) for b in places[:k]) for k, a in enumerate(places, 1))


def tangent_kernel(problem: Problem) -> TangentKernel:
    """Return the averages of kernel and errors of a problem at given inputs, exactly.

    Raises :class:`~diagrams.errors.NotSolved` where the loss is no squared error over finitely many
    numbered outputs, or more than it is descended.
    """
    places = _places(problem)
    model, aim = (problem.with_observable(name).observable for name in ("output", "target"))
    error = model + -1 * aim
    weight = _weight(problem.observable, _contracted(error @ error))
    kernel = merge(model, model)
    pairs = [(a, b) for a in range(len(places)) for b in range(a, len(places))]

    def averaged(open_ended: Combination) -> Matrix:
        found = {(a, b): value(_picked(open_ended, (*places[a], *places[b]))) for a, b in pairs}
        size = range(len(places))
        return tuple(tuple(found[min(a, b), max(a, b)] for b in size) for a in size)

    return TangentKernel(averaged(kernel), averaged(error @ error), weight)


def _contracted(double: Combination) -> Combination:
    """A product of two, the legs of either joined with those of the other."""
    parts = []
    for diagram, coefficient in double:
        half = len(diagram.legs) // 2
        pairs = zip(diagram.legs[:half], diagram.legs[half:], strict=True)
        closed = Diagram(diagram.nodes, diagram.edges).identify(pairs)
        parts.append((closed, coefficient))
    return Combination.of(parts)


def _weight(loss: Combination, square: Combination) -> Polynomial:
    diagram, coefficient = next(iter(loss))
    weight = (
        coefficient * square.coefficient(diagram) ** -1 if square.coefficient(diagram) else None
    )
    if weight is None or weight * square != loss:
        raise NotSolved("the loss is no squared error of the output alone")
    return weight


def _picked(value: Combination, place: Sequence[int]) -> Combination:
    """An open combination at values of its indices."""
    parts = []
    for diagram, coefficient in value:
        edges = [
            Edge(_unit(diagram.nodes[leg], number), (leg,))
            for leg, number in zip(diagram.legs, place, strict=True)
        ]
        parts.append((Diagram(diagram.nodes, (*diagram.edges, *edges)), coefficient))
    return Combination.of(parts)


@cache
def _unit(family: IndexFamily, number: int) -> Tensor:
    entries = tuple(Polynomial.constant(int(k == number)) for k in range(int(family.size)))
    return Tensor(f"at{number + 1}", (family,), Role.FROZEN, Listed(entries))
