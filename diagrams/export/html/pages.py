"""The page around HTML: self-contained, no network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files

COPYING = "copying.js"
"""The script of every page: buttons that copy formulas as LaTeX."""


def page(title: str, body: Sequence[str], footer: str, scripts: Sequence[str] = ()) -> str:
    """Return a complete HTML page: one file that loads nothing.

    ``scripts`` are names of files in ``diagrams/export/page``, joined to one script.  The page
    allows its own style and its own scripts only, by their hashes.

    >>> text = page("A & B", ["<p>words</p>"], "footer")
    >>> "default-src 'none'" in text, "<title>A &amp; B</title>" in text
    (True, True)
    """
    style = asset("report.css")
    joined = [asset(COPYING), *(["\n".join(map(asset, scripts))] if scripts else [])]
    policy = (
        f"default-src 'none'; style-src {_hash(style)};"
        f" script-src {' '.join(map(_hash, joined))}; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title><style>{style}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            *body,
            f"</main><footer>{escape(footer)}</footer>",
            '<p id="told" class="visually-hidden" role="status"></p>',
            *(f'<script type="module">{text}</script>' for text in joined),
            "</body></html>",
            "",
        ]
    )


def asset(name: str) -> str:
    """A style sheet or a script that pages embed."""
    return files("diagrams.export").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """How a content security policy names an embedded text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
