"""Numbers in extended double precision, for coordinates that are followed without a proof."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy

Array = numpy.ndarray

REAL: Any = numpy.longdouble
"""The type of all numbers: 64 binary digits of mantissa on most machines."""

ACCURACY = 15 if numpy.finfo(REAL).eps < 1e-18 else 12
"""Decimal digits that can be asked for."""


def extended(value: Fraction) -> Any:
    """Return a rational in extended double precision."""
    with mpmath.workdps(30):
        return REAL(mpmath.nstr(mpmath.mpf(value.numerator) / value.denominator, 28))


def multiprecision(value: Any) -> mpmath.mpf:
    """Return a number of extended double precision."""
    with mpmath.workdps(25):
        return mpmath.mpf(numpy.format_float_scientific(REAL(value), precision=22, unique=False))
