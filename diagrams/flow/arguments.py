"""What may be asked of a simulation: numbers in range, parameters with values, times in order.

Every refusal is a :class:`~diagrams.errors.BadInput` that names the field.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence

import numpy as np

from diagrams.errors import BadInput, Missing
from diagrams.flow.targets import Array
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.rationals import rational

POINTS_LIMIT, OBSERVABLES_LIMIT = 10**5, 32


def whole_number(field: str, value: object, most: int, least: int = 1) -> int:
    """Return an integer in range.

    >>> whole_number("seeds", 0, 10)
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: seeds: 0 is not allowed; allowed: an integer from 1 to 10
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not least <= int(value) <= most:  # type: ignore[call-overload]
        raise BadInput(field, value, f"an integer from {least} to {most}")
    return int(value)  # type: ignore[call-overload,no-any-return]


def real_number(
    field: str, value: object, allowed: str, least: float = -1e300, most: float = 1e300
) -> float:
    """Return any real number in range (integer, fraction, float or exact text) as a float.

    >>> from fractions import Fraction
    >>> real_number("sigma", Fraction(1, 8), "a number"), real_number("sigma", "1/8", "a number")
    (0.125, 0.125)
    """
    bounds = "" if least == -1e300 else f" from {least:g} to {most:g}"
    try:
        value = rational(field, value) if isinstance(value, str) else value
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ValueError
        found = float(value)
    except (ValueError, OverflowError, BadInput):
        raise BadInput(field, value, allowed + bounds) from None
    if not least <= found <= most:  # false for NaN, too
        raise BadInput(field, value, allowed + bounds)
    return found


def report_times(points: int | Sequence[float], end: float) -> Array:
    """Return the times of a report as positive numbers: equidistant ones, or those given.

    >>> report_times(3, -2.0).tolist()
    [0.0, 1.0, 2.0]
    """
    if isinstance(points, numbers.Integral) or not isinstance(points, Sequence | np.ndarray):
        count = whole_number("points", points, POINTS_LIMIT, least=2)
        return np.linspace(0.0, abs(end), count)
    allowed = f"an integer from 2 to {POINTS_LIMIT}, or times in order from 0 to {end:g}"
    if isinstance(points, str | bytes) or not 1 <= len(points) <= POINTS_LIMIT:
        raise BadInput("points", points, allowed)
    given = [real_number("points", point, allowed) for point in points]
    times = np.array([math.copysign(1.0, end) * point + 0.0 for point in given])
    if times[0] < 0 or times[-1] > abs(end) or (np.diff(times) <= 0).any() or times[-1] == 0:
        raise BadInput("points", points, allowed)
    return times


def observable_texts(observables: object) -> tuple[str, ...]:
    """The observables that are asked for, blanks normalised, each once."""
    allowed = f"a sequence of at most {OBSERVABLES_LIMIT} different names or texts"
    if isinstance(observables, str) or not isinstance(observables, Sequence):
        raise BadInput("observables", observables, allowed)
    if not all(isinstance(text, str) for text in observables):
        raise BadInput("observables", observables, allowed)
    texts = tuple(" ".join(text.split()) for text in observables)
    if len(texts) > OBSERVABLES_LIMIT or len(set(texts)) < len(texts):
        raise BadInput("observables", observables, allowed)
    return texts


def monomial_value(polynomial: Polynomial, values: Mapping[str, float]) -> float:
    """Return a polynomial at numbers for its symbols.

    Raises :class:`~diagrams.errors.BadInput` for a symbol without a number, and where the value
    is no finite real number.

    >>> monomial_value(Polynomial.symbol("N") ** -2, {"N": 4.0})
    0.0625
    """
    total = 0.0
    for powers, coefficient in polynomial:
        term = float(coefficient)
        for name, power in powers.items():
            if name not in values:
                raise Missing("at", f"no value of {name}", f"a number for the symbol {name}")
            try:
                term *= float(values[name] ** float(power))
            except (ArithmeticError, TypeError, ValueError):
                allowed = f"a value at which {polynomial} is a real number"
                raise BadInput(name, values[name], allowed) from None
        total += term
    if not math.isfinite(total):
        raise BadInput("at", str(polynomial), "values at which it is finite")
    return total
