"""The ends of a formula where it is singular, and the cases of a limit that is written by cases."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Basic, Expr, Symbol

from diagrams.dynamics.ends.ending import END, Ending
from diagrams.dynamics.expressions.late_times import blow_up
from diagrams.dynamics.petals.grouping import local
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence, Kind


def cases_of(limit: Expr) -> list[tuple[Expr, str, tuple[Basic, ...]]]:
    """The values of a limit with the condition of each, in words and as relations, if any."""
    if not isinstance(limit, sympy.Piecewise):
        return [(limit, "", ())]
    before = sympy.true
    found: list[tuple[Expr, str, tuple[Basic, ...]]] = []
    for value, holds in limit.args:
        case = sympy.simplify(sympy.And(before, holds))
        before = sympy.And(before, sympy.Not(holds))
        found.append((value, sentence("{}", case), (case,)))
    return found


def singular(
    solution: Solution, formula: Expr, time: Symbol, ends: Sequence[Expr], condition: str = ""
) -> Ending:
    """The end nearest to zero, where there are several the first of them."""
    end = ends[0]
    if len(ends) > 1:
        return Ending(END, condition=condition, reason="several ends; the nearest one holds")
    inside = local(solution.plain(solution.formula)).xreplace({Symbol("t", positive=True): time})
    try:
        power, count = blow_up(inside, time, local(solution.plain(end)))
    except (NotSolved, TypeError, ValueError, ZeroDivisionError) as failure:
        reason = failure.step if isinstance(failure, NotSolved) else "no power is found there"
        return Ending(end, condition=condition, reason=reason)
    if power >= 0:
        reason = "E[L] stays finite there, the formula is singular"
        return Ending(end, condition=condition, reason=reason)
    evidence = Evidence(
        Kind.NUMERICAL, f"the power of the formula next to its end, at {count} choices of the sizes"
    )
    return Ending(end, sympy.oo, None, power, condition, evidence=evidence)
