"""Interrupts of the command: one is enough, five do no harm, and none leaves a process.

The first Ctrl-C, or polite kill, is raised as :class:`Interrupt` wherever the main thread is; all
that follow are not heard.  Whatever has to be cleaned up has a few seconds for it; then, or when
the command has said its last word, this process and its workers end without ceremony.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

GRACE = 3.0
"""Seconds for cleaning up."""

_HEARD = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupt(KeyboardInterrupt):
    """Ctrl-C or a polite kill; the exit code is 130 or, after a kill, 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.exit_code = 128 + number


class Interrupts:
    """Signals as one command hears them; ``last_word`` is said when time has run out."""

    def __init__(self, last_word: Callable[[], object]) -> None:
        self.last_word = last_word
        self.code: int | None = None
        for number in _numbers():
            signal.signal(number, self._first)

    def _first(self, number: int, frame: FrameType | None) -> None:
        for other in _numbers():
            signal.signal(other, signal.SIG_IGN)
        self.code = 128 + number
        # a pool of processes may trip over tasks that were called off; nobody waits for it
        threading.excepthook = lambda _: None
        end = threading.Timer(GRACE, self._late)
        end.daemon = True
        with suppress(RuntimeError, MemoryError):  # no room for a thread any more
            end.start()
        raise Interrupt(number)

    def _late(self) -> None:
        self.last_word()
        self.leave()

    def over(self) -> None:
        """The command is done: leave at once if it was interrupted, else whenever one comes."""
        if self.code is not None:
            self.leave()
        for number in _numbers():
            signal.signal(number, lambda number, _: os._exit(128 + number))

    def leave(self) -> NoReturn:
        """End the workers and this process, without waiting for anything."""
        if "multiprocessing" in sys.modules:
            import multiprocessing

            for child in multiprocessing.active_children():
                child.kill()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):
                continue
        os._exit(1 if self.code is None else self.code)


def _numbers() -> list[signal.Signals]:
    """The signals that are heard: those that are not ignored from the start, as by nohup."""
    known = [getattr(signal, name) for name in _HEARD if hasattr(signal, name)]
    return [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
