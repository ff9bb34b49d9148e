"""What becomes of every problem file that is shipped: orders, regimes, roads, certificates, runs.

``python docs/files.py`` computes all of it and writes ``docs/files.json`` and the table of
``docs/files.md``; ``--only NAME`` (may be repeated) those files alone, ``--missing`` those not
computed yet; ``--check`` says what has changed, and leaves with code 1: no simulation, as decimals
differ from machine to machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from diagrams import Problem, load_problem
from diagrams.agreement import compare
from diagrams.agreement.agreement import Agreement, largest_deviation
from diagrams.campaign import watch
from diagrams.dynamics.solutions import Solved, solutions
from diagrams.errors import WickflowError
from diagrams.scaling.regimes.exploration import explore
from diagrams.scaling.regimes.regime import Regime

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("docs/systems", "benchmarks/files")
FILES = {path.stem: path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.toml"))}
KEPT, PAGE = ROOT / "docs" / "files.json", ROOT / "docs" / "files.md"

SECONDS = 3
"""Of work, for a search for regimes."""
TRIED = 2
"""Regimes of a file that are tried, the largest faces first."""
LARGEST, WEIGHTS = 32.0, 1500
"""The largest size of a simulation, and the most weights."""
SEEDS, MORE, MOST_SEEDS, POINTS = 32, 4, 2**13, 11
CLOSE = 0.1
"""Runs are repeated with ``MORE`` times as many until two standard errors are below this part .."""
PATIENCE = 30.0
"""Seconds of the processor .. or this is over; a smaller size is tried where none are done then."""
WALL = 6
"""As many times as that on the wall, at most."""
NUMBERS = ("compared", "agreement", "at")
"""What may differ between machines."""

HEAD = """# All files

What becomes of every problem file that is shipped with wickflow, without any option. The table
is computed by `python docs/files.py`, which takes some minutes;
`.ci/full` compares it with a new one.

* *orders*: the highest coefficient $Y_S$ that a search for regimes looks at in {seconds} s of work.
* *regimes*: how many there are, and whether their law is proved for all orders or fitted, some
  orders held out (a conjecture); *faces seen* where no law holds.
* *roads*: of the first {tried} regimes, those that are solved, by the road that led there, with
  the order to which all their certificates go.
* *simulation*: the largest distance between the mean of runs (the median, where the mean
  is that of few) and the solution of a regime, with two standard errors of the mean, as parts of
  the range of the solution, up to the time scale of the regime or to where runs leave a plateau
  ({{doc}}`finite_sizes`), at sizes of at most {largest}. There are {seeds} runs, or as many more as
  {patience} s allow until two standard errors are below {close} %. At such sizes the distance is
  what the limit of large sizes leaves out; `wickflow compare` shows how it falls. What exact
  coefficients of a file say on its own page is said there.

