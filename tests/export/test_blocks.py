"""Documents as blocks: built once, and written whole in every format."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import pytest
from test_report import HOSTILE, Balanced

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.export.content.writer import Writer
from diagrams.export.html.writer import HtmlWriter
from diagrams.export.latex.fragments import document_of
from diagrams.export.latex.writer import LatexWriter
from diagrams.export.markdown import MarkdownWriter, markdown_document
from diagrams.export.text.writer import TextWriter
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.regimes.finding import regimes
from diagrams.series.classes import diagram_table
from diagrams.series.expansion import Series, expand
from diagrams.series.levels import levels
from diagrams.series.open_series import expand_open


@lru_cache
def series() -> Series:
    return expand(cp_problem(order=2), 2)


VALUES: dict[str, Callable[[], Displayed]] = {
    "hostile": lambda: parse_problem(HOSTILE),
    "series": series,
    "table": lambda: diagram_table(cp_problem(order=2), 1),
    "levels": lambda: levels(series(), {"p": 1, "H": 1}),
    "open series": lambda: expand_open(cp_problem(order=2), 1, "output"),
    "fronts": lambda: fronts(series()),
    "regimes": lambda: regimes(series()),
    "polynomial": lambda: series().coefficient(1),
    "evidence": lambda: series().evidence,
}
WRITERS = (LatexWriter(), HtmlWriter(), TextWriter(), MarkdownWriter())


def pieces(part: Any) -> Iterator[b.Piece]:
    """All words and formulas in a part of a document that paper and screens have alike."""
    if isinstance(part, str | b.Math | b.Prose):
        yield part
    elif isinstance(part, b.Table):
        kept = [k for k, column in enumerate(part.columns) if column.width]
        for row in part.rows:
            for k in kept:
                yield from pieces(row[k])
    elif isinstance(part, b.Note) and part.evidence is not None:
        (said,) = part.pieces  # whose kind a page has in a frame
        yield dataclasses.replace(said, text=said.text.partition(": ")[2])  # type: ignore[type-var]
    elif isinstance(part, b.Section | b.Listed):
        yield from pieces(part.blocks if isinstance(part, b.Section) else part.items)
    elif isinstance(part, b.Paragraph | b.Note):
        yield from pieces(part.pieces)
    elif isinstance(part, tuple):
        for inner in part:
            yield from pieces(inner)


@pytest.mark.parametrize("name", VALUES)
def test_every_format_holds_all_of_a_document(name: str) -> None:
    document = document_of(VALUES[name]())
    parts = [piece for piece in pieces(document.blocks) if piece != ""]
    assert parts or name == "polynomial"
    for writer in WRITERS:
        written = " ".join("\n".join(writer.lines(document.blocks)).split())
        for piece in parts:
            assert " ".join(writer.piece(piece).split()) in written, (type(writer), piece)


@pytest.mark.parametrize("name", VALUES)
def test_every_format_is_well_formed(name: str) -> None:
    value = VALUES[name]()
    document = document_of(value)
    page = Balanced()
    page.feed("".join(HtmlWriter().lines(document.blocks)))
    assert page.open == []
    assert isinstance(page, HTMLParser)
    markdown = value.to_markdown("wickflow ..")
    assert len(re.findall(r"(?<!\\)\$", markdown)) % 2 == 0
    assert not re.search(r"(?<!\\)<", markdown.replace("`", ""))
    for rows in re.findall(r"(?:^\|.*\|$\n?)+", markdown, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows.splitlines()}) == 1
    latex = value.to_latex(standalone=True)
    assert latex.count("\\begin{") == latex.count("\\end{")
    bare = re.sub(r"\\[{}\\]", "", latex)
    assert bare.count("{") == bare.count("}")


def test_words_of_markdown_are_escaped() -> None:
    found = markdown_document(b.Document("<b>", (b.said("| $x$ *y* [z](w)"),)))
    assert found.splitlines()[0] == "# \\<b\\>"
    assert "\\| \\$x\\$ \\*y\\* \\[z\\](w)" in found


def test_every_kind_of_block_has_a_method_of_every_writer() -> None:
    kinds = {kind.__name__.lower() for kind in b.Block.__args__}
    assert kinds <= {name.removeprefix("_") for name in Writer.__abstractmethods__}
    assert all(dataclasses.is_dataclass(kind) for kind in b.Block.__args__)
    with pytest.raises(TypeError, match="abstract"):
        type("Half", (Writer,), {})()
