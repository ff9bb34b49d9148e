"""Whose limit it is: what is said of the loss at late times, against simulation and bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import sympy

from diagrams import OutsideDomain, cp_problem, simulate, solve
from diagrams.dynamics.ends.claims import judged_ends
from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.ends.loss_limits import loss_limits, never_negative
from diagrams.dynamics.solution import Solution
from diagrams.export.content.solution import answer_blocks
from diagrams.export.html.writer import HtmlWriter
from diagrams.flow import FlowSettings
from diagrams.problems.spec import load_problem

NAMES = {"scale": "c", "decay": "d"}
LONG = [pytest.mark.full]


@lru_cache(maxsize=32)
def solved(spec: str, regime: str) -> Solution:
    return solve(load_problem(spec), regime, None if regime == "full" else 4)


def late(solution: Solution) -> list[Ending]:
    return [end for end in solution.endings if end.time == sympy.oo]


PROVED = [
    # options, values of scale and decay, p, H, sigma, until
    ({}, {}, 6, 3, 0.4, 20),
    ({}, {}, 3, 6, 0.4, 20),
    ({"scale": "c"}, {"scale": -1.5}, 6, 3, 0.4, 20),
    ({"scale": "c"}, {"scale": -1.5}, 3, 6, 0.4, 20),
    ({"decay": "d"}, {"decay": 0.5}, 5, 3, 0.4, 40),
    ({"ties": "asym"}, {}, 5, 3, 0.4, 40),
    ({"ties": "asym", "scale": "c", "decay": "d"}, {"scale": -2, "decay": 0.5}, 3, 5, 0.4, 40),
    ({"ties": "asym", "decay": "d"}, {"decay": 1.5}, 5, 3, 0.4, 40),
    *(
        pytest.param(*case, marks=LONG)
        for case in (
            ({"scale": "c"}, {"scale": 1.5}, 6, 3, 0.4, 20),
            ({"decay": "d"}, {"decay": 3}, 3, 6, 0.4, 30),
            ({"ties": "asym"}, {}, 3, 6, 0.2, 40),
            ({"ties": "asym", "decay": "1/3"}, {}, 6, 3, 0.4, 60),
            ({"ties": "asym", "scale": "c"}, {"scale": -0.5}, 6, 3, 0.3, 60),
            ({"target": "zero"}, {}, 6, 3, 0.5, 1000),
            ({"order": 3, "ties": "2+1", "target": "zero", "decay": "1/3"}, {}, 4, 3, 0.7, 60),
            ({"order": 4, "scale": "-1", "decay": "d"}, {"decay": 0.5}, 4, 3, 0.6, 60),
            ({"order": 4, "ties": "2+2", "scale": "c"}, {"scale": -0.7}, 3, 6, 0.6, 1000),
        )
    ),
]


@pytest.mark.parametrize(("options", "given", "p", "width", "sigma", "until"), PROVED)
def test_what_is_proved_of_the_loss_is_what_runs_do(
    options: dict[str, object],
    given: dict[str, float],
    p: int,
    width: int,
    sigma: float,
    until: float,
) -> None:
    problem = cp_problem(**{"order": 2, **options})  # type: ignore[arg-type]
    own = {NAMES[name]: v for name, v in given.items()}
    values = {**own, "p": p, "H": width}
    at = {sympy.Symbol(name): sympy.Rational(str(v)) for name, v in values.items()}
    (found,) = [e for e in loss_limits(problem) if all(r.xreplace(at) for r in e.where)]
    said = float(found.limit.xreplace(at))
    run = simulate(
        problem,
        p=p,
        H=width,
        sigma=sigma,
        until=until,
        seeds=3,
        points=2,
        settings=FlowSettings(check=False, tolerance=1e-7),
        **own,
    )
    assert np.median(np.array(run.losses)[:, -1]) == pytest.approx(
        said, rel=1e-3, abs=1e-4 * run.mean[0]
    )


@pytest.mark.parametrize(
    ("options", "signs"),
    [
        ({"order": 4}, {"-1": False, "1/2": True}),
        ({"order": 4, "scale": -1}, {"1": True, "1/2": True}),
        ({"order": 4, "ties": "3+1", "scale": -1}, {"1": False, "1/2": True}),
    ],
)
def test_terms_that_are_never_negative(options: dict[str, object], signs: dict[str, bool]) -> None:
    """By their definition: with random weights, of either sign."""
    problem = cp_problem(**options)  # type: ignore[arg-type]
    terms = [(diagram, weight) for diagram, weight in problem.observable if diagram.edges]
    said = {str(w): never_negative(diagram) and "-" not in str(w) for diagram, w in terms}
    assert said == signs
    assert bool(loss_limits(problem)) == all(signs.values())


def test_a_scale_of_any_sign_has_an_end_for_each() -> None:
    found = {
        end.condition: (str(end.limit), end.of) for end in late(solved("cp:order=2,scale=c", "B-E"))
    }
    assert found == {
        "c > 0": ("0", "loss"),
        "c < 0": ("c**2*p/2", "loss"),
        "c = 0": ("0", "loss"),
    }


def test_the_formula_of_a_free_face_is_not_the_loss() -> None:
    """On A-B of order four the target comes in later, and every run goes below p/2."""
    (end,) = late(solved("cp:order=4", "A-B"))
    assert (str(end.limit), end.of) == ("p/2", "formula")
    run = simulate(
        cp_problem(order=4),
        p=3,
        H=12,
        sigma=0.9,
        until=4,
        seeds=3,
        points=2,
        settings=FlowSettings(check=False),
    )
    assert max(np.array(run.losses)[:, -1]) < 1


def test_what_is_proved_and_differs_is_said_beside_the_formula() -> None:
    formula, loss = late(solved("cp:order=2,ties=asym", "A"))
    assert (str(formula.limit), formula.of) == ("p/2", "formula")
    assert (str(loss.limit), loss.of) == ("p/2 - Min(H, p)/2", "loss")


def test_whose_limit_it_is_stands_in_every_export() -> None:
    solution = solved("cp:order=2,ties=asym", "A")
    data = json.loads(solution.to_json())["endings"]
    assert [end["of"] for end in data] == ["formula", "loss", "formula"]
    assert data[0]["latex"].startswith(r"\text{formula} \to")
    assert data[1]["latex"].startswith(r"\mathbb{E}[L] \to")
    text = str(solution)
    assert "t -> oo: formula -> p/2; formula - p/2 ~" in text
    assert "t -> oo: E[L] -> p/2 - Min(H, p)/2" in text
    page = "".join(HtmlWriter().lines(answer_blocks(solution)))
    markdown = solution.to_markdown()
    assert page.count("<mtext>formula</mtext>") >= 3
    assert markdown.count(r"\text{formula} \to") >= 2


def test_a_limit_below_zero_is_nobodys() -> None:
    solution = solved("cp:order=2,ties=asym", "A")
    p, width = sympy.symbols("p H")
    end = judged_ends(solution, [Ending(sympy.oo, (width - p) / 2)])[0]
    assert not end.known
    assert "below zero" in end.reason


GROWN = {"p": 64, "H": 64, "sigma": "0.0176776695", "T": 1, "d": "1/50"}


def test_a_linear_motion_says_when_what_it_leaves_out_has_caught_up() -> None:
    """Runs (three seeds, p = H = 64): 28.301 at t = 1, 26.489 at 5/4, 18.59 at 2, 0.013 at 16."""
    solution = solved("cp:order=2,ties=asym,decay=d", "F-G-E")
    assert float(solution.evaluate(GROWN, t=1).value) == pytest.approx(28.301, rel=1e-3)
    assert float(solution.evaluate(GROWN, t="5/4").value) == pytest.approx(26.489, rel=5e-3)
    for t in (2, 4, 16):
        with pytest.raises(OutsideDomain, match="leaves out has grown"):
            solution.evaluate(GROWN, t=t)
    with pytest.raises(OutsideDomain, match="leaves out has grown"):
        solution.values([1, 4], GROWN)
    assert "up to about" in solution.domain
    assert not any(end.known and end.of == "formula" for end in solution.endings)


def test_a_linear_motion_that_falls_holds_for_all_times() -> None:
    solution = solved("cp:order=2", "E")
    assert solution.domain.endswith("all t < 0; evaluate refuses beyond")
    at = {"p": 64, "H": 64, "sigma": "1/100"}
    assert float(solution.evaluate(at, t=-50).value) == pytest.approx(32)
    with pytest.raises(OutsideDomain, match="leaves out has grown"):
        solution.evaluate(at, t=1)


def test_a_limit_is_the_loss_s_only_if_proved_at_every_point(monkeypatch):
    found = solved("cp:order=2,target=zero", "full")
    (proved,) = loss_limits(found.problem)
    end = Ending(sympy.oo, sympy.Integer(0))
    for where, of in (((), "loss"), ((sympy.Symbol("H") > 10,), "formula")):
        half = (replace(proved, where=where),)
        monkeypatch.setattr("diagrams.dynamics.ends.claims.loss_limits", lambda _, half=half: half)
        judged = [e for e in judged_ends(found, [end]) if not e.where]
        assert [e.of for e in judged] == [of]
