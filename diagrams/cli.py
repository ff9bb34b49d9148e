"""The ``wickflow`` command: parse, call, print.

Exit codes: 0 done; 2 bad input, one line that says what is allowed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

EPILOG = """\
A SPEC is a preset such as cp:order=4,ties=sym,target=identity,scale=c,decay=1/10
(ties: sym, asym, or a sum such as 2+1; target: identity or zero), or the path of a
TOML problem file."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and exit code 2, instead of the whole usage."""
        print(f"{self.prog}: {message} (see '{self.prog} --help')", file=sys.stderr)
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog="wickflow",
        description="Exact diagram expansions of gradient flow: series, formulas, pictures.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help="print the version and leave")
    commands = top.add_subparsers(dest="name", metavar="COMMAND")

    def command(name: str, text: str, run: Callable[..., int]) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    expand = command("expand", "exact coefficients Y_0..Y_S of E[L(t)]", _expand)
    _spec(expand)
    _terms(expand, 3)
    expand.add_argument("--format", choices=("text", "json", "latex"), default="text")

    diagrams = command("diagrams", "the diagrams of every order, with symmetry factors", _diagrams)
    _spec(diagrams)
    _terms(diagrams, 2)
    diagrams.add_argument("--format", choices=("text", "json", "latex"), default="text")
    diagrams.add_argument("--draw", metavar="DIR", help="write SVG and TikZ of every diagram")

    report = command("report", "a folder with formulas, pictures and data", _report)
    _spec(report)
    report.add_argument("--out", metavar="DIR", required=True, help="where the report goes")
    _terms(report, 3)

    show = command("show", "what a problem means: its loss as a formula", _show)
    _spec(show)
    show.add_argument("--format", choices=("text", "latex", "svg"), default="text")

    command("cite", "how to cite wickflow and the theory behind it", _cite)
    return top


def _spec(command: argparse.ArgumentParser) -> None:
    command.add_argument("spec", metavar="SPEC", help="a preset or a problem file")


def _terms(command: argparse.ArgumentParser, default: int) -> None:
    command.add_argument(
        "--terms", metavar="S", default=str(default), help=f"highest order (default {default})"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _refuse_foreign_packages()
        chosen = parser().parse_args(words)
        if chosen.version:
            from diagrams.provenance import version

            print(f"wickflow {version()}")
            return 0
        if chosen.name is None:
            parser().print_help()
            return 0
        chosen.command = shlex.join(["wickflow", *words])
        code: int = chosen.run(chosen)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("wickflow: interrupted; run the same command again to start over", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from diagrams.errors import WickflowError

        if not isinstance(error, WickflowError):
            raise
        print(f"wickflow: {error}", file=sys.stderr)
        return error.exit_code


def _refuse_foreign_packages() -> None:
    """Stop when another project's ``diagrams`` or ``pde`` lies where ours should be."""
    for name in ("diagrams", "pde"):
        try:
            found = getattr(import_module(name), "DISTRIBUTION", None)
        except ImportError:
            found = None
        if found != "wickflow":
            print(
                f"wickflow: the package '{name}' installed here is another project's; "
                "install wickflow into an environment of its own",
                file=sys.stderr,
            )
            raise SystemExit(2)


def _order(text: str) -> int:
    from diagrams.errors import BadInput
    from diagrams.expansion import TERMS_LIMIT, check_terms

    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("terms", text, f"an integer from 0 to {TERMS_LIMIT}")
    return check_terms(int(text))


def _expand(chosen: argparse.Namespace) -> int:
    from diagrams.expansion import expand
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    series = expand(problem, _order(chosen.terms))
    if chosen.format == "json":
        from diagrams.export.json import series_json

        sys.stdout.write(series_json(series, chosen.command))
    elif chosen.format == "latex":
        from diagrams.export.documents import series_document

        sys.stdout.write(series_document(series, chosen.command))
    else:
        print(series.to_text(_screen_width()))
    return 0


def _screen_width() -> int | None:
    """Characters of one coefficient shown on a terminal; everything when piped."""
    return 600 if sys.stdout.isatty() else None


def _diagrams(chosen: argparse.Namespace) -> int:
    from diagrams.classes import diagram_table
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    terms = _order(chosen.terms)
    folder = None if chosen.draw is None else _drawing_folder(chosen.draw)
    table = diagram_table(problem, terms)
    if folder is not None:
        from diagrams.export.gallery import write_gallery

        write_gallery(table, folder)
    if chosen.format == "json":
        from diagrams.export.json import table_json

        sys.stdout.write(table_json(table, chosen.command))
    elif chosen.format == "latex":
        from diagrams.export.documents import table_document

        sys.stdout.write(table_document(table, chosen.command))
    else:
        print(table.to_text())
    return 0


def _drawing_folder(name: str) -> Path:
    from diagrams.export.gallery import check_folder

    folder = Path(name)
    check_folder(folder)
    return folder


def _report(chosen: argparse.Namespace) -> int:
    from diagrams.problems.spec import load_problem
    from diagrams.report import build_report, check_target, write_report

    problem = load_problem(chosen.spec)
    terms = _order(chosen.terms)
    check_target(Path(chosen.out))

    def say(step: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{step} ..", end="", file=sys.stderr, flush=True)

    report = build_report(problem, terms, progress=say)
    written = write_report(report, chosen.out, chosen.command, progress=say)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(f"{problem.title}: {written / 'report.html'}")
    return 0


def _show(chosen: argparse.Namespace) -> int:
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    if chosen.format == "latex":
        print(f"L = {problem.observable.to_latex()}")
    elif chosen.format == "svg":
        from diagrams.export.documents import legend_of
        from diagrams.export.svg import diagrams_sheet_svg

        drawn = [(d, str(c)) for d, c in problem.observable]
        print(diagrams_sheet_svg(drawn, legend_of(problem), title=problem.title))
    else:
        print(problem)
    return 0


def _cite(_: argparse.Namespace) -> int:
    from diagrams.provenance import citation

    print(citation())
    return 0
