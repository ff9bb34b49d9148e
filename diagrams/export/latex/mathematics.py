r"""Formulas of documents as LaTeX mathematics: one printer for every kind of value."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import singledispatch
from typing import Any

import mpmath

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.export.latex.formulas import diagram_formula, polynomial_latex
from diagrams.export.latex.series import combination_formula
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.orders.relation import OrderRelation
from diagrams.scaling.regimes.relations import Relation

SIGNS = {"=": "=", "->": "\\to", "~": "\\sim", "-": "-"}
LONG = 99999
"""Integers beyond this one may be broken in a narrow column."""


@singledispatch
def mathematics(value: Any) -> str:
    r"""Return a formula as mathematics; what has no printer here is a value or of SymPy.

    >>> from diagrams.export.content.blocks import equation
    >>> print(mathematics(equation(Polynomial.symbol("sigma"), Fraction(1, 10))))
    \sigma = \frac{1}{10}
    >>> print(mathematics(1e-7), mathematics(2500000))
    1 \cdot 10^{-7} 2\,\allowbreak 500\,\allowbreak 000
    """
    if isinstance(value, Displayed):
        return str(value.render("fragment").text)
    from diagrams.export.latex.expressions import sympy_latex

    return sympy_latex(value)


mathematics.register(Polynomial)(polynomial_latex)
mathematics.register(Diagram)(diagram_formula)
mathematics.register(Combination)(combination_formula)


@mathematics.register
def _(value: b.Spelled) -> str:
    return value.latex


@mathematics.register
def _(value: b.Name) -> str:
    return f"\\text{{{escape_latex(value.text)}}}"


@mathematics.register
def _(value: b.Monomial) -> str:
    powers = dict(zip(value.symbols, map(Fraction, value.exponents), strict=True))
    return polynomial_latex(Polynomial.monomial(1, powers))


@mathematics.register
def _(value: b.Entry) -> str:
    below = "".join(
        symbol_latex(letter) + (f"_{{{number}}}" if number else "")
        for letter, number in value.indices
    )
    return f"{symbol_latex(value.name)}_{{{below}}}"


@mathematics.register
def _(value: b.Chain) -> str:
    written: list[str] = []
    for part in value.parts:
        shown = SIGNS[part] if isinstance(part, str) else mathematics(part)
        less = written[-1:] == ["-"] and b.bracketed(part)
        written.append(f"\\left({shown}\\right)" if less else shown)
    return " ".join(written)


@mathematics.register(Relation)
@mathematics.register(OrderRelation)
def _(value: Relation | OrderRelation) -> str:
    return value.to_latex()


@mathematics.register
def _(value: int) -> str:
    return f"{value:,}".replace(",", "\\,\\allowbreak ") if value > LONG else str(value)


@mathematics.register
def _(value: Fraction) -> str:
    return polynomial_latex(Polynomial.constant(value))


@mathematics.register
def _(value: float) -> str:
    if math.isinf(value):
        return "-\\infty" if value < 0 else "\\infty"
    return _scientific(f"{value:.6g}")


@mathematics.register
def _(value: mpmath.mpf) -> str:
    return _scientific(mpmath.nstr(value, 10))


def _scientific(text: str) -> str:
    digits, mark, power = text.partition("e")
    return f"{digits} \\cdot 10^{{{int(power)}}}" if mark else digits


@mathematics.register
def law_latex(law: FrontLaw) -> str:
    """What Q, n, s_D and s_R are, and the pieces."""
    (value, count, s), names = law.letters, law.names
    powers = [(law.power, value), (law.rows, count)]
    powers += [(name, form.written(True, names)) for name, form in law.scales]
    head = " ".join(f"{symbol_latex(name)}^{{{power}}}" for name, power in powers)
    if law.decay is not None:
        brought = " ".join(f"{symbol_latex(name)}^{{{e}}}" for name, e in law.decay) or "1"
        head += f" ({brought})^{{{s} + 1 - {s}_D - {s}_R}}"
    lines = [f"&{head}"]
    for piece in law.pieces:
        _, sign, form = piece.formula(True, names, value).partition("=")
        lines.append(f"{value} &{sign}{form} &\\quad {piece.region.conditions(True, names)}")
    rows = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"
