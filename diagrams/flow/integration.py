"""Integration of ``du/ds = velocity(u)`` for a batch of seeds, every seed with steps of its own.

The method is that of :mod:`diagrams.flow.tableau`; values are asked for at given times and come
from its dense output.  Steps are controlled by the error in the norm of the weights, relative
to that norm, so that neither the size of the weights nor the unit of time matters.

**Blow-up.**  Let ``V`` be homogeneous of degree ``2 nu`` and ``u' = grad V``.  With
``N = |u|^2`` one has ``N' = 4 nu V`` and, by Cauchy and Schwarz, ``V' = |grad V|^2 >=
(u . grad V)^2 / N = (2 nu V)^2 / N``; hence ``V / N^nu`` does not decrease, and where ``V > 0``
the weights become infinite within ``N / ((nu - 1) N')``.  Lower-order terms of ``V`` are
smaller by powers of ``N`` when that happens.  A seed is declared blown up when this time left
has shrunk below ``1e-12`` of the time that passed; it is also the tail of the bracket, doubled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagrams.errors import WickflowError
from diagrams.flow.tableau import (
    FIFTH_ORDER_ERROR,
    ORDER,
    STAGE_ROWS,
    STAGES,
    STEP_STAGES,
    THIRD_ORDER_STEP,
    dense_weights,
    weights,
)
from diagrams.flow.targets import Array

Flags = NDArray[np.bool_]
Velocity = Callable[..., Array]
"""A function of the weights, and of what is frozen, of some seeds."""

TIME_LEFT = 1e-12
SMALLEST_STEP = 1e-15
SAFETY, LEAST_FACTOR, LARGEST_FACTOR = 0.9, 0.2, 6.0

_ROWS = [weights(row)[: max(row, default=0) + 1] for row in STAGE_ROWS]
_FIFTH = weights(FIFTH_ORDER_ERROR)[:STEP_STAGES]
_THIRD = (weights(STAGE_ROWS[STEP_STAGES]) - weights(THIRD_ORDER_STEP))[:STEP_STAGES]


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
    """What came out for a batch: values (seed, time), blow-ups, steps tried for every seed.

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
    order: int,
    frozen: Sequence[Array] = (),
    width: int | None = None,
    seen: Callable[[Passage], None] = lambda passage: None,
) -> Trajectories:
    """Return ``observable(u)`` at increasing ``times >= 0`` for every seed.

    ``start`` has the shape (seeds, ..); ``velocity`` maps such an array to its time derivative,
    ``observable`` to one number for every seed, or to ``width`` numbers.  Both are given the
    ``frozen`` arrays of the same seeds as further arguments; one whose first axis has length 1
    is the same for all.  ``tolerance`` bounds the estimated error of
    a step in the norm of ``u``, relative to that norm.  ``order`` is the ``nu`` of the
    module's text (velocity of degree ``2 nu - 1``).  Values after a blow-up are infinite.

    ``seen`` is called after every step and may raise to stop.

    Raises :class:`FlowStopped` when a seed needs more than ``steps`` steps (rejected ones
    included), or leaves the range of floating point otherwise than by blow-up.

    >>> decay = integrate(lambda u: -u, lambda u: u[:, 0], np.ones((1, 1)), np.array([0.0, 1.0]),
    ...     tolerance=1e-10, steps=100, order=2)
    >>> [round(value, 9) for value in decay.values[0].tolist()]
    [1.0, 0.367879441]
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        batch = _Batch(velocity, observable, start, times, tolerance, order, frozen, width)
        while len(batch.seeds):
            batch.step()
            batch.check(steps)
            seen(batch.passage())
    return Trajectories(batch.values, tuple(batch.blow_ups), tuple(batch.tried.tolist()))


class _Batch:
    """The state of a batch; the arrays hold the unfinished seeds only."""

    def __init__(
        self,
        velocity: Velocity,
        observable: Velocity,
        start: Array,
        times: Array,
        tolerance: float,
        order: int,
        frozen: Sequence[Array] = (),
        width: int | None = None,
    ) -> None:
        self.velocity, self.observable = velocity, observable
        self.frozen = tuple(frozen)
        self.times, self.end = times, float(times[-1])
        self.tolerance, self.order = tolerance, order
        self.shape = start.shape[1:]
        count = len(start)
        self.seeds = np.arange(count)
        shape = (count, len(times)) if width is None else (count, len(times), width)
        self.values = np.full(shape, math.inf)
        self.blow_ups: list[BlowUp | None] = [None] * count
        self.tried = np.zeros(count, dtype=int)
        self.u = start.reshape(count, -1).copy()
        self.buffer = np.empty((STAGES, self.u.size))
        self.t = np.zeros(count)
        self.next = np.zeros(count, dtype=int)
        self.grow = np.full(count, LARGEST_FACTOR)
        self._set_stage(0, self.u)
        while self.next[0] < len(times) and times[self.next[0]] == 0.0:
            self.values[:, self.next[0]] = observable(start, *self.frozen)
            self.next += 1
        self.h = self._first_steps()
        if self.end == 0.0:
            self._keep(np.zeros(count, dtype=bool))

    # -- stages ---------------------------------------------------------------------------

    def _stages(self) -> Array:
        """All stages as (stage, seed, component), of the unfinished seeds."""
        count, size = self.u.shape
        return self.buffer[:, : count * size].reshape(STAGES, count, size)

    def _velocity(self, u: Array, rows: NDArray[np.intp] | None = None) -> Array:
        """The velocity of all unfinished seeds, or of some of their rows."""
        frozen = self.frozen if rows is None else self._frozen_of(rows)
        found: Array = self.velocity(u.reshape(-1, *self.shape), *frozen).reshape(u.shape)
        return found

    def _frozen_of(self, rows: NDArray[np.intp]) -> tuple[Array, ...]:
        """What is frozen of some rows, in order, each once."""
        if len(rows) == len(self.seeds):
            return self.frozen
        return _of_seeds(self.frozen, rows)

    def _set_stage(self, stage: int, u: Array) -> None:
        self.buffer[stage, : u.size] = self._velocity(u).ravel()

    def _combined(self, row: Array) -> Array:
        """The sum of the first stages with the given weights."""
        total = row @ self.buffer[: len(row), : self.u.size]
        found: Array = total.reshape(self.u.shape)
        return found

    def _first_steps(self) -> Array:
        """A first step for every seed, small against the time in which the weights change.

        (Hairer, Norsett and Wanner, section II.4, with the norms of this module.)
        """
        first = self._stages()[0]
        size, speed = _norm(self.u), _norm(first)
        guess = np.minimum(np.where(speed > 0, 0.01 * size / speed, self.end), self.end)
        unmoved = size == 0  # weights that start from zero: what they reach soon is their size
        guess = np.where(unmoved, 1e-6 * self.end, guess)
        bent = _norm(self._velocity(self.u + guess[:, None] * first) - first) / guess
        rate = np.maximum(speed / size, np.sqrt(bent / size))
        rate = np.where(unmoved, bent / speed, rate)
        found: Array = self.tolerance ** (1 / ORDER) / rate
        found = np.where(np.isfinite(found), found, guess)
        found = np.minimum(np.minimum(100 * guess, found), self.end)
        return found

    # -- one step -------------------------------------------------------------------------

    def step(self) -> None:
        """Try one step of every unfinished seed."""
        h = np.minimum(self.h, self.end - self.t)
        last = h >= self.end - self.t
        column = h[:, None]
        for stage in range(1, STEP_STAGES):
            self._set_stage(stage, self.u + column * self._combined(_ROWS[stage]))
        ahead = self.u + column * self._combined(_ROWS[STEP_STAGES])
        self._set_stage(STEP_STAGES, ahead)
        error = self._error(h, ahead)
        error[~np.isfinite(error + _norm(self._stages()[STEP_STAGES]))] = math.inf
        self.tried[self.seeds] += 1
        accepted = error <= 1.0
        with_room = SAFETY * np.maximum(error, 1e-20) ** (-1 / ORDER)
        factor = np.clip(with_room, LEAST_FACTOR, np.where(accepted, self.grow, 1.0))
        self.h = h * factor
        self.grow = np.where(accepted, LARGEST_FACTOR, 1.0)
        arrived = np.where(last, self.end, self.t + h)
        if accepted.any():
            self._record(np.flatnonzero(accepted & self._due(arrived)), h, arrived)
            stages = self._stages()
            self.u[accepted] = ahead[accepted]
            stages[0, accepted] = stages[STEP_STAGES, accepted]
            self.t[accepted] = arrived[accepted]
        done = (self.t >= self.end) | (accepted & self._blown_up())
        if done.any():
            self._keep(~done)

    def _error(self, h: Array, ahead: Array) -> Array:
        """The estimated error of the step over what is allowed."""
        fifth, third = _norm(self._combined(_FIFTH)), _norm(self._combined(_THIRD))
        both = np.hypot(fifth, 0.1 * third)
        size = self.tolerance * np.maximum(_norm(self.u), _norm(ahead))
        found: Array = h * np.where(fifth != 0, fifth * (fifth / both), 0.0)
        over: Array = np.where(found != 0, found / size, 0.0)
        return over

    def _due(self, arrived: Array) -> Flags:
        """Which seeds pass a time at which a value is asked for."""
        due = np.append(self.times, math.inf)[self.next]
        found: Flags = due <= arrived
        return found

    def _record(self, rows: NDArray[np.intp], h: Array, arrived: Array) -> None:
        """Values of the given seeds at the times they pass in this step, by dense output."""
        if not len(rows):
            return
        stages = self._stages()
        if len(rows) < len(self.seeds):
            stages = np.ascontiguousarray(stages[:, rows])
        u, step = self.u[rows], h[rows]
        flat = stages.reshape(STAGES, -1)
        for stage in range(STEP_STAGES + 1, STAGES):
            row = _ROWS[stage]
            bent = (row @ flat[: len(row)]).reshape(u.shape)
            stages[stage] = self._velocity(u + step[:, None] * bent, rows)
        active = np.arange(len(rows))
        while len(active):
            some = rows[active]
            due = self.times[self.next[some]]
            fraction = np.clip((due - self.t[some]) / h[some], 0.0, 1.0)
            weight = step[active, None] * dense_weights(fraction)
            there = u[active].copy()
            for stage in np.flatnonzero(weight.any(axis=0)).tolist():
                there += weight[:, stage, None] * stages[stage, active]
            values = self.observable(there.reshape(-1, *self.shape), *self._frozen_of(some))
            self.values[self.seeds[some], self.next[some]] = values
            self.next[some] += 1
            active = active[self._due(arrived)[some]]

    def _blown_up(self) -> Flags:
        """Which seeds have hardly any time left; their blow-ups are written down."""
        square = np.einsum("bn,bn->b", self.u, self.u)
        growth = 2.0 * np.einsum("bn,bn->b", self.u, self._stages()[0]) / square
        left = np.where(growth > 0, 1.0 / ((self.order - 1) * growth), math.inf)
        found: Flags = (left <= TIME_LEFT * self.t) & (self.t < self.end)
        for row in np.flatnonzero(found):
            seed, t, rest = int(self.seeds[row]), float(self.t[row]), float(left[row])
            margin = self.tolerance * int(self.tried[seed]) * t
            self.blow_ups[seed] = BlowUp(t + rest, t - margin, t + 2 * rest + margin)
        return found

    def _keep(self, rows: Flags) -> None:
        """Go on with the given seeds only."""
        first = self._stages()[0, rows].ravel()
        self.u = self.u[rows]
        self.frozen = _of_seeds(self.frozen, rows)
        self.buffer[0, : self.u.size] = first
        self.seeds, self.t, self.h = self.seeds[rows], self.t[rows], self.h[rows]
        self.next, self.grow = self.next[rows], self.grow[rows]

    # -- seen from outside ----------------------------------------------------------------

    def check(self, steps: int) -> None:
        """Raise :class:`FlowStopped` for a seed that cannot go on."""
        for row in np.flatnonzero(self.h < SMALLEST_STEP * self.t)[:1]:
            raise FlowStopped(
                "until: the weights leave the range of floating point at t/T = "
                f"{self.t[row]:.6g}; allowed: a time before that"
            )
        for row in np.flatnonzero(self.tried[self.seeds] >= steps)[:1]:
            raise FlowStopped(
                f"steps: after {steps} steps t/T is {self.t[row]:.6g} of {self.end:.6g}, the next "
                f"step would be {self.h[row]:.3g}: too stiff; allowed: a time nearer to zero, more "
                "steps or a larger tolerance"
            )

    def passage(self) -> Passage:
        """Where the batch stands."""
        reached = float(self.t.min()) if len(self.t) else self.end
        return Passage(len(self.tried) - len(self.seeds), reached, int(self.tried.sum()))


def _of_seeds(frozen: Sequence[Array], rows: NDArray[np.intp] | Flags) -> tuple[Array, ...]:
    """The frozen arrays of some seeds; those of length 1 are the same for all seeds."""
    return tuple(array if len(array) == 1 else array[rows] for array in frozen)


def _norm(rows: Array) -> Array:
    """The Euclidean norm of every row."""
    found: Array = np.sqrt(np.einsum("bn,bn->b", rows, rows))
    return found
