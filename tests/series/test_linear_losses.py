"""Linear losses and spheres: coefficients against entries written out, runs, refusals."""

from __future__ import annotations

import random
import tomllib
from fractions import Fraction

import numpy as np
import pytest
import sympy
from json_schemas import validator
from truth.random_problems import value
from truth.spherical_spins import energies
from truth.written import Written

from diagrams.errors import BadInput
from diagrams.flow.reading import read_network
from diagrams.flow.running import simulate
from diagrams.flow.statistics import quantile
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import parse_problem
from diagrams.series.descent import descent
from diagrams.series.expansion import expand

GAUSSIAN = ("variance = 1", 'variance = "1/N"')
SIGNS = ('law = "rademacher"\nvariance = 1', 'law = "rademacher"\nvariance = "1/N"')
FIXED = ('law = "fixed"\nmean = {pattern = "constant", value = "1/2"}',)
BIASED = ("moments = [" + ", ".join('"1/3"' if k % 2 else "1" for k in range(1, 25)) + "]",)

QUICK = (0, 3, 4, 5, 21, 24, 25, 27, 32, 34, 35, 37, 38)
"""Files that take some tenths of a second at most."""


def random_file(seed: int) -> str:
    """A file with linear forms, squared errors, decays, and trained tensors on spheres."""
    draw = random.Random(seed)
    slots = {
        "u": draw.choice((["f"], ["f"], ["g", "f"])),
        "J": draw.choice((["f", "f"], ["g", "f"])),
    }
    slots["v"] = draw.choice((["f"], ["g"], []))
    roles = {"u": "trained", "J": "frozen", "v": draw.choice(("trained", "frozen"))}
    lines = ['families = {f = "N", g = "d"}']
    for name in slots:
        sphere = roles[name] == "trained" and draw.random() < 0.6
        law = draw.choice(SIGNS + FIXED + BIASED if sphere else GAUSSIAN + SIGNS + FIXED + BIASED)
        families = ", ".join(f'"{family}"' for family in slots[name])
        lines += [f"[tensors.{name}]", f"families = [{families}]", f'role = "{roles[name]}"', law]
        lines += ['constraint = "sphere"'] * sphere
        lines += ['rate = "N"'] * (roles[name] == "trained" and draw.random() < 0.3)

    def entries(names: list[str]) -> str:
        words = [f"{n}[{','.join(f + draw.choice('12') for f in slots[n])}]" for n in names]
        return " ".join(words)

    used = set()
    for number in range(draw.choice((1, 1, 2))):
        linear = not number or draw.random() < 0.5
        names = [
            "u",
            *(draw.choice("uJv") for _ in range(draw.choice((0, 1, 1, 2)) if linear else 1)),
        ]
        output, used = entries(names), used | {*names}
        free = sorted({i for i in ("f1", "g2") if i in output and draw.random() < 0.5})
        if linear and draw.random() < 0.3:
            output += f" - {draw.choice(('2', '1/N'))} {entries(['u'])}"
            free = []
        listed = ", ".join(f'"{index}"' for index in free)
        lines += ["[[loss]]", f'kind = "{"linear" if linear else "squared error"}"']
        lines += [f'output = "{output}"', f"over = [{listed}]"]
        lines += [
            f'prefactor = "{draw.choice(("-1", "2/N", "-3/2") if linear else ("1/2", "1/N"))}"'
        ]
        lines += [] if linear else ['target = "1/3"']
    if draw.random() < 0.4:
        lines += ["[[loss]]", 'kind = "weight decay"', 'strength = "1/5"']
    missing = [name for name in slots if name not in used]
    if missing:
        lines += ["[observables]", f'seen = "{entries(missing)}"']
    return "\n".join([*lines, ""]).replace('families = {f = "N", g = "d"}', _families(slots))


def _families(slots: dict[str, list[str]]) -> str:
    met = {family for found in slots.values() for family in found}
    names = [f'{family} = "{size}"' for family, size in (("f", "N"), ("g", "d")) if family in met]
    return "families = {" + ", ".join(names) + "}"


