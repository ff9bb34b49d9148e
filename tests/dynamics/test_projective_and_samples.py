"""Rich faces with decay as projective systems, zeros of denominators, samples of coordinates."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy

from diagrams import OutsideDomain, cp_problem, solve
from diagrams.dynamics.expressions.poles import first_pole

T = sympy.Symbol("t")
AT = {"p": 16, "H": 4, "sigma": "1/4", "T": 1}


def test_a_projective_solution_obeys_its_petal_equations_and_ends_where_they_do() -> None:
    solution = solve(cp_problem(order=2, ties="asym", decay="d"), "A-G-E-A0-E0", 4)
    for d, limit in ((0.5, 8 - 2 * 0.75), (2.0, 8.0)):
        x = np.array([1.0, 0.0])  # p E[v_1^2] = 16/16 and p E[v_1 v_2]
        n = 1000
        for _ in range(n):  # by hand: a' = 2b - 2da - 2aa, b' = 2a - 2db - 2ab
            rates = []
            for c in (0, 0.5, 0.5, 1):
                y = x + c / n * (rates[-1] if rates else 0)
                a, b = y
                rates.append(
                    np.array([2 * b - 2 * d * a - 2 * a * a, 2 * a - 2 * d * b - 2 * a * b])
                )
            x = x + (rates[0] + 2 * rates[1] + 2 * rates[2] + rates[3]) / (6 * n)
        loss = 8 + 4 * (x[0] ** 2 / 2 - x[1])
        assert float(solution.evaluate(AT, d=str(d), t=1)) == pytest.approx(loss, abs=1e-10)
        assert float(solution.evaluate(AT, d=str(d), t=20)) == pytest.approx(limit, abs=1e-8)
        (end,) = [e for e in solution.endings if e.condition == ("d < 1" if d < 1 else "d > 1")]
        values = {"p": 16, "H": 4, "d": sympy.Rational(str(d))}
        assert float(end.limit.subs(values)) == pytest.approx(limit)
    time = solution.existence_time(AT, d="1/3")
    assert time is not None
    near = float(time) * (1 - 1e-6)
    assert float(solution.evaluate(AT, d="1/3", t=near)) > 1e10
    with pytest.raises(OutsideDomain, match="time of existence"):
        solution.evaluate(AT, d="1/3", t=float(time) * 1.001)


def test_a_double_zero_of_a_denominator_is_not_missed() -> None:
    grown = sympy.exp(T / 3)
    for one, two in ((sympy.Rational(3, 7), 2), (sympy.Rational(11, 7), 3)):
        planted = (grown - sympy.exp(one / 3)) ** 2 * (grown - sympy.exp(sympy.Integer(two) / 3))
        found = first_pole((sympy.expand(planted * sympy.exp(-T)),), T, {}, sympy.oo)
        assert abs(found - mpmath.mpf(one.p) / one.q) < 1e-10


def test_large_samples_of_coordinates_come_near_the_solution() -> None:
    solution = solve(cp_problem(order=4), "full", 4)
    at = {"p": 64, "H": 64, "sigma": "1/20", "t": "-1/20"}
    exact = float(solution.evaluate(at))
    (small, large) = (
        abs(solution.sample(at, coordinates=n, seed=1).value - exact) for n in (100, 20000)
    )
    assert large < small
    assert large < 1e-3


def test_a_sample_of_odd_ties_names_its_spike_time() -> None:
    solution = solve(cp_problem(order=3), "D")
    at = {"p": 64, "H": 64, "sigma": "1/5"}
    found = solution.sample(at, t="1/50", coordinates=12, seed=1)
    assert found == solution.sample(at, t="1/50", coordinates=12, seed=1)
    assert "finite sample" in str(found)
    assert found.evidence.kind.value == "numerical"
    with pytest.raises(OutsideDomain, match="spike time"):
        solution.sample(at, t=10, coordinates=12, seed=1)
