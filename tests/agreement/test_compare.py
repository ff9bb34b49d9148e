"""Theory over experiment: every part against a computation of its own, and every refusal."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from json_schemas import checked

from diagrams import Agreement, BadInput, compare, cp_problem, load_problem, simulate, solve
from diagrams.agreement import agreement_of
from diagrams.problems.files import parse_problem

FREE = cp_problem(order=4, target="zero")
SYM4 = cp_problem(order=4)
UNSOLVED = cp_problem(order=2, ties="asym")


@cache
def free() -> Agreement:
    at: dict[str, Any] = {"p": 16, "H": 32, "sigma": 0.3, "until": 0.2, "seed": 3}
    return compare(FREE, "A-B", **at, seeds=16, points=21, terms=3, sizes=(8, 16, 32))


@cache
def ascent() -> Agreement:
    at: dict[str, Any] = {"p": 16, "H": 4, "sigma": 0.1}
    return compare(SYM4, **at, until=-0.02, seeds=8, points=11, terms=3)


@cache
def without() -> Agreement:
    return compare(UNSOLVED, "A-B", p=4, H=8, sigma=0.2, until=0.5, seeds=4, points=5, terms=2)


ALL = (free, ascent, without)


def loss(t: float, p: int, H: int, sigma: float) -> float:
    """The formula of edge A-B of order 4, written down here."""
    theta = 1 + 3 * H / p**2
    scale = theta * p**4 * H * sigma**8 / 2
    return float(scale * (1 + 24 * theta * (p * sigma**2) ** 3 * t) ** (-4 / 3))


def test_the_theory_is_the_formula_at_the_same_sizes_and_times() -> None:
    found = free()
    assert found.theory is not None
    for t, value in zip(found.times, found.theory.values, strict=True):
        assert value == pytest.approx(loss(t, 16, 32, 0.3), rel=1e-7)
    assert found.ratios()[5] == pytest.approx(found.curve[5] / loss(found.times[5], 16, 32, 0.3))


def test_the_simulation_is_that_of_simulate() -> None:
    found = free()
    run = simulate(FREE, p=16, H=32, sigma=0.3, until=0.2, seeds=16, points=found.times, seed=3)
    assert run == found.simulation
    assert {round(0.2 * k / 20, 12) for k in range(21)} <= {round(t, 12) for t in found.times}


def test_the_deviation_is_the_largest_difference_over_the_range() -> None:
    found = free()
    known = [loss(t, 16, 32, 0.3) for t in found.times]
    offs = [abs(a - b) for a, b in zip(found.simulation.mean, known, strict=True)]
    assert found.deviation == pytest.approx(max(offs) / (known[0] - known[-1]), rel=1e-6)


def test_sizes_follow_the_regime() -> None:
    """H/p^2 of the edge and t over its time p^3 sigma^6 stay; p itself is the main run."""
    scaling = free().scaling
    assert scaling is not None
    assert [point.size for point in scaling.points] == [8, 16, 32]
    for point in scaling.points:
        at = dict(point.sizes)
        assert at["H"] / at["p"] ** 2 == 32 / 16**2
        assert at["sigma"] == 0.3
        assert at["T"] / at["p"] ** 3 == pytest.approx(1 / 16**3)
    assert scaling.points[1].deviation == free().deviation
    assert scaling.points[0].seeds > 16


def test_the_deviation_at_another_size_is_that_of_a_run_there() -> None:
    scaling = free().scaling
    assert scaling is not None
    point = scaling.points[2]
    at = dict(point.sizes)
    times = [0.2 * k / 20 for k in range(20)] + [0.2]
    run = simulate(
        FREE, p=32, H=128, sigma=0.3, T=at["T"], until=0.2, seeds=point.seeds, seed=3, points=times
    )
    known = [loss(t / at["T"], 32, 128, 0.3) for t in times]
    offs = [abs(a - b) for a, b in zip(run.mean, known, strict=True)]
    assert point.deviation == pytest.approx(max(offs) / (known[0] - known[-1]), rel=1e-6)
    assert point.time == times[offs.index(max(offs))]


def test_the_series_holds_up_to_where_it_leaves() -> None:
    """Many seeds of a small model, where neither theory nor luck helps."""
    problem = cp_problem(order=3, ties="2+1")
    at: dict[str, Any] = {"p": 2, "H": 2, "sigma": 0.5}
    found = compare(problem, "E", **at, until=0.02, seeds=3000, points=6, terms=4, sizes=())
    assert found.series is not None
    leaves = found.series_leaves
    assert leaves is not None
    assert 0.003 < leaves < 0.02
    run = found.simulation
    checked = 0
    for t, mean, error in zip(run.times, run.mean, run.standard_error, strict=True):
        assert error is not None
        if t <= leaves:
            total, smallest = found.series.truncated(t)
            assert abs(mean - total) < 4 * error + smallest
            checked += 1
    assert checked > 5
    late = found.series.truncated(0.1)
    assert late[1] > 0.01 * late[0]


def test_for_negative_times_medians_are_compared_and_the_constant_left_out() -> None:
    found = ascent()
    assert found.statistic == "median"
    assert found.curve.tolist() == found.simulation.median.tolist()
    assert found.constant == 8
    assert found.theory is not None
    value = found.theory.values[5]
    assert value is not None
    assert found.ratios()[5] == pytest.approx((found.curve[5] - 8) / (value - 8))


def test_where_a_solution_ends_is_marked() -> None:
    """E[L] of A-B exists for t > -1/rate."""
    rate = 24 * (1 + 3 * 4 / 64) * 8**3 * 0.25**6
    at: dict[str, Any] = {"p": 8, "H": 4, "sigma": 0.25, "until": -1.31 / rate, "sizes": ()}
    found = compare(FREE, "A-B", **at, seeds=4, points=14, terms=-1)
    assert found.series is None
    assert found.theory is not None
    assert found.theory.ends == pytest.approx(-1 / rate, rel=1e-9)
    for t, value in zip(found.times, found.theory.values, strict=True):
        assert (value is None) == (t <= -1 / rate)
    assert "the solution ends here" in found.to_svg()
    assert math.isinf(found.deviation or 0) or found.scaling is None or found.scaling.points
    assert "ends at t = -" in str(found)


def test_a_regime_without_a_solution_keeps_series_and_simulation() -> None:
    found = without()
    assert found.theory is None
    assert found.scaling is None
    assert found.deviation is None
    assert "the closure misses" in found.unsolved
    assert all(map(math.isnan, found.ratios()))
    assert found.series is not None
    assert "not solved" in str(found)
    assert found.to_svg().count("simulation / solution") == 0


def test_a_time_side_without_a_solution() -> None:
    found = compare(SYM4, p=8, H=4, sigma=0.2, until=0.01, seeds=2, points=3, terms=0)
    assert found.theory is not None
    assert found.theory.empty
    assert found.theory.ends == 0
    assert "no Borel sum" in found.theory.refusal


def test_sizes_asked_for_are_taken() -> None:
    at: dict[str, Any] = {"p": 8, "H": 4, "sigma": 0.25, "until": 0.1, "seeds": 4, "points": 3}
    found = compare(FREE, "A-B", **at, sizes=(12, 4, 12), terms=-1)
    assert found.scaling is not None
    assert [point.size for point in found.scaling.points] == [4, 12]
    assert compare(FREE, "A-B", **at, sizes=(), terms=-1).scaling is None


def test_mean_and_median_are_told_apart_at_a_hard_edge() -> None:
    problem = cp_problem(order=2)
    at: dict[str, Any] = {"p": 8, "H": 8, "sigma": 8**-0.5, "seeds": 60, "points": 5}
    late = compare(problem, "E", **at, until=2, sizes=(), terms=-1)
    assert late.apart
    assert "median" in late.to_svg()
    assert "few seeds rule the mean" in str(late)


def test_an_existing_run_can_be_held_against_a_solution() -> None:
    run = simulate(FREE, p=8, H=4, sigma=0.25, until=1, seeds=3, points=5)
    held = agreement_of(run, solve(FREE, "A-B"))
    assert held.theory is not None
    assert held.theory.values[-1] == pytest.approx(loss(1.0, 8, 4, 0.25), rel=1e-7)
    with pytest.raises(BadInput, match="solution"):
        agreement_of(run, solve(SYM4, "A-B"))


@pytest.mark.parametrize("case", ALL)
def test_json_fits_its_schema_and_comes_back(case: Any) -> None:
    found = case()
    text = found.to_json("wickflow compare <&> \"'\n")
    checked(json.dumps(checked(text)["simulation"]))
    assert Agreement.from_json(text) == found
    assert hash(Agreement.from_json(text)) == hash(found)
    assert "Infinity" not in text
    assert "NaN" not in text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "wickflow.simulation/1"),
        (("regime",), 3),
        (("regime",), "two\nlines"),
        (("theory",), []),
        (("theory", "values"), [1.0]),
        (("theory", "values", 0), "1"),
        (("theory", "ends"), "soon"),
        (("theory", "evidence", "kind"), "certain"),
        (("series", "derivatives"), []),
        (("series", "T"), None),
        (("sizes", "points"), []),
        (("sizes", "points", 0, "seeds"), 0),
        (("sizes", "points", 0, "sizes"), {}),
        (("sizes", "scaling", "p"), "one"),
        (("notes",), "none"),
        (("unsolved",), None),
        (("simulation",), None),
        (("simulation", "losses", 0, 0), 1e3),
    ],
)
def test_what_was_not_written_is_not_read(path: tuple[Any, ...], value: object) -> None:
    data = json.loads(free().to_json())
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BadInput):
        Agreement.from_json(json.dumps(data))


@pytest.mark.parametrize("case", ALL)
def test_csv(case: Any) -> None:
    found = case()
    first, rest = found.to_csv("wickflow\ncompare").split("\n", 1)
    assert first.startswith("# cp:order=")
    rows = list(csv.DictReader(io.StringIO(rest)))
    assert [float(row["t"]) for row in rows] == list(found.times)
    assert [float(row["mean"]) for row in rows] == list(found.simulation.mean)
    values = [float(row["solution"]) if row["solution"] else None for row in rows]
    assert values == list(found.theory.values if found.theory else [None] * len(rows))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"p": 0}, "p"),
        ({"H": 2.5}, "H"),
        ({"sigma": -1}, "sigma"),
        ({"until": 0}, "until"),
        ({"points": 1}, "points"),
        ({"seeds": 0}, "seeds"),
        ({"terms": -2}, "terms"),
        ({"sizes": (1,)}, "sizes"),
        ({"sizes": "16"}, "sizes"),
        ({"regime": "Q"}, "regime"),
        ({"problem": "cp:order=4"}, "problem"),
        ({"scale": 2}, "scale"),
    ],
)
def test_refusals_name_the_field(changes: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"problem": FREE, "regime": "A-B", "p": 4, "H": 2, "sigma": 0.3}
    given |= {"until": 0.1, "points": 3, "seeds": 2, "sizes": (), **changes}
    with pytest.raises(BadInput) as refusal:
        compare(given.pop("problem"), **given)
    assert refusal.value.field.startswith(field)


def test_nothing_is_embedded_unescaped() -> None:
    found = without()
    run = replace(found.simulation, problem=replace(UNSOLVED, title="<script>&\"'"))
    svg = replace(found, simulation=run).to_svg()
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg


@pytest.mark.full
def test_nothing_is_divided_by_a_solution_that_crosses_the_constant() -> None:
    problem = cp_problem(order=2, ties="asym")
    found = compare(
        problem, "E-A", p=48, H=7, sigma=0.1, until=1, seeds=4, points=21, sizes=(), terms=-1
    )
    assert found.theory is not None
    known = [x for x in found.theory.values if x is not None]
    assert known[0] > 24 > known[-1]
    assert found.constant == 0
    assert all(0.9 < ratio < 1.1 for ratio in found.ratios())


def test_what_is_shown_does_not_depend_on_the_time_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine on which every look at the clock finds an hour gone chooses the same."""
    import time

    hours = iter(range(0, 10**9, 3600))
    at: dict[str, Any] = {"p": 4, "H": 4, "sigma": 0.5, "until": 0.05, "seeds": 2, "points": 3}
    quick = compare(FREE, "A-B", **at)
    for name in ("monotonic", "perf_counter", "process_time"):
        monkeypatch.setattr(time, name, lambda: float(next(hours)))
    slow = compare(FREE, "A-B", **at)
    monkeypatch.undo()
    assert slow == quick
    assert quick.series is not None
    assert quick.series.order == 3


