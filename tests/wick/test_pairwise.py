"""Pairwise contraction against all pairings, one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import permutations
from random import Random

import pytest
from graphs.test_diagram import (
    alpha,
    alphabets,
    beta,
    diagrams,
    random_diagram,
    shuffled,
    t,
    u,
    v,
    w,
)
from hypothesis import given
from hypothesis import strategies as st

from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.pairwise import contract

Left = dict[Diagram, Counter[tuple[IndexFamily, ...]]]

scalar, field = Tensor("s", ()), Tensor("h", (alpha,))
triple = Tensor("c", (alpha, alpha, beta))


def pairings(edges: Sequence[Edge]) -> Iterator[list[tuple[Edge, Edge]]]:
    """All ways to pair equal tensors."""
    if not edges:
        yield []
        return
    first, rest = edges[0], list(edges[1:])
    for place, partner in enumerate(rest):
        if partner.tensor == first.tensor:
            for others in pairings(rest[:place] + rest[place + 1 :]):
                yield [(first, partner), *others]


def by_all_pairings(diagram: Diagram, over: Sequence[Tensor]) -> Left:
    """What each pairing leaves, with the families of the nodes that are summed freely."""
    result: Left = defaultdict(Counter)
    active = [edge for edge in diagram.edges if edge.tensor in over]
    rest = diagram.without(*active)
    for pairing in pairings(active):
        fused = rest.identify(
            pair for a, b in pairing for pair in zip(a.nodes, b.nodes, strict=True)
        )
        met = sorted({n for e in fused.edges for n in e.nodes} | set(fused.legs))
        place = {n: j for j, n in enumerate(met)}
        left = Diagram(
            tuple(fused.nodes[n] for n in met),
            tuple(Edge(e.tensor, tuple(place[n] for n in e.nodes)) for e in fused.edges),
            tuple(place[n] for n in fused.legs),
        )
        freed = sorted(f for n, f in enumerate(fused.nodes) if n not in place)
        result[left.canonical][tuple(freed)] += 1
    return dict(result)


def by_contraction(diagram: Diagram, over: Sequence[Tensor]) -> Left:
    alphabet = Alphabet.of([diagram])
    kinds = {alphabet.kind_number[tensor] for tensor in diagram.tensors if tensor in over}
    result: Left = {}
    for state, counts in contract(alphabet, {alphabet.encode(diagram): 1}, kinds).items():
        left = alphabet.decode(state).canonical
        assert left not in result
        assert alphabet.encode(alphabet.decode(state)) == state
        result[left] = Counter(
            {
                tuple(
                    f for f in alphabet.families for _ in range(int(dict(powers).get(f.size, 0)))
                ): n
                for powers, n in counts.terms
            }
        )
    return result


@given(diagrams(edges=6, nodes=4, legs=2), st.data())
def test_all_pairings(diagram: Diagram, data: st.DataObject) -> None:
    """Tensors of any rank, several families, legs, averages over some tensors only."""
    over = diagram.tensors
    if over and data.draw(st.booleans()):
        over = tuple(data.draw(st.sets(st.sampled_from(over))))
    assert by_contraction(diagram, over) == by_all_pairings(diagram, over)


@pytest.mark.parametrize(
    ("tensors", "edges"),
    [
        ((u,), 6),
        ((w,), 6),
        ((t,), 6),
        ((triple,), 6),
        ((u, v), 8),
        ((field, w), 8),
        ((scalar, field, triple), 8),
        ((u, field, t), 8),
    ],
)
@pytest.mark.parametrize("legs", [0, 2])
def test_random_diagrams(tensors: Sequence[Tensor], edges: int, legs: int) -> None:
    """Even numbers of every tensor, so that something is left to count."""
    random = Random(f"{tensors}{legs}")
    for _ in range(6):
        diagram = random_diagram(random, tensors, 4, edges // 2, legs)
        doubled = [
            Edge(e.tensor, tuple(random.choice(_alike(diagram, n)) for n in e.nodes))
            for e in diagram.edges
        ]
        diagram = Diagram(diagram.nodes, (*diagram.edges, *doubled), diagram.legs)
        expected = by_all_pairings(diagram, tensors)
        assert expected
        assert by_contraction(shuffled(diagram, random), tensors) == expected
        some = tensors[: (len(tensors) + 1) // 2]
        assert by_contraction(diagram, some) == by_all_pairings(diagram, some)


def _alike(diagram: Diagram, node: int) -> list[int]:
    return [n for n, family in enumerate(diagram.nodes) if family == diagram.nodes[node]]


@given(st.data())
def test_many_diagrams_at_once(data: st.DataObject) -> None:
    """Weights and collected terms: the joint average is the sum of the single ones."""
    tensors = data.draw(alphabets())
    several = data.draw(st.lists(diagrams(tensors, nodes=3, edges=4, legs=0), max_size=4))
    weights = data.draw(st.lists(st.integers(0, 50), min_size=len(several), max_size=4))
    alphabet = Alphabet.of([*several, Diagram.of(*((x, _names(x)) for x in tensors))])
    kinds = range(len(alphabet.tensors))
    joint, single = Polynomial(), Polynomial()
    encoded: Counter[object] = Counter()
    for diagram, weight in zip(several, weights, strict=False):
        state = alphabet.encode(diagram)
        encoded[state] += weight
        for value in contract(alphabet, {state: 1}, kinds).values():
            single = single + weight * value
    for value in contract(alphabet, dict(encoded), kinds).values():  # type: ignore[arg-type]
        joint = joint + value
    assert joint == single


def _names(tensor: Tensor) -> list[str]:
    return [family.name for family in tensor.families]


def test_nothing_to_pair() -> None:
    for diagram, over in [
        (Diagram.of((u, "k i"), (v, "k i")), (u, v)),
        (Diagram.of((scalar, "")), (scalar,)),
        (Diagram.of((u, "k i"), (v, "k i")), (u,)),
    ]:
        assert by_contraction(diagram, over) == {}
    two = Diagram.of((u, "k i"), (v, "k i"))
    assert by_contraction(two, ()) == {two.canonical: Counter({(): 1})}
    lone = Diagram((alpha, alpha, beta), ())
    assert by_contraction(lone, ()) == {Diagram((), ()): Counter({(alpha, alpha, beta): 1})}


@pytest.mark.parametrize("names", list(permutations("abc")))
def test_open_legs_become_deltas(names: Sequence[str]) -> None:
    """E[h_a h_b h_c h_d] is a sum over three pairs of deltas, whatever the order of legs."""
    legs = [*names, "d"]
    left = by_contraction(Diagram.of(*((field, n) for n in legs), legs=legs), (field,))
    assert len(left) == 3
    assert {d.legs for d in left} == {d.canonical.legs for d in left}
    assert sorted(sorted(Counter(d.legs).values()) for d in left) == [[2, 2]] * 3
