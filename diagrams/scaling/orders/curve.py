"""Vectors that depend on the order nu: polynomials of low degree over a common denominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from pde.linear_algebra import Number, Vector, solve

if TYPE_CHECKING:
    import sympy

DEGREE_LIMIT = 2
Coefficients = tuple[Fraction, ...]
"""Of a polynomial in nu, by rising power."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A vector of rational functions of nu with one denominator.

    >>> curve = Curve(((Fraction(-1), Fraction(1)), (Fraction(1),)), (Fraction(-1), Fraction(2)))
    >>> curve.at(3)
    (Fraction(2, 5), Fraction(1, 5))
    """

    numerators: tuple[Coefficients, ...]
    denominator: Coefficients = (Fraction(1),)

    def at(self, order: int) -> tuple[Fraction, ...]:
        """The vector at one order."""
        below = _value(self.denominator, order)
        return tuple(_value(above, order) / below for above in self.numerators)

    @property
    def degree(self) -> int:
        """The highest power of nu above or below the fraction line."""
        listed = (*self.numerators, self.denominator)
        return max(k for above in listed for k, x in enumerate(above) if x or not k)

    def coefficients(self) -> tuple[Fraction, ...]:
        """All coefficients of the numerators."""
        return tuple(x for above in self.numerators for x in above)

    def expression(self, place: int, order: sympy.Symbol) -> sympy.Expr:
        """One entry as a SymPy expression."""
        import sympy

        def polynomial(coefficients: Coefficients) -> sympy.Expr:
            return sum(
                (
                    sympy.Rational(x.numerator, x.denominator) * order**k
                    for k, x in enumerate(coefficients)
                ),
                start=sympy.Integer(0),
            )

        return polynomial(self.numerators[place]) / polynomial(self.denominator)


def curve_through(
    orders: Sequence[int], vectors: Sequence[Sequence[Number]], denominators: Sequence[int] = ()
) -> Curve | None:
    """The curve of least degree through vectors at as many orders.

    ``denominators``, one for each order, are cleared first if they are linear in nu; ``None`` if
    they are not.

    >>> curve_through((3, 5), [(2, 1), (4, 1)]).numerators
    ((Fraction(-1, 1), Fraction(1, 1)), (Fraction(1, 1), Fraction(0, 1)))
    """
    below: Coefficients = (Fraction(1),)
    if any(x != 1 for x in denominators):
        line = _interpolated(orders, [(x,) for x in denominators])
        below = line[0]
        if any(below[2:]):
            return None
    cleared = [
        [entry * _value(below, order) for entry in vector]
        for order, vector in zip(orders, vectors, strict=True)
    ]
    return Curve(_interpolated(orders, cleared), below)


def common_denominator(vector: Vector) -> int:
    """The least common denominator of the entries."""
    return lcm(*(Fraction(x).denominator for x in vector))


def _interpolated(
    orders: Sequence[int], vectors: Sequence[Sequence[Number]]
) -> tuple[Coefficients, ...]:
    rows = [[order**k for k in range(len(orders))] for order in orders]
    found = []
    for place in range(len(vectors[0])):
        solution = solve(rows, [vector[place] for vector in vectors])
        assert solution is not None
        found.append(tuple(map(Fraction, solution)))
    return tuple(found)


def _value(coefficients: Coefficients, order: int) -> Fraction:
    return sum((x * order**k for k, x in enumerate(coefficients)), start=Fraction(0))
