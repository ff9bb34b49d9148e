"""Pictures of fronts and phases as PDF: one page of vectors, written without LaTeX.

The texts are set in Times and Symbol, two of the fonts that every reader of PDF has, so that no
font is embedded (ISO 32000-1, sections 8.5 and 9.6.2.2).
"""

from __future__ import annotations

from diagrams.export.phase_picture import ANCHORS, RAISED, Segment, Sketch, Trace, Words

_INK = "0.12 0.16 0.2"
_PENS = {
    "solid": "1.8 w [] 0 d",
    "dashed": "1.8 w [7 4] 0 d",
    "axis": "0.9 w [] 0 d",
}
_SCALE = 0.75
"""The unit of pictures is a CSS pixel, 3/4 of the unit of PDF."""

_ROUND = 0.5522847498
"""Control points of the Bezier curves nearest to a quarter of a circle."""

_SYMBOLS = {"\u03c3": ("s", 603), "\u03bb": ("l", 549), "\u03bd": ("n", 521)}
_SYMBOLS |= {"\u03b8": ("q", 521), "\u03c1": ("r", 549), "\u03c4": ("t", 439)}
_SYMBOLS |= {"→": ("\xae", 987), "∞": ("\xa5", 713)}
"""Characters of the font Symbol, with the code and the width of each (thousandths)."""

_LIKENESSES = str.maketrans({"\u2212": "\u2013", "\u223c": "~"})
"""What stands in Times for signs it lacks: readers replace Symbol by fonts of other widths."""

_WIDTHS = {
    "R": (
        "250 333 408 500 500 833 778 180 333 333 500 564 250 333 250 278"
        " 500 500 500 500 500 500 500 500 500 500 278 278 564 564 564 444"
        " 921 722 667 667 722 611 556 722 722 333 389 722 611 889 722 722"
        " 556 722 667 556 611 722 722 944 722 722 611 333 278 333 469 500"
        " 333 444 500 444 500 444 333 500 500 278 278 500 278 778 500 500"
        " 500 500 333 389 278 500 500 722 500 500 444 480 200 480 541"
    ),
    "B": (
        "250 333 555 500 500 1000 833 278 333 333 500 570 250 333 250 278"
        " 500 500 500 500 500 500 500 500 500 500 333 333 570 570 570 500"
        " 930 722 667 722 722 667 611 778 778 389 500 778 667 944 722 778"
        " 611 778 722 556 667 722 722 1000 722 722 667 333 278 333 581 500"
        " 333 500 556 444 556 444 333 500 556 278 333 556 278 833 556 500"
        " 556 556 444 389 333 556 500 722 500 500 444 394 220 394 520"
    ),
}
_TABLES = {name: tuple(map(int, text.split())) for name, text in _WIDTHS.items()}
_FONTS = {"R": "Times-Roman", "B": "Times-Bold", "S": "Symbol"}


def sketch_pdf(sketch: Sketch) -> bytes:
    """Return any sketch as a PDF file of one page, the size of the picture.

    >>> from diagrams.export.phase_polygon import polygon_sketch
    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.front import fronts
    >>> file = sketch_pdf(polygon_sketch(fronts(cp_problem(order=2, ties="sym"), terms=1)))
    >>> file[:8], file.count(b" obj")
    (b'%PDF-1.4', 8)
    """
    drawing = "\n".join(_drawing(sketch)).encode("latin-1")
    fonts = " ".join(f"/{key} {4 + place} 0 R" for place, key in enumerate(_FONTS, 1))
    width, height = _n(_SCALE * sketch.width), _n(_SCALE * sketch.height)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}]"
        f" /Contents 4 0 R /Resources << /Font << {fonts} >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
    ]
    for name in _FONTS.values():
        coding = "" if name == "Symbol" else " /Encoding /WinAnsiEncoding"
        objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /{name}{coding} >>".encode())
    objects.append(f"<< /Title {_title(sketch.title)} /Producer (wickflow) >>".encode())
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    """Number the objects, and write where each begins."""
    parts = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"]
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = sum(map(len, parts))
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    parts += [b"%010d 00000 n \n" % start for start in starts]
    trailer = b"<< /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    parts.append(b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, table))
    return b"".join(parts)


