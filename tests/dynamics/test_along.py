"""A scaling in the place of a regime: what leads along it, as a solution."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diagrams import Solution, compare, cp_problem, load_problem, solve
from diagrams.cli import main
from diagrams.dynamics.along import regime_along
from diagrams.errors import BadInput, NotSolved

SYSTEMS = Path(__file__).parents[2] / "docs" / "systems"
TANH = """
families = {hidden = "N", feature = "d"}
tensors.a = {families = ["hidden"], role = "trained", variance = 1, rate = "N"}
tensors.W = {families = ["hidden", "feature"], role = "trained", variance = 1, rate = "N"}
tensors.x = {families = ["feature"], role = "frozen", gram = 1}
model = {output = "a[k] tanh(W[k,i] x[i]) / N", target = "1"}
loss = {kind = "squared error", over = []}
"""
RIDGE = {"d": 40, "n": 60, "v": 1, "lambda": "1/2", "rho": 1, "T": 1}


@pytest.fixture(scope="module")
def ridge() -> Solution:
    return solve(load_problem(str(SYSTEMS / "ridge_regression.toml")), "d=1,n=delta*d")


def test_it_is_the_solution_of_the_regime_that_holds_the_scaling(ridge: Solution) -> None:
    """The whole front of ridge regression, d ~ n, found another way."""
    whole = solve(ridge.problem, "full")
    assert ridge.regime == "d=1,n=1"
    assert ridge.road == whole.road == "the spectrum of the kernel"
    one, other = (found.evaluate(RIDGE, t="1/4") for found in (ridge, whole))
    assert one.value == pytest.approx(other.value)


def test_it_reads_back(ridge: Solution) -> None:
    assert Solution.from_json(ridge.to_json()).formula == ridge.formula


def test_it_is_held_against_runs(ridge: Solution) -> None:
    found = compare(
        ridge.problem, "d=1,n=1", **RIDGE, until=1, points=3, seeds=8, sizes=(), terms=0
    )
    assert found.theory is not None
    assert found.regime == "d=1,n=1"


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(SYSTEMS / "spherical_spins.toml")
    assert main(["solve", spec, "--scaling", "N=1", "--format", "json", "--quiet"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["regime"], document["kind"]) == ("N=1", "mean_field")


def test_planar_problems_are_refused_along_a_scaling() -> None:
    problem = cp_problem(order=2, ties="asym", target="zero")
    with pytest.raises(NotSolved, match="the mean field misses .* first at order 3"):
        solve(problem, "p=1,H=y*p,sigma=p^(-1/2)")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("p=1", "no exponent of H"),
        ("p=1,H=2,q=1", "scaling: 'q' is not allowed"),
        ("p=1,H", "scaling: 'H' is not allowed"),
        ("p=2,H=2", "one size with exponent 1"),
        ("p=1,H=p+1", "scaling.H"),
        ("p=1,H=-1", "scaling.H: .* a size that grows or stays"),
    ],
)
def test_what_is_no_scaling_is_named(text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        regime_along(cp_problem(order=3), text)


def test_the_mean_field_of_functions_has_notes_and_no_next_order() -> None:
    found = solve(load_problem(TANH), "N=1")
    assert found.notes
    assert not any("time scale" in note for note in found.notes)  # no exponents were compared
    assert "order parameters are products" in found.at_finite_sizes([0], N=8, d=1, T=1).refusal


@pytest.mark.full
def test_a_report_says_that_the_kernel_moves(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(TANH, "utf-8")
    assert not main(["report", f"{tmp_path}/one.toml", "--out", f"{tmp_path}/out", "--terms", "1"])
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "At large width it moves, and one unit follows" in page
    assert "by the mean field" in page
