"""Writing to the terminal: results to standard output, complaints and progress beside them."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from typing import TextIO

from diagrams.errors import BadInput


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
    """Whether standard error is a terminal, on which progress can be shown."""
    return sys.stderr is not None and sys.stderr.isatty()


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


def progress(step: str) -> None:
    """Show what is being done, on a terminal only; an empty text wipes the line."""
    if on_terminal():
        tell(f"\r\033[K{step}{' ..' if step else ''}", end="")


def screen_width() -> int | None:
    """The width of the terminal that standard output goes to, if it goes to one."""
    on_screen = sys.stdout is not None and sys.stdout.isatty()
    return max(40, shutil.get_terminal_size().columns) if on_screen else None
