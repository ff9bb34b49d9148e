r"""Macros for symbols: formulas in ``\wfp``, ``\wfH``, ``\wfsigma``, .., defined once at the top.

Every other module writes plain mathematics.  Here plain mathematics is rewritten so that each
size, scale, time, order parameter and tensor is a macro of its own, which the author of a paper
defines anew, or has defined by :func:`definitions`.  Only mathematics is touched: words, names of
environments and the arguments of font commands stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from diagrams.errors import BadInput
from diagrams.export.latex.formulas import formula_width
from diagrams.polynomials.spelling import symbol_latex

PREFIX = "\\wf"
STANDARD = ("T", "t")
"""Names that formulas may hold whatever the problem: the inverse learning rate, and time."""

COMMON = ("p", "H", "sigma", "theta", "lambda", "nu", "u")
"""Names in the formulas of CP models, an order parameter among them."""

NAMED = {"mean": "\\mathbb{E}", "loss": "L"}
"""What is no symbol of a problem and still a matter of taste: the average, and the loss."""

OWN, ENTRY = "*", "[]"
"""Marks of a problem's symbol, and of its tensor, that has one of the names above."""

_MARKS = {OWN: "QS", ENTRY: "QT"}
"""How the marks are spelled in macros."""


def keys_of(names: Iterable[str]) -> list[str]:
    """The keys under which a problem's symbols, and its tensors ``u[]``, have their macros.

    A mark is kept where a name is one of ours, or that of a symbol and of a tensor.

    >>> keys_of(["p", "mean", "t[]", "u[]"]), keys_of(["u", "u[]"])
    (['p', 'mean*', 't[]', 'u'], ['u', 'u[]'])
    """
    listed = tuple(names)
    taken = {*STANDARD, *(name for name in listed if not name.endswith(ENTRY))}
    found = []
    for name in listed:
        bare = name.removesuffix(ENTRY)
        if bare in NAMED:
            found.append(bare + OWN)
        else:
            found.append(name if bare in taken else bare)
    return found


