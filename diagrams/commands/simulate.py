"""``wickflow simulate``: direct integration of gradient flow from random weights."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from diagrams.commands.arguments import add_spec, read_number, read_values
from diagrams.commands.output import progress, put
from diagrams.errors import BadInput

if TYPE_CHECKING:
    from diagrams.problems.cp import CPProblem

DEFAULT_SEEDS = 8
SIZES = ("p", "H")


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--at",
        metavar="p=64,H=128,sigma=1/10,T=1",
        required=True,
        help="sizes, the standard deviation of the initial weights, the inverse learning rate"
        " T (default 1), and symbols of the problem",
    )
    command.add_argument(
        "--until", metavar="TIME", required=True, help="the last time; negative for ascent"
    )
    command.add_argument(
        "--seeds",
        metavar="N",
        default=str(DEFAULT_SEEDS),
        help=f"independent runs (default {DEFAULT_SEEDS})",
    )
    command.add_argument(
        "--seed", metavar="ROOT", default="0", help="what the runs are derived from (default 0)"
    )
    command.add_argument(
        "--points", metavar="N", default="101", help="times that are reported (default 101)"
    )
    command.add_argument(
        "--tolerance",
        metavar="E",
        default="1/100000000",
        help="relative error of a step (default 1/100000000)",
    )
    command.add_argument("--jobs", metavar="N", default="1", help="threads to use (default 1)")
    command.add_argument(
        "--max-memory", metavar="SIZE", help="refuse above this, such as 4G (default: half of all)"
    )
    command.add_argument("--format", choices=("text", "json", "csv"), default="text")
    command.add_argument("--plot", metavar="FILE", help="draw the curves, as .svg")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.campaign import parse_bytes
    from diagrams.export.plots import check_plot, write_whole
    from diagrams.flow import simulate
    from diagrams.problems.cp import CPProblem
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    if not isinstance(problem, CPProblem):
        raise BadInput("spec", chosen.spec, "a CP preset: only CP models are simulated")
    values = _values(problem, read_values("at", chosen.at))
    plot = None if chosen.plot is None else check_plot(chosen.plot, (".svg",))
    memory = None if chosen.max_memory is None else parse_bytes(chosen.max_memory, "max-memory")
    try:
        found = simulate(
            problem,
            **values,
            until=read_number("until", chosen.until),
            seeds=_count("seeds", chosen.seeds),
            seed=_count("seed", chosen.seed),
            points=_count("points", chosen.points),
            tolerance=read_number("tolerance", chosen.tolerance),
            jobs=_count("jobs", chosen.jobs),
            max_memory=memory,
            progress=lambda state: progress(str(state)),
        )
    finally:
        progress("")
    if plot is not None:
        write_whole(plot, found.to_svg().encode("utf-8"))
    if chosen.format == "json":
        put(found.to_json(chosen.command))
    elif chosen.format == "csv":
        put(found.to_csv(chosen.command))
    else:
        put(str(found))
    return 0


def _count(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput(field, text, "a whole number")
    return int(text)


def _values(problem: CPProblem, given: dict[str, Fraction]) -> dict[str, Any]:
    """The keyword arguments of :func:`diagrams.flow.simulate` that ``--at`` means."""
    meanings = {str(problem.scale): "scale"} if problem.scale.symbols else {}
    meanings |= {str(problem.decay): "decay"} if problem.decay.symbols else {}
    if problem.scale.symbols and problem.scale == problem.decay:
        raise BadInput("spec", problem.spec, "symbols for scale and decay that differ")
    names = (*SIZES, "sigma", "T", *meanings)
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in names:
            raise BadInput("at", name, "values of " + ", ".join(names))
        if name in SIZES and value.denominator == 1:
            values[name] = int(value)
        elif name in SIZES:
            raise BadInput(f"at, {name}", value, "a whole number")
        else:
            values[meanings.get(name, name)] = value
    for name in names:
        if name != "T" and name not in given:
            raise BadInput("at", f"no value of {name}", "values of " + ", ".join(names))
    return values
