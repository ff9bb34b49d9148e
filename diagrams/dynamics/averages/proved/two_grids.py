"""Numbers of coordinates of two colours to many digits, with errors estimated from two grids.

The grids, and the numbers on them, are those of :mod:`diagrams.dynamics.averages.proved.proof`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import log

from flint import arb

from diagrams.dynamics.averages.proved.limbs import TERMS_LIMIT
from diagrams.dynamics.averages.proved.proof import (
    GUARD,
    Run,
    growth_of,
    rough_run,
    spare_digits,
    two_colours,
)
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.roads.coordinates.averages import Averages
from diagrams.errors import NotSolved
from pde.numbers.balls import hull, precision
from pde.numbers.evaluation import Value, narrow_value

WIDE = tuple(Fraction(k, 256) for k in (84, 66, 52, 41, 32, 25, 20, 16, 12))
"""Distances of points that are tried."""

ESTIMATE_LIMIT = 150.0
"""The most seconds for a proof, and for the last grid of an estimate."""

PROBE = 8
"""Digits at which it is seen how fast sums over wide grids converge."""


def by_two_grids(
    closure: Closure,
    exact: Mapping[str, Fraction],
    constant: Fraction,
    clocks: Sequence[Fraction],
    digits: int,
    seconds: float = ESTIMATE_LIMIT,
) -> tuple[Value, ...]:
    """Return ``E[L]`` like :func:`by_grid`, with errors estimated from two grids and tolerances.

    Far fewer points do than can be proved to.  Raises as :func:`by_grid` does.
    """
    problem = two_colours(closure, exact, constant, -1 if clocks[-1] < 0 else 1)
    marks = [abs(clock) for clock in clocks]
    with precision(40):
        steps, rough = rough_run(problem, marks)
    growth, wanted = growth_of(steps) * 1.1, max(digits + 2 - spare_digits(problem, rough), 3)
    before: list[arb] | None = None
    needed = _needed_spacing(problem, marks, wanted, growth)
    if Run(problem, marks, wanted, needed, growth).seconds > seconds:
        raise _too_long(digits, seconds)
    for k, spacing in enumerate(h for h in WIDE if h <= needed * Fraction(3, 2)):
        run = Run(problem, marks, wanted + k % 2, spacing, growth)
        if run.seconds > seconds or run.order > TERMS_LIMIT:
            break
        with precision(run.digits + GUARD + 30):
            values = [value.mid() for value in run.values(run.steps())]
            if before is not None:
                errors = [
                    abs(a - b) + abs(b) * arb(10) ** (-digits - 3)
                    for a, b in zip(before, values, strict=True)
                ]
                balls = [a + hull(e) for a, e in zip(values, errors, strict=True)]
                found = [narrow_value(value, digits) for value in balls]
                kept = [replace(v, method="two tolerances") for v in found if v is not None]
                if len(kept) == len(marks):
                    return tuple(kept)
            before = values
    raise _too_long(digits, seconds)


def _too_long(digits: int, seconds: float) -> NotSolved:
    return NotSolved(f"{digits} digits would take more than about {seconds:.0f} seconds")


def _needed_spacing(
    problem: Averages, marks: Sequence[Fraction], wanted: int, growth: float
) -> Fraction:
    """About the distance of points for so many digits, from what two wide grids miss.

    What a grid misses falls like ``exp(-c / spacing)``.  The widest grid, if that shows nothing.
    """
    digits = min(wanted, PROBE)
    found = []
    for spacing in WIDE[:2]:
        run = Run(problem, marks, digits, spacing, growth)
        with precision(digits + GUARD + 30):
            steps = run.steps()
            part = steps[-1].part(marks[-1])
            found.append([*(q(part).mid() for q in steps[-1].averages)])
    missed = max(abs(float(a - b)) for a, b in zip(*found, strict=True))
    if missed < 10.0 ** (2 - digits):
        return WIDE[0]
    return Fraction(log(min(missed, 0.5)) / (-wanted * log(10))).limit_denominator(256) * WIDE[0]
