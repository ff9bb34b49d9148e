"""Spectra: averages with sums of powers against entries written out, in all three ways."""

from __future__ import annotations

import random
import tomllib
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from json_schemas import validator
from truth.random_problems import value
from truth.written import Written

from diagrams.errors import BadInput, NotSolved
from diagrams.flow.reading import read_network
from diagrams.flow.running import simulate
from diagrams.order_parameters.closing import close
from diagrams.problems.spec import parse_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.series.brackets import brackets
from diagrams.series.descent import descent
from diagrams.series.expansion import Series, expand
from diagrams.series.power_laws import power_sum
from diagrams.series.ways import explanation
from diagrams.wick.expectation import expectation

VALUES = ("1", "-1/2", "3")
POWERS = ("1", "1/4", "1/9")
KNOWN = 24
GAUSSIAN = ("variance = 1", 'variance = "1/n"')
OTHERS = (
    'law = "rademacher"\nvariance = 1',
    'law = "fixed"\nmean = {pattern = "constant", value = "1/2"}',
)
QUICK = (1, 5, 8, 26, 27, 30, 31, 34, 35, 36, 37, 38)


def random_file(seed: int, law: str, size: str) -> str:
    """A squared error with a spectrum on one family, of a given law and size."""
    draw = random.Random(seed)
    slots = {"l": ["f"], "u": draw.choice((["f"], ["f", "g"], ["g", "f"]))}
    slots["x"] = draw.choice((["f"], ["g", "f"], ["g"]))
    roles = {"u": "trained", "x": draw.choice(("trained", "frozen", "frozen"))}
    lines = [f'families = {{f = {size}, g = "n"}}', "[tensors.l]", 'families = ["f"]']
    lines += ['role = "structural"', 'law = "spectrum"', law]
    for name in ("u", "x"):
        families = ", ".join(f'"{family}"' for family in slots[name])
        lines += [f"[tensors.{name}]", f"families = [{families}]", f'role = "{roles[name]}"']
        lines += [draw.choice(GAUSSIAN + GAUSSIAN + OTHERS)]
    names = ["u", *draw.choice((["l"], ["l", "x"], ["l", "l", "x"], ["l", "x"]))]
    words = [f"{n}[{','.join(f + draw.choice('112') for f in slots[n])}]" for n in names]
    output = " ".join(words)
    free = sorted({i for i in ("f1", "g1") if i in output and draw.random() < 0.4})
    listed = ", ".join(f'"{index}"' for index in free)
    target = draw.choice(("0", "1/3", "l[f1]" if free == ["f1"] else "1"))
    lines += ["[model]", f'output = "{output}"', f'target = "{target}"']
    lines += ["[loss]", 'kind = "squared error"', f"over = [{listed}]"]
    lines += ['decay = "1/5"'] if draw.random() < 0.3 else []
    if "x" not in names:
        lines += ["[observables]", f'seen = "x[{",".join(f + "1" for f in slots["x"])}]"']
    used = {f for found in slots.values() for f in found}
    return "\n".join([*lines, ""]) if "g" in used else "\n".join(lines).replace(', g = "n"', "")


def listed(values: tuple[str, ...]) -> str:
    return "values = [" + ", ".join(f'"{v}"' for v in values) + "]"


def check(seed: int) -> int:
    """Compare lists, sums and a power law with entries written out; how many were compared."""
    given = random_file(seed, listed(VALUES), "3")
    problem = parse_problem(given)
    factors = max(len(diagram.edges) for diagram, _ in problem.potential)
    terms = 2 if factors <= 6 else 1
    names = ", ".join(f'"s{k}"' for k in range(1, KNOWN + 1))
    by_sums = expand(parse_problem(random_file(seed, f"sums = [{names}]", '"d"')), terms)
    by_law = expand(parse_problem(random_file(seed, 'values = "i^(-alpha)"', '"d"')), terms)
    by_list, compared = expand(problem, terms), 0
    for n in (1, 2):
        truth = Written(given, {"n": n})
        if len(truth.place) > 12:
            continue
        exact = truth.derivatives(terms)
        at = {"n": Fraction(n), "d": Fraction(3)}
        sums = {f"s{k}": sum(Fraction(v) ** k for v in VALUES) for k in range(1, KNOWN + 1)}
        assert [value(y, at) for y in by_list] == exact, (seed, n)
        assert [value(y, {**at, **sums}) for y in by_sums] == exact, (seed, n)
        powers = random_file(seed, listed(POWERS), "3")
        found = by_law.values(
            {**{k: v for k, v in at.items() if k in by_law.problem.symbols}, "alpha": 2}
        )
        truth = Written(powers, {"n": n}).derivatives(terms)
        assert [Fraction(int(y.p), int(y.q)) for y in found] == truth, (seed, n)
        compared += sum(map(bool, exact))
    return compared


