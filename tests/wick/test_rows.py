"""Rows closed at their last touch, without merges, against pairwise contraction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from graphs.test_diagram import alpha, beta, gamma, shuffled
from hypothesis import assume, given
from hypothesis import strategies as st

from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.packing import PowerCounts
from diagrams.wick.pairwise import contract
from diagrams.wick.transfer.stages import Stages
from diagrams.wick.transfer.structure import problem_of

u, v, x = (Tensor(name, (alpha, beta)) for name in "uvx")
field = Tensor("h", (alpha,))
back = Tensor("y", (beta, gamma))
other = Tensor("z", (gamma, beta))

STRUCTURES: dict[str, tuple[Sequence[Tensor], Sequence[IndexFamily]]] = {
    "one colour": ((u,), (beta,)),
    "two colours": ((u, v), (beta,)),
    "three colours": ((u, v, x), (beta,)),
    "with a field": ((u, field), (beta,)),
    "rows of two families": ((u, other), (beta,)),
    "rows of two families, fields": ((u, other, field), (beta,)),
    "two absorbed families": ((Tensor("a", (beta, alpha)), Tensor("b", (beta, gamma))),) * 1
    + ((alpha, gamma),),
    "fields only": ((field, Tensor("g", (alpha,))), ()),
}


def row_diagram(random: Random, tensors: Sequence[Tensor], nodes: int, pairs: int) -> Diagram:
    """Every tensor an even number of times."""
    families = sorted({f for tensor in tensors for f in tensor.families})
    chosen = families + [random.choice(families) for _ in range(nodes - len(families))]
    places = {f: [n for n, g in enumerate(chosen) if g == f] for f in families}
    edges = [
        Edge(tensor, tuple(random.choice(places[f]) for f in tensor.families))
        for tensor in random.choices(tensors, k=pairs)
        for _ in range(2)
    ]
    return Diagram(tuple(chosen), tuple(edges))


def by_pairs(alphabet: Alphabet, weights: dict[State, int]) -> PowerCounts:
    left = contract(alphabet, weights, range(len(alphabet.tensors)))
    assert set(left) <= {((), ())}
    sizes = [family.size for family in alphabet.families]
    return {
        tuple(int(dict(powers).get(size, 0)) for size in sizes): int(count)
        for powers, count in left.get(((), ()), Polynomial()).terms
    }


def average_by_rows(alphabet: Alphabet, weights: dict[State, int]) -> PowerCounts:
    states = list(weights)
    total: Counter[tuple[int, ...]] = Counter()
    for (number, _), powers in next(Stages(problem_of(alphabet, states, []), 0).run()).items():
        for exponents, count in powers.items():
            total[exponents] += weights[states[number]] * count
    return dict(total)


def alphabet_of(tensors: Sequence[Tensor], absorbed: Sequence[IndexFamily]) -> Alphabet:
    return Alphabet(tensors, {f for tensor in tensors for f in tensor.families}, absorbed)


@pytest.mark.parametrize("name", STRUCTURES)
def test_against_pairwise_contraction(name: str) -> None:
    """Also where another choice of labelled families would be smaller."""
    tensors, absorbed = STRUCTURES[name]
    alphabet = alphabet_of(tensors, absorbed)
    random = Random(name)
    weights: dict[State, int] = {}
    for size in range(30):
        diagram = row_diagram(random, tensors, 3 + size % 4, 1 + size % 4)
        state = alphabet.encode(diagram)
        expected = by_pairs(alphabet, {state: 1})
        assert expected
        assert average_by_rows(alphabet, {state: 1}) == expected
        assert average_by_rows(alphabet, {alphabet.encode(shuffled(diagram, random)): 3}) == {
            powers: 3 * count for powers, count in expected.items()
        }
        weights[state] = weights.get(state, 0) + random.randint(1, 9)
    assert average_by_rows(alphabet, weights) == by_pairs(alphabet, weights)


@st.composite
def row_diagrams(draw: st.DrawFn) -> tuple[Alphabet, Diagram]:
    tensors, absorbed = STRUCTURES[draw(st.sampled_from(sorted(STRUCTURES)))]
    random = draw(st.randoms(use_true_random=False))
    diagram = row_diagram(random, tensors, draw(st.integers(3, 6)), draw(st.integers(0, 4)))
    return alphabet_of(tensors, absorbed), diagram


@given(row_diagrams(), st.booleans())
def test_any_row_diagram(drawn: tuple[Alphabet, Diagram], odd: bool) -> None:
    """Odd numbers of a tensor average to zero."""
    alphabet, diagram = drawn
    if odd:
        assume(diagram.edges)
        diagram = diagram.without(diagram.edges[0])
    state = alphabet.encode(diagram)
    expected = by_pairs(alphabet, {state: 1})
    assert average_by_rows(alphabet, {state: 1}) == expected
    assert bool(expected) != odd


def test_wishart_moments() -> None:
    """E Tr (u u^T)^k for k = 1, 2, 3 and 4: the textbook polynomials."""
    expected: list[dict[tuple[int, int], int]] = [
        {(1, 1): 1},
        {(2, 1): 1, (1, 2): 1, (1, 1): 1},
        {(3, 1): 1, (2, 2): 3, (1, 3): 1, (2, 1): 3, (1, 2): 3, (1, 1): 4},
        {
            (4, 1): 1,
            (3, 2): 6,
            (2, 3): 6,
            (1, 4): 1,
            (3, 1): 6,
            (2, 2): 17,
            (1, 3): 6,
            (2, 1): 21,
            (1, 2): 21,
            (1, 1): 20,
        },
    ]
    for k, moments in enumerate(expected, 1):
        loop = Diagram.of(*((u, f"k{j} i{(j + d) % k}") for j in range(k) for d in (0, 1)))
        alphabet = alphabet_of((u,), (beta,))
        assert average_by_rows(alphabet, {alphabet.encode(loop): 1}) == moments


def test_single_row_moments() -> None:
    """E[sum_k u[k,i]^(2l)] = (2l-1)!! and the parallel edges of several colours factorise."""
    alphabet = alphabet_of((u, v), (beta,))
    for copies, moment in [(2, 1), (4, 3), (6, 15), (8, 105), (10, 945)]:
        lonely = Diagram.of(*[(u, "k i")] * copies)
        assert average_by_rows(alphabet, {alphabet.encode(lonely): 1}) == {(1, 1): moment}
        mixed = Diagram.of(*[(u, "k i")] * copies, *[(v, "k i")] * 4)
        assert average_by_rows(alphabet, {alphabet.encode(mixed): 1}) == {(1, 1): 3 * moment}


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_independent_rows(rows: int) -> None:
    """Many rows that nothing ties: the product of the averages, no coefficient lost."""
    tensors = [Tensor(f"u{j}", (alpha, beta)) for j in range(rows)]
    alphabet = alphabet_of(tensors, (beta,))
    product = Diagram.of(*((x, f"k{j} i{j}") for j, x in enumerate(tensors) for _ in range(2)))
    assert average_by_rows(alphabet, {alphabet.encode(product): 1}) == {(rows, rows): 1}
    lone = Diagram((alpha,) * rows, ())
    assert average_by_rows(alphabet, {alphabet.encode(lone): 1}) == {(rows, 0): 1}


def test_random_sample_is_not_trivial() -> None:
    """The diagrams of these tests have rows that join, cells that fuse and cells that close."""
    random = Random(3)
    sample = [row_diagram(random, (u, v), 6, 4) for _ in range(50)]
    degrees = [Counter(n for e in d.edges for n in e.nodes) for d in sample]
    assert any(len(degree) == 6 for degree in degrees)
    assert any(max(degree.values()) >= 6 for degree in degrees)
    assert len({d.canonical for d in sample}) > 40
