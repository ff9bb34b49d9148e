"""Pictures of fronts and phases, before any file format: regions, lines, dots and texts.

Lengths are points of a page, the vertical axis points down.  Texts are placed where they meet
no line, no dot and no other text, as far as there is room.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from diagrams.polynomials.spelling import GREEK

Point = tuple[float, float]
Pieces = tuple[tuple[str, int], ...]
"""A text in pieces, each on the line (0), raised (1) or lowered (-1)."""

TEXT_SIZE = 12.0
RAISED = 0.72
ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""The part of a text that lies left of its place."""

_CHARACTER = 0.56


@dataclass(frozen=True, slots=True)
class Region:
    """A filled polygon; ``shade`` is the grey of its fill, from 0 (black) to 1 (white)."""

    corners: tuple[Point, ...]
    shade: float
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight line: solid, dashed, or thin (axes)."""

    start: Point
    end: Point
    style: str = "solid"
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Pen:
    """A line: its width, its grey from 0 (ink) to 1 (white), the lengths of dashes and gaps."""

    width: float = 1.8
    shade: float = 0.0
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A line through several points, drawn above regions and below segments."""

    points: tuple[Point, ...]
    pen: Pen = Pen()
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point, filled or hollow."""

    at: Point
    filled: bool = True
    radius: float = 3.4
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A text, centred at ``at`` (or beginning there: ``start``, or ending there: ``end``)."""

    at: Point
    pieces: Pieces
    size: float = TEXT_SIZE
    anchor: str = "middle"
    bold: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        wide = text_width(self.pieces, self.size) * (1.15 if self.bold else 1.0)
        high = self.size
        left = self.at[0] - wide * ANCHORS[self.anchor]
        return (left, self.at[1] - high / 2, left + wide, self.at[1] + high / 2)


@dataclass
class Sketch:
    """A picture that grows: what is drawn first lies below."""

    title: str
    description: str
    width: float
    height: float
    regions: list[Region] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    def free(self, words: Words, inside: Sequence[Point] | None = None) -> float:
        """How much is in the way of a text: 0 if nothing (and it lies in ``inside``)."""
        box = _grown(words.box, 2.0)
        trouble = sum(_overlap(box, _grown(other.box, 1.0)) for other in self.words)
        trouble += sum(60.0 for s in self.segments if _crosses(box, s.start, s.end))
        trouble += sum(40.0 for d in self.dots if _overlap(box, _around(d.at, d.radius + 1.0)) > 0)
        outside = (
            max(0.0, -box[0])
            + max(0.0, -box[1])
            + max(0.0, box[2] - self.width)
            + max(0.0, box[3] - self.height)
        )
        trouble += 50.0 * outside
        if inside is not None and not all(
            contains(inside, corner)
            for corner in ((box[0], box[1]), (box[2], box[1]), (box[0], box[3]), (box[2], box[3]))
        ):
            trouble += 80.0
        return trouble

    def place(
        self,
        candidates: Iterable[Point],
        pieces: Pieces,
        size: float = TEXT_SIZE,
        bold: bool = False,
        inside: Sequence[Point] | None = None,
    ) -> Words:
        """Put a text at the first candidate that is free, or at the one least in the way."""
        best: tuple[float, Words] | None = None
        for spot in candidates:
            words = Words(spot, pieces, size, bold=bold)
            trouble = self.free(words, inside)
            if best is None or trouble < best[0]:
                best = (trouble, words)
            if not trouble:
                break
        assert best is not None
        self.words.append(best[1])
        return best[1]

    def free_without(self, words: Words, inside: Sequence[Point] | None = None) -> float:
        """What is in the way of a text that is part of the picture already."""
        self.words.remove(words)
        trouble = self.free(words, inside)
        self.words.append(words)
        return trouble

    def collisions(self) -> list[tuple[str, str]]:
        """Pairs of texts whose boxes overlap: to be empty."""
        found = []
        for place, one in enumerate(self.words):
            for other in self.words[place + 1 :]:
                if _overlap(one.box, other.box) > 0:
                    found.append((plain(one.pieces), plain(other.pieces)))
        return found


def plain(pieces: Pieces) -> str:
    """A text without its raised parts told apart."""
    return "".join(text for text, _ in pieces)


