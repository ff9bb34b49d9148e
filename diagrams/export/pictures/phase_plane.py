"""The phase diagram: which regime leads, over the logarithms of two sizes or scales."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import hypot

from diagrams.errors import BadInput
from diagrams.export.pictures.phase_polygon import around
from diagrams.export.pictures.sketch import (
    Dot,
    Point,
    Region,
    Segment,
    Sketch,
    Words,
    centroid,
    clipped,
    contains,
    raised,
    text_width,
)
from diagrams.scaling.regimes.chambers import FAR
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.finding import Regime, Regimes

WIDE, HIGH = 380.0, 340.0
LEFT, TOP, BELOW = 58.0, 34.0, 52.0
_SHADES = {"free": 0.80, "lazy": 0.90, "rich": 1.0, "undetermined": 1.0}


@dataclass(frozen=True)
class _Plane:
    """The window: two coordinates of the scaling vary, the first is 1, others are fixed."""

    axes: tuple[int, int]
    base: tuple[float, ...]
    box: tuple[float, float, float, float]

    def corners(self) -> list[Point]:
        left, low, right, high = self.box
        return [(left, low), (right, low), (right, high), (left, high)]

    def half(self, exponents: Sequence[float]) -> tuple[float, float, float]:
        """``a x + b y + c``: the height of a monomial over the plane."""
        constant = sum(e * b for e, b in zip(exponents, self.base, strict=True))
        return (exponents[self.axes[0]], exponents[self.axes[1]], constant)

    def at(self, spot: Point) -> Point:
        """The place on the page."""
        left, low, right, high = self.box
        return (
            LEFT + WIDE * (spot[0] - left) / (right - left),
            TOP + HIGH * (high - spot[1]) / (high - low),
        )


def plane_sketch(
    found: Regimes,
    axes: tuple[str, str] | None = None,
    fixed: Mapping[str, Fraction | int] | None = None,
) -> Sketch:
    """Return the phase diagram in the plane of two logarithms to the base of the first size.

    ``axes`` are by default the second and third symbol; the exponents of further symbols have
    to be ``fixed``.  Grey regions are free, light grey ones lazy, white ones rich.  Boundaries
    that drift with the order are dashed and drawn where they tend to.

    Raises :class:`~diagrams.errors.BadInput` where the symbols do not span a plane.
    """
    plane = _plane(found, axes, dict(fixed or {}))
    regions = {r.name: _region(found, r, plane) for r in found if r.dimension == 0}
    regions = {name: corners for name, corners in regions.items() if len(corners) > 2}
    edges = [r for r in found if r.dimension == 1]
    lines = {r.name: ends for r in edges if (ends := _edge(found, r, plane)) is not None}
    names = [found.symbols[k] for k in plane.axes]
    sketch = Sketch(
        "Phase diagram",
        f"{found.problem.title}: leading regimes over log {names[0]} and log {names[1]}"
        f" to the base {found.symbols[0]}.",
        LEFT + WIDE + 24.0 + 250.0,
        TOP + HIGH + BELOW,
    )
    for name, corners in regions.items():
        shade = _SHADES[found[name].learning]
        placed = tuple(plane.at(c) for c in corners)
        sketch.regions.append(Region(placed, shade, str(found[name])))
    for name, (start, end) in lines.items():
        style = "dashed" if found[name].equalities[0].drifts else "solid"
        sketch.segments.append(Segment(plane.at(start), plane.at(end), style, str(found[name])))
    _frame(sketch, plane, found)
    for regime in found:
        if regime.dimension == 2:
            spot = _point(regime, plane)
            if spot is not None:
                sketch.dots.append(Dot(plane.at(spot), True, 4.2, str(regime)))
    _label(sketch, found, plane, regions, lines)
    _legend(sketch, found, edges)
    return sketch


def window(
    found: Regimes, axes: tuple[str, str], fixed: Mapping[str, Fraction | int]
) -> tuple[float, float, float, float]:
    """The part of a plane that a phase diagram shows: left, low, right, high."""
    return _plane(found, axes, dict(fixed)).box


def _plane(
    found: Regimes, axes: tuple[str, str] | None, fixed: dict[str, Fraction | int]
) -> _Plane:
    chosen = axes or found.symbols[1:3]
    if len(chosen) != 2 or any(name not in found.symbols[1:] for name in chosen):
        raise BadInput("axes", chosen, "two symbols of " + ", ".join(found.symbols[1:]))
    others = set(found.symbols[1:]) - set(chosen)
    if set(fixed) != others:
        raise BadInput(
            "fixed", sorted(fixed), f"exponents of {', '.join(sorted(others)) or 'none'}"
        )
    base = tuple(
        1.0 if place == 0 else float(fixed.get(name, 0)) for place, name in enumerate(found.symbols)
    )
    places = (found.symbols.index(chosen[0]), found.symbols.index(chosen[1]))
    plane = _Plane(places, base, (0.0, 0.0, 1.0, 1.0))
    spots = [s for r in found if r.dimension == 2 if (s := _point(r, plane)) is not None]
    for regime in found:  # without vertices of the diagram, look at directions that lead
        if not spots and regime.direction[0] > 0:
            d = regime.direction
            spots.append((d[places[0]] / d[0], d[places[1]] / d[0]))
    spots = spots or [(1.0, 0.0)]
    xs, ys = [s[0] for s in spots], [s[1] for s in spots]
    reach = max(1.0, *(abs(x) for x in xs)) * 0.9
    depth = max(0.6, 0.7 * max(abs(y) for y in ys), 0.5 * (max(ys) - min(ys)) + 0.35)
    left = min(xs) - reach
    if chosen[0] in found.sizes:
        left = max(0.0, left)
    low, high = min(ys) - depth, max(ys) + depth
    if chosen[1] in found.sizes:
        low = max(0.0, low)
    return _Plane(places, base, (left, low, max(xs) + reach, high))


def _point(regime: Regime, plane: _Plane) -> Point | None:
    """The one scaling of the plane on which all equalities of a regime hold."""
    halves = [plane.half([float(e) for e in r.exponents(FAR)]) for r in regime.equalities]
    for i, (a, b, c) in enumerate(halves):
        for d, e, f in halves[i + 1 :]:
            det = a * e - b * d
            if abs(det) > 1e-12 * (hypot(a, b) * hypot(d, e) or 1.0):
                return ((b * f - c * e) / det, (c * d - a * f) / det)
    return None


def _region(found: Regimes, regime: Regime, plane: _Plane) -> list[Point]:
    corners = plane.corners()
    for exponents in _against(found, regime):
        corners = clipped(corners, *plane.half(exponents))
        if not corners:
            return []
    spots = [s for k, s in enumerate(corners) if all(_far(s, t) for t in corners[:k])]
    return list(around(spots)) if len(spots) > 2 else []


def _far(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) + abs(one[1] - other[1]) > 1e-5


def _against(found: Regimes, regime: Regime) -> Iterator[list[float]]:
    """For every other line: by how much a line of the regime leads, as an exponent vector."""
    for residue, group in enumerate(regime.lines):
        for mine in group:
            for other in found.families.classes[residue]:
                if other not in group:
                    pairs = zip(mine.at(FAR), other.at(FAR), strict=True)
                    step = [float(a - b) for a, b in pairs]
                    size = max(map(abs, step)) or 1.0
                    yield [entry / size for entry in step]


def _edge(found: Regimes, regime: Regime, plane: _Plane) -> tuple[Point, Point] | None:
    """The visible part of a boundary."""
    a, b, c = plane.half([float(e) for e in regime.equalities[0].exponents(FAR)])
    length = hypot(a, b)
    if not length:
        return None
    a, b, c = a / length, b / length, c / length
    foot, along = (-a * c, -b * c), (-b, a)
    low, high = -1e6, 1e6
    left, bottom, right, top = plane.box
    halves = [plane.half(e) for e in _against(found, regime)]
    halves += [(1.0, 0.0, -left), (-1.0, 0.0, right), (0.0, 1.0, -bottom), (0.0, -1.0, top)]
    for p, q, r in halves:
        speed = p * along[0] + q * along[1]
        room = p * foot[0] + q * foot[1] + r
        if abs(speed) < 1e-9:
            if room < -1e-5:
                return None
        elif speed > 0:
            low = max(low, -room / speed)
        else:
            high = min(high, -room / speed)
    if high - low < 1e-3:
        return None
    ends = [(foot[0] + t * along[0], foot[1] + t * along[1]) for t in (low, high)]
    return (ends[0], ends[1])


def _frame(sketch: Sketch, plane: _Plane, found: Regimes) -> None:
    left, low, right, high = plane.box
    corners = [plane.at(c) for c in plane.corners()]
    for start, end in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        sketch.segments.append(Segment(start, end, "axis"))
    for values, vertical in ((_ticks(left, right), 0), (_ticks(low, high), True)):
        for value in values:
            spot = plane.at((left, value) if vertical else (value, low))
            inner = (spot[0] + 5.0, spot[1]) if vertical else (spot[0], spot[1] - 5.0)
            sketch.segments.append(Segment(spot, inner, "axis"))
            place = (spot[0] - 18.0, spot[1]) if vertical else (spot[0], spot[1] + 11.0)
            sketch.words.append(Words(place, ((f"{value:g}".replace("-", "\u2212"), 0),), 10.5))
    base, one, two = (found.symbols[k] for k in (0, *plane.axes))
    spelled = raised(f"log {one} / log {base}")
    sketch.words.append(Words((LEFT + WIDE / 2, TOP + HIGH + 30.0), spelled, 12.5))
    spelled = raised(f"log {two} / log {base}")
    sketch.words.append(Words((14.0, TOP - 16.0), spelled, 12.5, "start"))


def _ticks(low: float, high: float) -> list[float]:
    step = next(
        (d for d in (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if (high - low) / d <= 8),
        100.0,
    )
    first = int(-(-low // step))
    return [k * step for k in range(first, int(high // step) + 1)]


def _label(
    sketch: Sketch,
    found: Regimes,
    plane: _Plane,
    regions: Mapping[str, Sequence[Point]],
    lines: Mapping[str, tuple[Point, Point]],
) -> None:
    """Letters and clocks into regions, names onto boundaries and their common points."""
    placed = {name: [plane.at(c) for c in corners] for name, corners in regions.items()}
    spots = {name: _within(corners) for name, corners in placed.items()}
    for name, corners in sorted(placed.items(), key=lambda item: _area(item[1])):
        sketch.place(spots[name], ((name, 0),), 17.0, bold=True, inside=corners)
    for name, (start, end) in lines.items():
        sketch.place(_beside(plane.at(start), plane.at(end), name), ((name, 0),), 12.0)
    for regime in found:
        if regime.dimension == 2 and (spot := _point(regime, plane)) is not None:
            x, y = plane.at(spot)
            wide = text_width(((regime.name, 0),), 12.0) / 2
            ring = [
                (x + i * (wide + r), y + j * (8.0 + r))
                for r in (7.0, 12.0, 18.0, 26.0)
                for i in (1, -1, 0.6, -0.6)
                for j in (1, -1, 0.4, -0.4)
            ]
            sketch.place(ring, ((regime.name, 0),), 12.0)
    for name, corners in placed.items():
        regime = found[name]
        clock = "" if regime.clock is None else f"T = {clock_text(regime.symbols, regime.clock)}"
        letter = next(w for w in sketch.words if w.pieces == ((name, 0),))
        for text in (clock, regime.learning):
            pieces = raised(text)
            if text and regime.learning != "undetermined" and _room(corners, pieces):
                below = [(letter.at[0], letter.at[1] + k) for k in (16.0, 18.0, 32.0, 34.0)]
                near = sorted(spots[name], key=lambda s: _stray(s, letter.at))
                near = [*below, *near]
                words = sketch.place(near, pieces, 11.0, inside=corners)
                if sketch.free_without(words, corners):
                    sketch.words.remove(words)


def _stray(spot: Point, letter: Point) -> float:
    """How far a place is from straight below a letter."""
    return hypot(spot[0] - letter[0], 1.4 * (spot[1] - letter[1] - 16.0))


def _room(corners: Sequence[Point], pieces: Sequence[tuple[str, int]]) -> bool:
    wide = max(x for x, _ in corners) - min(x for x, _ in corners)
    return wide > text_width(tuple(pieces), 11.0) + 8.0


def _area(corners: Sequence[Point]) -> float:
    turned = zip(corners, [*corners[1:], *corners[:1]], strict=True)
    return abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in turned)) / 2


def _within(corners: Sequence[Point]) -> list[Point]:
    """Places inside a polygon, the most central first."""
    x, y = centroid(corners)
    low = [min(c[k] for c in corners) for k in (0, 1)]
    high = [max(c[k] for c in corners) for k in (0, 1)]
    grid = [
        (low[0] + (high[0] - low[0]) * i / 30, low[1] + (high[1] - low[1]) * j / 30)
        for i in range(31)
        for j in range(31)
    ]
    inside = [spot for spot in grid if contains(corners, spot)]
    return [(x, y), *sorted(inside, key=lambda s: hypot(s[0] - x, s[1] - y))]


def _beside(start: Point, end: Point, name: str) -> list[Point]:
    """Places beside a line, the middle first, as near as the text allows."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = hypot(across, down) or 1.0
    normal = (-down / length, across / length)
    wide = text_width(((name, 0),), 12.0)
    off = abs(normal[0]) * wide / 2 + abs(normal[1]) * 6.0 + 5.0
    spots = []
    for further in (0.0, 6.0, 14.0, 30.0):
        for part in (0.5, 0.58, 0.42, 0.66, 0.34, 0.75, 0.25, 0.85, 0.15):
            for side in (1, -1):
                reach = side * (off + further)
                spots.append(
                    (
                        start[0] + part * across + reach * normal[0],
                        start[1] + part * down + reach * normal[1],
                    )
                )
    return spots


