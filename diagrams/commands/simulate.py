"""``wickflow simulate``: gradient flow, or steps of gradient descent, from random weights."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import add_spec, read_problem, read_values
from diagrams.commands.flow_options import (
    add_flow_options,
    flow_options,
    flow_values,
)
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.commands.output import progress


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--at",
        metavar="p=64,H=128,sigma=1/10,T=1",
        help="sizes and symbols of the problem (for CP the standard deviation of the initial"
        " weights), and the inverse learning rate T (default 1)",
    )
    add_flow_options(command, steps=True)
    command.add_argument(
        "--observable",
        metavar="NAME",
        action="append",
        default=[],
        help="also report an observable, a name of the problem file or a text; may be repeated",
    )
    add_format(command, "json", "csv")
    command.add_argument("--plot", metavar="FILE", help="draw the curves, as .svg, .pdf or .png")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.export.pictures.plots import check_plot, write_picture
    from diagrams.flow import simulate

    problem = read_problem(chosen)
    symbols = read_latex(chosen)
    values = flow_values(read_values("at", chosen.at))
    plot = None if chosen.plot is None else check_plot(chosen.plot)
    options = flow_options(chosen)
    try:
        found = simulate(
            problem,
            **values,
            observables=chosen.observable,
            **options,
            progress=lambda state: progress(str(state)),
        )
    finally:
        progress("")
    if plot is not None:
        write_picture(plot, found)
    put_value(chosen, symbols, found)
    return 0
