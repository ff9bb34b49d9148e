"""Mini-batches: exact means against all batches written out, known terms, runs, refusals."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from command_line import Capture, refused, run
from json_schemas import checked
from scipy.special import erf
from truth.random_problems import value
from truth.written import Written

from diagrams import cp_problem
from diagrams.errors import BadInput
from diagrams.flow.running import simulate
from diagrams.order_parameters.closing import close
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import parse_problem
from diagrams.series.descent import Descent, descent, entries_of
from diagrams.series.expansion import expand

RATE, MOMENTUM = Fraction(2, 7), Fraction(3, 5)
LAWS = ("variance = 1", 'variance = "1/2"', 'law = "rademacher"\nvariance = 1')
BIASED = "moments = [" + ", ".join('"1/3"' if k % 2 else "1" for k in range(1, 25)) + "]"


def random_file(seed: int, fresh: bool) -> str:
    """A file with samples, all there or fresh, with other terms, decays, rates."""
    draw = random.Random(seed)
    shape = ["f"] if fresh else draw.choice((["f"], ["f"], [], [], ["n"]))
    slots = {"w": shape, "x": ["n", *shape] if shape != ["n"] else ["n"], "z": ["n"], "c": []}
    roles = {"w": "trained", "x": "frozen", "z": "frozen", "c": "trained"}
    if fresh:
        slots = {name: [f for f in own if f != "n"] for name, own in slots.items()}
    index = {"f": "i", "n": "m"}

    def entry(name: str) -> str:
        return f"{name}[{','.join(index[f] for f in slots[name])}]"

    words = [entry("w"), entry("x")] + [entry("c")] * draw.choice((0, 0, 1))
    linear = draw.random() < 0.2 and not fresh
    target = draw.choice((entry("z"), "1/3")) if not linear else ""
    output = " ".join(words) + (f" {entry('w')}" if draw.random() < 0.2 else "")
    many = "c[]" in output
    used = set(re.findall(r"([a-z])\[", f"{output} {target}"))
    lines = ["families = {" + ", ".join(f'{f} = "{f}"' for f in "nf" if _met(slots, used, f)) + "}"]
    for name in sorted(used):
        trained = roles[name] == "trained"
        law = draw.choice(LAWS if trained else (*LAWS, *[BIASED] * (not many)))
        families = ", ".join(f'"{family}"' for family in slots[name])
        lines += [f"[tensors.{name}]", f"families = [{families}]", f'role = "{roles[name]}"', law]
        lines += ["rate = 3"] * (trained and draw.random() < 0.3)
    lines += ["[[loss]]", f'kind = "{"linear" if linear else "squared error"}"']
    lines += [f'output = "{output}"'] + ([] if linear else [f'target = "{target}"'])
    average = ", ".join(f'"{name}"' for name in sorted(used & {"x", "z"}))
    lines += [f"over = []\naverage = [{average}]" if fresh else 'over = ["m"]']
    if draw.random() < 0.4 and not many:
        lines += ["[[loss]]", 'kind = "weight decay"', 'strength = "1/5"']
    if draw.random() < 0.3 and not many:
        lines += ["[[loss]]", 'kind = "squared error"', f'output = "{entry("w")}"']
        lines += ['target = "1"', "over = []"]
    return "\n".join([*lines, ""])


def _met(slots: dict[str, list[str]], used: set[str], family: str) -> bool:
    return any(family in slots[name] for name in used)


def check(seed: int, fresh: bool) -> int:
    """Compare one file, if it is small; how many means a batch has changed."""
    draw, text = random.Random(seed), random_file(seed, fresh)
    problem = parse_problem(text if fresh else text.replace('n = "n"', "n = 3"))
    nesterov, momentum = draw.choice(((False, 0), (False, MOMENTUM), (True, MOMENTUM)))
    steps = 1 if len(re.findall(r"[wc]\[", text)) > 1 or not draw.randrange(3) else 2
    while entries_of(problem, steps) > 14:
        steps -= 1
    if not steps:
        return 0
    momentum = momentum if steps > 1 else Fraction(0)
    kept = {"momentum": momentum, "nesterov": bool(momentum) and nesterov}
    args = (RATE, momentum, nesterov)
    size, changed = draw.choice((1, 2)), 0
    ways = [(None, True)] if fresh else [(False, False), (True, False), (True, True)]
    for replacement, symbolic in ways:
        at = {"n": Fraction(3), "f": Fraction(1), "eta": RATE, "b": Fraction(size)}
        written = Written(text, {"n": 3, "f": 1})
        if len(written.place) > 12:
            continue
        if fresh:
            found = descent(problem, steps=steps, batch="b", **kept)
            truth = written.with_fresh(["x", "z"], size, steps, *args)
        else:
            batches = (
                list(product(range(3), repeat=size))
                if replacement
                else list(combinations(range(3), size))
            )
            if len(batches) ** steps > 9:
                continue
            model = parse_problem(text) if symbolic else problem
            found = descent(
                model, steps=steps, batch="b", samples="n", replacement=replacement, **kept
            )
            truth = written.batched(batches, "n", steps, *args)
        assert [value(y, at) for y in found.losses] == truth, (seed, fresh, replacement, size)
        changed += sum("b" in y.symbols for y in found.losses)
    return changed


QUICK = {False: (2, 10, 18, 23, 36), True: (2, 3, 7, 16, 25, 36)}


@pytest.mark.parametrize("fresh", [False, True])
def test_random_files(fresh: bool) -> None:
    assert sum(check(seed, fresh) for seed in QUICK[fresh]) >= len(QUICK[fresh])


@pytest.mark.full
@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("block", range(3))
def test_more_random_files(block: int, fresh: bool) -> None:
    assert sum(check(seed, fresh) for seed in range(20 * block, 20 * block + 20)) > 10


REGRESSION = """
families = {sample = "n", feature = "d"}
[tensors.w]
families = ["feature"]
role = "trained"
variance = "s"
[tensors.x]
families = ["sample", "feature"]
role = "frozen"
variance = 1
[tensors.z]
families = ["sample"]
role = "frozen"
variance = "v"
[model]
output = "w[i] x[m,i]"
target = "z[m]"
[loss]
kind = "squared error"
over = ["m"]
prefactor = "1/(2*n)"
"""
FRESH = """
families = {feature = "N"}
tensors.w = {families = ["feature"], role = "trained", variance = "1/N"}
tensors.b = {families = ["feature"], role = "frozen", variance = "1/N"}
tensors.x = {families = ["feature"], role = "frozen", variance = 1}
model = {output = "w[i] x[i]", target = "b[i] x[i]"}
loss = {kind = "squared error", over = [], average = ["x"]}
"""


def test_the_noise_of_the_gradient() -> None:
    """``eta^2/(2B) tr(H S)``: H the Hessian, S the covariance of the gradients of samples.

    Without replacement it is less by ``(n - B)/(n - 1)``; both are written by hand as observables.
    """
    each = "x[m,i] (w[k] x[m,k] - z[m]) x[m,j] (w[l] x[m,l] - z[m])"
    mean = "x[m,i] (w[k] x[m,k] - z[m]) x[r,j] (w[l] x[r,l] - z[r])"
    problem = parse_problem(REGRESSION)
    noise = [
        expand(problem, 0, observable=f"x[c,i] x[c,j] {of} / n^{power}").coefficient(0)
        for of, power in ((each, 2), (mean, 3))
    ]
    plain = descent(problem, steps=1).after(1)
    eta, B = Polynomial.symbol("eta"), Polynomial.symbol("B")
    expected = eta**2 * B**-1 * (noise[0] - noise[1]) / 2
    assert descent(problem, steps=1, batch="B", replacement=True).after(1) - plain == expected
    four = parse_problem(REGRESSION.replace('"n"', "4").replace("(2*n)", "8"))
    found = descent(four, steps=1, batch="B").after(1) - plain.substitute({"n": 4})
    assert found == (4 - B) / 3 * expected.substitute({"n": 4})
    assert descent(four, steps=2, batch=4).losses == descent(four, steps=2).losses


def test_powers_hold_for_every_number_of_steps() -> None:
    problem = parse_problem(FRESH)
    exact = descent(problem, steps=3, batch="B")
    powers = descent(problem, terms=2, batch="B")
    for k in range(4):
        for s in range(3):
            part = Polynomial(
                tuple(t for t in exact.after(k).terms if dict(t[0]).get("eta", 0) == s)
            )
            assert part.substitute({"eta": 1}) == powers.power(s).substitute({"k": k})


def test_closed_equations_have_the_same_means() -> None:
    """Linear in the order parameters, so that means follow them; for one sample the old ones."""
    problem = parse_problem(FRESH)
    assert close(problem, step="eta", batch=1).equations == close(problem, step="eta").equations
    system = close(problem, step="eta", batch="B")
    at = {"N": 3, "eta": Fraction(1, 5), "B": 2}
    curve = system.iterate({name: float(x) for name, x in at.items()}, 3)
    exact = [value(y, at) for y in descent(problem, steps=3, batch="B").losses]
    assert curve.loss == pytest.approx([float(y) for y in exact])
    assert type(system).from_json(system.to_json()) == system
    with pytest.raises(BadInput, match="only with a step"):
        close(problem, batch=2)


def test_closed_equations_with_functions() -> None:
    """The mean change of an overlap, drawn many times from one start."""
    text = FRESH.replace('"w[i] x[i]"', '"erf(w[i] x[i])"')
    text = text.replace('"b[i] x[i]"', '"erf(b[i] x[i])"')
    system = close(parse_problem(text), step="eta", batch="B")
    w, b, eta, B = np.array([0.6, -0.3]), np.array([0.5, 0.8]), 0.7, 3
    starts = {"w_w": w @ w, "w_b": w @ b, "b_b": b @ b}
    rates = system.rates({"N": 2, "eta": eta, "B": B}, starts)
    x = np.random.default_rng(0).standard_normal((200_000, B, 2))
    slope = 2 / math.sqrt(math.pi) * np.exp(-((x @ w) ** 2)) * (erf(x @ w) - erf(x @ b))
    moved = w - eta * (slope[..., None] * x).mean(axis=1)
    change = ((moved**2).sum(axis=1) - w @ w) / eta
    error = change.std() / math.sqrt(len(change))
    assert abs(change.mean() - float(rates["w_w"])) < 4 * error
    one = system.rates({"N": 2, "eta": eta, "B": 1}, starts)
    assert abs(change.mean() - float(one["w_w"])) > 10 * error


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (REGRESSION.replace('"n"', "3").replace("(2*n)", "6"), {}),
        (REGRESSION, {"replacement": True}),
        (FRESH, {}),
    ],
)
def test_simulated_batches(text: str, options: dict[str, bool]) -> None:
    problem = parse_problem(text)
    at = {"n": 3, "d": 2, "s": 1, "v": 1, "N": 2}
    known = {name: x for name, x in at.items() if name in problem.symbols}
    runs = simulate(problem, at=known, step=0.2, steps=3, batch=2, seeds=1500, **options)
    exact = descent(problem, steps=3, rate="1/5", batch=2, **options).losses
    plain = descent(problem, steps=3, rate="1/5").losses
    numbers = {name: Fraction(x) for name, x in known.items()}
    for k in range(4):
        error = runs.standard_error[k]
        assert abs(runs.mean[k] - float(value(exact[k], numbers))) < 4 * error
    assert value(exact[3], numbers) > value(plain[3], numbers)
    assert type(runs).from_json(runs.to_json()) == runs
    whole = simulate(problem, at=known, step=0.2, steps=1, seeds=2)
    assert (runs.losses[:2, 0] == whole.losses[:, 0]).all(), "starts are those without batches"


def test_documents_and_commands(tmp_path: Path, capsys: Capture) -> None:
    problem = parse_problem(REGRESSION)
    for options in ({"steps": 1}, {"terms": 2}):
        found = descent(problem, batch="B", replacement=True, **options)
        assert Descent.from_json(found.to_json()) == found
        checked(found.to_json())
    assert "in batches of B out of n (sample), drawn with replacement" in str(found)
    file = tmp_path / "regression.toml"
    file.write_text(REGRESSION)
    words = ("expand", str(file), "--step", "eta", "--steps", "1", "--batch")
    assert "batches of B out of n" in run(capsys, *words, "sample=B", "--replacement")
    assert "powers of n" in refused(capsys, *words, "B")
    assert "a family of free indices: sample" in refused(capsys, *words, "feature=B")
    assert "step" in refused(capsys, "expand", str(file), "--batch", "2")
    words = ("simulate", str(file), "--at", "n=3,d=2,s=1,v=1", "--step", "1/5", "--steps", "2")
    assert "drawn without replacement" in run(capsys, *words, "--batch", "2", "--seeds", "2")
    assert "at most the 3 samples" in refused(capsys, *words, "--batch", "4")
    assert "fresh samples" in close(parse_problem(FRESH), step="eta", batch="B").text()


def test_refusals() -> None:
    problem, one = parse_problem(REGRESSION), {"steps": 1}
    for given, words in (
        ({"batch": 0}, "from 1 to 1000000"),
        ({"batch": "s"}, "no other symbol"),
        ({"batch": "eta"}, "no other symbol"),
        ({"batch": "B"}, "denominators n - 1"),
        ({"samples": "sample"}, "a number of samples"),
    ):
        with pytest.raises(BadInput, match=re.escape(words)):
            descent(problem, **one, **given)
    with pytest.raises(BadInput, match="samples of them are fresh"):
        descent(parse_problem(FRESH), **one, batch=2, replacement=True)
    with pytest.raises(BadInput, match="a problem that was read from a file"):
        descent(cp_problem(order=2), **one, batch=2)
    changed = replace(problem, potential=2 * problem.potential)
    with pytest.raises(BadInput, match="as its file has it"):
        descent(changed, **one, batch=2, replacement=True)
    with pytest.raises(BadInput, match="only with steps"):
        simulate(problem, until=1, batch=2, at={"n": 1, "d": 1, "s": 1, "v": 1})
