"""Curves of a solution as a picture: ratios to the value at time zero, told apart by dashes."""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.export.explorer.curves import Curve, Curves
from diagrams.export.pictures.axes import (
    Axis,
    Box,
    Entry,
    Panel,
    draw_curve,
    draw_frame,
    draw_legend,
    window,
)
from diagrams.export.pictures.sketch import Pen, Sketch
from diagrams.scaling.regimes.clock import clock_text

WIDTH, HEIGHT = 400.0, 262.0
BOX = Box(52.0, 30.0, 388.0, 210.0)
FLAT = 0.05
"""Ranges below this are drawn as changes from the start, not as ratios."""

PENS = (
    Pen(2.2),
    Pen(1.5, 0.0, (8.0, 4.0)),
    Pen(1.5, 0.0, (2.0, 3.0)),
    Pen(1.5, 0.0, (9.0, 3.0, 2.0, 3.0)),
    Pen(1.5, 0.0, (5.0, 2.0, 1.5, 2.0)),
)


def curves_sketch(found: Curves) -> Sketch:
    """Return the curves of a regime over its own time, a legend below where they are several.

    The traces of the curves come first, in order.
    """
    regime, plain = found.regime, found.curves[0]
    flat = max(plain.values) - min(plain.values) < FLAT
    shown = [[v - 1 for v in c.values] if flat else list(c.values) for c in found.curves]
    name = "change of E[L] / its start" if flat else "E[L(t)] / E[L(0)]"
    clock = "t / T"
    if regime.clock is not None:
        clock = f"t  for  T = {clock_text(regime.symbols, regime.clock)}"
    lines = [
        (curve_name(curve) or regime.name, curve.times, values)
        for curve, values in zip(found.curves, shown, strict=True)
    ]
    title = f"Solution in regime {regime.name}"
    sketch = lines_sketch(title, f"{name} over t. {found.evidence}", lines, name, clock)
    if len(found.curves) > 1:
        entries = [
            Entry(curve_name(curve), pen)
            for curve, pen in zip(found.curves, _pens(found.curves), strict=True)
        ]
        sketch.height += draw_legend(sketch, entries, BOX.left, HEIGHT, BOX.right)
    return sketch


def lines_sketch(
    title: str,
    told: str,
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    name: str,
    clock: str,
) -> Sketch:
    """Return curves, each with what it is, its times and its values, over one time.

    The traces of the curves come first, in order.
    """
    end = lines[0][1][-1]
    panel = Panel(BOX, Axis(min(end, 0.0), max(end, 0.0)), window([v for _, _, v in lines]))
    sketch = Sketch(title, told, WIDTH, HEIGHT)
    for (meaning, times, values), pen in zip(lines, _pens(lines), strict=True):
        draw_curve(sketch, panel, times, values, pen, meaning)
    draw_frame(sketch, panel, name, clock)
    return sketch


def _pens(curves: Sequence[object]) -> list[Pen]:
    return [PENS[k % len(PENS)] for k in range(len(curves))]


def curve_name(curve: Curve) -> str:
    """The values of the monomials that are of order one, as text.

    >>> from fractions import Fraction
    >>> curve_name(Curve((("H/p^2", Fraction(1, 4)),), (), (), (), 1.0, 0.0))
    'H/p^2 = 1/4'
    """
    return ", ".join(f"{monomial} = {value}" for monomial, value in curve.monomials)
