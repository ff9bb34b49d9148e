"""Fronts, regimes and laws in nu fit their published schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scaling.theorem_fronts import theorem_series

import diagrams.export
from diagrams.problems.cp import cp_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.orders.law import order_law
from diagrams.scaling.regimes.finding import regimes
from diagrams.series.expansion import expand

jsonschema = pytest.importorskip("jsonschema")
FOLDER = Path(diagrams.export.json.__file__).with_name("schemas")


def check(text: str, name: str) -> Any:
    data = json.loads(text)
    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(data)
    return data


@pytest.mark.parametrize(
    "settings",
    [{"order": 4}, {"order": 3}, {"order": 2, "scale": "c"}, {"order": 3, "decay": "1/2"}],
)
def test_fronts(settings: dict[str, Any]) -> None:
    found = fronts(cp_problem(ties="sym", **settings), terms=2)
    data = check(found.to_json(), "fronts-1.json")
    assert data["symbols"][:2] == ["p", "H"]


@pytest.mark.parametrize(("order", "ties"), [(4, "sym"), (3, "asym")])
def test_regimes(order: int, ties: str) -> None:
    check(regimes(theorem_series(order, ties)).to_json(), "regimes-1.json")


def test_drifting_regimes() -> None:
    check(regimes(expand(cp_problem(order=3, ties="sym"), 5)).to_json(), "regimes-1.json")


def test_laws_in_nu() -> None:
    law = order_law({order: regimes(theorem_series(order, "sym")) for order in (2, 4, 6)})
    check(law.to_json(), "regimes-1.json")
