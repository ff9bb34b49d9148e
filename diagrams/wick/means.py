"""Tensors with a mean: an entry is its mean plus a centred fluctuation.

Shifting a tensor by its mean commutes with differentiation, so a loss is rewritten once, in
centred tensors, before anything is merged or averaged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Drawn, Mean
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import ZERO, Polynomial
from diagrams.polynomials.spelling import fresh


def has_mean(tensor: Tensor) -> bool:
    """Whether the tensor is random with a mean that is not zero."""
    return isinstance(tensor.law, Drawn) and tensor.law.mean is not Mean.ZERO


def centred(tensor: Tensor) -> Tensor:
    """The fluctuation of a tensor around its mean; it takes the tensor's place and name."""
    if not isinstance(tensor.law, Drawn) or not has_mean(tensor):
        return tensor
    return replace(tensor, law=replace(tensor.law, mean=Mean.ZERO, mean_value=ZERO))


def centre(
    combination: Combination, over: Collection[Tensor] | None = None, merged: bool = True
) -> Combination:
    """Rewrite a combination in centred tensors (all those with a mean, or those in ``over``).

    Trained tensors without variance keep their fluctuations, which merges ask for, unless the
    combination is to be averaged as it is, not ``merged``.

    >>> from fractions import Fraction
    >>> from diagrams.graphs.tensors import Gaussian, IndexFamily
    >>> law = Gaussian(Polynomial.symbol("s"), Mean.CONSTANT, Polynomial.symbol("m"))
    >>> b = Tensor("b", (IndexFamily("unit", "N"),), law=law)
    >>> print(centre(Combination.of({Diagram.of((b, "k"), (b, "k")): 1})))
    (m**2) sum[k1] 1
    (2*m) sum[k1] b[k1]
    (1) sum[k1] b[k1]^2
    """
    original = _undecided(combination, over)
    if not original:
        return combination
    stand_in = {tensor: marked for marked, tensor in original.items()}
    pending = Combination.of(
        (diagram.with_tensors(stand_in), coefficient) for diagram, coefficient in combination
    )
    finished: list[tuple[Diagram, Polynomial]] = []
    while pending:
        following: list[tuple[Diagram, Polynomial]] = []
        for diagram, coefficient in pending:
            edge = next((e for e in diagram.edges if e.tensor in original), None)
            if edge is None:
                finished.append((diagram, coefficient))
                continue
            tensor = original[edge.tensor]
            law = tensor.law
            assert isinstance(law, Drawn)
            rest = diagram.without(edge)
            if law.variance or (merged and tensor.role is Role.TRAINED):
                fluctuation = Edge(centred(tensor), edge.nodes)
                following.append(
                    (Diagram(rest.nodes, (*rest.edges, fluctuation), rest.legs), coefficient)
                )
            if law.mean is Mean.DELTA:
                rest = rest.identify((edge.nodes[0], node) for node in edge.nodes[1:])
            following.append((rest, coefficient * law.mean_value))
        pending = Combination.of(following)
    return Combination.of(finished)


def _undecided(combination: Combination, over: Collection[Tensor] | None) -> dict[Tensor, Tensor]:
    """Stand-ins, under unused names, for the tensors with a mean; each with its tensor."""
    tensors = {tensor for diagram, _ in combination for tensor in diagram.tensors}
    used = {tensor.name for tensor in tensors}
    found = {}
    for number, tensor in enumerate(sorted(tensors, key=lambda tensor: tensor.name)):
        if has_mean(tensor) and (over is None or tensor in over):
            found[replace(tensor, name=fresh(f"undecided{number}", used))] = tensor
    return found
