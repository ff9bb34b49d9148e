r"""Monte Carlo: draw the weights, measure the loss and its gradient.

For the CP model f[i_1 .. i_nu] = sum_k prod_m u^(c_m)[k, i_m] with target c F, F the identity
or zero, and the flow du/dt = -(1/T) d(L + lambda |u|^2 / 2)/du,

    Y_0 = E[L],     Y_1 = -E[|grad L|^2 + lambda u . grad L].

Loss and gradient are computed in two ways: from the whole tensor f of shape p x .. x p, and
from the Gram matrices G^c = u^c (u^c)^T, which reach larger sizes:

    L = 1/2 sum_{k,k'} prod_c (G^c[k,k'])^{d_c} - c sum_{k,i} prod_c u^c[k,i]^{d_c} + c^2 p / 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weights = list[Array]
TargetName = Literal["identity", "zero"]


@dataclass(frozen=True)
class Estimate:
    """A sample mean with its standard error."""

    mean: float
    error: float

    def deviation(self, value: float) -> float:
        """How many standard errors the mean lies away from a value."""
        return abs(self.mean - value) / self.error


def sample_weights(
    ties: Sequence[int], p: int, H: int, sigma: float, generator: np.random.Generator
) -> Weights:
    """One H x p matrix of independent N(0, sigma^2) entries for each colour."""
    return [sigma * generator.standard_normal((H, p)) for _ in ties]


def model_tensor(ties: Sequence[int], weights: Weights) -> Array:
    """f, as the sum over k of outer products."""
    slots = [c for c, multiplicity in enumerate(ties) for _ in range(multiplicity)]
    H, p = weights[0].shape
    f = np.zeros((p,) * len(slots))
    for k in range(H):
        outer = np.ones(())
        for c in slots:
            outer = np.multiply.outer(outer, weights[c][k])
        f += outer
    return f


def target_tensor(order: int, p: int, target: TargetName, scale: float) -> Array:
    """c F, with F[i_1 .. i_nu] = 1 where all indices agree, or F = 0."""
    F = np.zeros((p,) * order)
    if target == "identity":
        for i in range(p):
            F[(i,) * order] = scale
    return F


def loss_from_tensor(
    ties: Sequence[int], weights: Weights, target: TargetName = "identity", scale: float = 1.0
) -> float:
    """L = 1/2 |f - c F|^2."""
    f = model_tensor(ties, weights)
    residual = f - target_tensor(f.ndim, f.shape[0], target, scale)
    return 0.5 * float(np.sum(residual**2))


def gradient_from_tensor(
    ties: Sequence[int], weights: Weights, target: TargetName = "identity", scale: float = 1.0
) -> Weights:
    """dL/du^c[k, i]: the residual contracted with u^(c_m)[k] in all slots but one of colour c."""
    slots = [c for c, multiplicity in enumerate(ties) for _ in range(multiplicity)]
    f = model_tensor(ties, weights)
    residual = f - target_tensor(f.ndim, f.shape[0], target, scale)
    gradient = [np.zeros_like(u) for u in weights]
    for open_slot, colour in enumerate(slots):
        for k in range(weights[0].shape[0]):
            contracted = np.moveaxis(residual, open_slot, 0)
            for m in reversed([m for m in range(len(slots)) if m != open_slot]):
                contracted = contracted @ weights[slots[m]][k]
            gradient[colour][k] += contracted
    return gradient


def loss_from_grams(
    ties: Sequence[int], weights: Weights, target: TargetName = "identity", scale: float = 1.0
) -> float:
    """L from the Gram matrices."""
    overlap = np.ones((len(weights[0]), len(weights[0])))
    diagonal = np.ones_like(weights[0])
    for d, u in zip(ties, weights, strict=True):
        overlap *= (u @ u.T) ** d
        diagonal *= u**d
    loss = 0.5 * float(np.sum(overlap))
    if target == "identity":
        loss += -scale * float(np.sum(diagonal)) + 0.5 * scale**2 * weights[0].shape[1]
    return loss


def gradient_from_grams(
    ties: Sequence[int], weights: Weights, target: TargetName = "identity", scale: float = 1.0
) -> Weights:
    """dL/du^c from the Gram matrices: d_c times (one factor of colour c opened)."""
    gradient = []
    for c, (d_c, u_c) in enumerate(zip(ties, weights, strict=True)):
        overlap = np.ones((len(u_c), len(u_c)))
        diagonal = np.ones_like(u_c)
        for b, (d, u) in enumerate(zip(ties, weights, strict=True)):
            remaining = d - 1 if b == c else d
            overlap *= (u @ u.T) ** remaining
            diagonal *= u**remaining
        drift = overlap @ u_c
        if target == "identity":
            drift -= scale * diagonal
        gradient.append(d_c * drift)
    return gradient


def first_derivatives(
    ties: Sequence[int],
    p: int,
    H: int,
    sigma: float,
    samples: int,
    seed: int,
    target: TargetName = "identity",
    scale: float = 1.0,
    decay: float = 0.0,
    dense: bool = False,
) -> tuple[Estimate, Estimate]:
    """Estimates of Y_0 and Y_1; `dense` goes through the whole tensor f."""
    generator = np.random.default_rng(seed)
    loss = loss_from_tensor if dense else loss_from_grams
    gradient = gradient_from_tensor if dense else gradient_from_grams
    values = np.empty((samples, 2))
    for row in range(samples):
        weights = sample_weights(ties, p, H, sigma, generator)
        slope = 0.0
        for u, g in zip(weights, gradient(ties, weights, target, scale), strict=True):
            slope -= float(np.sum(g * g)) + decay * float(np.sum(u * g))
        values[row] = loss(ties, weights, target, scale), slope
    means = values.mean(axis=0)
    errors = values.std(axis=0, ddof=1) / np.sqrt(samples)
    return (
        Estimate(float(means[0]), float(errors[0])),
        Estimate(float(means[1]), float(errors[1])),
    )
