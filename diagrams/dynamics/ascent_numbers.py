"""Numbers for the first integral of coordinates that obey a Bernoulli equation.

In normalised variables the solution is a curve with parameter ``r >= 0``:

    W(r) = 1 - kappa I(r),  I(r) = int_0^r k_2(-x)^m dx,  Theta(r) = int_0^r W(x)^b dx,

where ``Theta`` is the time.  Where ``kappa I`` reaches 1, at ``r_c``, time ends at
``Theta(r_c)``.  All integrals are sums of Chebyshev series in ``r``, ``log r`` or
``log (r_c - r)``, bisected until their coefficients are small enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath

from diagrams.dynamics.moment_tables import MomentTable, moment_table
from diagrams.errors import OutsideDomain
from pde.chebyshev import ChebyshevSeries, chebyshev_nodes, series_from_values

STEP = 2
DEPTH = 12


@dataclass(frozen=True)
class State:
    """A point of the curve: ``r``, ``W`` and whether it was reached."""

    r: Any
    w: Any


@dataclass(frozen=True)
class _Panel:
    """Theta less ``before`` on an interval of a variable: r, log r, or -log(r_c - r)."""

    kind: str
    series: ChebyshevSeries
    before: Any
    after: Any


class Clock:
    """``Theta`` and its inverse for one ``kappa`` and exponent ``b``, built up as needed.

    All methods are to be called at the working precision of the table.
    """

    def __init__(self, table: MomentTable, kappa: Any, b: Any) -> None:
        self.table, self.kappa, self.b = table, kappa, b
        self.end = self._end()
        self.panels: list[_Panel] = []
        first = table.start
        if kappa:
            first = min(first, 1 / (20 * abs(kappa)))
        if self.end is not None:
            first = min(first, self.end / 4)
        self._add("r", mpmath.mpf(0), first, 0)

    @property
    def limit(self) -> Any:
        """Theta at the end of the curve, ``None`` where it has none."""
        if self.end is None:
            return None
        while self._extend():
            pass
        return self.panels[-1].after

    def w(self, r: Any) -> Any:
        """Return ``W(r)``."""
        return 1 - self.kappa * self.table.integral(r)

    def at(self, theta: Any) -> State | None:
        """Return the state at a time; ``None`` beyond the end."""
        while self.panels[-1].after < theta:
            if not self._extend():
                return None
        panel = next(panel for panel in self.panels if panel.after >= theta)
        left, right = panel.series.left, panel.series.right
        goal, low, high = theta - panel.before, left, right
        x = left + (right - left) * goal / (panel.after - panel.before)
        small = (right - left) * mpmath.mpf(10) ** (3 - self.table.working)
        for _ in range(200):
            gap = panel.series(x) - goal
            low, high = (x, high) if gap < 0 else (low, x)
            new = x - gap / self._speed(panel.kind, x)
            if not low < new < high:
                new = (low + high) / 2
            if abs(new - x) <= small:
                x = new
                break
            x = new
        r = self._position(panel.kind, x)
        return State(r, self._w(panel.kind, x, r))

    def _end(self) -> Any:
        """The ``r`` at which ``kappa I = 1``, if there is one."""
        if self.kappa <= 0:
            return None
        goal = 1 / self.kappa
        table = self.table
        high = table.start
        while table.integral(high) < goal:
            high *= 2
            if high > mpmath.mpf(10) ** (4 * table.working):
                return None
            tail = high * table.average(high) ** table.power
            if table.integral(high) < goal and tail < goal * mpmath.eps:
                return None
        low = mpmath.mpf(0)
        x = min(high, goal)
        for _ in range(400):
            gap = table.integral(x) - goal
            low, high = (x, high) if gap < 0 else (low, x)
            new = x - gap / table.average(x) ** table.power
            if not low < new < high:
                new = (low + high) / 2
            if abs(new - x) <= abs(x) * mpmath.eps * 4:
                return new
            x = new
        return x

    def _position(self, kind: str, x: Any) -> Any:
        if kind == "r":
            return x
        return mpmath.exp(x) if kind == "log" else self.end - mpmath.exp(-x)

    def _w(self, kind: str, x: Any, r: Any) -> Any:
        if kind != "gap":
            return self.w(r)
        gap = mpmath.exp(-x)
        if gap > self.end * mpmath.mpf(10) ** (-self.table.working / mpmath.mpf("3.5")):
            return self.w(r)
        # next to the end: Taylor, where the difference of integrals has lost its digits
        rate = self.table.average(self.end)
        slope = self.table.power * self.table.slope(self.end) / rate
        return self.kappa * rate**self.table.power * gap * (1 - slope * gap / 2)

    def _speed(self, kind: str, x: Any) -> Any:
        r = self._position(kind, x)
        weight = {"r": mpmath.mpf(1), "log": r}.get(kind)
        if weight is None:
            weight = mpmath.exp(-x)
        w = self._w(kind, x, r)
        return (w**self.b if w > 0 else mpmath.mpf(0)) * weight

    def _add(self, kind: str, left: Any, right: Any, depth: int) -> None:
        count = self.table.count
        values = [self._speed(kind, x) for x in chebyshev_nodes(left, right, count)]
        series = series_from_values(left, right, values)
        before = self.panels[-1].after if self.panels else mpmath.mpf(0)
        size = max(values) * (right - left)
        allowed = mpmath.mpf(10) ** (-self.table.digits - 3) * (before + size) / size
        if series.tail > allowed and depth < DEPTH:
            middle = (left + right) / 2
            self._add(kind, left, middle, depth + 1)
            self._add(kind, middle, right, depth + 1)
            return
        whole = series.antiderivative()
        self.panels.append(_Panel(kind, whole, before, before + whole(right)))

    def _extend(self) -> bool:
        """Add the next panel; false where the curve has ended."""
        last = self.panels[-1]
        right = last.series.right
        if last.kind == "gap":
            done = (1 + self.b) * right > self.table.working * mpmath.log(10) - mpmath.log(self.end)
            if done:
                return False
            self._add("gap", right, right + STEP, 0)
            return True
        left = mpmath.log(right) if last.kind == "r" else right
        if self.end is None:
            self._add("log", left, left + STEP, 0)
            return True
        half = mpmath.log(self.end / 2)
        if left < half - mpmath.mpf("1e-9"):
            self._add("log", left, min(left + STEP, half), 0)
        else:
            start = -mpmath.log(self.end - mpmath.exp(left))
            self._add("gap", start, start + STEP, 0)
        return True


def clock(d: int, power: int, kappa: Any, b: Any, digits: int) -> Clock:
    """Return the clock of a curve."""
    return Clock(moment_table(d, power, digits), kappa, b)


def refuse_descent(variable: str, spike: str) -> OutsideDomain:
    """Return the refusal of times at which coordinates blow up, however small the time."""
    return OutsideDomain(
        f"{variable}: the series has no Borel sum at such times and the size limit is not uniform:"
        f" the largest coordinates blow up first, typically at about t = {spike}",
        "t",
        "0",
    )
