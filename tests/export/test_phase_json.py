"""Fronts, regimes and laws in nu fit their published schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest
from json_schemas import checked
from scaling.theorem_fronts import theorem_series

from diagrams.errors import BadInput
from diagrams.problems.cp import cp_problem
from diagrams.scaling.fronts.front import fronts
from diagrams.scaling.orders.law import order_law
from diagrams.scaling.regimes.finding import regimes
from diagrams.scaling.regimes.regime import Regimes
from diagrams.series.expansion import expand


@pytest.mark.parametrize(
    "settings",
    [{"order": 4}, {"order": 3}, {"order": 2, "scale": "c"}, {"order": 3, "decay": "1/2"}],
)
def test_fronts(settings: dict[str, Any]) -> None:
    found = fronts(cp_problem(ties="sym", **settings), terms=2)
    data = checked(found.to_json())
    assert data["symbols"][:2] == ["p", "H"]


@pytest.mark.parametrize(("order", "ties"), [(4, "sym"), (3, "asym")])
def test_regimes(order: int, ties: str) -> None:
    checked(regimes(theorem_series(order, ties)).to_json())


def test_drifting_regimes() -> None:
    checked(regimes(expand(cp_problem(order=3, ties="sym"), 5)).to_json())


def test_laws_in_nu() -> None:
    law = order_law({order: regimes(theorem_series(order, "sym")) for order in (2, 4, 6)})
    checked(law.to_json())


def test_evidence_does_not_reach_beyond_the_fronts_of_a_document() -> None:
    data = json.loads(regimes(cp_problem(2), terms=3).to_json())
    data["fronts"] = data["fronts"][:-1]
    with pytest.raises(BadInput, match="evidence.checked_to"):
        Regimes.from_json(json.dumps(data))
