"""Polynomials with non-negative integer coefficients, packed into one integer.

A contraction adds and multiplies polynomials in the family sizes millions of times.  By
Kronecker's substitution a polynomial is its value at powers of two large enough to keep
coefficients apart: adding terms is adding integers, a factor of a size is a shift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import factorial

from diagrams.graphs.incidence import Alphabet, State
from diagrams.polynomials.counting import double_factorial, falling_factorial
from diagrams.polynomials.polynomial import Polynomial

PowerCounts = dict[tuple[int, ...], int]
"""A polynomial: exponents of all family sizes, in the order of the alphabet, to integers."""


@dataclass(frozen=True)
class Packing:
    """Bits for one coefficient, and the shift that stands for one factor of each size."""

    bits: int
    shifts: tuple[int, ...]
    limits: tuple[int, ...]

    @staticmethod
    def for_states(alphabet: Alphabet, weights: Mapping[State, int]) -> Packing:
        """A packing that holds the average of the weighted states without overflow.

        Every pairing of the edges contributes one monomial, so the sum of all coefficients
        is at most the sum of weights times the number of pairings; where entries are not Gaussian,
        times the number of ways to put edges into blocks one after the other.  Exponents are at
        most the number of nodes of each family.  Weights must not be negative: a negative
        coefficient would borrow from its neighbour.
        """
        if any(weight < 0 for weight in weights.values()):
            raise ValueError("packed polynomials have no negative coefficients")
        total = 0
        limits = [0] * len(alphabet.families)
        for (numbers, cells), weight in weights.items():
            edges = [0] * alphabet.kinds
            nodes = [0] * len(limits)
            for number in numbers:
                nodes[number] += 1
            for tag, *ends in cells:
                family = alphabet.family_of_tag(tag)
                if family is not None:
                    nodes[family] += 1
                for end in ends:
                    edges[alphabet.kind_of(end)] += 1
            pairings = 1
            for kind, count in enumerate(edges):
                shaped = kind < len(alphabet.tensors) and alphabet.tensors[kind].is_shaped
                pairings *= factorial(count) << count if shaped else double_factorial(count - 1)
            total += weight * pairings
            limits = [max(pair) for pair in zip(limits, nodes, strict=True)]
        bits = total.bit_length() + 1
        shifts = []
        shift = bits
        for limit in limits:
            shifts.append(shift)
            shift *= limit + 1
        return Packing(bits, tuple(shifts), tuple(limits))

    def times(self, packed: int, families: Iterable[int]) -> int:
        """Multiply by the size of every listed family."""
        return packed << sum(self.shifts[family] for family in families)

    def unpack(self, packed: int) -> PowerCounts:
        """Return the polynomial."""
        result: PowerCounts = {}
        for rest, coefficient in fields_of(packed, self.bits):
            exponents = []
            for limit in self.limits:
                rest, exponent = divmod(rest, limit + 1)
                exponents.append(exponent)
            result[tuple(exponents)] = coefficient
        return result


def size_polynomial(alphabet: Alphabet, counts: PowerCounts) -> Polynomial:
    """The polynomial in size symbols that powers of family sizes stand for."""
    terms = []
    for exponents, coefficient in counts.items():
        powers: dict[str, int] = {}
        for family, exponent in zip(alphabet.families, exponents, strict=True):
            if family.fixed:
                coefficient *= int(family.size) ** exponent
            else:
                powers[family.size] = powers.get(family.size, 0) + exponent
        terms.append(Polynomial.monomial(coefficient, powers))
    return Polynomial.from_terms(term for p in terms for term in p.terms)


def in_powers(polynomial: PowerCounts, family: int) -> PowerCounts:
    """Rewrite falling factorials ``x (x-1) .. (x-n+1)`` of one variable as powers."""
    result: PowerCounts = {}
    for exponents, coefficient in polynomial.items():
        for power, stirling in enumerate(falling_factorial(exponents[family])):
            if stirling:
                key = (*exponents[:family], power, *exponents[family + 1 :])
                result[key] = result.get(key, 0) + coefficient * stirling
    return {exponents: value for exponents, value in result.items() if value}


def fields_of(value: int, bits: int) -> Iterator[tuple[int, int]]:
    """Return the fields of a number that are not zero, of so many bits each, with their places.

    The number is halved: taking one field after the other off it moves all of it each time.

    >>> list(fields_of(5 + (3 << 8 * 1000), 8))
    [(0, 5), (1000, 3)]
    """
    parts = [(0, value)]
    while parts:
        place, value = parts.pop()
        count = -(-value.bit_length() // bits)
        if count > 1:
            half = count // 2 * bits
            parts += [(place + count // 2, value >> half), (place, value & ((1 << half) - 1))]
        elif value:
            yield place, value
