"""Diagrams whose matrices form forests: the first hypothesis of mean-field equations, checked.

The indices of families that do not grow take their values one by one, and the means of matrices
are split off.  What is left of a diagram is a *term*: nodes of large families, vectors standing at
them, matrices joining two of them, scalars.  A term is a product of trees, or refused with the
cycle that it holds.  A tensor of three large indices or more joins as many nodes, and is no cycle
where the nodes are joined by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import prod
from operator import attrgetter

from diagrams.errors import NotSolved
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Drawn, Haar, Mean
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial, as_polynomial
from pde.expressions.statement import joined, sentence

VALUES_LIMIT = 4096
"""How many values the indices of fixed families of one diagram may take together."""


class NotForest(NotSolved):
    """Diagrams whose matrices form no forest; those of melons are none, either."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor at given values of its indices of fixed families; its other slots are large.

    ``at[slot]`` is the value, from 1 on, or 0 for a large slot.
    """

    tensor: Tensor
    at: tuple[int, ...]

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """The families of the large slots."""
        slots = zip(self.tensor.families, self.at, strict=True)
        return tuple(family for family, value in slots if not value)

    @property
    def name(self) -> str:
        """The tensor's name, with the values that are fixed."""
        values = [str(value) for value in self.at if value]
        return self.tensor.name + f"({','.join(values)})" * bool(values)

    @property
    def told(self) -> str:
        """The name in a sentence."""
        return (
            sentence("{}", self.tensor, spell=attrgetter("name"))
            + self.name[len(self.tensor.name) :]
        )

    @property
    def law(self) -> Drawn:
        """The law of an entry; that of no structural tensor, which terms do not hold."""
        assert isinstance(self.tensor.law, Drawn)
        return self.tensor.law

    @property
    def mean(self) -> Polynomial:
        """The mean of an entry whose large slots hold different indices."""
        if self.law.mean is not Mean.DELTA:
            return self.law.mean_value
        equal = all(self.at) and len(set(self.at)) == 1
        return self.law.mean_value if equal else Polynomial()

    @property
    def moves(self) -> bool:
        """Whether gradient flow moves it."""
        return self.tensor.role is Role.TRAINED


@dataclass(frozen=True, slots=True)
class Term:
    """A product of trees: ``vectors[n]`` stand at node n, ``edges`` are matrices with their nodes.

    Tensors of three large indices and more are edges, too, with a node for each.
    """

    coefficient: Polynomial
    nodes: tuple[IndexFamily, ...]
    vectors: tuple[tuple[Entry, ...], ...]
    edges: tuple[tuple[Entry, tuple[int, ...]], ...]
    scalars: tuple[Entry, ...]


def forests(value: Combination, large: Collection[IndexFamily], what: str) -> tuple[Term, ...]:
    """Return diagrams as products of trees.

    ``large`` are the families that grow, ``what`` says whose diagrams these are, for messages.
    Raises :class:`~diagrams.errors.NotSolved`, which names the diagram and its cycle.
    """
    return tuple(
        replace(term, coefficient=term.coefficient * coefficient)
        for diagram, coefficient in value
        for fixed in _at_values(diagram, large)
        for term in _without_means(diagram, fixed, what)
    )


def _at_values(diagram: Diagram, large: Collection[IndexFamily]) -> Iterator[dict[int, int]]:
    """All values of the indices of fixed families."""
    small = [node for node, family in enumerate(diagram.nodes) if family not in large]
    ranges = [range(1, int(diagram.nodes[node].size) + 1) for node in small]
    if (count := prod(map(len, ranges))) > VALUES_LIMIT:
        raise NotSolved(
            f"the indices of fixed families take {count} values, at most {VALUES_LIMIT} are"
            f" written out, in {diagram}"
        )
    for values in product(*ranges):
        yield dict(zip(small, values, strict=True))


