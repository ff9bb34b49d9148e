"""Gradient flow with momentum in arrays: twice the numbers, of first order.

With friction ``c + r/t`` and ``u' = t w`` the flow is ``t w' = -(1 + r) w - c t w + velocity(u)``,
without a singularity at t = 0, where ``w = velocity/(1 + r)`` and ``w' = -c w/(2 + r)``.  The time
is a number of the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from diagrams.flow.models import Model
from diagrams.flow.targets import Array


@dataclass(frozen=True)
class InertialModel:
    """Another model with momentum; the state of a seed is ``u``, ``w`` and the time in a row."""

    model: Model
    shape: tuple[int, ...]
    constant: float
    over_time: float

    @property
    def order(self) -> float:
        """That of the model: it rules how weights that grow without bound do so."""
        return self.model.order

    @property
    def numbers(self) -> int:
        """Weights, their velocities, and the time."""
        return 2 * self.model.numbers + 1

    @property
    def frozen_numbers(self) -> int:
        """Those of the model."""
        return self.model.frozen_numbers

    @property
    def working_numbers(self) -> int:
        """Those of the model, and one velocity."""
        return self.model.working_numbers + self.model.numbers

    @property
    def width(self) -> int | None:
        """What is observed is that of the model."""
        return self.model.width

    def start(self, generators: Sequence[np.random.Generator]) -> tuple[Array, tuple[Array, ...]]:
        """The weights of the model, at rest."""
        u, frozen = self.model.start(generators)
        w = self.model.velocity(u, *frozen) / (1 + self.over_time)
        count = len(u)
        rows = (u.reshape(count, -1), w.reshape(count, -1), np.zeros((count, 1)))
        return np.concatenate(rows, axis=1), frozen

    def velocity(self, state: Array, *frozen: Array) -> Array:
        """The derivative of the state by ``t/T``."""
        count, numbers = len(state), self.model.numbers
        u, w, t = state[:, :numbers], state[:, numbers:-1], state[:, -1:]
        force = self.model.velocity(u.reshape(count, *self.shape), *frozen).reshape(u.shape)
        later = t > 0
        pulled = force - (1 + self.over_time) * w
        change = np.where(
            later,
            pulled / np.where(later, t, 1.0) - self.constant * w,
            -self.constant * w / (2 + self.over_time),
        )
        return np.concatenate([t * w, change, np.ones((count, 1))], axis=1)

    def values(self, state: Array, *frozen: Array) -> Array:
        """What is observed of the weights."""
        u = state[:, : self.model.numbers]
        return self.model.values(u.reshape(len(state), *self.shape), *frozen)


def inertial(model: Model, constant: float, over_time: float) -> InertialModel:
    """Return a model with momentum."""
    start, _ = model.start([np.random.default_rng(0)])
    assert prod(start.shape[1:]) == model.numbers
    return InertialModel(model, start.shape[1:], constant, over_time)
