"""Canonical forms and automorphisms: against all permutations, and against igraph.

Invariance alone would allow a form that forgets; agreement with an independent labeller on
which diagrams are isomorphic, and with the orders of all automorphism groups, does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement, permutations, product
from math import factorial
from random import Random

import pytest
from graphs.test_diagram import alpha, alphabets, b, beta, diagrams, gamma, random_diagram, shuffled
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import drawn
from truth import graphs

from diagrams.graphs.canonical import (
    canonical_diagram,
    canonical_state,
    cell_symmetries,
    edge_orbits,
)
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.tensors import Tensor

randoms = st.randoms(use_true_random=False)
u, v, x = (Tensor(name, (alpha, beta)) for name in "uvx")
w = Tensor("w", (alpha, alpha))
field = Tensor("h", (alpha,))
triple = Tensor("t", (alpha, alpha, alpha))
mixed = Tensor("m", (alpha, beta, alpha))
plaquette = Tensor("q", (alpha, beta, gamma))

Graph = tuple[list[str], list[tuple[str, tuple[int, ...]]], tuple[int, ...]]


def as_graph(diagram: Diagram) -> Graph:
    """A diagram as the truth methods take it."""
    edges = [
        (f"{e.tensor.name} {[f.name for f in e.tensor.families]}", e.nodes) for e in diagram.edges
    ]
    return [family.name for family in diagram.nodes], edges, diagram.legs


def agrees_with_igraph(sample: Iterable[Diagram]) -> tuple[int, int]:
    """Check that both split a sample into the same classes; return their and its number."""
    pairs = set()
    count = 0
    for diagram in sample:
        pairs.add((diagram.canonical, graphs.oracle_certificate(*as_graph(diagram))))
        count += 1
    ours, theirs = {form for form, _ in pairs}, {certificate for _, certificate in pairs}
    assert len(pairs) == len(ours) == len(theirs)
    return len(pairs), count


def incidence_graph(
    lines: Sequence[Sequence[int]], points: int, tensor: Tensor = u, copies: int = 1
) -> Diagram:
    """One node of the tensor's first family for a line, one of its second for a point."""
    nodes = (tensor.families[0],) * len(lines) + (tensor.families[1],) * points
    edges = [
        Edge(tensor, (j, len(lines) + point))
        for j, line in enumerate(lines)
        for point in line
        for _ in range(copies)
    ]
    return Diagram(nodes, tuple(edges))


def undirected(links: Iterable[Sequence[int]], nodes: int) -> Diagram:
    """A graph as a diagram of one family: each link in both directions."""
    both = [Edge(w, pair) for i, j in links for pair in ((i, j), (j, i))]
    return Diagram((alpha,) * nodes, tuple(both))


def ring(length: int, tensor: Tensor = u) -> Diagram:
    return incidence_graph([(j, (j + 1) % length) for j in range(length)], length, tensor)


CUBE = [(i, i ^ 1 << k) for i in range(8) for k in range(3) if i < i ^ 1 << k]
PAIRS = [set(pair) for pair in combinations(range(5), 2)]
PETERSEN = [(i, j) for i, j in combinations(range(10), 2) if not PAIRS[i] & PAIRS[j]]
CELLS = list(product(range(4), repeat=2))
ROOK = [
    (i, j)
    for i, j in combinations(range(16), 2)
    if CELLS[i][0] == CELLS[j][0] or CELLS[i][1] == CELLS[j][1]
]
STEPS = {(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)}
SHRIKHANDE = [
    (i, j)
    for i, j in combinations(range(16), 2)
    if tuple((a - b) % 4 for a, b in zip(CELLS[i], CELLS[j], strict=True)) in STEPS
]
FANO = [[(j + k) % 7 for k in (0, 1, 3)] for j in range(7)]
K33 = list(product(range(3), range(3, 6)))
PRISM = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (0, 3), (1, 4), (2, 5)]


def net(order: int) -> Diagram:
    """Rows, columns and symbols of a cyclic Latin square, as lines on its cells.

    Fixing one line splits its parallels into orbits that refinement does not see.
    """
    cells = list(product(range(order), repeat=2))
    values = [lambda i, j: i, lambda i, j: j, lambda i, j: (i + j) % order]
    lines = [
        [place for place, cell in enumerate(cells) if value(*cell) == line]
        for value in values
        for line in range(order)
    ]
    return incidence_graph(lines, len(cells))


