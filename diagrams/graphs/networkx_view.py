"""Diagrams as NetworkX multigraphs, and back, without loss.

Index nodes become graph nodes ``("node", j)``.  A factor of rank two becomes an arc from
its first slot to its second; a factor of any other rank becomes a graph node
``("factor", j)`` with one arc, numbered by slot, to each of its index nodes.  Direction
and arc attributes hold all there is to know, so renaming graph nodes loses nothing.
:func:`named_graph` has names instead of families and tensors, as files of graphs need.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import IndexFamily, Tensor

if TYPE_CHECKING:
    import networkx


def to_networkx(diagram: Diagram) -> networkx.MultiDiGraph:
    """Return ``diagram`` as a directed multigraph.

    Index nodes carry ``family`` and ``legs`` (the places of their legs), factor nodes
    carry ``tensor``; arcs carry ``tensor``, and ``slot`` where they start at a factor node.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> graph = to_networkx(Diagram.of((u, "k i"), (u, "k i")))
    >>> graph.number_of_nodes(), graph.number_of_edges()
    (2, 2)
    """
    import networkx

    graph = networkx.MultiDiGraph()
    for number, family in enumerate(diagram.nodes):
        legs = tuple(place for place, node in enumerate(diagram.legs) if node == number)
        graph.add_node(("node", number), family=family, legs=legs)
    for number, edge in enumerate(diagram.edges):
        ends = [("node", node) for node in edge.nodes]
        if edge.tensor.rank == 2:
            graph.add_edge(ends[0], ends[1], tensor=edge.tensor)
            continue
        graph.add_node(("factor", number), tensor=edge.tensor)
        for slot, end in enumerate(ends):
            graph.add_edge(("factor", number), end, tensor=edge.tensor, slot=slot)
    return graph


def named_graph(diagram: Diagram) -> networkx.MultiDiGraph:
    """Return :func:`to_networkx` with names for families and tensors, legs as text.

    Such a graph can be written to a file; :func:`from_networkx` reads it if it is told the tensors.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> graph = named_graph(Diagram.of((u, "k i"), (u, "k i"), legs="i k"))
    >>> dict(graph.nodes(data=True))
    {'node 0': {'family': 'hidden', 'legs': '1'}, 'node 1': {'family': 'feature', 'legs': '0'}}
    >>> from_networkx(graph, [u]) == Diagram.of((u, "k i"), (u, "k i"), legs="i k")
    True
    """
    import networkx

    known = to_networkx(diagram)
    graph = networkx.MultiDiGraph()
    for (kind, number), data in known.nodes(data=True):
        graph.add_node(f"{kind} {number}", **{key: _written(x) for key, x in data.items()})
    for start, end, data in known.edges(data=True):
        named = {key: _written(x) for key, x in data.items()}
        graph.add_edge(*(f"{kind} {number}" for kind, number in (start, end)), **named)
    return graph


def _written(value: Any) -> str | int:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return value if isinstance(value, int) else str(value.name)


def _resolved(graph: networkx.MultiDiGraph, tensors: Iterable[Tensor]) -> networkx.MultiDiGraph:
    """A graph with the families and tensors that its names stand for."""
    listed = tuple(tensors)
    meant: dict[str, dict[str, object]] = {
        "tensor": {tensor.name: tensor for tensor in listed},
        "family": {f.name: f for tensor in listed for f in tensor.families},
    }
    graph = graph.copy()
    arcs = ((f"{a} to {b}", data) for a, b, data in graph.edges(data=True))
    for place, data in (*graph.nodes(data=True), *arcs):
        for key, known in meant.items():
            if isinstance(data.get(key), str):
                if data[key] not in known:
                    allowed = " or ".join(sorted(known)) or "the tensors, as a second argument"
                    raise BadInput(f"{key} of {place}", data[key], allowed)
                data[key] = known[data[key]]
        if isinstance(data.get("legs"), str):
            words = data["legs"].split()
            if not all(word.isdecimal() and len(word) < 5 for word in words):
                raise BadInput(f"legs of {place}", data["legs"], "numbers such as 0 2")
            data["legs"] = tuple(map(int, words))
    return graph


def from_networkx(graph: networkx.MultiDiGraph, tensors: Iterable[Tensor] = ()) -> Diagram:
    """Return the diagram that :func:`to_networkx` wrote, index nodes in graph order.

    ``tensors`` are those that the names of a :func:`named_graph` stand for.

    Raises :class:`~diagrams.errors.BadInput` when attributes are missing or do not fit.
    """
    graph = _resolved(graph, tensors)
    position: dict[object, int] = {}
    families: list[IndexFamily] = []
    open_nodes: dict[int, int] = {}
    for name, data in graph.nodes(data=True):
        if "family" in data:
            open_nodes.update(dict.fromkeys(data.get("legs", ()), len(families)))
            position[name] = len(families)
            families.append(data["family"])
        elif "tensor" not in data:
            raise BadInput("graph node", name, "an attribute 'family' or 'tensor'")
    if sorted(open_nodes) != list(range(len(open_nodes))):
        raise BadInput("legs", sorted(open_nodes), "the numbers 0, 1, .. once each")
    edges = []
    slots: dict[object, dict[int, int]] = {
        name: {} for name, data in graph.nodes(data=True) if "family" not in data
    }
    for start, end, data in graph.edges(data=True):
        if "tensor" not in data:
            raise BadInput("graph edge", (start, end), "an attribute 'tensor'")
        if start in slots:
            slots[start][data["slot"]] = position[end]
        else:
            edges.append(Edge(data["tensor"], (position[start], position[end])))
    for name, ends in slots.items():
        nodes = tuple(ends[slot] for slot in sorted(ends))
        edges.append(Edge(graph.nodes[name]["tensor"], nodes))
    legs = tuple(open_nodes[place] for place in range(len(open_nodes)))
    return Diagram(tuple(families), tuple(edges), legs)
