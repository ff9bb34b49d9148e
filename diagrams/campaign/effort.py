"""Work counted in steps: a budget that is the same on every machine, however busy it is.

A *step* is a diagram merged, a row averaged, an entry of a linear program changed: the loops in
which the time goes say by :func:`spend` what they did.  Budgets are given in seconds all the same,
``RATE`` steps each, about what a processor of today does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from diagrams.campaign import watch

Result = TypeVar("Result")

RATE = 50_000
"""Steps in a second."""

TERM = 2
"""Steps of a term of a polynomial that is spelled out, or a point of a hull weighed."""

LAST = 6.0
"""Work that is counted too low, or done by other processes, is left after so many seconds of the
wall for each of work."""


class _Enough(BaseException):
    """Ends the work of :func:`within`; no handler in between may take it for its own."""


@dataclass
class _Spent(threading.local):
    """The steps of a thread, and those at which the work that is going on has to end."""

    steps: int = 0
    bounds: list[tuple[int, _Enough]] = field(default_factory=list)


_spent = _Spent()


def spend(steps: int) -> None:
    """Count steps; ends the work of the outermost :func:`within` that has no more of them."""
    _spent.steps += steps
    for bound, end in _spent.bounds:
        if _spent.steps > bound:
            raise end


def seconds() -> float:
    """The work of this thread so far, in seconds of ``RATE`` steps."""
    return _spent.steps / RATE


def within(limit: float, work: Callable[[], Result]) -> Result | None:
    """Return ``work()``, or ``None`` if it takes more steps; it is then left where it stands.

    >>> within(1, lambda: spend(10)), within(1, lambda: "done")
    (None, 'done')
    >>> within(1, lambda: [spend(1000) for _ in range(1000)])
    """
    own = (_spent.steps + int(limit * RATE), _Enough())
    _spent.bounds.append(own)
    try:
        return work()
    except _Enough as end:
        if end is not own[1]:
            raise
        end.__traceback__ = None  # or the memory of the work lived on
        return None
    finally:
        _spent.bounds.remove(own)


def _bounded(limit: float, work: Callable[[], Result]) -> Result | None:
    """The same, and as a last line ``LAST`` times as many seconds on the wall."""
    return watch.within(LAST * limit, lambda: within(limit, work))


class _Within(Protocol):
    def __call__(self, limit: float, work: Callable[[], Result], /) -> Result | None: ...


@dataclass(frozen=True)
class Clock:
    """What measures a budget: seconds so far, and a way to leave work that takes longer."""

    now: Callable[[], float]
    within: _Within


WALL = Clock(time.monotonic, watch.within)
"""Seconds that pass for a person."""
WORK = Clock(seconds, _bounded)
"""Work of this thread, the same wherever and whenever it is done, but for the last line."""
