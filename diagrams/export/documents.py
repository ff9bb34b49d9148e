r"""LaTeX documents that compile as they are with plain pdflatex."""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.classes import DiagramClass, DiagramTable
from diagrams.expansion import Series
from diagrams.export.latex import escape_latex, polynomial_latex, polynomial_lines
from diagrams.export.picture import Legend
from diagrams.export.tikz import diagram_tikz, tikz_preamble
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp, stamp_line
from diagrams.scaling.pareto import pareto_terms

PACKAGES = (
    "\\usepackage[T1]{fontenc}",
    "\\usepackage{lmodern}",
    "\\usepackage{amsmath,amssymb}",
    "\\usepackage{booktabs,longtable,array}",
    "\\usepackage[margin=2.4cm]{geometry}",
    "\\usepackage{tikz}",
    "\\allowdisplaybreaks",
)
LEADING_MACRO = (
    "% how Pareto-optimal terms are marked; redefine to taste\n"
    "\\newcommand{\\wickleading}[1]{\\underline{#1}}"
)


def document(title: str, body: Sequence[str], footer: str) -> str:
    """Return a complete article: title, body, and a footnote-size line of provenance."""
    return "\n".join(
        [
            f"% {footer.replace(chr(10), ' ')}",
            "\\documentclass[10pt]{article}",
            *PACKAGES,
            tikz_preamble().rstrip(),
            LEADING_MACRO,
            f"\\title{{{escape_latex(title)}}}",
            "\\author{}",
            "\\date{}",
            "\\begin{document}",
            "\\maketitle",
            *body,
            "\\par\\bigskip\\noindent{\\footnotesize " + escape_latex(footer) + "\\par}",
            "\\end{document}",
            "",
        ]
    )


def problem_section(problem: Problem, legend: Legend) -> list[str]:
    """The problem stated: facts, the flow, the loss as drawn diagrams, the initial law."""
    lines = ["\\section*{The problem}", "\\begin{tabular}{@{}ll@{}}"]
    lines += [f"{escape_latex(k)} & {escape_latex(v)} \\\\" for k, v in problem.facts]
    lines += [
        "\\end{tabular}",
        "\\par\\medskip\\noindent",
        "A node is a summation index, an edge a tensor entry: "
        + "; ".join(_legend_entry(problem))
        + ".",
        "The observable is",
        _drawn_sum("L", problem.observable, legend),
    ]
    if problem.potential != problem.observable:
        lines += ["and gradient flow descends", _drawn_sum("V", problem.potential, legend)]
    flow = "V" if problem.potential != problem.observable else "L"
    lines += [
        "Gradient flow is $\\mathrm{d}u/\\mathrm{d}t = "
        f"-T^{{-1}}\\,\\partial {flow}/\\partial u$;",
        "initial entries are independent Gaussians. Then",
        "$Y_s = T^s\\,\\mathrm{d}^s\\mathbb{E}[L]/\\mathrm{d}t^s$ at $t=0$, so that",
        "$\\mathbb{E}[L(t)] \\sim \\sum_s Y_s (t/T)^s/s!$ (an asymptotic series).",
    ]
    return lines


def _legend_entry(problem: Problem) -> list[str]:
    from diagrams.diagram import Diagram

    entries = []
    for tensor in problem.tensors:
        picture = Diagram.of((tensor, " ".join(f"x{slot}" for slot in range(tensor.rank))))
        families = ", ".join(family.name for family in tensor.families)
        legend = Legend(problem.families, problem.tensors)
        entries.append(
            f"{diagram_tikz(picture, legend=legend).strip()} "
            f"is ${escape_latex(tensor.name)}$ ({escape_latex(families)})"
        )
    return entries


def _drawn_sum(name: str, combination: object, legend: Legend) -> str:
    from diagrams.algebra import Combination

    assert isinstance(combination, Combination)
    pieces = []
    for diagram, coefficient in combination:
        factor = polynomial_latex(coefficient)
        if not coefficient.is_monomial:
            factor = f"\\left({factor}\\right)"
        sign = "" if factor.startswith("-") else "+"
        factor = {"1": "", "-1": "-"}.get(factor, factor)
        pieces.append(f"{sign} {factor}\\; {diagram_tikz(diagram, legend=legend).strip()}")
    joined = " \\allowbreak ".join(pieces)
    return f"\\[ {name} = {joined.removeprefix('+')} \\]"


def classes_section(s: int, classes: Sequence[DiagramClass], legend: Legend) -> list[str]:
    """A table of the drawn diagrams of one order."""
    lines = [
        f"\\subsection*{{Order $s = {s}$}}",
        "\\begin{longtable}{@{}>{$}c<{$}>{$}r<{$}>{$}r<{$}>{$}r<{$}>{$\\displaystyle}l<{$}@{}}",
        "\\toprule \\text{diagram} & \\text{coefficient} & \\text{symmetry} & \\text{pairings}"
        " & \\text{leading part of the average} \\\\ \\midrule \\endhead \\bottomrule \\endfoot",
    ]
    for entry in classes:
        cells = (
            diagram_tikz(entry.diagram, legend=legend).strip(),
            polynomial_latex(entry.coefficient),
            str(entry.symmetry_factor),
            str(entry.contractions),
            polynomial_latex(entry.leading),
        )
        lines.append(" & ".join(cells) + " \\\\[1.2ex]")
    return [*lines, "\\end{longtable}"]


def series_section(series: Series) -> list[str]:
    """The coefficients as display mathematics, Pareto-optimal terms marked."""
    rows = [
        polynomial_lines(
            polynomial,
            f"Y_{{{s}}}",
            marked=pareto_terms(polynomial, series.problem.sizes),
        )
        for s, polynomial in enumerate(series.coefficients)
    ]
    return [
        "\\section*{The coefficients}",
        "Pareto-optimal terms, the only ones that can lead at large size, are",
        "$\\wickleading{\\text{marked}}$.",
        "\\begin{align*}",
        " \\\\[0.6ex]\n".join(rows),
        "\\end{align*}",
        f"Evidence: {escape_latex(str(series.evidence))}.",
    ]


def series_document(series: Series, command: str | None = None) -> str:
    """Return a document with the problem and its exact coefficients."""
    problem = series.problem
    body = [*problem_section(problem, legend_of(problem)), *series_section(series)]
    return document(problem.title, body, stamp_line(stamp(problem.spec, command)))


def table_document(table: DiagramTable, command: str | None = None) -> str:
    """Return a document with the drawn diagrams of every order."""
    problem, legend = table.problem, legend_of(table.problem)
    body = problem_section(problem, legend)
    for s, classes in enumerate(table.orders):
        body += classes_section(s, classes, legend)
    return document(problem.title, body, stamp_line(stamp(problem.spec, command)))


def legend_of(problem: Problem) -> Legend:
    """Shapes and inks of a problem, the same in all of its pictures."""
    return Legend(problem.families, problem.tensors)
