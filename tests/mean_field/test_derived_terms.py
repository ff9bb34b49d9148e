"""What leads on a scaling, exact to an order and derived beyond: held against exact coefficients.

Mean-field equations and diagrams share no code: a random problem is expanded with diagrams further
than the equations were certified to.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import pytest

from diagrams.cli import main
from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Kind
from diagrams.mean_fields import mean_field as module
from diagrams.mean_fields.equations import Field
from diagrams.mean_fields.mean_field import EXAMPLE, derived_terms, mean_field
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import load_problem
from diagrams.series.expansion import expand
from diagrams.series.levels import Levels, levels
from tests.json_schemas import checked
from tests.mean_field import problems as P

SCALINGS: tuple[dict[str, Any], ...] = (
    {"d": 1, "n": "delta*d"},
    {"d": 1, "n": 1, "rho": "2"},
    {"n": 1, "d": "n/3"},
)
OUTPUTS = ("w[i] X[s,i]", "v[i] w[i] X[s,i]", "w[i] w[i] X[s,i]", "w[i] X[s,i] + b[s]")
TARGETS = ("t[i] X[s,i]", "e[s]", "t[i] X[s,i] - e[s]", "1")
STARTS = ("0", "1", "rho", "0 mean=m", "rho mean=2")
RATES = ("", " rate=1/2", " rate=g")
MORE = ("", 'decay = "rho"', 'prefactor = "rho/2"')


def random_problem(seed: int) -> str:
    """A model of vectors on random data, quadratic at most, that learns vectors or numbers."""
    draw = random.Random(seed)
    output, target = draw.choice(OUTPUTS), draw.choice(TARGETS)
    rows = [P.X]
    for name in "vwb":
        if f"{name}[" in output:
            family = "sample" if name == "b" else "feature"
            start = draw.choice(STARTS[name == "v" :])
            mean = start.partition(" ")[2]
            rows.append(f"{name} {family} trained {start.split()[0]}{draw.choice(RATES)} {mean}")
    rows += [f"t feature frozen {draw.choice(('1', 'rho'))}"] * ("t[" in target)
    rows += ["e sample frozen rho"] * ("e[" in target)
    return P.problem(P.DATA, ";".join(rows), output, target, '["s"]', draw.choice(MORE))


def check(seed: int, terms: int = 4) -> None:
    """Every order beyond the certificate is what leads of whole coefficients, on all scalings."""
    problem = load_problem(random_problem(seed))
    whole = expand(problem, terms)
    for scaling in SCALINGS:
        put = {name: value for name, value in scaling.items() if name in problem.symbols}
        exact = levels(whole, put)
        try:
            found = derived_terms(problem, terms, put, certify=3)
        except NotSolved as refused:
            last = re.fullmatch(r"Y_(\d) vanishes at order [dn]\*\*\(1\).*", refused.step)
            assert last is not None, seed
            assert all(exponent < 1 for exponent, _ in exact.rows[int(last[1])]), seed
            continue
        assert list(found.rows) == [row[:1] for row in exact.rows], (seed, scaling)
        assert found.scaling == exact.scaling
        assert (found.evidence.kind, found.evidence.checked_to) == (Kind.DERIVED, 3)


@pytest.mark.parametrize("seed", [0, 2, 3, 5])
def test_random_problems(seed: int) -> None:
    check(seed)


@pytest.mark.full
@pytest.mark.parametrize("block", range(10))
def test_more_random_problems(block: int) -> None:
    for seed in range(12 * block, 12 * block + 12):
        check(seed, 5)


def test_a_wrong_equation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, scaling = load_problem(EXAMPLE), {"d": 1, "n": "delta*d"}
    right = mean_field(problem, scaling)
    met = tuple(replace(k, memory=()) if isinstance(k, Field) else k for k in right.equations.met)
    wrong = replace(right, equations=replace(right.equations, met=met), derivatives=())
    monkeypatch.setattr(module, "mean_field", lambda *_: wrong)
    with pytest.raises(NotSolved, match="not those of the problem: differs at s = 1"):
        derived_terms(problem, 5, scaling)


def test_what_vanishes_at_the_order_of_the_others_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taylor = module.MeanField.taylor

    def none_at_last(found: module.MeanField, terms: int) -> tuple[Polynomial, ...]:
        return (*taylor(found, terms)[:-1], Polynomial()) if terms == 4 else taylor(found, terms)

    monkeypatch.setattr(module.MeanField, "taylor", none_at_last)
    with pytest.raises(NotSolved, match=r"Y_4 vanishes at order d\*\*\(1\)"):
        derived_terms(load_problem(EXAMPLE), 4, {"d": 1, "n": "delta*d"})


@pytest.mark.parametrize(("terms", "certify"), [(5, 2), (5, 5), (3, 3)])
def test_orders_that_show_nothing(terms: int, certify: int) -> None:
    with pytest.raises(BadInput, match=f"certify: {certify} is not allowed; allowed: an order"):
        derived_terms(load_problem(EXAMPLE), terms, {"d": 1, "n": 1}, certify)


def test_command(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "regression.toml"
    spec.write_text(EXAMPLE)
    words = ["expand", str(spec), "--terms", "8", "--certify", "4"]
    assert main([*words, "--leading", "d=1,n=delta*d", "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert checked(out)["evidence"]["kind"] == "derived"
    found = Levels.from_json(out)
    assert found == derived_terms(load_problem(str(spec)), 8, {"d": 1, "n": "delta*d"}, 4)
    assert main(words) == 2
    assert "leading: missing; allowed: --certify together with --leading" in capsys.readouterr().err
    assert main([*words, "--leading", "d=1,n=d^2"]) == 4
    assert "not of order one" in capsys.readouterr().err
