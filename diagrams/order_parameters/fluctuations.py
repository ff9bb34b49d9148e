r"""Fluctuations of order parameters under one-pass SGD, and what they do to the mean.

In one step the order parameters x change by a random amount D with ``E[D] = eta f(x)`` and
``E[D D^T] = eta K(x)``, both exact polynomials of x.  With a learning rate of order 1/N, K is
of order 1/N.  Expand in the size of the fluctuations around the path m of ``dm/dt = f(m)``.
With t = eta n after n steps, the covariance C and the correction c of the mean obey::

    dC/dt = f' C + C f'^T + K - eta f f^T ,
    dc/dt = f' c + (1/2) f'' : C - (eta/2) f' f ,

all at m.  The last term is what a sum over steps differs by from an integral.  Both are of
order 1/N, and what is left out is smaller.  (Van Kampen, Stochastic Processes in Physics and
Chemistry, the expansion in the system size.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.flow.integration import FlowStopped
from diagrams.flow.targets import Array
from diagrams.graphs.combination import Combination
from diagrams.order_parameters.closed_system import ClosedSystem, Number
from diagrams.order_parameters.numbers import SystemInNumbers, planned
from diagrams.order_parameters.steps import change_in_a_step

NUMBERS_LIMIT = 40
"""Moving numbers; second derivatives take the square of them."""

STAGE_LIMIT = 10_000
STRIDE = 1e-3


@dataclass(frozen=True, eq=False)
class FluctuationCurves:
    """Means and standard deviations of order parameters after numbers of steps.

    ``mean[name]`` and ``deviation[name]`` have the number of steps first, then an axis for every
    index; ``covariance`` is that of all ``entries``, pairs of a name and the values of its indices.
    """

    steps: Array
    mean: Mapping[str, Array]
    deviation: Mapping[str, Array]
    covariance: Array
    entries: tuple[tuple[str, tuple[int, ...]], ...]
    evidence: Evidence


def noise(system: ClosedSystem, one: str, other: str) -> Combination:
    """Return ``E[dA dB]/eta`` for the changes of two order parameters in one step, exactly.

    In order parameters; the legs are those of A, then those of B.  Raises
    :class:`~diagrams.errors.BadInput` for a system derived without a step.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.files import parse_problem
    >>> system = close(parse_problem('''
    ... families = {feature = "N"}
    ... tensors.w = {families = ["feature"], role = "trained", variance = 1}
    ... tensors.b = {families = ["feature"], role = "frozen", variance = 1}
    ... tensors.x = {families = ["feature"], role = "frozen", variance = 1}
    ... model = {output = "w[i] x[i]", target = "b[i] x[i]"}
    ... loss = {kind = "squared error", over = [], average = ["x"]}
    ... '''), step="eta")
    >>> print(noise(system, "w_b", "w_b"))
    (3*eta) b_b[]^2
    (-6*eta) b_b[] w_b[]
    (eta) b_b[] w_w[]
    (2*eta) w_b[]^2
    """
    if not system.step:
        raise BadInput("system", "gradient flow", "a system derived with a step")
    left, right = system.parameter(one).value, system.parameter(other).value

    def change(value: Combination) -> Combination:
        return change_in_a_step(system.problem, value, system.step, system.batch)

    both = change(left @ right) - left @ change(right) - change(left) @ right
    return system.in_order_parameters(both)


def sgd_fluctuations(
    system: ClosedSystem,
    at: Mapping[str, Number],
    steps: int,
    points: int = 6,
    start: Mapping[str, Any] | None = None,
    stages: int = 40,
) -> FluctuationCurves:
    """Return means and covariances of the order parameters under one-pass SGD, to order 1/N.

    ``start`` holds fixed initial values (means of the initial law where one is missing);
    ``stages`` is the number of Runge-Kutta steps in all, at least one for every point.

    Raises :class:`~diagrams.errors.BadInput`, and
    :class:`~diagrams.flow.integration.FlowStopped` where the mean does not stay finite.
    """
    for name, value, least in (("steps", steps, 1), ("points", points, 2), ("stages", stages, 1)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 10**8:
            raise BadInput(name, value, f"an integer, at least {least}")
    if not points - 1 <= stages <= STAGE_LIMIT:
        raise BadInput("stages", stages, f"an integer from {points - 1} to {STAGE_LIMIT}")
    numbers = SystemInNumbers(system, at, start or {})
    if system.averages:
        raise NotSolved(
            "fluctuations are there for polynomials of order parameters, not of functions"
        )
    size = numbers.state.shape[1]
    if size > NUMBERS_LIMIT:
        raise BadInput("at", f"{size} moving numbers", f"at most {NUMBERS_LIMIT}")
    per = -(-stages // (points - 1))
    h = steps * numbers.at[system.step] / (per * (points - 1))
    with np.errstate(invalid="ignore", over="ignore"):
        moments = _Moments(numbers, per * (points - 1), h)
    means, covariances = moments.path[:1], [np.zeros((size, size))]
    correction, covariance = np.zeros(size), covariances[0]
    for stage in range(per * (points - 1)):
        correction, covariance = moments.step(correction, covariance, stage)
        if (stage + 1) % per == 0:
            means = np.concatenate([means, moments.path[2 * stage + 2][None] + correction])
            covariances.append(covariance)
    arrays = numbers.arrays(means)
    spread = np.sqrt(np.maximum(np.einsum("tnn->tn", np.array(covariances)), 0.0))
    deviations = numbers.arrays(spread)
    words = "exact mean and covariance of a step, expanded to first order in the fluctuations"
    return FluctuationCurves(
        np.linspace(0, steps, points),
        {name: arrays[name] for name in numbers.moving},
        {name: deviations[name] for name in numbers.moving},
        np.array(covariances),
        tuple((n, place) for n in numbers.moving for place in np.ndindex(*numbers.shapes[n])),
        Evidence(Kind.NUMERICAL, f"{words}; Runge-Kutta of order 4"),
    )


class _Moments:
    """The linear equations of correction and covariance along the path of the mean.

    ``path`` holds the path at whole and half Runge-Kutta steps of length ``h``.
    """

    def __init__(self, numbers: SystemInNumbers, stages: int, h: float) -> None:
        self.numbers, self.h = numbers, h
        self.eta = numbers.at[numbers.system.step]
        path = [numbers.state]
        for _ in range(2 * stages):
            path.append(self._ahead(path[-1], h / 2))
        self.path: Array = np.concatenate(path)
        if not np.isfinite(self.path).all():
            raise FlowStopped(
                "steps: the mean order parameters leave the range of floating point; allowed:"
                " fewer steps, or a smaller step"
            )
        self.second_moments = self._second_moments()

    def _ahead(self, state: Array, h: float) -> Array:
        """The path after a time, by Runge and Kutta's fourth-order rule."""
        velocity = self.numbers.velocity
        k1 = velocity(state)
        k2 = velocity(state + h / 2 * k1)
        k3 = velocity(state + h / 2 * k2)
        found: Array = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + velocity(state + h * k3))
        return found

    def _second_moments(self) -> Array:
        """``K`` at all points of the path."""
        numbers, count = self.numbers, len(self.path)
        arrays = numbers.arrays(self.path)
        blocks: dict[tuple[str, str], Array] = {}
        for place, one in enumerate(numbers.moving):
            for other in numbers.moving[place:]:
                shape = numbers.shapes[one] + numbers.shapes[other]
                value = planned(noise(numbers.system, one, other), shape, numbers.at).value(arrays)
                rows, columns = (prod(numbers.shapes[name]) for name in (one, other))
                block = np.broadcast_to(value, (count, *shape)).reshape(count, rows, columns)
                blocks[one, other], blocks[other, one] = block, block.transpose(0, 2, 1)
        names = numbers.moving
        found: Array = np.concatenate(
            [np.concatenate([blocks[a, b] for b in names], axis=2) for a in names], axis=1
        )
        return found

    def slopes(self, correction: Array, covariance: Array, place: int) -> tuple[Array, Array]:
        """``dc/dt`` and ``dC/dt`` at a point of the path; derivatives by central differences.

        Those are exact for equations of degree three, up to rounding.
        """
        mean, size = self.path[place], len(correction)
        h = STRIDE * max(1.0, float(np.abs(mean).max()))
        values, vectors = np.linalg.eigh(covariance)
        shifts = np.concatenate([np.eye(size), -np.eye(size), vectors.T, -vectors.T]) * h
        f = self.numbers.velocity(np.concatenate([mean[None], mean + shifts]))
        here, forth, back = f[0], f[1 : size + 1], f[size + 1 : 2 * size + 1]
        jacobian = (forth - back).T / (2 * h)
        bent = (f[2 * size + 1 : 3 * size + 1] + f[3 * size + 1 :] - 2 * here) / h**2
        drift = jacobian @ (correction - self.eta / 2 * here) + values @ bent / 2
        spread = jacobian @ covariance
        noise_here = self.second_moments[place] - self.eta * np.outer(here, here)
        return drift, spread + spread.T + noise_here

    def step(self, correction: Array, covariance: Array, stage: int) -> tuple[Array, Array]:
        """One step of Runge and Kutta's fourth-order rule."""
        h, place = self.h, 2 * stage
        m1, c1 = self.slopes(correction, covariance, place)
        m2, c2 = self.slopes(correction + h / 2 * m1, covariance + h / 2 * c1, place + 1)
        m3, c3 = self.slopes(correction + h / 2 * m2, covariance + h / 2 * c2, place + 1)
        m4, c4 = self.slopes(correction + h * m3, covariance + h * c3, place + 2)
        return (
            correction + h / 6 * (m1 + 2 * m2 + 2 * m3 + m4),
            covariance + h / 6 * (c1 + 2 * c2 + 2 * c3 + c4),
        )
