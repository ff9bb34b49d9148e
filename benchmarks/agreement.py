"""Solved regimes against direct simulation, at p and at 2p: the deviation has to shrink.

Run ``python benchmarks/agreement.py [--case NAME] [--json FILE] [--page FILE]`` from the root of
the repository; the page is ``docs/howto/agreement.md``.
Sizes follow a scaling of the face, so that only the distance from the limit changes: it halves
where corrections are of order 1/p, and falls to 0.7 where H ~ p^(1/2).  Reported are the largest
deviation of the simulated mean (or median, where the mean is infinite or ruled by few seeds) from
``E[L(t)]`` and the largest standard error, both in per cent of the range of the curve.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from diagrams import cp_problem
from diagrams.dynamics.solving import solve
from diagrams.errors import NotSolved
from diagrams.flow import FlowSettings, simulate
from diagrams.flow.statistics import median_error

POINTS = 9


@dataclass(frozen=True)
class Case:
    """A face with sizes along a scaling of it: ``H = height p^growth``, ``sigma = width p^power``.

    ``until`` is in units of ``t`` with ``T = p^clock``.
    """

    order: int
    ties: str
    target: str
    face: str
    p: int
    height: float
    growth: float
    width: float
    power: float
    until: float
    clock: float = 0
    seeds: int = 4
    typical: bool = False
    scale: str = "1"
    decay: str = "0"

    @property
    def name(self) -> str:
        """Ties, target and face."""
        ties = {"sym": f"({self.order})", "asym": f"({','.join('1' * self.order)})"}
        shown = ties.get(self.ties, f"({self.ties.replace('+', ',')})")
        written = {"1": self.target, "-1": f"minus {self.target}"}
        target = written.get(self.scale, f"{self.scale} {self.target}")
        return f"{shown} {target} {self.face}" + (f" decay {self.decay}" * (self.decay != "0"))


@dataclass(frozen=True)
class Row:
    """Deviation and standard error in per cent of the curve's range, at one size."""

    name: str
    p: int
    H: int
    sigma: str
    seeds: int
    statistic: str
    deviation: float
    standard_error: float
    seconds: float


