r"""Polygons and phase diagrams as TikZ pictures; a paper needs only ``\usepackage{tikz}``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from diagrams.export.latex import escape_latex
from diagrams.export.phase_picture import Pieces, Point, Sketch, Words
from diagrams.export.phase_plane import plane_sketch
from diagrams.export.phase_polygon import polygon_sketch
from diagrams.scaling.front import Fronts
from diagrams.scaling.regimes import Regimes

_PENS = {
    "solid": "line width=0.9pt",
    "dashed": "line width=0.9pt, dashed",
    "axis": "line width=0.4pt",
}
_SIGNS = {
    "\u03c3": "$\\sigma$",
    "\u03bb": "$\\lambda$",
    "\u223c": "$\\sim$",
    "→": "$\\to$",
    "∞": "$\\infty$",
    "\u2212": "$-$",
}


def polygon_tikz(found: Regimes | Fronts, s: int | None = None, standalone: bool = False) -> str:
    """Return the Pareto polygon of order ``s`` (default: the highest known)."""
    return sketch_tikz(polygon_sketch(found, s), standalone)


def phase_tikz(
    found: Regimes,
    axes: tuple[str, str] | None = None,
    fixed: Mapping[str, Fraction | int] | None = None,
    standalone: bool = False,
) -> str:
    """Return the phase diagram; see :func:`~.phase_plane.plane_sketch`."""
    return sketch_tikz(plane_sketch(found, axes, fixed), standalone)


def sketch_tikz(sketch: Sketch, standalone: bool = False) -> str:
    """Return any sketch; with ``standalone`` a document around it that compiles as it is."""
    lines = ["\\begin{tikzpicture}[x=0.75pt, y=-0.75pt]"]
    for region in sketch.regions:
        corners = " -- ".join(_at(c) for c in region.corners)
        white = round(100 * (1 - region.shade))
        lines.append(f"  \\fill[black!{white}] {corners} -- cycle;")
    for line in sketch.segments:
        lines.append(f"  \\draw[{_PENS[line.style]}] {_at(line.start)} -- {_at(line.end)};")
    for dot in sketch.dots:
        fill = "black" if dot.filled else "white"
        lines.append(f"  \\filldraw[fill={fill}] {_at(dot.at)} circle[radius={dot.radius:g}];")
    lines += [_node(words) for words in sketch.words]
    drawn = "\n".join([*lines, "\\end{tikzpicture}"]) + "\n"
    if not standalone:
        return drawn
    head = "\\documentclass[tikz,border=4pt]{standalone}\n\\begin{document}\n"
    return f"{head}{drawn}\\end{{document}}\n"


def _at(spot: Point) -> str:
    return f"({spot[0]:.2f},{spot[1]:.2f})"


def _node(words: Words) -> str:
    anchor = "west" if words.anchor == "start" else "center"
    size = 0.75 * words.size
    font = f"\\fontsize{{{size:g}}}{{{1.2 * size:g}}}\\selectfont"
    font += "\\bfseries" if words.bold else ""
    text = _spelled(words.pieces)
    return f"  \\node[anchor={anchor}, inner sep=0pt, font={font}] at {_at(words.at)} {{{text}}};"


def _spelled(pieces: Pieces) -> str:
    spelled = []
    for text, level in pieces:
        body = "".join(_SIGNS[c] if c in _SIGNS else escape_latex(c) for c in text)
        if level:
            inner = body.replace("$", "")
            spelled.append(
                f"$^{{\\mathrm{{{inner}}}}}$" if level > 0 else f"$_{{\\mathrm{{{inner}}}}}$"
            )
        else:
            spelled.append(body)
    return "".join(spelled)
