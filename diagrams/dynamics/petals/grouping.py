"""Parameters as a person groups them: theta for a bracket of several terms, y for a ratio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.polynomials.polynomial import Polynomial, Powers, sympy_symbol


@dataclass(frozen=True)
class Grouping:
    """Polynomials of several terms, each written as a monomial times a named parameter.

    ``names`` are pairs of a normalised polynomial and its symbol; ``ratios`` the monomials that
    occur in them, with their symbols.  All symbols are positive or real, for simplification;
    :meth:`public` returns to plain ones.
    """

    row_size: str
    names: tuple[tuple[Polynomial, Symbol], ...]
    ratios: tuple[tuple[Polynomial, Symbol], ...]

    def expression(self, polynomial: Polynomial) -> Expr:
        """Return a polynomial with groups replaced by their parameters."""
        if len(polynomial) < 2:
            return local(polynomial.to_sympy())
        factor, rest = normalised(polynomial, self.row_size)
        named = dict(self.names)
        inner = named[rest] if rest in named else local(rest.to_sympy())
        return local(factor.to_sympy()) * inner

    def definitions(self) -> tuple[tuple[Symbol, Expr], ...]:
        """The parameters with their meanings, in plain symbols."""
        found: list[tuple[Symbol, Expr]] = []
        for polynomial, symbol in self.names:
            total = sympy.Integer(0)
            for powers, c in polynomial.terms:
                monomial = Polynomial(((powers, Fraction(1)),))
                name = dict(self.ratios).get(monomial)
                part = monomial.to_sympy() if name is None else name
                total += Rational(c.numerator, c.denominator) * part
            found.append((Symbol(symbol.name), public(total)))
        found += [(Symbol(s.name), monomial.to_sympy()) for monomial, s in self.ratios]
        return tuple(found)


def normalised(polynomial: Polynomial, row_size: str) -> tuple[Polynomial, Polynomial]:
    """Return a monomial and the polynomial divided by it, which then starts with 1.

    The monomial is the term with the least power of the number of rows.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> [str(part) for part in normalised(4 * p * H * H + 2 * p * p * H, "H")]
    ['2*p**2*H', '1 + 2*p**(-1)*H']
    """
    first = min(polynomial.terms, key=lambda t: (dict(t[0]).get(row_size, Fraction(0)), t[0]))
    factor = Polynomial((first,))
    return factor, polynomial * factor**-1


def grouping(polynomials: Sequence[Polynomial], row_size: str) -> Grouping:
    """Return names for the groups in some polynomials: theta, or theta_1, theta_2, ..

    Ratios are named y, or y_1, y_2, ..; a symbol alone keeps its own name.
    """
    groups: dict[Polynomial, None] = {}
    for polynomial in polynomials:
        if len(polynomial) > 1:
            groups[normalised(polynomial, row_size)[1]] = None
    ratios: dict[Polynomial, None] = {}
    for group in groups:
        for powers, _ in group.terms:
            if powers and not _is_symbol(powers):
                ratios[Polynomial(((powers, Fraction(1)),))] = None
    return Grouping(
        row_size,
        tuple(zip(groups, _symbols("theta", len(groups)), strict=True)),
        tuple(zip(ratios, _symbols("y", len(ratios)), strict=True)),
    )


def _is_symbol(powers: Powers) -> bool:
    return len(powers) == 1 and powers[0][1] == 1


def _symbols(name: str, count: int) -> list[Symbol]:
    names = [name] if count == 1 else [f"{name}_{k + 1}" for k in range(count)]
    return [Symbol(n, positive=True) for n in names]


def local(expression: Expr) -> Expr:
    """Return an expression with its symbols taken as positive, for simplification."""
    return expression.xreplace({s: Symbol(s.name, positive=True) for s in expression.free_symbols})


def public(expression: Expr) -> Expr:
    """Return an expression in plain symbols."""
    return expression.xreplace({s: sympy_symbol(s.name) for s in expression.free_symbols})


def inserted(formula: Expr, definitions: Iterable[tuple[Symbol, Expr]]) -> Expr:
    """Return a formula with definitions inserted, one after another."""
    for symbol, meaning in definitions:
        formula = formula.xreplace({symbol: meaning})
    return formula
