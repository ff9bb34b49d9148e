"""NetworkX in and out without loss: multigraphs, tensors of any rank, legs, renamed nodes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import networkx
import pytest
from graphs.test_diagram import alpha, b, beta, diagrams, s, t, u, v, w
from hypothesis import given
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.networkx_view import from_networkx, to_networkx

randoms = st.randoms(use_true_random=False)


@given(diagrams(legs=3))
def test_round_trip(diagram: Diagram) -> None:
    graph = to_networkx(diagram)
    assert isinstance(graph, networkx.MultiDiGraph)
    assert from_networkx(graph) == diagram
    assert Diagram.from_networkx(diagram.to_networkx()) == diagram


@given(diagrams(legs=3), randoms)
def test_renamed_nodes(diagram: Diagram, random: Random) -> None:
    """The names of graph nodes carry nothing: any other names, in any order of names."""
    graph = to_networkx(diagram)
    names = list(range(graph.number_of_nodes()))
    random.shuffle(names)
    renamed = networkx.relabel_nodes(graph, dict(zip(graph, names, strict=True)))
    assert from_networkx(renamed) == diagram
    assert set(renamed) == set(names)


@given(diagrams(legs=3), randoms)
def test_shuffled_graphs(diagram: Diagram, random: Random) -> None:
    """Nodes and arcs inserted in another order: the same diagram with other numbers."""
    graph = to_networkx(diagram)
    nodes, arcs = list(graph.nodes(data=True)), list(graph.edges(data=True))
    random.shuffle(nodes)
    random.shuffle(arcs)
    other = networkx.MultiDiGraph()
    other.add_nodes_from(nodes)
    other.add_edges_from(arcs)
    restored = from_networkx(other)
    assert restored.is_isomorphic(diagram)
    order = [0] * len(diagram.nodes)
    for place, name in enumerate(n for n, data in nodes if "family" in data):
        order[name[1]] = place
    assert restored == diagram.relabel(order)


def test_what_the_graph_says() -> None:
    diagram = Diagram.of((u, "k i"), (u, "k i"), (t, "l i c"), (b, "i"), (s, ""), legs="i k i")
    graph = to_networkx(diagram)
    index_nodes = {n: data for n, data in graph.nodes(data=True) if "family" in data}
    assert [data["family"] for data in index_nodes.values()] == list(diagram.nodes)
    legs = [data["legs"] for data in index_nodes.values()]
    assert sorted(legs) == [(), (), (0, 2), (1,)]
    factors = {data["tensor"] for _, data in graph.nodes(data=True) if "tensor" in data}
    assert factors == {t, b, s}
    arcs = sorted(data["tensor"].name for *_, data in graph.edges(data=True))
    assert arcs == ["b", "t", "t", "t", "u", "u"]


def test_direction_and_slots_are_kept() -> None:
    """w[a,b] is not w[b,a], and the slots of t do not follow the order of arcs."""
    one, other = Diagram.of((w, "a b"), legs="a"), Diagram.of((w, "b a"), legs="a")
    assert not from_networkx(to_networkx(one)).is_isomorphic(other)
    loop = Diagram.of((w, "a a"), (w, "a a"), (w, "a b"))
    assert from_networkx(to_networkx(loop)) == loop


def spoiled(spoil: Callable[[networkx.MultiDiGraph], None]) -> networkx.MultiDiGraph:
    graph = to_networkx(Diagram.of((u, "k i"), (v, "k i"), (b, "i"), legs="k i"))
    spoil(graph)
    return graph


def forget_family(graph: networkx.MultiDiGraph) -> None:
    del graph.nodes[("node", 0)]["family"]


def forget_tensor(graph: networkx.MultiDiGraph) -> None:
    for *_, data in graph.edges(data=True):
        data.pop("tensor")


def forget_leg(graph: networkx.MultiDiGraph) -> None:
    graph.nodes[("node", 0)]["legs"] = ()


def exchange_families(graph: networkx.MultiDiGraph) -> None:
    graph.nodes[("node", 0)]["family"] = beta
    graph.nodes[("node", 1)]["family"] = alpha


def two_tensors_of_one_name(graph: networkx.MultiDiGraph) -> None:
    start, end, data = next(iter(graph.edges(data=True)))
    graph.add_edge(start, end, tensor=type(v)("v", data["tensor"].families, rate=2 * v.rate))


@pytest.mark.parametrize(
    "spoil",
    [forget_family, forget_tensor, forget_leg, exchange_families, two_tensors_of_one_name],
)
def test_graphs_that_are_no_diagrams(spoil: Callable[[networkx.MultiDiGraph], None]) -> None:
    assert from_networkx(spoiled(lambda graph: None)).legs
    with pytest.raises(BadInput):
        from_networkx(spoiled(spoil))
