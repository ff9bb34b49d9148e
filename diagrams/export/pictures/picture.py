"""The picture of a diagram: marks, strokes and labels in the plane, before any file format.

A *mark* is an index node (its shape tells the family) or the small square of a factor whose
rank is not two; a *stroke* is a cubic curve in the *ink* (colour and dashes) of its tensor;
a *label* is a short text.  SVG and TikZ draw the same :class:`Picture`.  One unit of length is
the usual distance of neighbours; the vertical axis points up.

A :class:`Legend` decides which family has which shape and which tensor has which ink; share
one between diagrams that are to be compared.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable
from dataclasses import dataclass

from diagrams.export.pictures.layout import Point
from diagrams.graphs.derivatives import undifferentiated
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Role, Tensor

SHAPES = ("disc", "circle", "diamond", "triangle", "hexagon", "star")
"""Shapes of index families in order; after the last one they start again, larger."""

NODE_RADIUS = 0.115


@dataclass(frozen=True, slots=True)
class Ink:
    """A line style: a colour (red, green, blue in hexadecimal) and dash lengths in points.

    All colours keep a contrast of three to one or more on white and on near-black.
    """

    colour: str
    dashes: tuple[float, ...] = ()

    @property
    def rounded(self) -> bool:
        """Whether line ends are round: dots, and lines without dashes."""
        return not self.dashes or min(self.dashes) < 1

    def scaled_dashes(self, factor: float) -> tuple[float, ...]:
        """Dash lengths for a line that is wider or narrower by ``factor``."""
        return tuple(round(factor * dash, 2) for dash in self.dashes)


_COLOURS = ("0072B2", "D55E00", "009E73", "A8518A", "8C6D1F", "5B6CC9", "B5473C")
_DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (4.5, 2.5),
    (0.2, 3.1),
    (6.0, 3.4, 0.2, 3.4),
    (9.0, 2.5),
    (5.0, 3.3, 0.2, 3.3, 0.2, 3.3),
    (2.0, 2.0),
)

INKS = tuple(
    Ink(colour, _DASHES[(place + turn) % len(_DASHES)])
    for turn in range(3)
    for place, colour in enumerate(_COLOURS)
)
"""Inks of tensors in order: the first seven differ in dashes alone, all in the pair."""

NEUTRAL = Ink("6B7280")
"""The ink of nodes, legs and labels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A node or a factor: its shape, place, size, ink, and what it stands for in words."""

    shape: str
    centre: Point
    radius: float
    ink: Ink
    meaning: str

    @property
    def hollow(self) -> bool:
        """Whether only the border is drawn; discs, stars and squares are filled."""
        return self.shape not in ("disc", "star", "square")

    def outline(self) -> tuple[Point, ...]:
        """Corners of the shape; empty for discs and circles."""
        return _corners(self.shape, self.centre, self.radius)

    def border(self, angle: float) -> complex:
        """The point of the shape's border in the direction ``angle`` from its centre."""
        corners = [complex(*corner) - complex(*self.centre) for corner in self.outline()]
        direction = cmath.rect(1, angle)
        reach = self.radius
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            turn = (direction.conjugate() * (b - a)).imag
            if abs(turn) > 1e-12:
                at = (direction.conjugate() * -a).imag / turn
                far = ((a + at * (b - a)) * direction.conjugate()).real
                if -1e-9 <= at <= 1 + 1e-9 and far > 0:
                    reach = far
        return complex(*self.centre) + reach * direction


