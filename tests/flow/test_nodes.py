"""Functions in simulations: inputs of a Gram matrix, stars, and the series at short times.

Velocities are held against differences with all files of ``docs/systems`` in ``test_networks``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diagrams import BadInput, expand, simulate
from diagrams.flow.nodes import inputs_of
from diagrams.flow.reading import read_network
from diagrams.problems.files import parse_problem

TEXT = (Path(__file__).parents[2] / "docs" / "systems" / "activation_two_inputs.toml").read_text()
AT = {"N": 3, "d": 4, "v": 0.7, "w": 0.5, "r": 0.4, "c": 0.8}


@pytest.mark.parametrize("name", ["tanh", "erf", "gelu", "sin"])
def test_the_kernel_is_a_sum_of_products_of_slopes(name: str) -> None:
    problem = parse_problem(TEXT.replace("tanh", name))
    texts = ["output[m] e[m]", "output[m] g[m]", "kernel"]
    flow = read_network(problem, AT, texts)
    state, frozen = flow.start([np.random.default_rng(seed) for seed in range(3)])
    values = flow.values(state, *frozen)[:, 1:]
    step, slopes = 1e-5, []
    for place in range(state.shape[1]):
        move = np.zeros(state.shape[1])
        move[place] = step
        up, down = (flow.values(state + s * move, *frozen)[:, 1:3] for s in (1, -1))
        slopes.append((up - down) / (2 * step))
    expected = np.prod(slopes, axis=2).sum(axis=0)
    np.testing.assert_allclose(values[:, 2], expected, rtol=1e-7)


def test_inputs_have_the_products_that_are_given() -> None:
    products = np.array([[2.0, 1.0, 3.0], [1.0, 1.0, 2.0], [3.0, 2.0, 5.0]])  # of rank two
    x = inputs_of(products, 2, "x")
    np.testing.assert_allclose(x @ x.T, products, atol=1e-12)
    with pytest.raises(BadInput, match="at least 2 entries"):
        inputs_of(products, 1, "x")
    with pytest.raises(BadInput, match="no negative eigenvalue"):
        inputs_of(np.array([[1.0, 2.0], [2.0, 1.0]]), 2, "x")


def test_a_simulation_starts_as_the_series_says() -> None:
    """Loss and kernel: means of seeds against Y_0 and Y_1, within four standard errors."""
    problem = parse_problem(TEXT.replace("tanh", "sin"))
    at = {name: str(value) for name, value in AT.items()}
    step = 0.004
    run = simulate(problem, at=AT, until=step, points=2, seeds=1500, observables=["kernel"])
    for curves, observable in ((run.loss, None), (run.observable("kernel"), "kernel")):
        start, slope = (float(y) for y in expand(problem, 1, observable=observable).values(at))
        assert abs(curves.mean[0] - start) < 4 * curves.standard_error[0]
        moved = (np.array(curves.rows)[:, -1] - np.array(curves.rows)[:, 0]) / step
        assert abs(moved.mean() - slope) < 4 * moved.std() / np.sqrt(len(moved))
        assert abs(slope) > 6 * moved.std() / np.sqrt(len(moved))  # so that it can fail


def test_a_symbolic_function_is_not_simulated() -> None:
    with pytest.raises(BadInput, match="functions with a formula"):
        simulate(parse_problem(TEXT.replace("tanh", "phi")), at=AT, until=1)
