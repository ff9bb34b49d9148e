"""Small numerical tools of a check: simple fractions, monomial laws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath

from diagrams.polynomials.evaluation import number_at, real
from diagrams.polynomials.polynomial import Polynomial

DENOMINATOR_LIMIT = 1000
Values = Mapping[str, Fraction]


def simple_fraction(value: Any, uncertainty: Any) -> Fraction | None:
    """The simplest fraction within the uncertainty, unless its denominator is above 1000.

    A fraction counts only where the uncertainty is far smaller than the distances between
    fractions as simple.

    >>> simple_fraction(mpmath.mpf("0.33334"), mpmath.mpf("0.0001"))
    Fraction(1, 3)
    >>> simple_fraction(mpmath.mpf("0.33334"), mpmath.mpf("0.2")) is None
    True
    """
    if not mpmath.isfinite(value) or abs(value) > mpmath.mpf(10) ** 12:
        return None
    with mpmath.workdps(60):
        exact = Fraction(int(mpmath.floor(value * mpmath.mpf(2) ** 160)), 2**160)
        margin = Fraction(int(mpmath.ceil(uncertainty * mpmath.mpf(2) ** 160)) + 1, 2**160)
    for limit in (1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 100, 300, DENOMINATOR_LIMIT):
        near = exact.limit_denominator(limit)
        if abs(near - exact) <= margin:
            return near if margin * 10 * near.denominator**2 < 1 else None
    return None


def common_law(
    found: Sequence[tuple[Any, Any]], places: Sequence[Values]
) -> tuple[Polynomial | None, str]:
    """Numbers with uncertainties at several sizes as one monomial of the sizes.

    Returns the monomial, and how it was recognised.  Exponents are multiples of 1/2; they need
    one set of sizes more than there are exponents.

    >>> at = [{"p": Fraction(k)} for k in (2, 3, 5)]
    >>> print(common_law([(mpmath.mpf(3 * k * k), mpmath.mpf(0)) for k in (2, 3, 5)], at)[0])
    3*p**2
    """
    simple = [simple_fraction(x, u) for x, u in found]
    first = simple[0] if simple else None
    if first and all(abs(x - real(first)) <= u + abs(x) * _EPS for x, u in found):
        return Polynomial.constant(first), "a constant"
    names = [n for n in places[0] if len({place[n] for place in places}) > 1] if places else []
    positive = all(place[name] > 0 for place in places for name in names)
    if not names or not positive or len(found) < len(names) + 2:
        return None, ""
    if any(not x for x, _ in found) or len({bool(x > 0) for x, _ in found}) > 1:
        return None, ""
    rows = mpmath.matrix(
        [[1, *(mpmath.log(real(place[name])) for name in names)] for place in places]
    )
    logs = mpmath.matrix([mpmath.log(abs(x)) for x, _ in found])
    try:
        solved = mpmath.lu_solve(rows, logs)
    except ZeroDivisionError:
        return None, ""
    powers = {n: Fraction(round(2 * float(solved[j + 1])), 2) for j, n in enumerate(names)}
    monomial = Polynomial.monomial(1, powers)
    scaled = []
    for (x, u), place in zip(found, places, strict=True):
        size = number_at(monomial, place)
        scaled.append((x / size, u / size))
    best = min(scaled, key=lambda entry: entry[1] / abs(entry[0]))
    coefficient = simple_fraction(*best)
    if not coefficient:
        return None, ""
    law = coefficient * monomial
    for (x, u), place in zip(found, places, strict=True):
        if abs(x - number_at(law, place)) > u + abs(x) * _EPS:
            return None, ""
    return law, f"a law seen at {len(places)} sets of sizes"


_EPS = mpmath.mpf(10) ** -25
