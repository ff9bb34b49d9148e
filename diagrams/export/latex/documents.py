r"""LaTeX documents that compile as they are with plain pdflatex."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diagrams.errors import BadInput
from diagrams.export.content.statement import (
    CLASS_COLUMNS,
    TENSOR_COLUMNS,
    Fact,
    TensorRow,
    facts,
    pairings_text,
    tensor_rows,
)
from diagrams.export.latex.article import article
from diagrams.export.latex.formulas import (
    BREAK,
    diagram_formula,
    polynomial_latex,
    polynomial_lines,
)
from diagrams.export.latex.macros import COMMON, widening
from diagrams.export.latex.series import (
    breaking,
    combination_formula,
    levels_lines,
    observable_formula,
    open_series_lines,
    signed_factor,
)
from diagrams.export.pictures.diagram_tikz import diagram_tikz
from diagrams.export.pictures.picture import Legend
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import GroupLaw, IndexFamily
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.problems.problem import Problem, problem_names
from diagrams.provenance import stamp, stamp_line
from diagrams.series.classes import DiagramClass, DiagramTable
from diagrams.series.expansion import Series
from diagrams.series.levels import Levels
from diagrams.series.open_series import OpenSeries

CLASS_WIDTHS = "@{}C{.31}C{.14}C{.1}C{.11}L{.27}@{}"
PLAIN_CLASS_WIDTHS = (
    "@{}"
    + "".join(
        f">{{\\{where}\\arraybackslash}}m{{{width}\\linewidth}}"
        for where, width in (
            ("centering", ".28"),
            ("centering", ".13"),
            ("centering", ".09"),
            ("centering", ".10"),
            ("raggedright", ".24"),
        )
    )
    + "@{}"
)
"""The same for papers, whose columns are further apart as a rule."""
LINE_WIDTH = 39.0
"""Width of formulas in em, on a page of 46 em."""
ROW_END = " \\\\ \\addlinespace[3pt]"
TENSOR_WIDTHS = "@{}C{.13}C{.11}L{.22}L{.1}C{.12}C{.12}C{.08}@{}"


def document(
    title: str,
    body: Sequence[str],
    footer: str,
    problem: Problem | None = None,
    symbols: Mapping[str, str] | None = None,
    names: Iterable[str] = (),
) -> str:
    """Return a complete article: title, body, and a footnote-size line of provenance.

    The symbols of ``problem``, and others in ``names``, are macros at its top; ``symbols`` says
    what they stand for, if not for themselves.
    """
    known = [*(problem_names(problem) if problem is not None else COMMON), *names]
    return article(title, body, footer, known, symbols)


def problem_section(problem: Problem, legend: Legend) -> list[str]:
    """The problem stated: facts, the loss as drawn diagrams, the initial law, the flow."""
    name = "G" if problem.observed else "L"
    flow = "V" if problem.potential != problem.observable else name
    average, later = f"\\mathbb{{E}}[{name}]", f"\\mathbb{{E}}[{name}(t)]"
    if problem.expected == problem.observed_name:
        average, later = "\\kappa", "\\kappa(t)"
    rate = "" if all(str(tensor.rate) == "1" for tensor in problem.trained) else "r_u\\,"
    lines = ["\\section*{The problem}", "\\noindent\\begin{tabular}{@{}L{.22}L{.74}@{}}"]
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
            escape_latex(row.tensor.role.value) + _relation(row),
            "---" if row.mean is None else f"${mean}$",
            "---" if row.variance is None else f"${polynomial_latex(row.variance)}$",
            "---" if row.rate is None else f"${polynomial_latex(row.rate)}$",
        )
        lines.append(" & ".join(cells) + ROW_END)
    return [*lines, "\\bottomrule", "\\end{tabular}", "\\par\\medskip"]


def _relation(row: TensorRow) -> str:
    """What the indices of a structural tensor satisfy."""
    law = row.tensor.law
    if not isinstance(law, GroupLaw):
        return ""
    equation = law.equation([_index_latex(index) for index in row.indices])
    return f", ${equation}$ modulo ${symbol_latex(row.tensor.families[0].size)}$"


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


def classes_lines(table: DiagramTable) -> list[str]:
    """The tables of all orders for a paper: as in a document, in columns that it knows."""
    legend = legend_of(table.problem)
    lines = []
    for s, classes in enumerate(table.orders):
        for line in classes_section(s, classes, legend):
            line = line.replace("\\wickroom", "").replace(CLASS_WIDTHS, PLAIN_CLASS_WIDTHS)
            lines.append(line)
    return lines


def _breakable(number: int) -> str:
    """A number in groups of three digits, between which a narrow column may break it."""
    return f"{number:,}".replace(",", "\\,\\allowbreak ") if number > 99999 else str(number)


def series_section(series: Series, symbols: Mapping[str, str] | None = None) -> list[str]:
    """The coefficients as display mathematics, Pareto-optimal terms marked.

    Lines are shorter where other ``symbols`` are wider.
    """
    rows = [
        polynomial_lines(
            polynomial,
            f"Y_{{{s}}}",
            marked=pareto_terms(polynomial, series.problem.sizes),
            sizes=series.problem.sizes,
            width=LINE_WIDTH / widening(symbols),
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


def series_document(
    series: Series, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with the problem and its exact coefficients."""
    problem = series.problem
    body = [*problem_section(problem, legend_of(problem)), *series_section(series, symbols)]
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols)


