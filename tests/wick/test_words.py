"""Words against pairings of explicit variables, and against the other ways."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth.random_problems import explicit_derivative, numbers, value

from diagrams.export.json.levels import levels_from_json, levels_json
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem
from diagrams.scaling.leading import leading_terms
from diagrams.series.expansion import expand
from diagrams.series.levels import levels
from diagrams.series.ways import (
    derivatives_by_closing,
    derivatives_by_merging,
    derivatives_by_words,
    exponent_of,
    leading_by_words,
)
from diagrams.wick.transfer import UnsupportedStructure
from diagrams.wick.transfer.rings import wishart_moment
from diagrams.wick.words.averages import WordAverages
from diagrams.wick.words.spelling import Spelling, normal, reverse
from diagrams.wick.words.symmetries import Symmetries, renamed, renamings
from tests.mean_field.problems import problem as chain_problem

RINGS = st.text("aAbBc", min_size=1, max_size=8)
CHAINS = st.builds("{}{}{}".format, st.sampled_from("01"), RINGS, st.sampled_from("01"))


@given(RINGS, st.data())
def test_a_ring_is_read_from_anywhere(word: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(word) - 1))
    turned = word[start:] + word[:start]
    assert normal(word) == normal(turned) == normal(reverse(turned))
    assert normal(word) in {
        (w + w)[n : n + len(w)] for w in (word, reverse(word)) for n in range(8)
    }


@given(CHAINS)
def test_a_chain_is_read_from_both_ends(word: str) -> None:
    assert normal(word) == normal(reverse(word)) == min(word, reverse(word))


FAMILIES = IndexFamily("n", "N"), IndexFamily("m", "M"), IndexFamily("k", "N")
LAWS = (
    Gaussian(),
    Gaussian(),
    Gaussian(Polynomial.symbol("r")),
    Gaussian(Polynomial(), Mean.CONSTANT, Polynomial.symbol("r")),
    Gaussian(Polynomial()),
)


def tensors(draw: random.Random, laws: tuple[Gaussian, ...]) -> list[Tensor]:
    """Two matrices, two vectors and a number at most, of random laws and roles."""
    found = []
    for name, rank in (("A", 2), ("B", 2), ("u", 1), ("v", 1), ("s", 0)):
        families = tuple(draw.choice(FAMILIES[:2]) for _ in range(rank))
        law = draw.choice(laws)
        if rank == 2 and families[0] == families[1] and draw.random() < 0.3:
            law = Gaussian(Polynomial(), Mean.DELTA, Polynomial.symbol("r"))
        role = Role.TRAINED if name == "A" or draw.random() < 0.5 else Role.FROZEN
        found.append(Tensor(name, families, role, law))
    return found


def met_twice(draw: random.Random, choice: list[Tensor], edges: int) -> Diagram | None:
    """A diagram of some edges, the ends of every family paired at random; none if one is left."""
    drawn = [draw.choice(choice) for _ in range(edges)]
    ends = [(e, slot, f) for e, t in enumerate(drawn) for slot, f in enumerate(t.families)]
    draw.shuffle(ends)
    nodes: list[IndexFamily] = []
    place: dict[tuple[int, int], int] = {}
    for family in FAMILIES[:2]:
        own = [(e, slot) for e, slot, f in ends if f == family]
        if len(own) % 2:
            return None
        for one, other in zip(own[::2], own[1::2], strict=True):
            place[one] = place[other] = len(nodes)
            nodes.append(family)
    if draw.random() < 0.2:
        nodes.append(FAMILIES[0])
    return Diagram(
        tuple(nodes),
        tuple(
            Edge(t, tuple(place[e, slot] for slot in range(t.rank))) for e, t in enumerate(drawn)
        ),
    )


def random_problem(seed: int, most: int = 4, laws: tuple[Gaussian, ...] = LAWS) -> Problem:
    """An observable and a potential of a few random diagrams in which every index is met twice."""
    draw = random.Random(seed)
    choice = tensors(draw, laws)
    parts = []
    for _ in range(2):
        found: dict[Diagram, int] = {}
        while len(found) < draw.choice((1, 2)):
            drawn = met_twice(draw, choice, draw.randint(1, most))
            if drawn is not None:
                found[drawn.canonical] = draw.choice((1, 2, -3))
        parts.append(Combination.of(found))
    base = load_problem("cp:order=2")
    return replace(base, observable=parts[0], potential=parts[1])


def check(seed: int) -> None:
    problem = random_problem(seed)
    found = list(derivatives_by_words(problem, 2))
    assert found == list(derivatives_by_merging(problem, 2)), seed
    at = {**dict.fromkeys("NM", 2), **numbers(problem, 2)}
    assert value(found[1], at) == explicit_derivative(problem, 1, at), seed


def test_random_diagrams() -> None:
    for seed in range(40):
        check(seed)


@pytest.mark.full
@pytest.mark.parametrize("block", range(8))
def test_more_random_diagrams(block: int) -> None:
    for seed in range(100 + 100 * block, 200 + 100 * block):
        check(seed)


@pytest.mark.parametrize(
    ("spec", "terms"),
    [
        ("cp:order=2,ties=asym,decay=lambda", 5),
        ("docs/systems/deep_linear_spectrum_mup.toml", 3),
        ("docs/systems/mixture_of_experts.toml", 3),
        ("docs/systems/ntk_one_hidden_layer.toml", 5),
        ("benchmarks/files/matrix_teacher.toml", 4),
        ("benchmarks/files/random_features.toml", 3),
        ("benchmarks/files/deep_linear_four.toml", 2),
    ],
)
def test_words_against_rows(spec: str, terms: int) -> None:
    problem = load_problem(spec)
    assert list(derivatives_by_words(problem, terms)) == list(
        derivatives_by_closing(problem, terms)
    )


@pytest.mark.parametrize("length", range(1, 9))
def test_one_matrix_against_zonal_polynomials(length: int) -> None:
    n, m = FAMILIES[:2]
    W = Tensor("W", (n, m))
    ends = [(W, f"r{j // 2 % length} c{(j + 1) // 2 % length}") for j in range(2 * length)]
    drawn = Diagram.of(*ends)
    spelling = Spelling([drawn])
    averages = WordAverages(spelling, 2 * length, {"N": length, "M": length})
    expected = {
        (("M", cells), ("N", rows)): count for (rows, cells), count in wishart_moment(length)
    }
    found = averages.average(spelling.words(drawn))
    assert dict(found.terms) == expected


def test_renamings_keep_averages() -> None:
    """A chain of three matrices may be turned around where sizes fit."""
    families = [IndexFamily(f"f{place}", size) for place, size in enumerate("NMMN")]
    chain = [Tensor(f"W{j}", pair) for j, pair in enumerate(pairwise(families))]
    there = [(t, f"{j} {j + 1}") for j, t in enumerate(chain)]
    back = [(t, f"{-j or 0} {-j - 1 if j < 2 else 3}") for j, t in enumerate(chain)]
    ring = Diagram.of(*there, *back)
    spelling = Spelling([ring])
    tables = list(renamings(spelling))
    assert len(tables) == 1
    words = spelling.words(ring)
    averages = WordAverages(spelling, 6, {"N": 3, "M": 3})
    plain = averages.average(words)
    averages.symmetries = Symmetries(())
    averages.known = {(): 1}
    assert averages.average(renamed(words, tables[0])) == plain


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("cp:order=3", "is not met twice"),
        ("docs/systems/mixture_of_experts_gated.toml", "more than two indices"),
        ("cp:order=3,target=modular", "is a structure"),
    ],
)
def test_what_is_refused(spec: str, reason: str) -> None:
    with pytest.raises(UnsupportedStructure, match=reason):
        derivatives_by_words(load_problem(spec), 1)


def random_chain(seed: int) -> str:
    """A chain of one to three matrices between vectors or free indices, squared, and a target."""
    draw = random.Random(seed)
    length, declared = draw.randint(1, 3), {"one": '"N" i', "two": '"M" j', "three": '"K" k'}
    path = ["one", *(draw.choice(list(declared)) for _ in range(length))]
    families = ", ".join(f"{name} {declared[name]}" for name in declared if name in path)
    rows = [
        f"W{n} {a}x{b} {draw.choice(('trained', 'trained', 'frozen'))} {draw.choice(SPREAD)}"
        for n, (a, b) in enumerate(pairwise(path))
    ]
    rows[0] = rows[0].replace("frozen", "trained")
    letters = "abcd"[: length + 1]
    output = " ".join(f"W{n}[{a},{b}]" for n, (a, b) in enumerate(pairwise(letters)))
    free = []
    for end in (0, length):
        if draw.random() < 0.7:
            role = draw.choice(("trained", "frozen"))
            rows.append(f"v{end} {path[end]} {role} {draw.choice(SPREAD)}")
            output += f" v{end}[{letters[end]}]"
        else:
            free.append(end)
    rows = [row + draw.choice(("", " rate=N")) if "trained" in row else row for row in rows]
    target = "y"
    if free:
        rows.append(f"G {'x'.join(path[end] for end in free)} frozen {draw.choice(SPREAD)}")
        target = f"G[{','.join(letters[end] for end in free)}]"
    over = str([letters[end] for end in free]).replace("'", '"')
    return chain_problem(families, ";".join(rows), f"{output} / {draw.choice('1N')}", target, over)


SPREAD = ("1", "1/N", "1/M", "r")


def check_bound(seed: int) -> int:
    """The bound holds on random scalings, and what attains it is all there; returns how often."""
    draw = random.Random(seed)
    problem = load_problem(random_chain(seed))
    whole = list(derivatives_by_words(problem, 3))
    attained = 0
    for _ in range(3):
        exponents = {name: Fraction(draw.choice((0, 2, 2, 2, 2, 3)), 2) for name in "NMK"}
        exponents["r"] = Fraction(draw.choice((-2, -1, 0, 1)), 2)
        try:
            found = leading_by_words(problem, 3, exponents)
        except UnsupportedStructure as reason:
            assert "averages of several words that are no products" in str(reason)
            continue
        for y, (bound, kept) in zip(whole, found, strict=True):
            of_terms = {term: exponent_of(term[0], exponents) for term in y.terms}
            assert max(of_terms.values(), default=bound) <= bound, seed
            assert list(kept.terms) == [t for t, e in of_terms.items() if e == bound], seed
            attained += bool(kept)
    return attained


def test_what_attains_the_bound_of_random_words() -> None:
    assert sum(map(check_bound, range(18, 24))) > 15


@pytest.mark.full
@pytest.mark.parametrize("block", range(8))
def test_what_attains_the_bound_of_more_random_words(block: int) -> None:
    for seed in range(100 + 100 * block, 200 + 100 * block):
        check_bound(seed)


@pytest.mark.parametrize(
    ("spec", "terms", "scaling"),
    [
        ("docs/systems/deep_linear_spectrum_mup.toml", 6, {"N": 1}),
        ("docs/systems/mixture_of_experts.toml", 5, {"N": 1, "N_e": "N", "M": 2}),
        ("benchmarks/files/matrix_teacher.toml", 5, {"d": 1, "h": "a*d", "sigma": "d^(-1/2)"}),
        ("benchmarks/files/random_features.toml", 5, {"d": 1, "n": "d", "N": "b*d"}),
        ("benchmarks/files/linear_attention_sample.toml", 2, {"d": 1, "n": "a*d"}),
        ("cp:order=3", 3, {"p": 1, "H": 2, "sigma": "p^(-2/3)"}),
        ("docs/systems/diagonal_linear.toml", 2, {"d": 1, "n": "delta*d"}),
    ],
)
def test_leading_terms_against_whole_coefficients(
    spec: str, terms: int, scaling: dict[str, int | str]
) -> None:
    problem = load_problem(spec)
    whole = levels(expand(problem, terms), scaling)
    found = leading_terms(problem, terms, scaling)
    assert list(found.rows) == [row[:1] for row in whole.rows]
    assert found.scaling == whole.scaling
    assert levels_from_json(levels_json(found)) == found
