"""Exact expansions, order by order: classes, states, seconds, memory, and the ways before.

Run ``python benchmarks/expansion.py`` from the root of the repository; it writes
``docs/benchmarks.md`` and ``docs/benchmarks.json``.  ``--limit SECONDS`` bounds every
process, ``--out DIR`` says where to write, ``--case 3`` picks cases by their ties (may be
repeated).

What the columns mean:

classes
    isomorphism classes of merged diagrams at this order, tensors fixed, the pure-target
    constant left out;
states
    states that the recursion deals with on the way to this order (none for rings, which
    have formulas of their own);
seconds
    processor time of ``expand`` to this order, all lower ones included, cold, in one process;
memory
    largest resident memory of that process, interpreter and imports included;
before
    processor time of the previous algorithm (collect all merged diagrams, then average
    them jointly by row closure) to the same order, over ours;
naive
    time of the enumerator in ``tests/truth/naive_pairings.py``, for this order alone, over
    ours; it merges edge by edge and averages pairing by pairing.

All three answers are compared, and a difference ends the run.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import curves
import starting

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = "wickflow.benchmark/1"


@dataclass(frozen=True)
class Case:
    """A tie pattern and the highest order to expand it to."""

    ties: tuple[int, ...]
    terms: int

    @property
    def name(self) -> str:
        return "+".join(map(str, self.ties))

    @property
    def spec(self) -> str:
        return f"cp:order={sum(self.ties)},ties={self.name}"


CASES = (
    Case((2,), 30),
    Case((3,), 7),
    Case((4,), 5),
    Case((6,), 4),
    Case((1, 1), 10),
    Case((1, 1, 1), 6),
    Case((1, 1, 1, 1), 5),
    Case((2, 1), 6),
    Case((2, 2), 5),
)
SHARED = (Case((3,), 7), Case((2, 1), 6), Case((1, 1, 1), 6), Case((4,), 6))
"""Cases timed with one and with two processes."""


@dataclass(frozen=True)
class Row:
    """One order of one case; ``None`` where there is no number."""

    ties: str
    s: int
    classes: int | None
    states: int | None
    terms: int | None
    seconds: float | None
    megabytes: float | None
    previous_seconds: float | None
    naive_seconds: float | None

    def over(self, seconds: float | None) -> float | None:
        """How many times longer another way takes."""
        return None if seconds is None or not self.seconds else seconds / self.seconds


# -- workers: each runs in a process of its own and sends one message per order ------------

Send = Callable[[Any], None]
Powers = dict[tuple[int, int, int], Fraction]


def timed(case: Case, s: int, send: Send) -> None:
    """Send (seconds, states, megabytes, powers of Y_s) of an expansion to order s."""
    from diagrams import expand, load_problem
    from diagrams.wick.transfer.stages import Stage, Stages

    problem = load_problem(case.spec)
    states = 0
    closed = Stages.closed

    def counted(stages: Stages, stage: Stage, merges: int) -> Stage:
        nonlocal states
        states += len(stage)
        return closed(stages, stage, merges)

    Stages.closed = counted  # type: ignore[assignment,method-assign]
    start = time.process_time()
    series = expand(problem, s)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    send((seconds, states or None, peak, _powers(series.coefficient(s))))


def previous(case: Case, s: int, send: Send) -> None:
    """Send (seconds, powers of Y_s) of the previous algorithm."""
    from diagrams import load_problem
    from diagrams.series.ways import derivatives_by_merging

    problem = load_problem(case.spec)
    start = time.process_time()
    *_, last = derivatives_by_merging(problem, s)
    send((time.process_time() - start, _powers(last)))


def counted(case: Case, send: Send) -> None:
    """Send the number of classes of every order."""
    from diagrams import load_problem

    for classes in _classes(load_problem(case.spec), case.terms):
        send(classes)


def shared(case: Case, jobs: int, send: Send) -> None:
    """Send the seconds with so many processes: on the clock, of processors, of this process."""
    from diagrams import expand, load_problem

    problem = load_problem(case.spec)
    start, own = time.perf_counter(), time.process_time()
    expand(problem, case.terms, jobs=jobs)
    own = time.process_time() - own
    clock = time.perf_counter() - start
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    send((clock, own + workers.ru_utime + workers.ru_stime, own))


def profiled(case: Case, send: Send) -> None:
    """Send the share of time spent in each module."""
    import cProfile
    import pstats

    from diagrams import expand, load_problem

    problem = load_problem(case.spec)
    profile = cProfile.Profile()
    profile.runcall(expand, problem, case.terms)
    spent: dict[str, float] = {}
    for (file, _, name), entry in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        place = Path(file).stem if "diagrams" in file else "built-in functions"
        key = f"{place}.{name}" if place in ("naming", "stages") else place
        spent[key] = spent.get(key, 0.0) + entry[2]
    whole = sum(spent.values())
    send({key: seconds / whole for key, seconds in spent.items()})


def _classes(problem: Any, terms: int) -> Iterator[int | None]:
    try:
        from diagrams.graphs.incidence import Alphabet
        from diagrams.graphs.merging import merged_powers
        from diagrams.series.ways import atoms_of
    except ImportError:
        yield from (None for _ in range(terms + 1))
        return
    observable, generators = atoms_of(problem)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    for collected in merged_powers(alphabet, observable, generators, terms):
        states = {state for counts in collected.values() for state in counts}
        yield sum(any(len(cell) > 1 for cell in state[1]) for state in states)


def naive(case: Case, s: int, send: Send) -> None:
    """Send (seconds, powers of Y_s) of the naive enumerator for one order."""
    sys.path.insert(0, str(ROOT / "tests"))
    enumerate_all = import_module("truth.naive_pairings").naive_derivative
    start = time.perf_counter()
    powers = enumerate_all(sum(case.ties), list(case.ties), s)
    send((time.perf_counter() - start, powers))


def _powers(polynomial: Any) -> Powers:
    """A polynomial keyed as the naive enumerator keys it."""
    return {
        tuple(int(powers.get(name, 0)) for name in ("p", "H", "sigma")): coefficient
        for powers, coefficient in polynomial
    }


# -- the parent ---------------------------------------------------------------------------


def messages(worker: Callable[..., None], limit: float, *arguments: Any) -> Iterator[Any]:
    """Yield what a worker sends; end it at the limit, or when it is done."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(worker, sending, arguments))
    process.start()
    sending.close()
    end = time.monotonic() + limit
    try:
        while receiving.poll(max(0.0, end - time.monotonic())):
            yield receiving.recv()
    except EOFError:
        process.join()
        if process.exitcode:
            raise SystemExit(f"{worker.__name__} {arguments} failed") from None
    finally:
        process.terminate()
        process.join()


