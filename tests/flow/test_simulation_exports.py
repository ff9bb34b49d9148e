"""Simulations as text, JSON, CSV and SVG: complete, valid, and read back."""

import csv
import io
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_schemas import checked

from diagrams.errors import BadInput
from diagrams.flow import FlowSettings, Simulation, simulate
from diagrams.flow.statistics import mean, quantile, standard_error
from diagrams.problems.cp import cp_problem

SVG = "{http://www.w3.org/2000/svg}"


def run(**changes: Any) -> Simulation:
    given = {"p": 3, "H": 2, "sigma": 0.6, "c": 0.5, "lambda": 0.25, "seeds": 5, "points": 6}
    problem = cp_problem(order=3, ties="2+1", scale="c", decay="lambda")
    return simulate(problem, until=1, **{**given, **changes})


def exploding() -> Simulation:
    problem = cp_problem(order=4)
    return simulate(problem, p=4, H=2, sigma=0.5, until=-0.1, seeds=7, points=11)


CASES: list[Callable[[], Simulation]] = [
    run,
    exploding,
    lambda: run(seeds=1, points=2),
    lambda: run(settings=FlowSettings(check=False)),
]


@pytest.mark.parametrize("case", CASES)
def test_json_fits_its_schema_and_comes_back(case: Callable[[], Simulation]) -> None:
    found = case()
    text = found.to_json("wickflow simulate <&> \"'\n")
    data = checked(text)
    assert Simulation.from_json(text) == found
    assert hash(Simulation.from_json(text)) == hash(found)
    assert data["provenance"]["seed"] == 0
    assert "Infinity" not in text
    assert "NaN" not in text


def test_infinite_losses_are_null() -> None:
    found = exploding()
    assert any(found.blow_ups)
    assert not all(found.blow_ups)
    data = json.loads(found.to_json())
    for row, values in zip(data["losses"], found.losses, strict=True):
        assert [x is None for x in row] == [math.isinf(x) for x in values]
    assert data["mean"][-1] is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "wickflow.expansion/1"),
        (("problem", "spec"), "/etc/passwd"),
        (("problem", "spec"), "cp:order=99"),
        (("times", 0), "0"),
        (("times",), []),
        (("losses", 0), [1.0]),
        (("losses", 0, 1), True),
        (("losses",), []),
        (("losses", 0, 1), 12.5),
        (("mean", 0), None),
        (("standard_error", 0), 3),
        (("median",), []),
        (("steps",), [1]),
        (("steps", 0), -1),
        (("blow_ups", 0), 3),
        (("blow_ups", 0), {"time": 1}),
        (("accuracy",), []),
        (("accuracy", "seeds"), "many"),
        (("sizes", "q"), 3),
        (("root",), 1.5),
        (("evidence", "kind"), "certain"),
        (("evidence", "statement"), "two\nlines"),
        (("evidence",), None),
    ],
)
def test_what_was_not_written_is_not_read(path: tuple[Any, ...], value: object) -> None:
    data = json.loads(run().to_json())
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BadInput):
        Simulation.from_json(json.dumps(data))


@pytest.mark.parametrize("case", CASES)
def test_csv(case: Callable[[], Simulation]) -> None:
    found = case()
    first, rest = found.to_csv("wickflow\nsimulate").split("\n", 1)
    assert first.startswith("# cp:order=")
    rows = list(csv.DictReader(io.StringIO(rest)))
    assert [float(row["t"]) for row in rows] == list(found.times)
    assert [float(row["mean"]) for row in rows] == list(found.mean)
    for k, losses in enumerate(found.losses):
        assert [float(row[f"seed_{k}"]) for row in rows] == list(losses)
    errors = [float(row["standard_error"] or "nan") for row in rows]
    np.testing.assert_equal(errors, found.standard_error)


@pytest.mark.parametrize("case", CASES)
def test_svg(case: Callable[[], Simulation]) -> None:
    found = case()
    picture = ET.fromstring(found.to_svg())
    assert len(list(picture.iter(f"{SVG}polyline"))) >= 1
    known = {"mean", "median", "seeds from 10 % to 90 %", "mean, two standard errors either way"}
    for shape in [*picture.iter(f"{SVG}polyline"), *picture.iter(f"{SVG}polygon")]:
        if shape.findtext(f"{SVG}title") in known:
            for point in shape.get("points", "").split():
                x, y = map(float, point.split(","))
                assert 0 < x < float(picture.get("width", "0"))
                assert 0 < y < float(picture.get("height", "0")) - 60
    marks = [t for t in picture.iter(f"{SVG}title") if (t.text or "").startswith("a seed blows")]
    assert len(marks) == sum(b is not None for b in found.blow_ups)
    fills = {shape.get("fill") for shape in picture.iter() if shape.get("fill")} - {"none"}
    assert all(fill[1:3] == fill[3:5] == fill[5:7] or fill == "#1F2933" for fill in fills if fill)


def test_nothing_is_embedded_unescaped() -> None:
    found = run()
    nasty = replace(found, problem=replace(found.problem, title="<script>&\"'"))
    for text in (nasty.to_svg(), nasty._repr_html_()):
        assert "<script>" not in text
        assert "&lt;script&gt;" in text


def test_text() -> None:
    text = str(run(points=200))
    assert len(text.splitlines()) < 20
    assert "5 seeds of root 0" in text
    assert "numerical" in text
    assert "of 7 blow up, the first at t = -" in str(exploding())
    assert str(run(seeds=1)).count(" - ") + str(run(seeds=1)).count(" -\n") > 0 or "-" in text


def test_sizes_are_those_of_the_problem() -> None:
    assert [name for name, _ in run().sizes] == ["p", "H", "c", "lambda", "sigma", "T"]
    assert [name for name, _ in exploding().sizes] == ["p", "H", "sigma", "T"]
    with pytest.raises(BadInput):
        run().value_at("q")
    for level in (-0.1, 2, True, "1/2"):
        with pytest.raises(BadInput):
            run().quantile(level)  # type: ignore[arg-type]


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.integers(0, 20))
def test_statistics_against_numpy(values: list[float], twentieths: int) -> None:
    size = max(map(abs, values)) + 1
    assert math.isclose(mean(values), float(np.mean(values)), abs_tol=1e-9 * size)
    found = standard_error(values)
    assert found is not None
    expected = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9 * size)
    level = Fraction(twentieths, 20)
    expected = float(np.quantile(values, float(level)))
    assert math.isclose(quantile(values, level), expected, rel_tol=1e-9, abs_tol=1e-9 * size)
