"""``wickflow cite``: what to cite."""

from __future__ import annotations

import argparse

from diagrams.commands.latex_options import DOCUMENTS, put_value


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    formats = ("text", "bibtex", *DOCUMENTS)
    command.add_argument("--format", choices=formats, default="text")
    command.add_argument(
        "--bibtex", dest="format", action="store_const", const="bibtex", help="as --format bibtex"
    )
    command.set_defaults(fragment=False)


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.export.content.citation import citation

    put_value(chosen, {}, citation())
    return 0
