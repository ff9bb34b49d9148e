"""Networks with functions in documents: JSON that reads back, LaTeX that compiles, drawings."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest
from json_schemas import checked

from diagrams import (
    BadInput,
    Levels,
    Polynomial,
    Series,
    diagram_table,
    expand,
    levels,
    load_problem,
)
from diagrams.campaign.cache import Store
from diagrams.export.pictures.gallery import write_gallery
from diagrams.polynomials.average_symbols import averages_in

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
        functions = [(f["name"], f["derivative"], f["argument"]) for f in row["functions"]]
        assert functions == [("tanh", 0, 0), ("tanh", 0, 1)]
        powers = [[entry[0]["powers"] for entry in line] for line in row["covariance"]]
        assert powers == [[{"w": 1}, {"r": 1, "w": 1}], [{"r": 1, "w": 1}, {"w": 1}]]
    sorted_by_width = levels(series, {"N": 1})
    leveled = Levels.from_json(sorted_by_width.to_json())
    assert leveled == sorted_by_width
    known = [average.to_dict() for average in averages_in(series)]
    back = [polynomial for row in leveled.rows for _, polynomial in row]
    for found in (back, list(Series.from_json(text))):
        assert [average.to_dict() for average in averages_in(found)] == known


def test_a_store_keeps_what_averages_are(tmp_path: Path) -> None:
    store = Store(tmp_path)
    expand(PROBLEM, 1, store=store)
    kept = expand(PROBLEM, 1, store=store)
    value = kept.values({"N": 3, "w": 1, "v": 1, "r": "1/2", "c": 1})
    assert value == expand(PROBLEM, 1).values({"N": 3, "w": 1, "v": 1, "r": "1/2", "c": 1})


def test_json_with_another_average_is_refused() -> None:
    text = expand(PROBLEM, 0).to_json()
    symbol = '"E_tanh_00_at1W"'
    with pytest.raises(BadInput, match="averages: 'E_tanh_00_at1W'"):  # another function
        Series.from_json(text.replace('"name": "tanh"', '"name": "sin"'))
    with pytest.raises(BadInput, match="symbol of its own"):
        Series.from_json(text.replace('"E_tanh_00_at2W"', symbol))
    with pytest.raises(BadInput, match="off by"):  # defined, and not what is in the coefficient
        Series.from_json(text.replace(symbol, '"E_tanh_01_at1W"'))
    with pytest.raises(BadInput, match="powers"):  # not defined
        Series.from_json(text.replace(f"{symbol}: 1", '"E_tanh_01_at1W": 1', 1))
    for wrong in ('"argument": 2', '"argument": -1', '"argument": true'):
        with pytest.raises(BadInput, match="averages"):
            Series.from_json(text.replace('"argument": 0', wrong))


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
