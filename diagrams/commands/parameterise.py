"""``wickflow parameterise``: the exponents that keep observables of order one."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import add_spec, read_number, read_order, read_problem, read_values
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.errors import BadInput


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--observable",
        metavar="NAME",
        action="append",
        required=True,
        help="an observable whose mean is to be of order one; may be given several times",
    )
    command.add_argument(
        "--regime",
        metavar="N=1,M=1",
        required=True,
        help="how sizes grow, as exponents of one large parameter; the others stay as they are",
    )
    command.add_argument(
        "--unknown",
        metavar="SYMBOLS",
        required=True,
        help="the symbols whose exponents are asked for, with commas",
    )
    command.add_argument(
        "--order",
        metavar="'NAME = E'",
        action="append",
        default=[],
        help="the exponent demanded of an observable, where it is not 0",
    )
    command.add_argument(
        "--derivative",
        metavar="S",
        default="0",
        help="the number of time derivatives taken of the observables (default 0)",
    )
    add_format(command, "json")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.scaling.regimes.parameterisation import parameterise

    symbols = read_latex(chosen)
    regime = read_values("regime", chosen.regime)
    orders = {}
    for text in chosen.order:
        name, equals, exponent = text.rpartition("=")
        if not equals:
            raise BadInput("order", text, "an observable and its exponent, such as kernel = -1")
        orders[name.strip()] = read_number(f"order, {name.strip()}", exponent.strip())
    found = parameterise(
        read_problem(chosen),
        chosen.observable,
        regime=regime,
        unknown=[name.strip() for name in chosen.unknown.split(",")],
        orders=orders,
        derivative=read_order(chosen.derivative),
    )
    put_value(chosen, symbols, found)
    return 0
