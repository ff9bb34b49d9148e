"""How long an expansion will take, and how much memory: measured on small orders, then grown."""

from __future__ import annotations

import math
import time
import tracemalloc
from dataclasses import dataclass

from diagrams.memory import readable_bytes
from diagrams.expansion import check_terms, derivatives
from diagrams.problems.problem import Problem

BUDGET = 3.0
"""Seconds spent on measuring."""

BASE_MEMORY = 60 * 2**20


@dataclass(frozen=True)
class Prediction:
    """What was measured, and what follows for the order asked for.

    ``measured`` holds (terms, seconds, bytes) of complete runs; ``growth`` is the factor of
    time from one order to the next that the last runs show (it still rises slowly with the
    order, so far predictions are low); ``seconds`` and ``memory`` are for ``terms``.
    """

    terms: int
    measured: tuple[tuple[int, float, int], ...]
    growth: float
    seconds: float
    memory: int

    def __str__(self) -> str:
        lines = [
            f"measured: up to order {terms} in {seconds:.2g} s"
            + (f" with {readable_bytes(memory)}" if memory else "")
            for terms, seconds, memory in self.measured
        ]
        lines.append(f"growth of time: about {self.growth:.1f} times for each further order")
        lines.append(
            f"predicted for {self.terms} terms: about {_readable_time(self.seconds)}, "
            f"{readable_bytes(self.memory)} (one process; right within a factor of 3 or so)"
        )
        return "\n".join(lines)


def predict(problem: Problem, terms: int, budget: float = BUDGET) -> Prediction:
    """Predict time and memory of ``expand(problem, terms)`` from runs to lower orders."""
    check_terms(terms)
    measured: list[tuple[int, float, int]] = []
    began = time.monotonic()
    for order in range(terms + 1):
        started = time.monotonic()
        for _ in derivatives(problem, order):
            pass
        seconds = time.monotonic() - started
        tracemalloc.start()
        if seconds < budget / 10:
            for _ in derivatives(problem, order):
                pass
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        measured.append((order, seconds, memory))
        spent = time.monotonic() - began
        if spent + 4 * seconds > budget:
            break
    last, seconds, _ = measured[-1]
    growth = _growth([entry[1] for entry in measured])
    sized = [entry for entry in measured if entry[2]]
    memory_growth = min(growth, _growth([float(entry[2]) for entry in sized]))
    needed = sized[-1][2] * memory_growth ** (terms - sized[-1][0])
    return Prediction(
        terms,
        tuple(measured),
        growth,
        seconds * growth ** (terms - last),
        BASE_MEMORY + int(min(needed, 2.0**60)),
    )


def _growth(values: list[float]) -> float:
    """The factor between the last values, averaged over up to three steps."""
    known = [value for value in values[-4:] if value > 0]
    if len(known) < 2:
        return 1.0
    return max(1.0, math.exp(math.log(known[-1] / known[0]) / (len(known) - 1)))


def _readable_time(seconds: float) -> str:
    for size, unit in ((86400.0 * 365, "years"), (86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"
