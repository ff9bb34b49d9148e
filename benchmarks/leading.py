"""Leading terms alone against the full expansion: seconds, and how many orders further.

Run ``python benchmarks/leading.py`` from the root of the repository; it prints a table.
``--limit SECONDS`` (default 60) bounds the processor time of every process, and ``--case 1+1+1``
picks cases by their ties (may be repeated).  ``--files`` prints the table of problem files instead:
the highest order of whole coefficients, of ``leading_terms``, and of ``derived_terms`` with a
certificate to order 3, with the seconds that it takes; ``--case NAME`` picks files.

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
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

SYSTEMS = Path(__file__).resolve().parent.parent / "docs" / "systems"
CASES = ("2", "3", "4", "6", "1+1", "1+1+1", "1+1+1+1", "2+1", "2+2")
HIGHEST = 30
PROPORTIONAL = {"d": 1, "n": "delta*d"}
FILES: dict[str, dict[str, int | str]] = {
    "ntk_one_hidden_layer": {"N": 1, "d": "delta*N"},
    "feature_learning": {**PROPORTIONAL, "N": "nu*d"},
    "diagonal_linear": PROPORTIONAL,
    "gaussian_mixture": PROPORTIONAL,
    "deep_linear_spectrum_ntk": {"N": 1},
    "deep_linear_spectrum_mup": {"N": 1},
    "mixture_of_experts": {"N": 1, "N_e": "a*N", "M": "b*N", "s_in": -1, "s_out": -1},
    "linear_random_features": {**PROPORTIONAL, "N": "nu*d"},
}
"""Problem files, each on a scaling on which all sizes are in proportion."""
WAYS = ("full", "leading", "derived")


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


def child_of_file(pipe: Connection, case: str, terms: int, limit: int) -> None:
    from diagrams import derived_terms, expand, leading_terms, levels, load_problem
    from diagrams.errors import NotSolved

    resource.setrlimit(resource.RLIMIT_CPU, (limit + 1, limit + 1))
    name, way = case.split()
    problem, scaling = load_problem(str(SYSTEMS / f"{name}.toml")), FILES[name]
    start = time.process_time()
    if way == "full":
        found = levels(expand(problem, terms), scaling)
    elif way == "leading" or terms <= 3:
        found = leading_terms(problem, terms, scaling)
    else:
        try:
            found = derived_terms(problem, terms, scaling)
        except NotSolved:
            return
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    pipe.send(Run(seconds, memory, tuple(str(row[0]) for row in found.rows)))


def timed(target: Callable[..., None], *arguments: object) -> Run | None:
    """One computation in a process of its own; ``None`` when it takes too long."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=target, args=(sender, *arguments))
    process.start()
    sender.close()
    result: Run | None = None
    with suppress(EOFError):
        result = receiver.recv()
    process.join()
    return result


def furthest(child: Callable[..., None], limit: int, case: str, *options: bool) -> list[Run]:
    """Runs to order 0, 1, .. as far as the limit allows."""
    runs: list[Run] = []
    for terms in range(HIGHEST + 1):
        run = timed(child, case, terms, *options, limit)
        if run is None or run.seconds > limit:
            break
        runs.append(run)
    return runs


def files(names: list[str], limit: int) -> None:
    """The table of problem files; whatever two ways reach has to be equal."""
    print("| file | full | leading | seconds | derived | seconds |")
    print("|---|---|---|---|---|---|")
    for name in names:
        runs = [furthest(child_of_file, limit, f"{name} {way}") for way in WAYS]
        for one, other in zip(runs[1:], runs[:-1], strict=True):
            common = min(len(one), len(other)) - 1
            if one[common].coefficients != other[common].coefficients:
                raise SystemExit(f"{name}: two ways differ at order {common}")
        full, *others = runs
        told = [f"{len(run) - 1} | {run[-1].seconds:.1f}" for run in others]
        print(f"| {name} | {len(full) - 1} | {' | '.join(told)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--case", action="append")
    parser.add_argument("--files", action="store_true")
    options = parser.parse_args()
    if options.files:
        return files(options.case or list(FILES), options.limit)
    print("| ties | common | full | leading | ratio | furthest | seconds | MB |")
    print("|---|---|---|---|---|---|---|---|")
    for ties in options.case or CASES:
        full = furthest(child, options.limit, ties, True)
        leading = furthest(child, options.limit, ties, False)
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
