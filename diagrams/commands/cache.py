"""``wickflow cache``: what is kept of earlier computations."""

from __future__ import annotations

import argparse

from diagrams.commands.output import put


def add(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("action", choices=("info", "clear"), help="info or clear")


def run(chosen: argparse.Namespace) -> int:
    """Carry the command out; return the exit code."""
    from diagrams.campaign.cache import Store
    from diagrams.campaign.memory import readable_bytes

    store = Store()
    if chosen.action == "clear":
        put(f"{store.clear()} entries deleted from {store.path}")
        return 0
    info = store.info()
    put(f"{info.path}\n{info.entries} entries, {readable_bytes(info.size)}")
    if store.trouble is not None:
        put(f"not in use: {store.trouble}")
    return 0
