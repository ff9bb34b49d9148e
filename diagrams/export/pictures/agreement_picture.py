"""Theory over experiment as a picture: curves, their ratio, and the deviation against the size.

Legible in grey: the mean is wide and grey in a band of two standard errors, the median dashed,
the solution thin and black, the exact series dotted as far as it goes.  For ``t < 0`` there is no
mean to show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter

from diagrams.agreement.agreement import Agreement
from diagrams.agreement.size_scaling import GOAL, SizeScaling, rounded
from diagrams.export.pictures import panels
from diagrams.export.pictures.panels import DASHED, DOTTED, LIGHT, MIDDLE, THIN, WIDE, Style
from diagrams.export.pictures.recorder import sketch_of
from diagrams.export.pictures.simulation_picture import sizes_text
from diagrams.export.pictures.sketch import Sketch
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.export.pictures.sketch_tikz import sketch_tikz
from diagrams.flow.curves import Array
from diagrams.problems.structure import structure

CURVES, RATIO, SIZES = 260.0, 105.0, 130.0
"""Heights of the three panels."""

RATIOS = (0.1, 10.0)
"""Ratios beyond these do not stretch their panel."""

EARLY_PART = 0.12
"""A series that is drawn over less than this part of the window gets a picture of its own .."""

CORNERS = ((0.54, 0.5), (0.14, 0.1), (0.14, 0.5), (0.54, 0.1))
""".. in one of these places of the panel, without curves."""

DOT: Style = {"marker": "o", "markersize": 6, "linestyle": "none", "color": "0"}
HOLLOW: Style = {**DOT, "markerfacecolor": "1"}
END: Style = {"color": "0.35", "linewidth": 0.75, "linestyle": (0, (4, 4))}


@panels.grey
def agreement_sketch(found: Agreement) -> Sketch:
    """Return the picture of one agreement.

    >>> from diagrams.agreement import compare
    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=3, ties="asym", target="zero")
    >>> found = compare(free, "A", p=8, H=4, sigma=0.3, until=2, sizes=(), terms=2)
    >>> sorted({trace.meaning for trace in agreement_sketch(found).traces} - {""})
    ['exact series', 'mean', 'solution']
    """
    run, scaling = found.simulation, found.scaling
    title = (
        f"{run.problem.title}{f': regime {found.regime}' if found.theory else ''} and simulation"
    )
    high = [CURVES + RATIO * bool(found.theory), *([SIZES] if scaling else [])]
    figure = panels.page(640, sum(high) + 90, title)
    upper, *lower = np.ravel(figure.subfigures(len(high), 1, squeeze=False, height_ratios=high))
    _draw_cell(upper, found)
    if scaling is not None:
        _draw_sizes(lower[0].subplots(), scaling)
    panels.legend(figure, _entries([found]))
    return sketch_of(figure, title, f"{sizes_text(run)}. {_described(found)}")


def agreement_svg(found: Agreement) -> str:
    """Return the picture as SVG text: curves, ratio, deviation against size."""
    return sketch_svg(agreement_sketch(found))


def agreement_tikz(found: Agreement, standalone: bool = False) -> str:
    """Return the picture of an agreement as TikZ; with ``standalone`` a document around it."""
    return sketch_tikz(agreement_sketch(found), standalone, found.simulation.problem.symbols)


@panels.grey
def agreements_sketch(
    found: Sequence[Agreement], names: Sequence[str], title: str, columns: int = 2
) -> Sketch:
    """Return several agreements side by side, in rows of ``columns``, under one legend.

    >>> from diagrams.agreement import compare
    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=3, ties="asym", target="zero")
    >>> one = compare(free, "A", p=8, H=4, sigma=0.3, until=2, seeds=4, sizes=(), terms=-1)
    >>> round(agreements_sketch([one, one], ["a", "b"], "Twice").width)
    860
    """
    columns = min(columns, len(found))
    rows = math.ceil(len(found) / columns)
    wide = 430 if columns < 3 else 340
    figure = panels.page(columns * wide, rows * (CURVES + RATIO + 40) + 70, title)
    cells = np.ravel(figure.subfigures(rows, columns, squeeze=False))
    for cell, one, name in zip(cells, found, names, strict=False):
        cell.suptitle(name)
        _draw_cell(cell, one)
    panels.legend(figure, _entries(found))
    return sketch_of(figure, title, ". ".join(map(_described, found)))


def _described(found: Agreement) -> str:
    """What the picture shows as a sentence."""
    known = f" Solution: {found.theory.evidence}." if found.theory else ""
    return f"{found.evidence}.{known} Simulation: {found.simulation.evidence}"


# -- cells --------------------------------------------------------------------------------


def _draw_cell(figure: FigureBase, found: Agreement) -> None:
    """Draw curves and, with a theory, their ratio below."""
    theory = _theory(found)
    heights = [CURVES, RATIO] if found.theory else [CURVES]
    upper, *ratio = np.ravel(figure.subplots(len(heights), 1, height_ratios=heights, sharex=True))
    panels.named(upper, _loss_name(found), "" if ratio else "t", sizes_text(found.simulation))
    _draw_all(found, upper, theory)
    upper.set_xlim(min(0.0, *found.times), max(0.0, *found.times))
    _draw_early(found, upper, theory)
    for lower in ratio:
        panels.named(lower, "simulation / solution")
        unit = np.where(theory == 0, np.nan, theory)
        edges = [(edge - found.constant) / unit for one in _bands(found) for edge in one[:2]]
        compared = [curve / unit for curve in _curves(found)]
        panels.window(lower, [*compared, *edges, [1.0]], RATIOS)
        _draw_simulation(found, lower, unit)
        lower.plot(upper.get_xlim(), (1.0, 1.0), gid="solution", **THIN)
    if found.theory is not None and found.theory.ends is not None:
        for axes in (upper, *ratio):
            axes.axvline(found.theory.ends, gid="the solution ends here", **END)


def _loss_name(found: Agreement) -> str:
    if not found.constant:
        return "L(t)"
    constant = str(structure(found.simulation.problem).constant).replace("*", " ")
    return f"L(t) \N{MINUS SIGN} {constant}"


def _curves(found: Agreement) -> list[Array]:
    """What is compared, less the constant: the curve, and the median where it is shown, too."""
    curves = [found.curve, *([found.simulation.median] if found.apart else [])]
    return [np.asarray(curve, dtype=float) - found.constant for curve in curves]


def _theory(found: Agreement) -> Array:
    """The solution, less the constant."""
    values = found.theory.values if found.theory else [None] * len(found.times)
    return np.array([math.nan if x is None else x for x in values]) - found.constant


def _draw_all(found: Agreement, axes: Axes, theory: Array, count: int | None = None) -> None:
    """Draw the simulation, the exact series as far as it holds, and the solution.

    Curves that blow up are cut at a hundred times where they start; ``count`` times decide.
    """
    shown = [curve[:count] for curve in (*_curves(found), theory)]
    start = max((abs(curve[0]) for curve in shown if math.isfinite(curve[0])), default=1.0)
    panels.window(axes, shown, (-math.inf, 100 * start))
    _draw_simulation(found, axes, 1.0)
    series = found.series
    if series is not None:
        times = np.linspace(0.0, found.series_drawn, 121)
        values = [series.truncated(float(t))[0] - found.constant for t in times]
        axes.plot(times, values, gid="exact series", **DOTTED)
        leaves = found.series_leaves
        if leaves is not None:
            height = series.truncated(leaves)[0] - found.constant
            axes.plot(
                leaves, height, gid=f"the series leaves the curve at t = {leaves:.3g}", **HOLLOW
            )
    axes.plot(found.times, theory, gid="solution", **THIN)


def _draw_simulation(found: Agreement, axes: Axes, unit: Any) -> None:
    """Draw the simulated curves less the constant, over a unit."""
    run, less = found.simulation, found.constant
    for low, high, shade, meaning in _bands(found):
        panels.band(axes, found.times, (low - less) / unit, (high - less) / unit, shade, meaning)
    if found.statistic == "mean":
        axes.plot(found.times, (run.mean - less) / unit, gid="mean", **WIDE)
    if found.apart:
        axes.plot(found.times, (run.median - less) / unit, gid="median", **DASHED)


def _bands(found: Agreement) -> Iterator[tuple[Array, Array, str, str]]:
    """The bands of a simulation, wide ones first: edges, shade, meaning."""
    run = found.simulation
    if found.apart:
        quantiles = dict(run.quantiles)
        yield quantiles[min(quantiles)], quantiles[max(quantiles)], LIGHT, "10 % to 90 %"
    if found.statistic == "mean":
        errors = 2 * run.standard_error
        yield run.mean - errors, run.mean + errors, MIDDLE, "mean, two standard errors"


def _draw_early(found: Agreement, whole: Axes, theory: Array) -> None:
    """Draw the early times apart, in the empty corner, where the series is too short to be seen."""
    end = found.series_drawn * 1.1
    if found.series is None or not 0 < abs(end) < EARLY_PART * abs(found.times[-1]):
        return
    curves = [*_curves(found), theory]
    if found.apart:
        curves += [curve - found.constant for _, curve in found.simulation.quantiles]
    lines = [whole.transData.transform(np.column_stack([found.times, curve])) for curve in curves]
    places = whole.transAxes.inverted().transform(np.concatenate(lines))
    for left, low in CORNERS:
        inside = (places > (left - 0.08, low - 0.14)) & (places < (left + 0.43, low + 0.48))
        if not inside.all(axis=1).any():
            axes = panels.named(whole.inset_axes((left, low, 0.42, 0.4)), "early times", "")
            count = int(np.sum(np.abs(found.times) <= abs(end))) + 1
            _draw_all(found, axes, theory, count)
            axes.set_xlim(min(0.0, end), max(0.0, end))
            return


# -- sizes --------------------------------------------------------------------------------


def _draw_sizes(axes: Axes, scaling: SizeScaling) -> None:
    """Draw the deviations against the lead, their power law and the line of one per cent."""
    percents = np.array([100 * point.deviation for point in scaling.points])
    errors = np.array([200 * (point.error or 0.0) for point in scaling.points])
    sizes = [float(point.size) for point in scaling.points]
    needed = scaling.needed
    shown = [*sizes, needed] if needed is not None and needed < 40 * max(sizes) else sizes
    name = f"largest deviation, % of the range of the solution: {_sizes_verdict(scaling)}"
    panels.named(axes, name, scaling.lead)
    axes.set_xscale("log")
    axes.set_xlim(min(shown) / 1.25, max(shown) * 1.25)
    panels.marked(axes.xaxis, True)
    axes.xaxis.set_major_locator(
        FixedLocator(_apart(shown, math.log(max(shown) / min(shown)) / 20))
    )
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: rounded(x) if x == needed else f"{x:g}")
    )
    panels.window(axes, [[50 * GOAL, 200 * GOAL], percents / 1.5, percents * 1.5])
    axes.axhline(100 * GOAL, gid="one per cent", **DASHED)
    if scaling.law is not None:
        constant, exponent, _ = scaling.law
        ends = np.array(axes.get_xlim())
        axes.plot(ends, 100 * constant * ends**-exponent, gid="power law", **THIN)
    axes.vlines(sizes, percents - errors, percents + errors, color="0", linewidth=0.7)
    for size, percent in zip(sizes, percents, strict=True):
        axes.plot(size, percent, gid=f"{scaling.lead} = {size:g}: {percent:.2g} %", **DOT)


def _sizes_verdict(scaling: SizeScaling) -> str:
    """How the deviation goes with the size, in a few words."""
    if scaling.law is None:
        noisy = not any(point.clear for point in scaling.points)
        return "within the statistical error: more seeds tell" if noisy else "no law"
    _, exponent, error = scaling.law
    end = "" if scaling.needed is None else f"; 1 % at {scaling.lead} = {rounded(scaling.needed)}"
    return f"falls like 1/{scaling.lead}^({exponent:.2f} ± {error:.2f}){end}"


def _apart(sizes: Sequence[float], room: float) -> list[float]:
    """Sizes whose names do not overlap on a logarithmic axis, the first ones kept."""
    kept: list[float] = []
    for size in sizes:
        if all(abs(math.log(size / other)) > room for other in kept):
            kept.append(size)
    return kept


def _entries(found: Sequence[Agreement]) -> list[Any]:
    """The legend of what occurs in some agreements."""
    apart = any(one.apart for one in found)
    kinds: list[tuple[bool, str, Style]] = [
        (any(one.statistic == "mean" for one in found), "simulated mean ± 2 s.e.", WIDE),
        (apart, "median of the seeds", DASHED),
        (any(one.theory for one in found), "solution", THIN),
        (any(one.series for one in found), "exact series", DOTTED),
        (any(one.series_leaves for one in found if one.series), "where the series leaves", HOLLOW),
    ]
    lines: list[Any] = [Line2D([], [], label=name, **style) for kept, name, style in kinds if kept]
    return lines + [panels.region("10 % to 90 % of the seeds", LIGHT)] * apart
