"""The mean field as a road of ``solve``: where closures fail and melons lead."""

from __future__ import annotations

import math

import pytest

from diagrams import NotSolved, Solution, cp_problem, load_problem, solve
from diagrams.errors import OutsideDomain
from tests.truth.spelled import preset_file, respelled

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


def test_json_reads_back() -> None:
    found = solve(cp_problem(order=3, ties="asym", target="zero"), regime="A-B")
    again = Solution.from_json(found.to_json())
    assert again.kind == "mean_field"
    assert again.expr == found.expr


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
