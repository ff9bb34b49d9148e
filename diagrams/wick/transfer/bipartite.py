"""Bringing diagrams into the form in which every edge touches exactly one labelled node.

Three rewritings, none of which changes an average, make most problems fit:

* *Roles*.  Slots that never meet, in no diagram and so in no merged one, take indices of different
  kinds even if they were declared with one family: those of ``W2`` and ``W1`` in a chain
  ``W3[i,j] W2[j,k] W1[k,l]``.  Each set of slots that do meet gets a family of its own, and
  each such family may be labelled or absorbed.
* *Single rows*.  A vector on absorbed nodes, or a number, is a matrix with one row: its edges
  touch the one labelled node of a family of size one.
* *Pairs*.  A frozen Gaussian tensor whose slots are all absorbed becomes a labelled node for every
  edge, with an end of its own kind for each slot.  Wick's theorem pairs such nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.tensors import Gaussian, IndexFamily, Role, Tensor, unused_name
from diagrams.wick.transfer.laws import Law, law_of
from diagrams.wick.transfer.structure import UnsupportedStructure

Slot = tuple[str, int]
"""The name of a tensor, and the number of a slot."""

MOST = 12
"""With more roles than this no choice of labelled ones is looked for."""


@dataclass(frozen=True)
class Bipartite:
    """Combinations rewritten, with what the families of their nodes are.

    ``absorbed`` are families without labels, ``single`` have one value, and rows of ``pairs``
    stand for one entry of a tensor.
    """

    parts: tuple[Combination, ...]
    absorbed: frozenset[IndexFamily]
    single: frozenset[IndexFamily]
    pairs: frozenset[IndexFamily]

    def alphabet(self) -> Alphabet:
        """The alphabet of the diagrams."""
        diagrams = [diagram for part in self.parts for diagram, _ in part]
        tensors = {tensor for diagram in diagrams for tensor in diagram.tensors}
        families = {family for diagram in diagrams for family in diagram.nodes}
        families.update(family for tensor in tensors for family in tensor.families)
        return Alphabet(tensors, families, self.absorbed & families)


def bipartite(*parts: Combination) -> Bipartite:
    """Rewrite combinations that share tensors, the diagrams of which are merged.

    Raises :class:`~diagrams.wick.transfer.structure.UnsupportedStructure`.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> n = IndexFamily("n", "N")
    >>> a, b = Tensor("a", (n, n)), Tensor("b", (n,))
    >>> found = bipartite(Combination.of({Diagram.of((a, "i j"), (b, "j"), (a, "i k"), (b, "k")): 1}))
    >>> [family.name for family in sorted(found.absorbed)], len(found.single)
    (['n_1'], 1)
    """
    diagrams = [diagram for part in parts for diagram, _ in part]
    tensors = {tensor for diagram in diagrams for tensor in diagram.tensors}
    if any(diagram.legs for diagram in diagrams):
        raise UnsupportedStructure("diagrams with legs")
    for tensor in sorted(tensors, key=lambda tensor: tensor.name):
        if law_of(tensor) is None:
            raise UnsupportedStructure(f"the entries of {tensor.name} are not drawn from one law")
    role = _roles(diagrams)
    choice = min(_choices(diagrams, tensors, role), default=None)
    if choice is None:
        names = ", ".join(sorted(tensor.name for tensor in tensors))
        raise UnsupportedStructure(
            f"whichever indices are labelled, some edge of {names} does not touch exactly one"
        )
    return _Rewriting(tensors, role, frozenset(choice[1])).of(parts)


def _roles(diagrams: Iterable[Diagram]) -> dict[Slot, IndexFamily]:
    """A family for every slot: one for all slots that meet, directly or not."""
    root: dict[Slot, Slot] = {}

    def find(slot: Slot) -> Slot:
        while root[slot] != slot:
            slot = root[slot]
        return slot

    family: dict[Slot, IndexFamily] = {}
    for diagram in diagrams:
        first: dict[int, Slot] = {}
        for edge in diagram.edges:
            for number, node in enumerate(edge.nodes):
                slot = (edge.tensor.name, number)
                root.setdefault(slot, slot)
                family[slot] = diagram.nodes[node]
                one, other = sorted((find(slot), find(first.setdefault(node, slot))))
                root[other] = one
    members: dict[IndexFamily, list[Slot]] = {}
    for slot in sorted(root):
        if find(slot) == slot:
            members.setdefault(family[slot], []).append(slot)
    used = {own.name for own in members}
    names: dict[Slot, IndexFamily] = {}
    for own, slots in members.items():
        for number, slot in enumerate(slots):
            name = own.name if len(slots) == 1 else unused_name(f"{own.name}_{number}", used)
            used.add(name)
            names[slot] = IndexFamily(name, own.size)
    return {slot: names[find(slot)] for slot in root}


Choice = tuple[tuple[int, ...], tuple[IndexFamily, ...]]
"""What a choice of absorbed families costs, and the families; the least is the best."""


def _choices(
    diagrams: Iterable[Diagram], tensors: Iterable[Tensor], role: Mapping[Slot, IndexFamily]
) -> Iterator[Choice]:
    """All sets of families that may be absorbed."""
    nodes: dict[IndexFamily, int] = {}
    edges: dict[str, int] = {}
    for diagram in diagrams:
        met = {
            (role[edge.tensor.name, slot], node)
            for edge in diagram.edges
            for slot, node in enumerate(edge.nodes)
        }
        for family, _ in met:
            nodes[family] = nodes.get(family, 0) + 1
        for edge in diagram.edges:
            edges[edge.tensor.name] = edges.get(edge.tensor.name, 0) + 1
    families = sorted(nodes)
    for size in range(len(families) + 1 if len(families) <= MOST else 0):
        for chosen in combinations(families, size):
            singles = pairs = 0
            for tensor in tensors:
                slots = [role[tensor.name, slot] in chosen for slot in range(tensor.rank)]
                hidden = sum(slots)
                if tensor.rank - hidden == 0 and hidden <= 1:
                    singles += edges[tensor.name]
                elif tensor.rank - hidden == 0 and _may_pair(tensor):
                    pairs += edges[tensor.name]
                elif tensor.rank - hidden != 1 or hidden > 1:
                    break
            else:
                labelled = sum(count for family, count in nodes.items() if family not in chosen)
                yield (pairs, labelled, singles), chosen


def _may_pair(tensor: Tensor) -> bool:
    return tensor.role is Role.FROZEN and law_of(tensor) is Law.CENTRED


class _Rewriting:
    """Rewrites diagrams, given the families of slots and which of them are absorbed."""

    def __init__(
        self,
        tensors: Iterable[Tensor],
        role: Mapping[Slot, IndexFamily],
        absorbed: frozenset[IndexFamily],
    ) -> None:
        names = {family.name for family in role.values()} | {tensor.name for tensor in tensors}
        self.used = frozenset(names)
        one = unused_name("one", names)
        self.one = IndexFamily(one, one)
        self.absorbed, self.tensors = absorbed, tuple(tensors)
        self.families: dict[str, tuple[IndexFamily, ...]] = {}
        self.ends: dict[str, tuple[Tensor, ...]] = {}
        self.pair: dict[str, IndexFamily] = {}
        for tensor in self.tensors:
            own = tuple(role[tensor.name, slot] for slot in range(tensor.rank))
            self.families[tensor.name] = own
            hidden = sum(family in absorbed for family in own)
            if hidden < tensor.rank:
                self.ends[tensor.name] = (replace(tensor, families=own),)
            elif hidden < 2:
                self.ends[tensor.name] = (replace(tensor, families=(self.one, *own)),)
            else:
                name = unused_name(f"{tensor.name}_pair", names)
                row = self.pair[tensor.name] = IndexFamily(name, name)
                ends = []
                for slot, family in enumerate(own):
                    law = tensor.law if not slot else Gaussian()
                    name = unused_name(f"{tensor.name}_{slot}", names)
                    names.add(name)
                    ends.append(replace(tensor, name=name, families=(row, family), law=law))
                self.ends[tensor.name] = tuple(ends)

    def of(self, parts: Iterable[Combination]) -> Bipartite:
        """The combinations, rewritten."""
        rewritten = tuple(
            Combination.of((self.diagram(diagram), coefficient) for diagram, coefficient in part)
            for part in parts
        )
        met = {family for part in rewritten for diagram, _ in part for family in diagram.nodes}
        labelled = {f for own in self.families.values() for f in own} - self.absorbed
        single, pairs = {self.one} & met, set(self.pair.values())
        free = met - labelled - single - pairs
        return Bipartite(rewritten, self.absorbed | free, frozenset(single), frozenset(pairs))

    def diagram(self, diagram: Diagram) -> Diagram:
        """One diagram; nodes that no edge touches are absorbed."""
        nodes = [
            IndexFamily(unused_name(f"{family.name}_free", self.used), family.size)
            for family in diagram.nodes
        ]
        edges: list[Edge] = []
        single = -1
        for edge in diagram.edges:
            name = edge.tensor.name
            for family, node in zip(self.families[name], edge.nodes, strict=True):
                nodes[node] = family
            ends = self.ends[name]
            if name in self.pair:
                nodes.append(self.pair[name])
                row = len(nodes) - 1
                edges += [Edge(end, (row, n)) for end, n in zip(ends, edge.nodes, strict=True)]
            elif ends[0].rank > edge.tensor.rank:
                if single < 0:
                    nodes.append(self.one)
                    single = len(nodes) - 1
                edges.append(Edge(ends[0], (single, *edge.nodes)))
            else:
                edges.append(Edge(ends[0], edge.nodes))
        return Diagram(tuple(nodes), tuple(edges))
