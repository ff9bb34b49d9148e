"""Recurrences fitted to exact tables, tested on rows that the fit did not see.

Definition. Given a support {k} and a degree, the unknowns are the coefficients of the P_k; each
index n whose entries C_{n+k} are all known gives one linear equation. The null space of the
*fitted* equations is computed over the rationals; every vector of it must then satisfy the
*held-out* equations, those that touch entries beyond a chosen level. A fit is refused unless
distinct equations outnumber unknowns, because a null vector of an under-determined system is
no evidence at all. What comes out is conjectured, never proved: it says how many unknowns,
equations and held-out rows there were.

>>> motzkin = [1, 1, 2, 4, 9, 21, 51, 127, 323, 835, 2188, 5798, 15511, 41835]
>>> fit = fit_recurrence(
...     Table.from_sequence(motzkin), support=((0,), (1,), (2,)), degree=1, interior=True
... )
>>> print(fit.basis[0])
C[n+0]*(3 + 3*n0) + C[n+1]*(3 + 2*n0) + C[n+2]*(-2 + -1*n0) = 0, n = index of the entry
>>> print(fit.evidence)
conjectured: 1 recurrence fitted (6 unknowns, 10 equations, rank 5; 2 held-out rows satisfied)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from pde.errors import (
    HeldOutError,
    InvalidInputError,
    NoRecurrenceError,
    UnderdeterminedError,
)
from pde.evidence import Evidence
from pde.linear_algebra import normalised, null_space
from pde.recurrences.polynomial import Index, Polynomial
from pde.recurrences.recurrence import Recurrence
from pde.recurrences.table import Table

Degree = int | tuple[int, ...]


@dataclass(frozen=True)
class Fit:
    """A basis of recurrences, and the counts that say what the fit is worth."""

    basis: tuple[Recurrence, ...]
    unknowns: int
    equations: int
    held_out: int

    @property
    def rank(self) -> int:
        """The rank of the fitted equations."""
        return self.unknowns - len(self.basis)

    @property
    def evidence(self) -> Evidence:
        """The counts as evidence."""
        noun = "recurrence" if len(self.basis) == 1 else "recurrences"
        return Evidence(
            "conjectured",
            f"{len(self.basis)} {noun} fitted",
            (
                f"{self.unknowns} unknowns, {self.equations} equations, rank {self.rank}",
                f"{self.held_out} held-out rows satisfied",
            ),
        )


def fit_recurrence(
    table: Table,
    support: Sequence[Index],
    degree: Degree,
    *,
    held_out_from: int | None = None,
    axis: int = 0,
    surplus: int = 1,
    held_out_rows: int = 2,
    interior: bool = False,
) -> Fit:
    """Return all recurrences of the given support and degree that the table satisfies.

    ``degree`` bounds the total degree of each P_k (an integer) or the degree in each index (a
    tuple). Rows that touch an index along ``axis`` of at least ``held_out_from`` are held out
    (default: the last sixth of the levels, at least two). Rows that reach off the orthant
    count, as Theorem 6.1 needs; with ``interior`` they are left out, and the differential
    equation of the result has their residuals as its source.

    Raises UnderdeterminedError if there are fewer than unknowns + ``surplus`` distinct
    equations, fewer than ``held_out_rows`` held-out rows, or an unknown that no fitted row
    tests; NoRecurrenceError if only zero fits; HeldOutError, naming the first failing row, if
    a fitted recurrence fails later.
    """
    unknowns = [(tuple(k), e) for k in support for e in monomials(degree, table.dimension)]
    if not unknowns or any(len(k) != table.dimension for k, _ in unknowns):
        raise InvalidInputError(f"support {support}: need shifts of {table.dimension} integers")
    cut = _held_out_from(table, axis) if held_out_from is None else held_out_from
    fitted, held = _equations(table, unknowns, axis, cut, interior)
    distinct = {normalised(row) for _, row in fitted}
    count = f"{len(unknowns)} unknowns against {len(distinct)} distinct equations"
    if len(distinct) < len(unknowns) + surplus:
        raise UnderdeterminedError(f"{count}: need at least {len(unknowns) + surplus}")
    if len(held) < held_out_rows:
        raise UnderdeterminedError(
            f"{count}, but only {len(held)} held-out rows: need at least {held_out_rows}"
        )
    for number, (shift, exponents) in enumerate(unknowns):
        if not any(row[number] for row in distinct):
            raise UnderdeterminedError(
                f"{count}: no row tests the unknown at shift {shift}, monomial {exponents}"
            )
    basis = [normalised(vector) for vector in null_space(sorted(distinct), len(unknowns))]
    if not basis:
        raise NoRecurrenceError(f"{count}: only zero fits")
    for n, row in held:
        for vector in basis:
            if sum((a * b for a, b in zip(row, vector, strict=True)), Fraction(0)):
                raise HeldOutError(
                    f"{count}: {len(basis)} fitted, but the held-out row n = {n} is violated"
                )
    recurrences = tuple(_recurrence(table.dimension, unknowns, vector) for vector in basis)
    return Fit(recurrences, len(unknowns), len(distinct), len(held))


def monomials(degree: Degree, dimension: int) -> tuple[Index, ...]:
    """Return the exponents up to a total degree, or up to a degree in each index.

    >>> monomials(1, 2)
    ((0, 0), (0, 1), (1, 0))
    >>> monomials((0, 1), 2)
    ((0, 0), (0, 1))
    """
    if isinstance(degree, int):
        box = product(range(degree + 1), repeat=dimension)
        return tuple(e for e in box if sum(e) <= degree)
    if len(degree) != dimension:
        raise InvalidInputError(f"degree {degree}: need an integer or {dimension} integers")
    return tuple(product(*(range(d + 1) for d in degree)))


Row = tuple[Index, tuple[Fraction, ...]]


def _equations(
    table: Table, unknowns: Sequence[tuple[Index, Index]], axis: int, cut: int, interior: bool
) -> tuple[list[Row], list[Row]]:
    shifts = sorted({k for k, _ in unknowns})
    one = Polynomial.constant(1, table.dimension)
    frame = Recurrence.from_terms(table.dimension, dict.fromkeys(shifts, one))
    powers = [(k, Polynomial.from_terms(table.dimension, {e: 1})) for k, e in unknowns]
    fitted: list[Row] = []
    held: list[Row] = []
    for n in frame.rows(table, interior=interior):
        values = []
        for shift, power in powers:
            index = tuple(i + j for i, j in zip(n, shift, strict=True))
            value = table[index]
            values.append(value * power(index) if value else Fraction(0))
        if not any(values):
            continue
        top = n[axis] + max(k[axis] for k in shifts)
        (held if top >= cut else fitted).append((n, tuple(values)))
    return fitted, held


def _held_out_from(table: Table, axis: int) -> int:
    last = max((index[axis] for index, _ in table.entries), default=0)
    bound = table.bounds[axis]
    last = last if bound is None else bound
    return last + 1 - max(2, (last + 1) // 6)


def _recurrence(
    dimension: int, unknowns: Sequence[tuple[Index, Index]], vector: Sequence[int]
) -> Recurrence:
    terms: dict[Index, dict[Index, Fraction]] = {}
    for (shift, exponents), value in zip(unknowns, vector, strict=True):
        if value:
            terms.setdefault(shift, {})[exponents] = Fraction(value)
    polynomials = {k: Polynomial.from_terms(dimension, t) for k, t in terms.items()}
    return Recurrence.from_terms(dimension, polynomials)
