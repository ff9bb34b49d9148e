"""Polynomials as MathML, which browsers show and read aloud without any script."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from xml.sax.saxutils import escape

from diagrams.export.latex import GREEK
from diagrams.polynomial import Polynomial, Powers, printing_order, symbol_order

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


def polynomial_mathml(
    polynomial: Polynomial,
    name: tuple[str, int] | None = None,
    marked: Polynomial = Polynomial(),  # noqa: B008 -- an immutable value
) -> str:
    """Return ``name = polynomial`` (or the polynomial alone) as a ``math`` element.

    Terms that occur in ``marked`` get the class ``leading``.

    >>> print(polynomial_mathml(Polynomial.symbol("p") / 2))
    <math><mrow><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>\u2062</mo><mi>p</mi></mrow></math>
    """
    leading = {powers for powers, _ in marked.terms}
    pieces = []
    if name is not None:
        pieces.append(f"<msub><mi>{escape(name[0])}</mi><mn>{name[1]}</mn></msub><mo>=</mo>")
    for place, (powers, coefficient) in enumerate(printing_order(polynomial)):
        if coefficient < 0 or place:
            pieces.append(f"<mo>{MINUS if coefficient < 0 else '+'}</mo>")
        mark = ' class="leading"' if powers in leading else ""
        factors = TIMES.join(_factors(powers, abs(coefficient)))
        pieces.append(f"<mrow{mark}>{factors}</mrow>")
    return f"<math>{''.join(pieces) or '<mn>0</mn>'}</math>"


def _factors(powers: Powers, coefficient: Fraction) -> Iterator[str]:
    if coefficient != 1 or not powers:
        yield _number(coefficient)
    for name, exponent in sorted(powers, key=lambda item: symbol_order(item[0])):
        symbol = symbol_mathml(name)
        yield symbol if exponent == 1 else f"<msup>{symbol}{_exponent(exponent)}</msup>"


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return f"<mn>{value.numerator}</mn>"
    return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"


def _exponent(value: Fraction) -> str:
    sign = f"<mo>{MINUS}</mo>" if value < 0 else ""
    return f"<mrow>{sign}{_number(abs(value))}</mrow>"