def _without_means(diagram: Diagram, fixed: dict[int, int], what: str) -> Iterator[Term]:
    """The terms of a diagram, a matrix being its mean or what is left without it."""
    entries: list[tuple[Entry, tuple[int, ...]]] = []
    for edge in diagram.edges:
        entry = Entry(edge.tensor, tuple(fixed.get(node, 0) for node in edge.nodes))
        nodes = tuple(node for node in edge.nodes if node not in fixed)
        if not edge.tensor.is_random:
            words = f"{what}: the structural tensor {{}} is no matrix"
            raise NotForest(sentence(words, edge.tensor, spell=attrgetter("name")))
        if isinstance(edge.tensor.law, Haar):
            words = f"{what}: the entries of {{}} are those of an orthogonal matrix, and depend on"
            named = sentence(words, edge.tensor, spell=attrgetter("name"))
            raise NotForest(named + " each other")
        if len(nodes) > 1 and edge.tensor.is_shaped:
            words = f"{what}: the entries of the matrix {{}} are not Gaussian, as"
            named = sentence(words, edge.tensor, spell=attrgetter("name"))
            raise NotForest(named + " only those of vectors and numbers need not be")
        entries.append((entry, nodes))
    for means in product(*(_parts(entry, nodes) for entry, nodes in entries)):
        kept, coefficient = [], as_polynomial(1)
        joined: list[tuple[int, int]] = []
        for (entry, nodes), mean in zip(entries, means, strict=True):
            if not mean:
                kept.append((entry, nodes))
                continue
            coefficient = coefficient * entry.law.mean_value
            if entry.law.mean is Mean.DELTA:
                joined += pairwise(nodes)
        yield _term(diagram, fixed, kept, joined, coefficient, what)


def _parts(entry: Entry, nodes: tuple[int, ...]) -> list[bool]:
    """Which parts a factor has: a matrix what is left without its mean, and its mean."""
    if len(nodes) < 2:
        return [False]
    spreads = bool(entry.moves or entry.law.variance)
    return [False] * spreads + [True] * bool(entry.law.mean_value)


def _term(
    diagram: Diagram,
    fixed: dict[int, int],
    kept: Sequence[tuple[Entry, tuple[int, ...]]],
    joined: Iterable[tuple[int, int]],
    coefficient: Polynomial,
    what: str,
) -> Term:
    """The term of some of a diagram's entries, some of its nodes being one."""
    root = list(range(len(diagram.nodes)))
    for a, b in joined:
        root = [root[a] if r == root[b] else r for r in root]
    kinds = sorted({root[node] for node in range(len(root)) if node not in fixed})
    place = {node: kinds.index(root[node]) for node in range(len(root)) if node not in fixed}
    vectors: list[list[Entry]] = [[] for _ in kinds]
    edges: list[tuple[Entry, tuple[int, ...]]] = []
    scalars = [entry for entry, nodes in kept if not nodes]
    for entry, nodes in kept:
        if len(nodes) == 1:
            vectors[place[nodes[0]]].append(entry)
        elif nodes:
            edges.append((entry, tuple(place[node] for node in nodes)))
    _refuse_cycles(diagram, edges, len(kinds), what)
    ordered = tuple(tuple(sorted(at, key=lambda e: e.name)) for at in vectors)
    families = tuple(diagram.nodes[node] for node in kinds)
    return Term(coefficient, families, ordered, tuple(edges), tuple(scalars))


def _refuse_cycles(
    diagram: Diagram, edges: Sequence[tuple[Entry, tuple[int, ...]]], count: int, what: str
) -> None:
    """Refuse a diagram that is no forest, with a cycle of it."""
    paths: dict[int, dict[int, list[int]]] = {node: {node: []} for node in range(count)}
    for edge, (a, b) in ((e, pair) for e, own in enumerate(edges) for pair in pairwise(own[1])):
        if b in paths[a]:
            cycle = [edges[e][0] for e in dict.fromkeys((*paths[a][b], edge))]
            names = joined(", ", (entry.told for entry in cycle))
            larger = any(len(entry.families) > 2 for entry in cycle)
            words = ("tensor", "tensors") if larger else ("matrix", "matrices")
            first = f"the {words[len(cycle) > 1]} "
            last = sentence(f" close{'s' * (len(cycle) == 1)} a cycle in {{}}", diagram)
            raise NotForest(f"{what}: {first}" + names + last)
        left, right = dict(paths[a]), dict(paths[b])
        for x, before in left.items():
            for y, after in right.items():
                paths[x][y] = [*before[::-1], edge, *after]
                paths[y][x] = paths[x][y][::-1]
