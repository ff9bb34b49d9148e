"""The domain of an explicit solution: up to the first singularity from the initial surface.

Guards are the denominators, the radicands and the arguments of logarithms of a formula. Going
from the surface x_k = L straight to a point (the other variables fixed), the formula is the
solution as long as no guard vanishes: the first zero is the time of existence.

>>> t, x = sympy.symbols("t x")
>>> guards(x / (1 + t * x) + sympy.sqrt(1 - t), t)
(1 - t, t*x + 1)
>>> zeros((1 - t, t * x + 1), t, sympy.Integer(0), sympy.Integer(2), {x: sympy.Integer(1)})[0]
1.00000000000000
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import mpmath
import sympy
from sympy import Expr, Symbol

from pde.expressions.compilation import compiled, number
from pde.expressions.sampling import FAILURES

SAMPLES = 96
TOUCHED = 1e-12
"""A least modulus below this part of its surroundings is a zero."""

OFF_CENTRE = mpmath.mpf(47) / 100
"""Where intervals are divided, so as not to hit the jump itself."""

INVERSE = (
    sympy.atan,
    sympy.acot,
    sympy.atan2,
    sympy.asin,
    sympy.acos,
    sympy.log,
    sympy.LambertW,
    sympy.Abs,
    sympy.sign,
    sympy.elliptic_f,
)
NEAREST = 40
"""Negative power of ten of the first sample: the domain may end close to the surface."""


def guards(expression: Expr, variable: Symbol) -> tuple[Expr, ...]:
    """Return the subexpressions whose zeros end the domain in the given variable, sorted."""
    found: set[Expr] = set()
    for node in sympy.preorder_traversal(expression):
        if node.is_Pow and node.base.has(variable) and not _harmless(node.exp):
            found |= set(_factors(node.base, variable))
        elif isinstance(node, sympy.log) and node.args[0].has(variable):
            found |= set(_factors(node.args[0], variable))
        elif isinstance(node, (sympy.tan, sympy.sec)) and node.args[0].has(variable):
            found.add(sympy.cos(node.args[0]))
        elif isinstance(node, (sympy.cot, sympy.csc)) and node.args[0].has(variable):
            found.add(sympy.sin(node.args[0]))
        elif isinstance(node, (sympy.asin, sympy.acos, sympy.atanh)) and node.has(variable):
            found |= {1 - node.args[0], 1 + node.args[0]}
    bound = {s for i in expression.atoms(sympy.Integral) for s in i.bound_symbols}
    kept = (g for g in found if not g.free_symbols & bound and not isinstance(g, sympy.exp))
    return tuple(sorted(kept, key=sympy.default_sort_key))


def _harmless(exponent: Expr) -> bool:
    return bool(exponent.is_Integer and exponent.is_nonnegative)


def _factors(expression: Expr, variable: Symbol) -> list[Expr]:
    result = []
    for part in sympy.fraction(sympy.together(expression)):
        for factor in sympy.Mul.make_args(sympy.factor_terms(part)):
            base = factor.as_base_exp()[0]
            if base.has(variable) and not base.is_positive:
                result.append(base)
    return result


def zeros(
    functions: Sequence[Expr],
    variable: Symbol,
    level: Expr,
    end: Expr,
    values: Mapping[Symbol, Expr],
) -> tuple[Expr, ...]:
    """Return the zeros of the guards after the level and up to the end, nearest first.

    Changes of sign, and zeros that are touched. The surface itself is excluded: a formula may be
    0/0 there.

    >>> t = sympy.Symbol("t")
    >>> [round(z, 9) for z in zeros(((t - 1) ** 2 * (t - 2),), t, sympy.S(0), sympy.S(3), {})]
    [1.00000000000000, 2.00000000000000]
    """
    start, stop = sympy.Rational(level), sympy.Rational(end)
    found: set[Expr] = set()
    for function in functions:
        symbols = tuple(sorted(function.free_symbols | {variable}, key=str))
        if any(s != variable and s not in values for s in symbols):
            continue
        found |= set(_zeros(_Line(function, symbols, variable, start, stop, values)))
    return tuple(sorted(found, key=lambda z: abs(z - start)))


@lru_cache(maxsize=64)
def _function(symbols: tuple[Symbol, ...], expression: Expr) -> Callable[..., Any]:
    return compiled(symbols, expression)


@dataclass(frozen=True)
class _Line:
    """An expression on the way from the surface to a point, as a function of the fraction."""

    expression: Expr
    symbols: tuple[Symbol, ...]
    variable: Symbol
    start: Expr
    stop: Expr
    values: Mapping[Symbol, Expr]

    def at(self, fraction: mpmath.mpf) -> Any:
        """Return the coordinate at a fraction of the way."""
        low, high = number(self.start), number(self.stop)
        return low + (high - low) * fraction

    def __call__(self, fraction: mpmath.mpf) -> mpmath.mpf | None:
        """Return the value there, None if it is not a real number."""
        here = self.at(fraction)
        arguments = [here if s == self.variable else number(self.values[s]) for s in self.symbols]
        try:
            value = mpmath.mpmathify(_function(self.symbols, self.expression)(*arguments))
        except FAILURES:
            return None
        if not mpmath.isfinite(value) or abs(mpmath.im(value)) > 1e-12 * (1 + abs(value)):
            return None
        return mpmath.re(value)


def _zeros(line: _Line) -> list[Expr]:
    """Return the changes of sign and the touched zeros on the way."""
    found: list[Expr] = []
    with mpmath.workdps(2 * NEAREST + 20):
        near = [mpmath.mpf(10) ** -k for k in range(NEAREST, 2, -1)]
        mesh = [*near, *(mpmath.mpf(k) / SAMPLES for k in range(1, SAMPLES + 1))]
        heights = [line(place) for place in mesh]
        previous, before = mesh[0], heights[0]
        for here, value in zip(mesh[1:], heights[1:], strict=True):
            if before is not None and value is not None and before * value <= 0 and before != 0:
                found.append(_located(line, _sign_change(line, previous, here, before)))
            previous, before = here, value if value is not None else before
        for k in range(1, len(mesh) - 1):
            low, middle, high = heights[k - 1 : k + 2]
            if (
                low is None
                or middle is None
                or high is None
                or min(low * middle, middle * high) <= 0
            ):
                continue
            if abs(middle) < min(abs(low), abs(high)):
                touched = _touched(line, mesh[k - 1], mesh[k + 1])
                height = line(touched)
                if height is None or abs(height) < TOUCHED * max(abs(low), abs(high)):
                    found.append(_located(line, touched))
    return found


def _located(line: _Line, fraction: mpmath.mpf) -> Expr:
    return sympy.Float(str(line.at(fraction)), 15)


def _sign_change(
    line: _Line, left: mpmath.mpf, right: mpmath.mpf, before: mpmath.mpf
) -> mpmath.mpf:
    for _ in range(70):
        middle = (left + right) / 2
        at = line(middle)
        if at is not None and at * before > 0:
            left = middle
        else:
            right = middle
    return right


def _touched(line: _Line, left: mpmath.mpf, right: mpmath.mpf) -> mpmath.mpf:
    """Return where the modulus is least in an interval, by golden sections."""
    ratio = (mpmath.sqrt(5) - 1) / 2
    for _ in range(60):
        first, second = right - ratio * (right - left), left + ratio * (right - left)
        one, two = line(first), line(second)
        if one is None or two is None:
            return first if one is None else second
        if abs(one) < abs(two):
            right = second
        else:
            left = first
    return (left + right) / 2


def jumps(
    expression: Expr,
    variable: Symbol,
    level: Expr,
    end: Expr,
    values: Mapping[Symbol, Expr],
) -> tuple[Expr, ...]:
    """Return where an expression with inverse functions jumps between level and end.

    A principal value may leave the branch of the solution without any singularity.

    >>> t = sympy.Symbol("t")
    >>> [round(j, 9) for j in jumps(sympy.atan(sympy.tan(t)), t, sympy.S(0), sympy.S(3), {})]
    [1.570796327]
    """
    inverse = [f for f in expression.atoms(*INVERSE) if f.has(variable)]
    if not inverse or expression.has(sympy.Integral):
        return ()
    symbols = tuple(sorted(expression.free_symbols, key=str))
    if any(s != variable and s not in values for s in symbols):
        return ()
    line = _Line(expression, symbols, variable, sympy.Rational(level), sympy.Rational(end), values)
    found: list[Expr] = []
    with mpmath.workdps(20):
        # off the round fractions, where a jump would be no number
        mesh = [(k - mpmath.mpf(3) / 8) / SAMPLES for k in range(1, SAMPLES + 1)] + [mpmath.mpf(1)]
        heights = [line(place) for place in mesh]
        rises = [
            mpmath.mpf(0) if a is None or b is None else abs(b - a) for a, b in pairwise(heights)
        ]
        for k, rise in enumerate(rises):
            beside = min((*rises[max(k - 1, 0) : k], *rises[k + 1 : k + 2]))
            if rise > 4 * beside:
                place = _jump(line, mesh[k], mesh[k + 1], rise)
                if place is not None:
                    found.append(_located(line, place))
    return tuple(found)


def _jump(line: _Line, left: mpmath.mpf, right: mpmath.mpf, rise: mpmath.mpf) -> mpmath.mpf | None:
    """Return where the rise happens if it does not shrink with the interval."""
    low, high = line(left), line(right)
    for _ in range(40):
        middle = left + (right - left) * OFF_CENTRE
        at = line(middle)
        if low is None or high is None or at is None:
            return None
        if abs(at - low) > abs(high - at):
            right, high = middle, at
        else:
            left, low = middle, at
        if abs(high - low) < rise / 4:
            return None
    return (left + right) / 2
