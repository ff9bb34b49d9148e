"""Petals, their bracket and the contracted atoms against direct definitions."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product as cartesian
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.dynamics.petals.atoms import contracted_atoms, rows_of
from diagrams.dynamics.petals.petals import PetalPolynomial, Rows
from diagrams.errors import NotSolved
from diagrams.polynomials.counting import set_partitions
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem

ONE = Polynomial.constant(1)
FEATURES = 3


def petal_of(row: list[tuple[int, ...]], m: tuple[int, ...]) -> int:
    """z_m of one row of integers, feature by feature."""
    return sum(prod(v**e for v, e in zip(entry, m, strict=True)) for entry in row)


def gradient(row: list[tuple[int, ...]], m: tuple[int, ...]) -> list[int]:
    """All derivatives of z_m, by hand."""
    found = []
    for entry in row:
        for colour, e in enumerate(m):
            lowered = tuple(x - (c == colour) for c, x in enumerate(m))
            rest = prod(v**x for v, x in zip(entry, lowered, strict=True) if x >= 0)
            found.append(e * rest if e else 0)
    return found


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.lists(
        st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=FEATURES, max_size=FEATURES
    ),
)
def test_bracket_is_the_scalar_product_of_gradients(
    left: tuple[int, int], right: tuple[int, int], row: list[tuple[int, int]]
) -> None:
    rows = Rows("H", "p", ("u", "v"), (ONE, ONE), (ONE, ONE))
    entries: list[tuple[int, ...]] = list(row)
    expected = sum(
        a * b for a, b in zip(gradient(entries, left), gradient(entries, right), strict=True)
    )
    bracket = rows.bracket(left, right)
    value = bracket.value(lambda m: Polynomial.constant(petal_of(entries, m)))
    assert value.substitute({"p": FEATURES}) == Polynomial.constant(expected)


@pytest.mark.parametrize("m", [(0,), (1,), (2,), (4,), (6,)])
def test_initial_petals_are_gaussian_moments(m: tuple[int]) -> None:
    """Moments of the standard normal by counting pairings."""
    rows = Rows("H", "p", ("u",), (ONE,), (ONE,))

    def pairings(n: int) -> int:
        return 1 if n == 0 else 0 if n < 0 else (n - 1) * pairings(n - 2)

    expected = pairings(m[0]) if m[0] % 2 == 0 else 0
    assert rows.initial(m) == expected * Polynomial.symbol("p")


@pytest.mark.parametrize("ties", ["4", "3", "2+2", "2+1", "1+1+1", "4+2"])
def test_atoms_are_the_sum_over_set_partitions(ties: str) -> None:
    """The formula of the definition, written out with set partitions of labelled slots."""
    pattern = [int(d) for d in ties.split("+")]
    problem = cp_problem(order=sum(pattern), ties=ties)
    slots = [c for c, d in enumerate(pattern) for _ in range(d)]

    def vector(colours: list[int]) -> tuple[int, ...]:
        return tuple(Counter(colours)[c] for c in range(len(pattern)))

    height, size = Polynomial.symbol("H"), Polynomial.symbol("p")
    terms: list[tuple[tuple[tuple[tuple[int, ...], int], ...], Polynomial]] = []

    def add(petals: list[tuple[int, ...]], coefficient: Polynomial) -> None:
        terms.append((tuple(sorted(Counter(petals).items())), coefficient))

    add([vector(slots)], -1 * height)
    add([vector([c, c]) for c in slots], height / 2)
    for blocks in set_partitions(list(range(len(slots)))):
        petals = [vector([slots[i] for i in block]) for block in blocks]
        add(petals + petals, height**2 * size ** (-len(blocks)) / 2)
    observable, extra = contracted_atoms(problem)
    total = PetalPolynomial.of(term for atom in observable for term in atom.value)
    assert total == PetalPolynomial.of(terms)
    assert extra == ()


def test_coherent_atom_is_the_average_over_independent_rows() -> None:
    """E of sum_ij u_i v_i u_j v_j over shuffles of one row, exactly, to leading order in p."""
    problem = cp_problem(order=2, target="zero")
    coherent = next(a for a in contracted_atoms(problem)[0] if a.name == "coherent")
    first, second = [3, -1, 2], [1, 4, -2]
    size = len(first)
    from itertools import permutations

    shuffles = list(permutations(second))
    exact = sum(
        Fraction(sum(a * b for a, b in zip(first, s, strict=True)) ** 2, len(shuffles))
        for s in shuffles
    )
    # distinct features carry 1/(p (p-1)) instead of 1/p^2: that is the leading-order step
    pairs = [(i, j) for i, j in cartesian(range(size), repeat=2) if i != j]
    distinct = Fraction(
        sum(first[i] * first[j] for i, j in pairs) * sum(second[i] * second[j] for i, j in pairs),
        size * (size - 1),
    )
    equal = Fraction(sum(a * a for a in first) * sum(b * b for b in second), size)
    assert exact == distinct + equal
    said = dict(coherent.value.terms)
    assert said[(((2,), 2),)] == Polynomial.monomial(Fraction(1, 2), {"H": 2, "p": -1})
    assert said[(((1,), 4),)] == Polynomial.monomial(Fraction(1, 2), {"H": 2, "p": -2})


def test_decay_is_in_the_potential_only() -> None:
    observable, extra = contracted_atoms(cp_problem(order=2, decay="d"))
    assert [atom.name for atom in extra] == ["decay"]
    weight = Polynomial.monomial(Fraction(1, 2), {"H": 1, "d": 1})
    assert extra[0].value == PetalPolynomial.of({(((2,), 1),): weight})
    assert all("d" not in str(atom.value) for atom in observable)


@pytest.mark.full
def test_order_24_has_atoms() -> None:
    observable, _ = contracted_atoms(cp_problem(order=24, target="zero"))
    pairs = dict(observable[-1].value.terms)[(((2,), 24),)]
    double = prod(range(23, 0, -2))
    assert pairs == Polynomial.monomial(Fraction(double, 2), {"H": 2, "p": -12})


def test_problem_without_petals_is_refused(tmp_path: object) -> None:
    from diagrams.graphs.tensors import IndexFamily, Tensor

    lone = Tensor("w", (IndexFamily("feature", "d"),))
    from diagrams.graphs.combination import Combination
    from diagrams.graphs.diagram import Diagram
    from diagrams.problems.problem import Problem

    loss = Combination.of({Diagram.of((lone, "i"), (lone, "i")): 1})
    with pytest.raises(NotSolved, match=r"w\[feature\] has one index, and is no matrix"):
        rows_of(Problem("a vector", "", loss, loss))
    assert rows_of(load_problem("cp:order=3,ties=asym")).colours == ("u", "v", "w")
