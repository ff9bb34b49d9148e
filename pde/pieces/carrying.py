"""Integrals along characteristics of rates that are smooth in pieces.

With e_i(s) = sign(g_i(s)) an integrand is a sum of products of signs times smooth functions. Where
every g_i has one zero r_i, an antiderivative of h e_1 .. e_m that is continuous at the zeros is

    e_1 .. e_m H(s) - sum_i e_i prod_(j != i) e_j(r_i) H(r_i),    H' = h:

at r_i the product jumps by twice e_i prod_(j != i) e_j, and so does the correction.

>>> s, c = sympy.symbols("s c")
>>> e = sympy.Symbol("e", integer=True)
>>> Walls({e: s - c}, s).antiderivative(e, s)
-c*e + e*s
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import sympy
from sympy import Dummy, Expr, Symbol

from pde.equations.quadrature import antiderivative
from pde.errors import NoClosedFormError
from pde.pieces.sides import Known, UnsettledError, settled

MOST = 4
"""Walls of one integrand."""


def signed(expression: Expr, table: dict[Expr, Symbol], known: Mapping[Expr, int]) -> Expr:
    """Return an expression in pieces as a polynomial in signs, one symbol for each wall.

    The symbols are added to ``table``. Raises NoClosedFormError for functions without pieces and
    for more than a few walls.

    >>> x = sympy.Symbol("x")
    >>> table = {}
    >>> found = signed(sympy.Heaviside(x) * x, table, {})
    >>> found.xreplace({table[x]: sympy.Symbol("e")})
    e*x/2 + x/2
    """
    try:
        return settled(expression, Known(known))
    except UnsettledError as error:
        wall = error.wall
    if wall not in table and len(table) >= MOST:
        raise NoClosedFormError(f"more than {MOST} walls: {', '.join(map(str, table))}, {wall}")
    sign = table.setdefault(wall, Dummy("e", integer=True))
    up, down = (signed(expression, table, {**known, wall: side}) for side in (1, -1))
    return sympy.expand((up + down) / 2) + sign * sympy.expand((up - down) / 2)


class Walls:
    """Signs of walls along characteristics, and integrals of what contains them.

    ``at_roots`` lists the signs of one wall where another one is crossed, as expressions in the
    constants of the motion.
    """

    def __init__(self, along: Mapping[Symbol, Expr], clock: Symbol) -> None:
        """Keep each sign with its wall as a function of the clock."""
        self.along = dict(along)
        self.clock = clock
        self.at_roots: dict[Symbol, Expr] = {}
        self.roots: dict[Symbol, Expr] = {}

    def antiderivative(self, integrand: Expr, clock: Symbol) -> Expr:
        """Return an antiderivative, continuous where the walls are crossed.

        Raises NoClosedFormError if a wall may be crossed twice or a smooth part does not close.
        """
        moving = [e for e in self.along if integrand.has(e) and self.along[e].has(clock)]
        if len(moving) > MOST:
            raise NoClosedFormError(f"more than {MOST} walls along the characteristics")
        for sign in moving:
            self._root(sign)  # before the work, since it may refuse
        total = sympy.Integer(0)
        for chosen, part in _products(integrand, moving):
            whole = antiderivative(sympy.powsimp(sympy.expand(part)), clock) if part != 0 else part
            if whole is None:
                raise NoClosedFormError(f"no closed antiderivative of {part}")
            total += sympy.Mul(*chosen) * whole
            for sign in chosen:
                others = [self._at_root(other, sign) for other in chosen if other != sign]
                at_root = whole.xreplace({clock: self._root(sign)})
                if at_root.has(sympy.nan, sympy.zoo, sympy.oo):
                    raise NoClosedFormError(f"{part} is singular on a wall")
                total -= sign * sympy.Mul(*others) * at_root
        return total

    def _root(self, sign: Symbol) -> Expr:
        if sign not in self.roots:
            root = single_zero(self.along[sign], self.clock)
            if root is None:
                raise NoClosedFormError(
                    f"{self.along[sign]} = 0 may be met more than once along a characteristic"
                )
            self.roots[sign] = root
        return self.roots[sign]

    def _at_root(self, other: Symbol, sign: Symbol) -> Symbol:
        wall = self.along[other].xreplace({self.clock: self._root(sign)})
        for symbol, known in self.at_roots.items():
            if known == wall:
                return symbol
        symbol = Dummy("e", integer=True)
        self.at_roots[symbol] = wall
        return symbol


def _products(integrand: Expr, signs: list[Symbol]) -> list[tuple[tuple[Symbol, ...], Expr]]:
    """Return the smooth coefficients of all products of signs, by their values on all sides."""
    values = {
        sides: integrand.xreplace(dict(zip(signs, map(sympy.Integer, sides), strict=True)))
        for sides in product((1, -1), repeat=len(signs))
    }
    found = []
    for mask in product((0, 1), repeat=len(signs)):
        total = sympy.Integer(0)
        for sides, value in values.items():
            weight = sympy.Mul(*(s for s, m in zip(sides, mask, strict=True) if m))
            total += weight * value
        chosen = tuple(e for e, m in zip(signs, mask, strict=True) if m)
        found.append((chosen, sympy.expand(total) / 2 ** len(signs)))
    return [(chosen, part) for chosen, part in found if part != 0]


def single_zero(wall: Expr, clock: Symbol) -> Expr | None:
    """Return the only zero of a function that is linear in the clock or in an exponential of it.

    >>> s = sympy.Symbol("s")
    >>> single_zero(2 * s - 3, s), single_zero(sympy.exp(2 * s) - 5, s), single_zero(s**2 - 1, s)
    (3/2, log(5)/2, None)
    """
    plain = sympy.expand(wall)
    if plain.is_polynomial(clock) and sympy.degree(plain, clock) == 1:
        return -plain.coeff(clock, 0) / plain.coeff(clock, 1)
    plain = sympy.powsimp(sympy.expand(plain, power_exp=True), combine="exp")
    powers = [p for p in plain.atoms(sympy.exp) if p.has(clock)]
    if len(powers) != 1:
        return None
    (power,) = powers
    new = Dummy("w", positive=True)
    changed = plain.xreplace({power: new})
    rate = sympy.diff(power.args[0], clock)
    if changed.has(clock) or rate.has(clock) or not changed.is_polynomial(new):
        return None
    if sympy.degree(changed, new) != 1:
        return None
    height = -changed.coeff(new, 0) / changed.coeff(new, 1)
    offset = power.args[0].xreplace({clock: sympy.Integer(0)})
    return (sympy.log(height) - offset) / rate if height != 0 else None


def without_exponentials(wall: Expr) -> Expr:
    """Return a wall without factors that have no zeros.

    >>> s, c = sympy.symbols("s c")
    >>> without_exponentials(c * sympy.exp(s) - sympy.exp(2 * s))
    c - exp(s)
    """
    parts = sympy.Mul.make_args(sympy.factor(sympy.expand(wall)))
    return sympy.Mul(*(part for part in parts if not isinstance(part, sympy.exp)))
