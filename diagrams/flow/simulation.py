"""The result of a simulation: losses of all seeds over time, and what they say together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence
from diagrams.flow.curves import Array, Curves, constant_array
from diagrams.flow.integration import BlowUp
from diagrams.problems.batches import Batch
from diagrams.problems.friction import Friction
from diagrams.problems.problem import Problem


@dataclass(frozen=True)
class Accuracy:
    """How much the first ``seeds`` losses change when the tolerance is a hundredth.

    ``absolute`` is the largest change at any time, ``relative`` the largest one over the loss
    at the same time.  Where a loss tends to zero, rounding alone makes the second large.
    """

    seeds: int
    absolute: float
    relative: float

    def __str__(self) -> str:
        counted = "1 seed" if self.seeds == 1 else f"{self.seeds} seeds"
        return (
            f"losses of {counted} change by at most {self.absolute:.1e}, "
            f"{self.relative:.1e} relatively, at a hundredth of the tolerance"
        )


@dataclass(frozen=True)
class Simulation(Displayed):
    """Losses ``L(t)`` of independent seeds under gradient flow or descent, and observables.

    ``rows[k][j]`` is the loss of seed ``k`` at the time ``grid[j]``, as :attr:`losses` and
    :attr:`times` are arrays of them; it is infinite from the blow-up of that seed on
    (``blow_ups[k]``, ``None`` for a seed without), minus infinity where a flow falls.  ``sizes``
    are the values of all sizes, scales and T; for CP problems p, H, sigma, T and, where the
    problem has them, scale and decay.
    ``root`` is the seed that seeds ``0, 1, ..`` are derived from, ``steps`` the steps each one
    took.  ``observed`` are pairs of an observable and its values, laid out like the losses; they
    are infinite from a blow-up on, whatever their sign.  ``step`` is the rate of gradient descent,
    whose k-th step has the time ``k step T``; ``None`` is gradient flow, to a ``tolerance``.
    ``momentum``, ``nesterov`` and ``batch`` belong to steps, ``friction`` to a flow with momentum.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.flow import simulate
    >>> run = simulate(cp_problem(order=2), p=4, H=4, sigma=0.5, until=1, seeds=3, points=3)
    >>> run.losses.shape, run.times
    ((3, 3), array([0. , 0.5, 1. ]))
    >>> Simulation.from_json(run.to_json()) == run
    True
    """

    problem: Problem
    sizes: tuple[tuple[str, float], ...]
    grid: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]
    blow_ups: tuple[BlowUp | None, ...]
    steps: tuple[int, ...]
    root: int
    tolerance: float
    accuracy: Accuracy | None
    evidence: Evidence
    observed: tuple[tuple[str, tuple[tuple[float, ...], ...]], ...] = ()
    step: float | None = None
    momentum: float = 0.0
    nesterov: bool = False
    batch: Batch | None = None
    friction: Friction | None = None

    @property
    def seeds(self) -> int:
        """How many seeds there are."""
        return len(self.rows)

    @cached_property
    def times(self) -> Array:
        """The times of all curves."""
        return constant_array(self.grid)

    @cached_property
    def losses(self) -> Array:
        """The losses: a row for every seed, a column for every time."""
        return constant_array(self.rows)

    @cached_property
    def loss(self) -> Curves:
        """The losses with their statistics."""
        return Curves(self.rows)

    def observable(self, name: str) -> Curves:
        """The curves of an observable that was asked for, or of the ``loss``.

        Raises :class:`~diagrams.errors.BadInput` for any other.
        """
        wanted = " ".join(name.split()) if isinstance(name, str) else name
        for known, rows in self.observed:
            if known == wanted:
                return Curves(rows)
        if wanted == "loss":
            return self.loss
        known_names = ", ".join(("loss", *(known for known, _ in self.observed)))
        raise BadInput("observable", name, f"one that was simulated: {known_names}")

    @property
    def mean(self) -> Array:
        """The mean loss at every time; infinite where a seed has blown up."""
        return self.loss.mean

    @property
    def standard_error(self) -> Array:
        """The standard error of the mean; NaN for a single seed or infinite losses."""
        return self.loss.standard_error

    @property
    def median(self) -> Array:
        """The median loss at every time: the typical seed."""
        return self.loss.median

    @property
    def quantiles(self) -> tuple[tuple[Fraction, Array], ...]:
        """The quantiles of levels 10, 25, 75 and 90 %, as pairs of level and curve."""
        return self.loss.quantiles

    def quantile(self, level: Fraction | float) -> Array:
        """The quantile of a level between 0 and 1 at every time.

        Raises :class:`~diagrams.errors.BadInput` for any other level.
        """
        return self.loss.quantile(level)

    def value_at(self, name: str) -> float:
        """The value of a size or parameter, such as p, H, sigma, T, scale or decay.

        Raises :class:`~diagrams.errors.BadInput` for any other name.
        """
        for known, value in self.sizes:
            if known == name:
                return value
        raise BadInput("name", name, ", ".join(known for known, _ in self.sizes))

    @property
    def diverged(self) -> float | None:
        """The part of the seeds that has blown up at the last time; ``None`` if none has."""
        count = sum(math.isinf(row[-1]) for row in self.rows)
        return count / self.seeds if count else None
