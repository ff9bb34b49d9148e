"""Averages of observables in which nothing moves any more: what was merged otherwise."""

from __future__ import annotations

from dataclasses import replace

from diagrams.campaign.running import Campaign
from diagrams.graphs.combination import Combination
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.tensors import Role
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import NOTHING, Problem
from diagrams.series.ways import derivatives, derivatives_by_merging, derivatives_by_words
from diagrams.wick.means import centred
from diagrams.wick.transfer import UnsupportedStructure

ROWS = 8
"""The recursion by rows takes all cases of which rows are equal: Bell numbers of them."""


def averaged_at_rest(problem: Problem, combination: Combination, campaign: Campaign) -> Polynomial:
    """The mean of diagrams of the tensors of a problem, by a way that many rows do not lose."""
    resting = {tensor: replace(tensor, role=Role.FROZEN) for tensor in problem.trained}
    resting |= {centred(tensor): centred(still) for tensor, still in resting.items()}
    observable = Combination(tuple((d.with_tensors(resting), c) for d, c in combination))
    still = replace(problem, observable=observable, potential=NOTHING, sampled=NOTHING)
    alphabet = Alphabet.of(diagram for diagram, _ in observable)
    rows = max(len(alphabet.encode(diagram)[0]) for diagram, _ in observable)
    ways = (derivatives,) if rows <= ROWS else (derivatives_by_words, derivatives_by_merging)
    for way in ways:
        try:
            return next(iter(way(still, 0, campaign)))
        except UnsupportedStructure:
            continue
    raise AssertionError("merging needs no structure")
