"""``wickflow show``: what a problem means."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import add_spec
from diagrams.commands.output import put


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument("--format", choices=("text", "latex", "svg"), default="text")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    if chosen.format == "latex":
        put(f"L = {problem.observable.to_latex()}")
    elif chosen.format == "svg":
        from diagrams.export.documents import legend_of
        from diagrams.export.svg import diagrams_sheet_svg

        drawn = [(d, str(c)) for d, c in problem.observable]
        put(diagrams_sheet_svg(drawn, legend_of(problem), title=problem.title))
    else:
        put(str(problem))
    return 0
