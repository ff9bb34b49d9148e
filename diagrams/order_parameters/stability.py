"""The largest stable rate of steps at a fixed point of their closed equations.

A step takes the order parameters from x to ``x + eta f(x, eta)``.  Near a point where f vanishes at
every rate, deviations are multiplied by ``1 + eta J(eta)``, J the matrix of derivatives.  The point
is stable up to the rate at which an eigenvalue of that leaves the unit circle: for gradient descent
``2/lambda``, lambda the largest eigenvalue of the Hessian; for SGD less, as the noise of gradients
is in J.  Directions that no rate moves (constants of motion, other minima) are left aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.flow.targets import Array
from diagrams.order_parameters.closed_system import ClosedSystem, Number
from diagrams.order_parameters.numbers import SystemInNumbers
from diagrams.wick.input_averages import is_averaged

NUMBERS_LIMIT = 200
STILL = 1e-6
"""How far from zero right-hand sides may be at a fixed point, over the largest derivative."""
GROWTH, RANGE = 1.05, 1e6
"""Rates are tried in geometric steps, over so large a range."""
DIFFERENCE = 1e-4
POLISHED = 3
"""Steps of Newton's method behind a flow."""

LARGER = 1e-10
"""What is outside of the unit circle, rounding left aside."""


@dataclass(frozen=True)
class StableRate:
    """Steps are stable up to the ``rate``, where a deviation is multiplied by ``factor``.

    Of ``modes`` directions, ``resting`` ones are not moved at any rate.
    """

    rate: float
    factor: complex
    modes: int
    resting: int
    error: float
    evidence: Evidence

    def __str__(self) -> str:
        return (
            f"stable up to the rate {self.rate:.8g} (error about {self.error:.1g}), where a mode"
            f" is multiplied by {self.factor:.4g}; {self.modes} modes, {self.resting} of them at"
            f" rest\nevidence: {self.evidence}"
        )


def stable_rate(
    system: ClosedSystem, at: Mapping[str, Number], point: Mapping[str, Any]
) -> StableRate:
    """Return the largest rate at which a fixed point of steps is stable.

    ``at`` holds numbers for all symbols but the rate, ``point`` the order parameters there.

    Raises :class:`~diagrams.errors.BadInput` for a system without a step, and for a point that
    moves; :class:`~diagrams.errors.NotSolved` where small rates are unstable, or large ones stable.

    Least squares with fresh samples of variance one, ``2/(N + 2)``:

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.files import parse_problem
    >>> system = close(parse_problem('''
    ... families = {feature = "N"}
    ... tensors.w = {families = ["feature"], role = "trained", variance = 1}
    ... tensors.x = {families = ["feature"], role = "frozen", variance = 1}
    ... model = {output = "w[i] x[i]", target = "0"}
    ... loss = {kind = "squared error", over = [], average = ["x"]}
    ... '''), step="eta")
    >>> round(stable_rate(system, {"N": 8}, {"w_w": 0}).rate, 9)
    0.2
    """
    if not system.step:
        raise BadInput("system", "gradient flow", "a system derived with a step")
    if system.step in at:
        raise BadInput("at", system.step, "numbers for all symbols but the rate")
    missing = [name for name in system.names if name not in point]
    if missing:
        raise BadInput("point", f"no value of {', '.join(missing)}", "all order parameters there")

    def derivatives(rate: float) -> tuple[Array, Array]:
        return _derivatives(system, {**at, system.step: rate}, point)

    matrix = derivatives(0.0)[1]
    scale = float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))
    if not scale:
        raise NotSolved("the derivatives of the right-hand sides vanish at the point")
    resting = len(matrix)
    for rate in (0.0, 0.5 / scale, 2.0 / scale):
        moved, matrix = derivatives(rate)
        if float(np.abs(moved).max()) > STILL * max(scale, 1.0):
            where = f"right-hand sides up to {np.abs(moved).max():.3g} at the rate {rate:.3g}"
            raise BadInput("point", where, "a point that no rate moves, such as one of zero loss")
        values = np.linalg.eigvals(matrix)
        resting = min(resting, int((np.abs(values) <= STILL * scale).sum()))
        if not rate and float(values.real.max()) > STILL * scale:
            raise NotSolved("the point is unstable at every small rate")

    def factors(rate: float) -> Array:
        """What modes are multiplied by, those at rest left out, the largest first."""
        values = sorted(np.linalg.eigvals(derivatives(rate)[1]), key=abs)
        return np.array(sorted((1 + rate * x for x in values[resting:]), key=lambda x: -abs(x)))

    def grows(rate: float) -> bool:
        return bool(abs(factors(rate)[0]) > 1 + LARGER)

    high = 1e-3 / scale
    while not grows(high):
        high *= GROWTH
        if high > RANGE / scale:
            raise NotSolved(f"stable at all rates up to {high:.3g}")
    low = high / GROWTH
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    found = factors(high)
    first = complex(found[0])
    words = (
        f"eigenvalues of 1 + {system.step} J by central differences of order 4, the smallest rate"
    )
    words += f" at which one leaves the unit circle; rates below tried in steps of {GROWTH - 1:.0%}"
    if _leaves_out(system):
        words += (
            "; of the mean change of a step: fluctuations of order parameters, which enter as"
            " equations are not linear, are left out, and lower it by a part of order one over"
            " the size"
        )
    return StableRate(
        high,
        round(first.real, 9) + (1j * round(first.imag, 9) if abs(first.imag) > STILL else 0),
        len(matrix),
        resting,
        1e-8 * high,
        Evidence(Kind.NUMERICAL, words),
    )


