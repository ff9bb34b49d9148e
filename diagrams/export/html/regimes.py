"""Regimes as an HTML table, and the chapter of a report that shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from diagrams.export.html.conditions import condition_mathml
from diagrams.export.html.mathml import annotated_mathml
from diagrams.export.html.pages import badge_html, scrolling_table
from diagrams.export.latex.prose import prose_html
from diagrams.export.latex.regime_tables import clock_latex
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_plot import shown_order
from diagrams.export.pictures.phase_polygon import polygon_sketch
from diagrams.export.pictures.sketch import raised
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.export.text.regimes import (
    CLOCK_EVIDENCE,
    caution,
    clock_evidence,
    clock_rules,
    monomial_text,
    own_evidence,
)
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.fronts.front_theorem import known_law
from diagrams.scaling.regimes.boundaries import boundaries
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.clock_rule import ClockRule
from diagrams.scaling.regimes.regime import Regime, Regimes

COLUMNS = ("regime", "conditions", "T", "learning", "parameterisation")
_HEADING = '<h2 id="regimes">Regimes and phase boundaries</h2>'
_INTRODUCTION = (
    "<p>Let all sizes grow, and the scales change, as powers of one large number <i>a</i>. The "
    "terms of Y<sub>s</sub> that lead then lie on a face of the polygon of Pareto-optimal terms. "
    "A face that is there at every order is a <em>regime</em>; T is the time scale on which its "
    "terms are of one size at every order. A regime is <em>free</em> if its terms do not couple "
    "to the target, <em>lazy</em> if they do so boundedly often, <em>rich</em> if ever more "
    "often. → and \u223c are limits and orders of magnitude as <i>a</i> grows.</p>"
)
FRONT_TERMS = 24
"""Terms of one order that a page lists."""


def regimes_html(found: Regimes) -> list[str]:
    """Return all regimes as a table, the evidence below.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> table, *notes = regimes_html(regimes(cp_problem(order=2, ties="sym"), terms=2))
    >>> "<td>A-B</td>" in table, table.count("<tr"), "front law proved" in "".join(notes)
    (True, 8, True)
    """
    keys = [f"regime-{regime.name}" for regime in found]
    table = scrolling_table(COLUMNS, map(_row, found), keys)
    latex = escape(found.to_latex())
    body = f'<div class="formula tabular" data-name="the table" data-latex="{latex}">{table}</div>'
    return [body, *evidence_html(found)]


def _row(regime: Regime) -> tuple[str, ...]:
    return (
        escape(regime.name),
        conditions_html(regime),
        clock_html(regime),
        regime.learning,
        regime.parameterization,
    )


def conditions_html(regime: Regime) -> str:
    """The scaling conditions of a regime as mathematics."""
    listed = [
        annotated_mathml(condition_mathml(str(relation)), relation.to_latex())
        for relation in regime.relations
    ]
    return ", ".join(listed) or "all sizes grow"


def clock_html(regime: Regime) -> str:
    """The natural time scale of a regime as mathematics."""
    if regime.clock is None:
        return "none common"
    text = clock_text(regime.symbols, regime.clock)
    return annotated_mathml(condition_mathml(text), clock_latex(regime))


def evidence_html(found: Regimes) -> list[str]:
    """The evidence of all regimes, and what that of single regimes says beyond it."""
    notes = [f"{', '.join(names)}: {note}" for names, note in own_evidence(found)]
    body = [f"<p><small>{spelled(note)}.</small></p>" for note in notes]
    body += [_clock_rule_html(names, rule) for names, rule in clock_rules(found)]
    body.append(_badge(found.evidence.kind.value, str(found.evidence)))
    clocks = clock_evidence(found)
    said = f"{clocks.kind.value}: {CLOCK_EVIDENCE}: {clocks.statement}"
    body.append(_badge(clocks.kind.value, said))
    return [*body, *([f"<p><em>{escape(caution(found))}.</em></p>"] if caution(found) else [])]


def _clock_rule_html(names: Sequence[str], rule: ClockRule) -> str:
    """What the coefficients say of the time scale of some regimes, as a sentence."""
    head, tail = rule.phrases
    listed = ", ".join(
        annotated_mathml(condition_mathml(str(found)), found.to_latex()) for found in rule.where
    )
    where = f" where {listed}" if listed else ""
    shown = escape(", ".join(names))
    return f"<p><small>{shown}: {prose_html(head)}{where}{prose_html(tail)}.</small></p>"


def notebook_html(found: Regimes | Fronts) -> str:
    """Return a notebook's display: title, pictures, and for regimes their table."""
    body = [f"<b>{escape(found.problem.title)}</b>"]
    known = found.fronts if isinstance(found, Regimes) else found
    if any(front.terms for front in known.orders):
        body.append(sketch_svg(polygon_sketch(found, shown_order(found))))
    if isinstance(found, Fronts):
        return "\n".join([*body, _badge(found.evidence.kind.value, str(found.evidence))])
    if len(found.symbols) == 3:
        body.append(sketch_svg(plane_sketch(found)))
    return "\n".join([*body, *regimes_html(found)])


