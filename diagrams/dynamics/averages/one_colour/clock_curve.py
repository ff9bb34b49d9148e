"""Numbers for coordinates that obey a Bernoulli equation, with proved bounds.

In normalised variables the solution is a curve with parameter ``r >= 0``:

    dW/dr = -kappa k_2(-r)^m - ell W^a,  W(0) = 1;    dTheta/dr = W^b,  Theta(0) = 0,

where ``Theta`` is the time and ``ell`` is there with weight decay only.  Where ``W`` reaches zero,
at ``r_c``, time ends.  Both are Taylor polynomials on steps in ``r``.  The proof of a step: with
the average replaced by its polynomial, ``W`` stays within 0.8 of itself on a disc three times as
large as the step (that is checked), so that Cauchy's estimate bounds the coefficients left out;
what the average misses and what came from earlier steps grows by Gronwall's lemma.  The Taylor
coefficients are balls.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb, arb_poly, arb_series, ctx

from diagrams.dynamics.averages.one_colour.moment_table import (
    MARGIN,
    WIDTH,
    Average,
    MomentTable,
    Panel,
)
from pde.errors import OutsideDomainError
from pde.numbers.balls import ball, hull

ROOM = 0.8
"""How far ``W`` may go on the disc of a step, relative to its value at the centre."""

STEPS_LIMIT = 20_000


@dataclass(frozen=True)
class Constants:
    """The constants of the equations of ``W`` and ``Theta``; ``power`` is ``m``.

    ``a`` and ``b = a - 1`` are positive.
    """

    kappa: arb
    ell: arb
    power: int
    a: Fraction
    b: Fraction


@dataclass(frozen=True)
class State:
    """A point of the curve: its panel, the place ``z`` on it, and ``W``."""

    panel: int
    z: arb
    w: arb


@dataclass(frozen=True)
class _Step:
    """``W`` and ``Theta`` for ``z = start + s``, ``0 <= s <= length``, with bounds."""

    panel: int
    start: arb
    length: arb
    w: arb_poly
    w_error: arb
    w_end_error: arb
    theta: arb_poly
    theta_error: arb
    slowest: arb
    last: bool
    """Whether the step ends with its panel."""

    @property
    def w_after(self) -> arb:
        return self.w(self.length) + hull(self.w_end_error)

    @property
    def after(self) -> arb:
        return self.theta(self.length) + hull(self.theta_error)


class Clock:
    """The curve for given constants, built up as needed.

    All methods are to be called at the working precision of the table.
    """

    def __init__(self, table: MomentTable, constants: Constants) -> None:
        self.table, self.constants = table, constants
        self.steps: list[_Step] = []

    def at(self, theta: arb) -> State | None:
        """Return the state at a time; ``None`` beyond the end of time."""
        while not self.steps or not self.steps[-1].after >= theta:
            if self.steps:
                left = self.remaining()
                if left is not None and self.steps[-1].after + left < theta:
                    return None
            self._extend()
        # the first step of which the time is not known to lie beyond: all before end earlier
        low, high = 0, len(self.steps) - 1
        while low < high:
            middle = (low + high) // 2
            if self.steps[middle].after < theta:
                low = middle + 1
            else:
                high = middle
        return self._solved(self.steps[low], theta)

    def limit(self, digits: int) -> arb | None:
        """Return ``Theta`` at the end of time to some digits; ``None`` where it has no end."""
        small = arb(10) ** -digits
        if not self.steps:
            self._extend()
        while True:
            if self._endless():
                return None
            left, after = self.remaining(), self.steps[-1].after
            if left is not None and left < small * after:
                return after + left / 2 + hull(left / 2)
            self._extend()

    def remaining(self) -> arb | None:
        """A bound on what ``Theta`` can still gain before ``W`` is zero, if there is one.

        The average falls with ``r``: as long as ``r`` at most doubles, ``W`` falls at least as
        fast as with the average at ``2 r``.
        """
        last, c = self.steps[-1], self.constants
        w = last.w_after
        if not c.kappa > 0:
            return None
        panel = self.table.panel(last.panel)
        r = panel.left + panel.width * (last.start + last.length)
        rate = c.kappa * self._average_at(2 * r) ** c.power
        if not c.ell >= 0:
            rate += c.ell * w ** ball(c.a)
        if not rate > 0 or not w < rate * r:
            return None
        return (w ** ball(c.b) * w / rate).upper()

    def _endless(self) -> bool:
        """Whether ``W`` is known to stay positive for ever.

        Without decay ``k_2(-x) <= x^(-2/d)`` bounds what the integral can still gain.  With
        ``ell < 0``, where ``W`` rises once it rises for ever, as the average falls.  Where ``W``
        exceeds all bounds, or ``r`` does, so does ``Theta``, because ``b = a - 1``.
        """
        last, c = self.steps[-1], self.constants
        if not c.kappa > 0:
            return True
        panel = self.table.panel(last.panel)
        r = panel.left + panel.width * (last.start + last.length)
        if c.ell < 0:
            lost = c.kappa * self._average_at(r) ** c.power
            return bool(lost + c.ell * last.w_after ** ball(c.a) < 0)
        if c.ell != 0:
            return self._held(r, last.w_after)
        power = Fraction(2 * c.power, self.table.d) - 1
        return bool(last.w_after > c.kappa * r ** (-ball(power)) / ball(power))

    def _held(self, r: arb, w: arb) -> bool:
        """Whether, with ``ell > 0``, ``W r^g`` lies above a zero of its slowest growth.

        With ``g = 2 power/d - 1 = 1/b`` and ``k_2(-r) <= r^(-2/d)`` it grows, in ``log r``, at
        least as ``g w - kappa - ell w^a``, which is concave; where that is positive, below its
        maximum, ``w`` stays for ever.
        """
        c = self.constants
        if not r > 0:
            return False
        g = ball(Fraction(2 * c.power, self.table.d) - 1)
        best = (g / (c.ell * ball(c.a))) ** (1 / ball(c.b))
        low = (w * r**g).min(best)
        return bool(g * low - c.kappa - c.ell * low ** ball(c.a) > 0)

    def whole_integral(self, digits: int) -> arb:
        """Return the integral of ``k_2^m`` over all ``r``, for ``kappa = -1`` without decay.

        It has about as many ``digits``, also where it is small, as for large orders.
        """
        power = Fraction(2 * self.constants.power, self.table.d) - 1
        while True:
            self._extend()
            last = self.steps[-1]
            panel = self.table.panel(last.panel)
            r = panel.left + panel.width * (last.start + last.length)
            left = r ** (-ball(power)) / ball(power)
            found = last.w_after - 1
            if left < arb(10) ** -digits * found:
                return found + left / 2 + hull(left / 2)

    def _average_at(self, r: arb) -> arb:
        k = self.table.place(r)
        panel = self.table.panel(k)
        return self.table.average(2, k)((r - panel.left) / panel.width)

    def _extend(self) -> None:
        if len(self.steps) > STEPS_LIMIT:
            raise OutsideDomainError("the time is too close to the end, or too long")
        if not self.steps:
            number, start, w, theta = 0, arb(0), arb(1), arb(0)
        else:
            last = self.steps[-1]
            number, start = last.panel, last.start + last.length
            w, theta = last.w_after, last.after
            if last.last:
                number, start = number + 1, arb(0)
        if not w > 0:
            raise OutsideDomainError("the time is too close to the end")
        step = _next_step(
            self.constants,
            self.table.panel(number),
            self.table.average(2, number),
            number,
            start,
            w,
            theta,
            self.table.count,
        )
        self.steps.append(step)

    def _solved(self, step: _Step, theta: arb) -> State:
        """Newton's method on midpoints; then a bound from the slowest speed of the step.

        The place is not before the step, and beyond its end by less than its bounds hold.
        """
        beyond = (theta - step.after).upper()
        if not beyond <= step.slowest * step.length * (MARGIN - 1):
            raise OutsideDomainError("the time is too close to the end: more digits are needed")
        goal = theta.mid()
        s = arb(float((goal - step.theta[0]) / (step.after - step.theta[0]))) * step.length
        s = _clamped(s, step.length)
        slope = step.theta.derivative()
        for _ in range(60):
            new = _clamped((s - (step.theta(s) - goal) / slope(s)).mid(), step.length)
            moved = abs(new - s)
            s = new
            if moved <= step.length * arb(2) ** (12 - ctx.prec):
                break
        gap = step.theta(s) + hull(step.theta_error) - theta
        off = hull(abs(gap) / step.slowest)
        w = step.w(s + off) + hull(step.w_error)
        return State(step.panel, step.start + s + off, w)


def _clamped(s: arb, length: arb) -> arb:
    if not s > 0:
        return arb(0)
    return length if s > length else s.mid()


def _next_step(
    constants: Constants,
    panel: Panel,
    average: Average,
    number: int,
    start: arb,
    w: arb,
    theta: arb,
    count: int,
) -> _Step:
    """One step from a place on a panel, with its proof."""
    c = constants
    a, b = ball(c.a), ball(c.b)
    speed, decay = c.kappa * panel.width, c.ell * panel.width
    shifted = average.polynomial
    if start != 0:
        shifted = shifted(arb_poly([start, 1]))
    begin, inherited = w.mid(), hull(w.rad()).abs_upper()
    radius, largest = _disc(c, shifted, begin, speed, decay, 0.999 * (WIDTH - float(start)))
    length = radius / WIDTH
    rest = 1 - start
    last = bool(length * arb("1.05") >= rest)
    length = rest if last else arb(float(length))
    longest = (length * MARGIN).upper()
    # Taylor coefficients of W and of W^b
    driving = _power(shifted.coeffs(), c.power, count)
    coefficients = _taylor(begin, [speed * g for g in driving], decay, c.a, count)
    polynomial = arb_poly(coefficients)
    ratio = (longest / radius).upper()
    tail = ratio**count / (1 - ratio)
    # Gronwall: what the average misses, and what came before
    missed = abs(speed) * c.power * (largest + average.error) ** (c.power - 1) * average.error
    reach = sum((abs(x) * longest**n for n, x in enumerate(coefficients[1:], 1)), arb(0))
    reach = (reach + ROOM * begin * tail).upper()
    slack = begin / 20
    tube = begin + hull(reach + slack)
    growth = -decay * a * tube ** (a - 1)
    factor = (growth * longest).upper().exp() if decay < 0 else arb(1)
    error = factor * (inherited + longest * missed)
    # at the end of the step what came before may have shrunk
    end_error = inherited * (growth * length).upper().exp() + factor * longest * missed
    if not error < slack:
        raise OutsideDomainError("the time is too close to the end: more digits are needed")
    w_error = (error + ROOM * begin * tail).upper()
    w_end_error = (end_error + ROOM * begin * tail).upper()
    # the clock
    powers = _power(coefficients, b, count)
    clock = arb_poly([theta.mid(), *(panel.width * p / (n + 1) for n, p in enumerate(powers))])
    spread = b * max((tube ** (b - 1)).upper(), arb(0)) * error
    spread += ((1 + ROOM) * begin) ** b * tail
    theta_error = (theta.rad() + panel.width * longest * spread).upper()
    slowest = (panel.width * tube**b).lower()
    return _Step(
        number,
        start,
        length,
        polynomial,
        w_error,
        w_end_error,
        clock,
        theta_error,
        slowest,
        last,
    )


def _power(coefficients: list[arb], exponent: int | arb, count: int) -> list[arb]:
    """The first coefficients of a power of a series."""
    before, ctx.cap = ctx.cap, count
    try:
        found = (arb_series(coefficients, count) ** exponent).coeffs()
    finally:
        ctx.cap = before
    return [*found, *[arb(0)] * (count - len(found))]


def _disc(
    c: Constants, shifted: arb_poly, begin: arb, speed: arb, decay: arb, widest: float
) -> tuple[arb, arb]:
    """A radius on which W stays within ``ROOM`` of its centre, and the average's bound there."""
    sizes = arb_poly([abs(x).upper() for x in shifted.coeffs()])
    room = (ROOM * begin).lower()
    last = (abs(decay) * ((1 + ROOM) * begin) ** ball(c.a)).upper()
    radius = arb(widest)
    for _ in range(4000):
        largest = sizes(radius).upper()
        change = radius * (abs(speed) * largest**c.power + last)
        if change <= room:
            return radius, largest
        fit = float(room / change)
        radius = arb(float(radius) * max(0.3, min(0.93, 0.5 + fit / 2)))
    raise OutsideDomainError("the time is too close to the end")


def _taylor(begin: arb, driving: list[arb], decay: arb, a: Fraction, count: int) -> list[arb]:
    """Coefficients of ``W' = -g - decay W^a``, with those of ``V = W^a`` on the way.

    ``W V' = a W' V`` gives ``n W_0 V_n = sum_k (a k - (n - k)) W_k V_(n-k)``.
    """
    if decay == 0:
        return [begin, *(-g / (n + 1) for n, g in enumerate(driving[: count - 1]))]
    exponent, first = ball(a), begin ** ball(a)
    w, v = [begin], [first]
    inverse = 1 / begin
    for n in range(1, count):
        w.append(-(driving[n - 1] + decay * v[n - 1]) / n)
        total = arb(0)
        for k in range(1, n + 1):
            total += (exponent * k - (n - k)) * w[k] * v[n - k]
        v.append(total * inverse / n)
    return w
