"""Curves and pictures on Matplotlib axes, the user's own or new ones.

Every function returns the axes.  Curves are grey-safe by their line styles; ``style`` is handed to
``Axes.plot`` and overrides them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from diagrams.agreement.agreement import Agreement
from diagrams.display import Displayed
from diagrams.dynamics.finite_sizes import FiniteSizeCurve
from diagrams.dynamics.solution import Solution
from diagrams.errors import BadInput
from diagrams.export.pictures.sketch_pdf import INCH, draw_sketch
from diagrams.flow.simulation import Simulation
from diagrams.mean_fields.curves import MeanFieldCurve
from diagrams.mean_fields.two_times import TwoTimeFunctions
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.numbers import OrderParameterCurves
from diagrams.series.expansion import Series
from pde.numbers.evaluation import Value

ENTRIES = 12
"""Curves of one order parameter."""

BAND = 0.25
"""How dark the band of two standard errors is."""


def simulation_axes(
    found: Simulation, ax: Axes | None = None, observable: str = "loss", **style: Any
) -> Axes:
    """Draw the mean of the loss, or of an observable, with a band of two standard errors."""
    axes = _axes(ax)
    curves = found.observable(observable)
    seeds = "1 seed" if found.seeds == 1 else f"{found.seeds} seeds"
    (line,) = axes.plot(found.times, curves.mean, **{"label": f"mean of {seeds}", **style})
    error = 2 * np.nan_to_num(curves.standard_error)
    low, high = curves.mean - error, curves.mean + error
    axes.fill_between(found.times, low, high, color=line.get_color(), alpha=BAND, linewidth=0)
    return _labelled(axes, observable)


def agreement_axes(found: Agreement, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw the simulation, the exact series as far as it holds, and the solution."""
    axes = simulation_axes(found.simulation, ax, **{"color": "0.5", "linewidth": 3, **style})
    if found.statistic == "median":
        axes.plot(found.times, found.curve, color="0.3", linestyle="--", label="median")
    if found.series is not None:
        series = _floats(found.series_values)
        label = f"exact series, {found.series.order} orders"
        axes.plot(found.times, series, color="k", linestyle=":", label=label)
    if found.theory is not None:
        theory = _floats(found.theory.values)
        axes.plot(found.times, theory, color="k", linewidth=1, label=f"solution {found.regime}")
    axes.legend()
    return axes


