"""``wickflow completion``: a script that completes commands, options and choices in a shell."""

from __future__ import annotations

import argparse

from diagrams.commands.output import put

SHELLS = ("bash", "zsh", "tcsh")


def add(command: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    command.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    import shtab

    from diagrams.commands.parsing import parser

    put(shtab.complete(parser(), chosen.shell))
    return 0
