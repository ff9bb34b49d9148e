"""Group laws spelled out: a relation between indices as nodes and edges of its own.

The canonical form must not tell the slots of ``[i + j = k]`` with equal coefficients apart, nor
a relation from its negative.  Spelled out, a group law is a node, its *side*, with an edge to
every index in it, of a tensor that knows the coefficient only; nothing is left that could tell
such slots apart.  A *reversible* relation, such as ``i + j = k + l``, has two sides, joined
by a node that does not order them.

Spelled diagrams live inside the incidence form (:mod:`diagrams.graphs.incidence`) and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import GroupLaw
from diagrams.graphs.tensors import IndexFamily, LawSlot, Role, Tensor


@cache
def side_family(tensor: Tensor) -> IndexFamily:
    """The family of the sides of a group law."""
    return IndexFamily(f"{tensor.name}__side", f"{tensor.name}__side")


@cache
def _reversal_family(tensor: Tensor) -> IndexFamily:
    """The family of the nodes that join the two sides of a reversible group law."""
    return IndexFamily(f"{tensor.name}__reversal", f"{tensor.name}__reversal")


@cache
def _slot(tensor: Tensor, coefficient: int) -> Tensor:
    """The edge between an index and a side; ``coefficient`` 0 joins a side and its reversal."""
    family = tensor.families[0] if coefficient else _reversal_family(tensor)
    sign = "minus" if coefficient < 0 else ""
    return Tensor(
        f"{tensor.name}__slot{sign}{abs(coefficient)}",
        (family, side_family(tensor)),
        Role.STRUCTURAL,
        LawSlot(coefficient, tensor),
    )


def side_families(tensors: Iterable[Tensor]) -> frozenset[IndexFamily]:
    """The families of sides among those that the tensors of spelled diagrams have."""
    return frozenset(t.families[1] for t in tensors if isinstance(t.law, LawSlot))


def reversal_families(tensors: Iterable[Tensor]) -> frozenset[IndexFamily]:
    """The families of nodes that join two sides, among those that the tensors have."""
    slots = [t for t in tensors if isinstance(t.law, LawSlot) and not t.law.coefficient]
    return frozenset(tensor.families[0] for tensor in slots)


def spelled(diagram: Diagram) -> Diagram:
    """Return the diagram with every group law spelled out; new nodes come last.

    >>> from diagrams.graphs.tensors import group_law
    >>> law = group_law(IndexFamily("feature", "p"))
    >>> len(spelled(Diagram.of((law, "i j k"))).nodes)
    4
    """
    if not any(isinstance(edge.tensor.law, GroupLaw) for edge in diagram.edges):
        return diagram
    nodes = list(diagram.nodes)
    edges: list[Edge] = []

    def fresh(family: IndexFamily) -> int:
        nodes.append(family)
        return len(nodes) - 1

    for edge in diagram.edges:
        tensor, law = edge.tensor, edge.tensor.law
        if not isinstance(law, GroupLaw):
            edges.append(edge)
            continue
        first = other = fresh(side_family(tensor))
        if law.is_reversible:
            other = fresh(side_family(tensor))
            middle = fresh(_reversal_family(tensor))
            edges += [Edge(_slot(tensor, 0), (middle, side)) for side in (first, other)]
        for node, coefficient in zip(edge.nodes, law.coefficients, strict=True):
            if law.is_reversible:
                side = first if coefficient > 0 else other
                edges.append(Edge(_slot(tensor, abs(coefficient)), (node, side)))
            else:
                edges.append(Edge(_slot(tensor, coefficient), (node, first)))
    return Diagram(tuple(nodes), tuple(edges), diagram.legs)


def folded(diagram: Diagram) -> Diagram:
    """Return the diagram with all group laws as single edges again: the inverse of :func:`spelled`.

    Slots of equal coefficients are filled in the order of nodes.
    """
    laws: dict[int, Tensor] = {}
    slots: dict[int, list[tuple[int, int]]] = {}
    joined: dict[int, list[int]] = {}
    edges: list[Edge] = []
    for edge in diagram.edges:
        law = edge.tensor.law
        if not isinstance(law, LawSlot):
            edges.append(edge)
        elif law.coefficient:
            laws[edge.nodes[1]] = law.law
            slots.setdefault(edge.nodes[1], []).append((law.coefficient, edge.nodes[0]))
        else:
            joined.setdefault(edge.nodes[0], []).append(edge.nodes[1])
    if not laws:
        return diagram
    hidden = set(laws) | set(joined)
    kept = [node for node in range(len(diagram.nodes)) if node not in hidden]
    number = {node: place for place, node in enumerate(kept)}
    negative = {second: first for first, second in map(sorted, joined.values())}
    filled: dict[int, list[tuple[int, int]]] = {}
    for side, ends in slots.items():
        sign = -1 if side in negative else 1
        own = filled.setdefault(negative.get(side, side), [])
        own += [(sign * coefficient, number[node]) for coefficient, node in ends]
    for side, ends in filled.items():
        tensor = laws[side]
        assert isinstance(tensor.law, GroupLaw)
        options = []
        for sign in (1, -1) if side in negative.values() else (1,):
            left = sorted((sign * coefficient, node) for coefficient, node in ends)
            nodes = []
            for wanted in tensor.law.coefficients:
                found = next(item for item in left if item[0] == wanted)
                left.remove(found)
                nodes.append(found[1])
            options.append(tuple(nodes))
        edges.append(Edge(tensor, min(options)))
    return Diagram(
        tuple(diagram.nodes[node] for node in kept),
        tuple(Edge(e.tensor, e.nodes) for e in edges if isinstance(e.tensor.law, GroupLaw))
        + tuple(
            Edge(e.tensor, tuple(number[node] for node in e.nodes))
            for e in edges
            if not isinstance(e.tensor.law, GroupLaw)
        ),
        tuple(number[node] for node in diagram.legs),
    )