def table_document(
    table: DiagramTable, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with the drawn diagrams of every order."""
    problem, legend = table.problem, legend_of(table.problem)
    body = problem_section(problem, legend)
    for s, classes in enumerate(table.orders):
        body += classes_section(s, classes, legend)
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols)


def open_series_document(
    series: OpenSeries, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with the problem and coefficients that are diagrams with free indices."""
    problem = series.problem
    name = problem.observed_name
    kept = f" The entries of {_listed(series.kept)} are not averaged over." if series.kept else ""
    body = problem_section(problem, legend_of(problem))
    body += [
        "\\section*{The coefficients}",
        f"Of {escape_latex(name)}; its free indices are those of the sums.{escape_latex(kept)}",
        "\\begin{align*}",
        open_series_lines(series),
        "\\end{align*}",
        f"Evidence: {escape_latex(str(series.evidence))}.",
    ]
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def levels_document(
    found: Levels, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with the problem and its coefficients by powers of a large parameter.

    Raises :class:`~diagrams.errors.BadInput` for levels of no problem.
    """
    problem = found.problem
    if problem is None:
        raise BadInput("levels", "of polynomials", "levels of a series, which know their problem")
    put = [
        f"${symbol_latex(name)} = {polynomial_latex(value)}$"
        for name, value in found.scaling
        if name != found.symbol
    ]
    body = problem_section(problem, legend_of(problem))
    body += [
        "\\section*{Levels}",
        f"The coefficients by powers of ${symbol_latex(found.symbol)}$"
        + f", with {', '.join(put)}" * bool(put)
        + ".",
        "\\begin{align*}",
        levels_lines(found),
        "\\end{align*}",
        f"Evidence: {escape_latex(str(found.evidence))}.",
    ]
    names = sorted({name for row in found.rows for _, value in row for name in value.symbols})
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols, [found.symbol, *names])


def problem_document(
    problem: Problem, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with the problem, its loss drawn and as a formula."""
    body = problem_section(problem, legend_of(problem))
    body += ["\\section*{The observable as a formula}", *observables_lines(problem)]
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols)


def observables_lines(problem: Problem) -> list[str]:
    """The observable, and those that a problem file names, as formulas in lines of the text."""
    lines = [breaking(observable_formula(problem, BREAK))]
    if not problem.observed:
        for quantity in problem.named_observables:
            found = problem.vocabulary.diagrams(quantity)
            head = f"\\text{{{escape_latex(quantity.head)}}}"
            lines.append(breaking(f"{head} = {combination_formula(found, BREAK)}"))
    return lines


def legend_of(problem: Problem) -> Legend:
    """Shapes and inks of a problem, the same in all of its pictures."""
    averaged = tuple(tensor for tensor in problem.fresh if tensor not in problem.tensors)
    more = {family for tensor in averaged for family in tensor.families} - set(problem.families)
    return Legend((*problem.families, *sorted(more)), (*problem.tensors, *averaged))
