"""What documents say of a prediction held against exact coefficients."""

from __future__ import annotations

from diagrams.checking.comparison import Comparison, Measurement, OrderComparison, Verdict
from diagrams.checking.wording import levels_text, terms_text
from diagrams.export.content import blocks as b

SETS_SHOWN = 4
ORDER_COLUMNS = b.columns(
    (b.Math(b.Spelled("s", "s")), 0.04),
    ("verdict", 0.16),
    ("prediction minus exact", 0.36, "f"),
    ("level", 0.28, "f"),
)


def comparison_document(found: Comparison) -> b.Document:
    """The verdict, order by order and on the whole, hints, and the evidence."""
    problem = found.problem
    names = tuple(dict.fromkeys((*problem.symbols, "t", "T")))
    rows = tuple(_row(found, order, names) for order in found.orders)
    blocks: b.Blocks = (
        b.said(f"{problem.title}."),
        b.note("prediction", f"{found.source}, {found.description}"),
        b.Table(ORDER_COLUMNS, rows),
        *(b.note("result", sentence, names) for sentence in found.summary),
        *(b.note("hint", hint, names) for hint in found.hints),
        b.evidence_note(found.evidence),
    )
    return b.Document(found.headline, blocks, names, problem.spec, problem)


def _row(found: Comparison, order: OrderComparison, names: tuple[str, ...]) -> tuple[b.Pieces, ...]:
    sizes, total = found.problem.sizes, len(found.levels(order.s))
    verdict = order.verdict.value
    if order.verdict is Verdict.AGREES and 0 <= order.judged < total:
        verdict += f" in {order.judged} of {total} levels (the others are below the uncertainty)"
    if order.lower_given:
        verdict += ", taking the orders below as exact"
    shown = [] if order.difference is None else [terms_text(order.difference, sizes)]
    held = "leading" if found.regime else "exact"
    shown += [measurement_text(m, held) for m in order.measured[:SETS_SHOWN]]
    left = len(order.measured) - SETS_SHOWN
    shown += [f"and {left} more sets of sizes"] if left > 0 else []
    difference = b.Listed(tuple(b.Prose(text, names) for text in shown), "unknown")
    detail = "; ".join(filter(None, (levels_text(order.departures(sizes)), order.note)))
    return (b.Math(order.s),), (verdict,), (difference,), (b.Prose(detail, names),)


def measurement_text(m: Measurement, held: str = "exact") -> str:
    """One coefficient with its uncertainty beside the exact or the leading one.

    >>> from fractions import Fraction
    >>> measurement_text(Measurement((("p", Fraction(4)),), 2.0, 2.5, 0.5, 0.001, 3.0))
    'p=4: 2.5 \u00b1 0.001, exact 2'
    """
    at = ", ".join(f"{name}={value}" for name, value in m.sizes)
    return f"{at}: {m.predicted:.10g} \u00b1 {m.uncertainty:.2g}, {held} {m.exact:.10g}"
