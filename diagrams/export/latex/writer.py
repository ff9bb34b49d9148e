r"""Blocks as LaTeX: for a document that compiles as it is, or for a place in a paper."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.export.content.prose import TIMES
from diagrams.export.content.writer import Writer
from diagrams.export.latex.article import article
from diagrams.export.latex.formulas import BREAK, formula_width, polynomial_lines
from diagrams.export.latex.macros import COMMON, widening
from diagrams.export.latex.mathematics import mathematics
from diagrams.export.latex.series import breaking, combination_formula, marked_lines, signed_factor
from diagrams.export.pictures.diagram_tikz import diagram_tikz
from diagrams.export.pictures.sketch_tikz import sketch_tikz
from diagrams.graphs.combination import Combination
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import escape_latex
from diagrams.provenance import stamp, stamp_line
from diagrams.series.expansion import Series

HEADINGS = {1: "\\section*", 2: "\\subsection*", 3: "\\paragraph"}
EMPHASIS = {"slanted": "\\emph", "strong": "\\textbf", "leading": "$\\wickleading{\\text"}
PLAIN_COLUMN = ">{{\\{}\\arraybackslash\\hspace{{0pt}}}}m{{{}\\linewidth}}"
OPEN, CLOSE = "\\par\\begingroup\\emergencystretch=3em\\noindent", "\\par\\endgroup"
"""Around blocks in a paper: lines of text may be looser."""

ROW_END = (" \\\\", " \\\\ \\addlinespace[3pt]")
"""Behind a row, and behind one with drawings."""

ROW_TERMS = 60
"""Terms in one cell of a table: a row must fit on a page."""

LINE_WIDTH = 39.0
"""Width of formulas in em, on a page of 46 em."""

SHORT = 9.0
"""Definitions up to this width in em stand in a sentence."""


def latex_document(
    document: b.Document, symbols: Mapping[str, str] | None = None, command: str | None = None
) -> str:
    """Return a document that compiles with plain pdflatex, its symbols as macros at the top.

    ``symbols`` says what they stand for, if not for themselves.
    """
    body = LatexWriter(document.names, widening(symbols)).lines(document.blocks)
    footer = stamp_line(stamp(document.spec, command))
    return article(document.title, body, footer, document.names or COMMON, symbols)


def latex_fragment(document: b.Document, brief: bool = False) -> str:
    """Return what a paper takes of a document; ``brief`` is the result, remarks as comments."""
    return "\n".join(LatexWriter(document.names, paper=True, brief=brief).lines(document.shown))


def fitted(formula: str) -> str:
    """A formula on a line of its own, made smaller where it is wider than that."""
    return f"\\begin{{center}}\\wickfit{{$\\displaystyle {formula}$}}\\end{{center}}"


@dataclass(frozen=True)
class LatexWriter(Writer):
    """Writes blocks; ``names`` are those of the symbols in pictures.

    A formula up to ``wide`` in em stands in a sentence, any other on a line of its own.  In a
    ``paper`` columns of tables are spelled out, and pictures are left out, which are exports of
    their own.
    """

    names: tuple[str, ...] = ()
    widening: float = 1.0
    paper: bool = False
    brief: bool = False
    wide: float = 24.0

    @property
    def _inline(self) -> LatexWriter:
        """Writes headings and cells of tables, where no formula has a line of its own."""
        return replace(self, wide=math.inf)

    @property
    def _room(self) -> str:
        """Before what is not to begin at the end of a page."""
        return "" if self.paper else "\\wickroom"

    # -- pieces ----------------------------------------------------------------------------

    def _words(self, text: str) -> str:
        return "\\,\\allowbreak{}".join(map(escape_latex, text.split(TIMES)))

    def _math(self, value: Any) -> str:
        formula = mathematics(value)
        wide = formula_width(formula) > self.wide
        return f"\n{fitted(formula)}\n\\noindent " if wide else f"${formula}$"

    def _name(self, piece: b.Name) -> str:
        return escape_latex(piece.text).replace("-{}", "--")

    def _code(self, piece: b.Code) -> str:
        code = escape_latex(piece.text).replace(",", ",\\allowbreak{}")
        return f"\\texttt{{{code}}}"

    def _emphasis(self, piece: b.Emphasis) -> str:
        closing = "}}$" if piece.kind == "leading" else "}"
        return f"{EMPHASIS[piece.kind]}{{{escape_latex(piece.text)}{closing}"

    def _drawing(self, piece: b.Drawing) -> str:
        drawn = diagram_tikz(piece.diagram, legend=piece.legend).strip()
        return f"\\wickfit{{{drawn}}}" if piece.diagram.edges else drawn

    # -- blocks ----------------------------------------------------------------------------

    def _section(self, block: b.Section) -> Iterator[str]:
        if block.title:
            title = self._inline.text(block.title)
            if block.level == 3:
                title = f"{title[:1].upper()}{title[1:]}."
            yield f"{self._room}{HEADINGS[block.level]}{{{title}}}"
        yield from self.lines(block.blocks)

    def _paragraph(self, block: b.Paragraph) -> Iterator[str]:
        text = self.text(block.pieces)
        if isinstance(block.pieces[0], b.Drawing):
            text = f"\\begin{{center}}{text}\\end{{center}}"
        if text:
            yield f"{text}\\par" if text.endswith(".") else text

    def _formula(self, block: b.Formula) -> Iterator[str]:
        value = block.value
        left = "" if block.left is None else f"{mathematics(block.left)} = "
        if isinstance(value, Combination):
            yield breaking(left + combination_formula(value, BREAK))
        elif isinstance(value, Polynomial) and left:
            lines = polynomial_lines(value, mathematics(block.left))
            yield from ("\\begin{align*}", lines, "\\end{align*}")
        elif isinstance(value, Displayed):
            fragment = value.render("fragment")
            yield fragment.display or fitted(left + fragment.text)
        elif hasattr(value, "free_symbols"):
            from diagrams.export.latex.expressions import broken

            written = broken(value, left)
            lost = "(A formula too long for a page; the JSON export has it.)"
            yield fitted(written) if written else lost
        else:
            yield fitted(left + mathematics(value))

    def _formulas(self, block: b.Formulas) -> Iterator[str]:
        written = [mathematics(b.equation(*item)) for item in block.items]
        short = [formula for formula in written if formula_width(formula) <= SHORT]
        stop = "." if len(short) == len(written) else ","
        listed = ", ".join(f"${formula}$" for formula in short)
        yield f"\\noindent {block.lead} {listed}{stop if short else ''}"
        for formula, (symbol, meaning) in zip(written, block.items, strict=True):
            if formula not in short:
                yield from self._formula(b.Formula(meaning, symbol))

    def _rows(self, block: b.Rows) -> Iterator[str]:
        rows = block.value.render("fragment").text
        if isinstance(block.value, Series) and not self.paper:
            rows = marked_lines(block.value, LINE_WIDTH / self.widening)
        yield from ("\\begin{align*}", rows, "\\end{align*}")

    def _sum(self, block: b.Sum) -> Iterator[str]:
        pieces = []
        for place, (diagram, coefficient) in enumerate(block.combination):
            sign, factor = signed_factor(coefficient)
            sign = f"{{}}{sign}{{}}" if place else sign.replace("+", "")
            drawn = self.piece(b.Drawing(diagram, block.legend))
            start = "" if place else f"{block.name} = "
            pieces.append(f"\\mbox{{$\\displaystyle {start}{sign} {factor}\\;$}}{drawn}")
        yield "\\begin{center}"
        yield "\n".join(pieces) or f"${block.name} = 0$"
        yield "\\end{center}"

    def _figure(self, block: b.Figure) -> Iterator[str]:
        if not self.paper:
            picture = sketch_tikz(block.sketch, names=self.names).strip()
            yield from ("\\begin{center}", f"\\wickfit{{{picture}}}", "\\end{center}")

    def _note(self, block: b.Note) -> Iterator[str]:
        text = f"{self.text(block.pieces).rstrip('.')}."
        label = self.piece(b.Name(block.heading))
        if self.brief or (self.paper and block.aside):
            yield f"% {label}: {' '.join(text.split())}"
        else:
            yield f"\\par\\noindent\\emph{{{label}}}: {text}\\par"

    def _table(self, block: b.Table) -> Iterator[str]:
        places = [k for k, column in enumerate(block.columns) if column.width]
        kind = "tabular" if self.paper or not block.headed else "longtable"
        end = ("\\endhead \\bottomrule \\endfoot",) if kind == "longtable" else ()
        wide = "".join(self._column(block.columns[k]) for k in places)
        yield f"{self._room}\\par\\noindent"
        yield f"\\begin{{{kind}}}{{@{{}}{wide}@{{}}}}"
        if block.headed:
            head = " & ".join(self.text(block.columns[k].head) for k in places)
            yield " ".join((f"\\toprule {head} \\\\ \\midrule", *end))
        for row in block.rows:
            drawn = any(isinstance(piece, b.Drawing) for cell in row for piece in cell)
            for part in _parts(tuple(row[k] for k in places)):
                yield " & ".join(map(self._inline.text, part)) + ROW_END[drawn]
        if block.headed and kind == "tabular":
            yield "\\bottomrule"
        yield f"\\end{{{kind}}}\\par"

    def _column(self, column: b.Column) -> str:
        if not self.paper:
            return f"{'C' if column.centred else 'L'}{{{column.width:g}}}"
        # columns of papers are further apart as a rule
        return PLAIN_COLUMN.format(
            "centering" if column.centred else "raggedright", f"{0.9 * column.width:.3g}"
        )


def _parts(row: tuple[b.Pieces, ...]) -> Iterator[tuple[b.Pieces, ...]]:
    """A row, or several where its lists of terms would be longer than a page."""
    listed = [piece for cell in row for piece in cell if isinstance(piece, b.Listed)]
    longest = max((len(piece.items) for piece in listed), default=1)
    for start in range(0, max(longest, 1), ROW_TERMS):
        part = slice(start, start + ROW_TERMS)
        yield tuple(tuple(_part(piece, part) for piece in cell) for cell in row)


def _part(piece: b.Piece, part: slice) -> b.Piece:
    """The items of a list that belong to a part; all that is no list belongs to the first."""
    if isinstance(piece, b.Listed):
        return b.Listed(piece.items[part], "" if part.start else piece.empty)
    return "" if part.start else piece