# Name, diagram, order of the automorphism group.
SYMMETRIC = [
    ("ring of 13", ring(13), 26),
    ("ring of 16", ring(16), 32),
    ("ring of 20", ring(20), 40),
    ("directed ring of 17", Diagram.of(*((w, f"{j} {(j + 1) % 17}") for j in range(17))), 17),
    ("two rings of 7", ring(7) @ ring(7), 2 * 14**2),
    ("ring of 14", ring(14), 28),
    ("K33", undirected(K33, 6), 72),
    ("prism", undirected(PRISM, 6), 12),
    ("cube", undirected(CUBE, 8), 48),
    ("Petersen", undirected(PETERSEN, 10), 120),
    ("rook's graph", undirected(ROOK, 16), 1152),
    ("Shrikhande graph", undirected(SHRIKHANDE, 16), 192),
    ("K33, incidences", incidence_graph(K33, 6), 72),
    ("Petersen, incidences", incidence_graph(PETERSEN, 10), 120),
    ("rook's graph, incidences", incidence_graph(ROOK, 16), 1152),
    ("Shrikhande graph, incidences", incidence_graph(SHRIKHANDE, 16), 192),
    ("Fano plane", incidence_graph(FANO, 7), 168),
    ("Fano plane, doubled lines", incidence_graph(FANO, 7, copies=2), 168 * 2**21),
    ("net of order 4", net(4), 192),
    ("net of order 5", net(5), 600),
    ("eight lone nodes", Diagram((alpha,) * 4 + (beta,) * 4, ()), 24**2),
    (
        "six equal stars",
        incidence_graph([(3 * j, 3 * j + 1, 3 * j + 2) for j in range(6)], 18),
        6**6 * 720,
    ),
    ("complete bipartite", incidence_graph([range(6)] * 6, 6), 720**2),
    ("cube of triples", Diagram.of(*((triple, f"{i} {j} {(i + j) % 5}") for i, j in CELLS)), None),
]


@pytest.mark.parametrize(
    ("diagram", "order"), [row[1:] for row in SYMMETRIC], ids=[row[0] for row in SYMMETRIC]
)
def test_highly_symmetric_diagrams(diagram: Diagram, order: int | None) -> None:
    """Known group orders; random relabellings lead to one form, and to the group of igraph."""
    random = Random(5)
    form = diagram.canonical
    expected = graphs.oracle_automorphism_count(*as_graph(diagram))
    assert order in (None, expected)
    for _ in range(drawn(2)):
        other = shuffled(diagram, random)
        assert canonical_diagram(other) == (form, expected)


def test_refinement_alone_would_fuse_these() -> None:
    """Regular graphs of equal parameters, and a switched ring, are told apart."""
    families = [
        [row[1] for row in SYMMETRIC if row[0] in group]
        for group in [
            ("rook's graph", "Shrikhande graph"),
            ("rook's graph, incidences", "Shrikhande graph, incidences"),
            ("K33", "prism"),
            ("ring of 14", "two rings of 7"),
        ]
    ]
    for one, other in families:
        assert sorted(map(str, one.edge_counts())) == sorted(map(str, other.edge_counts()))
        assert len(one.nodes) == len(other.nodes)
        assert not one.is_isomorphic(other)


# All relabellings of small diagrams


