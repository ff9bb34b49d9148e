"""Ordinary differential equations in balls: Taylor steps with a proof of each.

For y' = f(y) a step is proved in two parts. *Cauchy*: if f, evaluated on complex balls, is at
most F_i on the polydisc |z_i - y_i| <= D_i and R F_i <= D_i, the solution from the midpoint is
analytic for |t| < R and stays in the polydisc; its Taylor coefficients are then at most
D_i / R^n, which bounds those left out. *Gronwall*: two solutions in a real box part at most like
exp(mu t), mu the logarithmic norm of the Jacobian on the box, in a weighted maximum norm.
(E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I, section I.10.)

>>> from pde.numbers.balls import precision
>>> y = sympy.Symbol("y", real=True)
>>> with precision(20):
...     (end,) = follow_balls((y,), (y**2,), [arb(1)], [arb("0.5")], 20)
...     print(end[0].contains(2), bool(end[0].rad() < 1e-18))
True True
>>> with precision(20):
...     follow_balls((y,), (y**2,), [arb(1)], [arb(2)], 20)
Traceback (most recent call last):
    ...
pde.errors.OutsideDomainError: the solution cannot be followed beyond time = 0.999999952
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import acb, arb, arb_series, ctx
from sympy import Expr, Symbol

from pde.errors import OutsideDomainError
from pde.numbers.balls import (
    BITS,
    NotRealError,
    TooWideError,
    ball,
    complex_enclosure,
    enclosure,
    hull,
    series_enclosure,
)

SHRINK = 3
"""The disc of a step is this much larger than the step."""

STEPS_LIMIT = 5000
LOST = 1e-5
"""Relative errors above which a collapse of the steps may be due to them."""

MARGIN = arb("1.001")
"""Steps are proved a little beyond their ends."""

COLLAPSE = 1e-9
"""A step shorter than this part of the way is the end of the solution."""


_Terms = tuple[tuple[arb, tuple[int, ...]], ...]
"""A polynomial: coefficients and the powers of the variables."""


@dataclass(frozen=True)
class Flow:
    """y' = f(y) prepared for steps of a given order."""

    variables: tuple[Symbol, ...]
    rates: tuple[Expr, ...]
    jacobian: tuple[tuple[Expr, ...], ...]
    constants: Mapping[Symbol, arb]
    count: int
    terms: tuple[_Terms, ...] | None
    """The rates as polynomials, where all of them are: for series much faster than expressions."""

    @classmethod
    def of(
        cls,
        variables: Sequence[Symbol],
        rates: Sequence[Expr],
        digits: int,
        constants: Mapping[Symbol, arb],
    ) -> Flow:
        """Return the flow with as many Taylor terms as the digits need."""
        symbols = tuple(variables)
        jacobian = tuple(tuple(sympy.diff(f, v) for v in symbols) for f in rates)
        count = int((digits + 8) * BITS / 1.5) + 4
        terms = _terms(rates, symbols, constants)
        return cls(symbols, tuple(rates), jacobian, constants, count, terms)

    def at(self, point: Sequence[Any]) -> dict[Symbol, Any]:
        """The values of all symbols at a point."""
        return {**self.constants, **dict(zip(self.variables, point, strict=True))}


