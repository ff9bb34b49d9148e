r"""Closed equations as fragments of LaTeX, and restricted ones as text."""

from __future__ import annotations

from diagrams.export.latex.closed_equations import (
    observed_latex,
    polynomial_written,
    system_document,
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
        evidence=str(system.evidence),
        spec=system.problem.spec,
        document=lambda symbols: system_document(system, symbols=symbols),
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
        evidence=str(found.evidence),
        spec=problem.spec,
    )


def restricted_text(found: RestrictedSystem, width: int | None = None) -> str:
    """The ansatz, the equations, what is observed, and the evidence; no line is broken."""
    lines = [f"{head} = {value}" for head, value in found.ansatz]
    for name, equation in zip(found.variables, found.equations, strict=True):
        lines.append(f"{name}' = {polynomial_written(equation, found.variables, False)}")
    loss = polynomial_written(found.loss, found.variables, False)
    lines.append(f"{found.system.problem.observed_name} = {loss}")
    return "\n".join([*lines, str(found.evidence)])