def phases_html(found: Regimes) -> list[str]:
    """The second chapter of a report: front, polygon, phase diagram, regimes, boundaries."""
    body = [_HEADING, _INTRODUCTION]
    law = known_law(found.fronts)
    if law is not None:
        body += law_html(law)
    pictures = [polygon_sketch(found, shown_order(found))]
    if len(found.symbols) == 3:
        pictures.append(plane_sketch(found))
    for sketch in pictures:
        caption = f"<figcaption>{_lowered(sketch.description)}</figcaption>"
        body.append(figure_html(sketch_svg(sketch), caption))
    body += ["<h3>The regimes</h3>", *regimes_html(found)]
    rows = [
        (
            ", ".join(map(escape, b.between)),
            annotated_mathml(condition_mathml(str(b.relation)), b.relation.to_latex()),
            escape(b.edge),
            f"<code>{escape(str(b.to_sympy()))}</code>",
        )
        for b in boundaries(found)
    ]
    if rows:
        head = ("between", "boundary", "regime on it", "for SymPy")
        body += ["<h3>The boundaries</h3>", scrolling_table(head, rows)]
    if any(regime.drifts for regime in found):
        body.append("<p>Where s occurs, a boundary moves with the order s.</p>")
    return body


def law_html(law: FrontLaw) -> list[str]:
    """The front of every order as a formula."""
    head, *pieces = str(law).splitlines()[: len(law.pieces) + 1]
    terms = _lowered(head.removeprefix("terms ").rstrip(":"))
    listed = "".join(f"<li>{_lowered(piece.strip())}</li>" for piece in pieces)
    return [
        f"<p>The Pareto-optimal terms of every order: {terms}, where</p>"
        f"<ul>{listed}</ul><p>(of equal s<sub>D</sub> and s<sub>R</sub>, terms that another beats "
        "in Q and n are left out).</p>",
        _badge(law.evidence.kind.value, str(law.evidence)),
    ]


def refusal_html(found: Fronts, refusal: str) -> list[str]:
    """The second chapter of a report without regimes: why, and the terms known."""
    known = f"No regimes follow from orders 0 to {len(found) - 1}: {refusal}."
    more = "More orders may show one: <code>wickflow report SPEC --within 60</code> takes a minute."
    body = [_HEADING, _INTRODUCTION, f"<p>{escape(known)} {more}</p>"]
    if any(front.terms for front in found.orders):
        sketch = polygon_sketch(found, shown_order(found))
        caption = f"<figcaption>{_lowered(sketch.description)}</figcaption>"
        body.append(figure_html(sketch_svg(sketch), caption))
    rows = []
    for front in found.orders:
        listed = [spelled(monomial_text(front.symbols, term)) for term in front.terms]
        left = len(listed) - FRONT_TERMS
        shown = listed[:FRONT_TERMS] + [f"… ({left} more in data.json)"] * (left > 0)
        rows.append((str(front.s), ", ".join(shown) or "none"))
    body.append(scrolling_table(("s", "Pareto-optimal terms"), rows))
    return [*body, _badge(found.evidence.kind.value, str(found.evidence))]


def figure_html(picture: str, caption: str) -> str:
    """A figure that scrolls where the page is narrower than it can be read."""
    return f'<figure><div class="scroll picture">{picture}</div>{caption}</figure>'


def _badge(kind: str, statement: str) -> str:
    words = prose_html(statement.removeprefix(f"{kind}: "))
    return f"<p>{badge_html(kind)} {words}</p>"


def _lowered(text: str) -> str:
    """A formula in s_D and s_R, with these lowered."""
    written = spelled(text)
    for name in ("D", "R"):
        written = written.replace(f"s_{name}", f"s<sub>{name}</sub>")
    written = re.sub(r"Y_(s|[0-9]+)", r"Y<sub>\1</sub>", written)
    return written.replace("&gt;=", "≥").replace("&lt;=", "≤")


def spelled(text: str) -> str:
    """A condition or a monomial as HTML, powers raised.

    >>> spelled("p^(s+1) -> 0")
    'p<sup>s+1</sup> → 0'
    """
    return "".join(
        f"<sup>{escape(piece)}</sup>" if level else escape(piece) for piece, level in raised(text)
    )
