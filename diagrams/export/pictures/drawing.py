"""How a diagram is drawn: from tensors and nodes to marks, strokes and labels.

An edge of rank two is a line; one of any other rank is a small square with a line for every
slot.  Parallel lines bend apart; many of them become one thick line with their number.  Lines
whose two slots are of one family carry an arrow from the first slot to the second; lines of a
square are numbered where the families of its slots do not tell them apart.  Legs are stubs
that end at their number, counted from one.  An edge that joins a node to itself is a loop.  A
group law is a square as well, its lines marked by their coefficients where these differ.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from diagrams.export.pictures.layout import Point, place
from diagrams.export.pictures.picture import NEUTRAL, Label, Legend, Mark, Picture, Stroke, point
from diagrams.export.pictures.skeleton import Link, Skeleton
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import GroupLaw

SEPARATE_LINES = 4
"""A bundle of more parallel lines than this is drawn thick, with its number."""

FACTOR_RADIUS = 0.08
LINE_GAP = 0.15
LEG_LENGTH, LOOP_LENGTH, FACTOR_LENGTH = 0.55, 0.5, 0.75


@dataclass(frozen=True, slots=True)
class _Line:
    """``copies`` parallel edges to be drawn between two vertices (for loops: end is a guide)."""

    edge: Edge
    start: int
    end: int
    copies: int
    slot: int | None = None
    loop: bool = False

    @property
    def directed(self) -> bool:
        """Whether an arrow must tell the two slots apart."""
        families = self.edge.tensor.families
        return self.slot is None and not self.loop and families[0] == families[1]

    def strands(self, limit: int) -> list[int]:
        """Multiplicities of the strokes to draw; lines of squares and loops stay whole."""
        whole = self.slot is not None or self.loop
        return [self.copies] if whole else _split(self.copies, limit)

    def description(self, vertex: int) -> str:
        """What the line is, seen from one of its ends."""
        way = "" if not self.directed else ("out" if vertex == self.start else "in")
        return f"{self.edge.tensor.name} {self.slot_mark()} {way} {self.copies}"

    def slot_mark(self) -> str:
        """What tells the slot apart: its number, or its coefficient in a group law."""
        law = self.edge.tensor.law
        if self.slot is None or not isinstance(law, GroupLaw):
            return str(self.slot)
        coefficient = law.coefficients[self.slot]
        return {1: "+", -1: "-"}.get(coefficient, f"{coefficient:+d}")


class _Scene:
    """Vertices (index nodes, squares, guides of loops, ends of legs) and lines of a diagram."""

    def __init__(self, diagram: Diagram, legend: Legend) -> None:
        self.diagram, self.legend = diagram, legend
        self.kinds = [f"node {legend.families.index(family)}" for family in diagram.nodes]
        self.lines: list[_Line] = []
        self.factors: dict[int, tuple[Edge, int]] = {}
        self.legs: dict[int, int] = {}
        loops: dict[int, int] = {}
        for edge in diagram.edges:
            if _is_line(edge) and edge.nodes[0] == edge.nodes[1]:
                loops[edge.nodes[0]] = loops.get(edge.nodes[0], 0) + 1
        for edge, count in diagram.multiplicities().items():
            if not _is_line(edge):
                for copies in _split(count, SEPARATE_LINES):
                    square = self._vertex(f"square {edge.tensor.name} {copies}")
                    self.factors[square] = (edge, copies)
                    self.lines += [
                        _Line(edge, square, node, copies, slot)
                        for slot, node in enumerate(edge.nodes)
                    ]
            elif edge.nodes[0] != edge.nodes[1]:
                self.lines.append(_Line(edge, edge.nodes[0], edge.nodes[1], count))
            else:
                for copies in _split(count, 3 if loops[edge.nodes[0]] <= 3 else 0):
                    guide = self._vertex("loop")
                    self.lines.append(_Line(edge, edge.nodes[0], guide, copies, loop=True))
        for number, _ in enumerate(diagram.legs):
            self.legs[self._vertex(f"leg {number}")] = number

    def _vertex(self, kind: str) -> int:
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def bundles(
        self, spots: Sequence[complex] | None = None
    ) -> dict[tuple[int, int], list[tuple[_Line, int]]]:
        """The lines between every two vertices, each with its multiplicity, side by side.

        Once their ``spots`` are known, the left one of the two vertices is named first, so that
        what is drawn on which side does not depend on numbers.
        """
        at = spots or [complex(vertex) for vertex in range(len(self.kinds))]
        together: dict[tuple[int, int], list[_Line]] = {}
        for line in self.lines:
            low, high = sorted((line.start, line.end), key=lambda v: (at[v].real, at[v].imag))
            together.setdefault((low, high), []).append(line)
        result = {}
        for (low, high), lines in together.items():
            lines.sort(key=lambda line: line.description(low))
            for limit in range(SEPARATE_LINES, -1, -1):
                strands = [(line, copies) for line in lines for copies in line.strands(limit)]
                if len(strands) <= SEPARATE_LINES + 2:
                    break
            result[low, high] = sorted(strands, key=lambda strand: strand[1])
        return result

    def skeleton(self) -> Skeleton:
        """The graph whose vertices are to be placed."""
        links = []
        for (low, high), strands in self.bundles().items():
            there, back = (
                "|".join(sorted(f"{line.description(end)} {copies}" for line, copies in strands))
                for end in (low, high)
            )
            length = 1.0 + 0.12 * (len(strands) - 1)
            if high in self.factors or low in self.factors:
                length = FACTOR_LENGTH
            elif strands[0][0].loop:
                length = LOOP_LENGTH
            elif any(copies > 1 for _, copies in strands):
                length = max(length, 1.35)
            breadth = 0.5 * LINE_GAP * (len(strands) - 1)
            if any(copies > 1 for _, copies in strands):
                breadth += 0.35
            links.append(Link(low, high, there, back, length, breadth))
        for vertex, number in self.legs.items():
            links.append(Link(self.diagram.legs[number], vertex, "leg", "leg", LEG_LENGTH))
        return Skeleton(tuple(self.kinds), tuple(links))


def _is_line(edge: Edge) -> bool:
    """Whether an edge is drawn as a line: a relation between two indices is a square."""
    return edge.tensor.rank == 2 and not isinstance(edge.tensor.law, GroupLaw)


def _split(count: int, limit: int) -> list[int]:
    """Draw ``count`` copies one by one up to ``limit``, else as a single thick line."""
    return [1] * count if count <= max(1, limit) else [count]


def diagram_picture(diagram: Diagram, legend: Legend | None = None) -> Picture:
    """Return the picture of ``diagram``; ``legend`` must know its families and tensors.

    Raises :class:`ValueError` when the legend lacks a family or a tensor.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "H"), IndexFamily("feature", "p")))
    >>> picture = diagram_picture(Diagram.of((u, "k i"), (u, "k i")))
    >>> [mark.shape for mark in picture.marks], len(picture.strokes)
    (['disc', 'circle'], 2)
    """
    scene = _Scene(diagram, legend or Legend.of([diagram]))
    spots = [complex(*spot) for spot in place(scene.skeleton())]
    marks = _marks(scene, spots)
    lines, strokes = _strokes(scene, marks, spots)
    labels = _slot_numbers(lines, strokes)
    for line, stroke in zip(lines, strokes, strict=True):
        if stroke.multiplicity > 1 and line.slot is None:
            labels.append(_beside(stroke, marks, strokes, labels))
    for vertex, (_, copies) in scene.factors.items():
        if copies > 1:
            labels.append(_near_square(f"\u00d7{copies}", spots[vertex], strokes, labels))
    for vertex, leg in scene.legs.items():
        strokes.append(_leg(leg, diagram.legs[leg], marks, spots[vertex]))
        labels.append(Label(str(leg + 1), point(spots[vertex]), 0.25))
    if not marks:
        labels.append(Label("1", (0.0, 0.0)))
    return Picture(tuple(marks), tuple(strokes), tuple(labels))


def _marks(scene: _Scene, spots: Sequence[complex]) -> list[Mark]:
    """Index nodes, then squares: vertices of the scene keep their numbers."""
    names = scene.diagram.index_names()
    marks = []
    for vertex, family in enumerate(scene.diagram.nodes):
        shape, radius = scene.legend.shape(family)
        words = f"index {names[vertex]} of family {family.name}, size {family.size}"
        marks.append(Mark(shape, point(spots[vertex]), radius, NEUTRAL, words))
    for vertex, (edge, _) in scene.factors.items():
        ink = scene.legend.ink(edge.tensor)
        words = _entry(edge, names)
        marks.append(Mark("square", point(spots[vertex]), FACTOR_RADIUS, ink, words))
    return marks


def _strokes(
    scene: _Scene, marks: Sequence[Mark], spots: Sequence[complex]
) -> tuple[list[_Line], list[Stroke]]:
    """One stroke for every strand of every bundle, and the lines they belong to."""
    names = scene.diagram.index_names()
    lines, strokes = [], []
    for (low, _), strands in scene.bundles(spots).items():
        gap = LINE_GAP if all(copies == 1 for _, copies in strands) else 1.4 * LINE_GAP
        for position, (line, copies) in enumerate(strands):
            offset = gap * (position - (len(strands) - 1) / 2)
            if line.loop:
                path = _loop(marks[line.start], spots[line.end] - spots[line.start])
            else:
                side = offset if line.start == low else -offset
                path = _arc(marks[line.start], marks[line.end], side)
            ends = (line.start, line.start if line.loop else line.end)
            ink = scene.legend.ink(line.edge.tensor)
            words = _entry(line.edge, names)
            lines.append(line)
            strokes.append(Stroke(path, ink, ends, copies, line.directed, words))
    return lines, strokes


def _leg(leg: int, node: int, marks: Sequence[Mark], stop: complex) -> Stroke:
    """The stub from an open node towards the number of its leg."""
    way = stop - complex(*marks[node].centre)
    start = marks[node].border(cmath.phase(way))
    path = _straight(start, stop - 0.15 * way / abs(way))
    return Stroke(path, NEUTRAL, (node, None), meaning=f"leg {leg + 1}")


def _entry(edge: Edge, names: Sequence[str]) -> str:
    """The factor as text, such as ``u[k1,i2]``."""
    return edge.written(names)


# -- curves --------------------------------------------------------------------------------


def _straight(start: complex, stop: complex) -> tuple[Point, Point, Point, Point]:
    third = (stop - start) / 3
    return (point(start), point(start + third), point(stop - third), point(stop))


def _arc(start: Mark, stop: Mark, bulge: float) -> tuple[Point, Point, Point, Point]:
    """A curve from border to border whose middle lies ``bulge`` to the left of the way."""
    a, b = complex(*start.centre), complex(*stop.centre)
    way = cmath.phase(b - a)
    if bulge == 0:
        return _straight(start.border(way), stop.border(way + math.pi))
    reach = 0.38 * abs(b - a)
    turn = math.asin(max(-0.94, min(0.94, bulge / (0.75 * reach))))
    leave, arrive = way + turn, way + math.pi - turn
    first, last = start.border(leave), stop.border(arrive)
    return (
        point(first),
        point(a + cmath.rect(reach, leave)),
        point(b + cmath.rect(reach, arrive)),
        point(last),
    )


def _loop(mark: Mark, way: complex) -> tuple[Point, Point, Point, Point]:
    """A drop-shaped loop at ``mark`` that points along ``way``."""
    angle, centre, half = cmath.phase(way), complex(*mark.centre), math.radians(38)
    reach = 1.5 * LOOP_LENGTH
    return (
        point(mark.border(angle + half)),
        point(centre + cmath.rect(reach, angle + half)),
        point(centre + cmath.rect(reach, angle - half)),
        point(mark.border(angle - half)),
    )


# -- labels --------------------------------------------------------------------------------


def _beside(
    stroke: Stroke, marks: Sequence[Mark], strokes: Iterable[Stroke], labels: Sequence[Label]
) -> Label:
    """The multiplicity of a stroke, beside its middle or where there is more room."""
    busy = [complex(*mark.centre) for mark in marks]
    for other in strokes:
        steps = range(1, 10, 1 if other is not stroke else 10)
        busy += [other.at(step / 10) for step in steps]
    busy += [complex(*label.centre) for label in labels]
    places = []
    for t in (0.5, 0.4, 0.6, 0.3, 0.7):
        across = stroke.direction(t) * 1j
        shift = 0.2 + 0.08 * abs(across.real)
        places += [stroke.at(t) + sign * shift * across for sign in (1, -1)]

    def comfort(place: complex) -> float:
        room = min(abs(place - other) for other in busy)
        return round(min(room, 0.25) - 0.1 * abs(place - stroke.at(0.5)), 3)

    return Label(f"\u00d7{stroke.multiplicity}", point(max(places, key=comfort)), 0.25)


def _near_square(
    text: str, spot: complex, strokes: Iterable[Stroke], labels: Iterable[Label]
) -> Label:
    """A label next to a square, away from its lines and the other labels."""
    busy = [stroke.at(t) for stroke in strokes for t in (0.02, 0.15, 0.3, 0.5, 0.7, 0.85, 0.98)]
    busy += [complex(*label.centre) for label in labels]
    around = [
        (radius, spot + cmath.rect(radius, math.pi * step / 12))
        for radius in (0.28, 0.36, 0.44)
        for step in range(24)
    ]

    def comfort(candidate: tuple[float, complex]) -> float:
        radius, place = candidate
        room = min((abs(place - other) for other in busy), default=1.0)
        return round(min(room, 0.27) - 0.2 * radius, 3)

    return Label(text, point(max(around, key=comfort)[1]), 0.25)


def _slot_numbers(lines: Sequence[_Line], strokes: Sequence[Stroke]) -> list[Label]:
    """Slot numbers near squares, for slots that share their family with another slot.

    In a group law coefficients stand in their place, where they are not all alike.
    """
    labels = []
    for line, stroke in zip(lines, strokes, strict=True):
        families = line.edge.tensor.families
        if line.slot is None or families.count(families[line.slot]) == 1:
            continue
        law = line.edge.tensor.law
        text = str(line.slot + 1)
        if isinstance(law, GroupLaw):
            if len(set(law.coefficients)) == 1:
                continue
            text = line.slot_mark()
        spot = stroke.at(0.22) + 0.12j * stroke.direction(0.22)
        labels.append(Label(text, point(spot), 0.17))
    return labels
