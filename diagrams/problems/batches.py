"""Mini-batches: the loss that one step of descent sees, and its average over batches.

A step sees ``b`` samples.  Two things can be a sample:

* a value of a free index m of the loss, ``L = sum over m of l_m``: the step descends
  ``(n/b) sum over m of c_m l_m``, n being how many there are and ``c_m`` how often m was drawn,
  *with replacement* (b independent draws) or without (a random subset, a new one in every step);
* a fresh draw of the tensors that the loss is averaged over: the step descends the mean of b
  samples, whose tensors have one more index.

Both are diagrams with tensors that are drawn anew in every step.  For counts,

    E[c_m1 .. c_mq] = sum over partitions of the q factors into blocks, of w(blocks), the
                      indices of a block being equal:

with replacement ``w = b (b - 1) .. (b - r + 1) / n^r`` for r blocks, as so many draws differ.
Without, counts are 0 or 1, and their product is 1 with probability
``g_r = b .. (b - r + 1) / (n .. (n - r + 1))`` where r indices differ; were they independent, 1
with probability g each, w would be the product of the cumulants of the blocks; as these are
polynomials in g, it is the same with every ``g^r`` replaced by ``g_r``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import prod

from diagrams.errors import BadInput, Missing
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Drawn, Mean
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.counting import set_partitions
from diagrams.polynomials.polynomial import ONE, ZERO, Polynomial, check_symbol
from diagrams.polynomials.spelling import fresh
from diagrams.problems.files import reread
from diagrams.problems.problem import Problem
from diagrams.wick.expectation import expectation

SIZE_LIMIT = 10**6
EDGES_LIMIT = 8
"""Factors whose partitions are listed: 4140 of them."""


@dataclass(frozen=True)
class Batch:
    """What one step sees: ``size`` samples, a number or a symbol.

    ``samples`` is the family whose indices are samples, drawn with ``replacement`` or without;
    ``None`` where they are fresh.
    """

    size: str | int
    samples: IndexFamily | None = None
    replacement: bool = False

    @property
    def count(self) -> Polynomial:
        """The size: its symbol, or the number."""
        symbol = isinstance(self.size, str)
        return Polynomial.symbol(str(self.size)) if symbol else Polynomial.constant(int(self.size))

    def __str__(self) -> str:
        if self.samples is None:
            return f"batches of {self.size} fresh samples"
        way = "with" if self.replacement else "without"
        drawn = f"drawn {way} replacement, anew in every step"
        return f"batches of {self.size} out of {self.samples.size} ({self.samples.name}), {drawn}"

    def weight(self, blocks: Sequence[int]) -> Polynomial:
        """``w`` for blocks of these sizes, times ``n/b`` for every factor.

        >>> sample = IndexFamily("sample", "n")
        >>> both = Batch("b", sample, True)
        >>> print(both.weight([1, 1]), "|", both.weight([2]))
        1 - b**(-1) | b**(-1)*n
        >>> print(Batch(1, IndexFamily("sample", "3")).weight([2]))
        3
        """
        assert self.samples is not None
        b, n = self.count, self.samples.count
        scale = (n * b**-1) ** sum(blocks)
        if self.replacement:
            return scale * _falling(b, len(blocks)) * n ** -len(blocks)
        of_all = (sum(c for _, c in _falling(n, r)) for r in range(sum(blocks) + 1))
        chances = [_falling(b, r) / c if c else ZERO for r, c in enumerate(of_all)]
        product: Sequence[int] = (1,)
        for size in blocks:
            product = _product(product, _bernoulli_cumulant(size))
        return scale * sum((c * g for c, g in zip(product, chances, strict=True)), ZERO)


@dataclass(frozen=True)
class Sampled:
    """What a step descends, a sum of diagrams, and the tensors in it that it draws anew."""

    batch: Batch
    potential: Combination
    redrawn: tuple[Tensor, ...]

    def average(self, diagram: Diagram) -> Combination:
        """The mean of a product of such diagrams over the batch of a step.

        Raises :class:`~diagrams.errors.BadInput` for a product of too many.
        """
        edges = [edge for edge in diagram.edges if edge.tensor in self.redrawn]
        if self.batch.samples is None:
            return expectation(diagram, self.redrawn) if edges else Combination.of({diagram: 1})
        if len(edges) > EDGES_LIMIT:
            allowed = f"an observable that brings at most {EDGES_LIMIT} in a step, or fewer terms"
            raise BadInput("batch", f"{len(edges)} gradients in a product", allowed)
        rest = diagram.without(*edges)
        return Combination.of(
            (
                rest.identify((b[0].nodes[0], edge.nodes[0]) for b in blocks for edge in b[1:]),
                self.batch.weight([len(block) for block in blocks]),
            )
            for blocks in set_partitions(edges)
        )


def read_batch(
    problem: Problem,
    size: str | int,
    samples: str = "",
    replacement: bool = False,
    taken: Collection[str] = (),
    at: Mapping[str, float] | None = None,
) -> Batch:
    """Return the batches of a size, given as a number or as a name that is not ``taken``.

    ``samples`` names the family of samples; without it, it is the one of the loss's free indices.
    ``at`` are numbers for sizes, where all is in numbers.
    Raises :class:`~diagrams.errors.BadInput`.
    """
    if isinstance(size, str) and size.isdigit():
        size = int(size)
    if isinstance(size, str):
        check_symbol(size, "batch")
        if size in {*problem.coefficient_symbols, *taken, "T", "t"}:
            raise BadInput("batch", size, "a number, or a name that is no other symbol")
    elif isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= SIZE_LIMIT:
        raise BadInput("batch", size, f"a name, or a number from 1 to {SIZE_LIMIT}")
    if problem.fresh:
        if samples or replacement:
            names = ", ".join(tensor.name for tensor in problem.fresh)
            allowed = f"neither samples nor replacement: the loss is averaged over {names}, and"
            raise BadInput("batch", size, f"{allowed} samples of them are fresh in every step")
        return Batch(size)
    family = _family(problem, samples)
    if not replacement and not family.fixed and at is None:
        allowed = f"replacement, or a number for the size of {family.name} in the file: subsets"
        allowed += f" bring denominators {family.size} - 1, {family.size} - 2, .. that are no"
        raise BadInput("batch", size, f"{allowed} powers of {family.size}")
    if not replacement and isinstance(size, int):
        most = int(family.size) if family.fixed else int((at or {})[family.size])
        if size > most:
            raise BadInput("batch", size, f"at most the {most} samples that there are")
    return Batch(size, family, replacement)


def _family(problem: Problem, name: str) -> IndexFamily:
    """The family of samples: the one of a name, or the only one that free indices are of."""
    free: dict[str, IndexFamily] = {}
    for term in reread(problem, "batch").terms:
        families = term.form.index_families()
        free |= {families[index].name: families[index] for index in term.form.over}
    if not free or (name and name not in free) or (not name and len(free) > 1):
        known = ", ".join(free) or "none; no index of the loss is free, and it has no average"
        allowed = f"a family of free indices: {known}"
        raise BadInput("samples", name, allowed) if name else Missing("samples", "missing", allowed)
    return free[name or next(iter(free))]


def sampled(problem: Problem, batch: Batch) -> Sampled:
    """Return what a step descends that sees a batch; weight decay is all there in every step.

    Raises :class:`~diagrams.errors.BadInput` for a problem that is not as its file has it.
    """
    used = {tensor.name for tensor in (*problem.tensors, *problem.declared, *problem.fresh)}
    found = _of_all(problem, batch, used) if batch.samples else _fresh(problem, batch, used)
    mean = Combination.of((d, c * a) for one, c in found.potential for d, a in found.average(one))
    if mean != problem.potential:
        raise BadInput("batch", problem.title, "a problem whose potential is as its file has it")
    return found


def _of_all(problem: Problem, batch: Batch, used: set[str]) -> Sampled:
    """The loss with the counts of samples on its free index."""
    family = batch.samples
    assert family is not None
    chosen = Tensor(fresh("chosen", used), (family,), Role.FROZEN)
    loss = reread(problem, "batch")
    parts = list(loss.decay())
    for term in loss.terms:
        families = term.form.index_families()
        own = [index for index in term.form.over if families[index] == family]
        if len(own) > 1:
            allowed = f"one free index of {family.name}, which counts samples"
            raise BadInput(f"{term.form.loss}.over", list(term.form.over), allowed)
        parts += term.form.expand(term.prefactor, [(chosen, (index,)) for index in own])
    return Sampled(batch, Combination.of(parts), (chosen,))


def _fresh(problem: Problem, batch: Batch, used: set[str]) -> Sampled:
    """The loss of a sample with one more index on all that is drawn, and the mean over it."""
    names = {family.name for family in problem.families}
    family = IndexFamily(fresh("batch", names), str(batch.size))
    drawn: dict[Tensor, Tensor] = {}
    for tensor in problem.fresh:
        if isinstance(tensor.law, Drawn) and tensor.law.mean is Mean.DELTA:
            allowed = "no mean that is a delta: entries of a batch have one more index"
            raise BadInput(f"tensors.{tensor.name}.mean", "delta", allowed)
        name = fresh(f"sample_{tensor.name}"[:48], used)
        used.add(name)
        drawn[tensor] = replace(tensor, name=name, families=(family, *tensor.families))
    parts = []
    for diagram, weight in problem.sampled:
        if drawn.keys().isdisjoint(diagram.tensors):
            parts.append((diagram, weight))
            continue
        place = len(diagram.nodes)
        edges = (
            Edge(drawn[e.tensor], (place, *e.nodes)) if e.tensor in drawn else e
            for e in diagram.edges
        )
        parts.append((Diagram((*diagram.nodes, family), tuple(edges)), weight * batch.count**-1))
    return Sampled(batch, Combination.of(parts), tuple(drawn.values()))


def _falling(number: Polynomial, count: int) -> Polynomial:
    return prod((number - k for k in range(count)), start=ONE)


def _product(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    """The product of polynomials given by their coefficients."""
    total = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            total[i + j] += a * b
    return tuple(total)


@cache
def _bernoulli_cumulant(order: int) -> tuple[int, ...]:
    """The cumulant of what is 1 with probability g, else 0: ``c' = g (1 - g) dc/dg``, from g."""
    if order == 1:
        return (0, 1)
    slope = [k * c for k, c in enumerate(_bernoulli_cumulant(order - 1))][1:]
    return _product((0, 1, -1), slope)
