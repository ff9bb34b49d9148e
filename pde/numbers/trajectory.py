"""Numerical integration of ordinary differential equations to any precision, with an error.

Gragg-Bulirsch-Stoer: modified midpoint steps of n = 2, 4, 6, .. substeps extrapolated to zero
step size (an expansion in h^2), in mpmath at the precision asked for. The error of the result
is estimated by a second run with a tolerance 1000 times looser. A step size that collapses is
reported as the end of the domain, never as a hang.

>>> result = integrate(lambda t, y: [y[0]], mpmath.mpf(0), [mpmath.mpf(1)], mpmath.mpf(1), 20)
>>> with mpmath.workdps(30):
...     bool(abs(result.state[0] - mpmath.e) < result.error < 1e-17)
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath

from pde.errors import OutsideDomainError

RightHandSide = Callable[[Any, Sequence[Any]], Sequence[Any]]
LOOSENING = 1000
MAXIMUM_STEPS = 2000


@dataclass(frozen=True)
class Trajectory:
    """The state at the end of the interval, a bound on its error, and the number of steps."""

    state: tuple[Any, ...]
    error: Any
    steps: int


def integrate(
    rates: RightHandSide, start: Any, state: Sequence[Any], end: Any, digits: int = 15
) -> Trajectory:
    """Return the state at ``end`` of y' = rates(t, y), y(start) = state.

    Raises OutsideDomainError, naming the time reached, if the solution does not extend to
    ``end`` (the step size collapses or the right-hand side is singular).
    """
    with mpmath.workdps(digits + 12):
        if start == end:
            return Trajectory(tuple(state), mpmath.mpf(0), 0)
        tolerance = mpmath.mpf(10) ** (-digits - 1)
        fine, steps = _run(rates, start, state, end, tolerance, digits)
        coarse, _ = _run(rates, start, state, end, tolerance * LOOSENING, digits)
        difference = max(abs(a - b) for a, b in zip(fine, coarse, strict=True))
        scale = max(abs(a) for a in fine)
        error = difference + scale * mpmath.mpf(10) ** (-digits - 3)
        return Trajectory(tuple(fine), error, steps)


def _run(
    rates: RightHandSide, start: Any, state: Sequence[Any], end: Any, tolerance: Any, digits: int
) -> tuple[list[Any], int]:
    columns = max(6, min(14, digits // 3 + 3))
    time, current = mpmath.mpf(start), [mpmath.mpmathify(y) for y in state]
    length = end - time
    step = length / 8
    for count in range(MAXIMUM_STEPS):
        if abs(step) > abs(end - time):
            step = end - time
        trial = _extrapolated(rates, time, current, step, columns)
        if trial is None:
            error = mpmath.inf
        else:
            proposed, difference = trial
            scale = 1 + max(abs(y) for y in proposed)
            error = difference / (scale * tolerance * max(abs(step / length), mpmath.mpf("1e-3")))
        if error <= 1:
            time, current = time + step, proposed
            if time == end or abs(end - time) <= abs(length) * mpmath.eps * 4:
                return current, count + 1
        exponent = mpmath.mpf(1) / (2 * columns - 1)
        factor = (
            mpmath.mpf("0.25")
            if not mpmath.isfinite(error)
            else (mpmath.mpf("0.9") * (1 / max(error, mpmath.mpf("1e-30"))) ** exponent)
        )
        step *= min(mpmath.mpf(3), max(mpmath.mpf("0.1"), factor))
        if abs(step) < abs(length) * mpmath.mpf(10) ** (-digits // 2 - 6):
            break
    raise OutsideDomainError(
        f"the characteristic cannot be followed beyond clock = {mpmath.nstr(time, 15)}",
        "clock",
        mpmath.nstr(time, 15),
    )


def _extrapolated(
    rates: RightHandSide, time: Any, state: Sequence[Any], step: Any, columns: int
) -> tuple[list[Any], Any] | None:
    row: list[list[Any]] = []
    try:
        slope = list(rates(time, state))
        for k in range(columns):
            n = 2 * (k + 1)
            previous, row = row, [_midpoint(rates, time, state, slope, step, n)]
            for j in range(k):
                ratio = mpmath.mpf(n) / (2 * (k - j))
                weight = 1 / (ratio**2 - 1)
                row.append([a + (a - b) * weight for a, b in zip(row[j], previous[j], strict=True)])
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    difference = max(abs(a - b) for a, b in zip(row[-1], row[-2], strict=True))
    return (row[-1], difference) if mpmath.isfinite(difference) else None


def _midpoint(
    rates: RightHandSide, time: Any, state: Sequence[Any], slope: Sequence[Any], step: Any, n: int
) -> list[Any]:
    h = step / n
    before = list(state)
    now = [y + h * f for y, f in zip(state, slope, strict=True)]
    for i in range(1, n):
        values = rates(time + i * h, now)
        before, now = now, [y + 2 * h * f for y, f in zip(before, values, strict=True)]
    values = rates(time + step, now)
    return [(a + b + h * f) / 2 for a, b, f in zip(now, before, values, strict=True)]
