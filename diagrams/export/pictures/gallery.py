"""A folder of drawn diagrams: one SVG and one TikZ file each."""

from __future__ import annotations

from pathlib import Path

from diagrams.export import folders
from diagrams.export.pictures.diagram_svg import diagram_svg, diagrams_sheet_svg
from diagrams.export.pictures.diagram_tikz import diagram_tikz, tikz_preamble
from diagrams.export.pictures.picture import Legend
from diagrams.series.classes import DiagramTable


def check_folder(folder: Path) -> None:
    """Raise ``BadInput`` unless drawings may be written to ``folder``: new, or empty."""
    folders.check_folder(folder, "draw", "a new or empty directory")


def write_gallery(table: DiagramTable, folder: Path) -> None:
    """Write ``order-S-diagram-N.svg`` and ``.tex``, and a contact sheet for each order.

    Raises :class:`~diagrams.errors.BadInput` unless ``folder`` is new or empty.
    """
    check_folder(folder)
    legend = Legend(table.problem.families, table.problem.lines)
    with folders.filling(folder, "draw") as place:
        write_text(place / "wickflow-styles.tex", tikz_preamble())
        for s, classes in enumerate(table.orders):
            for number, entry in enumerate(classes, 1):
                stem = f"order-{s}-diagram-{number}"
                write_text(place / f"{stem}.svg", diagram_svg(entry.diagram, legend))
                write_text(place / f"{stem}.tex", diagram_tikz(entry.diagram, legend=legend))
            sheet = [(c.diagram, f"{c.coefficient}, |Aut| = {c.symmetry_factor}") for c in classes]
            title = f"Diagrams of order {s}"
            write_text(place / f"order-{s}.svg", diagrams_sheet_svg(sheet, legend, title=title))


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with plain line ends, the same on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")