def follow_balls(
    variables: Sequence[Symbol],
    rates: Sequence[Expr],
    state: Sequence[arb],
    marks: Sequence[arb],
    digits: int,
    constants: Mapping[Symbol, arb] | None = None,
) -> list[list[arb]]:
    """Return balls that hold the state at times ``marks``, of one sign and growing in size.

    ``rates`` are expressions in the variables and the ``constants``, time not among them; the state
    at time 0 is ``state``. Call at a precision of some more than ``digits``.

    Raises OutsideDomainError, with the time reached, where the solution ends, NoEnclosureError for
    unknown functions, and TooWideError where more digits are needed.
    """
    flow = Flow.of(variables, rates, digits, dict(constants or {}))
    now, current = arb(0), list(state)
    found: list[list[arb]] = []
    sign = -1 if marks and marks[-1] < 0 else 1
    while len(found) < len(marks) and marks[len(found)] == 0:
        found.append(list(current))
    for _ in range(STEPS_LIMIT):
        if len(found) == len(marks):
            return found
        left = (marks[-1] - now) * sign
        step = proved_step(flow, current, left, sign, abs(marks[-1]))
        if step is None:
            shown = f"{float(now.mid()):.9g}"
            raise OutsideDomainError(
                f"the solution cannot be followed beyond time = {shown}", "time", shown
            )
        # a mark that balls do not tell from the end of the step belongs to it
        while len(found) < len(marks):
            ahead = (marks[len(found)] - now) * sign
            if not ahead <= step.length * MARGIN:
                break
            found.append(step.at(ahead))
        current = step.at(step.length)
        now = now + sign * step.length
    raise OutsideDomainError("too many steps", "time", repr(float(now.mid())))


@dataclass(frozen=True)
class Step:
    """A proved step: Taylor coefficients, and what errors grow to."""

    coefficients: list[list[arb]]
    sign: int
    radius: arb
    length: arb
    room: Sequence[arb]
    scale: Sequence[arb]
    worst: arb
    norm: arb

    def at(self, time: arb) -> list[arb]:
        """The state at a time of the step."""
        ratio = (time / self.radius).upper()
        tail = ratio ** len(self.coefficients[0]) / (1 - ratio)
        grown = (self.worst * (self.norm * time).exp()).upper()
        after = []
        for series, s, d in zip(self.coefficients, self.scale, self.room, strict=True):
            total = arb(0)
            for c in reversed(series):
                total = total * (self.sign * time) + c
            after.append(total + hull(grown * s + d * tail))
        return after


def proved_step(flow: Flow, state: Sequence[arb], left: arb, sign: int, whole: arb) -> Step | None:
    """The next step, as long as it can be proved; ``None`` for a length that has collapsed."""
    begin = [y.mid() for y in state]
    inherited = [y.rad() for y in state]
    try:
        speeds = [abs(f).upper() for f in _real(flow, begin)]
    except (NotRealError, TooWideError, ZeroDivisionError):
        return None
    scale = [max(abs(y).upper(), s * left.upper()) for y, s in zip(begin, speeds, strict=True)]
    top = max(scale)
    floor = top * 1e-6 if top > 0 else arb(1)
    scale = [max(s, floor) for s in scale]
    radius = (left * SHRINK).upper()
    for y, s in zip(scale, speeds, strict=True):
        if s > 0:
            radius = min(radius, (y / s).upper())
    while True:
        if radius < COLLAPSE * whole / 100:
            if any(e > s * LOST for e, s in zip(inherited, scale, strict=True)):
                raise TooWideError
            return None
        room = _room(flow, begin, speeds, inherited, scale, radius)
        if room is not None:
            length = left if radius >= left * SHRINK else arb(float(radius / SHRINK))
            proved = _proved(flow, begin, inherited, room, radius, length, sign, scale)
            if proved is not None:
                return proved
        radius = arb(float(radius) * 0.6)


def _real(flow: Flow, point: Sequence[arb]) -> list[arb]:
    values = flow.at(point)
    return [enclosure(f, values) for f in flow.rates]


def _room(
    flow: Flow,
    begin: Sequence[arb],
    speeds: Sequence[arb],
    inherited: Sequence[arb],
    scale: Sequence[arb],
    radius: arb,
) -> list[arb] | None:
    """Radii of a polydisc that solutions do not leave for ``|t| <= radius``."""
    room = [
        (2 * radius * f + 8 * e + s * 1e-6).upper()
        for f, e, s in zip(speeds, inherited, scale, strict=True)
    ]
    for _ in range(3):
        discs = flow.at([acb(arb(y, d), arb(0, d)) for y, d in zip(begin, room, strict=True)])
        try:
            sizes = [abs(complex_enclosure(f, discs)).upper() for f in flow.rates]
        except (NotRealError, TooWideError, ZeroDivisionError):
            return None
        if not all(size.is_finite() for size in sizes):
            return None
        needed = [(radius * size + 8 * e).upper() for size, e in zip(sizes, inherited, strict=True)]
        if all(n <= d for n, d in zip(needed, room, strict=True)):
            return room
        room = [max(d, n * arb("1.1")).upper() for n, d in zip(needed, room, strict=True)]
    return None


