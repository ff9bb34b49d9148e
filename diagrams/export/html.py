"""Pages and notebook displays in HTML: self-contained, no scripts, no network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from diagrams.algebra import Combination
from diagrams.classes import DiagramClass, DiagramTable
from diagrams.diagram import Diagram
from diagrams.expansion import Series
from diagrams.export.mathml import (
    entry_mathml,
    polynomial_mathml,
    sectors_mathml,
    symbol_mathml,
)
from diagrams.export.picture import Legend
from diagrams.export.statement import (
    CLASS_COLUMNS,
    TENSOR_COLUMNS,
    Fact,
    facts,
    pairings_text,
    tensor_rows,
)
from diagrams.export.svg import diagram_svg
from diagrams.problems.problem import Problem
from diagrams.scaling.pareto import pareto_terms
from diagrams.tensors import ONE

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.55 Georgia, 'Times New Roman', serif; max-width: 62rem; margin: 0 auto;
  padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
h1, h2, h3 { font-weight: 600; line-height: 1.25; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886; }
table { border-collapse: collapse; }
th, td { padding: .35rem 1.1rem .35rem 0; text-align: left; vertical-align: middle; }
thead th { border-bottom: 1px solid; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; white-space: nowrap; }
.scroll { overflow-x: auto; overflow-y: hidden; }
.scroll > math { padding: .4rem 0; }
.sum { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; font-size: 1.15rem; }
.sum span { display: flex; align-items: center; gap: .4rem; }
.coefficient { display: flex; align-items: baseline; gap: .5rem; padding: .4rem 0; }
.coefficient > :last-child { min-width: 0; overflow-x: auto; }
.sector { padding-left: 2rem; text-indent: -2rem; line-height: 1.9; }
.leading { border-bottom: 2px solid currentColor; padding-bottom: 1px; }
.badge { border: 1px solid; border-radius: .6rem; padding: .05rem .6rem; font-size: .85rem;
  font-family: system-ui, sans-serif; }
figure { margin: 1.5rem 0; }
figcaption { font-size: .9rem; }
svg { max-width: 100%; height: auto; }
td svg, .sum svg { max-height: 7.5rem; width: auto; }
td svg { max-width: 16rem; }
footer { margin-top: 3rem; font-size: .85rem; opacity: .8; }
@media (max-width: 40rem) { .coefficient { display: block; } th, td { padding-right: .7rem; } }
@media print { body { max-width: none; } .scroll, .coefficient * { overflow: visible; } }
"""


def page(title: str, body: Sequence[str], footer: str) -> str:
    """Return a complete HTML page."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            *body,
            f"</main><footer>{escape(footer)}</footer></body></html>",
            "",
        ]
    )


def problem_html(problem: Problem, legend: Legend) -> list[str]:
    """The problem stated: facts, loss as drawn diagrams, initial law, flow and convention."""
    listed = "".join(
        f'<tr><th scope="row">{escape(fact.label)}</th><td>{_fact_value(fact)}</td></tr>'
        for fact in facts(problem)
    )
    families = "; ".join(
        f"{diagram_svg(Diagram((family,), ()), legend)} {escape(family.name)}, "
        f"of size <math>{symbol_mathml(family.size)}</math>"
        for family in problem.families
    )
    body = [
        "<h2>The problem</h2>",
        f'<table class="facts"><tbody>{listed}</tbody></table>',
        "<p>A node is a summation index, an edge a tensor entry.</p>",
        f'<p class="sum" style="font-size:1rem">Nodes: {families}.</p>',
        "<p>Edges, and the law of their entries at time zero (independent Gaussians):</p>",
        _tensor_table(problem, legend),
        "<p>The observable:</p>",
        _drawn_sum("L", problem.observable, legend),
    ]
    flow = "L"
    if problem.potential != problem.observable:
        flow = "V"
        body += ["<p>Gradient flow descends:</p>", _drawn_sum(flow, problem.potential, legend)]
    rate = "" if all(str(tensor.rate) == "1" for tensor in problem.trained) else "rate · "
    body.append(
        f"<p>Gradient flow is du/dt = &minus;T<sup>&minus;1</sup> {rate}∂{flow}/∂u "
        "for every trained tensor u. "
        "Y<sub>s</sub> = T<sup>s</sup> d<sup>s</sup>E[L]/dt<sup>s</sup> at t = 0, so that "
        "E[L(t)] ~ Σ<sub>s</sub> Y<sub>s</sub> (t/T)<sup>s</sup>/s!, an asymptotic series.</p>"
    )
    return body


def _fact_value(fact: Fact) -> str:
    source = f"<code>{escape(fact.source)}</code>" if fact.source else ""
    formula = "" if fact.formula is None else polynomial_mathml(fact.formula)
    return escape(fact.words) + source + formula


def _tensor_table(problem: Problem, legend: Legend) -> str:
    rows = []
    for row in tensor_rows(problem):
        drawn = Diagram.of((row.tensor, [f"x{slot}" for slot in range(row.tensor.rank)]))
        mean = "&ndash;" if row.mean is None else polynomial_mathml(row.mean)
        if row.diagonal:
            mean += f"<math>{entry_mathml('delta', row.indices)}</math>"
        rows.append(
            (
                diagram_svg(drawn, legend),
                f"<math>{entry_mathml(row.tensor.name, row.indices)}</math>",
                escape(row.families),
                escape(row.role),
                mean,
                "&ndash;" if row.variance is None else polynomial_mathml(row.variance),
                "&ndash;" if row.rate is None else polynomial_mathml(row.rate),
            )
        )
    return scrolling_table(TENSOR_COLUMNS, rows)


def scrolling_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls where the page is narrow."""
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{cells}</tbody></table></div>"
    )


