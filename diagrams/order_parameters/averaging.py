"""Order parameters averaged over initial tensors: what they start from, and whether means will do.

The equations hold along every trajectory.  They may be integrated from the means of the order
parameters only where averaging commutes with them: where the start is not random, or where no
product of two random order parameters occurs in an equation or in the observable.  Elsewhere the
means leave out what the variances do, and may even be a fixed point that every draw leaves.  Then
draws of all tensors are integrated, and averaged.  The exact ``E[L]`` and its derivative at
``t = 0`` say by how much the means would be wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.flow.arguments import monomial_value
from diagrams.flow.targets import Array
from diagrams.graphs.laws import Drawn, GroupLaw
from diagrams.order_parameters.closed_system import ClosedSystem, Number
from diagrams.order_parameters.cutting import OrderParameter
from diagrams.order_parameters.function_values import FEWER, NODES
from diagrams.order_parameters.numbers import (
    LOOSER,
    OrderParameterCurves,
    SystemInNumbers,
    check_arguments,
    drawn,
    integrate_system,
)
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.series.ways import derivatives
from diagrams.wick.input_averages import inputs_in, is_averaged

DRAWS = 32
"""Draws that are averaged, unless another number is given .."""

FEWEST, MOST_DRAWS = 4, 10_000
NUMBERS = 4 * 10**6
""".. or all of them together have more numbers than this."""

BATCH = 2 * 10**7
"""Numbers at all times that are held at once."""

TESTED = 4
"""Draws that are integrated with a looser tolerance as well."""

FACTORS_LIMIT = 16
"""Factors of the largest diagram whose exact average is compared with."""

STILL = 1e-12
"""Means that move by no more than this part of themselves in a unit of time do not move."""


@dataclass(frozen=True)
class ExactStart:
    """``E[L]`` and ``T dE[L]/dt`` at ``t = 0``, and the same of the means.

    The first two are exact averages over all tensors, ``None`` where they are not to be had;
    ``fixed`` says that the means are a fixed point.
    """

    value: float | None
    slope: float | None
    means_value: float
    means_slope: float
    fixed: bool

    def __str__(self) -> str:
        still = "; they are a fixed point" if self.fixed else ""
        said = f"the means give L = {self.means_value:.6g}, T dL/dt = {self.means_slope:.6g}"
        if self.value is None:
            return f"{said}{still}; the exact averages are not known"
        slope = "" if self.slope is None else f", T dE[L]/dt = {self.slope:.6g}"
        return f"at t = 0 exactly E[L] = {self.value:.6g}{slope}, while {said}{still}"


def exact_start(system: ClosedSystem, at: Mapping[str, Number]) -> ExactStart:
    """Return what the means give at ``t = 0``, and the exact averages.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, target="zero"), ["feature"])
    >>> print(exact_start(system, {"H": 2, "p": 4, "sigma": 1}))
    at t = 0 exactly E[L] = 28, T dE[L]/dt = -2112, while the means give L = 16, T dL/dt = -512
    """
    dynamics = SystemInNumbers(system, at, {})
    velocity = dynamics.velocity(dynamics.state)
    scale = float(np.abs(dynamics.state).max(initial=0.0)) or 1.0
    size = float(np.abs(velocity).max(initial=0.0))
    exact = [
        None if polynomial is None else monomial_value(polynomial, dynamics.at)
        for polynomial in _exact(system.problem)
    ]
    slope = None if system.step or system.friction else exact[1]
    value, change = _loss_and_slope(dynamics, velocity)
    return ExactStart(exact[0], slope, value, change, size <= STILL * scale)


def _loss_and_slope(dynamics: SystemInNumbers, velocity: Array) -> tuple[float, float]:
    """The observable at the initial state, and its rate, by a complex-free central difference.

    The observable is a polynomial: two differences, extrapolated, leave rounding alone.
    """
    state = dynamics.state
    size = float(np.abs(velocity).max(initial=0.0))

    def loss(shift: float) -> float:
        return float(dynamics.loss.value(dynamics.arrays(state + shift * velocity))[0])

    if not size:
        return loss(0.0), 0.0
    h = 1e-3 * (float(np.abs(state).max(initial=0.0)) or 1.0) / size
    near, far = ((loss(k * h) - loss(-k * h)) / (2 * k * h) for k in (1, 2))
    return loss(0.0), (4 * near - far) / 3


@lru_cache(maxsize=64)
def _exact(problem: Problem) -> tuple[Polynomial | None, Polynomial | None]:
    """``Y_0`` and ``Y_1`` of a problem, where its diagrams are small enough."""
    if any(isinstance(tensor.law, GroupLaw) for tensor in problem.tensors):
        return None, None
    if inputs_in(problem.sampled):  # averages of functions are no polynomials of the tensors
        return None, None
    seen = max((len(diagram.edges) for diagram, _ in problem.observable), default=0)
    more = max((len(diagram.edges) for diagram, _ in problem.potential), default=0) - 2
    terms = 1 if seen + more <= FACTORS_LIMIT else 0 if seen <= FACTORS_LIMIT else -1
    if terms < 0:
        return None, None
    found = [*islice(derivatives(problem, terms), terms + 1), None, None]
    return found[0], found[1]


def means_are_exact(system: ClosedSystem, at: Mapping[str, Number]) -> bool:
    """Whether averaging over initial tensors commutes with the equations and the observable.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, target="zero"), ["feature"])
    >>> [means_are_exact(system, {"H": 2, "p": 4, "sigma": sigma}) for sigma in (0, 1)]
    [True, False]
    """
    values = {name: float(value) for name, value in at.items()}
    random = {g.tensor for g in system.parameters if _is_random(g, values)}
    return all(
        sum(edge.tensor in random for edge in diagram.edges) <= 1
        and not (random and any(is_averaged(tensor) for tensor in diagram.tensors))
        for combination in (system.loss, *system.equations)
        for diagram, _ in combination
    )


def _is_random(parameter: OrderParameter, at: Mapping[str, float]) -> bool:
    """Whether an order parameter varies from draw to draw."""
    return any(
        not isinstance(tensor.law, Drawn) or monomial_value(tensor.law.variance, at) != 0
        for tensor in parameter.definition.tensors
    )


def average_system(
    system: ClosedSystem,
    at: Mapping[str, Number],
    until: Number,
    points: int = 11,
    draws: int | None = None,
    seed: int = 0,
    tolerance: float = 1e-9,
) -> OrderParameterCurves:
    """Return the order parameters and the observable averaged over initial tensors.

    From the means where that is exact (:func:`means_are_exact`) or ``draws`` is 0; elsewhere the
    average over ``draws`` draws, with the standard error of the observable.

    Raises as :func:`~diagrams.order_parameters.numbers.integrate_system` and
    :func:`~diagrams.order_parameters.numbers.drawn` do.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, ties="asym", target="zero"), ["hidden"])
    >>> curves = average_system(system, {"H": 3, "p": 2, "sigma": 1}, 1, points=3, draws=8)
    >>> curves.draws, bool(curves.loss_error[0] > 0)
    (8, True)
    """
    if draws is not None and (
        isinstance(draws, bool) or not isinstance(draws, int) or not 0 <= draws <= MOST_DRAWS
    ):
        raise BadInput("draws", draws, f"an integer from 0 to {MOST_DRAWS}")
    SystemInNumbers(system, at, {})  # refuses values that are missing or out of range
    if draws == 0 or (draws is None and means_are_exact(system, at)):
        return integrate_system(system, at, until, points, None, tolerance)
    if draws is None and not _drawable(system):
        return integrate_system(system, at, until, points, None, tolerance)
    return _Ensemble(system, at, until, points, draws, seed, tolerance).run()


def _drawable(system: ClosedSystem) -> bool:
    tensors = (t for g in system.parameters for t in g.definition.tensors)
    return all(isinstance(tensor.law, Drawn) for tensor in tensors)


class _Ensemble:
    """Sums over draws, integrated some at a time."""

    def __init__(
        self,
        system: ClosedSystem,
        at: Mapping[str, Number],
        until: Number,
        points: int,
        draws: int | None,
        seed: int,
        tolerance: float,
    ) -> None:
        self.system, self.at, self.seed, self.tolerance = system, at, seed, tolerance
        self.times = check_arguments(until, points, tolerance)
        self.numbers = SystemInNumbers(system, at, {})
        width = self.numbers.state.shape[1]
        few = max(FEWEST, min(DRAWS, NUMBERS // max(1, width)))
        self.draws = few if draws is None else draws
        self.batch = max(1, BATCH // (max(1, width) * points))

    def run(self) -> OrderParameterCurves:
        sums: dict[str, Array] = {}
        squares: dict[str, Array] = {}
        losses = []
        error = 0.0
        for first in range(0, self.draws, self.batch):
            seeds = range(self.seed + first, self.seed + min(first + self.batch, self.draws))
            states, arrays = self._states(seeds)
            if not first:
                error = self._error(seeds[:TESTED], states[:TESTED])
            loss, values = self._measured(states, arrays)
            losses.append(loss)
            for name, value in values.items():
                sums[name] = sums.get(name, 0.0) + value.sum(axis=0)
                squares[name] = squares.get(name, 0.0) + (value * value).sum(axis=0)
        every = np.concatenate(losses)
        with np.errstate(invalid="ignore"):
            mean = every.mean(axis=0)
            spread = every.std(axis=0, ddof=1) if self.draws > 1 else np.full_like(mean, np.nan)
        spread[np.logical_not(np.isfinite(mean))] = np.inf
        lost = int(np.logical_not(np.isfinite(every[:, -1])).sum())
        return OrderParameterCurves(
            self.times,
            {name: value / self.draws for name, value in sums.items()},
            mean,
            error,
            self._evidence(lost),
            self.draws,
            spread / math.sqrt(self.draws),
            {name: np.sqrt(value / self.draws) for name, value in squares.items()},
            "draws",
        )

    def _states(self, seeds: range) -> tuple[Array, Sequence[Mapping[str, Array]]]:
        """The paths of some draws, and what each started from."""
        starts = [drawn(self.system, self.at, seed) for seed in seeds]
        return self._integrated(starts, self.tolerance), starts

    def _integrated(
        self, starts: Sequence[Mapping[str, Array]], tolerance: float, nodes: int = NODES
    ) -> Array:
        numbers = self.numbers
        if nodes != NODES and any(a.sampled for a in numbers.averages.values()):
            numbers = SystemInNumbers(self.system, self.at, {}, nodes)
        moving = numbers.moving
        states = np.stack(
            [np.concatenate([one[name].reshape(-1) for name in moving]) for one in starts]
        )
        fixed = [np.stack([one[name] for one in starts]) for name in self.numbers.fixed]
        return numbers.integrated(states, fixed, self.times, tolerance)

    def _error(self, seeds: range, states: Array) -> float:
        starts = [drawn(self.system, self.at, seed) for seed in seeds]
        other = self._integrated(starts, self.tolerance * LOOSER, FEWER)
        with np.errstate(invalid="ignore"):
            apart = np.abs(states - other)
        return float(np.max(apart[np.isfinite(apart)], initial=0.0))

    def _measured(
        self, states: Array, starts: Sequence[Mapping[str, Array]]
    ) -> tuple[Array, dict[str, Array]]:
        """The observable, by draw and time, and all order parameters; infinite once lost."""
        numbers, count = self.numbers, len(self.times)
        rows = states.reshape(-1, states.shape[-1])
        lost = np.logical_not(np.all(np.isfinite(rows), axis=1, keepdims=True))
        rows = np.where(lost, np.inf, rows)
        fixed = [np.repeat(np.stack([s[n] for s in starts]), count, axis=0) for n in numbers.fixed]
        arrays = numbers.arrays(rows, fixed)
        with np.errstate(invalid="ignore", over="ignore"):
            loss = np.array(np.broadcast_to(numbers.loss.value(arrays), (len(rows),)))
        loss[lost[:, 0]] = np.inf
        shape = (len(starts), count)
        values = {name: value.reshape(*shape, *value.shape[1:]) for name, value in arrays.items()}
        return loss.reshape(shape), values

    def _evidence(self, lost: int) -> Evidence:
        last = self.seed + self.draws - 1
        words = (
            f"mean over {self.draws} draws of all tensors (seeds {self.seed} to {last}), with its"
            f" standard error; {exact_start(self.system, self.at)}"
        )
        if lost:
            words += f"; {lost} of the draws blow up"
        return Evidence(
            Kind.NUMERICAL,
            f"{words}; order 8, error estimated by runs with a tolerance {LOOSER:.0f} times looser",
        )
