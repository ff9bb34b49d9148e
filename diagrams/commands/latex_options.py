"""What every command with ``--format`` can be asked: documents, other symbols, a formula alone."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from diagrams.commands.arguments import read_texts
from diagrams.commands.output import put, screen_width
from diagrams.errors import BadInput

if TYPE_CHECKING:
    from diagrams.display import Displayed

DOCUMENTS = ("latex", "markdown")
"""Formats of documents, which every command has."""


def add_format(command: argparse.ArgumentParser, *others: str) -> None:
    """Add ``--format`` with text, documents and ``others``, and the options of LaTeX."""
    formats = ("text", *others, *DOCUMENTS)
    command.add_argument("--format", choices=formats, default="text")
    add_latex(command)


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


def put_value(chosen: argparse.Namespace, symbols: Mapping[str, str], value: Displayed) -> None:
    """Write a value, or what documents say of one, in the format that was chosen."""
    if chosen.format == "latex":
        fragment = chosen.fragment
        written = value.to_latex(
            standalone=not fragment,
            macros=fragment,
            symbols=symbols,
            command=chosen.command,
            brief=fragment and chosen.brief,
        )
        put(written)
    elif chosen.format == "text":
        put(value.to_text(screen_width()))
    else:
        put(value.render(chosen.format, command=chosen.command))
