"""A network of one hidden layer at given inputs, without diagrams: series in time, quadrature.

``f[m] = sum_k a[k] g(z[k,m]) / sqrt(N)`` with ``z[k,m] = c sum_i W[k,i] x[m,i]``: the flow of
``L = 1/2 sum_m (f[m] - y[m])^2`` closes on ``a`` and ``z``, because ``dz[k,m]/dt`` is
``-c^2 rate sum_n K[m,n] dL/dz[k,n]``.  Its Taylor series at given ``a`` and ``z`` follows order by
order in arithmetic of truncated series; the average over Gaussian starts is a Gauss-Hermite sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial

import numpy as np

Array = np.ndarray
Function = Callable[[Array, int], Array]
"""A function and its derivatives, by the order of the derivative."""


@dataclass(frozen=True)
class HiddenLayer:
    """Numbers of one network; ``gram`` is ``c^2 K`` and ``spread`` the variance of the weights."""

    function: Function
    width: int
    gram: Array
    labels: Array
    spread: float
    read_out: float
    rates: tuple[float, float] = (1.0, 1.0)
    decay: float = 0.0

    @property
    def inputs(self) -> int:
        """How many inputs there are."""
        return len(self.labels)

    def derivatives(self, terms: int, nodes: int) -> list[float]:
        """``d^s E[L]/dt^s`` at time zero, for s = 0..terms."""
        a, z, weights = self.start(terms + 2, nodes)
        series = self.loss(a, z, terms)
        return [factorial(s) * float(weights @ series[s]) for s in range(terms + 1)]

    def start(self, few: int, nodes: int) -> tuple[Array, Array, Array]:
        """Points of a grid for ``a`` and ``z``, and their weights; few for ``a``, a polynomial."""
        points, weights = gauss([few] * self.width + [nodes] * self.width * self.inputs)
        a = np.sqrt(self.read_out) * points[:, : self.width]
        free = points[:, self.width :].reshape(-1, self.width, self.inputs)
        return a, np.sqrt(self.spread) * free @ np.linalg.cholesky(self.gram).T, weights

    def kernel_slope(self, nodes: int) -> float:
        """The mean of the time derivative of the tangent kernel between the first two inputs.

        The kernel is ``sum_k (g g' + a^2 K slope slope') / N``, and moves with ``a`` and ``z``.
        """
        a, z, weights = self.start(5, nodes)
        g, slope, bent = (self.function(z, order) for order in (0, 1, 2))
        error = (a[..., None] * g).sum(axis=1) / np.sqrt(self.width) - self.labels
        rate, moving = self.rates
        da = -rate * (error[:, None, :] * g).sum(axis=-1) / np.sqrt(self.width)
        dz = error[:, None, :] * a[..., None] * slope / np.sqrt(self.width)
        dz = -moving * dz @ self.gram
        dg, dslope = slope * dz, bent * dz
        moved = rate * (dg[..., 0] * g[..., 1] + g[..., 0] * dg[..., 1])
        pair = moving * self.gram[0, 1]
        moved += pair * 2 * a * da * slope[..., 0] * slope[..., 1]
        moved += pair * a**2 * (dslope[..., 0] * slope[..., 1] + slope[..., 0] * dslope[..., 1])
        return float(weights @ moved.sum(axis=1)) / self.width

    def loss(self, a: Array, z: Array, terms: int) -> list[Array]:
        """The Taylor coefficients of the loss on the flow from ``a`` and ``z``."""
        rate, moving = self.rates
        A, Z = [a], [z]
        found = []
        scale = 1 / np.sqrt(self.width)
        for s in range(terms + 1):
            g = composed(self.function, 0, Z)
            slope = composed(self.function, 1, Z)
            f = times([one[..., None] for one in A], g)
            r = [scale * one.sum(axis=-2) for one in f]
            r[0] = r[0] - self.labels
            found.append(0.5 * times(r, r)[s].sum(axis=-1))
            wide = [one[..., None, :] for one in r]
            along = times(wide, g)[s].sum(axis=-1) * scale
            pull = times([one[..., None] for one in A], times(wide, slope))[s] * scale
            A.append(-(rate * (along + self.decay * A[s])) / (s + 1))
            Z.append(-(moving * (pull @ self.gram + self.decay * Z[s])) / (s + 1))
        return found


def times(one: Sequence[Array], other: Sequence[Array]) -> list[Array]:
    """The product of two truncated series."""
    return [sum(one[j] * other[s - j] for j in range(s + 1)) for s in range(len(one))]


def composed(function: Function, order: int, z: Sequence[Array]) -> list[Array]:
    """The series of a derivative of a function along a series of its argument."""
    terms = len(z)
    step = [np.zeros_like(z[0]), *z[1:]]
    power = [np.ones_like(z[0]), *[np.zeros_like(z[0])] * (terms - 1)]
    total = [np.zeros_like(z[0]) for _ in range(terms)]
    for j in range(terms):
        value = function(z[0], order + j) / factorial(j)
        total = [known + value * one for known, one in zip(total, power, strict=True)]
        power = times(power, step)
    return total


def gauss(nodes: Sequence[int]) -> tuple[Array, Array]:
    """Points and weights of independent unit Gaussians, a grid with so many nodes each."""
    rules = [rule(count) for count in nodes]
    points = np.meshgrid(*(x for x, _ in rules), indexing="ij")
    weights = np.meshgrid(*(w / np.sqrt(2 * np.pi) for _, w in rules), indexing="ij")
    flat = np.prod(np.stack([one.ravel() for one in weights]), axis=0)
    return np.stack([one.ravel() for one in points], axis=1), flat


@cache
def rule(count: int) -> tuple[Array, Array]:
    """Gauss-Hermite points and weights of a unit Gaussian, times ``sqrt(2 pi)``."""
    return np.polynomial.hermite_e.hermegauss(count)


def gaussian_average(
    factors: Sequence[tuple[Function, int, int]], covariance: Array, nodes: int = 80
) -> float:
    """``E prod g^(j)(z_v)`` for triples of a function, an order and a variable."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    points, weights = gauss([nodes] * len(covariance))
    z = points @ root.T
    product = weights.copy()
    for function, order, variable in factors:
        product = product * function(z[:, variable], order)
    return float(product.sum())


