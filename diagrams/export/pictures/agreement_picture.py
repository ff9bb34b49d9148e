"""Theory over experiment as a picture: curves, their ratio, and the deviation against the size.

Legible in grey: the mean is wide and grey in a band of two standard errors, the median dashed,
the solution thin and black, the exact series dotted as far as it goes.  For ``t < 0`` there is no
mean to show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from diagrams.agreement.agreement import Agreement
from diagrams.agreement.size_scaling import GOAL, SizeScaling, rounded
from diagrams.export.pictures.axes import (
    DASHED,
    DOTTED,
    LIGHT,
    MIDDLE,
    THIN,
    WIDE,
    Axis,
    Box,
    Curve,
    Entry,
    Panel,
    draw_band,
    draw_curve,
    draw_dot,
    draw_ends,
    draw_frame,
    draw_legend,
    window,
)
from diagrams.export.pictures.simulation_picture import sizes_text, time_axis
from diagrams.export.pictures.sketch import Segment, Sketch, Words, raised
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.export.pictures.sketch_tikz import sketch_tikz
from diagrams.problems.structure import structure

WIDTH = 640.0
LEFT, RIGHT = 62.0, 16.0
HEAD, CURVES, RATIO, SIZES, GAP = 52.0, 260.0, 92.0, 118.0, 30.0
"""Heights of the title, of the three panels, and of what is between them."""

RATIOS = (0.1, 10.0)
"""Ratios beyond these do not stretch their panel."""

SERIES_POINTS = 120

EARLY_PART = 0.12
"""A series that is drawn over less than this part of the window gets a picture of its own."""


def agreement_sketch(found: Agreement) -> Sketch:
    """Return the picture of one agreement.

    >>> from diagrams.agreement import compare
    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=3, ties="asym", target="zero")
    >>> found = compare(free, "A", p=8, H=4, sigma=0.3, until=2, sizes=(), terms=2)
    >>> sorted({trace.meaning for trace in agreement_sketch(found).traces} - {"legend"})
    ['exact series', 'mean', 'solution']
    """
    run = found.simulation
    head = f": regime {found.regime}" if found.theory else ""
    sketch = Sketch(
        f"{run.problem.title}{head} and simulation",
        f"{sizes_text(run)}. {described(found)}",
        WIDTH,
        0.0,
    )
    sketch.words.append(Words((WIDTH / 2, 14), raised(sketch.title), 13))
    sketch.words.append(Words((WIDTH / 2, 31), raised(sizes_text(run)), 11))
    box = Box(LEFT, HEAD, WIDTH - RIGHT, HEAD + CURVES + (GAP + RATIO if found.theory else 0))
    bottom = draw_cell(sketch, found, box) + 38
    if found.scaling is not None:
        top = bottom + GAP - 16
        _draw_sizes(sketch, found.scaling, Box(LEFT, top, WIDTH - RIGHT, top + SIZES))
        bottom = top + SIZES + 52
    bottom += draw_legend(sketch, legend([found]), LEFT, bottom, WIDTH - RIGHT)
    sketch.height = bottom + 2
    return sketch


def agreement_svg(found: Agreement) -> str:
    """Return the picture as SVG text: curves, ratio, deviation against size."""
    return sketch_svg(agreement_sketch(found))


def agreement_tikz(found: Agreement, standalone: bool = False) -> str:
    """Return the picture of an agreement as TikZ; with ``standalone`` a document around it."""
    return sketch_tikz(agreement_sketch(found), standalone, found.simulation.problem.symbols)


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
    wide = 430.0 if columns < 3 else 340.0
    cell = CURVES - 40 + GAP + RATIO
    described_all = ". ".join(described(one) for one in found)
    sketch = Sketch(title, described_all, columns * wide, 0.0)
    sketch.words.append(Words((sketch.width / 2, 16), raised(title), 14))
    bottom = 30.0
    for first in range(0, len(found), columns):
        top = bottom + 56
        for column, (one, name) in enumerate(
            zip(found[first : first + columns], names[first : first + columns], strict=True)
        ):
            left = column * wide
            middle = left + (LEFT + wide - RIGHT) / 2
            sketch.words.append(Words((middle, top - 42), raised(name), 12.5))
            sketch.words.append(Words((middle, top - 27), raised(sizes_text(one.simulation)), 10.5))
            box = Box(left + LEFT, top, left + wide - RIGHT, top + cell)
            draw_cell(sketch, one, box)
        bottom = top + cell + 36
    bottom += 8
    bottom += draw_legend(sketch, legend(found), LEFT, bottom, sketch.width - RIGHT)
    sketch.height = bottom + 2
    return sketch


def described(found: Agreement) -> str:
    """Return what the picture shows as a sentence."""
    known = f" Solution: {found.theory.evidence}." if found.theory else ""
    return f"{found.evidence}.{known} Simulation: {found.simulation.evidence}"


# -- cells --------------------------------------------------------------------------------


def draw_cell(sketch: Sketch, found: Agreement, box: Box) -> float:
    """Draw curves and, with a theory, their ratio below; return the bottom of both."""
    run, times = found.simulation, found.times
    theory = _theory(found)
    less = found.constant
    shown: list[Curve] = [found.curve, theory, *([run.median] if found.apart else [])]
    across = time_axis(times)
    split = box.bottom - RATIO - GAP if found.theory else box.bottom
    axis = _loss_axis([[x - less for x in curve] for curve in shown])
    upper = Panel(Box(box.left, box.top, box.right, split), across, axis)
    _draw_simulation(sketch, upper, found, None)
    _draw_series(sketch, upper, found)
    draw_curve(sketch, upper, times, [x - less for x in theory], THIN, "solution")
    draw_frame(sketch, upper, _loss_name(found), "t", numbers=not found.theory)
    _draw_early(sketch, found, upper, theory)
    if found.theory is None:
        return box.bottom
    ratios: list[Curve] = [found.ratios(curve) for curve in (found.curve, run.median)]
    inside: list[Curve] = [ratios[0], *(ratios[1:] if found.apart else []), [1.0]]
    inside += [found.ratios(edge) for band in _bands(found) for edge in band[:2]]
    lower = Panel(Box(box.left, split + GAP, box.right, box.bottom), across, window(inside, RATIOS))
    _draw_simulation(sketch, lower, found, [x - less for x in theory])
    draw_curve(sketch, lower, (across.low, across.high), (1.0, 1.0), THIN, "solution")
    draw_frame(sketch, lower, "simulation / solution", "t")
    if found.theory.ends is not None:
        for panel in (upper, lower):
            draw_ends(sketch, panel, found.theory.ends, "the solution ends here")
    return box.bottom


def _loss_name(found: Agreement) -> str:
    if not found.constant:
        return "L(t)"
    constant = str(structure(found.simulation.problem).constant).replace("*", " ")
    return f"L(t) \N{MINUS SIGN} {constant}"


def _draw_early(sketch: Sketch, found: Agreement, whole: Panel, theory: Curve) -> None:
    """Draw the early times apart, in the empty corner, where the series is too short to be seen."""
    end = found.series_drawn * 1.1
    if found.series is None or not 0 < abs(end) < EARLY_PART * abs(found.times[-1]):
        return
    box = _empty_corner(found, whole, theory)
    if box is None:
        return
    count = sum(abs(t) <= abs(end) for t in found.simulation.grid) + 1
    less = found.constant
    shown = [[x - less for x in curve[:count]] for curve in (found.curve, theory)]
    panel = Panel(box, time_axis((end,)), _loss_axis(shown))
    _draw_simulation(sketch, panel, found, None)
    _draw_series(sketch, panel, found)
    draw_curve(sketch, panel, found.times, [x - less for x in theory], THIN, "solution")
    draw_frame(sketch, panel, "early times")


def _empty_corner(found: Agreement, whole: Panel, theory: Curve) -> Box | None:
    """A box for a small picture in a corner that no curve enters, if there is one."""
    outer = whole.box
    wide, high = 0.44 * (outer.right - outer.left), 0.4 * (outer.bottom - outer.top)
    curves: list[Curve] = [found.curve, theory]
    if found.apart:
        quantiles = [curve for _, curve in found.simulation.quantiles]
        curves += [found.simulation.median, quantiles[0], quantiles[-1]]
    less = found.constant
    places = [
        whole.at(t, y - less)
        for curve in curves
        for t, y in zip(found.times, curve, strict=True)
        if math.isfinite(y)
    ]
    right, low = outer.right - wide - 12, outer.bottom - high - 24
    near, upper = outer.left + 68, outer.top + 26
    for left, top in ((right, upper), (near, low), (near, upper)):
        box = Box(left, top, left + wide, top + high)
        if not any(
            box.left - 40 < x < box.right + 6 and box.top - 18 < y < box.bottom + 22
            for x, y in places
        ):
            return box
    return None


def _loss_axis(curves: Sequence[Curve]) -> Axis:
    """A window on curves; those that blow up are cut at a hundred times where they start."""
    start = max((abs(curve[0]) for curve in curves if math.isfinite(curve[0])), default=1.0)
    return window(curves, (-math.inf, 100 * start))


def _draw_simulation(sketch: Sketch, panel: Panel, found: Agreement, unit: Curve | None) -> None:
    """Draw the simulated curves less the constant, over a unit if there is one."""
    run, times, less = found.simulation, found.times, found.constant
    units = [1.0] * len(times) if unit is None else unit

    def over(curve: Curve) -> list[float]:
        return [(x - less) / u if u else math.nan for x, u in zip(curve, units, strict=True)]

    for low, high, shade, meaning in _bands(found):
        draw_band(sketch, panel, times, over(low), over(high), shade, meaning)
    if found.statistic == "mean":
        draw_curve(sketch, panel, times, over(run.mean), WIDE, "mean")
    if found.apart:
        draw_curve(sketch, panel, times, over(run.median), DASHED, "median")


def _bands(found: Agreement) -> Iterator[tuple[Curve, Curve, float, str]]:
    """The bands of a simulation, wide ones first: edges, shade, meaning."""
    run = found.simulation
    if found.apart:
        quantiles = dict(run.quantiles)
        ends = (quantiles[min(quantiles)], quantiles[max(quantiles)])
        yield *ends, LIGHT, "10 % to 90 %"
    if found.statistic == "mean":
        errors = 2 * run.standard_error
        yield run.mean - errors, run.mean + errors, MIDDLE, "mean, two standard errors"


def _draw_series(sketch: Sketch, panel: Panel, found: Agreement) -> None:
    series = found.series
    if series is None:
        return
    end, less = found.series_drawn, found.constant
    times = [end * k / SERIES_POINTS for k in range(SERIES_POINTS + 1)]
    draw_curve(
        sketch, panel, times, [series.truncated(t)[0] - less for t in times], DOTTED, "exact series"
    )
    leaves = found.series_leaves
    if leaves is not None:
        height = series.truncated(leaves)[0] - less
        if panel.up.low <= height <= panel.up.high:
            meaning = f"the series leaves the curve at t = {leaves:.3g}"
            draw_dot(sketch, panel, leaves, height, False, meaning)


def _theory(found: Agreement) -> list[float]:
    if found.theory is None:
        return [math.nan] * len(found.times)
    return [math.nan if x is None else x for x in found.theory.values]


# -- sizes --------------------------------------------------------------------------------


def _draw_sizes(sketch: Sketch, scaling: SizeScaling, box: Box) -> None:
    """Draw the deviations against the lead, their power law and the line of one per cent."""
    points = scaling.points
    percents = [100 * point.deviation for point in points]
    errors = [200 * (point.error or 0.0) for point in points]
    low = min([100 * GOAL, *percents])
    sizes: list[float] = [point.size for point in points]
    needed = scaling.needed
    if needed is not None and needed < 40 * max(sizes):
        sizes.append(needed)
    panel = Panel(
        box,
        Axis(min(sizes) / 1.25, max(sizes) * 1.25, True),
        Axis(low / 2, max([100 * GOAL, *percents]) * 2, True),
    )
    ends = (panel.across.low, panel.across.high)
    goal = (100 * GOAL, 100 * GOAL)
    draw_curve(sketch, panel, ends, goal, DASHED, "one per cent")
    if scaling.law is not None:
        constant, exponent, _ = scaling.law
        law = [100 * constant * p**-exponent for p in ends]
        draw_curve(sketch, panel, ends, law, THIN, "power law")
    for size, percent, error in zip([p.size for p in points], percents, errors, strict=True):
        low_end = max(percent - error, 1e-99)
        (x, top), (_, foot) = panel.at(size, percent + error), panel.at(size, low_end)
        sketch.segments.append(Segment((x, panel.inside(top)), (x, panel.inside(foot)), "axis"))
        draw_dot(sketch, panel, size, percent, True, f"{scaling.lead} = {size}: {percent:.2g} %")
    marks = [(size, str(int(size)) if size != needed else rounded(size)) for size in sizes]
    name = f"largest deviation, % of the range of the solution: {sizes_verdict(scaling)}"
    draw_frame(sketch, panel, name, scaling.lead, marks=_apart(panel, marks))


def sizes_verdict(scaling: SizeScaling) -> str:
    """Return how the deviation goes with the size, in a few words."""
    if scaling.law is None:
        noisy = not any(point.clear for point in scaling.points)
        return "within the statistical error: more seeds tell" if noisy else "no law"
    _, exponent, error = scaling.law
    end = "" if scaling.needed is None else f"; 1 % at {scaling.lead} = {rounded(scaling.needed)}"
    return f"falls like 1/{scaling.lead}^({exponent:.2f} ± {error:.2f}){end}"


def _apart(panel: Panel, marks: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Marks whose names do not overlap, the first ones kept."""
    kept: list[tuple[float, str]] = []
    for value, name in marks:
        x = panel.at(value, panel.up.high)[0]
        if all(abs(x - panel.at(other, panel.up.high)[0]) > 34 for other, _ in kept):
            kept.append((value, name))
    return kept


def legend(found: Sequence[Agreement]) -> list[Entry]:
    """Return the legend of what occurs in some agreements."""
    entries = []
    if any(one.statistic == "mean" for one in found):
        entries.append(Entry("simulated mean ± 2 s.e.", WIDE, MIDDLE))
    if any(one.apart for one in found):
        entries.append(Entry("median of the seeds", DASHED))
        entries.append(Entry("10 % to 90 % of the seeds", None, LIGHT))
    if any(one.theory for one in found):
        entries.append(Entry("solution", THIN))
    if any(one.series for one in found):
        entries.append(Entry("exact series", DOTTED))
    if any(one.series and one.series_leaves for one in found):
        entries.append(Entry("the series leaves the curve", None, None, False))
    return entries
