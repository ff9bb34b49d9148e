"""The report: one folder with everything wickflow derives of a problem.

``report.html`` (self-contained), ``report.tex`` (compiles as it is), ``data.json`` (exact
data), and ``figures/`` (SVG).  A folder is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from diagrams.classes import DiagramTable, diagram_table
from diagrams.errors import BadInput
from diagrams.expansion import Series, expand
from diagrams.export import documents, html
from diagrams.export.json import series_json, table_json
from diagrams.export.svg import diagram_svg, diagrams_sheet_svg
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp, stamp_line

SCHEMA = "wickflow.report/1"
SERIES_TERMS = 3
DRAWN_TERMS = 2


@dataclass(frozen=True)
class Report:
    """What a report shows: the problem, its diagrams, its series."""

    problem: Problem
    table: DiagramTable
    series: Series


def build_report(
    problem: Problem,
    terms: int = SERIES_TERMS,
    drawn: int = DRAWN_TERMS,
    progress: Callable[[str], object] | None = None,
) -> Report:
    """Compute what a report shows: diagrams to order ``drawn``, coefficients to ``terms``."""
    say = progress or (lambda _: None)
    say(f"diagrams of orders 0 to {drawn}")
    table = diagram_table(problem, drawn)
    say(f"coefficients Y_0 to Y_{terms}")
    return Report(problem, table, expand(problem, terms))


def write_report(
    report: Report,
    folder: str | os.PathLike[str],
    command: str | None = None,
    progress: Callable[[str], object] | None = None,
) -> Path:
    """Write a report into ``folder`` and return its path.

    A report of ours in ``folder`` is replaced whole; a new or empty folder is filled.
    Raises :class:`~diagrams.errors.BadInput` for anything else, and then writes nothing.
    """
    say = progress or (lambda _: None)
    target = Path(folder)
    with _replacing(target) as place:
        problem, legend = report.problem, documents.legend_of(report.problem)
        footer = stamp_line(stamp(problem.spec, command))
        say("figures")
        figures = place / "figures"
        figures.mkdir()
        loss = [(d, f"{c}") for d, c in problem.observable]
        _write(figures / "loss.svg", diagrams_sheet_svg(loss, legend, title="The observable"))
        for s, classes in enumerate(report.table.orders):
            sheet = [(c.diagram, f"{c.coefficient}   |Aut| = {c.symmetry_factor}") for c in classes]
            title = f"Diagrams of order {s}"
            _write(figures / f"order-{s}.svg", diagrams_sheet_svg(sheet, legend, title=title))
            for number, entry in enumerate(classes, 1):
                path = figures / f"order-{s}-diagram-{number}.svg"
                _write(path, diagram_svg(entry.diagram, legend))
        say("report.tex")
        _write(place / "report.tex", _latex(report, footer))
        say("report.html")
        _write(place / "report.html", _html(report, footer))
        _write(place / "data.json", _data(report, command))
    return target


def _latex(report: Report, footer: str) -> str:
    legend = documents.legend_of(report.problem)
    body = documents.problem_section(report.problem, legend)
    body.append("\\section*{The diagrams}")
    for s, classes in enumerate(report.table.orders):
        body += documents.classes_section(s, classes, legend)
    body += documents.series_section(report.series)
    return documents.document(report.problem.title, body, footer)


def _html(report: Report, footer: str) -> str:
    legend = documents.legend_of(report.problem)
    body = html.problem_html(report.problem, legend)
    body.append("<h2>The diagrams</h2>")
    for s, classes in enumerate(report.table.orders):
        body += html.classes_html(s, classes, legend)
    body += html.series_html(report.series)
    return html.page(report.problem.title, body, footer)


def _data(report: Report, command: str | None) -> str:
    data = {
        "schema": SCHEMA,
        "expansion": json.loads(series_json(report.series)),
        "diagrams": json.loads(table_json(report.table)),
        "provenance": stamp(report.problem.spec, command),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def check_target(target: Path) -> None:
    """Raise ``BadInput`` unless a report may be written to ``target``."""
    allowed = "a new or empty directory, or one that holds a report of wickflow"
    if target.is_symlink() and not target.exists():
        raise BadInput("out", str(target), f"{allowed} (it is a broken link)")
    if target.exists() and not target.is_dir():
        raise BadInput("out", str(target), f"{allowed} (it is a file)")
    parent = target if target.exists() else next(p for p in target.absolute().parents if p.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise BadInput("out", str(target), f"{allowed} (it cannot be written)")
    try:
        foreign = target.is_dir() and any(target.iterdir()) and not is_report(target)
    except OSError:
        raise BadInput("out", str(target), f"{allowed} (it cannot be read)") from None
    if foreign:
        raise BadInput("out", str(target), f"{allowed} (it holds something else)")


def is_report(folder: Path) -> bool:
    """Whether ``folder`` holds a report of wickflow: only its files, ``data.json`` among them."""
    known = {"report.html", "report.tex", "report.pdf", "report.aux", "report.log", "data.json"}
    if any(path.name not in known | {"figures"} for path in folder.iterdir()):
        return False
    try:
        with (folder / "data.json").open(encoding="utf-8") as file:
            return f'"schema": "{SCHEMA}"' in file.read(200)
    except (OSError, UnicodeDecodeError):
        return False


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a fresh folder beside ``target`` that takes its place when all went well."""
    check_target(target)
    target = target.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise BadInput("out", str(target), f"a directory that can be written ({error})") from None
    try:
        fresh.chmod(0o755)
        yield fresh
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            target.rename(old / "report")
            fresh.rename(target)
            shutil.rmtree(old)
        else:
            fresh.rename(target)
    except OSError as error:
        raise BadInput("out", str(target), f"a directory that can be written ({error})") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
