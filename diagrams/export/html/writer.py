"""Blocks as HTML: for a page, or for what a notebook shows of a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import chain, repeat
from typing import Any

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.export.content.prose import TIMES
from diagrams.export.content.writer import Writer
from diagrams.export.html.mathml import annotated, math, sectors_mathml
from diagrams.export.latex.formulas import polynomial_lines
from diagrams.export.latex.mathematics import mathematics
from diagrams.export.latex.writer import latex_fragment
from diagrams.export.pictures.diagram_svg import diagram_svg
from diagrams.export.pictures.picture import Legend
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.export.registry import formats
from diagrams.graphs.combination import Combination
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import ONE
from diagrams.series.expansion import Series

EMPHASIS = {
    "slanted": "<em>{}</em>",
    "strong": "<b>{}</b>",
    "leading": '<span class="leading">{}</span>',
}
PLACE = "\\par\\noindent\n"
"""Before a table in LaTeX, which one that is copied does without."""

SHOWN = 24
"""Terms of one cell that a page lists; data.json has all of them."""

NOTEBOOK_STYLE = "<style>td svg{max-height:7rem;width:auto}</style>"


def html_document(value: Displayed) -> str:
    """Return what a notebook shows of a value: its title, and what a paper takes of it."""
    document: b.Document = value.render("document")
    body = HtmlWriter().lines(document.shown)
    return "\n".join([f"{NOTEBOOK_STYLE}<b>{escape(document.title)}</b>", *body])


def value_html(value: Displayed) -> str | None:
    """The same, where a value has no LaTeX that serves a notebook."""
    if "document" not in formats(type(value)) or value.render("preview") is not None:
        return None
    return html_document(value)


def combination_html(combination: Combination) -> str:
    """A sum of diagrams, each drawn, with its coefficient."""
    legend = Legend.of(diagram for diagram, _ in combination)
    rows = tuple(((b.Math(c),), (b.Drawing(d, legend),)) for d, c in combination)
    table = b.Table(b.columns(("coefficient", 0.3), ("diagram", 0.7)), rows)
    return "\n".join([NOTEBOOK_STYLE, *HtmlWriter().lines((table,))])


def contents(chapters: Iterable[tuple[str, str]]) -> str:
    """Links to chapters, by their ids."""
    listed = " ".join(f'<a href="#{key}">{escape(name)}</a>' for key, name in chapters)
    return f'<nav aria-label="Chapters">{listed}</nav>'


class HtmlWriter(Writer):
    """Writes blocks."""

    # -- pieces ----------------------------------------------------------------------------

    def _words(self, text: str) -> str:
        return escape(text.replace(TIMES, " "))

    def _math(self, value: Any) -> str:
        return math(value)

    def _code(self, piece: b.Code) -> str:
        return f"<code>{escape(piece.text)}</code>"

    def _emphasis(self, piece: b.Emphasis) -> str:
        return EMPHASIS[piece.kind].format(escape(piece.text))

    def _listed(self, piece: b.Listed) -> list[str]:
        left = len(piece.items) - SHOWN
        more = [f"… ({left} more in data.json)"] if left > 0 else []
        return [*map(self.piece, piece.items[:SHOWN]), *more]

    def _link(self, piece: b.Link) -> str:
        return f'<a href="#{escape(piece.key)}">{escape(piece.text)}</a>'

    def _drawing(self, piece: b.Drawing) -> str:
        return diagram_svg(piece.diagram, piece.legend)

    # -- blocks ----------------------------------------------------------------------------

    def _section(self, block: b.Section) -> Iterator[str]:
        title, key = self.text(block.title), escape(block.key)
        inner = self.lines(block.blocks)
        if not block.title:
            yield from (f'<div class="{key}">', *inner, "</div>")
        elif block.folded:
            yield from (f"<details><summary>{title}</summary>", *inner, "</details>")
        elif block.level == 1:
            yield from (f'<h2 id="{key}">{title}</h2>' if key else f"<h2>{title}</h2>", *inner)
        elif block.level == 3:
            yield from (f"<h4>{title[:1].upper()}{title[1:]}</h4>", *inner)
        elif key:
            yield from (f'<section id="{key}"><h3>{title}</h3>', *inner, "</section>")
        else:
            yield from (f"<h3>{title}</h3>", *inner)

    def _paragraph(self, block: b.Paragraph) -> Iterator[str]:
        drawn = any(isinstance(piece, b.Drawing) for piece in block.pieces)
        kind = ' class="sum nodes"' if drawn else ""
        yield f"<p{kind}>{self.text(block.pieces)}</p>"

    def _formula(self, block: b.Formula) -> Iterator[str]:
        value = block.value if block.left is None else b.equation(block.left, block.value)
        written = annotated(mathematics(value), block=True)
        yield f'<div class="formula"><div class="scroll">{written}</div></div>'

    def _formulas(self, block: b.Formulas) -> Iterator[str]:
        listed = [annotated(mathematics(b.equation(*item))) for item in block.items]
        yield f"<p>{escape(block.lead)} {', '.join(listed)}</p>"

    def _rows(self, block: b.Rows) -> Iterator[str]:
        if not isinstance(block.value, Series):
            latex = escape(block.value.render("fragment").text)
            rows = f"<pre>{escape(str(block.value))}</pre>"
            yield f'<div class="formula" data-latex="{latex}">{rows}</div>'
            return
        sizes = block.value.problem.sizes
        for s, polynomial in enumerate(block.value.coefficients):
            found = sectors_mathml(polynomial, sizes, pareto_terms(polynomial, sizes))
            lines = "".join(f'<div class="sector">{sector}</div>' for sector in found)
            name = f"<math><msub><mi>Y</mi><mn>{s}</mn></msub><mo>=</mo></math>"
            latex = polynomial_lines(polynomial, f"Y_{{{s}}}", sizes=sizes)
            latex = escape(f"\\begin{{align*}}\n{latex}\n\\end{{align*}}")
            yield (
                f'<div class="coefficient formula" data-name="Y_{s}" data-latex="{latex}">'
                f"<div>{name}</div><div>{lines}</div></div>"
            )

    def _sum(self, block: b.Sum) -> Iterator[str]:
        pieces = [f"<span><i>{escape(block.name)}</i> =</span>"]
        for place, (diagram, coefficient) in enumerate(block.combination):
            negative = coefficient.is_monomial and coefficient.terms[0][1] < 0
            sign = "&minus;" if negative else "+ " * (place > 0)
            factor = math(-coefficient if negative else coefficient)
            if not coefficient.is_monomial:
                factor = f"({factor})"
            factor = "" if coefficient * coefficient == ONE else factor
            pieces.append(f"<span>{sign}{factor}{diagram_svg(diagram, block.legend)}</span>")
        yield f'<div class="sum">{"".join(pieces)}</div>'

    def _figure(self, block: b.Figure) -> Iterator[str]:
        caption = self.piece(b.Prose(block.sketch.description))
        shown = sketch_svg(block.sketch)
        if not block.kind:
            shown = f'<div class="scroll picture">{shown}</div>'
        kind = f' class="{block.kind}"' if block.kind else ""
        yield f"<figure{kind}>{shown}<figcaption>{caption}</figcaption></figure>"

    def _note(self, block: b.Note) -> Iterator[str]:
        """An evidence has its kind as a badge; kinds differ by their frames, not by colour."""
        if block.evidence is None:
            yield f"<p>{self._label(block)}: {self.text(block.pieces)}</p>"
            return
        kind = escape(block.evidence.kind.value)
        names = next((p.names for p in block.pieces if isinstance(p, b.Prose)), ())
        words = self.piece(b.Prose(block.evidence.words, names))
        label = "" if block.label == "evidence" else f"{self._label(block)}: "
        yield f'<p>{label}<span class="badge {kind}">{kind}</span> {words}</p>'

    def _label(self, block: b.Note) -> str:
        return f"<em>{escape(block.heading)}</em>"

    def _table(self, block: b.Table) -> Iterator[str]:
        folded = [row for k, row in enumerate(block.rows) if k in block.folded]
        shown = [row for k, row in enumerate(block.rows) if k not in block.folded]
        table = self._grid(block, shown)
        if block.name:
            latex = escape(latex_fragment(b.Document("", (block,))).removeprefix(PLACE))
            name = escape(block.name)
            copied = f'data-name="{name}" data-latex="{latex}"'
            table = f'<div class="formula tabular" {copied}>{table}</div>'
        yield table
        if folded:
            rows = self._grid(block, folded)
            yield f"<details><summary>{escape(block.fold)}</summary>{rows}</details>"

    def _grid(self, block: b.Table, rows: Iterable[tuple[b.Pieces, ...]]) -> str:
        """A table that scrolls where the page is narrow."""
        head = "".join(f'<th scope="col">{self.text(c.head)}</th>' for c in block.columns)
        thead = f"<thead><tr>{head}</tr></thead>" if block.headed else ""
        kind = "" if block.headed else ' class="facts"'
        marks = chain((f' id="{escape(key)}"' for key in block.keys), repeat(""))
        body = "".join(
            f"<tr{mark}>{''.join(self._cells(block, row))}</tr>"
            for mark, row in zip(marks, rows, strict=False)
        )
        return f'<div class="scroll"><table{kind}>{thead}<tbody>{body}</tbody></table></div>'

    def _cells(self, block: b.Table, row: tuple[b.Pieces, ...]) -> Iterator[str]:
        for place, cell in enumerate(row):
            if place or block.headed:
                yield f"<td>{self.text(cell)}</td>"
            else:
                yield f'<th scope="row">{self.text(cell)}</th>'
