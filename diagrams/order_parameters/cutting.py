"""Diagrams cut at the indices of large families: products of order parameters.

Some index families are *eliminated* (features, say).  Their nodes hold a diagram together; all
edges that such nodes join, directly or in a chain, make a *piece*, an open diagram whose legs are
at the nodes of the other families.  An edge that meets no eliminated node is a piece by itself.
An *order parameter* is a piece with a name and a prefactor, such as ``Q[k,l] = (1/N) sum_i W[k,i]
W[l,i]``, and a diagram without its eliminated nodes is a product of order parameters summed over
the nodes that are left::

    sum[k,l;i,j] W[k,i] W[l,i] W[k,j] W[l,j]  =  N^2 sum[k,l] Q[k,l] Q[k,l]

An average of functions over inputs stays as it is: it is a function of the overlaps of its weights,
and these are order parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement, product

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Averaged, Function, IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial

LEG_LIMIT = 6
"""Legs of a piece; more than that is no order parameter of practical use."""


class NewPiece(Exception):
    """A piece that no known order parameter stands for."""

    def __init__(self, piece: Diagram) -> None:
        super().__init__(str(piece))
        self.piece = piece


@dataclass(frozen=True)
class OrderParameter:
    """``name[legs] = prefactor * definition``: an open diagram of the original tensors.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> unit, feature = IndexFamily("unit", "p", "k"), IndexFamily("feature", "N", "i")
    >>> W = Tensor("W", (unit, feature))
    >>> Q = OrderParameter("Q", Diagram.of((W, "k i"), (W, "l i"), legs="k l"))
    >>> Q.is_symmetric, Q.moves
    (True, True)
    """

    name: str
    definition: Diagram
    prefactor: Polynomial = ONE

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """The index family of every leg."""
        return tuple(self.definition.nodes[leg] for leg in self.definition.legs)

    @property
    def moves(self) -> bool:
        """Whether it is made of trained tensors; else it is a constant of motion."""
        return any(tensor.role is Role.TRAINED for tensor in self.definition.tensors)

    @cached_property
    def tensor(self) -> Tensor:
        """The order parameter as a tensor, a factor of reduced diagrams."""
        role = Role.TRAINED if self.moves else Role.FROZEN
        return Tensor(self.name, self.families, role, Gaussian(Polynomial()))

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether it has two indices that may be exchanged."""
        legs = self.definition.legs
        if len(legs) != 2 or len(set(self.families)) > 1:
            return False
        turned = Diagram(self.definition.nodes, self.definition.edges, legs[::-1])
        return turned.is_isomorphic(self.definition)

    @property
    def value(self) -> Combination:
        """The definition with its prefactor."""
        return Combination.of({self.definition: self.prefactor})


@dataclass(frozen=True)
class Cut:
    """A diagram in pieces: each with the nodes of the reduced diagram that its legs are at."""

    pieces: tuple[tuple[Diagram, tuple[int, ...]], ...]
    nodes: tuple[IndexFamily, ...]
    legs: tuple[int, ...]
    factor: Polynomial


def cut(diagram: Diagram, eliminated: frozenset[IndexFamily]) -> Cut:
    """Cut a diagram at the nodes of the eliminated families.

    Nodes without edges are summed: they give factors of their size.  Raises
    :class:`~diagrams.errors.BadInput` for a leg at an eliminated node.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> unit, feature = IndexFamily("unit", "p", "k"), IndexFamily("feature", "N", "i")
    >>> W = Tensor("W", (unit, feature))
    >>> norm = Diagram.of((W, "k i"), (W, "k i"), summed={"k": unit, "i": feature, "j": feature})
    >>> found = cut(norm, frozenset([feature]))
    >>> [(str(piece), nodes) for piece, nodes in found.pieces], str(found.factor)
    ([('sum[i1] W[k1,i1] W[k2,i1] (open: k1,k2)', (0, 0))], 'N')
    """
    for leg in diagram.legs:
        if diagram.nodes[leg] in eliminated:
            name = diagram.nodes[leg].name
            raise BadInput("free indices", name, "indices of families that are not eliminated")
    met = {node for edge in diagram.edges for node in edge.nodes} | set(diagram.legs)
    factor = Polynomial.constant(1)
    for node, family in enumerate(diagram.nodes):
        if node not in met:
            factor = factor * family.count
    kept = [n for n, family in enumerate(diagram.nodes) if n in met and family not in eliminated]
    number = {node: place for place, node in enumerate(kept)}
    pieces = tuple(
        (piece, tuple(number[node] for node in nodes))
        for piece, nodes in _pieces(diagram, eliminated)
    )
    return Cut(
        pieces,
        tuple(diagram.nodes[node] for node in kept),
        tuple(number[leg] for leg in diagram.legs),
        factor,
    )


