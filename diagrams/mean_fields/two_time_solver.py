r"""Equations of functions of two times, stepped in the logarithm of time on rows of them.

At ``s = theta t`` an equation ``d f(t, s)/dt = rate`` is
``d f/d log t - theta d f/d theta = t rate``, with a condition at equal times, where the row begins.
Rows are smooth in ``log t``, so backward differences of third order do; every row is implicit and
found by Newton's method, with exact derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Protocol

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.linalg import lu_factor, lu_solve

from diagrams.mean_fields.logarithmic_grid import Integral, LogarithmicGrid
from diagrams.mean_fields.sampled_noise import Array, Diverged

DIFFERENCES = (11 / 6, -3.0, 3 / 2, -1 / 3)
"""Backward differences of third order: the weights of a row and of those before it.

Those of higher order, and longer stencils between rows, are unstable where a solution rests.
"""

ROUNDS, CONVERGED = 25, 1e-9

FIRST = 5e-4
"""The first time, in units of the fastest rate: until then rows are linear in time."""


FINEST = 0.3
"""The shortest panel of a row at the last time, in the same units."""


class Row:
    """Values, at the nodes of a row or one number, with their derivatives by all unknowns."""

    def __init__(self, value: Array | float, slope: Array | None = None) -> None:
        self.value, self.slope = np.asarray(value, dtype=float), slope

    def __add__(self, other: Row | float) -> Row:
        one = _row(other)
        value = self.value + one.value
        slopes = [_spread(r.slope, value) for r in (self, one) if r.slope is not None]
        return Row(value, reduce(add, slopes) if slopes else None)

    def __mul__(self, other: Row | float) -> Row:
        one = _row(other)
        value = self.value * one.value
        pairs = ((self, one), (one, self))
        slopes = [
            _spread(a.slope, value) * b.value[..., None] for a, b in pairs if a.slope is not None
        ]
        return Row(value, reduce(add, slopes) if slopes else None)

    def __neg__(self) -> Row:
        return self * -1.0

    def __sub__(self, other: Row | float) -> Row:
        return self + -_row(other)

    def __pow__(self, power: int) -> Row:
        return reduce(Row.__mul__, [self] * power, Row(1.0))

    def __getitem__(self, place: int) -> Row:
        return Row(self.value[place], None if self.slope is None else self.slope[place])

    __radd__, __rmul__ = __add__, __mul__


def _row(value: Row | float) -> Row:
    return value if isinstance(value, Row) else Row(value)


def _spread(slope: Array, value: Array) -> Array:
    """The slope of a number as that of a row of it."""
    return slope if slope.ndim > value.ndim else np.broadcast_to(slope, (*value.shape, len(slope)))


@dataclass(frozen=True)
class Moved:
    """``d f(t, s)/dt = rate``; at equal times f is ``value``, or moves at the rate ``along``."""

    rate: Row
    value: Row | None = None
    along: Row | None = None


class TwoTimeSystem(Protocol):
    """Equations of functions of two times."""

    @property
    def starts(self) -> Mapping[str, float]:
        """The functions that are unknown, with their values at time zero.

        Those that the laws fix there may be wrong.
        """

    def laws(self, step: Step) -> Mapping[str, Moved]:
        """The equations of motion, one for each."""

    def observed(self, step: Step) -> float:
        """The observable at the time of a step."""


@dataclass
class History:
    """Rows of all functions at the times met: the start, and then a geometric progression."""

    grid: LogarithmicGrid
    times: Array
    rows: dict[str, Array] = field(default_factory=dict)

    def at(self, name: str, later: Array, earlier: Array) -> Array:
        """A function at pairs of times, the later one not before the other."""
        t, s = np.broadcast_arrays(later, earlier)
        inside = np.maximum(t.ravel(), self.times[1])
        place = 1 + np.log(inside / self.times[1]) / self.grid.step
        ratio = np.divide(s.ravel(), t.ravel(), out=np.ones(t.size), where=t.ravel() > 0)
        found: Array = self.grid.at_points(self.rows[name], place, np.minimum(ratio, 1.0))
        start = self.rows[name][0, 0]
        found = start + (found - start) * np.minimum(t.ravel() / self.times[1], 1.0)
        return found.reshape(t.shape)


class Step:
    """One row of all functions, with integrals over the rows before."""

    def __init__(self, history: History, number: int) -> None:
        self.history, self.number = history, number
        self.time = float(history.times[number])
        self.rows: dict[str, Row] = {}
        self.past: dict[tuple[int, str], Array] = {}

    def __getitem__(self, name: str) -> Row:
        return self.rows[name]

    def after(self, kernel: Row, name: str) -> Row:
        """``int_s^t kernel(t, x) f(x, s) dx`` of a function."""
        return self._integral(self.history.grid.after, kernel, name)

    def before(self, kernel: Row, name: str) -> Row:
        """``int_0^s kernel(t, x) f(s, x) dx`` of a function."""
        return self._integral(self.history.grid.before, kernel, name)

    def whole(self, kernel: Row) -> Row:
        """``int_0^t kernel(t, x) dx``."""
        weights = self.time * self.history.grid.whole
        slope = None if kernel.slope is None else weights @ kernel.slope
        return Row(weights @ kernel.value, slope)

    def _integral(self, integral: Integral, kernel: Row, name: str) -> Row:
        if not self.number:
            return Row(np.zeros(integral.size))
        key = id(integral), name
        if key not in self.past:
            numbers = np.maximum(self.number - np.arange(integral.lags), 0)
            rows = self.history.rows[name][numbers]
            rows[0] = 0.0
            self.past[key] = integral.past @ rows.ravel()
        own = self.rows[name]
        left = integral.kernel @ kernel.value
        right = self.past[key] + integral.now @ own.value
        found = Row(self.time * integral.sums(left * right))
        for row, values, of in ((kernel, right, integral.kernel), (own, left, integral.now)):
            if row.slope is not None:
                more = self.time * (integral.matrix(values, of) @ row.slope)
                found.slope = more if found.slope is None else found.slope + more
        return found


class Solver:
    """The rows of a system up to a time, and its observable."""

    def __init__(
        self, system: TwoTimeSystem, until: float, rate: float, degree: int, step: float
    ) -> None:
        self.system, self.starts = system, dict(system.starts)
        first = min(FIRST / rate, until / 10)
        count = max(math.ceil(math.log(until / first) / step), len(DIFFERENCES) + 1)
        finest = FINEST / (2 * FINEST + rate * until)
        grid = LogarithmicGrid(finest, degree, math.log(until / first) / count)
        times = np.append(0.0, first * np.exp(grid.step * np.arange(count + 1)))
        self.history = History(grid, times)
        self.curve = np.zeros(len(times))
        self.factors: tuple[Array, Array] | None = None

    def run(self) -> History:
        """Solve for one row after another.

        Raises ``Diverged`` where Newton's method does not converge.
        """
        rows, count = self.history.rows, self.history.grid.count
        for _ in range(2):
            step = Step(self.history, 0)
            step.rows = {n: Row(np.full(count, start)) for n, start in self.starts.items()}
            for name, law in self.system.laws(step).items():
                if law.value is not None:
                    self.starts[name] = float(law.value.value)
        self.curve[0] = self.system.observed(step)
        for name, row in step.rows.items():
            rows[name] = np.tile(row.value, (len(self.history.times), 1))
        for number in range(1, len(self.history.times)):
            step = Step(self.history, number)
            self._solve(step)
            for name, row in step.rows.items():
                rows[name][number] = row.value
            self.curve[number] = self.system.observed(step)
        return self.history

    def values(self, times: Array) -> Array:
        """The observable at times, once the rows are known."""
        inside = np.maximum(times, self.history.times[1])
        place = np.log(inside / self.history.times[1]) / self.history.grid.step
        later = CubicSpline(np.arange(len(self.curve) - 1), self.curve[1:])(place)
        share = np.minimum(times / self.history.times[1], 1.0)
        found: Array = self.curve[0] + (later - self.curve[0]) * share
        return found

    def _solve(self, step: Step) -> None:
        """Newton's method, from a row extrapolated; its matrix is kept while that converges."""
        names, count = tuple(self.starts), self.history.grid.count
        known = [self.history.rows[name] for name in names]
        i = step.number
        ahead = np.array([-1.0, 4.0, -6.0, 4.0])
        x = np.concatenate([ahead @ r[i - 4 : i] if i > 4 else r[0] for r in known])
        before = np.inf
        for _ in range(ROUNDS):
            fresh = self.factors is None
            parts = x.reshape(len(names), count)
            eye = np.eye(x.size).reshape(len(names), count, -1) if fresh else [None] * len(names)
            step.rows = {n: Row(v, d) for n, v, d in zip(names, parts, eye, strict=True)}
            found = self.system.laws(step)
            left = [self._left(step, name, found[name]) for name in names]
            if fresh:
                slopes = np.concatenate([row.slope for row in left])
                self.factors = lu_factor(slopes, check_finite=False)
            values = np.concatenate([row.value for row in left])
            change = lu_solve(self.factors, values, check_finite=False)
            size = float(np.max(np.abs(change)))
            if not size < 1e6:
                raise Diverged
            x -= change
            if size < CONVERGED:
                break
            if size > before / 4 and not fresh:
                self.factors = None
            before = size
        else:
            raise Diverged

    def _left(self, step: Step, name: str, law: Moved) -> Row:
        """What is left of an equation, one entry a node; the last is that at equal times."""
        grid, rows, number = self.history.grid, self.history.rows, step.number
        row = step.rows[name]
        if number < len(DIFFERENCES):  # linear in time from zero on
            weight, past = 1.0, np.full(grid.count, -self.starts[name])
        else:
            weight, *others = (w / grid.step for w in DIFFERENCES)
            past = sum(w * rows[name][number - j] for j, w in enumerate(others, 1))
        grown = row * weight + Row(past)
        swept = Row(grid.theta * (grid.slope @ row.value))
        if row.slope is not None:
            swept.slope = grid.theta[:, None] * (grid.slope @ row.slope)
        found = grown - swept - law.rate * step.time
        if law.value is not None:
            last = row[-1] - law.value
        else:
            assert law.along is not None
            last = grown[-1] - law.along * step.time
        found.value[-1] = last.value
        if found.slope is not None:
            found.slope[-1] = 0.0 if last.slope is None else last.slope
        return found
