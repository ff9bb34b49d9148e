r"""Fragments of LaTeX made fit for a paper: with macros, or in a document of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from diagrams.display import Displayed
from diagrams.evidence import Evidence
from diagrams.export.content.blocks import Document, Formula, Rows, evidence_note
from diagrams.export.latex.article import PACKAGES, SYMBOLS_NOTE, styles, styles_for
from diagrams.export.latex.macros import (
    STANDARD,
    check_symbols,
    definitions,
    used_names,
    with_macros,
)
from diagrams.export.latex.writer import CLOSE, OPEN, latex_document, latex_fragment
from diagrams.export.registry import formats


class Shape(StrEnum):
    """What a fragment of LaTeX has to stand in."""

    FORMULA = "formula"
    """Mathematics, for ``\\[ .. \\]`` or an inline formula."""

    ROWS = "rows"
    """Rows of mathematics, for ``align*``."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A formula in plain LaTeX, its shape, and the names of the symbols in it.

    ``display`` is the same for a place in the text, with lines broken, where that is more than a
    display around it.  ``title``, ``evidence`` and ``spec`` say in a document what it is.
    """

    text: str
    shape: Shape
    names: tuple[str, ...]
    title: str = ""
    evidence: Evidence | None = None
    spec: str = ""
    display: str = ""


def document_of(value: Displayed) -> Document:
    """What is said of a value: its document, or its formula and how that is known."""
    if "document" in formats(type(value)):
        found: Document = value.render("document")
        return found
    fragment: Fragment = value.render("fragment")
    known = (evidence_note(fragment.evidence),) if fragment.evidence else ()
    written = Rows(value) if fragment.shape is Shape.ROWS else Formula(value)
    return Document(fragment.title, (written, *known), fragment.names, fragment.spec)


def value_latex(
    value: Displayed,
    standalone: bool = False,
    macros: bool = False,
    symbols: Mapping[str, str] | None = None,
    command: str | None = None,
    brief: bool = False,
) -> str:
    """Return LaTeX of a value as :meth:`diagrams.display.Displayed.to_latex` promises."""
    if standalone:
        return latex_document(document_of(value), symbols, command)
    plain = not macros and not symbols and not brief
    written = None
    if "fragment" in formats(type(value)):
        written = value.render("fragment")
    if written is not None and plain:
        return str(written.text)
    if written is None or "document" in formats(type(value)):
        document = document_of(value)
        if plain:
            return latex_fragment(document)
        if written is None or document.result is not None:
            return placed(document, symbols, brief)
    return with_definitions(_display(written), written.names, symbols)


def placed(document: Document, symbols: Mapping[str, str] | None, brief: bool = False) -> str:
    """A document for a place in the text of a paper."""
    text = "\n".join((OPEN, latex_fragment(document, brief), CLOSE))
    return with_definitions(text, document.names, symbols)


def with_definitions(text: str, names: Iterable[str], symbols: Mapping[str, str] | None) -> str:
    """A text whose symbols are macros, and their definitions at its top."""
    text = with_macros(text, [*STANDARD, *names])
    used = used_names(text)
    given = check_symbols(symbols or {}, used)
    return "\n".join([*styles_for(text), *definitions(used, given, "providecommand"), text])


def _display(fragment: Fragment) -> str:
    """A fragment for a place in the text."""
    if fragment.display:
        return fragment.display
    if fragment.shape is Shape.FORMULA:
        return f"\\[\n{fragment.text}\n\\]"
    lines = f"\\begin{{align*}}\n{fragment.text}\n\\end{{align*}}"
    return f"\\begingroup\\allowdisplaybreaks\n{lines}\n\\endgroup"


def preamble(names: Iterable[str], symbols: Mapping[str, str] | None = None) -> str:
    r"""Return what the preamble of a paper needs for every fragment: packages, styles, macros.

    Raises :class:`~diagrams.errors.BadInput` for symbols that are none.

    >>> print(preamble(["p"], {"p": "d"}).splitlines()[-1])
    \newcommand{\wfp}{d}
    """
    known = tuple(dict.fromkeys(names))
    given = check_symbols(symbols or {}, known)
    return "\n".join([*PACKAGES, *styles(), SYMBOLS_NOTE, *definitions(known, given)]) + "\n"
