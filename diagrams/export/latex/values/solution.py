r"""Solutions as fragments of LaTeX."""

from __future__ import annotations

from diagrams.dynamics.solution import Solution
from diagrams.export.content.solution import solution_names
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.polynomials.formulas import formula_latex
from diagrams.problems.problem import problem_names


def solution_fragment(solution: Solution) -> Fragment:
    """The formula with its conditions and definitions."""
    parts = [r"\mathbb{E}[L] = " + formula_latex(solution.formula)]
    parts += [formula_latex(condition) for condition in solution.conditions]
    parts += [f"{formula_latex(s)} = {formula_latex(e)}" for s, e in solution.definitions]
    names = (*problem_names(solution.problem), *solution_names(solution))
    return Fragment(",\\quad ".join(parts), Shape.FORMULA, names)
