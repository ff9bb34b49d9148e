"""Monte Carlo against finite differences and against the exact first two derivatives."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from . import monte_carlo, naive_pairings
from .brute_force import brute_force_derivative
from .naive_pairings import naive_derivative


@pytest.mark.parametrize("ties", [(2,), (3,), (4,), (1, 1), (2, 1), (1, 1, 1), (3, 2)])
@pytest.mark.parametrize("target", ["identity", "zero"])
def test_gradient(ties: Sequence[int], target: monte_carlo.TargetName) -> None:
    """Both gradients against central differences of the loss."""
    weights = monte_carlo.sample_weights(ties, 3, 4, 0.7, np.random.default_rng(1))
    dense = monte_carlo.loss_from_tensor(ties, weights, target, 1.5)
    assert monte_carlo.loss_from_grams(ties, weights, target, 1.5) == pytest.approx(dense)
    gradient = monte_carlo.gradient_from_tensor(ties, weights, target, 1.5)
    grams = monte_carlo.gradient_from_grams(ties, weights, target, 1.5)
    step = 1e-5
    for u, g, by_grams in zip(weights, gradient, grams, strict=True):
        np.testing.assert_allclose(by_grams, g, rtol=1e-10, atol=1e-10)
        for k, i in np.ndindex(*u.shape):
            u[k, i] += step
            above = monte_carlo.loss_from_tensor(ties, weights, target, 1.5)
            u[k, i] -= 2 * step
            below = monte_carlo.loss_from_tensor(ties, weights, target, 1.5)
            u[k, i] += step
            assert (above - below) / (2 * step) == pytest.approx(g[k, i], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    "ties",
    [
        (3,),
        (2, 1),
        *(pytest.param(d, marks=pytest.mark.full) for d in ((2,), (1, 1), (1, 1, 1), (2, 2))),
    ],
)
def test_monte_carlo_at_middle_sizes(ties: Sequence[int]) -> None:
    p, H, sigma = 8, 11, 0.4
    estimates = monte_carlo.first_derivatives(ties, p, H, sigma, samples=4000, seed=3)
    for s, estimate in enumerate(estimates):
        series = naive_pairings.evaluate(naive_derivative(sum(ties), ties, s), p, H)
        exact = sum(float(value) * sigma ** key[0] for key, value in series.items())
        assert estimate.error < 0.1 * abs(exact)
        assert estimate.deviation(exact) < 4


def test_monte_carlo_with_scale_and_decay() -> None:
    sigma, c, decay = 0.6, Fraction(3, 2), Fraction(7, 10)
    estimates = monte_carlo.first_derivatives(
        [2, 1], 2, 3, sigma, 6000, 5, scale=float(c), decay=float(decay), dense=True
    )
    for s, estimate in enumerate(estimates):
        series = brute_force_derivative(3, [2, 1], 2, 3, s, scale=c, decay=decay)
        exact = sum(float(value) * sigma ** key[0] for key, value in series.items())
        assert estimate.deviation(exact) < 4
