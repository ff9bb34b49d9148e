"""Documents as blocks, before they have a format: what they say, and in which order.

A document is built once, from values.  Its blocks (:class:`Section`, :class:`Paragraph`,
:class:`Formula`, :class:`Formulas`, :class:`Rows`, :class:`Table`, :class:`Figure`, :class:`Note`)
hold pieces of text and formulas; a formula is a value, such as a polynomial, a scaling relation or
a SymPy expression, that every writer prints in its own way.  There is one writer a format:
:mod:`diagrams.export.latex.writer`, :mod:`diagrams.export.html.writer`,
:mod:`diagrams.export.text.writer` and :mod:`diagrams.export.markdown`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from diagrams.display import Displayed
from diagrams.evidence import Evidence

if TYPE_CHECKING:
    from diagrams.export.pictures.picture import Legend
    from diagrams.export.pictures.sketch import Sketch
    from diagrams.graphs.combination import Combination
    from diagrams.graphs.diagram import Diagram
    from diagrams.problems.problem import Problem

# -- formulas ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spelled:
    """A formula that is the same in every document, in LaTeX and in plain letters."""

    latex: str
    plain: str


@dataclass(frozen=True, slots=True)
class Monomial:
    """A product of powers of symbols, such as the time scale of a regime."""

    symbols: tuple[str, ...]
    exponents: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a tensor; every index is a letter and a number that may be empty."""

    name: str
    indices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Formulas with relations between them: ``=``, ``->``, ``~``, ``-``, or none: a product."""

    parts: tuple[Any, ...]


def equation(left: object, right: object) -> Chain:
    """Two formulas that are equal."""
    return Chain((left, "=", right))


# -- pieces of text ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Math:
    """A formula within a sentence."""

    value: Any


@dataclass(frozen=True, slots=True)
class Prose:
    """A sentence of a result, whose formulas are spelled as plain text.

    ``names`` are the symbols of one letter in it.
    """

    text: str
    names: tuple[str, ...] = ("T", "t")


@dataclass(frozen=True, slots=True)
class Name:
    """Names of regimes, such as ``A-B``."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Words of a computer: a source text, a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Words that are told from those around: ``slanted``, ``strong`` or marked as ``leading``."""

    text: str
    kind: str = "slanted"


@dataclass(frozen=True, slots=True)
class Listed:
    """Pieces with commas between them; writers for a screen may leave the last ones out."""

    items: tuple[Piece, ...]
    empty: str = "none"


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to a section of the same page, by its key; nothing elsewhere."""

    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram, drawn."""

    diagram: Diagram
    legend: Legend


Piece = str | Math | Prose | Name | Code | Emphasis | Listed | Link | Drawing
Pieces = tuple[Piece, ...]


def maths(values: Iterable[object], empty: str = "none") -> Listed:
    """Formulas with commas between them."""
    return Listed(tuple(map(Math, values)), empty)


# -- blocks --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences; where a paragraph is part of a line of thought, the next one goes on with it."""

    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula on a line of its own, perhaps with a left side."""

    value: Any
    left: Any = None


@dataclass(frozen=True, slots=True)
class Formulas:
    """What symbols stand for, after a word such as *with*: pairs of a symbol and a formula."""

    lead: str
    items: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A value that is rows of equations, such as the coefficients of a series."""

    value: Any


@dataclass(frozen=True, slots=True)
class Sum:
    """A name, and the sum of drawn diagrams that it stands for."""

    name: str
    combination: Combination
    legend: Legend


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture; it says itself what it shows.  ``kind`` is its class in a page."""

    sketch: Sketch
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column, and its part of a page; one that may be long ``flows``.

    A column without a ``width`` is not for paper.
    """

    head: Pieces
    width: float
    centred: bool = False
    flows: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells.

    ``keys`` are the ids of the rows in a page; the rows in ``folded`` may be hidden behind the
    words in ``fold``.  ``name`` says what the table is where it can be copied.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Pieces, ...], ...]
    keys: tuple[str, ...] = ()
    folded: tuple[int, ...] = ()
    fold: str = ""
    headed: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark with a label, such as an evidence.

    In a paper, remarks are comments where the result alone is asked for; those that are
    ``aside`` always are.
    """

    label: str
    pieces: Pieces
    evidence: Evidence | None = None
    aside: bool = False

    @property
    def heading(self) -> str:
        """The label with a capital, unless it lists names."""
        return self.label if "," in self.label else self.label[:1].upper() + self.label[1:]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it.

    ``level`` is 1 for a chapter, 2 for a part of it, 3 for a step.  ``key`` is its id in a page.
    A ``folded`` one may be hidden behind its title.  One without a title only holds its blocks
    together, for a page that refers to them by the key.
    """

    title: Pieces
    blocks: tuple[Block, ...]
    level: int = 1
    key: str = ""
    folded: bool = False


Block = Section | Paragraph | Formula | Formulas | Rows | Sum | Figure | Table | Note
Blocks = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document(Displayed):
    """What is said of a value.

    ``blocks`` are all of it; ``result`` is what a paper, a notebook or a screen takes, where that
    is less.  ``names`` are those of its symbols, and ``problem`` is what it is about.
    """

    title: str
    blocks: Blocks
    names: tuple[str, ...] = ()
    spec: str = ""
    problem: Problem | None = None
    result: Blocks | None = None

    @property
    def shown(self) -> Blocks:
        """What a paper, a notebook or a screen takes."""
        return self.blocks if self.result is None else self.result


def evidence_note(
    evidence: Evidence, label: str = "evidence", names: Sequence[str] = ("T", "t")
) -> Note:
    """How something is known."""
    return Note(label, (Prose(evidence.sentence, tuple(names)),), evidence)


def evidence_document(evidence: Evidence) -> Document:
    """An evidence alone."""
    return Document("Evidence", (said(Prose(evidence.sentence)),))


def note(label: str, text: str, names: Iterable[str] = ("T", "t"), aside: bool = False) -> Note:
    """A remark that is a sentence of a result."""
    return Note(label, (Prose(text, tuple(names)),), aside=aside)


def bracketed(part: object) -> bool:
    """Whether a formula is put in brackets behind a minus: sums, and what is negative."""
    negative = getattr(part, "could_extract_minus_sign", None)
    if negative is None:
        return isinstance(part, int | float | Fraction) and part < 0
    return bool(getattr(part, "is_Add", False) or negative())


def itself(document: Document) -> Document:
    """The document of a document."""
    return document


def said(*pieces: Piece) -> Paragraph:
    """A paragraph of these pieces."""
    return Paragraph(pieces)


def columns(
    *given: tuple[Piece, float] | tuple[Piece, float, str],
) -> tuple[Column, ...]:
    """Columns by head, width and, if any, a letter: ``c`` for centred, ``f`` for flowing.

    >>> columns(("s", 0.05, "c"), ("terms", 0.8, "f"))[1].flows
    True
    """
    return tuple(
        Column((head,), width, "c" in mark, "f" in mark)
        for head, width, *marks in given
        for mark in ["".join(marks)]
    )
