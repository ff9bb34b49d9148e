"""Sums over indices at which nothing stands but spectra, once all else is averaged."""

from __future__ import annotations

from collections.abc import Iterable

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.spectrum import Spectrum, joint_sum
from diagrams.polynomials.polynomial import Polynomial


def without_power_sums(diagram: Diagram) -> tuple[Diagram, Polynomial]:
    """Split off the nodes that spectra alone meet: the rest, and the sums of powers there.

    Raises :class:`~diagrams.errors.BadInput` for a spectrum on the indices of a group law.

    >>> from diagrams.graphs.tensors import IndexFamily, Role, Tensor
    >>> law = Spectrum(power=Polynomial.symbol("alpha"), name="l")
    >>> l = Tensor("l", (IndexFamily("feature", "d"),), Role.STRUCTURAL, law)
    >>> rest, sums = without_power_sums(Diagram.of((l, "i"), (l, "i"), (l, "j")))
    >>> len(rest.nodes), str(sums)
    (0, 'l_1*l_2')
    """
    spectral = [edge for edge in diagram.edges if isinstance(edge.tensor.law, Spectrum)]
    if not spectral:
        return diagram, Polynomial.constant(1)
    bound = set(diagram.legs)
    bound.update(n for e in diagram.edges if e.tensor.is_random for n in e.nodes)
    at: dict[int, list[Edge]] = {}
    for edge in spectral:
        if edge.nodes[0] not in bound:
            at.setdefault(edge.nodes[0], []).append(edge)
    total = Polynomial.constant(1)
    for edges in at.values():
        laws = {edge.tensor.name: edge.tensor.law for edge in edges}
        names = [edge.tensor.name for edge in edges]
        powers = ((law, names.count(name)) for name, law in sorted(laws.items()))
        total = total * joint_sum([(law, n) for law, n in powers if isinstance(law, Spectrum)])
    kept = [edge for edge in diagram.edges if edge not in spectral or edge.nodes[0] in bound]
    _check(kept, at)
    number = {n: k for k, n in enumerate(n for n in range(len(diagram.nodes)) if n not in at)}
    rest = Diagram(
        tuple(diagram.nodes[node] for node in number),
        tuple(Edge(e.tensor, tuple(number[n] for n in e.nodes)) for e in kept),
        tuple(number[n] for n in diagram.legs),
    )
    return rest, total


def _check(kept: Iterable[Edge], spectral: Iterable[int]) -> None:
    """What is left meets no node of a sum; a group law might."""
    for edge in kept:
        if set(edge.nodes) & set(spectral):
            allowed = "group laws, given entries and functions on indices without a spectrum"
            raise BadInput("tensors", edge.tensor.name, allowed)
