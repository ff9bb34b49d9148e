"""Integration of ``du/dt = velocity(u)`` for a batch of seeds in one call of SciPy.

Every seed has a **clock of its own**, ``dt/ds = 1 / hypot(|u'| / |u|, 1 / end)``, so that weights
change by about their own size in a unit of ``s``, whatever their size, their seed and the unit of
time.  All seeds share the steps in ``s`` of a solver of :mod:`scipy.integrate`; a value at a time
comes from its dense output, at the ``s`` at which the clock of the seed shows that time.

**Blow-up.**  Let ``V`` be homogeneous of degree ``2 nu`` and ``u' = grad V``.  With
``N = |u|^2`` one has ``N' = 4 nu V`` and, by Cauchy and Schwarz, ``V' = |grad V|^2 >=
(u . grad V)^2 / N = (2 nu V)^2 / N``; hence ``V / N^nu`` does not decrease, and where ``V > 0``
the weights become infinite within ``N / ((nu - 1) N')``.  Lower-order terms of ``V`` are
smaller by powers of ``N`` when that happens.  A seed is declared blown up when this time left
has shrunk below ``1e-12`` of the time that passed; it is also the tail of the bracket, doubled.
(In its own clock, the time left falls exponentially: no step is small.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.chebyshev import chebder, chebval, chebvander
from numpy.typing import NDArray
from scipy import integrate as ode

from diagrams.errors import WickflowError
from diagrams.flow.settings import EXPLICIT
from diagrams.flow.targets import Array

Flags = NDArray[np.bool_]
Velocity = Callable[..., Array]
"""A function of the weights, and of what is frozen, of some seeds."""

NUMBERS = 48
"""Arrays of the size of the weights that are held at a time (stages, dense output, samples)."""

TIME_LEFT = 1e-12
HARDLY = 1e-6
"""A step that moves time by less than this part is a reason to look for a blow-up."""
ROUNDING = 100 * np.finfo(float).eps
NODES = (1 - np.cos(np.pi * (np.arange(8) + 0.5) / 8)) / 2
"""Points of a step at which its dense output, of degree 7 at most, is known as a whole."""
_SERIES = np.linalg.inv(chebvander(2 * NODES - 1, len(NODES) - 1))


class FlowStopped(WickflowError):
    """The integration did not reach the end: too many steps, or numbers too large (exit code 4)."""

    exit_code = 4


@dataclass(frozen=True)
class BlowUp:
    """When the weights of a seed become infinite: a time, and the bracket it lies in."""

    time: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.time:.10g} (between {self.lower:.10g} and {self.upper:.10g})"


@dataclass(frozen=True)
class Trajectories:
    """What came out for a batch: values (seed, time), blow-ups, steps taken for every seed.

    Where several numbers were asked for, values are (seed, time, number).
    """

    values: Array
    blow_ups: tuple[BlowUp | None, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Passage:
    """Where a batch stands: seeds finished, the time every unfinished one has reached, steps."""

    finished: int
    reached: float
    steps: int


def integrate(
    velocity: Velocity,
    observable: Velocity,
    start: Array,
    times: Array,
    *,
    tolerance: float,
    steps: int,
    order: float,
    frozen: Sequence[Array] = (),
    width: int | None = None,
    seen: Callable[[Passage], None] = lambda passage: None,
    method: str = EXPLICIT,
) -> Trajectories:
    """Return ``observable(u)`` at increasing ``times >= 0`` for every seed.

    ``start`` has the shape (seeds, ..); ``velocity`` maps such an array to its time derivative,
    ``observable`` to one number for every seed, or to ``width`` numbers.  Both are given the
    ``frozen`` arrays of the same seeds as further arguments; one whose first axis has length 1
    is the same for all.  ``tolerance`` bounds the estimated error of
    a step in the norm of ``u``, relative to that norm.  ``order`` is the ``nu`` of the
    module's text (velocity of degree ``2 nu - 1``).  Values after a blow-up are infinite.

    ``seen`` is called after every step and may raise to stop.

    Raises :class:`FlowStopped` when a seed needs more than ``steps`` steps, or leaves the range
    of floating point otherwise than by blow-up.

    >>> decay = integrate(lambda u: -u, lambda u: u[:, 0], np.ones((1, 1)), np.array([0.0, 1.0]),
    ...     tolerance=1e-10, steps=100, order=2)
    >>> [round(value, 9) for value in decay.values[0].tolist()]
    [1.0, 0.367879441]
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        batch = _Batch(velocity, observable, start, times, tolerance, order, tuple(frozen), width)
        while len(batch.seeds):
            batch.go_on(getattr(ode, method), steps, seen)
    return Trajectories(batch.values, tuple(batch.blow_ups), tuple(batch.taken.tolist()))


