"""Mean-field equations of melons: equal to exact coefficients, mutants that are not, curves."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import factorial

import numpy as np
import pytest

from diagrams.dynamics.face import face_of
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.roads.two_times.two_times import equations_on, mean_field_on, moving
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.flow import simulate
from diagrams.mean_fields.mean_field import MeanField, mean_field
from diagrams.mean_fields.melon_series import melon_taylor
from diagrams.mean_fields.melons import Factor, MelonEquations
from diagrams.mean_fields.summation import pade_sums
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem
from tests.mean_field.problems import problem

FREE = cp_problem(order=3, ties="asym", target="zero")
INSIDE = {"p": 1, "H": "y*p^2", "sigma": Fraction(-1, 2)}
TARGET = problem(
    'hidden "H" k, one "p" i, two "q" j, three "r" l',
    "u hiddenxone trained 1/p; v hiddenxtwo trained a^2/q; w hiddenxthree trained 1/r rate=2;"
    " G onextwoxthree frozen b/p",
    "u[k,i] v[k,j] w[k,l]",
    "G[i,j,l]",
    '["i", "j", "l"]',
)
SEVERAL = {"p": 1, "q": "f*p", "r": "p/2", "H": "y*p^2"}


@pytest.mark.parametrize(
    ("text", "scaling", "terms"),
    [
        ("cp:order=3,ties=asym,target=zero", INSIDE, 4),
        ("cp:order=4,ties=asym,target=zero", {**INSIDE, "H": "y*p^3"}, 2),
        ("cp:order=3,ties=asym,target=zero,decay=d", INSIDE, 3),
        ("cp:order=3,ties=asym,target=zero", {**INSIDE, "H": 1}, 3),  # H rows too few for noise
        (TARGET, SEVERAL, 2),
        pytest.param(TARGET, SEVERAL, 3, marks=pytest.mark.full),
        pytest.param(
            "cp:order=4,ties=asym,target=zero", {**INSIDE, "H": "y*p^3"}, 3, marks=pytest.mark.full
        ),
        pytest.param("cp:order=3,ties=asym,target=zero", INSIDE, 5, marks=pytest.mark.full),
    ],
)
def test_equal_to_exact_leading_coefficients(text: str, scaling: dict, terms: int) -> None:
    found = mean_field(load_problem(text), scaling)
    assert found.kind == "melons"
    certificate = found.certify(terms)
    assert certificate.first_difference is None, str(certificate)


@pytest.mark.parametrize(
    ("preset", "regime", "terms"),
    [
        ("cp:order=3,ties=asym,scale=c", "full", 3),
        ("cp:order=3,ties=asym", "C-D", 4),
        pytest.param("cp:order=3,ties=asym,scale=c", "full", 5, marks=pytest.mark.full),
        pytest.param("cp:order=4,ties=asym,scale=c", "full", 2, marks=pytest.mark.full),
    ],
)
def test_coordinates_under_a_target(preset: str, regime: str, terms: int) -> None:
    """The whole triangle, where noise, target and memory lead together."""
    found = mean_field_on(load_problem(preset), regime)
    assert isinstance(found.equations, MelonEquations)
    assert found.equations.coupling
    assert found.certify(3).first_difference is None
    face = face_of(load_problem(preset), regime, max(terms, 3))
    exact = certified(moving(found.equations, face, max(terms, 3)), face, "the mean field")
    assert exact.orders[-1] >= terms


@pytest.mark.full
def test_the_inside_of_the_triangle_lies_on_the_simulation() -> None:
    """Where noise, target and memory lead together; p = 32 is within a percent."""
    inside = cp_problem(order=3, ties="asym")
    at = {"p": 32, "H": 1024, "sigma": 0.1}
    curve = mean_field_on(inside, "full").integrate([0.5, 1], p=32, H=1024, sigma="1/10")
    run = simulate(inside, at={**at, "T": 1}, until=1, seeds=6, points=3)
    error = curve.errors + 4 * run.standard_error[1:] + 0.01 * curve.values
    assert np.all(np.abs(run.mean[1:] - curve.values) < error)


@pytest.mark.parametrize("part", ["coupling", "overlap"])
def test_mutants_under_a_target_are_caught(part: str) -> None:
    face = face_of(cp_problem(order=3, ties="asym"), "full", 3)
    equations = equations_on(face)
    wrong = replace(equations, **{part: 2 * getattr(equations, part)})
    with pytest.raises(NotSolved, match="the mean field"):
        certified(moving(wrong, face, 3), face, "the mean field")


def changed(found: MeanField, **changes: object) -> MeanField:
    equations = found.equations
    assert isinstance(equations, MelonEquations)
    factors = tuple(replace(f, **changes) for f in equations.factors)
    wrong = replace(equations, factors=factors)
    return replace(found, equations=wrong, derivatives=melon_taylor(wrong, 2))


@pytest.mark.parametrize("part", ["kappa", "stiff", "back", "noise"])
def test_mutants_are_caught(part: str) -> None:
    """No reaction of the output, no memory, gradients without noise, half of a response."""
    found = mean_field(FREE, INSIDE)
    factor = found.equations.factors[0]
    assert isinstance(factor, Factor)
    value = getattr(factor, part)
    half = tuple(v / 2 for v in value) if part == "back" else value / 2
    nothing = tuple(0 * v for v in value) if part == "back" else 0 * value
    for wrong in (half, nothing):
        assert changed(found, **{part: wrong}).certify(3).first_difference is not None


def test_order_two_is_planar_and_parts_at_s_3() -> None:
    with pytest.raises(NotSolved, match="differs at s = 3"):
        mean_field(cp_problem(order=2, ties="asym", target="zero"), {**INSIDE, "H": "y*p"})


@pytest.mark.parametrize(
    ("preset", "reason"),
    [
        ("cp:order=3,ties=sym,target=zero", "u stands in several factors: its trace modes"),
        ("cp:order=3,ties=asym,target=modular", "neither a square, a random target nor a decay"),
    ],
)
def test_what_fails_is_named(preset: str, reason: str) -> None:
    with pytest.raises(NotSolved, match=reason):
        mean_field(load_problem(preset), INSIDE)
    with pytest.raises(NotSolved, match=r"of order p\*\*"):
        mean_field(FREE, {**INSIDE, "sigma": 0})


def test_series_and_grid_agree() -> None:
    found = mean_field(FREE, INSIDE)
    curve = found.integrate([0, 0.1, 0.3], y=1)
    exact = [y.substitute({"y": 1}).terms[0][1] for y in found.taylor(12)]
    values, errors = pade_sums(exact, curve.times.tolist())
    assert np.all(np.abs(curve.values - values) <= curve.errors + errors + 1e-9)
    assert np.max(curve.errors) < 1e-5
    assert sum(float(y) * 0.01**s / factorial(s) for s, y in enumerate(exact)) == pytest.approx(
        found.integrate([0.01], y=1).values[0], rel=1e-7
    )


def test_late_times_are_reached_or_refused() -> None:
    found = mean_field(FREE, INSIDE)
    curve = found.integrate([100, 1000], y="1/5")
    assert curve.values[1] == pytest.approx(8.3746e-07, rel=1e-3)
    rested = found.integrate([1, 4], y=2)
    assert abs(rested.values[1]) < rested.errors[1] < 1e-6
    with pytest.raises(OutsideDomain, match="t = 1e\\+12 is beyond"):
        found.integrate([1e12], y=2)


@pytest.mark.full
def test_the_curve_lies_on_the_simulation() -> None:
    found = mean_field(FREE, INSIDE)
    p = 24
    run = simulate(
        FREE, at={"p": p, "H": p * p, "sigma": p**-0.5, "T": 1}, until=0.4, seeds=2, points=3
    )
    curve = found.integrate([0.2, 0.4], y=1)
    error = 4 * run.standard_error[1:] / p**2 + 0.1 * curve.values
    assert np.all(np.abs(run.mean[1:] / p**2 - curve.values) < error)


@pytest.mark.parametrize("variance", ["2/p", "a/p"])
def test_a_start_of_irrational_deviation_is_refused(variance: str) -> None:
    """With a target on the diagonal and three factors the root of a variance is a weight."""
    file = problem(
        'hidden "H" k, one "p" i',
        "; ".join(f"{name} hiddenxone trained {variance}" for name in "uvw"),
        "u[k,i] v[k,j] w[k,l]",
        "delta[i,j] delta[j,l]",
        '["i", "j", "l"]',
    )
    scaling = {"p": 1, "H": "p^2"}
    if variance == "a/p":
        assert mean_field(load_problem(file), scaling).certify(2).first_difference is None
        return
    with pytest.raises(NotSolved, match=r"the power 1/2 of the variance 2\*p\*\*\(-1\) is not ra"):
        mean_field(load_problem(file), scaling)