def check(seed: int) -> int:
    """Compare one file at a few sizes; how many coefficients were compared that are not zero."""
    text = random_file(seed)
    problem = parse_problem(text)
    factors = max(len(diagram.edges) for diagram, _ in problem.potential)
    terms = 3 if factors <= 3 else 2 if factors <= 5 else 1
    series, compared = expand(problem, terms), 0
    for sizes in ({"N": 1, "d": 2}, {"N": 2, "d": 1}, {"N": 3, "d": 1}):
        written = Written(text, sizes)
        if len(written.place) > 10 - factors:
            continue
        truth = written.derivatives(terms)
        at = {name: Fraction(n) for name, n in sizes.items()}
        assert [value(y, at) for y in series] == truth, (seed, sizes)
        compared += sum(map(bool, truth))
    return compared


def test_random_files() -> None:
    assert sum(map(check, QUICK)) > 60


@pytest.mark.full
@pytest.mark.parametrize("block", range(8))
def test_more_random_files(block: int) -> None:
    assert sum(check(seed) for seed in range(20 * block, 20 * block + 20)) > 20


SPINS = """
families = {{site = "N"}}
[tensors.u]
families = ["site"]
role = "trained"
{start}
constraint = "sphere"
[tensors.J]
families = [{slots}]
role = "frozen"
variance = "1/(2*N^{power})"
[model]
output = "J[{indices}] {entries}"
[loss]
kind = "linear"
prefactor = -1
"""
ONES = 'law = "fixed"\nmean = {pattern = "constant", value = 1}'


def spins(p: int, start: str = ONES) -> str:
    """The spherical p-spin model, of energies with ``E[H^2] = N/2``."""
    slots, names = ", ".join(['"site"'] * p), "ijkl"[:p]
    entries = " ".join(f"u[{name}]" for name in names)
    indices = ",".join(names)
    return SPINS.format(start=start, slots=slots, power=p - 1, indices=indices, entries=entries)


def level(polynomial: Polynomial, symbol: str, power: int) -> Fraction:
    return sum((c for powers, c in polynomial if powers.get(symbol, 0) == power), Fraction(0))


@pytest.mark.parametrize(("p", "terms"), [(2, 7), (3, 5)])
def test_spherical_spins_follow_cugliandolo_and_kurchan(p: int, terms: int) -> None:
    series = expand(parse_problem(spins(p)), terms)
    assert [level(y, "N", 1) for y in series] == energies(p, terms)


def test_two_spins_relax_as_their_spectrum_says() -> None:
    """``E/N = -I_2(4t)/I_1(4t)``: the moments of the semicircle on [-2, 2] under e^(2 l t)."""
    t = sympy.Symbol("t")
    bessel = [
        sum(
            (2 * t) ** (2 * k + n) / (sympy.factorial(k) * sympy.factorial(k + n)) for k in range(6)
        )
        for n in (1, 2)
    ]
    expected = sympy.series(-bessel[1] / bessel[0], t, 0, 8).removeO()
    assert [expected.coeff(t, s) * sympy.factorial(s) for s in range(8)] == energies(2, 7)


def test_any_start_on_the_sphere_is_one_where_couplings_are_gaussian() -> None:
    """Their law does not change under rotations, so that signs and ones have the same mean."""
    for p, terms in ((2, 3), (3, 2)):
        ones, signs = (
            expand(parse_problem(spins(p, start)), terms).coefficients
            for start in (ONES, 'law = "rademacher"\nvariance = 1')
        )
        assert ones == signs


MIXED = """
families = {site = "N", row = "d"}
[tensors.u]
families = ["site"]
role = "trained"
law = "rademacher"
variance = 2
constraint = "sphere"
rate = 3
[tensors.v]
families = ["row", "site"]
role = "trained"
variance = 1
[tensors.J]
families = ["site", "site", "site"]
role = "frozen"
variance = 1
[[loss]]
kind = "linear"
output = "J[i,j,k] u[i] u[j] v[m,k]"
over = ["m"]
prefactor = "-h"
[[loss]]
kind = "squared error"
output = "u[i] v[m,i]"
target = "2"
over = ["m"]
[[loss]]
kind = "weight decay"
strength = "1/2"
"""


