"""What plots of curves share: axes, round numbers, curves, bands, legends, on any sketch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from diagrams.export.pictures.sketch import (
    Dot,
    Pen,
    Point,
    Region,
    Segment,
    Sketch,
    Trace,
    Words,
    raised,
    text_width,
)
from diagrams.flow.curves import Array

DECADES = 1.5
"""An axis of positive numbers is logarithmic from a ratio of 10 to this power on."""

DEEPEST = 1e-16
"""Values below this part of the largest one do not stretch a logarithmic axis."""

LABEL = 11.0
"""The size of the numbers at the axes."""

SAMPLE = 28.0
"""The length of a line in a legend."""

THIN = Pen(1.4)
DASHED = Pen(1.4, 0.0, (7.0, 4.0))
DOTTED = Pen(2.2, 0.0, (2.0, 3.0))
WIDE = Pen(4.0, 0.54)
MIDDLE, LIGHT = 0.72, 0.89
"""Greys of the bands of standard errors and of quantiles."""

Curve = Sequence[float] | Array


@dataclass(frozen=True)
class Box:
    """A rectangle of the page."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Axis:
    """From values to a length of the page."""

    low: float
    high: float
    logarithmic: bool = False

    def part(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end."""
        low, high, place = map(self._height, (self.low, self.high, value))
        return (place - low) / (high - low)

    def _height(self, value: float) -> float:
        if not self.logarithmic:
            return value
        return math.log10(value) if value > 0 else math.log10(self.low) - 1

    def marks(self, count: int) -> list[tuple[float, str]]:
        """Round values with their names, about ``count``, or the decades.

        >>> [name for _, name in Axis(0.5, 2000.0, True).marks(5)]
        ['1', '10', '10^2', '10^3']
        >>> [name for _, name in Axis(0.0, 1.0).marks(5)]
        ['0', '0.2', '0.4', '0.6', '0.8', '1']
        """
        listed = decades(self.low, self.high) if self.logarithmic else []
        if len(listed) >= 2:
            return [(10.0**k, decade_name(k)) for k in listed]
        found = ticks(self.low, self.high, count)
        if len(found) < 2:
            found = ticks(self.low, self.high, 2 * count)
        if self.logarithmic:  # few round numbers, those that halve and double
            found = [x for x in found if x > 0]
            found = doublings(self.low, self.high) if len(found) < 2 else found
        return [(x, number_name(x)) for x in found]


@dataclass(frozen=True)
class Panel:
    """A box with two axes."""

    box: Box
    across: Axis
    up: Axis

    def at(self, x: float, y: float) -> Point:
        """The place of a pair of values on the page."""
        box = self.box
        return (
            box.left + (box.right - box.left) * self.across.part(x),
            box.bottom - (box.bottom - box.top) * self.up.part(y),
        )

    def inside(self, y: float) -> float:
        """The nearest height of the page within the box."""
        return min(max(y, self.box.top), self.box.bottom)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return round numbers from low to high, about ``count``."""
    rough = (high - low) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    listed = [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]
    return [round(x, 12 - math.floor(math.log10(step))) for x in listed]


def decades(low: float, high: float) -> list[int]:
    """Return powers of ten between two positive numbers, seven at most."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    return list(range(first, last + 1, max(1, math.ceil((last - first + 1) / 6))))


def doublings(low: float, high: float) -> list[float]:
    """Return powers of two between two positive numbers."""
    first, last = math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9)
    return [2.0**k for k in range(first, last + 1)]


def decade_name(power: int) -> str:
    """Return the name of a power of ten, raised where that is shorter."""
    if 0 <= power <= 1:
        return str(10**power)
    return f"10^({power})" if power < 0 else f"10^{power}"


def number_name(value: float) -> str:
    """Return a number at an axis; a large or a small one with its power of ten raised.

    >>> number_name(0.25), number_name(1.5e6)
    ('0.25', '1.5·10^6')
    """
    if not value or 1e-4 <= abs(value) < 1e5:
        return f"{value:g}".replace("-", "\N{MINUS SIGN}")
    digits, power = f"{value:e}".split("e")
    return f"{number_name(float(digits))}·{decade_name(int(power))}"


def window(curves: Iterable[Curve], bounds: tuple[float, float] = (-math.inf, math.inf)) -> Axis:
    """Return the axis that shows all finite values within bounds.

    >>> window([[1.0, 2.0]]), window([[1.0, 100.0]]).logarithmic
    (Axis(low=0.92, high=2.08, logarithmic=False), True)
    """
    values = [x for curve in curves for x in curve if math.isfinite(x)]
    shown = [min(max(x, bounds[0]), bounds[1]) for x in values] or [0.0, 1.0]
    low, high = min(shown), max(shown)
    if high > 0 and low > -high * DEEPEST and low < high * 10**-DECADES:
        positive = [x for x in shown if x > high * DEEPEST]
        if sum(x <= high * 10**-DECADES for x in positive):
            return Axis(min(positive) / 1.3, high * 1.3, True)
    room = max(0.08 * (high - low), 0.02 * abs(high)) or 1.0  # no picture of rounding errors
    floor = 0.0 if 0 <= low < 0.3 * high else low - room
    return Axis(floor, high + room)


# -- drawing ------------------------------------------------------------------------------


def draw_frame(
    sketch: Sketch,
    panel: Panel,
    name: str,
    under: str = "",
    numbers: bool = True,
    marks: Sequence[tuple[float, str]] | None = None,
) -> None:
    """Draw the frame, the ticks and the numbers; ``under`` names the axis below.

    ``marks`` are the values to be marked across, round ones by default.
    """
    box = panel.box
    corners = [
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    ]
    for one, other in pairwise([*corners, corners[0]]):
        sketch.segments.append(Segment(one, other, "axis"))
    words = sketch.words
    room = int((box.right - box.left) // 85) + 1
    for x, label in panel.across.marks(min(room, 6)) if marks is None else marks:
        at = panel.at(x, panel.up.low)[0]
        sketch.segments.append(Segment((at, box.bottom), (at, box.bottom + 5), "axis"))
        if numbers:
            words.append(Words((at, box.bottom + 14), raised(label), LABEL))
    if under and numbers:
        words.append(Words((box.right, box.bottom + 28), raised(under), anchor="end"))
    for y, label in panel.up.marks(5 if box.bottom - box.top > 150 else 3):
        at = panel.at(panel.across.low, y)[1]
        sketch.segments.append(Segment((box.left - 5, at), (box.left, at), "axis"))
        words.append(Words((box.left - 8, at), raised(label), LABEL, anchor="end"))
    if name:
        words.append(Words((box.left, box.top - 9), raised(name), anchor="start"))


def draw_curve(
    sketch: Sketch, panel: Panel, times: Curve, values: Curve, pen: Pen, meaning: str
) -> None:
    """Draw a curve where it is finite and within the panel."""
    times, (values,) = _between(panel, times, [values])
    for run in _runs(values):
        places = [panel.at(times[k], values[k]) for k in run]
        for piece in _clipped(places, panel.box):
            if len(piece) > 1:
                sketch.traces.append(Trace(tuple(piece), pen, meaning))


def draw_band(
    sketch: Sketch,
    panel: Panel,
    times: Curve,
    low: Curve,
    high: Curve,
    shade: float,
    meaning: str,
) -> None:
    """Draw the region between two curves; one without an upper end goes up to the frame."""
    times, (low, high) = _between(panel, times, [low, high])
    for run in _runs(low):
        if len(run) < 2:
            continue
        edge = panel.up.high
        below = [panel.at(times[k], low[k]) for k in run]
        above = [panel.at(times[k], high[k] if math.isfinite(high[k]) else edge) for k in run[::-1]]
        corners = tuple((x, panel.inside(y)) for x, y in [*below, *above])
        sketch.regions.append(Region(corners, shade, meaning))


def draw_ends(sketch: Sketch, panel: Panel, x: float, meaning: str) -> None:
    """Draw a dashed upright line where something ends."""
    at = panel.at(x, panel.up.high)[0]
    ends = ((at, panel.box.top), (at, panel.box.bottom))
    sketch.traces.append(Trace(ends, Pen(1.0, 0.35, (3.0, 3.0)), meaning))


def draw_dot(sketch: Sketch, panel: Panel, x: float, y: float, filled: bool, meaning: str) -> None:
    """Draw a point."""
    sketch.dots.append(Dot(panel.at(x, y), filled, 4.2, meaning))


def draw_triangle(sketch: Sketch, x: float, y: float, meaning: str) -> None:
    """Draw a small triangle whose tip is at a place of the page."""
    sketch.regions.append(Region(((x - 4, y + 8), (x + 4, y + 8), (x, y + 1)), 0.45, meaning))


@dataclass(frozen=True)
class Entry:
    """A line of a legend: what is drawn, and what it is called."""

    text: str
    pen: Pen | None = None
    shade: float | None = None
    dot: bool | None = None
    triangle: bool = False


def draw_legend(
    sketch: Sketch, entries: Sequence[Entry], left: float, top: float, right: float
) -> float:
    """Draw a legend in as many lines as it needs; return its height."""
    x, y = left, top
    for entry in entries:
        wide = SAMPLE + 6 + 0.9 * text_width(raised(entry.text), LABEL) + 16
        if x > left and x + wide > right:
            x, y = left, y + 18
        if entry.shade is not None:
            corners = ((x, y - 7), (x + SAMPLE, y - 7), (x + SAMPLE, y + 7), (x, y + 7))
            sketch.regions.append(Region(corners, entry.shade, "legend"))
        if entry.pen is not None:
            sketch.traces.append(Trace(((x, y), (x + SAMPLE, y)), entry.pen, "legend"))
        if entry.dot is not None:
            sketch.dots.append(Dot((x + SAMPLE / 2, y), entry.dot, 4.2, "legend"))
        if entry.triangle:
            draw_triangle(sketch, x + SAMPLE / 2, y - 4, "legend")
        sketch.words.append(Words((x + SAMPLE + 6, y), raised(entry.text), LABEL, anchor="start"))
        x += wide
    return y - top + 18


def _between(
    panel: Panel, times: Curve, curves: Sequence[Curve]
) -> tuple[list[float], list[list[float]]]:
    """The part of curves within the times of a panel, with values at its very end."""
    low, high = panel.across.low, panel.across.high
    kept = [k for k, t in enumerate(times) if low <= t <= high]
    found = [times[k] for k in kept], [[curve[k] for k in kept] for curve in curves]
    last = kept[-1] if kept else 0
    if kept and last + 1 < len(times):  # the panel ends between two times
        before, after = times[last], times[last + 1]
        edge = high if after > high else low
        part = (edge - before) / (after - before)
        found[0].append(edge)
        for own, curve in zip(found[1], curves, strict=True):
            own.append(curve[last] + part * (curve[last + 1] - curve[last]))
    return found


def _runs(values: Curve) -> list[range]:
    """Stretches of places with finite values."""
    breaks = [-1, *(k for k, value in enumerate(values) if not math.isfinite(value)), len(values)]
    return [range(a + 1, b) for a, b in pairwise(breaks) if b > a + 1]


def _clipped(places: Sequence[Point], box: Box) -> list[list[Point]]:
    """The pieces of a line between the upper and the lower edge of a box."""
    pieces: list[list[Point]] = [[]]

    def within(spot: Point) -> bool:
        return box.top - 0.01 <= spot[1] <= box.bottom + 0.01

    for k, spot in enumerate(places):
        before = places[k - 1] if k else None
        if before is not None and within(before) != within(spot):
            out = spot if within(before) else before
            edge = box.top if out[1] < box.top else box.bottom
            part = (edge - before[1]) / (spot[1] - before[1])
            pieces[-1].append((before[0] + part * (spot[0] - before[0]), edge))
            if within(before):
                pieces.append([])
        if within(spot):
            pieces[-1].append(spot)
    return [piece for piece in pieces if piece]
