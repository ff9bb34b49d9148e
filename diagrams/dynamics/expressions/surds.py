"""Expressions with one square root, factored: ``sqrt(1 + w^2)`` made rational by hyperbolae.

With ``w = (k - 1/k)/2`` and ``omega = sqrt(1 + w^2) = (k + 1/k)/2`` an expression in ``w``,
``omega`` and exponentials of ``omega`` times the time is rational in ``k`` and one exponential,
so that it can be factored; every factor then returns to ``w``, ``omega``, cosh and sinh.
"""

from __future__ import annotations

from math import gcd, lcm

import sympy
from sympy import Expr, Rational, Symbol

HALF = Rational(1, 2)


def with_omega(expression: Expr, time: Symbol) -> tuple[Expr, Symbol, Expr] | None:
    """Return the factored expression, the symbol omega and what it stands for.

    ``None`` where the expression does not hold exactly one square root of the form
    ``monomial * sqrt(1 + monomial^2)``.  All symbols are to be positive, the time real.

    >>> h, t = Symbol("h", positive=True), Symbol("t", real=True)
    >>> root = sympy.sqrt(1 + h**2)
    >>> growth = sympy.exp(2 * root * t)
    >>> form, omega, meaning = with_omega(4 * root / ((root + h) * growth + root - h), t)
    >>> form
    2*omega*exp(-omega*t)/(h*sinh(omega*t) + omega*cosh(omega*t))
    """
    plain = expression.replace(
        lambda e: e.is_Pow and abs(e.exp) == HALF and e.base.is_Add and not e.base.has(time),
        lambda e: sympy.factor(e.base) ** e.exp,
    ).replace(lambda e: isinstance(e, sympy.exp), lambda e: sympy.exp(sympy.cancel(e.args[0])))
    bases = {e.base for e in plain.atoms(sympy.Pow) if abs(e.exp) == HALF}
    if len(bases) != 1:
        return None
    (base,) = bases
    level = sympy.sqrt(sympy.factor(base - 1))
    if not level.free_symbols or any(not e.exp.is_Integer for e in level.atoms(sympy.Pow)):
        return None
    omega, w = Symbol("omega", positive=True), sympy.Dummy("w", positive=True)
    named = plain.subs(sympy.sqrt(base), omega)
    symbol = sorted(level.free_symbols, key=lambda s: (sympy.degree(level, s), s.name))[0]
    solved = [s for s in sympy.solve(level - w, symbol) if s.is_positive]
    if len(solved) != 1:
        return None
    named = named.subs(symbol, solved[0])
    ratios = {e: sympy.cancel(e.args[0] / (omega * time)) for e in named.atoms(sympy.exp)}
    if not ratios or not all(r.is_Rational for r in ratios.values()):
        return None
    common = lcm(*(int(r.q) for r in ratios.values()))
    unit = Rational(gcd(*(int(r * common) for r in ratios.values())), common)
    grown, k = sympy.Dummy("X", positive=True), sympy.Dummy("k", positive=True)
    named = named.xreplace({e: grown ** (r / unit) for e, r in ratios.items()})
    rational = named.subs({w: (k - 1 / k) / 2, omega: (k + 1 / k) / 2})
    rational = sympy.factor(sympy.cancel(sympy.together(rational)))
    result, shift_grown, shift_k = sympy.Integer(1), Rational(0), 0
    for part, sign in zip(sympy.fraction(rational), (1, -1), strict=True):
        constant, factors = sympy.factor_list(part)
        result *= constant**sign
        for factor, power in factors:
            polynomial = sympy.Poly(factor, grown, k)
            one, two = polynomial.degree(grown), polynomial.degree(k)
            if factor in (grown, k):
                shift_grown += sign * power * (factor == grown)
                shift_k += sign * power * (factor == k)
                continue
            total = sympy.Integer(0)
            for (i, j), c in polynomial.terms():
                argument = (i - Rational(one, 2)) * unit * omega * time
                growth = sympy.cosh(argument) + sympy.sinh(argument)
                total += c * growth * _power(j - two // 2, omega, w)
            result *= _collected(total, omega, w) ** (sign * power)
            shift_grown += Rational(one, 2) * sign * power
            shift_k += two // 2 * sign * power
    result *= sympy.exp(shift_grown * unit * omega * time) * _power(shift_k, omega, w)
    return result.xreplace({w: level}), omega, sympy.sqrt(base)


def _power(n: int, omega: Symbol, w: Symbol) -> Expr:
    """k^n in omega and w."""
    return (omega + w) ** n if n >= 0 else (omega - w) ** (-n)


def _collected(total: Expr, omega: Symbol, w: Symbol) -> Expr:
    """The sum by hyperbolic functions, squares of omega above the first replaced."""
    plain = sympy.expand(total)
    functions = sorted(plain.atoms(sympy.cosh, sympy.sinh), key=sympy.default_sort_key)
    names = {f: sympy.Dummy() for f in functions}
    polynomial = sympy.expand(plain.xreplace(names))
    reduced = sympy.rem(polynomial, omega**2 - 1 - w**2, omega)
    collected = sympy.collect(sympy.expand(reduced), list(names.values()), sympy.factor)
    return sympy.factor_terms(collected.xreplace({d: f for f, d in names.items()}))
