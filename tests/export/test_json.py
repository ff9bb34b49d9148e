"""JSON: what is written fits the published schemas, and only that is read back."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_schemas import checked, validator
from jsonschema import ValidationError
from samples import drawn

from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.export.json.codec import document, json_lines
from diagrams.export.json.documents import DOCUMENTS, parts, schema_data, trials
from diagrams.export.json.documents.series import Expansion
from diagrams.export.json.refusals import fitting
from diagrams.export.json.series import table_json
from diagrams.polynomials.plain_data import polynomial_data, polynomial_from_data
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import load_problem
from diagrams.report import build_report, write_report
from diagrams.series.classes import diagram_table
from diagrams.series.expansion import Series, expand

PROBLEMS = Path(__file__).parents[1] / "problems"
SPECS = (
    "cp:order=2,ties=sym",
    "cp:order=3,ties=2+1,scale=c,decay=lambda",
    "cp:order=3,ties=asym,scale=1/3,decay=0.1",
    "cp:order=2,target=zero",
    str(PROBLEMS / "two_layer_data.toml"),
    str(PROBLEMS / "two_layer_teacher.toml"),
)
GOOD = expand(load_problem("cp:order=2,scale=c"), 1).to_json()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_outputs_fit_the_schemas(spec: str, tmp_path: Path) -> None:
    problem = load_problem(spec)
    series = expand(problem, 2)
    text = series.to_json()
    checked(text)
    assert Series.from_json(text) == series
    assert Series.from_json(text).to_json() == text
    table = diagram_table(problem, 1)
    checked(table_json(table, "wickflow diagrams"))
    report = build_report(problem, 1, drawn=1, seconds=0.3)
    write_report(report, tmp_path / "report", "wickflow report")
    data = checked((tmp_path / "report" / "data.json").read_text("utf-8"))
    assert data["expansion"]["derivatives"] == json.loads(text)["derivatives"][:2]
    assert data["diagrams"]["orders"] == json.loads(table.to_json())["orders"]


def test_the_command_prints_the_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    for name in DOCUMENTS:
        assert main(["schema", name]) == 0
        schema = json.loads(capsys.readouterr().out)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema == validator(name).schema
        assert schema["title"] == f"wickflow.{name}/1"
    with pytest.raises(BadInput, match="expansion"):
        schema_data("../json")


def test_the_schema_of_reports_holds_the_others() -> None:
    parts = schema_data("report")["$defs"]
    for name in ("expansion", "diagrams", "fronts", "regimes"):
        other = schema_data(name)
        assert parts[name.capitalize()]["properties"] == other["properties"]
        assert other["$defs"].items() <= parts.items()


def test_what_is_said_of_keys_stands_beside_them() -> None:
    assert schema_data("levels")["properties"]["left_out"]["description"].startswith("the highest")
    ending = schema_data("solution")["$defs"]["Ending"]
    assert ending["properties"]["of"]["description"].endswith(
        "from which the loss may part at late times"
    )
    assert "of:" not in ending["description"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"coefficient": "1/2"', '"coefficient": "0.5"'),
        ('"coefficient": "1/2"', '"coefficient": 0.5'),
        ('"p": 2', '"p": 0'),
        ('"p": 2', '"p": "4/2x"'),
        ('"p": 2', '"p q": 2'),
        ('"schema": "wickflow.expansion/1"', '"schema": "wickflow.expansion/2"'),
        ('"convention"', '"invention"'),
        ('"kind": "exact"', '"kind": "sure"'),
        ('"s": 0', '"s": -1'),
    ],
)
def test_schemas_refuse(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises(ValidationError):
        validator("expansion").validate(json.loads(GOOD.replace(old, new, 1)))


def test_a_term_a_line_and_sectors_together() -> None:
    series = expand(load_problem("cp:order=4"), 1)
    text = series.to_json()
    lines = [line for line in text.splitlines() if "coefficient" in line]
    assert len(lines) == sum(map(len, series.coefficients))
    assert all(json.loads(line.rstrip(",")) for line in lines)
    powers = [t["powers"].get("sigma", 0) for t in json.loads(text)["derivatives"][1]["terms"]]
    assert powers == sorted(powers, reverse=True)


symbols = st.sampled_from(["p", "H", "sigma", "c", "tau_1"])
exponents = st.fractions(-4, 4, max_denominator=4)
polynomials = st.lists(
    st.tuples(st.fractions(), st.dictionaries(symbols, exponents, max_size=4)), max_size=8
).map(lambda listed: sum((Polynomial.monomial(c, powers) for c, powers in listed), Polynomial()))


@given(polynomials)
def test_polynomials_come_back(polynomial: Polynomial) -> None:
    data = json.loads(json.dumps(polynomial_data(polynomial)))
    found = validator("expansion").schema
    terms = validator("expansion").evolve(
        schema=found["$defs"]["Derivative"]["properties"]["terms"] | {"$defs": found["$defs"]}
    )
    terms.validate(data)
    assert polynomial_from_data(data, "terms") == polynomial
    for term in data:
        assert re.fullmatch(r"-?\d+(/\d+)?", term["coefficient"])
        for power in term["powers"].values():
            assert isinstance(power, int) == (Fraction(power).denominator == 1)
            assert power


LOW = expand(load_problem("cp:order=2,scale=c,decay=tau_1"), 4)


@settings(max_examples=drawn(5), deadline=None)
@given(st.lists(polynomials, min_size=1, max_size=2), st.sampled_from(Kind), st.integers(0, 5))
def test_series_come_back(claimed: list[Polynomial], kind: Kind, checked: int) -> None:
    evidence = Evidence(kind, "counted \u2603 'all'", checked)
    series = Series(LOW.problem, (*LOW.coefficients, *claimed), evidence)
    found = Series.from_json(series.to_json())
    assert found == series
    assert str(found.evidence).endswith(
        "as the document claims; recomputed and equal through order 4"
    )
    assert Series.from_json(found.to_json()).to_json() == found.to_json()


# -- what is not ours --------------------------------------------------------------------


def refused(text: object) -> str:
    with pytest.raises(BadInput) as caught:
        Series.from_json(text)  # type: ignore[arg-type]
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 400
    return message


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("wickflow.expansion/1", "wickflow.report/1", ("schema", "wickflow.expansion/1")),
        ('"coefficient": "1/2"', '"coefficient": "1/0"', ("terms[0].coefficient", "'1/0'")),
        ('"coefficient": "1/2"', '"coefficient": 0.5', ("terms[0].coefficient", "0.5")),
        ('"coefficient": "1/2"', '"coefficient": true', ("terms[0].coefficient", "True")),
        ('"coefficient": "1/2"', '"coefficient": NaN', ("NaN is no JSON",)),
        ('"coefficient": "1/2"', '"coefficient": "999"', ("derivatives[0]", "Y_0 of the problem")),
        ('"p": 2', '"p": 1000000000000000000', ("powers.p", "exponent up to")),
        ('"p": 2', '"p": 200', ("derivatives[0].terms", "p^200", "order 0 can have")),
        ('"p": 2', '"p": 2, "p": 2', ("'p' is given twice",)),
        ('"checked_to": 1', '"checked_to": -5', ("evidence.checked_to", "-5", ">= 0")),
        ('"checked_to": 1', '"checked_to": 2', ("evidence.checked_to", "2", "from 0 to 1")),
        ('"order": "2"', '"order": "4"', ("problem.order", "as its spec says")),
        ('"coefficient": "1/2"', '"coefficient": "\u0661"', ("terms[0].coefficient",)),
        ('"coefficient": "1/2"', '"coefficient": "1/2\\n"', ("terms[0].coefficient",)),
        ('"p": 2', f'"p": {10**310}', ("is too large",)),
        ('"p": 2', '"p": null', ("powers.p", "None")),
        ('"p": 2', '"q": 2', ("terms[0].powers", "'q'", "p, H")),
        ('"p": 2', '"__class__": 2', ("powers", "'__class__'", "plain symbol")),
        ('"p": 2', '"p": {"p": 2}', ("powers.p", "an object")),
        ('"s": 1', '"s": 2', ("derivatives[1].s", "2", "1")),
        ('"s": 1', '"s": []', ("derivatives[1].s", "an array")),
        ('"kind": "exact"', '"kind": {}', ("evidence.kind", "an object", "exact")),
        ('"statement": "every', '"statement": "a\\nb', ("evidence.statement", "one line")),
        ('"checked_to": 1', '"checked_to": "1"', ("evidence.checked_to", "integer")),
        ("cp:order=2,ties", "cp:order=1,ties", ("order", "2 to")),
        ("cp:order=2,ties=sym,target=identity,scale=c", "/etc/passwd", ("problem.spec", "preset")),
        ('"derivatives"', '"integrals"', ("derivatives", "missing")),
        ("{", "[", ("JSON",)),
    ],
)
def test_corrupt_series(old: str, new: str, parts: tuple[str, ...]) -> None:
    assert old in GOOD
    message = refused(GOOD.replace(old, new, 1))
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (parts.Term, {"coefficient": "1/0", "powers": {}}, "coefficient: '1/0'"),
        (parts.Term, {"powers": {}}, "coefficient: missing"),
        (parts.Term, {"coefficient": "1", "powers": {"p q": 1}}, "powers: 'p q'"),
        (parts.Term, {"coefficient": "1", "powers": {"p": True}}, "powers.p: True"),
        (
            parts.Term,
            {"coefficient": "1", "powers": {}, "\ud800": 1},
            "the keys coefficient, powers",
        ),
        (parts.Evidence, {"kind": "sure", "statement": ""}, "exact or derived or conjectured"),
        (parts.Evidence, {"kind": "exact", "statement": "a\nb"}, "one line of text"),
        (trials.BlowUp, {"time": 1e305, "lower": 0, "upper": 0}, "a number <= 1e+300"),
        (trials.BlowUp, [], "JSON: 'an array' is not allowed; allowed: an object"),
        (trials.Quantile, {"level": "1/2", "values": [1, "x"]}, "values[1]: 'x'"),
    ],
)
def test_what_does_not_fit_is_named(kind: Any, data: object, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        fitting(data, kind)
    assert message in str(caught.value)


def test_what_does_not_fit_is_not_written() -> None:
    problem, listed = load_problem("cp:order=2"), [{"s": np.int64(0), "terms": ()}]
    content = {"derivatives": listed, "evidence": Evidence(Kind.EXACT, "").to_dict()}
    assert json.loads(json_lines(document(Expansion, content, problem)))["derivatives"][0]["s"] == 0
    with pytest.raises(BadInput, match=r"derivatives\[0\]\.s"):
        document(Expansion, content | {"derivatives": [{"s": -1, "terms": []}]}, problem)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"text"',
        "{}",
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 10_000,
        '{"schema": ' + "[" * 900 + "]" * 900 + "}",
        '{"schema": "wickflow.expansion/1", "problem": []}',
        '{"schema": "wickflow.expansion/1", "problem": {"spec": ["cp:"]}}',
        '{"schema": "wickflow.expansion/1", "problem": {"spec": "cp:order=2"}, "derivatives": []}',
        '{"schema": "\\ud800"}',
        "\ud800",
        None,
        b"{}",
        7,
    ],
    ids=lambda text: str(text)[:20],
)
def test_hostile_texts(text: object) -> None:
    refused(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(inner, (*path, key))
    return found


PLACES = places(json.loads(GOOD))


@given(st.sampled_from(PLACES), values, st.booleans())
def test_any_value_replaced_is_refused_or_read(
    place: tuple[Any, ...], value: object, remove: bool
) -> None:
    data = json.loads(GOOD)
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    if not place:
        data = value
    elif remove:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    read(json.dumps(data))


@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.text(max_size=6))
def test_any_text_replaced_is_refused_or_read(start: int, length: int, new: str) -> None:
    read(GOOD[:start] + new + GOOD[start + length :])


@given(st.text() | values.map(json.dumps))
def test_any_text_is_refused(text: str) -> None:
    refused(text)


def read(text: str) -> None:
    """Either it is refused in one line, or it is a series that comes back."""
    try:
        series = Series.from_json(text)
    except BadInput:
        refused(text)
    else:
        assert Series.from_json(series.to_json()) == series
