r"""A solution with its derivation as LaTeX: what a referee would want to follow."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from diagrams.diagram import Diagram
from diagrams.dynamics.solution import Solution, Step
from diagrams.dynamics.solutions import Solved
from diagrams.export.documents import document, legend_of, problem_section
from diagrams.export.latex import escape_latex, formula_width, symbol_latex
from diagrams.export.picture import Legend
from diagrams.export.prose import prose_latex
from diagrams.export.tikz import diagram_tikz
from diagrams.provenance import stamp, stamp_line

LINE = 36.0
"""Width of a line of formulas in em; longer sums are broken, longer products made smaller."""

INTRODUCTION = (
    "The solution is found in these steps: the diagrams of the loss are contracted to atoms, as"
    " far as they lead in this regime; their merging gives a differential equation for the sum of"
    " all leading terms; it is solved by its characteristics; and the Taylor coefficients of what"
    " comes out are held against the exact ones."
)


def solution_document(solution: Solution, command: str | None = None) -> str:
    """Return a document with the problem, the regime, the solution and its derivation."""
    problem = solution.problem
    body = problem_section(problem, legend_of(problem))
    body += solution_section(solution)
    return document(problem.title, body, stamp_line(stamp(problem.spec, command)))


def solutions_section(listed: Sequence[Solved]) -> list[str]:
    """The third chapter of a report: every regime with its solution, or why there is none."""
    lines = ["\\section*{Solved dynamics}", INTRODUCTION]
    for entry in listed:
        regime = entry.regime
        lines.append(f"\\wickroom\\subsection*{{{_dashed(regime.name)}}}")
        lines.append(f"Where ${regime.condition_latex}$.")
        if entry.solution is None:
            lines.append(f"\\emph{{{prose_latex(entry.failure)}.}}")
            continue
        lines += answer_lines(entry.solution)
        legend = legend_of(entry.solution.problem)
        for step in entry.solution.steps:
            lines += _step(step, legend)
    return lines


def solution_section(solution: Solution, heading: str | None = None) -> list[str]:
    """The solution, its domain and evidence, and then how it was derived."""
    title = f"The solution in regime {_dashed(solution.regime)}" if heading is None else heading
    lines = [f"\\section*{{{title}}}", *answer_lines(solution)]
    lines += ["\\subsection*{Derivation}", INTRODUCTION]
    legend = legend_of(solution.problem)
    for step in solution.steps:
        lines += _step(step, legend)
    return lines


def answer_lines(solution: Solution) -> list[str]:
    """The formula with what it needs: definitions, conditions, domain, evidence."""
    words = {
        "explicit": "An explicit formula",
        "implicit": "An implicit formula: it holds a quantity that an equation fixes",
        "quadrature": "A formula with integrals",
        "ode": "Ordinary differential equations, integrated numerically where numbers are wanted",
    }
    lines = [f"{words[solution.kind]}.", *_display(solution.formula, "\\mathbb{E}[L(t)] = ")]
    if solution.conditions:
        lines.append("\\noindent Here")
        for condition in solution.conditions:
            lines += _display(condition)
    if solution.definitions:
        listed = [
            f"${_symbol(symbol)} = {sympy_latex(meaning)}$"
            for symbol, meaning in solution.definitions
        ]
        lines.append(f"\\noindent with {', '.join(listed)}.")
    lines += [
        f"\\par\\medskip\\noindent\\emph{{Domain}}: {prose_latex(solution.domain)}.",
        f"\\par\\noindent\\emph{{Evidence}}: {prose_latex(str(solution.evidence))}.",
        *(f"\\par\\noindent\\emph{{Note}}: {prose_latex(note)}." for note in solution.notes),
    ]
    return lines


def _step(step: Step, legend: Legend) -> list[str]:
    name = escape_latex(step.name[:1].upper() + step.name[1:])
    lines = [f"\\wickroom\\paragraph{{{name}.}}"]
    if step.diagram is not None:
        lines += _drawn(step.diagram, legend)
    if step.text:
        lines.append(prose_latex(step.text) + ("" if step.text.endswith(".") else "."))
    for formula in step.formulas:
        lines += _display(formula)
    return lines


def _drawn(diagram: Diagram, legend: Legend) -> list[str]:
    picture = diagram_tikz(diagram, legend=legend).strip()
    return [f"\\begin{{center}}\\wickfit{{{picture}}}\\end{{center}}"]


def _display(formula: sympy.Basic, start: str = "") -> list[str]:
    """A formula on lines of its own; sums that are too long are broken between terms."""
    whole = start + sympy_latex(formula)
    if formula_width(whole) > LINE and isinstance(formula, sympy.Equality):
        left = sympy_latex(formula.lhs)
        return _fitted(_broken(formula.rhs, f"{left} = "))
    if formula_width(whole) > LINE and isinstance(formula, sympy.Add):
        return _fitted(_broken(formula, start))
    return _fitted(whole)


def _broken(formula: sympy.Basic, start: str) -> str:
    pieces = [sympy_latex(term) for term in formula.as_ordered_terms()]
    lines, width = [f"{start}&"], formula_width(start)
    for place, piece in enumerate(pieces):
        signed = piece if not place or piece.startswith("-") else f"+ {piece}"
        if place and width + formula_width(signed) > LINE:
            lines.append("& \\quad {}")
            width = 2.0
        lines[-1] += f" {signed}"
        width += formula_width(signed)
    return "\\begin{aligned}" + " \\\\ ".join(lines) + "\\end{aligned}"


def _fitted(formula: str) -> list[str]:
    return [f"\\begin{{center}}\\wickfit{{$\\displaystyle {formula}$}}\\end{{center}}"]


def sympy_latex(formula: sympy.Basic) -> str:
    """Return a SymPy formula as LaTeX, symbols named as in all other exports.

    >>> H, t = sympy.symbols("H t")
    >>> print(sympy_latex(sympy.exp(-H * t) / 2))
    \\frac{e^{- H t}}{2}
    """
    names = {symbol: _symbol(symbol) for symbol in formula.free_symbols}
    return str(sympy.latex(formula, symbol_names=names, imaginary_unit="i"))


def _symbol(symbol: sympy.Basic) -> str:
    return symbol_latex(str(symbol))


def _dashed(name: str) -> str:
    return escape_latex(name).replace("-{}", "--")
