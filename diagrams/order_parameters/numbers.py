"""Closed systems in numbers: initial values, integration in time, steps of the mean dynamics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.flow.arguments import monomial_value
from diagrams.flow.contraction import Contraction
from diagrams.flow.draws import draws_of
from diagrams.flow.integration import integrate
from diagrams.flow.targets import Array
from diagrams.graphs.combination import Combination
from diagrams.graphs.laws import Drawn, Mean
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.order_parameters.closed_system import ClosedSystem, Number
from diagrams.order_parameters.cutting import OrderParameter, Reduction
from diagrams.order_parameters.function_values import FEWER, NODES, average_in_numbers

NUMBERS_LIMIT = 10**6
ENTRIES_LIMIT = 10**8
STEPS = 100_000
POINTS_LIMIT = 10_000
LOOSER = 100.0


@dataclass(frozen=True, eq=False)
class OrderParameterCurves:
    """Order parameters at times: ``values[name]`` has the time first, then an axis for every index.

    Where they left the range of floating point they are infinite, and so is the loss.

    ``loss`` is the problem's observable.  ``error`` bounds the estimated error of every number: the
    largest difference from a run with a tolerance 100 times looser.

    ``draws`` is the number of draws of initial tensors that all this is averaged over, 0 for one
    trajectory; ``loss_error`` then is the standard error of ``loss``, and ``squares[name]`` the
    root of the mean square of every number.  ``start`` says what was started from: *draws*, *given*
    values, the *exact* means, or *means* whose observable is not the average.
    """

    times: Array
    values: Mapping[str, Array]
    loss: Array
    error: float
    evidence: Evidence
    draws: int = 0
    loss_error: Array | None = None
    squares: Mapping[str, Array] | None = None
    start: str = "given"

    def __getitem__(self, name: str) -> Array:
        if name not in self.values:
            raise BadInput("order parameter", name, f"one of {', '.join(self.values)}")
        return self.values[name]


@dataclass(frozen=True)
class SumInNumbers:
    """A combination at numbers: weights and contractions of the named arrays."""

    shape: tuple[int, ...]
    terms: tuple[tuple[float, tuple[str, ...], Contraction, tuple[Array, ...]], ...]

    def value(self, arrays: Mapping[str, Array]) -> Array:
        """The sum, the seeds first."""
        total = np.zeros((1, *self.shape))
        for weight, names, contraction, deltas in self.terms:
            total = total + weight * contraction.value([*(arrays[n] for n in names), *deltas])
        return total


def planned(
    combination: Combination, shape: tuple[int, ...], at: Mapping[str, float]
) -> SumInNumbers:
    """A combination of order parameters at numbers for all sizes and scales."""
    terms = []
    for diagram, coefficient in combination:
        weight = monomial_value(coefficient, at)
        names = tuple(edge.tensor.name for edge in diagram.edges)
        factors = [tuple(f"n{node}" for node in edge.nodes) for edge in diagram.edges]
        sizes = {f"n{n}": _size(family, at) for n, family in enumerate(diagram.nodes)}
        met = {node for edge in diagram.edges for node in edge.nodes} | set(diagram.legs)
        weight *= prod(sizes[f"n{n}"] for n in range(len(diagram.nodes)) if n not in met)
        free, deltas = [], []
        for place, node in enumerate(diagram.legs):
            name = f"n{node}"
            if node in diagram.legs[:place]:
                name = f"leg{place}"
                sizes[name] = sizes[f"n{node}"]
                factors.append((f"n{node}", name))
                deltas.append(np.eye(sizes[name])[None])
            free.append(name)
        plan = Contraction.plan(factors, tuple(free), sizes)
        terms.append((weight, names, plan, tuple(deltas)))
    return SumInNumbers(shape, tuple(terms))


def _size(family: IndexFamily, at: Mapping[str, float]) -> int:
    value = monomial_value(family.count, at)
    if value != int(value) or value < 1:
        raise BadInput(f"at, {family.size}", value, "a positive integer")
    return int(value)


def _shape(parameter: OrderParameter, at: Mapping[str, float]) -> tuple[int, ...]:
    return tuple(_size(family, at) for family in parameter.families)


def _values_at(system: ClosedSystem, at: Mapping[str, Number]) -> dict[str, float]:
    for tensor in system.problem.tensors:
        if isinstance(tensor.law, Spectrum):
            allowed = "equations without a spectrum; their numbers are those of runs (simulate)"
            raise BadInput("at", tensor.name, allowed)
    known = system.symbols
    for name, value in at.items():
        if name not in known:
            symbols = ", ".join(sorted(known)) or "none, as the equations have none"
            raise BadInput("at", name, f"numbers for symbols: {symbols}; times are in units of T")
        if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
            raise BadInput(f"at, {name}", value, "a number")
        if not math.isfinite(value):
            raise BadInput(f"at, {name}", value, "a finite number")
    return {name: float(value) for name, value in at.items()}


class SystemInNumbers:
    """The right-hand sides of a system as a function of one row of numbers for every seed."""

    def __init__(
        self,
        system: ClosedSystem,
        given: Mapping[str, Number],
        start: Mapping[str, Any],
        nodes: int = NODES,
    ) -> None:
        self.system, self.at = system, _values_at(system, given)
        self.shapes = {g.name: _shape(g, self.at) for g in system.parameters}
        if sum(map(prod, self.shapes.values())) > NUMBERS_LIMIT:
            total = sum(map(prod, self.shapes.values()))
            raise BadInput("at", f"{total} numbers", f"at most {NUMBERS_LIMIT} in all matrices")
        for name in start:
            system.parameter(name)
        values = {
            g.name: self._start(g.name, mean, start)
            for g, mean in zip(system.parameters, system.initial, strict=True)
        }
        self.symmetric = {g.name for g in system.parameters if g.is_symmetric}
        self.moving = [g.name for g in system.parameters if g.moves]
        self.fixed = {name: v for name, v in values.items() if name not in self.moving}
        self.state = np.concatenate([values[n].reshape(1, -1) for n in self.moving], axis=1)
        self.sums = [
            planned(system.equation(name), self.shapes[name], self.at) for name in self.moving
        ]
        self.loss = planned(system.loss, (), self.at)
        known = Reduction(system.parameters, frozenset(system.eliminated))
        self.averages = {
            name: average_in_numbers(
                law, known, tuple(_size(family, self.at) for family in law.families), self.at, nodes
            )
            for name, law in system.averages.items()
        }

    def _start(self, name: str, mean: Combination, start: Mapping[str, Any]) -> Array:
        shape = self.shapes[name]
        if name not in start:
            found = planned(mean, shape, self.at).value({})
            return np.array(np.broadcast_to(found, (1, *shape)), dtype=float)
        given = np.asarray(start[name], dtype=float)
        if given.shape != shape or not np.isfinite(given).all():
            raise BadInput(f"start, {name}", given.shape, f"finite numbers of the shape {shape}")
        return given[None]

    def arrays(self, state: Array, fixed: Sequence[Array] = ()) -> dict[str, Array]:
        """The order parameters of rows of numbers, and averages of functions of them.

        ``fixed`` are constants of every row.
        """
        found = dict(zip(self.fixed, fixed, strict=True)) if fixed else dict(self.fixed)
        first = 0
        for name in self.moving:
            count = prod(self.shapes[name])
            row = state[:, first : first + count].reshape(len(state), *self.shapes[name])
            if name in self.symmetric:  # what rounding makes of it otherwise may grow
                row = (row + row.transpose(0, 2, 1)) / 2
            found[name] = row
            first += count
        found.update({name: average.value(found) for name, average in self.averages.items()})
        return found

    def velocity(self, state: Array, *fixed: Array) -> Array:
        """The right-hand sides."""
        arrays = self.arrays(state, fixed)
        rows = [
            np.broadcast_to(part.value(arrays), (len(state), *part.shape)).reshape(len(state), -1)
            for part in self.sums
        ]
        found: Array = np.concatenate(rows, axis=1)
        return found

    def integrated(
        self, states: Array, fixed: Sequence[Array], times: Array, tolerance: float
    ) -> Array:
        """The paths from some states, by seed and time; infinite after a blow-up."""
        equations = self.system.equations
        degree = max((len(d.edges) for equation in equations for d, _ in equation), default=1)
        found = integrate(
            self.velocity,
            lambda state, *_: state,
            states,
            times,
            tolerance=tolerance,
            steps=STEPS,
            order=max(2, degree),
            frozen=fixed,
            width=states.shape[1],
        )
        return found.values

    def curves(
        self, times: Array, states: Array, error: float, evidence: Evidence, start: str
    ) -> OrderParameterCurves:
        """States at times, named; infinite from where a state is not finite."""
        lost = np.logical_not(np.all(np.isfinite(states), axis=1, keepdims=True))
        states = np.where(lost, np.inf, states)
        arrays = self.arrays(states)
        values = {
            name: np.array(np.broadcast_to(arrays[name], (len(times), *self.shapes[name])))
            for name in self.system.names
        }
        with np.errstate(invalid="ignore", over="ignore"):
            loss = np.array(np.broadcast_to(self.loss.value(arrays), (len(times),)))
        loss[lost[:, 0]] = np.inf
        return OrderParameterCurves(times, values, loss, error, evidence, start=start)


def integrate_system(
    system: ClosedSystem,
    at: Mapping[str, Number],
    until: Number,
    points: int = 11,
    start: Mapping[str, Any] | None = None,
    tolerance: float = 1e-9,
) -> OrderParameterCurves:
    """Integrate the closed equations from time zero to ``until``, in units of T.

    ``at`` holds numbers for all sizes and scales, ``start`` initial values; an order parameter
    without one starts from its mean over initial weights.  ``tolerance`` bounds the error of
    a step relative to the norm of all order parameters.

    Raises :class:`~diagrams.errors.BadInput`, and
    :class:`~diagrams.flow.integration.FlowStopped` where it does not reach the end.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, target="zero"), ["feature"])
    >>> curves = integrate_system(system, {"H": 1, "p": 1, "sigma": 1}, 2, points=3)
    >>> [round(float(value), 6) for value in curves["u_u"][:, 0, 0]]
    [1.0, 0.2, 0.111111]
    """
    times = check_arguments(until, points, tolerance)
    dynamics = SystemInNumbers(system, at, start or {})
    states = dynamics.integrated(dynamics.state, (), times, tolerance)[0]
    words = f"order 8, error estimated by a run with a tolerance {LOOSER:.0f} times looser"
    other = dynamics
    if any(average.sampled for average in dynamics.averages.values()):
        other = SystemInNumbers(system, at, start or {}, FEWER)
        words += f" and {FEWER} nodes instead of {NODES} in averages without a closed form"
    looser = other.integrated(other.state, (), times, tolerance * LOOSER)[0]
    with np.errstate(invalid="ignore"):
        apart = np.abs(states - looser)
    error = float(np.max(apart[np.isfinite(apart)], initial=0.0))
    kind, where = _start_of(system, at, start or {})
    evidence = Evidence(Kind.NUMERICAL, f"{words}; {where}")
    return dynamics.curves(times, states, error, evidence, kind)


def check_arguments(until: Number, points: int, tolerance: float) -> Array:
    """Return the times asked for; raises :class:`~diagrams.errors.BadInput`."""
    end = _positive("until", until)
    if isinstance(points, bool) or not isinstance(points, int) or not 2 <= points <= POINTS_LIMIT:
        raise BadInput("points", points, f"an integer from 2 to {POINTS_LIMIT}")
    if not 1e-14 <= tolerance <= 1e-2:
        raise BadInput("tolerance", tolerance, "a number from 1e-14 to 0.01")
    return np.linspace(0.0, end, points)


def iterate_system(
    system: ClosedSystem,
    at: Mapping[str, Number],
    steps: int,
    every: int = 1,
    start: Mapping[str, Any] | None = None,
) -> OrderParameterCurves:
    """Apply the mean change of a step again and again; ``times`` are numbers of steps.

    What is left out are the fluctuations of the order parameters around their mean, which enter
    where the right-hand sides are not linear.

    Raises :class:`~diagrams.errors.BadInput`, where the system was derived without a step too.
    """
    if not system.step:
        raise BadInput("system", "gradient flow", "a system derived with a step")
    if not 1 <= steps <= 10**7 or not 1 <= every <= steps:
        raise BadInput("steps", steps, "a positive integer; every one at most that")
    dynamics = SystemInNumbers(system, at, start or {})
    size = dynamics.at[system.step]
    state, kept = dynamics.state, [dynamics.state]
    with np.errstate(invalid="ignore", over="ignore"):
        for number in range(1, steps + 1):
            if np.isfinite(state).all():
                state = state + size * dynamics.velocity(state)
            if number % every == 0:
                kept.append(state)
    times = np.arange(len(kept), dtype=float) * every
    words = "mean change of every step, fluctuations of order parameters left out"
    kind, where = _start_of(system, at, start or {})
    evidence = Evidence(Kind.NUMERICAL, f"{words}; {where}")
    return dynamics.curves(times, np.concatenate(kept), 0.0, evidence, kind)


def _start_of(
    system: ClosedSystem, at: Mapping[str, Number], start: Mapping[str, Any]
) -> tuple[str, str]:
    """What a trajectory starts from, in a word and in a clause."""
    from diagrams.order_parameters.averaging import exact_start, means_are_exact

    missing = [name for name in system.names if name not in start]
    if not missing:
        return "given", "from given initial values"
    if start:
        left_out = "fluctuations of a draw left out"
        return "given", f"from the initial means of {', '.join(missing)}, {left_out}"
    if means_are_exact(system, at):
        return "exact", "from the initial means, which averages follow exactly"
    left_out = "which the average over initial tensors does not follow"
    return "means", f"from the initial means, {left_out}: {exact_start(system, at)}"


def _positive(field: str, value: Number) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise BadInput(field, value, "a positive number")
    if not 0 < value < math.inf:
        raise BadInput(field, value, "a positive number")
    return float(value)


def drawn(system: ClosedSystem, at: Mapping[str, Number], seed: int = 0) -> dict[str, Array]:
    """Draw all tensors once, and return the order parameters they make.

    Raises :class:`~diagrams.errors.BadInput`, for tensors that are not random too.

    >>> from diagrams.order_parameters.closing import close
    >>> from diagrams.problems.cp import cp_problem
    >>> system = close(cp_problem(order=2, target="zero"), ["feature"])
    >>> drawn(system, {"H": 2, "p": 5, "sigma": 1}, seed=1)["u_u"].shape
    (2, 2)
    """
    values = _values_at(system, at)
    generator = np.random.default_rng(seed)
    tensors = {t.name: t for g in system.parameters for t in g.definition.tensors}
    arrays = {name: _draw(tensors[name], values, generator) for name in sorted(tensors)}
    return {
        g.name: planned(g.value, _shape(g, values), values).value(arrays)[0]
        for g in system.parameters
    }


def _draw(tensor: Tensor, at: Mapping[str, float], generator: np.random.Generator) -> Array:
    shape = tuple(_size(family, at) for family in tensor.families)
    if not isinstance(tensor.law, Drawn):
        raise BadInput("tensors", tensor.name, "random tensors")
    if prod(shape) > ENTRIES_LIMIT:
        raise BadInput("at", f"{prod(shape)} entries of {tensor.name}", f"at most {ENTRIES_LIMIT}")
    found = draws_of(tensor, at).entries(generator, shape)
    found = math.sqrt(monomial_value(tensor.law.variance, at)) * found
    mean = monomial_value(tensor.law.mean_value, at)
    if tensor.law.mean is Mean.CONSTANT:
        found = found + mean
    elif tensor.law.mean is Mean.DELTA:
        places = np.arange(shape[0])
        found[(places,) * len(shape)] += mean
    array: Array = np.asarray(found)[None]
    return array


def rates_at(
    system: ClosedSystem, at: Mapping[str, Number], values: Mapping[str, Any]
) -> dict[str, Array]:
    """The right-hand sides of all equations at given order parameters."""
    dynamics = SystemInNumbers(system, at, values)
    found = dynamics.arrays(dynamics.velocity(dynamics.state))
    return {name: found[name][0] for name in dynamics.moving}
