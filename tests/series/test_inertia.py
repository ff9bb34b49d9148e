"""Flow with momentum: coefficients against power series written out, known motions, runs."""

from __future__ import annotations

import re
from fractions import Fraction
from math import comb

import numpy as np
import pytest
import sympy
from command_line import Capture, refused, run
from json_schemas import checked
from scipy.integrate import solve_ivp
from truth.random_problems import value
from truth.written import Written

from diagrams import cp_problem, expand
from diagrams.errors import BadInput
from diagrams.flow.running import simulate
from diagrams.graphs.tensors import Role
from diagrams.order_parameters.closing import close
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import parse_problem
from diagrams.series.descent import descent
from diagrams.series.expansion import Series
from diagrams.series.inertia import expand_inertial
from tests.series.test_linear_losses import random_file

FRICTIONS = (("c", Fraction(2, 5), Fraction(0)), ("3/t", Fraction(0), Fraction(3)), ("0", 0, 0))
QUICK = (1, 2, 4, 9, 18, 23, 27, 31)

SPRING = """
families = { one = 1 }
tensors.w = { families = ["one"], role = "trained", variance = "v" }
model = { output = "w[i]", target = "0" }
loss = { kind = "squared error", over = [] }
"""


def check(seed: int) -> int:
    """Compare one file at some sizes; how many coefficients beyond the first are not zero."""
    text = random_file(seed).replace('constraint = "sphere"\n', "")
    problem = parse_problem(text)
    degree = max(
        sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)
        for diagram, _ in problem.potential
    )
    factors = max(len(diagram.edges) for diagram, _ in problem.potential)
    terms, compared = 4 if degree <= 2 or factors <= 4 else 3, 0
    name, constant, over_time = FRICTIONS[seed % 3]
    series = expand_inertial(problem, terms, name)
    for sizes in ({"N": 1, "d": 2}, {"N": 2, "d": 1}):
        written = Written(text, sizes)
        if len(written.place) > 10 - factors:
            continue
        truth = written.inertial(terms, Fraction(constant), Fraction(over_time))
        at = {size: Fraction(n) for size, n in sizes.items()} | {"c": Fraction(constant)}
        assert [value(y, at) for y in series] == truth, (seed, sizes)
        compared += sum(map(bool, truth[1:]))
    return compared


def test_random_files() -> None:
    assert sum(map(check, QUICK)) > 10


@pytest.mark.full
@pytest.mark.parametrize("block", range(3))
def test_more_random_files(block: int) -> None:
    assert sum(check(seed) for seed in range(20 * block, 20 * block + 20)) > 10


def test_a_spring() -> None:
    """``w'' + 5/2 w' = -w`` decays by 1/2 and 2; ``w'' + 3/t w' = -w`` is ``2 J_1(t)/t``."""
    t = sympy.Symbol("t")
    damped = (4 * sympy.exp(-t / 2) - sympy.exp(-2 * t)) / 3
    bessel = sum(
        (-1) ** k * (t / 2) ** (2 * k) / (sympy.factorial(k) * sympy.factorial(k + 1))
        for k in range(5)
    )
    for friction, motion in (("5/2", damped), ("3/t", bessel)):
        series = expand_inertial(parse_problem(SPRING), 6, friction)
        for s in range(7):
            slope = sympy.diff(motion**2 / 2, t, s).subs({t: 0})
            assert series[s].to_sympy().subs({"v": 1}) == slope


def test_it_is_the_limit_of_steps_with_momentum() -> None:
    """``eta = h^2``, ``mu = 1 - c h``: the power ``h^s`` of ``L_k`` is of degree s in k."""
    problem = parse_problem(SPRING)
    h, c = Polynomial.symbol("h"), Polynomial.symbol("c")
    losses = descent(problem, steps=4, momentum="mu").losses
    by_steps = [y.substitute({"eta": h**2, "mu": 1 - h * c}) for y in losses]
    series = expand_inertial(problem, 4, "c")
    for s in range(5):
        difference = sum((-1) ** (s - k) * comb(s, k) * part(by_steps[k], s) for k in range(s + 1))
        assert difference == series[s]


def part(polynomial: Polynomial, power: int) -> Polynomial:
    """What multiplies a power of h."""
    return Polynomial.from_terms(
        (tuple(pair for pair in powers if pair[0] != "h"), c)
        for powers, c in polynomial.terms
        if dict(powers).get("h", 0) == power
    )


def test_the_first_slope_is_that_of_gradient_flow() -> None:
    """``Y_2 = E[grad L . u''] = -E |grad L|^2/(1 + r)`` from rest, and odd ones need friction."""
    problem = cp_problem(order=2)
    flow = expand(problem, 1)
    for name, r in (("c", 0), ("3/t", 3)):
        series = expand_inertial(problem, 4, name)
        assert series[2] == flow[1] / (1 + r)
        assert not series[1]
        assert bool(series[3]) is (name == "c")


