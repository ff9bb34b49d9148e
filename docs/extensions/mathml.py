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
