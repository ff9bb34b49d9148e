"""Gradient descent in steps: against explicit variables, gradient flow, and the modified loss."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest
from command_line import Capture, refused, run
from json_schemas import checked
from truth.discrete_steps import explicit_steps
from truth.random_problems import numbers, random_problem, value

from diagrams import Descent, Polynomial, cp_problem, descent, expand, merge, simulate
from diagrams.campaign.watch import within
from diagrams.errors import BadInput
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_problem
from diagrams.series.descent import entries_of

REGRESSION = """
[families]
feature = { size = "d", index = "i" }
sample = { size = "n", index = "m" }
[tensors.w]
families = ["feature"]
role = "trained"
variance = "s^2"
mean = { pattern = "constant", value = "a" }
rate = "1/2"
[tensors.x]
families = ["sample", "feature"]
role = "frozen"
variance = "1"
[model]
output = "w[i] x[m,i]/sqrt(d)"
target = "0"
[loss]
kind = "squared error"
over = ["m"]
decay = "l"
"""
CHAIN = """
[families]
out = { size = "q", index = "o" }
hidden = { size = "N", index = "k" }
feature = { size = "d", index = "i" }
[tensors.A]
families = ["out", "hidden"]
role = "trained"
variance = "1/N"
rate = "g"
[tensors.B]
families = ["hidden", "feature"]
role = "trained"
variance = "1/d"
[model]
output = "A[o,k] B[k,i]"
target = "0"
[loss]
kind = "squared error"
over = ["o", "i"]
"""
QUICK = (8, 15, 18, 24, 26, 27, 29, 31, 42, 47)


def by_powers(polynomial: Polynomial, at: dict[str, Fraction]) -> dict[int, Fraction]:
    """A polynomial at numbers for all symbols but the rate."""
    found: dict[int, Fraction] = {}
    for powers, coefficient in polynomial:
        s = int(powers.pop("eta", 0))
        found[s] = found.get(s, Fraction(0)) + value(Polynomial.monomial(coefficient, powers), at)
    return {s: x for s, x in sorted(found.items()) if x}


def check(problem: Problem, steps: int, terms: int | None, size: int) -> None:
    """Hold all means and powers against steps of explicit variables."""
    at = numbers(problem, size)
    truth = explicit_steps(problem, steps, at, terms)
    found = descent(problem, steps=steps, terms=terms)
    assert [by_powers(loss, at) for loss in found.losses] == truth


def random_check(seed: int, entries: int) -> bool:
    try:
        problem = parse_problem(random_problem(seed))
    except BadInput:
        return False
    degree = max(len(diagram.edges) for diagram, _ in problem.potential)
    done = False
    for steps, terms in ((1, None), (2, None), (2, 2 if degree <= 4 else 1)):
        if terms is None and entries_of(problem, steps) > 10:
            continue
        for size in (1, 2):
            if sum(size**tensor.rank for tensor in problem.tensors) <= entries:
                with suppress(ValueError):  # a root of this size
                    check(problem, steps, terms, size)
                    done = True
    return done


def test_random_problems() -> None:
    assert sum(random_check(seed, 4) for seed in QUICK) >= 8


@pytest.mark.full
@pytest.mark.parametrize("block", range(4))
def test_more_random_problems(block: int) -> None:
    """Files of the next hundreds; one that takes longer than seconds is left."""
    seeds = range(200 + 25 * block, 225 + 25 * block)
    assert sum(within(5, lambda seed=seed: random_check(seed, 6)) or 0 for seed in seeds) >= 8


@pytest.mark.parametrize(
    ("problem", "steps", "terms"),
    [
        (cp_problem(order=2, decay="lambda"), 1, None),
        (cp_problem(order=3, ties="2+1", scale="c"), 2, 2),
        (cp_problem(order=2, ties="asym"), 2, 3),
        (cp_problem(order=2).with_observable("u[k,i]^4"), 2, 2),
    ],
)
def test_presets(problem: Problem, steps: int, terms: int | None) -> None:
    check(problem, steps, terms, 1)


PROBLEMS: dict[str, tuple[Callable[[], Problem], int]] = {
    "tied": (lambda: cp_problem(order=3, ties="2+1", decay="lambda"), 2),
    "modular": (lambda: cp_problem(order=3, target="modular"), 2),
    "rates, by words": (lambda: parse_problem(CHAIN), 3),
    "means and data": (lambda: parse_problem(REGRESSION), 3),
    "another observable": (lambda: cp_problem(order=2).with_observable("u[k,i]^4"), 3),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_gradient_flow_and_the_modified_loss(name: str) -> None:
    """Without the rate it is the flow down V, to first order that down V + eta/4 |grad V|^2."""
    made, terms = PROBLEMS[name]
    problem = made()
    found = descent(problem, terms=terms)
    flow = expand(problem, terms - 1)
    slope = merge(problem.potential, problem.potential)
    eta = Polynomial.symbol("eta")
    modified = replace(problem, potential=problem.potential + (eta / 4) * slope)
    first = expand(modified, terms - 1)
    for s in range(terms):
        kept = [t for t in found.derivative(s).terms if dict(t[0]).get("eta", 0) <= 1]
        wanted = [t for t in first[s].terms if dict(t[0]).get("eta", 0) <= 1]
        assert Polynomial(tuple(kept)) == Polynomial(tuple(wanted))
        assert found.derivative(s).substitute({"eta": 0}) == flow[s]
    assert found.derivative(1) != flow[1]


def test_steps_in_one_dimension() -> None:
    """L = (1 - y)^2/2 down a parabola: (1 - eta)^(2k), at every number of steps."""
    text = REGRESSION.replace('"d"', "1").replace('"n"', "1").replace('"1/2"', '"1"')
    text = text.replace(' x[m,i]/sqrt(d)"', ' x[m,i]"').replace('variance = "1"', "variance = 0\n"
        'mean = { pattern = "constant", value = 1 }').replace('decay = "l"', "")  # fmt: skip
    problem = parse_problem(text)
    eta, k = Polynomial.symbol("eta"), Polynomial.symbol("k")
    start = descent(problem, steps=0).after(0)
    exact = descent(problem, steps=4)
    assert exact.losses == tuple(start * (1 - eta) ** (2 * n) for n in range(5))
    binomial = 2 * k * (2 * k - 1) / 2
    assert descent(problem, terms=2).power(2) == start * binomial
    assert descent(problem, steps=3, rate="1/3").after(3) == start * Fraction(2, 3) ** 6


def test_what_is_left_out_changes_nothing_that_stays() -> None:
    problem = parse_problem(REGRESSION)
    exact, some = descent(problem, steps=2), descent(problem, steps=2, terms=2)
    for whole, part in zip(exact.losses, some.losses, strict=True):
        kept = tuple(term for term in whole.terms if dict(term[0]).get("eta", 0) <= 2)
        assert Polynomial(kept) == part
    number = descent(problem, steps=2, rate=Fraction(1, 7))
    assert number.losses == tuple(y.substitute({"eta": Fraction(1, 7)}) for y in exact.losses)
    assert some.after(5) == sum(
        (some.power(s).substitute({"k": 5}) * Polynomial.symbol("eta") ** s for s in range(3)),
        start=Polynomial(),
    )


def test_names_steer_nothing() -> None:
    text = REGRESSION.replace('"d"', '"k"').replace("sqrt(d)", "sqrt(k)")
    text = text.replace('"s^2"', '"eta^2"').replace('"l"', '"z"')
    found = descent(parse_problem(text), terms=1, rate="twin0")
    names = {"k": "d", "eta": "s", "z": "l", "twin0": "eta", found.count: "k"}
    assert found.count == "j"
    back = {name: Polynomial.symbol(other) for name, other in names.items()}
    assert found.power(1).substitute(back) == descent(parse_problem(REGRESSION), terms=1).power(1)


def test_the_mean_over_seeds() -> None:
    """Simulated steps share no code with diagrams: within four standard errors, at every step."""
    problem = parse_problem(REGRESSION)
    at = {"d": 3, "n": 2, "s": Fraction(1, 2), "a": Fraction(1), "l": Fraction(1, 5)}
    exact = descent(problem, steps=3, rate=Fraction(1, 4))
    numbers = {name: float(x) if name in "sal" else x for name, x in at.items()}
    found = simulate(problem, at=numbers, step=Fraction(1, 4), steps=3, seeds=2000)
    assert found.times.tolist() == [0, 0.25, 0.5, 0.75]
    for k, loss in enumerate(exact.losses):
        mean = float(value(loss.substitute({"d": 3}), {n: Fraction(x) for n, x in at.items()}))
        assert abs(found.mean[k] - mean) < 4 * found.standard_error[k]


# -- written and read ---------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"steps": 1}, {"terms": 2}, {"steps": 2, "terms": 1},
                                   {"steps": 1, "rate": "1/50"}])  # fmt: skip
def test_it_is_written_and_comes_back(asked: dict[str, object]) -> None:
    found = descent(cp_problem(order=2, decay="lambda"), **asked)  # type: ignore[arg-type]
    text = found.to_json()
    checked(text)
    again = Descent.from_json(text)
    assert again == found
    assert again.evidence == found.evidence
    assert "E[L] after k steps" in str(found)
    assert "mathbb{E}" in found._repr_latex_()  # type: ignore[operator]
    assert len(repr(found).splitlines()) <= 5
    assert r"\documentclass" in found.to_latex(standalone=True)


@pytest.mark.parametrize(
    ("path", "changed", "field"),
    [
        (("powers", 1, "terms", 0, "coefficient"), "7", "powers"),
        (("steps", 1, "terms", 0, "coefficient"), "7", "steps"),
        (("derivatives", 0, "terms", 0, "coefficient"), "7", "derivatives"),
        (("rate",), "sigma", "rate"),
        (("count",), "p", "count"),
        (("steps", 1, "k"), 2, "steps"),
    ],
)
def test_lies_are_refused(path: tuple[str | int, ...], changed: object, field: str) -> None:
    data = json.loads(descent(cp_problem(order=2), steps=1, terms=1).to_json())
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = changed
    with pytest.raises(BadInput, match=field):
        Descent.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--step 0 --steps 1", "rate: '0' .* a positive number"),
        ("--step -0.1 --steps 1", "rate: '-0.1' .* a positive number"),
        ("--step eta --steps 9", "steps: 9 .* an integer from 0 to 1, .* with terms"),
        ("--step sigma --steps 1", "rate: 'sigma' .* a name other than H, T, p, sigma, t"),
        ("--step T --terms 1", "rate: 'T'"),
        ("--step 1/2 --terms 1", "rate: '1/2' .* a name: terms are powers of a symbol"),
        ("--step e^2 --terms 1", "rate: 'e.2'"),
        ("--step eta", "steps: None .* a number of steps"),
        ("--steps 2", "step: missing"),
        ("--step eta --steps 1 --levels p=1,H=1", "--levels"),
        ("--step eta --terms 1 --observable output", "no free indices"),
    ],
)
def test_refusals(options: str, said: str, capsys: Capture) -> None:
    assert re.search(said, refused(capsys, "expand", "cp:order=2", *options.split()))


def test_the_command(capsys: Capture) -> None:
    words = "expand cp:order=2 --step eta --steps 1 --format json"
    found = run(capsys, *words.split())
    start, after = json.loads(found)["steps"]
    assert (start["k"], after["k"]) == (0, 1)
    first = {"coefficient": "-4", "powers": {"p": 1, "H": 1, "eta": 1, "sigma": 2}}
    assert first in after["terms"]
    assert Descent.from_json(found) == descent(cp_problem(order=2), steps=1)
