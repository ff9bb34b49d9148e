"""Solutions in HTML: formulas as MathML, the derivation folded away below."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import sympy

from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solutions import Solved, shared_notes
from diagrams.dynamics.step import Step
from diagrams.export.explorer.curves import Curves
from diagrams.export.explorer.plot import curves_sketch
from diagrams.export.html.mathml import annotated_mathml
from diagrams.export.html.pages import badge_html
from diagrams.export.html.regimes import conditions_html
from diagrams.export.html.sympy_mathml import formula_mathml
from diagrams.export.latex.prose import prose_html
from diagrams.export.latex.solution import sympy_latex
from diagrams.export.pictures.diagram_svg import diagram_svg
from diagrams.export.pictures.picture import Legend
from diagrams.export.pictures.sketch_svg import sketch_svg

HEADING = '<h2 id="solved">Solved dynamics</h2>'
MEAN_LOSS = '<mi>E</mi><mo stretchy="false">[</mo><mi>L</mi><mo stretchy="false">]</mo><mo>=</mo>'
DISTANCE = sympy.Symbol("t") - sympy.Symbol("t_c")
MEAN_LOSS_LATEX = r"\mathbb{E}[L] = "
REFERENCE = '<p class="reference"><a href="#notes">What holds for all of these formulas</a></p>'
INTRODUCTION = (
    "<p>The sum of all leading terms of a regime, as a formula for E[L(t)]; &tau; = t/T. It is "
    "derived from the diagrams of this problem and held against its exact coefficients; the order "
    "to which they agree is part of the evidence.</p>"
)


def solutions_html(
    listed: Sequence[Solved], legend: Legend, curves: Sequence[Curves] = ()
) -> list[str]:
    """The third chapter of a report: every regime with its solution, or why there is none.

    ``curves`` are drawn below the solutions of their regimes.  What holds for all solutions is
    said once.
    """
    body = [HEADING, INTRODUCTION]
    shared = shared_notes(listed)
    if shared:
        notes = "".join(f"<li>{prose_html(note)}</li>" for note in shared)
        body.append(f'<div id="notes"><p>For all of these formulas:</p><ul>{notes}</ul></div>')
    drawn = {found.regime.name: curves_html(found) for found in curves}
    for entry in listed:
        name = escape(entry.regime.name)
        body.append(
            f'<section id="solution-{name}"><h3>{name}: {conditions_html(entry.regime)}</h3>'
        )
        if entry.solution is None:
            reason = f"<p><em>{prose_html(entry.failure)}.</em></p>"
            body.append(f'<div class="answer">{reason}</div>')
        else:
            body += solution_html(entry.solution, legend, drawn.get(entry.regime.name, ()))
        body.append("</section>")
    return body


def curves_html(found: Curves) -> list[str]:
    """The curves of a solution as a figure, or why there are none."""
    if not found.curves:
        return [f"<p><small>No curve: {prose_html(found.refusal)}.</small></p>"]
    evidence = found.evidence
    words = f"{badge_html(evidence.kind)} {prose_html(evidence.statement)}"
    picture = sketch_svg(curves_sketch(found))
    return [f'<figure class="curves">{picture}<figcaption>{words}</figcaption></figure>']


def solution_html(solution: Solution, legend: Legend, curves: Sequence[str] = ()) -> list[str]:
    """A solution: formula, what it holds, domain, evidence, curves, derivation."""
    body = ['<div class="answer">', _display(solution.formula, MEAN_LOSS, MEAN_LOSS_LATEX)]
    body += [_display(condition) for condition in solution.conditions]
    if solution.definitions:
        meanings = ", ".join(
            annotated_mathml(
                f"{formula_mathml(symbol)}<mo>=</mo>{formula_mathml(meaning)}",
                f"{sympy_latex(symbol)} = {sympy_latex(meaning)}",
            )
            for symbol, meaning in solution.definitions
        )
        body.append(f"<p>with {meanings}</p>")
    body.append(f"<p>{solution.kind} solution; domain: {prose_html(solution.domain)}</p>")
    body += [line for end in solution.endings for line in _ending(end)]
    evidence = solution.evidence
    words = str(evidence).removeprefix(f"{evidence.kind.value}: ")
    body.append(f"<p>{badge_html(evidence.kind)} {prose_html(words)}</p>")
    body += curves
    body.append(REFERENCE)
    steps = [line for step in solution.steps for line in _step(step, legend)]
    return [*body, "</div><details><summary>Derivation</summary>", *steps, "</details>"]


def _ending(end: Ending) -> list[str]:
    """An end of the times: where it is, the limit, and how it is approached."""
    arrow = "<mo>&rarr;</mo>"
    time = "<mi>t</mi>" + arrow + formula_mathml(end.time)
    condition = f" if {prose_html(end.condition)}" if end.condition else ""
    if end.limit is None:
        return [f"<p><math>{time}</math>{condition}: not known: {prose_html(end.reason)}</p>"]
    formula = "<mtext>formula</mtext>"
    subject = MEAN_LOSS.removesuffix("<mo>=</mo>") if end.of == "loss" else formula
    said = f"<math>{subject}{arrow}{formula_mathml(end.limit)}</math>"
    bare = not end.limit or end.limit.is_infinite
    rest = "" if bare else f"<mo>&minus;</mo>{formula_mathml(end.limit)}"
    if end.limit.is_Add:
        rest = f"<mo>&minus;</mo><mo>(</mo>{formula_mathml(end.limit)}<mo>)</mo>"
    if end.approach is not None:
        said += f", <math>{formula}{rest}<mo>&sim;</mo>{formula_mathml(end.approach)}</math>"
    elif end.rate is not None:
        said += f", <math>{formula}{rest}</math> {end.moves} as {_math(end.moving)}"
    elif end.exponent is not None:
        distance = sympy.Symbol("t") if end.time.is_infinite else DISTANCE
        said += f", <math>{formula}{rest}</math>" if end.time.is_infinite else ""
        said += f" as {_math(sympy.Abs(distance) ** end.exponent)}"
    for symbol, polynomial in end.roots:
        said += f", {_math(symbol)} the least positive root of {_math(polynomial)}"
    return [f"<p><math>{time}</math>{condition}: {said}</p>"]


def _math(formula: sympy.Expr) -> str:
    return f"<math>{formula_mathml(formula)}</math>"


def _step(step: Step, legend: Legend) -> list[str]:
    name = escape(step.name[:1].upper() + step.name[1:])
    body = [f"<p><b>{name}.</b> {prose_html(step.text)}</p>"]
    if step.diagram is not None:
        body.append(f'<div class="sum">{diagram_svg(step.diagram, legend)}</div>')
    return body + [_display(formula) for formula in step.formulas]


def _display(formula: sympy.Basic, start: str = "", start_latex: str = "") -> str:
    inside = f"<mrow>{start}{formula_mathml(formula)}</mrow>"
    math = annotated_mathml(inside, start_latex + sympy_latex(formula), block=True)
    return f'<div class="formula"><div class="scroll">{math}</div></div>'