@given(diagrams(nodes=5, edges=5))
@settings(max_examples=max(12, settings().max_examples // 2))
def test_every_relabelling_of_a_small_diagram(diagram: Diagram) -> None:
    """One form, an isomorphic one; the group order is that found by trying all permutations."""
    form, symmetries = canonical_diagram(diagram)
    for order in permutations(range(len(diagram.nodes))):
        assert canonical_diagram(diagram.relabel(order)) == (form, symmetries)
    assert symmetries == graphs.automorphism_count(*as_graph(diagram))
    brute = graphs.brute_force_canonical(*as_graph(form))
    assert brute == graphs.brute_force_canonical(*as_graph(diagram))
    assert form.canonical == form
    assert form.edge_counts() == diagram.edge_counts()


@given(st.data())
def test_two_of_one_alphabet(data: st.DataObject) -> None:
    """Equal forms exactly for isomorphic diagrams."""
    tensors = data.draw(alphabets())
    one, other = (data.draw(diagrams(tensors, nodes=4, edges=4, legs=1)) for _ in range(2))
    brute = [graphs.brute_force_canonical(*as_graph(d)) for d in (one, other)]
    assert one.is_isomorphic(other) == (brute[0] == brute[1])


KINDS = {
    "two slots in one family": ((w,), 4, 4, 0),
    "one bipartite colour": ((u,), 5, 5, 0),
    "one bipartite colour, many parallel": ((u,), 4, 8, 0),
    "two bipartite colours": ((u, v), 5, 4, 0),
    "hyper-edges": ((triple,), 4, 3, 0),
    "hyper-edges over two families": ((mixed, u), 4, 3, 0),
    "three families": ((plaquette, field, b), 4, 4, 0),
    "ranks zero to three": ((Tensor("s", ()), field, w, triple), 3, 4, 0),
    "with legs": ((u, w), 4, 3, 2),
    "with legs on absorbed nodes": ((u,), 5, 4, 2),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_relabelling_of_five_nodes(kind: str) -> None:
    tensors, _, edges, legs = KINDS[kind]
    random = Random(kind)
    for _ in range(drawn(5)):
        diagram = random_diagram(random, tensors, 5, edges, legs)
        expected = (diagram.canonical, graphs.automorphism_count(*as_graph(diagram)))
        for order in permutations(range(5)):
            assert canonical_diagram(diagram.relabel(order)) == expected


def test_labels_in_any_order_of_families() -> None:
    """A state whose labelled nodes are not sorted by family has the same canonical form."""
    random = Random(2)
    alphabet = Alphabet([plaquette, mixed, w], [alpha, beta, gamma], [beta])
    for _ in range(30):
        diagram = random_diagram(random, (plaquette, mixed, w), 6, 4)
        numbers, cells = alphabet.encode(diagram)
        assert len(set(numbers)) == 2
        order = list(range(len(numbers)))
        random.shuffle(order)
        moved = tuple(number for _, number in sorted(zip(order, numbers, strict=True)))
        other = (moved, tuple(alphabet.relabel_cells(cells, order)))
        expected = canonical_state(alphabet, (numbers, cells))
        assert canonical_state(alphabet, other) == expected
        assert alphabet.decode(expected[0]).is_isomorphic(diagram)


# Thousands of every kind, against igraph


@pytest.mark.parametrize("kind", KINDS)
def test_classes_are_those_of_igraph(kind: str) -> None:
    tensors, nodes, edges, legs = KINDS[kind]
    random = Random(kind)
    sizes = [(nodes, edges), (nodes, edges - 1), (nodes + 1, edges)]
    sample = [
        random_diagram(random, tensors, *random.choice(sizes), legs) for _ in range(drawn(200))
    ]
    classes, count = agrees_with_igraph(sample)
    assert 8 < classes < count
    for diagram in sample[::10]:
        assert diagram.symmetry_factor == graphs.automorphism_count(*as_graph(diagram))


def regular(random: Random, labelled: int, degree: int) -> Diagram:
    """A random bipartite multigraph, every node of the same degree."""
    ends = [node for node in range(labelled) for _ in range(degree)]
    others = [labelled + node for node in ends]
    random.shuffle(others)
    edges = tuple(Edge(u, pair) for pair in zip(ends, others, strict=True))
    return Diagram((alpha,) * labelled + (beta,) * labelled, edges)


@pytest.mark.parametrize(("labelled", "degree"), [(4, 2), (5, 2), (7, 2), (4, 3), (5, 3), (3, 6)])
def test_regular_diagrams(labelled: int, degree: int) -> None:
    random = Random(labelled)
    sample = [regular(random, labelled, degree) for _ in range(drawn(60))]
    classes, count = agrees_with_igraph(sample)
    assert 2 < classes < count
    for diagram in sample[::15]:
        expected = graphs.oracle_automorphism_count(*as_graph(diagram))
        assert shuffled(diagram, random).symmetry_factor == expected


def test_rings_of_several_colours() -> None:
    """Necklaces: rings of four to six with two colours of arcs, as many as igraph finds."""
    sample = []
    for length in (4, 5, 6):
        for colours in product((w, Tensor("z", (alpha, alpha))), repeat=length):
            arcs = [(c, f"{j} {(j + 1) % length}") for j, c in enumerate(colours)]
            sample.append(Diagram.of(*arcs))
    assert agrees_with_igraph(sample) == (6 + 8 + 14, 16 + 32 + 64)


def contractions(diagram: Diagram, pairs: int, random: Random) -> Diagram:
    """Pair random edges of equal tensors, one after the other."""
    for _ in range(pairs):
        paired = [e for e in diagram.edges if diagram.edge_counts()[e.tensor] > 1]
        if not paired:
            return diagram
        one = random.choice(paired)
        rest = diagram.without(one)
        partners = [e for e in rest.edges if e.tensor == one.tensor]
        other = random.choice(partners)
        diagram = rest.without(other).identify(zip(one.nodes, other.nodes, strict=True))
    return diagram


def merged(random: Random, ties: Sequence[int], merges: int) -> Diagram:
    """A random term of a merged power of a factor model's loss."""
    colours = [(u, v, x)[c] for c, d in enumerate(ties) for _ in range(d)]
    square = Diagram.of(*((c, f"{k} {m}") for m, c in enumerate(colours) for k in ("k", "l")))
    overlap = Diagram.of(*((c, "k i") for c in colours))
    diagram = random.choice([square, overlap])
    for _ in range(merges):
        atom = random.choice([square, overlap])
        one = random.choice(diagram.edges)
        other = random.choice([e for e in atom.edges if e.tensor == one.tensor])
        union = diagram.without(one) @ atom.without(other)
        shift = len(diagram.nodes)
        diagram = union.identify(
            (n, m + shift) for n, m in zip(one.nodes, other.nodes, strict=True)
        )
    return diagram


@pytest.mark.parametrize("ties", [(2,), (3,), (4,), (1, 1), (2, 1), (1, 1, 1), (2, 2)])
def test_merged_diagrams_and_their_contractions(ties: Sequence[int]) -> None:
    random = Random(str(ties))
    sample = []
    for _ in range(drawn(40)):
        diagram = merged(random, ties, random.randint(1, 3))
        sample += [diagram, shuffled(diagram, random)]
        sample += [contractions(diagram, pairs, random) for pairs in (1, 2, 4)]
    classes, count = agrees_with_igraph(sample)
    assert 20 < classes < count
    for diagram in sample[::25]:
        expected = graphs.oracle_automorphism_count(*as_graph(diagram))
        assert diagram.symmetry_factor == expected


@pytest.mark.parametrize("tensors", [(w,), (u, v), (triple, field), (mixed, plaquette), (u, w)])
def test_large_random_diagrams(tensors: Sequence[Tensor]) -> None:
    """Up to forty nodes: relabelling changes nothing, moving one slot does."""
    random = Random(str(tensors))
    for nodes, edges in [(20, 20), (30, 30), (40, 60), (40, 25)]:
        diagram = random_diagram(random, tensors, nodes, edges, legs=1)
        other = shuffled(diagram, random)
        assert other.canonical == diagram.canonical
        expected = graphs.oracle_automorphism_count(*as_graph(diagram))
        assert diagram.symmetry_factor == other.symmetry_factor == expected
        edge = random.choice(other.edges)
        family = edge.tensor.families[0]
        degree = Counter(n for e in other.edges for n in e.nodes)
        here = degree[edge.nodes[0]]
        far = next(
            n
            for n, f in enumerate(other.nodes)
            if f == family and degree[n] + 1 != here and n != edge.nodes[0]
        )
        moved = Edge(edge.tensor, (far, *edge.nodes[1:]))
        changed = Diagram(other.nodes, (*other.without(edge).edges, moved), other.legs)
        assert not changed.is_isomorphic(diagram)


# Symmetry factors by hand


@pytest.mark.parametrize("order", range(1, 8))
def test_symmetry_factors_of_the_symmetric_loss(order: int) -> None:
    """nu! for the overlap with the target, 2 nu! for the square."""
    overlap = Diagram.of(*[(u, "k i")] * order)
    square = Diagram.of(*((u, f"{k} i{m}") for m in range(order) for k in ("k", "l")))
    assert overlap.symmetry_factor == factorial(order)
    assert square.symmetry_factor == 2 * factorial(order)


@pytest.mark.parametrize("ties", [(1, 1), (2, 1), (3, 1), (2, 2), (1, 1, 1), (3, 2, 1), (4, 2, 2)])
def test_symmetry_factors_of_mixed_ties(ties: Sequence[int]) -> None:
    """d_1! d_2! .. for the overlap, twice that for the square."""
    colours = [(u, v, x)[c] for c, d in enumerate(ties) for _ in range(d)]
    expected = 1
    for d in ties:
        expected *= factorial(d)
    overlap = Diagram.of(*((c, "k i") for c in colours))
    square = Diagram.of(*((c, f"{k} i{m}") for m, c in enumerate(colours) for k in ("k", "l")))
    assert overlap.symmetry_factor == expected
    assert square.symmetry_factor == 2 * expected


def test_legs_break_symmetries() -> None:
    square = Diagram.of(*((u, f"{k} {i}") for i in "ij" for k in "kl"))
    assert square.symmetry_factor == 4
    for legs, left in [("k", 2), ("i", 2), ("k i", 1), ("i j", 2), ("i i", 2), ("k l i j", 1)]:
        opened = Diagram.of(*((u, f"{k} {i}") for i in "ij" for k in "kl"), legs=legs)
        assert opened.symmetry_factor == left


def test_parallel_hyper_edges_and_scalars() -> None:
    s = Tensor("s", ())
    assert Diagram.of(*[(s, "")] * 4).symmetry_factor == 24
    assert Diagram.of(*[(triple, "a b a")] * 3).symmetry_factor == 6
    assert Diagram.of((triple, "a b c"), (triple, "b a c")).symmetry_factor == 2
    assert Diagram.of((triple, "a b c"), (triple, "b a d")).symmetry_factor == 2
    assert Diagram.of((triple, "a b c"), (triple, "a b d")).symmetry_factor == 2
    assert Diagram.of((triple, "a b c"), (triple, "b d a")).symmetry_factor == 1


# Interchangeable kinds


def exchanged(diagram: Diagram, image: dict[Tensor, Tensor]) -> Diagram:
    edges = (Edge(image.get(e.tensor, e.tensor), e.nodes) for e in diagram.edges)
    return Diagram(diagram.nodes, tuple(edges), diagram.legs)


def kind_permutations(groups: Sequence[Sequence[Tensor]]) -> Iterator[dict[Tensor, Tensor]]:
    for images in product(*(permutations(group) for group in groups)):
        yield {
            one: other
            for group, image in zip(groups, images, strict=True)
            for one, other in zip(group, image, strict=True)
        }


GROUPS = {
    "three bipartite colours": [[u, v, x]],
    "three colours, one of two others": [[u, v, x], [b, Tensor("c", (beta,))]],
    "slots in one family": [[w, Tensor("y", (alpha, alpha)), Tensor("z", (alpha, alpha))]],
    "hyper-edges": [[mixed, Tensor("n", mixed.families)], [u, v]],
    "fields and scalars": [[field, Tensor("g", (alpha,))], [Tensor("r", ()), Tensor("s", ())]],
}


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("legs", [0, 1])
def test_interchangeable_kinds(name: str, legs: int) -> None:
    """Against the least form over all permutations of kinds; symmetries counted likewise."""
    groups = GROUPS[name]
    tensors = [tensor for group in groups for tensor in group] + ([field] if legs else [])
    random = Random(name)
    brute_of: dict[State, object] = {}
    ours = set()
    sample = [random_diagram(random, tensors, 4, random.randint(2, 4), legs) for _ in range(80)]
    images = list(kind_permutations(groups))
    sample += [exchanged(shuffled(d, random), random.choice(images)) for d in sample]
    every = Alphabet(tensors, [alpha, beta], [beta], legs)
    numbers = [[every.kind_number[tensor] for tensor in group] for group in groups]
    fixed = set()
    for diagram in sample:
        state, count = canonical_state(every, every.encode(diagram), numbers)
        forms = [graphs.oracle_certificate(*as_graph(exchanged(diagram, i))) for i in images]
        brute = frozenset(forms)
        assert brute_of.setdefault(state, brute) == brute
        ours.add(state)
        fixed.add(diagram.canonical)
        itself = graphs.oracle_certificate(*as_graph(diagram))
        total = sum(form == itself for form in forms) * diagram.symmetry_factor
        assert count * cell_symmetries(every, state) == total
    assert len(ours) == len(set(brute_of.values())) < len(fixed)


def test_interchangeable_kinds_of_a_necklace() -> None:
    """Rings of six in two colours: 14 necklaces, 8 when the colours may be exchanged."""
    y = Tensor("y", (alpha, alpha))
    alphabet = Alphabet([w, y], [alpha], [])
    fixed, permuted, one_group = set(), set(), set()
    for colours in product((w, y), repeat=6):
        ring_of = Diagram.of(*((c, f"{j} {(j + 1) % 6}") for j, c in enumerate(colours)))
        state = alphabet.encode(ring_of)
        fixed.add(canonical_state(alphabet, state)[0])
        permuted.add(canonical_state(alphabet, state, [(0, 1)])[0])
        one_group.add(canonical_state(alphabet, state, [(0,), (1,)])[0])
    assert (len(fixed), len(permuted)) == (14, 8)
    assert one_group == fixed


# Orbits of edges


@given(diagrams(nodes=5, edges=5, legs=1))
def test_edge_orbits(diagram: Diagram) -> None:
    """By brute force: two edges are in one orbit if a symmetry maps one to the other."""
    found = edge_orbits(diagram)
    assert sum(size for _, size in found) == len(diagram.edges)
    assert all(edge in diagram.edges for edge, _ in found)
    colours, edges, legs = as_graph(diagram)
    itself = graphs.relabel(range(len(colours)), colours, edges, legs)
    symmetries = [
        order
        for order in permutations(range(len(colours)))
        if graphs.relabel(order, colours, edges, legs) == itself
    ]
    expected = Counter()
    copies = diagram.multiplicities()
    for edge, size in found:
        orbit = {Edge(edge.tensor, tuple(order[n] for n in edge.nodes)) for order in symmetries}
        assert size == sum(copies[e] for e in orbit)
        expected.update(orbit)
    assert set(expected.values()) <= {1}


def test_edge_orbits_of_tensors_with_awkward_names() -> None:
    """Names are only names: no tensor is taken for a marked copy of another."""
    long = "a" * 30
    for one, other in [("u", "u_marked"), (long + "1", long + "2")]:
        y, z = Tensor(one, (alpha, alpha)), Tensor(other, (alpha, alpha))
        wheel = Diagram.of((y, "a b"), (y, "b c"), (z, "c a"))
        assert [size for _, size in edge_orbits(wheel)] == [1, 1, 1]


# Vacuum graphs


@pytest.mark.parametrize(
    ("vertices", "numerator", "denominator"), [(1, 1, 8), (2, 1, 12), (3, 11, 96), (4, 17, 72)]
)
def test_vacuum_graphs(vertices: int, numerator: int, denominator: int) -> None:
    """Connected graphs of quartic vertices: the sum of 1/|Aut| at two to five loops.

    A line without direction is a node of its own that two edges join to vertices.
    """
    total: dict[Diagram, int] = {}
    lines = list(combinations_with_replacement(range(vertices), 2))
    for chosen in combinations_with_replacement(lines, 2 * vertices):
        degree = Counter(n for line in chosen for n in line)
        if any(degree[n] != 4 for n in range(vertices)):
            continue
        diagram = incidence_graph(chosen, vertices)
        if len(diagram.components()) == 1:
            total[diagram.canonical] = diagram.symmetry_factor
    common = factorial(4) ** vertices * factorial(vertices) * 2 ** (2 * vertices)
    assert all(common % order == 0 for order in total.values())
    assert sum(common // order for order in total.values()) * denominator == numerator * common
