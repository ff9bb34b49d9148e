"""Works to cite as BibTeX."""

from __future__ import annotations

from diagrams.export.content.citation import Citation, Work
from diagrams.polynomials.spelling import escape_latex


def bibtex(found: Citation, command: str | None = None) -> str:
    """Return an entry for every work."""
    return "\n\n".join(map(_entry, found.works)) + "\n"


def _entry(work: Work) -> str:
    """Names of groups are not to be taken apart, words of titles not to be put in lower case."""
    whole = {"title", *(("author",) if work.kind == "software" else ())}
    wide = max(len(name) for name, _ in work.fields)
    lines = []
    for name, value in work.fields:
        written = escape_latex(value).replace("-{}", "-")
        lines.append(f"  {name:<{wide}} = {{{f'{{{written}}}' if name in whole else written}}},")
    return "\n".join([f"@{work.kind}{{{work.key},", *lines, "}"])
