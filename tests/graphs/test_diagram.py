"""Diagrams: construction, refusals, structure and surgery, on random ones of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram, Edge, family_letters
from diagrams.graphs.laws import Delta, Gaussian
from diagrams.graphs.tensors import IndexFamily, Role, Tensor, delta

FAMILIES = (IndexFamily("alpha", "A"), IndexFamily("beta", "B"), IndexFamily("gamma", "C"))
alpha, beta, gamma = FAMILIES
u = Tensor("u", (alpha, beta))
v = Tensor("v", (alpha, beta))
w = Tensor("w", (alpha, alpha))
b = Tensor("b", (beta,), Role.FROZEN)
s = Tensor("s", ())
t = Tensor("t", (alpha, beta, gamma))


# Random diagrams, used by other tests as well


@st.composite
def alphabets(draw: st.DrawFn, least_rank: int = 0, most_rank: int = 3) -> tuple[Tensor, ...]:
    """One to four tensors of any rank over one to three families, repeated slots included."""
    families = FAMILIES[: draw(st.integers(1, 3))]
    slots = st.lists(st.sampled_from(families), min_size=least_rank, max_size=most_rank)
    drawn = draw(st.lists(slots, min_size=1, max_size=4))
    return tuple(Tensor("uvwx"[j], tuple(shape)) for j, shape in enumerate(drawn))


@st.composite
def diagrams(
    draw: st.DrawFn,
    tensors: Sequence[Tensor] | None = None,
    nodes: int = 5,
    edges: int = 6,
    legs: int = 2,
) -> Diagram:
    """Diagrams of the given tensors, or of any: parallel edges, loops and lone nodes included."""
    if tensors is None:
        tensors = draw(alphabets())
    families = sorted({f for tensor in tensors for f in tensor.families}) or [alpha]
    chosen = draw(st.lists(st.sampled_from(families), max_size=nodes))
    usable = [tensor for tensor in tensors if set(tensor.families) <= set(chosen)]
    joined = []
    for tensor in draw(st.lists(st.sampled_from(usable), max_size=edges)) if usable else []:
        places = [[n for n, f in enumerate(chosen) if f == slot] for slot in tensor.families]
        joined.append(Edge(tensor, tuple(draw(st.sampled_from(place)) for place in places)))
    places = range(len(chosen)) if legs else []
    open_nodes = draw(st.lists(st.sampled_from(places), max_size=legs)) if places else []
    return Diagram(tuple(chosen), tuple(joined), tuple(open_nodes))


def random_diagram(
    random: Random, tensors: Sequence[Tensor], nodes: int, edges: int, legs: int = 0
) -> Diagram:
    """A diagram with at most ``nodes`` nodes and exactly ``edges`` edges, for large samples."""
    families = sorted({f for tensor in tensors for f in tensor.families})
    chosen = families + [random.choice(families) for _ in range(nodes - len(families))]
    random.shuffle(chosen)
    joined = []
    for tensor in random.choices(tensors, k=edges):
        places = [[n for n, f in enumerate(chosen) if f == slot] for slot in tensor.families]
        joined.append(Edge(tensor, tuple(map(random.choice, places))))
    return Diagram(
        tuple(chosen), tuple(joined), tuple(random.randrange(len(chosen)) for _ in range(legs))
    )


def shuffled(diagram: Diagram, random: Random) -> Diagram:
    order = list(range(len(diagram.nodes)))
    random.shuffle(order)
    return diagram.relabel(order)


# Construction


def test_named_indices() -> None:
    diagram = Diagram.of((u, "k i"), (v, ("l", "i")), (u, "k i"), legs="l k l")
    assert diagram.nodes == (alpha, beta, alpha)
    assert diagram.edges == (Edge(u, (0, 1)), Edge(u, (0, 1)), Edge(v, (2, 1)))
    assert diagram.legs == (2, 0, 2)
    assert not diagram.is_closed
    assert diagram == Diagram(
        (alpha, beta, alpha), (Edge(v, (2, 1)), Edge(u, (0, 1)), Edge(u, (0, 1))), (2, 0, 2)
    )
    assert diagram.multiplicities() == {Edge(u, (0, 1)): 2, Edge(v, (2, 1)): 1}
    assert diagram.edge_counts() == {u: 2, v: 1}
    assert diagram.tensors == (u, v)


def test_summed_nodes_without_factors() -> None:
    diagram = Diagram.of((b, "i"), summed={"j": beta, "k": alpha}, legs=["k"])
    assert Counter(diagram.nodes) == Counter([beta, beta, alpha])
    assert diagram.edges == (Edge(b, (diagram.edges[0].nodes[0],)),)
    assert diagram.nodes[diagram.legs[0]] == alpha
    assert Diagram.of() == Diagram((), ())
    assert Diagram.of((s, "")) == Diagram((), (Edge(s, ()),))


def test_deltas_are_contracted() -> None:
    two, three = delta(beta), delta(beta, 3)
    chain = Diagram.of((u, "k i"), (two, "i j"), (u, "l j"))
    assert chain.is_isomorphic(Diagram.of((u, "k i"), (u, "l i")))
    star = Diagram.of((three, "i j l"), (b, "i"), (b, "j"), legs="l i")
    assert star == Diagram((beta,), (Edge(b, (0,)), Edge(b, (0,))), (0, 0))
    assert Diagram.of((two, "i i")) == Diagram((beta,), ())
    assert Diagram.of((delta(beta, 1), "i")) == Diagram((beta,), ())
    loose = Diagram((beta, beta), (Edge(two, (0, 1)),))
    assert loose.edges
    assert loose.contract_deltas() == Diagram((beta,), ())
    assert two.role is Role.STRUCTURAL
    assert two.law == Delta()


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Diagram((alpha, beta), (Edge(u, (0,)),)), "edge 'u'"),
        (lambda: Diagram((alpha, beta), (Edge(u, (1, 0)),)), "slot 0"),
        (lambda: Diagram((alpha, alpha), (Edge(u, (0, 1)),)), "slot 1"),
        (lambda: Diagram((alpha, beta), (Edge(u, (0, 2)),)), "edge 'u'"),
        (lambda: Diagram((alpha, beta), (Edge(u, (-2, 1)),)), "edge 'u'"),
        (lambda: Diagram((alpha,), (), (1,)), "leg"),
        (lambda: Diagram((alpha,), (), (-1,)), "leg"),
        (lambda: Diagram.of((u, "k i j")), "indices of 'u'"),
        (lambda: Diagram.of((u, "k k")), "index 'k'"),
        (lambda: Diagram.of((u, "k i"), legs="j"), "leg"),
        (
            lambda: Diagram.of((u, "k i"), (Tensor("u", (alpha, beta), Role.FROZEN), "k i")),
            "tensor 'u'",
        ),
        (lambda: Diagram.of((u, "k i")).relabel([0, 0]), "order"),
        (lambda: Diagram.of((u, "k i")).relabel([0]), "order"),
        (lambda: Diagram.of((u, "k i")).identify([(0, 1)]), "identified nodes"),
        (lambda: Diagram.of((u, "k i"), legs="k").components(), "diagram"),
    ],
)
def test_what_does_not_fit(make: object, field: str) -> None:
    assert callable(make)
    with pytest.raises(BadInput) as caught:
        make()
    assert caught.value.field.startswith(field)


def test_frozen_values() -> None:
    diagram = Diagram.of((u, "k i"))
    with pytest.raises(FrozenInstanceError):
        diagram.legs = (0,)  # type: ignore[misc]
    assert len({diagram, Diagram.of((u, "m n")), Diagram.of((v, "k i"))}) == 2


# Structure and surgery


@given(diagrams(), st.randoms(use_true_random=False))
def test_relabelling(diagram: Diagram, random: Random) -> None:
    order = list(range(len(diagram.nodes)))
    random.shuffle(order)
    renamed = diagram.relabel(order)
    assert all(renamed.nodes[order[n]] == family for n, family in enumerate(diagram.nodes))
    assert renamed.legs == tuple(order[n] for n in diagram.legs)
    assert Counter(renamed.edges) == Counter(
        Edge(e.tensor, tuple(order[n] for n in e.nodes)) for e in diagram.edges
    )
    assert renamed.relabel([order.index(n) for n in range(len(order))]) == diagram
    assert renamed.edge_counts() == diagram.edge_counts()


@given(diagrams())
def test_components(diagram: Diagram) -> None:
    """Together they are the diagram; each hangs together."""
    closed = Diagram(diagram.nodes, diagram.edges)
    parts = closed.components()
    union = Diagram((), ())
    for part in parts:
        union = union @ part
        reached = {0} if part.nodes else set()
        for _ in part.nodes:
            reached |= {n for e in part.edges if reached & set(e.nodes) for n in e.nodes}
        assert len(reached) == len(part.nodes)
        assert part.nodes or len(part.edges) == 1
    assert union.is_isomorphic(closed)


@given(diagrams(), diagrams())
def test_disjoint_union(one: Diagram, other: Diagram) -> None:
    other = Diagram(
        other.nodes,
        tuple(Edge(Tensor(e.tensor.name + "2", e.tensor.families), e.nodes) for e in other.edges),
        other.legs,
    )
    union = one @ other
    assert union.nodes == one.nodes + other.nodes
    assert union.legs == one.legs + tuple(n + len(one.nodes) for n in other.legs)
    assert union.edge_counts() == {**one.edge_counts(), **other.edge_counts()}
    if union.is_closed:
        assert len(union.components()) == len(one.components()) + len(other.components())
    assert union.symmetry_factor >= one.symmetry_factor * other.symmetry_factor


@given(diagrams(), st.data())
def test_identify(diagram: Diagram, data: st.DataObject) -> None:
    """Classes of nodes become nodes, edges and legs follow; the order of pairs is no matter."""
    pairs = []
    for family in set(diagram.nodes):
        same = [n for n, f in enumerate(diagram.nodes) if f == family]
        pair = st.tuples(st.sampled_from(same), st.sampled_from(same))
        pairs += data.draw(st.lists(pair, max_size=3))
    fused = diagram.identify(pairs)
    blocks = [{n} for n in range(len(diagram.nodes))]
    for left, right in pairs:
        joined = [block for block in blocks if left in block or right in block]
        blocks = [block for block in blocks if block not in joined] + [set().union(*joined)]
    assert len(fused.nodes) == len(blocks)
    blocks.sort(key=min)
    place = {n: j for j, block in enumerate(blocks) for n in block}
    assert fused.nodes == tuple(diagram.nodes[min(block)] for block in blocks)
    assert Counter(fused.edges) == Counter(
        Edge(e.tensor, tuple(place[n] for n in e.nodes)) for e in diagram.edges
    )
    assert fused.legs == tuple(place[n] for n in diagram.legs)
    assert diagram.identify([(b, a) for a, b in reversed(pairs)]) == fused


def test_identified_legs() -> None:
    diagram = Diagram((beta, alpha, alpha, beta, alpha), (Edge(u, (4, 3)),), (4, 2, 3))
    assert diagram.identify([(2, 4), (0, 3)]) == Diagram(
        (beta, alpha, alpha), (Edge(u, (2, 0)),), (2, 2, 0)
    )


def test_without() -> None:
    diagram = Diagram.of((u, "k i"), (u, "k i"), (b, "i"), legs="k")
    edge = Edge(u, (0, 1))
    assert diagram.without(edge) == Diagram.of((u, "k i"), (b, "i"), legs="k")
    assert diagram.without(edge, edge).edges == (Edge(b, (1,)),)
    assert diagram.without(edge, edge).nodes == diagram.nodes
    with pytest.raises(ValueError, match="not in"):
        diagram.without(edge, edge, edge)


# Isomorphism and print


def test_isomorphism_keeps_families_tensors_slots_and_legs() -> None:
    path = Diagram.of((w, "a b"), (w, "b c"))
    assert path.is_isomorphic(Diagram.of((w, "c b"), (w, "a c")))
    assert not path.is_isomorphic(Diagram.of((w, "a b"), (w, "c b")))
    one = Diagram.of((u, "k i"), (v, "l i"), legs="k l")
    assert one.is_isomorphic(Diagram.of((v, "a b"), (u, "c b"), legs="c a"))
    assert not one.is_isomorphic(Diagram.of((u, "k i"), (v, "l i"), legs="l k"))
    assert not one.is_isomorphic(Diagram.of((u, "k i"), (v, "l i")))
    assert not one.is_isomorphic(Diagram.of((v, "k i"), (u, "l i"), legs="k l"))
    assert not Diagram((alpha,), ()).is_isomorphic(Diagram((beta,), ()))
    assert Diagram((alpha, beta), ()).is_isomorphic(Diagram((beta, alpha), ()))


def test_print() -> None:
    assert str(Diagram((), ())) == "1"
    assert str(Diagram.of((s, ""), (s, ""))) == "s[]^2"
    assert str(Diagram.of((u, "k i"), (u, "k i"), (b, "i"))) == "sum[k1;i1] b[i1] u[k1,i1]^2"
    assert str(Diagram.of((w, "a b"), legs="b")) == "sum[k1] w[k1,k2] (open: k2)"
    assert str(Diagram((alpha, alpha), ())) == "sum[k1,k2] 1"


def test_index_names_are_different() -> None:
    diagram = Diagram.of((t, "a b c"), (t, "d b c"))
    assert diagram.index_names() == ("k1", "i1", "j1", "k2")
    named = IndexFamily("other", "O", "i")
    assert family_letters([alpha, named, beta]) == {alpha: "k", named: "i", beta: "j"}
    many = [IndexFamily(f"f{n}", "F") for n in range(20)]
    assert len(set(family_letters(many).values())) == 20


# Families, tensors and laws


def test_tensors() -> None:
    assert t.rank == 3
    assert t.is_random
    assert not delta(alpha).is_random
    assert delta(alpha, 4).families == (alpha,) * 4
    for one, other in pairwise([u, v, w, b]):
        assert one != other


@pytest.mark.parametrize(
    "make",
    [
        lambda: IndexFamily("1", "N"),
        lambda: IndexFamily("a", "N+1"),
        lambda: IndexFamily("a", "N", "i j"),
        lambda: Tensor("u v", (alpha,)),
        lambda: Tensor("u", (alpha,), Role.STRUCTURAL),
        lambda: Tensor("u", (alpha,), Role.FROZEN, Delta()),
        lambda: Tensor("u", (alpha, beta), Role.STRUCTURAL, Delta()),
    ],
)
def test_refused_tensors(make: object) -> None:
    assert callable(make)
    with pytest.raises(BadInput):
        make()


def test_refused_laws() -> None:
    from diagrams.graphs.laws import Mean
    from diagrams.polynomials.polynomial import Polynomial

    m = Polynomial.symbol("m")
    for law in [
        (m + 1,),
        (-m,),
        (m, Mean.CONSTANT),
        (m, Mean.ZERO, m),
        (m, Mean.CONSTANT, m + 1),
    ]:
        with pytest.raises(BadInput):
            Gaussian(*law)
    with pytest.raises(BadInput):
        Tensor("u", (alpha, beta), law=Gaussian(m, Mean.DELTA, m))
    for rate in (Polynomial(), m + 1):
        with pytest.raises(BadInput):
            Tensor("u", (alpha,), rate=rate)
    assert Tensor("u", (alpha, alpha), law=Gaussian(m, Mean.DELTA, -m)).is_random
