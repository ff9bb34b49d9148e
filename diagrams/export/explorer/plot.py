"""Curves of a solution as a picture: ratios to the value at time zero, told apart by dashes."""

from __future__ import annotations

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


@panels.grey
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
    figure = panels.page(400, 300, "")
    axes = panels.named(figure.subplots(), name, clock)
    panels.window(axes, shown)
    for curve, values, dashes in zip(found.curves, shown, cycle(DASHES), strict=False):
        own = curve_name(curve)
        axes.plot(curve.times, values, "k", lw=1.1, ls=dashes, gid=own or regime.name, label=own)
    if len(found.curves) > 1:
        panels.legend(figure, axes.get_lines())
    about = f"{name} over t. {found.evidence}"
    return sketch_of(figure, f"Solution in regime {regime.name}", about)


def curve_name(curve: Curve) -> str:
    """The values of the monomials that are of order one, as text.

    >>> from fractions import Fraction
    >>> curve_name(Curve((("H/p^2", Fraction(1, 4)),), (), (), (), 1.0, 0.0))
    'H/p^2 = 1/4'
    """
    return ", ".join(f"{monomial} = {value}" for monomial, value in curve.monomials)
