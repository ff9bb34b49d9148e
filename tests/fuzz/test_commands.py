"""Problem files and command lines, by the fuzzers; `docs/robustness.md` says how many cases."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.fuzz.arguments import run_options
from tests.fuzz.problems import run_commands, run_problems

Run = Callable[[random.Random, int], dict[str, int]]
LONG: dict[Run, int] = {run_problems: 2_000, run_options: 400, run_commands: 700}


def test_some_command_lines() -> None:
    counts = run_options(random.Random(5), 8)
    assert counts["0"] > 1


@pytest.mark.full
@pytest.mark.parametrize("run", LONG, ids=lambda run: run.__name__)
@pytest.mark.parametrize("part", range(10))
def test_many_cases(run: Run, part: int) -> None:
    counts = run(random.Random(f"{run.__name__} {part + 1}"), LONG[run] // 10)
    assert sum(counts.values())
