"""Products of arrays pair by pair, against one einsum and against differences."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.flow.contraction import Contraction

SIZES = {"i": 2, "j": 3, "k": 1, "l": 4, "m": 2}
SEEDS = 3
FACTOR = st.lists(st.sampled_from(sorted(SIZES)), max_size=3).map(tuple)


@given(
    st.lists(FACTOR, min_size=1, max_size=4),
    st.lists(st.sampled_from(sorted(SIZES)), unique=True, max_size=3).map(tuple),
    st.integers(0, 2**32),
)
@settings(max_examples=120, deadline=None)
def test_value_and_derivatives(
    factors: list[tuple[str, ...]], free: tuple[str, ...], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    # the last factor is the same for all seeds where there are several
    alike = [len(factors) > 1 and place == len(factors) - 1 for place in range(len(factors))]
    arrays = [
        generator.standard_normal((1 if same else SEEDS, *(SIZES[name] for name in factor)))
        for factor, same in zip(factors, alike, strict=True)
    ]
    found = Contraction.plan(factors, free, SIZES)
    ones = np.ones((SEEDS, *(SIZES[name] for name in free)))
    shown = [np.broadcast_to(array, (SEEDS, *array.shape[1:])) for array in arrays]
    letters = ",".join("z" + "".join(factor) for factor in (*factors, free))
    expected = np.einsum(f"{letters}->z{''.join(free)}", *shown, ones)
    value = np.broadcast_to(found.value(arrays), ones.shape)
    np.testing.assert_allclose(value, expected, atol=1e-12)

    weight = generator.standard_normal(ones.shape)
    slopes = found.pull_back(arrays, weight, range(len(factors)))
    for place, array in enumerate(arrays):
        # the product is linear in every factor: its change is the derivative times the change
        change = generator.standard_normal(array.shape)
        moved = [change if at == place else other for at, other in enumerate(arrays)]
        total = (np.broadcast_to(found.value(moved), ones.shape) * weight).reshape(SEEDS, -1)
        slope = (slopes[place] * change).reshape(SEEDS, -1)
        np.testing.assert_allclose(slope.sum(axis=1), total.sum(axis=1), atol=1e-11)


def test_chains_are_multiplied_as_chains() -> None:
    """No intermediate product is larger than needed."""
    sizes = dict.fromkeys("abcdef", 30)
    chain = Contraction.plan([("a", "b"), ("b", "c"), ("c", "d"), ("d",)], ("a",), sizes)
    assert max(len(pair.result) for pair in chain.pairs) == 1
