"""Scaling relations: monomials of sizes and scales that vanish, diverge or stay of order one.

A face of the front leads where some monomials are of order one (its equalities) and others
tend to zero or infinity (its inequalities).  A relation may move with the order ``s``; its
exponents are then linear in ``s``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

from diagrams.polynomials.polynomial import sympy_symbol
from diagrams.polynomials.spelling import order_letter, symbol_latex
from pde.linear_algebra import Integers, Number, Vector, dot, rank

if TYPE_CHECKING:
    import sympy


class Limit(StrEnum):
    """What a monomial does as all sizes grow."""

    ONE = "~"
    ZERO = "-> 0"
    INFINITY = "-> inf"


@dataclass(frozen=True, slots=True)
class Relation:
    """A monomial with its limit; its exponents are ``fixed + s * moving``, in coprime integers.

    The last symbol that occurs has a positive exponent.

    >>> print(relation(("p", "H", "sigma"), (-4, 2, 0), (0, 0, 0), Limit.INFINITY))
    H/p^2 -> inf
    >>> print(relation(("p", "H", "sigma"), (1, 0, 0), (1, -1, 0), Limit.ONE))
    H^s ~ p^(s+1)
    """

    symbols: tuple[str, ...]
    fixed: Integers
    moving: Integers
    limit: Limit

    @property
    def drifts(self) -> bool:
        """Whether the relation changes with the order."""
        return any(self.moving)

    @property
    def order(self) -> str:
        """The letter of the order: ``s``, unless a symbol is called so."""
        return order_letter(self.symbols)

    @property
    def eventual(self) -> Integers:
        """The exponents that rule as the order grows."""
        return self.moving if self.drifts else self.fixed

    @property
    def limiting(self) -> str:
        """The limit as a word."""
        return self.limit.name.lower()

    @property
    def powers(self) -> dict[str, tuple[int, int]]:
        """By symbol that occurs, ``(a, b)`` of the exponent ``a + b s``."""
        pairs = zip(self.symbols, self.fixed, self.moving, strict=True)
        return {name: (a, b) for name, a, b in pairs if a or b}

    def exponents(self, s: Number = 0) -> Vector:
        """The exponents at order ``s``."""
        return tuple(a + s * b for a, b in zip(self.fixed, self.moving, strict=True))

    def height(self, scaling: Sequence[Number], s: Number = 0) -> Number:
        """The exponent of the whole monomial under a scaling: its sign tells the limit."""
        return dot(self.exponents(s), scaling)

    def holds(self, scaling: Sequence[Number], s: Number = 0) -> bool:
        """Whether a scaling (one exponent for each symbol) satisfies the relation at order s."""
        height = self.height(scaling, s)
        if self.limit is Limit.ONE:
            return height == 0
        return height < 0 if self.limit is Limit.ZERO else height > 0

    def with_limit(self, limit: Limit) -> Relation:
        """The same monomial with another limit."""
        return Relation(self.symbols, self.fixed, self.moving, limit)

    def __str__(self) -> str:
        return limit_text(*self._sides(_text_power, " "), self.limit)

    def to_latex(self) -> str:
        r"""The relation as mathematics, with ``\sim`` and ``\to``."""
        return limit_latex(*self._sides(_latex_power, " "), self.limit)

    def to_sympy(self) -> sympy.Basic:
        """The boundary as a SymPy equation, constants left out; ``s`` is a symbol if it drifts."""
        import sympy

        order = sympy.Symbol(self.order)
        over, under = sympy.Integer(1), sympy.Integer(1)
        for name, a, b in zip(self.symbols, self.fixed, self.moving, strict=True):
            power = sympy_symbol(name) ** sympy.Abs(a) if not b else None
            if power is None:
                sign = 1 if _leads_positive(a, b) else -1
                over_power = sympy_symbol(name) ** (sign * (a + b * order))
                over, under = (over * over_power, under) if sign > 0 else (over, under * over_power)
            elif a > 0:
                over = over * power
            elif a < 0:
                under = under * power
        return sympy.Eq(over, under)

    def _sides(self, write: PowerWriter, joint: str) -> tuple[str, str]:
        over: list[str] = []
        under: list[str] = []
        for name, a, b in zip(self.symbols, self.fixed, self.moving, strict=True):
            if a or b:
                positive = _leads_positive(a, b)
                sign = 1 if positive else -1
                (over if positive else under).append(write(name, sign * a, sign * b, self.order))
        return joint.join(over), joint.join(under)


def limit_text(over: str, under: str, limit: Limit) -> str:
    """A quotient of two monomials with its limit, as text; ``under`` may be empty.

    >>> limit_text("H", "p sigma", Limit.ZERO), limit_text("H", "", Limit.ONE)
    ('H/(p sigma) -> 0', 'H ~ 1')
    """
    if limit is Limit.ONE:
        return f"{over} ~ {under or '1'}"
    if under:
        over += f"/({under})" if " " in under else f"/{under}"
    return f"{over} {limit.value}"


def limit_latex(over: str, under: str, limit: Limit) -> str:
    r"""The same as LaTeX mathematics, with ``\sim`` and ``\to``."""
    if limit is Limit.ONE:
        return f"{over} \\sim {under or '1'}"
    if under:
        over += f" / ({under})" if " " in under else f" / {under}"
    return f"{over} \\to " + ("0" if limit is Limit.ZERO else "\\infty")


def conditions_text(relations: Iterable[object]) -> str:
    """Scaling conditions as text, those of ``Relation`` or of a law in nu."""
    return ", ".join(map(str, relations)) or "all sizes grow"


def conditions_latex(written: Iterable[str]) -> str:
    """Scaling conditions, each as LaTeX, as one formula."""
    return ",\\ ".join(written) or "\\text{all sizes grow}"


class PowerWriter:
    """Writes one power of a symbol, the exponent ``a + b s``."""

    def __init__(self, power: str, symbol: str) -> None:
        self.power, self.symbol = power, symbol

    def __call__(self, name: str, a: int, b: int, order: str = "s") -> str:
        """The power as text."""
        base = symbol_latex(name) if self.symbol == "latex" else name
        if not b:
            return (
                base if a == 1 else self.power.format(base=base, exponent=_bracketed(self, f"{a}"))
            )
        letter = symbol_latex(order) if self.symbol == "latex" else order
        moving = letter if b == 1 else f"{b}{letter}"
        exponent = f"{moving}{a:+d}" if a else moving
        return self.power.format(base=base, exponent=_bracketed(self, exponent))


def _bracketed(writer: PowerWriter, exponent: str) -> str:
    plain = writer.symbol == "latex" or exponent.isdigit() or exponent.isalpha()
    return exponent if plain else f"({exponent})"


_text_power = PowerWriter("{base}^{exponent}", "text")
_latex_power = PowerWriter("{base}^{{{exponent}}}", "latex")


def _leads_positive(fixed: int, moving: int) -> bool:
    return (moving or fixed) > 0


def relation(
    symbols: Sequence[str], fixed: Sequence[Number], moving: Sequence[Number], limit: Limit
) -> Relation:
    """Return a relation in normal form.

    A common factor linear in ``s`` is divided out, with its sign at large ``s``.
    """
    rows = [tuple(map(Fraction, fixed)), tuple(map(Fraction, moving))]
    if rank(rows) <= 1:
        rows = [rows[1] if any(rows[1]) else rows[0], tuple(Fraction(0) for _ in symbols)]
    scale = lcm(*(entry.denominator for row in rows for entry in row))
    whole = [[int(entry * scale) for entry in row] for row in rows]
    common = gcd(*whole[0], *whole[1]) or 1
    signed = [_leads_positive(a, b) for a, b in zip(whole[0], whole[1], strict=True) if a or b]
    sign = 1 if not signed or signed[-1] else -1
    a, b = (tuple(sign * entry // common for entry in row) for row in whole)
    if sign < 0 and limit is not Limit.ONE:
        limit = Limit.ZERO if limit is Limit.INFINITY else Limit.INFINITY
    return Relation(tuple(symbols), a, b, limit)


def simplicity(
    found: Relation, preferred: Mapping[str, object] | None = None
) -> tuple[object, ...]:
    """A sorting key: fewest symbols, then only ``preferred`` ones, then least total degree.

    Ties go to the relation that avoids the earlier symbols.
    """
    sizes = [abs(a) + abs(b) for a, b in zip(found.fixed, found.moving, strict=True)]
    used = {name for name, size in zip(found.symbols, sizes, strict=True) if size}
    return (
        len(used),
        preferred is None or not used <= preferred.keys(),
        sum(sizes),
        tuple(sizes),
        found.fixed,
        found.moving,
    )
