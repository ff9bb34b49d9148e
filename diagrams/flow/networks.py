"""Gradient flow of any problem whose loss is made of squares of polynomials, in arrays.

The output is evaluated as written, ``r = output - target`` is formed with its free indices, and
the gradient ``2 prefactor sum r d(output)/du`` is pulled back through the same products.  A squared
error that is averaged over fresh data is multiplied out and averaged entry by entry first; it is
a sum of products then, as a linear form is from the start.  No diagram of the loss is used: neither
the gradient nor an observable shares code with the merge.

The state of the integrator is ``u / sqrt(rate)``: in these variables the flow is a gradient flow
with one rate, whatever the rates of the tensors are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from diagrams.flow.contraction import Contraction
from diagrams.flow.draws import Draws
from diagrams.flow.nodes import Node
from diagrams.flow.targets import Array
from diagrams.graphs.laws import Drawn, Mean
from diagrams.graphs.tensors import Role, Tensor


@dataclass(frozen=True)
class Part:
    """One tensor: its shape, where it stands in the state, and how it is drawn."""

    tensor: Tensor
    shape: tuple[int, ...]
    deviation: float
    mean: float
    rate: float
    decay: float = 0.0
    first: int = -1
    draws: Draws = field(default_factory=Draws)

    @property
    def numbers(self) -> int:
        """How many entries."""
        return prod(self.shape)

    @property
    def trained(self) -> bool:
        """Whether it moves."""
        return self.tensor.role is Role.TRAINED

    def drawn(self, generator: np.random.Generator) -> Array:
        """Entries of one seed; a tensor without variance draws nothing."""
        found = np.zeros(self.shape)
        law = self.tensor.law
        if self.deviation:
            found += self.deviation * self.draws.entries(generator, self.shape)
        if isinstance(law, Drawn) and law.mean is Mean.CONSTANT:
            found += self.mean
        elif isinstance(law, Drawn) and law.mean is Mean.DELTA:
            places = np.arange(self.shape[0])
            found[(places,) * len(self.shape)] += self.mean
        return found


@dataclass(frozen=True)
class Summand:
    """A number times a product of arrays."""

    weight: float
    names: tuple[str, ...]
    contraction: Contraction

    def value(self, tensors: Mapping[str, Array]) -> Array:
        """The product with its free indices."""
        return self.weight * self.contraction.value([tensors[name] for name in self.names])


@dataclass(frozen=True)
class SquareTerm:
    """``prefactor`` times the square of a sum of products with free indices of these sizes."""

    prefactor: float
    sizes: tuple[int, ...]
    difference: tuple[Summand, ...]

    def residual(self, tensors: Mapping[str, Array], seeds: int) -> Array:
        """``output - target`` with its free indices."""
        found = np.zeros((seeds, *self.sizes))
        for summand in self.difference:
            found += summand.value(tensors)
        return found


@dataclass(frozen=True)
class NetworkFlow:
    """The flow ``du/dtau = -rate d(L + sum (decay/2) |u|^2)/du``, projected on spheres.

    ``L`` is a sum of squared errors, and of products: linear forms, and averages.

    Made by :func:`~diagrams.flow.reading.read_network`.  The state of a seed is one row of
    numbers, ``u / sqrt(rate)`` of all trained tensors; ``frozen`` arrays follow as further
    arguments.

    >>> from diagrams.problems.files import parse_problem
    >>> problem = parse_problem('''
    ... families = {feature = "d"}
    ... tensors.w = {families = ["feature"], role = "trained", variance = 1}
    ... tensors.x = {families = ["feature"], role = "frozen", variance = "1/d"}
    ... model = {output = "w[i] x[i]", target = "1"}
    ... loss = {kind = "squared error", over = []}
    ... ''')
    >>> from diagrams.flow.reading import read_network
    >>> flow = read_network(problem, {"d": 2.0})
    >>> state, x = np.array([[2.0, 1.0]]), np.array([[1.0, 3.0]])
    >>> flow.loss(state, x).tolist(), flow.velocity(state, x).tolist()
    ([8.0], [[-4.0, -12.0]])
    """

    parts: tuple[Part, ...]
    constants: Mapping[str, Array]
    errors: tuple[SquareTerm, ...]
    averages: tuple[Summand, ...]
    order: float
    observables: tuple[tuple[tuple[float, tuple[int, ...]], ...], ...]
    products: tuple[Summand, ...]
    nodes: tuple[Node, ...] = ()

    # -- what the integrator needs --------------------------------------------------------

    @property
    def trained(self) -> tuple[Part, ...]:
        """The tensors that move, in the order of the state."""
        return tuple(part for part in self.parts if part.trained)

    @property
    def numbers(self) -> int:
        """Trained numbers of one seed."""
        return sum(part.numbers for part in self.trained)

    @property
    def frozen_numbers(self) -> int:
        """Frozen numbers of one seed."""
        return sum(p.numbers for p in self.parts if not p.trained and p.deviation)

    @property
    def working_numbers(self) -> int:
        """How many numbers a velocity or the observables need for one seed, at most."""
        one = [s.contraction.numbers for error in self.errors for s in error.difference]
        one += [summand.contraction.numbers for summand in self.averages]
        residuals = max((prod(error.sizes) for error in self.errors), default=1)
        step = 2 * residuals + 4 * max(one, default=0) + 4 * self.numbers
        seen = max((s.contraction.numbers for s in self.products), default=0)
        return max(step, seen)

    def start(self, generators: Sequence[np.random.Generator]) -> tuple[Array, tuple[Array, ...]]:
        """State and frozen arrays of seeds, one generator each; tensors are drawn as declared."""
        drawn: dict[str, list[Array]] = {part.tensor.name: [] for part in self.parts}
        for generator in generators:
            for part in self.parts:
                if part.trained or part.deviation or not drawn[part.tensor.name]:
                    drawn[part.tensor.name].append(part.drawn(generator))
        rows = [
            np.stack(drawn[p.tensor.name]).reshape(len(generators), -1) / math.sqrt(p.rate)
            for p in self.trained
        ]
        frozen = tuple(np.stack(drawn[p.tensor.name]) for p in self.parts if not p.trained)
        return np.concatenate(rows, axis=1), frozen

    def tensors(self, state: Array, *frozen: Array) -> dict[str, Array]:
        """All tensors by name, the seeds first."""
        found = dict(self.constants)
        given = iter(frozen)
        for part in self.parts:
            if part.trained:
                row = state[:, part.first : part.first + part.numbers]
                scaled = row if part.rate == 1.0 else row * math.sqrt(part.rate)
                found[part.tensor.name] = scaled.reshape(len(state), *part.shape)
            else:
                found[part.tensor.name] = next(given)
        found |= {node.tensor.name: node.value(found) for node in self.nodes}
        return found

    def loss(self, state: Array, *frozen: Array) -> Array:
        """The loss of every seed."""
        tensors = self.tensors(state, *frozen)
        found = np.zeros(len(state))
        for error in self.errors:
            rows = error.residual(tensors, len(state)).reshape(len(state), -1)
            found += error.prefactor * np.einsum("bn,bn->b", rows, rows)
        for summand in self.averages:
            found += summand.value(tensors)
        return found

    def velocity(self, state: Array, *frozen: Array) -> Array:
        """The derivative of the state by ``t/T``, downhill."""
        tensors = self.tensors(state, *frozen)
        found = np.zeros_like(state)
        for error in self.errors:
            weight = error.residual(tensors, len(state))
            weight *= -2.0 * error.prefactor
            for summand in error.difference:
                self._pull_back(summand, tensors, weight, found)
        for summand in self.averages:
            self._pull_back(summand, tensors, np.full(len(state), -1.0), found)
        for part in self.trained:
            if part.decay:
                ends = slice(part.first, part.first + part.numbers)
                found[:, ends] -= part.decay * part.rate * state[:, ends]
            if part.tensor.sphere:
                row, slope = (a[:, part.first : part.first + part.numbers] for a in (state, found))
                along = np.einsum("bn,bn->b", row, slope) / np.einsum("bn,bn->b", row, row)
                slope -= along[:, None] * row
        return found

    def _pull_back(
        self, summand: Summand, tensors: Mapping[str, Array], weight: Array, found: Array
    ) -> None:
        """Add the derivatives of ``sum weight * summand`` by the state."""
        places = {part.tensor.name: part for part in self.trained}
        nodes = {n.tensor.name: n for n in self.nodes if n.law.weights.name in places}
        wanted = [at for at, name in enumerate(summand.names) if name in places or name in nodes]
        if not wanted:
            return
        arrays = [tensors[name] for name in summand.names]
        for at, slope in summand.contraction.pull_back(arrays, weight, wanted).items():
            name = summand.names[at]
            if name in nodes:
                slope = nodes[name].pull_back(tensors, slope)
                name = nodes[name].law.weights.name
            part = places[name]
            factor = summand.weight * math.sqrt(part.rate)
            row = found[:, part.first : part.first + part.numbers]
            row += factor * slope.reshape(len(slope), -1)

    def values(self, state: Array, *frozen: Array) -> Array:
        """The loss and all observables of every seed, as columns."""
        tensors = self.tensors(state, *frozen)
        found = np.zeros((len(state), 1 + len(self.observables)))
        found[:, 0] = self.loss(state, *frozen)
        known = [summand.value(tensors) for summand in self.products]
        for place, terms in enumerate(self.observables, 1):
            for weight, factors in terms:
                product = np.full(len(state), weight)
                for factor in factors:
                    product = product * known[factor]
                found[:, place] += product
        return found