OWN = """
families = {neuron = {size = "n", index = "k"}, input = {size = "N", index = "i"}}
tensors.w = {families = ["neuron", "input"], role = "trained", variance = "s^2"}
model = {output = "w[k,i1] w[k,i2] w[k,i3] w[k,i4]", target = "0"}
loss = {kind = "squared error", over = ["i1", "i2", "i3", "i4"]}
"""


def test_an_own_problem_is_compared_like_a_preset() -> None:
    """The problem of order 4 under other names: the same theory and sizes, simulated as written."""
    problem = parse_problem(OWN)
    at: dict[str, Any] = {"until": 0.25, "seeds": 2, "points": 5, "terms": 2}
    own = compare(problem, "A-B", N=4, n=4, s=0.5, **at)
    same = compare(FREE, "A-B", p=4, H=4, sigma=0.5, **at)
    assert own.theory is not None
    assert same.theory is not None
    assert own.theory.values == pytest.approx(same.theory.values, rel=1e-12)
    assert own.series is not None
    assert own.series == same.series
    assert own.scaling is not None
    assert same.scaling is not None
    assert own.scaling.lead == "N"
    renamed = {"p": "N", "H": "n", "sigma": "s", "T": "T"}
    assert dict(own.scaling.scaling) == {renamed[n]: e for n, e in same.scaling.scaling}
    assert [point.size for point in own.scaling.points] == [2, 4, 8]
    assert Agreement.from_json(own.to_json()) == own
    assert "N alone" not in str(own)


