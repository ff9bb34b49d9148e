"""The domain of an explicit solution: up to the first singularity from the initial surface.

Guards are the denominators, the radicands and the arguments of logarithms of a formula. Going
from the surface x_k = L straight to a point (the other variables fixed), the formula is the
solution as long as no guard vanishes: the first zero is the time of existence.

>>> t, x = sympy.symbols("t x")
>>> guards(x / (1 + t * x) + sympy.sqrt(1 - t), t)
(1 - t, t*x + 1)
>>> first_zero((1 - t, t * x + 1), t, sympy.Integer(0), sympy.Integer(2), {x: sympy.Integer(1)})
1.00000000000000
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mpmath
import sympy
from sympy import Expr, Symbol

from pde.compilation import compiled, number

SAMPLES = 96
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


def first_zero(
    functions: Sequence[Expr],
    variable: Symbol,
    level: Expr,
    end: Expr,
    values: Mapping[Symbol, Expr],
) -> Expr | None:
    """Return the first zero or sign change of a guard strictly between level and end, or None.

    The surface itself is excluded: a formula may be 0/0 there.
    """
    earliest: Expr | None = None
    start, stop = sympy.Rational(level), sympy.Rational(end)
    fixed = {k: v for k, v in values.items() if k != variable}
    for function in functions:
        value = compiled([variable], function.xreplace(fixed))
        zero = _first_sign_change(value, start, stop)
        if zero is not None and (earliest is None or abs(zero - start) < abs(earliest - start)):
            earliest = zero
    return earliest


def _first_sign_change(function: object, start: Expr, stop: Expr) -> Expr | None:
    def real(fraction: mpmath.mpf) -> mpmath.mpf | None:
        low, high = number(start), number(stop)
        try:
            value = mpmath.mpmathify(function(low + (high - low) * fraction))  # type: ignore[operator]
        except (ZeroDivisionError, ValueError, OverflowError):
            return None
        if abs(mpmath.im(value)) > 1e-12 * (1 + abs(value)):
            return None
        return mpmath.re(value)

    with mpmath.workdps(2 * NEAREST + 20):
        near = [mpmath.mpf(10) ** -k for k in range(NEAREST, 2, -1)]
        even = [mpmath.mpf(k) / SAMPLES for k in range(1, SAMPLES + 1)]
        previous, before = near[0], real(near[0])
        for here in (*near[1:], *even):
            value = real(here)
            if before is not None and value is not None and before * value <= 0 and before != 0:
                left, right = previous, here
                for _ in range(70):
                    middle = (left + right) / 2
                    at = real(middle)
                    if at is not None and at * before > 0:
                        left = middle
                    else:
                        right = middle
                end = number(start) + (number(stop) - number(start)) * right
                return sympy.Float(str(end), 15)
            previous, before = here, value if value is not None else before
    return None
