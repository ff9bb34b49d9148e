"""``wickflow latex-macros``: the preamble of a paper that takes formulas of ours."""

from __future__ import annotations

import argparse

from diagrams.commands.latex_options import add_symbols, read_symbols
from diagrams.commands.output import put


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument(
        "spec",
        metavar="SPEC",
        nargs="?",
        help="a preset or a problem file (default: the symbols of CP models)",
    )
    add_symbols(command, "in place of ours")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.export.fragments import preamble
    from diagrams.export.macros import COMMON, NAMED, STANDARD, keys_of

    symbols = read_symbols(chosen.symbols)
    names: tuple[str, ...] = COMMON
    if chosen.spec is not None:
        from diagrams.problems.spec import load_problem
        from diagrams.typesetting import problem_names

        names = tuple(keys_of(problem_names(load_problem(chosen.spec))))
    put(preamble([*names, *STANDARD, *NAMED], symbols))
    return 0
