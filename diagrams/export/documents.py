r"""LaTeX documents that compile as they are with plain pdflatex."""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.algebra import Combination
from diagrams.classes import DiagramClass, DiagramTable
from diagrams.diagram import Diagram
from diagrams.expansion import Series
from diagrams.export.latex import (
    diagram_formula,
    escape_latex,
    polynomial_latex,
    polynomial_lines,
    symbol_latex,
)
from diagrams.export.picture import Legend
from diagrams.export.series import signed_factor
from diagrams.export.statement import (
    CLASS_COLUMNS,
    TENSOR_COLUMNS,
    Fact,
    facts,
    pairings_text,
    tensor_rows,
)
from diagrams.export.tikz import diagram_tikz, tikz_preamble
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp, stamp_line
from diagrams.scaling.pareto import pareto_terms
from diagrams.tensors import IndexFamily

PACKAGES = (
    "\\usepackage[T1]{fontenc}",
    "\\usepackage{lmodern}",
    "\\usepackage{amsmath,amssymb}",
    "\\usepackage{booktabs,longtable,array}",
    "\\usepackage[margin=2.4cm]{geometry}",
    "\\usepackage{tikz}",
    "\\allowdisplaybreaks",
)
MACROS = r"""% how Pareto-optimal terms are marked; redefine to taste
\newcommand{\wickleading}[1]{\underline{#1}}
% a picture, made smaller where it is wider than its column
\newsavebox{\wickbox}
\newcommand{\wickfit}[1]{\sbox{\wickbox}{#1}%
  \ifdim\wd\wickbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\wickbox}}%
  \else\usebox{\wickbox}\fi}
% a new page where less than a heading and a row would fit
\newcommand{\wickroom}{\par\ifdim\dimexpr\pagegoal-\pagetotal\relax<5cm\relax\newpage\fi}
% columns of tables: fixed widths, so that one run of LaTeX is enough
\newcolumntype{C}[1]{>{\centering\arraybackslash}m{#1\linewidth}}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash\hspace{0pt}}m{#1\linewidth}}
\setlength{\tabcolsep}{4pt}"""
CLASS_WIDTHS = "@{}C{.31}C{.14}C{.1}C{.11}L{.27}@{}"
LINE_WIDTH = 39.0
"""Width of formulas in em, on a page of 46 em."""
ROW_END = " \\\\ \\addlinespace[3pt]"
TENSOR_WIDTHS = "@{}C{.13}C{.11}L{.22}L{.1}C{.12}C{.12}C{.08}@{}"


