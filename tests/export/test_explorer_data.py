"""What an explorer stands on, without a browser: places of regimes, data, escaping."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from diagrams.dynamics.solutions import solutions
from diagrams.export.explorer.curves import solution_curves
from diagrams.export.explorer.data import embedded, explorer_data
from diagrams.export.explorer.places import places
from diagrams.export.explorer.plot import curve_name, curves_sketch
from diagrams.export.html.mathml import mathml
from diagrams.problems.spec import load_problem
from diagrams.scaling.regimes.finding import Regimes, regimes
from diagrams.scaling.regimes.location import locate
from diagrams.series.expansion import expand

SPECS = ("cp:order=4", "cp:order=3", "cp:order=3,ties=2+1", "cp:order=2,scale=c,decay=lambda")


@pytest.fixture(scope="module", params=SPECS)
def found(request: pytest.FixtureRequest) -> Regimes:
    return regimes(load_problem(request.param), None if "decay" not in request.param else 4)


def test_every_regime_has_a_place_of_its_own(found: Regimes) -> None:
    at = places(found)
    assert tuple(at) == found.names
    for name, scaling in at.items():
        assert scaling[0] == 1
        assert locate(found, dict(zip(found.symbols, scaling, strict=True))).regime.name == name
        if not found[name].drifts and found[name].dimension == 0:
            assert max(entry.denominator for entry in scaling) <= 20


def test_data_hold_all_terms_and_fronts(found: Regimes) -> None:
    series = expand(found.problem, 2)
    data = json.loads(embedded(explorer_data(found, series, places(found))))
    assert [len(order["terms"]) for order in data["orders"][1:]] == list(map(len, series))[1:]
    for order, front in zip(data["orders"], found.fronts.orders, strict=False):
        terms = [[Fraction(x) for x in order["terms"][k][1]] for k in order["front"]]
        assert terms == [[Fraction(x) for x in term] for term in front.terms]
        for regime, face, vertices in zip(found, order["faces"], order["vertices"], strict=True):
            if front.s >= regime.first:
                assert set(vertices) <= set(face)


def test_embedded_text_cannot_end_its_element() -> None:
    hostile = {"</script>": "<!--<script>&\u2028\u2029"}
    text = embedded(hostile)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == hostile


@pytest.mark.parametrize(
    ("latex", "parts"),
    [
        (r"p^{3} \sigma^{-1/2}", ["<mi>&#x003C3;</mi>", "<mo>&#x02212;</mo><mn>1</mn>"]),
        (r"G{\left(z_{2} \right)} \sim 0", ['stretchy="false">&#x00028;', "<mo>&#x0223C;</mo>"]),
        (r"x_{\mathrm{max}} \allowbreak 1", ['<mi mathvariant="normal">max</mi>', "<mn>1</mn>"]),
        (r"\text{B\_C} \wickleading{p q}", ["<mtext>B_C</mtext>", "<munder><mrow><mi>p</mi>"]),
        (r"\begin{aligned}Q &= 1 \\[2pt] &\le n\end{aligned}", ["<mtr>", "&#x02264;"]),
    ],
)
def test_mathematics_as_mathml(latex: str, parts: list[str]) -> None:
    found = mathml(latex)
    assert all(part in found for part in parts), found
    assert "\\" not in found


def test_no_time_no_curves() -> None:
    problem = load_problem("cp:order=4,target=zero")
    found = regimes(problem)
    solved = solutions(problem, found, 60)
    series = expand(problem, 3)
    none = solution_curves(solved, series, places(found), -1.0)
    assert [curves.refusal for curves in none] == ["not drawn, for lack of time"] * 3
    drawn = solution_curves(solved, series, places(found), 60.0)
    assert [len(curves.curves) for curves in drawn] == [3, 1, 1]
    edge = drawn[0]
    assert [curve_name(c) for c in edge.curves] == ["H/p^2 = 1", "H/p^2 = 1/4", "H/p^2 = 4"]
    assert all(c.values[0] == 1 and c.values[-1] < 0.8 for c in edge.curves)
    traces = [t for t in curves_sketch(edge).traces if t.meaning]
    assert len({t.pen.dashes for t in traces}) == 3
