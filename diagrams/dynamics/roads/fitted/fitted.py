"""Guess and prove: a recurrence fitted to exact leading coefficients, solved as an equation.

The fallback where no closure is known (theory of arXiv 2602.04548, Theorem 6.1): the leading
coefficients of the face are tabulated over integers, a recurrence with polynomial coefficients
is fitted with orders held out, and its differential equation is solved by characteristics.
What comes out reproduces the whole table, and is a conjecture beyond it.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.explicit.fitted_numbers import FormulaWithEnd
from diagrams.dynamics.face import Face, row_degrees
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.recurrences.generating import GeneratingFunction, generating_function
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.roads.fitted.table import LeadingTable, exact_leading, leading_table
from diagrams.dynamics.solution import Solution, Step
from diagrams.evidence import Evidence, Kind
from diagrams.problems.problem import Problem

ROAD = "a fitted recurrence"
TERMS = 12
"""Orders that are tabulated where they cost little."""
LEAST = 6
"""Orders without which no fit is tried."""

Definitions = tuple[tuple[Symbol, Expr], ...]


def by_fitted_recurrence(face: Face, terms: int | None = None) -> Solution:
    """Return the solution of a face by a fitted recurrence: conjectured, with its counts.

    ``terms`` is the highest order tabulated; by default :data:`TERMS` where all ties are even,
    else the orders that are known.

    Raises :class:`~diagrams.errors.NotSolved`, with the step that failed.

    >>> from diagrams.dynamics.face import face_of
    >>> from diagrams.problems.cp import cp_problem
    >>> solution = by_fitted_recurrence(face_of(cp_problem(order=6, target="zero"), "A-B"))
    >>> solution.formula.subs({"t": 0}), solution.existence
    (H*p**6*sigma**12*theta/2, (-T/(p**5*sigma**10*(900*H/p**3 + 60)),))
    >>> solution.definitions
    ((theta, 15*y + 1), (y, H/p**3))
    """
    orders = _orders(face) if terms is None else terms
    if orders < LEAST:
        raise Inapplicable(ROAD, f"orders 0 to {orders} are known, and it needs {LEAST}")
    exact = face.exact if face.exact.terms >= orders else exact_leading(face.problem, orders)
    table = leading_table(face.problem, face.regime, orders, exact)
    x = Symbol("x", real=True)
    names = axis_symbols(table, face.problem)
    found = generating_function(table.table, (x, *names))
    constant = local(face.constant.to_sympy())
    formula, definitions = presented(found.expression, table, x, names)
    time = Symbol("t", real=True)
    moment = local(table.clock.to_sympy()) * time / Symbol("T", positive=True)
    ends = tuple(
        public(
            _plain(bound, _meanings(table, names))
            * Symbol("T", positive=True)
            / local(table.clock.to_sympy())
        )
        for bound in found.solution.existence_bounds()
    )
    formula = public(formula.xreplace({x: moment}) + constant)
    shown = tuple((Symbol(s.name), public(meaning)) for s, meaning in definitions)
    statement = (
        f"{found.counts}; the solution's Taylor coefficients equal the {orders + 1} orders of exact"
        f" leading coefficients; conjectured beyond; {face.constant_note}"
    )
    plain = formula
    for symbol, meaning in shown:
        plain = plain.xreplace({symbol: meaning})
    return Solution(
        "explicit",
        face.problem,
        face.regime.name,
        formula,
        shown,
        (),
        "; ".join(f"no t beyond {end}, where this is real" for end in ends) or "all t",
        ends,
        Evidence(Kind.CONJECTURED, statement, orders),
        _steps(table, found),
        (*face.regime.symbols, "T", "t"),
        FormulaWithEnd(plain, ends),
    )


def by_fit(face: Face) -> Solution:
    """Return the solution by a recurrence fitted to the orders of a face that are known already.

    The last road: a conjecture, where nothing is derived.  Raises
    :class:`~diagrams.errors.NotSolved`, with the step that failed.
    """
    regime, terms = face.regime, face.exact.terms
    if terms < LEAST:
        raise Inapplicable(ROAD, f"orders 0 to {terms} are known, and it needs {LEAST}")
    if not all(regime.holds(regime.direction, s) for s in range(max(1, regime.first), terms)):
        raise Inapplicable(ROAD, f"the boundary of {regime.name} moves with the order")
    return by_fitted_recurrence(face, face.exact.terms)


def _orders(face: Face) -> int:
    """The orders that cost little: more where every row has an even number of every edge."""
    even = all(degree % 2 == 0 for degree in row_degrees(face.problem))
    return max(TERMS, face.exact.terms) if even else face.exact.terms


def axis_symbols(table: LeadingTable, problem: Problem) -> tuple[Symbol, ...]:
    """Return a symbol for every integer of a table: ``y`` for ratios of sizes, else ``z``, ..

    No symbol of the problem is taken.
    """
    taken = {n for axis in table.axes for n in axis.monomial.symbols} | {"p", "H", "T", "t", "x"}
    found: list[Symbol] = []
    for axis in table.axes:
        ratio = set(axis.monomial.symbols) <= set(problem.sizes)
        wanted = ["y", "y_1", "y_2"] if ratio else ["z", "q", "r", "z_1", "q_1", "r_1"]
        name = next((n for n in wanted if n not in taken), f"k_{len(found)}")
        taken.add(name)
        found.append(Symbol(name, positive=True))
    return tuple(found)


def _meanings(table: LeadingTable, names: tuple[Symbol, ...]) -> Definitions:
    return tuple(
        (name, local(axis.monomial.to_sympy()))
        for name, axis in zip(names, table.axes, strict=True)
    )


def _plain(expression: Expr, definitions: Definitions) -> Expr:
    for symbol, meaning in definitions:
        expression = expression.xreplace({symbol: meaning})
    return expression


def presented(
    expression: Expr, table: LeadingTable, x: Symbol, names: tuple[Symbol, ...]
) -> tuple[Expr, Definitions]:
    """Return ``base`` times a generating function with its polynomials named, and the names.

    Polynomials in the parameters that start with 1 and occur as factors are called theta.
    """
    plain = expression.replace(
        lambda e: e.is_Add and e.has(x), lambda e: sympy.collect(sympy.expand(e), x, sympy.factor)
    )
    plain = _factored(plain)
    groups = sorted(
        {
            node
            for node in plain.atoms(sympy.Add)
            if node.free_symbols
            and node.free_symbols <= set(names)
            and node.subs(dict.fromkeys(names, 0)) == 1
        },
        key=sympy.default_sort_key,
    )
    labels = ["theta"] if len(groups) == 1 else [f"theta_{k + 1}" for k in range(len(groups))]
    named = {g: Symbol(label, positive=True) for g, label in zip(groups, labels, strict=True)}
    plain = plain.xreplace(named)
    meanings = _meanings(table, names)
    used = plain.free_symbols.union(*(g.free_symbols for g in named))
    definitions = (
        *((symbol, group) for group, symbol in named.items()),
        *((s, meaning) for s, meaning in meanings if s in used),
    )
    if not named:
        inlined = _plain(plain, meanings)
        return local(table.base.to_sympy()) * inlined, ()
    return local(table.base.to_sympy()) * plain, definitions


def _factored(expression: Expr) -> Expr:
    """The factors of a product, each factored on its own."""
    return sympy.Mul(
        *(
            sympy.factor(f) if f.is_Add else f
            for f in sympy.Mul.make_args(sympy.factor_terms(expression))
        )
    )


def _steps(table: LeadingTable, found: GeneratingFunction) -> tuple[Step, ...]:
    monomials = (table.base, table.clock, *(axis.monomial for axis in table.axes))
    return (
        Step(
            "table",
            "leading coefficients over base and clock, with their integers",
            tuple(m.to_sympy() for m in monomials),
        ),
        *(Step("recurrence", f"{found.counts}: {r}") for r in found.fit.basis),
        Step("equation", "Theorem 6.1 of arXiv 2602.04548", (found.equation.equation(),)),
        Step("characteristics", "; ".join(found.solution.steps), (found.expression,)),
    )
