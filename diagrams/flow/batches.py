"""Mini-batches in arrays: the loss that a step sees, and the numbers that every step draws.

Squares of residuals are multiplied by how often a sample was drawn, so that every residual is by
the root of it; fresh samples are arrays with one more axis.  The numbers come from a stream of
their own for every seed: initial weights are those of runs without batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from diagrams.flow.networks import NetworkFlow, Part
from diagrams.flow.targets import Array
from diagrams.flow.terms import LossPart
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.spelling import fresh
from diagrams.problems.batches import Batch
from diagrams.problems.files import reread
from diagrams.problems.problem import Problem
from diagrams.problems.products import Entry, Term


def of_batch(
    problem: Problem, parts: Sequence[LossPart], batch: Batch
) -> tuple[list[LossPart], tuple[Tensor, ...]]:
    """Return the parts of the loss as a step sees them, and the tensors that it draws anew."""
    used = {tensor.name for tensor in (*problem.tensors, *problem.declared, *problem.fresh)}
    samples = batch.samples
    if samples is None:
        return _of_fresh_samples(problem, parts, batch, used)
    chosen = Tensor(fresh("chosen", used), (samples,), Role.FROZEN)
    found = []
    for term, part in zip(reread(problem, "batch").terms, parts, strict=True):
        families = term.form.index_families()
        own = [Entry(chosen.name, (index,)) for index in part.free if families[index] == samples]
        roots = own * (3 - part.power)

        def weighed(terms: Sequence[Term], roots: Sequence[Entry] = roots) -> tuple[Term, ...]:
            return tuple(replace(one, factors=(*one.factors, *roots)) for one in terms)

        found.append(replace(part, output=weighed(part.output), target=weighed(part.target)))
    return found, (chosen,)


def _of_fresh_samples(
    problem: Problem, parts: Sequence[LossPart], batch: Batch, used: set[str]
) -> tuple[list[LossPart], tuple[Tensor, ...]]:
    names = {family.name for family in problem.families}
    family, index = IndexFamily(fresh("batch", names), str(batch.size)), " sample"
    drawn: dict[str, Tensor] = {}
    for tensor in problem.fresh:
        name = fresh(f"sample_{tensor.name}"[:48], used)
        used.add(name)
        drawn[tensor.name] = replace(tensor, name=name, families=(family, *tensor.families))

    def entry(one: Entry) -> Entry:
        made = drawn.get(one.tensor)
        return one if made is None else Entry(made.name, (index, *one.indices))

    def sampled(terms: Sequence[Term]) -> tuple[Term, ...]:
        return tuple(replace(one, factors=tuple(map(entry, one.factors))) for one in terms)

    found = [
        replace(
            part,
            output=sampled(part.output),
            target=sampled(part.target),
            free=(index, *part.free),
            prefactor=part.prefactor * Fraction(1, int(batch.size)),
            averaged=frozenset(),
        )
        if part.averaged
        else part
        for part in parts
    ]
    return found, tuple(drawn.values())


@dataclass(frozen=True)
class BatchedFlow:
    """The flow on the loss of a batch, whose last frozen arrays a step draws anew."""

    flow: NetworkFlow
    batch: Batch
    redrawn: tuple[Part, ...]

    def draw(self, generators: Sequence[np.random.Generator]) -> tuple[Array, ...]:
        """The arrays of one step, for seeds that have a generator each."""
        if self.batch.samples is None:
            return tuple(np.stack([p.drawn(g) for g in generators]) for p in self.redrawn)
        (n,), size = self.redrawn[0].shape, int(self.batch.size)
        counts = np.zeros((len(generators), n))
        for row, generator in zip(counts, generators, strict=True):
            if self.batch.replacement:
                np.add.at(row, generator.integers(0, n, size), 1.0)
            else:
                row[generator.permutation(n)[:size]] = 1.0
        return (np.sqrt(counts * n / size),)
