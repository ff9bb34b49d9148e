"""``wickflow expand``: the exact coefficients."""

from __future__ import annotations

import argparse

from diagrams import console
from diagrams.commands.arguments import add_spec, add_terms, read_order
from diagrams.commands.output import put, screen_width


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    add_terms(command, 3)
    command.add_argument("--format", choices=("text", "json", "latex"), default="text")
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
    if chosen.dry_run:
        from diagrams.prediction import predict

        put(str(predict(problem, terms)))
        return 0
    with console.resources(chosen) as resources:
        series = expand(problem, terms, **resources)
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
