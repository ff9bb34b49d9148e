"""Open diagrams of two equal sides as chains of random matrices.

The averaged kernel of an output, ``K = E[f * f]``, and the averaged square of its residual are
diagrams with two copies of the free indices.  Over one of these pairs a *chain* of data matrices
leads from one copy to the other, such as ``X X^T``; all other pairs are joined by Kronecker deltas.

Other diagrams, such as the entrywise cube of ``X X^T``, act on a matrix of many rows like their
*linear part*: their mean, and what is left of ``X X^T`` without its own where all other factors
stand at their means.  (N. El Karoui, The spectrum of kernel random matrices, Ann. Statist. 38,
2010.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.sentences import sentence
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.wick.expectation import expectation, value


@dataclass(frozen=True, slots=True)
class Letter:
    """A matrix of a chain, read from the index in ``slot`` to the other one."""

    tensor: Tensor
    slot: int

    @property
    def back(self) -> Letter:
        """The same matrix read the other way: its transpose."""
        return Letter(self.tensor, 1 - self.slot)

    @property
    def ends(self) -> tuple[IndexFamily, IndexFamily]:
        """The families of its two indices, in reading order."""
        return self.tensor.families[self.slot], self.tensor.families[1 - self.slot]

    @property
    def variance(self) -> Polynomial:
        """The variance of its entries."""
        assert isinstance(self.tensor.law, Gaussian)
        return self.tensor.law.variance

    def __str__(self) -> str:
        return self.tensor.name + "^T" * self.slot


Word = tuple[Letter, ...]
NO_CHAIN = "the averaged square {} of open diagrams is no chain of centred Gaussian matrices"


@dataclass(frozen=True)
class Chains:
    """A sum of chains over one pair of free indices; the empty chain is the identity.

    ``leg`` is the place of that pair, or ``None`` where every chain is empty.
    """

    terms: tuple[tuple[Word, Polynomial], ...]
    leg: int | None

    def __str__(self) -> str:
        return " + ".join(f"({c}) {' '.join(map(str, w)) or '1'}" for w, c in self.terms) or "0"

    @property
    def monomials(self) -> tuple[tuple[Word, Polynomial], ...]:
        """Every chain with every monomial that it is multiplied by."""
        return tuple((w, Polynomial((term,))) for w, c in self.terms for term in c.terms)

    def without(self, monomial: tuple[Word, Polynomial]) -> Chains:
        """The sum without one of its monomials."""
        word, part = monomial
        left = ((w, c - part if w == word else c) for w, c in self.terms)
        return Chains(tuple((w, c) for w, c in left if c), self.leg)

    def of(self, word: Word) -> Polynomial:
        """The coefficient of a chain."""
        return dict(self.terms).get(word, Polynomial())


def chains_of(doubled: Combination) -> Chains | Inapplicable:
    """Return open diagrams of two equal sides as chains of matrices.

    What is closed stands at its average: sums over many indices fluctuate little.
    """
    found: dict[Word, Polynomial] = {}
    places: set[int] = set()
    for diagram, coefficient in doubled:
        own = Combination.of({diagram: coefficient})
        for part, weight in own if _chain(diagram) else _linear_part(own):
            chain = _chain(part)
            if chain is None:
                return Inapplicable(sentence(NO_CHAIN, diagram))
            word, place, closed = chain
            places |= place
            found[word] = found.get(word, Polynomial()) + weight * value(closed)
    if len(places) > 1:
        return Inapplicable("chains of matrices lead over two different free indices")
    kept = tuple((w, c) for w, c in sorted(found.items(), key=lambda t: len(t[0])) if c)
    return Chains(kept, next(iter(places), None))


def _chain(diagram: Diagram) -> tuple[Word, set[int], Diagram] | None:
    """The chain of a diagram, the place of its legs and what is closed, if it is one."""
    half = len(diagram.legs) // 2
    closed, rest = _without_closed(diagram)
    word: Word = ()
    places: set[int] = set()
    for place in range(half):
        start, end = diagram.legs[place], diagram.legs[half + place]
        if start == end and not any(start in edge.nodes for edge in rest):
            continue
        made = _path(rest, start, end, set(diagram.legs) - {start, end})
        if made is None or word:
            return None
        word, rest = made
        places.add(place)
    return None if rest else (word, places, closed)


def _linear_part(own: Combination) -> Combination:
    """The mean of a diagram, and every chain of two of its matrices beside the mean of the others.

    >>> from diagrams.graphs.tensors import Role
    >>> few, many = IndexFamily("sample", "n"), IndexFamily("feature", "d")
    >>> x = Tensor("x", (few, many), Role.FROZEN, Gaussian(Polynomial.constant(1)))
    >>> cube = [(x, (s, f"j{k}")) for s in ("s", "t") for k in range(3)]
    >>> print(chains_of(Combination.of({Diagram.of(*cube, legs=["s", "t"]): 1})))
    (d**3 + 3*d**2 + 2*d) 1 + (3*d + 6) x x^T
    """
    ((diagram, coefficient),) = own
    if not all(map(_is_matrix, diagram.edges)):
        return own
    held = diagram.tensors
    names = {t: replace(t, name=fresh(t.name, {u.name for u in held})) for t in held}
    total = expectation(own, names)
    for kept in combinations(diagram.edges, 2):
        if kept[0].tensor != kept[1].tensor:
            continue
        others = list(diagram.edges)
        for edge in kept:
            others.remove(edge)
        edges = (*kept, *(Edge(names[edge.tensor], edge.nodes) for edge in others))
        left = Combination.of({Diagram(diagram.nodes, edges, diagram.legs): coefficient})
        chains = [(d, c) for d, c in expectation(left, names.values()) if _chain(d) and d.edges]
        total = total + Combination.of(chains) - expectation(Combination.of(chains), names)
    return total


def _without_closed(diagram: Diagram) -> tuple[Diagram, list[Edge]]:
    """What of a diagram is not connected to its legs, and the other edges."""
    reached = set(diagram.legs)
    while more := {
        n for e in diagram.edges if reached & set(e.nodes) for n in e.nodes if n not in reached
    }:
        reached |= more
    kept = [n for n in range(len(diagram.nodes)) if n not in reached]
    number = {node: place for place, node in enumerate(kept)}
    apart = [e for e in diagram.edges if not reached & set(e.nodes)]
    closed = Diagram(
        tuple(diagram.nodes[n] for n in kept),
        tuple(Edge(e.tensor, tuple(number[n] for n in e.nodes)) for e in apart),
    )
    return closed, [e for e in diagram.edges if reached & set(e.nodes)]


def _path(
    edges: Iterable[Edge], start: int, end: int, barred: set[int]
) -> tuple[Word, list[Edge]] | None:
    """The chain from one node to another, and the edges left; ``None`` if there is no chain."""
    left, here = list(edges), start
    word: list[Letter] = []
    while True:
        met = [e for e in left if here in e.nodes]
        if here == end and word:
            return (tuple(word), left) if not met else None
        if len(met) != 1 or here in barred or not _is_matrix(met[0]):
            return None
        (edge,) = met
        slot = edge.nodes.index(here)
        word.append(Letter(edge.tensor, slot))
        left.remove(edge)
        here = edge.nodes[1 - slot]


def _is_matrix(edge: Edge) -> bool:
    law = edge.tensor.law
    return (
        len(edge.nodes) == 2
        and edge.nodes[0] != edge.nodes[1]
        and isinstance(law, Gaussian)
        and not law.mean_value
    )
