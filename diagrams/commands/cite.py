"""``wickflow cite``: what to cite."""

from __future__ import annotations

import argparse

from diagrams.commands.output import put


def add(_: argparse.ArgumentParser) -> None:
    """Declare no options."""


def run(_: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.provenance import citation

    put(citation())
    return 0
