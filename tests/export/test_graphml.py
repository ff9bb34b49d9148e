"""GraphML: every class comes back, and NetworkX counts the same symmetries."""

from __future__ import annotations

import io
import math
from collections import Counter
from itertools import combinations
from pathlib import Path

import networkx
import pytest
from networkx.algorithms.isomorphism import MultiDiGraphMatcher, categorical_node_match
from networkx.readwrite.graphml import GraphMLReader

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram
from diagrams.problems.spec import load_problem
from diagrams.series.classes import DiagramTable, diagram_table

PROBLEMS = Path(__file__).parents[1] / "problems"
SPECS = (
    ("cp:order=3,ties=2+1", 2),
    ("cp:order=4,ties=sym", 2),
    (str(PROBLEMS / "two_layer_data.toml"), 1),
)
SAME_NODES = categorical_node_match(["family", "tensor", "legs"], [None, None, None])


def same_arcs(one: dict[int, dict[str, object]], other: dict[int, dict[str, object]]) -> bool:
    """Equal with multiplicities; ``categorical_multiedge_match`` compares sets."""
    first, second = (
        Counter((d["tensor"], d.get("slot")) for d in x.values()) for x in (one, other)
    )
    return first == second


def read_back(table: DiagramTable) -> list[networkx.MultiDiGraph]:
    text = table.render("graphml", command="wickflow diagrams")
    return list(GraphMLReader()(io.BytesIO(text.encode())))


def multigraph(graph: networkx.DiGraph) -> networkx.MultiDiGraph:
    return networkx.MultiDiGraph(graph)


@pytest.mark.parametrize(("spec", "terms"), SPECS)
def test_classes_come_back_and_networkx_agrees(spec: str, terms: int) -> None:
    problem = load_problem(spec)
    table = diagram_table(problem, terms)
    graphs = read_back(table)
    classes = [found for order in table.orders for found in order]
    assert len(graphs) == len(classes)
    for graph, found in zip(graphs, classes, strict=True):
        again = Diagram.from_networkx(graph, problem.tensors)
        assert again.is_isomorphic(found.diagram)
        assert graph.graph["coefficient"] == str(found.coefficient)
        whole = multigraph(graph)
        turns = MultiDiGraphMatcher(whole, whole, SAME_NODES, same_arcs).isomorphisms_iter()
        parallel = Counter((a, b, d["tensor"], d.get("slot")) for a, b, d in whole.edges(data=True))
        moved = math.prod(math.factorial(copies) for copies in parallel.values())
        assert sum(1 for _ in turns) * moved == found.symmetry_factor
    for s in range(terms + 1):
        order = [multigraph(graph) for graph in graphs if graph.graph["s"] == s]
        for one, other in combinations(order, 2):
            assert not networkx.is_isomorphic(one, other, SAME_NODES, same_arcs)


def test_names_that_stand_for_nothing_are_refused() -> None:
    problem = load_problem(SPECS[0][0])
    graph = read_back(diagram_table(problem, 0))[-1]
    with pytest.raises(BadInput, match="a second argument"):
        Diagram.from_networkx(graph)
    for node in graph:
        graph.nodes[node]["legs"] = "first"
    with pytest.raises(BadInput, match="legs of .*: 'first' is not allowed"):
        Diagram.from_networkx(graph, problem.tensors)
