"""Numbers of solutions: single values and curves of 200 points at 15 digits.

Run ``python benchmarks/curves.py [--spec SPEC ..] [--out DIR]`` from the root of the repository; it
writes its section of ``docs/benchmarks.md`` and the key ``curves`` of ``docs/benchmarks.json``.
For every problem all regimes are solved; of each the curve is computed for both signs of t where
there are numbers, at two choices of the sizes.  Times are processor time.  The ratio is that of a
curve of 200 points to a single value at its last time, both after the tables they share are made:
computed one by one, it would be 200.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from diagrams import load_problem, regimes
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solutions import solutions
from diagrams.errors import WickflowError

Found = TypeVar("Found")
ROOT = Path(__file__).resolve().parent.parent
TITLE = "## Curves of solutions"
END = "The same numbers as data:"
POINTS, DIGITS = 200, 15
SPECS = (
    "cp:order=2",
    "cp:order=2,ties=asym",
    "cp:order=3,ties=asym",
    "cp:order=3,ties=2+1,target=zero",
    "cp:order=4",
    "cp:order=4,target=zero",
    "cp:order=4,ties=2+2",
    "cp:order=4,ties=2+2,decay=d",
    "cp:order=4,scale=c",
    "cp:order=4,decay=d",
    "cp:order=6,ties=4+2",
    "cp:order=8,ties=6+2",
    "cp:order=6,ties=2+2+2",
    "cp:order=8,ties=4+4",
    "cp:order=8,ties=2+2+2+2",
    "cp:order=8,target=zero",
    "cp:order=8",
)
SIZES = {
    "weak": ({"p": 1024, "H": 65536, "sigma": "1/100", "c": "3/2", "d": "1/10"}, Fraction(1, 5)),
    "strong": ({"p": 64, "H": 64, "sigma": "1/10", "c": "3/2", "d": "1/10"}, Fraction(1, 8)),
}


@dataclass(frozen=True)
class Row:
    """All curves of one problem at one choice of sizes: how many, how proved, the slowest."""

    problem: str
    sizes: str
    curves: int
    proved: int
    slowest: str
    cold_seconds: float
    seconds: float
    single_seconds: float


@dataclass(frozen=True)
class Curve:
    name: str
    proved: bool
    cold_seconds: float
    seconds: float
    single_seconds: float


def measure(spec: str) -> list[Row]:
    """Return the rows of a problem."""
    problem = load_problem(spec)
    solved = [one.solution for one in solutions(problem, regimes(problem), 300) if one.solution]
    rows = []
    for name, (sizes, until) in SIZES.items():
        found = [
            curve
            for solution in solved
            for side in (1, -1)
            if (curve := measured(solution, sizes, side * until)) is not None
        ]
        if found:
            worst = max(found, key=lambda curve: curve.cold_seconds)
            rows.append(
                Row(
                    spec,
                    name,
                    len(found),
                    sum(curve.proved for curve in found),
                    worst.name,
                    worst.cold_seconds,
                    worst.seconds,
                    worst.single_seconds,
                )
            )
    return rows


def measured(solution: Solution, sizes: dict[str, object], until: Fraction) -> Curve | None:
    """Return the measurements of one curve, ``None`` where there are no numbers."""
    at = {name: value for name, value in sizes.items() if name in solution.symbols}
    times = [until * k / POINTS for k in range(1, POINTS + 1)]
    try:
        values, cold = timed(lambda: solution.values(times, at, digits=DIGITS, size_limit=True))
        _, warm = timed(lambda: solution.values(times, at, digits=DIGITS, size_limit=True))
        _, single = timed(lambda: solution.evaluate(at, t=until, digits=DIGITS, size_limit=True))
    except WickflowError:
        return None
    proved = all(value.rigorous for value in values)
    name = f"{solution.regime}, t {'>' if until > 0 else '<'} 0"
    return Curve(name, proved, cold, warm, single)


def timed(work: Callable[[], Found]) -> tuple[Found, float]:
    """Return what a function returns, and its processor time."""
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def section(rows: Sequence[dict[str, object]]) -> list[str]:
    """The section of the documentation."""
    return [
        TITLE,
        "",
        f"Curves of {POINTS} points at {DIGITS} digits, for both signs of $t$, of all regimes that",
        "are solved: how many there are, for how many all bounds are proved, and the slowest of",
        "them. *Cold*: processor seconds of the first curve, tables included; *again*: of the",
        "same once more; *ratio*: that over a single value. *Weak* are sizes at which the",
        "coordinates move little ($p = 1024$, $H = 65536$, $\\sigma = 1/100$), *strong* those at",
        "which they do ($p = H = 64$, $\\sigma = 1/10$).",
        "",
        "| problem | sizes | curves | proved | slowest | cold | again | ratio |",
        "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: |",
        *(
            f"| `{row['problem']}` | {row['sizes']} | {row['curves']} | {row['proved']} "
            f"| {row['slowest']} | {row['cold_seconds']:.2f} | {row['seconds']:.2f} "
            f"| {row['seconds'] / max(row['single_seconds'], 1e-6):.1f} |"
            for row in rows
        ),
        "",
    ]


def recorded(rows: Sequence[dict[str, object]], out: Path) -> None:
    """Write the rows into the page and the data of the documentation."""
    data = json.loads((out / "benchmarks.json").read_text("utf-8"))
    data["curves"] = list(rows)
    (out / "benchmarks.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    page = (out / "benchmarks.md").read_text("utf-8")
    end = page.index(END)
    start = page.find(TITLE)
    before = page[: start if start >= 0 else end]
    (out / "benchmarks.md").write_text(
        before + "\n".join(section(rows)) + "\n" + page[end:], "utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure numbers and curves of solutions.")
    parser.add_argument("--spec", action="append", help="only these problems")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where to write")
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []
    for spec in chosen.spec or SPECS:
        for row in measure(spec):
            rows.append(asdict(row))
            print(
                f"{row.problem:<34}{row.sizes:<8}{row.curves:>4}{row.proved:>4}  {row.slowest:<22}"
                f"{row.cold_seconds:>8.2f}{row.seconds:>8.2f}{row.single_seconds:>9.4f}",
                flush=True,
            )
        if not chosen.spec:
            recorded(rows, chosen.out)


if __name__ == "__main__":
    main()