def raised(text: str) -> Pieces:
    """Split a text such as ``p^3 sigma^(1/2)`` into plain and raised pieces, Greek as letters.

    >>> raised("p^3 sigma"), raised("rho -> 0")
    ((('p', 0), ('3', 1), (' σ', 0)), (('ρ → 0', 0),))
    """
    pieces: list[tuple[str, int]] = []
    rest = text
    while rest:
        before, mark, after = rest.partition("^")
        pieces.append((_spelled(before), 0))
        if not mark:
            break
        if after.startswith("("):
            inner, _, rest = after[1:].partition(")")
        else:
            length = next((k for k, c in enumerate(after) if not c.isalnum()), len(after))
            inner, rest = after[:length], after[length:]
        pieces.append((inner.replace("-", "\u2212"), 1))
    return tuple(piece for piece in pieces if piece[0])


_SIGNS = {"-> 0": "→ 0", "-> inf": "→ ∞", "~": "\u223c"}
GREEK_LETTERS = {
    name: unicodedata.lookup(
        f"GREEK {'SMALL' if name.islower() else 'CAPITAL'} LETTER"
        f" {name.upper().replace('LAMBDA', 'LAMDA')}"
    )
    for name in GREEK
}
"""Names that print as Greek letters, with these."""
_WORD = re.compile(r"[A-Za-z]+")


def _spelled(text: str) -> str:
    for word, sign in _SIGNS.items():
        text = text.replace(word, sign)
    return _WORD.sub(lambda word: GREEK_LETTERS.get(word[0], word[0]), text)


def text_width(pieces: Pieces, size: float) -> float:
    """A rough width of a text."""
    return sum(len(text) * _CHARACTER * size * (RAISED if level else 1.0) for text, level in pieces)


def _grown(box: tuple[float, float, float, float], by: float) -> tuple[float, float, float, float]:
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def _around(spot: Point, radius: float) -> tuple[float, float, float, float]:
    return (spot[0] - radius, spot[1] - radius, spot[0] + radius, spot[1] + radius)


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _crosses(box: tuple[float, float, float, float], start: Point, end: Point) -> bool:
    """Whether a segment meets a box (Liang and Barsky's clipping)."""
    low, high = 0.0, 1.0
    for k in (0, 1):
        step = end[k] - start[k]
        for edge, sign in ((box[k], -1.0), (box[k + 2], 1.0)):
            room = sign * (edge - start[k])
            speed = sign * step
            if speed == 0:
                if room < 0:
                    return False
            elif speed > 0:
                high = min(high, room / speed)
            else:
                low = max(low, room / speed)
    return low <= high


def contains(corners: Sequence[Point], spot: Point) -> bool:
    """Whether a convex polygon contains a point."""
    x, y = spot
    left = right = False
    ax, ay = corners[-1] if corners else spot
    for bx, by in corners:
        turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        left, right = left or turn > 1e-9, right or turn < -1e-9
        if left and right:
            return False
        ax, ay = bx, by
    return True


def centroid(corners: Sequence[Point]) -> Point:
    """The centre of mass of a polygon (of its corners, if it has no area)."""
    area = x = y = 0.0
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        cross = ax * by - bx * ay
        area += cross
        x += (ax + bx) * cross
        y += (ay + by) * cross
    if abs(area) < 1e-9:
        return (
            sum(c[0] for c in corners) / len(corners),
            sum(c[1] for c in corners) / len(corners),
        )
    return (x / (3 * area), y / (3 * area))


def clipped(corners: Sequence[Point], a: float, b: float, c: float) -> list[Point]:
    """The part of a convex polygon where ``a x + b y + c >= 0`` (Sutherland and Hodgman)."""
    found: list[Point] = []
    for one, other in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        first, second = (a * x + b * y + c for x, y in (one, other))
        if first >= 0:
            found.append(one)
        if (first < 0) != (second < 0):
            t = first / (first - second)
            found.append((one[0] + t * (other[0] - one[0]), one[1] + t * (other[1] - one[1])))
    return found


def stacked(upper: Sketch, lower: Sketch, gap: float = 10.0) -> Sketch:
    """Return two pictures as one, the second below the first."""
    down = upper.height + gap

    def moved(spot: Point) -> Point:
        return (spot[0], spot[1] + down)

    return Sketch(
        f"{upper.title}; {lower.title}",
        f"{upper.description} {lower.description}",
        max(upper.width, lower.width),
        down + lower.height,
        upper.regions + [replace(r, corners=tuple(map(moved, r.corners))) for r in lower.regions],
        upper.segments
        + [replace(s, start=moved(s.start), end=moved(s.end)) for s in lower.segments],
        upper.dots + [replace(d, at=moved(d.at)) for d in lower.dots],
        upper.words + [replace(w, at=moved(w.at)) for w in lower.words],
        upper.traces + [replace(t, points=tuple(map(moved, t.points))) for t in lower.traces],
    )
