"""Automorphisms and canonical forms: known numbers, and igraph against all permutations."""

from collections.abc import Hashable, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, permutations
from math import prod
from random import Random

import pytest

from . import graphs, naive_pairings
from .graphs import HyperEdge

Graph = tuple[list[str], list[HyperEdge]]


def as_graph(diagram: naive_pairings.EdgeList) -> Graph:
    """k-nodes first, then i-nodes."""
    n = diagram.k_nodes
    colours = ["k"] * n + ["i"] * diagram.i_nodes
    return colours, [(colour, (k, n + i)) for colour, k, i in diagram.edges]


def random_graph(random: Random, nodes: int, edges: int) -> tuple[Graph, list[int], list[str]]:
    """A graph with two kinds of nodes, edges of ranks 1 to 3 and up to two legs."""
    colours = [random.choice("xy") for _ in range(nodes)]
    ranks = {"a": 1, "b": 2, "c": 2, "d": 3}
    chosen = random.choices("abcd", k=edges)
    listed: list[HyperEdge] = [
        (c, tuple(random.randrange(nodes) for _ in range(ranks[c]))) for c in chosen
    ]
    legs = [random.randrange(nodes) for _ in range(random.randrange(3))]
    return (colours, listed), legs, random.choice([[], ["c"], ["c", "d"]])


def shuffled(random: Random, graph: Graph, legs: list[int]) -> tuple[Graph, list[int]]:
    """The same graph with other names, its edges in another order."""
    names = list(range(len(graph[0])))
    random.shuffle(names)
    colours, edges, new_legs = graphs.relabel(names, *graph, legs)
    listed = list(edges)
    random.shuffle(listed)
    return ([str(colour) for colour in colours], listed), list(new_legs)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_automorphisms_of_the_loss(order: int) -> None:
    """R of (nu) has nu! automorphisms, D of (nu) has 2 nu!, with all colours different 1 and 2."""
    R, D = naive_pairings.target_term([order]), naive_pairings.quadratic_term([order])
    factorial = prod(range(1, order + 1))
    assert graphs.automorphism_count(*as_graph(R)) == factorial
    assert graphs.automorphism_count(*as_graph(D)) == 2 * factorial
    ones = [1] * order
    assert graphs.automorphism_count(*as_graph(naive_pairings.target_term(ones))) == 1
    assert graphs.automorphism_count(*as_graph(naive_pairings.quadratic_term(ones))) == 2


