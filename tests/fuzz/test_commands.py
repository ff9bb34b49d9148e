"""Problem files and command lines, by the fuzzers; `tests/fuzz/campaign.py` says how many."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.arguments import run_options
from tests.fuzz.campaign import PARTS, Run, part
from tests.fuzz.problems import run_commands, run_problems

LONG: tuple[Run, ...] = (run_problems, run_options, run_commands)


def test_some_command_lines() -> None:
    counts = run_options(random.Random(5), 8)
    assert counts["0"] > 1


@pytest.mark.full
@pytest.mark.parametrize("run", LONG, ids=lambda run: run.__name__)
@pytest.mark.parametrize("number", range(PARTS))
def test_many_cases(run: Run, number: int) -> None:
    assert sum(part(run, number).values())
