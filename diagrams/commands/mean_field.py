"""``wickflow mean-field``: two-time equations of a limit of large sizes."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import (
    add_spec,
    read_assignments,
    read_count,
    read_number,
    read_order,
    read_problem,
    read_values,
)
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.commands.output import put
from diagrams.errors import BadInput, Missing

TERMS, POINTS = 3, 11


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--scaling",
        metavar="d=1,n=delta*d",
        help="all sizes, as exponents or as monomials of a large one",
    )
    command.add_argument(
        "--regime",
        metavar="NAME",
        help="instead of a scaling: what leads there, sizes as they are",
    )
    command.add_argument("--observable", metavar="NAME", help="this observable instead of the loss")
    command.add_argument(
        "--terms", metavar="S", help=f"highest order of the coefficients (default {TERMS})"
    )
    command.add_argument(
        "--certify",
        metavar="K",
        help=f"highest order that is held against exact coefficients (default {TERMS})",
    )
    command.add_argument(
        "--at", metavar="delta=1/2,alpha=1", help="proportions and scales in numbers; needs --until"
    )
    command.add_argument("--until", metavar="t", help="integrate up to this time")
    command.add_argument(
        "--points", metavar="N", help=f"times at which values are given (default {POINTS})"
    )
    command.add_argument(
        "--plot", metavar="FILE", help="draw the curve, as .svg, .pdf or .png; needs --until"
    )
    add_format(command, "json")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.export.pictures.plots import check_plot, write_axes
    from diagrams.mean_fields.mean_field import mean_field

    if (chosen.scaling is None) == (chosen.regime is None):
        if chosen.regime is not None:
            raise BadInput("regime", chosen.regime, "--scaling or --regime, not both")
        allowed = "--scaling with all sizes, such as d=1,n=delta*d, or --regime"
        raise Missing("scaling", "missing", allowed)
    if chosen.at is not None and chosen.until is None:
        raise Missing("until", "missing", "--at and --until together")
    for name in ("points", "plot"):
        if getattr(chosen, name) is not None and chosen.until is None:
            raise BadInput(name, getattr(chosen, name), f"--{name} together with --until")
    plot = None if chosen.plot is None else check_plot(chosen.plot)
    symbols = read_latex(chosen)
    scaling = {} if chosen.scaling is None else read_assignments("scaling", chosen.scaling)
    terms = TERMS if chosen.terms is None else read_order(chosen.terms)
    orders = TERMS if chosen.certify is None else read_order(chosen.certify)
    values = read_values("at", chosen.at)
    until = None if chosen.until is None else read_number("until", chosen.until)
    points = POINTS if chosen.points is None else read_count("points", chosen.points, 2, 1000)
    if until is not None and until <= 0:
        raise BadInput("until", chosen.until, "a time above 0")
    problem = read_problem(chosen)
    if chosen.observable is not None:
        problem = problem.with_observable(chosen.observable)
    if chosen.regime is not None:
        from diagrams.dynamics.roads.two_times.two_times import mean_field_on

        given = None if chosen.certify is None else orders
        found = mean_field_on(problem, chosen.regime, terms, given)
    else:
        found = mean_field(problem, scaling)
    if until is not None:
        found.check_numbers(values)  # before anything that takes long
    if chosen.regime is None:
        found = found.expanded(terms).certified(orders)
    if until is not None:
        times = [float(until * j / (points - 1)) for j in range(points)]
        curve = found.integrate(times, **values)
        found = found.with_curve(curve)
        if plot is not None:
            write_axes(plot, problem.title, lambda ax: curve.plot(ax=ax))
    if chosen.format == "json":
        put(found.to_json(chosen.command))
    else:
        put_value(chosen, symbols, found)
    return 0
