"""``wickflow schema``: the published JSON Schemas."""

from __future__ import annotations

import argparse

from diagrams.commands.output import put

SCHEMAS = (
    "expansion",
    "open_series",
    "levels",
    "diagrams",
    "fronts",
    "regimes",
    "parameterisation",
    "solution",
    "closed_system",
    "mean_field",
    "problem_file",
    "check",
    "simulation",
    "agreement",
    "report",
)


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("schema", metavar="NAME", choices=SCHEMAS, help=", ".join(SCHEMAS))


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    import json

    from diagrams.export.json.documents import schema_data

    put(json.dumps(schema_data(chosen.schema), ensure_ascii=False, indent=1))
    return 0
