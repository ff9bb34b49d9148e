"""``wickflow diagrams``: the classes of diagrams of every order, and their drawings."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import add_spec, add_terms, read_folder, read_order, read_problem
from diagrams.commands.latex_options import add_format, put_value, read_latex
from diagrams.commands.output import progress


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    add_terms(command, 2)
    add_format(command, "json", "graphml")
    command.add_argument("--draw", metavar="DIR", help="write SVG and TikZ of every diagram")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.series.classes import diagram_table

    problem = read_problem(chosen)
    terms = read_order(chosen.terms)
    symbols = read_latex(chosen)
    folder = None if chosen.draw is None else read_folder("draw", chosen.draw)
    if folder is not None:
        from diagrams.export.pictures.gallery import check_folder

        check_folder(folder)
    progress(f"diagrams of orders 0 to {terms}")
    table = diagram_table(problem, terms)
    if folder is not None:
        from diagrams.export.pictures.gallery import write_gallery

        progress("drawings")
        write_gallery(table, folder)
    progress("")
    put_value(chosen, symbols, table)
    return 0
