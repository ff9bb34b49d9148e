"""``wickflow expand``: the exact coefficients."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING

from diagrams.commands import console
from diagrams.commands.arguments import (
    add_spec,
    add_terms,
    read_assignments,
    read_count,
    read_order,
    read_problem,
    read_values,
)
from diagrams.commands.flow_options import add_batch, add_friction, add_momentum, batch_options
from diagrams.commands.latex_options import (
    add_format,
    put_value,
    read_latex,
)
from diagrams.commands.output import put

TERMS = 3
"""The default of ``--terms``."""

OF_STEPS = ("step", "steps", "momentum", "nesterov", "batch", "replacement")

if TYPE_CHECKING:
    from diagrams.problems.problem import Problem
    from diagrams.series.expansion import Series


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    add_terms(command, TERMS, given=True)
    add_format(command, "json")
    command.add_argument(
        "--observable",
        metavar="NAME",
        help="an observable of the problem file, or a text such as 'star(output, output)' or"
        " 'cumulant(loss, loss)', in place of the loss",
    )
    command.add_argument(
        "--at",
        metavar="p=64,H=512,sigma=1/10",
        help="numbers for all sizes and scales: the values of the coefficients are added",
    )
    command.add_argument(
        "--keep",
        metavar="NAMES",
        help="frozen tensors that are not averaged over, with commas: the coefficients are then"
        " diagrams made of them",
    )
    command.add_argument(
        "--levels",
        metavar="SCALING",
        help="sort by powers of one large parameter: sizes and scales as exponents or as"
        " monomials, such as d=1,n=alpha*d or p=1,H=p^2,sigma=-1/2",
    )
    command.add_argument(
        "--level-count",
        metavar="COUNT",
        default="2",
        help="levels to show, from the highest, or all (default 2)",
    )
    command.add_argument(
        "--leading",
        metavar="SCALING",
        help="only what leads on a scaling, such as d=1,n=d: orders that whole coefficients do not"
        " reach",
    )
    command.add_argument(
        "--certify",
        metavar="K",
        help="with --leading: exact to order K, and beyond it Taylor coefficients of mean-field"
        " equations that are held equal to that order",
    )
    command.add_argument(
        "--step",
        metavar="RATE",
        help="steps of gradient descent at this rate, a name or a number, in place of the flow",
    )
    command.add_argument(
        "--steps",
        metavar="K",
        help="with --step: E[L] after 0..K steps; exact in the rate, or to the power --terms of it",
    )
    add_momentum(command)
    add_batch(command)
    add_friction(command)
    console.add_resource_options(command)
    console.add_dry_run(command)
    command.add_argument(
        "--explain",
        action="store_true",
        help="say which algorithm served the problem, in which form, and why others did not",
    )


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.errors import BadInput
    from diagrams.series.expansion import expand

    problem = read_problem(chosen)
    if chosen.friction is not None or any(vars(chosen)[name] for name in OF_STEPS):
        steps = any(vars(chosen)[name] for name in OF_STEPS)
        return _put_steps(problem, chosen) if steps else _put_inertial(problem, chosen)
    terms = read_order(str(TERMS) if chosen.terms is None else chosen.terms)
    symbols = read_latex(chosen)
    scaling, count = read_levels(chosen)
    if chosen.explain and (chosen.format != "text" or scaling is not None):
        raise BadInput("options", "--explain", "--format text, without --levels")
    at = None if chosen.at is None else read_values("at", chosen.at)
    if at is not None and chosen.levels is not None:
        raise BadInput("at", chosen.at, "either --at or --levels")
    keep = () if chosen.keep is None else tuple(n.strip() for n in chosen.keep.split(","))
    several = None
    if chosen.observable is not None:
        from diagrams.series.cumulants import cumulant, cumulant_problem, cumulant_texts

        several = cumulant_texts(chosen.observable)
        if several is not None and keep:
            raise BadInput("options", "--keep", "no --keep with cumulants, which average over all")
        is_open = several is None and problem.quantity(chosen.observable).indices
        if keep or is_open:
            return _run_open(problem, terms, keep, chosen)
        problem = (
            problem.with_observable(chosen.observable)
            if several is None
            else cumulant_problem(problem, several)
        )
    elif keep:
        return _run_open(problem, terms, keep, chosen)
    if chosen.dry_run:
        from diagrams.series.prediction import predict

        put(str(predict(problem, terms)))
        return 0
    if chosen.leading is not None or chosen.certify is not None:
        return _put_leading(problem, terms, several is not None, chosen)
    with console.resources(chosen) as resources:
        if several is None:
            series = expand(problem, terms, **resources)
        else:
            series = cumulant(read_problem(chosen), several, terms, **resources)
    if scaling is not None:
        return _put_levels(series, scaling, count, chosen)
    values = () if at is None else series.values(at)
    if chosen.format == "json":
        from diagrams.export.json.series import series_json

        put(series_json(series, chosen.command, values))
        return 0
    put_value(chosen, symbols, series)
    if chosen.format == "text" and at is not None:
        from diagrams.export.text.series import exact_text

        put(f"at {chosen.at}:")
        put("\n".join(f"Y_{s} = {exact_text(value)}" for s, value in enumerate(values)))
    if chosen.explain:
        from diagrams.series.ways import explanation

        put(explanation(problem, terms))
    return 0


def _put_steps(problem: Problem, chosen: argparse.Namespace) -> int:
    """The mean after steps of gradient descent, in this process."""
    from diagrams.errors import Missing
    from diagrams.series.descent import STEPS_LIMIT, descent

    if chosen.step is None:
        raise Missing("step", "missing", "a name for the rate, such as --step eta, or a number")
    _alone(chosen, "step", "levels", "leading", "at", "keep", "explain", "dry_run", "friction")
    symbols = read_latex(chosen)
    found = descent(
        problem,
        steps=None if chosen.steps is None else read_count("steps", chosen.steps, 0, STEPS_LIMIT),
        terms=None if chosen.terms is None else read_order(chosen.terms),
        rate=chosen.step,
        momentum=chosen.momentum or 0,
        nesterov=chosen.nesterov,
        **batch_options(chosen),
        observable=chosen.observable,
        max_memory=console.memory_bound(chosen),
    )
    put_value(chosen, symbols, found)
    return 0


def read_levels(chosen: argparse.Namespace) -> tuple[dict[str, Fraction | str] | None, int | None]:
    """The values of ``--levels`` and ``--level-count``; raises ``BadInput``."""

    text: str = chosen.level_count
    count = None if text == "all" else read_count("level-count", text, 1, 10**6, "all")
    if chosen.levels is None:
        return None, None
    return read_assignments("levels", chosen.levels), count


def _put_levels(
    series: Series,
    scaling: dict[str, Fraction | str],
    count: int | None,
    chosen: argparse.Namespace,
) -> int:
    from diagrams.series.levels import levels

    found = levels(series, scaling, count)
    if chosen.format == "text":
        put(f"{series.problem.title}, {series.problem.expected}")
    put_value(chosen, read_latex(chosen), found)
    return 0


def _put_leading(problem: Problem, terms: int, cumulant: bool, chosen: argparse.Namespace) -> int:
    """Only the leading level of every order, in this process."""
    from diagrams.campaign.running import Campaign
    from diagrams.errors import BadInput, Missing
    from diagrams.mean_fields.mean_field import derived_terms
    from diagrams.scaling.leading import leading_terms

    if chosen.leading is None:
        raise Missing("leading", "missing", "--certify together with --leading")
    _alone(chosen, "leading", "levels", "at", "explain")
    if cumulant:
        raise BadInput("options", "--leading", "--levels: cumulants are differences")
    scaling = read_assignments("leading", chosen.leading)
    campaign = Campaign(max_memory=console.memory_bound(chosen))
    if chosen.certify is None:
        found = campaign.limited(lambda: leading_terms(problem, terms, scaling))
    else:
        held = read_order(chosen.certify)
        found = campaign.limited(lambda: derived_terms(problem, terms, scaling, held))
    if chosen.format == "text":
        put(f"{problem.title}, {problem.expected}")
    put_value(chosen, read_latex(chosen), found)
    return 0


def _put_inertial(problem: Problem, chosen: argparse.Namespace) -> int:
    """The coefficients of a flow with momentum, in this process."""
    from diagrams.series.inertia import expand_inertial

    _alone(chosen, "friction", "levels", "leading", "at", "keep", "explain", "dry_run")
    found = expand_inertial(
        problem,
        read_order(str(TERMS) if chosen.terms is None else chosen.terms),
        chosen.friction,
        observable=chosen.observable,
        max_memory=console.memory_bound(chosen),
    )
    put_value(chosen, read_latex(chosen), found)
    return 0


def _alone(chosen: argparse.Namespace, option: str, *others: str) -> None:
    """Refuse options that do not go with one."""
    from diagrams.errors import BadInput

    for other in others:
        if getattr(chosen, other):
            raise BadInput("options", f"--{other.replace('_', '-')}", f"--{option} without it")


def _run_open(
    problem: Problem, terms: int, keep: tuple[str, ...], chosen: argparse.Namespace
) -> int:
    """Free indices or kept tensors: deltas and diagrams, as text, JSON or LaTeX."""
    from diagrams.errors import BadInput
    from diagrams.series.open_series import expand_open

    for option in ("dry_run", "levels", "leading", "at", "explain"):
        if getattr(chosen, option):
            name = option.replace("_", "-")
            raise BadInput("options", f"--{name}", "no free indices and no --keep with this option")
    series = expand_open(problem, terms, chosen.observable, keep)
    put_value(chosen, read_latex(chosen), series)
    return 0
