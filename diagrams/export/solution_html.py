"""Solutions in HTML: formulas as MathML, the derivation folded away below."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import sympy

from diagrams.dynamics.solution import Solution, Step
from diagrams.dynamics.solutions import Solved
from diagrams.export.picture import Legend
from diagrams.export.prose import prose_html
from diagrams.export.svg import diagram_svg
from diagrams.export.sympy_mathml import formula_mathml

HEADING = "<h2>Solved dynamics</h2>"
MEAN_LOSS = '<mi>E</mi><mo stretchy="false">[</mo><mi>L</mi><mo stretchy="false">]</mo><mo>=</mo>'
INTRODUCTION = (
    "<p>The sum of all leading terms of a regime, as a formula for E[L(t)]; &tau; = t/T. It is "
    "derived from the diagrams of this problem and held against its exact coefficients; the order "
    "to which they agree is part of the evidence.</p>"
)


def solutions_html(listed: Sequence[Solved], legend: Legend) -> list[str]:
    """The third chapter of a report: every regime with its solution, or why there is none."""
    body = [HEADING, INTRODUCTION]
    for entry in listed:
        body.append(f"<h3>{escape(entry.regime.name)}: {prose_html(entry.regime.condition)}</h3>")
        if entry.solution is None:
            body.append(f"<p><em>{prose_html(entry.failure)}.</em></p>")
        else:
            body += solution_html(entry.solution, legend)
    return body


def solution_html(solution: Solution, legend: Legend) -> list[str]:
    """A solution: formula, what it holds, domain, evidence, derivation."""
    body = [_display(solution.formula, MEAN_LOSS)]
    body += [_display(condition) for condition in solution.conditions]
    if solution.definitions:
        meanings = ", ".join(
            f"<math>{formula_mathml(symbol)}<mo>=</mo>{formula_mathml(meaning)}</math>"
            for symbol, meaning in solution.definitions
        )
        body.append(f"<p>with {meanings}</p>")
    body.append(f"<p>{solution.kind} solution; domain: {prose_html(solution.domain)}</p>")
    evidence = solution.evidence
    words = str(evidence).removeprefix(f"{evidence.kind.value}: ")
    body.append(f'<p><span class="badge">{evidence.kind.value}</span> {prose_html(words)}</p>')
    body += [f"<p><small>Note: {prose_html(note)}.</small></p>" for note in solution.notes]
    steps = [line for step in solution.steps for line in _step(step, legend)]
    return [*body, "<details><summary>Derivation</summary>", *steps, "</details>"]


def _step(step: Step, legend: Legend) -> list[str]:
    name = escape(step.name[:1].upper() + step.name[1:])
    body = [f"<p><b>{name}.</b> {prose_html(step.text)}</p>"]
    if step.diagram is not None:
        body.append(f'<div class="sum">{diagram_svg(step.diagram, legend)}</div>')
    return body + [_display(formula) for formula in step.formulas]


def _display(formula: sympy.Basic, start: str = "") -> str:
    inside = f"<mrow>{start}{formula_mathml(formula)}</mrow>"
    return f'<div class="scroll"><math display="block">{inside}</math></div>'
