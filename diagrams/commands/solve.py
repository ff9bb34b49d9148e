"""``wickflow solve``: the loss curve of a regime as a formula, and its values."""

from __future__ import annotations

import argparse

from diagrams.commands.arguments import add_spec, read_order, read_values
from diagrams.commands.latex_options import add_latex, put_latex, read_latex
from diagrams.commands.output import progress, put
from diagrams.errors import BadInput, NotSolved

DIGITS = 15


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_spec(command)
    command.add_argument(
        "--regime", metavar="NAME", default="full", help="a regime such as A-B (default: full)"
    )
    command.add_argument(
        "--terms", metavar="S", help="highest exact order used (default: as many as are cheap)"
    )
    command.add_argument("--format", choices=("text", "json", "latex"), default="text")
    add_latex(command)
    command.add_argument(
        "--at",
        metavar="p=64,H=512,sigma=1/10,t=1/2",
        help="evaluate there, with a bound on the error",
    )
    command.add_argument(
        "--digits", metavar="N", help=f"digits of the value (default {DIGITS}); needs --at"
    )
    command.add_argument("--steps", action="store_true", help="show the derivation as text, too")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.dynamics.solving import solve
    from diagrams.export.solution_json import solution_json, unsolved_json
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    symbols = read_latex(chosen)
    values = None if chosen.at is None else read_values("at", chosen.at)
    if chosen.digits is not None and values is None:
        raise BadInput("digits", chosen.digits, "--digits together with --at")
    digits = DIGITS if chosen.digits is None else _digits(chosen.digits)
    terms = None if chosen.terms is None else read_order(chosen.terms)
    progress(f"{problem.title}: {chosen.regime}")
    try:
        solution = solve(problem, chosen.regime, terms)
        value = None if values is None else solution.evaluate(values, digits=digits)
    except NotSolved as failure:
        if chosen.format == "json":
            put(unsolved_json(problem, chosen.regime, failure.step, chosen.command))
        raise
    finally:
        progress("")
    if chosen.format == "json":
        put(solution_json(solution, value, digits, chosen.command))
    elif chosen.format == "latex":
        from diagrams.export.derivation import solution_document

        put_latex(
            chosen, symbols, solution, lambda new: solution_document(solution, chosen.command, new)
        )
    else:
        from diagrams.export.solution_text import solution_text

        put(solution_text(solution, value, digits, chosen.steps))
    return 0


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadInput("digits", text, "a positive integer")
    return int(text)