@pytest.mark.parametrize("friction", ["1/2", "3/t"])
def test_simulated_flow(friction: str) -> None:
    """One weight against its closed form, and means over seeds against the series."""
    t = np.linspace(0, 3, 7)
    runs = simulate(parse_problem(SPRING), v=1, until=3, points=7, seeds=2, friction=friction)
    motion = np.array([_spring(float(x), friction) for x in t])
    assert np.allclose(runs.losses / runs.losses[:, :1], motion**2, rtol=1e-6, atol=1e-9)
    assert type(runs).from_json(runs.to_json()) == runs
    problem = cp_problem(order=2)
    at = {"p": 2, "H": 2, "sigma": Fraction(2, 5)}
    values = [float(y) for y in expand_inertial(problem, 6, friction).values(at)]
    seeds = simulate(problem, at=at, until=0.3, points=3, seeds=800, friction=friction)
    moved = seeds.losses - seeds.losses[:, :1]
    for place, time in enumerate(seeds.times):
        said = sum(y * time**s / sympy.factorial(s) for s, y in enumerate(values) if s)
        error = moved[:, place].std() / len(moved) ** 0.5
        assert abs(moved[:, place].mean() - float(said)) <= 4 * error + 1e-4


def _spring(t: float, friction: str) -> float:
    """The weight at a time, over its start."""
    if friction == "3/t":
        return float(2 * sympy.besselj(1, t) / t) if t else 1.0
    c = 0.5
    root = (1 - c**2 / 4) ** 0.5
    return float(np.exp(-c * t / 2) * (np.cos(root * t) + c / 2 * np.sin(root * t) / root))


def test_documents_and_commands(capsys: Capture) -> None:
    for friction in ("c", "1/3", "3/t"):
        found = expand_inertial(parse_problem(SPRING), 3, friction)
        assert Series.from_json(found.to_json()) == found
        checked(found.to_json())
        assert f"with momentum and the friction {friction}" in found.to_markdown()
    with pytest.raises(BadInput):
        Series.from_json(found.to_json().replace("3/t", "4/t"))
    said = run(capsys, "expand", "cp:order=2", "--terms", "2", "--friction", "gamma")
    assert "Y_1 = 0" in said
    assert "friction without" in refused(
        capsys, "expand", "cp:order=2", "--friction", "1", "--explain"
    )
    words = ("simulate", "cp:order=2", "--at", "p=2,H=2,sigma=1/2", "--seeds", "1")
    assert "friction 3/t" in run(capsys, *words, "--until", "1", "--friction", "3/t")
    assert "steps have momentum" in refused(
        capsys, *words, "--step", "1/50", "--steps", "4", "--friction", "1"
    )


def test_refusals() -> None:
    problem = parse_problem(SPRING)
    for friction in ("v", "t", "-1", "x/t", "0/t", "1001"):
        with pytest.raises(BadInput, match="friction"):
            expand_inertial(problem, 2, friction)
    with pytest.raises(BadInput, match="a number, or one over t"):
        simulate(problem, v=1, until=1, friction="c")
    sphere = SPRING.replace('variance = "v"', 'variance = 1, law = "rademacher"')
    sphere = sphere.replace("law =", 'constraint = "sphere", law =')
    with pytest.raises(BadInput, match=re.escape("has a force more")):
        expand_inertial(parse_problem(sphere), 2, "c")


def test_closed_equations() -> None:
    """Overlaps of weights and velocities, against the weights themselves; means over draws."""
    problem = cp_problem(order=2)
    system = close(problem, ["feature"], friction="c")
    assert system.names == ("u_u", "u_u_dot", "u_dot_u_dot")
    at = {"p": 3, "H": 2, "sigma": 0.5, "c": 0.7}
    u = np.random.default_rng(5).normal(size=(2, 3)) * 0.5

    def motion(t: float, state: np.ndarray) -> np.ndarray:
        w, v = state.reshape(2, 2, 3)
        return np.concatenate([v.ravel(), (-0.7 * v - 2 * w @ (w.T @ w - np.eye(3))).ravel()])

    still = np.concatenate([u.ravel(), np.zeros(6)])
    run = solve_ivp(motion, (0, 2), still, t_eval=[0, 1, 2], rtol=1e-10, atol=1e-12)
    outputs = [w.T @ w for w in run.y[:6].T.reshape(3, 2, 3)]
    losses = [((f - np.eye(3)) ** 2).sum() / 2 for f in outputs]
    curves = system.integrate(at, 2, points=3, start={"u_u": u @ u.T})
    assert curves.loss == pytest.approx(losses, rel=1e-6)
    average = system.average(at, 0.3, points=2, draws=200)
    exact = expand_inertial(problem, 6, "c").values({"p": 3, "H": 2, "sigma": "1/2", "c": "7/10"})
    said = sum(y * sympy.Rational(3, 10) ** s / sympy.factorial(s) for s, y in enumerate(exact))
    assert abs(average.loss[-1] - float(said)) < 4 * average.loss_error[-1]
    assert type(system).from_json(system.to_json()) == system
    with pytest.raises(BadInput, match="do not hold the time"):
        close(problem, friction="3/t")
