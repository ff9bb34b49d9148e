"""The averages of an observable merged again and again with the atoms of a generator."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from diagrams.campaign.running import ALONE, Campaign
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.rings import is_rings, ring_moments
from diagrams.wick.transfer.running import run_stages
from diagrams.wick.transfer.structure import Problem


class Method(StrEnum):
    """What serves a problem in which every edge has one labelled node."""

    RINGS = "single rings in closed form"
    STAGES = "every row closed at its last touch"


def method(problem: Problem) -> Method:
    """What serves a problem."""
    return Method.RINGS if problem.plain and is_rings(problem) else Method.STAGES


def moments_of(
    problem: Problem, terms: int, campaign: Campaign = ALONE
) -> Iterator[dict[Sector, dict[Powers, int]]]:
    """For every order up to ``terms``, the averages of merged powers, by sectors.

    A sector is the number of an observable atom and how often every generator atom was merged; its
    value is the average at unit variances of the observable atom merged with these atoms, summed
    over all orders in which they can be merged, as ``{powers of the sizes of the families:
    coefficient}``.  Sectors whose average vanishes are left out.  Behind the powers of sizes stand
    those of the means of entries that also fluctuate.

    >>> from diagrams.graphs.diagram import Diagram
    >>> from diagrams.graphs.incidence import Alphabet
    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> from diagrams.wick.transfer.structure import problem_of
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> square = Diagram.of((u, "k i"), (u, "k i"))
    >>> alphabet = Alphabet.of([square])
    >>> atoms = [alphabet.encode(square)]
    >>> for moments in moments_of(problem_of(alphabet, atoms, atoms), 2):
    ...     print(moments)
    {(0, (0,)): {(1, 1): 1}}
    {(0, (1,)): {(1, 1): 4}}
    {(0, (2,)): {(1, 1): 16}}
    """
    if method(problem) is Method.RINGS:
        return ring_moments(problem, terms)
    return run_stages(problem, terms, campaign)
