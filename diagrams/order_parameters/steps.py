"""The mean change of an observable in one step of gradient descent, exactly.

One step takes every trained entry u to ``u - eta r_u dl/du``, with the loss l of one fresh sample
(one-pass SGD), or with the loss itself if nothing is averaged over (gradient descent).  An
observable G is a polynomial, so its change is a finite sum over sets S of its trained edges::

    E[G(u - eta r dl/du) - G(u)] = sum over S of (-eta)^|S| E[G with every edge of S replaced
                                   by r dl/du at its place] ,

the average over the fresh sample being a Wick contraction that joins the copies of l.  |S| = 1 is
the flow on the mean loss, ``-eta G * E[l]``; |S| = 2 is the noise of the gradient.
"""

from __future__ import annotations

from itertools import combinations, product

from diagrams.graphs.combination import Combination
from diagrams.graphs.derivatives import derivative, mover
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.tensors import Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.losses import averaged


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


def mean_change(
    observable: Combination,
    sampled: Combination,
    fresh: tuple[Tensor, ...],
    step: Polynomial,
) -> Combination:
    """Return the mean change of an observable in one step, divided by the step size.

    ``sampled`` is what one step descends and ``step`` its size, a symbol.  Raises
    :class:`~diagrams.errors.BadInput` where a product has too many averaged entries.

    >>> from diagrams.graphs.tensors import IndexFamily
    >>> w = Tensor("w", (IndexFamily("feature", "d", "i"),))
    >>> square = Combination.of({Diagram.of((w, "i"), (w, "i")): 1})
    >>> print(mean_change(square, square, (), Polynomial.symbol("eta")))
    (4*eta - 4) sum[i1] w[i1]^2
    """
    gradients = {
        tensor: gradient(sampled, tensor)
        for tensor in sorted({t for d, _ in observable for t in d.tensors}, key=lambda t: t.name)
        if tensor.role is Role.TRAINED
    }
    total = Combination()
    for diagram, coefficient in observable:
        places = [n for n, edge in enumerate(diagram.edges) if edge.tensor in gradients]
        for count in range(1, len(places) + 1):
            weight = coefficient * (-1) ** count * step ** (count - 1)
            parts = Combination.of(
                pair
                for chosen in combinations(places, count)
                for pair in _replaced(diagram, [diagram.edges[n] for n in chosen], gradients)
            )
            total = total + weight * averaged(parts, fresh, "loss")
    return total


def _replaced(
    diagram: Diagram, edges: list[Edge], gradients: dict[Tensor, Combination]
) -> list[tuple[Diagram, Polynomial]]:
    """The diagram with some edges replaced by the gradient at their place."""
    rest = diagram.without(*edges)
    found: list[tuple[Diagram, Polynomial]] = []
    for choice in product(*(gradients[edge.tensor] for edge in edges)):
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
