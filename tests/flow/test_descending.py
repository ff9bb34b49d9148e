"""Steps of gradient descent from random weights: by hand, by both models, diverging, stored."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from json_schemas import checked

from diagrams import BadInput, Simulation, cp_problem, simulate

FREE = cp_problem(order=2, target="zero")
SIZES: dict[str, Any] = {"p": 3, "H": 2, "sigma": 0.5, "seeds": 5}


def test_one_weight_by_hand() -> None:
    """L = w^4/2, hence w -> w - 2 eta w^3."""
    run = simulate(FREE, p=1, H=1, sigma=1, seeds=3, step=0.1, steps=4)
    w = (2 * run.losses[:, 0]) ** 0.25
    for k in range(5):
        assert np.allclose(run.losses[:, k], w**4 / 2, rtol=1e-13)
        w = w - 0.2 * w**3
    assert run.times.tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert run.steps == (4, 4, 4)


def test_gram_matrices_and_the_output_as_written_take_the_same_steps() -> None:
    problem = cp_problem(order=3, ties="2+1", decay="lambda")
    how: dict[str, Any] = {**SIZES, "step": 0.02, "steps": 10, "at": {"lambda": 0.3}}
    direct, written = simulate(problem, **how), simulate(problem, **how, observables=["u[k,i]^2"])
    assert direct.losses[:, -1] == pytest.approx(written.losses[:, -1], rel=1e-12)
    assert (direct.losses[:, -1] < direct.losses[:, 0]).all()


def test_small_steps_follow_the_flow() -> None:
    """The distance falls with the rate: a method of order one."""
    flow = simulate(cp_problem(order=2), **SIZES, until=0.5, points=2)
    apart = [
        simulate(cp_problem(order=2), **SIZES, step=0.5 / steps, steps=steps, points=2).losses
        - flow.losses
        for steps in (100, 200)
    ]
    ratio = np.abs(apart[0][:, 1]).mean() / np.abs(apart[1][:, 1]).mean()
    assert 1.9 < ratio < 2.1


def test_points_and_the_unit_of_time() -> None:
    run = simulate(FREE, **SIZES, step="1/10", steps=10, points=3, T=2)
    assert run.times.tolist() == pytest.approx([0, 1, 2])
    assert run.rows == simulate(FREE, **SIZES, step=0.1, steps=10, points=3).rows


def test_what_diverges_says_so_and_comes_back() -> None:
    run = simulate(FREE, **{**SIZES, "sigma": 4}, step=0.5, steps=12)
    assert run.diverged == 1
    first = run.blow_ups[0]
    assert first is not None
    finite = [t for t, x in zip(run.grid, run.rows[0], strict=True) if math.isfinite(x)]
    assert finite[-1] == first.lower
    assert first.lower < first.upper
    for found in (run, simulate(FREE, **SIZES, step=0.1, steps=3)):
        checked(found.to_json())
        assert Simulation.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"step": 0, "steps": 3}, "step"),
        ({"step": -1, "steps": 3}, "step"),
        ({"step": 0.1, "steps": 0}, "steps"),
        ({"step": 0.1}, "steps"),
        ({"steps": 4}, "step"),
        ({"step": 0.1, "steps": 3, "until": 1}, "until"),
        ({}, "until"),
        ({"step": 0.1, "steps": 3, "points": [0, 1]}, "points"),
    ],
)
def test_refusals(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        simulate(FREE, **SIZES, **asked)
    assert refusal.value.field == field
