"""Pages and notebook displays in HTML: self-contained, no scripts, no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from diagrams.algebra import Combination
from diagrams.classes import DiagramClass, DiagramTable
from diagrams.expansion import Series
from diagrams.export.mathml import polynomial_mathml
from diagrams.export.picture import Legend
from diagrams.export.svg import diagram_svg, legend_svg
from diagrams.problems.problem import Problem
from diagrams.scaling.pareto import pareto_terms

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.55 Georgia, 'Times New Roman', serif; max-width: 62rem; margin: 0 auto;
  padding: 1.5rem 1rem 4rem; }
h1, h2, h3 { font-weight: 600; line-height: 1.25; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886; }
table { border-collapse: collapse; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: middle; }
thead th { border-bottom: 1px solid; font-weight: 600; }
.scroll { overflow-x: auto; }
.sum { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; font-size: 1.15rem; }
.formula { overflow-x: auto; padding: .35rem 0; }
.formula math { font-size: 1.05rem; }
.leading { border-bottom: 2px solid currentColor; padding-bottom: 1px; }
.badge { border: 1px solid; border-radius: .6rem; padding: .05rem .6rem; font-size: .85rem;
  font-family: system-ui, sans-serif; }
.drawing { background: #fff; border-radius: 4px; }
svg { max-width: 100%; height: auto; }
td svg, .sum svg { max-height: 7.5rem; width: auto; }
footer { margin-top: 3rem; font-size: .85rem; opacity: .8; }
@media print { body { max-width: none; } .scroll, .formula { overflow: visible; } }
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
    """The problem stated: facts, loss as drawn diagrams, flow and convention."""
    facts = "".join(
        f'<tr><th scope="row">{escape(k)}</th><td>{escape(v)}</td></tr>' for k, v in problem.facts
    )
    body = [
        "<h2>The problem</h2>",
        f"<table>{facts}</table>",
        "<p>A node is a summation index, an edge a tensor entry.</p>",
        f'<div class="drawing">{legend_svg(problem.families, problem.tensors)}</div>',
        "<p>The observable:</p>",
        _drawn_sum("L", problem.observable, legend),
    ]
    if problem.potential != problem.observable:
        body += [
            "<p>Gradient flow descends:</p>",
            _drawn_sum("V", problem.potential, legend),
        ]
    body.append(
        "<p>Y<sub>s</sub> = T<sup>s</sup> d<sup>s</sup>E[L]/dt<sup>s</sup> at t = 0, so that "
        "E[L(t)] ~ Σ<sub>s</sub> Y<sub>s</sub> (t/T)<sup>s</sup>/s!, an asymptotic series.</p>"
    )
    return body


def _drawn_sum(name: str, combination: Combination, legend: Legend) -> str:
    pieces = [f"<span><i>{name}</i> =</span>"]
    for place, (diagram, coefficient) in enumerate(combination):
        plus = "<span>+</span>" if place and coefficient.terms[0][1] > 0 else ""
        pieces.append(
            f"{plus}<span>{polynomial_mathml(coefficient)}</span>{diagram_svg(diagram, legend)}"
        )
    return f'<div class="sum drawing" style="color:#000">{"".join(pieces)}</div>'


def classes_html(s: int, classes: Sequence[DiagramClass], legend: Legend) -> list[str]:
    """A table of the drawn diagrams of one order."""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("diagram", "coefficient", "symmetry", "pairings", "leading part of E")
    )
    rows = "".join(
        f"<tr><td>{diagram_svg(c.diagram, legend)}</td><td>{polynomial_mathml(c.coefficient)}</td>"
        f"<td>{c.symmetry_factor}</td><td>{c.contractions}</td>"
        f"<td>{polynomial_mathml(c.leading)}</td></tr>"
        for c in classes
    )
    return [
        f"<h3>Order {s}: {len(classes)} classes</h3>",
        '<div class="scroll drawing" style="color:#000">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>",
    ]


def series_html(series: Series) -> list[str]:
    """The coefficients as MathML, Pareto-optimal terms marked."""
    body = [
        "<h2>The coefficients</h2>",
        "<p>Pareto-optimal terms, the only ones that can lead at large size, are "
        '<span class="leading">marked</span>.</p>',
    ]
    for s, polynomial in enumerate(series.coefficients):
        leading = pareto_terms(polynomial, series.problem.sizes)
        body.append(
            f'<div class="formula">{polynomial_mathml(polynomial, ("Y", s), leading)}</div>'
        )
    evidence = series.evidence
    body.append(
        f'<p><span class="badge">{evidence.kind.value}</span> {escape(evidence.statement)}</p>'
    )
    return body


def table_html(table: DiagramTable) -> str:
    """Return a table of diagram classes for a notebook."""
    legend = Legend(table.problem.families, table.problem.tensors)
    body = [
        f"<style>td svg{{max-height:7rem;width:auto}}</style><b>{escape(table.problem.title)}</b>"
    ]
    for s, classes in enumerate(table.orders):
        body += classes_html(s, classes, legend)
    return "\n".join(body)
