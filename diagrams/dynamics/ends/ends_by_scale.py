"""The ends of an explicit formula by the sign of the scale of its target.

Leading terms are found for positive symbols.  So a scale is put in as a positive symbol, as minus
one, and as zero; where the answers are the same the sign does not matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy
from sympy import Basic, Expr, Symbol
from sympy.core.relational import Relational

from diagrams.dynamics.ends.ending import Ending, derived, late_first, unknown
from diagrams.dynamics.explicit.ends import endings_of_positive
from diagrams.dynamics.explicit.scales import targets_of
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import sympy_symbol
from pde.expressions.statement import mapped

LARGEST = 60
"""Operations of a formula beyond which its limit without a target is not looked for."""


def endings_of_formula(solution: Solution, _: None = None) -> tuple[Ending, ...]:
    """Return the ends of an explicit formula, the late ones first.

    A scale in it may have any sign: where it matters the ends are given for each.
    """
    scales = targets_of(solution) & {s.name for s in solution.expr.free_symbols}
    if len(scales) != 1:
        return endings_of_positive(solution)
    (name,) = scales
    scale, against = sympy_symbol(name), sympy_symbol(f"(-{name})")
    up = endings_of_positive(_put(solution, scale, scale))
    down = tuple(
        _back(end, against, -scale) for end in endings_of_positive(_put(solution, scale, -against))
    )
    if [(e.time, e.limit, e.approach, e.reason, e.condition) for e in up] == [
        (e.time, e.limit, e.approach, e.reason, e.condition) for e in down
    ]:
        return up
    none = _without(solution, scale)
    cases = ((up, scale > 0), (down, scale < 0), (none, sympy.Eq(scale, 0)))
    found = [_in_case(end, relation) for ends, relation in cases for end in ends]
    return late_first(found)


OF_FORMULA = Ends(endings_of_formula)
"""The ends of an explicit formula, of which no more is known."""


def _put(solution: Solution, scale: Symbol, value: Expr) -> Solution:
    """A solution with a positive symbol, or minus one, or zero, for its scale."""

    def put(expression: Expr) -> Expr:
        found = public(local(expression.xreplace({scale: value})))
        if found.has(sympy.nan, sympy.zoo):
            raise NotSolved("the formula has no value there")
        return found

    names = [s.name for s in value.free_symbols]
    return replace(
        solution,
        formula=put(solution.formula),
        definitions=tuple((s, put(meaning)) for s, meaning in solution.definitions),
        existence=tuple(map(put, solution.existence)),
        symbols=tuple(
            n for name in solution.symbols for n in (names if name == scale.name else [name])
        ),
        late=None if solution.late is None else put(solution.late),
    )


def _without(solution: Solution, scale: Symbol) -> tuple[Ending, ...]:
    """The ends where the scale of the target is zero: of the limit of the formula, if need be."""
    try:
        return endings_of_positive(_put(solution, scale, sympy.S.Zero))
    except (NotSolved, TypeError, ValueError, ZeroDivisionError):
        pass
    reason = "the formula has no value there"
    early = unknown(reason, -1)
    if solution.late is not None:
        limit = solution.late.xreplace({scale: sympy.S.Zero})
        return Ending(sympy.oo, limit, evidence=derived("leading terms for late times")), early
    if sympy.count_ops(solution.expr) > LARGEST:
        return unknown(reason, 1), early
    name = Symbol(scale.name, positive=True)
    try:
        formula, *ends = (
            public(sympy.limit(local(solution.plain(e)), name, 0))
            for e in (solution.formula, *solution.existence)
        )
        return endings_of_positive(
            replace(solution, formula=formula, definitions=(), existence=tuple(ends))
        )
    except (NotSolved, NotImplementedError, TypeError, ValueError, ZeroDivisionError):
        return unknown(reason, 1), early


def _back(end: Ending, symbol: Symbol, meaning: Expr) -> Ending:
    """An end with the scale again where its negative was."""

    def put(value: Any) -> Any:
        if not isinstance(value, Basic):
            return value
        return value.xreplace({s: meaning for s in value.free_symbols if s.name == symbol.name})

    evidence = end.evidence
    return replace(
        end,
        time=put(end.time),
        limit=put(end.limit),
        approach=put(end.approach),
        where=tuple(map(put, end.where)),
        condition=mapped(end.condition, put),
        reason=mapped(end.reason, put),
        evidence=evidence and replace(evidence, statement=mapped(evidence.statement, put)),
    )


def _in_case(end: Ending, case: Relational) -> Ending:
    said = sentence("{} {} 0", case.lhs, "=" if case.rel_op == "==" else case.rel_op)
    return replace(end, condition=conditions(said, end.condition), where=(case, *end.where))
