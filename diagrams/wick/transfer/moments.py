"""The averages of an observable merged again and again with the atoms of a generator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from diagrams.campaign.running import ALONE, Campaign
from diagrams.graphs.incidence import Alphabet, State
from diagrams.wick.transfer.coloured_rings import coloured_ring_moments, is_coloured_rings
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.rings import is_rings, ring_moments
from diagrams.wick.transfer.running import run_levels
from diagrams.wick.transfer.structure import Problem, problem_of


def sector_moments(
    alphabet: Alphabet,
    observable: Sequence[State],
    generator: Sequence[State],
    terms: int,
    merged: Sequence[frozenset[int]] = (),
    campaign: Campaign = ALONE,
) -> Iterator[dict[Sector, dict[Powers, int]]]:
    """For every order up to ``terms``, the averages of merged powers, by sectors.

    A sector is the number of an observable atom and how often every generator atom was
    merged; its value is the average at unit variances of the observable atom merged with
    these atoms, summed over all orders in which they can be merged, as
    ``{powers of the sizes of alphabet.families: coefficient}``.  Sectors whose average
    vanishes are left out.  Behind the powers of sizes stand those of the means of entries that
    also fluctuate.  ``merged`` restricts the merges of each generator atom to some kinds; by
    default it is merged along all trained ones.

    Raises :class:`~diagrams.wick.transfer.structure.UnsupportedStructure` at once when an edge
    does not touch exactly one labelled node, or entries are not independent and alike.

    >>> from diagrams.graphs.diagram import Diagram
    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> square = Diagram.of((u, "k i"), (u, "k i"))
    >>> alphabet = Alphabet.of([square])
    >>> atoms = [alphabet.encode(square)]
    >>> for moments in sector_moments(alphabet, atoms, atoms, 2):
    ...     print(moments)
    {(0, (0,)): {(1, 1): 1}}
    {(0, (1,)): {(1, 1): 4}}
    {(0, (2,)): {(1, 1): 16}}
    """
    return moments_of(problem_of(alphabet, observable, generator, merged), terms, campaign)


def moments_of(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[dict[Sector, dict[Powers, int]]]:
    """The same for a problem on integers, by what serves it best."""
    chosen = method(problem)
    if chosen is Method.RINGS:
        return ring_moments(problem, terms)
    if chosen is Method.WORDS:
        return coloured_ring_moments(problem, terms)
    return run_levels(problem, terms, campaign)


class Method(StrEnum):
    """What serves a problem in which every edge has one labelled node."""

    RINGS = "single rings in closed form"
    WORDS = "rings as cyclic words"
    LEVELS = "every row closed at its last touch"


def method(problem: Problem) -> Method:
    """What serves a problem."""
    if problem.plain and is_rings(problem):
        return Method.RINGS
    return Method.WORDS if problem.plain and is_coloured_rings(problem) else Method.LEVELS
