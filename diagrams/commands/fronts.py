"""``wickflow fronts``: the terms that can lead, and their convex hulls."""

from __future__ import annotations

import argparse

from diagrams.commands import console
from diagrams.commands.arguments import add_spec, add_terms, read_order, read_problem
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.commands.output import progress


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    add_terms(command, 3)
    add_format(command, "json")
    command.add_argument(
        "--leading",
        action="store_true",
        help="compute leading terms alone, which goes further (models of trained matrices"
        " between two index families, such as CP models); in one process, not kept",
    )
    command.add_argument(
        "--plot", metavar="FILE", help="draw the polygon of order S, as .svg, .pdf or .png"
    )
    console.add_resource_options(command)


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.export.pictures.plots import check_plot, write_picture
    from diagrams.scaling.fronts.front import Coefficients, fronts

    problem = read_problem(chosen)
    terms = read_order(chosen.terms)
    symbols = read_latex(chosen)
    plot = None if chosen.plot is None else check_plot(chosen.plot)
    source: Coefficients
    with console.resources(chosen) as resources:
        if chosen.leading:
            from diagrams.scaling.leading import leading_derivatives

            progress(f"leading terms of orders 0 to {terms}")
            source = leading_derivatives(problem, terms)
            progress("")
        else:
            from diagrams.series.expansion import expand

            source = expand(problem, terms, **resources)
    found = fronts(source)
    if plot is not None:
        write_picture(plot, found)
    put_value(chosen, symbols, found)
    return 0
