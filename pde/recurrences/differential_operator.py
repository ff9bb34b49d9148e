"""Linear differential operators with polynomial coefficients, in Euler form.

Definition. An operator is a finite sum of x^a P_a(theta) with theta_i = x_i d/dx_i and
exponents a in Z^d. On series, (x^a P(theta) h)_n = P(n-a) C_{n-a}. It is related to
the normal form sum c x^a d^b by x^b d^b = theta (theta-1) .. (theta-b+1) and its inverse, the
Stirling numbers of the second kind.

>>> theta = DifferentialOperator.from_normal_form(1, {((1,), (1,)): 1})
>>> theta.terms == (((0,), Polynomial.variable(0, 1)),)
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from pde.errors import InvalidInputError
from pde.recurrences.polynomial import Index, Polynomial, unit


@dataclass(frozen=True)
class DifferentialOperator:
    """Sorted pairs (a, P_a) of sum_a x^a P_a(theta)."""

    dimension: int
    terms: tuple[tuple[Index, Polynomial], ...]

    @classmethod
    def from_terms(cls, dimension: int, terms: Mapping[Index, Polynomial]) -> DifferentialOperator:
        """Return the operator of the given Euler form; zero polynomials are dropped."""
        return cls(dimension, tuple(sorted((a, p) for a, p in terms.items() if p)))

    @classmethod
    def from_normal_form(
        cls, dimension: int, terms: Mapping[tuple[Index, Index], int | Fraction]
    ) -> DifferentialOperator:
        """Return the operator sum c x^a d^b given as {(a, b): c}.

        Raises InvalidInputError if a derivative order is negative.

        >>> DifferentialOperator.from_normal_form(1, {((2,), (2,)): 1}).terms[0][0]
        (0,)
        """
        total: dict[Index, Polynomial] = {}
        for (power, order), coefficient in terms.items():
            if min(order) < 0:
                raise InvalidInputError(f"derivative order {order}: need non-negative integers")
            polynomial = Polynomial.constant(coefficient, dimension)
            for number, b in enumerate(order):
                theta = Polynomial.variable(number, dimension)
                for step in range(b):
                    polynomial = polynomial * (theta - step)
            key = tuple(i - j for i, j in zip(power, order, strict=True))
            total[key] = total.get(key, Polynomial(dimension)) + polynomial
        return cls.from_terms(dimension, total)

    def normal_form(self) -> tuple[tuple[tuple[Index, Index], Fraction], ...]:
        """Return the sorted terms ((a, b), c) of sum c x^a d^b."""
        total: dict[tuple[Index, Index], Fraction] = {}
        for power, polynomial in self.terms:
            for exponents, coefficient in polynomial.terms:
                for order in product(*(range(e + 1) for e in exponents)):
                    weight = prod(
                        (stirling(e, b) for e, b in zip(exponents, order, strict=True)), start=1
                    )
                    if weight:
                        key = tuple(i + j for i, j in zip(power, order, strict=True)), order
                        total[key] = total.get(key, Fraction(0)) + coefficient * weight
        return tuple(sorted((key, c) for key, c in total.items() if c))

    @property
    def order(self) -> int:
        """The order of the operator; -1 for zero."""
        return max((p.degree for _, p in self.terms), default=-1)

    def cleared(self) -> DifferentialOperator:
        """Return the operator times the least monomial that clears negative powers of x.

        The powers are those of the normal form, so theta/x = d needs no factor.

        >>> euler = DifferentialOperator.from_terms(1, {(-1,): Polynomial.variable(0, 1)})
        >>> euler.cleared() == euler
        True
        """
        powers = [power for (power, _), _ in self.normal_form()]
        if not powers:
            return self
        lift = [-min(column) for column in zip(*powers, strict=True)]
        lifted = ((tuple(i + j for i, j in zip(lift, a, strict=True)), p) for a, p in self.terms)
        return DifferentialOperator(self.dimension, tuple(lifted))

    def first_order_part(self) -> tuple[tuple[dict[Index, Fraction], ...], dict[Index, Fraction]]:
        """Return (coefficients of d/dx_i as {power: c}, coefficients of the function itself).

        Raises InvalidInputError if the order exceeds one.
        """
        if self.order > 1:
            raise InvalidInputError(f"operator of order {self.order}: need order one")
        derivatives: tuple[dict[Index, Fraction], ...] = tuple({} for _ in range(self.dimension))
        zeroth: dict[Index, Fraction] = {}
        for (power, order), c in self.normal_form():
            target = zeroth
            for number in range(self.dimension):
                if order == unit(number, self.dimension):
                    target = derivatives[number]
            target[power] = c
        return derivatives, zeroth


def stirling(n: int, k: int) -> int:
    """Return the Stirling number of the second kind S(n, k).

    >>> [stirling(4, k) for k in range(5)]
    [0, 1, 7, 6, 1]
    """
    row = [1]
    for _ in range(n):
        row = [
            j * (row[j] if j < len(row) else 0) + (row[j - 1] if j else 0)
            for j in range(len(row) + 1)
        ]
    return row[k] if 0 <= k < len(row) else 0
