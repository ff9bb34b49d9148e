"""How long it takes to start: the command's help, the import, and the README's first command.

Run ``python benchmarks/starting.py [--install] [--out DIR]`` from the root of a clone with
wickflow installed; it writes its section of ``docs/benchmarks.md`` and the key ``starting`` of
``docs/benchmarks.json``.  With ``--install`` the committed state is cloned into a new environment
and the first command of the README is run there, from ``pip install .`` to the written report;
packages come from where pip is set up to get them.  Every other line is the median of several
runs, each in a process of its own, its first one (without compiled modules) left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TITLE = "## Starting"
END = "The same numbers as data:"
RUNS = 9
EVERYTHING = "from diagrams import cp_problem, expand, fronts, regimes, solve, simulate"
PRESET = "cp:order=4,ties=sym"


@dataclass(frozen=True)
class Row:
    """What was run, seconds on the clock, processor seconds, and what was set as a goal."""

    name: str
    seconds: float
    processor: float
    goal: float | None


def spent(
    command: Sequence[str], folder: Path, given: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """Run a command; return its time on the clock and that of processors."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    environment = {**os.environ, **(given or {})}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return seconds, processor


def measure(name: str, command: Sequence[str], goal: float | None) -> Row:
    """The medians of several runs, after one that is not counted."""
    runs = [spent(command, ROOT) for _ in range(RUNS + 1)][1:]
    return Row(name, median(a for a, _ in runs), median(b for _, b in runs), goal)


def installed() -> list[Row]:
    """The first command of the README in a clone and an environment of its own, step by step."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        clone, report = folder / "wickflow", folder / "report"
        spent(["git", "clone", "-q", str(ROOT), str(clone)], folder)
        steps = (
            ("an environment: `python -m venv`", [sys.executable, "-m", "venv", "env"], folder),
            ("`pip install .`", [str(folder / "env/bin/pip"), "install", "-q", "."], clone),
            (
                f"`wickflow report {PRESET} --out report`",
                [str(folder / "env/bin/wickflow"), "report", PRESET, "--out", str(report)],
                clone,
            ),
        )
        own = {"WICKFLOW_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": ""}
        rows = [Row(name, *spent(command, at, own), None) for name, command, at in steps]
        if not (report / "report.html").is_file():
            raise SystemExit("the report was not written")
        return rows


def section(found: Mapping[str, Any]) -> list[str]:
    """The section of the documentation."""
    lines = [
        TITLE,
        "",
        f"Seconds on the clock and of processors: medians of {RUNS} processes each for the first",
        "lines, one run in a new clone and environment for the others (network included).",
        f"Other processes kept the machine of {found['cores']} cores busy: its load was"
        f" {found['load']:.1f},",
        "which is in the seconds, not in those of processors.",
        "",
        "| what | seconds | processor | goal |",
        "| --- | ---: | ---: | ---: |",
    ]
    for row in found["rows"]:
        goal = f"under {row['goal']}" if row["goal"] else "-"
        lines.append(f"| {row['name']} | {row['seconds']:.2f} | {row['processor']:.2f} | {goal} |")
    return [*lines, ""]


def recorded(found: Mapping[str, Any], out: Path) -> None:
    """Write the rows into the data of the documentation and into its page, by heading."""
    data = json.loads((out / "benchmarks.json").read_text("utf-8"))
    data["starting"] = dict(found)
    (out / "benchmarks.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    page = (out / "benchmarks.md").read_text("utf-8")
    page = re.sub(rf"^{TITLE}\n.*?(?=^## |^{END})", "", page, flags=re.MULTILINE | re.DOTALL)
    place = page.find("## Curves of solutions")
    place = place if place >= 0 else page.index(END)
    text = "\n".join(section(found)) + "\n"
    (out / "benchmarks.md").write_text(page[:place] + text + page[place:], "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long it takes to start.")
    parser.add_argument("--install", action="store_true", help="the README's first command, too")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where to write")
    chosen = parser.parse_args()
    command = shutil.which("wickflow")
    if command is None:
        parser.error("wickflow is not installed")
    load = os.getloadavg()[0]
    python = [sys.executable, "-c"]
    rows = [
        measure("`python -c pass`", [*python, "pass"], None),
        measure("`wickflow --help`", [command, "--help"], 0.3),
        measure("`import diagrams`", [*python, "import diagrams"], 0.5),
        measure(f"`{EVERYTHING}`", [*python, EVERYTHING], None),
    ]
    if chosen.install:
        rows += installed()
    for row in rows:
        print(f"{row.name:<80}{row.seconds:>8.2f}{row.processor:>8.2f}")
    measured = [asdict(row) for row in rows]
    recorded({"cores": os.cpu_count(), "load": load, "rows": measured}, chosen.out)


if __name__ == "__main__":
    main()
