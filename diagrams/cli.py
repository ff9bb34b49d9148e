"""The ``wickflow`` command: parse, call, print.

Exit codes: 0 done; 2 bad input, one line that says what is allowed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

from diagrams import console
from diagrams.errors import BadInput, WickflowError, shown

EPILOG = """\
A SPEC is a preset such as cp:order=4,ties=sym,target=identity,scale=c,decay=1/10
(ties: sym, asym, or a sum such as 2+1; target: identity or zero), or the path of a
TOML problem file."""
SCHEMAS = ("expansion", "diagrams", "report")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and exit code 2, instead of the whole usage."""
        line = " ".join(f"{self.prog}: {message}; allowed: {_usage(self)}".split())
        print(line, file=sys.stderr)
        raise SystemExit(2)


def _usage(command: argparse.ArgumentParser) -> str:
    return " ".join(command.format_usage().split()).removeprefix("usage: ")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog="wickflow",
        description="Exact diagram expansions of gradient flow: series, formulas, pictures.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="print the version and leave")
    top.set_defaults(usage=lambda: _usage(top))
    commands = top.add_subparsers(dest="name", metavar="COMMAND")

    def command(name: str, text: str, run: Callable[..., int]) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        added.set_defaults(run=run, usage=lambda: _usage(added))
        return added

    expand = command("expand", "exact coefficients Y_0..Y_S of E[L(t)]", _expand)
    _spec(expand)
    _terms(expand, 3)
    expand.add_argument("--format", choices=("text", "json", "latex"), default="text")
    console.add_resource_options(expand)
    expand.add_argument(
        "--dry-run", action="store_true", help="predict time and memory, compute nothing"
    )

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

    schema = command("schema", "the JSON Schema of an output", _schema)
    schema.add_argument("schema", metavar="NAME", choices=SCHEMAS, help=", ".join(SCHEMAS))

    cache = command("cache", "what is kept of earlier computations", _cache)
    cache.add_argument("action", choices=("info", "clear"), help="info or clear")

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
        with _ending_in_order():
            return _run(words)
    except SystemExit as leave:
        return int(leave.code or 0)
    except KeyboardInterrupt:
        _complain("interrupted; run the same command again to go on")
        return 130
    except BrokenPipeError:
        _drop_output()
        return 0
    except WickflowError as error:
        _complain(str(error))
        return error.exit_code


def _run(words: Sequence[str]) -> int:
    _refuse_foreign_packages()
    try:
        chosen, left = parser().parse_known_args(words)
    finally:
        _put("")
    if left:
        _complain(f"unknown argument: {shown(left[0])} is not allowed; allowed: {chosen.usage()}")
        return 2
    if chosen.version:
        from diagrams.provenance import version

        _put(f"wickflow {version()}")
        return 0
    if chosen.name is None:
        _put(parser().format_help())
        return 0
    written = shlex.join(["wickflow", *words])
    chosen.command = written.encode("utf-8", "backslashreplace").decode()
    code: int = chosen.run(chosen)
    return code


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let a polite kill (SIGTERM) clean up like an interrupt does; exit code 143."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _put(text: str) -> None:
    """Write to standard output, in UTF-8 whatever the locale; a line end is added if missing."""
    if sys.stdout is None:
        return
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise BadInput("standard output", error.strerror, "one that can be written") from None


def _drop_output() -> None:
    """Send what is still to be written nowhere, so that Python's own last flush is quiet."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> None:
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    print(f"{clear}wickflow: {' '.join(message.splitlines())}", file=sys.stderr)


def _progress(step: str) -> None:
    """Show what is being done, on a terminal only; an empty text wipes the line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{step}{' ..' if step else ''}", end="", file=sys.stderr, flush=True)


def _screen_width() -> int | None:
    """The width of the terminal that standard output goes to, if it goes to one."""
    on_screen = sys.stdout is not None and sys.stdout.isatty()
    return max(40, shutil.get_terminal_size().columns) if on_screen else None


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
    from diagrams.expansion import TERMS_LIMIT, check_terms

    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("terms", text, f"an integer from 0 to {TERMS_LIMIT}")
    return check_terms(int(text))


def _expand(chosen: argparse.Namespace) -> int:
    from diagrams.expansion import expand
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    terms = _order(chosen.terms)
    if chosen.dry_run:
        from diagrams.prediction import predict

        _put(str(predict(problem, terms)))
        return 0
    with console.resources(chosen) as resources:
        series = expand(problem, terms, **resources)
    if chosen.format == "json":
        from diagrams.export.json import series_json

        _put(series_json(series, chosen.command))
    elif chosen.format == "latex":
        from diagrams.export.documents import series_document

        _put(series_document(series, chosen.command))
    else:
        from diagrams.export.text import series_text

        _put(series_text(series, _screen_width()))
    return 0


def _diagrams(chosen: argparse.Namespace) -> int:
    from diagrams.classes import diagram_table
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    terms = _order(chosen.terms)
    folder = None if chosen.draw is None else _folder("draw", chosen.draw)
    if folder is not None:
        from diagrams.export.gallery import check_folder

        check_folder(folder)
    _progress(f"diagrams of orders 0 to {terms}")
    table = diagram_table(problem, terms)
    if folder is not None:
        from diagrams.export.gallery import write_gallery

        _progress("drawings")
        write_gallery(table, folder)
    _progress("")
    if chosen.format == "json":
        from diagrams.export.json import table_json

        _put(table_json(table, chosen.command))
    elif chosen.format == "latex":
        from diagrams.export.documents import table_document

        _put(table_document(table, chosen.command))
    else:
        _put(table.to_text(_screen_width()))
    return 0


def _folder(field: str, name: str) -> Path:
    if not name:
        raise BadInput(field, name, "the name of a directory; . for the one you are in")
    return Path(name)


def _report(chosen: argparse.Namespace) -> int:
    from diagrams.problems.spec import load_problem
    from diagrams.report import build_report, check_target, write_report

    problem = load_problem(chosen.spec)
    terms = _order(chosen.terms)
    folder = _folder("out", chosen.out)
    check_target(folder)
    report = build_report(problem, terms, progress=_progress)
    written = write_report(report, folder, chosen.command, progress=_progress)
    _progress("")
    _put(f"{problem.title}: {written / 'report.html'}")
    return 0


def _show(chosen: argparse.Namespace) -> int:
    from diagrams.problems.spec import load_problem

    problem = load_problem(chosen.spec)
    if chosen.format == "latex":
        _put(f"L = {problem.observable.to_latex()}")
    elif chosen.format == "svg":
        from diagrams.export.documents import legend_of
        from diagrams.export.svg import diagrams_sheet_svg

        drawn = [(d, str(c)) for d, c in problem.observable]
        _put(diagrams_sheet_svg(drawn, legend_of(problem), title=problem.title))
    else:
        _put(str(problem))
    return 0


def _schema(chosen: argparse.Namespace) -> int:
    from diagrams.export.json import schema_text

    _put(schema_text(chosen.schema))
    return 0


def _cache(chosen: argparse.Namespace) -> int:
    from diagrams.cache import Store
    from diagrams.campaign import readable_bytes

    store = Store()
    if chosen.action == "clear":
        _put(f"{store.clear()} entries deleted from {store.path}")
        return 0
    info = store.info()
    _put(f"{info.path}\n{info.entries} entries, {readable_bytes(info.size)}")
    if store.trouble is not None:
        _put(f"not in use: {store.trouble}")
    return 0


def _cite(_: argparse.Namespace) -> int:
    from diagrams.provenance import citation

    _put(citation())
    return 0