def document(title: str, body: Sequence[str], footer: str) -> str:
    """Return a complete article: title, body, and a footnote-size line of provenance."""
    return "\n".join(
        [
            f"% {footer.replace(chr(10), ' ')}",
            "\\documentclass[10pt]{article}",
            *PACKAGES,
            tikz_preamble().rstrip(),
            MACROS,
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
    """The problem stated: facts, the loss as drawn diagrams, the initial law, the flow."""
    name = "G" if problem.observed else "L"
    flow = "V" if problem.potential != problem.observable else name
    average, later = f"\\mathbb{{E}}[{name}]", f"\\mathbb{{E}}[{name}(t)]"
    if problem.expected == problem.observed_name:
        average, later = "\\kappa", "\\kappa(t)"
    rate = "" if all(str(tensor.rate) == "1" for tensor in problem.trained) else "r_u\\,"
    lines = ["\\section*{The problem}", "\\noindent\\begin{tabular}{@{}lL{.8}@{}}"]
    lines += [f"{escape_latex(fact.label)} & {_fact_value(fact)} \\\\" for fact in facts(problem)]
    lines += [
        "\\end{tabular}",
        "\\par\\medskip\\noindent",
        "A node is a summation index, an edge a tensor entry. Nodes: "
        + "; ".join(_family_entry(family, legend) for family in problem.families)
        + ". Edges, and the law of their entries at time zero (independent Gaussians):",
        *_tensor_table(problem, legend),
        f"\\noindent The observable is{_named(problem)}",
        *_drawn_sum(name, problem.observable, legend),
    ]
    if flow == "V":
        lines.append("\\noindent and gradient flow descends")
        lines += _drawn_sum(flow, problem.potential, legend)
    lines += [
        "\\noindent Gradient flow is $\\mathrm{d}u/\\mathrm{d}t = "
        f"-T^{{-1}}\\,{rate}\\partial {flow}/\\partial u$ for every trained tensor $u$"
        + (", $r_u$ being its rate." if rate else "."),
        "The coefficients are",
        f"$Y_s = T^s\\,\\mathrm{{d}}^s{average}/\\mathrm{{d}}t^s$ at $t=0$, so that",
        f"${later} \\sim \\sum_s Y_s (t/T)^s/s!$ (an asymptotic series).",
    ]
    return lines


def _named(problem: Problem) -> str:
    return f", {escape_latex(problem.observed)}," if problem.observed else ""


def _fact_value(fact: Fact) -> str:
    source = f"\\texttt{{{escape_latex(fact.source)}}}" if fact.source else ""
    formula = "" if fact.formula is None else f"${polynomial_latex(fact.formula)}$"
    return escape_latex(fact.words) + source + formula


def _family_entry(family: IndexFamily, legend: Legend) -> str:
    drawn = diagram_tikz(Diagram((family,), ()), legend=legend).strip()
    return f"{drawn}~{escape_latex(family.name)}, of size ${symbol_latex(family.size)}$"


def _tensor_table(problem: Problem, legend: Legend) -> list[str]:
    head = " & ".join(map(escape_latex, TENSOR_COLUMNS))
    lines = [
        "\\par\\medskip\\noindent",
        f"\\begin{{tabular}}{{{TENSOR_WIDTHS}}}",
        f"\\toprule {head} \\\\ \\midrule",
    ]
    for row in tensor_rows(problem):
        slots = [f"x{slot}" for slot in range(row.tensor.rank)]
        picture = diagram_tikz(Diagram.of((row.tensor, slots)), legend=legend).strip()
        entry = diagram_formula(row.entry)
        mean = "" if row.mean is None else polynomial_latex(row.mean)
        if row.diagonal:
            mean += f"\\,\\delta_{{{''.join(map(_index_latex, row.indices))}}}"
        cells = (
            f"\\wickfit{{{picture}}}",
            f"${entry}$",
            escape_latex(row.families),
            escape_latex(row.role),
            "---" if row.mean is None else f"${mean}$",
            "---" if row.variance is None else f"${polynomial_latex(row.variance)}$",
            "---" if row.rate is None else f"${polynomial_latex(row.rate)}$",
        )
        lines.append(" & ".join(cells) + ROW_END)
    return [*lines, "\\bottomrule", "\\end{tabular}", "\\par\\medskip"]


def _index_latex(index: tuple[str, str]) -> str:
    letter, number = index
    return symbol_latex(letter) + (f"_{{{number}}}" if number else "")


def _drawn_sum(name: str, combination: Combination, legend: Legend) -> list[str]:
    """``name = sum of coefficient times drawing``, centred, broken between summands."""
    pieces = []
    for place, (diagram, coefficient) in enumerate(combination):
        sign, factor = signed_factor(coefficient)
        sign = f"{{}}{sign}{{}}" if place else sign.replace("+", "")
        drawing = f"\\wickfit{{{diagram_tikz(diagram, legend=legend).strip()}}}"
        start = f"{name} = " if not place else ""
        pieces.append(f"\\mbox{{$\\displaystyle {start}{sign} {factor}\\;$}}{drawing}")
    return ["\\begin{center}", "\n".join(pieces) or f"${name} = 0$", "\\end{center}"]


def classes_section(s: int, classes: Sequence[DiagramClass], legend: Legend) -> list[str]:
    """A table of the drawn diagrams of one order."""
    head = " & ".join(map(escape_latex, CLASS_COLUMNS))
    lines = [
        f"\\wickroom\\subsection*{{Order $s = {s}$}}",
        f"\\begin{{longtable}}{{{CLASS_WIDTHS}}}",
        f"\\toprule {head} \\\\ \\midrule \\endhead \\bottomrule \\endfoot",
    ]
    for entry in classes:
        pairings = pairings_text(entry.diagram, entry.contractions).replace(" · ", " \\cdot ")
        cells = (
            f"\\wickfit{{{diagram_tikz(entry.diagram, legend=legend).strip()}}}",
            f"${polynomial_latex(entry.coefficient)}$",
            _breakable(entry.symmetry_factor),
            f"${pairings}$",
            f"$\\displaystyle {polynomial_latex(entry.leading)}$",
        )
        lines.append(" & ".join(cells) + ROW_END)
    return [*lines, "\\end{longtable}"]


def _breakable(number: int) -> str:
    """A number in groups of three digits, between which a narrow column may break it."""
    return f"{number:,}".replace(",", "\\,\\allowbreak ") if number > 99999 else str(number)


def series_section(series: Series) -> list[str]:
    """The coefficients as display mathematics, Pareto-optimal terms marked."""
    rows = [
        polynomial_lines(
            polynomial,
            f"Y_{{{s}}}",
            marked=pareto_terms(polynomial, series.problem.sizes),
            sizes=series.problem.sizes,
            width=LINE_WIDTH,
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
