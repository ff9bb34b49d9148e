"""Simulations as pictures: mean with its error band, median, quantiles; legible in grey."""

from __future__ import annotations

import math

from matplotlib.lines import Line2D

from diagrams.export.pictures import panels
from diagrams.export.pictures.panels import DASHED, LIGHT, MIDDLE, THIN, Style
from diagrams.export.pictures.recorder import sketch_of
from diagrams.export.pictures.sketch import Sketch
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.flow.simulation import Simulation

BLOW_UP: Style = {"color": "0.45", "marker": "^", "linestyle": "none", "markeredgewidth": 0}


@panels.grey
def simulation_sketch(found: Simulation) -> Sketch:
    """Return the picture of a simulation.

    Solid: the mean, with a grey band of two standard errors either way.  Dashed: the median.
    The light region holds the seeds from 10 % to 90 %.  Triangles mark blow-ups.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.flow import simulate
    >>> run = simulate(cp_problem(order=2), p=2, H=1, sigma=1, until=1, seeds=4, points=9)
    >>> [trace.meaning for trace in simulation_sketch(run).traces if trace.meaning]
    ['median', 'mean']
    """
    about, times = sizes_text(found), found.times
    figure = panels.page(640, 400, found.problem.title)
    axes = panels.named(figure.subplots(), "L(t)", above=about)
    quantiles = [curve for _, curve in found.quantiles]
    shown = [found.median, *quantiles, found.mean]
    finite = any(math.isfinite(x) for curve in shown for x in curve)
    panels.window(axes, shown if finite else [row[:1] for row in found.rows])
    low, high = found.mean - 2 * found.standard_error, found.mean + 2 * found.standard_error
    panels.band(axes, times, quantiles[0], quantiles[-1], LIGHT, "seeds from 10 % to 90 %")
    panels.band(axes, times, low, high, MIDDLE, "mean, two standard errors either way")
    (median,) = axes.plot(times, found.median, gid="median", label="median", **DASHED)
    name = "mean ± 2 s.e." if found.seeds > 1 else "loss"
    (mean,) = axes.plot(times, found.mean, gid="mean", label=name, **THIN)
    entries = [mean, median, panels.region("10 % to 90 %", LIGHT)]
    for blow_up in found.blow_ups:
        if blow_up is not None:
            meaning = f"a seed blows up at t = {blow_up.time:.6g}"
            axes.plot(blow_up.time, axes.get_ylim()[1], gid=meaning, clip_on=False, **BLOW_UP)
    if any(found.blow_ups):
        entries.append(Line2D([], [], label="a seed blows up", **BLOW_UP))
    axes.set_xlim(min(0.0, *times), max(0.0, *times))
    panels.legend(figure, entries)
    title = f"Loss over time: {found.problem.title}"
    return sketch_of(figure, title, f"{about}. {found.evidence}")


def simulation_svg(found: Simulation) -> str:
    """Return the picture of a simulation as SVG text."""
    return sketch_svg(simulation_sketch(found))


def sizes_text(found: Simulation) -> str:
    """Return the sizes and the number of seeds, for a line below a title."""
    sizes = ", ".join(
        f"{name} = {value:.5g}" for name, value in found.sizes if (name, value) != ("T", 1.0)
    )
    return f"{sizes}; {'1 seed' if found.seeds == 1 else f'{found.seeds} seeds'}"
