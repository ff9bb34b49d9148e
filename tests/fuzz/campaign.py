"""The campaign: how many cases each fuzzer makes at length, in ten parts whose seeds are fixed.

``python -m tests.fuzz.campaign`` runs all of it in one process and prints what came of it, as the
table of `docs/robustness.md`; names of fuzzers behind it run these alone.  The tests of this folder
run the same parts one by one.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence

from tests.fuzz.arguments import run_arguments, run_options
from tests.fuzz.attempt import Fault
from tests.fuzz.documents import KINDS, run_documents, run_places
from tests.fuzz.problems import run_commands, run_problems
from tests.fuzz.tables import run_tables, run_titles

Run = Callable[[random.Random, int], dict[str, int]]
CASES: dict[Run, int] = {
    run_arguments: 60_000,
    run_tables: 30_000,
    run_documents: 10_000,
    run_titles: 300,
    run_problems: 3_000,
    run_options: 400,
    run_commands: 1_000,
}
PARTS = 10


def part(run: Run, number: int) -> dict[str, int]:
    """One part of a fuzzer's cases: how many ended in which way; raises :class:`Fault`."""
    return run(random.Random(f"{run.__name__} {number + 1}"), CASES[run] // PARTS)


def everything(chosen: Sequence[str] = ()) -> int:
    """Run all fuzzers, or some; print a line for each. Returns the number of faults."""
    jobs: dict[str, list[Callable[[], dict[str, int]]]] = {
        run.__name__: [lambda run=run, k=k: part(run, k) for k in range(PARTS)] for run in CASES
    }
    jobs["run_places"] = [lambda name=name: {"lies": run_places(name)} for name in KINDS]
    cases = faults = 0
    for name, parts in jobs.items():
        if chosen and name not in chosen:
            continue
        began, counts = time.process_time(), dict[str, int]()
        for call in parts:
            try:
                for what, number in call().items():
                    counts[what] = counts.get(what, 0) + number
            except Fault as fault:
                faults += 1
                print(f"{name}: {fault}", flush=True)
        cases += sum(counts.values())
        words = ", ".join(f"{what}: {counts[what]}" for what in sorted(counts))
        seconds = time.process_time() - began
        print(f"| {name} | {sum(counts.values())} | {seconds:.0f} s | {words} |", flush=True)
    print(f"{cases} cases, {faults} faults")
    return faults


if __name__ == "__main__":
    sys.exit(min(everything(sys.argv[1:]), 1))
