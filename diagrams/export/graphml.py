"""Diagrams as GraphML: a multigraph for every class, read by NetworkX, igraph, Gephi, yEd."""

from __future__ import annotations

from networkx.readwrite.graphml import GraphMLWriter

from diagrams.graphs.networkx_view import named_graph
from diagrams.provenance import stamp, stamp_line
from diagrams.series.classes import DiagramTable


def table_graphml(table: DiagramTable, command: str | None = None) -> str:
    """Return all classes as GraphML, order by order; what is known of each are its attributes.

    ``networkx.readwrite.graphml.GraphMLReader`` reads them all, ``networkx.read_graphml`` the
    first; :meth:`diagrams.graphs.diagram.Diagram.from_networkx` makes diagrams of them.

    >>> import io
    >>> from networkx.readwrite.graphml import GraphMLReader
    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.series.classes import diagram_table
    >>> text = table_graphml(diagram_table(cp_problem(order=2), terms=0))
    >>> graphs = list(GraphMLReader()(io.BytesIO(text.encode())))
    >>> [(graph.graph["coefficient"], graph.number_of_edges()) for graph in graphs]
    [('1/2', 0), ('-1', 2), ('1/2', 4)]
    """
    writer = GraphMLWriter(prettyprint=True)
    for s, classes in enumerate(table.orders):
        for number, found in enumerate(classes):
            graph = named_graph(found.diagram)
            graph.graph = {
                "id": f"s{s}_{number}",
                "s": s,
                "coefficient": str(found.coefficient),
                "symmetry_factor": str(found.symmetry_factor),
                "contractions": str(found.contractions),
                "average": str(found.average),
                "made_by": stamp_line(stamp(table.problem.spec, command)),
            }
            writer.add_graph_element(graph)
            writer.attributes.clear()  # or those of this graph were written again with the next
    return f'<?xml version="1.0"?>\n{writer}\n'
