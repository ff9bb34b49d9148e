"""What a document says is computed again where that is cheap, and is called a claim elsewhere."""

from __future__ import annotations

import builtins
import io
import json
import os
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from diagrams.errors import BadInput
from diagrams.evidence import CLAIMED, Evidence, Kind
from diagrams.export.json.claims import cheap_orders, exponent_bounds
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import read_problem
from diagrams.scaling.fronts.front import Fronts, fronts
from diagrams.scaling.regimes.finding import regimes
from diagrams.series.cumulants import cumulant
from diagrams.series.expansion import Series, expand
from diagrams.series.levels import levels
from diagrams.series.open_series import expand_open
from tests.fuzz.documents import base

TEACHER = read_problem(Path(__file__).parents[1] / "problems" / "two_layer_teacher.toml")
DATA = read_problem(Path(__file__).parents[1] / "problems" / "two_layer_data.toml")
FAST = ("levels", "open series", "fronts", "simulation", "check", "closed", "parameterisation")


def changed(text: str, place: tuple[Any, ...], new: object) -> str:
    data = json.loads(text)
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = new
    return json.dumps(data)


def refusal(read: Callable[[str], Any], text: str) -> str:
    with pytest.raises(BadInput) as caught:
        read(text)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("name", ["series", *FAST])
