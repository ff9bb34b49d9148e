"""A folder of drawn diagrams: one SVG and one TikZ file each."""

from __future__ import annotations

import os
from pathlib import Path

from diagrams.classes import DiagramTable
from diagrams.errors import BadInput
from diagrams.export.picture import Legend
from diagrams.export.svg import diagram_svg, diagrams_sheet_svg
from diagrams.export.tikz import diagram_tikz, tikz_preamble


def check_folder(folder: Path) -> None:
    """Raise ``BadInput`` unless drawings may be written to ``folder``: new, or empty."""
    allowed = "a new or empty directory"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "it is not empty" if folder.is_dir() else "it is a file"
        raise BadInput("draw", str(folder), f"{allowed} ({what})")
    parent = folder if folder.exists() else next(p for p in folder.absolute().parents if p.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise BadInput("draw", str(folder), f"{allowed} (it cannot be written)")


def write_gallery(table: DiagramTable, folder: Path) -> None:
    """Write ``order-S-diagram-N.svg`` and ``.tex``, and a contact sheet for each order."""
    legend = Legend(table.problem.families, table.problem.tensors)
    files = {"wickflow-styles.tex": tikz_preamble()}
    for s, classes in enumerate(table.orders):
        for number, entry in enumerate(classes, 1):
            stem = f"order-{s}-diagram-{number}"
            files[f"{stem}.svg"] = diagram_svg(entry.diagram, legend)
            files[f"{stem}.tex"] = diagram_tikz(entry.diagram, legend=legend)
        sheet = [(c.diagram, f"{c.coefficient}   |Aut| = {c.symmetry_factor}") for c in classes]
        files[f"order-{s}.svg"] = diagrams_sheet_svg(sheet, legend, title=f"Diagrams of order {s}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
