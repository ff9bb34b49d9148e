"""Polynomials and spelled formulas as MathML, which browsers show without any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from xml.sax.saxutils import escape

from diagrams.export.content.sectors import sectors
from diagrams.polynomials.polynomial import Polynomial, Powers, printing_order, symbol_order
from diagrams.polynomials.spelling import GREEK

MINUS = "\u2212"
TIMES = "<mo>\u2062</mo>"  # invisible multiplication


def _letter(name: str) -> str:
    """The Greek letter of a name, or the name."""
    if name not in GREEK:
        return name
    case = "CAPITAL" if name[0].isupper() else "SMALL"
    spelled = {"lambda": "LAMDA"}.get(name.lower(), name.upper())
    return unicodedata.lookup(f"GREEK {case} LETTER {spelled}")


def symbol_mathml(name: str) -> str:
    """Return a symbol, Greek where its name is; what follows ``_`` becomes an index.

    >>> symbol_mathml("sigma")
    '<mi>σ</mi>'
    """
    base, _, index = name.partition("_")
    letter = f"<mi>{escape(_letter(base))}</mi>"
    return f"<msub>{letter}<mi>{escape(index)}</mi></msub>" if index else letter


def entry_mathml(name: str, indices: Sequence[tuple[str, str]]) -> str:
    """Return the entry of a tensor; every index is a letter and a number that may be empty.

    >>> entry_mathml("u", [("k", ""), ("i", "1")])
    '<msub><mi>u</mi><mrow><mi>k</mi><msub><mi>i</mi><mn>1</mn></msub></mrow></msub>'
    """
    below = ""
    for letter, number in indices:
        index = symbol_mathml(letter)
        below += f"<msub>{index}<mn>{number}</mn></msub>" if number else index
    base, _, mark = name.partition("_")
    if not mark:
        return f"<msub>{symbol_mathml(name)}<mrow>{below}</mrow></msub>"
    above = f"<mrow><mo>(</mo><mi>{escape(mark)}</mi><mo>)</mo></mrow>"
    return f"<msubsup>{symbol_mathml(base)}<mrow>{below}</mrow>{above}</msubsup>"


def annotated_mathml(inside: str, latex: str, block: bool = False) -> str:
    """Return a ``math`` element that carries its LaTeX, for copying and for screen readers.

    >>> print(annotated_mathml("<mi>p</mi>", "p"))
    <math><semantics><mrow><mi>p</mi></mrow><annotation encoding="application/x-tex">p\
