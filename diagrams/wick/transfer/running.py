"""Carrying the recursion out: share by share, by many workers, from the last checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

from diagrams.campaign.cache import digest
from diagrams.campaign.checkpoints import Checkpoints, Piece
from diagrams.campaign.running import Campaign
from diagrams.wick.transfer.checkpoints import FORM, VERSION, Found
from diagrams.wick.transfer.naming import Name
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.shares import Share
from diagrams.wick.transfer.stages import Item, Stage, Stages, no_collector
from diagrams.wick.transfer.structure import Problem

Task = tuple[Problem, int, int, Share, list[Item]]


@lru_cache(maxsize=1)
def _stages(problem: Problem, terms: int) -> Stages:
    return Stages(problem, terms)


def work(task: Task) -> Stage:
    """Advance one share of a stage by one order; what a worker does."""
    problem, terms, merges, share, items = task
    return _stages(problem, terms).advanced(items, merges, share)


class _Run:
    def __init__(self, problem: Problem, terms: int, campaign: Campaign) -> None:
        self.problem, self.terms = problem, terms
        self.checkpoints = Checkpoints(campaign, FORM, "transfer", VERSION, problem, terms)

    def advanced(self, stage: Stage, order: int) -> Stage:
        """Merge all states of a stage once more and close what can be closed."""
        states = list(stage)
        pieces = [
            Piece(
                digest(sorted(share.sizes), share.part, share.parts),
                weight,
                partial(self._task, stage, states, order, share, places),
            )
            for share, weight, places in _stages(self.problem, self.terms).shares.divide(states)
        ]
        result: Stage = {}
        with no_collector():
            for _, outcome in self.checkpoints.outcomes(work, pieces, order, self.terms):
                add(outcome, result)
        return result

    def _task(
        self, stage: Stage, states: list[Name], order: int, share: Share, places: list[int]
    ) -> Task:
        items = [(state, stage[state]) for state in map(states.__getitem__, places)]
        return self.problem, self.terms, self.terms - order, share, items

    def orders(self) -> Iterator[dict[Sector, dict[Powers, int]]]:
        stages = _stages(self.problem, self.terms)
        found: Found = []
        earlier = self.checkpoints.latest()
        if earlier is None:
            stage = stages.start()
        else:
            found, stage = earlier
            yield from found
        for order in range(len(found), self.terms + 1):
            stage = self.advanced(stage, order) if order else stages.closed(stage, self.terms)
            moments = stages.finished(stage)
            found.append(moments)
            if order < self.terms:
                self.checkpoints.keep((found, stage))
            yield moments
        self.checkpoints.finish()


def add(part: Stage, result: Stage) -> None:
    """Add the coefficients of one stage to another."""
    for state, coefficients in part.items():
        target = result.get(state)
        if target is None:
            result[state] = coefficients
            continue
        for code, value in coefficients.items():
            target[code] = target[code] + value if code in target else value


def run_stages(
    problem: Problem, terms: int, campaign: Campaign
) -> Iterator[dict[Sector, dict[Powers, int]]]:
    """Yield the terms of every order, as :meth:`Stages.run` does, in a campaign.

    >>> from diagrams.wick.transfer.structure import CellAtom
    >>> D = CellAtom((1, 1), ((0, 1), (0, 1)))
    >>> problem = Problem(2, (1,), (0,), (True,), (), (D,), (D,))
    >>> list(run_stages(problem, 2, Campaign())) == list(Stages(problem, 2).run())
    True
    """
    return _Run(problem, terms, campaign).orders()
