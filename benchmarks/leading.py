"""Leading terms alone against the full expansion: seconds, and how many orders further.

Run ``python benchmarks/leading.py`` from the root of the repository; it prints a table.
``--limit SECONDS`` (default 60) bounds the processor time of every process, and ``--case 1+1+1``
picks cases by their ties (may be repeated).

What the columns mean:

common
    the highest order that both reach within the limit;
full, leading
    processor seconds of ``expand`` and of ``leading_derivatives`` to that order, all lower
    ones included, cold, each in a process of its own;
ratio
    the first over the second;
furthest, seconds, memory
    the highest order of leading terms within the limit, and what it takes.

At every order that both reach the leading terms are compared with those of the full
expansion; a difference ends the run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

CASES = ("2", "3", "4", "6", "1+1", "1+1+1", "1+1+1+1", "2+1", "2+2")
HIGHEST = 30


@dataclass(frozen=True)
class Run:
    """Seconds, memory in MB and the coefficients as text."""

    seconds: float
    memory: int
    coefficients: tuple[str, ...]


def child(pipe: Connection, ties: str, terms: int, full: bool, limit: int) -> None:
    from diagrams.polynomials.pareto import pareto_terms
    from diagrams.problems.cp import cp_problem
    from diagrams.scaling.leading import leading_derivatives
    from diagrams.series.expansion import expand

    resource.setrlimit(resource.RLIMIT_CPU, (limit + 1, limit + 1))
    problem = cp_problem(sum(map(int, ties.split("+"))), ties)
    start = time.process_time()
    if full:
        series = expand(problem, terms)
        seconds = time.process_time() - start
        found = tuple(str(pareto_terms(c, ("p", "H"))) for c in series)
    else:
        leading = leading_derivatives(problem, terms)
        seconds = time.process_time() - start
        found = tuple(str(leading.coefficient(s)) for s in range(terms + 1))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    pipe.send(Run(seconds, memory, found))


def timed(ties: str, terms: int, full: bool, limit: int) -> Run | None:
    """One computation in a process of its own; ``None`` when it takes too long."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=child, args=(sender, ties, terms, full, limit))
    process.start()
    sender.close()
    result: Run | None = None
    with suppress(EOFError):
        result = receiver.recv()
    process.join()
    return result


def furthest(ties: str, full: bool, limit: int) -> list[Run]:
    """Runs to order 0, 1, .. as far as the limit allows."""
    runs: list[Run] = []
    for terms in range(HIGHEST + 1):
        run = timed(ties, terms, full, limit)
        if run is None or run.seconds > limit:
            break
        runs.append(run)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--case", action="append")
    options = parser.parse_args()
    print("| ties | common | full | leading | ratio | furthest | seconds | MB |")
    print("|---|---|---|---|---|---|---|---|")
    for ties in options.case or CASES:
        full = furthest(ties, True, options.limit)
        leading = furthest(ties, False, options.limit)
        common = min(len(full), len(leading)) - 1
        if full[common].coefficients != leading[common].coefficients:
            raise SystemExit(f"({ties}): leading terms differ from those of the full expansion")
        one, other, last = full[common], leading[common], leading[-1]
        ratio = one.seconds / max(other.seconds, 0.01)
        print(
            f"| {ties} | {common} | {one.seconds:.1f} | {other.seconds:.2f} | {ratio:.0f} "
            f"| {len(leading) - 1} | {last.seconds:.1f} | {last.memory} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
