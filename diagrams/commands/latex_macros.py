"""``wickflow latex-macros``: the preamble of a paper that takes formulas of ours."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import read_problem
from diagrams.commands.latex_options import add_symbols, read_symbols
from diagrams.commands.output import put
from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import check_symbol


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument(
        "spec",
        metavar="SPEC",
        nargs="?",
        help="a preset, a problem file, or a .tex file with fragments: the macros that it uses"
        " (default: the symbols of CP models)",
    )
    add_symbols(command, "in place of ours")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.export.latex.fragments import preamble
    from diagrams.export.latex.macros import COMMON, NAMED, STANDARD, keys_of

    symbols = read_symbols(chosen.symbols)
    names: tuple[str, ...] = COMMON
    if chosen.spec is not None and chosen.spec.endswith(".tex"):
        names = _used(chosen.spec)
    elif chosen.spec is not None:
        from diagrams.problems.problem import problem_names

        names = tuple(keys_of(problem_names(read_problem(chosen))))
    # a formula may have symbols of its own, order parameters for instance
    put(preamble([*names, *STANDARD, *NAMED, *map(check_symbol, symbols)], symbols))
    return 0


def _used(path: str) -> tuple[str, ...]:
    """The symbols whose macros a file uses."""
    from diagrams.export.latex.macros import used_names

    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return used_names(file.read())
    except OSError as failure:
        allowed = f"a file that can be read ({failure.strerror})"
        raise BadInput("spec", path, allowed) from failure