| file | orders | regimes | roads | simulation |
| --- | --- | --- | --- | --- |
"""


def row(path: Path, simulated: bool = True) -> dict[str, Any]:
    """Return what is known of one file, as plain data, runs included or not."""
    problem = load_problem(str(path))
    try:
        explored = explore(problem, seconds=SECONDS)
    except WickflowError as refusal:  # of what a file has and fronts have not
        return {"orders": "", "law": "none", "regimes": [], "refused": str(refusal)}
    found = explored.regimes or explored.seen
    known: dict[str, Any] = {"orders": explored.terms}
    if found is None:
        return known | {"law": "none", "regimes": []}
    proved = found.evidence.kind.value if explored.regimes else "seen"
    known |= {"law": proved, "regimes": list(found.names)}
    tried = solutions(problem, tuple(found)[:TRIED], seconds=float("inf"))
    known["solved"] = {
        one.regime.name: [one.solution.road, one.solution.kind, one.solution.evidence.checked_to]
        for one in tried
        if one.solution is not None
    }
    known["unsolved"] = [one.regime.name for one in tried if one.solution is None]
    return known | agreement(problem, tried) if simulated else known


def agreement(problem: Problem, tried: tuple[Solved, ...]) -> dict[str, Any]:
    """Return how far runs are from the first solution that can be simulated in its regime."""
    for one in tried:
        if one.solution is None:
            continue
        for size in (LARGEST, LARGEST / 2, LARGEST / 4):
            try:
                placed = place(problem, one.regime, size)
                if placed is None:
                    continue
                values, until = placed
                work = partial(compare, problem, one.regime.name, until=until, at=values)
                held = close(partial(work, points=POINTS, terms=-1, sizes=()))
            except (WickflowError, ArithmeticError, ValueError):
                continue
            if held is not None and held.deviation is not None:
                shown = ", ".join(f"{name} = {value:.3g}" for name, value in values.items())
                return {
                    "compared": one.regime.name,
                    "agreement": percents(distance(held)),
                    "at": shown,
                }
    return {}


def close(work: Callable[..., Agreement]) -> Agreement | None:
    """The comparison with ever more runs, until their error is small or the time is over."""
    ends, seeds = time.process_time() + PATIENCE, SEEDS
    held: Agreement | None = None
    while (left := ends - time.process_time()) > 0 and seeds <= MOST_SEEDS:
        more = watch.within(WALL * left, partial(work, seeds=seeds))
        if more is None or more.deviation is None:
            break
        held, seeds = more, seeds * MORE
        if distance(held)[1] < CLOSE:
            break
    return held


def distance(held: Agreement) -> tuple[float, float]:
    """The largest distance from the solution and two standard errors there."""
    assert held.theory is not None
    largest, at = largest_deviation(held.curve.tolist(), held.theory.values)
    known = [float(x) for x in held.theory.values if x is not None]
    error = 2 * held.simulation.standard_error[at] / (max(known) - min(known))
    return largest or 0.0, float(error)


def percents(numbers: Iterable[float]) -> str:
    """Parts as a text, in percent."""
    percent = [100 * x for x in numbers]
    return " ± ".join(f"{x:.0f}" if x >= 10 else f"{x:.1g}" for x in percent) + " %"


def place(
    problem: Problem, regime: Regime, largest: float
) -> tuple[dict[str, float], float] | None:
    """Return sizes and scales in a regime, and its time scale there; ``None`` if it has none."""
    powers = dict(zip(regime.symbols, regime.direction, strict=True))
    most = max(powers.get(name, 0) for name in problem.sizes)
    if regime.clock is None or most <= 0:
        return None
    base = largest ** (1 / most)
    values: dict[str, float] = dict.fromkeys(problem.symbols, 1.0)
    values |= {name: float(f"{base**e:.3g}") for name, e in powers.items()}
    sizes = {name: max(2, round(values[name])) for name in problem.sizes}
    if problem.weights({name: Fraction(n) for name, n in sizes.items()}) > WEIGHTS:
        return None
    values |= sizes
    until = 1.0
    for name, power in zip(regime.symbols, regime.clock, strict=True):
        until *= values[name] ** float(power)
    return values, until


def page(rows: dict[str, dict[str, Any]]) -> str:
    """Return the page with the table."""
    head = HEAD.format(
        seconds=SECONDS,
        tried=TRIED,
        seeds=SEEDS,
        largest=int(LARGEST),
        patience=int(PATIENCE),
        close=int(100 * CLOSE),
    )
    return head + "".join(f"| {' | '.join(cells(name, rows[name]))} |\n" for name in rows)


LAWS = {"exact": "proved", "derived": "proved", "conjectured": "fitted", "seen": "faces seen"}


def cells(name: str, known: dict[str, Any]) -> Iterator[str]:
    """The cells of a row."""
    yield f"`{name}`"
    yield str(known["orders"])
    count = len(known["regimes"])
    yield f"{count}, {LAWS[known['law']]}" if count else "none"
    by_road: dict[str, list[tuple[str, int]]] = {}
    for regime, (road, _, to) in known.get("solved", {}).items():
        by_road.setdefault(road, []).append((regime, to))
    parts = [
        f"{road}: {', '.join(r for r, _ in listed)} (to order {min(to for _, to in listed)})"
        for road, listed in by_road.items()
    ]
    if known.get("unsolved"):
        parts.append(f"not solved: {', '.join(known['unsolved'])}")
    yield "; ".join(parts) or known.get("refused", "none").replace("|", "\\|")
    if "agreement" in known:
        yield f"{known['agreement']} on {known['compared']} at {known['at']}"
    else:
        yield "none"


def lasting(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What is the same on all machines."""
    return {
        name: {key: value for key, value in known.items() if key not in NUMBERS}
        for name, known in rows.items()
    }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing, compare")
    options.add_argument("--only", action="append", choices=list(FILES), help="these files alone")
    options.add_argument("--missing", action="store_true", help="those not computed yet alone")
    chosen = options.parse_args()
    rows = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    before = lasting(rows)
    for name in chosen.only or FILES:
        if chosen.missing and name in rows:
            continue
        print(name, file=sys.stderr, flush=True)
        rows[name] = row(FILES[name], simulated=not chosen.check)
        if not chosen.check:
            rows = {known: rows[known] for known in FILES if known in rows}
            KEPT.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
            PAGE.write_text(page(rows), "utf-8")
    changed = [name for name in rows if before.get(name) != lasting(rows)[name]]
    if chosen.check:
        print("\n".join(f"differs: {name}" for name in changed))
    return int(chosen.check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
