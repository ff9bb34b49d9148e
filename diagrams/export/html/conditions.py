"""Conditions, monomials and time scales as MathML, from their text form."""

from __future__ import annotations

import re

from diagrams.export.html.mathml import MINUS, TIMES, symbol_mathml

_TOKEN = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9_]*)(?:\^(?P<power>-?[A-Za-z0-9]+|\([^()]*\)))?"
    r"|(?P<number>[0-9]+(?:/[0-9]+)?)"
    r"|(?P<limit>~|->)|(?P<mark>[()/])|(?P<space>\s+)"
)
_PART = re.compile(r"[0-9]+|[a-z]|[-+/]")


def condition_mathml(text: str) -> str:
    """Return a monomial or a scaling condition as the inside of a ``math`` element.

    >>> condition_mathml("H/p^2 -> inf")
    '<mi>H</mi><mo>/</mo><msup><mi>p</mi><mn>2</mn></msup><mo>→</mo><mi>∞</mi>'
    >>> condition_mathml("H^s ~ p^(s+1)").count("<msup>")
    2
    """
    pieces: list[str] = []
    for found in _TOKEN.finditer(text):
        if found["space"]:
            continue
        if found["name"] or found["number"]:
            if pieces and not pieces[-1].startswith("<mo"):
                pieces.append(TIMES)
            pieces.append(_operand(found))
        else:
            sign = {"~": "\u223c", "->": "→"}.get(found[0], found[0])
            if sign == "(" and pieces and not pieces[-1].startswith("<mo"):
                pieces.append(TIMES)
            stretch = ' stretchy="false"' if sign in "()" else ""
            pieces.append(f"<mo{stretch}>{sign}</mo>")
    return "".join(pieces)


def _operand(found: re.Match[str]) -> str:
    if found["number"]:
        return f"<mn>{found['number']}</mn>"
    if found["name"] == "inf":
        return "<mi>∞</mi>"
    base = symbol_mathml(found["name"])
    if not found["power"]:
        return base
    return f"<msup>{base}{_exponent(found['power'].strip('()'))}</msup>"


def _exponent(text: str) -> str:
    parts = [_part(piece) for piece in _PART.findall(text)]
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def _part(piece: str) -> str:
    if piece.isdigit():
        return f"<mn>{piece}</mn>"
    return f"<mi>{piece}</mi>" if piece.isalpha() else f"<mo>{piece.replace('-', MINUS)}</mo>"
