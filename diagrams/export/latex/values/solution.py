r"""Solutions as fragments of LaTeX, with or without their derivation."""

from __future__ import annotations

from diagrams.dynamics.solution import Solution
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.solution import (
    brief_lines,
    paper_lines,
    solution_document,
    solution_names,
)
from diagrams.polynomials.formulas import formula_latex
from diagrams.problems.problem import problem_names


def solution_fragment(solution: Solution) -> Fragment:
    """The formula with its conditions and definitions."""
    parts = [r"\mathbb{E}[L] = " + formula_latex(solution.formula)]
    parts += [formula_latex(condition) for condition in solution.conditions]
    parts += [f"{formula_latex(s)} = {formula_latex(e)}" for s, e in solution.definitions]
    return Fragment(
        r",\quad ".join(parts),
        Shape.FORMULA,
        (*problem_names(solution.problem), *solution_names(solution)),
        display="\n".join(paper_lines(solution)),
        brief="\n".join(brief_lines(solution)),
        document=lambda symbols: solution_document(solution, symbols=symbols),
    )
