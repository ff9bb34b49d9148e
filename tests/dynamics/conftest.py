"""What tests of solutions share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def numbers_of_formulas(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are those of the formulas: sizes are so small that they can be computed anew.

    They lie outside the regimes then.  What may leave a solution is told in ``test_leaving``.
    """
    if request.module.__name__.rpartition(".")[2] != "test_leaving":
        owner = "diagrams.dynamics.solution"
        monkeypatch.setattr(f"{owner}.typical_blow_up", lambda problem, values, until: None)
        monkeypatch.setattr(
            f"{owner}.Solution._refuse_where_parted", lambda self, known, found: None
        )
        monkeypatch.setattr(f"{owner}.possible", lambda problem, values, found: found)
