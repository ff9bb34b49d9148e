"""Exact expansions, order by order: classes, states visited, seconds, memory, and the naive way.

Run ``python benchmarks/expansion.py`` from the root of the repository; it writes
``docs/benchmarks.md`` and ``docs/benchmarks.json``.  ``--limit SECONDS`` bounds every case,
``--naive SECONDS`` every run of the naive enumerator, ``--out DIR`` says where to write,
``--case 3`` picks cases by their ties (may be repeated).

What the columns mean:

classes
    isomorphism classes of merged diagrams at this order, tensors fixed, the pure-target
    constant left out;
states
    distinct partly contracted diagrams that the averaging of this order reaches;
seconds
    time from the previous order to this one, merging and averaging, in one process;
memory
    largest resident memory of that process so far, interpreter and imports included;
ratio
    seconds of the naive enumerator in ``tests/truth/naive_pairings.py`` for this order alone
    over our seconds; it merges edge by edge and averages pairing by pairing.  Both answers
    are compared, and a difference ends the run.

Times come from a process that counts nothing; classes and states are counted in another.
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
    Case((2,), 8),
    Case((3,), 4),
    Case((4,), 4),
    Case((1, 1), 7),
    Case((1, 1, 1), 4),
    Case((2, 1), 4),
)


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
    naive_seconds: float | None

    @property
    def ratio(self) -> float | None:
        """How many times longer the naive enumerator takes."""
        if self.naive_seconds is None or not self.seconds:
            return None
        return self.naive_seconds / self.seconds


# -- workers: each runs in a process of its own and sends one message per order ------------

Send = Callable[[Any], None]
Powers = dict[tuple[int, int, int], Fraction]


def timed(case: Case, send: Send) -> None:
    """Send (s, seconds, megabytes) for every order of the expansion."""
    from diagrams import expand, load_problem

    problem = load_problem(case.spec)
    last = time.perf_counter()

    def progress(s: int, share: float) -> None:
        nonlocal last
        if share >= 1:
            now = time.perf_counter()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            send((s, now - last, peak))
            last = time.perf_counter()

    expand(problem, terms=case.terms, progress=progress)


def counted(case: Case, send: Send) -> None:
    """Send (s, classes, states, powers of Y_s) for every order.

    States are counted where row closure takes canonical forms; an engine that does not pass
    there is reported without them.
    """
    from diagrams import expand, load_problem

    problem = load_problem(case.spec)
    classes = list(_classes(problem, case.terms))
    seen: set[int] = set()
    can_count = _watch("diagrams.wick.rows", "canonical_state", seen)
    marks: list[int] = []

    def progress(s: int, share: float) -> None:
        if share >= 1:
            marks.append(len(seen))
            seen.clear()

    series = expand(problem, terms=case.terms, progress=progress)
    for s in range(case.terms + 1):
        states = marks[s] or None if can_count else None
        send((s, classes[s], states, _powers(series.coefficient(s))))


def _classes(problem: Any, terms: int) -> Iterator[int | None]:
    try:
        from diagrams.expansion import atoms_of
        from diagrams.incidence import Alphabet
        from diagrams.merging import merged_powers
    except ImportError:
        yield from (None for _ in range(terms + 1))
        return
    observable, generators = atoms_of(problem)
    alphabet = Alphabet.of([atom.diagram for atom in (*observable, *generators)])
    for collected in merged_powers(alphabet, observable, generators, terms):
        states = {state for counts in collected.values() for state in counts}
        yield sum(any(len(cell) > 1 for cell in state[1]) for state in states)


def _watch(module: str, name: str, seen: set[int]) -> bool:
    """Record the distinct results of a function; whether the function is there."""
    home = import_module(module)
    function = getattr(home, name, None)
    if function is None:
        return False

    def watched(*arguments: Any) -> Any:
        result = function(*arguments)
        seen.add(hash(result[0]))
        return result

    setattr(home, name, watched)
    return True


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


def measure(case: Case, limit: float, naive_limit: float) -> list[Row]:
    """Return the rows of one case."""
    times = {s: (seconds, peak) for s, seconds, peak in messages(timed, limit, case)}
    counts = {s: rest for s, *rest in messages(counted, 3 * limit, case)}
    rows = []
    slow = False
    for s in range(case.terms + 1):
        seconds, peak = times.get(s, (None, None))
        classes, states, powers = counts.get(s, (None, None, None))
        found = None if slow else next(messages(naive, naive_limit, case, s), None)
        slow = found is None
        if found and powers is not None and found[1] != powers:
            raise SystemExit(f"{case.spec}, s={s}: the naive enumerator disagrees")
        rows.append(
            Row(
                case.name,
                s,
                classes,
                states,
                None if powers is None else len(powers),
                seconds,
                peak,
                found[0] if found else None,
            )
        )
        print(" | ".join(cells(rows[-1])), flush=True)
    return rows


HEAD = ("ties", "s", "classes", "states", "terms of Y_s", "seconds", "memory, MB", "naive", "ratio")


def cells(row: Row) -> list[str]:
    """The row as text, a dash where there is no number."""

    def shown(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    ratio = "-" if row.ratio is None else f"{float(f'{row.ratio:.2g}'):,g}"
    return [
        row.ties,
        str(row.s),
        shown(row.classes, ",d"),
        shown(row.states, ",d"),
        shown(row.terms, ",d"),
        shown(row.seconds, ".3f"),
        shown(row.megabytes, ".0f"),
        shown(row.naive_seconds, ".3f"),
        ratio,
    ]


def machine() -> dict[str, object]:
    """The machine, as far as it matters to a reader."""
    return {"cores": os.cpu_count(), "python": platform.python_version()}


def markdown(rows: list[Row], limit: float, naive_limit: float) -> str:
    """The page of the documentation."""
    known = machine()
    lines = [
        "# Benchmarks",
        "",
        "<!-- Written by benchmarks/expansion.py; run it again rather than edit this page. -->",
        "",
        "How far the expansion goes, and how fast: CP problems with the identity target, one",
        f"process each, on a machine of {known['cores']} cores with Python {known['python']}.",
        f"Every case was stopped after {limit:g} s, every run of the naive enumerator after",
        f"{naive_limit:g} s; a dash stands where there is no number. Times are of one run on a",
        "machine that was not otherwise idle: read them as orders of magnitude.",
        "",
        "*Classes*: isomorphism classes of merged diagrams at order s, tensors fixed, the",
        "pure-target constant left out. *States*: distinct partly contracted diagrams that",
        "averaging them reaches. *Seconds*: from the previous order to this one. *Memory*: the",
        "largest resident memory of the process so far, the interpreter included. *Naive*:",
        "seconds of an enumerator that merges edge by edge and averages pairing by pairing; its",
        "answers agreed with ours wherever it finished. *Ratio*: naive seconds over ours.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|" + " ---: |" * len(HEAD),
        *("| " + " | ".join(cells(row)) + " |" for row in rows),
        "",
        "The same numbers as data: {download}`benchmarks.json`. To measure again, run",
        "`python benchmarks/expansion.py` in a clone with wickflow installed.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure exact expansions, order by order.")
    parser.add_argument("--limit", type=float, default=120, help="seconds for each case")
    parser.add_argument("--naive", type=float, default=60, help="seconds for each naive run")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where to write")
    parser.add_argument("--case", action="append", metavar="TIES", help="only these ties")
    chosen = parser.parse_args()
    picked = [case for case in CASES if not chosen.case or case.name in chosen.case]
    if not picked:
        parser.error(f"no such case; there are {', '.join(case.name for case in CASES)}")
    print(" | ".join(HEAD), flush=True)
    rows = [row for case in picked for row in measure(case, chosen.limit, chosen.naive)]
    chosen.out.mkdir(parents=True, exist_ok=True)
    data = {
        "schema": SCHEMA,
        "wickflow": metadata.version("wickflow"),
        "machine": machine(),
        "limits": {"case": chosen.limit, "naive": chosen.naive},
        "rows": [{**asdict(row), "ratio": row.ratio} for row in rows],
    }
    (chosen.out / "benchmarks.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    page = markdown(rows, chosen.limit, chosen.naive)
    (chosen.out / "benchmarks.md").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
