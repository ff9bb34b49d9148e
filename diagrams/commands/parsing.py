"""The words of the command line: which commands there are, their options, and errors in them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from diagrams.commands.output import add_loudness, tell
from diagrams.errors import meant

EPILOG = """\
A SPEC is a preset such as cp:order=4,ties=sym,target=identity,scale=c,decay=1/10
(ties: sym, asym, or a sum such as 2+1; target: identity, zero or modular), or the path of a
TOML problem file."""
COMMANDS = {
    "expand": "exact coefficients Y_0..Y_S of E[L(t)]",
    "diagrams": "the diagrams of every order, with symmetry factors",
    "fronts": "the terms that can lead at large size, and their convex hulls",
    "regimes": "which dynamics rule in which scaling, and where they change",
    "parameterise": "exponents that keep observables of order one",
    "solve": "the loss curve of a regime as a formula, and its values",
    "close": "closed equations of order parameters, and their values",
    "mean-field": "two-time equations of a limit of large sizes, certified by coefficients",
    "check": "a prediction held against the exact coefficients",
    "simulate": "direct integration of the flow from random weights",
    "compare": "series, solution and simulation of a regime, side by side",
    "report": "a folder with formulas, pictures and data",
    "show": "what a problem means: its loss as a formula",
    "latex-macros": "the preamble of a paper that takes our formulas",
    "schema": "the JSON Schema of an output",
    "cache": "what is kept of earlier computations",
    "completion": "completion of commands and options in your shell",
    "cite": "how to cite wickflow and the theory behind it",
}
"""What each command is for; its module in this package has its name."""


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
            allowed = usage(self)
        tell(" ".join(f"{self.prog}: {message}; allowed: {allowed}".split()))
        raise SystemExit(2)


def usage(command: argparse.ArgumentParser) -> str:
    """How a command is used, on one line."""
    return " ".join(command.format_usage().split()).removeprefix("usage: ")


def option_meant(word: str, written: str) -> str:
    """Return what option of a usage a word may stand for, as words for a message."""
    return meant(word.partition("=")[0], _OPTION.findall(written))


def joined(words: Sequence[str]) -> list[str]:
    """Return the words with negative numbers tied to their options, as argparse needs them.

    >>> joined(["simulate", "--until", "-1/100"])
    ['simulate', '--until=-1/100']
    """
    found: list[str] = []
    for word in words:
        if found and _OPTION.fullmatch(found[-1]) and _NEGATIVE.match(word):
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


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
    top.set_defaults(usage=lambda: usage(top))
    commands = top.add_subparsers(dest="name", metavar="COMMAND")
    for name, text in COMMANDS.items():
        module = import_module(f"diagrams.commands.{name.replace('-', '_')}")
        command = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.set_defaults(run=module.run, usage=lambda command=command: usage(command))
        module.add(command)
        add_loudness(command)
    return top
