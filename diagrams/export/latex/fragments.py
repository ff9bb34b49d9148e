r"""Fragments of LaTeX made fit for a paper: with macros, or in a document of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from diagrams.display import Displayed
from diagrams.export.latex.article import PACKAGES, SYMBOLS_NOTE, article, styles, styles_for
from diagrams.export.latex.macros import (
    STANDARD,
    check_symbols,
    definitions,
    used_names,
    with_macros,
)
from diagrams.export.latex.prose import prose_latex, prose_names
from diagrams.provenance import stamp, stamp_line


class Shape(StrEnum):
    """What a fragment of LaTeX has to stand in."""

    FORMULA = "formula"
    """Mathematics, for ``\\[ .. \\]`` or an inline formula."""

    ROWS = "rows"
    """Rows of mathematics, for ``align*``."""

    TEXT = "text"
    """A table, or sentences with formulas in them."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of plain LaTeX, its shape, and the names of the symbols in it.

    ``display`` is the same for a place in the text, with lines broken, where that is more than a
    display around it; ``brief`` is the result alone, without limits, evidence and fine print,
    where ``display`` has more.  ``title``, ``evidence`` and ``spec`` say in a document what it is;
    ``section`` gives a fuller body of it, and ``document`` all of it, given other symbols.
    """

    text: str
    shape: Shape
    names: tuple[str, ...]
    title: str = ""
    evidence: str = ""
    spec: str = ""
    display: str = ""
    brief: str = ""
    section: Callable[[], Sequence[str]] | None = None
    document: Callable[[Mapping[str, str]], str] | None = None


def value_latex(
    value: Displayed,
    standalone: bool = False,
    macros: bool = False,
    symbols: Mapping[str, str] | None = None,
    command: str | None = None,
    brief: bool = False,
) -> str:
    """Return the fragment of a value as :meth:`diagrams.display.Displayed.to_latex` promises."""
    return exported(value.render("fragment"), standalone, macros, symbols, command, brief)


def exported(
    fragment: Fragment,
    standalone: bool = False,
    macros: bool = False,
    symbols: Mapping[str, str] | None = None,
    command: str | None = None,
    brief: bool = False,
) -> str:
    """Return a fragment as :meth:`diagrams.display.Displayed.to_latex` promises."""
    if standalone and fragment.document is not None:
        return fragment.document(symbols or {})
    if standalone:
        body = [placed(fragment)] if fragment.section is None else [*fragment.section()]
        if fragment.evidence and fragment.section is None:
            said = prose_latex(fragment.evidence, prose_names(fragment.names))
            body.append(f"\\par\\medskip\\noindent Evidence: {said}.")
        footer = stamp_line(stamp(fragment.spec, command))
        return article(fragment.title, body, footer, fragment.names, symbols)
    if not macros and not symbols and not brief:
        return fragment.text
    if brief and fragment.brief:
        fragment = replace(fragment, display=fragment.brief)
    text = with_macros(placed(fragment), [*STANDARD, *fragment.names])
    names = used_names(text)
    given = check_symbols(symbols or {}, names)
    return "\n".join([*styles_for(text), *definitions(names, given, "providecommand"), text])


def placed(fragment: Fragment) -> str:
    """A fragment for a place in the text."""
    if fragment.display:
        return fragment.display
    if fragment.shape is Shape.FORMULA:
        return f"\\[\n{fragment.text}\n\\]"
    if fragment.shape is Shape.ROWS:
        lines = f"\\begin{{align*}}\n{fragment.text}\n\\end{{align*}}"
        return f"\\begingroup\\allowdisplaybreaks\n{lines}\n\\endgroup"
    return f"\\par\\noindent\n{fragment.text}" if "tabular" in fragment.text else fragment.text


def preamble(names: Iterable[str], symbols: Mapping[str, str] | None = None) -> str:
    r"""Return what the preamble of a paper needs for every fragment: packages, styles, macros.

    Raises :class:`~diagrams.errors.BadInput` for symbols that are none.

    >>> print(preamble(["p"], {"p": "d"}).splitlines()[-1])
    \newcommand{\wfp}{d}
    """
    known = tuple(dict.fromkeys(names))
    given = check_symbols(symbols or {}, known)
    return "\n".join([*PACKAGES, *styles(), SYMBOLS_NOTE, *definitions(known, given)]) + "\n"
