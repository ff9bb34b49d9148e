"""Loss and velocity by Gram matrices against the whole tensor and finite differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth import monte_carlo

from diagrams.flow import gradients
from diagrams.flow.gradients import CPFlow
from diagrams.flow.targets import TARGETS, Array, Identity, ModularAddition, Zero

PATTERNS = [(2,), (1, 1), (3,), (2, 1), (1, 2), (1, 1, 1), (4,), (2, 2), (3, 1), (2, 1, 1), (5,)]


def drawn(ties: tuple[int, ...], p: int, H: int, seeds: int = 2, root: int = 0) -> Array:
    return np.random.default_rng(root).standard_normal((seeds, len(ties), H, p))


def modular_tensor(ties: tuple[int, ...], p: int) -> Array:
    """F by its definition."""
    axes = np.ix_(*[np.arange(p)] * sum(ties))
    last = -axes[-1] if set(ties) == {1} else axes[-1]
    return np.asarray((sum(axes[:-1]) + last) % p == 0, dtype=float)


@given(
    st.sampled_from(PATTERNS),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from(["identity", "zero"]),
    st.floats(-2, 2),
    st.integers(0, 1000),
)
def test_against_the_whole_tensor(
    ties: tuple[int, ...], p: int, H: int, target: str, scale: float, root: int
) -> None:
    weights = drawn(ties, p, H, root=root)
    flow = CPFlow(ties, TARGETS[target], scale)
    loss, gradient = flow.loss(weights), flow.gradient(weights)
    for b in range(len(weights)):
        f = monte_carlo.model_tensor(ties, list(weights[b]))
        size = 1 + float(np.sum(f**2)) + scale**2 * p
        expected = monte_carlo.loss_from_tensor(ties, list(weights[b]), target, scale)  # type: ignore[arg-type]
        assert math.isclose(loss[b], expected, abs_tol=1e-12 * size)
        opened = monte_carlo.gradient_from_tensor(ties, list(weights[b]), target, scale)  # type: ignore[arg-type]
        np.testing.assert_allclose(gradient[b], opened, rtol=1e-9, atol=1e-10 * size)


@given(st.sampled_from([t for t in PATTERNS if sum(t) < 5]), st.integers(1, 4), st.integers(1, 3))
def test_modular_addition_against_the_whole_tensor(ties: tuple[int, ...], p: int, H: int) -> None:
    weights = drawn(ties, p, H)
    F = modular_tensor(ties, p)
    flow = CPFlow(ties, ModularAddition(), 0.7)
    for b, loss in enumerate(flow.loss(weights)):
        f = monte_carlo.model_tensor(ties, list(weights[b]))
        assert math.isclose(loss, 0.5 * float(np.sum((f - 0.7 * F) ** 2)), rel_tol=1e-10)


@pytest.mark.parametrize("target", ["identity", "zero", "modular"])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("ties", PATTERNS)
@pytest.mark.parametrize(("p", "H"), [(2, 3), (3, 2)])
def test_velocity_by_finite_differences(
    ties: tuple[int, ...], p: int, H: int, decay: float, target: str
) -> None:
    """Fourth-order differences of the potential along a random direction."""
    flow = CPFlow(ties, TARGETS[target], 1.5, decay)
    weights, direction = drawn(ties, p, H), drawn(ties, p, H, root=1)

    def potential(step: float) -> Array:
        moved = weights + step * direction
        found: Array = flow.loss(moved) + 0.5 * decay * np.sum(moved**2, axis=(1, 2, 3))
        return found

    h = 1e-3
    slope = (8 * (potential(h) - potential(-h)) - (potential(2 * h) - potential(-2 * h))) / (12 * h)
    found = -np.sum(flow.velocity(weights) * direction, axis=(1, 2, 3))
    np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("ties", [(2,), (1, 1), (2, 1), (4,)])
def test_pieces_of_matrices(ties: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    weights = drawn(ties, 3, 7)
    flow = CPFlow(ties, Identity())
    whole = flow.loss(weights), flow.gradient(weights)
    monkeypatch.setattr(gradients, "BLOCK", 15)
    monkeypatch.setattr(gradients, "QUIET", 48)
    monkeypatch.setattr(gradients, "LEAST_ROWS", 1)
    np.testing.assert_allclose(flow.loss(weights), whole[0], rtol=1e-12)
    np.testing.assert_allclose(flow.gradient(weights), whole[1], rtol=1e-12)


@pytest.mark.parametrize("ties", [(2,), (1, 1)])
def test_both_ways_for_order_two(ties: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The explicit matrix and the Gram matrices give the same."""
    weights = drawn(ties, 4, 6)
    flow = CPFlow(ties, Identity(), 1.5)
    assert flow.explicit(4, 6)
    explicit = flow.loss(weights), flow.gradient(weights)
    monkeypatch.setattr(CPFlow, "explicit", lambda self, p, H: False)
    np.testing.assert_allclose(flow.loss(weights), explicit[0], rtol=1e-12)
    np.testing.assert_allclose(flow.gradient(weights), explicit[1], rtol=1e-12, atol=1e-12)


def test_no_loss_of_digits_near_the_target() -> None:
    """For order 2 the loss is a sum of squares: tiny losses keep their digits."""
    weights = np.eye(4)[None, None] * (1 + 1e-9)
    loss = CPFlow((2,), Identity()).loss(weights)
    assert math.isclose(loss[0], 0.5 * 4 * (2e-9) ** 2, rel_tol=1e-6)


def test_zero_and_scale_zero_are_the_same() -> None:
    weights = drawn((3,), 3, 2)
    np.testing.assert_array_equal(
        CPFlow((3,), Zero()).loss(weights), CPFlow((3,), Identity(), 0.0).loss(weights)
    )