class _Batch:
    """The state of a batch; the arrays hold the unfinished seeds only."""

    def __init__(
        self,
        velocity: Velocity,
        observable: Velocity,
        start: Array,
        times: Array,
        tolerance: float,
        order: float,
        frozen: tuple[Array, ...],
        width: int | None,
    ) -> None:
        self.velocity, self.observable, self.frozen = velocity, observable, frozen
        self.times, self.end = times, float(times[-1])
        self.tolerance, self.order = tolerance, order
        self.shape = start.shape[1:]
        count = len(start)
        self.seeds = np.arange(count)
        shape = (count, len(times)) if width is None else (count, len(times), width)
        self.values = np.full(shape, math.inf)
        self.blow_ups: list[BlowUp | None] = [None] * count
        self.taken = np.zeros(count, dtype=int)
        self.u, self.t = start.reshape(count, -1), np.zeros(count)
        self.next = np.zeros(count, dtype=int)
        self.h: float | None = None
        unmoved = _norm(self.u) == 0  # weights that start from zero: what they reach is their size
        speed = _norm(velocity(start, *frozen).reshape(self.u.shape))
        self.least = np.where(unmoved, 1e-6 * self.end * speed, 0.0)
        if times[0] == 0.0:
            self.values[:, 0] = observable(start, *frozen)
            self.next += 1
        if self.end == 0.0:
            self._keep(np.zeros(count, dtype=bool))

    def go_on(
        self, method: type[ode.OdeSolver], steps: int, seen: Callable[[Passage], None]
    ) -> None:
        """Integrate the unfinished seeds until one of them is finished."""
        count = len(self.seeds)
        state = np.concatenate([self.u.ravel(), self.t])
        allowed = self._allowed(self._slopes(state)[-count:])
        solver = method(
            lambda s, y: self._slopes(y), 0.0, state, math.inf, rtol=ROUNDING, atol=allowed,
            first_step=self.h,
        )  # fmt: skip
        while len(self.seeds) == count:
            before = self.t
            solver.step()
            self.taken[self.seeds] += 1
            self.u, self.t = solver.y[:-count].reshape(count, -1), solver.y[-count:].copy()
            self._check(solver, before, steps)
            self._record(solver)
            done = self.t >= self.end
            if (self.t - before <= HARDLY * self.t).any():
                done |= self._blown_up(solver.y)
            if done.any():
                self.h = solver.step_size
                self._keep(~done)
            else:
                solver.atol = self._allowed((self.t - before) / solver.step_size)
            seen(self._passage())

    def _slopes(self, state: Array) -> Array:
        """The derivatives of weights and times by ``s``."""
        count = len(self.seeds)
        u = state[:-count].reshape(count, -1)
        found = self.velocity(u.reshape(-1, *self.shape), *self.frozen).reshape(u.shape)
        size = np.hypot(_norm(u), self.least)
        rate = np.where(size > 0, _norm(found) / size, 0.0)
        clocks = 1 / np.hypot(np.where(np.isfinite(rate), rate, np.nan), 1 / self.end)
        return np.concatenate([(clocks[:, None] * found).ravel(), clocks])

    def _allowed(self, clocks: Array) -> Array:
        """What a step may change the estimates of weights and times by, seed by seed."""
        size = np.hypot(_norm(self.u), self.least)
        size = np.where(size > 0, size, 1.0)
        count, numbers = self.u.shape
        each = self.tolerance / math.sqrt(count * (numbers + 1))
        return each * np.concatenate([np.repeat(size, numbers), clocks])

    def _record(self, solver: ode.OdeSolver) -> None:
        """Values of all seeds at the times they pass in this step, by dense output."""
        rows = self._due(np.arange(len(self.seeds)))
        if not len(rows):
            return
        inside = solver.dense_output()
        count = len(self.seeds)
        nodes = np.array([inside(solver.t_old + x * solver.step_size) for x in NODES])
        weights, clocks = nodes[:, :-count].reshape(len(NODES), count, -1), nodes[:, -count:]
        while len(rows):
            due = self.times[self.next[rows]]
            parts = chebvander(2 * _fractions(clocks[:, rows], due) - 1, len(NODES) - 1) @ _SERIES
            there = np.einsum("bk,kbn->bn", parts, weights[:, rows])
            frozen = of_seeds(self.frozen, rows)
            values = self.observable(there.reshape(-1, *self.shape), *frozen)
            self.values[self.seeds[rows], self.next[rows]] = values
            self.next[rows] += 1
            rows = self._due(rows)

    def _due(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Which of some seeds have passed a time at which a value is asked for."""
        return rows[np.append(self.times, math.inf)[self.next[rows]] <= self.t[rows]]

    def _blown_up(self, state: Array) -> Flags:
        """Which seeds have hardly any time left; their blow-ups are written down."""
        count = len(self.seeds)
        slopes = self._slopes(state)
        pushed = np.einsum("bn,bn->b", self.u, slopes[:-count].reshape(count, -1))
        growth = 2.0 * pushed / slopes[-count:] / _norm(self.u) ** 2
        left = np.where(growth > 0, 1.0 / ((self.order - 1) * growth), math.inf)
        found: Flags = (left <= TIME_LEFT * self.t) & (self.t < self.end)
        for row in np.flatnonzero(found):
            seed, t, rest = int(self.seeds[row]), float(self.t[row]), float(left[row])
            margin = self.tolerance * int(self.taken[seed]) * t
            self.blow_ups[seed] = BlowUp(t + rest, t - margin, t + 2 * rest + margin)
        return found

    def _check(self, solver: ode.OdeSolver, before: Array, steps: int) -> None:
        """Raise :class:`FlowStopped` for a seed that cannot go on."""
        if solver.status == "failed":
            raise FlowStopped(
                "until: the weights leave the range of floating point at t/T = "
                f"{self.t.min():.6g}; allowed: a time before that"
            )
        for row in np.flatnonzero((self.taken[self.seeds] >= steps) & (self.t < self.end))[:1]:
            raise FlowStopped(
                f"steps: after {steps} steps t/T is {self.t[row]:.6g} of {self.end:.6g}, the last "
                f"step was {self.t[row] - before[row]:.3g}: too stiff; allowed: a time nearer to "
                "zero, more steps, a larger tolerance or an implicit method"
            )

    def _passage(self) -> Passage:
        """Where the batch stands."""
        reached = float(self.t.min()) if len(self.t) else self.end
        return Passage(len(self.taken) - len(self.seeds), reached, int(self.taken.sum()))

    def _keep(self, rows: Flags) -> None:
        """Go on with the given seeds only."""
        self.u, self.t, self.seeds = self.u[rows], self.t[rows], self.seeds[rows]
        self.next, self.least = self.next[rows], self.least[rows]
        self.frozen = of_seeds(self.frozen, rows)


def _fractions(clocks: Array, due: Array) -> Array:
    """Where in a step clocks, known at the nodes, show given times."""
    series = _SERIES @ clocks
    slopes = 2 * chebder(series)
    low, high = np.zeros(len(due)), np.ones(len(due))
    for _ in range(8):
        middle = (low + high) / 2
        late = chebval(2 * middle - 1, series, tensor=False) >= due
        low, high = np.where(late, low, middle), np.where(late, middle, high)
    found: Array = (low + high) / 2
    for _ in range(4):
        beyond = chebval(2 * found - 1, series, tensor=False) - due
        step = beyond / chebval(2 * found - 1, slopes, tensor=False)
        found = np.clip(np.where(np.isfinite(step), found - step, found), low, high)
    return found


def of_seeds(frozen: Sequence[Array], rows: NDArray[np.intp] | Flags) -> tuple[Array, ...]:
    """The frozen arrays of some seeds; those of length 1 are the same for all seeds."""
    return tuple(array if len(array) == 1 else array[rows] for array in frozen)


def _norm(rows: Array) -> Array:
    """The Euclidean norm of every row."""
    found: Array = np.sqrt(np.einsum("bn,bn->b", rows, rows))
    return found
