"""The ``wickflow`` command: parse, call, print.

Exit codes: 0 done; 2 bad input, one line that says what is allowed; 3 outside the domain of a
solution; 4 not solved; 5 memory limit reached; 130 interrupted.
"""

from __future__ import annotations

import argparse
import re
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from diagrams.commands import (
    cache,
    check,
    cite,
    close,
    compare,
    diagrams,
    expand,
    fronts,
    latex_macros,
    parameterise,
    regimes,
    report,
    schema,
    show,
    simulate,
    solve,
)
from diagrams.commands.output import complain, drop_output, put
from diagrams.errors import WickflowError, meant, shown

EPILOG = """\
A SPEC is a preset such as cp:order=4,ties=sym,target=identity,scale=c,decay=1/10
(ties: sym, asym, or a sum such as 2+1; target: identity, zero or modular), or the path of a
TOML problem file."""
COMMANDS = {
    "expand": (expand, "exact coefficients Y_0..Y_S of E[L(t)]"),
    "diagrams": (diagrams, "the diagrams of every order, with symmetry factors"),
    "fronts": (fronts, "the terms that can lead at large size, and their convex hulls"),
    "regimes": (regimes, "which dynamics rule in which scaling, and where they change"),
    "parameterise": (parameterise, "exponents that keep observables of order one"),
    "solve": (solve, "the loss curve of a regime as a formula, and its values"),
    "close": (close, "closed equations of order parameters, and their values"),
    "check": (check, "a prediction held against the exact coefficients"),
    "simulate": (simulate, "direct integration of the flow from random weights"),
    "compare": (compare, "series, solution and simulation of a regime, side by side"),
    "report": (report, "a folder with formulas, pictures and data"),
    "show": (show, "what a problem means: its loss as a formula"),
    "latex-macros": (latex_macros, "the preamble of a paper that takes our formulas"),
    "schema": (schema, "the JSON Schema of an output"),
    "cache": (cache, "what is kept of earlier computations"),
    "cite": (cite, "how to cite wickflow and the theory behind it"),
}


_WRONG_CHOICE = re.compile(r"argument COMMAND: invalid choice: '([^']{1,40})'")
_OPTION = re.compile(r"--[a-z-]+")
_NEGATIVE = re.compile(r"-\.?[0-9]")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and exit code 2, instead of the whole usage."""
        wrong = _WRONG_CHOICE.match(message)
        if wrong:
            message = f"{wrong[1]!r} is no command{meant(wrong[1], COMMANDS)}"
            allowed = ", ".join(COMMANDS)
        else:
            allowed = _usage(self)
        line = " ".join(f"{self.prog}: {message}; allowed: {allowed}".split())
        print(line, file=sys.stderr)
        raise SystemExit(2)


def _usage(command: argparse.ArgumentParser) -> str:
    return " ".join(command.format_usage().split()).removeprefix("usage: ")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog="wickflow",
        description="Exact diagram expansions of gradient flow: series, formulas, pictures.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="print the version and leave")
    top.set_defaults(usage=lambda: _usage(top))
    commands = top.add_subparsers(dest="name", metavar="COMMAND")
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.set_defaults(run=module.run, usage=lambda command=command: _usage(command))
        module.add(command)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with _ending_in_order():
            return _run(words)
    except SystemExit as leave:
        return int(leave.code or 0)
    except KeyboardInterrupt:
        complain("interrupted; run the same command again to go on")
        return 130
    except BrokenPipeError:
        drop_output()
        return 0
    except WickflowError as error:
        complain(str(error))
        return error.exit_code


def _run(words: Sequence[str]) -> int:
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    try:
        chosen, left = parser().parse_known_args(_joined(words))
    finally:
        put("")
    if left:
        usage = chosen.usage()
        hint = meant(left[0].partition("=")[0], _OPTION.findall(usage))
        complain(f"unknown argument: {shown(left[0])} is not allowed{hint}; allowed: {usage}")
        return 2
    if chosen.version:
        from diagrams.provenance import version

        put(f"wickflow {version()}")
        return 0
    if chosen.name is None:
        put(parser().format_help())
        return 0
    written = shlex.join(["wickflow", *words])
    chosen.command = written.encode("utf-8", "backslashreplace").decode()
    code: int = chosen.run(chosen)
    return code


def _joined(words: Sequence[str]) -> list[str]:
    """The words with negative numbers tied to their options, which argparse takes for options.

    >>> _joined(["simulate", "--until", "-1/100"])
    ['simulate', '--until=-1/100']
    """
    found: list[str] = []
    for word in words:
        if found and _OPTION.fullmatch(found[-1]) and _NEGATIVE.match(word):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let a polite kill (SIGTERM) clean up like an interrupt does; exit code 143."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
