"""Simulations at the sizes where theory and simulation are compared: seconds, steps, agreement.

Run ``python benchmarks/simulation.py [--seeds N] [--case NAME] [--json FILE]`` from the root of
the repository.  For every case it reports processor and wall time for a seed, the steps, and how
far the mean (or the median, where no mean exists) is from a known closed form, in per cent of
that form; the forms are written down here, not taken from the package.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from diagrams.flow import FlowSettings, Simulation, simulate
from diagrams.problems.cp import cp_problem


@dataclass(frozen=True)
class Case:
    """A simulation, and what the large-size formula says about it."""

    name: str
    order: int
    ties: str
    target: str
    p: int
    H: int
    sigma: float
    until: float
    formula: Callable[[float, int, int, float], float] | None
    typical: bool = False

    def run(self, seeds: int) -> Simulation:
        problem = cp_problem(order=self.order, ties=self.ties, target=self.target)
        return simulate(
            problem,
            p=self.p,
            H=self.H,
            sigma=self.sigma,
            until=self.until,
            points=21,
            seeds=seeds,
            settings=FlowSettings(check=False),
        )


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    seeds: int
    wall_per_seed: float
    processor_per_seed: float
    steps: int
    largest_deviation_percent: float | None


def narayana(t: float, p: int, H: int, sigma: float) -> float:
    """Order 2, tied, identity target: the whole triangle, as p and H grow."""
    y, z = H / p, p * sigma**2
    w = -z * math.expm1(4 * t)
    b = 1 - w * (y + 1)
    root = math.sqrt(b * b - 4 * w * w * y)
    h = 2 * y / (b + root)
    slope = 2 * y * ((y + 1) + (b * (y + 1) + 4 * w * y) / root) / (b + root) ** 2
    psi = z / 2 * math.exp(8 * t) * slope - math.exp(4 * t) * h
    return p / 2 + p * p * sigma**2 * psi


def free_even(t: float, p: int, H: int, sigma: float) -> float:
    """Order 4, tied, zero target, edge A-B."""
    theta = 1 + 3 * H / p**2
    return float(
        theta * p**4 * H * sigma**8 / 2 * (1 + 24 * theta * (p * sigma**2) ** 3 * t) ** (-4 / 3)
    )


CASES = (
    Case("(2) p=512 H=1024", 2, "sym", "identity", 512, 1024, 512**-0.5, 1.0, narayana),
    Case("(4) p=256 H=64", 4, "sym", "identity", 256, 64, 256**-0.75, 0.006 * 256**1.5, None),
    Case("(4) free p=256 H=64", 4, "sym", "zero", 256, 64, 0.1, 0.3, free_even),
    Case("(1,1,1) p=H=128", 3, "asym", "identity", 128, 128, 128**-0.5, 2.0, None),
    Case("(1,1,1) free p=H=128", 3, "asym", "zero", 128, 128, 128**-0.5, 10.0, None),
)


def measure(case: Case, seeds: int) -> Row:
    """Run a case once."""
    wall, processor = time.perf_counter(), time.process_time()
    run = case.run(seeds)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    deviation = None
    if case.formula is not None:
        curve = run.median if case.typical else run.mean
        known = [case.formula(t, case.p, case.H, case.sigma) for t in run.times]
        largest = max(abs(a - b) / max(known) for a, b in zip(curve, known, strict=True))
        deviation = 100 * largest
    return Row(case.name, seeds, wall / seeds, processor / seeds, max(run.steps), deviation)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--case", help="part of the name of a case")
    parser.add_argument("--json", type=Path, help="write the rows here, too")
    chosen = parser.parse_args()
    rows = []
    print(f"{'case':<24}{'seeds':>6}{'wall s':>10}{'cpu s':>10}{'steps':>8}{'deviation %':>13}")
    for case in CASES:
        if chosen.case and chosen.case not in case.name:
            continue
        row = measure(case, chosen.seeds)
        rows.append(row)
        off = row.largest_deviation_percent
        shown = "-" if off is None else f"{off:.2f}"
        print(
            f"{row.name:<24}{row.seeds:>6}{row.wall_per_seed:>10.2f}"
            f"{row.processor_per_seed:>10.2f}{row.steps:>8}{shown:>13}",
            flush=True,
        )
    if chosen.json:
        machine = f"{platform.machine()}, Python {platform.python_version()}"
        data = {"machine": machine, "rows": [asdict(row) for row in rows]}
        chosen.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
