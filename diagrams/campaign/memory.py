"""Memory: how much is in use, how much may be, and what happens beyond.

A bound is looked at fifty times a second (:mod:`diagrams.campaign.watch`); one allocation that is
too large for it, or a worker that nobody looks at, meets a limit of the system a little above.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from diagrams.errors import BadInput, WickflowError

OVER = 1.35
"""How far above a bound the system's own limit lies."""

RESERVED = 40 * 2**20
"""What numerical libraries reserve for every processor when they are loaded, mostly unused."""


class MemoryLimitReached(WickflowError):
    """The computation would need more memory than allowed (exit code 5)."""

    exit_code = 5


def exceeded(bound: int | None, advice: Callable[[], str], where: str = "") -> WickflowError | None:
    """The refusal that is due when more than ``bound`` bytes are in use; else ``None``."""
    if bound is None:
        return None
    used = resident_memory()
    return refusal(readable_bytes(used), bound, advice(), where) if used > bound else None


def refusal(used: str, bound: int, advice: str, where: str = "") -> MemoryLimitReached:
    """Say how much was in use where, what is allowed, and what to do."""
    return MemoryLimitReached(
        f"max-memory: {used} are in use{where}, allowed are {readable_bytes(bound)}; {advice}"
    )


@contextmanager
def last_line(bound: int | None) -> Iterator[Callable[[], None]]:
    """Let the system refuse what goes far above ``bound``: a :class:`MemoryLimitReached`.

    It limits private data (``RLIMIT_DATA``), counted from what is in use now or when the function
    that is given is called, and is lifted at the end.  Without a bound, or where the system has
    no such limit, nothing changes.
    """
    before = data_limit()
    limit_data(bound, before)
    try:
        yield lambda: limit_data(bound, before)
    except MemoryError:
        if bound is None:
            raise
        used = f"more than {readable_bytes(bound)}"
        error = refusal(used, bound, "run with a larger --max-memory, or ask for less")
    else:
        return
    finally:
        if before is not None:
            _set_data_limit(before)
    raise error


def limit_data(bound: int | None, before: tuple[int, int] | None) -> None:
    """Set the limit of :func:`last_line` for this process, not above the one ``before``."""
    used = psutil.Process().memory_info()
    if bound is None or before is None or not hasattr(used, "data"):
        return
    limit = used.data + max(0, int(OVER * bound) - used.rss) + RESERVED * (os.cpu_count() or 1)
    _set_data_limit((limit if before[0] < 0 else min(limit, before[0]), before[1]))


def data_limit() -> tuple[int, int] | None:
    """The limits of the system on private data, soft and hard (-1: none), where it has them."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrlimit(resource.RLIMIT_DATA)


def _set_data_limit(limits: tuple[int, int]) -> None:
    import resource

    with suppress(ValueError, OSError, OverflowError):
        resource.setrlimit(resource.RLIMIT_DATA, limits)


def resident_memory() -> int:
    """Bytes of memory in use by this process and its workers."""
    workers = [child.pid for child in multiprocessing.active_children()]
    total = 0
    for pid in (None, *workers):
        with suppress(psutil.NoSuchProcess):
            total += psutil.Process(pid).memory_info().rss
    return total


def default_bound() -> int:
    """What a command may use unless told otherwise: half of this machine."""
    return int(psutil.virtual_memory().total) // 2


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
