"""Where a curve goes at late times, fitted: a limit and the power of time of the approach.

``value = limit + amplitude / t^exponent`` by least squares in a late window, and in both of its
halves (of the logarithm of time); how far these lie apart is the scatter, and that of the limit has
the errors of the curve, too.  It is a fit, no law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from diagrams.display import Displayed
from diagrams.errors import OutsideDomain
from diagrams.evidence import Evidence, Kind
from diagrams.mean_fields.curves import MeanFieldCurve
from diagrams.mean_fields.sampled_noise import Array

LEAST = 4
"""Values in each half of the window."""

EXPONENTS = (0.02, 20.0)
SETTLED = 0.2
"""The scatter of the exponent, relative to it, of a fit that is told."""


@dataclass(frozen=True)
class LateEnd(Displayed):
    """A fitted limit, a fitted exponent, how much each scatters, and the window of times."""

    limit: float
    limit_scatter: float
    exponent: float
    exponent_scatter: float
    window: tuple[float, float]
    evidence: Evidence


def late_end(curve: MeanFieldCurve, since: float | None = None) -> LateEnd:
    """Fit the end of a curve from a time on, by default the last factor of ten of its times.

    >>> t = np.geomspace(1, 100, 30)
    >>> known = Evidence(Kind.NUMERICAL, "a formula")
    >>> found = late_end(MeanFieldCurve(t, 2 + t**-0.5, 0 * t, "a formula", known))
    >>> print(round(found.limit, 6), round(found.exponent, 6))
    2.0 0.5

    Raises :class:`~diagrams.errors.OutsideDomain` where there are too few times, where the curve
    moves less than its errors, and where the fits of both halves do not agree.
    """
    last = float(curve.times[-1])
    first = last / 10 if since is None else float(since)
    inside = curve.times >= max(first, last * 1e-12)
    t, values, errors = curve.times[inside], curve.values[inside], curve.errors[inside]
    early = t <= np.sqrt(t[0] * last)
    if min(np.count_nonzero(early), np.count_nonzero(~early)) < LEAST:
        told = f"not fitted: {len(t)} times from t = {first:g} on; {LEAST} in each half are needed"
        raise OutsideDomain(told + ", such as numpy.geomspace gives", "times")
    middle = values[early][-1]
    moved = min(abs(middle - values[0]), abs(values[-1] - middle))
    if moved <= 10 * np.max(errors):
        raise OutsideDomain(
            f"not fitted: from t = {first:g} on the curve moves by {moved:.2g}, its errors are"
            f" {np.max(errors):.2g}",
            "t",
        )
    limit, exponent = _power(t, values)
    halves = [_power(t[part], values[part]) for part in (early, ~early)]
    limits, exponents = zip(*halves, strict=True)
    scatter = float(np.ptp(exponents))
    ends = [x for x in (exponent, *exponents) if not 1.01 * EXPONENTS[0] < x < EXPONENTS[1] / 1.01]
    if ends or scatter > SETTLED * exponent:
        raise OutsideDomain(
            f"not fitted: both halves of the times from {first:g} to {last:g} have the exponents"
            f" {exponents[0]:.3g} and {exponents[1]:.3g}: no power of time as yet, or none at all",
            "t",
        )
    said = f"fitted from t = {first:g} to {last:g}; the scatter is that of both halves, and errors"
    window, evidence = (first, last), Evidence(Kind.NUMERICAL, said)
    spread = float(np.ptp(limits) + np.max(errors))
    return LateEnd(limit, spread, exponent, scatter, window, evidence)


def _power(t: Array, values: Array) -> tuple[float, float]:
    """The limit and the exponent of least squares."""

    def fitted(logarithm: float) -> tuple[float, Array]:
        table = np.stack([np.ones(len(t)), (t / t[0]) ** -np.exp(logarithm)], axis=1)
        weights = np.linalg.lstsq(table, values, rcond=None)[0]
        return float(np.sum((table @ weights - values) ** 2)), weights

    low, high = np.log(EXPONENTS)
    grid = np.linspace(low, high, 60)
    best = int(np.argmin([fitted(x)[0] for x in grid]))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(lambda x: fitted(x)[0], bounds=bounds, options={"xatol": 1e-10})
    return float(fitted(found.x)[1][0]), float(np.exp(found.x))
