"""Generating functions from tables: a fitted recurrence, its equation, its characteristics.

A recurrence with polynomial coefficients of degree one is fitted to the table, orders held out;
by Theorem 6.1 of arXiv 2602.04548 the generating function obeys a linear equation of first order.
Where several recurrences fit, derivatives are eliminated between them.  The equation is solved
by characteristics from the row ``s = 0``, and the solution's Taylor coefficients are compared
with the whole table.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.recurrences.taylor import taylor_polynomials
from diagrams.errors import NotSolved
from pde.equations.characteristics import solve
from pde.equations.first_order import FirstOrderEquation, InitialData, eliminate
from pde.equations.solution import EquationSolution
from pde.errors import (
    HeldOutError,
    InvalidInputError,
    NoRecurrenceError,
    UnderdeterminedError,
)
from pde.expressions.statement import joined, message, sentence
from pde.recurrences.guessing import Fit, fit_recurrence
from pde.recurrences.polynomial import Index
from pde.recurrences.recurrence import Recurrence
from pde.recurrences.table import Table

SURPLUS = 5
"""Distinct equations that must be left over once the unknowns are counted."""


@dataclass(frozen=True)
class GeneratingFunction:
    """``sum C[s, k_1, ..] x^s v_1^(k_1) ..`` in closed form, with the way there.

    ``solution`` is that of the equation; ``fit`` the recurrences and their counts.
    """

    fit: Fit
    equation: FirstOrderEquation
    solution: EquationSolution
    expression: Expr
    checked_to: int

    @property
    def counts(self) -> str:
        """The counts of the fit and of the comparison in words."""
        return (
            f"{len(self.fit.basis)} fitted recurrence{'s' * (len(self.fit.basis) > 1)}"
            f" ({self.fit.unknowns} unknowns, {self.fit.equations} distinct equations,"
            f" {self.fit.held_out} rows held out and satisfied)"
        )


def supports(count: int) -> tuple[tuple[Index, ...], ...]:
    """Return the supports tried, for ``count`` integers besides the order.

    One order back, every integer by at most one back; first at most one of them.

    >>> supports(1)
    (((0, 0), (-1, -1), (-1, 0)),)
    """
    zero = (0,) * (count + 1)
    steps = list(product((-1, 0), repeat=count))
    few = tuple((-1, *step) for step in steps if sum(step) >= -1)
    many = tuple((-1, *step) for step in steps)
    return tuple((zero, *chosen) for chosen in dict.fromkeys((few, many)))


def fitted_recurrences(table: Table) -> Fit:
    """Return the recurrences of degree one that hold on a table, its last orders held out.

    Raises :class:`~diagrams.errors.NotSolved`, with what became of every support.
    """
    outcomes = []
    for support in supports(table.dimension - 1):
        try:
            return fit_recurrence(table, support, 1, surplus=SURPLUS)
        except (UnderdeterminedError, NoRecurrenceError, HeldOutError) as error:
            outcomes.append(f"{len(support)} shifts, " + message(error))
    raise NotSolved("a recurrence of degree one: " + joined("; ", outcomes))


def generating_function(table: Table, variables: tuple[Symbol, ...]) -> GeneratingFunction:
    """Return the generating function of a table in closed form, checked on all its entries.

    The first variable belongs to the order.  Raises :class:`~diagrams.errors.NotSolved`.

    >>> x, y = sympy.symbols("x y")
    >>> powers = Table.from_function(lambda s, n: (-1) ** s if n in (s, s + 1) else 0, (7, 8))
    >>> found = generating_function(Table(powers.entries, (7, None)), (x, y))
    >>> sympy.cancel(found.expression)
    (y + 1)/(x*y + 1)
    """
    fit = fitted_recurrences(table)
    start = initial_row(table, variables[1:])
    data = InitialData(variables[0], sympy.Integer(0), start)
    equation = _one_equation(fit.basis, variables, data)
    solved = solve(equation)
    if solved.kind != "explicit" or solved.expression is None:
        unsolved = "the characteristics of {}: {}"
        raise NotSolved(sentence(unsolved, equation.equation(), solved.failure))
    expression = with_plain_exponents(solved.expression)
    checked = check_table(expression, table, variables)
    return GeneratingFunction(fit, equation, solved, expression, checked)


def initial_row(table: Table, variables: tuple[Symbol, ...]) -> Expr:
    """Return the generating function of the order zero."""
    return row_polynomial(table, 0, variables)


def row_polynomial(table: Table, order: int, variables: tuple[Symbol, ...]) -> Expr:
    """Return the sum of the entries of one order times the powers of the variables."""
    return sympy.Add(
        *(
            sympy.Rational(value.numerator, value.denominator)
            * sympy.Mul(*(v**k for v, k in zip(variables, index[1:], strict=True)))
            for index, value in table.entries
            if index[0] == order
        )
    )


def check_table(expression: Expr, table: Table, variables: tuple[Symbol, ...]) -> int:
    """Return the last order, if the Taylor coefficients are the entries of the table.

    Raises :class:`~diagrams.errors.NotSolved` at the first order where they are not.
    """
    last = table.bounds[0]
    assert last is not None
    for order, found in enumerate(taylor_polynomials(expression, variables[0], last)):
        if sympy.expand(found - row_polynomial(table, order, variables[1:])) != 0:
            raise NotSolved(
                sentence(
                    "the generating function {} differs from the exact coefficients, first at"
                    " order {}",
                    *(expression, order),
                )
            )
    return last


def with_plain_exponents(expression: Expr) -> Expr:
    """Return an expression with common factors of its exponents cancelled.

    >>> x, y = sympy.symbols("x y")
    >>> with_plain_exponents((1 + x) ** ((2 * y + 2) / (3 * y + 3)))
    (x + 1)**(2/3)
    """
    return expression.replace(
        lambda e: e.is_Pow and bool(e.exp.free_symbols),
        lambda e: sympy.factor(e.base) ** sympy.cancel(e.exp),
    )


def _one_equation(
    basis: tuple[Recurrence, ...], variables: tuple[Symbol, ...], data: InitialData
) -> FirstOrderEquation:
    """The equations of all recurrences; derivatives are eliminated, the last variable first."""
    equations = [
        FirstOrderEquation.from_operator(recurrence.operator(), variables, data)
        for recurrence in basis
    ]
    for variable in reversed(variables[1:]):
        if len(equations) == 1:
            break
        place = variables.index(variable)
        free = [e for e in equations if e.field[place] == 0]
        bound = [e for e in equations if e.field[place] != 0]
        for other in bound[1:]:
            try:
                free.append(eliminate(bound[0], other, variable))
            except InvalidInputError:
                continue
        equations = free or bound
    moving = [e for e in equations if e.field[0] != 0]
    if not moving:
        raise NotSolved("the fitted recurrences: none gives the derivative in time")
    return min(moving, key=lambda e: sum(c.count_ops() for c in (*e.field, e.growth)))
