"""Simulations as SVG: mean with its error band, median, quantiles; legible in grey."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diagrams.export.curve_svg import number_svg as _n
from diagrams.export.curve_svg import words_svg
from diagrams.export.svg import escape
from diagrams.flow.simulation import Simulation

FONT = "Georgia, 'Times New Roman', serif"
INK, MIDDLE, LIGHT = "#1F2933", "#A8A8A8", "#E2E2E2"
WIDTH, HEIGHT = 640.0, 400.0
LEFT, TOP, RIGHT, BOTTOM = 76.0, 44.0, 20.0, 78.0
DECADES = 1.5
"""The vertical axis is logarithmic from a ratio of 10 to this power on."""

Point = tuple[float, float]


@dataclass(frozen=True)
class _Axes:
    """From times and losses to places on the page."""

    left: float
    right: float
    low: float
    high: float
    logarithmic: bool

    def x(self, t: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (t - self.left) / (self.right - self.left)

    def y(self, loss: float) -> float:
        place = self._height(min(max(loss, self.low), self.high))
        low, high = self._height(self.low), self._height(self.high)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (place - low) / (high - low)

    def _height(self, loss: float) -> float:
        return math.log10(loss) if self.logarithmic else loss


def simulation_svg(found: Simulation) -> str:
    """Return the plot as SVG text.

    Solid: the mean, with a grey band of two standard errors either way.  Dashed: the median.
    The light region holds the seeds from 10 % to 90 %.  Triangles mark blow-ups.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.flow import simulate
    >>> run = simulate(cp_problem(order=2), p=2, H=1, sigma=1, until=1, seeds=4, points=9)
    >>> simulation_svg(run).count("<polyline")
    2
    """
    axes = _axes(found)
    quantiles = dict(found.quantiles)
    low, high = (quantiles[level] for level in (min(quantiles), max(quantiles)))
    errors = [
        (m - 2 * e, m + 2 * e) if e is not None else (math.nan, math.nan)
        for m, e in zip(found.mean, found.standard_error, strict=True)
    ]
    body = [
        _band(axes, found.times, low, high, LIGHT, "seeds from 10 % to 90 %"),
        _band(
            axes,
            found.times,
            [e[0] for e in errors],
            [e[1] for e in errors],
            MIDDLE,
            "mean, two standard errors either way",
        ),
        _frame(axes),
        _curve(axes, found.times, found.median, "median", ' stroke-dasharray="7,4"'),
        _curve(axes, found.times, found.mean, "mean", ""),
        *(_mark(axes, b.time) for b in found.blow_ups if b is not None),
        _legend(found),
    ]
    title = f"Loss over time: {found.problem.title}"
    sizes = ", ".join(f"{name} = {value:.6g}" for name, value in found.sizes)
    counted = "1 seed" if found.seeds == 1 else f"{found.seeds} seeds"
    about = f"{sizes}; {counted}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(WIDTH)}" height="{_n(HEIGHT)}"'
        f' viewBox="0 0 {_n(WIDTH)} {_n(HEIGHT)}" role="img" font-family="{FONT}"'
        f' font-size="12" fill="{INK}"><title>{escape(title)}</title>'
        f"<desc>{escape(about)}. {escape(str(found.evidence))}</desc>"
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>{"".join(body)}'
        f"{words_svg(WIDTH / 2, 18, found.problem.title, size=13)}"
        f"{words_svg(WIDTH / 2, 34, about, size=11)}</svg>\n"
    )


def simulation_html(found: Simulation) -> str:
    """Return the plot with the summary below it, as a piece of HTML."""
    return f"<div>{simulation_svg(found)}<pre>{escape(str(found))}</pre></div>"


# -- axes ---------------------------------------------------------------------------------


def _axes(found: Simulation) -> _Axes:
    """A window on all finite curves; blown-up seeds do not stretch it beyond the quantiles."""
    curves = [found.median, *(curve for _, curve in found.quantiles), found.mean]
    values = [x for curve in curves for x in curve if math.isfinite(x)]
    if not values:
        values = [row[0] for row in found.losses if math.isfinite(row[0])] or [1.0]
    low, high = min(values), max(values)
    if found.times[0] * found.times[-1] >= 0:
        ends = (min(0.0, *found.times), max(0.0, *found.times))
    else:
        ends = (min(found.times), max(found.times))
    logarithmic = low > 0 and high > low * 10**DECADES
    if logarithmic:
        low, high = max(low, high * 1e-16), high * 1.3
        return _Axes(*ends, low / 1.3, high, True)
    low = min(0.0, low) if low < 0.5 * high else low
    room = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
    return _Axes(*ends, low - room if low else 0.0, high + room, False)


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from low to high, about ``count``."""
    rough = (high - low) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    stride = max(1, math.ceil((last - first + 1) / 6))
    return [10.0**k for k in range(first, last + 1, stride)]


