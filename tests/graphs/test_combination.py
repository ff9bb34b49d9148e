"""Linear combinations and the merge, against explicit polynomials in all tensor entries.

At index ranges of size one to three a diagram is a polynomial in finitely many entries;
writing it out takes a product over index values and nothing of the library.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from graphs.test_diagram import alpha, alphabets, b, beta, diagrams, gamma, t, u, v, w
from hypothesis import given
from hypothesis import strategies as st

from diagrams.graphs.combination import Combination, merge, merge_diagrams
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial

Entry = tuple[str, tuple[int, ...]]
Explicit = dict[tuple[Entry, ...], Fraction]

SYMBOLS = {"A": 2, "B": 3, "C": 1, "c": Fraction(-3, 2), "r": Fraction(5, 3)}
A, B, c, r = (Polynomial.symbol(name) for name in "ABcr")


def explicit(
    combination: Combination | Diagram,
    symbols: Mapping[str, Fraction | int],
    outside: Sequence[int] = (),
) -> Explicit:
    """The polynomial in tensor entries that a combination is at given sizes and index values."""
    if isinstance(combination, Diagram):
        combination = Combination(((combination, Polynomial.constant(1)),))
    total: defaultdict[tuple[Entry, ...], Fraction] = defaultdict(Fraction)
    for diagram, coefficient in combination:
        factor = number(coefficient, symbols)
        ranges = [range(int(symbols[family.size])) for family in diagram.nodes]
        for values in product(*ranges):
            if tuple(values[node] for node in diagram.legs) == tuple(outside):
                entries = [
                    (e.tensor.name, tuple(values[node] for node in e.nodes)) for e in diagram.edges
                ]
                total[tuple(sorted(entries))] += factor
    return {monomial: value for monomial, value in total.items() if value}


def number(polynomial: Polynomial, symbols: Mapping[str, Fraction | int]) -> Fraction:
    """The value of a polynomial at given sizes and scales, term by term."""
    total = Fraction(0)
    for powers, value in polynomial:
        for name, power in powers.items():
            assert power.denominator == 1
            value *= Fraction(symbols[name]) ** int(power)
        total += value
    return total


def add(*polynomials: Explicit) -> Explicit:
    total: defaultdict[tuple[Entry, ...], Fraction] = defaultdict(Fraction)
    for polynomial in polynomials:
        for monomial, value in polynomial.items():
            total[monomial] += value
    return {monomial: value for monomial, value in total.items() if value}


def times(left: Explicit, right: Explicit) -> Explicit:
    total: defaultdict[tuple[Entry, ...], Fraction] = defaultdict(Fraction)
    for one, a in left.items():
        for other, value in right.items():
            total[tuple(sorted((*one, *other)))] += a * value
    return {monomial: value for monomial, value in total.items() if value}


def scaled(factor: Fraction | int, polynomial: Explicit) -> Explicit:
    return {monomial: factor * value for monomial, value in polynomial.items() if factor}


def derivative(polynomial: Explicit, entry: Entry) -> Explicit:
    result: Explicit = {}
    for monomial, value in polynomial.items():
        power = monomial.count(entry)
        if power:
            place = monomial.index(entry)
            result[monomial[:place] + monomial[place + 1 :]] = value * power
    return result


def merged_explicitly(left: Explicit, right: Explicit, rates: Mapping[str, Fraction]) -> Explicit:
    """The sum over all entries of trained tensors of rate (dA/du)(dB/du)."""
    entries = {entry for polynomial in (left, right) for m in polynomial for entry in m}
    return add(
        *(
            scaled(rates[e[0]], times(derivative(left, e), derivative(right, e)))
            for e in entries
            if e[0] in rates
        )
    )


def multiple(factor: Polynomial, combination: Combination) -> Combination:
    return Combination.of((diagram, factor * value) for diagram, value in combination)


def combinations(
    tensors: Sequence[Tensor] | None = None, legs: int = 0, nodes: int = 3, edges: int = 3
) -> st.SearchStrategy[Combination]:
    coefficients = st.sampled_from([Polynomial.constant(1), 2 * c, A * c - B, c / 3 + 1])
    terms = st.tuples(diagrams(tensors, nodes=nodes, edges=edges, legs=legs), coefficients)
    return st.lists(terms, max_size=3).map(Combination.of)


# Combinations


@given(st.data())
def test_vector_space(data: st.DataObject) -> None:
    tensors = data.draw(alphabets())
    a, b, d = (data.draw(combinations(tensors)) for _ in range(3))
    assert a + b == b + a
    assert (a + b) + d == a + (b + d)
    assert a - a == Combination() == 0 * a
    assert not a - a
    assert multiple(c + 1, a) == multiple(c, a) + a
    assert multiple(c, a + b) == multiple(c, a) + multiple(c, b)
    assert Fraction(2, 3) * a + Fraction(1, 3) * a == a
    assert a - b == a + (-1) * b
    assert Combination.of([*a, *a]) == 2 * a
    assert Combination.of(reversed(list(a))) == a
    assert len(a) == len(list(a)) == len(a.terms)
    assert explicit(a + multiple(c, b), SYMBOLS) == add(
        explicit(a, SYMBOLS), scaled(SYMBOLS["c"], explicit(b, SYMBOLS))
    )


def test_polynomial_multiples() -> None:
    a = Combination.of({Diagram.of((u, "k i")): 2, Diagram.of((v, "k i")): A})
    for factor in (c, c + 1, Polynomial()):
        assert factor * a == multiple(factor, a)


@given(st.data())
def test_product_of_values(data: st.DataObject) -> None:
    tensors = data.draw(alphabets())
    a, b = (data.draw(combinations(tensors, nodes=2)) for _ in range(2))
    assert explicit(a @ b, SYMBOLS) == times(explicit(a, SYMBOLS), explicit(b, SYMBOLS))
    assert a @ b == b @ a


def test_isomorphic_diagrams_are_one_term() -> None:
    one, other = Diagram.of((u, "k i"), (v, "l i")), Diagram.of((v, "m j"), (u, "n j"))
    a = Combination.of({one: c, other: 2})
    assert len(a) == 1
    assert a.coefficient(one) == a.coefficient(other) == c + 2
    assert a.coefficient(Diagram.of((u, "k i"))) == Polynomial()
    assert Combination.of([(one, c), (other, -c)]) == Combination()
    assert str(Combination()) == "0"
    assert str(a) == f"(c + 2) {one.canonical}"


# Merge


@given(st.data())
def test_merge_is_the_product_of_derivatives(data: st.DataObject) -> None:
    tensors = data.draw(alphabets())
    a, b = (data.draw(combinations(tensors)) for _ in range(2))
    rates = {tensor.name: Fraction(1) for tensor in tensors}
    for sizes in ({"A": 1, "B": 2, "C": 2}, {"A": 2, "B": 1, "C": 2}):
        symbols = {**SYMBOLS, **sizes}
        expected = merged_explicitly(explicit(a, symbols), explicit(b, symbols), rates)
        assert explicit(merge(a, b), symbols) == expected


@given(st.data())
def test_merge_with_legs(data: st.DataObject) -> None:
    """Legs of the left diagram come first, then those of the right."""
    tensors = data.draw(alphabets())
    a, b = (data.draw(diagrams(tensors, nodes=3, edges=3, legs=2)) for _ in range(2))
    merged = merge(Combination.of({a: 1}), Combination.of({b: c}))
    symbols = {**SYMBOLS, "A": 2, "B": 2, "C": 1}
    rates = {tensor.name: Fraction(1) for tensor in tensors}
    ranges = [[range(int(symbols[d.nodes[n].size])) for n in d.legs] for d in (a, b)]
    for left in product(*ranges[0]):
        for right in product(*ranges[1]):
            expected = merged_explicitly(
                explicit(a, symbols, left), scaled(SYMBOLS["c"], explicit(b, symbols, right)), rates
            )
            assert explicit(merged, symbols, (*left, *right)) == expected
    assert all(len(d.legs) == len(a.legs) + len(b.legs) for d, _ in merged)


@given(st.data())
def test_merge_is_bilinear_and_symmetric(data: st.DataObject) -> None:
    tensors = data.draw(alphabets())
    a, b, d = (data.draw(combinations(tensors)) for _ in range(3))
    assert merge(a, b) == merge(b, a)
    assert merge(a + multiple(c, b), d) == merge(a, d) + multiple(c, merge(b, d))
    assert merge(d, a + multiple(c, b)) == merge(d, a) + multiple(c, merge(d, b))
    assert merge(a, Combination()) == Combination()


@given(st.data())
def test_merge_is_a_derivation(data: st.DataObject) -> None:
    """(A B) * C = A (B * C) + (A * C) B: merging differentiates."""
    tensors = data.draw(alphabets(least_rank=1))
    a, b, d = (data.draw(combinations(tensors, nodes=2, edges=2)) for _ in range(3))
    assert merge(a @ b, d) == a @ merge(b, d) + merge(a, d) @ b


@given(st.data())
def test_learning_rates_and_frozen_tensors(data: st.DataObject) -> None:
    """Every tensor brings its own rate; frozen ones bring nothing."""
    roles = [Role.TRAINED, Role.FROZEN]
    tensors = tuple(
        replace(
            tensor,
            role=data.draw(st.sampled_from(roles)),
            rate=data.draw(st.sampled_from([Polynomial.constant(1), 2 * r, A * A * r])),
        )
        for tensor in data.draw(alphabets())
    )
    a, b = (data.draw(combinations(tensors)) for _ in range(2))
    symbols = {**SYMBOLS, "B": 2}
    trained = {x.name: number(x.rate, symbols) for x in tensors if x.role is Role.TRAINED}
    expected = merged_explicitly(explicit(a, symbols), explicit(b, symbols), trained)
    assert explicit(merge(a, b), symbols) == expected


def test_merge_by_hand() -> None:
    """Matrix factorisation: the squared gradient of 1/2 |u^T u|^2 is a ring of six, times 4."""
    square = Diagram.of((u, "k i"), (u, "l i"), (u, "k j"), (u, "l j"))
    half = Combination.of({square: Fraction(1, 2)})
    six = Diagram.of(*((u, f"k{j} i{(j + d) % 3}") for j in range(3) for d in (0, 1)))
    assert merge(half, half) == Combination.of({six: 4})
    assert sum((n for _, n in merge_diagrams(square, square)), Polynomial()) == 16 * (A**0)
    norm = Combination.of({Diagram.of((u, "k i"), (u, "k i")): Fraction(1, 2)})
    assert merge(half, norm) == 4 * half
    assert merge(norm, Combination.of({Diagram.of((v, "k i")): 1})) == Combination()


def test_frozen_and_structural_edges_stay() -> None:
    a = Diagram.of((u, "k i"), (b, "i"))
    merged = merge(Combination.of({a: 1}), Combination.of({a: 1}))
    assert merged == Combination.of({Diagram.of((b, "i"), (b, "i"), summed={"k": alpha}): 1})
    assert [d.edge_counts() for d, _ in merged] == [{b: 2}]


def test_merge_multiplies_every_rate_once() -> None:
    fast = replace(t, rate=3 * r)
    cubic = Combination.of({Diagram.of((fast, "k i j"), (w, "k k")): 1})
    merged = merge(cubic, cubic)
    with_t = Diagram.of((w, "k k"), (w, "k k"), summed={"i": beta, "j": gamma})
    with_w = Diagram.of((fast, "k i j"), (fast, "k l m"))
    assert merged == Combination.of({with_t: 3 * r, with_w: 1})


@pytest.mark.parametrize("size", [1, 2, 3])
def test_explicit_sums_of_these_tests(size: int) -> None:
    """sum_kl x[k] x[l] and its derivatives, by hand."""
    one = IndexFamily("one", "A")
    x = Tensor("x", (one,))
    square = explicit(Diagram.of((x, "k"), (x, "l")), {"A": size})
    assert sum(square.values()) == size**2
    assert derivative(square, ("x", (0,))) == {(("x", (k,)),): 2 for k in range(size)}
    assert times({(): Fraction(2)}, square) == add(square, square)
    assert Counter(map(len, square)) == Counter({2: size * (size + 1) // 2})


def test_a_family_has_one_letter_in_a_whole_sum() -> None:
    """Also where it has none of its own, and is the only one of some diagram."""
    hidden, feature = IndexFamily("hidden", "N"), IndexFamily("feature", "d")
    w, t = Tensor("W", (hidden, feature)), Tensor("t", (feature,))
    total = Combination.of({Diagram.of((t, "i"), (t, "i")): 1, Diagram.of((w, "k i"), (t, "i")): 2})
    assert str(total) == "(1) sum[k1] t[k1]^2\n(2) sum[k1;i1] W[i1,k1] t[k1]"
    assert total.to_latex().count("t_{k}") == 2
