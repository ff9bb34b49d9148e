"""Models written out in all their variables, with plus, times and gradients.

A :class:`Space` is a list of Gaussian variables; its expressions are explicit polynomials in
them.  `star` is the sum of products of derivatives, each times the variable's rate; `flow` the
averaged time derivative under gradient flow.  Sizes are numbers, and so are all scales.

>>> space = Space()
>>> (a,) = space.array("a", 1, variance=2)
>>> space.average(a * a + 1), space.flow(a * a, a * a * Fraction(1, 2), 1)
(Fraction(3, 1), Fraction(-4, 1))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from .polynomial_flow import Gaussian, Monomial, averaged_flow

Rational = int | Fraction


@dataclass(frozen=True)
class Expression:
    """A polynomial; a monomial is a sorted tuple of variable numbers."""

    terms: dict[tuple[int, ...], Fraction]

    @staticmethod
    def of(value: Expression | Rational) -> Expression:
        """A number as an expression."""
        if isinstance(value, Expression):
            return value
        return Expression({(): Fraction(value)} if value else {})

    def __add__(self, other: Expression | Rational) -> Expression:
        total = dict(self.terms)
        for monomial, value in Expression.of(other).terms.items():
            total[monomial] = total.get(monomial, Fraction(0)) + value
        return Expression({monomial: value for monomial, value in total.items() if value})

    __radd__ = __add__

    def __neg__(self) -> Expression:
        return self * -1

    def __sub__(self, other: Expression | Rational) -> Expression:
        return self + -Expression.of(other)

    def __mul__(self, other: Expression | Rational) -> Expression:
        total: dict[tuple[int, ...], Fraction] = {}
        for a, x in self.terms.items():
            for b, y in Expression.of(other).terms.items():
                monomial = tuple(sorted(a + b))
                total[monomial] = total.get(monomial, Fraction(0)) + x * y
        return Expression({monomial: value for monomial, value in total.items() if value})

    __rmul__ = __mul__

    def derivative(self, variable: int) -> Expression:
        """The derivative after one variable."""
        total: dict[tuple[int, ...], Fraction] = {}
        for monomial, value in self.terms.items():
            if variable in monomial:
                rest = list(monomial)
                rest.remove(variable)
                total[tuple(rest)] = total.get(tuple(rest), Fraction(0)) + (
                    value * monomial.count(variable)
                )
        return Expression(total)


def total(parts: Iterable[Expression]) -> Expression:
    """The sum."""
    result = Expression({})
    for part in parts:
        result = result + part
    return result


@dataclass
class Space:
    """Gaussian variables, collected as a model is written down."""

    laws: list[Gaussian] = field(default_factory=list)

    def array(
        self,
        name: str,
        count: int,
        variance: Rational = 1,
        mean: Rational = 0,
        rate: Rational = 1,
    ) -> list[Expression]:
        """`count` new independent variables of one law; rate 0 is frozen."""
        first = len(self.laws)
        law = Gaussian(name, Fraction(variance), Fraction(mean), Fraction(rate))
        self.laws += [law] * count
        return [Expression({(first + j,): Fraction(1)}) for j in range(count)]

    def matrix(
        self, name: str, rows: int, columns: int, variance: Rational = 1, rate: Rational = 1
    ) -> list[list[Expression]]:
        """A matrix of new independent variables."""
        return [self.array(name, columns, variance, 0, rate) for _ in range(rows)]

    def star(self, left: Expression, right: Expression) -> Expression:
        """The sum over all variables of rate times the product of both derivatives."""
        return total(
            left.derivative(v) * right.derivative(v) * law.rate
            for v, law in enumerate(self.laws)
            if law.rate
        )

    def average(self, observable: Expression) -> Fraction:
        """The mean over all variables."""
        return self.flow(observable, Expression({}), 0)

    def flow(self, observable: Expression, potential: Expression, s: int) -> Fraction:
        """The mean of the s-th time derivative under dv/dt = -rate d(potential)/dv."""
        values = averaged_flow(self._packed(observable), self._packed(potential), self.laws, s)
        return sum(values.values(), Fraction(0))

    def _packed(self, expression: Expression) -> dict[Monomial, Fraction]:
        return {
            tuple(monomial.count(v) for v in range(len(self.laws))): value
            for monomial, value in expression.terms.items()
        }
