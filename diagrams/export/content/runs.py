"""What documents say of numbers by time: simulations, and bounds of long times."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diagrams.export.content import blocks as b
from diagrams.export.pictures.simulation_picture import simulation_sketch
from diagrams.flow.curves import Curves
from diagrams.flow.simulation import Simulation
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import problem_names
from diagrams.series.brackets import LongTime

SHOWN_TIMES = 11
"""Times in a table at most, the first and the last among them."""

TIME = b.Math(b.Spelled("t", "t"))
RUN_COLUMNS = b.columns(
    (TIME, 0.09),
    ("mean", 0.16),
    ("standard error", 0.18),
    ("median", 0.16),
    ("10 %", 0.16),
    ("90 %", 0.16),
)
LONG_COLUMNS = b.columns((TIME, 0.2), ("lower", 0.3), ("upper", 0.3))


def cell(number: object) -> b.Pieces:
    """A number in a table, or a dash for none."""
    known = number is not None and not (isinstance(number, float) and math.isnan(number))
    return (b.Math(number),) if known else ("\u2013",)


def run_sizes(run: Simulation) -> b.Block:
    """The sizes of a simulation, its seeds, and how many of them blow up."""
    listed = b.maths(b.equation(Polynomial.symbol(name), value) for name, value in run.sizes)
    counted = f"; {'1 seed' if run.seeds == 1 else f'{run.seeds} seeds'} of root {run.root}"
    times = [found.time for found in run.blow_ups if found is not None]
    if not times:
        return b.said(listed, f"{counted}.")
    blown = f"{counted}. {len(times)} of {run.seeds} blow up, the first at "
    return b.said(listed, blown, b.Math(b.equation(TIME.value, min(times, key=abs))), ".")


def simulation_document(run: Simulation) -> b.Document:
    """Statistics by time, the sizes, and the evidence."""
    parts = [("", run.loss), *((name, Curves(rows)) for name, rows in run.observed)]
    blocks: list[b.Block] = []
    for name, curves in parts:
        blocks += [b.said(f"{name}:")] if name else []
        blocks.append(_statistics(run.grid, curves))
    problem = run.problem
    rest = (*blocks, run_sizes(run), b.evidence_note(run.evidence))
    return b.Document(
        f"Simulation: {problem.title}",
        (b.Figure(simulation_sketch(run)), *rest),
        problem_names(problem),
        problem.spec,
        problem,
    )


def _statistics(times: Sequence[float], curves: Curves) -> b.Table:
    low, high = curves.quantiles[0][1], curves.quantiles[-1][1]
    last = len(times) - 1
    rows = []
    for j in sorted({round(k * last / (SHOWN_TIMES - 1)) for k in range(SHOWN_TIMES)}):
        error = curves.standard_error[j]
        numbers = (times[j], curves.mean[j], error, curves.median[j], low[j], high[j])
        rows.append(tuple(map(cell, numbers)))
    return b.Table(RUN_COLUMNS, tuple(rows))


def long_time_document(found: LongTime) -> b.Document:
    """Lower and upper bounds by time, and the sizes."""
    problem = found.series.problem
    rows = [
        ((b.Math(float(t)),), (b.Math(low),), (b.Math(high),))
        for t, low, high in zip(found.times, found.lower, found.upper, strict=True)
    ]
    sizes = b.maths(b.equation(Polynomial.symbol(name), value) for name, value in found.sizes)
    limit: b.Blocks = ()
    if found.limit is not None:
        limit = (b.said("Limit of long times: at most ", b.Math(found.limit), "."),)
    return b.Document(
        f"Long times: {problem.title}",
        (
            b.Table(LONG_COLUMNS, tuple(rows)),
            b.said(sizes, "."),
            *limit,
            b.evidence_note(found.evidence),
        ),
        problem_names(problem),
        problem.spec,
        problem,
    )
