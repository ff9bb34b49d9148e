"""A math renderer for HTML: LaTeX to MathML while the pages are built."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from diagrams.export.html import mathml as converter


def mathml(latex: str, display: str) -> str:
    """Return a formula as MathML; what cannot be converted stops the build."""
    try:
        inside = converter.mathml(latex)
    except Exception as error:
        raise ExtensionError(f"formula {latex!r}: {error!r}") from error
    unknown = re.search(r"<m[io]>(&|\\[A-Za-z]+)</m[io]>", inside)
    if unknown:
        raise ExtensionError(f"formula {latex!r}: {unknown[1]!r} is not understood")
    return f'<math display="{display}"><mrow>{inside}</mrow></math>'


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
