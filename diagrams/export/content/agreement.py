"""What documents say of theory held against simulation: curves, series, solution, sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diagrams.agreement.agreement import Agreement
from diagrams.agreement.size_scaling import SizeScaling, rounded
from diagrams.export.content import blocks as b
from diagrams.export.content.runs import SHOWN_TIMES, TIME, cell, run_sizes
from diagrams.export.pictures.agreement_picture import agreement_sketch
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import problem_names

CURVES = ("series", "solution", "mean", "standard error", "median", "ratio")
SIZE_HEADS = ("seeds", "deviation %", "error %", "in regime %")
"""Columns beside the sizes; the last is the part that the regime's terms have of the exact ones."""


def agreement_document(found: Agreement) -> b.Document:
    """Picture, formula of the solution, curves at a few times, what agrees how well, the sizes."""
    run, problem = found.simulation, found.simulation.problem
    drawn: list[b.Block] = [b.Figure(agreement_sketch(found))]
    if found.theory is not None:
        drawn.append(b.Formula(b.Spelled(found.theory.formula_latex, "")))
    sizes = () if found.scaling is None else _sizes(found.scaling, problem.sizes)
    notes = tuple(b.note("note", words, aside=True) for words in found.notes)
    result = (run_sizes(run), _curves(found), *_remarks(found), *sizes, *notes)
    title = f"{problem.title}, regime {found.regime}"
    names = problem_names(problem)
    return b.Document(title, (*drawn, *result), names, problem.spec, problem, result)


def _curves(found: Agreement) -> b.Table:
    """Curves and ratio at a few times."""
    run, ratios, series = found.simulation, found.ratios(), found.series_values
    theory = found.theory.values if found.theory else (None,) * len(found.times)
    curves = (found.times, series, theory, run.mean, run.standard_error, run.median, ratios)
    places = shown_times(found.simulation.grid)
    rows = (tuple(cell(curve[k]) for curve in curves) for k in places)
    left_out = {"mean", "median"} - {found.statistic}  # on paper; there is no room for both
    heads = ((head, 0.0 if head in left_out else 0.16) for head in CURVES)
    return b.Table(b.columns((TIME, 0.1), *heads), tuple(rows))


def _remarks(found: Agreement) -> b.Blocks:
    remarks: list[b.Block] = []
    if found.series is not None:
        leaves = found.series_leaves
        said = "is good to 1 % over the whole window"
        if leaves is not None:
            more = found.series.exhausted(leaves)
            way = "more orders carry it further" if more else "it is asymptotic: no order helps"
            said = f"leaves the curve at t = {leaves:.4g}, where its smallest term is 1 %; {way}"
        remarks.append(b.note("series", f"exact to order {found.series.order}; {said}"))
    if found.theory is None:
        remarks.append(b.note("solution", f"not solved: {found.unsolved}"))
    else:
        remarks.append(b.note("solution", f"{found.theory.kind}; {found.theory.evidence}"))
        if found.theory.ends is not None:
            end = f"ends at t = {found.theory.ends:.6g}: {found.theory.refusal}"
            remarks.append(b.note("solution", end))
        remarks.append(b.note("agreement", found.evidence.statement))
    if found.apart and found.statistic == "mean":
        remarks.append(b.note("agreement", "mean and median part: few seeds rule the mean"))
    return (*remarks, b.note("simulation", str(found.simulation.evidence)))


def _sizes(scaling: SizeScaling, whole: Sequence[str]) -> b.Blocks:
    """Deviations along a scaling of the sizes, and what sizes one per cent needs."""
    lead = scaling.lead
    powers = ", ".join(
        f"{name} ~ {lead}^({power})" for name, power in scaling.scaling if name != lead and power
    )
    varied = [name for name, power in scaling.scaling if power and name in whole]
    heads: list[b.Piece] = [b.Math(Polynomial.symbol(name)) for name in varied]
    rows = []
    for point in scaling.points:
        sizes = dict(point.sizes)
        error = None if point.error is None else float(f"{100 * point.error:.2g}")
        share = None if point.share is None else float(f"{100 * point.share:.3g}")
        numbers = (*(round(sizes[name]) for name in varied), point.seeds)
        shares = (float(f"{100 * point.deviation:.3g}"), error, share)
        rows.append(tuple(map(cell, (*numbers, *shares))))
    table = b.Table(b.columns(*((head, 0.14) for head in (*heads, *SIZE_HEADS))), tuple(rows))
    remarks = [b.note("exact", str(one)) for one in scaling.exact]
    if scaling.needed is not None and math.isfinite(scaling.needed):
        needed = scaling.sizes_at(scaling.needed)
        listed = ", ".join(f"{name} = {rounded(x)}" for name, x in needed.items() if name != "T")
        remarks.append(b.note("sizes", f"1 % needs about {listed}"))
    return (b.note("sizes", f"the same along {powers or f'{lead} alone'}"), table, *remarks)


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
