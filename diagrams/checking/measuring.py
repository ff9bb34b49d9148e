"""A prediction at one set of sizes: its coefficients in numbers, beside the exact ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import Any

import mpmath

from diagrams.checking.comparison import Measurement, Verdict
from diagrams.checking.corrections import corrections
from diagrams.checking.extraction import DIGITS, Estimate, Points, derivatives_at_zero
from diagrams.polynomials.evaluation import number_at, real
from diagrams.polynomials.polynomial import Polynomial, symbol_order
from diagrams.series.expansion import Series

RESOLVED = Fraction(1, 10)
"""A coefficient is judged if its uncertainty is at most this part of it."""


CORRECTIONS = 2
"""A theory of leading order may differ by so many times the corrections that it leaves out."""

RESOLVED_WITHIN, NEAR_POINTS = 2, 6
"""So many points must lie within so many of the times in which the exact terms become equal."""


@dataclass(frozen=True)
class Group:
    """A prediction at one set of sizes: estimates of its coefficients, and exact ones.

    ``exact`` and ``polynomials`` are what the prediction is held against; ``whole`` the exact
    coefficients, of which those may be the leading parts.  For the orders in ``given`` the orders
    below were taken to be exact.
    """

    sizes: tuple[tuple[str, Fraction], ...]
    values: Mapping[str, Fraction]
    points: Points
    estimates: tuple[Estimate | None, ...]
    given: frozenset[int]
    exact: tuple[Any, ...]
    polynomials: tuple[Polynomial, ...]
    whole: tuple[Any, ...]

    def verdict(self, s: int) -> Verdict:
        """The verdict at these sizes alone.

        Against leading terms, what differs by less than the corrections at these sizes do is not
        judged: larger sizes would.
        """
        exact, whole, estimate = self.exact[s], self.whole[s], self.estimates[s]
        found = _verdict(estimate, exact, _natural(self.exact, s))
        if found is not Verdict.DIFFERS or exact == whole or estimate is None:
            return found
        if estimate.meets(whole):
            return Verdict.AGREES
        near = abs(estimate.value - exact) <= CORRECTIONS * abs(whole - exact)
        return Verdict.UNDETERMINED if near else Verdict.DIFFERS

    def against(self, leading: Sequence[Polynomial]) -> Group:
        """The same estimates held against other coefficients, and nothing else."""
        with mpmath.workdps(DIGITS):
            exact = tuple(number_at(polynomial, self.values) for polynomial in leading)
        return replace(self, exact=exact, polynomials=tuple(leading), whole=exact)


def time_scale(exact: Sequence[Any]) -> Any:
    """The least time in which two successive terms of the series become equal.

    >>> [str(time_scale([mpmath.mpf(x) for x in (1, -2, 8)]))]
    ['0.5']
    """
    found = [abs(a / b) * (s + 1) for s, (a, b) in enumerate(pairwise(exact)) if b and a]
    return min(found, default=mpmath.mpf(1))


def group_at(
    series: Series,
    values: Mapping[str, Fraction],
    points: Points,
    last: int,
    leading: Sequence[Polynomial] = (),
) -> Group:
    """Estimate the coefficients of a prediction that is known at some points.

    ``leading`` are what to hold it against, if not the exact coefficients.
    """
    known = series.coefficients_at(values)[: last + 1]
    polynomials = tuple(leading) or known
    with mpmath.workdps(DIGITS):
        whole = tuple(number_at(polynomial, values) for polynomial in known)
        exact = tuple(number_at(polynomial, values) for polynomial in polynomials)
        scale = RESOLVED_WITHIN * time_scale(exact)
        near = sum(bool(abs(t) <= scale) for t in points.times)
        estimates: list[Estimate | None] = [None] * (last + 1)
        if near >= NEAR_POINTS:
            estimates = list(derivatives_at_zero(points, last))
        given = set()
        for s in range(1, last + 1):
            below = zip(estimates[:s], exact[:s], strict=True)
            if not all(_verdict(e, y) is Verdict.AGREES for e, y in below):
                break
            if _verdict(estimates[s], exact[s]) is Verdict.UNDETERMINED:
                # what agreed so far is put in exactly: this order is then seen more sharply
                sharper = derivatives_at_zero(points, s, exact[:s])[0]
                own = estimates[s]
                if sharper is not None and (own is None or sharper.uncertainty < own.uncertainty):
                    estimates[s] = sharper
                    given.add(s)
    shown = (item for item in values.items() if item[0] != "T" or item[1] != 1)
    sizes = tuple(sorted(shown, key=lambda item: (item[0] == "T", symbol_order(item[0]))))
    return Group(
        sizes, values, points, tuple(estimates), frozenset(given), exact, polynomials, whole
    )


def _verdict(estimate: Estimate | None, exact: Any, natural: Any = 0) -> Verdict:
    if estimate is None:
        return Verdict.UNDETERMINED
    if abs(estimate.value - exact) > estimate.uncertainty:
        return Verdict.DIFFERS
    scale = real(RESOLVED) * abs(exact or natural)
    return Verdict.AGREES if estimate.uncertainty <= scale else Verdict.UNDETERMINED


def _natural(exact: Sequence[Any], s: int) -> Any:
    """The size that a coefficient would have on the clock of the others, where it is zero."""
    unit = time_scale(exact)
    sizes = (abs(y) * unit**r / factorial(r) for r, y in enumerate(exact))
    return max(sizes, default=mpmath.mpf(0)) * factorial(s) / unit**s


def unresolved(groups: Sequence[Group], s: int) -> str:
    """Why an order cannot be judged, where the uncertainties do not say it themselves."""
    group = groups[0]
    estimate = group.estimates[s]
    if estimate is not None:
        if estimate.meets(group.exact[s]):
            return ""
        return (
            "differs from the leading terms by no more than the corrections at these sizes:"
            " larger sizes would decide"
        )
    scale = RESOLVED_WITHIN * time_scale(group.exact)
    if sum(bool(abs(t) <= scale) for t in group.points.times) < NEAR_POINTS:
        return (
            f"fewer than {NEAR_POINTS} times within t/T = {mpmath.nstr(scale, 3)}, on whose"
            " scale the exact coefficients change the value"
        )
    return "no polynomial meets the numbers as well as their digits promise: state their accuracy"


def judged(group: Group, s: int, sizes: Sequence[str]) -> int:
    """How many levels of the coefficient, leading first, are larger than the uncertainty."""
    estimate = group.estimates[s]
    if estimate is None:
        return 0
    count = 0
    for level in corrections(group.polynomials[s], sizes):
        if abs(number_at(level.terms, group.values)) <= 2 * estimate.uncertainty:
            break
        count += 1
    return count


def measurement(group: Group, s: int, estimate: Estimate) -> Measurement:
    """The estimate of one order as a result."""
    return Measurement(
        group.sizes,
        float(group.exact[s]),
        float(estimate.value),
        float(estimate.value - group.exact[s]),
        float(estimate.uncertainty),
        estimate.amplification,
    )
