"""``wickflow schema``: the published JSON Schemas."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from diagrams.commands.output import put


class _Names(Sequence[str]):
    """The names of the documents, read when somebody asks: every command starts without them."""

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        from diagrams.export.json.documents import DOCUMENTS

        return list(DOCUMENTS)[place]

    def __len__(self) -> int:
        from diagrams.export.json.documents import DOCUMENTS

        return len(DOCUMENTS)


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("schema", metavar="NAME", choices=_Names(), help="%(choices)s")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    import json

    from diagrams.export.json.documents import schema_data

    put(json.dumps(schema_data(chosen.schema), ensure_ascii=False, indent=1))
    return 0