def _pieces(
    diagram: Diagram, eliminated: frozenset[IndexFamily]
) -> Iterator[tuple[Diagram, tuple[int, ...]]]:
    """The pieces, each leg at a node of its own, with the nodes of the diagram they are at."""
    groups: list[tuple[set[int], list[Edge]]] = []
    for edge in diagram.edges:
        inner = {node for node in edge.nodes if diagram.nodes[node] in eliminated}
        touched = [group for group in groups if group[0] & inner]
        edges = [one for group in touched for one in group[1]]
        groups = [group for group in groups if not group[0] & inner]
        groups.append((inner.union(*(group[0] for group in touched)), [*edges, edge]))
    for inner, edges in groups:
        place = {node: position for position, node in enumerate(sorted(inner))}
        families = [diagram.nodes[node] for node in sorted(inner)]
        ends: list[int] = []
        rebuilt = []
        for edge in edges:
            slots: list[int] = []
            for node in edge.nodes:
                if node in place:
                    slots.append(place[node])
                else:
                    slots.append(len(families))
                    families.append(diagram.nodes[node])
                    ends.append(node)
            rebuilt.append(Edge(edge.tensor, tuple(slots)))
        legs = tuple(range(len(inner), len(families)))
        yield Diagram(tuple(families), tuple(rebuilt), legs), tuple(ends)


@dataclass(frozen=True)
class Reduction:
    """Known order parameters, and what is cut into them."""

    parameters: tuple[OrderParameter, ...]
    eliminated: frozenset[IndexFamily]

    def reduce(self, combination: Combination) -> Combination:
        """Write a combination in order parameters: reduced diagrams over the families left.

        Raises :class:`NewPiece` for the first piece that is none of them.
        """
        return Combination.of(
            self._reduced(diagram, coefficient) for diagram, coefficient in combination
        )

    def _reduced(self, diagram: Diagram, coefficient: Polynomial) -> tuple[Diagram, Polynomial]:
        found = cut(diagram, self.eliminated)
        edges = []
        for piece, nodes in found.pieces:
            for law in (edge.tensor.law for edge in piece.edges):
                if isinstance(law, Averaged):
                    self.overlaps(law)
            if any(isinstance(edge.tensor.law, Averaged) for edge in piece.edges):
                edges.append(Edge(piece.edges[0].tensor, nodes))
                continue
            parameter, order = self._named(piece, nodes)
            coefficient = coefficient * parameter.prefactor**-1
            edges.append(Edge(parameter.tensor, order))
        return Diagram(found.nodes, tuple(edges), found.legs), coefficient * found.factor

    def _named(
        self, piece: Diagram, nodes: tuple[int, ...]
    ) -> tuple[OrderParameter, tuple[int, ...]]:
        for parameter in self.parameters:
            orders = leg_orders(piece, parameter.definition)
            if orders:
                return parameter, min(tuple(nodes[place] for place in order) for order in orders)
        raise NewPiece(piece)

    def overlaps(self, law: Averaged) -> dict[tuple[int, int], tuple[OrderParameter, bool]]:
        """The order parameter of every pair of functions of an average, and whether it is turned.

        Raises :class:`NewPiece` for an overlap that is none of them.
        """
        found = {}
        for one, other in combinations_with_replacement(range(len(law.functions)), 2):
            piece = overlap(law.functions[one], law.functions[other])
            count = len(law.functions[one].families)
            parameter, order = self._named(piece, tuple(range(len(piece.legs))))
            found[one, other] = parameter, order[:1] == (count,) and count > 0
        return found

    def restore(self, reduced: Combination) -> Combination:
        """Put the definitions in place of the order parameters: the inverse of :meth:`reduce`."""
        by_tensor = {parameter.tensor: parameter for parameter in self.parameters}
        return Combination.of(
            _restored(diagram, coefficient, by_tensor) for diagram, coefficient in reduced
        )


def _restored(
    diagram: Diagram, coefficient: Polynomial, by_tensor: Mapping[Tensor, OrderParameter]
) -> tuple[Diagram, Polynomial]:
    kept = tuple(edge for edge in diagram.edges if edge.tensor not in by_tensor)
    result = Diagram(diagram.nodes, kept, tuple(range(len(diagram.nodes))))
    pairs: list[tuple[int, int]] = []
    for edge in diagram.without(*kept).edges:
        parameter = by_tensor[edge.tensor]
        coefficient = coefficient * parameter.prefactor
        shift = len(result.nodes)
        pairs += [
            (node, leg + shift)
            for node, leg in zip(edge.nodes, parameter.definition.legs, strict=True)
        ]
        result = result @ parameter.definition
    return Diagram(result.nodes, result.edges, diagram.legs).identify(pairs), coefficient


