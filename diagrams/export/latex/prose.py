"""Formulas within sentences: plain text such as ``p**3*sigma**4 < 2`` made fit to read.

Sentences of results (domains, evidence, steps) are plain text.  Powers, Greek names, relations
and products in them are recognised by their spelling, and code by its backquotes; everything else
stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from html import escape

from diagrams.polynomials.spelling import GREEK, escape_latex, symbol_latex

_PIECE = re.compile(
    r"`(?P<code>[^`]+)`|(?P<mean>\bE\[L(?:\(t\))?\])"
    r"|(?P<name>\b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)?"
    r"(?:(?:\*\*|\^)(?P<power>-?[0-9]+|\(-?[0-9]+(?:/[0-9]+)?\)))"
    r"|(?P<greek>\b(?:" + "|".join(sorted(GREEK, key=len, reverse=True)) + r")(?:_[A-Za-z0-9]+)?\b)"
    r"|(?P<sign><=|>=|->|~|(?<= )-(?= )|(?<![A-Za-z])-(?=[0-9A-Za-z(])|<|>)"
    r"|sqrt\((?P<root>[A-Za-z])\)"
    r"|(?P<indexed>\b[A-Za-z](?:_[A-Za-z0-9])+\b)"
    r"|(?P<times>(?<=[A-Za-z0-9)])\*(?=[A-Za-z0-9(]))"
)
_WORD = re.compile(r"\b([A-Za-z])\b")
_SIGNS = {
    "<=": ("\\le", "≤"),
    ">=": ("\\ge", "≥"),
    "->": ("\\to", "→"),
    "~": ("\\sim", "\u223c"),
    "-": ("-", "\u2212"),
    "<": ("<", "<"),
    ">": (">", ">"),
}


def prose_latex(text: str, names: Collection[str] = ("t", "T")) -> str:
    r"""Return a sentence as LaTeX, its formulas as mathematics, and single ``names`` as well.

    >>> print(prose_latex("t <= 0 if p**3*sigma < 2"))
    $t$ $\le$ 0 if $p^{3}$\,\allowbreak{}$\sigma$ $<$ 2
    >>> print(prose_latex("z_1_1 + sqrt(H)"))
    $z_{1,1}$ + $\sqrt{H}$
    """
    pieces, place = [], 0
    for found in _PIECE.finditer(text):
        pieces.append(_words_latex(text[place : found.start()], names))
        place = found.end()
        if found["code"]:
            code = escape_latex(found["code"]).replace(",", ",\\allowbreak{}")
            pieces.append(f"\\texttt{{{code}}}")
        elif found["mean"]:
            pieces.append(f"$\\mathbb{{E}}{found['mean'][1:]}$")
        elif found["times"]:
            pieces.append("\\,\\allowbreak{}")
        elif found["sign"]:
            pieces.append(f"${_SIGNS[found['sign']][0]}$")
        elif found["greek"]:
            pieces.append(f"${symbol_latex(found['greek'])}$")
        elif found["root"]:
            pieces.append(f"$\\sqrt{{{symbol_latex(found['root'])}}}$")
        elif found["indexed"]:
            pieces.append(f"${symbol_latex(found['indexed'])}$")
        else:
            base = symbol_latex(found["name"]) if found["name"] else ""
            pieces.append(f"${base}^{{{found['power'].strip('()')}}}$")
    return "".join([*pieces, _words_latex(text[place:], names)])


def prose_names(names: Iterable[str]) -> set[str]:
    """The symbols of one letter that are told from words: not an article, nor the order s.

    >>> sorted(prose_names(["p", "a", "s", "sigma"]))
    ['T', 'p', 't']
    """
    return {"t", "T", *(name for name in names if len(name) == 1)} - {"a", "s"}


def _words_latex(text: str, names: Collection[str]) -> str:
    words = _WORD.split(text)
    return "".join(
        f"${symbol_latex(word)}$" if word in names else escape_latex(word) for word in words
    )


def prose_html(text: str) -> str:
    """Return a sentence as HTML, powers raised, Greek names as letters.

    >>> print(prose_html("t <= 0 if p**3*sigma < 2"))
    t ≤ 0 if p<sup>3</sup> σ &lt; 2
    >>> print(prose_html("up to a time t_c"))
    up to a time t<sub>c</sub>
    """
    pieces, place = [], 0
    for found in _PIECE.finditer(text):
        pieces.append(escape(text[place : found.start()]))
        place = found.end()
        if found["code"]:
            pieces.append(f"<code>{escape(found['code'])}</code>")
        elif found["mean"]:
            pieces.append(found["mean"])
        elif found["times"]:
            pieces.append(" ")
        elif found["sign"]:
            pieces.append(escape(_SIGNS[found["sign"]][1]))
        elif found["greek"]:
            pieces.append(_letter(found["greek"]))
        elif found["root"]:
            pieces.append(f"√{found['root']}")
        elif found["indexed"]:
            pieces.append(_letter(found["indexed"]))
        else:
            power = found["power"].strip("()").replace("-", "\u2212")
            pieces.append(f"{_letter(found['name'] or '')}<sup>{power}</sup>")
    return "".join([*pieces, escape(text[place:])])


def _letter(name: str) -> str:
    base, _, index = name.partition("_")
    if base in GREEK:
        case = "CAPITAL" if base[0].isupper() else "SMALL"
        spelled = {"lambda": "LAMDA"}.get(base.lower(), base.upper())
        base = unicodedata.lookup(f"GREEK {case} LETTER {spelled}")
    return escape(base) + (f"<sub>{escape(index.replace('_', ','))}</sub>" if index else "")
