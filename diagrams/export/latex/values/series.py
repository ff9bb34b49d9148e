r"""Series, their levels and classes of diagrams as fragments of LaTeX."""

from __future__ import annotations

from dataclasses import replace

from diagrams.export.latex.formulas import BREAK, polynomial_latex, polynomial_lines
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.series import (
    breaking,
    class_formula,
    descent_lines,
    levels_lines,
    open_series_lines,
    series_lines,
)
from diagrams.export.latex.values.diagrams import diagram_names
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.problems.problem import problem_names
from diagrams.series.classes import DiagramClass
from diagrams.series.correlations import WeakCorrelations
from diagrams.series.departures import Departure
from diagrams.series.descent import Descent, descent_names
from diagrams.series.expansion import Series
from diagrams.series.levels import Levels
from diagrams.series.open_series import OpenSeries
from diagrams.series.spectra import LevelSplit


def series_fragment(series: Series) -> Fragment:
    """The coefficients, a row or more each."""
    return Fragment(
        series_lines(series),
        Shape.ROWS,
        (*problem_names(series.problem), *series.symbols),
    )


def descent_fragment(found: Descent) -> Fragment:
    """The means after steps, a row or more each."""
    return Fragment(descent_lines(found), Shape.ROWS, descent_names(found))


def departure_fragment(found: Departure) -> Fragment:
    """The differences, a row or more each."""
    sizes = found.problem.sizes
    rows = [
        polynomial_lines(difference, f"\\Delta Y_{{{s}}}", sizes=sizes)
        for s, difference in enumerate(found.differences)
    ]
    return Fragment(
        " \\\\\n".join(rows),
        Shape.ROWS,
        problem_names(found.problem),
        title=f"{found.problem.title}, less {found.surrogate.title}",
        evidence=found.evidence,
    )


def class_fragment(found: DiagramClass) -> Fragment:
    """The share in ``Y_s`` as a formula; the drawing is that of the diagram."""
    names = (*diagram_names(found.diagram), *found.coefficient.symbols, *found.average.symbols)
    return Fragment(
        class_formula(found),
        Shape.FORMULA,
        tuple(dict.fromkeys(names)),
        title="A class of diagrams",
        display=breaking(class_formula(found, BREAK)),
    )


def correlations_fragment(found: WeakCorrelations) -> Fragment:
    """The correlations as a table."""
    large = symbol_latex(found.table.symbol)
    rows = [r"D & d & |C_{D,d}| & \mathbb{E}\,|C_{D,d}|^2 \\ \hline"]
    for D, d, moment in found.moments:
        exponent = found.exponent(D, d)
        scale = "0" if exponent is None else f"{large}^{{{exponent}}}"
        rows.append(f"{D} & {d} & {scale} & {polynomial_latex(moment)} \\\\")
    names = [name for _, _, moment in found.moments for name in moment.symbols]
    return Fragment(
        "\n".join([r"\begin{array}{rrll}", *rows, r"\end{array}"]),
        Shape.FORMULA,
        tuple(dict.fromkeys([found.table.symbol, *names])),
        title="Derivative correlations",
        evidence=replace(found.evidence, statement=f"{found.verdict}; {found.evidence.statement}"),
    )


def levels_fragment(found: Levels) -> Fragment:
    """The rows, each by levels."""
    names = [found.symbol, *(n for row in found.rows for _, value in row for n in value.symbols)]
    return Fragment(
        levels_lines(found),
        Shape.ROWS,
        tuple(dict.fromkeys(names)),
        title=f"Levels in {found.symbol}",
        evidence=found.evidence,
    )


def split_fragment(found: LevelSplit) -> Fragment:
    """Observables by levels, as a table."""
    heads = " & ".join(f"Y_{{{s}}}" for s in range(1, found.terms + 1))
    rows = [rf"\text{{observable}} & \text{{level}} & \text{{untrained}} & {heads} \\ \hline"]
    names: dict[str, None] = {}
    for name, table in found.tables:
        for exponent in table.exponents:
            column = table.column(exponent)
            level = f"{symbol_latex(table.symbol)}^{{{exponent}}}"
            cells = [rf"\text{{{escape_latex(name)}}}", level, *map(polynomial_latex, column)]
            rows.append(" & ".join(cells) + r" \\")
            names |= dict.fromkeys([table.symbol, *(n for p in column for n in p.symbols)])
    text = "\n".join([rf"\begin{{array}}{{ll{'l' * (found.terms + 1)}}}", *rows, r"\end{array}"])
    evidence = found.evidence
    return Fragment(text, Shape.FORMULA, tuple(names), title="Levels", evidence=evidence)


def open_series_fragment(series: OpenSeries) -> Fragment:
    """The coefficients, a row or more each."""
    return Fragment(
        open_series_lines(series),
        Shape.ROWS,
        problem_names(series.problem),
    )
