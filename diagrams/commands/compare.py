"""``wickflow compare``: series, solution and simulation of a regime, side by side."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import (
    add_spec,
    read_count,
    read_order,
    read_problem,
    read_values,
)
from diagrams.commands.flow_options import (
    add_flow_options,
    flow_options,
    flow_values,
)
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.commands.output import progress
from diagrams.errors import NotSolved, OutsideDomain


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--regime", metavar="NAME", default="full", help="a regime such as A-B (default: full)"
    )
    command.add_argument(
        "--scaling",
        metavar="d=1,n=delta*d",
        dest="regime",
        help="instead of a regime: all sizes, as exponents or as monomials of a large one",
    )
    command.add_argument(
        "--at",
        metavar="p=64,H=512,sigma=1/10,T=1",
        help="sizes, the standard deviation of the initial weights, the inverse learning rate"
        " T (default 1), and symbols of the problem",
    )
    add_flow_options(command)
    command.add_argument(
        "--terms",
        metavar="S",
        help="highest order of the exact series (default: as many as take little time)",
    )
    command.add_argument(
        "--sizes",
        metavar="16,32,64",
        help="values of the first size that is not the width, at which the simulation is repeated"
        " along a scaling of the regime, or none (default: five up to twice its value in the"
        " regime)",
    )
    add_format(command, "json", "csv")
    command.add_argument("--plot", metavar="FILE", help="draw everything, as .svg, .pdf or .png")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.agreement import compare
    from diagrams.export.pictures.plots import check_plot, write_picture

    problem = read_problem(chosen)
    values = flow_values(read_values("at", chosen.at))
    symbols = read_latex(chosen)
    plot = None if chosen.plot is None else check_plot(chosen.plot)
    terms = None if chosen.terms is None else read_order(chosen.terms)
    options = flow_options(chosen)
    sizes = _sizes(chosen.sizes)
    try:
        found = compare(
            problem,
            chosen.regime,
            **values,
            **options,
            terms=terms,
            sizes=sizes,
            progress=progress,
        )
    finally:
        progress("")
    if plot is not None:
        write_picture(plot, found)
    put_value(chosen, symbols, found)
    if found.theory is None:
        raise NotSolved(found.unsolved)
    if found.theory.empty:
        raise OutsideDomain(found.theory.refusal, "t", "0")
    return 0


def _sizes(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    if text == "none":
        return ()
    return tuple(read_count("sizes", piece.strip(), other="none") for piece in text.split(","))