def test_random_files() -> None:
    assert sum(map(check, QUICK)) > 40


@pytest.mark.full
@pytest.mark.parametrize("block", range(8))
def test_more_random_files(block: int) -> None:
    assert sum(check(seed) for seed in range(20 * block, 20 * block + 20)) > 20


TWO = """
families = {f = SIZE, g = "n"}
[tensors.l]
families = ["f"]
role = "structural"
law = "spectrum"
LAW
[tensors.m]
families = ["f"]
role = "structural"
law = "spectrum"
values = [2, "1/3", -1]
[tensors.w]
families = ["f"]
role = "trained"
variance = 1
[tensors.x]
families = ["g", "f"]
role = "frozen"
variance = 1
[model]
output = "w[i] l[i] m[i] x[k,i]"
target = "l[i] m[j]"
[loss]
kind = "squared error"
over = ["k"]
"""


def two(law: str = listed(VALUES), size: str = "3") -> str:
    return TWO.replace("SIZE", size).replace("LAW", law)


def regression() -> str:
    """The same with one spectrum alone, a power law, and no target."""
    text = two('values = "i^(-1)"', '"d"').replace(" m[i]", "").replace('"l[i] m[j]"', '"0"')
    return text[: text.index("[tensors.m]")] + text[text.index("[tensors.w]") :]


def test_two_spectra_meet_at_one_index() -> None:
    series = expand(parse_problem(two()), 1)
    truth = Written(two(), {"n": 1}).derivatives(1)
    assert [value(y, {"n": Fraction(1)}) for y in series] == truth
    with pytest.raises(BadInput, match="lists of values"):
        expand(parse_problem(two('values = "i^(-1)"')), 1)


def test_numbers_of_a_power_law() -> None:
    """A rational one exactly, others against plain sums, large ones against Hurwitz's zeta."""
    series = expand(parse_problem(random_file(6, 'values = "i^(-alpha/2)"', '"d"')), 1)
    names = sorted({name for y in series for name in y.symbols if name.startswith("l_")})
    rates = {name: Fraction(name.removeprefix("l_")) / 2 for name in names}
    at = {name: 2 for name in series.problem.symbols if name != "alpha"}
    for size, alpha in ((3, Fraction(4)), (3, Fraction(13, 10)), (20000, Fraction(3, 2))):
        given = {**at, "d": size}
        found = series.values({**given, "alpha": alpha})
        for y, exact in zip(series, found, strict=True):
            numbers = {
                n: sum(i ** -float(alpha * r) for i in range(1, size + 1)) for n, r in rates.items()
            }
            plain = y.to_sympy().subs({**numbers, **given})
            assert float(exact) == pytest.approx(float(plain), rel=1e-12)
            assert exact.is_Rational == (alpha == 4)
    with mpmath.workdps(20):
        assert power_sum(20000, 1) == pytest.approx(sum(1 / i for i in range(1, 20001)))
    with pytest.raises(BadInput, match="a positive integer"):
        series.values({**at, "d": Fraction(1, 2), "alpha": 1})


def test_the_simulated_flow_has_the_spectrum() -> None:
    problem = parse_problem(two())
    flow = read_network(problem, {"n": 2.0})
    draw = np.random.default_rng(0)
    w, x = draw.normal(size=3), draw.normal(size=(2, 3))
    scale = np.array([1, -0.5, 3]) * np.array([2, 1 / 3, -1])
    target = (1 - 0.5 + 3) * (2 + 1 / 3 - 1)
    error = x @ (scale * w) - target
    assert np.allclose(flow.loss(w[None], x[None]), error @ error / 2)
    assert np.allclose(flow.velocity(w[None], x[None])[0], -scale * (x.T @ error))
    power = random_file(6, 'values = "i^(-alpha)"', '"d"')
    at = dict.fromkeys(parse_problem(power).symbols, 3)
    run = simulate(parse_problem(power), until=0.01, points=2, seeds=3, at=at)
    assert np.isfinite(run.losses).all()
    with pytest.raises(BadInput, match="do not tell the entries"):
        simulate(
            parse_problem(
                two('sums = ["a", "b", "c", "e"]', '"d"').replace('[2, "1/3", -1]', '"i^(-1)"')
            ),
            until=1,
            at={"n": 1, "d": 3, "a": 1, "b": 1, "c": 1, "e": 1},
        )


