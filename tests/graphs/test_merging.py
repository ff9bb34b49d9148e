"""Merged powers: the number of classes, every coefficient, and the sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest
from graphs.test_combination import multiple
from graphs.test_diagram import alphabets, diagrams
from hypothesis import given
from hypothesis import strategies as st
from truth.graphs import brute_force_canonical

from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.merging import Atom, identify_labels, merged_powers, sector_weight, weights_of
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.series.ways import atoms_of

one = Polynomial.constant(1)
c, r = Polynomial.symbol("c"), Polynomial.symbol("r")


def classes(ties: Sequence[int], target: str, terms: int) -> list[dict[State, int]]:
    """The merged classes of each order, with their counts; the pure-target constant left out."""
    observable, generators = atoms_of(cp_problem(sum(ties), tuple(ties), target))
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    orders = []
    for collected in merged_powers(alphabet, observable, generators, terms):
        found: dict[State, int] = {}
        for counts in collected.values():
            for state, count in counts.items():
                if any(len(cell) > 1 for cell in state[1]):
                    assert state not in found
                    found[state] = count
        orders.append(found)
    return orders


NUMBERS = [
    ((2,), "identity", [s + 2 for s in range(9)]),
    ((3,), "identity", [2, 3, 12, 55, 356]),
    ((4,), "identity", [2, 3, 12, 55, 376]),
    ((2, 1), "identity", [2, 6, 27, 184]),
    ((1, 2), "identity", [2, 6, 27, 184]),
    ((1, 1, 1), "identity", [2, 9, 45, 391]),
    ((3,), "zero", [1, 1, 3, 9, 39, 187]),
]
LONG = [
    ((2,), "identity", [s + 2 for s in range(13)]),
    ((3,), "identity", [2, 3, 12, 55, 356, 2588, 21047]),
    ((4,), "identity", [2, 3, 12, 55, 376, 2794, 23597]),
    ((2, 1), "identity", [2, 6, 27, 184, 1603, 15884]),
    ((3,), "zero", [1, 1, 3, 9, 39, 187, 1046, 6141]),
]


def label(row: tuple[tuple[int, ...], str, list[int]]) -> str:
    return f"{'+'.join(map(str, row[0]))} {row[1]} to order {len(row[2]) - 1}"


@pytest.mark.parametrize(("ties", "target", "numbers"), NUMBERS, ids=map(label, NUMBERS))
def test_number_of_classes(ties: Sequence[int], target: str, numbers: list[int]) -> None:
    assert [len(found) for found in classes(ties, target, len(numbers) - 1)] == numbers


@pytest.mark.full
@pytest.mark.parametrize(("ties", "target", "numbers"), LONG, ids=map(label, LONG))
def test_number_of_classes_further(ties: Sequence[int], target: str, numbers: list[int]) -> None:
    assert [len(found) for found in classes(ties, target, len(numbers) - 1)] == numbers


def permuted_numbers(terms: int) -> list[int]:
    """Classes of (1,1,1) when its three colours may be permuted."""
    observable, generators = atoms_of(cp_problem(3, "asym"))
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    kinds = tuple(range(3))
    return [
        len({canonical_state(alphabet, state, [kinds])[0] for state in found})
        for found in classes((1, 1, 1), "identity", terms)
    ]


def test_number_of_classes_up_to_colours() -> None:
    assert permuted_numbers(3) == [2, 3, 12, 76]


@pytest.mark.full
def test_number_of_classes_up_to_colours_further() -> None:
    assert permuted_numbers(5) == [2, 3, 12, 76, 686, 7474]


@pytest.mark.parametrize("ties", [(2,), (3,), (2, 1), (1, 1, 1)])
def test_classes_are_classes(ties: Sequence[int]) -> None:
    """No two states of one order are isomorphic: by trying all permutations, to order 1."""
    observable, generators = atoms_of(cp_problem(sum(ties), tuple(ties)))
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    for found in classes(ties, "identity", 1):
        forms = set()
        for state in found:
            diagram = alphabet.decode(state)
            edges = [(e.tensor.name, e.nodes) for e in diagram.edges]
            forms.add(brute_force_canonical([f.name for f in diagram.nodes], edges))
        assert len(forms) == len(found)


@pytest.mark.parametrize(("order", "terms"), [(2, 5), (3, 4), (4, 3)])
def test_counts_sum_to_the_number_of_ways(order: int, terms: int) -> None:
    """Every merge of two diagrams with m and n equal-coloured edges has m n terms."""
    expected = {2 * order: 1, order: 1}
    for found in classes((order,), "identity", terms):
        by_edges: dict[int, int] = {}
        for (_, cells), count in found.items():
            edges = sum(len(cell) - 1 for cell in cells)
            by_edges[edges] = by_edges.get(edges, 0) + count
        assert by_edges == {n: count for n, count in expected.items() if count}
        following: dict[int, int] = {}
        for n, count in expected.items():
            for m in (2 * order, order):
                following[n + m - 2] = following.get(n + m - 2, 0) + count * n * m
        expected = following


# Against the merge of linear combinations


def as_combination(
    alphabet: Alphabet,
    collected: dict[tuple[int, ...], dict[State, int]],
    weights: tuple[Polynomial, ...],
) -> Combination:
    return Combination.of(
        (alphabet.decode(state), count * sector_weight(sector, weights))
        for sector, counts in collected.items()
        for state, count in counts.items()
    )


@pytest.mark.parametrize(
    ("ties", "terms"),
    [((2,), 4), ((3,), 2), ((4,), 2), ((1, 1), 2), ((2, 1), 2), ((1, 1, 1), 2), ((2, 2), 1)],
)
def test_merged_powers_of_factor_models(ties: Sequence[int], terms: int) -> None:
    """Counts times weights are the repeated merge with the potential, scale and decay kept."""
    problem = cp_problem(sum(ties), tuple(ties), scale="c", decay="lambda")
    observable, generators = atoms_of(problem)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    weights = weights_of((*observable, *generators))
    expected = problem.observable
    for s, collected in enumerate(merged_powers(alphabet, observable, generators, terms)):
        assert as_combination(alphabet, collected, weights) == expected
        assert all(sum(sector) == s + 1 for sector in collected)
        expected = merge(expected, problem.potential)
    assert s == terms


@given(st.data())
def test_merged_powers_of_random_diagrams(data: st.DataObject) -> None:
    """Tensors of any rank; generators that merge along some tensors only, or none."""
    tensors = data.draw(alphabets())
    drawn = st.lists(diagrams(tensors, nodes=3, edges=3, legs=0), min_size=1, max_size=2)
    sides = [data.draw(drawn), data.draw(drawn)]
    weight = st.sampled_from([one, -c, c * r / 2])
    observable = [Atom(d, data.draw(weight)) for d in sides[0]]
    generators = [
        Atom(d, data.draw(weight), frozenset(t for t in tensors if data.draw(st.booleans())))
        for d in sides[1]
    ]
    alphabet = Alphabet.of([*sides[0], *sides[1]])
    weights = weights_of((*observable, *generators))
    expected = Combination.of((a.diagram, a.weight) for a in observable)
    for collected in merged_powers(alphabet, observable, generators, 2):
        assert as_combination(alphabet, collected, weights) == expected
        for counts in collected.values():
            for state in counts:
                assert alphabet.encode(alphabet.decode(state)) == state
        following = Combination()
        for atom in generators:
            following += multiple(atom.weight, _merge_along(expected, atom))
        expected = following


def _merge_along(combination: Combination, atom: Atom) -> Combination:
    """The merge with an atom in which only its own tensors move."""

    def marked(diagram: Diagram) -> Diagram:
        image = {
            t: t if t in atom.tensors else replace(t, role=Role.FROZEN) for t in diagram.tensors
        }
        edges = tuple(replace(e, tensor=image[e.tensor]) for e in diagram.edges)
        return Diagram(diagram.nodes, edges)

    def restored(diagram: Diagram) -> Diagram:
        edges = (replace(e, tensor=replace(e.tensor, role=Role.TRAINED)) for e in diagram.edges)
        return Diagram(diagram.nodes, tuple(edges))

    merged = merge(
        Combination.of((marked(d), k) for d, k in combination),
        Combination.of({marked(atom.diagram): 1}),
    )
    return Combination.of((restored(d), k) for d, k in merged)


# Sectors


def test_weights_and_sectors() -> None:
    a = Diagram.of(*[(Tensor("u", (IndexFamily("alpha", "A"),)), "k")] * 2)
    atoms = [Atom(a, weight) for weight in (c, -one, c, r * r / 2)]
    weights = weights_of(atoms)
    assert sorted(map(str, weights)) == ["-1", "1/2*r**2", "c"]
    assert weights_of(reversed(atoms)) == weights
    place = {str(weight): position for position, weight in enumerate(weights)}
    sector = [0, 0, 0]
    sector[place["c"]], sector[place["-1"]] = 2, 3
    assert sector_weight(sector, weights) == -c * c
    with pytest.raises(ValueError, match="zip"):
        sector_weight(sector[:2], weights)


def test_sectors_count_copies_of_each_term() -> None:
    """s_D copies of the square and s_R of the overlap, nu (s_D + 1) + (nu - 2) s edges."""
    order, terms = 3, 3
    problem = cp_problem(order)
    observable, generators = atoms_of(problem)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    weights = weights_of((*observable, *generators))
    square = next(j for j, w in enumerate(weights) if w == Polynomial.constant(Fraction(1, 2)))
    overlap = next(j for j, w in enumerate(weights) if w == -one)
    for s, collected in enumerate(merged_powers(alphabet, observable, generators, terms)):
        for sector, counts in collected.items():
            for _, cells in counts:
                edges = sum(len(cell) - 1 for cell in cells)
                if edges:
                    assert edges == order * (sector[square] + 1) + (order - 2) * s
                    assert sector[square] + sector[overlap] == s + 1
        assert len(collected) == s + 2


def test_identify_labels() -> None:
    """Chains of pairs, in any order, give the form of the identified diagram."""
    u = Tensor("u", (IndexFamily("alpha", "A"), IndexFamily("beta", "B")))
    fork = Diagram.of(*((u, f"k{j} i{j % 2}") for j in range(4)), (u, "k0 i2"))
    alphabet = Alphabet([u], u.families, [u.families[1]])
    numbers, cells = alphabet.encode(fork)
    for pairs in permutations([(0, 1), (1, 3), (3, 0)]):
        state = identify_labels(alphabet, numbers, cells, pairs)
        label_of = {place: node for node, place in alphabet.labels(fork).items()}
        expected = fork.identify((label_of[a], label_of[b]) for a, b in pairs)
        assert alphabet.decode(state).canonical == expected.canonical
        assert len(state[0]) == 2
    assert identify_labels(alphabet, numbers, cells, [])[0] == numbers
