"""The form of the recursion's checkpoints: plain text, read back with every line checked."""

from __future__ import annotations

import json

from diagrams.campaign.checkpoints import Form, read_states, written_states
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.stages import Stage

Found = list[dict[Sector, dict[Powers, int]]]

VERSION = 3
"""Raised whenever the recursion or the form of its entries changes."""


def _written_found(found: Found) -> str:
    return json.dumps(
        [
            [
                [number, counts, [[*powers, f"{value:x}"] for powers, value in terms.items()]]
                for (number, counts), terms in moments.items()
            ]
            for moments in found
        ]
    )


def _read_found(text: str) -> Found:
    return [
        {
            (int(number), tuple(map(int, counts))): {
                tuple(map(int, powers)): int(value, 16) for *powers, value in terms
            }
            for number, counts, terms in moments
        }
        for moments in json.loads(text)
    ]


def _written(known: tuple[Found, Stage]) -> bytes:
    found, stage = known
    return _written_found(found).encode() + b"\n" + written_states(stage)


def _read(payload: bytes) -> tuple[Found, Stage]:
    head, _, rest = payload.partition(b"\n")
    return _read_found(head.decode()), read_states(rest)


FORM: Form[Stage, tuple[Found, Stage]] = Form(written_states, read_states, _written, _read)
"""Outcomes are stages; between orders the terms found so far and the stage after them are known."""
