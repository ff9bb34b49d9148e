"""Pictures of fronts and phases as files: SVG or PDF, by the ending of the name."""

from __future__ import annotations

from diagrams.errors import BadInput
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_polygon import DRAWN_LIMIT, front_at, polygon_sketch
from diagrams.export.pictures.sketch import Sketch, stacked
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.fronts.front_theorem import known_law
from diagrams.scaling.regimes.finding import Regimes

SEARCHED = 12
"""So many orders after the first at which a law holds are looked at."""

CLEAR_ORDER = 4
"""The order up to which a polygon has few enough dots to be read at a glance."""


def shown_order(found: Regimes | Fronts) -> int:
    """The order whose polygon is drawn: the first from 4 on that has all vertices of all regimes.

    If none of the orders known has them, the highest one.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> shown_order(fronts(cp_problem(order=2, ties="sym"), terms=6))
    4
    """
    known = found.fronts if isinstance(found, Regimes) else found
    filled = [s for s in range(len(known)) if known[s].terms]
    if not filled:
        raise BadInput("fronts", known.problem.title, "a problem with terms to draw")
    clear = [s for s in filled if s <= CLEAR_ORDER]
    if isinstance(found, Fronts):
        return clear[-1] if clear else filled[0]
    first = max(CLEAR_ORDER, *(regime.first for regime in found))
    last = first + SEARCHED if known_law(known) is not None else len(known) - 1
    for s in range(first, min(last, DRAWN_LIMIT) + 1):
        if (s in filled or s >= len(known)) and _complete(found, s):
            return s
    return filled[-1]


def _complete(found: Regimes, s: int) -> bool:
    """Whether the vertices of all regimes are terms of order ``s``, no two of them the same."""
    terms = set(front_at(found.fronts, s).terms)
    lines = [
        line
        for regime in found
        if regime.dimension == 0
        for line in regime.lines[s % found.families.period]
    ]
    points = {line.at(s) for line in lines}
    return points <= terms and len(points) == len(set(lines))


def phases_sketch(found: Regimes) -> Sketch:
    """Return the polygon and, where two exponents are free, the phase diagram below it."""
    upper = polygon_sketch(found, shown_order(found))
    return stacked(upper, plane_sketch(found)) if len(found.symbols) == 3 else upper
