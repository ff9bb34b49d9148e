"""Diagrams as NetworkX multigraphs, and back, without loss.

Index nodes become graph nodes ``("node", j)``.  A factor of rank two becomes an arc from
its first slot to its second; a factor of any other rank becomes a graph node
``("factor", j)`` with one arc, numbered by slot, to each of its index nodes.  Direction
and arc attributes hold all there is to know, so renaming graph nodes loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import IndexFamily

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


def from_networkx(graph: networkx.MultiDiGraph) -> Diagram:
    """Return the diagram that :func:`to_networkx` wrote, index nodes in graph order.

    Raises :class:`~diagrams.errors.BadInput` when attributes are missing or do not fit.
    """
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
