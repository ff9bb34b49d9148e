"""How far the runs of a simulation are, added up over threads, and their common stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from diagrams.flow.integration import Passage


@dataclass(frozen=True)
class FlowProgress:
    """How far a simulation is: work done (0 to 1), seeds finished and all, steps tried.

    >>> print(FlowProgress(0.5, 3, 8, 1200))
    3 of 8 seeds, 1200 steps, 50%
    """

    done: float
    finished: int
    seeds: int
    steps: int

    def __str__(self) -> str:
        return f"{self.finished} of {self.seeds} seeds, {self.steps} steps, {self.done:.0%}"


class Stopped(Exception):
    """Another thread failed or was interrupted."""


class Watch:
    """Adds up the progress of tasks of so many seeds each, up to a time, and stops them."""

    def __init__(
        self, seeds: Sequence[int], end: float, progress: Callable[[FlowProgress], Any] | None
    ) -> None:
        self.sizes, self.end, self.progress = seeds, end, progress
        self.seeds = sum(seeds)
        self.passed: dict[int, Passage] = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def seen(self, number: int, passage: Passage) -> None:
        """Take note of where a task stands; raise if everything is to stop."""
        if self.stop.is_set():
            raise Stopped
        if self.progress is None:
            return
        with self.lock:
            self.passed[number] = passage
            done = 0.0
            for place, found in self.passed.items():
                size = self.sizes[place]
                left = (size - found.finished) * (1 - min(1.0, found.reached / self.end))
                done += size - left
            finished = sum(found.finished for found in self.passed.values())
            steps = sum(found.steps for found in self.passed.values())
            self.progress(FlowProgress(done / self.seeds, finished, self.seeds, steps))
