"""The modified loss against exact steps, roots of a recursion, and steps of a hard problem."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp

from diagrams import cp_problem, descent, expand, merge
from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import parse_problem
from diagrams.series.modified import modified
from tests.series.test_batches import REGRESSION
from tests.series.test_inertia import SPRING


def to_first_order(polynomial: Polynomial) -> Polynomial:
    return Polynomial(tuple(t for t in polynomial.terms if dict(t[0]).get("eta", 0) <= 1))


@pytest.mark.parametrize(
    "text", [REGRESSION.replace('role = "trained"', 'role = "trained"\nrate = "n"'), ""]
)
def test_steps_to_the_first_power_of_the_rate(text: str) -> None:
    problem = parse_problem(text) if text else cp_problem(order=2, decay="lambda")
    exact, flow = descent(problem, terms=3), expand(modified(problem), 2)
    for s in range(3):
        assert to_first_order(exact.derivative(s)) == to_first_order(flow[s])
    slope = merge(problem.potential, problem.potential)
    assert modified(problem).potential == problem.potential + Polynomial.symbol("eta") / 4 * slope


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_by_the_larger_root(nesterov: bool) -> None:
    """``w'' - (1 + mu - eta) w' + mu w = 0`` for ``V = w^2/2``, and Nesterov's."""
    eta = sympy.Symbol("eta")
    mu = sympy.Rational(3, 5)
    root = sympy.Symbol("r")
    pull = mu * (1 - eta) if nesterov else mu
    roots = sympy.solve(root**2 - root * (1 - eta + pull) + pull, root)
    slow = next(r for r in roots if r.subs(eta, 0) == 1)
    rate = sympy.series(-sympy.log(slow) / eta, eta, 0, 2).removeO()
    problem = parse_problem(SPRING.replace("over = []", 'over = ["i"]'))
    found = modified(problem, momentum="3/5", nesterov=nesterov).potential
    ((_, coefficient),) = found.terms
    assert sympy.expand(2 * coefficient.to_sympy() - rate) == 0


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_where_the_loss_is_no_square(nesterov: bool) -> None:
    """``V = (u^2 - 1)^2/2``: past its first steps a run parts from the flow by ``eta^2``."""
    text = SPRING.replace("w[i]", "w[i] w[i]").replace('"0"', '"1"')
    mu, apart = 0.6, []
    for eta in (0.004, 0.002):
        problem, rate = parse_problem(text), Fraction(str(eta))
        found = modified(problem, rate, momentum="3/5", nesterov=nesterov)
        powers = [(len(d.edges), float(sum(x for _, x in c.terms))) for d, c in found.potential]
        u, speed, path = 0.3, 0.0, []
        for _ in range(round(0.6 / eta) + 1):
            path.append(u)
            at = u + mu * speed if nesterov else u
            speed = mu * speed - eta * 2 * at * (at**2 - 1)
            u += speed
        first = round(0.2 / eta)
        run = solve_ivp(
            lambda t, w: -sum(n * c * w ** max(n - 1, 0) for n, c in powers),  # noqa: B023
            (0, 0.4), [path[first]], rtol=1e-11, atol=1e-13,
        )  # fmt: skip
        apart.append(abs(run.y[0, -1] - path[-1]))
    assert np.log2(apart[0] / apart[1]) == pytest.approx(2, abs=0.05)


def test_refusals() -> None:
    with pytest.raises(BadInput, match="it is divided by"):
        modified(parse_problem(SPRING), momentum="mu")
    with pytest.raises(BadInput, match="a momentum with it"):
        modified(parse_problem(SPRING), nesterov=True)
