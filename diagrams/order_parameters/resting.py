"""Points of rest of closed equations: where a curve slows down, and at what rate it leaves.

A plateau is a fixed point that a curve passes by.  From every moment at which the speed is least
before it rises, and from the end, Newton's iteration leads to the fixed point nearby.  There the
eigenvalues of the Jacobian are the rates at which small changes grow (positive) or fade.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from diagrams.errors import BadInput, WickflowError
from diagrams.evidence import Evidence, Kind
from diagrams.flow.targets import Array
from diagrams.order_parameters.closed_system import ClosedSystem, Number
from diagrams.order_parameters.numbers import OrderParameterCurves, SystemInNumbers

NUMBERS_LIMIT = 120
"""Moving numbers; a Jacobian has the square of them."""

ROUNDS = 100
STILL = 1e-9
"""Speed, relative to the largest number, at which a point is at rest."""

NEARBY = 0.6
"""How far from the curve a fixed point is looked for, in parts of the largest number."""

SAME = 0.02
"""Fixed points that differ by less, in parts of the largest number, count as one."""

RISEN = 1.2
"""By what factor the speed rises behind a plateau."""

POINTS, LONGEST = 65, 10**5
SETTLED = 1e-4
"""Change of the observable in the last part, in parts of all change, at which a run is over."""

ZERO = 1e-5
"""Rates below this part of the largest one count as none: so exact are differences."""


@dataclass(frozen=True, eq=False)
class RestingPoint:
    """A fixed point beside a curve, which is at a ``distance`` at ``time``: the largest difference.

    ``values`` are the order parameters, ``loss`` the observable; ``rates`` are the eigenvalues of
    the Jacobian, those of the largest real part first, ``error`` what they are known to.
    """

    time: float
    distance: float
    values: Mapping[str, Array]
    loss: float
    rates: tuple[complex, ...]
    error: float

    @property
    def escape(self) -> float | None:
        """The largest rate at which a small change grows; ``None`` where none does."""
        largest = max((rate.real for rate in self.rates), default=0.0)
        scale = max((abs(rate) for rate in self.rates), default=0.0)
        return largest if largest > max(ZERO * scale, self.error) else None

    @property
    def evidence(self) -> Evidence:
        """How it is known."""
        words = "Newton's iteration from a slow moment of the curve; rates by differences, to"
        return Evidence(Kind.NUMERICAL, f"{words} about {self.error:.0e}")

    def __str__(self) -> str:
        leaves = (
            "no small change grows"
            if self.escape is None
            else f"left at the rate {self.escape:.6g}"
        )
        where = f"at rest, {self.distance:.2g} from the curve at t = {self.time:.4g}"
        return f"{where}: {self.loss:.8g}; {leaves}"


def resting_points(
    system: ClosedSystem,
    at: Mapping[str, Number],
    curves: OrderParameterCurves,
) -> tuple[RestingPoint, ...]:
    """The fixed points that a curve of a closed system comes near, in the order of time.

    Raises :class:`~diagrams.errors.BadInput` for means over draws, which follow no equation, and
    for too many numbers.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, target="identity"), ["feature"])
    >>> at = {"H": 1, "p": 1, "sigma": 0}
    >>> curves = system.integrate(at, 20, start={"u_u": [[1e-4]]})
    >>> for point in resting_points(system, at, curves):
    ...     print(f"{abs(point.loss):.6f}", point.escape and f"{point.escape:.4f}")
    0.500000 4.0000
    0.000000 None
    """
    if curves.draws:
        raise BadInput("curves", f"means over {curves.draws} draws", "those of one draw")
    start = {name: curves[name][0] for name in system.names}
    numbers = SystemInNumbers(system, at, start)
    count = numbers.state.shape[1]
    if count > NUMBERS_LIMIT:
        raise BadInput("at", f"{count} moving numbers", f"at most {NUMBERS_LIMIT}")
    rows = [curves[name].reshape(len(curves.times), -1) for name in numbers.moving]
    states = np.concatenate(rows, axis=1)
    states = states[np.isfinite(states).all(axis=1)]
    speeds = np.linalg.norm(numbers.velocity(states), axis=1)
    found: list[RestingPoint] = []
    met: list[Array] = []
    for place in _slow(speeds):
        rest = _rest(numbers, states[place])
        size = SAME * float(np.abs(states).max())
        if rest is None or any(np.abs(rest[0] - other).max() < size for other in met):
            continue
        met.append(rest[0])
        found.append(_described(numbers, float(curves.times[place]), states[place], *rest))
    return tuple(found)


def _slow(speeds: Array) -> list[int]:
    """Places at which the speed is least until it has risen by a part again, and the last."""
    found, least = [], 0
    for place, speed in enumerate(speeds.tolist()):
        if speed < speeds[least]:
            least = place
        elif speed > RISEN * speeds[least]:
            if least not in found:
                found.append(least)
            least = place
    return list(dict.fromkeys([*found, len(speeds) - 1]))


def _jacobian(numbers: SystemInNumbers, state: Array, stride: float) -> Array:
    moves = stride * np.eye(len(state))
    ahead, behind = (numbers.velocity(state + sign * moves) for sign in (1, -1))
    found: Array = (ahead - behind).T / (2 * stride)
    return found


def _rest(numbers: SystemInNumbers, start: Array) -> tuple[Array, Array] | None:
    """The fixed point near a state, by Newton's iteration with steps of least length.

    With it comes the point one step before: where a rate vanishes, steps are only halved.

    Directions in which nothing changes, such as parts of a symmetric matrix that are not symmetric,
    are left alone by these.
    """
    scale = max(1e-3, float(np.abs(start).max(initial=0.0)))
    state = start
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            velocity = numbers.velocity(state[None])[0]
            jacobian = _jacobian(numbers, state, 1e-6 * scale)
            away = np.abs(state - start).max(initial=0.0) > NEARBY * scale
            if away or not (np.isfinite(velocity).all() and np.isfinite(jacobian).all()):
                return None
            further = state - np.linalg.lstsq(jacobian, velocity, rcond=1e-7)[0]
            bound = STILL * scale * np.abs(jacobian).max(initial=0.0)
            if np.abs(velocity).max(initial=0.0) <= bound:
                return further, state
            state = further
    return None


def _described(
    numbers: SystemInNumbers, time: float, near_it: Array, state: Array, before: Array
) -> RestingPoint:
    """The point, with an error of its rates: what they change by in a step and with the stride."""
    distance = float(np.abs(near_it - state).max(initial=0.0))
    scale = max(1e-3, float(np.abs(state).max(initial=0.0)))
    looked = ((state, 1e-5), (state, 3e-5), (before, 1e-5))
    near, *others = (np.linalg.eigvals(_jacobian(numbers, at, h * scale)) for at, h in looked)
    order = np.argsort(-near.real, kind="stable")
    apart = (np.abs(np.sort(near.real) - np.sort(other.real)) for other in others)
    error = 2 * max(float(part.max(initial=0.0)) for part in apart)
    arrays = numbers.arrays(state[None])
    loss = float(np.broadcast_to(numbers.loss.value(arrays), (1,))[0])
    values = {name: arrays[name][0] for name in numbers.system.names}
    return RestingPoint(time, distance, values, loss, tuple(near[order].tolist()), error)


# -- one run at small numbers ------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Course:
    """One draw followed at numbers for all symbols, or the reason why it is not."""

    at: Mapping[str, int]
    curves: OrderParameterCurves | None
    rests: tuple[RestingPoint, ...] = ()
    refusal: str = ""


def course(system: ClosedSystem, seconds: float = 6.0, seed: int = 0) -> Course:
    """Follow one draw at small numbers until it is at rest, or so many seconds have passed.

    Sizes of families that are eliminated are 100, other ones 2, and scales 1.
    """
    large = {family.size for family in system.eliminated}
    sizes = {name: 100 if name in large else 2 for name in system.problem.sizes}
    at = {name: sizes.get(name, 1) for name in system.problem.symbols}
    began, length, found = time.process_time(), 8.0, None
    try:
        start = system.draw(at, seed)
        while time.process_time() - began < seconds and length <= LONGEST:
            part = system.integrate(at, length, points=POINTS, start=start, tolerance=1e-6)
            found = part if found is None else _joined(found, part)
            start = {name: part[name][-1] for name in system.names}
            moved = abs(part.loss[-1] - part.loss[0])
            if not moved > SETTLED * np.ptp(found.loss):  # also where it is not finite
                break
            length *= 2
        rests = () if found is None else resting_points(system, at, found)
    except WickflowError as refusal:
        return Course(at, found, (), str(refusal))
    return Course(at, found, rests)


def _joined(one: OrderParameterCurves, other: OrderParameterCurves) -> OrderParameterCurves:
    """A run, and the one that goes on from its end."""
    return replace(
        one,
        times=np.concatenate([one.times, one.times[-1] + other.times[1:]]),
        values={name: np.concatenate([v, other[name][1:]]) for name, v in one.values.items()},
        loss=np.concatenate([one.loss, other.loss[1:]]),
        error=one.error + other.error,
    )
