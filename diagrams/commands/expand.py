"""``wickflow expand``: the exact coefficients."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from diagrams import console
from diagrams.commands.arguments import add_spec, add_terms, read_order
from diagrams.commands.output import put, screen_width

if TYPE_CHECKING:
    from diagrams.problems.problem import Problem


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    add_terms(command, 3)
    command.add_argument("--format", choices=("text", "json", "latex"), default="text")
    command.add_argument(
        "--observable",
        metavar="NAME",
        help="an observable of the problem file, or a text such as 'star(output, output)' or"
        " 'cumulant(loss, loss)', in place of the loss",
    )
    console.add_resource_options(command)
    command.add_argument(
        "--dry-run", action="store_true", help="predict time and memory, compute nothing"
    )


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.expansion import expand
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    terms = read_order(chosen.terms)
    several = None
    if chosen.observable is not None:
        from diagrams.cumulants import cumulant, cumulant_problem, cumulant_texts

        several = cumulant_texts(chosen.observable)
        if several is None and problem.quantity(chosen.observable).indices:
            return _run_open(problem, terms, chosen)
        problem = (
            problem.with_observable(chosen.observable)
            if several is None
            else cumulant_problem(problem, several)
        )
    if chosen.dry_run:
        from diagrams.prediction import predict

        put(str(predict(problem, terms)))
        return 0
    with console.resources(chosen) as resources:
        if several is None:
            series = expand(problem, terms, **resources)
        else:
            series = cumulant(load_problem(chosen.spec), several, terms, **resources)
    if chosen.format == "json":
        from diagrams.export.json import series_json

        put(series_json(series, chosen.command))
    elif chosen.format == "latex":
        from diagrams.export.documents import series_document

        put(series_document(series, chosen.command))
    else:
        from diagrams.export.text import series_text

        put(series_text(series, screen_width()))
    return 0


def _run_open(problem: Problem, terms: int, chosen: argparse.Namespace) -> int:
    """An observable with free indices: deltas between them, as text or LaTeX."""
    from diagrams.errors import BadInput
    from diagrams.open_series import expand_open

    if chosen.format == "json" or chosen.dry_run:
        raise BadInput("observable", chosen.observable, "no free indices with this option")
    series = expand_open(problem, terms, chosen.observable)
    if chosen.format == "latex":
        from diagrams.export.documents import document
        from diagrams.provenance import stamp, stamp_line

        footer = stamp_line(stamp(problem.spec, chosen.command))
        body = ["\\begin{align*}", series.to_latex(), "\\end{align*}"]
        put(document(problem.title, body, footer))
    else:
        put(str(series))
    return 0