@pytest.mark.parametrize(
    ("vertices", "total"),
    [(1, Fraction(1, 8)), (2, Fraction(1, 12)), (3, Fraction(11, 96)), (4, Fraction(17, 72))],
)
def test_four_valent_vacuum_graphs(vertices: int, total: Fraction) -> None:
    """Connected graphs of quartic vertices: the sum of 1/|Aut| at 2, 3, 4 and 5 loops."""

    def grow(free: list[int], edges: list[HyperEdge]) -> list[list[HyperEdge]]:
        """All ways to use up the free valences, each multigraph once."""
        v = next((v for v, valence in enumerate(free) if valence), None)
        if v is None:
            return [edges]
        found = []
        rest = range(v + 1, vertices)
        for loops in range(free[v] // 2 + 1):
            for ends in combinations_with_replacement(rest, free[v] - 2 * loops):
                left = [n - ends.count(w) if w > v else 0 for w, n in enumerate(free)]
                if min(left) >= 0:
                    pairs = [(v, v)] * loops + [(v, w) for w in ends]
                    found += grow(left, edges + [("e", pair) for pair in pairs])
        return found

    def connected(edges: list[HyperEdge]) -> bool:
        reached = {0}
        for _ in range(vertices):
            reached |= {v for _, nodes in edges if reached & set(nodes) for v in nodes}
        return len(reached) == vertices

    vacuum = [(["v"] * vertices, edges) for edges in grow([4] * vertices, []) if connected(edges)]
    assert graphs.sum_of_inverse_automorphisms(vacuum, symmetric=["e"]) == total


def test_oracle_on_small_graphs() -> None:
    """Equal certificates exactly for equal canonical forms, and equal |Aut|."""
    random = Random(7)
    pairs = set()
    for _ in range(1200):
        graph, legs, symmetric = random_graph(random, random.randint(1, 4), random.randint(0, 4))
        form = graphs.brute_force_canonical(*graph, legs, symmetric)
        certificate = graphs.oracle_certificate(*graph, legs, symmetric)
        pairs.add((tuple(symmetric), form, certificate))
        count = graphs.automorphism_count(*graph, legs, symmetric)
        assert graphs.oracle_automorphism_count(*graph, legs, symmetric) == count
        other, other_legs = shuffled(random, graph, legs)
        assert graphs.brute_force_canonical(*other, other_legs, symmetric) == form
        assert graphs.oracle_certificate(*other, other_legs, symmetric) == certificate
    assert 300 < len(pairs) == len({pair[:2] for pair in pairs})
    assert len(pairs) == len({(pair[0], pair[2]) for pair in pairs})


def test_oracle_on_large_graphs() -> None:
    """Invariant under renaming; a graph with one slot moved elsewhere is another graph."""
    random = Random(11)
    for _ in range(40):
        graph, legs, symmetric = random_graph(random, 40, 70)
        certificate = graphs.oracle_certificate(*graph, legs, symmetric)
        (colours, edges), other_legs = shuffled(random, graph, legs)
        assert graphs.oracle_certificate(colours, edges, other_legs, symmetric) == certificate
        colour, nodes = edges.pop()
        filled = [v for _, others in edges for v in others] + list(nodes[1:])
        degrees = [filled.count(v) for v in range(40)]
        foreign = next(v for v in range(40) if degrees[v] != degrees[nodes[0]])
        edges.append((colour, (foreign, *nodes[1:])))
        assert graphs.oracle_certificate(colours, edges, other_legs, symmetric) != certificate


def test_regular_graphs_are_told_apart() -> None:
    """Two triangles and a hexagon look alike from every node."""
    hexagon: list[HyperEdge] = [("e", (v, (v + 1) % 6)) for v in range(6)]
    triangles: list[HyperEdge] = [("e", (v, v - v % 3 + (v + 1) % 3)) for v in range(6)]
    forms, certificates = (
        {tell(["v"] * 6, edges, symmetric=["e"]) for edges in (hexagon, triangles)}
        for tell in (graphs.brute_force_canonical, graphs.oracle_certificate)
    )
    assert len(forms) == len(certificates) == 2
    assert graphs.automorphism_count(["v"] * 6, hexagon, symmetric=["e"]) == 12
    assert graphs.automorphism_count(["v"] * 6, triangles, symmetric=["e"]) == 72


@pytest.mark.parametrize(
    ("ties", "target", "classes", "permuted"),
    [
        ((2,), "identity", [2, 3, 4, 5, 6, 7], None),
        ((3,), "identity", [2, 3, 12, 55, 356], None),
        ((4,), "identity", [2, 3, 12, 55], None),
        pytest.param((4,), "identity", [2, 3, 12, 55, 376], None, marks=pytest.mark.full),
        ((2, 1), "identity", [2, 6, 27, 184], None),
        ((1, 1, 1), "identity", [2, 9, 45, 391], [2, 3, 12, 76]),
        ((3,), "zero", [1, 1, 3, 9, 39, 187], None),
    ],
)
def test_number_of_merged_classes(
    ties: Sequence[int], target: str, classes: list[int], permuted: list[int] | None
) -> None:
    """Isomorphism classes of merged diagrams, colours fixed or permuted.

    Merging respects isomorphism, so one diagram of each class is enough to go on with.
    """
    factors = [diagram for _, diagram in naive_pairings.merged_power(ties, 0, target)]  # type: ignore[arg-type]
    power = factors
    for s, count in enumerate(classes):
        if s:
            power = [c for a in power for b in factors for c in naive_pairings.merge(a, b)]
        found: dict[Hashable, naive_pairings.EdgeList] = {}
        for diagram in power:
            found.setdefault(graphs.oracle_certificate(*as_graph(diagram)), diagram)
        power = list(found.values())
        assert len(power) == count
        if permuted is not None:
            orbits = set()
            for colours, edges in map(as_graph, power):
                images = [
                    graphs.oracle_certificate(
                        colours, [(exchange[int(c)], nodes) for c, nodes in edges]
                    )
                    for exchange in permutations(range(len(ties)))
                ]
                orbits.add(min(images, key=repr))
            assert len(orbits) == permuted[s]
