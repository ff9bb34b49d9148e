"""The derivative of a diagram by the entries of a trained tensor, edge by edge.

An edge of the tensor itself disappears, and leaves its nodes open.  A function node becomes that of
the next derivative, and what multiplies the weights in its argument comes as a factor::

    d f(u[k,m]) / dW[k,i]  =  f'(u[k,m]) x[m,i]     for     u[k,m] = sum_i W[k,i] x[m,i] .

A merge joins two such derivatives at their open nodes.  In incidence form
(:mod:`diagrams.graphs.merging`) an edge of a *marker*, a kind of its own, stands at the open nodes
until then: so function nodes are merged as all other edges are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import Function, Role, Tensor, function_node
from diagrams.polynomials.spelling import fresh


def mover(tensor: Tensor) -> Tensor | None:
    """The trained tensor that an edge moves with; ``None`` where it stays put."""
    if tensor.role is not Role.TRAINED:
        return None
    return tensor.law.weights if isinstance(tensor.law, Function) else tensor


def next_derivative(tensor: Tensor) -> Tensor:
    """The node of a function's next derivative."""
    assert isinstance(tensor.law, Function)
    return function_node(replace(tensor.law, order=tensor.law.order + 1))


def undifferentiated(tensor: Tensor) -> Tensor:
    """The node of a function itself in the place of one of a derivative; others stay."""
    law = tensor.law
    return function_node(replace(law, order=0)) if isinstance(law, Function) else tensor


def derivative(diagram: Diagram, edge: Edge) -> tuple[Diagram, tuple[int, ...]]:
    """The derivative by an entry of what an edge moves with, at that edge alone; its open nodes.

    >>> from diagrams.graphs.tensors import Gram, IndexFamily
    >>> k, m, i = (IndexFamily(name, size) for name, size in ("kN", "m2", "id"))
    >>> W, x = Tensor("W", (k, i)), Tensor("x", (m, i), Role.FROZEN, Gram(()))
    >>> node = function_node(Function("phi", W, x, 1))
    >>> found, nodes = derivative(Diagram.of((node, "k m")), Edge(node, (0, 1)))
    >>> print(found, nodes)
    sum[k1;i1;j1] phi'(W x)[k1,i1] x[i1,j1] (0, 2)
    """
    rest = diagram.without(edge)
    law = edge.tensor.law
    if not isinstance(law, Function):
        return rest, edge.nodes
    edges = [*rest.edges, Edge(next_derivative(edge.tensor), edge.nodes)]
    if law.inputs is None:
        return Diagram(rest.nodes, tuple(edges), rest.legs), edge.nodes
    rank, new = law.weights.rank - 1, len(rest.nodes)
    edges.append(Edge(law.inputs, (*edge.nodes[rank:], new)))
    own = edge.nodes[:rank]
    return (
        Diagram((*rest.nodes, law.inputs.families[-1]), tuple(edges), rest.legs),
        (*own[: law.summed], new, *own[law.summed :]),
    )


def functions_in(diagrams: Iterable[Diagram]) -> frozenset[Tensor]:
    """The function nodes of some diagrams."""
    found = (tensor for diagram in diagrams for tensor in diagram.tensors)
    return frozenset(tensor for tensor in found if isinstance(tensor.law, Function))


def markers(diagrams: Iterable[Diagram]) -> dict[Tensor, Tensor]:
    """What marks the derivative by each trained tensor, where there are function nodes."""
    diagrams = tuple(diagrams)
    if not functions_in(diagrams):
        return {}
    tensors = {tensor for diagram in diagrams for tensor in diagram.tensors}
    used = {tensor.name for tensor in tensors}
    moving = {m.name: m for m in map(mover, tensors) if m is not None}
    return {
        tensor: replace(tensor, name=fresh(f"open{place}", used))
        for place, (_, tensor) in enumerate(sorted(moving.items()))
    }


def higher(functions: Iterable[Tensor], orders: int) -> frozenset[Tensor]:
    """Function nodes, their derivatives of so many further orders, and their inputs."""
    found = set(functions)
    rising = set(functions)
    for _ in range(orders):
        rising = set(map(next_derivative, rising))
        found |= rising
    laws = [tensor.law for tensor in functions]
    inputs = (law.inputs for law in laws if isinstance(law, Function))
    return frozenset(found | {tensor for tensor in inputs if tensor is not None})


def opened(diagram: Diagram, marks: Mapping[Tensor, Tensor]) -> Iterator[tuple[Diagram, int]]:
    """Yield the derivatives of a diagram with a marker at their open nodes, with multiplicity."""
    for edge, copies in diagram.multiplicities().items():
        mark = marks.get(mover(edge.tensor) or edge.tensor)
        if mark is not None:
            rest, nodes = derivative(diagram, edge)
            yield Diagram(rest.nodes, (*rest.edges, Edge(mark, nodes)), rest.legs), copies
