r"""The article around exported LaTeX: packages, styles, macros, a line of provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diagrams.export.latex.macros import (
    STANDARD,
    check_symbols,
    definitions,
    used_names,
    with_macros,
)
from diagrams.export.pictures.diagram_tikz import tikz_preamble
from diagrams.polynomials.spelling import escape_latex

PACKAGES = (
    "\\usepackage[T1]{fontenc}",
    "\\usepackage{lmodern}",
    "\\usepackage{amsmath,amssymb}",
    "\\usepackage{booktabs,longtable,array}",
    "\\usepackage{tikz}",
)
FIT = r"""{\wickfit}[1]{\sbox{\wickbox}{#1}%
  \ifdim\wd\wickbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\wickbox}}%
  \else\usebox{\wickbox}\fi}"""
ROOM = r"{\wickroom}{\par\ifdim\dimexpr\pagegoal-\pagetotal\relax<5cm\relax\newpage\fi}"
STYLES = r"""% how Pareto-optimal terms are marked; redefine to taste
\newcommand{\wickleading}[1]{\underline{#1}}
% a picture, made smaller where it is wider than its column
\newsavebox{\wickbox}
\newcommandFIT
% a new page where less than a heading and a row would fit
\newcommandROOM
% columns of tables: fixed widths, so that one run of LaTeX is enough
\newcolumntype{C}[1]{>{\centering\arraybackslash}m{#1\linewidth}}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash\hspace{0pt}}m{#1\linewidth}}""".replace(
    "FIT", FIT
).replace("ROOM", ROOM)
"""What documents and tables use; definitions of symbols are made for each document."""

SYMBOLS_NOTE = "% the symbols: put those of your own paper here"


def styles() -> list[str]:
    """The styles of pictures and tables, for a preamble."""
    return [tikz_preamble().rstrip(), STYLES]


def styles_for(text: str) -> list[str]:
    """What a fragment needs that is not in a package; it can be repeated within a paper."""
    lines = []
    if "\\begin{tikzpicture}[wick" in text:
        lines.append(tikz_preamble().rstrip())
    if "\\wickfit" in text:
        lines += ["\\ifdefined\\wickbox\\else\\newsavebox{\\wickbox}\\fi", f"\\providecommand{FIT}"]
    if "\\wickroom" in text:
        lines.append(f"\\providecommand{ROOM}")
    return lines


def article(
    title: str,
    body: Sequence[str],
    footer: str,
    names: Iterable[str] = (),
    symbols: Mapping[str, str] | None = None,
) -> str:
    """Return a complete article: title, body, and a footnote-size line of provenance.

    ``names`` are the symbols whose mathematics is written in macros, ``symbols`` other symbols for
    some of them; see :func:`diagrams.export.latex.macros.check_symbols` for what it raises.
    """
    text = with_macros("\n".join(body), [*STANDARD, *names])
    used = used_names(text)
    given = check_symbols(symbols or {}, used)
    return "\n".join(
        [
            f"% {footer.replace(chr(10), ' ')}",
            "\\documentclass[10pt]{article}",
            *PACKAGES,
            "\\usepackage[margin=2.4cm]{geometry}",
            "\\allowdisplaybreaks",
            "\\emergencystretch=3em",
            *styles(),
            "\\setlength{\\tabcolsep}{4pt}",
            *([SYMBOLS_NOTE, *definitions(used, given)] if used else []),
            f"\\title{{{escape_latex(title)}}}",
            "\\author{}",
            "\\date{}",
            "\\begin{document}",
            *(["\\maketitle"] if title else []),
            text,
            "\\par\\bigskip\\noindent{\\footnotesize " + _breakable(footer) + "\\par}",
            "\\end{document}",
            "",
        ]
    )


def _breakable(text: str) -> str:
    """A text with the paths in it, which may be longer than a line."""
    escaped = escape_latex(text)
    return escaped.replace("/", "/\\allowbreak{}").replace("\\_", "\\_\\allowbreak{}")
