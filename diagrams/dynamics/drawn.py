"""Runs of the very sizes at which a number of a formula is asked for.

A formula is that of large sizes.  What a run of given sizes does is told by a simulation, as far as
one can be afforded: when the median run blows up at ``t < 0``, and the median loss at ``t > 0``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING

from sympy import Rational

from diagrams.errors import WickflowError
from diagrams.problems.problem import Problem

if TYPE_CHECKING:
    from diagrams.flow import Simulation

Values = Mapping[str, Rational]
Given = tuple[tuple[str, Fraction], ...]

ENTRIES, PRODUCTS = 2**16, 2**24
"""Entries of trained tensors that are drawn, and those times the largest size, at most."""
MANY = 2**12
"""Entries from which one run is typical: the first blow-up then hardly fluctuates."""
SEEDS, STEPS, TOLERANCE = 3, 2000, 1e-5
WORK, COARSE, POINTS = 2**31, 1e-3, 33
"""What a run for its loss may cost (entries, largest size, steps), its tolerance and its times."""


def typical_blow_up(problem: Problem, values: Values, until: Rational) -> float | None:
    """Return the time at which the median run blows up; ``None`` if not before ``until``.

    Sizes that no run can have, and those too large to draw, are not judged.

    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=4, target="zero")
    >>> sizes = {"p": Rational(8), "H": Rational(8), "sigma": Rational(1), "T": Rational(1)}
    >>> typical_blow_up(free, sizes, Rational(-1, 10**6)) is None
    True
    >>> -1e-3 < typical_blow_up(free, sizes, Rational(-1)) < -1e-6
    True
    """
    if until >= 0 and problem.squared:  # bounded below
        return None
    return _blow_up(problem, _given(values), Fraction(until.p, until.q))


@dataclass(frozen=True)
class DrawnLoss:
    """Times, the median loss of ``seeds`` runs at them, and the standard error of the last one.

    ``error`` is ``None`` for a single run.
    """

    times: tuple[float, ...]
    losses: tuple[float, ...]
    seeds: int
    error: float | None

    @property
    def words(self) -> str:
        """What the last loss is."""
        if self.seeds == 1:
            return "one run of these sizes"
        return f"the median of {self.seeds} runs of these sizes"


def loss_of_run(problem: Problem, values: Values, until: Rational) -> DrawnLoss | None:
    """Return the median losses of runs at times from zero to ``until``.

    ``None`` where no runs can be afforded, or one has blown up.

    >>> from diagrams.problems.cp import cp_problem
    >>> sizes = {"p": Rational(8), "H": Rational(8), "sigma": Rational(1), "T": Rational(1)}
    >>> curve = loss_of_run(cp_problem(order=4, target="zero"), sizes, Rational(1))
    >>> curve.times[0], curve.times[-1], curve.losses[-1] < curve.losses[0] / 10
    (0.0, 1.0, True)
    """
    return _losses(problem, _given(values), Fraction(until.p, until.q))


def _given(values: Values) -> Given:
    return tuple(sorted((n, Fraction(v.p, v.q)) for n, v in values.items() if n != "t"))


@lru_cache(maxsize=256)
def _blow_up(problem: Problem, values: Given, until: Fraction) -> float | None:
    run = _run(problem, values, until, points=2, tolerance=TOLERANCE, steps=STEPS)
    if run is None:
        return None
    end = median(math.copysign(math.inf, until) if b is None else b.time for b in run.blow_ups)
    return None if math.isinf(end) else float(end)


@lru_cache(maxsize=256)
def _losses(problem: Problem, values: Given, until: Fraction) -> DrawnLoss | None:
    cost = _cost(problem, dict(values))
    steps = 0 if cost is None else min(STEPS, WORK // (cost[0] * cost[1]))
    run = _run(problem, values, until, points=POINTS, tolerance=COARSE, steps=steps)
    if run is None or any(end is not None for end in run.blow_ups):
        return None
    from diagrams.flow.statistics import median_error

    last = run.losses[:, -1].tolist()
    return DrawnLoss(tuple(run.grid), tuple(run.median.tolist()), len(last), median_error(last))


def _run(
    problem: Problem, values: Given, until: Fraction, points: int, tolerance: float, steps: int
) -> Simulation | None:
    """Simulate a few seeds; ``None`` where it would be too much, or cannot be done."""
    from diagrams.flow import FlowSettings, simulate  # numpy is loaded for it alone

    known = dict(values)
    cost = _cost(problem, known)
    if cost is None or cost[0] > ENTRIES or cost[0] * cost[1] > PRODUCTS:
        return None
    unit = float(known.pop("T"))
    while problem.written is not None:
        problem, symbols = problem.written
        back = {new: old for old, new in symbols}
        known = {back.get(name, name): value for name, value in known.items()}
    try:
        return simulate(
            problem,
            until=float(until),
            T=unit,
            at={n: int(v) if v.denominator == 1 else float(v) for n, v in known.items()},
            seeds=1 if cost[0] >= MANY else SEEDS,
            points=points,
            settings=FlowSettings(tolerance=tolerance, steps=steps, check=False),
        )
    except (WickflowError, ArithmeticError):
        return None


def _cost(problem: Problem, values: Mapping[str, Fraction]) -> tuple[int, int] | None:
    """How many entries of trained tensors a run has, and its largest size, if it can be drawn."""
    sizes = [values.get(name) for name in problem.sizes]
    if any(size is None or size.denominator != 1 for size in sizes):
        return None
    total = problem.weights({n: x for n, x in values.items() if n in problem.sizes})
    return total, max((int(size) for size in sizes if size is not None), default=1)
