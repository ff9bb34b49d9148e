"""A solution drawn over a simulation, with the ratio of the two below; legible in grey."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from diagrams.dynamics.solution import Given, Solution
from diagrams.errors import BadInput, OutsideDomain
from diagrams.export.curve_svg import number_svg as _n
from diagrams.export.curve_svg import words_svg
from diagrams.export.simulation_svg import DECADES, FONT, INK, LIGHT, MIDDLE
from diagrams.export.svg import escape
from diagrams.flow.simulation import Simulation

WIDTH, HEIGHT = 640.0, 520.0
LEFT, RIGHT = 76.0, 620.0
UPPER, LOWER = (44.0, 318.0), (346.0, 442.0)
"""Top and bottom of the panel of curves and of that of ratios."""

MEAN = "#8A8A8A"
RATIOS = (0.1, 10.0)
"""Ratios beyond these do not stretch the lower panel."""

Curve = Sequence[float]


@dataclass(frozen=True)
class _Panel:
    """From times and values to places in a strip of the page."""

    first: float
    last: float
    low: float
    high: float
    top: float
    bottom: float
    logarithmic: bool

    def x(self, t: float) -> float:
        return LEFT + (RIGHT - LEFT) * (t - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        low, high, place = map(self._height, (self.low, self.high, value))
        part = min(max((place - low) / (high - low), 0.0), 1.0)
        return self.bottom - (self.bottom - self.top) * part

    def _height(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.logarithmic else value


def comparison_svg(found: Simulation, solution: Solution, digits: int = 8) -> str:
    """Return a plot of a simulation and of the solution at its sizes and times, as SVG text.

    Wide grey line: the mean of the seeds, in a band of two standard errors either way.  Dashed:
    their median.  Thin and black: the solution, evaluated to ``digits`` digits, as far as it
    exists.  Below are mean and median divided by the solution.

    Raises :class:`~diagrams.errors.BadInput` if the two are not about one problem, and
    :class:`~diagrams.errors.OutsideDomain` if the solution has no value at any time but zero.

    >>> from diagrams.dynamics.solving import solve
    >>> from diagrams.flow import simulate
    >>> from diagrams.problems.cp import cp_problem
    >>> problem = cp_problem(order=3, target="zero", ties="asym")
    >>> run = simulate(problem, p=8, H=4, sigma=0.5, until=1, seeds=4, points=5)
    >>> picture = comparison_svg(run, solve(problem, regime="A"))
    >>> [picture.count(f"<title>{name}</title>") for name in ("mean", "median", "solution")]
    [2, 2, 2]
    """
    if found.problem != solution.problem:
        raise BadInput("solution", solution.problem.spec, f"one of {found.problem.spec}")
    theory = _theory(found, solution, digits)
    bands = [
        (m - 2 * e, m + 2 * e) if e is not None else (math.nan, math.nan)
        for m, e in zip(found.mean, found.standard_error, strict=True)
    ]
    lower, upper = [a for a, _ in bands], [b for _, b in bands]
    times = found.times
    ends = (min(0.0, *times), max(0.0, *times))
    curves = _panel(ends, UPPER, [found.mean, found.median, theory])
    over = [_ratio(curve, theory) for curve in (found.mean, found.median, lower, upper)]
    ratios = _panel(ends, LOWER, [over[0], over[1], [1.0]], RATIOS)
    black = f'stroke="{INK}" stroke-width="1.4"'
    dashed = f'{black} stroke-dasharray="7,4"'
    wide = f'stroke="{MEAN}" stroke-width="4"'
    body = [
        _band(curves, times, lower, upper, MIDDLE),
        _band(ratios, times, over[2], over[3], MIDDLE),
        _curve(curves, times, found.mean, "mean", wide),
        _curve(ratios, times, over[0], "mean", wide),
        _curve(curves, times, found.median, "median", dashed),
        _curve(ratios, times, over[1], "median", dashed),
        _curve(curves, times, theory, "solution", black),
        _curve(ratios, ends, (1.0, 1.0), "solution", black),
        _frame(curves, "L(t)", False),
        _frame(ratios, "ratio", True),
        _legend(wide, dashed, black),
    ]
    sizes = ", ".join(f"{name} = {value:.6g}" for name, value in found.sizes)
    counted = "1 seed" if found.seeds == 1 else f"{found.seeds} seeds"
    title = f"{found.problem.title}: regime {solution.regime} and simulation"
    about = f"{sizes}; {counted}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(WIDTH)}" height="{_n(HEIGHT)}"'
        f' viewBox="0 0 {_n(WIDTH)} {_n(HEIGHT)}" role="img" font-family="{FONT}"'
        f' font-size="12" fill="{INK}"><title>{escape(title)}</title>'
        f"<desc>{escape(about)}. Solution: {escape(str(solution.evidence))}. Simulation:"
        f" {escape(str(found.evidence))}</desc>"
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>{"".join(body)}'
        f"{words_svg(WIDTH / 2, 18, title, size=13)}"
        f"{words_svg(WIDTH / 2, 34, about, size=11)}</svg>\n"
    )


# -- values -------------------------------------------------------------------------------


def _theory(found: Simulation, solution: Solution, digits: int) -> list[float]:
    """The solution at the times of a simulation; not a number from where it ends.

    Times lead away from zero and the domain is an interval around it, so that a search by
    halves finds the end.
    """
    values: dict[str, Given] = {}
    for name, number in found.sizes:
        if name in ("scale", "decay"):
            name = str(getattr(found.problem, name))
        if name in solution.symbols:
            values[name] = int(number) if name in found.problem.sizes else number
    known: list[float] = []
    good, bad = 0, len(found.times) + 1
    while good + 1 < bad:
        count = len(found.times) if not good and bad > len(found.times) else (good + bad) // 2
        try:
            curve = solution.curve(found.times[:count], values, digits=digits)
        except OutsideDomain:
            if count <= 2:
                raise
            bad = count
        else:
            known, good = [float(value) for value in curve], count
    return known + [math.nan] * (len(found.times) - len(known))


def _ratio(curve: Curve, theory: Curve) -> list[float]:
    return [
        value / known if math.isfinite(known) and known else math.nan
        for value, known in zip(curve, theory, strict=True)
    ]


def _panel(
    ends: tuple[float, float],
    strip: tuple[float, float],
    curves: Iterable[Curve],
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> _Panel:
    """A window on all finite values within bounds."""
    values = [x for curve in curves for x in curve if math.isfinite(x)]
    inside = [min(max(x, bounds[0]), bounds[1]) for x in values] or [0.0, 1.0]
    low, high = min(inside), max(inside)
    if low > 0 and high > low * 10**DECADES:
        return _Panel(*ends, max(low, high * 1e-16) / 1.3, high * 1.3, *strip, True)
    room = max(0.08 * (high - low), 0.02 * abs(high)) or 1.0  # no picture of rounding errors
    floor = 0.0 if 0 <= low < 0.3 * high else low - room
    return _Panel(*ends, floor, high + room, *strip, False)


# -- drawing ------------------------------------------------------------------------------


def _runs(values: Curve) -> Iterable[range]:
    """Stretches of places with finite values."""
    breaks = [-1, *(k for k, value in enumerate(values) if not math.isfinite(value)), len(values)]
    return [range(a + 1, b) for a, b in pairwise(breaks) if b > a + 1]


def _points(panel: _Panel, times: Curve, values: Curve, places: Iterable[int]) -> str:
    return " ".join(f"{_n(panel.x(times[j]))},{_n(panel.y(values[j]))}" for j in places)


def _curve(panel: _Panel, times: Curve, values: Curve, name: str, pen: str) -> str:
    return "".join(
        f'<polyline points="{_points(panel, times, values, run)}" fill="none" {pen}>'
        f"<title>{name}</title></polyline>"
        for run in _runs(values)
    )


def _band(panel: _Panel, times: Curve, low: Curve, high: Curve, shade: str) -> str:
    pieces = []
    for run in _runs([a + b for a, b in zip(low, high, strict=True)]):
        corners = f"{_points(panel, times, low, run)} {_points(panel, times, high, run[::-1])}"
        pieces.append(f'<polygon points="{corners}" fill="{shade}" stroke="{LIGHT}"/>')
    return "".join(pieces)


def _frame(panel: _Panel, name: str, labelled: bool) -> str:
    pieces = [
        f'<rect x="{_n(LEFT)}" y="{_n(panel.top)}" width="{_n(RIGHT - LEFT)}"'
        f' height="{_n(panel.bottom - panel.top)}" fill="none" stroke="{INK}"/>',
        words_svg(LEFT - 9, panel.top - 8, name, anchor="end", style="italic"),
    ]
    for t in _ticks(panel.first, panel.last, 6):
        pieces.append(_line(panel.x(t), panel.bottom, panel.x(t), panel.bottom + 5))
        if labelled:
            pieces.append(words_svg(panel.x(t), panel.bottom + 18, f"{t:g}"))
    if labelled:
        pieces.append(words_svg(RIGHT, panel.bottom + 33, "t", anchor="end", style="italic"))
    heights = _decades(panel.low, panel.high) if panel.logarithmic else []
    if len(heights) < 2:
        count = 5 if panel.bottom - panel.top > 150 else 3
        heights = [h for h in _ticks(panel.low, panel.high, count) if h > panel.low or not h]
    for height in heights:
        pieces.append(_line(LEFT - 5, panel.y(height), LEFT, panel.y(height)))
        pieces.append(words_svg(LEFT - 9, panel.y(height) + 4, f"{height:g}", anchor="end"))
    return "".join(pieces)


def _legend(wide: str, dashed: str, black: str) -> str:
    row, left = HEIGHT - 20, LEFT
    pieces = []
    for pen, text, room in (
        (wide, "mean of seeds ± 2 s.e.", 190),
        (dashed, "median", 110),
        (black, "solution", 110),
    ):
        if pen == wide:
            pieces.append(
                f'<rect x="{_n(left)}" y="{_n(row - 7)}" width="28" height="14" fill="{MIDDLE}"/>'
            )
        pieces.append(f'<path d="M{_n(left)},{_n(row)}h28" fill="none" {pen}/>')
        pieces.append(words_svg(left + 34, row + 4, text, anchor="start"))
        left += room
    return "".join(pieces)


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from low to high, about ``count``."""
    rough = (high - low) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    return [10.0**k for k in range(first, last + 1, max(1, math.ceil((last - first + 1) / 6)))]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{_n(x1)},{_n(y1)}L{_n(x2)},{_n(y2)}" stroke="{INK}" stroke-width="0.9"/>'
