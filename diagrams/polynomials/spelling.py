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
    >>> print(symbol_latex("E_phi_001_at1W__phi_0_at2W"))
    \langle\phi^{2}_{1}\phi'_{1}\phi_{2}\rangle_{W}
    """
    if name.isascii() and name.isdigit():
        return name
    if name.startswith("E_"):
        found = _average_latex(name[1:])
        if found:
            return found
    base, index = symbol_parts(name)
    return f"{base}_{{{index}}}" if index else base


_GROUP = re.compile(
    r"((?:_[A-Za-z]+[0-9]*_(?:[0-9]|n[0-9]{2})+)+)_at([0-9]*)([A-Za-z](?:_?[A-Za-z0-9])*)(?:_|\Z)"
)
_FUNCTION = re.compile(r"_([A-Za-z]+)([0-9]*)_((?:[0-9]|n[0-9]{2})+)")
_ORDER = re.compile(r"n([0-9]{2})|([0-9])")


def _average_latex(rest: str) -> str:
    """A Gaussian average of functions by its name; empty for another symbol.

    Below each function stands the number of its input, below the average the weights.
    """
    text, weights = "", ""
    while rest:
        group = _GROUP.match(rest)
        if group is None:
            return ""
        for function, digits, orders in _FUNCTION.findall(group[1]):
            listed = [int(a or b) for a, b in _ORDER.findall(orders)]
            for order in dict.fromkeys(listed):
                count = listed.count(order)
                head = derivative_latex(function + digits, order)
                above = f"^{{{count}}}" if count > 1 else ""
                head = rf"\bigl({head}\bigr)" if above and "^" in head else head
                text += head + above + f"_{{{group[2]}}}" * bool(group[2])
        weights = _word(group[3])
        rest = rest[group.end() :]
    return rf"\langle{text}\rangle_{{{weights}}}"


def derivative_latex(function: str, order: int) -> str:
    r"""A derivative of a function by its name, in LaTeX.

    >>> derivative_latex("phi", 1), derivative_latex("tanh", 4)
    ("\\phi'", '\\tanh^{(4)}')
    """
    known = ("tanh", "cos", "sin", "exp")
    head = "\\" + function if function in known else symbol_latex(function)
    if function.startswith("power"):
        head = rf"(\cdot)^{{{function[5:]}}}"
        return head if not order else rf"\bigl({head}\bigr)^{{({order})}}"
    return head + ("'" * order if order < 4 else f"^{{({order})}}")


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
