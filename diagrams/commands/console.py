"""Long computations on the command line: options, progress, and leaving in order."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from diagrams.commands.arguments import read_count
from diagrams.commands.output import progress as told
from diagrams.commands.output import shows_progress

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from diagrams.campaign.running import Progress

BAR = 24
RESUMABLE = "finished work is kept; run the same command again to go on"
STARTS_OVER = "the same command starts over"
"""What an interrupt leaves, each where it holds."""


def add_resource_options(command: argparse.ArgumentParser) -> None:
    """Add ``--jobs``, ``--executor``, ``--no-cache`` and ``--max-memory``."""
    command.add_argument(
        "--jobs", metavar="N", default="1", help="processes of this machine to use (default 1)"
    )
    command.add_argument(
        "--executor", metavar="ADDRESS", help="a running Dask scheduler, tcp://host:port"
    )
    command.add_argument("--no-cache", action="store_true", help="neither read nor keep results")
    command.add_argument(
        "--max-memory", metavar="SIZE", help="stop above this, such as 4G (default: half of all)"
    )


@contextmanager
def resources(chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Give the keyword arguments of ``expand`` that the options mean."""
    from diagrams.campaign.cache import Store
    from diagrams.campaign.running import connect

    jobs, memory = read_count("jobs", chosen.jobs, 1, 10**5), memory_bound(chosen)
    store = None if chosen.no_cache else Store()
    line = ProgressLine()
    workers: AbstractContextManager[tuple[Executor | None, int]] = nullcontext((None, jobs))
    if chosen.executor is not None:
        workers = connect(chosen.executor)
    try:
        with workers as (executor, jobs):
            yield {
                "jobs": jobs,
                "executor": executor,
                "store": store,
                "max_memory": memory,
                "progress": line if shows_progress() else None,
            }
    except KeyboardInterrupt as stop:
        if store is None or store.trouble is not None:
            stop.args = (STARTS_OVER,)
        elif store.resumable:
            stop.args = (RESUMABLE,)
        raise
    finally:
        line.wipe()
        if store is not None:
            store.close()


def add_dry_run(command: argparse.ArgumentParser) -> None:
    """Add ``--dry-run``."""
    command.add_argument(
        "--dry-run", action="store_true", help="predict time and memory, compute nothing"
    )


def memory_bound(chosen: argparse.Namespace) -> int | None:
    """The bytes of ``--max-memory``; raises :class:`~diagrams.errors.BadInput`."""
    from diagrams.campaign.memory import default_bound, parse_bytes

    if chosen.max_memory is None:
        return default_bound()
    return parse_bytes(chosen.max_memory, "max-memory")


class ProgressLine:
    """A line on a terminal: the order, the states dealt with, and a guess of the time left.

    The guess: the time of an order grows by the factor that was measured between the
    last two orders, more slowly in the last but one, and falls to a tenth in the last, where
    little is left to merge (that is what measured runs look like).
    """

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.started: list[float] = []
        self.shown = 0.0
        self.written = False

    def __call__(self, progress: Progress) -> None:
        """Show the state of things, ten times a second at most."""
        now = time.monotonic()
        while len(self.started) <= progress.order:
            self.started.append(now)
        finished = progress.done == progress.states
        if now - self.shown < 0.1 and not finished:
            return
        self.shown = now
        share = progress.done / max(1, progress.states)
        filled = round(BAR * share)
        bar = "#" * filled + "." * (BAR - filled)
        text = (
            f"order {progress.order} of {progress.terms} [{bar}] "
            f"{progress.done} of {progress.states} states, {now - self.began:.0f} s"
            f"{self._left(progress)}"
        )
        told(text, after="")
        self.written = True

    def _left(self, progress: Progress) -> str:
        spent = [b - a for a, b in zip(self.started, self.started[1:], strict=False)]
        if len(spent) < 2 or spent[-2] < 0.01:
            return ""
        factor = min(10.0, max(1.0, spent[-1] / spent[-2]))
        rest = 0.0
        current = spent[-1]
        for order in range(progress.order, progress.terms + 1):
            left = progress.terms - order
            current *= factor if left > 1 else math.sqrt(factor) if left == 1 else 0.1
            rest += current
        rest -= time.monotonic() - self.started[-1]
        return f", about {max(1.0, rest):.0f} s left" if rest > 0 else ""

    def wipe(self) -> None:
        """Clear the line."""
        if self.written:
            told("")
