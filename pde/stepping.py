"""Adaptive Runge-Kutta steps for large systems, real or complex, in double precision.

Dormand and Prince's pair of orders 5 and 4 (J. Comp. Appl. Math. 6, 19 (1980)), on NumPy arrays.
A step size that collapses ends the run: the time reached is reported, never a hang.

>>> end = follow(lambda t, y: y, numpy.array([1.0]), 1.0, tolerance=1e-12)
>>> bool(abs(end[0] - numpy.e) < 1e-10)
True
>>> follow(lambda t, y: y * y, numpy.array([1.0]), 2.0)
Traceback (most recent call last):
    ...
pde.errors.OutsideDomainError: the solution cannot be followed beyond time = 1
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from pde.errors import OutsideDomainError

STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
TIMES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
ERRORS = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
MAXIMUM_STEPS = 20000

Rates = Callable[[float, Any], Any]


def follow(rates: Rates, state: Any, end: float, tolerance: float = 1e-10) -> Any:
    """Return the state at time ``end`` (of either sign) of y' = rates(t, y) from time 0.

    ``tolerance`` bounds the error of a step relative to the largest entry. Raises
    OutsideDomainError, with the time reached as ``bound``, where the solution ends.
    """
    time, direction = 0.0, 1.0 if end >= 0 else -1.0
    length = abs(end)
    current = numpy.array(state, dtype=complex if numpy.iscomplexobj(state) else float)
    if not length:
        return current
    slope = rates(0.0, current)
    scale = float(numpy.max(numpy.abs(slope))) or 1.0
    step = min(length, 0.01 * (float(numpy.max(numpy.abs(current))) or 1.0) / scale)
    with numpy.errstate(all="ignore"):
        for _ in range(MAXIMUM_STEPS):
            step = min(step, length - abs(time))
            if step <= 1e-14 * length and length - abs(time) > 2 * step:
                break
            proposed, last, error = _trial(rates, time, current, slope, direction * step)
            size = float(numpy.max(numpy.abs(proposed)))
            ratio = error / (tolerance * max(size, 1e-300)) if numpy.isfinite(size) else numpy.inf
            if ratio <= 1:
                time += direction * step
                current, slope = proposed, last
                if abs(time) >= length * (1 - 1e-15):
                    return current
            factor = 0.2 if not numpy.isfinite(ratio) else 0.9 * max(ratio, 1e-10) ** -0.2
            step *= min(4.0, max(0.2, factor))
    raise OutsideDomainError(
        f"the solution cannot be followed beyond time = {time:.6g}", "time", f"{time:.12g}"
    )


def _trial(
    rates: Rates, time: float, current: Any, slope: Any, step: float
) -> tuple[Any, Any, float]:
    """One step: the new state, its slope, and the largest error."""
    slopes = [slope]
    state = current
    for weights, moment in zip(STAGES, TIMES, strict=True):
        state = current + step * sum(w * k for w, k in zip(weights, slopes, strict=True) if w)
        slopes.append(rates(time + moment * step, state))
    difference = step * sum(w * k for w, k in zip(ERRORS, slopes, strict=True) if w)
    error = float(numpy.max(numpy.abs(difference)))
    return state, slopes[-1], error if numpy.isfinite(error) else numpy.inf
