"""The mean field as a road of ``solve``: where closures fail, and trees or melons lead."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dynamics.by_road import by

from diagrams import NotSolved, Solution, cp_problem, expand, load_problem, simulate, solve
from diagrams.dynamics.face import face_of
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.two_times.two_times import ByTwoTimes, equations_on, moving
from diagrams.errors import BadInput, OutsideDomain
from diagrams.mean_fields.equations import Field, TreeEquations
from tests.truth.spelled import preset_file, respelled

ROOT = Path(__file__).parents[2]
AT = {"p": 64, "H": 8192, "sigma": "1/8", "T": 1}


@pytest.fixture(scope="module")
def edge() -> Solution:
    """The edge A-B of asymmetric order 3, which no closure reaches."""
    return solve(cp_problem(order=3, ties="asym", target="zero"), regime="A-B", terms=4)


def test_the_edge_is_certified_through_s_3_and_more(edge: Solution) -> None:
    assert edge.kind == "mean_field"
    assert edge.road == "the mean field"
    assert edge.evidence.checked_to is not None
    assert edge.evidence.checked_to >= 3
    assert edge.domain == "t >= 0"


def test_values_are_sums_of_the_leading_terms_at_early_times(edge: Solution) -> None:
    """Against the exact leading coefficients at p sigma^2 = 1, y = H/p^2 = 2, written down here."""
    y, t = 2, 0.002
    exact = [y / 2, -3 * y**2 - 3 * y, 18 * y**3 + 66 * y**2 + 30 * y]
    exact.append(-108 * y**4 - 1008 * y**3 - 1464 * y**2 - 420 * y)
    total = sum(c * t**s / math.factorial(s) for s, c in enumerate(exact))
    value = edge.evaluate(**AT, t="1/500").value
    assert float(value) / 64**2 == pytest.approx(total, rel=1e-5)


def test_late_values_have_errors_and_times_before_zero_are_refused(edge: Solution) -> None:
    one, other = edge.values(["1/4", 1], **AT)
    assert 0 < other.value < one.value
    assert other.error < 0.01 * other.value
    with pytest.raises(OutsideDomain, match="from t = 0 on"):
        edge.evaluate(**AT, t=-1)


@pytest.mark.parametrize(
    ("preset", "regime", "terms"),
    [
        ("cp:order=3,ties=asym,target=zero", "A-B", None),
        ("cp:order=3,ties=asym,target=zero", "A-B", 4),
        ("cp:order=4,target=zero", "A-B", 4),
        ("docs/systems/deep_linear_mean_field.toml", "F-D", None),
        pytest.param("docs/systems/deep_linear_mean_field.toml", "F-D", 6, marks=pytest.mark.full),
    ],
)
def test_json_reads_back(preset: str, regime: str, terms: int | None) -> None:
    """Also where other orders than those by default were compared."""
    spec = preset if preset.startswith("cp:") else str(ROOT / preset)
    found = solve(load_problem(spec), regime, terms)
    again = Solution.from_json(found.to_json())
    assert (again.kind, again.expr, again.evidence) == (found.kind, found.expr, found.evidence)
    assert again.conditions == found.conditions


def test_orders_that_nobody_compared_do_not_read_back() -> None:
    text = solve(cp_problem(order=4, target="zero"), "A-B", 4).to_json()
    with pytest.raises(BadInput, match="evidence.checked_to: 150 is not allowed"):
        Solution.from_json(text.replace('"checked_to": 4', '"checked_to": 150'))


def test_names_decide_nothing(edge: Solution) -> None:
    names = {"p": "H", "H": "p", "sigma": "N", "hidden": "feature", "feature": "hidden", "u": "W"}
    renamed = load_problem(
        respelled(preset_file(cp_problem(order=3, ties="asym", target="zero")), names)
    )
    found = solve(renamed, regime="A-B", terms=4)
    value = found.evaluate(H=64, p=8192, N="1/8", T=1, t=1)
    assert value.value == pytest.approx(edge.evaluate(**AT, t=1).value)


def test_a_decay_is_part_of_it() -> None:
    found = solve(cp_problem(order=3, ties="asym", target="zero", decay="d"), regime="A-B", terms=4)
    assert found.kind == "mean_field"


@pytest.mark.full
def test_a_target_of_lower_order_is_left_out() -> None:
    found = solve(cp_problem(order=3, ties="asym"), regime="A-B")
    assert found.kind == "mean_field"
    assert found.evidence.checked_to == 6


def test_order_two_is_refused_at_s_3() -> None:
    with pytest.raises(NotSolved, match="the mean field misses .* first at order 3"):
        solve(cp_problem(order=2, ties="asym", target="zero"), regime="A-B", terms=4)


def test_order_two_with_a_target_is_refused_at_s_3() -> None:
    with pytest.raises(NotSolved, match="the mean field misses .* first at order 3"):
        solve(cp_problem(order=2, ties="asym"), regime="A-B", terms=4)


def test_the_whole_triangle_is_reached() -> None:
    """Coordinates under the target, against the exact Y_0 and Y_1 of the series."""
    found = solve(cp_problem(order=3, ties="asym", scale="c"), regime="full", terms=3)
    assert found.kind == "mean_field"
    at = {"p": 32, "H": 1024, "sigma": "1/10", "c": 1, "T": 1}
    start, later = found.values([0, "1/1000"], **at)
    assert start.value == pytest.approx(32**3 * 1024 / 2e6 + 16)
    slope = -3 * (32**5 * 1024 / 1e10 + 32**3 * 1024**2 / 1e10 + 32 * 1024 / 1e4)
    assert (later.value - start.value) * 1000 == pytest.approx(slope, rel=0.01)


# -- trees --------------------------------------------------------------------------------------

DEEP = "docs/systems/deep_linear_mean_field.toml"
DIAGONAL = "docs/systems/diagonal_linear.toml"
FEATURES = "benchmarks/files/random_features.toml"
MIXTURE = "docs/systems/gaussian_mixture.toml"
NTK = "docs/systems/ntk_one_hidden_layer.toml"
TREES: list[Any] = [
    (DEEP, "F-D", {"N": 400, "gamma": "1", "y": "1"}, 1),
    (FEATURES, "full", {"N": 200, "n": 100, "d": 100}, 0.5),
    (NTK, "F-E", {"N": 400, "d": 20, "y": "20"}, 0.5),
    pytest.param(
        *(MIXTURE, "full", {"n": 400, "d": 200, "Delta": "1", "lambda": "1/2"}, 2),
        marks=pytest.mark.full,
    ),
    pytest.param(
        *(DIAGONAL, "full", {"n": 200, "d": 200, "alpha": "1", "rho": "1"}, 2),
        marks=pytest.mark.full,
    ),
]


@pytest.mark.parametrize(("file", "regime", "at", "until"), TREES)
def test_trees_lie_on_the_simulation(
    file: str, regime: str, at: dict[str, Any], until: float
) -> None:
    problem = load_problem(str(ROOT / file))
    found = by(ByTwoTimes(), face_of(problem, regime))
    assert (found.kind, found.road) == ("mean_field", "the mean field")
    assert (found.evidence.checked_to or 0) >= 3
    run = simulate(problem, at=at, until=until, seeds=8, points=5)
    told = found.values([str(t) for t in run.times], at)
    for value, mean, error in zip(told, run.mean, run.standard_error, strict=True):
        assert abs(value.value - mean) < value.error + 4 * error + 0.03 * mean


@pytest.mark.parametrize(
    ("file", "regime", "at", "rate"),
    [
        (DEEP, "F-D", {"N": 10**7, "gamma": 2, "y": 3}, 20),
        (DIAGONAL, "full", {"n": 10**7, "d": 3 * 10**7, "alpha": 2, "rho": 7}, 100),
        (DIAGONAL, "G-D", {"n": 10**13, "d": 10**4, "alpha": 1, "rho": 3}, 1e10),
        (FEATURES, "C", {"N": 10**3, "n": 10**9, "d": 10**9}, 1e7),
        (MIXTURE, "full", {"n": 10**7, "d": 2 * 10**7, "Delta": 2, "lambda": 3}, 20),
    ],
)
def test_early_values_are_those_of_whole_coefficients(
    file: str, regime: str, at: dict[str, int], rate: float
) -> None:
    """All terms of Y_0 to Y_3 at large sizes, counted diagram by diagram; T is a unit of time."""
    problem = load_problem(str(ROOT / file))
    exact = [float(y) for y in expand(problem, 3).values(at)]
    t = 0.05 / rate
    total = sum(y * t**s / math.factorial(s) for s, y in enumerate(exact))
    moved = solve(problem, regime).evaluate(at, T=3, t=str(3 * t)).value
    assert float(moved) == pytest.approx(total, rel=3e-4)
    assert float(moved) != pytest.approx(exact[0], rel=1e-3)


@pytest.mark.full
def test_late_times_of_three_spins() -> None:
    """Near the threshold, and above it; two grids agree to far less."""
    spins = load_problem(str(ROOT / "docs/systems/spherical_spins.toml"))
    (value,) = solve(spins, "N=1").values([1000], N=1000)
    assert 0 < value.value + 2000 / 3**0.5 < 4
    assert value.error < 0.1


def test_trees_without_their_memory_are_caught() -> None:
    face = face_of(load_problem(str(ROOT / DIAGONAL)), "full")
    equations = equations_on(face)
    assert isinstance(equations, TreeEquations)
    certified(moving(equations, face, 3), face, "the mean field")
    without = [replace(k, memory=()) if isinstance(k, Field) else k for k in equations.met]
    wrong = replace(equations, met=tuple(without))
    with pytest.raises(NotSolved, match="the mean field misses .* first at order 1"):
        certified(moving(wrong, face, 3), face, "the mean field")


def test_names_decide_nothing_for_trees() -> None:
    text = (ROOT / FEATURES).read_text(encoding="utf-8")
    renamed = respelled(text, {"N": "L", "n": "q_1", "d": "tau", "a": "h_1", "x": "E"})
    found = solve(load_problem(renamed))
    other = solve(load_problem(text))
    value = found.evaluate(L=200, q_1=100, tau=100, t="1/8")
    assert value.value == pytest.approx(other.evaluate(N=200, n=100, d=100, t="1/8").value)


@pytest.mark.parametrize(
    ("file", "regime", "reason"),
    [
        (
            "tests/dynamics/stated/three_indices.toml",
            "A-B",
            "descends: the matrices W, W, W, W close a cycle in sum",
        ),
        (NTK, "A-F", "L does not move at the order that powers of its trees allow"),
        (FEATURES, "B-C", "N of order L\\*\\*2, .* raise each other's powers without end"),
        (
            "benchmarks/files/linear_attention.toml",
            "full",
            r"the matrix U closes a cycle in sum\[i1\] U\[i1,i1\]",
        ),
    ],
)
def test_what_keeps_trees_off_is_named(file: str, regime: str, reason: str) -> None:
    face = face_of(load_problem(str(ROOT / file)), regime)
    with pytest.raises(NotSolved, match=reason):
        by(ByTwoTimes(), face)
