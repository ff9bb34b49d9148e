"""Simulations as pictures: mean with its error band, median, quantiles; legible in grey."""

from __future__ import annotations

import math

from diagrams.export.pictures.axes import (
    DASHED,
    LIGHT,
    MIDDLE,
    Axis,
    Box,
    Curve,
    Entry,
    Panel,
    draw_band,
    draw_curve,
    draw_frame,
    draw_legend,
    draw_triangle,
    window,
)
from diagrams.export.pictures.sketch import Pen, Sketch, Words, raised
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.flow.simulation import Simulation

WIDTH, HEIGHT = 640.0, 400.0
PLACE = Box(66.0, 52.0, 624.0, 322.0)
SOLID = Pen(1.8)


def simulation_sketch(found: Simulation) -> Sketch:
    """Return the picture of a simulation.

    Solid: the mean, with a grey band of two standard errors either way.  Dashed: the median.
    The light region holds the seeds from 10 % to 90 %.  Triangles mark blow-ups.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.flow import simulate
    >>> run = simulate(cp_problem(order=2), p=2, H=1, sigma=1, until=1, seeds=4, points=9)
    >>> [trace.meaning for trace in simulation_sketch(run).traces if trace.meaning != "legend"]
    ['median', 'mean']
    """
    about = sizes_text(found)
    sketch = Sketch(
        f"Loss over time: {found.problem.title}", f"{about}. {found.evidence}", WIDTH, HEIGHT
    )
    quantiles = dict(found.quantiles)
    low, high = (quantiles[level] for level in (min(quantiles), max(quantiles)))
    errors = 2 * found.standard_error
    below, above = found.mean - errors, found.mean + errors
    panel = Panel(PLACE, time_axis(found.times), _loss_axis(found))
    times = found.times
    draw_band(sketch, panel, times, low, high, LIGHT, "seeds from 10 % to 90 %")
    draw_band(sketch, panel, times, below, above, MIDDLE, "mean, two standard errors either way")
    draw_curve(sketch, panel, times, found.median, DASHED, "median")
    draw_curve(sketch, panel, times, found.mean, SOLID, "mean")
    draw_frame(sketch, panel, "L(t)", "t")
    for blow_up in found.blow_ups:
        if blow_up is not None:
            x, y = panel.at(blow_up.time, panel.up.high)
            draw_triangle(sketch, x, y, f"a seed blows up at t = {blow_up.time:.6g}")
    sketch.words.append(Words((WIDTH / 2, 14), raised(found.problem.title), 13))
    sketch.words.append(Words((WIDTH / 2, 31), raised(about), 11))
    draw_legend(sketch, _legend(found), PLACE.left, HEIGHT - 22, PLACE.right)
    return sketch


def simulation_svg(found: Simulation) -> str:
    """Return the picture of a simulation as SVG text."""
    return sketch_svg(simulation_sketch(found))


def sizes_text(found: Simulation) -> str:
    """Return the sizes and the number of seeds, for a line below a title."""
    sizes = ", ".join(
        f"{name} = {value:.5g}" for name, value in found.sizes if (name, value) != ("T", 1.0)
    )
    return f"{sizes}; {'1 seed' if found.seeds == 1 else f'{found.seeds} seeds'}"


def time_axis(times: Curve) -> Axis:
    """Return the axis of times, zero included."""
    return Axis(min(0.0, *times), max(0.0, *times))


def _loss_axis(found: Simulation) -> Axis:
    """A window on all finite curves; blown-up seeds do not stretch it beyond the quantiles."""
    curves: list[Curve] = [found.median, *(curve for _, curve in found.quantiles), found.mean]
    if not any(math.isfinite(x) for curve in curves for x in curve):
        curves = [[row[0]] for row in found.rows]
    return window(curves)


def _legend(found: Simulation) -> list[Entry]:
    several = found.seeds > 1
    entries = [Entry("mean ± 2 s.e." if several else "loss", SOLID, MIDDLE if several else None)]
    entries += [Entry("median", DASHED), Entry("10 % to 90 %", None, LIGHT)]
    if any(found.blow_ups):
        entries.append(Entry("a seed blows up", triangle=True))
    return entries
