"""Linear differential operators with polynomial coefficients, in Euler form.

Definition. An operator is a finite sum of x^a P_a(theta) with theta_i = x_i d/dx_i and
exponents a in Z^d. On series, (x^a P(theta) h)_n = P(n-a) C_{n-a}. The Euler form is closed
under composition, x^a P(theta) x^b Q(theta) = x^(a+b) P(theta+b) Q(theta), and is related to
the normal form sum c x^a d^b by x^b d^b = theta (theta-1) .. (theta-b+1) and its inverse, the
Stirling numbers of the second kind.

>>> d = DifferentialOperator.from_normal_form(1, {((0,), (1,)): 1})
>>> x = DifferentialOperator.from_normal_form(1, {((1,), (0,)): 1})
>>> (d @ x - x @ d).normal_form()                 # the Weyl relation
((((0,), (0,)), Fraction(1, 1)),)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from pde.errors import InvalidInputError
from pde.recurrences.polynomial import Index, Polynomial, unit
from pde.recurrences.table import Table


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

    def __add__(self, other: DifferentialOperator) -> DifferentialOperator:
        """Return the sum."""
        total = dict(self.terms)
        for power, polynomial in other.terms:
            total[power] = total.get(power, Polynomial(self.dimension)) + polynomial
        return DifferentialOperator.from_terms(self.dimension, total)

    def __neg__(self) -> DifferentialOperator:
        """Return the negative."""
        return DifferentialOperator(self.dimension, tuple((a, -p) for a, p in self.terms))

    def __sub__(self, other: DifferentialOperator) -> DifferentialOperator:
        """Return the difference."""
        return self + (-other)

    def __matmul__(self, other: DifferentialOperator) -> DifferentialOperator:
        """Return the composition: first ``other``, then ``self``."""
        total: dict[Index, Polynomial] = {}
        for a, left in self.terms:
            for b, right in other.terms:
                key = tuple(i + j for i, j in zip(a, b, strict=True))
                term = left.shifted(b) * right
                total[key] = total.get(key, Polynomial(self.dimension)) + term
        return DifferentialOperator.from_terms(self.dimension, total)

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
        lift = tuple(-min(column) for column in zip(*powers, strict=True))
        one = Polynomial.constant(1, self.dimension)
        return DifferentialOperator(self.dimension, ((lift, one),)) @ self

    def apply(self, table: Table) -> Table:
        """Return the known coefficients of the operator applied to a truncated series.

        The window shrinks by the reach of the operator. Coefficients at negative powers are
        not in the orthant and must vanish: InvalidInputError otherwise.

        >>> d = DifferentialOperator.from_normal_form(1, {((0,), (1,)): 1})
        >>> d.apply(Table.from_sequence([1, 1, 1])) == Table.from_sequence([1, 2])
        True
        """
        reach = [min((a[i] for a, _ in self.terms), default=0) for i in range(self.dimension)]
        bounds = tuple(
            None if b is None else b + min(r, 0) for b, r in zip(table.bounds, reach, strict=True)
        )
        total: dict[Index, Fraction] = {}
        for power, polynomial in self.terms:
            for index, value in table.entries:
                key = tuple(i + j for i, j in zip(power, index, strict=True))
                total[key] = total.get(key, Fraction(0)) + polynomial(index) * value
        negative = sorted(n for n, c in total.items() if c and min(n) < 0)
        if negative:
            raise InvalidInputError(f"the result has the negative power {negative[0]}")
        window = Table((), bounds)
        return Table.from_mapping({n: c for n, c in total.items() if window.knows(n)}, bounds)

    def expression(self, function: Any, variables: Sequence[Any]) -> Any:
        """Return the operator applied to a SymPy expression.

        >>> import sympy
        >>> x = sympy.Symbol("x")
        >>> d = DifferentialOperator.from_normal_form(1, {((1,), (1,)): 2})
        >>> d.expression(x**3, (x,))
        6*x**3
        """
        import sympy

        total: Any = sympy.Integer(0)
        for (power, order), c in self.normal_form():
            term = function
            for variable, b in zip(variables, order, strict=True):
                term = sympy.diff(term, variable, b) if b else term
            for variable, a in zip(variables, power, strict=True):
                term = term * variable**a
            total = total + sympy.Rational(c.numerator, c.denominator) * term
        return total

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