CASES = (
    Case(2, "asym", "zero", "A", 128, 1, 0.5, 1, -0.5, 0.5, seeds=32),
    Case(2, "asym", "zero", "B", 8, 1, 2, 1, -0.5, 0.5, clock=1, seeds=16),
    Case(3, "asym", "zero", "A", 64, 1, 1, 1, -0.5, 1.0),
    Case(3, "asym", "zero", "B", 5, 1, 3, 1, -0.5, 0.3, clock=1, seeds=8),
    Case(4, "asym", "zero", "A", 64, 1, 0.5, 1, -0.5, 0.3, seeds=32),
    Case(4, "asym", "zero", "B", 3, 1, 4, 1, -0.5, 0.2, clock=1),
    Case(2, "sym", "zero", "A", 64, 1, 0.5, 1, -0.5, 0.5, seeds=16),
    Case(2, "sym", "zero", "B", 16, 1, 2, 1, -0.5, 0.5, clock=1),
    Case(2, "sym", "zero", "A-B", 64, 1, 1, 1, -0.5, 0.5, seeds=16),
    Case(4, "sym", "zero", "A", 256, 1, 0.5, 1, -0.5, 0.1, seeds=32),
    Case(4, "sym", "zero", "B", 7, 1, 3, 1, -0.5, 0.05, clock=1),
    Case(4, "sym", "zero", "A-B", 64, 1 / 64, 2, 1, -0.5, 0.1, seeds=8),
    Case(6, "sym", "zero", "A", 512, 1, 0.5, 1, -0.5, 0.02, seeds=32),
    Case(6, "sym", "zero", "A-B", 64, 1 / 4096, 3, 1, -0.5, 0.02, seeds=8),
    Case(8, "sym", "zero", "A", 1024, 1, 0.5, 1, -0.5, 0.005, seeds=32),
    Case(4, "2+2", "zero", "A-B", 64, 1 / 64, 2, 1, -0.5, 0.2, seeds=8),
    Case(6, "2+2+2", "zero", "A-B", 32, 1 / 1024, 3, 1, -0.5, 0.1, seeds=16),
    Case(3, "2+1", "zero", "A", 128, 1, 0.5, 1, -0.5, 0.5, seeds=16),
    Case(4, "sym", "zero", "full", 64, 1 / 64, 2, 1, -0.5, 0.3, seeds=8, decay="1/3"),
    Case(2, "sym", "identity", "full", 100, 2, 1, 1, -0.5, 1.0),
    Case(2, "sym", "identity", "full", 100, 2, 1, 1, -0.5, 1.0, decay="1/3"),
    Case(2, "sym", "identity", "full", 100, 2, 1, 1, -0.5, 1.0, scale="3/2"),
    Case(2, "sym", "identity", "A", 64, 1, 0.5, 1, 0, 0.5, clock=1, seeds=16),
    Case(2, "sym", "identity", "E", 64, 1, 0.5, 1, -1, 0.2, seeds=16),
    Case(2, "sym", "identity", "B-E", 32, 1, 2, 0.7, -1, 1.0),
    Case(2, "sym", "identity", "E-A", 128, 1, 0.5, 0.7, -0.5, 1.0, seeds=16),
    Case(2, "asym", "identity", "B", 8, 1, 2, 1, -0.5, 0.5, clock=1, seeds=16),
    Case(2, "asym", "identity", "C", 6, 1, 4, 1, -1.5, 0.7, clock=1, seeds=16),
    Case(2, "asym", "identity", "B-C", 10, 1, 3, 1, -1, 1.0, clock=1),
    Case(3, "asym", "identity", "B", 5, 1, 3, 1, -0.5, 0.3, clock=1, seeds=8),
    Case(3, "asym", "identity", "C", 3, 1, 4, 1, -1.15, 0.3, clock=-0.6, seeds=16),
    Case(3, "asym", "identity", "B-C", 3, 1, 4, 1, -1, 0.5, seeds=32),
    Case(4, "asym", "identity", "B-C", 2, 1, 5, 1, -1, 0.2, clock=-1, seeds=16),
    Case(2, "asym", "identity", "E-A", 128, 1, 0.5, 0.7, -0.5, 1.0, seeds=16),
    Case(2, "asym", "identity", "C-D", 24, 1, 2, 0.7, -1, 1.0),
    Case(2, "asym", "identity", "D-E", 64, 1, 1, 1, -1, 0.7, seeds=16),
    Case(4, "sym", "identity", "full", 128, 1 / 1024, 2, 0.9, -0.75, -0.03, -1.5, 16, True),
    Case(4, "sym", "identity", "full", 64, 1 / 32, 2, 0.9, -0.75, 0.1, -1.5, 12, True, scale="-1"),
    Case(4, "2+2", "identity", "full", 64, 1 / 64, 2, 0.9, -0.75, -0.05, -1.5, 8, True),
    Case(6, "sym", "identity", "full", 64, 2**-15, 3, 0.9, -5 / 6, -0.005, -10 / 3, 16, True),
    Case(6, "4+2", "identity", "full", 64, 2**-15, 3, 0.9, -5 / 6, -0.01, -10 / 3, 64, True),
    Case(6, "2+2+2", "identity", "full", 64, 2**-15, 3, 0.9, -5 / 6, -0.03, -10 / 3, 64, True),
    Case(8, "sym", "identity", "full", 64, 2**-21, 4, 0.9, -7 / 8, -0.001, -21 / 4, 16, True),
)