# -- functions, with all derivatives -------------------------------------------------------------


def sine(z: Array, order: int) -> Array:
    """``sin``."""
    return np.sin(z + order * np.pi / 2)


def cosine(z: Array, order: int) -> Array:
    """``cos``."""
    return np.cos(z + order * np.pi / 2)


def exponential(z: Array, order: int) -> Array:
    """``exp``."""
    return np.exp(z)


def error_function(z: Array, order: int) -> Array:
    """``erf``: its derivatives are Hermite polynomials times a Gaussian."""
    from scipy.special import erf, eval_hermite

    if not order:
        return erf(z)
    n = order - 1
    return (-1) ** n * 2 / np.sqrt(np.pi) * eval_hermite(n, z) * np.exp(-(z**2))


def hyperbolic_tangent(z: Array, order: int) -> Array:
    """``tanh``: its derivatives are polynomials in it."""
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    slope = np.polynomial.Polynomial([1.0, 0.0, -1.0])
    for _ in range(order):
        polynomial = polynomial.deriv() * slope
    return polynomial(np.tanh(z))


def power(exponent: int) -> Function:
    """A whole power."""

    def function(z: Array, order: int) -> Array:
        polynomial = np.polynomial.Polynomial([0.0] * exponent + [1.0])
        return polynomial.deriv(order)(z) if order else polynomial(z)

    return function


def some_function(z: Array, order: int) -> Array:
    """A function without symmetry: what a symbolic one may be."""
    return (
        0.7 * sine(z + 0.4, order)
        + 0.3 * power(2)(z, order)
        - 0.5 * exponential(-z / 2, order) * (-0.5) ** order
    )


FUNCTIONS: dict[str, Function] = {
    "sin": sine,
    "cos": cosine,
    "exp": exponential,
    "erf": error_function,
    "tanh": hyperbolic_tangent,
    "phi": some_function,
    **{f"power{k}": power(k) for k in range(1, 7)},
}