SYMBOL_LIMIT = 60
"""Characters of a symbol that is given by hand."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LETTERS = _words(
    """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu
    nu xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta
    Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar imath jmath
    """
)
_SIGNS = _words("star ast prime dagger ddagger circ bullet infty perp parallel")
_FONTS = _words(
    """
    mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak boldsymbol hat widehat tilde
    widetilde bar overline underline vec dot ddot check
    """
)
_GIVEN = re.compile(r"\\[A-Za-z]+|[A-Za-z0-9_^'*+{},-]")
_TOKEN = re.compile(
    r"(?P<environment>\\(?:begin|end)\{(?P<name>[A-Za-z]+\*?)\})"
    r"|(?P<row>\\\\(?:\[[^\]]*\])?)"
    r"|(?P<command>\\(?:[A-Za-z]+\*?|.))"
    r"|(?P<script>[_^](?=[A-Za-z\\]))"
    r"|(?P<any>.)",
    re.DOTALL,
)
_MATHEMATICS = _words(
    "math displaymath equation equation* align align* gather gather* multline multline*"
)
_WORDS = frozenset(("\\text", "\\mbox", "\\textrm", "\\textbf", "\\textit", "\\texttt"))
_VERBATIM = _words(
    """
    mathrm mathit mathbf mathsf mathtt mathcal mathbb mathfrak operatorname operatorname* label ref
    tag hspace hspace* vspace kern rule color textcolor
    """
)
_USED = re.compile(r"\\wf([A-Za-z]+)")


def macro_of(name: str) -> str:
    r"""Return the macro of a symbol: letters only, different for different names.

    >>> [macro_of(name) for name in ("p", "sigma", "tau_1")]
    ['\\wfp', '\\wfsigma', '\\wftauQUQB']
    """
    letters = []
    for character in name.removesuffix(OWN).removesuffix(ENTRY):
        if character.isdigit():
            letters.append(f"Q{chr(ord('A') + int(character))}")
        else:
            letters.append({"_": "QU", "Q": "QQ"}.get(character, character))
    mark = next((spelled for mark, spelled in _MARKS.items() if name.endswith(mark)), "")
    return PREFIX + "".join(letters) + mark


def name_of(macro: str) -> str:
    r"""Return the symbol of a macro.

    >>> name_of(macro_of("Q2_max"))
    'Q2_max'
    """

    def decoded(found: re.Match[str]) -> str:
        letter = found[1]
        return {"U": "_", "Q": "Q", "S": OWN, "T": ENTRY}.get(letter) or str(ord(letter) - ord("A"))

    return re.sub(r"Q([A-JUQST])", decoded, macro.removeprefix(PREFIX))


def plain_of(name: str) -> str:
    """What the macro of a name stands for, unless it is renamed."""
    return NAMED.get(name) or symbol_latex(name.removesuffix(OWN).removesuffix(ENTRY))


def with_macros(latex: str, names: Iterable[str], mathematics: bool = False) -> str:
    r"""Return LaTeX whose mathematics has a macro for each of ``names``.

    A tensor that has the name of time is told from it by its indices.
    ``mathematics`` says that the text is mathematics from its first character on; otherwise it is
    so between dollars and in the environments of amsmath.  A size or scale that is called ``L``
    takes the place of the loss.

    >>> print(with_macros(r"at $p^{2} \sigma x$, \text{p}", ["p", "sigma"]))
    at $\wfp^{2} \wfsigma x$, \text{p}
    >>> print(with_macros(r"\frac{H}{\mathrm{H} e^{-Ht}}", ["H", "t"], mathematics=True))
    \frac{\wfH}{\mathrm{H} e^{-\wfH\wft}}
    """
    macros = {plain: macro_of(name) for name, plain in NAMED.items()}
    keys = keys_of(names)
    macros |= {plain_of(key): macro_of(key) for key in keys if not key.endswith(ENTRY)}
    entries = {plain_of(key): macro_of(key) for key in keys if key.endswith(ENTRY)}
    return _Rewriting(latex, macros, entries).run(mathematics)


class _Rewriting:
    """One pass over a text; a stack says where in it mathematics is."""

    def __init__(self, latex: str, macros: Mapping[str, str], entries: Mapping[str, str]) -> None:
        self.latex, self.macros, self.entries = latex, macros, entries
        longest = sorted(macros, key=len, reverse=True)
        joined = "|".join(
            re.escape(plain) + ("(?![A-Za-z])" if re.search(r"\\[A-Za-z]+\Z", plain) else "")
            for plain in longest
        )
        self.known = re.compile(joined)
        self.pieces: list[str] = []

    def run(self, mathematics: bool) -> str:
        # (whether this is mathematics, what closes it); braces are stacked like the rest
        stack: list[tuple[bool, str]] = [(mathematics, "")]
        place = 0
        while place < len(self.latex):
            inside, closing = stack[-1]
            if inside:
                symbol = self.known.match(self.latex, place)
                if symbol:
                    entry = self.latex.startswith("_{", symbol.end())
                    macro = (entry and self.entries.get(symbol[0])) or self.macros[symbol[0]]
                    place = self._put(macro, symbol.end())
                    continue
            token = _TOKEN.match(self.latex, place)
            assert token is not None
            written, place = token[0], token.end()
            self.pieces.append(written)
            if written == "$":
                if closing == "$":
                    stack.pop()
                else:
                    stack.append((True, "$"))
            elif written in ("\\[", "\\("):
                stack.append((True, "\\]" if written == "\\[" else "\\)"))
            elif written == closing and closing:
                stack.pop()
            elif token["name"] in _MATHEMATICS:
                if written.startswith("\\begin"):
                    stack.append((True, f"\\end{{{token['name']}}}"))
            elif token["name"] == "array" and written.startswith("\\begin"):
                place = self._copy(place)
            elif written == "{":
                stack.append((inside, "}"))
            elif inside and written in _WORDS and self.latex.startswith("{", place):
                self.pieces.append("{")
                place += 1
                stack.append((False, "}"))
            elif inside and token["command"] and written[1:] in _VERBATIM:
                place = self._copy(place)
            elif inside and token["script"]:
                # a script without braces, as in s_D: an index, not a symbol
                place = self._bare(place)
        return "".join(self.pieces)

    def _put(self, macro: str, place: int) -> int:
        self.pieces.append(macro)
        if place < len(self.latex) and self.latex[place].isalpha():
            symbol = self.known.match(self.latex, place)
            if symbol is None:
                self.pieces.append(" ")
        return place

    def _copy(self, place: int) -> int:
        """Copy one argument as it is, if there is one."""
        if not self.latex.startswith("{", place):
            return place
        depth, end = 0, place
        while end < len(self.latex):
            character = self.latex[end]
            depth += {"{": 1, "}": -1}.get(character, 0)
            end += 2 if character == "\\" else 1
            if not depth:
                break
        self.pieces.append(self.latex[place:end])
        return end

    def _bare(self, place: int) -> int:
        found = re.compile(r"\\[A-Za-z]+|.", re.DOTALL).match(self.latex, place)
        assert found is not None
        self.pieces.append(found[0])
        return self._copy(found.end()) if found[0][1:] in _VERBATIM else found.end()


def used_names(latex: str) -> tuple[str, ...]:
    r"""The symbols whose macros occur, in order of their names.

    >>> used_names(r"\wfp^{2} \wfsigma")
    ('p', 'sigma')
    """
    return tuple(sorted({name_of(found) for found in _USED.findall(latex)}))


def definitions(
    names: Iterable[str], symbols: Mapping[str, str] | None = None, command: str = "newcommand"
) -> list[str]:
    r"""Return the definition of the macro of each name, a line each.

    ``symbols`` gives some names another symbol than their own, checked by :func:`check_symbols`.

    >>> print("\n".join(definitions(["p", "sigma"], {"p": "d"})))
    \newcommand{\wfp}{d}
    \newcommand{\wfsigma}{\sigma}
    """
    given = symbols or {}
    lines = []
    for name in names:
        meaning = given.get(name) or plain_of(name)
        if name in given and re.search(r"[_^' ]", meaning):
            meaning = f"{{{meaning}}}"  # so that it can be raised to a power
        lines.append(f"\\{command}{{{macro_of(name)}}}{{{meaning}}}")
    return lines


def check_symbols(symbols: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    r"""Return new symbols by name, checked: nothing but a symbol can be given.

    A symbol is a letter, or a word in a font or under an accent, perhaps with an index and a power.
    No two names can have the same symbol.

    Raises :class:`~diagrams.errors.BadInput` for a name that is not one of ``names`` and for
    anything else that is no symbol.

    >>> check_symbols({"p": "d_{in}"}, ["p", "H"])
    {'p': 'd_{in}'}
    """
    known = tuple(dict.fromkeys(names))
    for name, symbol in symbols.items():
        if name not in known:
            raise BadInput("symbols", name, f"the symbols of this export: {', '.join(known)}")
        if not (isinstance(symbol, str) and _is_symbol(symbol)):
            raise BadInput(
                f"symbols, {name}",
                symbol,
                "a letter, or a word in a font, perhaps with an index, such as d, \\varsigma,"
                f" \\mathrm{{dim}} or d_{{\\mathrm{{in}}}}, of at most {SYMBOL_LIMIT} characters",
            )
    taken: dict[str, str] = {}
    for name in known:
        symbol = "".join((symbols.get(name) or plain_of(name)).split())
        if symbol in taken and (name in symbols or taken[symbol] in symbols):
            renamed = name if name in symbols else taken[symbol]
            other = taken[symbol] if name in symbols else name
            allowed = f"a symbol that {other} has not"
            raise BadInput(f"symbols, {renamed}", symbols[renamed], allowed)
        taken[symbol] = name
    return dict(symbols)


def _is_symbol(text: str) -> bool:
    """Whether a text is one letter or accented word, perhaps with an index and a power."""
    if len(text) > SYMBOL_LIMIT:
        return False
    words = _GIVEN.findall(text)
    if "".join(words) != "".join(text.split()):
        return False
    try:
        return not _symbol_end(words)
    except (IndexError, ValueError):
        return False


def _symbol_end(words: list[str]) -> list[str]:
    """What is left behind a symbol; ``IndexError`` or ``ValueError`` if there is none."""
    first, *rest = words
    if first[1:] in _FONTS and first.startswith("\\"):
        rest = _group_end(rest)
    elif not (first.isalpha() or first[1:] in _LETTERS):
        raise ValueError(first)
    for mark in ("_", "^"):
        if rest[:1] == [mark]:
            rest = _group_end(rest[1:])
        while mark == "_" and rest[:1] == ["'"]:
            rest = rest[1:]
            mark = "'"
        if mark == "'":
            break
    return rest


def _group_end(words: list[str]) -> list[str]:
    """What is left behind one letter, or behind braces with symbols and signs in them."""
    first, *rest = words
    if first != "{":
        if not (first.isalnum() or first[1:] in _LETTERS | _SIGNS or first in "*+-"):
            raise ValueError(first)
        return rest
    if rest[0] == "}":
        raise ValueError("nothing between braces")
    while rest[0] != "}":
        sign = rest[0]
        plain = sign.isdigit() or sign in "*+-,'" or sign[1:] in _SIGNS
        rest = rest[1:] if plain else _symbol_end(rest)
    return rest[1:]


def widening(symbols: Mapping[str, str] | None) -> float:
    """How much wider formulas may become at most by new symbols: a factor, 1 at least.

    >>> widening({"p": "d"}), widening(None)
    (1.0, 1.0)
    """
    factors = [
        formula_width(symbol) / formula_width(plain_of(name))
        for name, symbol in (symbols or {}).items()
    ]
    return max([1.0, *factors])
