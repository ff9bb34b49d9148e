"""A scaling of a regime along which sizes grow slowly: where simulations are repeated.

Among the scalings of a regime in which one size, the *lead*, grows with power 1, it is the one
whose inequalities hold by the largest margin (a power of the lead, one at most); of those, the one
in which the other sizes grow least, and then the one in which scales change least.  Three linear
programs in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from diagrams.errors import NotSolved
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.scaling.polyhedra.polyhedra import HalfSpace, both_sides, maximum
from diagrams.scaling.regimes.regime import Regime
from pde.linear_algebra import Number, Vector

LEAST, MOST = Fraction(1, 2), Fraction(4)
"""The powers of the lead with which other sizes may grow; of scales, up to MOST either way."""


def gentle_scaling(regime: Regime, lead: str) -> dict[str, Fraction]:
    """Return the exponents of all symbols of a regime, powers of ``lead``.

    Raises :class:`~diagrams.errors.NotSolved` if the regime has no scaling in these bounds.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> found = regimes(cp_problem(order=4, ties="sym"))
    >>> [(name, str(power)) for name, power in gentle_scaling(found["A-B"], "p").items()]
    [('p', '1'), ('H', '2'), ('sigma', '0')]
    >>> [(name, str(power)) for name, power in gentle_scaling(found["full"], "p").items()]
    [('p', '1'), ('H', '2'), ('sigma', '-3/4')]
    """
    symbols, sizes, cone = regime.symbols, regime.first_orders.sizes, regime.every_order
    count = len(symbols)
    width = 2 * count + 1  # the exponents, their absolute values, and the margin
    margin = _row(width, {width - 1: 1})
    rows: list[HalfSpace] = [(margin, Fraction(1))]
    for form in cone.level:
        rows += both_sides(_row(width, dict(enumerate(form))), Fraction(0))
    for form in cone.positive[: len(cone.inequalities)]:
        held = {place: -entry for place, entry in enumerate(form)}
        rows.append((_row(width, {**held, width - 1: 1}), Fraction(0)))
    for place, name in enumerate(symbols):
        for sign in (1, -1):
            entries = {place: sign, count + place: -1}
            rows.append((_row(width, entries), Fraction(0)))
        least, most = (LEAST, MOST) if name in sizes else (-MOST, MOST)
        if name == lead:
            least = most = Fraction(1)
        rows.append((_row(width, {place: 1}), most))
        rows.append((_row(width, {place: -1}), -least))
    others = _row(width, {k: -1 for k, name in enumerate(symbols) if name in sizes})
    change = _row(width, {count + k: -1 for k, name in enumerate(symbols) if name not in sizes})
    point: Vector = ()
    for objective in (margin, others, change):
        found = maximum(objective, rows)
        value, best = (None, None) if found is None else (found.value, found.point)
        if value is None or best is None or (objective is margin and value <= 0):
            raise NotSolved(f"no scaling with powers of {lead} up to {MOST} lies in {regime.name}")
        rows.append((tuple(-entry for entry in objective), -value))
        point = best
    return {name: Fraction(x) for name, x in zip(symbols, point, strict=False)}


def lead_of(problem: Problem, regime: Regime) -> str:
    """The size that others follow by default: the first of a regime's that is not the width.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> problem = cp_problem(order=4)
    >>> lead_of(problem, regimes(problem)["full"])
    'p'
    """
    sizes = [name for name in regime.symbols if name in regime.first_orders.sizes]
    if not sizes:
        raise NotSolved(f"{regime.name} has no size that could grow")
    return next((name for name in sizes if name != structure(problem).width), sizes[0])


def _row(width: int, entries: Mapping[int, Number]) -> Vector:
    return tuple(entries.get(k, 0) for k in range(width))
