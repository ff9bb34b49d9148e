"""What every command with ``--format latex`` can be asked: other symbols, and the formula alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from diagrams.commands.arguments import read_texts
from diagrams.commands.output import put
from diagrams.errors import BadInput

if TYPE_CHECKING:
    from diagrams.display import Displayed

Document = Callable[[Mapping[str, str]], str]


def add_symbols(command: argparse.ArgumentParser, where: str) -> None:
    """Add ``--symbols``."""
    command.add_argument(
        "--symbols",
        metavar="p=d,sigma=\\varsigma",
        help=f"the symbols of your own paper, {where}",
    )


def add_latex(command: argparse.ArgumentParser) -> None:
    """Add ``--symbols`` and ``--fragment``."""
    add_symbols(command, "with --format latex")
    command.add_argument(
        "--fragment",
        action="store_true",
        help="with --format latex: no document, the result alone, to be put into a paper",
    )
    command.add_argument(
        "--brief",
        action="store_true",
        help="with --fragment: no limits, evidence or fine print, but in comments",
    )


def read_symbols(text: str | None) -> dict[str, str]:
    """The value of ``--symbols``, each a symbol; raises ``BadInput``.

    >>> read_symbols("p=d,H=m")
    {'p': 'd', 'H': 'm'}
    """
    if text is None:
        return {}
    from diagrams.export.latex.macros import check_symbols

    symbols = read_texts("symbols", text)
    # which names there are is known when there is a result; a misspelling is told at once
    return check_symbols(symbols, symbols)


def read_latex(chosen: argparse.Namespace) -> dict[str, str]:
    """The new symbols; raises ``BadInput`` for LaTeX options with another format."""
    for option in ("symbols", "fragment"):
        given = getattr(chosen, option)
        if given and chosen.format != "latex":
            shown = given if isinstance(given, str) else f"--{option}"
            raise BadInput(option, shown, f"--{option} together with --format latex")
    if chosen.brief and not chosen.fragment:
        raise BadInput("brief", "--brief", "--brief together with --fragment")
    return read_symbols(chosen.symbols)


def put_latex(
    chosen: argparse.Namespace, symbols: Mapping[str, str], value: Displayed, document: Document
) -> None:
    """Write a result as a fragment with macros, or as a document."""
    if chosen.fragment:
        put(value.to_latex(macros=True, symbols=symbols, brief=chosen.brief))
    else:
        put(document(symbols))


def put_value(chosen: argparse.Namespace, symbols: Mapping[str, str], found: Displayed) -> None:
    """Write a value that writes itself, in the format that was chosen."""
    if chosen.format == "latex":
        command = chosen.command
        put_latex(
            chosen,
            symbols,
            found,
            lambda new: found.to_latex(standalone=True, symbols=new, command=command),
        )
    elif chosen.format == "text":
        put(str(found))
    else:
        put(found.render(chosen.format, command=chosen.command))