def test_no_loader_opens_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SPEC that is a path, of a file that exists, is refused unread."""
    document = base(name)
    data = json.loads(document.text)
    if "problem" not in data:
        return
    secret = tmp_path / "secret.toml"
    secret.write_text("password = 'swordfish'\n")

    def no(*words: object, **more: object) -> Any:
        raise AssertionError(f"opened: {words[0]}")

    with monkeypatch.context() as patch:
        for place, function in ((builtins, "open"), (io, "open"), (os, "open"), (os, "stat")):
            patch.setattr(place, function, no)
        said = refusal(document.read, changed(document.text, ("problem", "spec"), str(secret)))
    assert "swordfish" not in said
    assert "problem.spec" in said


def test_a_document_that_cannot_be_computed_again_is_a_claim_in_every_export() -> None:
    series = expand(cp_problem(order=2), 6)
    assert cheap_orders(series.problem) == 5
    lie = json.loads(series.to_json())
    lie["derivatives"][6]["terms"][0]["coefficient"] = "999"
    found = Series.from_json(json.dumps(lie))
    assert found != series
    for said in (
        str(found),
        found.to_json(),
        found.to_latex(standalone=True),
        str(levels(found, {"p": 1, "H": 1}, count=1)),
        str(fronts(found)),
        fronts(found).to_json(),
    ):
        assert CLAIMED in " ".join(said.split())
    again = Series.from_json(found.to_json())
    assert again == found
    assert again.to_json() == found.to_json()
    assert CLAIMED not in Series.from_json(expand(cp_problem(order=2), 4).to_json()).to_json()


def test_regimes_of_claimed_fronts_are_claims() -> None:
    found = fronts(Series.from_json(expand(TEACHER, 5).to_json()))
    assert found.evidence.claim
    derived = regimes(found)
    assert {derived.evidence.claim, *(r.evidence.claim for r in derived)} == {found.evidence.claim}


def test_other_words_under_right_numbers_are_claims() -> None:
    text = expand(cp_problem(order=2), 2).to_json()
    said = changed(text, ("evidence", "statement"), "proved by the editors")
    assert Series.from_json(said).evidence.claim.startswith(CLAIMED)
    assert not Series.from_json(text).evidence.claim


@pytest.mark.parametrize("s", range(3))
def test_any_coefficient_of_low_orders_is_held_against_the_problem(s: int) -> None:
    text = expand(TEACHER, 2).to_json()
    for k in range(len(json.loads(text)["derivatives"][s]["terms"])):
        lie = changed(text, ("derivatives", s, "terms", k, "coefficient"), "999")
        assert f"Y_{s} of the problem" in refusal(Series.from_json, lie)


@pytest.mark.parametrize(
    ("name", "place", "new"),
    [
        ("series", ("evidence", "checked_to"), -5),
        ("series", ("evidence", "checked_to"), 10**9),
        ("series", ("evidence", "checked_to"), True),
        ("cumulant", ("derivatives", 0, "terms", 0, "coefficient"), "999"),
        ("levels", ("derivatives", 1, "levels", 0, "terms", 0, "coefficient"), "999"),
        ("levels", ("left_out",), 10**18),
        ("bare levels", ("derivatives", 1, "levels", 0, "exponent"), 10**18),
        ("open series", ("derivatives", 0, "diagrams", 0, "coefficient", 0, "coefficient"), "9"),
        ("open series", ("derivatives", 1, "diagrams", 0, "diagram", "edges"), [[]]),
        ("fronts", ("fronts", 0, "terms", 0, 0), 10**18),
        ("fronts", ("fronts", 1, "terms", 0, 0), 7),
        ("fronts", ("fronts", 1, "vertices", 0, 0), 7),
        ("fronts", ("normal",), {"p": "1"}),
        ("fronts", ("symbols",), ["N", "N"]),
        ("proved fronts", ("fronts", 2, "terms", 0), [1, 1, 1, 1, 1]),
        ("proved fronts", ("law",), None),
        ("simulation", ("sizes", "N"), -3.5),
        ("simulation", ("sizes", "N"), 10**400),
        ("simulation", ("sizes", "T"), 0),
        ("simulation", ("times", 1), -0.5),
        ("simulation", ("times", 1), 10**400),
        ("simulation", ("quantiles", 0, "values", 0), 1e9),
        ("simulation", ("tolerance",), -1),
        ("simulation", ("accuracy", "seeds"), 10**6),
        ("ascent", ("blow_ups", 0), {"time": -1e9, "lower": -1, "upper": 0}),
        ("observed", ("observables", "norm", "mean", 0), 1e9),
        ("observed", ("observables",), {"no such thing": {"values": []}}),
        ("check", ("orders", 0, "exact", 0, "coefficient"), "999"),
        ("check", ("orders", 0, "verdict"), "differs"),
        ("check", ("agrees_through",), 7),
        ("closed", ("evidence", "statement"), "true of all networks"),
        ("closed", ("loss",), []),
        ("parameterisation", ("pieces", 0, "half_spaces", 0, "bound"), "999"),
        ("parameterisation", ("demands", 0, "half_spaces", 0, "bound"), "999"),
        ("parameterisation", ("kind",), "infeasible"),
        ("parameterisation", ("regime", "N"), 10**18),
        ("series", ("problem", "title"), "Another network"),
        ("series", ("schema",), "wickflow.expansion/2"),
    ],
)
def test_lies_are_refused(name: str, place: tuple[Any, ...], new: object) -> None:
    document = base(name)
    document.read(document.text)
    refusal(document.read, changed(document.text, place, new))


@pytest.mark.parametrize("name", ["series", "simulation", "fronts", "check", "closed"])
@pytest.mark.parametrize("new", ["1e999", "NaN", "-Infinity", "9" * 5000, "[" * 99999, '"a": 1'])
def test_what_no_json_has(name: str, new: str) -> None:
    text = base(name).text
    place = text.index(":") + 1
    refusal(base(name).read, f"{text[:place]} {new}{text[place:]}")
    refusal(base(name).read, re.sub(r"^\{", '{"schema": "x",', text))


def test_changed_demands_are_claims() -> None:
    """A demand on a part of an observable is known to those only who asked for it."""
    document = base("parameterisation")
    lie = document.text.replace('"output[i] output[i]"', '"part of the output"')
    assert document.read(lie).evidence.claim == CLAIMED
    assert not document.read(document.text).evidence.claim


@pytest.mark.parametrize("problem", [TEACHER, DATA, cp_problem(order=3, ties="2+1", decay="tau")])
def test_exponents_stay_within_their_bounds(problem: Any) -> None:
    for s, exact in enumerate(expand(problem, 2).coefficients):
        bounds = exponent_bounds(problem, s)
        for powers, _ in exact.terms:
            assert all(abs(power) <= bounds[name] for name, power in powers)


def test_values_of_all_kinds_come_back() -> None:
    """Whatever is right is read, whether it can be computed again or not."""
    far = expand(TEACHER, 5)
    assert Series.from_json(far.to_json()) == far
    assert Fronts.from_json(fronts(far).to_json()) == fronts(far)
    both = cumulant(DATA, ("loss",), 1)
    assert Series.from_json(both.to_json()) == both
    open_one = expand_open(DATA, 1, "output")
    assert type(open_one).from_json(open_one.to_json()) == open_one
    odd = Series(far.problem, (*far.coefficients, Polynomial()), Evidence(Kind.EXACT, "said", 6))
    found = Series.from_json(odd.to_json())
    assert found == odd
    assert found.evidence.checked_to == 6
    assert found.coefficient(6) == Polynomial.constant(Fraction(0))
