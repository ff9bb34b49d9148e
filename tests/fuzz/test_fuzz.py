"""What is read, by the fuzzers: a few seconds in the default suite, many cases in the full one.

Seeds are fixed, so that a fault comes back; `docs/robustness.md` says how many cases there are.
Whole commands are in a file of their own, so that both go side by side.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.fuzz.arguments import run_arguments
from tests.fuzz.attempt import Fault, attempt
from tests.fuzz.documents import KINDS, run_documents, run_places
from tests.fuzz.problems import run_problems
from tests.fuzz.tables import run_tables, run_titles

Run = Callable[[random.Random, int], dict[str, int]]
SMALL = ("series", "preset", "levels", "open series", "fronts", "simulation", "parameterisation")
LONG: dict[Run, int] = {
    run_arguments: 60_000,
    run_tables: 30_000,
    run_documents: 10_000,
    run_titles: 1_000,
}


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
@pytest.mark.parametrize("part", range(10))
def test_many_cases(run: Run, part: int) -> None:
    counts = run(random.Random(f"{run.__name__} {part + 1}"), LONG[run] // 10)
    assert sum(counts.values())


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
