r"""Theory over experiment as LaTeX: the picture in TikZ, the formula, the table of numbers."""

from __future__ import annotations

from diagrams.agreement.agreement import Agreement
from diagrams.export.latex.numbers import agreement_table
from diagrams.export.pictures.agreement_picture import agreement_sketch
from diagrams.export.pictures.sketch_tikz import sketch_tikz


def agreement_tikz(found: Agreement, standalone: bool = False) -> str:
    """Return the picture of an agreement as TikZ; with ``standalone`` a document around it."""
    return sketch_tikz(agreement_sketch(found), standalone, found.simulation.problem.symbols)


def agreement_section(found: Agreement) -> list[str]:
    """The body of a document: picture, formula of the solution, table."""
    lines = ["\\begin{center}", f"\\wickfit{{{agreement_tikz(found).strip()}}}", "\\end{center}"]
    if found.theory is not None:
        formula = f"\\wickfit{{$\\displaystyle {found.theory.formula_latex}$}}"
        lines += ["\\begin{center}", formula, "\\end{center}"]
    return [*lines, "\\begin{center}", agreement_table(found), "\\end{center}"]
