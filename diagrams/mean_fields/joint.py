"""Indices that always stand together, as one index of a family of the product of their sizes.

An expert and a unit inside it meet the same tensors everywhere: ``W[e,m,i]`` is a matrix between
pairs (e, m) and features.  Merging and averages keep such pairs together, so that coefficients hold
the sizes in their product alone, and nothing is lost.

A trace ``U[h,i,i]`` parts such a pair.  So the diagonal of a tensor that is traced somewhere, which
has as many entries as the family, is taken for a tensor of its own, and pairs are those of
different indices: as many as the square of the size, at leading order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import TypeVar

from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Drawn, Haar, Mean
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem
from diagrams.wick.functions import weights_in

Value = TypeVar("Value")

Slots = Mapping[str, tuple[int, int]]
"""Tensors by name, with the two slots whose indices stand together."""


def joint(
    problem: Problem, put: Mapping[str, Polynomial]
) -> tuple[Problem, Mapping[str, Polynomial]]:
    """Return the problem with one family for each set of such, and their sizes in a scaling."""
    inside = weights_in(d for d, _ in (*problem.potential, *problem.observable))
    for tensor in problem.tensors:
        if tensor in inside:
            continue
        for one, other in combinations(range(tensor.rank), 2):
            families = tensor.families[one], tensor.families[other]
            if any(family.fixed or family.size not in put for family in families):
                continue
            parted = _without_diagonal(problem, tensor, one, other)
            slots = _together(parted, tensor, one, other)
            if slots is None:
                continue
            name = fresh(f"{families[0].name}_{families[1].name}", _names(problem))
            both = IndexFamily(name, fresh("pairs", [*problem.symbols, *put]))
            sizes = {**put, both.size: put[families[0].size] * put[families[1].size]}
            return joint(_mapped(parted, partial(_joined, slots=slots, both=both)), sizes)
    return problem, put


def _names(problem: Problem) -> list[str]:
    return [family.name for family in problem.families]


def _mapped(problem: Problem, parts: Callable[[Diagram], Iterable[Diagram]]) -> Problem:
    """The problem with other diagrams in the place of each."""

    def put(value: Combination) -> Combination:
        return Combination.of((part, weight) for own, weight in value for part in parts(own))

    return replace(
        problem, observable=put(problem.observable), potential=put(problem.potential), declared=()
    )


# -- the diagonal -------------------------------------------------------------------------------


def _without_diagonal(problem: Problem, tensor: Tensor, one: int, other: int) -> Problem:
    """The problem with the diagonal of a tensor apart, where it is traced over two slots."""
    diagrams = [diagram for diagram, _ in (*problem.observable, *problem.potential)]
    traced = any(
        edge.tensor == tensor and edge.nodes[one] == edge.nodes[other]
        for diagram in diagrams
        for edge in diagram.edges
    )
    if not traced or not _independent(tensor):
        return problem
    name = fresh(f"{tensor.name}_diagonal", [own.name for own in problem.tensors])
    diagonal = replace(tensor, name=name, families=_without(tensor.families, other))
    return _mapped(problem, lambda own: _split(own, tensor, one, other, diagonal))


def _independent(tensor: Tensor) -> bool:
    """Whether entries are drawn alike, wherever they stand."""
    law = tensor.law
    return isinstance(law, Drawn) and not isinstance(law, Haar) and law.mean is not Mean.DELTA


def _split(
    own: Diagram, tensor: Tensor, one: int, other: int, diagonal: Tensor
) -> Iterator[Diagram]:
    """A diagram with each pair of indices of a tensor once different, and once the same."""
    pairs = sorted(
        {
            (edge.nodes[one], edge.nodes[other])
            for edge in own.edges
            if edge.tensor == tensor and edge.nodes[one] != edge.nodes[other]
        }
    )
    for count in range(len(pairs) + 1):
        for chosen in combinations(pairs, count):
            root = list(range(len(own.nodes)))
            for a, b in chosen:
                root = [root[a] if r == root[b] else r for r in root]
            kept = sorted(set(root))
            edges = []
            for edge in own.edges:
                nodes = tuple(kept.index(root[node]) for node in edge.nodes)
                if edge.tensor == tensor and nodes[one] == nodes[other]:
                    edges.append(Edge(diagonal, _without(nodes, other)))
                else:
                    edges.append(Edge(edge.tensor, nodes))
            yield Diagram(tuple(own.nodes[node] for node in kept), tuple(edges), own.legs)


# -- pairs --------------------------------------------------------------------------------------


def _together(problem: Problem, tensor: Tensor, one: int, other: int) -> Slots | None:
    """The slots of all tensors in which two indices stand side by side, and nowhere alone."""
    slots = {tensor.name: (one, other)}
    while True:
        known = dict(slots)
        for diagram, _ in (*problem.observable, *problem.potential):
            if diagram.legs or not _beside(diagram, slots):
                return None
        if slots == known:
            return slots


def _beside(diagram: Diagram, slots: dict[str, tuple[int, int]]) -> bool:
    """Whether the pairs of a diagram stand together; tensors that they meet are added."""
    pairs = {
        (edge.nodes[slots[edge.tensor.name][0]], edge.nodes[slots[edge.tensor.name][1]])
        for edge in diagram.edges
        if edge.tensor.name in slots
    }
    partner: dict[int, int] = {}
    for pair in pairs:
        for a, b in (pair, pair[::-1]):
            if a == b or partner.setdefault(a, b) != b:
                return False
    for edge in diagram.edges:
        met = [node for node in edge.nodes if node in partner]
        if not met:
            continue
        if len(met) != 2 or partner[met[0]] != met[1] or not _independent(edge.tensor):
            return False
        first = next(node for node in met if (node, partner[node]) in pairs)
        own = edge.nodes.index(first), edge.nodes.index(partner[first])
        if slots.setdefault(edge.tensor.name, own) != own:
            return False
    return True


def _joined(own: Diagram, slots: Slots, both: IndexFamily) -> Iterator[Diagram]:
    """A diagram with both indices as one."""
    first, gone = set(), set()
    for edge in own.edges:
        if edge.tensor.name in slots:
            one, other = slots[edge.tensor.name]
            first.add(edge.nodes[one])
            gone.add(edge.nodes[other])
    kept = [node for node in range(len(own.nodes)) if node not in gone]
    edges = []
    for edge in own.edges:
        tensor = edge.tensor
        if tensor.name in slots:
            one, other = slots[tensor.name]
            families = (*tensor.families[:one], both, *tensor.families[one + 1 :])
            tensor = replace(tensor, families=_without(families, other))
        edges.append(Edge(tensor, tuple(kept.index(n) for n in edge.nodes if n not in gone)))
    nodes = tuple(both if node in first else own.nodes[node] for node in kept)
    yield Diagram(nodes, tuple(edges))


def _without(values: Sequence[Value], place: int) -> tuple[Value, ...]:
    return (*values[:place], *values[place + 1 :])