</annotation></semantics></math>
    """
    display = ' display="block"' if block else ""
    note = f'<annotation encoding="application/x-tex">{escape(latex)}</annotation>'
    return f"<math{display}><semantics><mrow>{inside}</mrow>{note}</semantics></math>"


_TOKEN = re.compile(
    r"(?P<name>[A-Za-z](?:[A-Za-z0-9]|_(?=[A-Za-z0-9]))*)|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<power>\^(?:\((?P<group>[^()]*)\)|(?P<one>-?[A-Za-z0-9]+)))|(?P<below>_(?P<index>[a-z]))"
    r"|(?P<sign><=|>=|->|[^\s])"
)
_SIGNS = {"<=": "≤", ">=": "≥", "->": "→", "~": "\u223c", "-": MINUS}


def plain_mathml(text: str, times: str = TIMES) -> str:
    """Return a formula in plain letters, such as a condition, as the inside of a ``math`` element.

    >>> plain_mathml("H/p^2 -> inf")
    '<mi>H</mi><mo>/</mo><msup><mi>p</mi><mn>2</mn></msup><mo>→</mo><mi>∞</mi>'
    >>> plain_mathml("H^s ~ p^(s+1)").count("<msup>")
    2
    """
    pieces: list[str] = []
    for found in _TOKEN.finditer(text):
        if found["power"]:
            inner = plain_mathml(found["group"] or found["one"], "")
            row = inner if inner.count("<m") == 1 else f"<mrow>{inner}</mrow>"
            pieces.append(f"<msup>{pieces.pop() if pieces else '<mi></mi>'}{row}</msup>")
        elif found["below"]:
            pieces.append(f"<msub>{pieces.pop()}<mi>{found['index']}</mi></msub>")
        elif found["sign"]:
            sign = escape(_SIGNS.get(found[0], found[0]))
            if sign == "(" and pieces and not pieces[-1].startswith("<mo"):
                pieces.append(times)
            stretch = ' stretchy="false"' if sign in "()[]" else ""
            pieces.append(f"<mo{stretch}>{sign}</mo>")
        else:
            number = found["number"]
            infinite = "<mi>∞</mi>" if found["name"] == "inf" else ""
            if pieces and not pieces[-1].startswith("<mo"):
                pieces.append(times)
            operand = f"<mn>{number}</mn>" if number else infinite or symbol_mathml(found["name"])
            pieces.append(operand)
    return "".join(pieces)


def polynomial_mathml(polynomial: Polynomial) -> str:
    """Return a polynomial as the inside of a ``math`` element.

    >>> print(polynomial_mathml(Polynomial.symbol("p") / 2))
    <mrow><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>\u2062</mo><mi>p</mi></mrow>
    """
    pieces = []
    for place, (powers, coefficient) in enumerate(printing_order(polynomial)):
        if coefficient < 0 or place:
            pieces.append(f"<mo>{MINUS if coefficient < 0 else '+'}</mo>")
        pieces.append(_term(powers, coefficient, False))
    return "".join(pieces) or "<mn>0</mn>"


def sectors_mathml(
    polynomial: Polynomial,
    sizes: Collection[str] | None,
    marked: Polynomial = Polynomial(),  # noqa: B008 -- an immutable value
) -> list[str]:
    """Return the sectors of a polynomial, a ``math`` element for every term.

    Browsers do not break a formula over lines; break marks between terms they do.
    """
    leading = {powers for powers, _ in marked.terms}
    found: list[str] = []
    for sector in sectors(polynomial, sizes):
        terms = []
        for place, (powers, coefficient) in enumerate(sector.terms):
            term = _term(powers, coefficient, sector.whole(powers) in leading)
            if place == 0 and sector.bracketed:
                sign = _operator(sector.sign, bool(found))
                scales = _monomial(sector.scales, Fraction(1))
                first = f"<mo>{MINUS}</mo>" if coefficient < 0 else ""
                term = f'{sign}{scales}<mo stretchy="false">(</mo>{first}{term}'
            else:
                term = _operator(coefficient, bool(place or found)) + term
            if place == len(sector.terms) - 1 and sector.bracketed:
                term += '<mo stretchy="false">)</mo>'
            terms.append(f"<math>{term}</math>")
        found.append("<wbr>".join(terms))
    return found or ["<math><mn>0</mn></math>"]


def _operator(sign: int | Fraction, between: bool) -> str:
    """A sign ``between`` terms, or before the first one, where plus is left out."""
    if not between:
        return f"<mo>{MINUS}</mo>" if sign < 0 else ""
    return f'<mo form="infix">{MINUS if sign < 0 else "+"}</mo>'


def _term(powers: Powers, coefficient: Fraction, leading: bool) -> str:
    mark = ' class="leading"' if leading else ""
    return f"<mrow{mark}>{_monomial(powers, abs(coefficient))}</mrow>"


def _monomial(powers: Powers, coefficient: Fraction) -> str:
    """A term without its sign; negative powers go below a fraction line."""
    under = tuple((name, -e) for name, e in powers if e < 0)
    if not under:
        return TIMES.join(_factors(powers, coefficient))
    over = tuple((name, e) for name, e in powers if e > 0)
    top = TIMES.join(_factors(over, Fraction(coefficient.numerator)))
    bottom = TIMES.join(_factors(under, Fraction(coefficient.denominator)))
    return f"<mfrac><mrow>{top}</mrow><mrow>{bottom}</mrow></mfrac>"


def _factors(powers: Powers, coefficient: Fraction) -> Iterator[str]:
    if coefficient != 1 or not powers:
        yield _number(coefficient)
    for name, exponent in sorted(powers, key=lambda item: symbol_order(item[0])):
        symbol = symbol_mathml(name)
        if exponent == Fraction(1, 2):
            yield f"<msqrt>{symbol}</msqrt>"
        else:
            yield symbol if exponent == 1 else f"<msup>{symbol}{_exponent(exponent)}</msup>"


def _exponent(value: Fraction) -> str:
    if value.denominator == 1:
        return _number(value)
    return f"<mrow><mn>{value.numerator}</mn><mo>/</mo><mn>{value.denominator}</mn></mrow>"


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return f"<mn>{value.numerator}</mn>"
    return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"
