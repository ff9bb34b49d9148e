r"""Polygons and phase diagrams as TikZ pictures; a paper needs only ``\usepackage{tikz}``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from itertools import cycle

from diagrams.export.latex.macros import definitions, used_names, with_macros
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_polygon import polygon_sketch
from diagrams.export.pictures.sketch import GREEK_LETTERS, Pen, Pieces, Point, Sketch, Words
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.regimes.finding import Regimes

_PENS = {
    "solid": "line width=0.9pt",
    "dashed": "line width=0.9pt, dashed",
    "axis": "line width=0.4pt",
}
_WORD = re.compile(r"([A-Za-z][A-Za-z0-9_]*)")
_SIGNS = {
    **{sign: f"$\\{name}$" for name, sign in GREEK_LETTERS.items()},
    "\u223c": "$\\sim$",
    "→": "$\\to$",
    "∞": "$\\infty$",
    "\u2212": "$-$",
    "\u00b1": "$\\pm$",
}


def polygon_tikz(found: Regimes | Fronts, s: int | None = None, standalone: bool = False) -> str:
    """Return the Pareto polygon of order ``s`` (default: the highest known)."""
    return sketch_tikz(polygon_sketch(found, s), standalone, found.symbols)


def phase_tikz(
    found: Regimes,
    axes: tuple[str, str] | None = None,
    fixed: Mapping[str, Fraction | int] | None = None,
    standalone: bool = False,
) -> str:
    """Return the phase diagram; see :func:`~.phase_plane.plane_sketch`."""
    return sketch_tikz(plane_sketch(found, axes, fixed), standalone, found.symbols)


def sketch_tikz(sketch: Sketch, standalone: bool = False, names: Collection[str] = ()) -> str:
    """Return any sketch; with ``standalone`` a document around it that compiles as it is.

    Words that are ``names`` of symbols are mathematics, in the document macros.
    """
    lines = ["\\begin{tikzpicture}[x=0.75pt, y=-0.75pt]"]
    for region in sketch.regions:
        corners = " -- ".join(_at(c) for c in region.corners)
        white = round(100 * (1 - region.shade))
        lines.append(f"  \\fill[black!{white}] {corners} -- cycle;")
    for trace in sketch.traces:
        path = " -- ".join(map(_at, trace.points))
        lines.append(f"  \\draw[{_pen(trace.pen)}] {path};")
    for line in sketch.segments:
        lines.append(f"  \\draw[{_PENS[line.style]}] {_at(line.start)} -- {_at(line.end)};")
    for dot in sketch.dots:
        fill = "black" if dot.filled else "white"
        lines.append(f"  \\filldraw[fill={fill}] {_at(dot.at)} circle[radius={dot.radius:g}];")
    lines += [_node(words, names) for words in sketch.words]
    drawn = "\n".join([*lines, "\\end{tikzpicture}"]) + "\n"
    if not standalone:
        return drawn
    drawn = with_macros(drawn, names)
    symbols = "".join(f"{line}\n" for line in definitions(used_names(drawn)))
    head = f"\\documentclass[tikz,border=4pt]{{standalone}}\n{symbols}\\begin{{document}}\n"
    return f"{head}{drawn}\\end{{document}}\n"


def _pen(pen: Pen) -> str:
    """How a trace is drawn; lengths are those of the sketch, in units of 0.75 pt."""
    options = [f"black!{round(100 * (1 - pen.shade))}", f"line width={0.75 * pen.width:g}pt"]
    if pen.dashes:
        pattern = zip(cycle(("on", "off")), pen.dashes, strict=False)
        options.append("dash pattern=" + " ".join(f"{n} {0.75 * x:g}pt" for n, x in pattern))
    return ", ".join(options)


def _at(spot: Point) -> str:
    return f"({spot[0]:.2f},{spot[1]:.2f})"


def _node(words: Words, names: Collection[str]) -> str:
    anchor = {"start": "west", "end": "east"}.get(words.anchor, "center")
    size = 0.75 * words.size
    font = f"\\fontsize{{{size:g}}}{{{1.2 * size:g}}}\\selectfont"
    font += "\\bfseries" if words.bold else ""
    text = _spelled(words.pieces, names)
    return f"  \\node[anchor={anchor}, inner sep=0pt, font={font}] at {_at(words.at)} {{{text}}};"


def _spelled(pieces: Pieces, names: Collection[str]) -> str:
    spelled = []
    for text, level in pieces:
        if not level:
            spelled.append("".join(_word(word, names) for word in _WORD.split(text)))
            continue
        body = "".join(_SIGNS[c] if c in _SIGNS else escape_latex(c) for c in text)
        inner = body.replace("$", "")
        mark = "^" if level > 0 else "_"
        spelled.append(f"${mark}{{\\mathrm{{{inner}}}}}$")
    return "".join(spelled)


def _word(text: str, names: Collection[str]) -> str:
    """Words, signs and symbols of a text on the line."""
    if text in names:
        return f"${symbol_latex(text)}$"
    return "".join(_SIGNS[c] if c in _SIGNS else escape_latex(c) for c in text)
