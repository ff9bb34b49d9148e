"""Generating functions that are roots of a quadratic equation, guessed and then proved.

For a table ``N[d, n]`` a recurrence over ``d`` is fitted, rows held out.  It gives an ordinary
differential equation in ``w`` (``n`` is counted by a parameter ``y``) whose only power series is
``g = sum N[d, n] w^d y^n``.  A quadratic equation ``P_2 g^2 + P_1 g + P_0 = 0`` is guessed from
the same table; that its root solves the differential equation is then shown by algebra, so that
root and recurrence say the same at all orders.  With ``P_1 = -1`` at ``w = 0`` the root is

    g = 2 P_0 / (S - P_1),    S = sqrt(P_1^2 - 4 P_0 P_2),
    dg/dw = (P_2' g^2 + P_1' g + P_0') / S,

without a singularity at ``w = 0``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import sympy
from sympy import Expr, Symbol

from diagrams.errors import NotSolved
from pde.errors import HeldOutError, NoRecurrenceError, UnderdeterminedError
from pde.linear_algebra import null_space
from pde.recurrences.guessing import Fit, fit_recurrence
from pde.recurrences.polynomial import Index
from pde.recurrences.recurrence import Recurrence
from pde.recurrences.table import Table

HELD_OUT = 2
"""Rows ``d`` that the quadratic equation is not fitted to."""
DEGREES = tuple(sorted(product(range(1, 4), range(1, 4)), key=lambda d: (sum(d), d)))


@dataclass(frozen=True)
class QuadraticFunction:
    """The root ``g`` of ``P_2 g^2 + P_1 g + P_0 = 0``, in the symbols ``w`` and ``y``.

    ``coefficients`` are ``P_0, P_1, P_2``; ``fit`` is the recurrence that ``g`` satisfies.
    """

    w: Symbol
    y: Symbol
    coefficients: tuple[Expr, Expr, Expr]
    fit: Fit
    rows: int

    @property
    def discriminant(self) -> Expr:
        """``S^2`` by powers of ``w``: without cancellation where ``w`` is negative."""
        p0, p1, p2 = self.coefficients
        return sympy.collect(sympy.expand(p1**2 - 4 * p0 * p2), self.w, sympy.factor)

    def root(self, surd: Expr) -> Expr:
        """Return ``g``, given ``S``."""
        p0, p1, _ = self.coefficients
        return 2 * p0 / (surd - p1)

    def derivative(self, value: Expr, surd: Expr) -> Expr:
        """Return ``dg/dw``, given ``g`` and ``S``.

        For a constant ``P_0`` it is ``g (P_1' S - (S^2)'/2) / (S (S - P_1))``: of ``P_2' g + P_1'``
        nothing cancels for large negative ``w``.
        """
        p0, p1, p2 = (sympy.diff(p, self.w) for p in self.coefficients)
        if p0 == 0:
            half = sympy.collect(sympy.expand(-sympy.diff(self.discriminant, self.w) / 2), self.w)
            numerator = p1 * surd + sympy.collect(half, self.w, sympy.factor)
            return value * numerator / (surd * (surd - self.coefficients[1]))
        return (p2 * value**2 + p1 * value + p0) / surd

    @property
    def counts(self) -> str:
        """The counts of the fit in words."""
        return (
            f"a recurrence over {self.rows} rows ({self.fit.unknowns} unknowns,"
            f" {self.fit.equations} distinct equations, {self.fit.held_out} rows held out and"
            " satisfied) whose solution is proved to be the root of a quadratic equation"
        )


def quadratic_function(table: Table, w: Symbol, y: Symbol) -> QuadraticFunction:
    """Return the generating function of ``N[d, n]`` as the root of a quadratic equation.

    Raises :class:`~diagrams.errors.NotSolved` if no recurrence or no equation fits, or if the
    root does not solve the recurrence.

    >>> from math import comb
    >>> w, y = sympy.symbols("w y")
    >>> narayana = Table.from_function(
    ...     lambda d, n: Fraction(comb(d + 1, n + 1) * comb(d + 1, n), d + 1), (9, 10))
    >>> found = quadratic_function(Table(narayana.entries, (9, None)), w, y)
    >>> found.coefficients
    (1, w*(y + 1) - 1, w**2*y)
    """
    fit = ring_recurrence(table)
    coefficients = _quadratic(table, w, y)
    bound = table.bounds[0]
    assert bound is not None
    found = QuadraticFunction(w, y, coefficients, fit, bound + 1)
    prove(found, table)
    return found


def ring_recurrence(table: Table) -> Fit:
    """Return the recurrence in ``d`` alone, of degree one in ``d``: two or three rows.

    Raises :class:`~diagrams.errors.NotSolved`.
    """
    outcomes = []
    for reach in (1, 2):
        support = [(-k, -j) for k in range(reach + 1) for j in range(k + 1)]
        try:
            return fit_recurrence(table, support, (1, 0), interior=True, surplus=5)
        except (UnderdeterminedError, NoRecurrenceError, HeldOutError) as error:
            outcomes.append(str(error))
    raise NotSolved(f"a recurrence of the second factor: {'; '.join(outcomes)}")


def _quadratic(table: Table, w: Symbol, y: Symbol) -> tuple[Expr, Expr, Expr]:
    """The equation of least degree in ``w`` and ``y``, some rows held out."""
    rows = table.bounds[0]
    assert rows is not None
    one: dict[Index, Fraction] = {(0, 0): Fraction(1)}
    function = dict(table.entries)
    powers = (one, function, _product(function, function, rows))
    for degree_w, degree_y in DEGREES:
        unknowns = list(product(range(3), range(degree_w + 1), range(degree_y + 1)))
        equations: dict[Index, list[Fraction]] = {}
        for number, (power, i, j) in enumerate(unknowns):
            for (d, n), value in powers[power].items():
                if d + i <= rows:
                    row = equations.setdefault((d + i, n + j), [Fraction(0)] * len(unknowns))
                    row[number] += value
        fitted = [row for (d, _), row in equations.items() if d <= rows - HELD_OUT]
        basis = null_space(fitted, len(unknowns))
        if len(fitted) <= len(unknowns) or len(basis) != 1:
            continue
        (vector,) = basis
        if any(sum(a * b for a, b in zip(row, vector, strict=True)) for row in equations.values()):
            continue
        return _normalised(dict(zip(unknowns, vector, strict=True)), w, y)
    raise NotSolved("a quadratic equation of the second factor: none of low degree fits")


def _product(
    one: Mapping[Index, Fraction], other: Mapping[Index, Fraction], rows: int
) -> dict[Index, Fraction]:
    total: dict[Index, Fraction] = {}
    for (d, n), a in one.items():
        for (e, m), b in other.items():
            if d + e <= rows:
                total[d + e, n + m] = total.get((d + e, n + m), Fraction(0)) + a * b
    return total


def _normalised(
    vector: Mapping[tuple[int, int, int], Fraction], w: Symbol, y: Symbol
) -> tuple[Expr, Expr, Expr]:
    parts = [sympy.Integer(0)] * 3
    for (power, i, j), value in vector.items():
        parts[power] += sympy.Rational(value.numerator, value.denominator) * w**i * y**j
    head = sympy.expand(parts[1].subs(w, 0))
    if not head.is_Rational or head == 0 or parts[2].subs(w, 0) != 0:
        raise NotSolved("the branch of the quadratic equation: both roots are finite at w = 0")
    p0, p1, p2 = (sympy.expand(-part / head) for part in parts)
    rest = sympy.factor(p1 + 1)
    return sympy.factor(p0), rest - 1, sympy.factor(p2)


def prove(found: QuadraticFunction, table: Table) -> None:
    """Show that the root solves the recurrence: substitute, and reduce by ``S^2``.

    Raises :class:`~diagrams.errors.NotSolved` if the residual is not zero.
    """
    (recurrence, *_) = found.fit.basis
    head = dict(recurrence.terms).get((0, 0))
    start, slope_of_head = (head((d, 0)) if head else Fraction(0) for d in (0, 1))
    slope_of_head -= start
    root_of_head = -start / slope_of_head if slope_of_head else None
    if not start or (root_of_head is not None and root_of_head.denominator == 1 <= root_of_head):
        raise NotSolved("the recurrence of the second factor does not determine all its rows")
    surd = sympy.Dummy("S")
    w = found.w
    root = found.root(surd)
    operator = dict(recurrence.operator().normal_form())
    slope = sympy.diff(found.discriminant, w) / (2 * surd)
    total = -_source(recurrence, table, found)
    for (power, order), value in operator.items():
        if order[1] or order[0] > 1:
            raise NotSolved("the recurrence of the second factor: more than one derivative")
        part = root
        if order[0]:
            part = sympy.diff(root, w) + sympy.diff(root, surd) * slope
        factor = sympy.Rational(value.numerator, value.denominator)
        total += factor * w ** power[0] * found.y ** power[1] * part
    numerator = sympy.numer(sympy.together(total))
    reduced = sympy.rem(
        sympy.Poly(sympy.expand(numerator), surd),
        sympy.Poly(sympy.expand(surd**2 - found.discriminant), surd),
    )
    if not sympy.Poly(reduced, surd).is_zero:
        raise NotSolved("the root of the guessed quadratic equation does not solve the recurrence")


def _source(recurrence: Recurrence, table: Table, found: QuadraticFunction) -> Expr:
    return sympy.Add(
        *(
            sympy.Rational(value.numerator, value.denominator) * found.w ** n[0] * found.y ** n[1]
            for n, value in recurrence.boundary(table)
        )
    )
