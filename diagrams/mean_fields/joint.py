"""Indices that always stand together, as one index of a family of the product of their sizes.

An expert and a unit inside it meet the same tensors everywhere: ``W[e,m,i]`` is a matrix between
pairs (e, m) and features.  Merging and averages keep such pairs together, so that coefficients hold
the sizes in their product alone, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Drawn
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.problems.problem import Problem


def joint(
    problem: Problem, put: Mapping[str, Polynomial]
) -> tuple[Problem, Mapping[str, Polynomial]]:
    """Return the problem with one family for each set of such, and their sizes in a scaling."""
    diagrams = [diagram for diagram, _ in (*problem.observable, *problem.potential)]
    growing = [family for family in problem.families if not family.fixed]
    for one, other in combinations(growing, 2):
        if one.size in put and other.size in put and _together(diagrams, one, other):
            name = fresh(f"{one.name}_{other.name}", [f.name for f in problem.families])
            both = IndexFamily(name, fresh("pairs", [*problem.symbols, *put]))
            found = replace(
                problem,
                observable=_joined(problem.observable, one, other, both),
                potential=_joined(problem.potential, one, other, both),
            )
            return joint(found, {**put, both.size: put[one.size] * put[other.size]})
    return problem, put


def _together(diagrams: Sequence[Diagram], one: IndexFamily, other: IndexFamily) -> bool:
    """Whether each index of either family stands beside one of the other, and nowhere else."""
    for diagram in diagrams:
        partner: dict[int, int] = {}
        for edge in diagram.edges:
            own = [node for node in edge.nodes if diagram.nodes[node] in (one, other)]
            if not own:
                continue
            alike = len(own) == 2 and diagram.nodes[own[0]] != diagram.nodes[own[1]]
            if not alike or not isinstance(edge.tensor.law, Drawn):
                return False
            for a, b in (own, own[::-1]):
                if partner.setdefault(a, b) != b:
                    return False
        count = sum(family in (one, other) for family in diagram.nodes)
        if len(partner) < count or diagram.legs:
            return False
    return True


def _joined(
    value: Combination, one: IndexFamily, other: IndexFamily, both: IndexFamily
) -> Combination:
    """A sum of diagrams with both indices as one."""

    def tensor(own: Tensor) -> Tensor:
        kept = (both if family == one else family for family in own.families if family != other)
        return replace(own, families=tuple(kept))

    def diagram(own: Diagram) -> Diagram:
        kept = [node for node, family in enumerate(own.nodes) if family != other]
        nodes = tuple(both if own.nodes[node] == one else own.nodes[node] for node in kept)
        edges = (
            Edge(tensor(e.tensor), tuple(kept.index(n) for n in e.nodes if n in kept))
            for e in own.edges
        )
        return Diagram(nodes, tuple(edges))

    return Combination.of((diagram(own), coefficient) for own, coefficient in value)
