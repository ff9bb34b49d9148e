"""What pictures of curves share: a grey style, windows, bands, round numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from diagrams.export.pictures.sketch_pdf import INCH

DECADES = 1.5
"""An axis of positive numbers is logarithmic from a ratio of 10 to this power on."""

DEEPEST = 1e-16
"""Values below this part of the largest one do not stretch a logarithmic axis."""

Style = dict[str, Any]
THIN: Style = {"color": "0", "linewidth": 1.05}
DASHED: Style = {**THIN, "linestyle": (0, (5, 3))}
DOTTED: Style = {"color": "0", "linewidth": 1.65, "linestyle": (0, (0.9, 1.4))}
WIDE: Style = {"color": "0.54", "linewidth": 3.0}
MIDDLE, LIGHT = "0.72", "0.89"
"""Greys of the bands of standard errors and of quantiles."""

grey: Callable[..., Any] = matplotlib.rc_context(
    {
        "font.size": 8.25,
        "axes.titlesize": 9.75,
        "axes.titlelocation": "left",
        "axes.labelsize": 9.75,
        "axes.linewidth": 0.7,
        "axes.xmargin": 0.0,
        "xaxis.labellocation": "right",
        "figure.titlesize": 9.75,
        "text.parse_math": False,
        "xtick.major.width": 0.7,
        "ytick.major.width": 0.7,
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "legend.frameon": False,
    }
)
"""Decorates what draws a picture."""


def page(width: float, height: float, title: str) -> Figure:
    """Return an empty figure of so many units, 96 to an inch."""
    figure = Figure((width / INCH, height / INCH), dpi=INCH, layout="constrained")
    figure.suptitle(title)
    return figure


def named(axes: Axes, name: str, under: str = "t", above: str = "") -> Axes:
    """Write names at the ends of axes, words above, and round numbers at both."""
    axes.set_title(name)
    axes.set_title(above, loc="center", fontsize="medium")
    axes.set_xlabel(under)
    marked(axes.xaxis)
    return axes


def marked(axis: Any, logarithmic: bool = False) -> None:
    """Mark an axis at round numbers, or at the decades."""
    axis.set_major_formatter(FuncFormatter(lambda x, _: number_name(x)))
    axis.set_minor_locator(NullLocator())
    low, high = axis.get_view_interval()
    subs = (1.0, 2.0, 5.0) if high < 100 * low else (1.0,)
    round_numbers = MaxNLocator(5, steps=[1, 2, 5, 10])
    axis.set_major_locator(LogLocator(subs=subs, numticks=6) if logarithmic else round_numbers)


def window(
    axes: Axes, curves: Iterable[Iterable[float]], bounds: tuple[float, float] = (-np.inf, np.inf)
) -> None:
    """Let axes show all finite values within bounds; over decades they are logarithmic.

    >>> axes = page(100, 100, "").add_subplot()
    >>> window(axes, [[1.0, 100.0]])
    >>> axes.get_yscale()
    'log'
    """
    values = [float(x) for curve in curves for x in curve if math.isfinite(x)]
    shown = np.clip(values or [0.0, 1.0], *bounds)
    low, high = float(shown.min()), float(shown.max())
    positive, small = shown[shown > high * DEEPEST], high * 10**-DECADES
    logarithmic = -high * DEEPEST < low < small and bool((positive <= small).any())
    if logarithmic:
        axes.set_yscale("log")
        axes.set_ylim(float(positive.min()) / 1.3, high * 1.3)
    else:
        room = max(0.08 * (high - low), 0.02 * abs(high)) or 1.0  # no picture of rounding errors
        axes.set_ylim(0.0 if 0 <= low < 0.3 * high else low - room, high + room)
    marked(axes.yaxis, logarithmic)


def number_name(value: float) -> str:
    """Return a number at an axis; a large or a small one with its power of ten raised.

    >>> number_name(0.25), number_name(1.5e6), number_name(1e-5)
    ('0.25', '1.5·10^6', '10^(-5)')
    """
    if not value or 1e-3 < abs(value) < 1e5:
        return f"{value:g}".replace("-", "\N{MINUS SIGN}")
    digits, power = f"{value:e}".split("e")
    raised = f"10^{int(power)}" if int(power) > 0 else f"10^({int(power)})"
    return raised if float(digits) == 1 else f"{number_name(float(digits))}·{raised}"


def band(axes: Axes, times: Any, low: Any, high: Any, shade: str, meaning: str) -> None:
    """Fill between two curves; without an upper end up to the frame."""
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    high[~np.isfinite(high)] = axes.get_ylim()[1]
    known = np.isfinite(low)
    axes.fill_between(times, low, high, where=known, color=shade, linewidth=0, gid=meaning)


def region(label: str, shade: str) -> Patch:
    """A band in a legend."""
    return Patch(facecolor=shade, linewidth=0, label=label)


def legend(figure: Figure, entries: Iterable[Any]) -> None:
    """Draw a legend at the foot of a page, in as many columns as it has room for."""
    columns = int(figure.bbox.width // 200)
    figure.legend(handles=list(entries), loc="outside lower left", ncols=columns)