def test_the_simulated_velocity_by_hand() -> None:
    flow = read_network(parse_problem(MIXED), {"N": 3.0, "d": 2.0, "h": 0.7})
    draw = np.random.default_rng(1)
    u, v, J = (draw.normal(size=shape) for shape in ((3,), (2, 3), (3, 3, 3)))
    state = np.concatenate([u / np.sqrt(3), v.ravel()])[None]
    error = v @ u - 2
    loss = -0.7 * np.einsum("ijk,i,j,mk->", J, u, u, v) + error @ error / 2
    du = -0.7 * (np.einsum("ijk,j,mk->i", J, u, v) + np.einsum("ijk,i,mk->j", J, u, v))
    du += error @ v + u / 2
    dv = -0.7 * np.einsum("ijk,i,j->k", J, u, u) + error[:, None] * u + v / 2
    du -= (u @ du) / (u @ u) * u
    found = flow.velocity(state, J[None])[0]
    assert np.allclose(found, np.concatenate([-np.sqrt(3) * du, -dv.ravel()]))
    assert np.allclose(flow.loss(state, J[None]), loss)


def test_simulated_spins_keep_their_norm_and_the_mean() -> None:
    problem = parse_problem(spins(3))
    run = simulate(problem, until=0.4, points=3, seeds=300, at={"N": 6}, observables=("u[i]^2",))
    assert np.allclose(run.observable("u[i]^2").mean, 6)
    exact = expand(problem, 5).values({"N": 6})
    for t, mean, error in zip(run.times, run.mean, run.standard_error, strict=True):
        terms = [float(y) * t**s / np.prod(range(1, s + 1)) for s, y in enumerate(exact)]
        assert abs(mean - sum(terms)) < 4 * error + abs(terms[5])


CUBE = """
families = {one = 1}
[tensors.u]
families = ["one"]
role = "trained"
law = "fixed"
mean = {pattern = "constant", value = 1}
[model]
output = "u[i]^3"
[loss]
kind = "linear"
prefactor = -1
"""


def test_a_loss_without_a_least_value_falls_without_bound() -> None:
    """``u' = 3 u^2`` from 1: ``u = 1/(1 - 3t)``."""
    run = simulate(parse_problem(CUBE), until=0.5, points=[0.1, 0.3, 0.5], seeds=1)
    assert run.losses[0, 0] == pytest.approx(-(0.7**-3), rel=1e-6)
    assert run.losses[0, 2] == -np.inf
    assert run.blow_ups[0] is not None
    assert run.blow_ups[0].time == pytest.approx(1 / 3, rel=1e-6)
    assert type(run).from_json(run.to_json()) == run
    assert quantile([-np.inf, 1.0], Fraction(1, 2)) == -np.inf


REFUSED = [
    (CUBE, "prefactor = -1", "prefactor = 0", "loss.prefactor", "not zero"),
    (CUBE, 'output = "u[i]^3"', 'output = "u[i]"\ntarget = "0"', "model", "the keys output"),
    (CUBE, 'kind = "linear"', 'kind = "bilinear"', "loss.kind", "'linear' or 'squared error'"),
    (spins(2), ONES, "variance = 1", "tensors.u.constraint", "whose square is the same"),
    (spins(2), ONES, 'law = "fixed"', "tensors.u.constraint", "whose square is the same"),
    (spins(2), ONES, 'moments = [0, 1, 0, "q"]', "tensors.u.constraint", "whose square is the"),
    (spins(2), ONES, "moments = [0, 1]", "tensors.u.constraint", "four of them"),
    (spins(2), 'constraint = "sphere"', 'constraint = "ball"', "tensors.u.constraint", "'sphere'"),
    (spins(2), 'role = "frozen"', 'role = "frozen"\nconstraint = "sphere"', "J.constraint", "move"),
]


@pytest.mark.parametrize(("text", "old", "new", "field", "words"), REFUSED)
def test_refusals(text: str, old: str, new: str, field: str, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_problem(text.replace(old, new))
    assert field in refusal.value.field
    assert words in refusal.value.allowed


def test_steps_leave_a_sphere() -> None:
    problem = parse_problem(spins(2))
    for run in (
        lambda: descent(problem, steps=1),
        lambda: simulate(problem, step=0.1, steps=2, at={"N": 2}),
    ):
        with pytest.raises(BadInput, match=r"a step of u leaves the sphere"):
            run()


def test_files_fit_the_schema() -> None:
    schema = validator("problem_file")
    for text in (CUBE, spins(3), MIXED, *map(random_file, range(10))):
        schema.validate(tomllib.loads(text))
    for wrong in (CUBE + 'target = "0"', spins(2).replace('"sphere"', '"ball"')):
        assert not schema.is_valid(tomllib.loads(wrong))
    assert "on the sphere of its norm" in str(parse_problem(MIXED))
    assert "loss 1: linear over m" in str(parse_problem(MIXED))
