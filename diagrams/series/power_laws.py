"""The sums of power laws at numbers: what stands for the symbols ``l_1, l_2, ..`` of a spectrum."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.graphs.spectrum import Spectrum
from diagrams.problems.problem import Problem

DIGITS = 50
SUMMED = 10_000
"""Sizes up to which the sums of a power law are added up, term by term."""


def power_sums(
    problem: Problem, names: Collection[str], values: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """Return the sums of powers among some symbols, where size and exponent have numbers.

    Exact where the exponents are integers and the size is at most 10000; else rounded to 50 digits.

    Raises :class:`~diagrams.errors.BadInput` for a size that is no positive integer.
    """
    found: dict[str, Fraction] = {}
    for tensor in problem.power_laws:
        law, family = tensor.law, tensor.families[0]
        assert isinstance(law, Spectrum)
        assert law.power is not None
        if not set(law.power.symbols) | {*[family.size] * (not family.fixed)} <= set(values):
            continue
        size = int(family.size) if family.fixed else values[family.size]
        if size <= 0 or size != int(size):
            raise BadInput(f"at, {family.size}", str(size), "a positive integer: a sum ends there")
        power = sum((c for _, c in law.power.substitute(values).terms), Fraction(0))
        for order, name in enumerate(law.named_sums, 1):
            if name in names:
                found[name] = _sum(int(size), power * order)
    return found


def is_exact(problem: Problem, names: Collection[str], values: Mapping[str, Fraction]) -> bool:
    """Whether the sums that :func:`power_sums` gives are no rounded ones."""
    for tensor in problem.power_laws:
        law, family = tensor.law, tensor.families[0]
        assert isinstance(law, Spectrum)
        assert law.power is not None
        orders = [k for k, name in enumerate(law.named_sums, 1) if name in names]
        power = sum((c for _, c in law.power.substitute(values).terms), Fraction(0))
        size = int(family.size) if family.fixed else int(values[family.size])
        if any((power * k).denominator > 1 or size > SUMMED for k in orders):
            return False
    return True


def power_sum(size: int, exponent: Any) -> Any:
    """``sum of i^(-exponent)`` for i = 1 .. size, at the current precision of mpmath.

    >>> import mpmath
    >>> with mpmath.workdps(15):
    ...     print(power_sum(3, 2), power_sum(10**6, 2))
    1.36111111111111 1.64493306684873
    """
    import mpmath  # numbers are asked for

    if size <= SUMMED:
        return mpmath.fsum(mpmath.mpf(i) ** -exponent for i in range(1, size + 1))
    if exponent == 1:
        return mpmath.harmonic(size)
    return mpmath.zeta(exponent) - mpmath.zeta(exponent, size + 1)


def _sum(size: int, exponent: Fraction) -> Fraction:
    if exponent.denominator == 1 and size <= SUMMED:
        return sum((Fraction(1, i ** int(exponent)) for i in range(1, size + 1)), Fraction(0))
    import mpmath  # numbers are asked for

    with mpmath.workdps(DIGITS):
        value = power_sum(size, mpmath.mpf(exponent.numerator) / exponent.denominator)
        return Fraction(int(mpmath.nint(value * mpmath.mpf(10) ** DIGITS)), 10**DIGITS)
