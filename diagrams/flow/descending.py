"""Gradient descent in steps for a batch of seeds: ``u -> u + rate * velocity(u)``, k times.

The velocity is that of gradient flow.  A step that is too long for a seed makes its weights grow
without bound; where they, or what is observed, leave the range of floating point, the seed has
*blown up*, between the last time at which a value was finite and this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from diagrams.errors import Missing
from diagrams.evidence import Evidence, Kind
from diagrams.flow.arguments import POINTS_LIMIT, real_number, whole_number
from diagrams.flow.integration import BlowUp, Flags, Passage, Trajectories, Velocity, of_seeds
from diagrams.flow.targets import Array

STEPS_LIMIT = 10**7


def check_steps(step: object, steps: object, points: object) -> tuple[float, tuple[int, ...]]:
    """Return a rate, and the numbers of steps at which values are reported.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> check_steps("1/100", 100, 5)
    (0.01, (0, 25, 50, 75, 100))
    >>> check_steps(0.5, 2, 101)
    (0.5, (0, 1, 2))
    """
    if step is None or steps is None:
        missing = "step" if step is None else "steps"
        raise Missing(missing, "missing", "a rate, step, together with a number of steps, steps")
    rate = real_number("step", step, "a positive rate", 1e-300, 1e300)
    last = whole_number("steps", steps, STEPS_LIMIT)
    count = min(whole_number("points", points, POINTS_LIMIT, least=2), last + 1)
    return rate, tuple(sorted({round(x) for x in np.linspace(0, last, count).tolist()}))


def descend(
    velocity: Velocity,
    observable: Velocity,
    start: Array,
    counts: Sequence[int],
    *,
    rate: float,
    frozen: Sequence[Array] = (),
    width: int | None = None,
    seen: Callable[[Passage], None] = lambda passage: None,
    momentum: float = 0.0,
    nesterov: bool = False,
    drawn: Callable[[Sequence[int]], tuple[Array, ...]] = lambda seeds: (),
) -> Trajectories:
    """Return ``observable(u)`` after ``counts`` steps, in order, for every seed.

    Arguments are those of :func:`~diagrams.flow.integration.integrate`; the time of k steps is
    ``k * rate``.

    With ``momentum`` a step is ``v -> momentum v + rate velocity(u)``, ``u -> u + v``, from v = 0;
    ``nesterov`` takes the velocity at ``u + momentum v``.  What is ``drawn`` for a step, for the
    seeds that are left, are further arguments of the velocity.

    >>> halved = descend(lambda u: -u, lambda u: u[:, 0], np.ones((1, 1)), (0, 1, 2), rate=0.5)
    >>> halved.values[0].tolist()
    [1.0, 0.5, 0.25]
    """
    seeds, last = np.arange(len(start)), counts[-1]
    shape = (len(start), len(counts)) if width is None else (len(start), len(counts), width)
    values = np.full(shape, math.inf)
    blow_ups: list[BlowUp | None] = [None] * len(start)
    taken = np.full(len(start), last)
    u, known, place = start, 0, 0
    v = np.zeros_like(start)
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(last + 1):
            if k:
                ahead = u + momentum * v if nesterov else u
                v = momentum * v + rate * velocity(ahead, *frozen, *drawn(seeds.tolist()))
                u = u + v
            finite = _finite(u)
            if k == counts[place]:
                found = observable(u, *frozen)
                finite &= _finite(found)
                values[seeds[finite], place] = found[finite]
                place += 1
            for seed in seeds[~finite]:
                blow_ups[seed] = BlowUp(k * rate, known * rate, k * rate)
                taken[seed] = k
            if not finite.all():
                u, v, seeds = u[finite], v[finite], seeds[finite]
                frozen = of_seeds(frozen, finite)
            if k == counts[place - 1]:
                known = k
            seen(Passage(len(start) - len(seeds), k * rate, int(taken.sum())))
            if not len(seeds):
                break
    return Trajectories(values, tuple(blow_ups), tuple(taken.tolist()))


def _finite(values: Array) -> Flags:
    """Of which seeds all numbers are finite."""
    found: Flags = np.isfinite(values).reshape(len(values), -1).min(axis=1)
    return found


def evidence_of_steps(seeds: int, rate: float, steps: int, how: str = "") -> Evidence:
    """How values after steps are known."""
    counted = "1 seed" if seeds == 1 else f"{seeds} seeds"
    words = f"gradient descent of {counted}, {steps} steps at the rate {rate:g}{how}"
    return Evidence(Kind.NUMERICAL, f"{words}, in double precision")


def told_momentum(momentum: float, nesterov: bool) -> str:
    """A momentum in words; nothing where there is none.

    >>> told_momentum(0.9, True)
    ' and with the Nesterov momentum 0.9'
    """
    return f" and with the {'Nesterov ' * nesterov}momentum {momentum:g}" * bool(momentum)
