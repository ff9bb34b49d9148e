"""From a face to the linear response of its output: averages over weights, kept over data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.face import Face
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.roads.kernels.shrinking import rate_of
from diagrams.dynamics.roads.spectra.chains import Chains, chains_of
from diagrams.dynamics.roads.spectra.residual import residual_of
from diagrams.dynamics.roads.spectra.response import Response
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.wick.expectation import expectation

PRUNED_BY = 3
"""Orders that tell which terms of a response lead."""


def response_of(face: Face) -> Response | Inapplicable:
    """Return the linear response of the output on a face, a candidate until certified.

    The kernel is averaged over trained tensors, squares of the residual over what the target holds
    alone, too; frozen tensors of the output are the data, over which nothing is averaged yet.
    """
    problem = face.problem
    residual = residual_of(problem)
    if isinstance(residual, Inapplicable):
        return residual
    output = Combination.of({residual.output: 1})
    decay = _decay(problem, output)
    if isinstance(decay, Inapplicable):
        return decay
    weights = {t for t in problem.tensors if t.role is Role.TRAINED or _is_fixed(t)}
    moving, fixed = residual.square
    made: list[Chains] = []
    for square, over in (
        (merge(output, output), weights),
        (moving, weights | residual.learned),
        (fixed, weights | residual.learned),
    ):
        chains = chains_of(residual.weight * _mean(square, over))
        if isinstance(chains, Inapplicable):
            return chains
        made.append(chains)
    kernel, started, targets = made
    if not kernel.terms:
        return Inapplicable("the average of the kernel vanishes")
    if len({chains.leg for chains in made if chains.leg is not None}) > 1:
        return Inapplicable("chains of matrices lead over two different free indices")
    if decay and _mean((moving - (output @ output)), weights | residual.learned):
        return Inapplicable("under weight decay, the output starts along the target")
    outside = Polynomial.constant(1)
    for leg in residual.output.legs:
        outside = outside * residual.output.nodes[leg].count
    return Response(kernel, decay, started, targets, outside)


def _is_fixed(tensor: Tensor) -> bool:
    return isinstance(tensor.law, Gaussian) and not tensor.law.variance


def _mean(square: Combination, over: Collection[Tensor]) -> Combination:
    held = {tensor for diagram, _ in square for tensor in diagram.tensors if tensor in over}
    return expectation(square, held)


def _decay(problem: Problem, output: Combination) -> Polynomial | Inapplicable:
    """The rate at which weight decay shrinks the output: it may, where the kernel stays."""
    decay = problem.potential - problem.observable
    if not decay.terms:
        return Polynomial()
    ((diagram, _),) = output
    if sum(edge.tensor.role is Role.TRAINED for edge in diagram.edges) != 1:
        return Inapplicable("weight decay shrinks the kernel, which holds trained tensors")
    rate = rate_of(output, decay)
    if rate is None:
        return Inapplicable("the decay does not shrink all weights of the output alike")
    return rate


def pruned(response: Response, face: Face) -> Response:
    """Return a response without the terms that lead in no coefficient of a face."""
    scaling = face.regime.scaling
    wanted = _leading(response, scaling)
    for name in ("kernel", "moving", "fixed"):
        chains: Chains = getattr(response, name)
        for monomial in chains.monomials:
            less = replace(response, **{name: getattr(response, name).without(monomial)})
            if _leading(less, scaling) == wanted:
                response = less
    return response


def _leading(response: Response, scaling: Mapping[str, int]) -> tuple[Polynomial, ...]:
    start, *rest = response.coefficients(PRUNED_BY)
    return tuple(leading_part(value, scaling) for value in (start + response.constant, *rest))
