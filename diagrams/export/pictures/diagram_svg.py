"""Diagrams as SVG: self-contained, readable on light and dark pages, and by screen readers.

No element carries an id, so any number of pictures can be put into one page.  Everything
that comes from names or captions is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from diagrams.errors import BadInput
from diagrams.export.pictures.drawing import diagram_picture
from diagrams.export.pictures.picture import NEUTRAL, Ink, Label, Legend, Mark, Picture, Stroke
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import Function, IndexFamily, Role, Tensor

SCALE = 46.0
MARGIN = 6.0
LINE_WIDTH, THICK_WIDTH = 1.7, 3.8
CAPTION_SIZE = 12.5
FONT = "Georgia, 'Times New Roman', serif"
SHEET_WIDTH = 900.0

Placer = Callable[[tuple[float, float]], str]


def diagram_svg(diagram: Diagram, legend: Legend | None = None) -> str:
    """Return the drawn diagram as a self-contained SVG text.

    ``legend`` fixes shapes and inks when several diagrams are to be compared.

    Raises :class:`ValueError` when the legend lacks a family or a tensor.

    >>> from diagrams.graphs.tensors import IndexFamily, Role, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "H"), IndexFamily("feature", "p")))
    >>> diagram_svg(Diagram.of((u, "k i"), (u, "k i"))).count("<path")
    2
    """
    body, width, height = _body(diagram_picture(diagram, legend))
    return _document(body, width, height, _title(diagram), str(diagram))


def legend_svg(families: Sequence[IndexFamily], tensors: Sequence[Tensor]) -> str:
    """Return a legend: the shape of every family with its size, the line of every tensor.

    >>> hidden, feature = IndexFamily("hidden", "H"), IndexFamily("feature", "p")
    >>> "feature (1..p)" in legend_svg((hidden, feature), ())
    True
    """
    body, width, height = _legend_body(Legend(tuple(families), tuple(tensors)))
    words = [f"{family.name} of size {family.size}" for family in families]
    words += [f"tensor {tensor.name}" for tensor in tensors]
    return _document(body, width, height, "Legend", "; ".join(words))


def diagrams_sheet_svg(
    entries: Iterable[tuple[Diagram, str]],
    legend: Legend | None = None,
    *,
    width: float = SHEET_WIDTH,
    title: str = "Diagrams",
) -> str:
    """Return a contact sheet: diagrams with captions in rows, the legend on top.

    All diagrams share one legend, so that shapes and inks mean the same throughout.

    Raises :class:`~diagrams.errors.BadInput` when ``width`` is not positive.
    """
    if not width > 0:
        raise BadInput("width of a sheet", width, "a positive number")
    listed = list(entries)
    legend = legend or Legend.of(diagram for diagram, _ in listed)
    head, right, bottom = _legend_body(legend, width)
    pieces = [head]
    top = bottom + 10
    cells = []
    for diagram, caption in listed:
        body, across, down = _body(diagram_picture(diagram, legend))
        words = f"<title>{escape(_title(diagram))}: {escape(str(diagram))}</title>"
        cells.append((words + body, across, down, caption))
    for row in _rows(cells, width):
        height = max(down for _, _, down, _ in row)
        left = 8.0
        for body, across, down, caption in row:
            cell = max(across, _text_width(caption, CAPTION_SIZE)) + 28
            x, y = left + (cell - across) / 2, top + (height - down) / 2
            pieces.append(f'<g transform="translate({_n(x)} {_n(y)})">{body}</g>')
            pieces.append(
                _text(caption, left + cell / 2, top + height + CAPTION_SIZE + 3, CAPTION_SIZE)
            )
            left += cell
        right = max(right, left)
        top += height + 2 * CAPTION_SIZE + 20
    words = "; ".join(f"{caption}: {diagram}" for diagram, caption in listed)
    return _document("".join(pieces), right + 8, top, title, words)


def escape(text: str) -> str:
    """Escape text for XML content and attributes; characters XML forbids become U+FFFD.

    >>> escape('a<b & "c"')
    'a&lt;b &amp; &quot;c&quot;'
    """
    pieces = []
    for character in text:
        code = ord(character)
        legal = code in (9, 10, 13) or 32 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
        special = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
        pieces.append(special.get(character, character) if legal or code >= 0x10000 else "\ufffd")
    return "".join(pieces)


# -- parts -------------------------------------------------------------------------------


def _n(value: float) -> str:
    """A number with at most two decimals, without trailing zeros or a negative zero."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _title(diagram: Diagram) -> str:
    """A sentence such as ``Diagram with 4 nodes, 6 edges and 2 legs``."""
    counts = [(len(diagram.nodes), "node"), (len(diagram.edges), "edge")]
    counts += [(len(diagram.legs), "leg")] if diagram.legs else []
    words = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts]
    return "Diagram with " + ", ".join(words[:-1]) + " and " + words[-1]


def _document(body: str, width: float, height: float, title: str, description: str) -> str:
    size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>\n"
    )


