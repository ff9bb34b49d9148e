"""What the runs of a simulation need to know of a problem, with numbers for all its symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from diagrams.errors import BadInput, Missing
from diagrams.flow.arguments import monomial_value, real_number, whole_number
from diagrams.flow.batches import BatchedFlow
from diagrams.flow.gradients import CPFlow
from diagrams.flow.networks import NetworkFlow
from diagrams.flow.reading import read_batched, read_network
from diagrams.flow.targets import TARGETS, Array
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.batches import read_batch
from diagrams.problems.cp import FEATURE, HIDDEN, CPProblem
from diagrams.problems.problem import Problem

Number = float | Fraction
Sizes = tuple[tuple[str, float], ...]
SIZE_LIMIT = 10**9
SIGMAS = (1e-60, 1e60)
SYMBOL_LIMIT = 1e100


class Model(Protocol):
    """A flow whose seeds are drawn, moved and observed."""

    @property
    def order(self) -> float:
        """Half the degree of the loss in the trained tensors."""

    @property
    def numbers(self) -> int:
        """Trained numbers of one seed."""

    @property
    def frozen_numbers(self) -> int:
        """Frozen numbers of one seed."""

    @property
    def working_numbers(self) -> int:
        """How many numbers a velocity needs for one seed, its argument and result left out."""

    @property
    def width(self) -> int | None:
        """How many numbers are observed, the loss first; ``None`` for the loss alone."""

    def start(self, generators: Sequence[np.random.Generator]) -> tuple[Array, tuple[Array, ...]]:
        """State and frozen arrays of seeds, one generator each."""

    def velocity(self, state: Array, *frozen: Array) -> Array:
        """The derivative of the state by ``t/T``, downhill."""

    def values(self, state: Array, *frozen: Array) -> Array:
        """What is observed."""


@dataclass(frozen=True)
class CPModel:
    """A CP problem by Gram matrices; the state of a seed has the axes colour, hidden, feature."""

    flow: CPFlow
    p: int
    H: int
    sigma: float

    @property
    def order(self) -> float:
        """The order ``nu``."""
        return self.flow.order

    @property
    def numbers(self) -> int:
        """Weights of one seed."""
        return len(self.flow.ties) * self.H * self.p

    @property
    def frozen_numbers(self) -> int:
        """None."""
        return 0

    @property
    def working_numbers(self) -> int:
        """Those of the flow."""
        return self.flow.working_numbers(self.p, self.H)

    @property
    def width(self) -> None:
        """The loss alone."""
        return

    def start(self, generators: Sequence[np.random.Generator]) -> tuple[Array, tuple[Array, ...]]:
        """Weights from N(0, sigma^2)."""
        shape = (len(self.flow.ties), self.H, self.p)
        return np.stack([self.sigma * g.standard_normal(shape) for g in generators]), ()

    def velocity(self, state: Array, *frozen: Array) -> Array:
        """``-dL/du - decay u``."""
        return self.flow.velocity(state)

    def values(self, state: Array, *frozen: Array) -> Array:
        """The loss."""
        return self.flow.loss(state)


@dataclass(frozen=True)
class NetworkModel:
    """Any other problem, see :class:`~diagrams.flow.networks.NetworkFlow`."""

    flow: NetworkFlow

    @property
    def order(self) -> float:
        """Half the degree of the loss in the trained tensors."""
        return self.flow.order

    @property
    def numbers(self) -> int:
        """Trained numbers of one seed."""
        return self.flow.numbers

    @property
    def frozen_numbers(self) -> int:
        """Frozen numbers of one seed."""
        return self.flow.frozen_numbers

    @property
    def working_numbers(self) -> int:
        """Those of the flow."""
        return self.flow.working_numbers

    @property
    def width(self) -> int:
        """The loss and the observables."""
        return 1 + len(self.flow.observables)

    def start(self, generators: Sequence[np.random.Generator]) -> tuple[Array, tuple[Array, ...]]:
        """All tensors, by name."""
        return self.flow.start(generators)

    def velocity(self, state: Array, *frozen: Array) -> Array:
        """Downhill."""
        return self.flow.velocity(state, *frozen)

    def values(self, state: Array, *frozen: Array) -> Array:
        """The loss and the observables, as columns."""
        return self.flow.values(state, *frozen)


def model_of(
    problem: Problem, given: Mapping[str, object], observables: Sequence[str]
) -> tuple[Model, Sizes]:
    """Return what the runs of a problem need, and the numbers of its symbols in its own order.

    Presets go by Gram matrices; with observables, and for problem files, the output is written out
    as it stands.  ``given`` are numbers by name.  Raises :class:`~diagrams.errors.BadInput`.
    """
    values = _values(problem, given)
    sizes = tuple(values.items())
    if not isinstance(problem, CPProblem) or observables:
        return NetworkModel(read_network(problem, values, observables)), sizes
    p, H = (int(values[family.size]) for family in (FEATURE, HIDDEN))
    given_sigma = monomial_value(Polynomial.symbol("sigma"), values)
    sigma = real_number("sigma", given_sigma, "a positive number", *SIGMAS)
    scale = 1.0 if problem.target == "zero" else monomial_value(problem.scale, values)
    decay = monomial_value(problem.decay, values)
    return CPModel(CPFlow(problem.ties, TARGETS[problem.target], scale, decay), p, H, sigma), sizes


def batched_of(
    problem: Problem, values: Mapping[str, float], size: object, samples: str, replacement: bool
) -> BatchedFlow:
    """Return the flow on the loss of a batch, at numbers for all symbols.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    count = whole_number("batch", size, SIZE_LIMIT)
    batch = read_batch(problem, count, samples, replacement, at=values)
    return read_batched(problem, values, batch)


def _values(problem: Problem, given: Mapping[str, object]) -> dict[str, float]:
    """Numbers in range for the symbols of a problem, sizes first; none of its sizes left out."""
    families = [f for t in problem.vocabulary.tensors.values() for f in t.families]
    whole = {family.size for family in (*problem.families, *families) if not family.fixed}
    names = problem.in_order(whole | problem.vocabulary.symbols)
    for name in given:
        if name not in names:
            raise BadInput(name, given[name], f"values of {', '.join((*names, 'T'))}")
    values: dict[str, float] = {}
    for name in names:
        if name in given and name in whole:
            values[name] = float(whole_number(name, given[name], SIZE_LIMIT))
        elif name in given:
            values[name] = real_number(name, given[name], "a number", -SYMBOL_LIMIT, SYMBOL_LIMIT)
        elif name in whole:
            raise Missing("at", f"no value of {name}", f"a number for the size {name}")
    return values