def _frame(axes: _Axes) -> str:
    floor, ceiling = HEIGHT - BOTTOM, TOP
    pieces = [
        f'<rect x="{_n(LEFT)}" y="{_n(ceiling)}" width="{_n(WIDTH - LEFT - RIGHT)}"'
        f' height="{_n(floor - ceiling)}" fill="none" stroke="{INK}" stroke-width="0.9"/>'
    ]
    for t in _ticks(axes.left, axes.right, 6):
        pieces.append(_line(axes.x(t), floor, axes.x(t), floor + 5))
        pieces.append(words_svg(axes.x(t), floor + 18, f"{t:g}"))
    heights = [] if not axes.logarithmic else _decades(axes.low, axes.high)
    if len(heights) < 2:
        heights = [h for h in _ticks(axes.low, axes.high, 5) if not axes.logarithmic or h > 0]
    for height in heights:
        pieces.append(_line(LEFT - 5, axes.y(height), LEFT, axes.y(height)))
        pieces.append(words_svg(LEFT - 9, axes.y(height) + 4, f"{height:g}", anchor="end"))
    pieces.append(words_svg(WIDTH - RIGHT, floor + 33, "t", anchor="end", style="italic"))
    pieces.append(words_svg(LEFT - 9, ceiling - 8, "L(t)", anchor="end", style="italic"))
    return "".join(pieces)


# -- curves -------------------------------------------------------------------------------


def _runs(values: Sequence[float], usable: Callable[[float], bool]) -> list[range]:
    """Stretches of places with usable values."""
    runs, first = [], None
    for place, value in enumerate([*values, math.nan]):
        if usable(value):
            first = place if first is None else first
        elif first is not None:
            runs.append(range(first, place))
            first = None
    return runs


def _curve(
    axes: _Axes, times: Sequence[float], values: Sequence[float], name: str, pen: str
) -> str:
    pieces = []
    for run in _runs(values, math.isfinite):
        points = " ".join(f"{_n(axes.x(times[j]))},{_n(axes.y(values[j]))}" for j in run)
        pieces.append(
            f'<polyline points="{points}" fill="none" stroke="{INK}" stroke-width="1.8"{pen}>'
            f"<title>{escape(name)}</title></polyline>"
        )
    return "".join(pieces)


def _band(
    axes: _Axes,
    times: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    shade: str,
    name: str,
) -> str:
    """The region between two curves; one without an upper end goes up to the frame."""
    pieces = []
    for run in _runs(low, math.isfinite):
        if len(run) < 2:
            continue
        below = [(axes.x(times[j]), axes.y(low[j])) for j in run]
        above = [(axes.x(times[j]), axes.y(high[j])) for j in reversed(run)]
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in [*below, *above])
        pieces.append(
            f'<polygon points="{corners}" fill="{shade}"><title>{escape(name)}</title></polygon>'
        )
    return "".join(pieces)


def _mark(axes: _Axes, t: float) -> str:
    """A triangle at the upper edge: a seed blows up."""
    x, y = axes.x(t), TOP
    corners = f"{_n(x - 4)},{_n(y + 8)} {_n(x + 4)},{_n(y + 8)} {_n(x)},{_n(y + 1)}"
    return (
        f'<polygon points="{corners}" fill="#FFFFFF" stroke="{INK}">'
        f"<title>a seed blows up at t = {t:.6g}</title></polygon>"
    )


def _legend(found: Simulation) -> str:
    row, left = HEIGHT - 22, LEFT
    pieces = []

    def entry(drawing: str, text: str, wide: float) -> None:
        nonlocal left
        pieces.append(f'<g transform="translate({_n(left)} {_n(row)})">{drawing}</g>')
        pieces.append(words_svg(left + 34, row + 4, text, anchor="start"))
        left += wide

    pen = f'x1="0" y1="0" x2="28" y2="0" stroke="{INK}" stroke-width="1.8"'
    if found.seeds > 1:
        band = f'<rect y="-7" width="28" height="14" fill="{MIDDLE}"/>'
        entry(f"{band}<line {pen}/>", "mean ± 2 s.e.", 132)
    else:
        entry(f"<line {pen}/>", "loss", 90)
    entry(f'<line {pen} stroke-dasharray="7,4"/>', "median", 100)
    entry(f'<rect y="-7" width="28" height="14" fill="{LIGHT}"/>', "10 % to 90 %", 130)
    if any(found.blow_ups):
        corners = f'points="10,4 18,4 14,-4" fill="#FFFFFF" stroke="{INK}"'
        entry(f"<polygon {corners}/>", "blow-up of a seed", 120)
    return "".join(pieces)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{INK}"'
        ' stroke-width="0.9"/>'
    )
