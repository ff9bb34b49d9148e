"""Polynomials in index variables with rational coefficients.

The coefficients P_k(n) of a recurrence are polynomials in the indices n_1, .., n_d. They are
kept as sorted sparse terms, so that equal polynomials are equal values.

>>> n, m = Polynomial.variable(0, 2), Polynomial.variable(1, 2)
>>> (n + m) * (n - m) == n * n - m * m
True
>>> str(2 * n * m + 1)
'1 + 2*n0*n1'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pde.errors import InvalidInputError

Index = tuple[int, ...]


@dataclass(frozen=True)
class Polynomial:
    """A polynomial in ``dimension`` variables: sorted pairs (exponents, coefficient).

    >>> Polynomial.from_terms(1, {(2,): 3, (0,): 0})
    Polynomial(dimension=1, terms=(((2,), Fraction(3, 1)),))
    """

    dimension: int
    terms: tuple[tuple[Index, Fraction], ...] = ()

    @classmethod
    def from_terms(cls, dimension: int, terms: Mapping[Index, int | Fraction]) -> Polynomial:
        """Return the polynomial with the given coefficients; zeros are dropped.

        Raises InvalidInputError if an exponent is negative or of the wrong length.
        """
        for exponents in terms:
            if len(exponents) != dimension or min(exponents, default=0) < 0:
                raise InvalidInputError(
                    f"exponents {exponents}: need {dimension} non-negative integers"
                )
        kept = ((e, Fraction(c)) for e, c in terms.items() if c)
        return cls(dimension, tuple(sorted(kept)))

    @classmethod
    def constant(cls, value: int | Fraction, dimension: int) -> Polynomial:
        """Return a constant polynomial."""
        return cls.from_terms(dimension, {(0,) * dimension: value})

    @classmethod
    def variable(cls, number: int, dimension: int) -> Polynomial:
        """Return the variable with the given number, counted from 0."""
        return cls.from_terms(dimension, {unit(number, dimension): 1})

    @property
    def degree(self) -> int:
        """The total degree; -1 for the zero polynomial."""
        return max((sum(e) for e, _ in self.terms), default=-1)

    def __bool__(self) -> bool:
        """Return whether the polynomial is not zero."""
        return bool(self.terms)

    def __add__(self, other: Polynomial | int | Fraction) -> Polynomial:
        """Return the sum."""
        return self._collect([*self.terms, *self._lift(other).terms])

    def __mul__(self, other: Polynomial | int | Fraction) -> Polynomial:
        """Return the product."""
        return self._collect(
            (tuple(i + j for i, j in zip(a, b, strict=True)), c * d)
            for a, c in self.terms
            for b, d in self._lift(other).terms
        )

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Polynomial:
        """Return the negative."""
        return Polynomial(self.dimension, tuple((e, -c) for e, c in self.terms))

    def __sub__(self, other: Polynomial | int | Fraction) -> Polynomial:
        """Return the difference."""
        return self + (-self._lift(other))

    def __call__(self, point: Sequence[int | Fraction]) -> Fraction:
        """Return the value at a point.

        >>> Polynomial.from_terms(2, {(2, 1): 3})((2, 5))
        Fraction(60, 1)
        """
        total = Fraction(0)
        for exponents, coefficient in self.terms:
            for base, exponent in zip(point, exponents, strict=True):
                if exponent:
                    coefficient = coefficient * base**exponent
            total += coefficient
        return total

    def expression(self, symbols: Sequence[Any]) -> Any:
        """Return the polynomial as an expression in the given symbols (SymPy or numbers)."""
        total: Any = 0
        for exponents, coefficient in self.terms:
            term: Any = _rational(coefficient)
            for symbol, exponent in zip(symbols, exponents, strict=True):
                term = term * symbol**exponent
            total = total + term
        return total

    def __str__(self) -> str:
        """Return a readable sum in n0, n1, .. ."""
        if not self.terms:
            return "0"
        parts = []
        for exponents, coefficient in self.terms:
            factors = [f"n{i}" + (f"**{e}" if e > 1 else "") for i, e in enumerate(exponents) if e]
            if coefficient != 1 or not factors:
                factors.insert(0, str(coefficient))
            parts.append("*".join(factors))
        return " + ".join(parts)

    def _lift(self, other: Polynomial | int | Fraction) -> Polynomial:
        if isinstance(other, Polynomial):
            if other.dimension != self.dimension:
                raise InvalidInputError(
                    f"polynomials in {self.dimension} and {other.dimension} variables"
                )
            return other
        return Polynomial.constant(other, self.dimension)

    def _collect(self, terms: Iterable[tuple[Index, Fraction]]) -> Polynomial:
        total: dict[Index, Fraction] = {}
        for exponents, coefficient in terms:
            total[exponents] = total.get(exponents, Fraction(0)) + coefficient
        return Polynomial.from_terms(self.dimension, total)


def unit(number: int, dimension: int) -> Index:
    """Return the unit vector with a one at the given place.

    >>> unit(1, 3)
    (0, 1, 0)
    """
    return tuple(int(i == number) for i in range(dimension))


def _rational(value: Fraction) -> Any:
    if value.denominator == 1:
        return value.numerator
    import sympy

    return sympy.Rational(value.numerator, value.denominator)
