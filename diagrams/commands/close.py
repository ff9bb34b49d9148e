"""``wickflow close``: closed equations of order parameters."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from diagrams.commands.arguments import (
    add_spec,
    read_count,
    read_number,
    read_problem,
    read_values,
)
from diagrams.commands.flow_options import add_batch, add_friction, batch_options
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.commands.output import put
from diagrams.errors import BadInput, Missing

if TYPE_CHECKING:
    from diagrams.order_parameters.closed_system import ClosedSystem

POINTS = 11
FEWEST = 21
"""Times from which on points of rest can be told from a coarse curve."""


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--eliminate",
        metavar="FAMILIES",
        help="index families to cut at, with commas (default: those that the loss is averaged"
        " over, else the largest set that closes)",
    )
    command.add_argument(
        "--step",
        metavar="NAME",
        help="one-pass SGD with this learning rate instead of gradient flow",
    )
    add_batch(command)
    add_friction(command)
    command.add_argument(
        "--scaling",
        metavar="N=1,eta=-1",
        help="only the terms that lead where symbols grow with these exponents, order parameters"
        " held",
    )
    command.add_argument(
        "--ansatz",
        metavar="'Q[k,l] = q delta[k,l]'",
        action="append",
        default=[],
        help="an order parameter as a sum of deltas, for each of them: equations of numbers",
    )
    command.add_argument("--observable", metavar="NAME", help="this observable instead of the loss")
    add_format(command, "json")
    command.add_argument(
        "--at", metavar="N=100,p=4", help="sizes and scales to integrate at; needs --until"
    )
    command.add_argument("--until", metavar="t", help="integrate up to this time")
    command.add_argument(
        "--points", metavar="N", help=f"times at which values are given (default {POINTS})"
    )
    command.add_argument(
        "--stable",
        action="store_true",
        help="with --step, --at and --until: the largest rate at which steps are stable where the"
        " flow from a draw (--seed) is at that time",
    )
    command.add_argument(
        "--draws",
        metavar="N",
        help="average over so many draws of all tensors, from --seed on; 0: from the means of the"
        " order parameters (default: these where averages follow them exactly, draws elsewhere)",
    )
    command.add_argument(
        "--seed",
        metavar="N",
        help="without --draws: one draw of all tensors, and the points of rest that it passes",
    )
    command.add_argument(
        "--plot",
        metavar="FILE",
        help="draw order parameters and observable, as .svg, .pdf or .png; needs --until",
    )


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.export.pictures.plots import check_plot, write_axes
    from diagrams.order_parameters.closing import close
    from diagrams.order_parameters.resting import RestingPoint, resting_points

    if chosen.until is None and chosen.at is not None:
        raise Missing("until", "missing", "--at and --until together")
    for option in ("points", "draws", "seed", "plot"):
        if getattr(chosen, option) is not None and chosen.until is None:
            raise BadInput(option, getattr(chosen, option), f"--{option} together with --until")
    if chosen.stable and (chosen.step is None or chosen.until is None or chosen.format != "text"):
        raise BadInput("stable", "--stable", "--step together with --at and --until, as text")
    plot = None if chosen.plot is None else check_plot(chosen.plot)
    symbols = read_latex(chosen)
    values = read_values("at", chosen.at)
    until = None if chosen.until is None else read_number("until", chosen.until)
    points = POINTS if chosen.points is None else read_count("points", chosen.points, 2)
    problem = read_problem(chosen)
    if chosen.observable is not None:
        problem = problem.with_observable(chosen.observable)
    families = None
    if chosen.eliminate is not None:
        families = [name.strip() for name in chosen.eliminate.split(",")]
    system = close(
        problem, families, chosen.step, **batch_options(chosen), friction=chosen.friction
    )
    if chosen.scaling is not None:
        system = system.leading(read_values("scaling", chosen.scaling))
    if chosen.stable:
        return _put_stable(system, chosen)
    restriction = system.restrict(_ansatz(chosen.ansatz)) if chosen.ansatz else None
    curves, rests = None, tuple[RestingPoint, ...]()
    if until is not None:
        seed = 0 if chosen.seed is None else read_count("seed", chosen.seed)
        draws = None if chosen.draws is None else read_count("draws", chosen.draws)
        if chosen.seed is not None and draws is None:
            start = system.draw(values, seed)
            curves = system.integrate(values, until, points=points, start=start)
            rests = resting_points(system, values, curves) if points >= FEWEST else ()
        else:
            curves = system.average(values, until, points=points, draws=draws, seed=seed)
    if plot is not None and curves is not None:
        from diagrams.export.pictures.on_axes import observable_axes, order_parameter_axes

        panels = (order_parameter_axes, observable_axes)
        write_axes(plot, problem.title, *(partial(part, system, curves) for part in panels))
    if chosen.format == "json":
        from diagrams.export.json.closed_system import system_json

        put(system_json(system, chosen.command, curves, restriction))
        return 0
    from diagrams.export.content.equations import system_document
    from diagrams.export.latex.closed_equations import curves_text

    alone = chosen.format == "latex" and chosen.fragment  # the equations asked for, no others
    value = (restriction or system) if alone else system_document(system, restriction)
    put_value(chosen, symbols, value)
    if chosen.format == "text" and curves:
        put("\n" + "\n".join([curves_text(system, curves), *map(str, rests)]))
    return 0


def _put_stable(system: ClosedSystem, chosen: argparse.Namespace) -> int:
    """The largest stable rate, where the flow of small steps leads."""
    from diagrams.order_parameters.stability import fixed_point

    at, until = read_values("at", chosen.at), read_number("until", chosen.until)
    seed = 0 if chosen.seed is None else read_count("seed", chosen.seed)
    put(str(system.stable_rate(at, fixed_point(system, at, until, seed))))
    return 0


def _ansatz(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        head, equals, value = text.partition("=")
        if not equals:
            raise BadInput("ansatz", text, "an equation such as Q[k,l] = q delta[k,l]")
        found[" ".join(head.split())] = " ".join(value.split())
    return found
