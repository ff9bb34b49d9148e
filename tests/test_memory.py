"""The bound on memory holds in the command, for problems that grow inside one piece of work."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from diagrams.memory import parse_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

WICKFLOW = [sys.executable, "-c", "import sys, diagrams.cli; sys.exit(diagrams.cli.main())"]
GROWING = ["expand", "cp:order=24,ties=asym", "--terms", "2", "--no-cache"]


def peak(words: list[str], bound: str) -> tuple[int, int, str]:
    """The exit code of a command under a bound, its largest memory in bytes, what it said."""
    process = subprocess.Popen(
        [*WICKFLOW, *words, "--max-memory", bound],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * 1024, said


@pytest.mark.parametrize(("words", "bound"), [(GROWING, "60M"), (["expand", "cp:order=2"], "5M")])
def test_a_bound_holds(words: list[str], bound: str) -> None:
    code, used, said = peak(words, bound)
    assert code == 5
    assert said.startswith("wickflow: max-memory: ")
    assert said.count("\n") == 1
    assert used < 1.5 * parse_bytes(bound, "bound") or bound == "5M"


@pytest.mark.full
@pytest.mark.parametrize("bound", ["100M", "300M", "1G"])
@pytest.mark.parametrize(
    "words",
    [
        GROWING,
        [*GROWING, "--jobs", "2"],
        [*GROWING, "--observable", "cumulant(loss, loss)"],
        ["fronts", "cp:order=16,ties=asym", "--terms", "3", "--no-cache"],
        ["fronts", "cp:order=20,ties=asym", "--terms", "9", "--leading"],
        ["regimes", "cp:order=24,ties=asym", "--terms", "3"],
        ["expand", "cp:order=6,target=modular", "--terms", "5", "--no-cache"],
        ["expand", "cp:order=9,ties=3+3+3", "--terms", "5", "--no-cache"],
    ],
    ids=" ".join,
)
def test_bounds_hold(words: list[str], bound: str) -> None:
    code, used, said = peak(words, bound)
    assert code in (0, 5)
    assert said.count("\n") == (code == 5)
    assert used < 1.5 * parse_bytes(bound, "bound")
