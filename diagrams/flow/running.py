"""From a problem to a simulation: checked input, seeds, batches, threads, bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from diagrams.campaign.memory import MemoryLimitReached, default_bound, readable_bytes
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.flow.arguments import observable_texts, real_number, report_times, whole_number
from diagrams.flow.batches import BatchedFlow
from diagrams.flow.descending import check_steps, descend, evidence_of_steps, told_momentum
from diagrams.flow.inertia import inertial
from diagrams.flow.integration import NUMBERS, BlowUp, Passage, Trajectories, integrate
from diagrams.flow.models import CPModel, Model, Number, batched_of, model_of
from diagrams.flow.progress import FlowProgress, Watch
from diagrams.flow.settings import EXPLICIT, FlowSettings, given_values
from diagrams.flow.simulation import Accuracy, Simulation
from diagrams.flow.targets import Array
from diagrams.problems.friction import Friction, read_friction
from diagrams.problems.problem import Problem, no_sphere, stated

TOGETHER = 2**15
"""Weights integrated together, of as many seeds as fit; the same for all runs of one size."""
SMALL = 2**17
"""Where a seed has fewer weights, matrix products are small, and BLAS is faster in one thread."""
SEEDS_LIMIT = 10**6
CHECKED = 8
"""One seed in so many is integrated once more, with a hundredth of the tolerance."""


def simulate(
    problem: Problem,
    *,
    until: Number | None = None,
    step: Number | None = None,
    steps: int | None = None,
    momentum: Number = 0,
    nesterov: bool = False,
    batch: int | None = None,
    samples: str = "",
    replacement: bool = False,
    friction: Number | str | None = None,
    T: Number = 1,
    seeds: int = 8,
    seed: int = 0,
    points: int | Sequence[float] = 101,
    observables: Sequence[str] = (),
    at: Mapping[str, Number] | None = None,
    settings: FlowSettings | None = None,
    progress: Callable[[FlowProgress], Any] | None = None,
    **values: Number,
) -> Simulation:
    """Follow gradient flow, or steps of gradient descent, from random initial weights (and data).

    Every entry of a trained tensor is drawn as the problem says and moves by
    ``du/dt = -(rate/T) d(L + (lambda/2) |u|^2)/du``.  What is reported is the loss ``L``,
    constant included, decay not, and the ``observables`` that are asked for.
    Independent of all diagrams, integrated by SciPy (Dormand-Prince of order 8, or an implicit
    method where ``settings`` say so), see :mod:`diagrams.flow.integration`.  For CP
    problems ``L = 1/2 |f - c F|^2``, the weights are N(0, sigma^2), and gradients are made of
    Gram matrices (O(p H^2) a step, or O(p^2 H) where that is less and the order is 2).  For
    problem files, and for CP problems with observables, the output is evaluated as written and
    pulled back, see :mod:`diagrams.flow.networks`.

    Parameters:

    ``**values``, ``at``
        numbers for all symbols of the problem, by name: ``p=64, H=128, sigma=0.1`` of a preset,
        ``N=64, gamma=0.5`` of a problem file.  Sizes are positive integers.  ``at`` is a mapping
        for the same, needed for names that are taken, such as ``{"lambda": 0.1}``.
    ``observables``
        names or texts, see :meth:`~diagrams.problems.problem.Problem.with_observable`, without
        free indices; their curves are ``run.observable("kernel")``.
    ``T``
        the positive unit of time, the inverse learning rate.
    ``until``
        the last time, positive or negative (ascent), in the unit of ``t``.
    ``step``, ``steps``
        instead of ``until``: the rate and the number of steps ``u -> u - step rate dV/du`` of
        gradient descent, reported at the times ``k step T``.
    ``momentum``, ``nesterov``
        with steps: how much of the last step is added to the next one, from 0 to below 1 (heavy
        ball), and whether the slope is taken where that alone would lead.
    ``batch``, ``samples``, ``replacement``
        with steps: the number of samples that a step sees, and how they are drawn, as in
        :func:`~diagrams.series.descent.descent`.  What is reported is the loss of all.
    ``friction``
        a number, or one over the time such as ``"3/t"``: a flow with momentum from rest,
        ``u'' + friction u' = -rate dV/du`` with primes ``T d/dt``, up to positive times.
    ``points``
        how many equidistant times from 0 to ``until`` are reported, or the times themselves,
        in order, away from zero, ``until`` not exceeded.
    ``seeds``, ``seed``
        how many independent runs, and the root they derive from.  Run ``k`` of a root starts
        from the same weights whatever ``seeds``, ``jobs`` and tolerance are (Philox, spawned
        from ``SeedSequence(seed)``).
    ``settings``
        tolerance, check, steps, threads and memory, see
        :class:`~diagrams.flow.settings.FlowSettings`.
    ``progress``
        called with :class:`~diagrams.flow.running.FlowProgress` after every step, from any
        thread, one call at a time.

    A seed that blows up (ascent only, where the loss is bounded below; elsewhere downhill too, to
    losses of minus infinity) has infinite losses from then on and a
    :class:`~diagrams.flow.integration.BlowUp` with the time and its bracket; the mean is then
    infinite too, median and quantiles as long as they can be are not.

    Raises :class:`~diagrams.errors.BadInput` for bad input, naming the field;
    :class:`~diagrams.campaign.memory.MemoryLimitReached` before anything is allocated;
    :class:`~diagrams.flow.integration.FlowStopped` when a seed is too stiff for ``steps``.

    Exactly solvable: ``p = H = 1``, order 2, zero target, ``u(t) = u0 / sqrt(1 + 4 u0^2 t)``.

    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=2, target="zero")
    >>> run = simulate(free, p=1, H=1, sigma=1, until=2, seeds=1, points=2)
    >>> start, end = run.losses[0].tolist()
    >>> u0 = (2 * start) ** 0.25
    >>> abs(end - (u0 / (1 + 8 * u0**2) ** 0.5) ** 4 / 2) < 1e-9 * start
    True
    """
    stated(problem)
    texts = observable_texts(observables)
    given, time_unit = given_values(at, T, values)
    unit = real_number("T", time_unit, "a positive number", 1e-300, 1e300)
    rate, counts = 0.0, tuple[int, ...]()
    kept = real_number("momentum", momentum, "a number from 0 to below 1", 0, math.nextafter(1, 0))
    if (kept and step is None) or (nesterov and not kept):
        raise BadInput("momentum", momentum, "a positive one with nesterov, and only with steps")
    if step is None and steps is None:
        end = real_number("until", until, "a time other than zero, positive or negative")
        if end == 0 or not 1e-300 < abs(end / unit) < 1e300:
            raise BadInput("until", until, "a time other than zero, positive or negative")
        times = report_times(points, end)
    else:
        if until is not None:
            allowed = "either a time, or step and steps; those of the flow: FlowSettings(steps=..)"
            raise BadInput("until", until, allowed)
        no_sphere(problem)
        rate, counts = check_steps(step, steps, points)
        end = counts[-1] * rate * unit
        times = np.array(counts) * rate * unit
    rubbed = None if friction is None else read_friction(friction)
    if rubbed is not None and (counts or end < 0):
        raise BadInput("friction", friction, "a flow to a positive time; steps have momentum")
    how = settings or FlowSettings()
    if not isinstance(how, FlowSettings):
        raise BadInput("settings", settings, "FlowSettings(tolerance=.., jobs=.., ..)")
    model, sizes = model_of(problem, given, texts)
    if rubbed is not None:
        no_sphere(problem)
        if isinstance(rubbed.constant, str):
            raise BadInput("friction", friction, "a number, or one over t such as 3/t")
        model = inertial(model, float(rubbed.constant), float(rubbed.over_time))
    seen = None
    if batch is not None or samples or replacement:
        if not counts or batch is None:
            raise BadInput("batch", batch, "a number of samples, and only with steps")
        seen = batched_of(problem, dict(sizes), batch, samples, replacement)
    plan = _Plan(
        model=model,
        sign=math.copysign(1.0, end),
        times=times,
        unit=unit,
        root=whole_number("seed", seed, 2**64, least=0),
        steps=how.steps,
        named=", ".join(f"{name} = {value:g}" for name, value in sizes),
        method=how.method,
        rate=rate,
        counts=counts,
        momentum=kept,
        nesterov=nesterov,
        batched=seen,
    )
    count = whole_number("seeds", seeds, SEEDS_LIMIT)
    precision = float(how.tolerance)
    checked = -(-count // CHECKED) if how.check and not counts else 0
    tasks = plan.tasks(count, precision) + plan.tasks(checked, precision / 100)
    plan.check_memory(count, min(how.jobs, len(tasks)), how.max_memory)
    found = _run(plan, tasks, how.jobs, progress)
    losses = found.values if model.width is None else found.values[..., 0]
    if end > 0 and not counts:  # a flow that blows up downhill has no least loss
        losses = np.where(np.isinf(losses), -math.inf, losses)
    accuracy = _accuracy(losses, count, checked, plan.times) if checked else None
    return Simulation(
        problem=problem,
        sizes=(*sizes, ("T", unit)),
        grid=tuple((plan.sign * plan.times + 0.0).tolist()),
        rows=_rows(losses[:count]),
        blow_ups=tuple(plan.dated(blow_up) for blow_up in found.blow_ups[:count]),
        steps=found.steps[:count],
        root=plan.root,
        tolerance=0.0 if counts else precision,
        step=rate or None,
        accuracy=accuracy,
        momentum=kept,
        nesterov=nesterov,
        batch=None if seen is None else seen.batch,
        friction=rubbed,
        evidence=evidence_of_steps(
            count,
            rate,
            counts[-1],
            told_momentum(kept, nesterov) + (f", in {seen.batch}" if seen else ""),
        )
        if counts
        else _evidence(count, how, accuracy, rubbed),
        observed=tuple(
            (text, _rows(found.values[:count, :, place])) for place, text in enumerate(texts, 1)
        ),
    )


def _rows(values: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row.tolist()) for row in values)


@dataclass(frozen=True)
class _Task:
    """Seeds ``first .. last - 1``, at one tolerance."""

    first: int
    last: int
    tolerance: float


@dataclass(frozen=True)
class _Plan:
    """Everything that the runs of one simulation share; ``times`` are positive.

    With ``counts`` they are those of so many steps at a rate, else those of the flow.
    """

    model: Model
    sign: float
    times: Array
    unit: float
    root: int
    steps: int
    named: str
    method: str
    rate: float
    counts: tuple[int, ...]
    momentum: float
    nesterov: bool
    batched: BatchedFlow | None

    @property
    def together(self) -> int:
        """Seeds that are integrated together; one where a step solves for all weights at once."""
        model = self.model
        if self.method != EXPLICIT and not self.counts:
            return 1
        seen = model if self.batched is None else self.batched.flow
        arrays = (one // 8 for f in (model, seen) for one in (f.working_numbers, f.frozen_numbers))
        return max(1, TOGETHER // max(model.numbers, *arrays))

    def tasks(self, count: int, tolerance: float) -> list[_Task]:
        """The seeds in batches; which ones go together depends on the sizes only."""
        return [
            _Task(first, min(first + self.together, count), tolerance)
            for first in range(0, count, self.together)
        ]

    def check_memory(self, seeds: int, threads: int, bound: int | None) -> None:
        """Raise :class:`MemoryLimitReached` if the arrays would not fit."""
        allowed = bound or default_bound()
        model = self.model
        one = NUMBERS * model.numbers + 3 * model.frozen_numbers + model.working_numbers
        if self.batched is not None:
            one += self.batched.flow.frozen_numbers + self.batched.flow.working_numbers
        if self.method != EXPLICIT:  # the Jacobian and its factors, real and complex
            one += 6 * model.numbers**2
        together = min(self.together, seeds)
        results = 16 * (seeds + seeds // CHECKED + 1) * len(self.times) * (model.width or 1)
        needed = 8 * (threads * together * one + results)
        if needed > allowed:
            raise MemoryLimitReached(
                f"max-memory: {self.named} with {seeds} seeds and {threads} jobs "
                f"need about {readable_bytes(needed)}; allowed are {readable_bytes(allowed)}"
            )

    def generator(self, seed: int, *stream: int) -> np.random.Generator:
        """The random numbers of a seed: those of its start, or another stream."""
        sequence = np.random.SeedSequence(self.root, spawn_key=(seed, *stream))
        return np.random.Generator(np.random.Philox(sequence))

    def trajectories(self, task: _Task, seen: Callable[[Passage], None]) -> Trajectories:
        """Integrate the seeds of a task, in units in which ``t/T`` runs upwards from 0."""
        start, frozen = self.model.start([self.generator(k) for k in range(task.first, task.last)])
        with np.errstate(over="ignore", invalid="ignore"):
            seen_first = self.model.values(start, *frozen).sum()
            finite = np.isfinite(seen_first + self.model.velocity(start, *frozen).sum())
        if not finite:
            field = "sigma" if isinstance(self.model, CPModel) else "at"
            allowed = "values at which loss, gradient and observables are finite"
            raise BadInput(field, self.named, allowed)

        def velocity(weights: Array, *data: Array) -> Array:
            found = self.model.velocity(weights, *data)
            return found if self.sign > 0 else np.negative(found, out=found)

        if self.counts:
            of_steps: dict[str, Any] = {}
            if self.batched is not None:
                batched, first = self.batched, task.first
                streams = [self.generator(k, 1) for k in range(first, task.last)]
                of_steps["drawn"] = lambda seeds: batched.draw([streams[k] for k in seeds])
            return descend(
                velocity if self.batched is None else self.batched.flow.velocity,
                self.model.values,
                start,
                self.counts,
                rate=self.rate,
                frozen=frozen,
                width=self.model.width,
                seen=seen,
                momentum=self.momentum,
                nesterov=self.nesterov,
                **of_steps,
            )
        return integrate(
            velocity,
            self.model.values,
            start,
            self.times / self.unit,
            tolerance=task.tolerance,
            steps=self.steps,
            order=self.model.order,
            frozen=frozen,
            width=self.model.width,
            seen=seen,
            method=self.method,
        )

    def dated(self, blow_up: BlowUp | None) -> BlowUp | None:
        """A blow-up in the unit and with the sign of ``t``."""
        if blow_up is None:
            return None
        factor = self.sign * self.unit
        ends = sorted((factor * blow_up.lower, factor * blow_up.upper))
        return BlowUp(factor * blow_up.time, *ends)


# -- running ------------------------------------------------------------------------------


def _run(
    plan: _Plan,
    tasks: Sequence[_Task],
    threads: int,
    progress: Callable[[FlowProgress], Any] | None,
) -> Trajectories:
    """Run all tasks, in threads; the results in the order of the tasks."""
    seeds = [task.last - task.first for task in tasks]
    watch = Watch(seeds, float(plan.times[-1]) / plan.unit, progress)

    def one(number: int) -> Trajectories:
        return plan.trajectories(tasks[number], lambda passage: watch.seen(number, passage))

    own = 1 if plan.model.numbers < SMALL else None  # whatever the jobs: results are the same
    if threads == 1 or len(tasks) == 1:
        with threadpool_limits(own):
            return _joined([one(number) for number in range(len(tasks))])
    with threadpool_limits(own), ThreadPoolExecutor(min(threads, len(tasks))) as pool:
        try:
            futures = [pool.submit(one, number) for number in range(len(tasks))]
            finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in finished:
                future.result()
            return _joined([future.result() for future in futures])
        finally:  # where a run fails or an interrupt arrives, the others end at their next step
            watch.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _joined(parts: Sequence[Trajectories]) -> Trajectories:
    return Trajectories(
        np.concatenate([part.values for part in parts]),
        tuple(blow_up for part in parts for blow_up in part.blow_ups),
        tuple(step for part in parts for step in part.steps),
    )


def _accuracy(losses: Array, count: int, checked: int, times: Array) -> Accuracy | None:
    """Compare the first losses with those of the finer runs, which follow after ``count``.

    ``None`` where all have blown up before the first time after 0: equal starts say nothing.
    """
    coarse, fine = losses[:checked], losses[count:]
    both = np.isfinite(coarse) & np.isfinite(fine)
    if not both[:, times > 0].any():
        return None
    change = np.abs(coarse[both] - fine[both])
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(fine[both] != 0, change / np.abs(fine[both]), 0.0)
    return Accuracy(checked, float(change.max(initial=0.0)), float(relative.max(initial=0.0)))


def _evidence(
    seeds: int, how: FlowSettings, accuracy: Accuracy | None, friction: Friction | None
) -> Evidence:
    counted = "1 seed" if seeds == 1 else f"{seeds} seeds"
    checked = "not checked at a finer tolerance" if accuracy is None else str(accuracy)
    told = f" with momentum and the friction {friction}" if friction else ""
    method = "Dormand-Prince of order 8" if how.method == EXPLICIT else how.method
    return Evidence(
        Kind.NUMERICAL,
        f"gradient flow of {counted}{told}, {method}, error of a step at most "
        f"{float(how.tolerance):.1e} of the weights; {checked}",
    )
