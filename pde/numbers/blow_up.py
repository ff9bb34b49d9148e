"""The time at which an ordinary equation with polynomial rates becomes infinite, as an estimate.

For ``y' = f(y)`` time is slowed by the size of the slopes, ``dt = ds/(|Df| + |f|/|y|)``: then ``y``
grows at most exponentially in ``s``, comes to rest at a fixed point as fast, and ``t(s)`` converges
to the end.  The error is the difference between two tolerances.

>>> y = sympy.Symbol("y", real=True)
>>> found = blow_up_time((y,), (y**2,), (sympy.Rational(1, 3),), 1)
>>> print(abs(found.value - 3) <= found.error, found.error < 1e-9, found.method)
True True two tolerances
>>> blow_up_time((y,), (y**2,), (sympy.Rational(1, 3),), -1) is None
True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy
import sympy
from scipy.integrate import solve_ivp
from sympy import Expr, Rational, Symbol

from pde.errors import OutsideDomainError
from pde.numbers.evaluation import Value

TOLERANCES = (1e-10, 1e-13)
LARGE = 1e16
"""A solution so many times as large as at the start has become infinite."""
AT_REST = 1e-12
"""A solution that moves by so little of its start, in slowed time, stays finite."""
LONGEST = 600.0
"""Slowed time after which a solution that is finite is taken not to end."""


def blow_up_time(
    variables: Sequence[Symbol], rates: Sequence[Expr], start: Sequence[Rational], sign: int
) -> Value | None:
    """Return the time at which a solution that starts at time 0 becomes infinite.

    ``rates`` are polynomials in the variables with rational coefficients, ``sign`` the side of the
    times.  ``None`` where the solution stays finite, as far as it was followed.

    Raises :class:`~pde.errors.OutsideDomainError` where two tolerances do not agree.
    """
    if max(sympy.Poly(rate, *variables).total_degree() for rate in rates) < 2:
        return None
    slopes = [sympy.diff(rate, v) for rate in rates for v in variables]
    made = sympy.lambdify(list(variables), [*rates, *slopes], "math")
    begin = numpy.array([float(v) for v in start])
    ends = [_followed(made, begin, sign, tolerance) for tolerance in TOLERANCES]
    one, two = ends
    if one is None and two is None:
        return None
    if one is None or two is None or abs(one - two) > 1e-3 * abs(two):
        raise OutsideDomainError("the end of the solution: two tolerances do not agree", "time")
    return Value(mpmath.mpf(two), mpmath.mpf(abs(one - two) + 1e-12 * abs(two)), "two tolerances")


def _followed(made: Any, begin: Any, sign: int, tolerance: float) -> float | None:
    """The end as far as one tolerance tells it."""
    count, size = len(begin), float(numpy.max(abs(begin)))

    def moved(_: float, state: Any) -> Any:
        found = numpy.array(made(*state[:count]), dtype=float)
        rate, slope = found[:count], numpy.linalg.norm(found[count:])
        height = numpy.linalg.norm(state[:count])
        slow = 1 / (slope + numpy.linalg.norm(rate) / height) if height else 0.0
        return numpy.append(sign * slow * rate, slow)

    def rests(s: float, state: Any) -> float:
        speed = numpy.max(abs(moved(s, state)[:count]))
        return float(speed - AT_REST * size)

    def leaves(_: float, state: Any) -> float:
        return float(numpy.max(abs(state[:count])) - LARGE * size)

    rests.terminal = leaves.terminal = True  # type: ignore[attr-defined]
    state = numpy.append(begin, 0.0)
    floor = 1e-4 * AT_REST * numpy.append(numpy.full(count, size), moved(0, state)[-1])
    if not size or rests(0, state) <= 0:
        return None
    found = solve_ivp(
        moved, (0, LONGEST), state, "DOP853", rtol=tolerance, atol=floor, events=(rests, leaves)
    )
    return sign * float(found.y[-1, -1]) if found.t_events[1].size else None
