"""A sentence of a result that keeps its data: words, with formulas and names between them.

A statement *is* its text, so that it is printed, compared and exported as any text is.  What in it
stands for something (a symbol, a formula, a size) is kept beside the words: under other names the
data are mapped and the sentence is written again.  Words are never read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any, Self


def plain_text(value: object) -> str:
    """Return a value as text; dummies by their names.

    >>> import sympy
    >>> plain_text(sympy.Dummy("c_1") + sympy.Symbol("z_2"))
    'c_1 + z_2'
    """
    from sympy import Basic  # what has no formulas need not wait for SymPy

    return str(_printer().doprint(value)) if isinstance(value, Basic) else str(value)


@lru_cache
def _printer() -> Any:
    from sympy.printing.str import StrPrinter

    class Plain(StrPrinter):  # type: ignore[misc]
        def _print_Dummy(self, symbol: Any) -> str:
            return str(symbol.name)

    return Plain()


@dataclass(frozen=True, slots=True)
class Datum:
    """A value in a sentence, and how it is spelled."""

    value: Any
    spell: Callable[[Any], str] = plain_text

    def __str__(self) -> str:
        return self.spell(self.value)


Piece = str | Datum


class Statement(str):
    """A text with its ``pieces``: words, and data between them.

    What is added before or behind keeps its pieces, too; a formatted string does not.

    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> found = "here: " + sentence("the limit of {} at {}", x**2, x) + ", by hand"
    >>> found
    'here: the limit of x**2 at x, by hand'
    >>> found.mapped(lambda value: value.subs(x, sympy.Symbol("a")))
    'here: the limit of a**2 at a, by hand'
    """

    __slots__ = ("pieces",)

    pieces: tuple[Piece, ...]

    def __new__(cls, *pieces: Piece) -> Self:
        """The sentence of some pieces."""
        made = super().__new__(cls, "".join(map(str, pieces)))
        made.pieces = pieces
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Statement, self.pieces

    def __add__(self, other: str) -> Statement:
        return Statement(*self.pieces, *pieces_of(other))

    def __radd__(self, other: str) -> Statement:
        return Statement(*pieces_of(other), *self.pieces)

    def mapped(self, change: Callable[[Any], Any]) -> Statement:
        """The sentence with its data changed, each spelled as before."""
        return Statement(
            *(p if isinstance(p, str) else Datum(change(p.value), p.spell) for p in self.pieces)
        )


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a text; one that is no statement is all words."""
    return text.pieces if isinstance(text, Statement) else (text,)


def mapped(text: str, change: Callable[[Any], Any]) -> str:
    """Return a text with its data changed; words alone stay."""
    return text.mapped(change) if isinstance(text, Statement) else text


def sentence(words: str, *values: object, spell: Callable[[Any], str] = plain_text) -> Statement:
    """Return a sentence with values in place of ``{}`` or ``{0}``; a value that is text is words.

    >>> import sympy
    >>> found = sentence("{} = {} at t = {}", sympy.Symbol("y"), 3, "0.5")
    >>> found, [piece.value for piece in found.pieces if isinstance(piece, Datum)]
    ('y = 3 at t = 0.5', [y, 3])
    """
    pieces: list[Piece] = []
    count = 0
    for literal, field, _, _ in Formatter().parse(words):
        pieces.append(literal)
        if field is not None:
            value = values[int(field or count)]
            pieces += pieces_of(value) if isinstance(value, str) else [Datum(value, spell)]
            count += 1
    return Statement(*(piece for piece in pieces if piece != ""))


def joined(separator: str, parts: Iterable[str]) -> str:
    """Return the parts that are not empty as one sentence.

    >>> import sympy
    >>> joined(" and ", ["", sentence("{} > 0", sympy.Symbol("c")), "late"])
    'c > 0 and late'
    """
    pieces: list[Piece] = []
    for part in filter(None, parts):
        pieces += [*([separator] if pieces else []), *pieces_of(part)]
    return Statement(*pieces)


def message(error: Exception) -> str:
    """Return what an error says, with its data."""
    first = error.args[0] if len(error.args) == 1 else None
    return first if isinstance(first, str) else str(error)
