"""The Pareto polygon of one order in the plane of s_D and the width's exponent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import atan2, cos, pi, sin

from diagrams.errors import BadInput
from diagrams.export.pictures.sketch import (
    Dot,
    Pieces,
    Point,
    Region,
    Segment,
    Sketch,
    Words,
    raised,
    text_width,
)
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import Front, Fronts
from diagrams.scaling.fronts.front_theorem import known_law
from diagrams.scaling.fronts.sectors import decay_count
from diagrams.scaling.polyhedra.feasible import growing_direction
from diagrams.scaling.polyhedra.hull import Face
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.finding import Regimes
from pde.linear_algebra import Vector, rank

DRAWN_LIMIT = 40
"""The highest order that is drawn from a law; it has some hundred dots."""

SIDE = 300.0
MARGIN = 62.0
_SHADES = (0.92, 0.84, 0.96, 0.88)


def polygon_sketch(found: Regimes | Fronts, s: int | None = None) -> Sketch:
    """Return the polygon of order ``s`` (default: the highest order computed).

    Where the front of all orders is proved, ``s`` may be any order.

    Dots are Pareto-optimal terms, filled where they can lead; lines are faces of the front.
    Letters name vertices, and a list beside the polygon says which monomials they are.

    Raises :class:`~diagrams.errors.BadInput` for an order that is not known or has no terms.
    """
    fronts = found.fronts if isinstance(found, Regimes) else found
    s = len(fronts) - 1 if s is None else s
    front = front_at(fronts, s)
    places, axes = coordinates(fronts, front, found)
    widest = (max(x for x, _ in places.values()), max(y for _, y in places.values()))
    lowest = (min(x for x, _ in places.values()), min(y for _, y in places.values()))
    steps = [SIDE / max(1.0, high - low) for high, low in zip(widest, lowest, strict=True)]
    step_x, step_y = (min(step, 80.0) for step in steps)
    deep = (widest[1] - lowest[1]) * step_y
    across = (widest[0] - lowest[0]) * step_x
    named = _letters(found, front)
    rows = max(1, len(named))
    height = max(deep + 2 * MARGIN, 24.0 + 20.0 * rows + MARGIN)
    sketch = Sketch(
        f"Pareto polygon of order {s}",
        f"{fronts.problem.title}: Pareto-optimal terms of Y_{s} by {axes[0]} and {axes[1]}.",
        across + 2 * MARGIN + 24.0 + (190.0 if named else 0.0),
        height,
    )

    def at(place: Point) -> Point:
        return (
            MARGIN + 14.0 + (place[0] - lowest[0]) * step_x,
            MARGIN + deep - (place[1] - lowest[1]) * step_y,
        )

    _axes(sketch, lowest, widest, at, axes)
    _faces(sketch, front, places, at)
    centre = at(((lowest[0] + widest[0]) / 2, (lowest[1] + widest[1]) / 2))
    for letters, vertex in named:
        x, y = at(places[vertex])
        away = atan2(y - centre[1], x - centre[0])
        sketch.place(_ring((x, y), away, 4.5 * len(letters)), ((letters, 0),), 15.0, bold=True)
    for row, (letters, vertex) in enumerate(named):
        spot = (across + 2 * MARGIN + 8.0, 30.0 + 20.0 * row)
        text = f"{letters}:  {clock_text(front.symbols, tuple(map(Fraction, vertex)))}"
        sketch.words.append(Words(spot, raised(text), 13.0, "start"))
    return sketch


def coordinates(
    fronts: Fronts, front: Front, found: Regimes | Fronts
) -> tuple[dict[Vector, Point], tuple[str, str]]:
    """The place of every term and the names of both axes.

    Places are ``(s_D, width exponent)``, or the first two telling exponents.
    """
    width = found.width if isinstance(found, Regimes) else None
    width = width or structure(fronts.problem).width
    if front.couplings is not None and width is not None:
        place = front.symbols.index(width)
        decays = decay_count(fronts.problem, front.symbols)
        return {
            term: (
                float(front.s + 1 - count - (decays.at(front.s, term) if decays else 0)),
                float(term[place]),
            )
            for term, count in zip(front.terms, front.couplings, strict=True)
        }, ("s_D", f"power of {width}")
    base = front.terms[0]
    steps = [[a - b for a, b in zip(term, base, strict=True)] for term in front.terms]
    chosen: list[int] = []
    for k in range(len(base)):
        columns = [[step[c] for c in (*chosen, k)] for step in steps]
        if rank(columns) == len(chosen) + 1 and len(chosen) < 2:
            chosen.append(k)
    for k in range(len(base)):
        if len(chosen) < 2 and k not in chosen:
            chosen.append(k)
    if len(chosen) < 2:
        chosen = [0, 0]
    axes = tuple(f"power of {front.symbols[k]}" for k in chosen)
    places = {term: (float(term[chosen[0]]), float(term[chosen[1]])) for term in front.terms}
    return places, (axes[0], axes[1])


def front_at(found: Fronts, s: int) -> Front:
    """The front of an order: as computed, or by the proved law of all orders.

    Raises :class:`~diagrams.errors.BadInput` for an order that is not known or has no terms.
    """
    if 0 <= s < len(found) and found[s].terms:
        return found[s]
    law = known_law(found) if len(found) <= s <= DRAWN_LIMIT else None
    if law is None:
        raise BadInput("s", s, f"an order up to {len(found) - 1} with terms")
    terms, target = law.terms(s, found.symbols), found.target
    couplings = None if target is None else tuple(target.at(s, term) for term in terms)
    return Front(s, found.symbols, found.sizes, terms, couplings)


def with_law(found: Regimes, more: int) -> Regimes:
    """The same regimes with fronts of ``more`` orders after the first at which they hold.

    The fronts that were not computed come from the proved law; without one, none are added.
    """
    wanted = found.families.first + more
    known = found.fronts
    if len(known) > wanted or known_law(known) is None:
        return found
    added = tuple(front_at(known, s) for s in range(len(known), wanted + 1))
    return replace(found, fronts=replace(known, orders=known.orders + added))


def _letters(found: Regimes | Fronts, front: Front) -> list[tuple[str, Vector]]:
    """Letters of the vertices, joined where several vertices coincide."""
    if not isinstance(found, Regimes):
        return []
    at: dict[Vector, list[str]] = {}
    known, s = set(front.terms), front.s
    for regime in sorted(found, key=lambda r: r.name):
        if regime.dimension == 0:
            for line in regime.lines[s % found.families.period]:
                if line.at(s) in known:
                    at.setdefault(line.at(s), []).append(regime.name)
    return [(", ".join(listed), vertex) for vertex, listed in at.items()]


def _axes(
    sketch: Sketch,
    lowest: Point,
    widest: Point,
    at: Callable[[Point], Point],
    axes: tuple[str, str],
) -> None:
    left, bottom = at(lowest)
    right, top = at(widest)
    left, bottom = left - 44.0, bottom + 28.0
    sketch.segments.append(Segment((left, bottom), (right + 14.0, bottom), "axis"))
    sketch.segments.append(Segment((left, bottom), (left, top - 14.0), "axis"))
    every = max(1, round((widest[0] - lowest[0]) / 10))
    for value in range(int(lowest[0]), int(widest[0]) + 1, every):
        spot = (at((value, lowest[1]))[0], bottom + 10.0)
        sketch.words.append(Words(spot, ((_number(value), 0),), 10.5))
    every = max(1, round((widest[1] - lowest[1]) / 10))
    for value in range(int(lowest[1]), int(widest[1]) + 1, every):
        spot = (left - 9.0, at((lowest[0], value))[1])
        sketch.words.append(Words(spot, ((_number(value), 0),), 10.5))
    name = _axis(axes[0])
    middle = max((left + right) / 2, text_width(name, 12.0) / 2 + 6.0)
    sketch.words.append(Words((middle, bottom + 25.0), name, 12.0))
    sketch.words.append(Words((left - 14.0, top - 26.0), _axis(axes[1]), 12.0, "start"))


def _number(value: int) -> str:
    return str(value).replace("-", "\u2212")


def _axis(name: str) -> Pieces:
    return (("number of D diagrams, s", 0), ("D", -1)) if name == "s_D" else raised(name)


def _faces(
    sketch: Sketch, front: Front, places: Mapping[Vector, Point], at: Callable[[Point], Point]
) -> None:
    shade = 0
    leading: set[Vector] = set()
    for face in front.leading_faces:
        spots = [at(places[vertex]) for vertex in face.vertices]
        if face.dimension == 2:
            sketch.regions.append(Region(around(spots), _SHADES[shade % 4]))
            shade += 1
        if face.dimension == 1:
            sketch.segments.append(Segment(spots[0], spots[1], "solid"))
        leading |= set(front.leading_terms(_direction(front, face)))
    for term in front.terms:
        words = clock_text(front.symbols, tuple(map(Fraction, term)))
        sketch.dots.append(Dot(at(places[term]), term in leading, meaning=words))


def _direction(front: Front, face: Face) -> Vector:
    found = growing_direction(
        face.normals, front.polytope.lineality, front.growing, len(front.symbols)
    )
    assert found is not None
    return found


def around(spots: Sequence[Point]) -> tuple[Point, ...]:
    """The corners of a convex polygon in order."""
    x = sum(s[0] for s in spots) / len(spots)
    y = sum(s[1] for s in spots) / len(spots)
    return tuple(sorted(spots, key=lambda s: atan2(s[1] - y, s[0] - x)))


def _ring(spot: Point, away: float, half: float) -> list[Point]:
    """Places around a dot, the outward one first."""
    turns = sorted((k * pi / 12 for k in range(24)), key=lambda t: 1 - cos(t - away))
    return [(spot[0] + r * cos(t), spot[1] + r * sin(t)) for r in (15.0, 19.0, 25.0) for t in turns]
