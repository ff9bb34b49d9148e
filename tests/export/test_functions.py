"""Networks with functions in documents: JSON that reads back, LaTeX that compiles, drawings."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest
from json_schemas import checked

from diagrams import BadInput, Polynomial, Series, diagram_table, expand, load_problem
from diagrams.export.pictures.gallery import write_gallery

SPEC = str(Path(__file__).parents[2] / "docs" / "systems" / "activation_two_inputs.toml")
PROBLEM = load_problem(SPEC)


@pytest.mark.parametrize("observable", [None, "kernel", "W[k,i]^2 / N"])
def test_json_says_what_averages_are_and_reads_back(observable: str | None) -> None:
    series = expand(PROBLEM, 1, observable=observable)
    text = series.to_json()
    checked(text)
    assert Series.from_json(text) == series
    listed = {row["symbol"]: row for row in json.loads(text).get("averages", [])}
    names = {name for y in series for name in y.symbols if name.startswith("E_")}
    assert set(listed) == names
    if observable == "kernel":
        row = listed["E_tanh_0_at1W__tanh_0_at2W"]
        assert row["average"] == "E[tanh(z1) tanh(z2)]"
        assert row["covariance"] == [["w", "r*w"], ["r*w", "w"]]


def test_json_with_another_average_is_refused() -> None:
    text = expand(PROBLEM, 0).to_json()
    for name in ("E_tanh_00_at3W", "E_sin_00_at1W", "E_tanh_00_at1V"):
        with pytest.raises(BadInput, match="E_"):
            Series.from_json(text.replace("E_tanh_00_at1W", name))
    with pytest.raises(BadInput, match="off by"):
        Series.from_json(text.replace("E_tanh_00_at1W", "E_tanh_01_at1W"))


def test_classes_of_diagrams_add_up_to_the_coefficient() -> None:
    table = diagram_table(PROBLEM, 1)
    assert [len(classes) for classes in table] == [3, 6]
    for classes, coefficient in zip(table, expand(PROBLEM, 1), strict=True):
        parts = [entry.coefficient * entry.average for entry in classes]
        assert sum(parts, start=Polynomial()) == coefficient


def test_latex_writes_averages_and_nodes() -> None:
    text = expand(PROBLEM, 1).to_latex()
    assert r"\langle\tanh_{1}\tanh_{2}\rangle" in text
    table = diagram_table(PROBLEM, 1)
    assert any(r"\tanh'" in entry.diagram.to_latex() for entry in table.orders[1])


def test_a_function_and_its_derivatives_are_drawn_alike(tmp_path: Path) -> None:
    write_gallery(diagram_table(PROBLEM, 1), tmp_path / "drawn")
    sheet = unescape((tmp_path / "drawn" / "order-1.svg").read_text())
    assert "tanh(W x)[hidden,sample]" in sheet
    last = unescape((tmp_path / "drawn" / "order-1-diagram-4.svg").read_text())
    assert "tanh'(W x)[" in last
