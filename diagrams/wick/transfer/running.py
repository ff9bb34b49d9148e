"""Carrying the recursion out: chunk by chunk, by many workers, from the last checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache

from diagrams.campaign import Campaign, Progress
from diagrams.wick.transfer.checkpoints import Checkpoints, Found, chunks_of, cut
from diagrams.wick.transfer.levels import Item, Level, Levels, no_collector, sorted_by_marks
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.structure import Problem

Task = tuple[Problem, int, str, int, list[Item]]
WORTH_KEEPING = 2.0
"""Seconds of work after which checkpoints begin."""


@lru_cache(maxsize=1)
def _levels(problem: Problem, terms: int) -> Levels:
    return Levels(problem, terms)


def work(task: Task) -> Level:
    """Advance one chunk of states by one step; what a worker does."""
    problem, terms, step, merges, items = task
    levels = _levels(problem, terms)
    result: Level = {}
    with no_collector():
        if step == "merge":
            levels.merge(items, merges, result)
        else:
            levels.resolve(items, merges, result)
    return result


class _Run:
    def __init__(self, problem: Problem, terms: int, campaign: Campaign) -> None:
        self.problem, self.terms, self.campaign = problem, terms, campaign
        self.checkpoints = Checkpoints(campaign.store, problem, terms)
        self.began = time.monotonic()

    @property
    def worth_keeping(self) -> bool:
        return time.monotonic() - self.began > WORTH_KEEPING

    def advance(self, level: Level, order: int, step: str, marks: int, result: Level) -> None:
        """Add the outcome of one step for all states of ``level``, which is emptied."""
        states = len(level)
        merges = self.terms - order
        place = (order, marks)
        known: dict[int, Level] = {}
        numbers: list[int] = []
        sizes: dict[int, int] = {}

        def tasks() -> Iterator[Task]:
            for number, items in enumerate(cut(level, chunks_of(states))):
                sizes[number] = len(items)
                outcome = self.checkpoints.chunk(*place, number)
                if outcome is None:
                    numbers.append(number)
                    yield (self.problem, self.terms, step, merges, items)
                else:
                    known[number] = outcome

        done = 0
        for handled, outcome in enumerate(self.campaign.outcomes(work, tasks())):
            number = numbers[handled]
            while done < number:
                add(known.pop(done), result)
                done += 1
            if self.campaign.store is not None and self.worth_keeping:
                self.checkpoints.keep_chunk(outcome, *place, number)
            add(outcome, result)
            done += 1
            self.campaign.check_memory(f"order {order} of {self.terms}")
            dealt = sum(sizes[n] for n in range(done))
            self.campaign.tell(Progress(order, self.terms, dealt, states))
        for number in sorted(known):
            add(known[number], result)

    def orders(self) -> Iterator[dict[Sector, dict[Powers, int]]]:
        levels = _levels(self.problem, self.terms)
        found: Found = []
        earlier = self.checkpoints.latest()
        if earlier is None:
            level = levels.start()
        else:
            found, level = earlier
            yield from found
        for order in range(len(found), self.terms + 1):
            with no_collector():
                if order:
                    merged: Level = {}
                    self.advance(level, order, "merge", 0, merged)
                    level = merged
                by_marks = sorted_by_marks(level)
                for marks in range(len(by_marks) - 1, 0, -1):
                    self.advance(by_marks[marks], order, "resolve", marks, by_marks[marks - 1])
                level = by_marks[0]
            moments = levels.finished(level)
            found.append(moments)
            if self.worth_keeping and order < self.terms:
                self.checkpoints.keep_level(found, level)
            yield moments
        self.checkpoints.finish()


def add(part: Level, result: Level) -> None:
    """Add the coefficients of one level to another."""
    for state, coefficients in part.items():
        target = result.get(state)
        if target is None:
            result[state] = coefficients
            continue
        for code, value in coefficients.items():
            target[code] = target[code] + value if code in target else value


def run_levels(
    problem: Problem, terms: int, campaign: Campaign
) -> Iterator[dict[Sector, dict[Powers, int]]]:
    """Yield the terms of every order, as :meth:`Levels.run` does, in a campaign.

    >>> from diagrams.wick.transfer.structure import Atom
    >>> D = Atom((1, 1), ((0, 1), (0, 1)))
    >>> problem = Problem(2, (1,), (0,), (True,), (), (D,), (D,))
    >>> list(run_levels(problem, 2, Campaign())) == list(Levels(problem, 2).run())
    True
    """
    return _Run(problem, terms, campaign).orders()
