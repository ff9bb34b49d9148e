"""Mean-field equations of vectors whose entries are not Gaussian."""

from __future__ import annotations

import pytest

from diagrams.errors import BadInput, NotSolved
from diagrams.flow.running import simulate
from diagrams.mean_fields.mean_field import MeanField, mean_field
from diagrams.mean_fields.sampling import Sampled
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_problem

FILE = """
[families]
sample = {{ size = "n", index = "s" }}
feature = {{ size = "d", index = "i" }}
[tensors.u]
families = ["feature"]
role = "trained"
{u}
[tensors.X]
families = ["sample", "feature"]
role = "frozen"
{X}
[tensors.t]
families = ["feature"]
role = "frozen"
{t}
[model]
output = "u[i] u[i] X[s,i]"
target = "t[i] X[s,i]"
[loss]
kind = "squared error"
over = ["s"]
"""
SCALING = {"d": 1, "n": "delta*d"}
SIGNS = 'law = "rademacher"\nvariance = 1'
SKEW = 'moments = [0, 2, 2, 6, 10, 22, 42, 86, 170, 342, 682, 1366]\nvariance = "1/4"'


def diagonal(u: str, t: str = "variance = 1", X: str = 'variance = "1/d"') -> Problem:
    """A diagonal network, quadratic in its weights, that learns a random vector."""
    return parse_problem(FILE.format(u=u, t=t, X=X))


def limit(u: str, t: str = "variance = 1") -> MeanField:
    return mean_field(diagonal(u, t), SCALING)


@pytest.mark.parametrize(
    ("u", "t"),
    [
        (SIGNS, 'law = "uniform"\nvariance = 4'),
        (SKEW, SIGNS),
        pytest.param(
            'moments = ["q", "q", "q", "q", "q", "q", "q", "q", "q", "q", "q", "q"]',
            "variance = 1",
            marks=pytest.mark.full,
        ),
    ],
)
def test_exact_coefficients(u: str, t: str) -> None:
    """Leading levels of exact coefficients at all sizes: nothing of them is used for the limit."""
    found = limit(u, t).certify(2)
    assert (found.terms, found.first_difference) == (2, None)


def test_gaussian_moments() -> None:
    by_moments = limit("moments = [0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395]").taylor(2)
    assert by_moments == limit("variance = 1").taylor(2) != limit(SIGNS).taylor(2)


@pytest.mark.parametrize("u", [SIGNS, SKEW, 'law = "uniform"\nvariance = 1'])
def test_sampled_sites_against_taylor(u: str) -> None:
    """Runge and Kutta's rule on sites of the law, against the exact start of the series."""
    found, grid = limit(u), [0.0, 0.002, 0.004]
    curve = Sampled(found.equations, {"delta": 2.0}, grid, 400, 1).run()  # type: ignore[arg-type]
    first, slope, bend = (float(y.substitute({"delta": 2}).terms[0][1]) for y in found.taylor(2))
    for time, value in zip(grid, curve, strict=True):
        exact = first + slope * time + bend * time**2 / 2
        assert abs(value - exact) < 0.12 * first + 0.02 * abs(slope * time)
    assert curve[2] < curve[1] < curve[0]


@pytest.mark.full
@pytest.mark.parametrize("u", [SIGNS, SKEW])
def test_curves_against_simulation(u: str) -> None:
    found, size = limit(u), 60
    curve = found.integrate([0.05, 0.15], delta=2)
    at = {"d": size, "n": 2 * size}
    run = simulate(diagonal(u), until=0.15, points=[0.05, 0.15], seeds=24, at=at)
    for place in (0, 1):
        spread = 4 * run.standard_error[place] / size + curve.errors[place] + 3 / size
        assert abs(run.mean[place] / size - curve.values[place]) < spread


def test_the_law_is_written() -> None:
    law = 'moments = [0, 1, 0, "kappa_4", 0, 5, 0, 8, 0, 10, 0, 11]'
    found = limit(law, SIGNS)
    assert "t(0) ~ sqrt(1) x, x: rademacher" in str(found)
    assert "u(0) ~ sqrt(1) x, x: central moments 0, 1, 0, kappa_4, 0, 5, 0" in str(found)
    assert r"\xi: \text{rademacher}" in found.to_latex()
    assert found.equations.parameters == ("delta", "kappa_4")


def test_refusals() -> None:
    with pytest.raises(NotSolved, match="the entries of the matrix X are not Gaussian"):
        mean_field(diagonal(SIGNS, X='law = "rademacher"\nvariance = "1/d"'), SCALING)
    with pytest.raises(NotSolved, match="the moment k of u changes with the size: no one law"):
        mean_field(diagonal('moments = [0, 1, 0, "k"]'), {**SCALING, "k": "d"})
    short = limit('moments = [0, 1, 0, "k", 0, "k2", 0, 1]')
    with pytest.raises(BadInput, match=r"tensors.u.moments: .* the moment of order 10"):
        short.taylor(4)
    with pytest.raises(BadInput, match="tensors.u.moments: .* moments that some law has"):
        short.integrate([0.1], delta=2, k="1/2", k2=1)
