"""Writing to the terminal: results to standard output, complaints and progress beside them."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO

from diagrams.errors import BadInput

if TYPE_CHECKING:
    import argparse

_DIGITS = re.compile("[0-9]+")
_REPEATED = 1.0
"""Seconds between two lines of ``--verbose`` that differ in numbers alone."""


class _Steps:
    """Where steps are told: on one line of a terminal, nowhere, or each on a line of its own."""

    def __init__(self, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet, self.verbose = quiet, verbose
        self.began = self.told = time.monotonic()
        self.kind = ""

    def line(self, step: str) -> None:
        """Tell a step of ``--verbose``, with the seconds since the command began."""
        now, kind = time.monotonic(), _DIGITS.sub("", step)
        if step and (kind != self.kind or now - self.told >= _REPEATED):
            self.told, self.kind = now, kind
            tell(f"{now - self.began:7.1f} s  {step}")


_STEPS: ContextVar[_Steps] = ContextVar("steps")


def add_loudness(command: argparse.ArgumentParser) -> None:
    """Add ``--quiet`` and ``--verbose``, the same for all commands."""
    how = command.add_mutually_exclusive_group()
    how.add_argument("--quiet", action="store_true", help="no progress and no notes, errors alone")
    how.add_argument(
        "--verbose", action="store_true", help="every step on a line, with the seconds it began at"
    )


@contextmanager
def telling(chosen: argparse.Namespace) -> Iterator[None]:
    """Within: tell steps and notes as ``--quiet`` and ``--verbose`` ask."""
    token = _STEPS.set(_Steps(chosen.quiet, chosen.verbose))
    try:
        yield
    finally:
        _STEPS.reset(token)


def put(text: str) -> None:
    """Write to standard output, in UTF-8 whatever the locale; a line end is added if missing.

    Raises ``BadInput`` where it cannot be written; a result is not to be lost in silence.
    """
    if sys.stdout is None:
        if text:
            raise BadInput("standard output", "closed", "one that can be written")
        return
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise BadInput("standard output", error.strerror, "one that can be written") from None


def drop_output() -> None:
    """Send what is still to be written nowhere, so that Python's own last flush is quiet."""
    _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def on_terminal() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def shows_progress() -> bool:
    """Whether steps are told: on a terminal or by ``--verbose``, and not with ``--quiet``."""
    steps = _STEPS.get(None)
    return on_terminal() if steps is None else steps.verbose or (on_terminal() and not steps.quiet)


def tell(text: str, end: str = "\n") -> None:
    """Write to standard error; where that is closed or full, it is not what matters."""
    if sys.stderr is not None:
        try:
            print(text, end=end, file=sys.stderr, flush=True)
        except (OSError, ValueError):
            _drop(sys.stderr)


def complain(message: str) -> None:
    """Write one line to standard error, over a progress line if there is one."""
    clear = "\r\033[K" if on_terminal() else ""
    tell(f"{clear}wickflow: {' '.join(message.splitlines())}")


def note(message: str) -> None:
    """Say what the user may not have meant, unless they asked for ``--quiet``."""
    steps = _STEPS.get(None)
    if steps is None or not steps.quiet:
        complain(f"note: {message}")


def progress(step: str, after: str = " ..") -> None:
    """Show what is being done, where steps are told; an empty text wipes the line.

    With ``--verbose`` each step is a line of its own, and none is wiped.
    """
    steps = _STEPS.get(None)
    if steps is not None and steps.verbose:
        steps.line(step)
    elif shows_progress():
        tell(f"\r\033[K{step}{after if step else ''}", end="")


def screen_width() -> int | None:
    """The width of the terminal that standard output goes to, if it goes to one."""
    on_screen = sys.stdout is not None and sys.stdout.isatty()
    return max(40, shutil.get_terminal_size().columns) if on_screen else None
