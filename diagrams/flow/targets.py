"""Targets of a CP model: the overlap ``<f, F>``, its derivative, and ``|F|^2``.

Weights of all seeds and colours are one array ``u[b, c, k, i]``: seed, colour, hidden index,
feature.  ``f[i1, ..] = sum_k prod_c prod_(slots of c) u[b, c, k, i]``; no target is ever
written out as a tensor of ``p^nu`` numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = NDArray[Any]
Ties = Sequence[int]


class Target(Protocol):
    """What a CP model is fitted to, scale left out."""

    def squared_norm(self, p: int, order: int) -> float:
        """``|F|^2``."""

    def overlap(self, weights: Array, ties: Ties) -> Array:
        """``<f, F>`` of every seed."""

    def derivative(self, weights: Array, ties: Ties) -> Array:
        """``d<f, F>/du``, of the shape of the weights."""


def power(base: Values, exponent: int) -> Values:
    """Return ``base**exponent`` for a positive integer, by multiplications only.

    >>> power(np.array([2.0, -3.0]), 5).tolist()
    [32.0, -243.0]
    """
    result = base
    for digit in bin(exponent)[3:]:
        result = result * result
        if digit == "1":
            result = result * base
    return result


def product_of_powers(factors: Sequence[Values], exponents: Sequence[int]) -> Values:
    """Return ``prod_c a_c^(d_c)``, entry by entry."""
    result = power(factors[0], exponents[0])
    for factor, exponent in zip(factors[1:], exponents[1:], strict=True):
        result = result * power(factor, exponent)
    return result


def product_derivatives(factors: Sequence[Values], exponents: Sequence[int]) -> list[Values]:
    """Return ``d/da_c prod_b a_b^(d_b)`` for every ``c``, entry by entry, without division.

    >>> a, b = np.array([2.0]), np.array([0.0])
    >>> [d.tolist() for d in product_derivatives([a, b], [3, 1])]
    [[0.0], [8.0]]
    """
    found = []
    for c, (factor, exponent) in enumerate(zip(factors, exponents, strict=True)):
        left = [(a, d - (b == c)) for b, (a, d) in enumerate(zip(factors, exponents, strict=True))]
        left = [(a, d) for a, d in left if d]
        opened = (
            product_of_powers([a for a, _ in left], [d for _, d in left])
            if left
            else np.ones_like(factor)
        )
        found.append(opened * exponent if exponent > 1 else opened)
    return found


@dataclass(frozen=True)
class Zero:
    """``F = 0``: free evolution.

    >>> Zero().overlap(np.ones((2, 1, 3, 4)), (2,)).tolist()
    [0.0, 0.0]
    """

    def squared_norm(self, p: int, order: int) -> float:
        """Zero."""
        return 0.0

    def overlap(self, weights: Array, ties: Ties) -> Array:
        """Zero for every seed."""
        return np.zeros(len(weights))

    def derivative(self, weights: Array, ties: Ties) -> Array:
        """Zero."""
        return np.zeros_like(weights)


@dataclass(frozen=True)
class Identity:
    """``F = [i1 = .. = i_nu]``, so that ``<f, F> = sum_(k, i) prod_c u[c, k, i]^(d_c)``.

    >>> Identity().overlap(np.full((1, 1, 2, 3), 2.0), (4,)).tolist()
    [96.0]
    """

    def squared_norm(self, p: int, order: int) -> float:
        """``p``."""
        return float(p)

    def overlap(self, weights: Array, ties: Ties) -> Array:
        """``sum_(k, i) prod_c u[c, k, i]^(d_c)`` of every seed."""
        found: Array = product_of_powers(_colours(weights), ties).sum(axis=(1, 2))
        return found

    def derivative(self, weights: Array, ties: Ties) -> Array:
        """The product with one factor opened."""
        opened: Array = np.stack(product_derivatives(_colours(weights), ties), axis=1)
        return opened


@dataclass(frozen=True)
class ModularAddition:
    """Addition modulo ``p``, by Fourier transforms along the features.

    Without ties ``F = [i1 + .. + i_(nu-1) = i_nu mod p]``, otherwise
    ``F = [i1 + .. + i_nu = 0 mod p]``, which treats all slots alike.

    >>> unit = np.zeros((1, 1, 1, 5))
    >>> unit[..., 0] = 2.0
    >>> round(float(ModularAddition().overlap(unit, (3,))[0]), 12)
    8.0
    """

    def squared_norm(self, p: int, order: int) -> float:
        """``p^(nu-1)``: all indices but one are free."""
        return float(p) ** (order - 1)

    def overlap(self, weights: Array, ties: Ties) -> Array:
        """``(1/p) sum_(k, w) prod_slots U(w)``, ``U`` the Fourier transform of ``u``."""
        factors, _ = self._transforms(weights, ties)
        product = product_of_powers(factors, ties)
        p = weights.shape[-1]
        values: Array = np.fft.irfft(product, n=p)[..., 0].sum(axis=1)
        return values

    def derivative(self, weights: Array, ties: Ties) -> Array:
        """The same with one factor opened, transformed back."""
        factors, mirrored = self._transforms(weights, ties)
        opened = product_derivatives(factors, ties)
        back = [
            np.fft.irfft(part if flipped else np.conj(part), n=weights.shape[-1])
            for part, flipped in zip(opened, mirrored, strict=True)
        ]
        return np.stack(back, axis=1)

    def _transforms(
        self, weights: Array, ties: Ties
    ) -> tuple[list[NDArray[np.complex128]], list[bool]]:
        """Transforms of all colours; without ties the last index has a minus sign."""
        transforms = np.fft.rfft(weights, axis=-1)
        mirrored = [False] * (len(ties) - 1) + [set(ties) == {1}]
        factors = [
            np.conj(transforms[:, c]) if flipped else transforms[:, c]
            for c, flipped in enumerate(mirrored)
        ]
        return factors, mirrored


def _colours(weights: Array) -> list[Array]:
    return [weights[:, c] for c in range(weights.shape[1])]


TARGETS: dict[str, Target] = {
    "identity": Identity(),
    "zero": Zero(),
    "modular": ModularAddition(),
}
