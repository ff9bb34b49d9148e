"""Formulas within sentences: plain text such as ``p**3*sigma**4 < 2`` in pieces.

Sentences of results (domains, evidence, steps) are text, most with their data beside it.  Powers,
Greek names, relations and products are recognised by their spelling, and code by its backquotes;
everything else stays as it is.  A document that was read has the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import sympy
from sympy.core.function import AppliedUndef, UndefinedFunction

from diagrams.export.content import blocks as b
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import GREEK, symbol_latex
from pde.expressions.statement import Datum, Statement

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
_WORD = re.compile(r"\b[A-Za-z]\w*\b")
_SIGNS = {"<=": "\\le", ">=": "\\ge", "->": "\\to", "~": "\\sim"}


def prose_pieces(text: str, names: Collection[str] = ("t", "T")) -> Iterator[b.Piece]:
    """The pieces of a sentence: words, code, and formulas; single ``names`` are formulas, too.

    A sentence that keeps its data tells itself which words are names.

    >>> [found.value.latex for found in prose_pieces("p**3*sigma") if isinstance(found, b.Math)]
    ['p^{3}', '\\\\sigma']
    """
    marked, place = _marked(text, names), 0
    for found in _PIECE.finditer(text):
        yield from _words(text, place, found.start(), marked)
        place = found.end()
        if found["code"]:
            yield b.Code(found["code"])
        elif found["times"]:
            yield TIMES
        else:
            yield b.Math(_formula(found))
    yield from _words(text, place, len(text), marked)


def _marked(text: str, names: Collection[str]) -> list[Collection[str]]:
    """What is a name, at every place of a text."""
    if not isinstance(text, Statement):
        return [names] * len(text)
    found: list[Collection[str]] = []
    for piece in text.pieces:
        known = _names(piece.value, names) if isinstance(piece, Datum) else ("t", "T")
        found += [known] * len(str(piece))
    return found


def _names(value: object, names: Collection[str]) -> Collection[str]:
    """The names in a formula; for other values, those given."""
    if isinstance(value, UndefinedFunction):
        return (value.__name__,)
    if isinstance(value, Polynomial):
        return value.symbols
    if not isinstance(value, sympy.Basic):
        return names
    functions = {f.func.__name__ for f in value.atoms(AppliedUndef)}
    return {s.name for s in value.atoms(sympy.Symbol)} | functions


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


def _words(text: str, start: int, end: int, marked: list[Collection[str]]) -> Iterator[b.Piece]:
    """The words of a part of a text, the names among them as formulas."""
    place = start
    for found in _WORD.finditer(text, start, end):
        if found[0] in marked[found.start()]:
            if place < found.start():
                yield text[place : found.start()]
            yield b.Math(b.Spelled(symbol_latex(found[0]), found[0]))
            place = found.end()
    if place < end:
        yield text[place:end]


def prose_names(names: Iterable[str]) -> set[str]:
    """The symbols of one letter that are told from words: not an article, nor the order s.

    >>> sorted(prose_names(["p", "a", "s", "sigma"]))
    ['T', 'p', 't']
    """
    return {"t", "T", *(name for name in names if len(name) == 1)} - {"a", "s"}
