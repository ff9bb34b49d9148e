"""``wickflow solve``: the loss curve of a regime as a formula, and its values."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from diagrams.commands.arguments import (
    add_spec,
    read_count,
    read_number,
    read_order,
    read_problem,
    read_values,
)
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.commands.output import progress, put
from diagrams.errors import BadInput, Missing, NotSolved

if TYPE_CHECKING:
    from diagrams.dynamics.beyond import Lateral, SampledLoss
    from diagrams.dynamics.finite_sizes import FiniteSizeCurve
    from diagrams.dynamics.solution import Solution
    from diagrams.problems.problem import Problem
    from pde.numbers.evaluation import Value

DIGITS, POINTS = 15, 21


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
        "--terms", metavar="S", help="highest exact order used (default: as many as are cheap)"
    )
    add_format(command, "json")
    command.add_argument(
        "--at",
        metavar="p=64,H=512,sigma=1/10,t=1/2",
        help="evaluate there, with a bound on the error",
    )
    command.add_argument(
        "--until",
        metavar="t",
        help="with --at, without t: the curve from 0 to this time, which may be negative; beside it"
        " the mean to the next order in the sizes, and the deviation of the loss of a run",
    )
    command.add_argument(
        "--points", metavar="N", help=f"times of the curve (default {POINTS}); needs --until"
    )
    command.add_argument(
        "--plot",
        metavar="FILE",
        help="draw the curve with a band of the deviation, as .svg, .pdf or .png; needs --until",
    )
    command.add_argument(
        "--digits", metavar="N", help=f"digits of the value (default {DIGITS}); needs --at"
    )
    command.add_argument(
        "--size-limit",
        action="store_true",
        help="with --at: the value of the formula also where runs of these sizes have blown up"
        " (t < 0) or gone elsewhere (late times)",
    )
    command.add_argument(
        "--lateral",
        action="store_true",
        help="with --at, beyond the domain: real and imaginary part of the lateral sum, and when"
        " the first coordinates blow up; neither part is the loss",
    )
    command.add_argument(
        "--sample",
        metavar="N",
        help="with --at, beyond the domain: the closure for N drawn rows of coordinates",
    )
    command.add_argument("--seed", metavar="S", help="seed of --sample (default 0)")
    command.add_argument("--steps", action="store_true", help="show the derivation as text, too")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.dynamics.solving import solve
    from diagrams.export.json.solution import solution_json, unsolved_json
    from diagrams.export.pictures.plots import check_plot, write_axes

    problem = read_problem(chosen)
    symbols = read_latex(chosen)
    times = _times(chosen)
    plot = None if chosen.plot is None else check_plot(chosen.plot)
    values = _point(problem, chosen.at, bool(times)) if times or chosen.at is not None else None
    if chosen.digits is not None and values is None:
        raise BadInput("digits", chosen.digits, "--digits together with --at")
    for name in ("size_limit", "lateral", "sample", "seed"):
        if getattr(chosen, name) and values is None:
            option = name.replace("_", "-")
            raise BadInput(option, getattr(chosen, name), f"--{option} together with --at")
    if chosen.seed is not None and chosen.sample is None:
        raise BadInput("seed", chosen.seed, "--seed together with --sample")
    digits = DIGITS if chosen.digits is None else _digits(chosen.digits)
    terms = None if chosen.terms is None else read_order(chosen.terms)
    progress(f"{problem.title}: {chosen.regime}")
    try:
        solution = solve(problem, chosen.regime, terms)
        extra = _beyond(solution, chosen, values)
        value, standing = None, ""
        curve: tuple[Value, ...] = ()
        spread: FiniteSizeCurve | None = None
        if times and values is not None:
            curve = solution.values(times, values, digits, chosen.size_limit)
            spread = solution.at_finite_sizes(times, values)
            if plot is not None:
                from diagrams.export.pictures.on_axes import values_axes

                title = f"{problem.title}: {solution.regime}"
                write_axes(plot, title, partial(values_axes, solution, times, curve, spread))
        elif values is not None and not extra:
            value = solution.evaluate(values, digits=digits, size_limit=chosen.size_limit)
            standing = solution.standing(values)
    except NotSolved as failure:
        if chosen.format == "json":
            put(unsolved_json(problem, chosen.regime, failure.step, chosen.command))
        raise
    finally:
        progress("")
    if chosen.format == "json":
        pairs = list(zip(times, curve, strict=True))
        told = solution_json(
            solution, value, digits, chosen.command, extra, standing, pairs, spread
        )
        put(told)
        return 0
    from diagrams.export.content.finite_sizes import finite_size_blocks
    from diagrams.export.content.solution import solution_document

    text = chosen.format == "text"
    leading = tuple(float(value.value) for value in curve)
    blocks = () if text or spread is None else finite_size_blocks(spread, leading)
    put_value(chosen, symbols, solution_document(solution, chosen.steps, blocks))
    if text:
        lines = [] if value is None else _value_lines(value, digits, standing)
        if spread is not None:
            lines += _curve_lines(times, curve, digits, spread)
        put("\n".join((*lines, *map(str, extra))))
    return 0


def _times(chosen: argparse.Namespace) -> tuple[Fraction, ...]:
    """The times of a curve; none without ``--until``."""
    for name in ("points", "plot"):
        if getattr(chosen, name) is not None and chosen.until is None:
            raise BadInput(name, getattr(chosen, name), f"--{name} together with --until")
    if chosen.until is None:
        return ()
    for name in ("lateral", "sample"):
        if getattr(chosen, name):
            raise BadInput(name, getattr(chosen, name), f"--{name} with one time, without --until")
    until = read_number("until", chosen.until)
    points = POINTS if chosen.points is None else read_count("points", chosen.points, 2, 1000)
    if until == 0:
        raise BadInput("until", chosen.until, "a time other than 0")
    return tuple(until * k / (points - 1) for k in range(points))


def _point(problem: Problem, text: str | None, curve: bool) -> dict[str, Fraction]:
    """The values of ``--at``; what is unknown or missing is told before anything is solved."""
    values = read_values("at", text)
    known = (*problem.symbols, "T", *(() if curve else ("t",)))
    for name, value in values.items():
        if name not in known and not problem.functions:  # whose averages may have values, too
            raise BadInput("symbol", name, ", ".join(known))
        if name in (*problem.positive, "T") and value <= 0:
            raise BadInput(name, value, "a positive number")
    for name in (*problem.sizes, *(() if curve else ("t",))):
        if name not in values:
            raise Missing("at", f"no value of {name}", "values of " + ", ".join(known))
    return values


def _value_lines(value: Value, digits: int, standing: str) -> list[str]:
    """The value asked for, with its error, and what is to be said of its sizes."""
    import mpmath

    with mpmath.workdps(digits + 10):
        shown, error = mpmath.nstr(value.value, digits), mpmath.nstr(value.error, 2)
    bound = "error at most" if value.rigorous else "estimated error"
    line = f"value: {shown}, {bound} {error} ({value.method})"
    return [line, *([f"there: {standing}"] if standing else [])]


def _curve_lines(
    times: Sequence[Fraction], curve: Sequence[Value], digits: int, spread: FiniteSizeCurve
) -> list[str]:
    """Times, values and errors as columns, beside them the next order and the deviation of runs."""
    import mpmath

    table = [["t", "E[L]", "error"]]
    with mpmath.workdps(digits + 10):
        for t, value in zip(times, curve, strict=True):
            shown = mpmath.nstr(mpmath.mpf(t.numerator) / t.denominator, 6)
            table.append([shown, mpmath.nstr(value.value, digits), mpmath.nstr(value.error, 2)])
    if spread.mean:
        table[0] += ["next order", "deviation"]
        for row, mean, deviation in zip_longest(table[1:], spread.mean, spread.deviation):
            row += ["-" if x is None else f"{float(x):.6g}" for x in (mean, deviation)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    lines.append(f"next order: {f'none: {spread.refusal}' if spread.refusal else spread.evidence}")
    if spread.escape is not None:
        lines.append(f"plateau: {spread.escape.sentence} ({spread.escape.evidence})")
    return lines


def _beyond(
    solution: Solution, chosen: argparse.Namespace, values: Mapping[str, Fraction] | None
) -> tuple[Lateral | SampledLoss, ...]:
    """What was asked for instead of a value: the lateral sum, the loss of a sample."""
    found: list[Lateral | SampledLoss] = []
    if values is not None and chosen.lateral:
        digits = {} if chosen.digits is None else {"digits": _digits(chosen.digits)}
        found.append(solution.lateral(values, **digits))
    if values is not None and chosen.sample is not None:
        seed = 0 if chosen.seed is None else read_count("seed", chosen.seed)
        found.append(
            solution.sample(values, coordinates=read_count("sample", chosen.sample), seed=seed)
        )
    return tuple(found)


def _digits(text: str) -> int:
    return read_count("digits", text, 1, 10**5)
