r"""Numbers by time as LaTeX tables (booktabs): simulations, and bounds of long times."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import mpmath

from diagrams.agreement.agreement import Agreement
from diagrams.export.latex.prose import prose_latex
from diagrams.flow.curves import Curves
from diagrams.flow.simulation import Simulation
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.series.brackets import LongTime

SHOWN_TIMES = 11
"""Times in a table at most, the first and the last among them."""


def simulation_table(run: Simulation) -> str:
    """Return mean, standard error, median and outer quantiles by time, and the sizes below."""
    head = ("$t$", "mean", "standard error", "median", "10\\,\\%", "90\\,\\%")
    parts = [("", run.loss), *((name, Curves(rows)) for name, rows in run.observed)]
    lines = []
    for name, curves in parts:
        if name:
            lines.append(
                f"\\midrule \\multicolumn{{{len(head)}}}{{@{{}}l}}{{{escape_latex(name)}}} \\\\"
            )
        lines += _rows(run.times, curves)
    sizes = ", ".join(f"${symbol_latex(name)} = {_number(value)}$" for name, value in run.sizes)
    counted = "1 seed" if run.seeds == 1 else f"{run.seeds} seeds"
    return _table(head, lines, [f"{sizes}; {counted}.", escape_latex(f"{run.evidence}.")])


def _rows(times: Sequence[float], curves: Curves) -> list[str]:
    low, high = curves.quantiles[0][1], curves.quantiles[-1][1]
    last = len(times) - 1
    lines = []
    for j in sorted({round(k * last / (SHOWN_TIMES - 1)) for k in range(SHOWN_TIMES)}):
        error = curves.standard_error[j]
        numbers = (times[j], curves.mean[j], error, curves.median[j], low[j], high[j])
        cells = ("---" if number is None else f"${_number(number)}$" for number in numbers)
        lines.append(" & ".join(cells) + " \\\\")
    return lines


def agreement_table(found: Agreement) -> str:
    """Return series, solution, simulation and their ratio by time; sizes and verdict below."""
    run, ratios, series = found.simulation, found.ratios(), found.series_values
    head = ("$t$", "series", "solution", found.statistic, "standard error", "ratio")
    theory = found.theory.values if found.theory else (None,) * len(found.times)
    lines = []
    for k in shown_times(found.times):
        numbers = (found.times[k], series[k], theory[k], found.curve[k], run.standard_error[k])
        cells = [_cell(number) for number in (*numbers, ratios[k])]
        lines.append(" & ".join(cells) + " \\\\")
    sizes = ", ".join(f"${symbol_latex(name)} = {_number(value)}$" for name, value in run.sizes)
    counted = "1 seed" if run.seeds == 1 else f"{run.seeds} seeds"
    notes = [f"{sizes}; {counted}; {prose_latex(found.evidence.statement)}."]
    if found.series is not None and found.series_leaves is not None:
        notes.append(f"The series leaves the curve at $t = {_number(found.series_leaves)}$.")
    return _table(head, lines, notes)


def _cell(number: float | None) -> str:
    return "---" if number is None or math.isnan(number) else f"${_number(number)}$"


def shown_times(times: Sequence[float]) -> list[int]:
    """Places of eleven times at most, the first and the last among them; equidistant ones first.

    >>> shown_times([0, 0.001, 0.01, 0.5, 1.0])
    [0, 3, 4]
    """
    wanted = {round((SHOWN_TIMES - 1) * t / times[-1], 9): k for k, t in enumerate(times)}
    shown = [wanted[float(j)] for j in range(SHOWN_TIMES) if float(j) in wanted]
    if len(shown) >= 3:
        return shown
    return sorted({round(j * (len(times) - 1) / (SHOWN_TIMES - 1)) for j in range(SHOWN_TIMES)})


def long_time_table(found: LongTime) -> str:
    """Return lower and upper bounds by time, and the sizes below."""
    lines = []
    for t, low, high in zip(found.times, found.lower, found.upper, strict=True):
        lines.append(f"${_number(float(t))}$ & ${_long(low)}$ & ${_long(high)}$ \\\\")
    sizes = ", ".join(f"${symbol_latex(name)} = {value}$" for name, value in found.sizes)
    notes = [f"{sizes}."]
    if found.limit is not None:
        notes.append(f"Limit of long times: at most ${_long(found.limit)}$.")
    return _table(("$t$", "lower", "upper"), lines, [*notes, escape_latex(f"{found.evidence}.")])


def _table(head: Sequence[str], rows: Iterable[str], notes: Iterable[str]) -> str:
    return "\n".join(
        [
            f"\\begin{{tabular}}{{@{{}}{'r' * len(head)}@{{}}}}",
            f"\\toprule {' & '.join(head)} \\\\ \\midrule",
            *rows,
            "\\bottomrule",
            "\\end{tabular}",
            "\\par\\smallskip\\noindent{\\footnotesize " + " ".join(notes) + "\\par}",
        ]
    )


def _long(value: object) -> str:
    return _scientific(mpmath.nstr(value, 10))


def _number(value: float) -> str:
    if math.isinf(value):
        return "-\\infty" if value < 0 else "\\infty"
    return _scientific(f"{value:.6g}")


def _scientific(text: str) -> str:
    digits, mark, power = text.partition("e")
    return f"{digits} \\cdot 10^{{{int(power)}}}" if mark else digits
