"""The report: one folder with everything wickflow derives of a problem.

``report.html`` (self-contained), ``report.tex`` (compiles as it is), ``data.json`` (exact
data), and ``figures/`` (SVG).  A folder is written whole or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagrams.campaign.effort import WORK, Clock
from diagrams.dynamics.given_inputs import GivenInputs, given_inputs
from diagrams.dynamics.solutions import Solved, solutions
from diagrams.export import folders
from diagrams.export.content.blocks import Document, Section
from diagrams.export.content.report import closed_report_document, report_document
from diagrams.export.content.statement import legend_of
from diagrams.export.explorer import page as explorer
from diagrams.export.explorer.curves import Curves, solution_curves
from diagrams.export.explorer.places import places
from diagrams.export.html.pages import page
from diagrams.export.html.writer import HtmlWriter, contents
from diagrams.export.json import documents
from diagrams.export.json.closed_system import system_data
from diagrams.export.json.codec import document, json_lines, written
from diagrams.export.json.documents import schema_name
from diagrams.export.json.documents.dynamics import ClosedSystem as ClosedSystemData
from diagrams.export.json.documents.dynamics import Curves as CurvesData
from diagrams.export.json.regimes import fronts_data, regimes_data
from diagrams.export.json.series import series_data, table_data
from diagrams.export.json.solution import solved_data
from diagrams.export.latex.writer import latex_document
from diagrams.export.pictures.diagram_svg import diagram_svg, diagrams_sheet_svg
from diagrams.export.pictures.gallery import write_text
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_plot import shown_order
from diagrams.export.pictures.phase_polygon import polygon_sketch
from diagrams.export.pictures.sketch_svg import sketch_svg
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.resting import Course, course
from diagrams.problems.problem import Problem, stated
from diagrams.provenance import stamp, stamp_line
from diagrams.scaling.regimes.exploration import BUDGET, Exploration, explore
from diagrams.series.classes import DiagramTable, diagram_table
from diagrams.series.expansion import Series, expand
from diagrams.wick.input_averages import inputs_in

SERIES_TERMS = 3
DRAWN_TERMS = 2
SOLUTION_SECONDS = 10.0
"""After so long no further regime is solved."""

CURVE_SECONDS = 1.0
"""After so long no further curve of a solution is begun."""

CHAPTERS = (
    ("short", "In short"),
    ("problem", "Problem"),
    ("diagrams", "Diagrams"),
    ("coefficients", "Coefficients"),
    ("regimes", "Regimes"),
    ("kernel", "Tangent kernel"),
    ("explorer", "Explorer"),
    ("solved", "Solved dynamics"),
)
"""Chapters of the page: their ids and names."""

CLOSED_CHAPTERS = (
    ("short", "In short"),
    ("problem", "Problem"),
    ("coefficients", "Closed equations"),
    ("solved", "In numbers"),
)
"""The same of a page on closed equations."""

COURSE_SECONDS = 6.0
"""After so long one draw is not followed further."""

_OUR_FILE = re.compile(
    r"report\.(html|tex|pdf|aux|log|out|fls|fdb_latexmk|synctex\.gz)|data\.json"
    r"|figures(/(loss|polygon|phases|order-[0-9]+(-diagram-[0-9]+)?)\.svg)?"
)


@dataclass(frozen=True)
class ClosedReport:
    """What a report shows of a loss that averages functions over inputs: closed equations.

    ``followed`` is one draw at small numbers, with the points of rest that it passes.
    """

    problem: Problem
    system: ClosedSystem
    followed: Course


@dataclass(frozen=True)
class Report:
    """What a report shows: the problem, its diagrams, its series, its regimes, their solutions.

    ``explored`` holds the regimes with the fronts they come from, or why there are none;
    ``solved`` has an entry for each regime, with a solution or the reason why there is none;
    ``curves`` one for each solution.
    """

    problem: Problem
    table: DiagramTable
    series: Series
    explored: Exploration
    solved: tuple[Solved, ...] = ()
    curves: tuple[Curves, ...] = ()
    given: GivenInputs | None = None


def build_report(
    problem: Problem,
    terms: int = SERIES_TERMS,
    drawn: int = DRAWN_TERMS,
    progress: Callable[[str], object] | None = None,
    seconds: float = BUDGET,
    solving: float | None = None,
    clock: Clock = WORK,
    resources: Mapping[str, Any] | None = None,
) -> Report | ClosedReport:
    """Compute what a report shows: diagrams to order ``drawn``, coefficients to ``terms``.

    A loss that averages functions over inputs has no such coefficients; its report shows the closed
    equations, followed for at most ``solving`` seconds.

    Regimes are sought as :func:`~diagrams.scaling.regimes.exploration.explore` does, within
    ``seconds`` of ``clock``; they are solved one after the other until ``solving`` seconds of this
    process have passed (none for 0), so that the load of the machine does not count.
    ``resources`` are keyword arguments of :func:`~diagrams.series.expansion.expand`.
    """
    stated(problem, averaged=True)
    say = progress or (lambda _: None)
    if inputs_in(problem.sampled):
        say("closed equations")
        system = close(problem)
        say("points of rest")
        return ClosedReport(problem, system, course(system, COURSE_SECONDS))
    say(f"diagrams of orders 0 to {drawn}")
    table = diagram_table(problem, drawn)
    say(f"coefficients Y_0 to Y_{terms}")
    series = expand(problem, terms, **(resources or {}))
    given = given_inputs(problem) if problem.functions else None
    explored = explore(problem, seconds=seconds, say=say, resources=resources, clock=clock)
    found = explored.regimes
    limit = SOLUTION_SECONDS if solving is None else solving
    solved: tuple[Solved, ...] = ()
    if found is not None and limit > 0 and not problem.functions:
        solved = solutions(problem, found, limit, say)
    curves: tuple[Curves, ...] = ()
    if found is not None and solved:
        say("curves")
        curves = solution_curves(solved, series, places(found), CURVE_SECONDS)
    return Report(problem, table, series, explored, solved, curves, given)


def write_report(
    report: Report | ClosedReport,
    folder: str | os.PathLike[str],
    command: str | None = None,
    progress: Callable[[str], object] | None = None,
    symbols: Mapping[str, str] | None = None,
) -> Path:
    """Write a report into ``folder`` and return its path.

    ``symbols`` gives sizes and scales other symbols in ``report.tex``, such as ``{"p": "d"}``.

    A report of ours in ``folder`` is replaced whole; a new or empty folder is filled.
    Raises :class:`~diagrams.errors.BadInput` for anything else, and then writes nothing.
    """
    say = progress or (lambda _: None)
    target = Path(folder)
    check_target(target)
    with folders.filling(target, "out") as place:
        problem = report.problem
        footer = stamp_line(stamp(problem.spec, command))
        say("figures")
        figures = place / "figures"
        figures.mkdir()
        if isinstance(report, ClosedReport):
            document = closed_report_document(report.system, report.followed)
        else:
            document = report_document(
                report.table,
                report.series,
                report.explored,
                report.solved,
                report.curves,
                report.given,
            )
            _write_figures(report, figures)
        say("report.tex")
        write_text(place / "report.tex", latex_document(document, symbols, command))
        say("report.html")
        write_text(place / "report.html", _html(report, document, footer))
        write_text(place / "data.json", _data(report, command))
    return target


def _write_figures(report: Report, figures: Path) -> None:
    """The diagrams of all orders, and the pictures of the phases."""
    legend = legend_of(report.problem)
    loss = [(d, f"{c}") for d, c in report.problem.observable]
    write_text(figures / "loss.svg", diagrams_sheet_svg(loss, legend, title="The observable"))
    for s, classes in enumerate(report.table.orders):
        sheet = [(c.diagram, f"{c.coefficient}, |Aut| = {c.symmetry_factor}") for c in classes]
        title = f"Diagrams of order {s}"
        write_text(figures / f"order-{s}.svg", diagrams_sheet_svg(sheet, legend, title=title))
        for number, entry in enumerate(classes, 1):
            path = figures / f"order-{s}-diagram-{number}.svg"
            write_text(path, diagram_svg(entry.diagram, legend))
    for name, picture in _phases(report.explored).items():
        write_text(figures / f"{name}.svg", picture)


def _phases(explored: Exploration) -> dict[str, str]:
    """The pictures of the second chapter, by the names of their files."""
    found, known = explored.regimes, explored.fronts
    pictures = {}
    if any(front.terms for front in known.orders):
        source = found or known
        pictures["polygon"] = sketch_svg(polygon_sketch(source, shown_order(source)))
    if found is not None and len(found.symbols) == 3:
        pictures["phases"] = sketch_svg(plane_sketch(found))
    return pictures


def _html(report: Report | ClosedReport, document: Document, footer: str) -> str:
    """The page; the explorer stands before the solutions."""
    found = None
    if isinstance(report, ClosedReport):
        explored: list[str] = []
    elif report.explored.regimes is None:
        explored = explorer.absent_html("no law of regimes is known")
    else:
        found = report.explored.regimes
        explored = explorer.explorer_html(found, report.series, places(found))
    chapters = {
        block.key: HtmlWriter().lines([block])
        for block in document.blocks
        if isinstance(block, Section)
    }
    order = [key for key in chapters if key != "solved"]
    chapters["explorer"] = explored
    body = [line for key in (*order, "explorer", "solved") for line in chapters.get(key, ())]
    names = CLOSED_CHAPTERS if isinstance(report, ClosedReport) else CHAPTERS
    there = [(key, name) for key, name in names if any(f'id="{key}"' in x for x in body)]
    scripts = () if found is None else explorer.SCRIPTS
    return page(document.title, [contents(there), *body], footer, scripts)


def _data(report: Report | ClosedReport, command: str | None) -> str:
    if isinstance(report, ClosedReport):
        closed = system_data(report.system)
        if report.followed.curves is not None:
            closed["curves"] = written(report.followed.curves, CurvesData)
        told = document(ClosedSystemData, closed, report.problem)
        provenance = stamp(report.problem.spec, command)
        return json_lines(
            document(documents.Report, {"closed_system": told, "provenance": provenance})
        )
    data = {
        "expansion": series_data(report.series),
        "diagrams": table_data(report.table),
        **_phases_data(report.explored),
        "solutions": [solved_data(entry) for entry in report.solved],
        "provenance": stamp(report.problem.spec, command),
    }
    return json_lines(document(documents.Report, data))


def _phases_data(explored: Exploration) -> dict[str, object]:
    if explored.regimes is not None:
        return {"regimes": regimes_data(explored.regimes)}
    return {"fronts": fronts_data(explored.fronts), "refusal": explored.refusal}


def check_target(target: Path) -> None:
    """Raise ``BadInput`` unless a report may be written to ``target``."""
    allowed = "a new or empty directory, or one that holds a report of wickflow"
    folders.check_folder(target, "out", allowed, is_report)


def is_report(folder: Path) -> bool:
    """Whether ``folder`` holds a report of wickflow: only its files, ``data.json`` among them.

    What LaTeX leaves beside ``report.tex`` counts as part of the report.
    """
    names = {path.name for path in folder.iterdir() if not path.name.startswith(folders.STAGE)}
    figures = folder / "figures"
    if figures.is_dir():
        names |= {f"figures/{path.name}" for path in figures.iterdir()}
    if not all(_OUR_FILE.fullmatch(name) for name in names):
        return False
    try:
        with (folder / "data.json").open(encoding="utf-8") as file:
            return f'"schema": "{schema_name(documents.Report)}"' in file.read(200)
    except (OSError, UnicodeDecodeError):
        return False
