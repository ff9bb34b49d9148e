"""Group laws: canonical form, averages and numbers of solutions against enumeration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from math import gcd, prod
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth import graphs
from truth.naive_pairings import pairings

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.laws import Delta, GroupLaw
from diagrams.graphs.tensors import IndexFamily, Role, Tensor, delta, group_law
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.expectation import average_polynomial, expectation, value
from diagrams.wick.frequencies.rows import complex_cumulant, real_cumulant, row_average
from diagrams.wick.group_law import (
    at_size,
    coprime_part,
    divisors_in,
    elementary_divisors,
    solutions,
)
from diagrams.wick.pairwise import contract

hidden, feature = IndexFamily("hidden", "H"), IndexFamily("feature", "p")
u, v = (Tensor(name, (hidden, feature)) for name in "uv")
square = Tensor("w", (feature, feature))
LAWS = [(1, 1, 1), (1, 1, -1), (1, 1, -1, -1), (1, -2), (1, 2, -1, -2), (3, 1, 1)]

matrices = st.integers(1, 3).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(-4, 4), min_size=columns, max_size=columns), min_size=1, max_size=3
    )
)


def law_diagram(random: Random, coefficients: Sequence[int], laws: int, edges: int) -> Diagram:
    """Group laws and pairs of random edges thrown at a few nodes."""
    law = group_law(feature, tuple(coefficients), "F")
    nodes = (hidden, hidden, *(feature,) * 4)
    drawn = [Edge(law, tuple(random.randrange(2, 6) for _ in coefficients)) for _ in range(laws)]
    for tensor in (u, v):
        drawn += [
            Edge(tensor, (random.randrange(2), random.randrange(2, 6)))
            for _ in range(2 * random.randint(0, edges))
        ]
    return Diagram(nodes, tuple(drawn))


def rewritten(diagram: Diagram, random: Random) -> Diagram:
    """The same diagram: nodes renamed, slots of equal coefficients exchanged, signs turned."""
    order = list(range(len(diagram.nodes)))
    random.shuffle(order)
    edges = []
    for edge in diagram.relabel(order).edges:
        law = edge.tensor.law
        if isinstance(law, GroupLaw):
            ends = list(zip(law.coefficients, edge.nodes, strict=True))
            random.shuffle(ends)
            sign = random.choice((1, -1)) if law.is_reversible else 1
            filled = []
            for wanted in law.coefficients:
                found = next(end for end in ends if end[0] == sign * wanted)
                ends.remove(found)
                filled.append(found[1])
            edge = Edge(edge.tensor, tuple(filled))
        edges.append(edge)
    return Diagram(diagram.relabel(order).nodes, tuple(edges))


# Numbers of solutions


@given(matrices, st.integers(1, 8))
def test_solutions_are_counted(matrix: list[list[int]], p: int) -> None:
    unknowns = len(matrix[0])
    found = sum(
        all(sum(a * x for a, x in zip(row, point, strict=True)) % p == 0 for row in matrix)
        for point in product(range(p), repeat=unknowns)
    )
    divisors = elementary_divisors(matrix)
    counted = p ** (unknowns - len(divisors)) * prod(gcd(divisor, p) for divisor in divisors)
    assert counted == found


@given(matrices)
def test_elementary_divisors_divide_the_next(matrix: list[list[int]]) -> None:
    divisors = elementary_divisors(matrix)
    assert all(b % a == 0 for a, b in pairwise(divisors))


def test_divisors_as_symbols() -> None:
    polynomial = solutions(Diagram.of((group_law(feature, (1, 5)), "i i"), summed={"j": feature}))
    assert str(polynomial) == "p*gcd_6_p"
    assert divisors_in([polynomial]) == {"p": (6,)}
    assert str(coprime_part(polynomial)) == "p"
    assert [str(at_size(polynomial, "p", p)) for p in (1, 2, 9, 12)] == ["1", "4", "27", "72"]
    with pytest.raises(BadInput, match="p: 0 is not allowed"):
        at_size(polynomial, "p", 0)


# Tensors


def test_laws_and_their_normal_form() -> None:
    assert GroupLaw((-1, 1, 2)) == GroupLaw((1, -1, -2)) != GroupLaw((1, -1, 2))
    assert [GroupLaw(c).is_reversible for c in LAWS] == [False, False, True, False, True, False]
    table = group_law(feature, (1, -1))
    joined = Diagram.of((u, "k i"), (u, "k j"), (table, "i j"))
    assert joined == Diagram.of((u, "k i"), (u, "k i"))
    once = Diagram.of((group_law(feature), "i j l"))
    assert Diagram.of((group_law(feature), "i j l"), (group_law(feature), "j i l")) == once


@pytest.mark.parametrize("wrong", [(), (0, 1), (1, 2.0), (10**6,), (True, 1)])
def test_refused_coefficients(wrong: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="coefficients of a group law"):
        GroupLaw(wrong)


def test_refused_tensors() -> None:
    with pytest.raises(BadInput, match="2 integers, one for every index"):
        Tensor("F", (feature, feature), Role.STRUCTURAL, GroupLaw((1, 1, 1)))
    with pytest.raises(BadInput, match="one and the same family"):
        Tensor("F", (feature, hidden), Role.STRUCTURAL, GroupLaw((1, 1)))
    with pytest.raises(BadInput, match="GroupLaw or Spectrum if structural"):
        Tensor("F", (feature, feature), Role.FROZEN, Delta())
    assert delta(feature).law == Delta()


# Canonical form


@given(st.sampled_from(LAWS), st.integers(0, 10**6), st.integers(1, 2))
def test_the_canonical_form_ignores_writing(
    coefficients: tuple[int, ...], seed: int, laws: int
) -> None:
    random = Random(seed)
    diagram = law_diagram(random, coefficients, laws, 1)
    other = rewritten(diagram, random)
    assert other.canonical == diagram.canonical == diagram.canonical.canonical
    assert other.symmetry_factor == diagram.symmetry_factor
    assert diagram.canonical.edge_counts() == diagram.edge_counts()


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 2))
def test_symmetric_laws_against_all_permutations(one: int, other: int, laws: int) -> None:
    def graph(diagram: Diagram) -> tuple[list[str], list[tuple[str, tuple[int, ...]]]]:
        edges = [(edge.tensor.name, edge.nodes) for edge in diagram.edges]
        return [family.name for family in diagram.nodes], edges

    a, b = (law_diagram(Random(seed), (1, 1, 1), laws, 1) for seed in (one, other))
    assert a.symmetry_factor == graphs.automorphism_count(*graph(a), symmetric=["F"])
    forms = [graphs.brute_force_canonical(*graph(d), symmetric=["F"]) for d in (a, b)]
    assert a.is_isomorphic(b) == (forms[0] == forms[1])


def test_slots_of_different_coefficients_differ() -> None:
    law, other = group_law(feature), group_law(feature, (1, 1, -1, -1))
    ends = [(u, "k i"), (u, "k j"), (v, "k l")]
    one, two = (Diagram.of((law, order), *ends) for order in ("i j l", "i l j"))
    assert not one.is_isomorphic(two)
    assert (one.symmetry_factor, two.symmetry_factor) == (2, 1)
    four = [(u, "k i"), (u, "k j"), (v, "k l"), (v, "k m")]
    same, mixed = (Diagram.of((other, order), *four) for order in ("l m i j", "i l j m"))
    assert same.is_isomorphic(Diagram.of((other, "i j l m"), *four))
    assert not same.is_isomorphic(mixed)


# Averages


def enumerated(diagram: Diagram, p: int, H: int) -> int:
    """All pairings, and all values of all indices."""

    def matchings(groups: list[list[int]]) -> Iterator[list[tuple[int, int]]]:
        if not groups:
            yield []
            return
        for head in pairings(groups[0]):
            yield from ([*head, *rest] for rest in matchings(groups[1:]))

    random = [edge for edge in diagram.edges if edge.tensor.is_random]
    laws = [edge for edge in diagram.edges if not edge.tensor.is_random]
    groups = [[n for n, edge in enumerate(random) if edge.tensor == tensor] for tensor in (u, v)]
    total = 0
    ranges = [range(H if family == hidden else p) for family in diagram.nodes]
    for values in product(*ranges):
        if any(
            isinstance(edge.tensor.law, GroupLaw)
            and sum(
                a * values[n] for a, n in zip(edge.tensor.law.coefficients, edge.nodes, strict=True)
            )
            % p
            for edge in laws
        ):
            continue
        entries = [(edge.tensor, *(values[n] for n in edge.nodes)) for edge in random]
        total += sum(all(entries[a] == entries[b] for a, b in pairs) for pairs in matchings(groups))
    return total


@given(st.sampled_from(LAWS), st.integers(0, 10**6), st.integers(1, 2), st.integers(2, 4))
def test_averages_against_enumeration(
    coefficients: tuple[int, ...], seed: int, laws: int, p: int
) -> None:
    diagram = law_diagram(Random(seed), coefficients, laws, 1)
    alphabet = Alphabet.of([diagram])
    exact = average_polynomial(alphabet, {alphabet.encode(diagram): 1})
    H = 2 if p < 4 else 1
    at_p = at_size(exact, "p", p).substitute({"H": H})
    assert at_p == Polynomial.constant(enumerated(diagram, p, H))
    assert value(diagram) == coprime_part(exact)
    kinds = [kind for kind, tensor in enumerate(alphabet.tensors) if tensor.is_random]
    left = contract(alphabet, {alphabet.encode(diagram): 1}, kinds)
    assert all(not t.is_random for state in left for t in alphabet.decode(state).tensors)


def test_laws_of_labelled_nodes() -> None:
    """A matrix with both indices in the group: no family can be absorbed."""
    law = group_law(feature, (1, 1))
    diagram = Diagram.of((law, "i j"), (square, "i j"), (square, "i j"))
    assert str(value(diagram)) == "p"
    crossed = Diagram.of((law, "i j"), (law, "l m"), (square, "i l"), (square, "j m"))
    assert str(value(crossed)) == "1"  # i = j and l = m: 2i = 0 and 2l = 0


def test_open_legs_keep_their_laws() -> None:
    """E[u[k,i] u[k,j]] makes one index of two: 2i = l is left for the leg l."""
    law = group_law(feature)
    mean = expectation(Diagram.of((law, "i j l"), (u, "k i"), (u, "k j"), legs="l"))
    left = Diagram((feature, feature), (Edge(law, (0, 0, 1)),), (1,))
    assert mean == Combination.of({left: Polynomial.symbol("H")})
    closed = Diagram.of((law, "i j l"), (law, "a b c"), (u, "k i"), (u, "k j"), legs="l")
    assert str(expectation(closed).terms[0][1]) == "p**2*H"


def test_group_laws_are_not_differentiated() -> None:
    law = group_law(feature)
    R = Combination.of({Diagram.of((law, "i j l"), (u, "k i"), (u, "k j"), (u, "k l")): 1})
    merged = merge(R, R)
    assert sum(int(c.terms[0][1]) for _, c in merged) == 9
    assert all(diagram.edge_counts()[law] == 2 for diagram, _ in merged)


# Rows of frequency cells


def test_cumulants_by_hand() -> None:
    """|a|^4 has 2 complex and 3 real pairings; a^2 b^2 pairs only with its conjugate."""
    assert [complex_cumulant(((2, 2),)), real_cumulant(((2, 2),))] == [2, 3]
    assert complex_cumulant(((2, 2, 0, 0), (0, 0, 0, 0))) == 0
    assert row_average((((((3, 0)), -1, False), 2),)) == {(): {(1, 0): 6, (0, 1): 9}}
