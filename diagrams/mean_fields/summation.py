"""Taylor coefficients of mean-field equations at numbers, summed by Pade approximants.

Where the approximants of neighbouring degrees agree they are far more exact than sampled sites.
Their spread is the error that is given; it is no bound, but was above the error wherever a
sampled curve or a known law could tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import factorial

import mpmath
import numpy as np

from diagrams.errors import BadInput
from diagrams.mean_fields.equations import TreeEquations
from diagrams.mean_fields.jets import Jets
from diagrams.mean_fields.melon_series import melon_taylor
from diagrams.mean_fields.melons import MelonEquations
from diagrams.mean_fields.sampled_noise import Array
from diagrams.polynomials.polynomial import Polynomial

ORDERS = (6, 8, 10, 12, 14)
SITE_ORDERS = (6, 8, 10, 12)
"""Where coordinates are followed, whose polynomials grow fast."""

TERMS_LIMIT = 4000
"""No further order is tried once a polynomial of Gaussian variables has more terms."""

APPROXIMANTS = 4
DIGITS = 60


def at_numbers(equations: TreeEquations, at: Mapping[str, Fraction]) -> TreeEquations:
    """The equations at numbers; ``ValueError`` for roots that are not rational."""
    return equations.mapped(lambda value: value.substitute(at))


def summed(
    equations: TreeEquations, times: Sequence[float], at: Mapping[str, Fraction], tolerance: float
) -> tuple[Array, Array, int] | None:
    """Values, errors and the order that was enough; ``None`` where none is.

    ``tolerance`` is relative to the largest value.
    """
    try:
        numbers = at_numbers(equations, at)
    except ValueError:
        return None
    for order in ORDERS:
        try:
            jets = Jets(numbers, order)
        except BadInput:  # a moment that is not known, or the root of a variance that is irrational
            return None
        exact = [value.terms[0][1] if value else Fraction(0) for value in jets.observable()]
        values, errors = pade_sums(exact, times)
        if np.all(errors <= tolerance * np.max(np.abs(values))):
            return values, errors, order
        if jets.largest > TERMS_LIMIT:
            return None
    return None


def melons_summed(
    equations: MelonEquations,
    times: Sequence[float],
    at: Mapping[str, Fraction],
    tolerance: float,
    enough: float,
) -> tuple[Array, Array, int] | None:
    """The same for melons; ``enough`` is what the last may have."""

    def put(value: Polynomial) -> Polynomial:
        return value.substitute(at)

    try:
        factors = tuple(
            replace(
                f,
                kappa=put(f.kappa),
                stiff=put(f.stiff),
                back=tuple(map(put, f.back)),
                noise=put(f.noise),
                decay=put(f.decay),
            )
            for f in equations.factors
        )
        numbers = replace(
            equations,
            factors=factors,
            start=put(equations.start),
            target=put(equations.target),
            observable=put(equations.observable),
            coupling=put(equations.coupling),
            overlap=put(equations.overlap),
            diagonal=put(equations.diagonal),
        )
    except ValueError:
        return None
    good = None
    for order in SITE_ORDERS if equations.coupling else ORDERS:
        exact = [v.terms[0][1] if v else Fraction(0) for v in melon_taylor(numbers, order)]
        values, errors = pade_sums(exact, times)
        scale = np.max(np.abs(values))
        if np.all(errors <= enough * scale):
            good = values, errors, order
        if np.all(errors <= tolerance * scale):
            break
    return good


def pade_sums(derivatives: Sequence[Fraction], times: Sequence[float]) -> tuple[Array, Array]:
    """The sum of ``Y_s t^s / s!`` at times, with the spread of the last approximants.

    >>> values, errors = pade_sums([Fraction((-1) ** s) for s in range(11)], [0.0, 2.0])
    >>> print(f"{values[1]:.6f}", errors[0], bool(errors[1] < 1e-4))
    0.135335 0.0 True
    """
    with mpmath.workdps(DIGITS):
        exact = [
            mpmath.mpf(y.numerator) / (y.denominator * factorial(s))
            for s, y in enumerate(derivatives)
        ]
        rows = []
        for last in range(len(exact) - APPROXIMANTS, len(exact)):
            above, below = last // 2, last - last // 2
            try:
                top, bottom = mpmath.pade(exact[: last + 1], above, below)
            except ZeroDivisionError:  # a shorter one is exact, or there is none of this degree
                top, bottom = exact[: last + 1], [mpmath.mpf(1)]
            rows.append([_ratio(top, bottom, t) for t in times])
    table = np.array(rows, dtype=float)
    errors: Array = np.max(table, axis=0) - np.min(table, axis=0)
    return table[-1], np.where(np.isfinite(errors), errors, np.inf)


def _ratio(top: Sequence[mpmath.mpf], bottom: Sequence[mpmath.mpf], t: float) -> float:
    below = mpmath.polyval(bottom[::-1], t)
    return float(mpmath.polyval(top[::-1], t) / below) if below else float("inf")
