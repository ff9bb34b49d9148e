"""The incidence form: encoding loses nothing, and relabelling is what it says."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from graphs.test_diagram import (
    FAMILIES,
    alpha,
    alphabets,
    b,
    beta,
    diagrams,
    gamma,
    shuffled,
    t,
    u,
    v,
    w,
)
from hypothesis import given
from hypothesis import strategies as st
from truth.graphs import oracle_certificate, relabel

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import NODE_LIMIT, Alphabet
from diagrams.graphs.tensors import Tensor

randoms = st.randoms(use_true_random=False)


def certificate(diagram: Diagram) -> object:
    """Tells isomorphism classes apart; shares no code with the library."""
    colours = [family.name for family in diagram.nodes]
    edges = [
        (f"{e.tensor.name} {[f.name for f in e.tensor.families]}", e.nodes) for e in diagram.edges
    ]
    return oracle_certificate(colours, edges, diagram.legs)


@given(diagrams(legs=3))
def test_decode_inverts_encode(diagram: Diagram) -> None:
    """Up to the numbering of nodes, which a second round does not change."""
    alphabet = Alphabet.of([diagram])
    state = alphabet.encode(diagram)
    decoded = alphabet.decode(state)
    assert certificate(decoded) == certificate(diagram)
    assert decoded.edge_counts() == diagram.edge_counts()
    assert alphabet.encode(decoded) == state
    assert alphabet.decode(alphabet.encode(decoded)) == decoded


@given(st.data())
def test_one_alphabet_for_many(data: st.DataObject) -> None:
    tensors = data.draw(alphabets())
    several = data.draw(st.lists(diagrams(tensors, legs=0), min_size=1, max_size=4))
    alphabet = Alphabet.of(several)
    for diagram in several:
        assert certificate(alphabet.decode(alphabet.encode(diagram))) == certificate(diagram)


@given(diagrams(), randoms)
def test_the_alphabet_is_that_of_the_class(diagram: Diagram, random: Random) -> None:
    one, other = Alphabet.of([diagram]), Alphabet.of([shuffled(diagram, random)])
    assert (one.tensors, one.families, one.absorbed) == (
        other.tensors,
        other.families,
        other.absorbed,
    )


@given(diagrams(legs=0))
def test_as_many_nodes_absorbed_as_possible(diagram: Diagram) -> None:
    """No tensor has two slots in absorbed families; one labelled slot each, if it can be had;
    and no larger choice of this kind would do."""
    alphabet = Alphabet.of([diagram])
    state = alphabet.encode(diagram)
    scores = []
    for chosen in range(2 ** len(FAMILIES)):
        absorbed = [f for place, f in enumerate(FAMILIES) if chosen >> place & 1]
        inside = [sum(f in absorbed for f in x.families) for x in diagram.tensors]
        if max(inside, default=0) <= 1:
            rows = all(x.rank - n == 1 for x, n in zip(diagram.tensors, inside, strict=True))
            scores.append((rows, -sum(f not in absorbed for f in diagram.nodes)))
    assert max(scores)[1] == -len(state[0])
    assert list(state[0]) == sorted(state[0])
    assert list(state[1]) == sorted(state[1])
    assert all(cell[1:] == tuple(sorted(cell[1:])) for cell in state[1])


@given(diagrams(legs=2), randoms)
def test_relabelling_cells(diagram: Diagram, random: Random) -> None:
    """Renaming labels of the form and decoding is renaming nodes of the diagram."""
    alphabet = Alphabet.of([diagram])
    numbers, cells = alphabet.encode(diagram)
    order = list(range(len(numbers)))
    random.shuffle(order)
    moved = [0] * len(numbers)
    for old, new in enumerate(order):
        moved[new] = numbers[old]
    renamed = alphabet.relabel_cells(cells, order)
    assert all(list(cell[1:]) == sorted(cell[1:]) for cell in renamed)
    assert sorted(map(len, renamed)) == sorted(map(len, cells))
    other = alphabet.decode((tuple(moved), tuple(sorted(renamed))))
    assert certificate(other) == certificate(diagram)
    back = [order.index(label) for label in range(len(order))]
    assert tuple(sorted(alphabet.relabel_cells(renamed, back))) == cells


@pytest.mark.parametrize("rank", [2, 3])
def test_relabelling_kinds(rank: int) -> None:
    """Exchanging kinds exchanges tensors, in packed ends and in those without nodes."""
    families = (alpha, alpha, beta)[-rank:]
    x, y, z = (Tensor(name, families) for name in "xyz")
    one, two = Tensor("a", (beta,)), Tensor("c", (beta,))
    names = ("k k i", "k l i", "l l j") if rank == 3 else ("k i", "l i", "l j")
    factors = list(zip((x, y, z), names, strict=True))
    diagram = Diagram.of(*factors, (one, "i"), (two, "j"), (two, "j"))
    alphabet = Alphabet.of([diagram])
    exchange = {x: y, y: z, z: x, one: two, two: one}
    kinds = [alphabet.kind_number[exchange[tensor]] for tensor in alphabet.tensors]
    numbers, cells = alphabet.encode(diagram)
    labels = range(len(numbers))
    state = (numbers, tuple(sorted(alphabet.relabel_cells(cells, labels, kinds))))
    expected = Diagram(
        diagram.nodes, tuple(Edge(exchange[e.tensor], e.nodes) for e in diagram.edges)
    )
    assert state == alphabet.encode(expected)
    assert alphabet.simple == (rank == 2)


def test_ends() -> None:
    diagram = Diagram.of((t, "k i c"), (w, "k l"), (b, "i"), legs="k c")
    alphabet = Alphabet.of([diagram])
    for tensor in (t, w, b):
        kind = alphabet.kind_number[tensor]
        nodes = tuple(range(900, 900 + len(alphabet.labelled_slots[kind])))
        end = alphabet.end(kind, nodes)
        assert alphabet.kind_of(end) == kind
        assert alphabet.nodes_of(end) == nodes
    for leg in (3, 4):
        for nodes in ((), (NODE_LIMIT - 1,)):
            end = alphabet.end(leg, nodes)
            assert (alphabet.kind_of(end), alphabet.nodes_of(end)) == (leg, nodes)
    tags = [alphabet.bare] + [alphabet.tag_of_family(number) for number in range(3)]
    assert [alphabet.family_of_tag(tag) for tag in tags] == [None, 0, 1, 2]
    ends = {alphabet.end(kind, ()) for kind in range(alphabet.kinds)}
    assert len(ends | set(tags)) == alphabet.kinds + 4


def test_the_loss_of_a_factor_model() -> None:
    """The smaller side is labelled: two nodes and three cells."""
    diagram = Diagram.of(*((u, f"{k} i{m}") for m in range(3) for k in ("k", "l")))
    numbers, cells = Alphabet.of([diagram]).encode(diagram)
    assert len(numbers) == 2
    assert len(cells) == 3
    assert len(set(cells)) == 1


def test_labelled_nodes_come_by_family() -> None:
    """Whatever the order of the diagram's nodes, two labelled families among them."""
    for order in permutations(range(6)):
        diagram = Diagram.of((t, "k i c"), (t, "l i d"), (w, "k l"), (b, "j")).relabel(order)
        alphabet = Alphabet.of([diagram])
        numbers, _ = alphabet.encode(diagram)
        assert len(set(numbers)) == 2
        assert list(numbers) == sorted(numbers)
        labels = alphabet.labels(diagram)
        assert [labels[n] for n in labels] == list(range(len(numbers)))
        assert all(alphabet.families[numbers[labels[n]]] == diagram.nodes[n] for n in labels)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="two slots"):
        Alphabet([w], FAMILIES, [alpha])
    with pytest.raises(ValueError, match="two slots"):
        Alphabet([t], FAMILIES, [alpha, gamma])
    with pytest.raises(BadInput):
        Alphabet.of([Diagram.of((u, "k i")), Diagram.of((Tensor("u", (alpha,)), "k"))])
    many = Diagram((alpha,) * NODE_LIMIT, ())
    with pytest.raises(BadInput):
        Alphabet.of([many]).encode(many)
    fewer = Diagram((alpha,) * 8, ())
    assert len(Alphabet([v], FAMILIES, []).encode(fewer)[0]) == 8


def test_certificate_of_these_tests() -> None:
    """It tells a path from a fork, so equal certificates mean something."""
    path, fork = Diagram.of((w, "a b"), (w, "b c")), Diagram.of((w, "a b"), (w, "a c"))
    assert certificate(path) != certificate(fork)
    assert relabel([0], ["x"], []) == (("x",), (), ())
