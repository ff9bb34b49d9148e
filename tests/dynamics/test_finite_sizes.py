"""Next order and variance of solved regimes: certified, and beside simulations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational

from diagrams import cp_problem, load_problem, simulate, solve
from diagrams.dynamics import finite_sizes as room
from diagrams.dynamics.face import exact_regimes
from diagrams.dynamics.finite_sizes import finite_size_curve, finite_sizes
from diagrams.errors import NotSolved
from diagrams.flow import FlowSettings
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.expanding import expanded
from diagrams.problems.problem import Problem
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import expand

SYSTEMS = Path("docs/systems")


def _problem(name: str) -> Problem:
    return load_problem(str(SYSTEMS / f"{name}.toml"))


@pytest.mark.parametrize(
    ("name", "regime", "order"),
    [
        ("deep_linear_mean_field", "F-D", 2),
        ("deep_linear_mean_field", "A-F", 4),  # lazy: the output is all spread
        ("phase_retrieval_population", "E-A", 2),
        ("balanced_attention", "A-B", 2),
    ],
)
def test_regimes_of_files_are_certified(name: str, regime: str, order: int) -> None:
    problem = _problem(name)
    found = finite_sizes(problem, exact_regimes(problem)[0][regime])
    assert found.expansion.order == order
    assert f"expanded to {order} deviations" in found.evidence.statement


def test_a_preset_is_certified_and_another_regime_of_it_refused() -> None:
    problem = cp_problem(order=2)
    known, _ = exact_regimes(problem)
    assert finite_sizes(problem, known["B-E"]).evidence.checked_to == 3
    with pytest.raises(NotSolved, match="fluctuate too much: of u_u: the variance misses"):
        finite_sizes(problem, known["A-B"])


def test_where_nothing_closes_the_refusal_says_so() -> None:
    problem = cp_problem(order=3, ties="asym")
    values = {"p": Rational(8), "H": Rational(64), "sigma": Rational(1, 4)}
    found = finite_size_curve(problem, exact_regimes(problem)[0]["B-C"], values, (Rational(1),))
    assert found.refusal.startswith("no order parameters obey closed equations")
    assert (found.mean, found.variance) == ((), ())


def test_two_levels_and_the_variance_are_exact_to_the_term() -> None:
    """At the scaling of F-D: terms 1 and 1/N of the mean, 1/N of the variance, no others held."""
    problem = _problem("deep_linear_mean_field")
    made = expanded(close(problem, ["hidden"]))
    mean, variance = made.derivatives(3, 2)
    exact = expand(problem, 3).coefficients
    spread = cumulant(problem, ("loss", "loss"), 2).coefficients
    pairs = [*zip(mean, exact, strict=True), *zip(variance, spread, strict=True)]
    for said, known in pairs:
        assert all(dict(powers).get("N", 0) < -1 for powers, _ in (said - known).terms)
    assert mean[2] != exact[2]  # the expansion is not the exact coefficient itself


def test_a_wrong_mean_is_found_out() -> None:
    problem = _problem("deep_linear_mean_field")
    made = expanded(close(problem, ["hidden"]))
    mean, _ = made.derivatives(1, 1)
    exact = expand(problem, 1).coefficients
    scaling = {"N": 1, "y": 0, "gamma": 0}
    room._compare("it", mean, exact, scaling, 2)
    with pytest.raises(NotSolved, match="it misses 1/2\\*N.*first at order 0"):
        room._compare("it", [mean[0].substitute({"N": 2 * 10**6}), mean[1]], exact, scaling, 2)


def test_the_gap_to_runs_falls_with_the_square_of_the_size() -> None:
    solution = solve(_problem("deep_linear_mean_field"), "F-D")
    gaps, leading, errors = [], [], []
    for N in (6, 18):
        at = {"N": N, "y": 1, "gamma": 1}
        run = simulate(
            solution.problem,
            until=1.0,
            at=at,
            seeds=3000,
            points=2,
            settings=FlowSettings(tolerance=1e-4, check=False),
        )
        found = solution.at_finite_sizes([1], at)
        gaps.append(float(found.mean[0]) - run.mean[-1])
        leading.append(float(solution.evaluate(at, t=1, size_limit=True)) - run.mean[-1])
        errors.append(2 * run.standard_error[-1])
        assert found.deviation[0] == pytest.approx(np.std(run.losses[:, -1]), rel=12 / N)
    assert abs(gaps[1]) < abs(gaps[0]) / 9 + errors[1] + errors[0] / 9
    assert abs(gaps[1]) < abs(leading[1]) / 3


def test_the_plateau_of_phase_retrieval_ends_where_runs_leave_it() -> None:
    solution = solve(_problem("phase_retrieval_population"), "E-A")
    found = solution.at_finite_sizes([0, "1/10", 1], N=64, q0=1)
    assert found.escape is not None
    assert found.escape.large == "N"  # the name of the problem, whatever derivations call it
    assert len(found.mean) == 2  # t = 1 is no more typical
    assert float(found.mean[0]) == pytest.approx(2 + 4 / 64)  # exactly 2 + 4/N, by hand
    assert json.dumps(found.escape.sentence).count("log N") == 1
