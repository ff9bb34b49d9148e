"""Guess and prove: a recurrence fitted to exact leading coefficients, solved as an equation.

The fallback where no closure is known (theory of arXiv 2602.04548, Theorem 6.1): the leading
coefficients of the face are tabulated over integers, a recurrence with polynomial coefficients
is fitted with orders held out, and its differential equation is solved by characteristics.
What comes out reproduces the whole table, and is a conjecture beyond it.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.fitted_numbers import FormulaWithEnd
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.grouping import inserted, local, public
from diagrams.dynamics.recurrences.generating import GeneratingFunction, generating_function
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.fitted.table import LeadingTable, exact_leading, leading_table
from diagrams.dynamics.step import Step
from diagrams.evidence import Evidence, Kind
from diagrams.problems.problem import Problem
from pde.expressions.statement import joined, sentence

OUTLINE = (
    "The solution is found in these steps: the exact leading coefficients form a table of"
    " integers; it obeys recurrences, which become a differential equation, solved by its"
    " characteristics, and an algebraic one; the Taylor coefficients of what comes out are held"
    " against the exact ones."
)
LEAST = 6
"""Orders without which no fit is tried."""

Definitions = tuple[tuple[Symbol, Expr], ...]


class FittedRecurrence(Road[Face, int]):
    """A recurrence fitted to the orders of a face that are known already.

    The last road: a conjecture, where nothing is derived.
    """

    name = "a fitted recurrence"
    outline = OUTLINE
    petals = False

    def applies(self, asked: Face) -> Applies[int] | Inapplicable:
        """Where enough orders are known, and the face is one at all of them."""
        regime, terms = asked.regime, asked.exact.terms
        if terms < LEAST:
            return Inapplicable(f"orders 0 to {terms} are known, and it needs {LEAST}")
        if not all(regime.holds(regime.direction, s) for s in range(max(1, regime.first), terms)):
            return Inapplicable(f"the boundary of {regime.name} moves with the order")
        return Applies(terms)

    def derived(self, asked: Face, found: int) -> Derivation:
        """Fit, hold out, and solve the equation of the recurrence."""
        return by_fitted_recurrence(asked, found)


def by_fitted_recurrence(face: Face, orders: int) -> Derivation:
    """Return the derivation by a recurrence fitted to ``orders``: conjectured, with its counts.

    Raises :class:`~diagrams.errors.NotSolved`, with the step that failed.

    >>> from diagrams.dynamics.face import face_of
    >>> from diagrams.problems.cp import cp_problem
    >>> found = by_fitted_recurrence(face_of(cp_problem(order=6, target="zero"), "A-B"), 12)
    >>> found.formula.subs({"t": 0}), found.existence
    (H*p**6*sigma**12*theta/2, (-T/(p**5*sigma**10*(900*H/p**3 + 60)),))
    >>> found.definitions
    ((theta, 15*y + 1), (y, H/p**3))
    """
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
            inserted(bound, _meanings(table, names))
            * Symbol("T", positive=True)
            / local(table.clock.to_sympy())
        )
        for bound in found.solution.existence_bounds()
    )
    formula = public(formula.xreplace({x: moment}) + constant)
    shown = tuple((Symbol(s.name), public(meaning)) for s, meaning in definitions)
    statement = (
        f"{found.counts}; the solution's Taylor coefficients equal the {orders + 1} orders of exact"
        " leading coefficients; conjectured beyond; " + face.constant_note
    )
    return Derivation(
        "explicit",
        formula,
        FormulaWithEnd(inserted(formula, shown), ends),
        OF_FORMULA,
        Evidence(Kind.CONJECTURED, statement, orders),
        _steps(table, found),
        shown,
        domain=joined("; ", (sentence("no t beyond {}, where this is real", end) for end in ends))
        or "all t",
        existence=ends,
    )


def axis_symbols(table: LeadingTable, problem: Problem) -> tuple[Symbol, ...]:
    """Return a symbol for every integer of a table: ``y`` for ratios of sizes, else ``z``, ..

    No symbol of the problem is taken.
    """
    taken = {n for axis in table.axes for n in axis.monomial.symbols} | {"T", "t", "x"}
    taken |= set(problem.symbols)
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
        inlined = inserted(plain, meanings)
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
        Step("characteristics", joined("; ", found.solution.steps), (found.expression,)),
    )
