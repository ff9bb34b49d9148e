"""``wickflow report``: everything in one folder."""

from __future__ import annotations

import argparse

from diagrams.campaign.effort import WALL, WORK
from diagrams.commands.arguments import (
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
        help="how long to look for regimes (default 5); a proved front needs less",
    )
    add_symbols(command, "for report.tex")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.report import REGIME_SECONDS, build_report, check_target, write_report

    problem = read_problem(chosen)
    terms = read_order(chosen.terms)
    symbols = read_symbols(chosen.symbols)
    folder = read_folder("out", chosen.out)
    check_target(folder)
    seconds = REGIME_SECONDS if chosen.within is None else read_seconds(chosen.within)
    clock = WORK if chosen.within is None else WALL
    report = build_report(problem, terms, progress=progress, seconds=seconds, clock=clock)
    written = write_report(report, folder, chosen.command, progress=progress, symbols=symbols)
    progress("")
    put(f"{problem.title}: {written / 'report.html'}")
    return 0
