r"""A grid for functions of two times that reaches late ones: rows at times that grow.

A row holds ``f(t, theta_k t)``, its nodes ``theta_k`` dense near 0 and near 1, where fast parts
live.  In ``log t`` at fixed theta such rows are smooth at all times, be they fast, aging or at
rest; so steps grow with time, and integrals over the past have the same weights at every row, for
``f(x, s)`` stands at a fixed distance in ``log x`` and a fixed ratio ``s/x``.  A time of ``10^3``
takes some hundred rows.  That the plane of two times is interpolated at fixed ratios is from
J. Lang, S. Sachdev, S. Diehl, "Numerical renormalization of glassy dynamics" (arXiv 2504.06849);
steps in ``log t`` are ours.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from diagrams.mean_fields.sampled_noise import Array

Places = np.ndarray[Any, np.dtype[Any]]
"""Whole numbers."""

STENCIL = 4
"""Rows that an interpolation in the logarithm of time takes."""

GROWTH = 2.0
"""By how much a panel of nodes is longer than its neighbour nearer to 0 or to 1."""


class LogarithmicGrid:
    """Nodes, and all weights of derivatives, interpolations and integrals.

    ``finest`` is the length of the first and the last panel of nodes in theta, ``degree`` that of
    polynomials on a panel, ``step`` the distance of rows in ``log t``.

    >>> grid = LogarithmicGrid(0.01, 5, 0.1)
    >>> bool(abs(grid.whole @ grid.theta**3 - 1 / 4) < 1e-12)
    True
    """

    def __init__(self, finest: float, degree: int, step: float) -> None:
        self.degree, self.step = degree, step
        edges = [0.0, finest]
        while edges[-1] * GROWTH < 0.5:
            edges.append(edges[-1] * GROWTH)
        self.edges = np.array([*edges, 0.5])
        """Those below the middle; the others are their mirror images."""
        self.local = (1 - np.cos(np.pi * np.arange(degree + 1) / degree)) / 2
        low, length = self.edges[:-1, None], np.diff(self.edges)[:, None]
        below = np.append((low + length * self.local[:-1]).ravel(), 0.5)
        self.theta = np.append(below, 1 - below[-2::-1])
        self.left = np.append(1 - below, below[-2::-1])
        """``1 - theta``, without loss of digits."""
        self.count = len(self.theta)
        gauss, weights = np.polynomial.legendre.leggauss(degree)
        inner = (low + length * (gauss + 1) / 2).ravel()
        self.phi, self.psi = np.append(inner, 1 - inner[::-1]), np.append(1 - inner, inner[::-1])
        half = (length * weights / 2).ravel()
        self.weights = np.append(half, half[::-1])
        self.to_points = self._interpolation(self.phi, self.psi)
        """From nodes to the points ``phi`` of integrals over all of a row."""
        self.whole: Array = self.weights @ self.to_points

    @cached_property
    def slope(self) -> Array:
        """The derivative at all nodes but the last, from the panel above: that which is upwind."""
        degree, powers = self.degree, np.arange(self.degree + 1)
        table = np.vander(self.local, increasing=True)
        rates = np.zeros_like(table)
        rates[:, 1:] = table[:, :-1] * powers[1:]
        own = (rates @ np.linalg.inv(table))[:-1]
        lengths = np.diff(self.edges)
        found = np.zeros((self.count, self.count))
        for panel, length in enumerate(np.append(lengths, lengths[::-1])):
            first = panel * degree
            found[first : first + degree, first : first + degree + 1] = own / length
        return found

    def _places(self, theta: Array, left: Array) -> tuple[Places, Array]:
        """The first node of the panel of every point, and the weights of its nodes."""
        mirrored = theta > left
        x = np.where(mirrored, left, theta)
        panel = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, len(self.edges) - 2)
        local = (x - self.edges[panel]) / np.diff(self.edges)[panel]
        last = 2 * len(self.edges) - 3
        panel = np.where(mirrored, last - panel, panel)
        return panel * self.degree, lagrange(self.local, np.where(mirrored, 1 - local, local))

    def _interpolation(self, theta: Array, left: Array) -> csr_array:
        """From the nodes of a row to points of it; ``left`` is ``1 - theta``."""
        first, weights = self._places(theta, left)
        columns = first[:, None] + np.arange(self.degree + 1)
        return _sparse(columns, weights, self.count)

    def _lags(self, theta: Array, left: Array) -> tuple[Places, Array]:
        """For times ``theta t``: the rows back from t that an interpolation takes, and weights."""
        small = np.maximum(theta, self.phi[0])  # no integral to 0 has a weight
        distance = -np.where(theta > 0.5, np.log1p(-np.minimum(left, 0.9)), np.log(small))
        distance /= self.step
        first = np.maximum(np.floor(distance).astype(int) - STENCIL // 2 + 1, 0)
        weights = lagrange(np.arange(STENCIL, dtype=float), distance - first)
        return first[:, None] + np.arange(STENCIL), weights

    @cached_property
    def after(self) -> Integral:
        """Points and weights of ``int_s^t a(t, x) f(x, s) dx / t`` for ``s = theta_k t``."""
        theta, left = self.theta[:, None], self.left[:, None]
        x, gap = (theta + left * self.phi).ravel(), (left * self.psi).ravel()
        ratio, other = (theta / x.reshape(len(theta), -1)).ravel(), (left * self.phi).ravel() / x
        rows, of_rows = self._lags(x, gap)
        first, of_nodes = self._places(ratio, other)
        nodes = first[:, None] + np.arange(self.degree + 1)
        past = self._past(rows, of_rows, nodes, of_nodes)
        return Integral(self._interpolation(x, gap), (left * self.weights).ravel(), past)

    @cached_property
    def before(self) -> Integral:
        """The same of ``int_0^s a(t, x) f(s, x) dx / t``."""
        theta, left = self.theta[:, None], self.left[:, None]
        kernel = self._interpolation((theta * self.phi).ravel(), (left + theta * self.psi).ravel())
        rows, of_rows = self._lags(self.theta, self.left)
        first, of_nodes = self._places(self.phi, self.psi)
        nodes = first[:, None] + np.arange(self.degree + 1)
        points, count = len(self.phi), self.count
        past = self._past(
            np.repeat(rows, points, axis=0),
            np.repeat(of_rows, points, axis=0),
            np.tile(nodes, (count, 1)),
            np.tile(of_nodes, (count, 1)),
        )
        return Integral(kernel, (theta * self.weights).ravel(), past)

    def _past(self, rows: Places, of_rows: Array, nodes: Places, of_nodes: Array) -> csr_array:
        """From all rows, the newest first, to points at which some rows and nodes are taken."""
        columns = rows[:, :, None] * self.count + nodes[:, None, :]
        weights = of_rows[:, :, None] * of_nodes[:, None, :]
        points = len(columns)
        return _sparse(columns.reshape(points, -1), weights.reshape(points, -1), self.count)

    def at_points(self, rows: Array, place: Array, theta: Array) -> Array:
        """Values of a function, given by its rows, at places among them and at ratios of times."""
        first = np.clip(np.floor(place).astype(int) - STENCIL // 2 + 1, 0, len(rows) - STENCIL)
        of_rows = lagrange(np.arange(STENCIL, dtype=float), place - first)
        start, of_nodes = self._places(theta, 1 - theta)
        nodes = start[:, None] + np.arange(self.degree + 1)
        near = rows[first[:, None, None] + np.arange(STENCIL)[:, None], nodes[:, None, :]]
        found: Array = np.einsum("prn,pr,pn->p", near, of_rows, of_nodes)
        return found


class Integral:
    """A bilinear integral over the past: of the kernel's row, and of the rows of a function."""

    def __init__(self, kernel: csr_array, weights: Array, past: csr_array) -> None:
        self.kernel, self.weights, self.past = kernel, weights, past
        self.size = kernel.shape[1]
        self.now = past[:, : self.size].tocsr()
        """What the function's own row at t gives to it."""
        self.lags = past.shape[1] // self.size

    def sums(self, values: Array) -> Array:
        """Integrals, one a node, of values at all points."""
        found: Array = (self.weights * values).reshape(self.size, -1).sum(axis=1)
        return found

    def matrix(self, values: Array, of: csr_array) -> Array:
        """The integrals as a matrix on a row that is at hand by ``of``, the rest being values."""
        entries = np.diff(of.indptr)
        points = len(self.weights) // self.size
        node = np.repeat(np.arange(self.size), entries.reshape(self.size, points).sum(axis=1))
        weights = of.data * np.repeat(self.weights * values, entries)
        total: Any = np.bincount(node * self.size + of.indices, weights, self.size**2)
        found: Array = total.reshape(self.size, self.size)
        return found


def lagrange(nodes: Array, points: Array) -> Array:
    """Weights of the values at nodes in the value of their polynomial at points, a row each.

    >>> lagrange(np.array([0.0, 1.0, 2.0]), np.array([0.5])) @ np.array([0.0, 1.0, 4.0])
    array([0.25])
    """
    found = np.ones((len(points), len(nodes)))
    for j, node in enumerate(nodes):
        for other in np.delete(nodes, j):
            found[:, j] *= (points - other) / (node - other)
    return found


def _sparse(columns: Places, weights: Array, count: int) -> csr_array:
    """A matrix with so many entries in every row, its columns in blocks of ``count``."""
    width = (int(columns.max()) // count + 1) * count
    starts = np.arange(0, columns.size + 1, columns.shape[1])
    shape: Any = (len(columns), width)
    return csr_array((weights.ravel(), columns.ravel(), starts), shape=shape)
