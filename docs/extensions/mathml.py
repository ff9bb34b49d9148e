"""A math renderer for HTML: LaTeX to MathML while the pages are built."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# What the converter does not know, in words that it does.
_KNOWN = (
    (re.compile(r"\\(begin|end)\{aligned\}"), r"\\\1{align*}"),
    (re.compile(r"\\allowbreak\b ?"), ""),
    (re.compile(r"\\\\\[[^\]]*\]"), r"\\\\"),
)

# Signs and spaces as TeX has them: relations, infinity, slashes and bars, a sign of a number, named
# functions.
_FUNCTION = r"<mi>(?:arg|cos|cosh|deg|det|dim|exp|ln|log|sin|sinh|tan|tanh)</mi>"
_TYPESET = (
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
    (re.compile(rf"({_FUNCTION})(?=<m(?!o|space))"), r'\1<mspace width="0.17em"/>'),
)


def mathml(latex: str, display: str) -> str:
    """Return a formula as MathML; what cannot be converted stops the build."""
    known = latex
    for pattern, replacement in _KNOWN:
        known = pattern.sub(replacement, known)
    try:
        result = convert(known, display=display)
    except Exception as error:
        raise ExtensionError(f"formula {latex!r}: {error!r}") from error
    unknown = re.search(r"<m[io]>(&|\\[A-Za-z]+)</m[io]>", result)
    if unknown:
        raise ExtensionError(f"formula {latex!r}: {unknown[1]!r} is not understood")
    for pattern, replacement in _TYPESET:
        result = pattern.sub(replacement, result)
    return result


def inline(self: Any, node: nodes.math) -> None:
    latex = node.astext()
    wide = latex.lstrip().startswith("\\displaystyle")
    drawn = mathml(latex, "inline")
    self.body.append(f'<span class="formula">{drawn}</span>' if wide else drawn)
    raise nodes.SkipNode


def block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="formula">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
