"""Population losses by Gauss-Hermite quadrature: exact for polynomials, nothing merged or paired.

A model is a function of trained arrays and one input x; its gradient is taken by complex steps, or
written by hand.  ``mean_step`` is the mean of a function of the weights after one step of SGD.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np

Arrays = dict[str, np.ndarray]
Residual = Callable[[Mapping[str, np.ndarray], np.ndarray], complex]


def grid(dimension: int, nodes: int) -> list[tuple[np.ndarray, float]]:
    """Points and weights of the standard normal law in a few dimensions."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    return [
        (np.array([x[i] for i in chosen]), float(np.prod([w[i] for i in chosen])))
        for chosen in product(range(nodes), repeat=dimension)
    ]


def gradient(residual: Residual, arrays: Arrays, trained: list[str], x: np.ndarray) -> Arrays:
    """The gradient of half the squared residual, by complex steps: exact to rounding."""
    value = np.real(residual(arrays, x))
    found = {}
    for name in trained:
        slope = np.zeros(arrays[name].shape)
        for place in np.ndindex(*slope.shape):
            moved = {k: v.astype(complex) for k, v in arrays.items()}
            moved[name][place] += 1e-30j
            slope[place] = np.imag(residual(moved, x)) / 1e-30
        found[name] = value * slope
    return found


def mean_step(
    residual: Residual,
    arrays: Arrays,
    rates: Mapping[str, float],
    step: float,
    measured: Callable[[Arrays], Arrays],
    dimension: int,
    nodes: int,
) -> Arrays:
    """The mean change of what is measured in one step on a fresh input, divided by the step."""
    before = measured(arrays)
    total = {name: np.zeros_like(value) for name, value in before.items()}
    for x, weight in grid(dimension, nodes):
        slopes = gradient(residual, arrays, list(rates), x)
        after = dict(arrays)
        for name, rate in rates.items():
            after[name] = arrays[name] - step * rate * slopes[name]
        for name, value in measured(after).items():
            total[name] += weight * (value - before[name]) / step
    return total


def mean_loss(residual: Residual, arrays: Arrays, dimension: int, nodes: int) -> float:
    """The mean of half the squared residual."""
    return sum(w * float(np.real(residual(arrays, x))) ** 2 / 2 for x, w in grid(dimension, nodes))
