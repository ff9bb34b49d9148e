"""Taylor coefficients from numbers at some times, with an uncertainty for each.

Polynomials are fitted by least squares to the points nearest to t = 0, for many windows and
degrees; discrete orthogonal polynomials (G. E. Forsythe, J. SIAM 5, 74, 1957) give all degrees of
a window at once, in the precision of mpmath.  A coefficient is a linear function
``sum_i A_i y_i`` of the data, so that errors bounded by ``e_i`` move it by at most
``sum_i |A_i| e_i``, however they are correlated.  What a degree leaves out is estimated from the
changes under two further degrees.  It is never taken for less than rounding may hide of them, or
than the changes at lower degrees promise if they go on falling as they did.

The window and degree are chosen that have the least sum of these: rounding and misfit, what is
declared of the errors, and what is left out.  The uncertainty is then raised until it meets, by
what the data themselves show, all that are nearly as good and all of smaller windows: a wide
window smooths over what narrow ones resolve.  Statistical errors come on top; they choose nothing.

The result is an estimate, no bound: a feature between t = 0 and the first points that the data
do not show remains unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import factorial
from typing import Any

import mpmath

DEGREE_LIMIT = 20
POINTS_LIMIT = 32
"""Points of a window that are used; of more, a part spread over the window."""

WINDOW_GROWTH = 1.5
NEARLY_BEST = 4
CHANGE_HIDDEN = 2
"""A change smaller than so many standard deviations of its rounding may be small by luck.