def solution_axes(
    found: Solution,
    times: Sequence[Any] = (),
    at: Mapping[str, Any] | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Draw ``E[L]`` of a solution at times, for numbers of its symbols."""
    _some(times)
    return values_axes(found, times, found.values(times, at or {}), ax=ax, **style)


def values_axes(
    found: Solution,
    times: Sequence[Any],
    values: Sequence[Value],
    spread: FiniteSizeCurve | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Draw values of a solution that are known already.

    With ``spread``, also a band of the deviation of the loss, and the mean to the next order; both
    as far as they are typical.
    """
    axes = _axes(ax)
    numbers, at = _floats(value.value for value in values), _floats(times)
    (line,) = axes.plot(at, numbers, **{"label": f"solution {found.regime}", **style})
    if spread is not None and spread.mean:
        colour, count = line.get_color(), len(spread.mean)
        own, middle, deviation = at[:count], numbers[:count], _floats(spread.deviation)
        low, high = middle - deviation, middle + deviation
        axes.fill_between(own, low, high, color=colour, alpha=BAND, linewidth=0)
        mean = _floats(value.value for value in spread.mean)
        axes.plot(own, mean, color=colour, linestyle="--", label="next order")
    if spread is not None and spread.escape is not None:
        axes.axvline(spread.escape.typical, color="0.6", linestyle=":", label="typical until here")
    if spread is not None and (spread.mean or spread.escape):
        axes.legend()
    return _labelled(axes, "loss")


def mean_field_axes(found: MeanFieldCurve, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw a curve of mean-field equations with a band of its errors."""
    axes = _axes(ax)
    (line,) = axes.plot(found.times, found.values, **{"label": "mean field", **style})
    low, high = found.values - found.errors, found.values + found.errors
    axes.fill_between(found.times, low, high, color=line.get_color(), alpha=BAND, linewidth=0)
    return _labelled(axes, "loss")


def order_parameter_axes(
    system: ClosedSystem, curves: OrderParameterCurves, ax: Axes | None = None
) -> Axes:
    """Draw the entries of all order parameters that move; those of one have one style.

    Of a symmetric one each entry is drawn once, and of many entries the first ``ENTRIES``.
    """
    axes = _axes(ax)
    moving = [parameter for parameter in system.parameters if parameter.moves]
    for parameter, style in zip(moving, cycle(("-", "--", ":", "-.")), strict=False):
        values = curves[parameter.name]
        places = list(np.ndindex(values.shape[1:]))
        if parameter.is_symmetric:
            places = [place for place in places if list(place) == sorted(place)]
        for place in places[:ENTRIES]:
            index = ",".join(str(k + 1) for k in place)
            label = f"{parameter.name}[{index}]" if place else parameter.name
            axes.plot(curves.times, values[:, *place], linestyle=style, label=label)
    axes.legend(fontsize="small", ncols=2)
    return _in_time_of(system, axes, "order parameters")


def observable_axes(
    system: ClosedSystem, curves: OrderParameterCurves, ax: Axes | None = None
) -> Axes:
    """Draw the observable of closed equations, with a band of two standard errors over draws."""
    axes = _axes(ax)
    drawn = np.where(curves.loss > curves.error, curves.loss, np.nan)  # below it is no digit
    (line,) = axes.plot(curves.times, drawn if curves.loss.min() > -curves.error else curves.loss)
    if curves.loss_error is not None:
        error = 2 * np.nan_to_num(curves.loss_error)
        low, high = curves.loss - error, curves.loss + error
        axes.fill_between(curves.times, low, high, color=line.get_color(), alpha=BAND, linewidth=0)
    return _in_time_of(system, axes, system.problem.observed or "loss")


def _in_time_of(system: ClosedSystem, axes: Axes, quantity: str) -> Axes:
    axes.set_xlabel(f"t = {system.step} x number of steps" if system.step else "t/T")
    return _labelled(axes, quantity)


def two_times_axes(
    found: TwoTimeFunctions,
    name: str = "",
    waiting: Sequence[float] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw a map of a function of two times, ``C u`` or ``R u``; the first one by default.

    The lightness of its colours rises with the value, so that it reads in grey, too.  With
    ``waiting`` times, of those that the function has, a curve for each instead: the function after
    it against the logarithm of the delay.
    """
    functions = (*found.correlations, *found.responses)
    listed = {told: v for (told, _), (_, v) in zip(found.errors, functions, strict=True)}
    wanted = name or next(iter(listed))
    if wanted not in listed:
        raise BadInput("name", name, ", ".join(listed))
    axes = _axes(ax)
    for start, style in zip(waiting, cycle(("-", "--", ":", "-.")), strict=False):
        at = np.flatnonzero(found.times == start)
        if not at.size or start == found.times[-1]:
            raise BadInput("waiting", start, "waiting times that the functions were asked for")
        later = found.times > start
        delays, values = found.times[later] - start, listed[wanted][later, at[0]]
        axes.semilogx(delays, values, linestyle=style, label=f"waiting time {start:g}")
    if waiting:
        axes.legend()
        axes.set_xlabel("delay")
        return _labelled(axes, wanted)
    mesh = axes.pcolormesh(found.times, found.times, listed[wanted].T, cmap="cividis")
    axes.set_aspect("equal")
    axes.figure.colorbar(mesh, ax=axes, label=wanted)
    return _labelled(axes, "s, the earlier time of a response")


def series_axes(
    found: Series,
    times: Sequence[Any] = (),
    at: Mapping[str, Any] | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Draw the series cut at its last order: ``sum of Y_s (t/T)^s / s!`` at ``T = 1``."""
    _some(times)
    derivatives = [float(y) for y in found.values(at or {})]
    grid = _floats(times)
    values = sum(y * grid**s / math.factorial(s) for s, y in enumerate(derivatives))
    axes = _axes(ax)
    axes.plot(grid, values, **{"label": f"series to order {found.terms}", **style})
    return _labelled(axes, "loss")


def sketch_axes(found: Displayed, ax: Axes | None = None) -> Axes:
    """Draw the picture of fronts or regimes; the axes take its units and lose their frame.

    Texts are as large as the axes allow when they are drawn.
    """
    sketch = found.render("sketch")
    axes = _axes(ax, (sketch.width / INCH, sketch.height / INCH))
    box, dpi = axes.get_window_extent(), axes.figure.dpi
    draw_sketch(sketch, axes, 72 / dpi * min(box.width / sketch.width, box.height / sketch.height))
    axes.set_aspect("equal")
    return axes


def _axes(ax: Axes | None, inches: tuple[float, float] | None = None) -> Axes:
    if ax is None:
        from matplotlib import pyplot  # it looks for a screen

        return pyplot.subplots(figsize=inches)[1]
    if not isinstance(ax, Axes):
        raise BadInput("ax", type(ax).__name__, "Matplotlib axes, or nothing for new ones")
    return ax


def _some(times: Sequence[Any]) -> None:
    if len(times) == 0:
        raise BadInput("times", "none", "times and numbers, such as plot([0, 0.1], at={..})")


def _labelled(axes: Axes, quantity: str) -> Axes:
    """Name the axes, where the user has not."""
    if not axes.get_xlabel():
        axes.set_xlabel("t")
    if not axes.get_ylabel():
        axes.set_ylabel(quantity)
    return axes


def _floats(values: Iterable[Any]) -> Any:
    """Numbers as an array; NaN where there are none."""
    return np.array([math.nan if x is None else float(x) for x in values])