def _run(worker: Callable[..., None], channel: Any, arguments: tuple[Any, ...]) -> None:
    worker(*arguments, channel.send)
    channel.close()


def orders_of(case: Case) -> list[int]:
    """All orders, or every fifth of many."""
    if case.terms <= 12:
        return list(range(case.terms + 1))
    return sorted({*range(6), *range(5, case.terms + 1, 5)})


def measure(case: Case, limit: float) -> list[Row]:
    """Return the rows of one case."""
    classes = list(messages(counted, limit / 4, case))
    rows = []
    slow = naive_slow = False
    for s in orders_of(case):
        ours = next(messages(timed, limit, case, s), None)
        before = None if slow else next(messages(previous, limit / 2, case, s), None)
        slow = before is None
        found = None if naive_slow else next(messages(naive, limit / 2, case, s), None)
        naive_slow = found is None
        if ours is not None:
            for other in (before, found):
                if other is not None and other[1] != ours[3]:
                    raise SystemExit(f"{case.spec}, s={s}: the answers disagree")
        seconds, states, peak, powers = ours or (None, None, None, None)
        row = Row(
            case.name,
            s,
            classes[s] if s < len(classes) else None,
            states,
            None if powers is None else len(powers),
            seconds,
            peak,
            before[0] if before else None,
            found[0] if found else None,
        )
        rows.append(row)
        print(" | ".join(cells(row)), flush=True)
    return rows


HEAD = ("ties", "s", "classes", "states", "terms", "seconds", "memory, MB", "before", "naive")


