"""How long an expansion will take, and how much memory: measured on small orders, then grown."""

from __future__ import annotations

import math
import time
import tracemalloc
from dataclasses import dataclass

from diagrams.campaign.memory import readable_bytes
from diagrams.campaign.watch import within
from diagrams.problems.problem import Problem
from diagrams.series.expansion import check_terms
from diagrams.series.ways import derivatives

BUDGET = 2.5
"""Seconds spent on measuring."""

NEEDED = 3
"""Orders whose times show how they grow."""

BASE_MEMORY = 60 * 2**20


@dataclass(frozen=True)
class Prediction:
    """What was measured, and what follows for the order asked for.

    ``measured`` holds (terms, seconds, bytes) of complete runs; ``growth`` is the factor of
    time from one order to the next that the last runs show (it still rises slowly with the
    order, so far predictions are low); ``seconds`` and ``memory`` are for ``terms``.  Where too
    little could be measured, ``growth`` is not a number and ``seconds`` a lower bound; ``memory``
    is 0 where none was measured, because already order 0 took too long to run twice.
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
        if math.isnan(self.growth):
            lines.append(
                f"order {len(self.measured)} is not done in the time for measuring: {self.terms} "
                f"terms take more than {_readable_time(self.seconds)}, how much cannot be told"
            )
            return "\n".join(lines)
        lines.append(f"growth of time: about {self.growth:.1f} times for each further order")
        memory = readable_bytes(self.memory) if self.memory else "memory not measured"
        lines.append(
            f"predicted for {self.terms} terms: about {_readable_time(self.seconds)}, "
            f"{memory} (one process; right within a factor of 3 or so)"
        )
        return "\n".join(lines)


def predict(problem: Problem, terms: int, budget: float = BUDGET) -> Prediction:
    """Predict time and memory of ``expand(problem, terms)`` from runs to lower orders.

    No order is followed for longer than the ``budget`` in seconds allows; where it ends before
    two steps from one order to the next were seen, there is nothing to extend, and the prediction
    is a lower bound.
    """
    check_terms(terms)
    measured: list[tuple[int, float, int]] = []
    begun: list[float] = []
    within(budget, lambda: _measure(problem, terms, budget, measured, begun))
    tracemalloc.stop()
    left = time.monotonic() - begun[-1] if len(begun) > len(measured) else 0.0
    if len(measured) < min(NEEDED, terms + 1):
        known = max(left, *(entry[1] for entry in measured), 0.0)
        return Prediction(terms, tuple(measured), math.nan, known, 0)
    last, seconds, _ = measured[-1]
    growth = max(_growth([entry[1] for entry in measured]), left / max(seconds, 1e-9))
    whole = _grown(seconds, growth, terms - last)
    return Prediction(terms, tuple(measured), growth, whole, _memory(measured, growth, terms))


def _memory(measured: list[tuple[int, float, int]], growth: float, terms: int) -> int:
    """Bytes that so many terms take, from the orders whose memory was measured; 0 without any."""
    sized = [(order, float(size)) for order, _, size in measured if size]
    if not sized:
        return 0
    order, size = sized[-1]
    factor = min(growth, _growth([size for _, size in sized]))
    return BASE_MEMORY + int(min(_grown(size, factor, terms - order), 2.0**60))


def _grown(value: float, factor: float, steps: int) -> float:
    """``value`` times ``factor`` for every step, within the range of floating point."""
    return value * math.exp(min(600.0, steps * math.log(factor)))


def _measure(
    problem: Problem,
    terms: int,
    budget: float,
    measured: list[tuple[int, float, int]],
    begun: list[float],
) -> None:
    """Append what runs to order 0, 1, .. take; the next is begun where it seems to fit."""
    began = time.monotonic()
    for order in range(terms + 1):
        started = time.monotonic()
        begun.append(started)
        for _ in derivatives(problem, order):
            pass
        seconds = time.monotonic() - started
        measured.append((order, seconds, 0))
        if seconds < budget / 10:
            tracemalloc.start()
            for _ in derivatives(problem, order):
                pass
            measured[-1] = (order, seconds, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        if len(measured) >= NEEDED and time.monotonic() - began + 4 * seconds > budget:
            break


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
