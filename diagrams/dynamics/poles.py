"""Poles of explicit formulas whose times of existence have no formula.

Denominators that are sums of exponentials with several rates vanish at times that are only numbers.
A formula is continued over such a time without a sign of it, so it is looked for: a change of sign
of a denominator between zero and the time asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

STEPS, HALVINGS, BISECTIONS = 400, 40, 60
"""Equal steps, times that approach zero, and steps in which a change of sign is pinned down."""


def denominators(formula: Expr, time: Symbol) -> tuple[Expr, ...]:
    """Return the sums in denominators that move with time.

    >>> p, t = sympy.symbols("p t")
    >>> denominators(p / (1 + 2 * sympy.exp(t) - sympy.exp(p * t)) ** 2 + 1 / p, t)
    (2*exp(t) - exp(p*t) + 1,)
    """
    found = {
        power.base
        for power in formula.atoms(sympy.Pow)
        if power.base.is_Add and power.base.has(time) and power.exp.is_negative
    }
    return tuple(sorted(found, key=sympy.default_sort_key))


def first_pole(
    bases: Sequence[Expr], time: Symbol, values: Mapping[Symbol, Rational], until: Rational
) -> mpmath.mpf | None:
    """Return the first zero of a denominator between zero and ``until``, if there is one.

    >>> t = Symbol("t")
    >>> float(round(first_pole((2 + sympy.exp(2 * t) - 4 * sympy.exp(-t),), t, {}, Rational(2)), 6))
    0.165098
    """
    goal = mpmath.mpf(until.p) / until.q
    places = sorted(
        [goal * k / STEPS for k in range(1, STEPS + 1)]
        + [goal / STEPS * mpmath.mpf(2) ** -k for k in range(1, HALVINGS)],
        key=abs,
    )
    found = []
    for base in bases:
        function = sympy.lambdify(time, base.xreplace(dict(values)), "mpmath")
        low = mpmath.mpf(0)
        sign = mpmath.sign(function(low))
        for place in places:
            if not sign:
                break
            if mpmath.sign(function(place)) != sign:
                high = place
                for _ in range(BISECTIONS):
                    middle = (low + high) / 2
                    inside = mpmath.sign(function(middle)) == sign
                    low, high = (middle, high) if inside else (low, middle)
                found.append(low)
                break
            low = place
    return min(found, default=None, key=abs)