def cells(row: Row) -> list[str]:
    """The row as text, a dash where there is no number."""

    def shown(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    def ratio(seconds: float | None) -> str:
        value = row.over(seconds)
        return "-" if value is None else f"{float(f'{value:.2g}'):,g} x"

    return [
        row.ties,
        str(row.s),
        shown(row.classes, ",d"),
        shown(row.states, ",d"),
        shown(row.terms, ",d"),
        shown(row.seconds, ".3f"),
        shown(row.megabytes, ".0f"),
        ratio(row.previous_seconds),
        ratio(row.naive_seconds),
    ]


def growth(rows: list[Row]) -> float | None:
    """The factor of time from one order to the next, over the last orders above 20 ms."""
    known = [(row.s, row.seconds) for row in rows if row.seconds and row.seconds > 0.02][-3:]
    if len(known) < 2:
        return None
    (first, short), (last, long) = known[0], known[-1]
    return float((long / short) ** (1 / (last - first)))


def machine() -> dict[str, object]:
    """The machine, as far as it matters to a reader."""
    return {"cores": os.cpu_count(), "python": platform.python_version()}


def markdown(results: dict[str, Any]) -> str:
    """The page of the documentation."""
    known = machine()
    rows: list[Row] = results["rows"]
    lines = [
        "# Benchmarks and growth",
        "",
        "<!-- Written by benchmarks/expansion.py; run it again rather than edit this page. -->",
        "",
        "How far the expansion goes, and how fast: CP problems with the identity target, each",
        f"order in a process of its own, on a machine of {known['cores']} cores with Python",
        f"{known['python']}. Every process was stopped after {results['limit']:g} s; a dash",
        "stands where there is no number. The answers of all ways were compared and agreed.",
        "",
        "*Classes*: isomorphism classes of merged diagrams at order s, tensors fixed, the",
        "pure-target constant left out. *States*: merged states formed on the way, before rows",
        "are closed (rings have formulas of their own, and none). *Terms*: monomials of Y_s.",
        "*Seconds*: processor time to this order, lower ones included, cold. *Memory*: the largest",
        "resident memory, the interpreter included. *Before*: the previous algorithm, which",
        "collects all merged diagrams and then averages them jointly, over ours. *Naive*: an",
        "enumerator that merges edge by edge and averages pairing by pairing, over ours.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|" + " ---: |" * len(HEAD),
        *("| " + " | ".join(cells(row)) + " |" for row in rows),
        "",
        "## Growth",
        "",
        "Factor of processor time from one order to the next, over the last three orders:",
        "",
        "| ties | factor |",
        "| ---: | ---: |",
        *(f"| {ties} | {factor:.1f} |" for ties, factor in results["growth"].items()),
        "",
        "What grows is the number of states of the recursion: distinct ways in which rows that",
        "a later merge will touch again are joined by cells. A row is averaged at its last touch,",
        "so stages swell to the middle of a run and shrink again; classes of merged diagrams,",
        "which the previous algorithm had to hold, grow faster and are never formed.",
        "",
        "## Where the time goes",
        "",
        "Shares of a profile of ties (3) to order 6 (built-in functions are mostly sorting and",
        "hashing done for the modules named):",
        "",
        "| place | share |",
        "| --- | ---: |",
        *(f"| `{place}` | {share:.0%} |" for place, share in results["profile"]),
        "",
        "## Two processes",
        "",
        "Seconds on the clock with one process and with two (`--jobs 2`). With two, the",
        "workers share what the first process does not do itself; *all* is the processor time",
        "of the three together, *first* that of the first:",
        "",
        "| ties | s | one | two | speed-up | all | first |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {ties} | {s} | {one[0]:.1f} | {two[0]:.1f} | {one[0] / two[0]:.2f} "
            f"| {two[1]:.1f} | {two[2]:.1f} |"
            for ties, s, one, two in results["shared"]
        ),
        "",
        *(starting.section(results["starting"]) if results["starting"] else ()),
        *(curves.section(results["curves"]) if results["curves"] else ()),
        "The same numbers as data: {download}`benchmarks.json`. To measure again, run",
        "`python benchmarks/expansion.py` and `python benchmarks/curves.py` in a clone with",
        "wickflow installed.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure exact expansions, order by order.")
    parser.add_argument("--limit", type=float, default=120, help="seconds for each process")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where to write")
    parser.add_argument("--case", action="append", metavar="TIES", help="only these ties")
    chosen = parser.parse_args()
    picked = [case for case in CASES if not chosen.case or case.name in chosen.case]
    if not picked:
        parser.error(f"no such case; there are {', '.join(case.name for case in CASES)}")
    print(" | ".join(HEAD), flush=True)
    by_case = {case.name: measure(case, chosen.limit) for case in picked}
    factors = {name: growth(rows) for name, rows in by_case.items()}
    spent = next(messages(profiled, 300, Case((3,), 6)), {})
    results = {
        "rows": [row for rows in by_case.values() for row in rows],
        "limit": chosen.limit,
        "growth": {name: factor for name, factor in factors.items() if factor},
        "profile": sorted(spent.items(), key=lambda item: -item[1])[:10],
        "shared": [
            (case.name, case.terms, one, two)
            for case in SHARED
            if case.name in by_case
            and (one := next(messages(shared, 300, case, 1), None))
            and (two := next(messages(shared, 300, case, 2), None))
        ],
    }
    chosen.out.mkdir(parents=True, exist_ok=True)
    before = chosen.out / "benchmarks.json"
    kept = json.loads(before.read_text("utf-8")) if before.exists() else {}
    results["curves"] = kept.get("curves", [])
    results["starting"] = kept.get("starting", {})
    data = {
        "schema": SCHEMA,
        "wickflow": metadata.version("wickflow"),
        "machine": machine(),
        **{**results, "rows": [asdict(row) for row in results["rows"]]},
    }
    (chosen.out / "benchmarks.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    (chosen.out / "benchmarks.md").write_text(markdown(results), "utf-8")


if __name__ == "__main__":
    main()
