"""Diagrams in which every index is met twice, as words.

Where every node meets two ends of edges, or none, and no tensor has more than two slots, a diagram
falls into *rings* of matrices, *chains* of matrices between two vectors, numbers, and nodes
without edges.  A word is read along a ring or a chain, one letter for every edge: a matrix is a
small letter when it is run through from its first slot to its second, and a capital when it is
run through backwards.  All other signs have no case: vectors (the ends of chains), numbers, and
nodes without edges, which are words of one sign.

The same ring is read from any of its edges, and rings and chains in both directions; the least
reading is the *normal* one.  A :data:`Words` is a multiset: the sorted tuple of normal words.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.wick.means import has_mean
from diagrams.wick.transfer.structure import UnsupportedStructure

Words = tuple[str, ...]

MATRICES = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "0123456789!#$%&*+,-./:;<=>?@^_|~"
"""Signs without case, for all that is no matrix."""


def reverse(word: str) -> str:
    """A word read backwards.

    >>> reverse("0abA")
    'aBA0'
    """
    return word[::-1].swapcase()


@lru_cache(maxsize=1 << 18)
def normal(word: str) -> str:
    """The least reading of a word.

    >>> normal("ab"), normal("0ab1"), normal("1BA0")
    ('AB', '0ab1', '0ab1')
    """
    back = reverse(word)
    if not word[0].isalpha():
        return min(word, back)
    size = len(word)
    first = min(min(word), min(back))
    readings = [
        twice[place : place + size]
        for one, twice in ((word, word + word), (back, back + back))
        for place, sign in enumerate(one)
        if sign == first
    ]
    return min(readings)


def _varies(tensor: Tensor) -> bool:
    return isinstance(tensor.law, Gaussian) and bool(tensor.law.variance)


class Spelling:
    """How tensors and families are written.

    ``slots`` has the families of every sign, in the order in which it is run through; ``loose`` the
    sign of a node without edges, and ``ones`` that of a vector of ones, of every family.  ``drawn``
    are the signs of tensors that vary.

    >>> n, m = IndexFamily("n", "N"), IndexFamily("m", "M")
    >>> W, v = Tensor("W", (n, m)), Tensor("v", (m,))
    >>> drawn = Diagram.of((W, "i j"), (v, "j"), (W, "i k"), (v, "k"))
    >>> Spelling([drawn]).words(drawn)
    ('0Aa0',)
    """

    def __init__(self, diagrams: Iterable[Diagram]) -> None:
        diagrams = list(diagrams)
        found = {tensor for diagram in diagrams for tensor in diagram.tensors}
        self.tensors = tuple(sorted(found, key=lambda tensor: tensor.name))
        families = {family for diagram in diagrams for family in diagram.nodes}
        self.families = tuple(sorted(families))
        for tensor in self.tensors:
            if tensor.rank > 2:
                raise UnsupportedStructure(f"{tensor.name} has more than two indices")
            if _varies(tensor) and has_mean(tensor):
                raise UnsupportedStructure(f"{tensor.name} has a variance and a mean")
        matrices = [tensor for tensor in self.tensors if tensor.rank == 2]
        others = [tensor for tensor in self.tensors if tensor.rank < 2]
        if len(matrices) > len(MATRICES) or len(others) + 2 * len(families) > len(SIGNS):
            raise UnsupportedStructure("more tensors and families than there are letters")
        self.sign = {t.name: s for t, s in zip(matrices, MATRICES, strict=False)}
        signs = iter(SIGNS)
        self.sign.update((tensor.name, next(signs)) for tensor in others)
        self.loose = {family: next(signs) for family in self.families}
        self.ones = {family: next(signs) for family in self.families}
        self.drawn = "".join(self.sign[t.name] for t in self.tensors if _varies(t))
        self.slots: dict[str, tuple[IndexFamily, ...]] = {}
        for tensor in self.tensors:
            sign = self.sign[tensor.name]
            self.slots[sign] = tensor.families
            if tensor.rank == 2:
                self.slots[sign.upper()] = tensor.families[::-1]
        self.slots.update((sign, (family,)) for family, sign in self.ones.items())

    def words(self, diagram: Diagram) -> Words:
        """The words of a diagram; raises ``UnsupportedStructure`` where it has none."""
        meeting: list[list[tuple[int, int]]] = [[] for _ in diagram.nodes]
        for number, edge in enumerate(diagram.edges):
            for slot, node in enumerate(edge.nodes):
                meeting[node].append((number, slot))
        for family, met in zip(diagram.nodes, meeting, strict=True):
            if len(met) not in (0, 2):
                raise UnsupportedStructure(f"an index of {family.name} is not met twice")
        found = [self.loose[f] for f, m in zip(diagram.nodes, meeting, strict=True) if not m]
        seen: set[int] = set()
        for first in sorted(range(len(diagram.edges)), key=lambda e: diagram.edges[e].tensor.rank):
            if first not in seen:
                found.append(normal(self._walk(diagram, meeting, first, seen)))
        return tuple(sorted(found))

    def _walk(
        self, diagram: Diagram, meeting: list[list[tuple[int, int]]], first: int, seen: set[int]
    ) -> str:
        """Read on from an edge as far as it goes."""
        word, entered = "", (first, 0)
        while entered[0] not in seen:
            number, slot = entered
            seen.add(number)
            edge = diagram.edges[number]
            sign = self.sign[edge.tensor.name]
            word += sign.upper() if slot else sign
            if edge.tensor.rank < 2 and (len(word) > 1 or not edge.tensor.rank):
                break
            left = (number, 1 - slot if edge.tensor.rank == 2 else 0)
            one, other = meeting[edge.nodes[left[1]]]
            entered = one if other == left else other
        return word

    def sign_of(self, tensor: Tensor) -> str:
        """The sign of a tensor."""
        return self.sign[tensor.name]

    def odd(self, words: Words) -> frozenset[str]:
        """The random tensors of which there is an odd number of edges: then averages vanish."""
        together = "".join(words).lower()
        return frozenset(sign for sign in self.drawn if together.count(sign) & 1)

    def lone(self, sign: str) -> str:
        """The node that a ring without edges leaves where an edge was."""
        return self.loose[self.slots[sign][0]] if self.slots[sign] else ""
