"""Polygons and phase diagrams as SVG: self-contained, grey, readable without colour."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from diagrams.export.pictures.diagram_svg import escape
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_polygon import polygon_sketch
from diagrams.export.pictures.sketch import RAISED, Pen, Sketch, Words
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.regimes.finding import Regimes

FONT = "Georgia, 'Times New Roman', serif"
INK = "#1F2933"
_PENS = {
    "solid": 'stroke-width="1.8"',
    "dashed": 'stroke-width="1.8" stroke-dasharray="7,4"',
    "axis": 'stroke-width="0.9"',
}


def polygon_svg(found: Regimes | Fronts, s: int | None = None) -> str:
    """Return the Pareto polygon of order ``s`` (default: the highest known) as SVG text.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> polygon_svg(fronts(cp_problem(order=2, ties="sym"), terms=1)).count("<circle")
    6
    """
    return sketch_svg(polygon_sketch(found, s))


def phase_svg(
    found: Regimes,
    axes: tuple[str, str] | None = None,
    fixed: Mapping[str, Fraction | int] | None = None,
) -> str:
    """Return the phase diagram as SVG text; see :func:`~.phase_plane.plane_sketch`."""
    return sketch_svg(plane_sketch(found, axes, fixed))


def sketch_svg(sketch: Sketch) -> str:
    """Return any sketch as SVG text."""
    wide, high = _n(sketch.width), _n(sketch.height)
    size = f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}">'
        f"<title>{escape(sketch.title)}</title><desc>{escape(sketch.description)}</desc>"
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>{_body(sketch)}</svg>\n'
    )


def _body(sketch: Sketch) -> str:
    pieces = []
    for region in sketch.regions:
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in region.corners)
        grey = f"{round(255 * region.shade):02X}" * 3
        pieces.append(
            f'<polygon points="{corners}" fill="#{grey}"><title>{escape(region.meaning)}</title>'
            "</polygon>"
        )
    for trace in sketch.traces:
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in trace.points)
        pieces.append(
            f'<polyline points="{points}" fill="none" {_pen(trace.pen)}>'
            f"<title>{escape(trace.meaning)}</title></polyline>"
        )
    for line in sketch.segments:
        (a, b), (c, d) = line.start, line.end
        pieces.append(
            f'<line x1="{_n(a)}" y1="{_n(b)}" x2="{_n(c)}" y2="{_n(d)}" stroke="{INK}"'
            f" {_PENS[line.style]}><title>{escape(line.meaning)}</title></line>"
        )
    for dot in sketch.dots:
        x, y = dot.at
        pieces.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(dot.radius)}" stroke="{INK}"'
            f' fill="{INK if dot.filled else "#FFFFFF"}"><title>{escape(dot.meaning)}</title>'
            "</circle>"
        )
    pieces += [_words(words) for words in sketch.words]
    return "".join(pieces)


def _pen(pen: Pen) -> str:
    colour = "#" + f"{round(255 * pen.shade):02X}" * 3 if pen.shade else INK
    dashes = f' stroke-dasharray="{",".join(map(_n, pen.dashes))}"' if pen.dashes else ""
    return f'stroke="{colour}" stroke-width="{_n(pen.width)}"{dashes}'


def _words(words: Words) -> str:
    spans, height = [], 0
    for text, level in words.pieces:
        shift = 0.36 * words.size * (height - level)
        size = f' font-size="{_n(words.size * RAISED)}"' if level else ""
        move = f' dy="{_n(shift)}"' if shift else ""
        spans.append(f"<tspan{move}{size}>{escape(text)}</tspan>")
        height = level
    x, y = words.at
    weight = ' font-weight="bold"' if words.bold else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y + 0.35 * words.size)}" font-size="{_n(words.size)}"'
        f' text-anchor="{words.anchor}"{weight} fill="{INK}" xml:space="preserve">'
        + "".join(spans)
        + "</text>"
    )


def _n(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