def overlap(one: Function, other: Function) -> Diagram:
    """``sum_i V[k,i] W[l,i]`` of the weights of two functions; legs are the indices of both.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> W = Tensor("W", (IndexFamily("unit", "p", "k"), IndexFamily("feature", "N", "i")))
    >>> x = Tensor("x", W.families[1:], Role.FROZEN)
    >>> print(overlap(Function("erf", W, x, 1), Function("sign", W, x, 1)))
    sum[i1] W[k1,i1] W[k2,i1] (open: k1,k2)
    """
    names = [
        [f"{side}{slot}" for slot in range(len(f.families))] for side, f in ((0, one), (1, other))
    ]
    factors = [
        (f.weights, [*own[: f.summed], "summed", *own[f.summed :]])
        for f, own in zip((one, other), names, strict=True)
    ]
    return Diagram.of(*factors, legs=[*names[0], *names[1]])


@lru_cache(maxsize=4096)
def leg_orders(piece: Diagram, definition: Diagram) -> tuple[tuple[int, ...], ...]:
    """The orders of the legs of ``piece`` in which it is isomorphic to ``definition``.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> W = Tensor("W", (IndexFamily("unit", "p", "k"), IndexFamily("feature", "N", "i")))
    >>> Q = Diagram.of((W, "k i"), (W, "l i"), legs="k l")
    >>> leg_orders(Q, Q)
    ((0, 1), (1, 0))
    """
    legs = piece.legs
    if len(legs) != len(definition.legs) or piece.edge_counts() != definition.edge_counts():
        return ()
    have, wanted = _leg_marks(piece), _leg_marks(definition)
    if sorted(have) != sorted(wanted) or not _closed(piece).is_isomorphic(_closed(definition)):
        return ()
    choices = [[a for a, mark in enumerate(have) if mark == other] for other in wanted]
    found = []
    for order in product(*choices):
        if len(set(order)) == len(order):
            turned = Diagram(piece.nodes, piece.edges, tuple(legs[a] for a in order))
            if turned.canonical == definition.canonical:
                found.append(order)
    return tuple(sorted(found))


def _closed(diagram: Diagram) -> Diagram:
    return Diagram(diagram.nodes, diagram.edges)


def _leg_marks(diagram: Diagram) -> list[str]:
    """What every leg is at: slots of tensors, and what these meet. Isomorphisms keep it."""
    around = [
        sorted(f"{e.tensor.name} {e.nodes.index(node)}" for e in diagram.edges if node in e.nodes)
        for node in range(len(diagram.nodes))
    ]
    return [
        str(
            sorted(
                (edge.tensor.name, slot, [around[other] for other in edge.nodes])
                for edge in diagram.edges
                for slot, node in enumerate(edge.nodes)
                if node == leg
            )
        )
        for leg in diagram.legs
    ]


def bare(combination: Combination) -> Combination:
    """The same combination, nodes that nothing meets replaced by factors of their size.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> print(bare(Combination.of({Diagram((IndexFamily("feature", "d"),), ()): 1})))
    (d) 1
    """
    parts: list[tuple[Diagram, Polynomial]] = []
    for diagram, coefficient in combination:
        met = {node for edge in diagram.edges for node in edge.nodes} | set(diagram.legs)
        kept = sorted(met)
        number = {node: place for place, node in enumerate(kept)}
        for node, family in enumerate(diagram.nodes):
            if node not in met:
                coefficient = coefficient * family.count
        edges = tuple(Edge(e.tensor, tuple(number[n] for n in e.nodes)) for e in diagram.edges)
        nodes = tuple(diagram.nodes[node] for node in kept)
        parts.append((Diagram(nodes, edges, tuple(number[n] for n in diagram.legs)), coefficient))
    return Combination.of(parts)


def ordered(piece: Diagram, names: Sequence[str]) -> Diagram:
    """The piece with its legs in a standing order: that of its edges by the given tensor names."""
    rank = {name: place for place, name in enumerate(names)}
    at = {
        node: (rank.get(edge.tensor.name, len(rank)), edge.tensor.name, slot, node)
        for edge in piece.edges
        for slot, node in enumerate(edge.nodes)
    }
    return Diagram(piece.nodes, piece.edges, tuple(sorted(piece.legs, key=lambda leg: at[leg])))
