"""Figures of Matplotlib as sketches, so that curves have the formats of all other pictures.

A figure is drawn by a renderer that keeps lines, regions, dots and texts.  The ``gid`` of a line or
a region is what it means; texts are spelled as :func:`~.sketch.raised` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from diagrams.export.pictures.sketch import (
    ANCHORS,
    Dot,
    Pen,
    Point,
    Region,
    Sketch,
    Trace,
    Words,
    raised,
    text_width,
)
from diagrams.export.pictures.sketch_pdf import INCH

_ANCHOR = {"left": "start", "center": "middle", "right": "end"}


def sketch_of(figure: Figure, title: str, description: str) -> Sketch:
    """Return a figure as a sketch, whose units are 96 to an inch.

    >>> figure = Figure(figsize=(2, 1))
    >>> _ = figure.add_axes((0, 0, 1, 1)).plot([0, 1], [0, 1], gid="a line")
    >>> [t.meaning for t in sketch_of(figure, "title", "description").traces if t.meaning]
    ['a line']
    """
    figure.set_dpi(INCH)
    wide, high = figure.get_size_inches() * INCH
    sketch = Sketch(title, description, float(wide), float(high))
    figure.draw(_Recorder(sketch))
    return sketch


class _Recorder(RendererBase):
    """Keeps what is drawn; the vertical axis of a page points down."""

    def __init__(self, sketch: Sketch) -> None:
        super().__init__()
        self.sketch = sketch
        self.meanings = [""]
        self.page = Affine2D().scale(1, -1).translate(0, sketch.height)

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.sketch.width, self.sketch.height

    def points_to_pixels(self, points: Any) -> Any:
        return points * INCH / 72

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.meanings.append(gid or "")

    def close_group(self, s: str) -> None:
        self.meanings.pop()

    def draw_path(self, gc: Any, path: Path, transform: Any, rgbFace: Any = None) -> None:
        meaning, clip = self.meanings[-1], gc.get_clip_rectangle()
        if rgbFace is not None:
            inside = path.transformed(transform)
            inside = inside.clip_to_bbox(clip) if clip is not None else inside
            for corners in inside.to_polygons(self.page):
                if len(np.asarray(corners)) > 2:
                    shade = _shade(rgbFace, gc.get_alpha())
                    self.sketch.regions.append(Region(_points(corners), shade, meaning))
        if gc.get_linewidth() > 0:
            pen = self._pen(gc)
            bounds = None if clip is None else tuple(clip.extents)
            clean = path.cleaned(transform, remove_nans=True, clip=bounds, simplify=False)
            for piece in _pieces(clean):
                line = _points(self.page.transform(piece))
                self.sketch.traces.append(Trace(line, pen, meaning))

    def draw_markers(
        self,
        gc: Any,
        marker_path: Path,
        marker_trans: Any,
        path: Path,
        trans: Any,
        rgbFace: Any = None,
    ) -> None:
        """Round markers are dots; all others are drawn as paths."""
        if not _is_round(marker_path):
            super().draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
            return
        radius = float(marker_path.transformed(marker_trans).get_extents().width) / 2
        filled = rgbFace is not None and _shade(rgbFace, None) < 0.5
        for vertices, _ in path.iter_segments(trans, simplify=False):
            (at,) = _points(self.page.transform([vertices[-2:]]))
            self.sketch.dots.append(Dot(at, filled, radius, self.meanings[-1]))

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        pieces, size = raised(s), self.points_to_pixels(prop.get_size_in_points())
        anchor = "start" if mtext is None else _ANCHOR[mtext.get_horizontalalignment()]
        at = (x + ANCHORS[anchor] * text_width(pieces, size), y - 0.35 * size)
        self.sketch.words.append(Words(at, pieces, size, anchor, prop.get_weight() == "bold"))

    def get_text_width_height_descent(
        self, s: str, prop: Any, ismath: Any
    ) -> tuple[float, float, float]:
        size = self.points_to_pixels(prop.get_size_in_points())
        return text_width(raised(s), size), 0.9 * size, 0.2 * size

    def _pen(self, gc: Any) -> Pen:
        _, dashes = gc.get_dashes()
        lengths = tuple(self.points_to_pixels(length) for length in dashes or ())
        width = self.points_to_pixels(gc.get_linewidth())
        return Pen(width, _shade(gc.get_rgb(), gc.get_alpha()), lengths)


def _is_round(path: Path) -> bool:
    return path.codes is not None and Path.CURVE4 in np.asarray(path.codes)


def _shade(colour: Any, alpha: float | None) -> float:
    """The grey of a colour on white, from 0 (ink) to 1."""
    opaque = float(colour[3]) if len(colour) > 3 else alpha if alpha is not None else 1.0
    return round(1.0 - opaque * (1.0 - float(sum(colour[:3])) / 3), 4)


def _pieces(path: Path) -> Iterator[Any]:
    """The unbroken lines of a path without curves."""
    codes, vertices = np.asarray(path.codes), np.asarray(path.vertices)
    starts = [k for k, code in enumerate(codes) if code in (Path.MOVETO, Path.STOP)]
    for a, b in pairwise(starts):
        piece = vertices[a:b]
        if codes[b - 1] == Path.CLOSEPOLY:
            piece = np.concatenate([piece[:-1], piece[:1]])
        if len(piece) > 1:
            yield piece


def _points(vertices: Any) -> tuple[Point, ...]:
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in vertices)
