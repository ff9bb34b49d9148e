"""Comparisons as plain text."""

from __future__ import annotations

from diagrams.checking.comparison import Comparison, Measurement, OrderComparison, Verdict
from diagrams.checking.wording import levels_text, terms_text

SETS_SHOWN = 4


def comparison_text(found: Comparison, width: int | None = None) -> str:
    """Return headline, title, verdicts by order, summary, hints and evidence, line by line."""
    lines = [found.headline, found.problem.title]
    lines.append(f"prediction: {found.source}, {found.description}")
    for order in found.orders:
        lines += _order(found, order)
    lines += [f"result: {sentence}" for sentence in found.summary]
    lines += [f"hint: {hint}" for hint in found.hints]
    return "\n".join([*lines, f"evidence: {found.evidence}"])


def _order(found: Comparison, order: OrderComparison) -> list[str]:
    sizes = found.problem.sizes
    total = len(found.levels(order.s))
    head = f"s={order.s}: {order.verdict.value}"
    if order.verdict is Verdict.AGREES and 0 <= order.judged < total:
        head += f" in {order.judged} of {total} levels (the others are below the uncertainty)"
    if order.lower_given:
        head += ", taking the orders below as exact"
    lines = [head]
    for label, terms in (
        ("lacks", order.missing),
        ("coefficient off by", order.altered),
        ("has, too many,", order.extra),
    ):
        if terms:
            lines.append(f"     {label} {terms_text(terms, sizes)}")
    parts = order.departures(sizes)
    if parts:
        lines.append(f"     level: {levels_text(parts)}")
    if order.note:
        lines.append(f"     {order.note}")
    held = "leading" if found.regime else "exact"
    lines += [f"     {measurement_text(m, held)}" for m in order.measured[:SETS_SHOWN]]
    left = len(order.measured) - SETS_SHOWN
    return [*lines, *([f"     and {left} more sets of sizes"] if left > 0 else [])]


def measurement_text(m: Measurement, held: str = "exact") -> str:
    """One coefficient with its uncertainty beside the exact or the leading one.

    >>> from fractions import Fraction
    >>> measurement_text(Measurement((("p", Fraction(4)),), 2.0, 2.5, 0.5, 0.001, 3.0))
    'p=4: 2.5 ± 0.001, exact 2'
    """
    at = ", ".join(f"{name}={value}" for name, value in m.sizes)
    return f"{at}: {m.predicted:.10g} ± {m.uncertainty:.2g}, {held} {m.exact:.10g}"