def _legend(sketch: Sketch, found: Regimes, edges: Sequence[Regime]) -> None:
    """The boundaries as formulas, beside the diagram."""
    left, row = LEFT + WIDE + 24.0, TOP + 6.0
    sketch.words.append(Words((left, row), (("boundaries", 0),), 12.5, "start", bold=True))
    for regime in edges:
        row += 20.0
        pieces = ((f"{regime.name}:  ", 0), *raised(str(regime.equalities[0])))
        sketch.words.append(Words((left, row), pieces, 12.5, "start"))
    present = {regime.learning for regime in found if regime.dimension == 0} - {"undetermined"}
    if present:
        row += 30.0
        sketch.words.append(Words((left, row), (("regions", 0),), 12.5, "start", bold=True))
    for learning in ("free", "lazy", "rich"):
        if learning in present:
            row += 20.0
            box = ((left, row - 6), (left + 16, row - 6), (left + 16, row + 6), (left, row + 6))
            sketch.regions.append(Region(box, _SHADES[learning]))
            for start, end in zip(box, [*box[1:], *box[:1]], strict=True):
                sketch.segments.append(Segment(start, end, "axis"))
            sketch.words.append(Words((left + 24.0, row), ((learning, 0),), 12.5, "start"))
    sketch.height = max(sketch.height, row + 24.0)