def _proved(
    flow: Flow,
    begin: Sequence[arb],
    inherited: Sequence[arb],
    room: Sequence[arb],
    radius: arb,
    length: arb,
    sign: int,
    scale: Sequence[arb],
) -> Step | None:
    """The step with its proof, ``None`` if the errors leave the box."""
    box = flow.at([arb(y, d) for y, d in zip(begin, room, strict=True)])
    try:
        norms = []
        for i, row in enumerate(flow.jacobian):
            entries = [sign * enclosure(e, box) if e != 0 else arb(0) for e in row]
            others = (abs(e) * scale[j] / scale[i] for j, e in enumerate(entries) if j != i)
            norms.append((entries[i] + sum(others, arb(0))).upper())
    except (NotRealError, TooWideError, ZeroDivisionError):
        return None
    exponent = max(norms) * length * MARGIN
    if not exponent < 30:
        return None
    worst = max((e / s).upper() for e, s in zip(inherited, scale, strict=True))
    # on the way errors may be larger than at the end; they have to stay in the box
    largest = worst * max(exponent.exp().upper(), arb(1))
    if not all(largest * s * 4 <= d for s, d in zip(scale, room, strict=True)):
        return None
    coefficients = _taylor(flow, begin)
    return Step(coefficients, sign, radius, length, room, scale, worst, max(norms))


def _terms(
    rates: Sequence[Expr], variables: Sequence[Symbol], constants: Mapping[Symbol, arb]
) -> tuple[_Terms, ...] | None:
    """The rates as polynomials; ``None`` where one is none."""
    found = []
    for rate in rates:
        if not rate.is_polynomial(*variables):
            return None
        listed = sympy.Poly(rate, *variables).terms()
        found.append(tuple((enclosure(c, constants), powers) for powers, c in listed))
    return tuple(found)


def _speeds(rates: Sequence[_Terms], series: Sequence[arb_series], length: int) -> list[arb_series]:
    """The values of polynomials at series, each product taken once."""
    products = {(0,) * len(series): arb_series([1], length)}

    def product(powers: tuple[int, ...]) -> arb_series:
        if powers not in products:
            place = max(range(len(powers)), key=powers.__getitem__)
            less = tuple(e - (k == place) for k, e in enumerate(powers))
            products[powers] = product(less) * series[place] if any(less) else series[place]
        return products[powers]

    return [
        sum(
            (product(powers) * coefficient for coefficient, powers in terms),
            arb_series([0], length),
        )
        for terms in rates
    ]


def _taylor(flow: Flow, begin: Sequence[arb]) -> list[list[arb]]:
    """Taylor coefficients of the solution from a point, one order at a time."""
    found: list[list[Any]] = [[y] for y in begin]
    before = ctx.cap
    try:
        for n in range(1, flow.count):
            ctx.cap = n
            series = [arb_series(c, n) for c in found]
            values = flow.at(series)
            speeds = (
                [series_enclosure(f, values) for f in flow.rates]
                if flow.terms is None
                else _speeds(flow.terms, series, n)
            )
            for c, rate in zip(found, speeds, strict=True):
                if isinstance(rate, arb_series) and rate.prec < n:
                    raise AssertionError("a series was cut")
                last = rate.coeffs() if isinstance(rate, arb_series) else [rate]
                c.append((last[n - 1] if len(last) >= n else ball(0)) / n)
    finally:
        ctx.cap = before
    return found
