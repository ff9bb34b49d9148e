"""Which tables of averages there are: one colour, or several of one power."""

from __future__ import annotations

from functools import lru_cache

from diagrams.dynamics.averages.equal.moment_table import Table, moment_table
from diagrams.dynamics.averages.equal.radial_table import LOST, EqualTable
from diagrams.dynamics.averages.equal.sampled_table import SampledTable
from diagrams.dynamics.averages.equal.several_directions import SeveralColours
from diagrams.dynamics.averages.equal.two_directions import TwoColours
from diagrams.dynamics.petals.petals import Exponent
from diagrams.errors import NotSolved

PAIR = (2, 2)
"""The powers of the target for which directions have a rule of their own."""

ESTIMATED = ((2, 2, 2), (2, 2, 2, 2))
"""The powers of the target for which the rule of the directions is estimated."""

SPARE = 5
"""Digits of what is summed beyond those asked for, and the lost ones, where bounds are proved."""


def tabulated(driving: Exponent) -> bool:
    """Whether there is a table for a target ``v^driving``."""
    return proved(driving) or driving in ESTIMATED


def proved(driving: Exponent) -> bool:
    """Whether the bounds of the table are proved, not estimated."""
    return len(driving) <= 2 and len(set(driving)) == 1


@lru_cache(maxsize=32)
def average_table(driving: Exponent, digits: int) -> Table:
    """Return the table for a target ``v^driving``, and a precision; it grows as it is used.

    Raises :class:`~diagrams.errors.NotSolved` where there is none.
    """
    colours, half = len(driving), driving[0] // 2
    if not tabulated(driving):
        raise NotSolved(f"the coordinates: no table of averages for the product {driving}")
    if colours == 1:
        return moment_table(driving[0] - 2, digits)
    if driving == PAIR:
        return EqualTable(digits)
    if proved(driving):
        return SampledTable(colours, half, TwoColours(half, digits + LOST + SPARE))
    return SampledTable(colours, half, SeveralColours(colours, digits + LOST))
