r"""Diagrams as TikZ pictures, of a size that fits into formulas, centred on the maths axis.

A paper needs ``\usepackage{tikz}`` and, once, the styles of :func:`tikz_preamble`; redefining
a style there changes all pictures.  No TikZ library is used.
"""

from __future__ import annotations

from diagrams.export.pictures.drawing import diagram_picture
from diagrams.export.pictures.layout import Point
from diagrams.export.pictures.picture import INKS, NEUTRAL, SHAPES, Ink, Legend, Mark, Stroke
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.spelling import escape_latex

SMALL_LABEL = 0.2
DASH_FACTOR = 0.5


def tikz_preamble() -> str:
    r"""Return the colours and styles of all pictures, for the preamble of a paper.

    >>> print(tikz_preamble().splitlines()[0])
    \definecolor{wickneutral}{HTML}{000000}
    """
    lines = ["\\definecolor{wickneutral}{HTML}{000000}"]
    for number, ink in enumerate(INKS, 1):
        lines.append(f"\\definecolor{{wickcolour{number}}}{{HTML}}{{{ink.colour}}}")
    lines += [
        "\\tikzset{",
        "  wick picture/.style={x=1.9em, y=1.9em, line join=round,",
        "    baseline={([yshift=-0.58ex]current bounding box.center)}},",
        "  wick tensor line/.style={line width=0.65pt},",
        "  wick bundle line/.style={line width=1.6pt},",
        "  wick arrow/.style={fill, draw=none},",
        "  wick leg/.style={color=wickneutral, line width=0.4pt},",
        "  wick label/.style={color=wickneutral, font=\\tiny, inner sep=0pt},",
        "  wick small label/.style={wick label, scale=0.7},",
        "  wick node/.style={draw=wickneutral, line width=0.55pt},",
        "  wick square/.style={fill, draw=none},",
    ]
    for shape in SHAPES:
        filled = not Mark(shape, (0.0, 0.0), 1.0, NEUTRAL, "").hollow
        lines.append(f"  wick {shape}/.style={{wick node{', fill=wickneutral' * filled}}},")
    for number, ink in enumerate(INKS, 1):
        for kind, factor in (("tensor", DASH_FACTOR), ("bundle", 2.4 * DASH_FACTOR)):
            style = f"wick {kind} line, color=wickcolour{number}{_dashes(ink, factor)}"
            lines.append(f"  wick {kind} {number}/.style={{{style}}},")
    return "\n".join([*lines, "}"]) + "\n"


def diagram_tikz(diagram: Diagram, standalone: bool = False, legend: Legend | None = None) -> str:
    r"""Return the drawn diagram as a ``tikzpicture``.

    The picture uses the styles of :func:`tikz_preamble`; with ``standalone`` a document that
    compiles as it is surrounds it.  ``legend`` fixes shapes and inks when several diagrams
    are to be compared.

    Raises :class:`ValueError` when the legend lacks a family or a tensor.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "H"), IndexFamily("feature", "p")))
    >>> print(diagram_tikz(Diagram.of((u, "k i"))))
    \begin{tikzpicture}[wick picture]
      \draw[wick tensor 1] (0.115,0) -- (0.885,0);
      \path[wick disc] (0,0) circle[radius=0.115];
      \path[wick circle] (1,0) circle[radius=0.115];
    \end{tikzpicture}
    <BLANKLINE>
    """
    picture = diagram_picture(diagram, legend)
    lines = ["\\begin{tikzpicture}[wick picture]"]
    for stroke in picture.strokes:
        lines += _stroke(stroke)
    lines += [_mark(mark) for mark in picture.marks]
    for label in picture.labels:
        style = "wick label" if label.size > SMALL_LABEL else "wick small label"
        lines.append(f"  \\node[{style}] at {_at(label.centre)} {{{escape_latex(label.text)}}};")
    drawn = "\n".join([*lines, "\\end{tikzpicture}"]) + "\n"
    if not standalone:
        return drawn
    return (
        "\\documentclass[tikz,border=4pt]{standalone}\n"
        f"{tikz_preamble()}\\begin{{document}}\n{drawn}\\end{{document}}\n"
    )


def _at(spot: Point) -> str:
    return f"({spot[0]:.6g},{spot[1]:.6g})"


def _dashes(ink: Ink, factor: float) -> str:
    """The dash pattern of an ink as TikZ options, scaled to a line's width."""
    if not ink.dashes:
        return ""
    words = [
        f"{'off' if place % 2 else 'on'} {length:g}pt"
        for place, length in enumerate(ink.scaled_dashes(factor))
    ]
    return f", dash pattern={' '.join(words)}{', line cap=round' * ink.rounded}"


def _ink(ink: Ink, kind: str = "tensor") -> str:
    return f"wick {kind} {INKS.index(ink) + 1}"


def _stroke(stroke: Stroke) -> list[str]:
    if stroke.ink == NEUTRAL:
        style = "wick leg"
    else:
        style = _ink(stroke.ink, "bundle" if stroke.multiplicity > 1 else "tensor")
    start, one, two, stop = (_at(spot) for spot in stroke.path)
    way = "--" if stroke.is_straight else f".. controls {one} and {two} .."
    lines = [f"  \\draw[{style}] {start} {way} {stop};"]
    if stroke.arrow:
        corners = " -- ".join(_at(spot) for spot in stroke.arrow_head())
        lines.append(f"  \\path[{_ink(stroke.ink)}, wick arrow] {corners} -- cycle;")
    return lines


def _mark(mark: Mark) -> str:
    style = f"wick {mark.shape}" if mark.ink == NEUTRAL else f"{_ink(mark.ink)}, wick square"
    outline = mark.outline()
    if not outline:
        return f"  \\path[{style}] {_at(mark.centre)} circle[radius={mark.radius:g}];"
    return f"  \\path[{style}] {' -- '.join(_at(corner) for corner in outline)} -- cycle;"
