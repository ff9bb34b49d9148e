"""The report on a problem, as one document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagrams.dynamics.solutions import Solved
from diagrams.export.content.blocks import Block, Document
from diagrams.export.content.regimes import refusal_chapter, regimes_chapter
from diagrams.export.content.series import about, diagrams_chapter, series_chapter
from diagrams.export.content.solution import solution_names, solutions_chapter
from diagrams.export.explorer.curves import Curves
from diagrams.scaling.regimes.exploration import Exploration
from diagrams.series.classes import DiagramTable
from diagrams.series.expansion import Series


def report_document(
    table: DiagramTable,
    series: Series,
    explored: Exploration,
    solved: Sequence[Solved] = (),
    curves: Iterable[Curves] = (),
) -> Document:
    """The problem, its diagrams, its coefficients, its regimes, their solutions."""
    if explored.regimes is not None:
        phases = regimes_chapter(explored.regimes)
    else:
        phases = refusal_chapter(explored.fronts, explored.refusal)
    chapters: list[Block] = [diagrams_chapter(table), series_chapter(series), phases]
    if solved:
        chapters.append(solutions_chapter(solved, curves))
    found = [name for entry in solved if entry.solution for name in solution_names(entry.solution)]
    return about(series.problem, *chapters, names=dict.fromkeys(found))
