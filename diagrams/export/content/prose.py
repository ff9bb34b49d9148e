"""Formulas within sentences: plain text such as ``p**3*sigma**4 < 2`` in pieces.

Sentences of results (domains, evidence, steps) are plain text.  Powers, Greek names, relations
and products in them are recognised by their spelling, and code by its backquotes; everything else
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from diagrams.export.content import blocks as b
from diagrams.polynomials.spelling import GREEK, symbol_latex

TIMES = "\u2062"
"""Between factors of a product, where a line may end."""

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
_SIGNS = {"<=": "\\le", ">=": "\\ge", "->": "\\to", "~": "\\sim"}


def prose_pieces(text: str, names: Collection[str] = ("t", "T")) -> Iterator[b.Piece]:
    """The pieces of a sentence: words, code, and formulas; single ``names`` are formulas, too.

    >>> [found.value.latex for found in prose_pieces("p**3*sigma") if isinstance(found, b.Math)]
    ['p^{3}', '\\\\sigma']
    """
    place = 0
    for found in _PIECE.finditer(text):
        yield from _words(text[place : found.start()], names)
        place = found.end()
        if found["code"]:
            yield b.Code(found["code"])
        elif found["times"]:
            yield TIMES
        else:
            yield b.Math(_formula(found))
    yield from _words(text[place:], names)


def _formula(found: re.Match[str]) -> b.Spelled:
    """A formula as LaTeX and in plain letters."""
    if found["mean"]:
        return b.Spelled(f"\\mathbb{{E}}{found['mean'][1:]}", found["mean"])
    if found["sign"]:
        return b.Spelled(_SIGNS.get(found["sign"], found["sign"]), found["sign"])
    if found["root"]:
        return b.Spelled(f"\\sqrt{{{symbol_latex(found['root'])}}}", f"√{found['root']}")
    if found["power"]:
        name, power = found["name"] or "", found["power"].strip("()")
        base = symbol_latex(name) if name else ""
        return b.Spelled(f"{base}^{{{power}}}", f"{name}^({power})")
    name = found["greek"] or found["indexed"]
    return b.Spelled(symbol_latex(name), name)


def _words(text: str, names: Collection[str]) -> Iterator[b.Piece]:
    plain = ""
    for word in _WORD.split(text):
        if word not in names:
            plain += word
            continue
        if plain:
            yield plain
        yield b.Math(b.Spelled(symbol_latex(word), word))
        plain = ""
    if plain:
        yield plain


def prose_names(names: Iterable[str]) -> set[str]:
    """The symbols of one letter that are told from words: not an article, nor the order s.

    >>> sorted(prose_names(["p", "a", "s", "sigma"]))
    ['T', 'p', 't']
    """
    return {"t", "T", *(name for name in names if len(name) == 1)} - {"a", "s"}