def compare(case: Case, doublings: Sequence[int] = (0, 1)) -> list[Row]:
    """Return one row for every size ``2^k p``; raises ``NotSolved``."""
    problem = cp_problem(
        order=case.order, ties=case.ties, target=case.target, scale=case.scale, decay=case.decay
    )
    solution = solve(problem, case.face)
    rows = []
    for k in doublings:
        p = case.p * 2**k
        hidden = max(1, round(case.height * p**case.growth))
        sigma = Fraction(case.width * p**case.power).limit_denominator(10**6)
        clock = Fraction(f"{p**case.clock:.9g}")
        began = time.process_time()
        run = simulate(
            problem,
            p=p,
            H=hidden,
            sigma=sigma,
            T=clock,
            until=case.until,
            seeds=case.seeds,
            points=POINTS,
            settings=FlowSettings(check=False),
        )
        seconds = time.process_time() - began
        sizes = {"p": p, "H": hidden, "sigma": sigma, "T": clock}
        times = [str(t) for t in run.times]
        known = [float(v.value) for v in solution.values(times, sizes, digits=8)]
        span = max(known) - min(known)
        curve = run.median if case.typical else run.mean
        off = max(abs(a - b) for a, b in zip(curve, known, strict=True))
        spread = run.standard_error
        if case.typical:
            spread = tuple(median_error(values) for values in zip(*run.losses, strict=True))
        error = max((e for e in spread if e is not None), default=math.nan)
        rows.append(
            Row(
                case.name,
                p,
                hidden,
                f"{float(sigma):.4g}",
                case.seeds,
                "median" if case.typical else "mean",
                100 * off / span,
                100 * error / span,
                seconds,
            )
        )
    return rows


PAGE = """# Solutions beside simulations

<!-- Written by benchmarks/agreement.py; run it again rather than edit this page. -->

Solved faces against direct {doc}`simulation </simulation>`, at $p$ and at $2p$. The other sizes
follow a scaling of the face, so that only the distance from the limit changes. *Deviation*: the
largest difference between the simulated mean and $\\mathbb{E}[L(t)]$, in per cent of the range of
the curve, with the largest standard error of the mean. In ascent, where the mean is infinite, the
median stands for it. What has to be seen is that the deviation shrinks: by half where corrections
are of order $1/p$, to 0.7 where they are of order $p^{-1/2}$. High orders need large sizes: the
moments of $|u|^2$ alone correct order $\\nu$ by about $\\nu^2/p$.

| solution | statistic | p | H | deviation, % | 2p | H | deviation, % |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def page(rows: Sequence[Row]) -> str:
    """Return the page of the documentation, two sizes to a line."""
    lines = []
    for small, large in zip(rows[::2], rows[1::2], strict=True):
        cells = [
            f"{r.p} | {r.H} | {r.deviation:.1f} ± {r.standard_error:.1f}" for r in (small, large)
        ]
        lines.append(f"| {small.name} | {small.statistic} | {' | '.join(cells)} |\n")
    return PAGE + "".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="", help="part of the name of a case")
    parser.add_argument("--json", type=Path, help="write the rows here, too")
    parser.add_argument("--page", type=Path, help="write the page of the documentation")
    chosen = parser.parse_args()
    print(
        f"{'case':<34}{'p':>5}{'H':>6}{'sigma':>9}{'seeds':>6}{'':>8}"
        f"{'deviation %':>13}{'std. error %':>14}{'cpu s':>8}"
    )
    rows = []
    for case in CASES:
        if chosen.case not in case.name:
            continue
        try:
            found = compare(case)
        except NotSolved as failure:
            print(f"{case.name:<34}{failure}")
            continue
        rows += found
        for row in found:
            print(
                f"{row.name:<34}{row.p:>5}{row.H:>6}{row.sigma:>9}{row.seeds:>6}"
                f"{row.statistic:>8}{row.deviation:>13.2f}{row.standard_error:>14.2f}"
                f"{row.seconds:>8.1f}",
                flush=True,
            )
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(r) for r in rows], indent=1) + "\n", "utf-8")
    if chosen.page:
        chosen.page.write_text(page(rows), "utf-8")


if __name__ == "__main__":
    main()
