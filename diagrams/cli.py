"""The ``wickflow`` command: parse, call, print.

Exit codes: 0 done; 1 a theory that is wrong (``check``); 2 bad input, one line that says what is
allowed; 3 outside the domain of a solution; 4 not solved; 5 memory limit reached; 6 a theory that
cannot be judged (``check``); 130 interrupted, 143 asked to end.

Little is imported before signals are heard, so that an interrupt at any moment ends in a line.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as in typing, which takes long to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from diagrams.errors import WickflowError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code.

    Without ``arguments`` this is the command of a process, which hears signals and may end there.
    """
    import threading

    if arguments is not None or threading.current_thread() is not threading.main_thread():
        return _guarded(list(sys.argv[1:] if arguments is None else arguments))
    from diagrams.commands.interrupts import Interrupts

    _open_streams()
    said: list[bool] = []
    interrupts = Interrupts(lambda: None if said else _say_interrupted())
    code = _guarded(sys.argv[1:])
    said.append(True)
    interrupts.over()
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    from diagrams.commands import parsing

    return parsing.parser()


def _guarded(words: Sequence[str]) -> int:
    """Run the command; whatever stops it becomes a line and an exit code."""
    try:
        from diagrams.commands.output import complain, drop_output
        from diagrams.errors import WickflowError

        try:
            return _run(words)
        except SystemExit as leave:
            return int(leave.code or 0)
        except BrokenPipeError:
            drop_output()
            return 0
        except WickflowError as error:
            complain(str(error))
            return error.exit_code
        except OSError as error:
            from diagrams.errors import shown

            complain(f"{shown(str(error.filename or 'system'))}: {error.strerror or error}")
            return 1
        except MemoryError:
            complain("memory: this machine has no more; go on with a smaller problem or order")
            return 5
    except KeyboardInterrupt as stop:
        _say_interrupted(*stop.args)
        return getattr(stop, "exit_code", 130)


def _say_interrupted(what_next: str = "run the same command again") -> None:
    from diagrams.commands.output import complain

    complain(f"interrupted; {what_next}")


def _run(words: Sequence[str]) -> int:
    from diagrams.commands.output import complain, put
    from diagrams.commands.parsing import joined, option_meant
    from diagrams.errors import shown

    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    try:
        chosen, left = parser().parse_known_args(joined(words))
    finally:
        put("")
    if left:
        usage = chosen.usage()
        hint = option_meant(left[0], usage)
        complain(f"unknown argument: {shown(left[0])} is not allowed{hint}; allowed: {usage}")
        return 2
    if chosen.version:
        from diagrams.provenance import version

        put(f"wickflow {version()}")
        return 0
    if chosen.name is None:
        put(parser().format_help())
        return 0
    import shlex

    written = shlex.join(["wickflow", *words])
    chosen.command = written.encode("utf-8", "backslashreplace").decode()
    return _carried_out(chosen)


def _carried_out(chosen: argparse.Namespace) -> int:
    """Call the command, and say after an interrupt if there is nothing that it could go on from."""
    from diagrams.commands.console import STARTS_OVER
    from diagrams.commands.output import telling

    try:
        with telling(chosen):
            return _bounded(chosen)
    except KeyboardInterrupt as stop:
        if getattr(chosen, "no_cache", True):
            stop.args = (STARTS_OVER,)
        raise


def _bounded(chosen: argparse.Namespace) -> int:
    """Call the command, within its bound on memory if it has one."""
    if not hasattr(chosen, "max_memory"):
        return int(chosen.run(chosen))
    from diagrams.campaign.memory import exceeded, last_line
    from diagrams.campaign.watch import look, watched
    from diagrams.commands.console import memory_bound

    bound = memory_bound(chosen)
    with last_line(bound) as renew:

        def found() -> WickflowError | None:
            renew()
            return exceeded(bound, lambda: "run with a larger --max-memory, or ask for less")

        def work() -> int:
            look()  # quick work may end before the first tick
            return int(chosen.run(chosen))

        return watched(work, found)


def _open_streams() -> None:
    """Give closed standard streams a place that no other file can take.

    Complaints to a closed one are lost; results are not, see
    :func:`~diagrams.commands.output.put`.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            if name != "stdout":
                setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
