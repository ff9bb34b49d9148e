"""How a long computation is carried out: with which workers, store, limits and display.

What is computed never depends on it.  A :class:`Campaign` holds any executor of the
``concurrent.futures`` kind (a process pool, Dask's ``Client.get_executor()``, mpi4py's
``MPIPoolExecutor``), a store for finished and half-finished work, a bound on memory, and a
function that is told about progress.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from diagrams.campaign.cache import Store
from diagrams.campaign.memory import exceeded, readable_bytes, refusal
from diagrams.campaign.watch import TICK, look, watched
from diagrams.errors import BadInput

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

IN_FLIGHT = 3
"""Tasks handed to an executor ahead of the one whose outcome is awaited, for each worker."""


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

    def limited(self, work: Callable[[], Outcome]) -> Outcome:
        """Return ``work()``, ended by ``MemoryLimitReached`` as soon as it takes too much."""
        if self.max_memory is None:
            return work()
        try:
            return watched(work, lambda: exceeded(self.max_memory, self._advice))
        except MemoryError:
            more = f"more than {readable_bytes(self.max_memory)}"
            raise refusal(more, self.max_memory, self._advice()) from None

    def check_memory(self, where: str) -> None:
        """Raise ``MemoryLimitReached`` when more than the allowed memory is in use."""
        error = exceeded(self.max_memory, self._advice, f" at {where}")
        if error is not None:
            raise error

    def _advice(self) -> str:
        """What to do when memory is short, and whether anything was kept."""
        if self.store is not None and self.store.resumable:
            return (
                "finished work is kept; go on by running the same command with a larger"
                " --max-memory, or ask for fewer --terms"
            )
        return "run with a larger --max-memory, or ask for fewer --terms"

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
        try:
            yield from self._shared(self.executor, function, tasks, waiting)
        finally:  # after an interrupt, nobody goes on with what nobody waits for
            for _, future in waiting:
                future.cancel()

    def _shared(
        self,
        executor: Executor,
        function: Callable[[Task], Outcome],
        tasks: Iterable[Task],
        waiting: deque[tuple[Task, Future[Outcome]]],
    ) -> Iterator[Outcome]:
        broken = False
        for task in tasks:
            if broken:
                yield function(task)
                continue
            try:
                waiting.append((task, executor.submit(function, task)))
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
    while not future.done():
        wait([future], timeout=TICK)
        look()
    try:
        return future.result()
    except BrokenExecutor:
        return function(task)


# -- other machines ----------------------------------------------------------------------


@contextmanager
def connect(address: str) -> Iterator[tuple[Executor, int]]:
    """Give an executor of the Dask scheduler at ``tcp://host:port``, and its number of workers.

    The connection is closed on leaving.

    Raises :class:`~diagrams.errors.BadInput` when Dask is absent or does not answer.
    """
    allowed = "the address of a running Dask scheduler, tcp://host:port"
    if address.startswith("tls://"):
        allowed += "; for tls:// give expand(executor=..) in Python a client that has certificates"
    if not address.startswith("tcp://"):
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
