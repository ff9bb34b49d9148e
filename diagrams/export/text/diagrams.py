"""Tables of diagrams as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from diagrams.series.classes import DiagramTable


def table_text(table: DiagramTable, width: int | None = None) -> str:
    """Return the classes under a heading for each order.

    Without ``width`` every class has one line; with it, classes that are wider have lines of at
    most so many characters.
    """
    lines = [table.problem.title]
    for s, classes in enumerate(table.orders):
        count = f"{len(classes)} class{'es' if len(classes) != 1 else ''} of diagrams"
        lines.append(f"\nY_{s} = sum of coefficient * E[diagram], {count}:")
        rows = [
            (
                str(c.coefficient),
                str(c.symmetry_factor),
                str(c.contractions),
                str(c.leading),
                str(c.diagram),
            )
            for c in classes
        ]
        head = ("coefficient", "|Aut|", "pairings", "leading", "diagram")
        aligned = _aligned(head, rows)
        if width is not None and max(map(len, aligned)) > width:
            short = _aligned(head[:3], [row[:3] for row in rows])
            aligned = short[:1]
            for line, row in zip(short[1:], rows, strict=True):
                aligned += [line, *_folded(f"leading {row[3]}", width)]
                aligned += _folded(f"diagram {row[4]}", width)
        lines += aligned
    return "\n".join(lines)


def _aligned(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]


def _folded(text: str, width: int) -> list[str]:
    one, other = " " * 4, " " * 12
    return wrap(text, width, initial_indent=one, subsequent_indent=other, break_long_words=False)
