"""Lazy faces under weight decay: against exact coefficients, an ODE solver and simulations."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import mpmath
import pytest
from dynamics.by_road import by

from diagrams import NotSolved, cp_problem, expand, simulate, solve
from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.face import Known, exact_regimes, face_of
from diagrams.dynamics.roads.kernels.equation import ShrinkingKernel
from diagrams.dynamics.roads.kernels.shrinking import ByShrinkingKernel, shrinking_kernel
from diagrams.dynamics.solution import Solution
from diagrams.flow import FlowSettings
from diagrams.problems.structure import structure

SIZES = {"p": 6, "H": 9, "sigma": "1/2", "lambda": "2/7", "T": 3}
FACES = ("B-C-A0-E0", "B-A0", "C-E0", "A0-E0", "A0", "E0", "B-C", "B", "C")


@lru_cache
def known(order: int) -> Known:
    return exact_regimes(cp_problem(order=order, ties="asym", decay="lambda"), 4)


def lazy(order: int, regime: str) -> Solution:
    problem = cp_problem(order=order, ties="asym", decay="lambda")
    return solve(problem, regime, known=known(order))


@pytest.mark.parametrize("order", [2, pytest.param(3, marks=pytest.mark.full)])
@pytest.mark.parametrize("regime", FACES)
def test_lazy_faces_are_solved(order: int, regime: str) -> None:
    solution = lazy(order, regime)
    assert solution.kind == "explicit"
    assert (solution.evidence.checked_to or 0) >= 4
    # a closure of petals that only fall holds for all t > 0
    assert solution.domain == "all t" or solution.domain.startswith("all t > 0; t < 0 while")


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("decay", ["2/7", "-2/7"])
def test_numbers_are_those_of_the_linear_equation(order: int, decay: str) -> None:
    """f' = -K (f - F) - nu lambda f, K = nu H sigma^(2 nu - 2) exp(-(2 nu - 2) lambda t)."""
    solution = lazy(order, "B-C-A0-E0")
    p, width, sigma, rate = 6, 9, mpmath.mpf(1) / 2, mpmath.mpf(Fraction(decay).numerator) / 7
    with mpmath.workdps(25):
        kappa = order * width * sigma ** (2 * order - 2)

        def slope(t: mpmath.mpf, y: list[mpmath.mpf]) -> list[mpmath.mpf]:
            kernel = kappa * mpmath.exp(-(2 * order - 2) * rate * t)
            h, a = y
            return [-kernel * h + order * rate * (1 - h), -(kernel + order * rate) * a]

        h, a = mpmath.odefun(slope, 0, [1, 1])(mpmath.mpf(1) / 2)
        variance = p**order * width * sigma ** (2 * order) / 2
        expected = variance * a**2 + p * h**2 / 2
        seen = solution.evaluate({**SIZES, "lambda": decay, "t": "3/2"}, digits=18).value
        assert abs(seen / expected - 1) < 1e-13


def test_coefficients_of_the_whole_expansion() -> None:
    problem = cp_problem(order=2, ties="asym", decay="lambda")
    face = face_of(problem, "B-C-A0-E0", known=known(2))
    exact = expand(problem, 5)
    kernel = shrinking_kernel(problem, face.regime, 5, structure(problem).constant)
    assert isinstance(kernel, ShrinkingKernel)
    scaling = face.regime.scaling
    for s, said in enumerate(kernel.coefficients(5)):
        if s:
            assert leading_part(exact.coefficient(s), scaling) == said


def test_a_vanishing_decay_is_the_frozen_kernel() -> None:
    decayed = lazy(3, "B-C-A0-E0")
    frozen = solve(cp_problem(order=3, ties="asym"), "B-C")
    at = {**SIZES, "t": "1/2"}
    one = decayed.evaluate({**at, "lambda": 0}, digits=20)
    del at["lambda"]
    assert abs(one.value - frozen.evaluate(at, digits=20).value) < 1e-18
    near = decayed.evaluate({**SIZES, "t": "1/2", "lambda": "1/1000000"}, digits=20)
    assert 0 < abs(near.value - one.value) < 1e-4


def test_where_more_leads_the_kernel_is_refused() -> None:
    """There the mean field goes on."""
    problem = cp_problem(order=3, ties="asym", decay="lambda")
    face = face_of(problem, "A-B-A0", known=known(3))
    with pytest.raises(NotSolved, match="shrinking kernel misses"):
        by(ByShrinkingKernel(), face)
    assert lazy(3, "A-B-A0").kind == "mean_field"


def test_simulations_approach_the_formula_as_sizes_grow() -> None:
    """The loss falls, then rises again as decay wins.  H = p^3, p H sigma^4 = 1, lambda = p/4."""
    problem = cp_problem(order=2, ties="asym", decay="lambda")
    solution = lazy(2, "B-C-A0-E0")
    off = []
    for p in (4, 8):
        at = {"p": p, "H": p**3, "sigma": 1 / p, "lambda": p / 4}
        run = simulate(
            problem, **at, until=6 / p, seeds=8, points=5, settings=FlowSettings(check=False)
        )
        sizes = {"p": p, "H": p**3, "sigma": Fraction(1, p), "lambda": Fraction(p, 4)}
        formula = [float(solution.evaluate({**sizes, "t": t}).value) for t in run.times]
        assert formula[0] > formula[1] < formula[-1]
        off.append([abs(seen / said - 1) for seen, said in zip(run.mean, formula, strict=True)])
    assert off[1][-1] < off[0][-1] / 2
    assert max(off[1]) < 0.1
