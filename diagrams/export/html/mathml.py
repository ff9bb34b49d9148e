"""LaTeX mathematics as MathML, which browsers show without any script.

The converter is latex2mathml; what it does not know is told it in other words, and signs and
spaces are set as TeX has them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from html import escape
from typing import Any

from latex2mathml.converter import convert

from diagrams.export.content import blocks as b
from diagrams.export.content.sectors import sectors
from diagrams.export.latex.formulas import sector_terms
from diagrams.export.latex.mathematics import mathematics
from diagrams.polynomials.polynomial import Polynomial

PLAIN = (Polynomial, b.Spelled, b.Entry, int, float)
"""Formulas that carry no LaTeX within a sentence."""

LONG = 3
"""Terms of a polynomial behind which a browser may break it."""

_KNOWN = (
    (re.compile(r"\\(begin|end)\{aligned\}"), r"\\\1{align*}"),
    (re.compile(r"\\allowbreak\b ?"), ""),
    (re.compile(r"\\\\\[[^\]]*\]"), r"\\\\"),
    (re.compile(r"\\wickleading\b"), r"\\underline"),
    (re.compile(r"('+)\^\{"), lambda found: "^{" + r"\prime" * len(found[1]) + " "),
    (re.compile(r"\\left\((\\?[A-Za-z0-9]+(?:_\{\w+\})?) ?\\right\)"), r"(\1)"),
)

_FUNCTION = r"<mi>(?:arg|cos|cosh|deg|det|dim|exp|ln|log|sin|sinh|tan|tanh)</mi>"
_UPRIGHT = re.compile(r'(?:<mi mathvariant="normal">\w</mi>){2,}')
_TYPESET = (
    (re.compile("<mrow>(<m[in]>[^<>]*</m[in]>)</mrow>"), r"\1"),
    (re.compile("<m[io]>(?:~|&#x0007E;)</m[io]>"), "<mo>&#x0223C;</mo>"),
    (re.compile("<mo>&#x0221E;</mo>"), "<mi>&#x0221E;</mi>"),
    (re.compile("<mo>&#x0002F;</mo>"), '<mo lspace="0" rspace="0">&#x0002F;</mo>'),
    (
        re.compile('<mo(?: stretchy="false")?>(&#x0007C;|&#x02016;)</mo>'),
        r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>',
    ),
    (
        re.compile(
            "(<mo[^>]*>&#x(?:0003D|0223C|02192|0003C|0003E|00028|0002C);</mo>)<mo>&#x02212;"
        ),
        r'\1<mo form="prefix">&#x02212;',
    ),
    (re.compile(rf"(</m(?!o)\w+>)(?={_FUNCTION})"), r'\1<mspace width="0.17em"/>'),
    (
        re.compile(rf"(?<!<msu[bp]>)(?<!<msubsup>)({_FUNCTION})(?=<m(?!o|space))"),
        r'\1<mspace width="0.17em"/>',
    ),
    (_UPRIGHT, lambda run: f'<mi mathvariant="normal">{re.sub("<[^>]*>", "", run[0])}</mi>'),
    (re.compile("<mtext>[^<>]*</mtext>"), lambda text: text[0].replace("\\", "")),
)


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    r"""Return mathematics as the inside of a ``math`` element.

    >>> mathml(r"\sigma^{2}")
    '<msup><mi>&#x003C3;</mi><mn>2</mn></msup>'
    >>> mathml(r"\tanh^{2} x")  # the base of a power is one
    '<msup><mi>tanh</mi><mn>2</mn></msup><mi>x</mi>'
    >>> mathml("f'^{2}")
    '<msup><mi>f</mi><mrow><mi>&#x02032;</mi><mn>2</mn></mrow></msup>'
    """
    for pattern, replacement in _KNOWN:
        latex = pattern.sub(replacement, latex)
    found = convert(latex).partition("<mrow>")[2].removesuffix("</mrow></math>")
    for pattern, typeset in _TYPESET:
        found = pattern.sub(typeset, found)
    return found


def annotated(latex: str, block: bool = False) -> str:
    """Return a ``math`` element that carries its LaTeX, for copying and for screen readers.

    >>> print(annotated("p"))
    <math><semantics><mrow><mi>p</mi></mrow><annotation encoding="application/x-tex">p\
</annotation></semantics></math>
    """
    display = ' display="block"' if block else ""
    note = f'<annotation encoding="application/x-tex">{escape(latex, quote=False)}</annotation>'
    return f"<math{display}><semantics><mrow>{mathml(latex)}</mrow>{note}</semantics></math>"


def math(value: Any) -> str:
    """Return a formula within a sentence, as one or several ``math`` elements."""
    if isinstance(value, Polynomial) and len(value) > LONG:
        return "<wbr>".join(sectors_mathml(value, None))
    latex = mathematics(value)
    return f"<math>{mathml(latex)}</math>" if isinstance(value, PLAIN) else annotated(latex)


def sectors_mathml(
    polynomial: Polynomial,
    sizes: Collection[str] | None,
    marked: Polynomial = Polynomial(),  # noqa: B008 -- an immutable value
) -> list[str]:
    """Return the sectors of a polynomial, a ``math`` element for every term.

    Browsers do not break a formula over lines; break marks between terms they do.
    """
    found: list[str] = []
    for sector in sectors(polynomial, sizes):
        terms: list[str] = []
        for sign, term, _ in sector_terms(sector, marked):
            first = not found and not terms
            shown = {"-": "<mo>&#x02212;</mo>", "+": ""} if first else _INFIX
            terms.append(f"<math>{shown[sign]}<mrow>{mathml(term)}</mrow></math>")
        found.append("<wbr>".join(terms))
    return found or ["<math><mn>0</mn></math>"]


_INFIX = {"-": '<mo form="infix">&#x02212;</mo>', "+": '<mo form="infix">+</mo>'}
