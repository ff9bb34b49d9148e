"""Options of all commands that simulate: sizes, seeds, times, tolerance, threads, memory."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import Any

from diagrams.commands.arguments import read_count, read_number
from diagrams.errors import Missing

DEFAULT_SEEDS = 8


def add_flow_options(command: argparse.ArgumentParser, steps: bool = False) -> None:
    """Add ``--until``, ``--seeds``, ``--seed``, ``--points``, ``--tolerance`` and resources.

    With ``steps``, ``--step`` and ``--steps`` may stand in the place of ``--until``.
    """
    command.add_argument(
        "--until", metavar="TIME", required=not steps, help="the last time; negative for ascent"
    )
    if steps:
        command.add_argument(
            "--step",
            metavar="RATE",
            help="with --steps, in place of --until: gradient descent at this rate",
        )
        command.add_argument("--steps", metavar="K", help="the number of steps, with --step")
        add_momentum(command)
        add_batch(command)
        add_friction(command)
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
    command.add_argument(
        "--method",
        metavar="NAME",
        default="DOP853",
        help="DOP853 (explicit, the default); Radau or BDF for stiff flows of small models",
    )
    command.add_argument("--jobs", metavar="N", default="1", help="threads to use (default 1)")
    command.add_argument(
        "--max-memory", metavar="SIZE", help="refuse above this, such as 4G (default: half of all)"
    )


def add_momentum(command: argparse.ArgumentParser) -> None:
    """Declare momentum, for steps."""
    command.add_argument(
        "--momentum",
        metavar="MU",
        help="with --step: how much of the last step is added to the next one (heavy ball)",
    )
    command.add_argument(
        "--nesterov", action="store_true", help="with --momentum: the slope where it alone leads"
    )


def add_batch(command: argparse.ArgumentParser) -> None:
    """Declare mini-batches, for steps."""
    command.add_argument(
        "--batch",
        metavar="B",
        help="with --step: how many samples a step sees; sample=B where free indices are of"
        " several families",
    )
    command.add_argument(
        "--replacement",
        action="store_true",
        help="with --batch: samples are drawn independently, not as a subset",
    )


def batch_options(chosen: argparse.Namespace) -> dict[str, Any]:
    """Return what a batch is, as keyword arguments."""
    given: str | None = vars(chosen).get("batch")
    again = {"replacement": True} if vars(chosen).get("replacement") else {}
    if given is None:
        return again
    samples, _, size = given.rpartition("=")
    size = size.strip()
    found = {"batch": int(size) if size.isdigit() else size, "samples": samples.strip()}
    return {**found, **again}


def add_friction(command: argparse.ArgumentParser) -> None:
    """Declare the friction of a flow with momentum."""
    command.add_argument(
        "--friction",
        metavar="C",
        help="gradient flow with momentum: u'' + C u' = -dV/du from rest; a number or a name, or"
        " 3/t (Nesterov)",
    )


def momentum_options(chosen: argparse.Namespace) -> dict[str, Any]:
    """Return the numbers of momentum, as keyword arguments."""
    given = vars(chosen).get("momentum")
    found = {} if given is None else {"momentum": read_number("momentum", given)}
    return {**found, **({"nesterov": True} if vars(chosen).get("nesterov") else {})}


def flow_options(chosen: argparse.Namespace) -> dict[str, Any]:
    """Return the keyword arguments of :func:`diagrams.flow.simulate` that the options mean."""
    from diagrams.campaign.memory import parse_bytes
    from diagrams.flow import FlowSettings

    memory = None if chosen.max_memory is None else parse_bytes(chosen.max_memory, "max-memory")
    step, steps = (vars(chosen).get(name) for name in ("step", "steps"))
    if chosen.until is None and step is None and steps is None:
        raise Missing("until", "missing", "a time, or --step and --steps")
    return {
        "until": None if chosen.until is None else read_number("until", chosen.until),
        **({} if step is None else {"step": read_number("step", step)}),
        **({} if steps is None else {"steps": read_count("steps", steps, 1)}),
        **momentum_options(chosen),
        **batch_options(chosen),
        **({"friction": chosen.friction} if vars(chosen).get("friction") else {}),
        "seeds": read_count("seeds", chosen.seeds),
        "seed": read_count("seed", chosen.seed),
        "points": read_count("points", chosen.points),
        "settings": FlowSettings(
            tolerance=read_number("tolerance", chosen.tolerance),
            jobs=read_count("jobs", chosen.jobs),
            method=chosen.method,
            max_memory=memory,
        ),
    }


def flow_values(given: dict[str, Fraction]) -> dict[str, Any]:
    """Return the keyword arguments ``at`` and ``T`` that ``--at`` means."""
    times = {"T": given["T"]} if "T" in given else {}
    numbers = {n: int(x) if x.denominator == 1 else x for n, x in given.items() if n != "T"}
    return {"at": numbers, **times}
