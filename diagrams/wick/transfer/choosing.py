"""Choosing between forms of one problem: which nodes are labelled decides how fast states grow.

Nothing cheaper than trying tells: the recursion is run to low orders, and its states are counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.wick.transfer.levels import Level, Levels
from diagrams.wick.transfer.structure import Problem

ENOUGH = 1500
"""States after which a form is not followed further."""


class _Counted(Levels):
    """A recursion that counts the coefficients of states, and stops when there are enough."""

    states = 0
    limit = ENOUGH

    def closed(self, level: Level, merges: int) -> Level:
        self.states += sum(map(len, level.values()))
        if self.states > self.limit:
            level.clear()
        return super().closed(level, merges)


def _states(problem: Problem, terms: int) -> int:
    counted = _Counted(problem, terms)
    for _ in counted.run():
        if counted.states > ENOUGH:
            break
    return counted.states


def cheapest(problems: Sequence[Problem], terms: int) -> int:
    """The place of the form that leads to the fewest states, as far as a short trial tells.

    >>> from diagrams.wick.transfer.structure import Atom
    >>> one = Problem(2, (1,), (0,), (True,), (), (), (Atom((1, 1), ((0, 1), (0, 1))),))
    >>> cheapest([one], 5)
    0
    """
    left = list(range(len(problems)))
    for order in range(1, terms + 1):
        if len(left) == 1:
            break
        states = {place: _states(problems[place], order) for place in left}
        fewest = min(states.values())
        if fewest > ENOUGH // 4 or order == terms:
            return min(left, key=lambda place: (states[place], place))
        left = [place for place in left if states[place] <= 4 * fewest]
    return left[0]
