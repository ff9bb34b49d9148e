"""The judge: a case ends in time, with a result or with one line that refuses it."""

from __future__ import annotations

import contextlib
import io
import signal
import warnings
from collections.abc import Callable
from types import FrameType

from diagrams.cli import main
from diagrams.errors import WickflowError

CODES = {0, 1, 2, 3, 4, 5, 6}
NOTE = "wickflow: note: "
"""A line that says what of a text may not have been meant; a refusal may follow it."""


class Hang(BaseException):
    """A case that takes longer than it may; no handler of errors catches it."""


class Fault(AssertionError):
    """A traceback, a refusal of several lines, an unknown exit code, a lie believed."""


def in_time(call: Callable[[], object], seconds: float) -> object:
    """What a call gives, stopped after so many seconds of processor time."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def attempt(call: Callable[[], object], case: object, seconds: float = 20.0) -> object:
    """The result, or ``None`` where it is refused in one line; raises :class:`Fault`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return in_time(call, seconds)
    except WickflowError as refusal:
        if len(str(refusal).splitlines()) > 1 or len(str(refusal)) > 2000:
            raise Fault(f"a refusal of several lines: {refusal}\n{case}") from refusal
        return None
    except Hang as hang:
        raise Fault(f"{hang}:\n{case}") from hang
    except Exception as error:
        raise Fault(f"{type(error).__name__}: {error}\n{case}") from error


def command(words: list[str], case: object = None, seconds: float = 20.0) -> tuple[int, str]:
    """Exit code and output of a command in this process; raises :class:`Fault`."""
    out, err = io.StringIO(), io.StringIO()

    def call() -> object:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            return main(words)

    case = words if case is None else (words, case)
    code = attempt(call, case, seconds)
    assert isinstance(code, int)
    lines = (line for line in err.getvalue().splitlines() if line.strip())
    said = [line for line in lines if not line.startswith(NOTE)]
    usage = bool(said) and said[0].startswith("usage:")
    if code not in CODES or (code >= 2 and not (len(said) == 1 or usage)):
        raise Fault(f"exit code {code}, said {said[:3]}\n{case}")
    return code, out.getvalue()
