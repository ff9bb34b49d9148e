"""Regimes as an HTML table, and the chapter of a report that shows them."""

from __future__ import annotations

from diagrams.export.phase_picture import raised
from diagrams.export.phase_svg import phase_svg, polygon_svg
from diagrams.export.svg import escape
from diagrams.scaling.clock import clock_text
from diagrams.scaling.regime import Regimes


def regimes_html(found: Regimes) -> list[str]:
    """Return all regimes as a table, the evidence below, line by line.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes import regimes
    >>> print(regimes_html(regimes(cp_problem(order=2, ties="sym"), terms=2))[3])
    <tr><td>A-B</td><td>H ∼ p, p σ<sup>2</sup> → ∞</td><td>p σ<sup>2</sup></td>\
<td>free</td><td>critical</td></tr>
    """
    lines = ["<table>", "<tr><th>regime</th><th>conditions</th><th>T</th><th>learning</th>"]
    lines[-1] += "<th>parameterisation</th></tr>"
    for regime in found:
        clock = "none common"
        if regime.clock is not None:
            clock = clock_text(regime.symbols, regime.clock)
        cells = [
            regime.name,
            spelled(regime.condition),
            spelled(clock),
            regime.learning,
            regime.parameterization,
        ]
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return [*lines, "</table>", f"<p><small>{escape(str(found.evidence))}</small></p>"]


def phases_html(found: Regimes) -> list[str]:
    """Return table, polygon and (for two free exponents) phase diagram, for a page."""
    pictures = [polygon_svg(found)] + [phase_svg(found)] * (len(found.symbols) == 3)
    return [*regimes_html(found), *(f"<figure>{picture}</figure>" for picture in pictures)]


def spelled(text: str) -> str:
    """A condition or a monomial as HTML, powers raised.

    >>> spelled("p^(s+1) -> 0")
    'p<sup>s+1</sup> → 0'
    """
    return "".join(
        f"<sup>{escape(piece)}</sup>" if level else escape(piece) for piece, level in raised(text)
    )
