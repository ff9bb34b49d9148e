"""Functions of time sampled near t = 0, in as many digits as they have."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from diagrams.checking.extraction import Points
from diagrams.errors import BadInput

POINTS, PRECISE_POINTS = 44, 24
PRECISE, COARSE = 50, 30
"""Digits at which a function is called; digits it is compared at to see how many it has."""

FLOAT_ERROR = mpmath.mpf(2) ** -48
PRECISE_REACH = mpmath.mpf(1) / 8
FLOAT_REACH = mpmath.mpf(3)
"""How far points go, in units of the time in which the first coefficients change the value."""


def sample(
    function: Callable[..., Any],
    values: Mapping[str, Fraction],
    unit: Any,
    accuracy: Fraction | None,
) -> tuple[Points, bool]:
    """Return values of the function at Chebyshev points, and whether it has mpmath digits.

    ``unit`` is the time in which the function changes; ``accuracy`` a relative error that its
    author knows of.  Arguments named like sizes are passed to it.

    Raises :class:`~diagrams.errors.BadInput` where it fails or gives no finite real number.
    """
    call = _bound(function, values)
    with mpmath.workdps(PRECISE):
        precise = _has_digits(call, unit)
        reach = unit * (PRECISE_REACH if precise else FLOAT_REACH)
        count = PRECISE_POINTS if precise else POINTS
        nodes = [reach * (1 - mpmath.cos(mpmath.pi * j / (count - 1))) / 2 for j in range(count)]
        if not precise:
            nodes = [mpmath.mpf(float(t)) for t in nodes]
        found = [_value(call, t if precise else float(t), t) for t in nodes]
        relative = mpmath.mpf(10) ** (5 - PRECISE) if precise else FLOAT_ERROR
        if accuracy is not None:
            given = mpmath.mpf(accuracy.numerator) / accuracy.denominator
            relative = max(given, relative)
        top = max(abs(y) for y in found)
        errors = [relative * max(abs(y), top / 1000) for y in found]
        return Points(tuple(nodes), tuple(found), tuple(errors), whole=precise), precise


def _bound(function: Callable[..., Any], values: Mapping[str, Fraction]) -> Callable[[Any], Any]:
    """The function of time alone, with the sizes that it has arguments for."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return function
    everything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    names = [n for place, n in enumerate(parameters) if place and n in values]
    chosen = list(values) if everything else names

    def call(t: Any) -> Any:
        precise = isinstance(t, mpmath.mpf)
        arguments: dict[str, Any] = {}
        for name in chosen:
            value = values[name]
            if value.denominator == 1:
                arguments[name] = int(value)
            elif precise:
                arguments[name] = mpmath.mpf(value.numerator) / value.denominator
            else:
                arguments[name] = float(value)
        return function(t, **arguments)

    return call


def _has_digits(call: Callable[[Any], Any], unit: Any) -> bool:
    """Whether the function takes and gives mpmath numbers, more exact at higher precision."""
    point = unit * PRECISE_REACH / 3
    found = []
    try:
        for digits in (COARSE, PRECISE):
            with mpmath.workdps(digits):
                found.append(call(+point))
    except Exception:
        return False
    if not all(isinstance(y, mpmath.mpf | int) for y in found):
        return False
    with mpmath.workdps(PRECISE):
        difference = abs(found[0] - found[1])
        return bool(difference <= abs(found[1]) * mpmath.mpf(10) ** (8 - COARSE))


def _value(call: Callable[[Any], Any], argument: Any, t: Any) -> Any:
    where = f"prediction at t = {mpmath.nstr(t, 6)}"
    try:
        value = call(argument)
        number = mpmath.mpmathify(
            value if isinstance(value, mpmath.mpf | mpmath.mpc) else float(value)
        )
    except Exception as error:
        kind = type(error).__name__
        raise BadInput(where, f"{kind}: {error}", "a function with a real number there") from None
    if isinstance(number, mpmath.mpc):
        if abs(number.imag) > abs(number.real) * mpmath.mpf(10) ** -10:
            raise BadInput(where, mpmath.nstr(number, 6), "a real number")
        number = number.real
    if not mpmath.isfinite(number):
        raise BadInput(where, mpmath.nstr(number, 6), "a finite number")
    return number
