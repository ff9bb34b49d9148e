"""Packed polynomials: unpacking inverts packing, and nothing overflows."""

from __future__ import annotations

import time
from collections import defaultdict
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.wick.packing import Packing, double_factorial, fields_of, in_powers

hidden, feature = IndexFamily("hidden", "N"), IndexFamily("feature", "d")
u = Tensor("u", (hidden, feature))

LIMITS = (3, 2, 4)
Powers = dict[tuple[int, ...], int]
polynomials = st.dictionaries(
    st.tuples(*(st.integers(0, limit) for limit in LIMITS)), st.integers(1, 200), max_size=6
)


def packing(bits: int) -> Packing:
    shifts = [bits]
    for limit in LIMITS[:-1]:
        shifts.append(shifts[-1] * (limit + 1))
    return Packing(bits, tuple(shifts), LIMITS)


def packed(polynomial: Powers, pack: Packing) -> int:
    """Written with ``times`` only, a factor of a size at a time."""
    return sum(
        pack.times(value, [f for f, e in enumerate(exponents) for _ in range(e)])
        for exponents, value in polynomial.items()
    )


def value(polynomial: Powers, sizes: tuple[int, ...], falling: frozenset[int]) -> int:
    total = 0
    for exponents, coefficient in polynomial.items():
        for family, (size, power) in enumerate(zip(sizes, exponents, strict=True)):
            steps = range(power) if family in falling else [0] * power
            coefficient *= prod(size - step for step in steps)
        total += coefficient
    return total


@pytest.mark.parametrize(("n", "pairings"), [(-1, 1), (1, 1), (3, 3), (5, 15), (7, 105), (9, 945)])
def test_double_factorial(n: int, pairings: int) -> None:
    assert double_factorial(n) == pairings


@given(polynomials)
def test_unpacking(polynomial: Powers) -> None:
    for bits in (8, 9, 20):
        assert packing(bits).unpack(packed(polynomial, packing(bits))) == polynomial


@given(polynomials, polynomials)
def test_sums(one: Powers, other: Powers) -> None:
    total: defaultdict[tuple[int, ...], int] = defaultdict(int)
    for polynomial in (one, other):
        for exponents, coefficient in polynomial.items():
            total[exponents] += coefficient
    pack = packing(9)
    assert pack.unpack(packed(one, pack) + packed(other, pack)) == total


@given(polynomials, st.frozensets(st.integers(0, 2)))
def test_falling_factorials(polynomial: Powers, falling: frozenset[int]) -> None:
    """Read as falling factorials in some sizes, written in powers: the same values."""
    powers = dict(polynomial)
    for family in falling:
        powers = in_powers(powers, family)
    assert all(powers.values())
    for sizes in [(1, 1, 1), (2, 3, 1), (5, 4, 7), (9, 2, 3)]:
        expected = value(polynomial, sizes, falling)
        assert value(powers, sizes, frozenset()) == expected


def test_room_for_an_average() -> None:
    """The powers of every size up to the number of its nodes, all pairings in one coefficient."""
    v = Tensor("v", (hidden, feature))
    crowd = Diagram.of(*[(u, "k i")] * 6, *[(v, "k i")] * 4)
    spread = [
        Diagram.of((u, "k i"), (u, f"{k} i"), summed={f"j{n}": feature for n in range(4)})
        for k in "kl"
    ]
    alphabet = Alphabet.of([crowd, *spread])
    weights = {alphabet.encode(crowd): 7, **{alphabet.encode(d): 300 for d in spread}}
    pack = Packing.for_states(alphabet, weights)
    largest = [0, 0]
    largest[alphabet.family_number[hidden]] = 2
    largest[alphabet.family_number[feature]] = 5
    total = 7 * 15 * 3 + 2 * 300
    for exponents in [tuple(largest), (0, 0), (1, 1)]:
        full = {exponents: total, (0, 1): total, (1, 0): total}
        assert pack.unpack(packed(full, pack)) == full
    assert total.bit_length() + 1 <= pack.bits


def test_a_number_of_many_fields_is_taken_apart_at_once() -> None:
    """One field off after the other moved all of the number each time: minutes, at this size."""
    fields = {place: 7 + place % 5 for place in (0, 1, 63, 64, 65_000, 131_071)}
    value = sum(field << 47 * place for place, field in fields.items())
    began = time.process_time()
    assert dict(fields_of(value, 47)) == fields
    assert time.process_time() - began < 2
    assert list(fields_of(0, 47)) == []
