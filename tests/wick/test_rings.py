"""Rings of one and of several kinds against the general recursion, pairings and brute force."""

from __future__ import annotations

import random
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth import brute_force, naive_pairings, polynomial_flow

from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.wick.transfer import moments as door
from diagrams.wick.transfer.coloured_rings import coloured_ring_moments, is_coloured_rings
from diagrams.wick.transfer.coloured_rings_averages import RingAverages
from diagrams.wick.transfer.coloured_rings_words import (
    Relabelling,
    letter,
    loose_families,
    normal_word,
    path_beside,
    ring_words,
)
from diagrams.wick.transfer.levels import Levels
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.rings import is_rings, ring_length, ring_moments, wishart_moment
from diagrams.wick.transfer.structure import Atom, Problem, problem_of

Moments = list[dict[Sector, dict[Powers, int]]]


def rings(*words: str, kinds: int = 2, families: tuple[int, ...] = ()) -> Atom:
    """The atom of the given rings; rows belong to family 1 unless said otherwise."""
    rows: list[int] = []
    cells = []
    for word in words:
        first, size = len(rows), len(word) // 2
        for place in range(size):
            here, there = (ord(kind) - ord("a") for kind in word[2 * place : 2 * place + 2])
            ends = here + kinds * (first + place), there + kinds * (first + (place + 1) % size)
            cells.append(tuple(sorted(ends)))
            rows.append(families[here] if families else 1)
    return Atom(tuple(rows), tuple(sorted(cells)))


def problem_with(
    observable: tuple[Atom, ...],
    generator: tuple[Atom, ...],
    kinds: int = 2,
    trained: tuple[bool, ...] | None = None,
    alike: tuple[tuple[int, ...], ...] = (),
    merged: tuple[frozenset[int], ...] = (),
) -> Problem:
    """Kinds of one family of rows, 1, and one of cells, 0."""
    moving = trained or (True,) * kinds
    return Problem(2, (1,) * kinds, (0,) * kinds, moving, alike, observable, generator, merged)


def by_levels(problem: Problem, terms: int) -> Moments:
    return list(Levels(problem, terms).run())


def by_words(problem: Problem, terms: int) -> Moments:
    assert is_coloured_rings(problem)
    return list(coloured_ring_moments(problem, terms))


def in_order(moments: Moments) -> list[list[tuple[Sector, list[tuple[Powers, int]]]]]:
    """The same with the order of all dictionaries."""
    return [[(sector, list(terms.items())) for sector, terms in of.items()] for of in moments]


D, R = rings("aabb"), rings("ab")
DECAY = rings("aa"), rings("bb")
ASYMMETRIC = problem_with((D, R), (D, R), alike=((0, 1),))


# Words


def readings(word: str) -> list[str]:
    onwards = [word[n:] + word[:n] for n in range(0, len(word), 2)]
    return onwards + [reading[::-1] for reading in onwards]


words = st.integers(1, 5).flatmap(lambda n: st.text("abc", min_size=2 * n, max_size=2 * n))


@given(words, st.randoms(use_true_random=False))
def test_normal_word(word: str, shuffle: random.Random) -> None:
    assert normal_word(word) == min(readings(word))
    assert normal_word(shuffle.choice(readings(word))) == normal_word(word)


def test_rows_and_cells_are_not_exchanged() -> None:
    assert normal_word("aabb") != normal_word("abba")


@given(words, st.data())
def test_path_beside(word: str, data: st.DataObject) -> None:
    """Put back in front of the path, the edge closes the same ring."""
    place = data.draw(st.integers(0, len(word) - 1))
    assert normal_word(word[place] + path_beside(word, place)) == normal_word(word)


