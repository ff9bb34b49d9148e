"""Index families whose size is a number: the same exact values, and no growth."""

from __future__ import annotations

import pytest
import sympy
from json_schemas import validator
from sympy import Rational

from diagrams import BadInput, expand, load_problem, regimes, simulate, solve
from diagrams.dynamics.refusals import fact_of_matrices

FILES = {
    "rows": """
families = {rank = {size = SIZE, index = "k"}, feature = {size = "p", index = "i"}}
tensors.u = {families = ["rank", "feature"], role = "trained", variance = "sigma^2"}
model = {output = "u[k,i] u[k,j]", target = "delta[i,j]"}
loss = {kind = "squared error", over = ["i", "j"]}
observables = {norm = "u[k,i]^2"}
""",
    "outputs": """
families = {out = SIZE, hidden = "H", feature = "p"}
tensors.a = {families = ["out", "hidden"], role = "trained", variance = "s^2"}
tensors.W = {families = ["hidden", "feature"], role = "trained", variance = "sigma^2"}
tensors.t = {families = ["out", "feature"], role = "frozen", variance = "1/p"}
model = {output = "a[k,h] W[h,i]", target = "t[k,i]"}
loss = {kind = "squared error", over = ["k", "i"]}
""",
}


@pytest.mark.parametrize("name", FILES)
def test_a_number_gives_what_its_symbol_gives_there(name: str) -> None:
    fixed = load_problem(FILES[name].replace("SIZE", "3"))
    free = load_problem(FILES[name].replace("SIZE", '"r"'))
    assert set(free.symbols) - set(fixed.symbols) == {"r"} == set(free.sizes) - set(fixed.sizes)
    ours, theirs = expand(fixed, 3), expand(free, 3)
    for s in range(4):
        there = theirs.derivative(s).subs(sympy.Symbol("r"), 3)
        assert sympy.expand(ours.derivative(s) - there) == 0


def test_runs_have_the_number_of_rows_that_is_written() -> None:
    problem = load_problem(FILES["rows"].replace("SIZE", "2"))
    run = simulate(problem, at={"p": 6, "sigma": 0.5}, until=4, seeds=200, points=2)
    start = expand(problem, 0).values({"p": 6, "sigma": Rational(1, 2)})[0]
    assert start == Rational(27, 8)
    assert abs(run.mean[0] - float(start)) < 5 * run.standard_error[0]
    assert run.mean[-1] == pytest.approx((6 - 2) / 2, abs=1e-6)  # two rows learn two directions


def test_fixed_sizes_do_not_grow() -> None:
    problem = load_problem(FILES["rows"].replace("SIZE", "2"))
    found = regimes(problem, terms=7)
    assert [(r.name, r.condition) for r in found] == [
        ("E-A", "p sigma^2 ~ 1"),
        ("A", "p sigma^2 -> inf"),
        ("E", "p sigma^2 -> 0"),
    ]
    assert fact_of_matrices(problem) == "an index of u[rank,feature] has 2 values, for good"
    assert solve(problem, "A").kind == "explicit"  # one mean that moves


@pytest.mark.parametrize("size", ["0", "-1", "2.5", "true", '"2"', "1000001"])
def test_sizes_that_are_no_counts(size: str) -> None:
    with pytest.raises(BadInput, match=r"families\.rank"):
        load_problem(FILES["rows"].replace("SIZE", size))


def test_the_schema_of_files_knows_them() -> None:
    import tomllib

    for size, fits in (("2", True), ('"r"', True), ("0", False), ("2.5", False)):
        data = tomllib.loads(FILES["rows"].replace("SIZE", size))
        assert validator("problem_file").is_valid(data) is fits