def _title(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"


def _drawing(sketch: Sketch) -> list[str]:
    """The page: regions, lines, dots, texts; the vertical axis is turned to point up."""
    lines = [f"{_SCALE} 0 0 -{_SCALE} 0 {_n(_SCALE * sketch.height)} cm"]
    lines.append(f"1 g 0 0 {_n(sketch.width)} {_n(sketch.height)} re f")
    for region in sketch.regions:
        path = " l ".join(f"{_n(x)} {_n(y)}" for x, y in region.corners)
        lines.append(f"{_n(region.shade)} g {path.replace(' l ', ' m ', 1)} l h f")
    lines += [_trace(trace) for trace in sketch.traces]
    lines.append(f"{_INK} RG")
    lines += [_line(segment) for segment in sketch.segments]
    lines.append("1 w [] 0 d")
    for dot in sketch.dots:
        lines.append(f"{_INK if dot.filled else '1 1 1'} rg {_circle(*dot.at, dot.radius)} b")
    lines.append(f"{_INK} rg")
    for words in sketch.words:
        lines += _text(words)
    return lines


def _line(segment: Segment) -> str:
    (a, b), (c, d) = segment.start, segment.end
    return f"{_PENS[segment.style]} {_n(a)} {_n(b)} m {_n(c)} {_n(d)} l S"


def _trace(trace: Trace) -> str:
    pen = trace.pen
    colour = f"{_n(pen.shade)} G" if pen.shade else f"{_INK} RG"
    path = " l ".join(f"{_n(x)} {_n(y)}" for x, y in trace.points).replace(" l ", " m ", 1)
    return f"{colour} {_n(pen.width)} w [{' '.join(map(_n, pen.dashes))}] 0 d {path} l S"


def _circle(x: float, y: float, r: float) -> str:
    k = _ROUND * r
    path = [f"{_n(x + r)} {_n(y)} m"]
    for a, b in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        c, d = -b, a
        one = (x + r * a + k * c, y + r * b + k * d)
        two = (x + r * c + k * a, y + r * d + k * b)
        end = (x + r * c, y + r * d)
        path.append(" ".join(_n(value) for spot in (one, two, end) for value in spot) + " c")
    return " ".join(path)


def _text(words: Words) -> list[str]:
    """A text, piece by piece; characters that Times lacks come from Symbol."""
    font = "B" if words.bold else "R"
    runs = [
        (kind, text, words.size * (RAISED if level else 1.0), level)
        for piece, level in words.pieces
        for kind, text in _runs(piece.translate(_LIKENESSES), font)
    ]
    wide = sum(_width(kind, text) * size for kind, text, size, _ in runs)
    x = words.at[0] - wide * ANCHORS[words.anchor]
    lines = []
    for kind, text, size, level in runs:
        y = words.at[1] + 0.35 * words.size - 0.36 * words.size * level
        lines.append(f"BT /{kind} {_n(size)} Tf 1 0 0 -1 {_n(x)} {_n(y)} Tm <{_coded(text)}> Tj ET")
        x += _width(kind, text) * size
    return lines


def _runs(text: str, font: str) -> list[tuple[str, str]]:
    """The text in runs of one font each."""
    runs: list[tuple[str, str]] = []
    for character in text:
        kind = "S" if character in _SYMBOLS else font
        if runs and runs[-1][0] == kind:
            runs[-1] = (kind, runs[-1][1] + character)
        else:
            runs.append((kind, character))
    return runs


def _width(font: str, text: str) -> float:
    """The width of a run, in units of its size."""
    if font == "S":
        return sum(_SYMBOLS[character][1] for character in text) / 1000
    table = _TABLES[font]
    places = [ord(character) - 32 for character in text]  # others, the dash too: 500
    return sum(table[place] if 0 <= place < len(table) else 500 for place in places) / 1000


def _coded(text: str) -> str:
    """The bytes of a run, in hexadecimal; a character of no font becomes a question mark."""
    codes = "".join(_SYMBOLS[c][0] if c in _SYMBOLS else c for c in text)
    encoding = "latin-1" if any(c in _SYMBOLS for c in text) else "cp1252"
    return codes.encode(encoding, "replace").hex()


def _n(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")
