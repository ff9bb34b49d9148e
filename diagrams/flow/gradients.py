"""Loss and velocity of gradient flow, by Gram matrices: no tensor of ``p^nu`` numbers is built.

With ``G_c = u_c u_c^T`` (H x H) the squared norm of the model is
``|f|^2 = sum_(k, k') prod_c G_c[k, k']^(d_c)``, and

    dL/du_c = (d/dG_c prod_b G_b^(d_b)) u_c - c d<f, F>/du_c.

For order 2 with ``p <= H`` the p x p matrix ``f`` itself is smaller and is used instead; then
the loss is a sum of squares, without cancellation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagrams.flow.targets import (
    Array,
    Identity,
    Target,
    Zero,
    product_derivatives,
    product_of_powers,
)

BLOCK = 2**16
"""Entries of a Gram matrix held at once, for every seed of a batch."""
QUIET, LEAST_ROWS = 2**18, 8
"""Matrix products of so many multiplications are below the size from which OpenBLAS starts
threads.  Larger ones are cut into pieces of that size while these keep so many rows: many small
products in several threads gain little on an idle machine and lose much on a busy one."""


@dataclass(frozen=True)
class CPFlow:
    """The flow ``du/dtau = -d(L + (decay/2) |u|^2)/du`` with ``L = 1/2 |f - scale F|^2``.

    Weights are arrays ``u[b, c, k, i]``: seed, colour, hidden index, feature.

    >>> from diagrams.flow.targets import Identity
    >>> flow = CPFlow((2,), Identity(), scale=1.0, decay=0.0)
    >>> weights = np.full((1, 1, 1, 1), 2.0)
    >>> flow.loss(weights).tolist(), flow.velocity(weights).ravel().tolist()
    ([4.5], [-12.0])
    """

    ties: tuple[int, ...]
    target: Target
    scale: float = 1.0
    decay: float = 0.0

    @property
    def order(self) -> int:
        """The order ``nu`` of the tensor."""
        return sum(self.ties)

    def explicit(self, p: int, H: int) -> bool:
        """Whether the model itself is written out: a p x p matrix, ``p <= H``."""
        return self.order == 2 and p <= H and isinstance(self.target, Identity | Zero)

    def loss(self, weights: Array) -> Array:
        """``1/2 |f - scale F|^2`` of every seed."""
        H, p = weights.shape[2:]
        if self.explicit(p, H):
            residual = self._residual(weights)
            squares: Array = np.einsum("bij,bij->b", residual, residual)
            return 0.5 * squares
        square = np.zeros(len(weights))
        for rows in _blocks(H):
            overlaps = product_of_powers(self._grams(weights, rows), self.ties)
            square += overlaps.sum(axis=(1, 2))
        constant = self.scale**2 * self.target.squared_norm(p, self.order)
        overlap = self.scale * self.target.overlap(weights, self.ties)
        found: Array = 0.5 * square - overlap + 0.5 * constant
        return found

    def gradient(self, weights: Array) -> Array:
        """``dL/du`` of every seed, of the shape of the weights."""
        H, p = weights.shape[2:]
        if self.explicit(p, H):
            residual = self._residual(weights)
            if len(self.ties) == 1:
                found = matrix_product(weights[:, 0], residual)[:, None]
                found *= 2.0
                return found
            other = residual.swapaxes(1, 2)
            parts = [matrix_product(weights[:, 1], other), matrix_product(weights[:, 0], residual)]
            return np.stack(parts, axis=1)
        found = np.empty_like(weights)
        for rows in _blocks(H):
            opened = product_derivatives(self._grams(weights, rows), self.ties)
            for c, kernel in enumerate(opened):
                found[:, c, rows] = matrix_product(kernel, weights[:, c])
        if not isinstance(self.target, Zero):
            found -= self.scale * self.target.derivative(weights, self.ties)
        return found

    def velocity(self, weights: Array) -> Array:
        """``-dL/du - decay u``: the derivative of the weights by ``t/T``."""
        found = self.gradient(weights)
        if self.decay:
            found += self.decay * weights
        np.negative(found, out=found)
        return found

    def working_numbers(self, p: int, H: int) -> int:
        """How many numbers a velocity needs for one seed, its argument and result left out."""
        if self.explicit(p, H):
            return 3 * p * p + H * p
        rows = min(H, max(1, BLOCK // H))
        return (2 * len(self.ties) + 3) * rows * H + (len(self.ties) + 3) * H * p

    def _residual(self, weights: Array) -> Array:
        """``f - scale F`` as a p x p matrix; F is the identity or zero."""
        f = matrix_product(weights[:, 0].swapaxes(1, 2), weights[:, -1])
        if not isinstance(self.target, Zero):
            places = np.arange(f.shape[-1])
            f[:, places, places] -= self.scale
        return f

    def _grams(self, weights: Array, rows: slice) -> list[Array]:
        """Rows of the Gram matrix of every colour."""
        return [
            matrix_product(weights[:, c, rows], weights[:, c].swapaxes(1, 2))
            for c in range(weights.shape[1])
        ]


def matrix_product(left: Array, right: Array) -> Array:
    """Return the product of two matrices for every seed, in pieces of rows that BLAS does alone.

    >>> matrix_product(np.ones((1, 2, 3)), np.ones((1, 3, 1))).tolist()
    [[[3.0], [3.0]]]
    """
    count, m, k = left.shape
    n = right.shape[2]
    rows = QUIET // (k * n)
    if rows >= m or rows < LEAST_ROWS:
        found: Array = left @ right
        return found
    found = np.empty((count, m, n))
    for first in range(0, m, rows):
        np.matmul(left[:, first : first + rows], right, out=found[:, first : first + rows])
    return found


def _blocks(H: int) -> list[slice]:
    """Rows of an H x H matrix, in blocks of bounded size."""
    rows = max(1, BLOCK // H)
    return [slice(first, min(first + rows, H)) for first in range(0, H, rows)]
