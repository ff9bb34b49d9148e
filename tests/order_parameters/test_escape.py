"""Escape from a plateau, against equations written by hand and draws from the exact law."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from diagrams import load_problem
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.escape import Escape, escape

SYSTEM = close(load_problem("docs/systems/phase_retrieval_population.toml"))
HALF = 2 / 3


def _losses(w: Any, m: Any, v: Any, until: float, points: int) -> Any:
    """Losses of runs of w.w/N and w.v/N, written out by hand; v.v/N is constant."""
    count = len(w)

    def slope(_: float, z: Any) -> Any:
        x, y = z.reshape(2, count)
        return np.concatenate([4 * v * x + 8 * y**2 - 12 * x**2, 6 * (v - x) * y])

    start = np.concatenate([w, m])
    times = np.linspace(0, until, points)
    path = solve_ivp(slope, (0, until), start, t_eval=times, rtol=1e-8, atol=1e-13).y
    x, y = path.reshape(2, count, points)
    return times, 1.5 * v[:, None] ** 2 - v[:, None] * x - 2 * y**2 + 1.5 * x**2


@cache
def _found(N: int, law: bool = False) -> Escape:
    found = escape(SYSTEM, {"N": N, "q0": 1}, {"N": 1, "q0": 0} if law else None)
    assert found is not None
    return found


def test_the_time_is_log_of_the_size_with_its_constant() -> None:
    found = _found(64, law=True)
    assert found.rates == (pytest.approx(4, rel=1e-6),)  # 6 (1 - 1/3), by hand
    assert found.plateau == pytest.approx(4 / 3)
    assert found.slope == pytest.approx(1 / 8, rel=1e-6)
    N, ones = 1e10, np.ones(1)  # a median run: its w.v is 0.6745 deviations
    times, losses = _losses(ones, 0.6744898 * ones / N**0.5, ones, 5.0, 5001)
    last = times[np.nonzero(losses[0] > HALF)[0][-1]]
    assert found.constant == pytest.approx(last - np.log(N) / 8, abs=3e-3)


def test_three_sizes_have_the_median_and_quartiles_of_draws() -> None:
    generator = np.random.default_rng(3)
    off = []
    for N in (32, 128, 512):
        w, v = generator.standard_normal((2, 1500, N))
        start = ((w * w).sum(1) / N, (w * v).sum(1) / N, (v * v).sum(1) / N)
        times, losses = _losses(*start, 2.0, 401)
        half = 2 / 3 * start[2] ** 2  # of the run's own plateau
        above = (np.nonzero(row > h)[0] for row, h in zip(losses, half, strict=True))
        left = [times[max(places, default=0)] for places in above]
        found = _found(N)
        off.append(found.time - float(np.median(left)))
        quartiles = np.quantile(left, [0.25, 0.75])
        assert found.quartiles == pytest.approx(tuple(quartiles), abs=0.02 + 3 / N)
    assert max(map(abs, off)) < 0.04  # three standard errors of the median of the draws


def test_the_median_loss_is_still_that_of_the_means_while_they_are_typical() -> None:
    found = _found(512)
    place = int(np.searchsorted(found.times, found.typical))
    drop = found.plateau - found.end
    assert abs(found.median[place] - found.plateau) < 0.15 * drop
    assert found.quantile(0.25)[place] < found.median[place] < found.quantile(0.75)[place] + 1e-9
    assert found.typical < found.quartiles[0] < found.time < found.quartiles[1]


def test_where_the_means_find_their_way_there_is_no_escape() -> None:
    system = close(load_problem("docs/systems/deep_linear_mean_field.toml"))
    assert escape(system, {"N": 64, "y": 1, "gamma": 1}) is None
    assert escape(close(SYSTEM.problem, step="eta"), {"N": 64, "q0": 1, "eta": 0.01}) is None


def test_times_are_in_the_unit_asked_for() -> None:
    one, three = _found(64), _found(64).in_units(3)
    assert three.time == pytest.approx(3 * one.time)
    assert three.rates[0] == pytest.approx(one.rates[0] / 3)
    assert "typical for t < " in three.sentence
