"""Curves of a solution as a picture: ratios to the value at time zero, told apart by dashes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

from diagrams.export.explorer.curves import Curve, Curves
from diagrams.export.pictures import panels
from diagrams.export.pictures.recorder import sketch_of
from diagrams.export.pictures.sketch import Sketch
from diagrams.scaling.regimes.clock import clock_text

FLAT = 0.05
"""Ranges below this are drawn as changes from the start, not as ratios."""

DASHES: tuple[Any, ...] = (
    "solid",
    (0, (7, 3.5)),
    (0, (2, 2.6)),
    (0, (8, 2.6, 1.8, 2.6)),
    (0, (4, 2, 1.5, 2)),
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
    told = f"{name} over t. {found.evidence}"
    title = f"Solution in regime {regime.name}"
    sketch: Sketch = lines_sketch(title, told, lines, name, clock)
    return sketch


@panels.grey
def lines_sketch(
    title: str,
    told: str,
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    name: str,
    clock: str,
) -> Sketch:
    """Return curves, each with what it is, its times and its values, over one time.

    The traces of the curves come first, in order; a legend names them where they are several.
    """
    figure = panels.page(400, 300, "")
    axes = panels.named(figure.subplots(), name, clock)
    panels.window(axes, [values for _, _, values in lines])
    for (meaning, times, values), dashes in zip(lines, cycle(DASHES), strict=False):
        axes.plot(times, values, "k", lw=1.1, ls=dashes, gid=meaning, label=meaning)
    if len(lines) > 1:
        panels.legend(figure, axes.get_lines())
    return sketch_of(figure, title, told)


def curve_name(curve: Curve) -> str:
    """The values of the monomials that are of order one, as text.

    >>> from fractions import Fraction
    >>> curve_name(Curve((("H/p^2", Fraction(1, 4)),), (), (), (), 1.0, 0.0))
    'H/p^2 = 1/4'
    """
    return ", ".join(f"{monomial} = {value}" for monomial, value in curve.monomials)
