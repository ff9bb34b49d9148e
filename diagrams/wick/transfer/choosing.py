"""Choosing between forms of one problem: which nodes are labelled decides how fast states grow.

Nothing cheaper than trying tells: the recursion is run to low orders, and its states are counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.wick.transfer.stages import Key, Stage, Stages
from diagrams.wick.transfer.structure import Problem

ENOUGH = 1500
"""States after which a form is not followed further."""


ROWS = 4
"""Forms with atoms of more rows than this are not tried where others have fewer."""

TOKENS = 6
"""A row that meets more cells of different sorts than this is not closed on trial."""


class _TooMany(Exception):
    """A form leads to more than a trial follows."""


class _Counted(Stages):
    """A recursion that counts the coefficients of states, and ends when there are enough."""

    states = 0

    def _patterns(self, key: Key) -> list[tuple[tuple[tuple[int, ...], ...], int]]:
        if sum(map(len, key)) > TOKENS:
            raise _TooMany
        return super()._patterns(key)

    def closed(self, stage: Stage, merges: int) -> Stage:
        self.states += sum(map(len, stage.values()))
        if self.states > ENOUGH:
            raise _TooMany
        return super().closed(stage, merges)


def _states(problem: Problem, terms: int) -> int:
    counted = _Counted(problem, terms)
    try:
        for _ in counted.run():
            pass
    except _TooMany:
        return max(counted.states, ENOUGH + 1)
    return counted.states


def cheapest(problems: Sequence[Problem], terms: int) -> int:
    """The place of the form that leads to the fewest states, as far as a short trial tells.

    >>> from diagrams.wick.transfer.structure import CellAtom
    >>> one = Problem(2, (1,), (0,), (True,), (), (), (CellAtom((1, 1), ((0, 1), (0, 1))),))
    >>> cheapest([one], 5)
    0
    """
    rows = [
        max((len(a.families) for a in (*p.observable, *p.generator)), default=0) for p in problems
    ]
    left = [place for place, most in enumerate(rows) if most <= max(ROWS, min(rows))]
    for order in range(1, terms + 1):
        if len(left) == 1:
            break
        states = {place: _states(problems[place], order) for place in left}
        fewest = min(states.values())
        if fewest > ENOUGH // 4 or order == terms:
            return min(left, key=lambda place: (states[place], place))
        left = [place for place in left if states[place] <= 4 * fewest]
    return left[0]
