"""Values of formulas confirmed by the characteristic through the point.

A formula found on one side of a wall, or continued through a singularity of the coefficients, may
look right beyond it. The characteristic is followed on its own, to a few digits; where the two
differ it has the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy
from sympy import Expr, Symbol

from pde.errors import OutsideDomainError, PDEError
from pde.numbers.evaluation import Value, evaluate
from pde.pieces.sides import AtPoint, settled

CONFIRMING = 6
"""Digits at which a value is compared with its characteristic."""

CLOSE = 1e-5


def agree(carried: Value, value: Value) -> bool:
    """Return whether a formula gives what the characteristic carries, up to both errors.

    >>> import mpmath
    >>> one, two = (Value(mpmath.mpf(k), mpmath.mpf(0), "exact") for k in (1, 2))
    >>> agree(one, one), agree(one, two)
    (True, False)
    """
    gap = abs(carried.value - value.value)
    return bool(gap <= carried.error + value.error + CLOSE * (1 + abs(carried.value)))


def confirmed_value(
    expression: Expr,
    carried_to: Callable[[int], Value],
    values: Mapping[Symbol, Expr],
    digits: int,
    *,
    data_only: bool,
) -> Value:
    """Return the value of a formula if ``carried_to(digits)`` agrees, else the value carried.

    ``data_only`` says that the coefficients are smooth. Then a characteristic that starts on a jump
    of the data, which balls do not tell from its sides, leaves the value to the formula, whose foot
    is exact. Raises OutsideDomainError where no value is carried.
    """
    carried = None
    try:
        carried = carried_to(CONFIRMING)
    except OutsideDomainError:
        if not (data_only and _on_wall(expression, values)):
            raise
    try:
        formula = settled(expression, AtPoint(values))
        if formula.has(sympy.nan, sympy.zoo, sympy.oo):
            raise OutsideDomainError("the formula has no finite value")
        value = evaluate(formula, values, digits)
    except (PDEError, ArithmeticError):
        return carried_to(digits)
    return value if carried is None or agree(carried, value) else carried_to(digits)


def _on_wall(expression: Expr, values: Mapping[Symbol, Expr]) -> bool:
    sides = AtPoint(values)
    try:
        settled(expression, sides)
    except PDEError:
        return False
    return 0 in sides.walls.values()
