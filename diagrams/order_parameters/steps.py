"""The mean change of an observable in one step of gradient descent, exactly.

One step takes every trained entry u to ``u - eta r_u dl/du``, with the loss l of one fresh sample
(one-pass SGD), or with the loss itself if nothing is averaged over (gradient descent).  An
observable G is a polynomial, so its change is a finite sum over sets S of its trained edges::

    E[G(u - eta r dl/du) - G(u)] = sum over S of (-eta)^|S| E[G with every edge of S replaced
                                   by r dl/du at its place] ,

the average over the fresh sample being a Wick contraction that joins the copies of l.  |S| = 1 is
the flow on the mean loss, ``-eta G * E[l]``; |S| = 2 is the noise of the gradient.

With a batch of B fresh samples the gradient is the mean of theirs: S is partitioned by which sample
an edge sees, those of r samples averaged on their own, times ``B (B - 1) .. (B - r + 1) / B^|S|``.
Batches of samples that are all there are averaged over as :mod:`diagrams.problems.batches` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from math import prod

from diagrams.graphs.combination import Combination
from diagrams.graphs.derivatives import derivative, mover
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Averaged, Function, Tensor, average_node, function_node
from diagrams.polynomials.counting import set_partitions
from diagrams.polynomials.polynomial import ONE, ZERO, Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.problems.batches import Batch, Sampled, sampled
from diagrams.problems.losses import averaged
from diagrams.problems.problem import Problem


def gradient(loss: Combination, tensor: Tensor) -> Combination:
    """``rate dl/du`` with the indices of the entry u as legs.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> w = Tensor("w", (IndexFamily("feature", "d", "i"),))
    >>> print(gradient(Combination.of({Diagram.of((w, "i"), (w, "i")): 1}), w))
    (2) w[i1] (open: i1)
    """
    parts: list[tuple[Diagram, Polynomial]] = []
    for diagram, coefficient in loss:
        for edge, copies in diagram.multiplicities().items():
            if mover(edge.tensor) == tensor:
                rest, nodes = derivative(diagram, edge)
                opened = Diagram(rest.nodes, rest.edges, nodes)
                parts.append((opened, coefficient * copies * tensor.rate))
    return Combination.of(parts)


def change_in_a_step(
    problem: Problem, observable: Combination, step: str, batch: Batch | None = None
) -> Combination:
    """Return the mean change of an observable of a problem, over the rate called ``step``.

    Raises :class:`~diagrams.errors.BadInput` as :func:`mean_change` does.
    """
    of_all = batch is not None and batch.samples is not None
    seen = sampled(problem, batch) if batch is not None and of_all else batch
    descended = problem.sampled if problem.fresh else problem.potential
    return mean_change(observable, descended, problem.fresh, Polynomial.symbol(step), seen)


def mean_change(
    observable: Combination,
    descended: Combination,
    fresh: tuple[Tensor, ...],
    step: Polynomial,
    batch: Batch | Sampled | None = None,
) -> Combination:
    """Return the mean change of an observable in one step, divided by the step size.

    ``descended`` is what one step descends and ``step`` its size, a symbol.  With a ``batch`` it is
    the mean over so many fresh samples; or what it says itself, of samples that are all there.
    Raises :class:`~diagrams.errors.BadInput` where a product has too many averaged entries.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> w = Tensor("w", (IndexFamily("feature", "d", "i"),))
    >>> square = Combination.of({Diagram.of((w, "i"), (w, "i")): 1})
    >>> print(mean_change(square, square, (), Polynomial.symbol("eta")))
    (4*eta - 4) sum[i1] w[i1]^2
    """
    potential = batch.potential if isinstance(batch, Sampled) else descended
    size = batch.count if isinstance(batch, Batch) else ONE
    moving = {part for d, _ in observable for t in d.tensors for part in [mover(t)] if part}
    plain = {tensor: gradient(potential, tensor) for tensor in moving}
    total = Combination()
    for diagram, coefficient in observable:
        edges = [edge for edge in diagram.edges if edge.tensor in moving]
        for count in range(1, len(edges) + 1):
            weight = coefficient * (-1) ** count * step ** (count - 1)
            for blocks in set_partitions(range(count)):
                share = prod((size - k for k in range(len(blocks))), start=size**-count)
                if not share:
                    continue
                copies = [_copies(fresh, number) for number in range(len(blocks))]
                seen = {n: copies[b] for b, block in enumerate(blocks) for n in block}
                own = [{t: _of_copy(g, seen[n]) for t, g in plain.items()} for n in range(count)]
                parts = Combination.of(
                    pair
                    for chosen in combinations(edges, count)
                    for pair in _replaced(diagram, list(chosen), own)
                )
                total = total + weight * share * _mean(parts, copies, batch)
    return total


def _mean(
    parts: Combination, copies: Sequence[Mapping[Tensor, Tensor]], batch: Batch | Sampled | None
) -> Combination:
    """The average over all samples, those behind the first written as the first again."""
    if isinstance(batch, Sampled):
        return Combination.of((d, c * a) for part, c in parts for d, a in batch.average(part))
    drawn = tuple(tensor for one in copies for tensor in one.values())
    back = {made: tensor for one in copies[1:] for tensor, made in one.items()}
    return _of_copy(averaged(parts, drawn, "loss"), back)


def _copies(fresh: tuple[Tensor, ...], number: int) -> dict[Tensor, Tensor]:
    """The tensors of a further sample of a batch, those of the first being what they are."""
    return {t: replace(t, name=f"{t.name[:48]}_of_{number}") if number else t for t in fresh}


def _of_copy(combination: Combination, copies: Mapping[Tensor, Tensor]) -> Combination:
    """The diagrams with other samples, as inputs of functions and in averages too."""
    if all(tensor == made for tensor, made in copies.items()):
        return combination
    return Combination.of((_with_inputs(diagram, copies), c) for diagram, c in combination)


def _with_inputs(diagram: Diagram, others: Mapping[Tensor, Tensor]) -> Diagram:
    def law(one: Function) -> Function:
        return replace(one, inputs=others.get(one.inputs, one.inputs)) if one.inputs else one

    found = {tensor: others[tensor] for tensor in diagram.tensors if tensor in others}
    for tensor in diagram.tensors:
        if isinstance(tensor.law, Function):
            found[tensor] = function_node(law(tensor.law))
        elif isinstance(tensor.law, Averaged):
            found[tensor] = average_node([law(one) for one in tensor.law.functions])
    return diagram.with_tensors(found)


def speeds_of(problem: Problem) -> dict[Tensor, Tensor]:
    """The velocities of the trained tensors, zero at first, under names of their own."""
    used = {tensor.name for tensor in (*problem.tensors, *problem.declared)}
    found = {}
    for tensor in problem.trained:
        name = fresh(f"{tensor.name[:48]}_dot", used)
        used.add(name)
        found[tensor] = replace(tensor, name=name, law=Gaussian(ZERO))
    return found


def inertial_change(
    observable: Combination,
    potential: Combination,
    speeds: Mapping[Tensor, Tensor],
    friction: Polynomial,
) -> Combination:
    """``T d/dt`` of an observable of trained tensors u and their ``speeds``, with momentum.

    ``u' = speed``, ``speed' = -friction speed - rate dV/du`` in the place of one edge each.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> w, v = (Tensor(name, (IndexFamily("feature", "d", "i"),)) for name in "wv")
    >>> square = Combination.of({Diagram.of((w, "i"), (w, "i")): 1})
    >>> print(inertial_change(square, square, {w: v}, Polynomial.symbol("c")))
    (2) sum[i1] v[i1] w[i1]
    """
    slopes: dict[Tensor, Combination] = {}
    for tensor, speed in speeds.items():
        nodes = tuple(range(tensor.rank))
        moving = Combination.of({Diagram(speed.families, (Edge(speed, nodes),), nodes): 1})
        slopes[tensor] = moving
        slopes[speed] = -1 * friction * moving - gradient(potential, tensor)
    return Combination.of(
        (found, coefficient * factor)
        for diagram, coefficient in observable
        for edge in diagram.edges
        if edge.tensor in slopes
        for found, factor in _replaced(diagram, [edge], [slopes])
    )


def _replaced(
    diagram: Diagram, edges: list[Edge], gradients: list[dict[Tensor, Combination]]
) -> list[tuple[Diagram, Polynomial]]:
    """The diagram with some edges replaced by the gradient at their place."""
    rest = diagram.without(*edges)
    found: list[tuple[Diagram, Polynomial]] = []
    slopes = (own[edge.tensor] for edge, own in zip(edges, gradients, strict=True))
    for choice in product(*slopes):
        joined, factor = Diagram(rest.nodes, rest.edges), Polynomial.constant(1)
        pairs: list[tuple[int, int]] = []
        for edge, (part, coefficient) in zip(edges, choice, strict=True):
            shift = len(joined.nodes)
            pairs += [(node, leg + shift) for node, leg in zip(edge.nodes, part.legs, strict=True)]
            joined = joined @ Diagram(part.nodes, part.edges)
            factor = factor * coefficient
        whole = Diagram(joined.nodes, joined.edges, diagram.legs)
        found.append((whole.identify(pairs), factor))
    return found
