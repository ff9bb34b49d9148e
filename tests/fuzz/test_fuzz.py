"""What is read, by the fuzzers: a few seconds in the default suite, many cases in the full one.

Seeds are fixed, so that a fault comes back; `tests/fuzz/campaign.py` says how many cases there are.
Whole commands are in a file of their own, so that both go side by side.
"""

from __future__ import annotations

import random

import pytest

from tests.fuzz.arguments import run_arguments
from tests.fuzz.attempt import Fault, attempt
from tests.fuzz.campaign import PARTS, Run, part
from tests.fuzz.documents import KINDS, run_documents, run_places
from tests.fuzz.problems import run_problems
from tests.fuzz.tables import run_tables, run_titles

SMALL = ("series", "preset", "levels", "open series", "fronts", "simulation", "parameterisation")
LONG: tuple[Run, ...] = (run_arguments, run_tables, run_documents, run_titles)


@pytest.mark.parametrize(
    ("run", "cases"), [(run_arguments, 250), (run_tables, 60), (run_problems, 12), (run_titles, 6)]
)
def test_some_cases(run: Run, cases: int) -> None:
    counts = run(random.Random(f"{run.__name__} 0"), cases)
    assert counts["read"]


def test_some_documents() -> None:
    counts = run_documents(random.Random(9), 60, SMALL)
    assert min(counts.values()) > 0


@pytest.mark.full
@pytest.mark.parametrize("run", LONG, ids=lambda run: run.__name__)
@pytest.mark.parametrize("number", range(PARTS))
def test_many_cases(run: Run, number: int) -> None:
    assert sum(part(run, number).values())


@pytest.mark.full
@pytest.mark.parametrize("name", KINDS)
def test_a_lie_at_every_place(name: str) -> None:
    assert run_places(name) > 20


def test_the_judge_sees_faults() -> None:
    def endless() -> None:
        while True:
            pass

    with pytest.raises(Fault, match="more than"):
        attempt(endless, "endless", 0.05)
    with pytest.raises(Fault, match="ZeroDivisionError"):
        attempt(lambda: 1 / 0, "0/0")
