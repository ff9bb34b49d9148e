"""Formulas of documents in plain letters: one printer for every kind of value."""

from __future__ import annotations

from fractions import Fraction
from functools import singledispatch
from typing import Any

import mpmath

from diagrams.display import Displayed
from diagrams.export.content import blocks as b
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.orders.relation import OrderRelation
from diagrams.scaling.regimes.clock import clock_text
from diagrams.scaling.regimes.relations import Relation


@singledispatch
def plain(value: Any) -> str:
    """Return a formula in plain letters; what has no printer here is a value or of SymPy.

    >>> plain(b.Monomial(("p", "sigma"), (3, Fraction(-1, 2))))
    'p^3 sigma^(-1/2)'
    """
    if isinstance(value, Displayed):
        return str(value)
    from diagrams.polynomials.formulas import formula_text

    return formula_text(value)


@plain.register(Relation)
@plain.register(OrderRelation)
@plain.register(int)
@plain.register(Fraction)
def _(value: object) -> str:
    return str(value)


@plain.register
def _(value: b.Spelled) -> str:
    return value.plain


@plain.register
def _(value: b.Name) -> str:
    return value.text


@plain.register
def _(value: b.Monomial) -> str:
    return clock_text(value.symbols, tuple(map(Fraction, value.exponents)))


@plain.register
def _(value: b.Entry) -> str:
    return f"{value.name}[{','.join(letter + number for letter, number in value.indices)}]"


@plain.register
def _(value: b.Chain) -> str:
    written: list[str] = []
    for part in value.parts:
        shown = part if isinstance(part, str) else plain(part)
        less = written[-1:] == ["-"] and b.bracketed(part)
        written.append(f"({shown})" if less else shown)
    return " ".join(written)


@plain.register
def _(value: float) -> str:
    return f"{value:.6g}"


@plain.register
def _(value: mpmath.mpf) -> str:
    return str(mpmath.nstr(value, 10))


@plain.register
def _(value: FrontLaw) -> str:
    return "\n".join(str(value).splitlines()[: len(value.pieces) + 1])
