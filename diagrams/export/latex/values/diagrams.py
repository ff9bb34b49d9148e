r"""Polynomials, diagrams, their sums and problems as fragments of LaTeX."""

from __future__ import annotations

from diagrams.export.latex.formulas import (
    BREAK,
    diagram_formula,
    polynomial_latex,
    polynomial_lines,
)
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.series import breaking, combination_formula, observable_formula
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import tensor_letters
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem, problem_names


def polynomial_fragment(polynomial: Polynomial) -> Fragment:
    """A polynomial; for a place in the text, broken over lines."""
    display = f"\\begin{{align*}}\n{polynomial_lines(polynomial)}\n\\end{{align*}}"
    text = polynomial_latex(polynomial)
    return Fragment(text, Shape.FORMULA, polynomial.symbols, display=display)


def diagram_fragment(diagram: Diagram) -> Fragment:
    """The sum that a diagram stands for; the drawing is the format ``tikz``."""
    display = breaking(diagram_formula(diagram, BREAK))
    text = diagram_formula(diagram)
    return Fragment(text, Shape.FORMULA, diagram_names(diagram), display=display)


def combination_fragment(combination: Combination) -> Fragment:
    """A sum of sums."""
    display = breaking(combination_formula(combination, BREAK))
    text = combination_formula(combination)
    return Fragment(text, Shape.FORMULA, combination_names(combination), display=display)


def problem_fragment(problem: Problem) -> Fragment:
    """What is observed."""
    return Fragment(observable_formula(problem), Shape.FORMULA, problem_names(problem))


def diagram_names(diagram: Diagram) -> tuple[str, ...]:
    """The names of the sizes and tensors of a diagram."""
    sizes = dict.fromkeys(family.size for family in diagram.nodes)
    return (*sizes, *tensor_letters(diagram.tensors))


def combination_names(combination: Combination) -> tuple[str, ...]:
    """The names of all symbols in a sum of diagrams."""
    found: dict[str, None] = {}
    for diagram, coefficient in combination:
        found |= dict.fromkeys((*coefficient.symbols, *diagram_names(diagram)))
    return tuple(found)
