"""``wickflow show``: what a problem means."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import add_spec, read_problem
from diagrams.commands.latex_options import DOCUMENTS, add_format, put_value, read_latex
from diagrams.commands.output import put


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    add_format(command, "svg")
    command.add_argument("--observable", metavar="NAME", help="this observable instead of the loss")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""

    problem = read_problem(chosen)
    symbols = read_latex(chosen)
    others = problem.named_observables
    if chosen.observable is not None:
        problem, others = problem.with_observable(chosen.observable), ()
    if chosen.format in DOCUMENTS:
        put_value(chosen, symbols, problem)
    elif chosen.format == "svg":
        from diagrams.export.content.statement import legend_of
        from diagrams.export.pictures.diagram_svg import diagrams_sheet_svg

        drawn = [(d, str(c)) for d, c in problem.observable]
        put(diagrams_sheet_svg(drawn, legend_of(problem), title=problem.title))
    else:
        put(str(problem))
        for quantity in others:
            put(f"observable {quantity.head} = {quantity.text} =")
            for line in problem.vocabulary.diagrams(quantity).lines:
                put(f"  {line}")
    return 0
