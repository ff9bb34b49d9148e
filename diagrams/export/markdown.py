"""Blocks as Markdown, with formulas between dollar signs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.export.content.prose import TIMES
from diagrams.export.content.writer import Writer
from diagrams.export.latex.fragments import document_of
from diagrams.export.latex.mathematics import mathematics
from diagrams.export.latex.series import marked_lines
from diagrams.export.latex.writer import LINE_WIDTH
from diagrams.provenance import stamp, stamp_line
from diagrams.series.expansion import Series

EMPHASIS = {"slanted": "*{}*", "strong": "**{}**", "leading": "$\\underline{{\\text{{{}}}}}$"}
VERT = "\\vert "
"""Instead of the sign that ends a cell."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def value_markdown(value: Displayed, command: str | None = None) -> str:
    """Return the document of a value as Markdown."""
    return markdown_document(document_of(value), command)


def markdown_document(document: b.Document, command: str | None = None) -> str:
    """Return a document as Markdown, with a line of provenance at its end.

    >>> found = b.Document("A *title*", (b.Note("note", ("a | b",)),))
    >>> print(markdown_document(found).splitlines()[2])
    **Note:** a \\| b
    """
    writer = MarkdownWriter()
    title = [f"# {words(document.title)}"] if document.title else []
    made = f"*{words(stamp_line(stamp(document.spec, command)))}*"
    return "\n\n".join([*title, *writer.lines(document.blocks), made]) + "\n"


def words(text: str) -> str:
    """Plain words, every sign of Markdown escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.replace(TIMES, " ").split("\n")))


def _bare(value: Any) -> str:
    """A formula on one line, without its dollar signs."""
    return " ".join(mathematics(value).replace("|", VERT).split())


class MarkdownWriter(Writer):
    """Writes blocks; every one is a paragraph of its own."""

    # -- pieces ----------------------------------------------------------------------------

    def text(self, pieces: Iterable[b.Piece]) -> str:
        """Pieces of a sentence; formulas in a row stand between one pair of dollar signs."""
        written: list[str] = []
        run: list[str] = []
        between = ""
        for piece in (*pieces, b.Emphasis("")):
            if isinstance(piece, b.Math):
                run.append(_bare(piece.value))
                between = ""
            elif run and isinstance(piece, str) and not piece.strip(f" {TIMES}"):
                between += piece
            else:
                if run:
                    written += [f"${' '.join(run)}$", between.replace(TIMES, "")]
                run, between = [], ""
                if piece != b.Emphasis(""):
                    written.append(self.piece(piece))
        return "".join(written)

    def _words(self, text: str) -> str:
        return words(text)

    def _math(self, value: Any) -> str:
        return f"${_bare(value)}$"

    def _code(self, piece: b.Code) -> str:
        return f"`{piece.text.replace('`', chr(39)).replace('|', '¦')}`"

    def _emphasis(self, piece: b.Emphasis) -> str:
        return EMPHASIS[piece.kind].format(words(piece.text))

    def _drawing(self, piece: b.Drawing) -> str:
        return self._math(piece.diagram) if piece.diagram.edges else ""

    def _cell(self, cell: b.Pieces) -> str:
        """A cell; a lone diagram is its formula, without edges too."""
        if len(cell) == 1 and isinstance(cell[0], b.Drawing):
            return self._math(cell[0].diagram)
        return self.text(cell)

    # -- blocks ----------------------------------------------------------------------------

    def _section(self, block: b.Section) -> Iterator[str]:
        if title := self.text(block.title):
            yield f"{'#' * (block.level + 1)} {title[:1].upper()}{title[1:]}"
        yield from self.lines(block.blocks)

    def _paragraph(self, block: b.Paragraph) -> Iterator[str]:
        if text := self.text(block.pieces):
            yield text

    def _formula(self, block: b.Formula) -> Iterator[str]:
        value = block.value if block.left is None else b.equation(block.left, block.value)
        yield f"$$\n{mathematics(value)}\n$$"

    def _formulas(self, block: b.Formulas) -> Iterator[str]:
        listed = [self._math(b.equation(*item)) for item in block.items]
        yield f"{words(block.lead)} {', '.join(listed)}"

    def _rows(self, block: b.Rows) -> Iterator[str]:
        if isinstance(block.value, Series):
            rows = marked_lines(block.value, LINE_WIDTH).replace("\\wickleading", "\\underline")
        else:
            rows = block.value.render("fragment").text
        yield f"$$\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n$$"

    def _sum(self, block: b.Sum) -> Iterator[str]:
        yield f"$$\n{block.name} = {mathematics(block.combination)}\n$$"

    def _figure(self, block: b.Figure) -> Iterator[str]:
        """Pictures are files of their own."""
        yield from ()

    def _note(self, block: b.Note) -> Iterator[str]:
        yield f"**{words(block.heading)}:** {self.text(block.pieces)}"

    def _table(self, block: b.Table) -> Iterator[str]:
        heads = [self.text(column.head) for column in block.columns]
        marks = [":-:" if column.centred else "---" for column in block.columns]
        rows = [[self._cell(cell) for cell in row] for row in block.rows]
        yield "\n".join(f"| {' | '.join(row)} |" for row in (heads, marks, *rows))
