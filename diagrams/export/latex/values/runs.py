r"""Simulations, and what was held against something else, as fragments of LaTeX."""

from __future__ import annotations

from diagrams.agreement.agreement import Agreement
from diagrams.checking.comparison import Comparison
from diagrams.export.latex.agreement import agreement_section
from diagrams.export.latex.comparison import comparison_document, comparison_latex
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.numbers import agreement_table, simulation_table
from diagrams.flow.simulation import Simulation
from diagrams.problems.problem import problem_names


def simulation_fragment(run: Simulation) -> Fragment:
    """Statistics by time, as a table."""
    return Fragment(
        simulation_table(run),
        Shape.TEXT,
        problem_names(run.problem),
        title=f"Simulation: {run.problem.title}",
        spec=run.problem.spec,
    )


def agreement_fragment(found: Agreement) -> Fragment:
    """Theory and simulation by time, as a table; in a document also the picture."""
    problem = found.simulation.problem
    return Fragment(
        agreement_table(found),
        Shape.TEXT,
        problem_names(problem),
        title=f"Theory and simulation: {problem.title}",
        spec=problem.spec,
        section=lambda: agreement_section(found),
    )


def comparison_fragment(found: Comparison) -> Fragment:
    """The verdicts, order by order."""
    return Fragment(
        comparison_latex(found),
        Shape.TEXT,
        problem_names(found.problem),
        document=lambda symbols: comparison_document(found, symbols=symbols),
    )