def _leaves_out(system: ClosedSystem) -> bool:
    """Whether steps are random, and the means of order parameters not all that they act on."""
    moving = {g.tensor for g in system.parameters if g.moves}
    return bool(system.problem.fresh or system.batch) and any(
        sum(edge.tensor in moving for edge in diagram.edges) > 1
        or any(map(is_averaged, diagram.tensors))
        for equation in system.equations
        for diagram, _ in equation
    )


def _derivatives(
    system: ClosedSystem, at: Mapping[str, Number], point: Mapping[str, Any]
) -> tuple[Array, Array]:
    """The right-hand sides at a point, and their matrix of derivatives."""
    numbers = SystemInNumbers(system, at, point)
    state, size = numbers.state, numbers.state.shape[1]
    if size > NUMBERS_LIMIT:
        raise BadInput("at", f"{size} numbers", f"at most {NUMBERS_LIMIT}")
    h = DIFFERENCE * max(1.0, float(np.abs(state).max(initial=0.0)))
    steps = h * np.eye(size)
    one, two = (
        (numbers.velocity(state + k * steps) - numbers.velocity(state - k * steps)) / (2 * k * h)
        for k in (1, 2)
    )
    return numbers.velocity(state)[0], ((4 * one - two) / 3).T


def fixed_point(
    system: ClosedSystem, at: Mapping[str, Number], until: Number, seed: int = 0
) -> dict[str, Array]:
    """Return where the flow of small steps leads from one draw, after Newton's method.

    Raises :class:`~diagrams.errors.BadInput` as ``integrate`` does.
    """
    slow = {**at, system.step: 0}
    curves = system.integrate(slow, until, points=2, start=system.draw(slow, seed))
    point = {name: np.array(curves[name][-1]) for name in system.names}
    for _ in range(POLISHED):
        moved, matrix = _derivatives(system, slow, point)
        change = np.linalg.lstsq(matrix, -moved, rcond=STILL)[0]
        first = 0
        for parameter in (g for g in system.parameters if g.moves):
            value = point[parameter.name]
            point[parameter.name] = value + change[first : first + value.size].reshape(value.shape)
            first += value.size
    return point
