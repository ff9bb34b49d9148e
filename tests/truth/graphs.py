r"""Automorphisms and canonical forms of coloured hypergraphs, by trying all permutations.

A graph is given by

* `node_colours`: the colour of node 0, 1, ..;
* `edges`: pairs (edge colour, nodes of its slots, in the order of the slots); equal edges may
  occur several times and a node may fill several slots;
* `legs`: the node that carries free leg 0, 1, ..; legs are told apart and never permuted;
* `symmetric`: the edge colours whose slots are interchangeable (their node tuples are unordered).

An automorphism permutes nodes, edges and slots so that colours, incidences, legs and (for
colours outside `symmetric`) slot numbers are kept.  Those that fix all nodes permute equal
edges and, in a symmetric edge, the slots that one node fills: they number

    prod over classes of equal edges m! * prod over symmetric edges, nodes (slots filled)!

and |Aut| is this number times that of the node permutations which keep everything.

`oracle_certificate` and `oracle_automorphism_count` ask igraph instead and serve for large
graphs; igraph is needed by the tests only and imported when called.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterator, Sequence
from fractions import Fraction
from importlib import import_module
from itertools import permutations, product
from math import factorial
from typing import Any

Colour = str | int
HyperEdge = tuple[Colour, tuple[int, ...]]
Form = tuple[tuple[Colour, ...], tuple[HyperEdge, ...], tuple[int, ...]]


def relabel(
    names: Sequence[int],
    node_colours: Sequence[Colour],
    edges: Sequence[HyperEdge],
    legs: Sequence[int] = (),
    symmetric: Collection[Colour] = (),
) -> Form:
    """The same graph with node v renamed to names[v], its edges sorted.

    >>> relabel([1, 0], ["a", "b"], [("e", (1, 0)), ("e", (0, 0))], [0], ["e"])
    (('b', 'a'), (('e', (0, 1)), ('e', (1, 1))), (1,))
    """
    colours = list(node_colours)
    for v, colour in enumerate(node_colours):
        colours[names[v]] = colour
    renamed: list[HyperEdge] = []
    for colour, nodes in edges:
        image = tuple(names[v] for v in nodes)
        renamed.append((colour, tuple(sorted(image)) if colour in symmetric else image))
    return tuple(colours), tuple(sorted(renamed)), tuple(names[v] for v in legs)


def automorphism_count(
    node_colours: Sequence[Colour],
    edges: Sequence[HyperEdge],
    legs: Sequence[int] = (),
    symmetric: Collection[Colour] = (),
) -> int:
    """|Aut|, by trying all permutations of the nodes that keep their colours.

    >>> automorphism_count(["x"], [("e", (0, 0)), ("e", (0, 0))], symmetric=["e"])
    8
    """
    graph = (node_colours, edges, legs, symmetric)
    itself = relabel(range(len(node_colours)), *graph)
    places = list(node_colours)
    images = sum(relabel(names, *graph) == itself for names in _renamings(node_colours, places))
    return images * _fixing_all_nodes(edges, symmetric)


def brute_force_canonical(
    node_colours: Sequence[Colour],
    edges: Sequence[HyperEdge],
    legs: Sequence[int] = (),
    symmetric: Collection[Colour] = (),
) -> Form:
    """The least (colours, sorted edges, legs) over all renamings of the nodes.

    The colours come first, so a least form has them sorted: only renamings that sort them are
    tried.

    >>> brute_force_canonical(["b", "a"], [("e", (0, 1))])
    (('a', 'b'), (('e', (1, 0)),), ())
    """
    places = sorted(node_colours)
    return min(
        relabel(names, node_colours, edges, legs, symmetric)
        for names in _renamings(node_colours, places)
    )


def _renamings(colours: Sequence[Colour], places: Sequence[Colour]) -> Iterator[list[int]]:
    """All bijections v -> names[v] with places[names[v]] == colours[v]."""
    old: defaultdict[Colour, list[int]] = defaultdict(list)
    new: defaultdict[Colour, list[int]] = defaultdict(list)
    for v, colour in enumerate(colours):
        old[colour].append(v)
    for v, colour in enumerate(places):
        new[colour].append(v)
    for images in product(*(permutations(new[colour]) for colour in old)):
        names = [0] * len(colours)
        for nodes, image in zip(old.values(), images, strict=True):
            for v, name in zip(nodes, image, strict=True):
                names[v] = name
        yield names


def _fixing_all_nodes(edges: Sequence[HyperEdge], symmetric: Collection[Colour]) -> int:
    """The number of automorphisms that move edges and slots only."""
    count = 1
    for (_, nodes, exchangeable), multiplicity in _classes(edges, symmetric).items():
        count *= factorial(multiplicity)
        if exchangeable:
            for filled in Counter(nodes).values():
                count *= factorial(filled) ** multiplicity
    return count


def _classes(
    edges: Sequence[HyperEdge], symmetric: Collection[Colour]
) -> Counter[tuple[Colour, tuple[int, ...], bool]]:
    """Equal edges with their multiplicities."""
    return Counter(
        (c, tuple(sorted(nodes)), True) if c in symmetric else (c, nodes, False)
        for c, nodes in edges
    )


def oracle_certificate(
    node_colours: Sequence[Colour],
    edges: Sequence[HyperEdge],
    legs: Sequence[int] = (),
    symmetric: Collection[Colour] = (),
) -> Hashable:
    """Equal exactly for isomorphic graphs; by igraph (BLISS), for graphs of any size.

    Nodes, classes of equal edges, their slots and the legs all become vertices of a simple
    graph, node -- slot -- edge; what they are (colour, multiplicity, slot number) becomes the
    vertex's kind.  The certificate is the simple graph in canonical order, kinds included.
    """
    graph, kinds = _simple_graph(node_colours, edges, legs, symmetric)
    order = graph.canonical_permutation(color=graph.vs["number"])
    canonical = graph.permute_vertices(order)
    links = sorted(tuple(sorted(link)) for link in canonical.get_edgelist())
    return tuple(kinds), tuple(canonical.vs["number"]), tuple(links)


def oracle_automorphism_count(
    node_colours: Sequence[Colour],
    edges: Sequence[HyperEdge],
    legs: Sequence[int] = (),
    symmetric: Collection[Colour] = (),
) -> int:
    """|Aut| by igraph, for graphs of any size.

    igraph counts in floating point; a count of node permutations that this cannot hold exactly
    raises OverflowError.
    """
    graph, _ = _simple_graph(node_colours, edges, legs, symmetric)
    images = graph.count_automorphisms(color=graph.vs["number"])
    if images >= 2**53:
        raise OverflowError(f"igraph counts {images} node permutations, inexactly")
    return int(images) * _fixing_all_nodes(edges, symmetric)


def _simple_graph(
    node_colours: Sequence[Colour],
    edges: Sequence[HyperEdge],
    legs: Sequence[int],
    symmetric: Collection[Colour],
) -> tuple[Any, list[tuple[str, Colour, int, int]]]:
    """An igraph graph with vertex numbers for its sorted list of vertex kinds."""
    igraph: Any = import_module("igraph")

    kinds: list[tuple[str, Colour, int, int]] = [("node", c, 0, 0) for c in node_colours]
    links: list[tuple[int, int]] = []
    for number, v in enumerate(legs):
        links.append((v, len(kinds)))
        kinds.append(("leg", number, 0, 0))
    for (colour, nodes, exchangeable), multiplicity in _classes(edges, symmetric).items():
        centre = len(kinds)
        kinds.append(("edge", colour, multiplicity, len(nodes)))
        if exchangeable:
            slots = [(v, filled) for v, filled in sorted(Counter(nodes).items())]
        else:
            slots = [(v, number) for number, v in enumerate(nodes)]
        for v, number in slots:
            links += [(v, len(kinds)), (len(kinds), centre)]
            kinds.append(("slot", colour, number, int(exchangeable)))
    names = sorted(set(kinds), key=repr)
    numbers = {kind: number for number, kind in enumerate(names)}
    graph = igraph.Graph(n=len(kinds), edges=links)
    graph.vs["number"] = [numbers[kind] for kind in kinds]
    return graph, names


def sum_of_inverse_automorphisms(
    graphs: Sequence[tuple[Sequence[Colour], Sequence[HyperEdge]]],
    symmetric: Collection[Colour] = (),
) -> Fraction:
    """The sum of 1/|Aut| over isomorphism classes; each class counts once."""
    classes = {brute_force_canonical(n, e, symmetric=symmetric): (n, e) for n, e in graphs}
    counts = (automorphism_count(n, e, symmetric=symmetric) for n, e in classes.values())
    return sum((Fraction(1, count) for count in counts), Fraction(0))
