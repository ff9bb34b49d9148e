"""Diagrams whose matrices form forests: the first hypothesis of mean-field equations, checked.

The indices of families that do not grow take their values one by one, and the means of matrices
are split off.  What is left of a diagram is a *term*: nodes of large families, vectors standing at
them, matrices joining two of them, scalars.  A term is a product of trees, or refused with the
cycle that it holds.  A tensor of three large indices or more joins as many nodes, and is no cycle
where the nodes are joined by nothing else.

Given numbers are part of the coefficient.  A function of weights stands at a node as a vector does:
what it is of, the sum over the weights' last index, is an entry of its own, the *argument*.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import prod
from operator import attrgetter

from diagrams.errors import NotSolved
from diagrams.graphs.combination import Combination
from diagrams.graphs.derivatives import next_derivative
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Drawn, Gaussian, Gram, Haar, Listed, Mean
from diagrams.graphs.tensors import Function, IndexFamily, Role, Tensor, function_node
from diagrams.polynomials.polynomial import ONE, Polynomial, as_polynomial
from diagrams.wick.functions import Given, given_numbers, place_of
from diagrams.wick.sites import Factor, overlap
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
        if self.factor is not None:
            return Gaussian(self.covariance(self))
        assert isinstance(self.tensor.law, Drawn)
        return self.tensor.law

    @property
    def factor(self) -> Factor | None:
        """The function that stands here, at its input; ``None`` where none does."""
        law = self.tensor.law
        if not isinstance(law, Function):
            return None
        families = () if law.inputs is None else law.inputs.families[:-1]
        values = self.at[len(self.at) - len(families) :]
        return Factor(law, place_of(families, (value - 1 for value in values)))

    @property
    def argument(self) -> Entry | None:
        """What a function that stands here is of: the same place of the identity."""
        law = self.tensor.law
        if not isinstance(law, Function):
            return None
        return replace(self, tensor=function_node(replace(law, name="power1", factor=ONE, order=0)))

    def slope(self, by: Entry) -> tuple[Entry, ...] | None:
        """The entries that are left of this one, differentiated by another; ``None`` for zero."""
        if self == by:
            return ()
        return (self.raised,) if self.argument == by else None

    @property
    def raised(self) -> Entry:
        """The next derivative of a function that stands here."""
        return replace(self, tensor=next_derivative(self.tensor))

    def overlap(self, other: Entry) -> Polynomial:
        """The inner product of the inputs of two arguments; 0 for those of other weights."""
        one, two = self.factor, other.factor
        if one is None or two is None or self.row != other.row:
            return Polynomial()
        return overlap(one, two)

    def covariance(self, other: Entry) -> Polynomial:
        """That of two arguments at one site."""
        assert isinstance(self.moved.law, Drawn)
        return self.moved.law.variance * self.overlap(other)

    @property
    def row(self) -> tuple[Tensor, tuple[int, ...]]:
        """The row of weights that a function is of, apart from the site: values of its indices."""
        law = self.tensor.law
        assert isinstance(law, Function)
        return law.weights, self.at[: law.weights.rank - (law.inputs is not None)]

    @property
    def moved(self) -> Tensor:
        """The tensor that it moves with: its own, or the weights that a function is of."""
        law = self.tensor.law
        return law.weights if isinstance(law, Function) else self.tensor

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


def forests(
    value: Combination,
    large: Collection[IndexFamily],
    what: str,
    inside: Collection[Tensor] = (),
) -> tuple[Term, ...]:
    """Return diagrams as products of trees.

    ``large`` are the families that grow, ``what`` says whose diagrams these are, for messages;
    entries of the weights ``inside`` functions stand nowhere else.
    Raises :class:`~diagrams.errors.NotSolved`, which names the diagram and its cycle.
    """
    outside = {tensor for diagram, _ in value for tensor in diagram.tensors if tensor in inside}
    for tensor in sorted(outside, key=attrgetter("name")):
        words = f"{what}: entries of {{}} stand outside of the functions of it, too, and do not"
        told = sentence(words, tensor, spell=attrgetter("name"))
        raise NotForest(told + " move in the span of inputs alone")
    return tuple(
        replace(term, coefficient=term.coefficient * coefficient * number)
        for diagram, coefficient in value
        for given in (given_numbers(diagram),)
        for fixed in _at_values(diagram, large, {node for _, _, gone in given for node in gone})
        if (number := _product(diagram, given, fixed))
        for term in _without_means(diagram, fixed, what)
    )


def _product(diagram: Diagram, given: Iterable[Given], fixed: Mapping[int, int]) -> Polynomial:
    """The product of given entries at values of their indices."""
    number = ONE
    for entries, nodes, _ in given:
        families = (diagram.nodes[node] for node in nodes)
        number = number * entries[place_of(families, (fixed[node] - 1 for node in nodes))]
    return number


def _at_values(
    diagram: Diagram, large: Collection[IndexFamily], summed: Collection[int]
) -> Iterator[dict[int, int]]:
    """All values of the indices of fixed families; those of inputs are ``summed`` already."""
    small = [
        node
        for node, family in enumerate(diagram.nodes)
        if family not in large and node not in summed
    ]
    ranges = [range(1, int(diagram.nodes[node].size) + 1) for node in small]
    if (count := prod(map(len, ranges))) > VALUES_LIMIT:
        raise NotSolved(
            f"the indices of fixed families take {count} values, at most {VALUES_LIMIT} are"
            f" written out, in {diagram}"
        )
    for values in product(*ranges):
        yield dict(zip(small, values, strict=True)) | dict.fromkeys(summed, 0)


def _without_means(diagram: Diagram, fixed: dict[int, int], what: str) -> Iterator[Term]:
    """The terms of a diagram, a matrix being its mean or what is left without it."""
    entries: list[tuple[Entry, tuple[int, ...]]] = []
    for edge in diagram.edges:
        if isinstance(edge.tensor.law, Gram | Listed):
            continue
        entry = Entry(edge.tensor, tuple(fixed.get(node, 0) for node in edge.nodes))
        nodes = tuple(node for node in edge.nodes if node not in fixed)
        if isinstance(edge.tensor.law, Function):
            _check_function(edge.tensor.law, len(nodes), what)
        elif not edge.tensor.is_random:
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


def _check_function(law: Function, large: int, what: str) -> None:
    """Refuse a function that does not stand at the sites of one large family."""
    if large != 1:
        told = "one random number, as no index of it grows" if not large else "a matrix"
        raise NotForest(f"{what}: {law.spelled} is {told}; functions of sites have one large index")
    if isinstance(law.weights.law, Haar) or law.weights.is_shaped:
        words = f"{what}: the entries of {{}}, which {law.name} is of, are not Gaussian"
        raise NotForest(sentence(words, law.weights, spell=attrgetter("name")))


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