def _drawn_sum(name: str, combination: Combination, legend: Legend) -> str:
    pieces = [f"<span><i>{name}</i> =</span>"]
    for place, (diagram, coefficient) in enumerate(combination):
        negative = coefficient.is_monomial and coefficient.terms[0][1] < 0
        sign = "&minus;" if negative else "+ " * (place > 0)
        factor = polynomial_mathml(-coefficient if negative else coefficient)
        if not coefficient.is_monomial:
            factor = f"({factor})"
        factor = "" if coefficient * coefficient == ONE else factor
        pieces.append(f"<span>{sign}{factor}{diagram_svg(diagram, legend)}</span>")
    return f'<div class="sum">{"".join(pieces)}</div>'


def classes_html(
    s: int, classes: Sequence[DiagramClass], legend: Legend, sizes: Collection[str]
) -> list[str]:
    """A table of the drawn diagrams of one order."""
    rows = [
        (
            diagram_svg(c.diagram, legend),
            polynomial_mathml(c.coefficient),
            f"{c.symmetry_factor}",
            pairings_text(c.diagram, c.contractions),
            "<wbr>".join(sectors_mathml(c.leading, sizes)),
        )
        for c in classes
    ]
    count = f"{len(classes)} class{'es' * (len(classes) != 1)}"
    return [f"<h3>Order {s}: {count}</h3>", scrolling_table(CLASS_COLUMNS, rows)]


def series_html(series: Series) -> list[str]:
    """The coefficients as MathML, Pareto-optimal terms marked."""
    sizes = series.problem.sizes
    body = [
        "<h2>The coefficients</h2>",
        "<p>Pareto-optimal terms, the only ones that can lead at large size, are "
        '<span class="leading">marked</span>.</p>',
    ]
    for s, polynomial in enumerate(series.coefficients):
        found = sectors_mathml(polynomial, sizes, pareto_terms(polynomial, sizes))
        lines = "".join(f'<div class="sector">{sector}</div>' for sector in found)
        name = f"<math><msub><mi>Y</mi><mn>{s}</mn></msub><mo>=</mo></math>"
        body.append(f'<div class="coefficient"><div>{name}</div><div>{lines}</div></div>')
    evidence = series.evidence
    checked = "" if evidence.checked_to is None else f" (checked to order {evidence.checked_to})"
    words = escape(evidence.statement + checked)
    body.append(f'<p><span class="badge">{evidence.kind.value}</span> {words}</p>')
    return body


def table_html(table: DiagramTable) -> str:
    """Return a table of diagram classes for a notebook."""
    legend = Legend(table.problem.families, table.problem.tensors)
    body = [
        f"<style>td svg{{max-height:7rem;width:auto}}</style><b>{escape(table.problem.title)}</b>"
    ]
    for s, classes in enumerate(table.orders):
        body += classes_html(s, classes, legend, table.problem.sizes)
    return "\n".join(body)
