"""Tensors with a mean: an entry is its mean plus a centred Gaussian.

Shifting a tensor by its mean commutes with differentiation, so a loss is rewritten once, in
centred tensors, before anything is merged or averaged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from diagrams.algebra import Combination
from diagrams.diagram import Diagram, Edge
from diagrams.polynomial import Polynomial
from diagrams.tensors import Gaussian, Mean, Tensor


def has_mean(tensor: Tensor) -> bool:
    """Whether the tensor is random with a mean that is not zero."""
    return isinstance(tensor.law, Gaussian) and tensor.law.mean is not Mean.ZERO


def centred(tensor: Tensor) -> Tensor:
    """The fluctuation of a tensor around its mean, a tensor of its own."""
    if not isinstance(tensor.law, Gaussian) or not has_mean(tensor):
        return tensor
    return replace(tensor, name=tensor.name[:24] + "_centred", law=Gaussian(tensor.law.variance))


def centre(combination: Combination, over: Collection[Tensor] | None = None) -> Combination:
    """Rewrite a combination in centred tensors (all those with a mean, or those in ``over``).

    >>> from fractions import Fraction
    >>> from diagrams.tensors import IndexFamily
    >>> law = Gaussian(Polynomial.symbol("s"), Mean.CONSTANT, Polynomial.symbol("m"))
    >>> b = Tensor("b", (IndexFamily("unit", "N"),), law=law)
    >>> print(centre(Combination.of({Diagram.of((b, "k"), (b, "k")): 1})))
    (m**2) sum[k1] 1
    (2*m) sum[k1] b_centred[k1]
    (1) sum[k1] b_centred[k1]^2
    """
    finished: list[tuple[Diagram, Polynomial]] = []
    pending = combination
    while pending:
        following: list[tuple[Diagram, Polynomial]] = []
        for diagram, coefficient in pending:
            edge = next(
                (
                    e
                    for e in diagram.edges
                    if has_mean(e.tensor) and (over is None or e.tensor in over)
                ),
                None,
            )
            if edge is None:
                finished.append((diagram, coefficient))
                continue
            law = edge.tensor.law
            assert isinstance(law, Gaussian)
            rest = diagram.without(edge)
            fluctuation = Edge(centred(edge.tensor), edge.nodes)
            following.append(
                (Diagram(rest.nodes, (*rest.edges, fluctuation), rest.legs), coefficient)
            )
            if law.mean is Mean.DELTA:
                rest = rest.identify((edge.nodes[0], node) for node in edge.nodes[1:])
            following.append((rest, coefficient * law.mean_value))
        pending = Combination.of(following)
    return Combination.of(finished)
