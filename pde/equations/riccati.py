"""Particular solutions of Riccati equations y' = a y^2 + b y + f.

One particular solution turns a Riccati equation into a linear one. Candidates are constants,
multiples of a power of s. Where the linear equation of second order u'' - (b + a'/a) u' + a f u
= 0, y = -u'/(a u), has Airy functions as solutions, both of them give the general solution.

>>> s = sympy.Symbol("s")
>>> list(particular_solutions(sympy.Integer(1), sympy.Integer(0), -2 / s**2, s))
[1/s, -2/s]
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Dummy, Expr, Rational, Symbol

POWERS = (0, -1, 1, -2, 2, Rational(-1, 2), Rational(1, 2))


def particular_solutions(square: Expr, middle: Expr, free: Expr, clock: Symbol) -> Iterator[Expr]:
    """Yield particular solutions of y' = square y^2 + middle y + free in the variable clock."""
    coefficient = Dummy("k")
    for power in POWERS:
        trial = coefficient * clock**power
        residual = sympy.together(
            square * trial**2 + middle * trial + free - sympy.diff(trial, clock)
        )
        numerator = sympy.expand(sympy.numer(residual))
        for root in _common_roots(numerator, coefficient, clock):
            yield root * clock**power


def _common_roots(numerator: Expr, coefficient: Symbol, clock: Symbol) -> list[Expr]:
    by_function: dict[Expr, Expr] = {}
    for term in sympy.Add.make_args(numerator):
        constant, dependent = term.as_independent(clock, as_Add=False)
        by_function[dependent] = by_function.get(dependent, sympy.Integer(0)) + constant
    equations = [sympy.expand(e) for e in by_function.values() if sympy.expand(e) != 0]
    if not equations or not all(e.has(coefficient) for e in equations):
        return []
    first = min(equations, key=lambda e: sympy.degree(e, coefficient))
    roots = sympy.roots(sympy.Poly(first, coefficient))
    found = [
        r for r in roots if all(sympy.simplify(e.subs(coefficient, r)) == 0 for e in equations)
    ]
    return sorted(found, key=lambda r: (-sympy.sign(r) if r.is_real else 0, str(r)))


Pair = tuple[Expr, Expr]


def airy_pair(square: Expr, middle: Expr, free: Expr, clock: Symbol) -> tuple[Pair, Pair] | None:
    """Return two solutions (u, u') of the linear equation, if they are Airy functions.

    The linear equation is u'' = middle u' - square free u with constant square and middle and
    free linear in the clock; y = -u'/(square u) then solves the Riccati equation.

    >>> s = sympy.Symbol("s")
    >>> airy_pair(sympy.Integer(1), sympy.Integer(0), s, s)[0]
    (airyai(-s), -airyaiprime(-s))
    """
    if square.has(clock) or middle.has(clock) or square == 0:
        return None
    # u = exp(middle s/2) w, w'' = (middle^2/4 - square free) w = (alpha + beta s) w
    linear = sympy.expand(middle**2 / 4 - square * free)
    beta = linear.coeff(clock, 1)
    alpha = linear.coeff(clock, 0)
    if beta == 0 or sympy.expand(linear - alpha - beta * clock) != 0:
        return None
    root = -sympy.cbrt(-beta) if beta.could_extract_minus_sign() else sympy.cbrt(beta)
    argument = (alpha + beta * clock) / root**2
    envelope = sympy.exp(middle * clock / 2)

    def solution(function: Expr, derivative: Expr) -> Pair:
        value = envelope * function(argument)
        return value, middle / 2 * value + envelope * root * derivative(argument)

    return (
        solution(sympy.airyai, sympy.airyaiprime),
        solution(sympy.airybi, sympy.airybiprime),
    )
