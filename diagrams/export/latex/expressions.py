r"""SymPy formulas as LaTeX, on one line or broken over several."""

from __future__ import annotations

import sympy

from diagrams.export.latex.formulas import formula_width
from diagrams.polynomials.formulas import formula_latex, ordered_terms
from diagrams.polynomials.spelling import symbol_latex

LINE = 36.0
"""Width of a line of formulas in em; longer sums are broken, longer products made smaller."""

LONGEST = 6 * LINE
"""Formulas beyond this width in em are no help in print."""


def sympy_latex(formula: sympy.Basic) -> str:
    """Return a SymPy formula as LaTeX, symbols named as in all other exports.

    >>> H, t = sympy.symbols("H t")
    >>> print(sympy_latex(sympy.exp(-H * t) / 2))
    \\frac{e^{- H t}}{2}
    """
    names = {symbol: symbol_latex(str(symbol)) for symbol in formula.atoms(sympy.Symbol)}
    return formula_latex(formula, names, symbol_latex)


def broken(formula: sympy.Basic, start: str) -> str:
    """Return a formula behind the left side ``start``; sums that are too long are broken.

    Empty for a formula beyond :data:`LONGEST`.
    """
    whole = start + sympy_latex(formula)
    if formula_width(whole) > LONGEST:
        return ""
    if formula_width(whole) > LINE and isinstance(formula, sympy.Equality):
        return _lines(formula.rhs, f"{start}{sympy_latex(formula.lhs)} = ")
    if formula_width(whole) > LINE and isinstance(formula, sympy.Add):
        return _lines(formula, start)
    return whole


def _lines(formula: sympy.Basic, start: str) -> str:
    pieces = [sympy_latex(term) for term in ordered_terms(formula)]
    lines, width = [f"{start}{{}}&"], formula_width(start)
    for place, piece in enumerate(pieces):
        signed = piece if not place or piece.startswith("-") else f"+ {piece}"
        if place and width + formula_width(signed) > LINE:
            lines.append("& \\quad {}")
            width = 2.0
        lines[-1] += f" {signed}"
        width += formula_width(signed)
    return "\\begin{aligned}" + " \\\\ ".join(lines) + "\\end{aligned}"
