r"""How names and words are spelled in LaTeX: Greek letters, indices, escapes.

Names are escaped, never passed through; all of it compiles with plain pdflatex.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import count

from diagrams.polynomials.polynomial import check_symbol

_GREEK = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
GREEK = frozenset(_GREEK.split())
"""Names that print as Greek letters."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "-": "-{}",
    "\u00df": r"{\ss}",
    "\u00d7": r"$\times$",
    "\u2013": "--",
    "\u2014": "---",
    "\u2026": r"\ldots{}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0308": '"',
    "\u030c": "v",
    "\u0327": "c",
}


def escape_latex(text: str) -> str:
    r"""Return LaTeX text that prints ``text``; what plain fonts lack prints as its code point.

    >>> print(escape_latex("50% of x_1 & {y}"))
    50\% of x\_1 \& \{y\}
    >>> print(escape_latex("Schrödinger \u2603"))
    Schr\"{o}dinger [U+2603]
    """
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isspace():
        return " "
    if " " < character < "\x7f":
        return character
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _ACCENTS:
        return f"\\{_ACCENTS[parts[1]]}{{{parts[0]}}}"
    return f"[U+{ord(character):04X}]"


def symbol_latex(name: str) -> str:
    r"""Return a symbol's name as mathematics; a number stays what it is.

    Greek names become Greek letters, what follows ``_`` or trailing digits become an index,
    other names of several letters are upright.

    Raises :class:`~diagrams.errors.BadInput` when ``name`` is not a plain symbol.

    >>> [symbol_latex(name) for name in ("p", "sigma", "tau_1", "x_max", "rate")]
    ['p', '\\sigma', '\\tau_{1}', 'x_{\\mathrm{max}}', '\\mathrm{rate}']
    """
    if name.isascii() and name.isdigit():
        return name
    base, index = symbol_parts(name)
    return f"{base}_{{{index}}}" if index else base


def symbol_parts(name: str) -> tuple[str, str]:
    """A symbol's letter and its index, either as mathematics."""
    first, *rest = check_symbol(name).split("_")
    digits = re.fullmatch(r"([A-Za-z]+)([0-9]+)", first)
    if digits:
        first, rest = digits[1], [digits[2], *rest]
    if not all(rest) or not first.isalpha():
        return f"\\mathrm{{{escape_latex(name)}}}", ""
    return _word(first), ",".join(_word(part) for part in rest)


def _word(word: str) -> str:
    if word in GREEK:
        return "\\" + word
    return word if len(word) == 1 or word.isdigit() else f"\\mathrm{{{word}}}"


LARGE = "axyz"
"""Letters for the number that sizes and scales are powers of."""


def letter(letters: str, taken: Collection[str]) -> str:
    """Return the first letter that is not taken, or the first with a number where all are.

    >>> letter("srqv", {"s"}), letter("nm", {"n", "m"})
    ('r', 'n_1')
    """
    return next((x for x in letters if x not in taken), fresh(letters[0], taken))


def order_letter(taken: Collection[str]) -> str:
    """Return what the order of a coefficient is called next to some symbols: ``s`` if it can be.

    >>> order_letter({"p", "H", "sigma"}), order_letter({"s", "d"})
    ('s', 'r')
    """
    return letter("srqv", taken)


def fresh(name: str, taken: Iterable[str]) -> str:
    """Return the name, with the least number behind it that makes it new where it is taken.

    >>> fresh("theta", {"theta"}), fresh("y", {"y", "y_1"}), fresh("h", {"H"})
    ('theta_1', 'y_2', 'h')
    """
    known = set(taken)
    if name not in known:
        return name
    return next(made for k in count(1) if (made := f"{name}_{k}") not in known)
