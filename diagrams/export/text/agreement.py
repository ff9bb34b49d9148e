"""Agreements as plain text and as a table."""

from __future__ import annotations

import math
from collections.abc import Collection

from diagrams.agreement.agreement import Agreement
from diagrams.agreement.size_scaling import SizeScaling, rounded
from diagrams.export.latex.numbers import shown_times
from diagrams.provenance import stamp, stamp_line

SIZE_HEADS = ("seeds", "deviation %", "error %", "in regime %")
"""Columns beside the sizes; the last is the part that the regime's terms have of the exact ones."""


def agreement_text(found: Agreement, width: int | None = None) -> str:
    """Return what agrees how well, as text: curves at eleven times, the series, the sizes."""
    run = found.simulation
    sizes = ", ".join(f"{name} = {value:.10g}" for name, value in run.sizes)
    counted = "1 seed" if run.seeds == 1 else f"{run.seeds} seeds"
    lines = [f"{run.problem.title}, regime {found.regime}", f"{sizes}; {counted}"]
    lines += _table(found)
    lines += _remarks(found)
    if found.scaling is not None:
        lines += _sizes(found.scaling, run.problem.sizes)
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join(lines)


def _table(found: Agreement) -> list[str]:
    """Curves and ratio at a few times."""
    run = found.simulation
    names = ("t", "series", "solution", "mean", "std. error", "median", "ratio")
    lines = ["".join(f"{name:>13}" for name in names)]
    theory = found.theory.values if found.theory else (None,) * len(found.times)
    ratios, series = found.ratios(), found.series_values
    for k in shown_times(found.times):
        cells = [found.times[k], series[k], theory[k], run.mean[k], run.standard_error[k]]
        cells += [run.median[k], ratios[k]]
        lines.append("".join(_cell(cell) for cell in cells))
    return lines


def _cell(value: float | None) -> str:
    known = value is not None and not math.isnan(value)
    return f"{value:>13.6g}" if known else f"{'-':>13}"


def _remarks(found: Agreement) -> list[str]:
    lines = []
    if found.series is not None:
        leaves = found.series_leaves
        if leaves is None:
            said = "is good to 1 % over the whole window"
        else:
            more = found.series.exhausted(leaves)
            way = "more orders carry it further" if more else "it is asymptotic: no order helps"
            said = f"leaves the curve at t = {leaves:.4g}, where its smallest term is 1 %; {way}"
        lines.append(f"series: exact to order {found.series.order}; {said}")
    if found.theory is None:
        lines.append(f"solution: not solved: {found.unsolved}")
    else:
        lines.append(f"solution: {found.theory.kind}; {found.theory.evidence}")
        if found.theory.ends is not None:
            at = f"{found.theory.ends:.6g}"
            lines.append(f"solution: ends at t = {at}: {found.theory.refusal}")
    lines.append(f"agreement: {found.evidence.statement}")
    if found.apart and found.statistic == "mean":
        lines.append("agreement: mean and median part: few seeds rule the mean")
    lines.append(f"simulation: {found.simulation.evidence}")
    return lines


def _sizes(scaling: SizeScaling, whole: Collection[str]) -> list[str]:
    lead = scaling.lead
    powers = ", ".join(
        f"{name} ~ {lead}^({power})" for name, power in scaling.scaling if name != lead and power
    )
    lines = [f"sizes: the same along {powers or f'{lead} alone'}"]
    varied = [name for name, power in scaling.scaling if power and name in whole]
    lines.append("".join(f"{name:>13}" for name in (*varied, *SIZE_HEADS)))
    for point in scaling.points:
        sizes = dict(point.sizes)
        error = "-" if point.error is None else f"{100 * point.error:.2g}"
        share = "-" if point.share is None else f"{100 * point.share:.3g}"
        cells = [*(f"{sizes[name]:.0f}" for name in varied), str(point.seeds)]
        cells += [f"{100 * point.deviation:.3g}", error, share]
        lines.append("".join(f"{cell:>13}" for cell in cells))
    lines += [f"exact: {one}" for one in scaling.exact]
    if scaling.needed is not None and math.isfinite(scaling.needed):
        needed = scaling.sizes_at(scaling.needed)
        listed = ", ".join(f"{name} = {rounded(x)}" for name, x in needed.items() if name != "T")
        lines.append(f"sizes: 1 % needs about {listed}")
    return lines


def agreement_csv(found: Agreement, command: str | None = None) -> str:
    """Return all curves as CSV text with a commented first line.

    >>> from diagrams.agreement import compare
    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=3, ties="asym", target="zero")
    >>> at = {"p": 4, "H": 2, "sigma": 0.5, "until": 1, "points": 2}
    >>> found = compare(free, "A", **at, seeds=2, sizes=(), terms=2)
    >>> agreement_csv(found).splitlines()[1]
    't,series,solution,mean,standard_error,median,q10,q25,q75,q90,ratio_mean,ratio_median'
    """
    run = found.simulation
    sizes = ", ".join(f"{name}={value!r}" for name, value in run.sizes)
    verdict = f"; {found.scaling.verdict}" if found.scaling else ""
    made = stamp_line(stamp(run.problem.spec, command, run.root))
    about = f"{run.problem.spec}; regime {found.regime}; {sizes}{verdict}; {made}"
    remark = "".join(c if c.isprintable() else "?" for c in about)
    theory = found.theory.values if found.theory else (None,) * len(found.times)
    levels = [f"q{round(100 * level)}" for level, _ in run.quantiles]
    names = ["t", "series", "solution", "mean", "standard_error", "median", *levels]
    names += ["ratio_mean", "ratio_median"]
    curves = [found.times, found.series_values, theory, run.mean, run.standard_error, run.median]
    curves += [curve for _, curve in run.quantiles]
    curves += [found.ratios(run.mean), found.ratios(run.median)]
    rows = [
        ",".join("" if x is None or math.isnan(x) else repr(x) for x in row)
        for row in zip(*curves, strict=True)
    ]
    return "\n".join([f"# {remark}", ",".join(names), *rows]) + "\n"
