"""Values at degenerate parameters, where a formula is 0/0: limits, from points on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle

import mpmath
import sympy
from sympy import Expr, Rational

from diagrams.dynamics.explicit.exact_input import in_symbols
from diagrams.errors import OutsideDomain
from pde.numbers.evaluation import Value, evaluate

Values = Mapping[str, Rational]
ROUGH = 80
"""Digits at which a time of existence is told to be real: with few, logarithms near 1 vanish."""

APART = (1, 3, 7, 11, 19, 31, 43)
"""Steps of different parameters away from a degenerate value, so that none stays degenerate."""


def limit_beside(
    value: Callable[[dict[str, Rational], int], Value], values: Values, digits: int
) -> Value | None:
    """Return the limit of ``value`` at degenerate parameters; ``None`` where there is none.

    Raises :class:`~diagrams.errors.OutsideDomain` where the points beside lie beyond an end.
    """
    found = []
    for moved in _beside(values, digits):
        try:
            found.append(value(moved, digits + 8))
        except OutsideDomain as refusal:
            if refusal.bound:
                raise
            return None
    return _between(found[0], found[1], digits)


def real_end(formula: Expr, values: Values, digits: int) -> Value | None:
    """Return a time of existence, at degenerate parameters its limit; ``None`` unless it is real.

    >>> d = sympy.Symbol("d")
    >>> print(real_end(-sympy.log(1 + d) / d, {"d": Rational(0)}, 10))
    -1.0 +- 2.1e-18 (two precisions)
    """

    def rough(point: Values) -> Expr:
        return sympy.N(formula.xreplace(in_symbols(point)), ROUGH)

    if not rough(values).has(sympy.nan, sympy.zoo):
        points, wanted = [dict(values)], digits
    else:
        points, wanted = _beside(values, digits), digits + 8
    numbers = map(rough, points)
    if not all(number.is_real and number.is_finite and number for number in numbers):
        return None
    found = [evaluate(formula, in_symbols(point), wanted) for point in points]
    return found[0] if len(found) == 1 else _between(found[0], found[1], digits)


def _beside(values: Values, digits: int) -> list[dict[str, Rational]]:
    """Two points close to degenerate parameters, on opposite sides."""
    step = Rational(1, 10 ** (digits + 8))
    names = [name for name in values if name not in ("T", "t")]
    moves = dict(zip(names, cycle(APART), strict=False))
    return [
        {name: value + sign * moves.get(name, 0) * step for name, value in values.items()}
        for sign in (1, -1)
    ]


def _between(one: Value, two: Value, digits: int) -> Value | None:
    """The limit between two values close by; ``None`` if they are too far apart for one."""
    with mpmath.workdps(digits + 20):
        distance = abs(one.value - two.value)
        middle = (one.value + two.value) / 2
        if not distance <= mpmath.mpf(10) ** -digits * (1 + abs(middle)):
            return None
        return Value(middle, 2 * distance + one.error + two.error, "two precisions")
