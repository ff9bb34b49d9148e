"""Limits that hold in the middle of any work, not only between its pieces.

A timer of the system looks fifty times a second, wherever the main thread is, and raises there
when a limit is passed: in any loop, without a line of code in it.  It waits while a module is
imported, and a moment while a lock or a context is being entered or left.  Where there is no such
timer (in other threads, on systems without SIGALRM, under a program that uses it itself), limits
are looked at when :func:`look` is called, between pieces.  What is raised inside a callback of the
garbage collector or in a ``__del__`` never leaves it: Python reports it and goes on.  Such an error
is raised again at the next look, and not reported.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")
Find = Callable[[], BaseException | None]
Report = Callable[["sys.UnraisableHookArgs"], object]

TICK = 0.02
"""Seconds between two looks."""

QUIET = 0.5
"""Seconds of peace for cleaning up after a limit was raised, before it is raised again."""

PATIENCE = 1.0
"""Seconds after which delicate places are no excuse any more."""

_DELICATE = ("threading", "contextlib", "queue", "concurrent.", "multiprocessing.")
"""Modules that must not be left half-way."""


@dataclass(eq=False)
class _Watch:
    """What is asked, when it may raise next, since when it waits to, and what it raised last."""

    find: Find
    thread: int = field(default_factory=threading.get_ident)
    quiet: float = 0.0
    due: float | None = None
    raised: BaseException | None = None


_watches: list[_Watch] = []


def watched(work: Callable[[], Result], find: Find) -> Result:
    """Return ``work()``; as soon as ``find()`` gives an error, that is raised in its middle.

    >>> watched(lambda: sum(range(5)), lambda: None)
    10
    """
    watch = _Watch(find)
    _watches.append(watch)
    stop = _start()
    try:
        return work()
    finally:
        _watches.remove(watch)
        if stop is not None:
            stop()


class _TimeIsUp(BaseException):
    """Ends the work of :func:`within`; no handler in between may take it for its own."""


def within(seconds: float, work: Callable[[], Result]) -> Result | None:
    """Return ``work()``, or ``None`` if it takes longer; it is then left where it stands.

    >>> within(60, lambda: "done")
    'done'
    """
    until = time.monotonic() + seconds
    stop = _TimeIsUp()
    try:
        return watched(work, lambda: stop if time.monotonic() > until else None)
    except _TimeIsUp as error:
        if error is not stop:
            raise
        stop.__traceback__ = None  # or the memory of the work lived on
        return None


def look() -> None:
    """Raise what an open watch finds; the innermost is asked first."""
    _look(None)


def _look(frame: FrameType | None) -> None:
    now = time.monotonic()
    here = threading.get_ident()
    for watch in [watch for watch in reversed(_watches) if watch.thread == here]:
        error = None if now < watch.quiet else watch.find()
        if error is None:
            watch.due = None
            continue
        watch.due = now if watch.due is None else watch.due
        if _may_leave(frame, now - watch.due):
            watch.quiet, watch.due, watch.raised = now + QUIET, None, error
            raise error


def _may_leave(frame: FrameType | None, waited: float) -> bool:
    """Whether an error may be raised at a place: not inside an import, nor inside a lock."""
    inner = "" if frame is None else str(frame.f_globals.get("__name__"))
    if waited < PATIENCE and inner.startswith(_DELICATE):
        return False
    while frame is not None and frame.f_code is not watched.__code__:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return False
        frame = frame.f_back
    return True


def _start() -> Callable[[], None] | None:
    """Start the timer, where that is possible and nobody did before; return how it is stopped."""
    if threading.current_thread() is not threading.main_thread():
        return None
    if not hasattr(signal, "setitimer") or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        return None
    report = sys.unraisablehook
    sys.unraisablehook = lambda lost: None if _again(lost.exc_value) else report(lost)
    signal.signal(signal.SIGALRM, lambda _, frame: _look(frame))
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    return lambda: _stop(report)


def _again(error: BaseException | None) -> bool:
    """Whether an error that could not leave its place is of a watch, which then raises anew."""
    lost = [watch for watch in _watches if error is not None and watch.raised is error]
    for watch in lost:
        watch.quiet = 0.0
    return bool(lost)


def _stop(report: Report) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.unraisablehook = report
