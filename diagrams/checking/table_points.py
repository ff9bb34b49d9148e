"""The rows of a table as numbers with errors: rounding, declared, and statistical."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath

from diagrams.checking.extraction import DIGITS, Points, student
from diagrams.checking.tables import PredictionTable, Row
from diagrams.polynomials.evaluation import real

INTEGRATION = Fraction(1, 10**8)
"""Relative accuracy that the losses of a simulation are trusted to, unless said otherwise."""


def table_points(
    rows: Sequence[Row], unit: Fraction, table: PredictionTable, accuracy: Fraction | None
) -> Points:
    """The rows as numbers, times in units of T."""
    counts = {len(row.samples) for row in rows}
    seeds = counts.pop() if len(counts) == 1 else 0
    with mpmath.workdps(DIGITS):
        relative = accuracy
        if relative is None:
            relative = INTEGRATION if table.spec else Fraction(0)
        samples: tuple[tuple[Any, ...], ...] = ()
        if seeds > 2 and table.statistical:
            columns = zip(*(row.samples for row in rows), strict=True)
            samples = tuple(tuple(map(real, column)) for column in columns)
        declared = []
        for row in rows:
            error = relative * abs(row.value)
            if row.error is not None and not samples:
                error += row.error * (3 if table.statistical else 1)
            declared.append(real(error))
        return Points(
            tuple(real(row.t / unit) for row in rows),
            tuple(real(row.value) for row in rows),
            tuple(real(row.rounding) for row in rows),
            samples,
            student(seeds - 1) if samples else 3.0,
            tuple(declared),
        )
