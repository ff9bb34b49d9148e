"""Finite recurrences with polynomial coefficients, and differential operators.

Definition. A recurrence is a finite family of polynomials (P_k), k in Z^d, with

    sum_k C_{n+k} P_k(n+k) = 0    for all integer n, C = 0 off the orthant.

Theorem 6.1 of Yarotsky, Golikov, Gusev (arXiv 2602.04548): the series h = sum_n C_n x^n then
satisfies sum_k x^(-k) P_k(x d/dx) h = 0. The map is a bijection between recurrences and
operators sum_a x^a P_a(theta), theta_i = x_i d/dx_i, and both directions are here.

>>> n = Polynomial.variable(0, 1)
>>> factorial = Recurrence.from_terms(1, {(1,): Polynomial.constant(1, 1), (0,): -1 * (n + 1)})
>>> ones = Recurrence.from_terms(1, {(1,): n, (0,): -1 * (n + 1)})  # (n+1) C_{n+1} = (n+1) C_n
>>> print(ones.verify(Table.from_sequence([1, 1, 1, 1])))
exact: the recurrence holds on the table (4 rows)
>>> ones.operator().normal_form()  # x^(-1) theta - (theta + 1) = d - x d - 1
((((0,), (0,)), Fraction(-1, 1)), (((0,), (1,)), Fraction(1, 1)), (((1,), (1,)), Fraction(-1, 1)))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pde.errors import InvalidInputError, VerificationError
from pde.evidence import Evidence
from pde.recurrences.differential_operator import DifferentialOperator
from pde.recurrences.polynomial import Index, Polynomial
from pde.recurrences.table import Table


@dataclass(frozen=True)
class Recurrence:
    """Sorted pairs (shift k, polynomial P_k): sum_k C_{n+k} P_k(n+k) = 0.

    The polynomial is evaluated at the index of the entry that it multiplies, as in the
    theorem. Raises InvalidInputError if a shift has the wrong length.
    """

    dimension: int
    terms: tuple[tuple[Index, Polynomial], ...]

    def __post_init__(self) -> None:
        """Check the lengths."""
        for shift, polynomial in self.terms:
            if len(shift) != self.dimension or polynomial.dimension != self.dimension:
                raise InvalidInputError(f"shift {shift}: need {self.dimension} integers")

    @classmethod
    def from_terms(cls, dimension: int, terms: Mapping[Index, Polynomial]) -> Recurrence:
        """Return the recurrence of the given coefficients; zero polynomials are dropped."""
        return cls(dimension, tuple(sorted((k, p) for k, p in terms.items() if p)))

    @classmethod
    def from_operator(cls, operator: DifferentialOperator) -> Recurrence:
        """Return the recurrence of the coefficients of any series the operator annihilates.

        >>> from pde.recurrences.differential_operator import DifferentialOperator
        >>> terms = {((0,), (1,)): 1, ((0,), (0,)): -1}
        >>> exponential = DifferentialOperator.from_normal_form(1, terms)
        >>> print(Recurrence.from_operator(exponential))
        C[n+0]*(-1) + C[n+1]*(n0) = 0, n = index of the entry
        """
        return cls.from_terms(
            operator.dimension,
            {tuple(-i for i in power): polynomial for power, polynomial in operator.terms},
        )

    def operator(self) -> DifferentialOperator:
        """Return the operator sum_k x^(-k) P_k(theta) of Theorem 6.1."""
        return DifferentialOperator.from_terms(
            self.dimension, {tuple(-i for i in shift): p for shift, p in self.terms}
        )

    @property
    def shifts(self) -> tuple[Index, ...]:
        """The support of the recurrence."""
        return tuple(shift for shift, _ in self.terms)

    def rows(self, table: Table, *, interior: bool = False) -> tuple[Index, ...]:
        """Return the n whose equation is determined by the table and not empty.

        With ``interior``, only those all of whose entries lie in the orthant.
        """
        touched = {
            tuple(i - j for i, j in zip(index, shift, strict=True))
            for index, _ in table.entries
            for shift in self.shifts
        }
        return tuple(
            sorted(
                n
                for n in touched
                if all(table.knows(_add(n, k)) for k in self.shifts)
                and not (interior and any(min(_add(n, k)) < 0 for k in self.shifts))
            )
        )

    def residual(self, table: Table, n: Index) -> Fraction:
        """Return sum_k C_{n+k} P_k(n+k); raises UnknownEntryError beyond the bounds."""
        total = Fraction(0)
        for shift, polynomial in self.terms:
            index = _add(n, shift)
            value = table[index]
            if value:
                total += value * polynomial(index)
        return total

    def verify(self, table: Table, *, interior: bool = False) -> Evidence:
        """Return the evidence that every determined row vanishes.

        With ``interior``, rows that reach off the orthant are left out.

        Raises VerificationError, naming the first row that does not, or if no row is
        determined.
        """
        rows = self.rows(table, interior=interior)
        if not rows:
            raise VerificationError("the table determines no row of the recurrence")
        for n in rows:
            residual = self.residual(table, n)
            if residual:
                raise VerificationError(f"the recurrence fails at n = {n}: residual {residual}")
        return Evidence("exact", "the recurrence holds on the table", (f"{len(rows)} rows",))

    def __str__(self) -> str:
        """Return the recurrence in one line."""
        parts = (
            f"C[n{','.join(f'{i:+d}' for i in shift)}]*({polynomial})"
            for shift, polynomial in self.terms
        )
        return " + ".join(parts) + " = 0, n = index of the entry"


def _add(first: Index, second: Index) -> Index:
    return tuple(i + j for i, j in zip(first, second, strict=True))
