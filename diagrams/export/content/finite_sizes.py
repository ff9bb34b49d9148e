"""What documents say of a solution at finite sizes: a table, its evidence, a plateau it leaves."""

from __future__ import annotations

from itertools import zip_longest

from diagrams.dynamics.finite_sizes import FiniteSizeCurve
from diagrams.export.content import blocks as b
from diagrams.export.content.runs import TIME, cell

NEXT_ORDER = "next order"
HEADS = ("leading order", NEXT_ORDER, "deviation of a run")


def finite_size_blocks(found: FiniteSizeCurve, leading: tuple[float, ...]) -> b.Blocks:
    """Leading solution, next order and deviation at times, and how they are known."""
    blocks: list[b.Block] = []
    if found.refusal:
        blocks.append(b.note(NEXT_ORDER, f"none: {found.refusal}"))
    else:
        curves = (found.times, leading, found.mean, found.deviation)
        rows = tuple(
            tuple(cell(None if number is None else float(number)) for number in row)
            for row in zip_longest(*curves)
        )
        blocks.append(b.Table(b.columns((TIME, 0.1), *((head, 0.2) for head in HEADS)), rows))
        blocks.append(b.evidence_note(found.evidence, NEXT_ORDER))
    if found.escape is not None:
        blocks.append(b.note("plateau", found.escape.sentence))
        blocks.append(b.evidence_note(found.escape.evidence, "the plateau"))
    return tuple(blocks)
