"""The textbook set: this package against SymPy's pdsolve, side by side.

Run ``python benchmarks/pdsolve_comparison.py [--limit SECONDS] [--json FILE]`` from the root of
the repository. For every equation of ``tests/pde/textbook.py`` it reports the kind of solution
and the seconds of ``pde.solve``, and what ``sympy.pdsolve`` does with the same equation: it
refuses (with the name of the error), exceeds the limit, or returns an expression with an
arbitrary function, since it takes no initial data.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEXTBOOK = ROOT / "tests" / "pde" / "textbook.py"


@dataclass(frozen=True)
class Row:
    """One line of the comparison."""

    name: str
    variables: int
    kind: str
    evidence: str
    seconds: float
    pdsolve: str
    pdsolve_seconds: float


def load_textbook() -> Any:
    """Return the module of the textbook set."""
    name = "wickflow_textbook"
    specification = importlib.util.spec_from_file_location(name, TEXTBOOK)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def outcome_of_pdsolve(number: int, channel: Any) -> None:
    """Send what pdsolve does with one equation, and the seconds it took."""
    import sympy

    book = load_textbook()
    equation = (book.TEXTBOOK + book.WITHOUT_CLOSED_FORM)[number].equation
    unknown = sympy.Function("h")(*equation.variables)
    start = time.perf_counter()
    try:
        answer = sympy.pdsolve(equation.equation("h"), unknown)
        functions = {f.func for f in answer.rhs.atoms(sympy.core.function.AppliedUndef)}
        outcome = "arbitrary function left" if functions else "no arbitrary function"
    except Exception as error:
        outcome = f"refused: {type(error).__name__}"
    channel.send((outcome, time.perf_counter() - start))


def limited_pdsolve(number: int, limit: float) -> tuple[str, float]:
    """Run pdsolve in a process of its own and stop it at the limit."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=outcome_of_pdsolve, args=(number, sending))
    process.start()
    if receiving.poll(limit):
        outcome, seconds = receiving.recv()
    else:
        outcome, seconds = f"no answer in {limit:g} s", limit
        process.terminate()
    process.join()
    return outcome, seconds


def compare(limit: float) -> list[Row]:
    """Return the rows of the comparison."""
    from pde import solve

    book = load_textbook()
    rows = []
    for number, problem in enumerate(book.TEXTBOOK + book.WITHOUT_CLOSED_FORM):
        start = time.perf_counter()
        solution = solve(problem.equation)
        seconds = time.perf_counter() - start
        outcome, theirs = limited_pdsolve(number, limit)
        rows.append(
            Row(
                problem.name,
                len(problem.equation.variables),
                solution.kind,
                solution.evidence.kind,
                round(seconds, 3),
                outcome,
                round(theirs, 3),
            )
        )
        print(
            f"{problem.name:38} {rows[-1].variables}  {solution.kind:10} {solution.evidence.kind:9}"
            f" {seconds:7.2f} s   {outcome:32} {theirs:7.2f} s",
            flush=True,
        )
    return rows


def main() -> None:
    """Print the table and its totals; write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=30.0, help="seconds for each pdsolve")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    arguments = parser.parse_args()
    rows = compare(arguments.limit)
    solved = sum(row.kind in ("explicit", "quadrature", "implicit") for row in rows)
    unique = sum(row.pdsolve == "no arbitrary function" for row in rows)
    left = sum(row.pdsolve == "arbitrary function left" for row in rows)
    print(
        f"\n{len(rows)} equations with initial data. pde.solve: {solved} solved in "
        f"{sum(row.seconds for row in rows):.1f} s. pdsolve: {unique} solved, {left} left with an "
        f"arbitrary function, {len(rows) - unique - left} refused or without answer, in "
        f"{sum(row.pdsolve_seconds for row in rows):.1f} s."
    )
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
