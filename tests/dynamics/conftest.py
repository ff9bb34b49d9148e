"""What tests of solutions share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def numbers_of_formulas(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are those of the size limit: sizes are small, so that they can be computed anew.

    When runs of such sizes blow up is the subject of ``test_leaving`` alone.
    """
    if request.module.__name__.rpartition(".")[2] != "test_leaving":
        monkeypatch.setattr(
            "diagrams.dynamics.solution.typical_blow_up", lambda problem, values, until: None
        )
