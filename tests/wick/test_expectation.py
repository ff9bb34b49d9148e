"""Expectations of any diagrams, against the Gaussian moments of explicit polynomials."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from graphs.test_combination import (
    SYMBOLS,
    Entry,
    Explicit,
    combinations,
    explicit,
    multiple,
    number,
)
from graphs.test_diagram import alpha, alphabets, b, beta, diagrams, random_diagram, s, t, u, v, w
from hypothesis import given
from hypothesis import strategies as st
from truth.polynomial_flow import gaussian_moment
from wick.test_means import mean_of, random_tensors

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily, Role, Tensor, delta
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.wick.expectation import (
    average_polynomial,
    expectation,
    value,
    variance_factor,
    variance_of,
)
from diagrams.wick.packing import size_polynomial

EMPTY = Diagram((), ())
A, B, c, r, sigma = (Polynomial.symbol(name) for name in ("A", "B", "c", "r", "sigma"))


def averaged(
    polynomial: Explicit, tensors: Sequence[Tensor], symbols: Mapping[str, Fraction | int]
) -> Explicit:
    """Every power of an entry of the given tensors replaced by its Gaussian moment."""
    by_name = {tensor.name: tensor for tensor in tensors}
    total: defaultdict[tuple[Entry, ...], Fraction] = defaultdict(Fraction)
    for monomial, coefficient in polynomial.items():
        left = tuple(entry for entry in monomial if entry[0] not in by_name)
        for entry, power in Counter(e for e in monomial if e[0] in by_name).items():
            law = by_name[entry[0]].law
            assert isinstance(law, Gaussian)
            mean = mean_of(by_name[entry[0]], entry, symbols)
            coefficient *= gaussian_moment(power, number(law.variance, symbols), mean)
        total[left] += coefficient
    return {monomial: part for monomial, part in total.items() if part}


@given(st.data())
def test_all_moments(data: st.DataObject) -> None:
    """Any rank, several families, constant and delta means, zero variances."""
    tensors = data.draw(random_tensors())
    a = data.draw(combinations(tensors, nodes=3, edges=4))
    mean = expectation(a)
    assert {d for d, _ in mean} <= {EMPTY}
    assert mean == Combination.of({EMPTY: value(a)})
    for sizes in ({"A": 1, "B": 2, "C": 1}, {"A": 2, "B": 1, "C": 2}):
        symbols = {**SYMBOLS, **sizes}
        assert explicit(mean, symbols) == averaged(explicit(a, symbols), tensors, symbols)


@given(st.data())
def test_some_tensors_only(data: st.DataObject) -> None:
    """What is not averaged stays, with its own mean; averaging the rest then gives all."""
    tensors = data.draw(random_tensors())
    a = data.draw(combinations(tensors, nodes=3, edges=4))
    over = tuple(x for x in tensors if data.draw(st.booleans()))
    partly = expectation(a, over)
    symbols = {**SYMBOLS, "A": 2, "B": 2, "C": 1}
    assert explicit(partly, symbols) == averaged(explicit(a, symbols), over, symbols)
    assert {x for d, _ in partly for x in d.tensors} <= set(tensors) - set(over)
    assert expectation(partly) == expectation(a) == expectation(a, tensors)
    rest = [x for x in tensors if x not in over]
    assert expectation(expectation(a, rest), over) == expectation(a)


@given(st.data())
def test_open_legs(data: st.DataObject) -> None:
    """At every value of the open indices; what is left are deltas between legs."""
    tensors = data.draw(random_tensors(least_rank=1))
    a = data.draw(diagrams(tensors, nodes=3, edges=4, legs=3))
    mean = expectation(a)
    symbols = {**SYMBOLS, "A": 2, "B": 2, "C": 2}
    for outside in product(*(range(2) for _ in a.legs)):
        expected = averaged(explicit(a, symbols, outside), tensors, symbols)
        assert explicit(mean, symbols, outside) == expected
    assert all(not d.edges and set(d.legs) == set(range(len(d.nodes))) for d, _ in mean)


@pytest.mark.parametrize(
    "tensors", [(u,), (w,), (u, v), (t, u), (w, b), (s, b, u), (t,)], ids=lambda ts: str(len(ts))
)
def test_larger_random_diagrams(tensors: Sequence[Tensor]) -> None:
    random = Random(str(tensors))
    checked = 0
    while checked < 10:
        a = random_diagram(random, tensors, 4, random.choice([4, 6]))
        if any(edges % 2 for edges in a.edge_counts().values()):
            continue
        symbols = {**SYMBOLS, "A": 2, "B": 2, "C": 2}
        expected = averaged(explicit(a, symbols), tensors, symbols)
        assert expected
        assert explicit(expectation(a), symbols) == expected
        checked += 1


@given(st.data())
def test_linear(data: st.DataObject) -> None:
    tensors = data.draw(random_tensors())
    a, d = (data.draw(combinations(tensors)) for _ in range(2))
    over = tensors[:1]
    assert expectation(a + multiple(c, d)) == expectation(a) + multiple(c, expectation(d))
    assert expectation(a - d, over) == expectation(a, over) - expectation(d, over)
    assert expectation(Combination()) == Combination()
    assert value(Combination()) == Polynomial()


@given(st.data())
def test_independent_tensors_factorise(data: st.DataObject) -> None:
    first = data.draw(random_tensors())
    second = tuple(
        Tensor(x.name + "2", x.families, x.role, x.law) for x in data.draw(random_tensors())
    )
    a = data.draw(combinations(first))
    d = data.draw(combinations(second))
    assert value(a @ d) == value(a) * value(d)
    assert expectation(a @ d, first) == expectation(a) @ expectation(d, ())


def test_not_factorised_with_one_tensor() -> None:
    trace = Diagram.of((u, "k i"), (u, "k i"))
    assert value(trace @ trace) == A * A * B * B + 2 * A * B != value(trace) ** 2


def test_wick_by_hand() -> None:
    """Four fields with open legs: three pairs of deltas."""
    x = Tensor("x", (alpha,), law=Gaussian(sigma * sigma))
    mean = expectation(Diagram.of(*((x, n) for n in "abcd"), legs="a b c d"))
    expected = [(0, 0, 1, 1), (0, 1, 0, 1), (0, 1, 1, 0)]
    assert mean == Combination.of(
        (Diagram((alpha, alpha), (), legs), sigma**4) for legs in expected
    )


def test_average_of_the_quadratic_term() -> None:
    """E[D] of tie patterns (2), (3), (4) and all different."""
    p, H = Polynomial.symbol("p"), Polynomial.symbol("H")

    def twice(order: int, ties: str) -> Polynomial:
        return 2 * value(cp_problem(order, ties, "zero").observable)

    assert twice(2, "sym") == (p * p * H + p * H * H + p * H) * sigma**4
    assert twice(3, "sym") == (p**3 + 6 * p**2 + 8 * p) * H * sigma**6
    same_row = p * (p + 2) * (p + 4) * (p + 6)
    two_rows = 3 * p * (p + 2)
    assert twice(4, "sym") == (H * same_row + H * (H - 1) * two_rows) * sigma**8
    for order in range(2, 7):
        assert twice(order, "asym") == p**order * H * sigma ** (2 * order)


def test_variances() -> None:
    fast = Tensor("f", (alpha,), law=Gaussian(r))
    frozen = Tensor("z", (alpha,), Role.FROZEN, Gaussian(Polynomial()))
    constant = delta(alpha)
    assert variance_factor({fast: 4, frozen: 0}, [fast]) == r * r
    assert variance_factor({fast: 3}, [fast]) == Polynomial()
    assert variance_factor({fast: 3, frozen: 2}, []) == 1 + Polynomial()
    assert variance_factor({frozen: 2, fast: 2}, [fast, frozen]) == Polynomial()
    assert variance_factor({constant: 1}, [constant]) == 1 + Polynomial()
    pair = Diagram.of((fast, "k"), (fast, "k"), (fast, "l"), (fast, "l"))
    alphabet = Alphabet.of([pair])
    assert variance_of(alphabet, alphabet.encode(pair)) == r * r
    assert value(Diagram.of((frozen, "k"), (frozen, "k"))) == Polynomial()


@given(st.data())
def test_joint_average(data: st.DataObject) -> None:
    """Many diagrams at once: the same as the values one by one."""
    tensors = data.draw(alphabets())
    several = data.draw(st.lists(diagrams(tensors, nodes=4, edges=6, legs=0), max_size=4))
    alphabet = Alphabet.of(several)
    counts: Counter[object] = Counter()
    expected = Polynomial()
    for weight, diagram in enumerate(several, 1):
        counts[alphabet.encode(diagram)] += weight
        expected += weight * value(diagram)
    result = average_polynomial(alphabet, dict(counts))  # type: ignore[arg-type]
    assert result == expected


def test_families_of_one_size() -> None:
    """Powers of families that share a size symbol add up."""
    alphabet = Alphabet([], [alpha, IndexFamily("other", "A"), beta], [])
    assert [family.size for family in alphabet.families] == ["A", "B", "A"]
    assert size_polynomial(alphabet, {(1, 2, 3): 5, (2, 2, 2): 1}) == 6 * A**4 * B**2


def test_refusals() -> None:
    with pytest.raises(BadInput):
        expectation(Diagram.of((u, "k i")), [delta(alpha)])
    with pytest.raises(BadInput):
        value(Diagram.of((u, "k i"), (u, "k i"), legs="k"))
    loose = Diagram((alpha, alpha), (Edge(delta(alpha), (0, 1)),))
    assert expectation(loose) == Combination.of({loose: 1})
