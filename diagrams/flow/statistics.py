"""Mean, standard error and quantiles of losses, some of which may be infinite.

Sums are exact before they are rounded, so that the same losses give the same statistics to the
last digit on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

NORMAL = 0.93
"""Standard error of a median times sqrt(n), over the distance of the quartiles (normal law)."""


def mean(values: Sequence[float]) -> float:
    """The mean; infinite as soon as one value is.

    >>> mean([1.0, 2.0, 6.0]), mean([1.0, math.inf])
    (3.0, inf)
    """
    return _sum(values) / len(values)


def standard_error(values: Sequence[float]) -> float | None:
    """The sample standard deviation over ``sqrt(n)``; ``None`` for one or for infinite values.

    >>> standard_error([1.0, 3.0]), standard_error([1.0])
    (1.0, None)
    """
    count = len(values)
    if count < 2 or not all(map(math.isfinite, values)):
        return None
    middle = mean(values)
    largest = max(abs(value - middle) for value in values)
    if not 0 < largest < math.inf:
        return 0.0 if largest == 0 else None
    spread = math.fsum(((value - middle) / largest) ** 2 for value in values)
    return largest * math.sqrt(spread / (count * (count - 1)))


def quantile(values: Sequence[float], level: Fraction) -> float:
    """The quantile of the given level, interpolated linearly between sorted values.

    >>> quantile([4.0, 1.0, 2.0], Fraction(1, 2)), quantile([1.0, 2.0], Fraction(1, 4))
    (2.0, 1.25)
    >>> quantile([1.0, 2.0, math.inf], Fraction(1, 2))
    2.0
    """
    ordered = sorted(values)
    place = level * (len(ordered) - 1)
    below = math.floor(place)
    part = float(place - below)
    if not part:
        return ordered[below]
    low, high = ordered[below], ordered[below + 1]
    if math.isinf(low):
        return low
    return high if math.isinf(high) else low + part * (high - low)


def median_error(values: Sequence[float]) -> float | None:
    """The standard error of the median, from the distance of the quartiles; ``None`` for one value.

    Exact for large samples of a normal law.

    >>> round(median_error([1.0, 2.0, 3.0, 4.0]), 4)
    0.6975
    """
    if len(values) < 2:
        return None
    low, high = (quantile(values, Fraction(k, 4)) for k in (1, 3))
    return (
        NORMAL * (high - low) / math.sqrt(len(values))
        if math.isfinite(low) and math.isfinite(high)
        else None
    )


def _sum(values: Sequence[float]) -> float:
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf
