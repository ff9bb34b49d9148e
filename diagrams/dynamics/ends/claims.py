"""What the end of a solution may claim: the one place through which every end passes.

A formula is the limit of large sizes at a fixed ``t/T``.  Where it goes for ``t -> oo`` is a
statement about the formula; the loss at given sizes may go elsewhere, as atoms that do not lead
take over in the end.  So a limit is called that of the loss only where it equals one that is proved
without a limit of sizes (:mod:`diagrams.dynamics.ends.loss_limits`), at sizes on every side of its
conditions, or where the road itself proves it.  What is proved and differs is said beside it.  The
mean of a squared error is never negative: a limit below zero is nobody's, where the loss is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import sympy
from sympy import Basic, Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import Ending, unknown
from diagrams.dynamics.ends.loss_limits import LossLimit, loss_limits
from diagrams.dynamics.explicit.degenerate_ends import relation
from diagrams.dynamics.explicit.ends import carried_on
from diagrams.dynamics.explicit.scales import scales_of, targets_of
from diagrams.dynamics.petals.grouping import local
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Ends, Solution
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import sympy_symbol

LARGE = 8
"""By what factor sizes stand apart on a face: little, so that limits that differ are told apart."""
FACTORS = (Rational(1, 3), Rational(5, 2))
"""Numbers by which they are multiplied, so as to stand on every side of a condition."""
SCALES = (Rational(-7, 3), Rational(-2, 9), Rational(3, 11), Rational(5, 2))
"""Values of scales, which have any sign."""
EXACT = sympy.Float("1e-12")
CEASES = "what the formula leaves out grows, and it holds only while that is small"

Point = Mapping[Symbol, Expr]


def judged(solution: Solution) -> Solution:
    """Return a solution whose ends each say what their limit is the limit of."""
    return replace(solution, ends=Ends(_judged, solution.ends))


def _judged(solution: Solution, ends: Ends) -> tuple[Ending, ...]:
    return judged_ends(solution, ends.of(solution))


def judged_ends(solution: Solution, ends: Sequence[Ending]) -> tuple[Ending, ...]:
    """Return the ends of a solution, each with what its limit is the limit of.

    >>> from diagrams.dynamics.solving import solve
    >>> from diagrams.problems.cp import cp_problem
    >>> for end in solve(cp_problem(order=2, ties="asym"), "A").endings[:2]:
    ...     print(end)
    t -> oo: formula -> p/2; formula - p/2 ~ H*T**2/(8*t**2)
    t -> oo: E[L] -> p/2 - Min(H, p)/2
    """
    points = list(_points(solution))
    proved = loss_limits(solution.problem)
    found, covered = [], set()
    for end in _within(solution, ends, points):
        here = _inside(points, end.where)
        if solution.problem.squared and _is_negative(solution, end, here):
            found.append(_refused(end))
            continue
        known = _proof(solution, end, here, proved) if end.time == sympy.oo else None
        if known is not None:
            covered |= {k for k, at in enumerate(points) if at in here}
            end = replace(end, of="loss", evidence=_joined(end.evidence, known))
        found.append(end)
    rest = [at for k, at in enumerate(points) if k not in covered]
    late = [e for e in proved if any(_holds(e.where, at) for at in rest)]
    return tuple(sorted((*found, *map(_of_loss, late)), key=lambda e: bool(e.time != sympy.oo)))


def _within(solution: Solution, ends: Sequence[Ending], points: Sequence[Point]) -> list[Ending]:
    """The ends without those on a side on which a formula of linear rates ceases to hold."""
    holding = solution.holding
    if holding is None:
        return list(ends)
    grown = [side for side in (1, -1) if all(holding.grows(side, at) for at in points)]
    kept = [
        end
        for end in ends
        if all(end.time != side * sympy.oo for side in grown)
        and (end.time.is_infinite or len(grown) < 2)
    ]
    return kept + [unknown(CEASES + carried_on(solution), side) for side in grown]


def _of_loss(proved: LossLimit) -> Ending:
    condition = conditions(*(relation(local(r.lhs - r.rhs), r.rel_op) for r in proved.where))
    return Ending(
        sympy.oo,
        proved.limit,
        condition=condition,
        evidence=Evidence(Kind.DERIVED, proved.statement),
        of="loss",
        where=proved.where,
    )


def _joined(evidence: Evidence | None, statement: str) -> Evidence:
    if evidence is None:
        return Evidence(Kind.DERIVED, statement)
    return replace(evidence, statement=evidence.statement + "; " + statement)


def _proof(
    solution: Solution, end: Ending, points: Sequence[Point], proved: Sequence[LossLimit]
) -> str | None:
    """Why a limit is that of the loss; ``None`` where nothing says so."""
    if end.limit is None or end.roots:
        return None
    if solution.settles and end.limit == 0:
        return solution.settles
    statements = set()
    for at in points:
        known = next((e for e in proved if _holds(e.where, at)), None)
        if known is None or not _equal(solution, end.limit, known.limit, at):
            return None
        statements.add(known.statement)
    return statements.pop() if len(statements) == 1 else None


def _equal(solution: Solution, one: Expr, other: Expr, at: Point) -> bool:
    first, second = (_number(solution, value, at) for value in (one, other))
    if first is None or second is None:
        return False
    return bool(abs(first - second) <= EXACT * max(abs(first), abs(second)))


def _is_negative(solution: Solution, end: Ending, points: Sequence[Point]) -> bool:
    """Whether a limit lies below zero at sizes for which it is said.

    Conditions need not all be relations: with some, only where it does so everywhere.
    """
    if end.limit is None or end.roots:
        return False
    numbers = [_number(solution, end.limit, at) for at in points]
    below = [n is not None and bool(n < 0) for n in numbers]
    return bool(below) and (all if end.condition else any)(below)


def _refused(end: Ending) -> Ending:
    assert end.limit is not None
    reason = "the formula tends to {}, which is below zero: no mean of a squared error"
    side = -1 if end.time == -sympy.oo else 1
    return replace(unknown(sentence(reason, end.limit), side, end.condition), time=end.time)


def _number(solution: Solution, value: Expr, at: Point) -> Expr | None:
    """A limit at a point; ``None`` where it is no real number."""
    number = sympy.N(solution.plain(value).xreplace(dict(at)), 30)
    return number if number.is_real or number.is_infinite else None


def _inside(points: Sequence[Point], relations: Sequence[Basic]) -> list[Point]:
    """The points at which relations hold; an equation puts its value in."""
    fixed = {r.lhs: r.rhs for r in relations if isinstance(r, sympy.Equality) and r.lhs.is_Symbol}
    return [at for at in ({**at, **fixed} for at in points) if _holds(relations, at)]


def _holds(relations: Sequence[Basic], at: Point) -> bool:
    return all(bool(r.xreplace(dict(at))) for r in relations)


def _points(solution: Solution) -> Iterator[Point]:
    """Values of sizes and scales that lie on the face of a solution; decays are positive."""
    face, own = solution.face, targets_of(solution)
    names = [name for name in solution.symbols if name not in ("T", "t")]
    grown = {} if face is None else face.scaling
    scales = scales_of(solution)
    choices = []
    for name in names:
        signed = [v for v in SCALES if name in own or v > 0]
        numbers = signed if name in scales else FACTORS
        choices.append([v * Rational(LARGE) ** grown.get(name, 0) for v in numbers])
    for values in product(*choices):
        yield dict(zip(map(sympy_symbol, names), values, strict=True))
