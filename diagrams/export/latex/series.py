r"""Series, levels, combinations and problems as LaTeX mathematics."""

from __future__ import annotations

from fractions import Fraction

from diagrams.export.latex.formulas import (
    diagram_formula,
    index_letters,
    polynomial_latex,
    polynomial_lines,
)
from diagrams.graphs.combination import Combination
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial, printing_order
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.problems.problem import Problem
from diagrams.series.classes import DiagramClass
from diagrams.series.descent import Descent
from diagrams.series.expansion import Series
from diagrams.series.levels import Levels
from diagrams.series.open_series import OpenSeries

PREVIEW_TERMS = 12
"""Terms of a coefficient that a notebook shows."""


def combination_formula(combination: Combination, joint: str = " ") -> str:
    r"""Return a combination of diagrams as a sum of sums; ``joint`` stands between factors.

    >>> from diagrams.problems.cp import cp_problem
    >>> print(combination_formula(cp_problem(order=2, ties="sym").potential))  # doctest: +ELLIPSIS
    \frac{1}{2} \sum_{i=1}^{p} 1 - \sum_{k=1}^{H} ...
    """
    taken = {family.size for family in combination.families}
    taken |= {tensor.name for diagram, _ in combination for tensor in diagram.tensors}
    letters = index_letters(combination.families, taken)
    pieces = []
    for diagram, coefficient in combination:
        sign, factor = signed_factor(coefficient)
        body = " ".join(part for part in (factor, diagram_formula(diagram, joint, letters)) if part)
        pieces.append(f"{sign} {body}")
    joined = " ".join(pieces) or "0"
    return joined[2:] if joined.startswith("+ ") else joined


def class_formula(entry: DiagramClass, joint: str = " ") -> str:
    """The share of a class of diagrams in its order: coefficient, average, and what comes out."""
    sign, factor = signed_factor(entry.coefficient)
    share = polynomial_latex(entry.coefficient * entry.average).replace(" + ", f"{joint}+ ")
    body = f"\\mathbb{{E}}\\bigl[{diagram_formula(entry.diagram, joint)}\\bigr]"
    return f"{sign.replace('+', '')} {factor} {body} = {share}".strip()


def breaking(formula: str) -> str:
    """A formula as a paragraph of its own, of which LaTeX breaks the lines."""
    return f"\\begin{{flushleft}}\n$\\displaystyle {formula}$\n\\end{{flushleft}}"


def observable_formula(problem: Problem, joint: str = " ") -> str:
    """The loss, or what is observed instead, as an equation."""
    name = f"\\text{{{escape_latex(problem.observed_name)}}}" if problem.observed else "L"
    return f"{name} = {combination_formula(problem.observable, joint)}"


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


def descent_lines(found: Descent) -> str:
    r"""Return means after steps for ``align*``: by powers of the rate and time, or step by step."""
    problem = found.problem
    name = rf"\text{{{escape_latex(problem.observed_name)}}}" if problem.observed else "L"
    rows: list[tuple[str, Polynomial]] = []
    if found.terms is not None:
        mean = rf"\mathbb{{E}}[{name}_{{{symbol_latex(found.count)}}}]"
        rate, orders = symbol_latex(str(found.rate)), range(found.terms + 1)
        rows += [(rf"{{[{rate}^{{{s}}}]}}\, {mean}", found.power(s)) for s in orders]
        rows += [(f"Y_{{{s}}}", found.derivative(s)) for s in orders]
    if found.terms is None or found.steps:
        rows += [(rf"\mathbb{{E}}[{name}_{{{k}}}]", loss) for k, loss in enumerate(found.losses)]
    return " \\\\\n".join(polynomial_lines(y, left, sizes=problem.sizes) for left, y in rows)


def marked_lines(series: Series, width: float) -> str:
    r"""Return all coefficients, Pareto-optimal terms marked, in lines of a width."""
    sizes = series.problem.sizes
    return " \\\\[0.6ex]\n".join(
        polynomial_lines(
            polynomial,
            f"Y_{{{s}}}",
            marked=pareto_terms(polynomial, sizes),
            sizes=sizes,
            width=width,
        )
        for s, polynomial in enumerate(series.coefficients)
    )


def open_series_lines(series: OpenSeries) -> str:
    r"""Return the coefficients of an observable with free indices, for ``align*``.

    Every diagram has lines of its own.
    """
    lines = []
    for s, combination in enumerate(series.coefficients):
        start = f"Y_{{{s}}} ={{}}&"
        for diagram, coefficient in combination:
            formula = diagram_formula(diagram)
            if coefficient.is_monomial:
                sign, factor = signed_factor(coefficient)
                lines.append(f"{start} {sign} {factor} {formula}")
            else:
                lines.append(f"{start} {_bracketed_lines(coefficient)} \\, {formula}")
            start = "&"
        lines += [f"{start} 0"] * (not combination)
    return " \\\\\n".join(lines)


def levels_lines(found: Levels) -> str:
    r"""Return levels of a size expansion, for ``align*``: every level on lines of its own."""
    lines = []
    for s, row in enumerate(found.rows):
        start = f"Y_{{{s}}} ={{}}&"
        for exponent, polynomial in row:
            power = _power_latex(found.symbol, exponent)
            lines.append(f"{start} {_level_lines(power, polynomial)}")
            start = "& {}+"
        rest = ""
        if found.left_out is not None:
            order = _power_latex(found.symbol, found.left_out) or "1"
            rest = f"O\\bigl({order.strip()}\\bigr)"
        if found.leading_only and row:
            rest = f"o\\bigl({_power_latex(found.symbol, row[0][0]).strip() or 1}\\bigr)"
        if not row:
            lines.append(f"{start} {rest or 0}")
        elif rest:
            lines[-1] += f" + {rest}"
    return " \\\\\n".join(lines)


def _level_lines(power: str, polynomial: Polynomial) -> str:
    """A power of the large parameter times a polynomial; no brackets where none are needed."""
    if polynomial.is_monomial and polynomial.terms[0][1] > 0:
        factor = polynomial_latex(polynomial)
        return power.strip() if power and factor == "1" else f"{power}{factor}"
    return f"{power}{_bracketed_lines(polynomial)}"


def _power_latex(name: str, exponent: Fraction) -> str:
    if not exponent:
        return ""
    symbol = symbol_latex(name)
    return f"{symbol} " if exponent == 1 else f"{symbol}^{{{exponent}}} "


def _bracketed_lines(polynomial: Polynomial) -> str:
    """A polynomial in brackets, lines broken; the first line has no mark."""
    text = polynomial_lines(polynomial).removeprefix("&").strip()
    return f"\\bigl({text}\\bigr)"


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
