"""Reduced diagrams as products of matrices: chains, traces, and forms with vectors at both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import Averaged
from diagrams.order_parameters.cutting import OrderParameter

Word = tuple[str, bool]
"""An order parameter in a chain, and whether it is transposed."""

IDENTITY = ("I", False)


@dataclass(frozen=True)
class Chains:
    """A reduced diagram as numbers, traces, forms ``v^T A w``, and an open chain."""

    numbers: tuple[str, ...]
    traces: tuple[tuple[Word, ...], ...]
    forms: tuple[tuple[Word, ...], ...]
    open: tuple[Word, ...] = ()


def chains(diagram: Diagram, parameters: Mapping[str, OrderParameter]) -> Chains | None:
    """A reduced diagram as products of matrices; ``None`` where it is none.

    That is where every index stands twice, a free one once, and no factor has three indices or is
    an average of functions.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> unit = IndexFamily("unit", "p", "k")
    >>> A, v = Tensor("A", (unit, unit)), Tensor("v", (unit,))
    >>> product = Diagram.of((A, "j i"), (A, "j k"), (v, "k"), (A, "m m"), legs="i")
    >>> found = chains(product, {})
    >>> found.open, found.traces
    ((('A', True), ('A', False), ('v', False)), ((('A', False),),))
    """
    ends: dict[int, list[tuple[int, int]]] = {node: [] for node in range(len(diagram.nodes))}
    for place, edge in enumerate(diagram.edges):
        for slot, node in enumerate(edge.nodes):
            ends[node].append((place, slot))
    legs = {node: diagram.legs.count(node) for node in ends}
    ranks = [len(edge.nodes) for edge in diagram.edges]
    fits = all(len(found) + legs[node] == 2 for node, found in ends.items())
    fits = fits and not any(isinstance(tensor.law, Averaged) for tensor in diagram.tensors)
    if not fits or max(ranks, default=0) > 2 or len(diagram.legs) > 2:
        return None
    symmetric = {name for name, parameter in parameters.items() if parameter.is_symmetric}
    left = set(range(len(diagram.edges)))

    def walk(node: int) -> list[Word]:
        """The chain from a node on; it ends at a leg, in a vector, or where it began."""
        words: list[Word] = []
        while True:
            ahead = [end for end in ends[node] if end[0] in left]
            if not ahead:
                return words
            place, slot = min(ahead)
            left.remove(place)
            edge = diagram.edges[place]
            words.append((edge.tensor.name, slot == 1 and edge.tensor.name not in symmetric))
            if len(edge.nodes) == 1:
                return words
            node = edge.nodes[1 - slot]
            if legs[node]:
                return words

    numbers = [diagram.edges[place].tensor.name for place in sorted(left) if not ranks[place]]
    left -= {place for place in left if not ranks[place]}
    chain: list[Word] = []
    if diagram.legs:
        chain = walk(diagram.legs[0])
        if len(diagram.legs) == 2 and diagram.legs[0] == diagram.legs[1]:
            chain = [IDENTITY]
        elif len(diagram.legs) == 2 and ends[diagram.legs[1]][0][0] in left:
            chain += _transposed(walk(diagram.legs[1]), symmetric)
    forms: list[tuple[Word, ...]] = []
    for place in [place for place in sorted(left) if ranks[place] == 1]:
        if place in left:
            left.remove(place)
            edge = diagram.edges[place]
            words = [(edge.tensor.name, True), *walk(edge.nodes[0])]
            forms.append(min(tuple(words), tuple(_transposed(words, symmetric)), key=_plainness))
    traces: list[tuple[Word, ...]] = []
    while left:
        first = min(left)
        words = walk(diagram.edges[first].nodes[0])
        turns = [words[a:] + words[:a] for a in range(len(words))]
        turns += [_transposed(turn, symmetric) for turn in turns]
        traces.append(min(map(tuple, turns), key=_plainness))
    return Chains(tuple(sorted(numbers)), tuple(sorted(traces)), tuple(sorted(forms)), tuple(chain))


def _transposed(words: Sequence[Word], symmetric: set[str]) -> list[Word]:
    return [(name, not turned and name not in symmetric) for name, turned in reversed(words)]


def _plainness(words: tuple[Word, ...]) -> tuple[int, tuple[Word, ...]]:
    return sum(turned for _, turned in words), words
