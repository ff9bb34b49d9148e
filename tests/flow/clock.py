"""The clock test: does anything visible happen at the time that a regime prescribes?

A front's natural time may be set by a mode of vanishing relative size (it rules every Taylor
coefficient, and nothing else).  Then the relative drop of the simulated loss at that time tends
to zero as the sizes grow; where the clock is right it stays of order one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diagrams.flow import FlowSettings, simulate
from diagrams.problems.cp import CPProblem


@dataclass(frozen=True)
class Scale:
    """Hidden size, standard deviation and time scale ``t/T`` that belong to a number p."""

    H: int
    sigma: float
    time: float


def relative_drops(
    problem: CPProblem,
    p_values: Sequence[int],
    scale: Callable[[int], Scale],
    seeds: int = 8,
) -> list[float]:
    """``1 - median L(time) / median L(0)`` for every p."""
    drops = []
    for p in p_values:
        here = scale(p)
        run = simulate(
            problem,
            p=p,
            H=here.H,
            sigma=here.sigma,
            until=here.time,
            seeds=seeds,
            points=2,
            settings=FlowSettings(tolerance=1e-6, check=False),
        )
        start, end = run.median
        drops.append(1 - end / start)
    return drops


def keeps_time(drops: Sequence[float], fraction: float = 0.75) -> bool:
    """Whether the drop stays of order one: it never falls below a fraction of the one before."""
    return all(b > fraction * a for a, b in itertools.pairwise(drops))
