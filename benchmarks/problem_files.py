"""Problem files beside presets: how far the expansion goes, and how fast.

Run ``python benchmarks/problem_files.py`` from the root of the repository; it writes
``docs/benchmarks_files.md``.  ``--limit SECONDS`` bounds the processor time of every process
(a quarter of it those of merging); ``--case NAME`` picks files (may be repeated).

Every order is a process of its own, cold.  *Merging* is the way that serves every file: all merged
diagrams are collected, and then averaged.  Both answers are compared.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "docs" / "systems").glob("*.toml"))
FILES += sorted((ROOT / "benchmarks" / "files").glob("*.toml"))
MOST = 14
"""No file is followed further than this order."""


def child(path: str, terms: int, way: str) -> None:
    """Expand one file to one order in this process; print what it took as JSON."""
    from dataclasses import replace

    from diagrams import load_problem
    from diagrams.series.ways import derivatives, derivatives_by_merging
    from diagrams.wick.means import centre

    problem = load_problem(path)
    began = time.process_time()
    if way == "before":
        split = replace(
            problem, observable=centre(problem.observable), potential=centre(problem.potential)
        )
        found = list(derivatives_by_merging(split, terms))
    else:
        found = list(derivatives(problem, terms))
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, memory, len(found[-1].terms), str(found[-1])]))


def measured(path: Path, terms: int, way: str, limit: int) -> tuple[float, float, int, str] | None:
    """What one order takes in a process of its own; nothing where the limit ends it."""
    command = [sys.executable, __file__, "--child", str(path), str(terms), way]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1)),
    )
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None
    if done.returncode:
        raise SystemExit(f"{path}, order {terms}: {done.stderr.strip() or done.returncode}")
    seconds, memory, count, text = json.loads(done.stdout)
    return seconds, memory, count, text


def row(path: Path, limit: int) -> str:
    """One line of the table."""
    from diagrams import load_problem
    from diagrams.series.ways import explanation

    own: list[tuple[float, float, int, str]] = []
    old: list[tuple[float, float, int, str]] = []
    for way, found in (("now", own), ("before", old)):
        bound = limit if way == "now" else max(1, limit // 4)
        while len(found) <= MOST:
            if len(found) > 2 and found[-1][0] ** 2 / found[-2][0] > 1.2 * bound:
                break  # the next order would not end in time
            one = measured(path, len(found), way, bound)
            if one is None:
                break
            found.append(one)
    for now, before in zip(own, old, strict=False):
        if now[3] != before[3]:
            raise SystemExit(f"{path.name}: the answers differ")
    told = explanation(load_problem(str(path)), max(len(own) - 1, 0))
    served = told.splitlines()[-1].partition(";")[0]
    if not own:
        return f"| {path.stem} | - | - | - | - | - | - | - | {served} |"
    seconds, memory, count, _ = own[-1]
    growth = f"{seconds / own[-2][0]:.1f}" if len(own) > 1 and own[-2][0] > 0.05 else "-"
    ratio = "-"
    if old and len(old) <= len(own):
        ratio = f"{old[-1][0] / max(own[len(old) - 1][0], 1e-3):.3g} x"
    return (
        f"| {path.stem} | {len(own) - 1} | {count:,} | {seconds:.2f} | {memory:.0f} | {growth} "
        f"| {len(old) - 1 if old else '-'} | {ratio} | {served} |"
    )


def page(rows: list[str], limit: int) -> str:
    """The page as Markdown."""
    lines = [
        "# Benchmarks of problem files",
        "",
        "<!-- Written by benchmarks/problem_files.py; run it again rather than edit this page. -->",
        "",
        "Files of the systems in these pages and of `benchmarks/files` in the repository: the",
        f"highest order that one core reaches within {limit} s of processor time, cold, on Python",
        f"{platform.python_version()}; not further than order {MOST}. *Terms* are monomials of",
        "that coefficient, *growth* is the factor of time from the order below. *Merging* is the",
        "highest order in a quarter of the time where all merged diagrams are collected and then",
        "averaged, and the *ratio* that of its time to ours there; below one, merging is faster.",
        "Both answers agreed at every order that both reached. *Served by* is what",
        "`wickflow expand FILE --explain` says.",
        "",
        "| file | S | terms | seconds | memory, MB | growth | merging | ratio | served by |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
        *rows,
        "",
        "What bounds each:",
        "",
        "* *every row closed at its last touch*: the number of states, ways in which rows that a",
        "  later merge touches are joined by cells. Vectors on absorbed nodes add their products",
        "  to every state, because their one row closes last.",
        "* *numbers*: nothing before the order that is asked for; a few products of power series.",
        "* *words*: the number of multisets of words, each averaged once; a single trace of two",
        "  matrices has 2.4 times as many per order, one of four matrices about 7.",
        "* *merging*: the number of classes of merged diagrams, and pairwise contraction of each.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--case", action="append")
    parser.add_argument("--out", default=str(ROOT / "docs"))
    parser.add_argument("--child", nargs=3)
    chosen = parser.parse_args()
    if chosen.child:
        path, terms, way = chosen.child
        child(path, int(terms), way)
        return
    rows = []
    for path in FILES:
        if not chosen.case or path.stem in chosen.case:
            rows.append(row(path, chosen.limit))
            print(rows[-1], flush=True)
    (Path(chosen.out) / "benchmarks_files.md").write_text(page(rows, chosen.limit))


if __name__ == "__main__":
    main()
