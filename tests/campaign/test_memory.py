"""The bound on memory holds in the command, for problems that grow inside one piece of work."""

from __future__ import annotations

import subprocess
import sys

import pytest

from diagrams.campaign.memory import parse_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

COMMAND = """
import sys, diagrams.cli
code = diagrams.cli.main()
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
sys.exit(code)
"""
GROWING = ["expand", "cp:order=24,ties=asym", "--terms", "2", "--no-cache"]


def peak(words: list[str], bound: str) -> tuple[int, int, str]:
    """The exit code of a command under a bound, its largest memory in bytes, what it said."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words, "--max-memory", bound],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, int(done.stdout.split()[-1]) * 1024, done.stderr


@pytest.mark.parametrize(("words", "bound"), [(GROWING, "45M"), (["expand", "cp:order=2"], "5M")])
def test_a_bound_holds(words: list[str], bound: str) -> None:
    code, used, said = peak(words, bound)
    assert code == 5
    assert said.startswith("wickflow: max-memory: ")
    assert said.count("\n") == 1
    assert used < 1.5 * parse_bytes(bound, "bound") or bound == "5M"


@pytest.mark.full
@pytest.mark.parametrize("bound", ["100M", "300M"])
@pytest.mark.parametrize(
    "words",
    [
        GROWING,
        [*GROWING, "--jobs", "2"],
        [*GROWING, "--observable", "cumulant(loss, loss)"],
        ["fronts", "cp:order=16,ties=asym", "--terms", "3", "--no-cache"],
        ["fronts", "cp:order=20,ties=asym", "--terms", "7", "--leading"],
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
