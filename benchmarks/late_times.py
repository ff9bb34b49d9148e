"""Two-time equations at late times: rows at growing times against the uniform grid of both times.

Run ``python -m benchmarks.late_times [--out DIR]`` from the root of the repository; it writes its
section of ``docs/benchmarks.md`` and the key ``late_times`` of ``docs/benchmarks.json``.  Both
solve Cugliandolo and Kurchan's equations of two spins at zero temperature, from the problem file
or typed in (``tests/truth/uniform_grid.py``).  Errors are those of the energy at the end, against
``-I_2(4t)/I_1(4t)``.  Times are processor time.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.special import ive

from diagrams import load_problem, mean_field
from diagrams.mean_fields.curves import GRIDS
from diagrams.mean_fields.linear_sites import LinearSites
from diagrams.mean_fields.two_time_solver import Solver
from tests.truth import uniform_grid

ROOT = Path(__file__).resolve().parent.parent
TITLE = "## Late times of two-time equations"
NEXT = "## Curves of solutions"
UNIFORM = ((4.0, 40), (4.0, 80), (4.0, 160), (32.0, 160), (32.0, 320), (32.0, 640))
LATE = (4.0, 32.0, 1000.0)


@dataclass(frozen=True)
class Row:
    """A grid: its last time, its size, the error there, and processor seconds."""

    until: float
    grid: str
    error: float
    seconds: float


def exact(t: float) -> float:
    """The energy of two spins."""
    return float(-ive(2, 4 * t) / ive(1, 4 * t))


def measure() -> list[Row]:
    """All rows."""
    found = []
    for until, steps in UNIFORM:
        began = time.process_time()
        value = uniform_grid.energies(2, until, steps)[-1]
        spent = time.process_time() - began
        found.append(Row(until, f"uniform, {steps} steps", abs(value - exact(until)), spent))
    text = (ROOT / "docs/systems/spherical_spins.toml").read_text("utf-8")
    text = text.replace('"site", "site", "site"', '"site", "site"').replace("2*N^2", "2*N")
    text = text.replace("J[i,j,k] u[i] u[j] u[k]", "J[i,j] u[i] u[j]").replace("p = 3", "p = 2")
    system = LinearSites(mean_field(load_problem(text), {"N": 1}).equations, {})
    for until in LATE:
        for degree, step in GRIDS:
            began = time.process_time()
            solver = Solver(system, until, 2.0, degree, step)
            history = solver.run()
            spent = time.process_time() - began
            size = f"{len(history.times)} rows of {history.grid.count} values"
            error = abs(float(solver.values(np.array([until]))[0]) - exact(until))
            found.append(Row(until, size, error, spent))
    return found


def section(rows: list[Row]) -> str:
    """The section of the documentation."""
    return "\n".join(
        [
            TITLE,
            "",
            "The energy of two spherical spins at zero temperature, where it is known: the usual",
            "uniform grid of both times, and rows at growing times ({doc}`mean_field`), without",
            "extrapolation of either. *Error* is that of the energy at the last time, *seconds*",
            "are those of a processor. The work of a uniform grid grows with the cube of the time;",
            "that of rows with the cube of its logarithm.",
            "",
            "| last time | grid | error | seconds |",
            "| ---: | --- | ---: | ---: |",
            *(f"| {r.until:g} | {r.grid} | {r.error:.1e} | {r.seconds:.2f} |" for r in rows),
            "",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure two-time equations at late times.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where to write")
    out = parser.parse_args().out
    rows = measure()
    print(section(rows))
    data = json.loads((out / "benchmarks.json").read_text("utf-8"))
    data["late_times"] = [asdict(row) for row in rows]
    (out / "benchmarks.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    page = (out / "benchmarks.md").read_text("utf-8")
    end = page.index(NEXT)
    start = page.find(TITLE)
    before = page[: start if start >= 0 else end]
    (out / "benchmarks.md").write_text(before + section(rows) + page[end:], "utf-8")


if __name__ == "__main__":
    main()