Many windows and degrees are looked at, and the luckiest would be chosen.
"""

STANDS_OUT = 3
"""Standard deviations of its rounding that a change must exceed to say how changes fall."""

SLOWEST = mpmath.mpf(19) / 20
"""The largest ratio of successive changes that is extrapolated."""

CLOSE, CLOSE_RELATIVE = 10, mpmath.mpf(10) ** -6
"""A fit counts if it misses no point by more than this many roundings, or this part of the data."""

DIGITS = 60


@dataclass(frozen=True)
class Points:
    """Values at distinct times, with bounds on their errors.

    ``errors`` bound the rounding, which is independent from one time to the next; ``declared``
    whatever else is known of the errors, which may be smooth in time and then does not show.
    ``samples`` are curves whose mean the values are (the seeds of a simulation), each with a value
    at every time; they tell the statistical error of whatever is computed from the mean, to be
    multiplied by ``quantile``.  ``whole`` tells that all points lie near enough to zero to be one
    window.
    """

    times: tuple[Any, ...]
    values: tuple[Any, ...]
    errors: tuple[Any, ...]
    samples: tuple[tuple[Any, ...], ...] = ()
    quantile: float = 3.0
    declared: tuple[Any, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Estimate:
    """A derivative at t = 0, its uncertainty, and where it came from.

    ``amplification`` is by how much relative errors of the data are larger in the derivative
    (its condition number).
    """

    value: Any
    uncertainty: Any
    degree: int
    points: int
    amplification: float

    def meets(self, other: Any) -> bool:
        """Whether a number lies within the uncertainty."""
        return bool(abs(self.value - other) <= self.uncertainty)


@dataclass(frozen=True)
class _Candidate:
    """``total`` is the uncertainty that the data show; ``row`` makes the value of the data.

    ``close`` tells that the fit meets the data about as well as their rounding allows.
    """

    value: Any
    total: Any
    row: dict[int, Any]
    degree: int
    points: int
    amplification: Any
    close: bool


def derivatives_at_zero(
    points: Points, highest: int, known: Sequence[Any] = ()
) -> tuple[Estimate | None, ...]:
    """Estimate the derivatives of orders ``len(known), .., highest`` at t = 0.

    ``known`` are derivatives of the lowest orders that are taken as exact.  ``None`` stands
    where there are too few points for an order, or where no polynomial meets the values as well
    as their errors promise: the points lie too far apart for what happens between them.

    >>> times = [mpmath.mpf(k) / 20 for k in range(12)]
    >>> values = tuple(round(float(mpmath.exp(-t)), 6) for t in times)
    >>> data = Points(tuple(times), tuple(map(mpmath.mpf, values)), (mpmath.mpf(5) / 10**7,) * 12)
    >>> [e.meets((-1) ** s) for s, e in enumerate(derivatives_at_zero(data, 2))]
    [True, True, True]
    """
    with mpmath.workdps(DIGITS):
        candidates: list[list[_Candidate]] = [[] for _ in range(highest + 1)]
        for window in _windows(points, bool(known)):
            _fit(points, window, highest, known, candidates)
        return tuple(_chosen(points, found) for found in candidates[len(known) :])


def _windows(points: Points, skip_zero: bool) -> list[list[int]]:
    """Sets of points: the nearest to zero, in growing number, thinned out where there are many."""
    order = sorted(range(len(points.times)), key=lambda i: (abs(points.times[i]), i))
    if skip_zero:
        order = [i for i in order if points.times[i]]
    found, count = [], 4.0
    sizes: list[int] = []
    while count < len(order):
        sizes.append(int(count))
        count = max(count * WINDOW_GROWTH, count + 1)
    for size in [len(order)] if points.whole else sorted({*sizes, len(order)}):
        chosen = order[:size]
        if size > POINTS_LIMIT:
            step = (size - 1) / (POINTS_LIMIT - 1)
            chosen = [chosen[round(j * step)] for j in range(POINTS_LIMIT)]
        if len(chosen) > 3:
            found.append(chosen)
    return found


def _fit(
    points: Points,
    window: Sequence[int],
    highest: int,
    known: Sequence[Any],
    candidates: list[list[_Candidate]],
) -> None:
    """All degrees on one window, by orthogonal polynomials in x = t / (largest time)."""
    lowest = len(known)
    reach = max(abs(points.times[i]) for i in window)
    xs = [points.times[i] / reach for i in window]
    powers = [x**lowest for x in xs]
    held = [
        mpmath.fsum(c * points.times[i] ** r / factorial(r) for r, c in enumerate(known))
        for i in window
    ]
    data = [(points.values[i] - h) / q for i, h, q in zip(window, held, powers, strict=True)]
    errors = [points.errors[i] / abs(q) for i, q in zip(window, powers, strict=True)]
    declared = [
        points.declared[i] / abs(q) if points.declared else mpmath.mpf(0)
        for i, q in zip(window, powers, strict=True)
    ]
    # few digits of small numbers are many digits of the function: no point may rule alone
    top = max(points.errors[i] for i in window)
    weights = [
        q * q / (top / 10 + points.errors[i]) ** 2 if top else q * q
        for i, q in zip(window, powers, strict=True)
    ]
    count = len(window)
    orders = range(lowest, highest + 1)
    rows = [[mpmath.mpf(0)] * count for _ in orders]
    fitted = [mpmath.mpf(0)] * count
    older, current = [mpmath.mpf(0)] * count, [mpmath.mpf(1)] * count
    older_c, current_c = [mpmath.mpf(0)], [mpmath.mpf(1)]
    older_norm = mpmath.mpf(1)
    units = [factorial(s) / reach**s for s in orders]
    history: list[list[tuple[Any, Any, Any, Any]]] = [[] for _ in orders]
    worst = max(d * abs(q) for d, q in zip(declared, powers, strict=True))
    closeness: list[list[bool]] = [[] for _ in orders]
    reached = max(abs(g * q) for g, q in zip(data, powers, strict=True))
    allowed = max(CLOSE * top, CLOSE_RELATIVE * reached) + 2 * worst
    for k in range(min(count, DEGREE_LIMIT + 1)):
        weighted = [w * q for w, q in zip(weights, current, strict=True)]
        norm = mpmath.fdot(weighted, current)
        if not norm:
            break
        share = mpmath.fdot(weighted, data) / norm
        fitted = [f + share * q for f, q in zip(fitted, current, strict=True)]
        misfit = max(abs(g - f) * abs(q) for g, f, q in _triples(data, fitted, powers))
        met = bool(misfit <= allowed)
        noise = [max(e, misfit / abs(q)) for e, q in zip(errors, powers, strict=True)]
        for place in range(len(orders)):
            if place <= k:
                factor = current_c[place] / norm * units[place]
                rows[place] = [a + factor * w for a, w in zip(rows[place], weighted, strict=True)]
                closeness[place].append(met)
                history[place].append(_judged(rows[place], data, noise))
        slope = mpmath.fdot((w * q for w, q in zip(weighted, current, strict=True)), xs) / norm
        square = norm / older_norm if k else mpmath.mpf(0)
        following = [(x - slope) * q - square * o for x, q, o in _triples(xs, current, older)]
        following_c = [mpmath.mpf(0), *current_c]
        for j, c in enumerate(current_c):
            following_c[j] -= slope * c
        for j, c in enumerate(older_c):
            following_c[j] -= square * c
        older, current, older_c, current_c, older_norm = (
            current,
            following,
            current_c,
            following_c,
            norm,
        )
    for place, s in enumerate(orders):
        found = history[place]
        for j in range(len(found) - 2):
            value, noise, row, amplification = found[j]
            left = max(
                _left_out([entry[0] for entry in found[j : j + 3]], noise),
                CHANGE_HIDDEN * _spread(row, found[j + 1][2], errors),
                _promised(found[j - 2 : j + 1], errors) if j > 1 else mpmath.mpf(0),
            )
            degree = lowest + place + j
            candidates[s].append(
                _Candidate(
                    value,
                    noise + left,
                    {i: a / q for i, a, q in _triples(window, row, powers)},
                    degree,
                    count,
                    amplification,
                    closeness[place][j],
                )
            )


def _left_out(values: Sequence[Any], noise: Any) -> Any:
    """An estimate of what a degree leaves out, from the values of three successive degrees.

    Changes that stand out from the noise are summed as a geometric series.
    """
    first, second = abs(values[1] - values[0]), abs(values[2] - values[1])
    change = 4 * max(first, second)
    if 5 * first > noise:
        ratio = min(second / first, SLOWEST) if first else mpmath.mpf(0)
        change = max(change, first / (1 - ratio))
    return change


def _promised(before: Sequence[tuple[Any, Any, Any, Any]], errors: Sequence[Any]) -> Any:
    """What a degree leaves out if the changes that led to it go on falling as they did.

    ``before`` are the entries of two lower degrees and its own.  The next changes may be small by
    luck; those before are larger, and count where they stand out from their rounding.
    """
    first, second = (abs(b[0] - a[0]) for a, b in pairwise(before))
    if not STANDS_OUT * _spread(before[1][2], before[2][2], errors) < second < first:
        return mpmath.mpf(0)
    ratio = min(second / first, SLOWEST)
    return second * ratio / (1 - ratio)


def _spread(row: Sequence[Any], following: Sequence[Any], errors: Sequence[Any]) -> Any:
    """The standard deviation that rounding gives to the change under a further degree.

    Rounding is independent and uniform between its bounds, of variance a third of their square.
    """
    changes = (b - a for a, b in zip(row, following, strict=True))
    squares = mpmath.fsum((c * e) ** 2 for c, e in zip(changes, errors, strict=True))
    return mpmath.sqrt(squares / 3)


def _triples(a: Sequence[Any], b: Sequence[Any], c: Sequence[Any]) -> Any:
    return zip(a, b, c, strict=True)


def _judged(
    row: Sequence[Any], data: Sequence[Any], errors: Sequence[Any]
) -> tuple[Any, Any, Sequence[Any], Any]:
    """A derivative, the worst effect of errors of the data on it, its row, its condition number.

    ``errors`` are those of rounding, or what the fit misses the data by where that is more.
    """
    value = mpmath.fdot(row, data)
    sizes = [abs(a) for a in row]
    noise = mpmath.fdot(sizes, errors)
    size = mpmath.fdot(sizes, map(abs, data))
    return value, noise, row, size / abs(value) if value else mpmath.inf


def _declared(points: Points, row: dict[int, Any]) -> Any:
    """What declared errors do at their worst."""
    if not points.declared:
        return mpmath.mpf(0)
    return mpmath.fsum(abs(a) * points.declared[i] for i, a in row.items())


def _statistical(points: Points, row: dict[int, Any]) -> Any:
    """The statistical error, from the samples."""
    if not points.samples:
        return mpmath.mpf(0)
    draws = [mpmath.fsum(a * curve[i] for i, a in row.items()) for curve in points.samples]
    return _mean_error(draws, points.quantile)


def _mean_error(draws: Sequence[Any], quantile: float) -> Any:
    """The error of a mean of draws, enlarged where they are skew or have heavy tails.

    Skewness shifts the mean (N. J. Johnson, J. Am. Stat. Assoc. 73, 536, 1978).  Where few draws
    make up most of the variance it is hardly known: it has the degrees of freedom of a chi-square
    whose variance the fourth moment tells (F. E. Satterthwaite, Biometrics Bull. 2, 110, 1946).
    """
    count = len(draws)
    middle = mpmath.fsum(draws) / count
    spread = mpmath.fsum((d - middle) ** 2 for d in draws) / (count - 1)
    if not spread:
        return mpmath.mpf(0)
    skewness = mpmath.fsum((d - middle) ** 3 for d in draws) / count / spread ** mpmath.mpf(1.5)
    kurtosis = mpmath.fsum((d - middle) ** 4 for d in draws) / count / spread**2
    freedom = int(2 * count / max(kurtosis - 1, mpmath.mpf(2)))
    if freedom < count - 1:
        quantile *= student(max(freedom, 1)) / student(count - 1)
    enlarged = 1 + abs(skewness) * quantile / (3 * mpmath.sqrt(count))
    return quantile * enlarged * mpmath.sqrt(spread / count)


@lru_cache
def student(freedom: int) -> float:
    """How many standard errors the mean of few samples is off in one case of 300 (Student)."""

    def tail(x: Any) -> Any:
        return mpmath.betainc(freedom / 2, 0.5, 0, freedom / (freedom + x * x), regularized=True)

    low, high = mpmath.mpf(3), mpmath.mpf(300)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) > 1 / 300 else (low, middle)
    return float(high)


def _chosen(points: Points, candidates: Sequence[_Candidate]) -> Estimate | None:
    candidates = [c for c in candidates if c.close]
    if not candidates:
        return None
    best = min(candidates, key=lambda c: c.total + _declared(points, c.row))
    others = [
        c for c in candidates if c.total <= NEARLY_BEST * best.total or c.points <= best.points
    ]
    total = max([best.total, *(abs(c.value - best.value) - c.total for c in others)])
    shown = float(min(best.amplification, mpmath.mpf(10) ** 300))
    return Estimate(
        +best.value,
        total + _declared(points, best.row) + _statistical(points, best.row),
        best.degree,
        best.points,
        shown,
    )
