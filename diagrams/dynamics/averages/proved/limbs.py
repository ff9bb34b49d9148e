"""Fixed-point numbers of any length, many at a time: rows of limbs in double precision.

A number of absolute value at most 1 is ``sum_l y_l 2^(-22 (l+1))`` with integers ``y_l``, the first
of at most 22 bits and a sign, the others of at most 21.  Tables hold ``y[n, l, k]``: Taylor
coefficient, limb, point.  Sums of products of limbs stay below ``2^53``, so that double precision
adds them without error; what is cut off is bounded by :func:`dot_error`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

Array = Any

BITS = 22
BASE = float(1 << BITS)
CHUNK = 512
"""Points that are worked on at a time: their tables stay in the cache."""

TERMS_LIMIT = 120
"""The longest sums of products that double precision holds without error."""


class Overflow(ArithmeticError):
    """A number grew beyond 1."""


def rows_of(values: Sequence[int], limbs: int) -> Array:
    """Return integers, in units of ``2^(-22 limbs)``, as limbs: shape ``(limbs, len(values))``.

    >>> rows_of([3 << 22, -1], 2).tolist()
    [[3.0, 0.0], [0.0, -1.0]]
    """
    found = numpy.zeros((limbs, len(values)))
    half, full = 1 << (BITS - 1), 1 << BITS
    for k, value in enumerate(values):
        for place in range(limbs - 1, 0, -1):
            digit = (value + half) % full - half
            found[place, k] = digit
            value = (value - digit) >> BITS
        if abs(value) > full:
            raise Overflow
        found[0, k] = value
    return found


def whole(rows: Array) -> list[int]:
    """Return numbers as integers in units of ``2^(-22 limbs)``.

    >>> whole(rows_of([5, -7], 3))
    [5, -7]
    """
    found = [0] * rows.shape[1]
    for row in rows:
        found = [(value << BITS) + int(digit) for value, digit in zip(found, row, strict=True)]
    return found


def floats(rows: Array) -> Array:
    """Return numbers in double precision, small ones too, to about 30 bits.

    >>> floats(rows_of([1 << 43, -1], 2)).tolist() == [0.5, -(2.0**-44)]
    True
    """
    found = rows[..., -1, :] * BASE ** -rows.shape[-2]
    for place in range(rows.shape[-2] - 1, 0, -1):
        found = found + rows[..., place - 1, :] * BASE**-place
    return found


def dot(one: Array, two: Array) -> Array:
    """Return the coefficient ``sum_i one[i] two[n - i]`` of a product, for tables of equal length.

    ``one`` may be scalars, of shape ``(n + 1, limbs)``.
    """
    limbs = two.shape[1]
    total = numpy.zeros((limbs + 1, two.shape[2]))
    rule = "il,ilj->j" if one.ndim == 2 else "ilj,ilj->j"
    for place in range(limbs):
        numpy.einsum(rule, one[:, : place + 1], two[::-1, place::-1], out=total[place + 1])
    return carried(total)


def dot_error(terms: int, limbs: int) -> float:
    """Return a bound on the error of :func:`dot`, in units of ``2^(-22 limbs)``.

    Cut off are products of limbs with ``l + l' >= limbs``, none of them a first one; then the last
    place is rounded.
    """
    return terms * limbs / 3 + 1


def times(scalar: Array, shift: int, rows: Array) -> Array:
    """Return the product with ``scalar 2^(22 shift)``, the scalar as limbs of shape ``(limbs,)``.

    The error is that of :func:`dot` with one term, times ``2^(22 shift)``.
    """
    found = dot(scalar[None], rows[None])
    if shift:
        top = found[: shift + 1]
        merged = numpy.zeros(top.shape[1])
        for row in top:
            merged = merged * BASE + row
        moved = numpy.zeros_like(found)
        moved[0] = merged
        moved[1 : len(found) - shift] = found[shift + 1 :]
        found = moved
    return checked(found)


def carried(total: Array) -> Array:
    """Return sums as limbs of their sizes, the last place (one more than there are) rounded off."""
    for place in range(len(total) - 1, 0, -1):
        carry = numpy.rint(total[place] / BASE)
        total[place] -= carry * BASE
        total[place - 1] += carry
    return total[:-1]


def checked(rows: Array) -> Array:
    """Return numbers; raises :class:`Overflow` where one is beyond 1."""
    if not numpy.all(numpy.abs(rows[0]) <= BASE):
        raise Overflow
    return rows


def added(one: Array, two: Array) -> Array:
    """Return the sum of numbers."""
    total = numpy.zeros((len(one) + 1, one.shape[1]))
    total[:-1] = one + two
    return checked(carried(total))


def weighted(weights: Array, rows: Array) -> int:
    """Return ``sum_k w_k y_k`` exactly, in units of ``2^(-44 limbs)``."""
    limbs = len(rows)
    products = weights @ rows.T
    diagonals = [0] * (2 * limbs - 1)
    for l1 in range(limbs):
        for l2 in range(limbs):
            diagonals[l1 + l2] += int(products[l1, l2])
    total = 0
    for value in diagonals:
        total = (total << BITS) + value
    return total