@given(st.lists(words, max_size=3), st.randoms(use_true_random=False))
def test_ring_words_undo_drawing(drawn: list[str], shuffle: random.Random) -> None:
    atom = rings(*drawn, kinds=3)
    places = list(range(len(atom.families)))
    shuffle.shuffle(places)
    cells = [tuple(sorted(e % 3 + 3 * places[e // 3] for e in cell)) for cell in atom.cells]
    shuffle.shuffle(cells)
    shuffled = Atom(atom.families, tuple(cells))
    assert ring_words(shuffled, 3) == tuple(sorted(map(normal_word, drawn)))


@pytest.mark.parametrize(
    "atom",
    [
        Atom((1,), ((0,),)),
        Atom((1,), ((0,), (0,))),
        Atom((1,), ((0, 0, 0, 0),)),
        Atom((1,), ((0, 0), (0, 0))),
        Atom((1, 1), ((0, 2),)),
        Atom((1, 1), ((0, 0), (0, 2), (2, 2))),
    ],
)
def test_other_atoms_are_refused(atom: Atom) -> None:
    assert ring_words(atom, 2) is None
    assert not is_coloured_rings(problem_with((D,), (atom,)))
    assert not is_coloured_rings(problem_with((atom,), (D,)))


def test_bare_kinds_are_refused() -> None:
    assert not is_coloured_rings(Problem(2, (1, 1), (0, None), (True,) * 2, (), (D,), (D,)))


def test_loose_families() -> None:
    assert loose_families(Atom((1, 0, 1), ((1, 4),), (0,)), 2) == (0, 0)


@given(st.lists(words, min_size=1, max_size=3), st.permutations("abc"))
def test_relabelling_is_a_normal_form(drawn: list[str], names: list[str]) -> None:
    relabelling = Relabelling([(0, 1, 2)])
    table = str.maketrans("abc", "".join(names))
    state, image = (
        tuple(sorted(normal_word(word.translate(used)) for word in drawn)) for used in ({}, table)
    )
    least = relabelling.least(state)
    assert relabelling.least(image) == least
    together = "".join(least)
    numbers = sorted(n for n in map("".join(drawn).count, "abc") if n)
    assert [together.count(kind) for kind in "abc"][: len(numbers)] == numbers


# Averages


def by_pairings(drawn: tuple[str, ...]) -> dict[Powers, int]:
    """Powers of the number of values of cells, then of rows."""
    edges, rows = [], 0
    for word in drawn:
        size = len(word) // 2
        for place, kind in enumerate(word):
            row = (place + 1) // 2 % size
            edges.append((ord(kind), rows + row, rows + place // 2))
        rows += size
    counted = naive_pairings.average(naive_pairings.EdgeList(edges, rows, rows))
    return {(q, n): count for (q, n, _), count in sorted(counted.items())}


def random_rings(seed: int) -> tuple[str, ...]:
    """At most ten edges, every kind an even number of times."""
    shuffle = random.Random(seed)
    pairs = "".join(shuffle.choice("aaabbc") * 2 for _ in range(shuffle.randint(1, 5)))
    together = "".join(shuffle.sample(pairs, len(pairs)))
    cuts = [0, *(n for n in range(2, len(together), 2) if shuffle.random() < 0.4), len(together)]
    return tuple(sorted(normal_word(together[a:b]) for a, b in pairwise(cuts)))


def test_averages_against_all_pairings() -> None:
    averages = RingAverages(problem_with((), (), kinds=3), 10)
    seen = {random_rings(seed) for seed in range(250)}
    assert len(seen) > 120
    for drawn in sorted(seen):
        assert averages.average(drawn) == by_pairings(drawn), drawn


def test_odd_numbers_of_a_kind_average_to_zero() -> None:
    assert RingAverages(problem_with((), ()), 4).average(("aaab",)) == {}


def test_nothing_averages_to_one() -> None:
    assert RingAverages(problem_with((), ()), 0).average(()) == {(0, 0): 1}


def test_powers_of_several_families() -> None:
    """Kinds 0 and 1 share neither rows nor cells; a ring of both would be impossible."""
    separate = Problem(4, (3, 1), (0, 2), (True, True), (), (), ())
    found = RingAverages(separate, 8).average(("aaaa", "bbbb"))
    one = {(1, 1): 1, (1, 2): 1, (2, 1): 1}
    assert found == {(a, c, b, d): 1 for (a, d), (b, c) in product(one, one)}


@given(st.integers(0, 10**9))
def test_rows_and_cells_in_other_roles(seed: int) -> None:
    """Read from a cell, a ring has its rows and cells exchanged."""
    drawn = random_rings(seed)
    averages = RingAverages(problem_with((), (), kinds=3), 10)
    other = tuple(sorted(normal_word(word[1:] + word[0]) for word in drawn))
    assert averages.average(other) == {
        (b, a): count for (a, b), count in sorted(averages.average(drawn).items(), key=_reversed)
    }


def _reversed(item: tuple[Powers, int]) -> Powers:
    return item[0][::-1]


@pytest.mark.parametrize("length", range(1, 11))
def test_one_kind_against_zonal_polynomials(length: int) -> None:
    averages = RingAverages(problem_with((), (), kinds=1), 2 * length)
    found = averages.average(("aa" * length,))
    assert found == {(p, h): value for (h, p), value in wishart_moment(length)}


# Merging and averaging against the general recursion


@pytest.mark.parametrize(
    ("problem", "terms"),
    [
        (ASYMMETRIC, 7),
        (problem_with((D, R), (D, R)), 5),
        (problem_with((D,), (D,), alike=((0, 1),)), 7),
        (problem_with((D, R), (D, R, *DECAY)), 4),
        (problem_with((D, R), (D, R), trained=(True, False)), 6),
        (problem_with((*DECAY, D), (D, R)), 4),
        (problem_with((D,), (D,), trained=(False, False)), 2),
        (problem_with((D, R), (D, R), merged=(frozenset({0}), frozenset({0, 1}))), 5),
    ],
    ids=[
        "identity",
        "kinds kept apart",
        "zero",
        "decay",
        "frozen kind",
        "observables",
        "all frozen",
        "merges along some kinds",
    ],
)
def test_two_kinds(problem: Problem, terms: int) -> None:
    assert in_order(by_words(problem, terms)) == in_order(by_levels(problem, terms))


def three(*drawn: str) -> Atom:
    return rings(*drawn, kinds=3)


@pytest.mark.parametrize(
    "problem",
    [
        problem_with((three("aabbcc"),), (three("aabbcc"),), kinds=3, alike=((0, 1, 2),)),
        problem_with((three("abcabc"),), (three("abcabc"), three("ab")), kinds=3),
        problem_with(
            tuple(map(three, ("aabb", "bbcc", "aacc"))),
            tuple(map(three, ("aabb", "bbcc", "aacc", "abca"))),
            kinds=3,
            trained=(True, True, False),
        ),
    ],
    ids=["in pairs", "in turn", "three pairs"],
)
def test_three_kinds(problem: Problem) -> None:
    assert in_order(by_words(problem, 2)) == in_order(by_levels(problem, 2))


@pytest.mark.parametrize("teacher_rows", [1, 2])
def test_teacher(teacher_rows: int) -> None:
    """Frozen kinds, with rows of the same family or of their own."""
    families = (1, 1, teacher_rows, teacher_rows)

    def atom(word: str) -> Atom:
        return rings(word, kinds=4, families=families)

    observable = atom("aabb"), atom("acdb"), atom("ccdd")
    trained = (True, True, False, False)
    problem = Problem(3, families, (0,) * 4, trained, (), observable, observable[:2])
    assert in_order(by_words(problem, 5)) == in_order(by_levels(problem, 5))


def test_several_rings_in_an_atom() -> None:
    observable = rings("aabb", "aabb"), rings("aabb", "ab"), rings("ab", "ab")
    problem = problem_with(observable, (D, R), alike=((0, 1),))
    assert in_order(by_words(problem, 4)) == in_order(by_levels(problem, 4))
    problem = problem_with((rings("aa", "bb"), R), (rings("aa", "bb"), rings("ab", "ab")))
    assert in_order(by_words(problem, 3)) == in_order(by_levels(problem, 3))


def test_nodes_without_edges() -> None:
    constant = Atom((), (), (0, 0))
    lonely = Atom(R.families, R.cells, (0,))
    problem = problem_with((D, constant, lonely), (D, lonely))
    found = by_words(problem, 3)
    assert found[0][1, (0, 0)] == {(2, 0): 1}
    assert in_order(found) == in_order(by_levels(problem, 3))


@pytest.mark.parametrize("seed", range(12))
def test_random_problems(seed: int) -> None:
    shuffle = random.Random(seed)
    kinds = shuffle.choice([1, 2, 3])
    names = "".join(map(letter, range(kinds)))

    def atom() -> Atom:
        sizes = shuffle.choice([(1,), (2,), (2,), (3,), (1, 1), (1, 2)])
        return rings(*("".join(shuffle.choices(names, k=2 * n)) for n in sizes), kinds=kinds)

    trained = (True, *(shuffle.random() < 0.7 for _ in names[1:]))
    atoms = atom(), atom()
    problem = problem_with((atom(), atom()), atoms, kinds=kinds, trained=trained)
    assert in_order(by_words(problem, 2)) == in_order(by_levels(problem, 2))


# The asymmetric model against pairings and brute force


def series(moments: Moments, decay: bool) -> list[dict[tuple[int, int, int, int], Fraction]]:
    """Y_s by powers of p, H, sigma and lambda, without the constant."""
    weights = [Fraction(1, 2), Fraction(-1), Fraction(1, 2), Fraction(1, 2)]
    edges = [4, 2, 2, 2]
    result = []
    for order, sectors in enumerate(moments):
        total: dict[tuple[int, int, int, int], Fraction] = defaultdict(Fraction)
        for (number, counts), terms in sectors.items():
            weight = (-1) ** order * weights[number]
            left = edges[number] - 2 * order
            for atom, count in enumerate(counts):
                weight *= weights[atom] ** count
                left += count * edges[atom]
            powers = sum(counts[2:]) if decay else 0
            for (p, h), value in terms.items():
                total[p, h, left, powers] += weight * value
        result.append({key: value for key, value in sorted(total.items()) if value})
    return result


@pytest.mark.parametrize("target", ["identity", "zero"])
def test_against_merging_and_pairing(target: str) -> None:
    atoms = (D, R) if target == "identity" else (D,)
    found = series(by_words(problem_with(atoms, atoms, alike=((0, 1),)), 2), False)
    for order, terms in enumerate(found):
        expected = naive_pairings.naive_derivative(2, (1, 1), order, target)  # type: ignore[arg-type]
        if not order:
            expected.pop((1, 0, 0), None)
        assert {key[:3]: value for key, value in terms.items()} == expected


@pytest.mark.parametrize(("p", "h", "terms"), [(1, 1, 10), (2, 1, 4), (1, 2, 4), (2, 2, 2)])
def test_against_brute_force(p: int, h: int, terms: int) -> None:
    for order, found in enumerate(series(by_words(ASYMMETRIC, terms), False)):
        expected = brute_force.brute_force_derivative(2, (1, 1), p, h, order)
        assert _at_sizes(found, p, h, order) == expected


@pytest.mark.parametrize(("p", "h", "terms"), [(1, 1, 6), (2, 1, 3), (1, 2, 3)])
def test_decay_against_brute_force(p: int, h: int, terms: int) -> None:
    moments = by_words(problem_with((D, R), (D, R, *DECAY)), terms)
    for order, found in enumerate(series(moments, True)):
        expected = brute_force.brute_force_derivative(2, (1, 1), p, h, order, decay="lambda")
        assert _at_sizes(found, p, h, order) == expected


def _at_sizes(
    found: dict[tuple[int, int, int, int], Fraction], p: int, h: int, order: int
) -> dict[tuple[int, int, int], Fraction]:
    total: dict[tuple[int, int, int], Fraction] = defaultdict(Fraction)
    if not order:
        total[0, 0, 0] = Fraction(p, 2)
    for (q, n, sigma, decay), value in found.items():
        total[sigma, 0, decay] += value * p**q * h**n
    return {key: value for key, value in sorted(total.items()) if value}


def test_random_teacher_against_brute_force() -> None:
    """Two features, one hidden value: the loss 1/2 sum (u_i v_j - x_i y_j)^2 written out."""
    loss: dict[tuple[int, ...], Fraction] = {}
    for i, j in product(range(2), range(2)):
        student, teacher = _monomial(i, 2 + j), _monomial(4 + i, 6 + j)
        for one, other, sign in (
            (student, student, Fraction(1, 2)),
            (student, teacher, Fraction(-1)),
            (teacher, teacher, Fraction(1, 2)),
        ):
            key = tuple(map(sum, zip(one, other, strict=True)))
            loss[key] = loss.get(key, Fraction(0)) + sign
    laws = [polynomial_flow.Gaussian("u")] * 4 + [
        polynomial_flow.Gaussian("x", rate=Fraction(0))
    ] * 4
    observable = tuple(rings(word, kinds=4) for word in ("aabb", "acdb", "ccdd"))
    trained = (True, True, False, False)
    problem = problem_with(observable, observable[:2], kinds=4, trained=trained)
    for order, sectors in enumerate(by_words(problem, 3)):
        total = Fraction(0)
        for (number, (students, mixed)), terms in sectors.items():
            weight = (Fraction(1, 2), Fraction(-1), Fraction(1, 2))[number]
            weight *= (-1) ** (order + mixed) * Fraction(1, 2) ** students
            total += weight * sum(value * 2**p for (p, _), value in terms.items())
        assert total == brute_force.brute_force_polynomial(loss, laws, order)


def _monomial(*places: int) -> tuple[int, ...]:
    return tuple(map(places.count, range(8)))


# Rings of one kind


@pytest.mark.parametrize("lengths", [(2,), (1, 2), (3,), (1, 3)])
def test_one_kind(lengths: tuple[int, ...]) -> None:
    atoms = tuple(rings("aa" * n, kinds=1) for n in lengths)
    assert tuple(map(ring_length, atoms)) == lengths
    problem = problem_with(atoms, atoms, kinds=1)
    assert is_rings(problem)
    found = in_order(list(ring_moments(problem, 3)))
    assert found == in_order(by_words(problem, 3)) == in_order(by_levels(problem, 3))


def test_what_is_not_one_kind() -> None:
    one = rings("aa", kinds=1)
    assert not is_rings(ASYMMETRIC)
    assert not is_rings(problem_with((one,), (one,), kinds=1, trained=(False,)))
    assert not is_rings(problem_with((rings("aa", "aa", kinds=1),), (one,), kinds=1))


# The door

hidden, feature = IndexFamily("hidden", "H"), IndexFamily("feature", "p")
u, v = (Tensor(name, (hidden, feature)) for name in "uv")


def test_the_door_serves_rings_without_the_general_recursion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = [
        Diagram.of((u, "k i"), (u, "l i"), (v, "k j"), (v, "l j")),
        Diagram.of((u, "k i"), (v, "k i")),
    ]
    alphabet = Alphabet.of(drawn)
    atoms = [alphabet.encode(diagram) for diagram in drawn]
    expected = by_levels(problem_of(alphabet, atoms, atoms), 3)
    monkeypatch.delattr(door, "run_levels")
    found = list(door.moments_of(problem_of(alphabet, atoms, atoms), 3))
    assert in_order(found) == in_order(expected)


def test_other_problems_go_to_the_general_recursion() -> None:
    drawn = [Diagram.of(*[(u, "k i")] * 2, *[(v, "k i")] * 2), Diagram.of((u, "k i"), (v, "k i"))]
    alphabet = Alphabet.of(drawn)
    atoms = [alphabet.encode(diagram) for diagram in drawn]
    problem = problem_of(alphabet, atoms, atoms)
    assert not is_coloured_rings(problem)
    assert list(door.moments_of(problem, 2)) == by_levels(problem, 2)
