"""Worker processes of this machine that end with the process that started them.

Signals go to the one who started the workers; they hear of its end, whatever ended it, from the
system where it can tell them (Linux) and from a pipe that closes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from diagrams.campaign.memory import data_limit, limit_data
from diagrams.errors import BadInput

_DEATH_SIGNAL = 1
"""``PR_SET_PDEATHSIG`` of Linux."""


class Workers(ProcessPoolExecutor):
    """A pool of processes, each bound to ``max_memory`` bytes, that can be ended at once."""

    def __init__(self, jobs: int, max_memory: int | None = None) -> None:
        super().__init__(jobs, initializer=_begin, initargs=(max_memory,))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand in a task; a process that is started for it is deaf to signals from the start."""
        with _deaf():
            return super().submit(fn, *args, **kwargs)

    def kill(self) -> None:
        """End all processes now, whatever they do; nothing is waited for."""
        for process in list((self._processes or {}).values()):
            with suppress(OSError, ValueError, AttributeError):
                process.kill()
        self.shutdown(wait=False, cancel_futures=True)


@contextmanager
def workers(jobs: int, max_memory: int | None = None) -> Iterator[Workers | None]:
    """Give a pool of ``jobs`` processes; ``None`` for one job.

    They are ended at once when the block is left by an exception, an interrupt for example.

    Raises :class:`~diagrams.errors.BadInput` for a number that makes no sense.
    """
    most = max(64, 4 * (os.cpu_count() or 1))
    if not isinstance(jobs, int) or isinstance(jobs, bool) or not 1 <= jobs <= most:
        raise BadInput("jobs", jobs, f"an integer from 1 to {most}")
    if jobs == 1:
        yield None
        return
    pool = Workers(jobs, max_memory)
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        pool.kill()
        raise


@contextmanager
def _deaf() -> Iterator[None]:
    """Hold signals back, here for a moment and for good in processes that are started."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(max_memory: int | None) -> None:
    """What a worker does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    limit_data(max_memory, data_limit())
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """End this process when its parent ends."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
