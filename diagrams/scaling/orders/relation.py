"""Scaling relations whose exponents are functions of the order nu, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.polynomials.spelling import symbol_latex
from diagrams.scaling.orders.curve import DEGREE_LIMIT, Curve, curve_through
from diagrams.scaling.regimes.chambers import FAR
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Limit, Relation, limit_latex, limit_text
from pde.linear_algebra import Vector, in_span

if TYPE_CHECKING:
    import sympy

ORDER = "nu"
STEP = "s"
ALLOWED = "{} with exponents linear in nu, or quadratic (from four orders at least)"
"""What laws in the order can be, in the words of a refusal."""


@dataclass(frozen=True, slots=True)
class OrderRelation:
    """A scaling relation whose exponents are ``fixed(nu) + s * moving(nu)``."""

    symbols: tuple[str, ...]
    fixed: Curve
    moving: Curve
    limit: Limit

    def exponents(self) -> tuple[sympy.Expr, ...]:
        """The exponents in nu (and s), denominators cleared."""
        import sympy

        nu, s = sympy.symbols(f"{ORDER} {STEP}")
        curves = (self.fixed, self.moving)
        whole = sympy.ilcm(1, *(x.denominator for curve in curves for x in curve.coefficients()))
        return tuple(
            sympy.factor(whole * (self.fixed.expression(k, nu) + s * self.moving.expression(k, nu)))
            for k in range(len(self.symbols))
        )

    def _sides(self) -> tuple[list[tuple[str, sympy.Expr]], list[tuple[str, sympy.Expr]]]:
        """Powers above and below the fraction line, judged at large nu and s."""
        over: list[tuple[str, sympy.Expr]] = []
        under: list[tuple[str, sympy.Expr]] = []
        far = {ORDER: 10**3, STEP: 10**6}
        for name, exponent in zip(self.symbols, self.exponents(), strict=True):
            if exponent != 0:
                positive = exponent.subs(far) > 0
                (over if positive else under).append((name, exponent if positive else -exponent))
        return over, under

    def __str__(self) -> str:
        over, under = (powers_product(side, "text") for side in self._sides())
        return limit_text(over, under, self.limit)

    def to_latex(self) -> str:
        """The relation as mathematics."""
        over, under = (powers_product(side, "latex") for side in self._sides())
        return limit_latex(over, under, self.limit)


def relation_law(
    relation: Relation, found: Sequence[Regime], orders: Sequence[int]
) -> OrderRelation:
    """The law of one relation of the last order: through some of the last orders; all confirm."""
    for degree in range(1, min(DEGREE_LIMIT, len(orders) - 2) + 1):
        through = orders[-degree - 1 :]
        alike = [
            [partner for partner in regime.relations if partner.limit is relation.limit]
            for regime in found[-degree - 1 : -1]
        ]
        for partners in product(*alike):
            listed = (*partners, relation)
            fixed = curve_through(through, [partner.fixed for partner in listed])
            moving = curve_through(through, [partner.moving for partner in listed])
            if fixed is None or moving is None:
                continue
            if all(
                _confirmed(fixed.at(order), moving.at(order), relation.limit, regime)
                for order, regime in zip(orders, found, strict=True)
            ):
                return OrderRelation(relation.symbols, fixed, moving, relation.limit)
    allowed = ALLOWED.format("conditions")
    raise BadInput("orders", f"{found[-1].name}: {relation}", allowed)


def _confirmed(fixed: Vector, moving: Vector, limit: Limit, regime: Regime) -> bool:
    """Whether a relation says the same as one of a regime, up to the regime's equalities."""
    given = Relation(regime.symbols, tuple(map(int, fixed)), tuple(map(int, moving)), limit)
    whole = (given.fixed, given.moving) == (tuple(fixed), tuple(moving))
    vector = tuple(a + FAR * b for a, b in zip(fixed, moving, strict=True))
    level = [r.exponents(FAR) for r in regime.equalities]
    if limit is Limit.ONE:
        return any(vector) and in_span(vector, level)
    if in_span(vector, level) or (whole and not given.holds(regime.direction, FAR)):
        return False
    return any(in_span(vector, [*level, r.exponents(FAR)]) for r in regime.inequalities)


# -- print ---------------------------------------------------------------------------------


def simplest_power(power: sympy.Expr) -> sympy.Expr:
    """An exponent in nu: written out if it is linear, in factors otherwise."""
    import sympy

    written_out = sympy.expand(power)
    linear = written_out.is_polynomial() and sympy.total_degree(written_out) <= 1
    return written_out if linear else sympy.factor(power)


def power_text(power: sympy.Expr) -> str:
    """An exponent as text, such as ``2nu-2``."""
    written = str(power).replace(" ", "").replace("**", "^")
    written = re.sub(r"(\d)\*(?=[a-z(])", r"\1", written)
    return re.sub(r"(?<=[a-z)])\*(?=[a-z])", " ", written).replace("*(", "(")


def powers_product(powers: Sequence[tuple[str, sympy.Expr]], style: str) -> str:
    """Powers of symbols side by side, in the style ``text`` or ``latex``."""
    import sympy

    factors = []
    for name, power in powers:
        base = symbol_latex(name) if style == "latex" else name
        if power == 1:
            factors.append(base)
        elif style == "latex":
            factors.append(f"{base}^{{{sympy.latex(power)}}}")
        else:
            written = power_text(power)
            factors.append(
                f"{base}^{written}"
                if written.isdigit() or written.isalpha()
                else f"{base}^({written})"
            )
    return " ".join(factors)
