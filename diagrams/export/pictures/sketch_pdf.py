"""Pictures by Matplotlib: PDF of one page of vectors, its fonts embedded; PNG; on given axes.

Matplotlib writes the file.  The texts are set in STIX General, a Times that comes with it and has
all signs that pictures use; what is used of the font is embedded as TrueType.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon

from diagrams.display import Displayed
from diagrams.export.pictures.sketch import ANCHORS, RAISED, Pen, Point, Sketch, Words

_INK = (0.12, 0.16, 0.2)
_PENS = {"solid": Pen(1.8), "dashed": Pen(1.8, dashes=(7, 4)), "axis": Pen(0.9)}
_POINT = 0.75
"""The unit of pictures is a CSS pixel, 3/4 of a point."""

INCH = 96.0
"""Units of a picture in an inch."""
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def sketch_pdf(sketch: Sketch) -> bytes:
    """Return any sketch as a PDF file of one page, the size of the picture.

    >>> from diagrams.export.pictures.phase_polygon import polygon_sketch
    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> file = sketch_pdf(polygon_sketch(fronts(cp_problem(order=2, ties="sym"), terms=1)))
    >>> file[:5], b"FontFile2" in file
    (b'%PDF-', True)
    """
    about = {"Title": sketch.title, "Creator": "wickflow", "CreationDate": None}
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        return _saved(sketch, format="pdf", metadata=about)


def sketch_png(sketch: Sketch) -> bytes:
    """Return any sketch as a PNG file, at two pixels for each unit of the picture."""
    about = {"Title": sketch.title, "Software": "wickflow"}
    return _saved(sketch, format="png", dpi=2 * INCH, metadata=about)


def value_pdf(value: Displayed) -> bytes:
    """Return the picture of a value that has a sketch as PDF."""
    return sketch_pdf(value.render("sketch"))


def value_png(value: Displayed) -> bytes:
    """Return the picture of a value that has a sketch as PNG."""
    return sketch_png(value.render("sketch"))


def draw_sketch(sketch: Sketch, axes: Axes, point: float = _POINT) -> None:
    """Draw a sketch on axes, which then have its units and no frame.

    ``point`` is how large its unit is, in points: the size of texts and of lines.
    """
    axes.set_xlim(0.0, sketch.width)
    axes.set_ylim(sketch.height, 0.0)
    axes.set_axis_off()
    for place, artist in enumerate(_shapes(sketch, point)):
        artist.set_zorder(place)
        axes.add_artist(artist)
    for words in sketch.words:
        _write(axes, words, len(axes.artists) + len(axes.lines) + len(axes.patches), point)


def _saved(sketch: Sketch, **options: Any) -> bytes:
    figure = Figure(figsize=(sketch.width / INCH, sketch.height / INCH), facecolor="white")
    draw_sketch(sketch, figure.add_axes((0.0, 0.0, 1.0, 1.0)))
    file = io.BytesIO()
    figure.savefig(file, **options)
    return file.getvalue()


def _shapes(sketch: Sketch, point: float) -> Iterator[Polygon | Line2D | Circle]:
    """Regions, traces, lines and dots, each over those before it."""
    for region in sketch.regions:
        yield Polygon(region.corners, facecolor=str(region.shade), edgecolor="none")
    for trace in sketch.traces:
        yield _line(trace.points, trace.pen, point)
    for segment in sketch.segments:
        yield _line((segment.start, segment.end), _PENS[segment.style], point)
    for dot in sketch.dots:
        face = _INK if dot.filled else "white"
        yield Circle(dot.at, dot.radius, facecolor=face, edgecolor=_INK, linewidth=point)


def _line(points: tuple[Point, ...], pen: Pen, point: float) -> Line2D:
    xs, ys = zip(*points, strict=True)
    width = point * pen.width
    line = Line2D(xs, ys, color=str(pen.shade) if pen.shade else _INK, linewidth=width)
    line.set_solid_capstyle("butt")
    if pen.dashes:  # in units of the width
        line.set_linestyle((0, tuple(dash / pen.width for dash in pen.dashes)))
    return line


def _write(axes: Axes, words: Words, order: int, point: float) -> None:
    """Write a text, piece by piece: those above or below the line are smaller."""
    pieces = [
        (text, words.size * (RAISED if level else 1.0), level) for text, level in words.pieces
    ]
    wide = sum(_advance(text, words.bold) * size for text, size, _ in pieces)
    x = words.at[0] - wide * ANCHORS[words.anchor]
    for text, size, level in pieces:
        axes.text(
            x,
            words.at[1] + 0.35 * words.size - 0.36 * words.size * level,
            text,
            fontproperties=_font(words.bold),
            fontsize=point * size,
            color=_INK,
            parse_math=False,
            zorder=order,
        )
        x += _advance(text, words.bold) * size


def _font(bold: bool) -> FontProperties:
    return FontProperties(fname=_file(bold))


def _file(bold: bool) -> Path:
    return _FONTS / ("STIXGeneralBol.ttf" if bold else "STIXGeneral.ttf")


@lru_cache(maxsize=4096)
def _advance(text: str, bold: bool) -> float:
    """How far a text leads on, in units of its size."""
    font = get_font(_file(bold))
    font.set_size(100.0, 72.0)
    whole = [font.load_char(ord(c), flags=LoadFlags.NO_HINTING) for c in text]
    return sum(glyph.linearHoriAdvance for glyph in whole) / 65536 / 100