@dataclass(frozen=True, slots=True)
class Stroke:
    """A cubic curve (start, two control points, end) that joins marks.

    ``multiplicity`` parallel edges share the stroke; ``arrow`` asks for an arrow head half-way,
    from the tensor's first slot to its second; ``ends`` are numbers of marks, the second one
    ``None`` for a leg.
    """

    path: tuple[Point, Point, Point, Point]
    ink: Ink
    ends: tuple[int, int | None]
    multiplicity: int = 1
    arrow: bool = False
    meaning: str = ""

    @property
    def is_straight(self) -> bool:
        """Whether the curve is a straight line."""
        a, b, c, d = (complex(*spot) for spot in self.path)
        return all(abs(((d - a).conjugate() * (z - a)).imag) < 2e-3 * abs(d - a) for z in (b, c))

    def at(self, t: float) -> complex:
        """The point at parameter ``t`` from 0 to 1."""
        a, b, c, d = (complex(*spot) for spot in self.path)
        s = 1 - t
        return s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d

    def direction(self, t: float) -> complex:
        """The unit tangent at parameter ``t``."""
        a, b, c, d = (complex(*spot) for spot in self.path)
        s = 1 - t
        tangent = s * s * (b - a) + 2 * s * t * (c - b) + t * t * (d - c)
        return tangent / abs(tangent)

    def arrow_head(self, size: float = 0.085) -> tuple[Point, Point, Point]:
        """Tip and tail corners of the arrow head half-way."""
        way = self.direction(0.5)
        tip = self.at(0.5) + size * way
        tails = (tip + 2 * size * cmath.rect(1, math.pi * side) * way for side in (0.86, -0.86))
        return (point(tip), *(point(tail) for tail in tails))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Label:
    """A short text centred at a point; ``size`` is the height of its capitals' line."""

    text: str
    centre: Point
    size: float = 0.27


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything there is to draw, and the box (left, bottom, right, top) that holds it."""

    marks: tuple[Mark, ...]
    strokes: tuple[Stroke, ...]
    labels: tuple[Label, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of everything drawn; all zero when nothing is."""
        spots = [(*mark.centre, mark.radius + 0.02) for mark in self.marks]
        for stroke in self.strokes:
            for step in range(17):
                z = stroke.at(step / 16)
                spots.append((z.real, z.imag, 0.04))
        for label in self.labels:
            half = 0.3 * label.size * max(1, len(label.text))
            spots += [
                (label.centre[0] + side * half, label.centre[1], 0.5 * label.size)
                for side in (-1, 1)
            ]
        if not spots:
            return (0.0, 0.0, 0.0, 0.0)
        return (
            min(x - r for x, _, r in spots),
            min(y - r for _, y, r in spots),
            max(x + r for x, _, r in spots),
            max(y + r for _, y, r in spots),
        )


@dataclass(frozen=True, slots=True)
class Legend:
    """Which index family has which shape, and which tensor which ink: by their order here.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> hidden, feature = IndexFamily("hidden", "H"), IndexFamily("feature", "p")
    >>> legend = Legend((hidden, feature), (Tensor("u", (hidden, feature)),))
    >>> legend.shape(feature), legend.ink(legend.tensors[0]).colour
    (('circle', 0.115), '0072B2')
    """

    families: tuple[IndexFamily, ...]
    tensors: tuple[Tensor, ...]

    @staticmethod
    def of(diagrams: Iterable[Diagram]) -> Legend:
        """The legend of some diagrams: families in order of tensor slots, tensors by name."""
        tensors: dict[str, Tensor] = {}
        families: set[IndexFamily] = set()
        for diagram in diagrams:
            families.update(diagram.nodes)
            drawn = map(undifferentiated, diagram.tensors)
            tensors.update((tensor.name, tensor) for tensor in drawn)
        ordered = tuple(
            sorted(tensors.values(), key=lambda t: (t.role is not Role.TRAINED, t.name))
        )
        slots = dict.fromkeys(family for tensor in ordered for family in tensor.families)
        return Legend((*slots, *sorted(families - set(slots))), ordered)

    def shape(self, family: IndexFamily) -> tuple[str, float]:
        """Shape and radius of a family's nodes."""
        turn, place = divmod(self.families.index(family), len(SHAPES))
        return SHAPES[place], round(NODE_RADIUS * (1 + 0.35 * turn), 4)

    def ink(self, tensor: Tensor) -> Ink:
        """Ink of a tensor's lines; a function and its derivatives share one."""
        return INKS[self.tensors.index(undifferentiated(tensor)) % len(INKS)]


def point(spot: complex) -> Point:
    """A point of the complex plane as a pair, rounded to what a printer can show."""
    return (round(spot.real, 4) + 0.0, round(spot.imag, 4) + 0.0)


def _corners(shape: str, centre: Point, radius: float) -> tuple[Point, ...]:
    """Corners of a shape, scaled so that all shapes look equally heavy."""
    corners, turn, scale = {
        "diamond": (4, 0.0, 1.25),
        "square": (4, math.pi / 4, math.sqrt(2)),
        "triangle": (3, math.pi / 2, 1.4),
        "hexagon": (6, 0.0, 1.08),
        "star": (10, math.pi / 2, 1.5),
    }.get(shape, (0, 0.0, 1.0))
    spots = []
    for step in range(corners):
        inner = 0.5 if shape == "star" and step % 2 else 1.0
        angle = turn + 2 * math.pi * step / corners
        spots.append(point(complex(*centre) + cmath.rect(radius * scale * inner, angle)))
    return tuple(spots)