def _body(picture: Picture) -> tuple[str, float, float]:
    """The elements of a picture, its width and its height, in pixels from the upper left."""
    left, bottom, right, top = picture.box

    def at(spot: tuple[float, float]) -> str:
        x, y = MARGIN + SCALE * (spot[0] - left), MARGIN + SCALE * (top - spot[1])
        return f"{_n(x)} {_n(y)}"

    pieces = [_stroke(stroke, at) for stroke in picture.strokes]
    pieces += [_mark(mark, at) for mark in picture.marks]
    pieces += [_label(label, at) for label in picture.labels]
    width, height = (SCALE * side + 2 * MARGIN for side in (right - left, top - bottom))
    return "".join(pieces), width, height


def _pen(ink: Ink, width: float) -> str:
    dashes = ",".join(_n(dash) for dash in ink.scaled_dashes(max(1.0, width / LINE_WIDTH)))
    rounded = ' stroke-linecap="round"' if ink.rounded else ""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'fill="none" stroke="#{ink.colour}" stroke-width="{_n(width)}"{dashed}{rounded}'


def _stroke(stroke: Stroke, at: Placer) -> str:
    start, one, two, stop = (at(spot) for spot in stroke.path)
    width = THICK_WIDTH if stroke.multiplicity > 1 else LINE_WIDTH
    pen = _pen(stroke.ink, 1.2 if stroke.ink == NEUTRAL else width)
    drawn = f'<path d="M{start}C{one} {two} {stop}" {pen}>{_hint(stroke.meaning)}</path>'
    if stroke.arrow:
        tip, tail, other = (at(spot) for spot in stroke.arrow_head())
        drawn += f'<polygon points="{tip} {tail} {other}" fill="#{stroke.ink.colour}"/>'
    return drawn


def _mark(mark: Mark, at: Placer) -> str:
    colour = f"#{mark.ink.colour}"
    paint = f'fill="{"none" if mark.hollow else colour}" stroke="{colour}" stroke-width="1.5"'
    outline = mark.outline()
    if outline:
        corners = " ".join(at(corner) for corner in outline)
        return f'<polygon points="{corners}" {paint}>{_hint(mark.meaning)}</polygon>'
    x, y = at(mark.centre).split()
    radius = _n(SCALE * mark.radius)
    return f'<circle cx="{x}" cy="{y}" r="{radius}" {paint}>{_hint(mark.meaning)}</circle>'


def _label(label: Label, at: Placer) -> str:
    x, y = (float(part) for part in at(label.centre).split())
    size = SCALE * label.size
    return _text(label.text, x, y + 0.35 * size, size)


def _text(text: str, x: float, y: float, size: float, anchor: str = "middle") -> str:
    place = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"'
    return f'<text {place} fill="#{NEUTRAL.colour}">{escape(text)}</text>'


def _hint(text: str) -> str:
    return f"<title>{escape(text)}</title>"


def _text_width(text: str, size: float) -> float:
    return 0.55 * size * len(text)


def _legend_body(legend: Legend, width: float = SHEET_WIDTH) -> tuple[str, float, float]:
    """The legend in lines of at most ``width``, its width and its height."""
    entries: list[tuple[str, float, Callable[[Placer], str]]] = []
    for family in legend.families:
        shape, radius = legend.shape(family)
        mark = Mark(shape, (0.15, 0.0), radius, NEUTRAL, family.name)
        entries.append((f"{family.name} (1..{family.size})", 20.0, partial(_mark, mark)))
    for tensor in legend.tensors:
        name = tensor.law.spelled if isinstance(tensor.law, Function) else tensor.name
        words = f"{name}[{','.join(family.name for family in tensor.families)}]"
        words += "" if tensor.role is Role.TRAINED else f" {tensor.role.value}"
        path = ((0.0, 0.0), (0.3, 0.0), (0.6, 0.0), (0.9, 0.0))
        stroke = Stroke(path, legend.ink(tensor), (0, 0), meaning=words)
        entries.append((words, 50.0, partial(_stroke, stroke)))
    pieces: list[str] = []
    left, middle, right = 10.0, 15.0, 20.0
    for words, room, draw in entries:
        across = room + _text_width(words, CAPTION_SIZE) + 22
        if left > 10 and left + across > width:
            left, middle = 10.0, middle + 22
        pieces.append(draw(partial(_at_pixel, left, middle)))
        pieces.append(_text(words, left + room, middle + 4.5, CAPTION_SIZE, "start"))
        left += across
        right = max(right, left)
    return "".join(pieces), right, middle + 15


def _at_pixel(left: float, middle: float, spot: tuple[float, float]) -> str:
    return f"{_n(left + SCALE * spot[0])} {_n(middle - SCALE * spot[1])}"


_Cell = tuple[str, float, float, str]


def _rows(cells: Sequence[_Cell], width: float) -> list[list[_Cell]]:
    """Break cells into rows of at most ``width``, one cell at least."""
    rows: list[list[_Cell]] = []
    used = width
    for cell in cells:
        across = max(cell[1], _text_width(cell[3], CAPTION_SIZE)) + 28
        if not rows or used + across > width - 16:
            rows.append([])
            used = 0.0
        rows[-1].append(cell)
        used += across
    return rows
