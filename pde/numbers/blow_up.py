"""The time at which an ordinary equation with polynomial rates becomes infinite, with a bound.

For ``y' = f(y)`` of degree ``k`` let ``w = 1/y_m``, ``r_i = y_i/y_m`` and ``ds = y_m^(k - 1) dt``,
``m`` the variable that is largest in the end.  Then

    dw/ds = -w F_m(r, w),   dr_i/ds = F_i(r, w) - r_i F_m(r, w),   dt/ds = w^(k - 1),

with ``F_i = w^k f_i(1/w, r/w)``, all polynomials, and blow-up is a fixed point with ``w = 0``.
This is followed in balls.  Near its end a box is found that nothing leaves: on its faces the rates
of ``r`` point inwards.  With ``F_m`` between two positive bounds on it what is left of the time is
``w^(k - 1)/((k - 1) F_m)``.

>>> y = sympy.Symbol("y", real=True)
>>> found = blow_up_time((y,), (y**2,), (sympy.Rational(1, 3),), 1, 15)
>>> print(abs(found.value - 3) <= found.error, found.error < 1e-14, found.rigorous)
True True True
>>> blow_up_time((y,), (y**2,), (sympy.Rational(1, 3),), -1, 15) is None
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mpmath
import numpy
import sympy
from flint import arb
from numpy.typing import NDArray
from sympy import Expr, Rational, Symbol

from pde.errors import OutsideDomainError
from pde.numbers.balls import (
    NotRealError,
    TooWideError,
    ball,
    enclosure,
    hull,
    lower,
    precision,
    upper,
)
from pde.numbers.evaluation import Value
from pde.numbers.validated import follow_balls

STEPS = 6000
"""Steps of a search in floats; a solution that is finite after them is taken not to end."""
LARGE = 1e9
"""A variable so many times as large as at the start has taken off."""
FAR = (0.5, 0.9, 0.97, 0.99, 0.997)
"""Parts of the time to the end that are followed in the variables themselves."""
ATTRACTED = 40
ROOMS = ("0.25", "1", "3", "9")
"""Rooms of ratios, relative to 1 and themselves, where they have not settled yet."""
Vector = NDArray[numpy.float64]


def blow_up_time(
    variables: Sequence[Symbol],
    rates: Sequence[Expr],
    start: Sequence[Rational],
    sign: int,
    digits: int,
) -> Value | None:
    """Return the time at which a solution that starts at time 0 becomes infinite.

    ``rates`` are polynomials in the variables with rational coefficients, ``sign`` the side of the
    times.  ``None`` where the solution, followed in floats, stays finite: that is not proved.

    Raises :class:`~pde.errors.OutsideDomainError` where the end is no simple blow-up.
    """
    moved = [sympy.expand(sign * rate) for rate in rates]
    found = _search(variables, moved, [float(v) for v in start])
    if found is None:
        return None
    about, largest = found
    chart, working = _Chart.of(variables, moved, largest), digits + 15
    for attempt, part in enumerate(FAR):
        with precision(working):
            try:
                time = _proved(chart, start, part * about, digits + 4 * attempt)
            except (TooWideError, OutsideDomainError):
                time = None
            if time is not None and time.rad() < abs(time.mid()) * arb(10) ** -digits:
                return _as_value(sign * time, working)
        working += 10
    raise OutsideDomainError("the end of the solution is no simple blow-up", "time")


def _as_value(time: arb, digits: int) -> Value:
    low, high = lower(time), upper(time)
    with mpmath.workdps(digits):
        one, two = (mpmath.mpf(bound.str(digits, radius=False)) for bound in (low, high))
        middle = (one + two) / 2
        slack = abs(middle) * mpmath.mpf(10) ** (5 - digits)
        return Value(middle, (two - one) / 2 + slack, "ball arithmetic")


# -- in floats ------------------------------------------------------------------------------------


def _search(
    variables: Sequence[Symbol], rates: Sequence[Expr], start: Sequence[float]
) -> tuple[float, int] | None:
    """About when the solution becomes infinite, and which variable is the largest then."""
    field = _function(variables, rates)
    slopes = _function(variables, [sympy.diff(f, v) for f in rates for v in variables])
    u, time = numpy.array(start), 0.0
    size = float(numpy.max(abs(u))) + 1
    for _ in range(STEPS):
        one = field(u)
        step = 0.1 / max(float(numpy.max(abs(slopes(u)))) * len(start), 1e-9)
        two = field(u + step / 2 * one)
        three = field(u + step / 2 * two)
        four = field(u + step * three)
        change = step / 6 * (one + 2 * two + 2 * three + four)
        if not numpy.max(abs(change)) > 1e-14 * numpy.max(abs(u)):
            return None
        u, time = u + change, time + step
        if numpy.max(abs(u)) > LARGE * size:
            return time, int(numpy.argmax(abs(u)))
    return None


def _function(
    variables: Sequence[Symbol], expressions: Sequence[Expr]
) -> Callable[[Vector], Vector]:
    made = sympy.lambdify(list(variables), list(expressions), "math")
    return lambda u: numpy.array(made(*u), dtype=float)


# -- in balls -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Chart:
    """The equation in ``w`` and the ratios ``r``, and time, next to infinity."""

    variables: tuple[Symbol, ...]
    rates: tuple[Expr, ...]
    largest: int
    degree: int
    w: Symbol
    ratios: tuple[Symbol, ...]
    lead: Expr
    """``F_m``."""
    turns: tuple[Expr, ...]
    """The rates of the ratios."""

    @classmethod
    def of(cls, variables: Sequence[Symbol], rates: Sequence[Expr], largest: int) -> _Chart:
        degree = max(sympy.Poly(f, *variables).total_degree() for f in rates)
        if degree < 2:
            raise OutsideDomainError("the rates are linear", "time")
        w = Symbol("w_", real=True)
        named = [Symbol(f"r_{i}_", real=True) for i in range(len(variables))]
        inner = {v: r / w for v, r in zip(variables, named, strict=True)}
        inner[variables[largest]] = 1 / w
        scaled = [sympy.expand(w**degree * f.xreplace(inner)) for f in rates]
        others = [i for i in range(len(variables)) if i != largest]
        lead = scaled[largest]
        turns = tuple(sympy.expand(scaled[i] - named[i] * lead) for i in others)
        ratios = tuple(named[i] for i in others)
        return cls(tuple(variables), tuple(rates), largest, degree, w, ratios, lead, turns)


def _proved(chart: _Chart, start: Sequence[Rational], until: float, digits: int) -> arb | None:
    """A ball that holds the time; ``None`` where no box is found that holds the solution.

    Up to ``until`` the variables themselves are followed.
    """
    first, begin = arb(until), [ball(v) for v in start]
    (state,) = follow_balls(chart.variables, chart.rates, begin, [first], digits + 5)
    big = state[chart.largest]
    w = 1 / big
    ratios = [y / big for i, y in enumerate(state) if i != chart.largest]
    flow = (chart.w, *chart.ratios, Symbol("t_", real=True))
    # a solution that is negative at the end: w < 0, and time runs with |w|
    turned = -1 if w < 0 and chart.degree % 2 == 0 else 1
    rates = (
        turned * -chart.w * chart.lead,
        *(turned * f for f in chart.turns),
        turned * chart.w ** (chart.degree - 1),
    )
    current = [w, *ratios, first]
    for _ in range(ATTRACTED):
        here = {chart.w: current[0], **dict(zip(chart.ratios, current[1:-1], strict=True))}
        for room in (64 * abs(current[0]).upper(), *map(arb, ROOMS)):
            left = _left(chart, here, turned, room)
            if left is not None:
                time = current[-1] + left
                if time.rad() < abs(time.mid()) * arb(10) ** (-digits - 1):
                    return time
                break
        speed = max(abs(float(enclosure(chart.lead, here).mid())), 1e-3)
        (current,) = follow_balls(flow, rates, current, [arb(2.5 / speed)], digits + 5)
    return None


def _left(chart: _Chart, here: dict[Symbol, arb], turned: int, wide_by: arb) -> arb | None:
    """What is left of the time in a box that the solution does not leave, where that is proved."""
    w = here[chart.w]
    reach = abs(w).upper()
    side = hull(reach).union(w) if w.contains(0) else arb(0).union(w)
    centre, room = [], []
    for r in chart.ratios:
        centre.append(here[r].mid())
        room.append((here[r].rad() + wide_by * (1 + abs(here[r]).upper())).upper())
    box = {chart.w: side}
    for r, middle, wide in zip(chart.ratios, centre, room, strict=True):
        box[r] = arb(middle, wide)
    try:
        lead = turned * enclosure(chart.lead, box)
        if not lead > 0:
            return None
        for r, turn, middle, wide in zip(chart.ratios, chart.turns, centre, room, strict=True):
            below = turned * enclosure(turn, {**box, r: middle - wide})
            above = turned * enclosure(turn, {**box, r: middle + wide})
            if not (below > 0 and above < 0):
                return None
    except (NotRealError, TooWideError, ZeroDivisionError):
        return None
    power = chart.degree - 1
    return abs(w) ** power / (power * lead)
