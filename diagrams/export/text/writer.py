"""Blocks as plain text: complete, or wrapped and shortened for a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.export.content.writer import Writer
from diagrams.export.registry import formats
from diagrams.export.text.mathematics import plain

SCREEN_TERMS = 12
"""Terms of one cell that are shown on a screen."""

FLOWING = 28
"""The least room for a column that flows."""


def value_text(value: Displayed, width: int | None = None) -> str:
    """Return what a screen shows of a value: its title, and what a paper takes of it."""
    return text_document(value.render("document"), width)


def text_document(document: b.Document, width: int | None = None) -> str:
    """Return a document as text; with ``width`` for a screen of so many characters."""
    writer = TextWriter(width)
    return "\n".join([*writer.broken(document.title), *writer.lines(document.shown)])


@dataclass(frozen=True)
class TextWriter(Writer):
    """Writes blocks in lines of a width, if there is one."""

    width: int | None = None

    def broken(self, text: str, indent: str = "") -> list[str]:
        """A text in lines."""
        if self.width is None:
            return [indent + text]
        return wrap(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )

    # -- pieces ----------------------------------------------------------------------------

    def _words(self, text: str) -> str:
        return text.replace("\u2013", "-")

    def _math(self, value: Any) -> str:
        return plain(value)

    def _prose(self, piece: b.Prose) -> str:
        return piece.text

    def _code(self, piece: b.Code) -> str:
        return piece.text

    def _emphasis(self, piece: b.Emphasis) -> str:
        return piece.text

    def _drawing(self, piece: b.Drawing) -> str:
        return str(piece.diagram)

    def _listed(self, piece: b.Listed) -> list[str]:
        items = [self.piece(item) for item in piece.items]
        left = 0 if self.width is None else max(0, len(items) - SCREEN_TERMS)
        return items[: len(items) - left] + [f"... ({left} more)"] * bool(left)

    def separate(self, pieces: b.Pieces) -> list[str]:
        """What may be broken apart: the items of a list, the words of anything else."""
        found: list[str] = []
        for piece in pieces:
            items = self._listed(piece) if isinstance(piece, b.Listed) else []
            found += [f"{item}," for item in items[:-1]] + items[-1:]
            found += [] if items else self.piece(piece).split()
        return found

    def flowing(self, start: str, words: Sequence[str], margin: int = 4) -> list[str]:
        """Words after a start, none of them broken; further lines are indented."""
        lines, line, fresh = [], start, True
        for word in words:
            gap = "" if fresh else " "
            if self.width is not None and not fresh and len(line + gap + word) > self.width:
                lines.append(line.rstrip())
                line, gap = " " * margin, ""
            line += gap + word
            fresh = False
        return [*lines, line.rstrip()]

    # -- blocks ----------------------------------------------------------------------------

    def _section(self, block: b.Section) -> Iterator[str]:
        title, inner = self.text(block.title), self.lines(block.blocks)
        if block.level == 3:
            first, *inner = inner or [""]
            yield f"  {title}: {first}"
            yield from (f"  {line}" for line in inner)
        else:
            yield from self.broken(f"{title[:1].lower()}{title[1:]}:" if title else "")
            yield from inner

    def _paragraph(self, block: b.Paragraph) -> Iterator[str]:
        if text := self.text(block.pieces):
            drawn = isinstance(block.pieces[0], b.Drawing)
            yield from self.broken(f"of {text}" if drawn else text, "  " * drawn)

    def _formula(self, block: b.Formula) -> Iterator[str]:
        start = "  " if block.left is None else f"{plain(block.left)} = "
        yield from (f"{start}{line}" for line in plain(block.value).splitlines())

    def _formulas(self, block: b.Formulas) -> Iterator[str]:
        yield from (f"  {plain(symbol)} = {plain(meaning)}" for symbol, meaning in block.items)

    def _rows(self, block: b.Rows) -> Iterator[str]:
        own = "lines" in formats(type(block.value))
        yield from block.value.render("lines") if own else str(block.value).splitlines()

    def _sum(self, block: b.Sum) -> Iterator[str]:
        terms = " + ".join(block.combination.lines)
        yield from self.broken(f"{block.name} = {terms or 0}")

    def _figure(self, block: b.Figure) -> Iterator[str]:
        yield from ()

    def _note(self, block: b.Note) -> Iterator[str]:
        yield from self.broken(f"{block.label}: {self.text(block.pieces)}")

    def _table(self, block: b.Table) -> Iterator[str]:
        """Columns as wide as needed, the one that flows last; else every row in words."""
        order = sorted(range(len(block.columns)), key=lambda k: block.columns[k].flows)
        order = [k for k in order if block.columns[k].width]
        heads = [self.text(block.columns[k].head) for k in order]
        rows = [[row[k] for k in order] for row in block.rows]
        flowing = sum(column.flows for column in block.columns)
        *short, last = [
            max(len(head), *(len(self.text(row[k])) for row in rows), 0)
            for k, head in enumerate(heads)
        ]
        margin = sum(short) + 2 * len(short)
        needed = FLOWING if flowing else last
        if flowing > 1 or (self.width is not None and margin + needed > self.width):
            for row in rows:
                yield from self._row_in_words(heads, row)
            return
        table = [heads] if block.headed else []
        yield from ("  ".join([*map(str.ljust, h[:-1], short), h[-1]]) for h in table)
        for row in rows:
            cells = map(str.ljust, map(self.text, row[:-1]), short)
            yield from self.flowing(
                "".join(f"{cell}  " for cell in cells), self.separate(row[-1]), margin
            )

    def _row_in_words(self, heads: Sequence[str], row: Sequence[b.Pieces]) -> Iterator[str]:
        words = [*([heads[0], "="] if len(heads[0]) == 1 else []), *self.separate(row[0])]
        words[-1] += ":"
        for head, cell in zip(heads[1:], row[1:], strict=True):
            sign = " =" if len(head) == 1 else ":"
            words += [f"{head}{sign}", *self.separate(cell)]
            words[-1] += ";"
        words[-1] = words[-1].removesuffix(";")
        yield from self.flowing("", words)
