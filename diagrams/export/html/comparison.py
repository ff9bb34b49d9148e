"""Comparisons as HTML, for notebooks."""

from __future__ import annotations

from html import escape

from diagrams.checking.comparison import Comparison, OrderComparison
from diagrams.checking.wording import levels_text, terms_text
from diagrams.export.html.pages import scrolling_table
from diagrams.export.html.regimes import spelled
from diagrams.export.text.comparison import measurement_text

COLUMNS = ("s", "verdict", "prediction minus exact", "level")
SETS_SHOWN = 3


def comparison_html(found: Comparison) -> str:
    """Return title, a table with a row for every order, summary, hints and evidence."""
    rows = [_row(found, order) for order in found.orders]
    said = "".join(f"<li>{_spelled(sentence)}</li>" for sentence in found.summary)
    said += "".join(f"<li><em>hint:</em> {_spelled(hint)}</li>" for hint in found.hints)
    return "\n".join(
        [
            f"<b>{escape(found.problem.title)}: {_spelled(found.headline)}</b>",
            f"<p>prediction: {escape(f'{found.source}, {found.description}')}</p>",
            scrolling_table(COLUMNS, rows),
            f"<ul>{said}</ul>",
            f"<p><small>{escape(str(found.evidence))}</small></p>",
        ]
    )


def _row(found: Comparison, order: OrderComparison) -> tuple[str, ...]:
    sizes = found.problem.sizes
    shown = "unknown" if order.difference is None else terms_text(order.difference, sizes)
    held = "leading" if found.regime else "exact"
    cells = [_spelled(shown)]
    cells += [escape(measurement_text(m, held)) for m in order.measured[:SETS_SHOWN]]
    detail = levels_text(order.departures(sizes)) or order.note
    total = len(found.levels(order.s))
    if not detail and order.judged < total and order.measured:
        detail = f"{order.judged} of {total} levels seen"
    return str(order.s), order.verdict.value, "<br>".join(cells), _spelled(detail)


def _spelled(text: str) -> str:
    return spelled(text.replace("**", "^").replace("*", " "))
