"""``wickflow report``: everything in one folder."""

from __future__ import annotations

import argparse

from diagrams.campaign.effort import WALL, WORK
from diagrams.commands import console
from diagrams.commands.arguments import (
    SECONDS,
    add_spec,
    add_terms,
    read_folder,
    read_order,
    read_problem,
    read_seconds,
)
from diagrams.commands.latex_options import add_symbols, read_symbols
from diagrams.commands.output import progress, put


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument("--out", metavar="DIR", required=True, help="where the report goes")
    add_terms(command, 3)
    command.add_argument(
        "--within",
        metavar="SECONDS",
        help=f"how long to look for regimes (default {SECONDS}); a proved front needs less",
    )
    add_symbols(command, "for report.tex")
    console.add_resource_options(command)
    console.add_dry_run(command)


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.report import (
        SOLUTION_SECONDS,
        build_report,
        check_target,
        write_report,
    )

    problem = read_problem(chosen)
    terms = read_order(chosen.terms)
    symbols = read_symbols(chosen.symbols)
    folder = read_folder("out", chosen.out)
    check_target(folder)
    seconds = float(SECONDS) if chosen.within is None else read_seconds(chosen.within)
    clock = WORK if chosen.within is None else WALL
    if chosen.dry_run:
        from diagrams.series.prediction import predict

        put(str(predict(problem, terms)))
        put(
            f"then about {seconds:g} s to look for regimes, {SOLUTION_SECONDS:g} s to solve them at"
            f" most, and a few to draw; {folder} would be written"
        )
        return 0
    with console.resources(chosen) as resources:
        report = build_report(
            problem, terms, progress=progress, seconds=seconds, clock=clock, resources=resources
        )
    written = write_report(report, folder, chosen.command, progress=progress, symbols=symbols)
    progress("")
    put(f"{problem.title}: {written / 'report.html'}")
    return 0