def test_who_serves_a_spectrum_and_who_refuses() -> None:
    problem = parse_problem(random_file(6, 'values = "i^(-alpha)"', '"d"'))
    assert "by merging" in explanation(problem, 1)
    with pytest.raises(NotSolved, match="l is a spectrum whose sums of powers are symbols"):
        fronts(problem, 1)
    numbers = parse_problem(random_file(6, listed(VALUES), "3"))
    assert fronts(numbers, 1).orders
    series = expand(problem, 1)
    assert Series.from_json(series.to_json()) == series
    assert str(descent(problem, steps=1).after(0)) == str(series[0])
    quadratic = parse_problem(regression())
    found = brackets(expand(quadratic, 3), {"n": 2, "d": 3}, [0, 1])
    assert found.lower[0] <= float(expand(quadratic, 0).values({"n": 2, "d": 3})[0]) * (1 + 1e-12)


def test_closed_equations_hold_the_spectrum_and_refuse_its_numbers() -> None:
    system = close(parse_problem(regression()), ["g"])
    assert "l[k1]" in str(system)
    with pytest.raises(BadInput, match="equations without a spectrum"):
        system.integrate({"n": 2, "d": 3}, until=1)


def test_an_average_over_some_tensors_keeps_the_spectrum() -> None:
    """``E_x (w.x)^2`` for features of variance l_i^2 is ``sum l_i^2 w_i^2``."""
    problem = parse_problem(regression())
    (x,) = (tensor for tensor in problem.tensors if tensor.name == "x")
    (kept,) = expectation(problem.observable, [x])
    assert str(kept[0]) == "sum[k1] l[k1]^2 w[k1]^2"
    assert str(kept[1]) == "1/2*n"


REFUSED = [
    ("values = []", "tensors.l.values", "an array of 1 to"),
    ("values = [1, 2]", "tensors.l.values", "as many as the size of f, a number: it is 3"),
    ('values = [1, 2, "a"]', "tensors.l.values", "numbers; scales are for sums"),
    ('values = "i^alpha"', "tensors.l.values", "a power law such as"),
    ('values = "i^(-alpha^2)"', "tensors.l.values", "a power law such as"),
    ('values = "exp(-i)"', "tensors.l.values", "a power law such as"),
    ("values = [1, 2, 3]\nsums = [1]", "tensors.l.values", "or sums ="),
    ("", "tensors.l.values", "or sums ="),
    ("coefficients = [1]", "tensors.l", "the keys families, role, law, values, sums"),
    (listed(VALUES) + "\nvariance = 1", "tensors.l", "the keys families, role, law"),
]


@pytest.mark.parametrize(("law", "field", "words"), REFUSED)
def test_refusals(law: str, field: str, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_problem(two(law))
    assert field in refusal.value.field
    assert words in refusal.value.allowed


def test_a_sum_that_is_missing_is_named() -> None:
    problem = parse_problem(random_file(6, 'sums = ["s1"]', '"d"'))
    with pytest.raises(BadInput, match=r"tensors.l.sums: .*the sum of powers of order"):
        expand(problem, 2)


def test_files_fit_the_schema() -> None:
    schema = validator("problem_file")
    for law in (listed(VALUES), 'values = "i^(-alpha)"', 'sums = ["s1", 2, 0.5]'):
        schema.validate(tomllib.loads(random_file(1, law, "3")))
        shown = str(parse_problem(random_file(1, law, "3")))
        assert "tensor l: structural, [f], spectrum" in shown


def test_the_loss_of_a_kernel_is_a_power_law() -> None:
    """Exact coefficients of ``sum l e^(-2lt)/2``, summed where ``t^(-1/2)`` rules."""
    problem = parse_problem(regression() + 'average = ["x"]\nprefactor = "1/(2*n)"\n')
    series = expand(problem, 50).values({"d": 10**6})
    t = 6
    loss = sum(y * sympy.Rational(t**s, sympy.factorial(s)) for s, y in enumerate(series))
    assert float(loss) == pytest.approx(np.sqrt(np.pi) / 4 * (2 * t) ** -0.5, rel=2e-3)
