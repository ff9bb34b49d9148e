"""The output and the target of a squared error, found in the diagrams of the loss.

The loss ``(g/2) (f - F) . (f - F)`` has a diagram with most trained entries, ``f . f``.  Cut at the
free indices it falls into two equal halves, each of them the output ``f``; what stands beside one
half in the diagrams ``f . F`` is the target ``F``.  A cut is believed only where the squared
error that it makes is the loss again, diagram by diagram.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.sentences import sentence
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem

LARGEST = 10
"""Nodes of a diagram that is cut: the subsets of them are tried."""


@dataclass(frozen=True)
class Residual:
    """A squared error: ``weight/2`` times the square of ``output - target``, open at its legs."""

    output: Diagram
    target: Combination
    weight: Polynomial

    @property
    def square(self) -> tuple[Combination, Combination]:
        """The square with open legs of both factors: its part that moves, and that of ``F . F``."""
        output = Combination.of({self.output: 1})
        cross = (output @ self.target) + (self.target @ output)
        return (output @ output) - cross, self.target @ self.target

    @property
    def learned(self) -> frozenset[Tensor]:
        """The tensors of the target that the output does not hold."""
        held = set(self.output.tensors)
        return frozenset(t for d, _ in self.target for t in d.tensors if t not in held)


def residual_of(problem: Problem) -> Residual | Inapplicable:
    """Return output and target of a loss that is the squared error of one product.

    >>> from diagrams.problems.cp import cp_problem
    >>> found = residual_of(cp_problem(order=2, ties="asym"))
    >>> print(found.output, "|", found.target, "|", found.weight)
    sum[k1] u[k1,i1] v[k1,i2] (open: i1,i2) | (1) 1 (open: i1,i1) | 1
    """
    degrees = {diagram: _degree(diagram) for diagram, _ in problem.observable}
    most = max(degrees.values(), default=0)
    squares = [(d, c) for d, c in problem.observable if most and degrees[d] == most]
    if len(squares) != 1 or not squares[0][1].is_monomial:
        return Inapplicable("the loss is no squared error of one product of trained tensors")
    ((whole, coefficient),) = squares
    weight = 2 * coefficient
    for output in _halves(whole):
        target = _target(problem, output, weight)
        if target is None:
            continue
        found = Residual(output, target, weight)
        moving, fixed = found.square
        made = coefficient * _joined(moving + fixed)
        if made == problem.observable:
            return found
    fact = "the diagram {} of the loss is no square of an output beside the same target"
    return Inapplicable(sentence(fact, whole))


def _degree(diagram: Diagram) -> int:
    return sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)


def _joined(doubled: Combination) -> Combination:
    """Products of two open diagrams, the legs of one joined to those of the other."""
    terms = []
    for diagram, coefficient in doubled:
        half = len(diagram.legs) // 2
        pairs = zip(diagram.legs[:half], diagram.legs[half:], strict=True)
        joined = diagram.identify(pairs)
        terms.append((Diagram(joined.nodes, joined.edges), coefficient))
    return Combination.of(terms)


def _halves(whole: Diagram) -> Iterator[Diagram]:
    """The halves of a diagram that is a square, those with the fewest free indices first."""
    if len(whole.nodes) > LARGEST:
        return
    for count in range(len(whole.nodes) + 1):
        for legs in combinations(range(len(whole.nodes)), count):
            half = _half(whole, legs)
            if half is not None:
                yield half


def _half(whole: Diagram, legs: tuple[int, ...]) -> Diagram | None:
    """One of two equal halves of a diagram cut at some of its nodes, if it falls into such."""
    kinds: dict[Diagram, list[tuple[Edge, ...]]] = {}
    for edges in _pieces(whole, legs):
        if not edges:
            return None
        kinds.setdefault(_open(whole, edges, legs).canonical, []).append(edges)
    if any(len(found) % 2 for found in kinds.values()):
        return None
    kept = [e for found in kinds.values() for edges in found[::2] for e in edges]
    return _open(whole, kept, legs)


def _pieces(whole: Diagram, legs: tuple[int, ...]) -> list[tuple[Edge, ...]]:
    """The edges of what a diagram falls into when cut at its legs; nodes without edges are none."""
    groups: list[tuple[set[int], list[Edge]]] = [
        ({node}, []) for node in range(len(whole.nodes)) if node not in legs
    ]
    for edge in whole.edges:
        inner = set(edge.nodes) - set(legs)
        met = [group for group in groups if group[0] & inner]
        groups = [group for group in groups if not group[0] & inner]
        nodes = inner.union(*(group[0] for group in met))
        groups.append((nodes, [e for group in met for e in group[1]] + [edge]))
    return [tuple(edges) for _, edges in groups]


def _open(whole: Diagram, edges: list[Edge] | tuple[Edge, ...], legs: tuple[int, ...]) -> Diagram:
    """Some edges of a diagram, its legs open, all other nodes left out."""
    kept = [*legs, *sorted({n for e in edges for n in e.nodes} - set(legs))]
    number = {node: place for place, node in enumerate(kept)}
    return Diagram(
        tuple(whole.nodes[node] for node in kept),
        tuple(Edge(e.tensor, tuple(number[n] for n in e.nodes)) for e in edges),
        tuple(range(len(legs))),
    )


def _target(problem: Problem, output: Diagram, weight: Polynomial) -> Combination | None:
    """What stands beside the output in the diagrams with fewer trained entries."""
    own, factor = _degree(output), _inverse(weight)
    terms = []
    for diagram, coefficient in problem.observable:
        if _degree(diagram) != own or own == 0:
            continue
        rest = next(_beside(diagram, output), None)
        if rest is None:
            return None
        terms.append((rest, -1 * coefficient * factor))
    return Combination.of(terms)


def _inverse(weight: Polynomial) -> Polynomial:
    ((powers, number),) = weight.terms
    return Polynomial.monomial(1 / Fraction(number), {name: -e for name, e in powers})


def _beside(diagram: Diagram, output: Diagram) -> Iterator[Diagram]:
    """What is left of a diagram without a copy of the output, open where the copy's legs were."""

    def placed(at: int, place: dict[int, int], used: frozenset[int]) -> Iterator[Diagram]:
        if at == len(output.edges):
            rest = [e for k, e in enumerate(diagram.edges) if k not in used]
            inner = {place[n] for n in place if n not in output.legs}
            legs = [place.get(leg) for leg in output.legs]
            if any(n in inner for e in rest for n in e.nodes) or None in legs:
                return
            kept = [n for n in range(len(diagram.nodes)) if n not in inner]
            number = {node: k for k, node in enumerate(kept)}
            yield Diagram(
                tuple(diagram.nodes[n] for n in kept),
                tuple(Edge(e.tensor, tuple(number[n] for n in e.nodes)) for e in rest),
                tuple(number[leg] for leg in legs if leg is not None),
            )
            return
        edge = output.edges[at]
        for k, other in enumerate(diagram.edges):
            if k in used or other.tensor != edge.tensor:
                continue
            found = dict(place)
            if all(
                found.setdefault(a, b) == b for a, b in zip(edge.nodes, other.nodes, strict=True)
            ):
                yield from placed(at + 1, found, used | {k})

    yield from placed(0, {}, frozenset())
