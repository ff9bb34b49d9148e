"""From a problem with numbers for its symbols to its flow in arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np

from diagrams.errors import BadInput
from diagrams.flow.arguments import monomial_value
from diagrams.flow.batches import BatchedFlow, of_batch
from diagrams.flow.contraction import Contraction
from diagrams.flow.draws import draws_of
from diagrams.flow.networks import NetworkFlow, Part, SquareTerm, Summand
from diagrams.flow.nodes import Node, check_formula, inputs_of
from diagrams.flow.targets import Array
from diagrams.flow.terms import (
    LossPart,
    Product,
    Terms,
    canonical_names,
    components,
    resolved,
)
from diagrams.graphs.laws import Delta, Drawn, Gram, GroupLaw, Listed
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.problems.batches import Batch
from diagrams.problems.cp import CPProblem
from diagrams.problems.files import reread
from diagrams.problems.problem import Problem

CONSTANTS_LIMIT = 10**7
DELTA_NAME = " delta"


def read_network(
    problem: Problem, values: Mapping[str, float], observables: Sequence[str] = ()
) -> NetworkFlow:
    """Return the flow of a problem, with numbers for all symbols that are needed.

    Raises :class:`~diagrams.errors.BadInput` for a problem that is no CP problem and was not read
    from a file, for missing numbers, and for observables with free indices.
    """
    return _Reader(problem, values).flow(observables)


def read_batched(problem: Problem, values: Mapping[str, float], batch: Batch) -> BatchedFlow:
    """Return the flow on the loss of a batch; raises as :func:`read_network` does."""
    reader = _Reader(problem, values, batch)
    names = {tensor.name for tensor in reader.redrawn}
    redrawn = tuple(part for part in reader.parts if part.tensor.name in names)
    return BatchedFlow(reader.flow(()), batch, redrawn)


class _Reader:
    """From a problem to a flow."""

    def __init__(
        self, problem: Problem, values: Mapping[str, float], batch: Batch | None = None
    ) -> None:
        self.problem, self.numbers = problem, values
        self.words = problem.vocabulary
        errors, self.decays = loss_parts(problem)
        self.redrawn: tuple[Tensor, ...] = ()
        if batch is not None:
            errors, self.redrawn = of_batch(problem, errors, batch)
        self.tensors = {**self.words.tensors, **{tensor.name: tensor for tensor in self.redrawn}}
        losses = {"loss": errors, "sample_loss": [error.of_a_sample() for error in errors]}
        losses |= {f"loss_{number}": [error] for number, error in enumerate(errors, 1)}
        self.errors = errors
        self.terms = Terms(self.tensors, self.words.quantities, losses)
        self.constants: dict[str, Array] = {}
        self.parts = self._parts()

    def flow(self, observables: Sequence[str]) -> NetworkFlow:
        trained = {part.tensor.name for part in self.parts if part.trained}
        nodes = self.terms.nodes
        errors: list[SquareTerm] = []
        averages: list[Summand] = []
        order = 1.0  # linear flows, at least: they have all time
        for error in self.errors:
            summed = error.averaged or error.power == 1
            free = () if summed else error.free
            make = self.terms.total if summed else self.terms.difference
            flats = make(error)
            products = [resolved(flat, free, self.terms.families) for flat in flats]
            summands = tuple(self._summand(product, free) for product in products)
            degrees = [sum(n in trained or n in nodes for n, _ in p.factors) for p in products]
            if summed:
                averages += summands
                order = max(order, max(degrees, default=0) / 2)
                continue
            sizes = tuple(self._size(self.terms.families[name]) for name in free)
            errors.append(SquareTerm(self._number(error.prefactor), sizes, summands))
            order = max(order, *degrees)
        known: dict[tuple[object, ...], int] = {}
        pieces: list[Summand] = []
        sums = tuple(self._observable(text, known, pieces) for text in observables)
        for node in self.terms.nodes.values():
            check_formula(node)
        return NetworkFlow(
            parts=self.parts,
            constants=self.constants,
            errors=tuple(errors),
            averages=tuple(averages),
            order=order,
            observables=sums,
            products=tuple(pieces),
            nodes=tuple(
                Node(node, self._number(node.law.factor))  # type: ignore[union-attr]
                for node in self.terms.nodes.values()
            ),
        )

    def _number(self, polynomial: Polynomial) -> float:
        return monomial_value(polynomial, self.numbers)

    def _positive(self, name: str, field: str, polynomial: Polynomial) -> float:
        """A variance or a learning rate; a variance that is zero by itself is allowed."""
        value = self._number(polynomial)
        if value < 0 or (value == 0 and polynomial):
            where = f"{field} of the tensor {name}"
            raise BadInput(where, f"{polynomial} = {value:g}", "values at which it is positive")
        return value

    def _size(self, family: IndexFamily) -> int:
        return int(self._number(family.count))

    def _parts(self) -> tuple[Part, ...]:
        found, first = [], 0
        for name, tensor in self.tensors.items():
            shape = tuple(self._size(family) for family in tensor.families)
            if isinstance(tensor.law, GroupLaw):
                self.constants[name] = _relation(tensor.law, shape)
            elif isinstance(tensor.law, Drawn):
                part = Part(
                    tensor,
                    shape,
                    math.sqrt(self._positive(name, "variance", tensor.law.variance)),
                    self._number(tensor.law.mean_value),
                    self._positive(name, "rate", tensor.rate),
                    self._number(self.decays.get(name, Polynomial())),
                    first if tensor.role is Role.TRAINED else -1,
                    draws_of(tensor, self.numbers),
                )
                first += part.numbers if part.trained else 0
                found.append(part)
            elif isinstance(tensor.law, Spectrum):
                self.constants[name] = self._spectrum(tensor.law, shape[0])[None]
            elif isinstance(tensor.law, Listed):
                entries = [self._number(entry) for entry in tensor.law.entries]
                self.constants[name] = np.array(entries).reshape(1, *shape)
            elif isinstance(tensor.law, Gram):
                rows = prod(shape[:-1])
                products = [self._number(entry) for entry in tensor.law.products]
                inputs = inputs_of(np.array(products).reshape(rows, rows), shape[-1], name)
                self.constants[name] = inputs.reshape(1, *shape)
            elif isinstance(tensor.law, Delta):
                self.constants[name] = _relation(None, shape)
            else:
                raise BadInput("problem", name, "random tensors and group laws")
        return tuple(found)

    def _spectrum(self, law: Spectrum, size: int) -> Array:
        """The entries of a spectrum; sums of powers alone do not tell them."""
        if law.power is not None:
            return np.arange(1, size + 1, dtype=float) ** -self._number(law.power)
        if not law.values:
            allowed = "values, a list or a power law: sums of powers do not tell the entries"
            raise BadInput(f"tensors.{law.name}.sums", ", ".join(map(str, law.sums)), allowed)
        return np.array([float(value) for value in law.values])

    def _summand(self, product: Product, free: Sequence[str]) -> Summand:
        """A product with its free indices; deltas between those are arrays of ones and zeros."""
        sizes = {name: self._size(family) for name, family in product.families}
        factors = list(product.factors)
        for group in product.deltas:
            shape = (sizes[group[0]],) * len(group)
            name = f"{DELTA_NAME} {shape}"
            if name not in self.constants:
                self.constants[name] = _relation(None, shape)
            factors.append((name, group))
        weight = self._number(product.coefficient)
        weight *= prod(self._size(family) for family in product.copies)
        contraction = Contraction.plan([slots for _, slots in factors], tuple(free), sizes)
        return Summand(weight, tuple(name for name, _ in factors), contraction)

    def _observable(
        self, text: str, known: dict[tuple[object, ...], int], pieces: list[Summand]
    ) -> tuple[tuple[float, tuple[int, ...]], ...]:
        """An observable as numbers times products of pieces that several terms may share."""
        quantity = self.problem.quantity(text)
        if quantity.indices:
            raise BadInput("observables", text, "observables without free indices")
        collected: dict[tuple[int, ...], float] = {}
        for flat in self.terms.quantity(quantity):
            product = resolved(flat, (), self.terms.families)
            weight = self._number(product.coefficient)
            weight *= prod(self._size(family) for family in product.copies)
            factors = []
            for component in components(product.factors):
                key = canonical_names(component)
                if key not in known:
                    known[key] = len(pieces)
                    alone = replace(product, factors=component, deltas=(), copies=())
                    pieces.append(self._summand(replace(alone, coefficient=ONE), ()))
                factors.append(known[key])
            place = tuple(sorted(factors))
            collected[place] = collected.get(place, 0.0) + weight
        return tuple((weight, factors) for factors, weight in collected.items())


def loss_parts(problem: Problem) -> tuple[list[LossPart], dict[str, Polynomial]]:
    """The terms that a loss is the sum of, and the weight decay of every trained tensor.

    Raises :class:`~diagrams.errors.BadInput` for a problem that is neither a CP problem nor read
    from a file.
    """
    if isinstance(problem, CPProblem):
        output, target = (problem.vocabulary.quantities[side] for side in ("output", "target"))
        assert isinstance(output.source, tuple)
        assert isinstance(target.source, tuple)
        half = Polynomial.constant(Fraction(1, 2))
        error = LossPart(output.source, target.source, output.indices, half)
        return [error], {tensor.name: problem.decay for tensor in problem.trained}
    loss = reread(problem, "problem")
    errors = [
        LossPart(
            term.form.written[0],
            term.form.written[1] if term.form.squared else (),
            term.form.over,
            term.prefactor,
            frozenset(tensor.name for tensor in term.averaged),
            2 if term.form.squared else 1,
        )
        for term in loss.terms
    ]
    return errors, {tensor.name: strength for tensor, strength in loss.decays}


def _relation(law: GroupLaw | None, shape: tuple[int, ...]) -> Array:
    """A delta, or a group law, written out for its sizes; the same for all seeds."""
    if prod(shape) > CONSTANTS_LIMIT:
        allowed = f"sizes for which deltas and group laws have at most {CONSTANTS_LIMIT} entries"
        raise BadInput("at", "x".join(map(str, shape)), allowed)
    grids = np.indices(shape)
    if law is None:
        holds = np.all(grids == grids[0], axis=0)
    else:
        # the value `size` of an index is the residue 0: positions 0 .. size-1 are residues
        total = sum(a * grid for a, grid in zip(law.coefficients, grids, strict=True))
        holds = np.asarray(total) % shape[0] == 0
    found: Array = holds.astype(float)[None]
    return found
