"""How a long computation is carried out: with which workers, store, limits and display.

What is computed never depends on it.  A :class:`Campaign` holds any executor of the
``concurrent.futures`` kind (a process pool, Dask's ``Client.get_executor()``, mpi4py's
``MPIPoolExecutor``), a store for finished and half-finished work, a bound on memory, and a
function that is told about progress.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from diagrams.cache import Store
from diagrams.errors import BadInput, WickflowError

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

IN_FLIGHT = 3
"""Tasks handed to an executor ahead of the one whose outcome is awaited, for each worker."""


class MemoryLimitReached(WickflowError):
    """The computation would need more memory than allowed (exit code 5)."""

    exit_code = 5


@dataclass(frozen=True)
class Progress:
    """What is going on: merge ``order`` of ``terms``, ``done`` of ``states`` ways to merge."""

    order: int
    terms: int
    done: int
    states: int


@dataclass(frozen=True)
class Campaign:
    """Workers, store, memory bound (bytes) and progress display of a computation."""

    executor: Executor | None = None
    workers: int = 1
    store: Store | None = None
    max_memory: int | None = None
    progress: Callable[[Progress], Any] | None = None

    def tell(self, progress: Progress) -> None:
        """Show progress, if anyone looks."""
        if self.progress is not None:
            self.progress(progress)

    def check_memory(self, where: str) -> None:
        """Raise :class:`MemoryLimitReached` when more than the allowed memory is in use."""
        if self.max_memory is None:
            return
        used = resident_memory()
        if used > self.max_memory:
            kept = "finished work is kept; " if self.store is not None else ""
            raise MemoryLimitReached(
                f"max-memory: {readable_bytes(used)} are in use at {where}, allowed are "
                f"{readable_bytes(self.max_memory)}; {kept}go on by running the same command with "
                "a larger --max-memory, or ask for fewer --terms"
            )

    def outcomes(
        self, function: Callable[[Task], Outcome], tasks: Iterable[Task]
    ) -> Iterator[Outcome]:
        """Yield ``function(task)`` for every task, in order, computed by the workers.

        A pool that breaks (a worker was killed) is left, and the rest computed here.
        """
        if self.executor is None:
            yield from map(function, tasks)
            return
        waiting: deque[tuple[Task, Future[Outcome]]] = deque()
        broken = False
        for task in tasks:
            if broken:
                yield function(task)
                continue
            try:
                waiting.append((task, self.executor.submit(function, task)))
            except (BrokenExecutor, RuntimeError):
                broken = True
                yield from _collected(function, waiting)
                yield function(task)
                continue
            while len(waiting) > IN_FLIGHT * self.workers:
                yield _outcome(function, *waiting.popleft())
        yield from _collected(function, waiting)


ALONE = Campaign()
"""One process, nothing kept, no bound."""


def _collected(
    function: Callable[[Task], Outcome], waiting: deque[tuple[Task, Future[Outcome]]]
) -> Iterator[Outcome]:
    while waiting:
        yield _outcome(function, *waiting.popleft())


def _outcome(function: Callable[[Task], Outcome], task: Task, future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenExecutor:
        return function(task)


# -- workers ------------------------------------------------------------------------------


def process_pool(jobs: int) -> Executor | None:
    """Return a pool of ``jobs`` processes on this machine; ``None`` for one job.

    Raises :class:`~diagrams.errors.BadInput` for a number that makes no sense.
    """
    most = 4 * (os.cpu_count() or 1)
    if not isinstance(jobs, int) or isinstance(jobs, bool) or not 1 <= jobs <= max(most, 64):
        raise BadInput("jobs", jobs, f"an integer from 1 to {max(most, 64)}")
    if jobs == 1:
        return None
    return ProcessPoolExecutor(jobs, initializer=_ignore_interrupts)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that started the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def connect(address: str) -> Iterator[tuple[Executor, int]]:
    """Give an executor of the Dask scheduler at ``tcp://host:port``, and its number of workers.

    The connection is closed on leaving.

    Raises :class:`~diagrams.errors.BadInput` when Dask is absent or does not answer.
    """
    allowed = "the address of a running Dask scheduler, tcp://host:port"
    if not address.startswith(("tcp://", "tls://")):
        raise BadInput("executor", address, allowed)
    try:
        from distributed import Client
    except ImportError:
        needed = f"{allowed}, with Dask installed: pip install 'wickflow[distributed]'"
        raise BadInput("executor", address, needed) from None
    try:
        client = Client(address, timeout="10s")
        workers = len(client.scheduler_info()["workers"])
    except (OSError, ValueError) as error:
        raise BadInput("executor", address, f"{allowed} ({error})") from None
    with client:
        yield client.get_executor(), max(1, workers)


# -- memory -------------------------------------------------------------------------------


def resident_memory() -> int:
    """Bytes of memory in use by this process and its workers (0 where unknown)."""
    pids: list[int | str] = ["self"]
    pids += [child.pid for child in multiprocessing.active_children() if child.pid]
    total = 0
    for pid in pids:
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            continue
        total += pages * os.sysconf("SC_PAGE_SIZE")
    return total or _peak_memory()


def _peak_memory() -> int:
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def machine_memory() -> int | None:
    """Bytes of memory of this machine; ``None`` where unknown."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def readable_bytes(count: int) -> str:
    """A number of bytes for people.

    >>> readable_bytes(1536 * 2**20)
    '1.5 GiB'
    """
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} GiB"


def parse_bytes(text: str, field: str) -> int:
    """Read a number of bytes such as ``800M`` or ``1.5G`` (powers of 1024).

    >>> parse_bytes("1.5G", "max-memory")
    1610612736
    """
    units = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
    number, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    whole, _, part = number.partition(".")
    digits = whole.isascii() and whole.isdigit() and (part == "" or part.isdigit())
    if not digits or len(text) > 20 or unit not in {"", *units} or float(number) == 0:
        raise BadInput(field, text, "a size such as 800M or 1.5G (K, M, G, T: powers of 1024)")
    return int(float(number) * units.get(unit, 1))
