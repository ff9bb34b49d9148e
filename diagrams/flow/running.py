"""From a problem to a simulation: checked input, seeds, batches, threads, bounded memory."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from diagrams.campaign import MemoryLimitReached, machine_memory, readable_bytes
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.flow.arguments import parameter_value, real_number, report_times, whole_number
from diagrams.flow.gradients import CPFlow
from diagrams.flow.integration import BlowUp, Passage, Trajectories, integrate
from diagrams.flow.simulation import Accuracy, Simulation
from diagrams.flow.tableau import STAGES
from diagrams.flow.targets import TARGETS, Array
from diagrams.polynomial import Polynomial
from diagrams.problems.cp import CPProblem

BATCH = 2**15
"""Weights integrated together, of as many seeds as fit; the same for all runs of one size."""
Number = float | Fraction
SEEDS_LIMIT, SIZE_LIMIT = 10**6, 10**9
TOLERANCES = (1e-12, 1e-2)
SIGMAS = (1e-60, 1e60)
CHECKED = 8
"""One seed in so many is integrated once more, with a hundredth of the tolerance."""


@dataclass(frozen=True)
class FlowProgress:
    """How far a simulation is: work done (0 to 1), seeds finished and all, steps tried.

    >>> print(FlowProgress(0.5, 3, 8, 1200))
    3 of 8 seeds, 1200 steps, 50%
    """

    done: float
    finished: int
    seeds: int
    steps: int

    def __str__(self) -> str:
        return f"{self.finished} of {self.seeds} seeds, {self.steps} steps, {self.done:.0%}"


def simulate(
    problem: CPProblem,
    *,
    p: int,
    H: int,
    sigma: Number,
    until: Number,
    T: Number = 1,
    seeds: int = 8,
    seed: int = 0,
    points: int | Sequence[float] = 101,
    scale: Number | None = None,
    decay: Number | None = None,
    tolerance: Number = 1e-8,
    steps: int = 20_000,
    check: bool = True,
    jobs: int = 1,
    progress: Callable[[FlowProgress], Any] | None = None,
    max_memory: int | None = None,
) -> Simulation:
    """Integrate the gradient flow of a CP problem from random initial weights.

    Every entry of ``u_c`` (H x p, one matrix for each colour of the tie pattern) is drawn from
    N(0, sigma^2) and moves by ``du/dt = -(1/T) d(L + (lambda/2) |u|^2)/du``, where
    ``L = 1/2 |f - c F|^2``; what is reported is ``L``, constant included, decay not.
    Independent of all diagrams: gradients by Gram matrices (O(p H^2) a step, or O(p^2 H) where
    that is less and the order is 2), integrated by the Dormand-Prince method of order 8.

    Parameters:

    ``p``, ``H``
        positive integers; ``sigma`` and ``T`` positive numbers.
    ``until``
        the last time, positive or negative (ascent), in the unit of ``t``.
    ``points``
        how many equidistant times from 0 to ``until`` are reported, or the times themselves,
        in order, away from zero, ``until`` not exceeded.
    ``seeds``, ``seed``
        how many independent runs, and the root they derive from.  Run ``k`` of a root starts
        from the same weights whatever ``seeds``, ``jobs`` and tolerance are (Philox, spawned
        from ``SeedSequence(seed)``).
    ``scale``, ``decay``
        values of ``c`` and ``lambda`` where the problem has symbols for them.
    ``tolerance``
        bound on the estimated error of one step in the norm of the weights, relative to it.
        With ``check`` one seed in eight (at least one) runs again with a hundredth of it, and
        the change of the loss is reported as ``accuracy``.
    ``steps``
        the most steps that a seed may take.
    ``jobs``
        threads that share the seeds when the weights of one seed fill a batch (2^15 numbers)
        or there are several batches.  Large matrix products use all cores by themselves.
    ``max_memory``
        bytes that may be allocated; half of the machine by default.
    ``progress``
        called with :class:`~diagrams.flow.running.FlowProgress` after every step, from any
        thread, one call at a time.

    A seed that blows up (ascent only: descent of a function bounded below cannot) has infinite
    losses from then on and a :class:`~diagrams.flow.integration.BlowUp` with the time and its
    bracket; the mean is then infinite too, median and quantiles as long as they can be are not.

    Raises :class:`~diagrams.errors.BadInput` for bad input, naming the field;
    :class:`~diagrams.campaign.MemoryLimitReached` before anything is allocated;
    :class:`~diagrams.flow.integration.FlowStopped` when a seed is too stiff for ``steps``.

    Exactly solvable: ``p = H = 1``, order 2, zero target, ``u(t) = u0 / sqrt(1 + 4 u0^2 t)``.

    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=2, target="zero")
    >>> run = simulate(free, p=1, H=1, sigma=1, until=2, seeds=1, points=2)
    >>> start, end = run.losses[0]
    >>> u0 = (2 * start) ** 0.25
    >>> abs(end - (u0 / (1 + 8 * u0**2) ** 0.5) ** 4 / 2) < 1e-9 * start
    True
    """
    if not isinstance(problem, CPProblem):
        raise BadInput("problem", problem, "a CP problem, as cp_problem or a preset gives it")
    sizes = {
        "p": whole_number("p", p, SIZE_LIMIT),
        "H": whole_number("H", H, SIZE_LIMIT),
        "sigma": real_number("sigma", sigma, "a positive number", *SIGMAS),
        "T": real_number("T", T, "a positive number", 1e-300, 1e300),
    }
    end = real_number("until", until, "a time other than zero, positive or negative")
    if end == 0 or not 1e-300 < abs(end / sizes["T"]) < 1e300:
        raise BadInput("until", until, "a time other than zero, positive or negative")
    c = parameter_value("scale", problem.scale, scale, needed=problem.target != "zero")
    strength = parameter_value("decay", problem.decay, decay, needed=True)
    flow = CPFlow(problem.ties, TARGETS[problem.target], c, strength)
    plan = _Plan(
        flow=flow,
        p=int(sizes["p"]),
        H=int(sizes["H"]),
        sigma=sizes["sigma"],
        sign=math.copysign(1.0, end),
        times=report_times(points, end),
        unit=sizes["T"],
        root=whole_number("seed", seed, 2**64, least=0),
        steps=whole_number("steps", steps, 10**9),
    )
    count = whole_number("seeds", seeds, SEEDS_LIMIT)
    precision = real_number("tolerance", tolerance, "a number", *TOLERANCES)
    threads = whole_number("jobs", jobs, max(64, 4 * (os.cpu_count() or 1)))
    bound = None if max_memory is None else whole_number("max_memory", max_memory, 2**62)
    checked = -(-count // CHECKED) if check else 0
    tasks = plan.tasks(count, precision) + plan.tasks(checked, precision / 100)
    plan.check_memory(count, min(threads, len(tasks)), bound)
    found = _run(plan, tasks, threads, progress)
    accuracy = _accuracy(found, count, checked) if check else None
    for name, polynomial, value in (
        ("scale", problem.scale, c),
        ("decay", problem.decay, strength),
    ):
        if polynomial != Polynomial.constant(1 if name == "scale" else 0):
            sizes[name] = value
    return Simulation(
        problem=problem,
        sizes=tuple((name, float(value)) for name, value in sizes.items()),
        times=tuple((plan.sign * plan.times + 0.0).tolist()),
        losses=tuple(tuple(row.tolist()) for row in found.values[:count]),
        blow_ups=tuple(plan.dated(blow_up) for blow_up in found.blow_ups[:count]),
        steps=found.steps[:count],
        root=plan.root,
        tolerance=precision,
        accuracy=accuracy,
        evidence=_evidence(count, precision, accuracy),
    )


@dataclass(frozen=True)
class _Task:
    """Seeds ``first .. last - 1``, at one tolerance."""

    first: int
    last: int
    tolerance: float


@dataclass(frozen=True)
class _Plan:
    """Everything that the runs of one simulation share; ``times`` are positive."""

    flow: CPFlow
    p: int
    H: int
    sigma: float
    sign: float
    times: Array
    unit: float
    root: int
    steps: int

    @property
    def numbers(self) -> int:
        """Weights of one seed."""
        return len(self.flow.ties) * self.H * self.p

    @property
    def batch(self) -> int:
        """Seeds that are integrated together."""
        return max(1, BATCH // max(self.numbers, self.flow.working_numbers(self.p, self.H) // 8))

    def tasks(self, count: int, tolerance: float) -> list[_Task]:
        """The seeds in batches; which ones go together depends on the sizes only."""
        return [
            _Task(first, min(first + self.batch, count), tolerance)
            for first in range(0, count, self.batch)
        ]

    def check_memory(self, seeds: int, threads: int, bound: int | None) -> None:
        """Raise :class:`MemoryLimitReached` if the arrays would not fit."""
        allowed = bound
        if allowed is None:
            machine = machine_memory()
            allowed = machine // 2 if machine else 2**62
        one = (STAGES + 8) * self.numbers + self.flow.working_numbers(self.p, self.H)
        together = min(self.batch, seeds)
        results = 16 * (seeds + seeds // CHECKED + 1) * len(self.times)
        needed = 8 * (threads * together * one + results)
        if needed > allowed:
            raise MemoryLimitReached(
                f"max-memory: p = {self.p}, H = {self.H} with {seeds} seeds and {threads} jobs "
                f"need about {readable_bytes(needed)}; allowed are {readable_bytes(allowed)}"
            )

    def initial_weights(self, seed: int) -> Array:
        """The weights that a seed starts from: an array (colour, H, p)."""
        sequence = np.random.SeedSequence(self.root, spawn_key=(seed,))
        generator = np.random.Generator(np.random.Philox(sequence))
        drawn = generator.standard_normal((len(self.flow.ties), self.H, self.p))
        return self.sigma * drawn

    def trajectories(self, task: _Task, seen: Callable[[Passage], None]) -> Trajectories:
        """Integrate the seeds of a task, in units in which ``t/T`` runs upwards from 0."""
        start = np.stack([self.initial_weights(seed) for seed in range(task.first, task.last)])
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(self.flow.loss(start)) & np.isfinite(
                self.flow.velocity(start).sum(axis=(1, 2, 3))
            )
        if not finite.all():
            raise BadInput("sigma", self.sigma, "a value at which loss and gradient are finite")

        def velocity(weights: Array) -> Array:
            found = self.flow.velocity(weights)
            return found if self.sign > 0 else np.negative(found, out=found)

        return integrate(
            velocity,
            self.flow.loss,
            start,
            self.times / self.unit,
            tolerance=task.tolerance,
            steps=self.steps,
            order=self.flow.order,
            seen=seen,
        )

    def dated(self, blow_up: BlowUp | None) -> BlowUp | None:
        """A blow-up in the unit and with the sign of ``t``."""
        if blow_up is None:
            return None
        factor = self.sign * self.unit
        ends = sorted((factor * blow_up.lower, factor * blow_up.upper))
        return BlowUp(factor * blow_up.time, *ends)


# -- running ------------------------------------------------------------------------------


class _Stopped(Exception):
    """Another thread failed or was interrupted."""


class _Watch:
    """Adds up the progress of all tasks, and stops them."""

    def __init__(
        self, tasks: Sequence[_Task], end: float, progress: Callable[[FlowProgress], Any] | None
    ) -> None:
        self.tasks, self.end, self.progress = tasks, end, progress
        self.seeds = sum(task.last - task.first for task in tasks)
        self.passed: dict[int, Passage] = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def seen(self, number: int, passage: Passage) -> None:
        """Take note of where a task stands; raise if everything is to stop."""
        if self.stop.is_set():
            raise _Stopped
        if self.progress is None:
            return
        with self.lock:
            self.passed[number] = passage
            done = 0.0
            for place, found in self.passed.items():
                size = self.tasks[place].last - self.tasks[place].first
                left = (size - found.finished) * (1 - min(1.0, found.reached / self.end))
                done += size - left
            finished = sum(found.finished for found in self.passed.values())
            steps = sum(found.steps for found in self.passed.values())
            self.progress(FlowProgress(done / self.seeds, finished, self.seeds, steps))


def _run(
    plan: _Plan,
    tasks: Sequence[_Task],
    threads: int,
    progress: Callable[[FlowProgress], Any] | None,
) -> Trajectories:
    """Run all tasks, in threads; the results in the order of the tasks."""
    watch = _Watch(tasks, float(plan.times[-1]) / plan.unit, progress)

    def one(number: int) -> Trajectories:
        return plan.trajectories(tasks[number], lambda passage: watch.seen(number, passage))

    if threads == 1 or len(tasks) == 1:
        return _joined([one(number) for number in range(len(tasks))])
    with ThreadPoolExecutor(min(threads, len(tasks))) as pool:
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


def _accuracy(found: Trajectories, count: int, checked: int) -> Accuracy:
    """Compare the first losses with those of the finer runs, which follow after ``count``."""
    coarse, fine = found.values[:checked], found.values[count:]
    both = np.isfinite(coarse) & np.isfinite(fine)
    change = np.abs(coarse[both] - fine[both])
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(fine[both] != 0, change / np.abs(fine[both]), 0.0)
    return Accuracy(checked, float(change.max(initial=0.0)), float(relative.max(initial=0.0)))


def _evidence(seeds: int, tolerance: float, accuracy: Accuracy | None) -> Evidence:
    counted = "1 seed" if seeds == 1 else f"{seeds} seeds"
    checked = "not checked at a finer tolerance" if accuracy is None else str(accuracy)
    return Evidence(
        Kind.NUMERICAL,
        f"gradient flow of {counted}, Dormand-Prince of order 8, error of a step at most "
        f"{tolerance:.1e} of the weights; {checked}",
    )
