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
        for refusal in ("refuse_after_blow_up", "refuse_where_parted"):
            monkeypatch.setattr(f"{owner}.{refusal}", lambda *given: None)
        monkeypatch.setattr(f"{owner}.possible", lambda problem, values, found: found)
