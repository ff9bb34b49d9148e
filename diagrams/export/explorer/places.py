"""Where an explorer can stand: a scaling for every regime, simple and exact."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from diagrams.scaling.regimes.chambers import FAR
from diagrams.scaling.regimes.finding import Regime, Regimes
from diagrams.scaling.regimes.location import locate
from pde.linear_algebra import null_space, solve

REACH = Fraction(1, 2)
"""How far, in any exponent, one goes from the scaling of a larger face before taking means."""

_SIMPLE = (1, 2, 4, 3, 8, 5, 6, 10, 12, 16, 20)

Scaling = tuple[Fraction, ...]


def places(found: Regimes) -> dict[str, Scaling]:
    """Return a scaling for every regime, exponents relative to the first symbol.

    Scalings of larger faces lie in the closure of those of the regime, and cones are convex: a mean
    of them and of one scaling at which the regime leads is another one.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> found = places(regimes(cp_problem(order=4, ties="sym")))
    >>> [" ".join(map(str, found[name])) for name in ("full", "A-B", "A")]
    ['1 2 -3/4', '1 2 -1/2', '1 7/4 -1/2']
    """
    listed: dict[str, Scaling] = {}
    for regime in found:  # larger faces come first
        first = regime.direction[0]
        goal = tuple(Fraction(entry, first) for entry in regime.direction)
        above = [r for r in found if set(regime.corners) < set(r.corners)]
        nearest = min((r.dimension for r in above), default=0)
        bases = [listed[r.name] for r in above if r.dimension == nearest]
        if bases:
            far = max(abs(a - b) for a, b in zip(goal, bases[0], strict=True))
            part = Fraction(1, max(1, ceil(far / REACH)))
            while part * far * 2 <= REACH and _leads(found, regime, _on(bases[0], goal, 2 * part)):
                part *= 2  # boundaries that drift make directions that all but coincide
            goal = _on(bases[0], goal, part)
            spots = [*bases, goal]
            goal = tuple(
                sum(column, Fraction(0)) / len(spots) for column in zip(*spots, strict=True)
            )
        listed[regime.name] = _simplified(found, regime, goal)
    return listed


def _on(base: Scaling, goal: Scaling, part: Fraction) -> Scaling:
    """A point of the line from one scaling to another."""
    return tuple(b + (a - b) * part for a, b in zip(goal, base, strict=True))


def _simplified(found: Regimes, regime: Regime, goal: Scaling) -> Scaling:
    """The scaling of the regime with the smallest denominators near another."""
    free = _free(regime)
    for denominator in _SIMPLE:
        near = list(goal)
        for place in free:
            near[place] = Fraction(round(goal[place] * denominator), denominator)
        chosen = _completed(regime, near, free)
        if chosen is not None and _leads(found, regime, chosen):
            return chosen
    return goal


def _free(regime: Regime) -> list[int]:
    """Coordinates that equalities leave open, all others being functions of them."""
    rows = [relation.exponents(FAR)[::-1] for relation in regime.equalities]
    count = len(regime.symbols)
    basis = null_space(rows, count)
    # echelon form pivots on the first columns: reversed, the last symbols depend on the first
    open_columns = [max(k for k in range(count) if vector[k]) for vector in basis]
    return [k for k in (count - 1 - column for column in open_columns) if k]


def _completed(regime: Regime, near: list[Fraction], free: list[int]) -> Scaling | None:
    count = len(near)
    rows = [list(relation.exponents(FAR)) for relation in regime.equalities]
    right = [Fraction(0)] * len(rows)
    for place in (0, *free):
        rows.append([int(k == place) for k in range(count)])
        right.append(near[place])
    found = solve(rows, right) if len(rows) >= count else None
    return None if found is None else tuple(map(Fraction, found))


def _leads(found: Regimes, regime: Regime, scaling: Scaling) -> bool:
    sizes = [e for name, e in zip(found.symbols, scaling, strict=True) if name in found.sizes]
    if min(sizes) <= 0:
        return False
    return locate(found, dict(zip(found.symbols, scaling, strict=True))).regime == regime
