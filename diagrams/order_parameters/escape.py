r"""Leaving a plateau: an unstable fixed point of the means, from which the spread of a start leads.

Where the means of order parameters start at an unstable fixed point of their equations, or tend to
one, no run stays there.  Let ``w`` be the covector of the start that grows: with the rate
``lambda``, an eigenvalue of the Jacobian there, and its left eigenvector ``l``,

    w = lim exp(-lambda t) Phi(t)^T l ,   a = w . (x(0) - E x(0)) ,

``Phi`` being the flow linearised along the means.  The law of a run is that of ``a``, Gaussian at
large sizes, with the exact variance ``w^T C w`` of the start.  A run with a given ``a`` follows the
closed equations from ``E[x(0) | a]``.  It leaves when ``a exp(lambda t)`` is of order one: with
``a`` of order ``N^(-1/2)`` the time is ``log N/(2 lambda)`` plus a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from statistics import NormalDist

import numpy as np

from diagrams.evidence import Evidence, Kind
from diagrams.flow.arguments import monomial_value
from diagrams.flow.targets import Array
from diagrams.order_parameters.closed_system import ClosedSystem, Number
from diagrams.order_parameters.expanding import covariance
from diagrams.order_parameters.numbers import SystemInNumbers

NUMBERS_LIMIT = 64
"""Numbers in all order parameters; derivatives take the square of them."""

RUNS = 48
"""Starts that are followed, an even number: quantiles, or draws where several directions grow."""

PATIENCE = 40
"""Doublings of time until the means stand still."""

STILL, UNSTABLE, STRIDE, TOLERANCE = 1e-8, 1e-4, 1e-5, 1e-8
POINTS, AFTER = 201, 6.0
"""Times of a run, and how many times the inverse rate it is followed beyond its typical escape."""
APART = 0.1
"""Part of the drop of the loss by which runs have left the means."""


@dataclass(frozen=True, eq=False)
class Escape:
    """How runs leave a plateau of the means, times in units of ``T``.

    ``rates`` are those that grow, largest first.  ``plateau`` is the loss of the means there, and
    ``end`` that of the median run afterwards.  ``time`` is when the median loss has come half of
    the way, ``quartiles`` when a quarter and three quarters of the runs have.  ``typical`` is until
    when the means are typical: half of the runs are within a tenth of the drop.  ``slope`` and
    ``constant`` are those of ``time = slope log N + constant`` where sizes grow as ``N``, the size
    ``large``; ``None`` where that does not hold.
    """

    rates: tuple[float, ...]
    plateau: float
    end: float
    time: float
    quartiles: tuple[float, float]
    typical: float
    times: Array
    losses: Array
    evidence: Evidence
    slope: float | None = None
    constant: float | None = None
    large: str = ""

    @property
    def law(self) -> tuple[str, float, float] | None:
        """The size, the slope and the constant of the time at large sizes."""
        if self.slope is None or self.constant is None:
            return None
        return self.large, self.slope, self.constant

    @property
    def sentence(self) -> str:
        """What is to be said of the solution of the means."""
        end = 0.0 if abs(self.end) < 1e-9 * abs(self.plateau) else self.end
        text = (
            f"typical for t < {self.typical:.4g}: the means stay on a plateau,"
            f" L = {self.plateau:.4g}, which runs leave at the rate {self.rates[0]:.4g} for"
            f" L = {end:.4g}; half of the way is done at t = {self.time:.4g} by the median run,"
            f" quartiles {self.quartiles[0]:.4g} and {self.quartiles[1]:.4g}"
        )
        if self.law is not None:
            text += "; at large sizes at t = {1:.4g} log {0} {2:+.4g}".format(*self.law)
        return text

    def in_units(self, unit: float) -> Escape:
        """The same with times multiplied by a unit."""
        if unit == 1:
            return self
        slope = None if self.slope is None else self.slope * unit
        constant = None if self.constant is None else self.constant * unit
        return replace(
            self,
            rates=tuple(rate / unit for rate in self.rates),
            time=self.time * unit,
            quartiles=(self.quartiles[0] * unit, self.quartiles[1] * unit),
            typical=self.typical * unit,
            times=self.times * unit,
            slope=slope,
            constant=constant,
        )

    @property
    def median(self) -> Array:
        """The median loss at ``times``."""
        return np.asarray(np.median(self.losses, axis=0))

    def quantile(self, part: float) -> Array:
        """A quantile of the loss at ``times``."""
        return np.asarray(np.quantile(self.losses, part, axis=0))


def escape(
    system: ClosedSystem, at: Mapping[str, Number], large: Mapping[str, Number] | None = None
) -> Escape | None:
    """Return how runs leave an unstable fixed point of the means; ``None`` where there is none.

    ``large`` are exponents with which sizes and scales grow as ``N``, for the law of the time.

    ``None`` too where the means do not settle, or the start has too many numbers or no spread.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.files import parse_problem
    >>> system = close(parse_problem('''
    ... families = {feature = "N"}
    ... tensors.a = {families = ["feature"], role = "trained", variance = "1/N"}
    ... tensors.b = {families = ["feature"], role = "trained", variance = "1/N"}
    ... model = {output = "a[i] b[i]", target = "1"}
    ... loss = {kind = "squared error", over = []}
    ... '''))
    >>> found = escape(system, {"N": 10**6}, {"N": 1})
    >>> found is None
    True
    """
    if system.step:
        return None
    found = _Leaving(system, at).found()
    if found is None or not large:
        return found
    return _with_law(found, system, at, large)


def _with_law(
    found: Escape, system: ClosedSystem, at: Mapping[str, Number], large: Mapping[str, Number]
) -> Escape:
    """The law of the time in the large parameter, where two sizes far out agree with it."""
    names = [name for name, e in large.items() if e == 1 and name in at]
    if not names:
        return found
    slope, points = 1 / (2 * found.rates[0]), []
    for factor in (2.0**20, 2.0**26):
        values = {n: float(v) * factor ** float(large.get(n, 0)) for n, v in at.items()}
        try:
            far = _Leaving(system, values).found()
        except (ValueError, MemoryError):
            return found
        if far is None:
            return found
        slope = 1 / (2 * far.rates[0])
        points.append(far.time - slope * float(np.log(values[names[0]])))
    if abs(points[1] - points[0]) > 0.01 * slope:
        return found
    return replace(found, slope=slope, constant=points[1], large=names[0])


class _Leaving:
    """The means of a closed system at numbers, and what grows beside them."""

    def __init__(self, system: ClosedSystem, at: Mapping[str, Number]) -> None:
        self.system = system
        count = sum(
            prod(
                int(monomial_value(f.count, {n: float(v) for n, v in at.items()}))
                for f in g.families
            )
            for g in system.parameters
        )
        self.small = count <= NUMBERS_LIMIT
        if not self.small:
            return
        self.numbers = SystemInNumbers(system, at, {})
        self.names = [*self.numbers.moving, *self.numbers.fixed]
        fixed = [value.reshape(1, -1) for value in self.numbers.fixed.values()]
        self.start = np.concatenate([self.numbers.state, *fixed], axis=1)[0]
        self.count = self.numbers.state.shape[1]

    def _split(self, states: Array) -> tuple[Array, list[Array]]:
        """The numbers that move, and the constants, of some states."""
        moving, first, fixed = states[:, : self.count], self.count, []
        for name in self.numbers.fixed:
            shape = self.numbers.shapes[name]
            fixed.append(states[:, first : first + prod(shape)].reshape(len(states), *shape))
            first += prod(shape)
        return moving, fixed

    def velocity(self, states: Array) -> Array:
        """The velocity of all numbers; constants have none."""
        moving, fixed = self._split(states)
        found = np.zeros_like(states)
        found[:, : self.count] = self.numbers.velocity(moving, *fixed)
        return found

    def loss(self, states: Array) -> Array:
        """The loss at states."""
        moving, fixed = self._split(states)
        value = self.numbers.loss.value(self.numbers.arrays(moving, fixed))
        return np.array(np.broadcast_to(value, (len(states),)))

    def jacobian(self, state: Array) -> Array:
        """The derivatives of the velocity, by central differences."""
        h = STRIDE * max(1e-12, float(np.abs(state).max()))
        shifts = np.eye(len(state)) * h
        found = self.velocity(np.concatenate([state + shifts, state - shifts]))
        return (found[: len(state)] - found[len(state) :]).T / (2 * h)

    def found(self) -> Escape | None:
        """The escape, if there is one."""
        covariances = covariance(self.system, self.names, self.numbers.at) if self.small else None
        if covariances is None or not covariances.any():
            return None
        settled = self._settled()
        if settled is None:
            return None
        time, fixed_point, flow = settled
        values, left = np.linalg.eig(self.jacobian(fixed_point).T)
        least = UNSTABLE * float(np.abs(values).max())
        growing = [k for k in np.argsort(-values.real) if values[k].real > least]
        if not growing:
            return None
        rows = [np.exp(-values[k] * time) * (left[:, k] @ flow) for k in growing]
        covectors = np.array([part for row in rows for part in _parts(row)])
        spread = covectors @ covariances @ covectors.T
        if not np.trace(spread) > 0:
            return None
        starts = self.start + _amplitudes(spread) @ np.linalg.pinv(spread) @ covectors @ covariances
        rates = tuple(float(values[k].real) for k in growing)
        far = float(np.abs(fixed_point).max()) / float(np.sqrt(np.trace(spread)))
        until = max(time, (np.log(max(far, 1.0)) + AFTER) / rates[0])
        return self._followed(starts, rates, float(self.loss(fixed_point[None])[0]), until)

    def _settled(self) -> tuple[float, Array, Array] | None:
        """When the means stand still, where, and the flow linearised along them up to then."""
        from scipy.integrate import solve_ivp

        size = len(self.start)
        scale = float(np.abs(self.start).max()) or 1.0
        still = self.velocity(self.start[None])[0]
        if not np.abs(still).max() > STILL * scale:
            return 0.0, self.start, np.eye(size)

        def slope(_: float, packed: Array) -> Array:
            state, flow = packed[:size], packed[size:].reshape(size, size)
            moved = self.jacobian(state) @ flow
            return np.concatenate([self.velocity(state[None])[0], moved.reshape(-1)])

        packed = np.concatenate([self.start, np.eye(size).reshape(-1)])
        time, step = 0.0, float(scale / np.abs(still).max())
        with np.errstate(invalid="ignore", over="ignore"):
            for _ in range(PATIENCE):
                span, error = (0.0, step), TOLERANCE * scale
                run = solve_ivp(slope, span, packed, "DOP853", rtol=TOLERANCE, atol=error)
                if not run.success or not np.isfinite(run.y[:, -1]).all():
                    return None
                packed, time = run.y[:, -1], time + step
                state = packed[:size]
                here = np.abs(self.velocity(state[None])).max()
                largest = float(np.abs(state).max())
                if here * time < STILL * largest * 100:
                    return time, state, packed[size:].reshape(size, size)
                step = max(step, time / 4)
                if time > PATIENCE * 1e6:
                    break
        return None

    def _followed(
        self, starts: Array, rates: tuple[float, ...], plateau: float, until: float
    ) -> Escape | None:
        """The closed equations from some starts until the median run has left."""
        moving, fixed = self._split(starts)
        for _ in range(PATIENCE):
            times = np.linspace(0.0, until, POINTS)
            states = self.numbers.integrated(moving, fixed, times, TOLERANCE)
            if not np.isfinite(states).all():
                return None
            constants = [np.repeat(value, len(times), axis=0) for value in fixed]
            rows = states.reshape(-1, states.shape[-1])
            arrays = self.numbers.arrays(rows, constants)
            loss = np.broadcast_to(self.numbers.loss.value(arrays), (len(rows),))
            losses = np.array(loss).reshape(len(starts), len(times))
            median = np.median(losses, axis=0)
            end = float(median[-1])
            flat = abs(median[-1] - median[-POINTS // 10]) < 1e-3 * abs(plateau - end)
            if flat and plateau - end > 1e-3 * abs(plateau):
                break
            until *= 1.5
        else:
            return None
        half = (plateau + end) / 2
        crossed = sorted(_last_above(times, row, half) for row in losses)
        time = _last_above(times, median, half)
        early, late = (float(np.quantile(crossed, part)) for part in (0.25, 0.75))
        typical = _last_above(times, median, plateau - APART * (plateau - end))
        words = (
            f"to leading order at large sizes: the closed equations from {len(starts)} starts with"
            " the exact variance of the directions that grow beside the means; what does not grow"
            " is left at its mean given these, and runs of small sizes differ by that"
        )
        evidence = Evidence(Kind.NUMERICAL, words)
        return Escape(rates, plateau, end, time, (early, late), typical, times, losses, evidence)


def _parts(row: Array) -> list[Array]:
    """The real and the imaginary part of a covector, without what is none."""
    return [part for part in (row.real, row.imag) if np.abs(part).max() > 1e-9 * np.abs(row).max()]


def _amplitudes(spread: Array) -> Array:
    """Amplitudes of all directions for every run: quantiles of one, or draws of several."""
    values, vectors = np.linalg.eigh(spread)
    kept = values > 1e-12 * values.max()
    width = vectors[:, kept] * np.sqrt(values[kept])
    if kept.sum() == 1:
        parts = (np.arange(RUNS) + 0.5) / RUNS  # never the middle, which stays for ever
        normal = np.array([[NormalDist().inv_cdf(part)] for part in parts])
    else:
        normal = np.random.default_rng(0).standard_normal((RUNS, int(kept.sum())))
    return np.asarray(normal @ width.T)


def _last_above(times: Array, row: Array, level: float) -> float:
    """When a falling curve comes below a level for good, interpolated; infinite if it does not."""
    above = np.nonzero(row > level)[0]
    if not len(above):
        return float(times[0])
    last = int(above[-1])
    if last + 1 == len(times):
        return float("inf")
    part = (row[last] - level) / (row[last] - row[last + 1])
    return float(times[last] + part * (times[last + 1] - times[last]))