def test_sizes_outside_the_regime_are_said_to_be() -> None:
    """A is H/p^2 -> 0; at p = 4, H = 64 the terms of B are the larger ones."""
    at: dict[str, Any] = {"sigma": 0.3, "until": 0.01, "seeds": 2, "points": 3, "terms": -1}
    outside = compare(FREE, "A", p=4, H=64, sizes=(), **at)
    assert any("these sizes lie outside A: its terms make up" in note for note in outside.notes)
    assert "lie outside A" in str(outside)
    inside = compare(FREE, "A", p=64, H=1, sizes=(), **{**at, "until": 1e-4})
    assert inside.notes == ()


def test_equations_of_means_are_compared_at_twice_the_size() -> None:
    """Trees of trained vectors: the simulation comes nearer as 1/N, which exact orders show."""
    file = Path(__file__).parents[2] / "docs/systems/deep_linear_mean_field.toml"
    at = {"N": 32, "gamma": 1, "y": 1}
    found = compare(
        load_problem(str(file)), "F-D", until=0.5, at=at, seeds=48, points=6, sizes=(32, 64)
    )
    assert found.theory is not None
    assert found.theory.kind == "explicit"
    assert found.scaling is not None
    assert [point.size for point in found.scaling.points] == [32, 64]
    for point in found.scaling.points:
        assert point.deviation < 4 * (point.error or 0) + 2 / point.size
    (first, *_) = (part for part in found.scaling.exact if part.order == 1)
    off = dict(first.parts)
    assert off[32] == pytest.approx(2 * off[64], rel=0.05)
