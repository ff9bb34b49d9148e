r"""Series, combinations and problems as LaTeX mathematics."""

from __future__ import annotations

from diagrams.algebra import Combination
from diagrams.expansion import Series
from diagrams.export.latex import diagram_formula, polynomial_latex, polynomial_lines
from diagrams.open_series import OpenSeries
from diagrams.polynomial import Polynomial, printing_order

PREVIEW_TERMS = 12
"""Terms of a coefficient that a notebook shows."""


def combination_formula(combination: Combination) -> str:
    r"""Return a combination of diagrams as a sum of sums.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(combination_formula(cp_problem(order=2, ties="sym").potential))  # doctest: +ELLIPSIS
    \frac{1}{2} \sum_{i=1}^{p} 1 - \sum_{k=1}^{H} ...
    """
    pieces = []
    for diagram, coefficient in combination:
        sign, factor = signed_factor(coefficient)
        body = " ".join(part for part in (factor, diagram_formula(diagram)) if part)
        pieces.append(f"{sign} {body}")
    joined = " ".join(pieces) or "0"
    return joined[2:] if joined.startswith("+ ") else joined


def signed_factor(coefficient: Polynomial) -> tuple[str, str]:
    """Return a sign, and the coefficient without it as mathematics, empty for one."""
    if not coefficient.is_monomial:
        return "+", f"\\left({polynomial_latex(coefficient)}\\right)"
    negative = coefficient.terms[0][1] < 0
    size = polynomial_latex(-coefficient if negative else coefficient)
    return "-" if negative else "+", "" if size == "1" else size


def series_lines(series: Series) -> str:
    r"""Return all coefficients, lines broken and aligned, for the inside of ``align*``."""
    return " \\\\\n".join(
        polynomial_lines(polynomial, f"Y_{{{s}}}", sizes=series.problem.sizes)
        for s, polynomial in enumerate(series.coefficients)
    )


def open_series_lines(series: OpenSeries) -> str:
    r"""Return the coefficients of an observable with free indices, for ``align*``."""
    return " \\\\\n".join(
        f"Y_{{{s}}} &= {combination_formula(combination)}"
        for s, combination in enumerate(series.coefficients)
    )


def series_preview(series: Series) -> str:
    """Return the coefficients for a notebook, each shortened to its first terms."""
    rows = []
    for s, polynomial in enumerate(series.coefficients):
        first = Polynomial.from_terms(
            printing_order(polynomial, series.problem.sizes)[:PREVIEW_TERMS]
        )
        text = polynomial_lines(first, f"Y_{{{s}}}", width=60, sizes=series.problem.sizes)
        left = len(polynomial) - len(first)
        if left:
            text += f" + \\cdots\\ ({left}\\text{{ more term{'s' * (left > 1)}}})"
        rows.append(text)
    return "$\\displaystyle\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$"
