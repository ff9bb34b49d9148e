"""Curves on the user's own axes, data frames, and solutions read back."""

from __future__ import annotations

import json
import sys
from functools import cache

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from diagrams import (
    BadInput,
    Series,
    Simulation,
    Solution,
    compare,
    cp_problem,
    expand,
    regimes,
    simulate,
    solve,
)

FREE = cp_problem(order=4, target="zero")
AT = {"p": 8, "H": 4, "sigma": "1/4"}


@cache
def run() -> Simulation:
    return simulate(FREE, p=8, H=4, sigma=0.25, until=1, seeds=4, points=5)


@cache
def solution() -> Solution:
    return solve(FREE, "A-B")


@cache
def series() -> Series:
    return expand(FREE, terms=3)


def test_curves_stand_on_the_axes_given() -> None:
    ax = Figure().add_subplot()
    assert run().plot(ax=ax) is ax
    times = [0, 0.25, 0.5]
    solution().plot(times, at=AT, ax=ax, color="red", label="mine")
    series().plot(times, at=AT, ax=ax)
    mean, formula, cut = ax.get_lines()
    np.testing.assert_allclose(mean.get_ydata(), run().mean)
    expected = [float(v.value) for v in solution().values(times, AT)]
    np.testing.assert_allclose(formula.get_ydata(), expected)
    assert (formula.get_color(), formula.get_label()) == ("red", "mine")
    y = [float(value) for value in series().values(AT)]
    last = y[0] + y[1] / 2 + y[2] / 8 + y[3] / 48
    assert cut.get_ydata()[-1] == pytest.approx(last, rel=1e-12)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("t", "loss")


def test_everything_with_a_picture_has_a_plot() -> None:
    mpl.use("agg")
    both = compare(FREE, "A-B", p=8, H=4, sigma=0.25, until=0.1, points=3, sizes=(), terms=1)
    labels = [line.get_label() for line in both.plot().get_lines()]
    assert labels == ["mean of 8 seeds", "exact series, 1 orders", "solution A-B"]
    found = regimes(cp_problem(order=4))
    for value in (found, found.fronts):
        axes = value.plot(ax=Figure().add_subplot())
        assert len(axes.texts) > 5
        assert value.to_png().startswith(b"\x89PNG")
    with pytest.raises(BadInput, match="ax: 'int'"):
        run().plot(ax=3)
    with pytest.raises(BadInput, match="format: 'axes'"):
        run().evidence.plot()


def test_tables_become_data_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = run().to_dataframe()
    np.testing.assert_allclose(frame["mean"], run().mean)
    np.testing.assert_allclose(frame["t"], run().times)
    terms = series().to_dataframe()
    assert [tuple(row) for row in terms[terms["s"] == 1].drop(columns="s").to_numpy()] == [
        (str(factor), *powers.values()) for powers, factor in series()[1]
    ]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(BadInput, match="pip install pandas"):
        run().to_dataframe()


def test_a_solution_is_read_back_by_deriving_it_again() -> None:
    text = solution().to_json()
    assert Solution.from_json(text) == solution()
    data = json.loads(text)
    for key, lie in (("expression", "p"), ("domain", "all t, surely"), ("kind", "ode")):
        with pytest.raises(BadInput, match=f"^{key}: .* follows from problem and regime"):
            Solution.from_json(json.dumps({**data, key: lie}))
    with pytest.raises(BadInput, match="evidence"):
        Solution.from_json(json.dumps({**data, "evidence": {"kind": "exact", "statement": "so"}}))
