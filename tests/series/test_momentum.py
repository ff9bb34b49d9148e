"""Steps with momentum: exact means against substitution, simulated steps, documents, refusals."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy
from command_line import Capture, refused, run
from json_schemas import checked
from truth.random_problems import value
from truth.written import Written

from diagrams import cp_problem
from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.flow.descending import descend
from diagrams.flow.running import simulate
from diagrams.graphs.tensors import Role
from diagrams.polynomials.polynomial import sympy_symbol
from diagrams.problems.spec import parse_problem
from diagrams.series.descent import Descent, descent, entries_of
from tests.series.test_linear_losses import random_file

RATE, MOMENTUM = Fraction(2, 7), Fraction(3, 5)
QUICK = (0, 4, 5, 8, 9, 17, 18, 19, 23, 27, 31, 32)


def check(seed: int) -> int:
    """Compare one file at some sizes, both methods; how many means depend on the momentum."""
    text = random_file(seed).replace('constraint = "sphere"\n', "")
    problem = parse_problem(text)
    degree = max(
        sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges)
        for diagram, _ in problem.potential
    )
    steps = 3 if degree <= 2 else 2
    while entries_of(problem, steps) > 8:
        steps -= 1
    compared = 0
    for nesterov in (False, True) if steps > 1 else ():
        found = descent(problem, steps=steps, momentum="mu", nesterov=nesterov)
        for sizes in ({"N": 1, "d": 1}, {"N": 2, "d": 1}, {"N": 1, "d": 2}):
            written = Written(text, sizes)
            if len(written.place) > 5:
                continue
            truth = written.stepped(steps, RATE, MOMENTUM, nesterov)
            plain = written.stepped(steps, RATE, Fraction(0))
            at = {name: Fraction(n) for name, n in sizes.items()}
            at |= {"eta": RATE, "mu": MOMENTUM}
            assert [value(y, at) for y in found.losses] == truth, (seed, sizes, nesterov)
            compared += sum(a != b for a, b in zip(truth, plain, strict=True))
    return compared


def test_random_files() -> None:
    assert sum(map(check, QUICK)) > 15


@pytest.mark.full
@pytest.mark.parametrize("block", range(8))
def test_more_random_files(block: int) -> None:
    assert sum(check(seed) for seed in range(20 * block, 20 * block + 20)) > 10


ONE = """
families = {one = 1}
[tensors.w]
families = ["one"]
role = "trained"
variance = "v"
[model]
output = "w[i]"
target = "0"
[loss]
kind = "squared error"
over = []
"""

SAMPLES = (
    ONE.replace("one = 1", 'one = "d"')
    .replace(
        "[model]", '[tensors.x]\nfamilies = ["one"]\nrole = "frozen"\nvariance = "1/d"\n[model]'
    )
    .replace('"w[i]"', '"w[i] x[i]"')
    .replace('target = "0"', 'target = "1"')
)


def test_a_quadratic_loss_by_its_matrix() -> None:
    """``(w, step)`` is multiplied by a matrix; Polyak's and Nesterov's in closed form."""
    eta, mu, v = map(sympy_symbol, ("eta", "mu", "v"))
    for nesterov in (False, True):
        pull = mu * (1 - eta) if nesterov else mu
        matrix = sympy.Matrix([[1 - eta, pull], [-eta, pull]])
        found = descent(parse_problem(ONE), steps=4, momentum="mu", nesterov=nesterov)
        for k, loss in enumerate(found.losses):
            w = (matrix**k * sympy.Matrix([1, 0]))[0]
            assert sympy.expand(loss.to_sympy() - v * w**2 / 2) == 0


def test_without_momentum_it_is_gradient_descent() -> None:
    problem = cp_problem(order=2, target="zero")
    plain = descent(problem, steps=1)
    assert descent(problem, steps=1, momentum=0) == plain
    found = descent(problem, steps=1, momentum="mu").losses
    assert found == plain.losses  # the first step has no velocity
    kept, lost = (descent(parse_problem(ONE), steps=4, momentum=m).losses for m in ("mu", 0))
    assert [y.substitute({"mu": 0}) for y in kept] == list(lost)


@pytest.mark.parametrize("nesterov", [False, True])
def test_simulated_steps(nesterov: bool) -> None:
    """The same recursion by hand, seed for seed; the mean over seeds against exact values."""
    start = np.array([[1.0, -2.0], [0.5, 3.0]])
    steps = descend(
        lambda u: -(u**3),
        lambda u: u.sum(axis=1),
        start,
        (0, 1, 2, 3),
        rate=0.1,
        momentum=0.6,
        nesterov=nesterov,
    )
    u, speed = start.copy(), np.zeros_like(start)
    for k in range(4):
        assert np.allclose(steps.values[:, k], u.sum(axis=1))
        speed = 0.6 * speed - 0.1 * (u + 0.6 * speed * nesterov) ** 3
        u = u + speed
    problem = parse_problem(SAMPLES)
    at = {"v": Fraction(1, 2), "d": 3}
    options = {"momentum": Fraction(1, 2), "nesterov": nesterov}
    runs = simulate(problem, at=at, step=0.25, steps=3, seeds=4000, **options)
    exact = descent(problem, steps=3, rate="1/4", **options)
    for k, loss in enumerate(exact.losses):
        number = float(value(loss, {name: Fraction(x) for name, x in at.items()}))
        assert abs(runs.mean[k] - number) < 4 * runs.standard_error[k]
    assert type(runs).from_json(runs.to_json()) == runs
    assert ("Nesterov momentum 0.5" in str(runs.evidence)) is nesterov


def test_documents() -> None:
    for nesterov in (False, True):
        found = descent(parse_problem(ONE), steps=3, momentum="mu", nesterov=nesterov)
        assert Descent.from_json(found.to_json()) == found
        checked(found.to_json())
        with pytest.raises(BadInput):
            Descent.from_json(found.to_json().replace('"momentum": "mu"', '"momentum": "nu"'))
    assert "with the Nesterov momentum mu" in str(found)
    assert "with the Nesterov momentum mu" in found.to_markdown()
    number = descent(parse_problem(ONE), steps=3, rate="1/2", momentum="9/10")
    assert Descent.from_json(number.to_json()) == number


def test_refusals() -> None:
    problem = parse_problem(ONE)
    for given, words in (
        ({"momentum": 1}, "from 0 to below 1"),
        ({"momentum": "v"}, "neither the rate's nor a symbol's"),
        ({"momentum": "eta"}, "neither the rate's nor a symbol's"),
        ({"nesterov": True}, "a momentum with it"),
        ({"momentum": "mu", "terms": 2}, "no polynomial in k"),
    ):
        with pytest.raises(BadInput, match=re.escape(words)):
            descent(problem, **{"steps": 1, **given})
    with pytest.raises(BadInput, match="only with steps"):
        simulate(problem, until=1, momentum=0.5, at={"v": 1})
    with pytest.raises(BadInput, match="from 0 to below 1"):
        simulate(problem, step=1, steps=1, momentum=1, at={"v": 1})


def test_commands(capsys: Capture) -> None:
    """Options reach exact steps and simulated ones; momentum without steps is refused."""
    words = ("expand", "cp:order=2,target=zero", "--step", "eta", "--steps", "1")
    said = run(capsys, *words, "--momentum", "mu", "--nesterov")
    assert "at the rate eta and with the Nesterov momentum mu" in said
    assert "step" in refused(capsys, "expand", "cp:order=2", "--momentum", "mu")
    words = ("simulate", "cp:order=2", "--at", "p=2,H=2,sigma=1/2", "--step", "1/50")
    assert main([*words, "--steps", "4", "--momentum", "9/10"]) == 0
    assert "and with the momentum 0.9" in capsys.readouterr().out
