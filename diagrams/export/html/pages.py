"""Pages and notebook displays in HTML: self-contained, no network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import zip_longest

from diagrams.evidence import Kind
from diagrams.export.content.statement import (
    CLASS_COLUMNS,
    TENSOR_COLUMNS,
    Fact,
    facts,
    pairings_text,
    tensor_rows,
)
from diagrams.export.html.mathml import (
    entry_mathml,
    polynomial_mathml,
    sectors_mathml,
    symbol_mathml,
)
from diagrams.export.latex.formulas import polynomial_lines
from diagrams.export.pictures.diagram_svg import diagram_svg
from diagrams.export.pictures.picture import Legend
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import ONE
from diagrams.polynomials.pareto import pareto_terms
from diagrams.problems.problem import Problem
from diagrams.series.classes import DiagramClass, DiagramTable
from diagrams.series.expansion import Series

FOLDED = 4
"""From so many diagrams of zero average on, those of an order are folded away."""

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


def contents_html(chapters: Sequence[tuple[str, str]]) -> str:
    """Links to chapters, by their ids."""
    listed = " ".join(f'<a href="#{key}">{escape(name)}</a>' for key, name in chapters)
    return f'<nav aria-label="Chapters">{listed}</nav>'


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
        '<h2 id="problem">The problem</h2>',
        f'<div class="scroll"><table class="facts"><tbody>{listed}</tbody></table></div>',
        "<p>A node is a summation index, an edge a tensor entry.</p>",
        f'<p class="sum nodes">Nodes: {families}.</p>',
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


def scrolling_table(
    head: Sequence[str], rows: Iterable[Sequence[str]], keys: Sequence[str] = ()
) -> str:
    """A table that scrolls where the page is narrow; ``keys`` are the ids of its rows."""
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    marks = [f' id="{escape(key)}"' for key in keys]
    cells = "".join(
        f"<tr{mark}>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for mark, row in zip_longest(marks, rows, fillvalue="")
    )
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
    """A table of the drawn diagrams of one order; those of zero average are folded away."""
    vanishing = [c for c in classes if not c.leading]
    if len(vanishing) < FOLDED:
        vanishing = []
    rows = [_class_row(c, legend, sizes) for c in classes if not vanishing or c.leading]
    body = [f"<h3>Order {s}: {_counted(classes)}</h3>", scrolling_table(CLASS_COLUMNS, rows)]
    if vanishing:
        table = scrolling_table(CLASS_COLUMNS, [_class_row(c, legend, sizes) for c in vanishing])
        summary = f"<summary>{_counted(vanishing)} of zero average</summary>"
        body.append(f"<details>{summary}{table}</details>")
    return body


def _class_row(entry: DiagramClass, legend: Legend, sizes: Collection[str]) -> tuple[str, ...]:
    return (
        diagram_svg(entry.diagram, legend),
        polynomial_mathml(entry.coefficient),
        f"{entry.symmetry_factor}",
        pairings_text(entry.diagram, entry.contractions),
        "<wbr>".join(sectors_mathml(entry.leading, sizes)),
    )


def _counted(classes: Sequence[DiagramClass]) -> str:
    return f"{len(classes)} class{'es' * (len(classes) != 1)}"


def series_html(series: Series) -> list[str]:
    """The coefficients as MathML, Pareto-optimal terms marked."""
    sizes = series.problem.sizes
    body = [
        '<h2 id="coefficients">The coefficients</h2>',
        "<p>Pareto-optimal terms, the only ones that can lead at large size, are "
        '<span class="leading">marked</span>.</p>',
    ]
    for s, polynomial in enumerate(series.coefficients):
        found = sectors_mathml(polynomial, sizes, pareto_terms(polynomial, sizes))
        lines = "".join(f'<div class="sector">{sector}</div>' for sector in found)
        name = f"<math><msub><mi>Y</mi><mn>{s}</mn></msub><mo>=</mo></math>"
        latex = polynomial_lines(polynomial, f"Y_{{{s}}}", sizes=sizes)
        latex = f"\\begin{{align*}}\n{latex}\n\\end{{align*}}"
        body.append(
            f'<div class="coefficient formula" data-name="Y_{s}" data-latex="{escape(latex)}">'
            f"<div>{name}</div><div>{lines}</div></div>"
        )
    evidence = series.evidence
    checked = "" if evidence.checked_to is None else f" (checked to order {evidence.checked_to})"
    words = escape(evidence.statement + checked)
    body.append(f"<p>{badge_html(evidence.kind)} {words}</p>")
    return body


def badge_html(kind: Kind | str) -> str:
    """The kind of an evidence as a badge; kinds differ by their frames, not by colour."""
    return f'<span class="badge {escape(str(kind))}">{escape(str(kind))}</span>'


def table_html(table: DiagramTable) -> str:
    """Return a table of diagram classes for a notebook."""
    legend = Legend(table.problem.families, table.problem.tensors)
    body = [
        f"<style>td svg{{max-height:7rem;width:auto}}</style><b>{escape(table.problem.title)}</b>"
    ]
    for s, classes in enumerate(table.orders):
        body += classes_html(s, classes, legend, table.problem.sizes)
    return "\n".join(body)
