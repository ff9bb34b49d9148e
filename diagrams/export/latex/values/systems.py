r"""Closed equations as fragments of LaTeX."""

from __future__ import annotations

from diagrams.export.latex.closed_equations import (
    observed_latex,
    polynomial_written,
    system_latex,
)
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.restricting import RestrictedSystem
from diagrams.polynomials.spelling import symbol_latex


def system_fragment(system: ClosedSystem) -> Fragment:
    """The equations, lines broken and aligned."""
    return Fragment(
        system_latex(system),
        Shape.ROWS,
        system.symbol_names,
        title=f"Order parameters: {system.problem.title}",
        evidence=system.evidence,
        spec=system.problem.spec,
    )


def restricted_fragment(found: RestrictedSystem) -> Fragment:
    """The equations of the variables, and what is observed."""
    lines = [
        f"{symbol_latex(name)}' &= {polynomial_written(equation, found.variables, True)}"
        for name, equation in zip(found.variables, found.equations, strict=True)
    ]
    problem = found.system.problem
    loss = polynomial_written(found.loss, found.variables, True)
    return Fragment(
        " \\\\\n".join([*lines, f"{observed_latex(problem.observed_name)} &= {loss}"]),
        Shape.ROWS,
        tuple(dict.fromkeys((*found.system.symbol_names, *found.variables))),
        title=f"Order parameters: {problem.title}",
        evidence=found.evidence,
        spec=problem.spec,
    )
