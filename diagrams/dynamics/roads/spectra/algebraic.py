"""The algebraic equation of planar traces, and the density of states where it is quadratic.

With ``m(z) = M_00 = sum_s z^s E tr(K^s) / n`` the other unknowns are eliminated.  A quadratic
equation ``a m^2 + b m + c = 0`` gives the transform ``m(1/x)/x = (B - sqrt(D)) / (2 q)`` of the
density, with ``B = -b x``, ``q = a x^2`` and ``D = b^2 x^2 - 4 a c x^2`` at ``z = 1/x``: bulk where
``D < 0``, and an atom of mass ``max(0, B(r))/q'(r)`` at a root r of q left of it.  (Stieltjes.)
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.roads.spectra.planar import Pair, Planar
from diagrams.errors import NotSolved

Z, X, CLOSED = sympy.symbols("z x m")


@dataclass(frozen=True)
class Bulk:
    """A density ``sqrt(width^2 - (x - centre)^2) / (2 pi slope q(x))``, and an atom at zero.

    ``q`` is one, or ``x``.  ``atom`` is ``B(0)/q'(0)``, whose positive part is the mass at zero;
    ``transform`` is the average of ``1/(x - y)`` over eigenvalues y, for x left of them all.
    """

    centre: Expr
    width: Expr
    slope: Expr
    q: Expr
    atom: Expr
    transform: Expr


def unknowns(planar: Planar, root: Pair) -> dict[Pair, Symbol]:
    """Return the unknowns on which one depends, with symbols, itself first."""
    found: dict[Pair, None] = {root: None}
    waiting = [root]
    while waiting:
        for term in planar.products[waiting.pop()]:
            for pair in (term.inner, term.outer):
                if pair not in found:
                    found[pair] = None
                    waiting.append(pair)
    return {pair: Symbol(f"M_{place}") for place, pair in enumerate(found)}


def equations(planar: Planar, names: dict[Pair, Symbol], z: Expr) -> dict[Pair, Expr]:
    """Return the right-hand side of the equation of every unknown."""
    return {
        pair: sympy.Integer(pair[0] == pair[1])
        + sympy.Add(
            *(
                local(term.weight.to_sympy())
                * z**term.power
                * names[term.inner]
                * names[term.outer]
                for term in planar.products[pair]
            )
        )
        for pair in names
    }


def quadratic(planar: Planar) -> tuple[Expr, Expr, Expr] | None:
    """Return the quadratic equation of ``M_00``, if unknowns can be put in until it is one."""
    names = unknowns(planar, (0, 0))
    left = {names[pair]: rhs - names[pair] for pair, rhs in equations(planar, names, Z).items()}
    kept = names[0, 0]
    while len(left) > 1:
        for unknown, equation in left.items():
            others = [s for s in left if s != kept and sympy.degree(equation, s) == 1]
            if others:
                chosen, used = others[0], unknown
                break
        else:
            return None
        meaning = sympy.solve(left.pop(used), chosen)[0]
        equation = left.pop(chosen, None)
        rest = {u: sympy.numer(sympy.together(e.subs(chosen, meaning))) for u, e in left.items()}
        if equation is not None:
            rest[used] = sympy.numer(sympy.together(equation.subs(chosen, meaning)))
        left = rest
    (polynomial,) = left.values()
    for factor, _ in sympy.factor_list(polynomial, kept)[1]:
        if sympy.degree(factor, kept) == 2 and factor.subs(Z, 0).subs(kept, 1) == 0:
            a, b, c = sympy.Poly(factor, kept).all_coeffs()
            return a, b, c
    return None


def bulk_of(planar: Planar) -> Bulk | None:
    """Return the density of ``K`` where its equation is quadratic with one band.

    Raises :class:`~diagrams.errors.NotSolved` where an atom lies elsewhere than at zero.
    """
    found = quadratic(planar)
    if found is None:
        return None
    a, b, c = (value.subs(Z, 1 / X) for value in found)
    band = sympy.Poly(sympy.expand((b**2 - 4 * a * c) * X**2), X)
    q = sympy.Poly(sympy.expand(a * X**2), X)
    if band.degree() != 2 or q.degree() > 1:
        return None
    top, middle, last = (sympy.factor(value) for value in band.all_coeffs())
    unit = sympy.sqrt(top)
    centre = sympy.factor(-middle / (2 * top))
    width = sympy.sqrt(sympy.factor(sympy.expand(centre**2 - last / top)))
    slope = sympy.cancel(q.LC() / unit)
    side = sympy.expand(-b * X) / unit
    atom = sympy.Integer(0)
    if q.degree() == 1:
        if q.nth(0) != 0:
            raise NotSolved("the density of states has an atom that is not at zero")
        atom = sympy.factor(side.subs(X, 0) / slope)
    monic = X ** q.degree()
    root = sympy.sqrt(X**2 - 2 * centre * X + sympy.expand(centre**2 - width**2))
    transform = (side + root) / (2 * slope * monic)
    return Bulk(*(public(e) for e in (centre, width, slope, monic, atom, transform)))
