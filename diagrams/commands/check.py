"""``wickflow check``: a prediction of others held against the exact coefficients."""

from __future__ import annotations

import argparse

from diagrams.commands import console
from diagrams.commands.arguments import (
    add_spec,
    add_terms,
    read_number,
    read_order,
    read_problem,
    read_values,
)
from diagrams.commands.latex_options import add_format, put_value, read_latex

DEFAULT_TERMS = 4


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--against",
        metavar="TABLE.csv",
        required=True,
        help="a table with the columns t and value, and error or any sizes; or what"
        " `wickflow simulate --format csv` wrote",
    )
    add_terms(command, DEFAULT_TERMS)
    command.add_argument(
        "--observable", metavar="NAME", help="what the table is the mean of, if not of the loss"
    )
    command.add_argument(
        "--regime",
        metavar="NAME",
        help="the face whose leading terms the table is held against (default: the exact"
        " coefficients and, where it differs, the leading terms that rule at its sizes)",
    )
    command.add_argument(
        "--at",
        metavar="p=64,H=512,sigma=1/10",
        help="sizes and scales that are no columns of the table (T: default 1)",
    )
    command.add_argument(
        "--accuracy",
        metavar="E",
        help="relative error of all values, such as the tolerance of a solver (default: half a"
        " unit of the last digit)",
    )
    add_format(command, "json")
    console.add_resource_options(command)


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.checking.checking import check
    from diagrams.checking.tables import read_table

    problem = read_problem(chosen)
    if chosen.observable is not None:
        problem = problem.with_observable(chosen.observable)
    terms = read_order(chosen.terms)
    symbols = read_latex(chosen)
    at = None if chosen.at is None else read_values("at", chosen.at)
    accuracy = None if chosen.accuracy is None else read_number("accuracy", chosen.accuracy)
    # a table that cannot be read is refused before anything is computed
    table = read_table(chosen.against, problem.symbols)
    with console.resources(chosen) as resources:
        found = check(
            problem, table, terms=terms, at=at, accuracy=accuracy, regime=chosen.regime, **resources
        )
    put_value(chosen, symbols, found)
    return found.outcome.exit_code
