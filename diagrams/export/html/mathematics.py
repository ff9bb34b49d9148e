"""Formulas of documents as MathML: one printer for every kind of value."""

from __future__ import annotations

from fractions import Fraction
from functools import singledispatch
from html import escape
from typing import Any

import mpmath

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.export.content.statement import entry_indices
from diagrams.export.html.mathml import (
    annotated_mathml,
    entry_mathml,
    plain_mathml,
    polynomial_mathml,
    sectors_mathml,
)
from diagrams.export.latex.mathematics import mathematics
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.polynomial import Polynomial
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.orders.relation import OrderRelation
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.relations import Relation

PLAIN = (Polynomial, b.Spelled, Diagram, b.Entry, int, float, Fraction)
"""Formulas that carry no LaTeX."""

LONG = 3
"""Terms of a polynomial behind which a browser may break it."""


def math(value: Any) -> str:
    """Return a formula within a sentence, as one or several ``math`` elements."""
    if isinstance(value, Polynomial) and len(value) > LONG:
        return "<wbr>".join(sectors_mathml(value, None))
    inside = mathml(value)
    if isinstance(value, PLAIN):
        return f"<math>{inside}</math>"
    return annotated_mathml(inside, mathematics(value))


@singledispatch
def mathml(value: Any) -> str:
    """Return the inside of a ``math`` element; what has no printer here is a value or of SymPy."""
    if isinstance(value, Displayed):
        return plain_mathml(str(value))
    from diagrams.export.html.sympy_mathml import formula_mathml

    return formula_mathml(value)


mathml.register(Polynomial)(polynomial_mathml)


@mathml.register
def _(value: b.Spelled) -> str:
    return plain_mathml(value.plain)


@mathml.register
def _(value: b.Name) -> str:
    return f"<mtext>{escape(value.text)}</mtext>"


@mathml.register
def _(value: b.Monomial) -> str:
    return plain_mathml(clock_text(value.symbols, tuple(map(Fraction, value.exponents))))


@mathml.register
def _(value: b.Entry) -> str:
    return entry_mathml(value.name, value.indices)


@mathml.register
def _(value: Diagram) -> str:
    (edge,) = value.edges
    return entry_mathml(edge.tensor.name, entry_indices(edge.tensor))


@mathml.register
def _(value: b.Chain) -> str:
    written: list[str] = []
    for part in value.parts:
        shown = plain_mathml(part) if isinstance(part, str) else mathml(part)
        less = written[-1:] == [plain_mathml("-")] and b.bracketed(part)
        written.append(f"<mo>(</mo>{shown}<mo>)</mo>" if less else shown)
    return "".join(written)


@mathml.register(Relation)
@mathml.register(OrderRelation)
@mathml.register(int)
@mathml.register(Fraction)
def _(value: object) -> str:
    return plain_mathml(str(value))


@mathml.register
def _(value: float) -> str:
    return plain_mathml(f"{value:.6g}")


@mathml.register
def _(value: mpmath.mpf) -> str:
    return plain_mathml(mpmath.nstr(value, 10))


@mathml.register
def _(value: FrontLaw) -> str:
    rows = [plain_mathml(line) for line in _law_lines(value)]
    cells = "".join(f'<mtr><mtd columnalign="left">{row}</mtd></mtr>' for row in rows)
    return f"<mtable>{cells}</mtable>"


def _law_lines(law: FrontLaw) -> list[str]:
    head, *pieces = str(law).splitlines()[: len(law.pieces) + 1]
    return [head.removeprefix("terms ").rstrip(":"), *map(str.strip, pieces)]
