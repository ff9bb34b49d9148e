"""Bringing diagrams into the form in which every edge touches exactly one labelled node.

Exact reductions come first (:mod:`.reductions`); then three rewritings, none of which changes
an average, make most problems fit:

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
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.spelling import fresh
from diagrams.wick.transfer.laws import Law, law_of
from diagrams.wick.transfer.reductions import (
    Parts,
    Sizes,
    Slot,
    has_delta,
    reduced,
    rewritten,
    with_families,
)
from diagrams.wick.transfer.structure import UnsupportedStructure

FORMS = 6
"""So many forms of a problem are looked at."""

MOST = 12
"""With more roles than this no choice of labelled ones is looked for."""


@dataclass(frozen=True)
class Bipartite:
    """Combinations rewritten, with what the families of their nodes are.

    ``absorbed`` are families without labels, ``single`` have one value, and rows of ``pairs``
    stand for one entry each of the tensor named there.  ``sizes`` say what some size symbols are.
    """

    parts: tuple[Combination, ...]
    absorbed: frozenset[IndexFamily]
    single: frozenset[IndexFamily]
    pairs: Mapping[IndexFamily, str]
    sizes: Sizes

    def described(self) -> str:
        """The form in words."""
        tensors = {t for part in self.parts for d, _ in part for t in d.tensors}
        families = {family for tensor in tensors for family in tensor.families}
        labelled = families - self.absorbed - self.single - self.pairs.keys()
        alone = [t.name for t in tensors if self.single.intersection(t.families)]
        groups = {
            "labelled": [family.name for family in labelled],
            "absorbed": [family.name for family in self.absorbed & families],
            "in a single row": alone,
            "joint": [family.name for family in families if family.size in self.sizes],
            "paired": list(self.pairs.values()),
        }
        return "; ".join(f"{n}: {', '.join(sorted(own))}" for n, own in groups.items() if own)

    def alphabet(self) -> Alphabet:
        """The alphabet of the diagrams."""
        diagrams = [diagram for part in self.parts for diagram, _ in part]
        tensors = {tensor for diagram in diagrams for tensor in diagram.tensors}
        families = {family for diagram in diagrams for family in diagram.nodes}
        families.update(family for tensor in tensors for family in tensor.families)
        return Alphabet(tensors, families, self.absorbed & families)


def bipartite_forms(*parts: Combination) -> list[Bipartite]:
    """Rewrite combinations that share tensors, the diagrams of which are merged.

    There is one form for every choice of tensors in single rows and in pairs; of those with equal
    choices the one with the fewest labelled nodes is taken.

    Raises :class:`~diagrams.wick.transfer.structure.UnsupportedStructure`.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> n = IndexFamily("n", "N")
    >>> a, b = Tensor("a", (n, n)), Tensor("b", (n,))
    >>> squared = Diagram.of((a, "i j"), (b, "j"), (a, "i k"), (b, "k"))
    >>> found, *_ = bipartite_forms(Combination.of({squared: 1}))
    >>> [family.name for family in sorted(found.absorbed)], len(found.single)
    (['n_1'], 1)
    """
    diagrams = [diagram for part in parts for diagram, _ in part]
    tensors = {tensor for diagram in diagrams for tensor in diagram.tensors}
    for tensor in sorted(tensors, key=lambda tensor: tensor.name):
        if law_of(tensor) is None:
            reason = "Gaussian" if tensor.is_shaped else "drawn from one law"
            raise UnsupportedStructure(f"the entries of {tensor.name} are not {reason}")
    parts, sizes = in_roles(parts)
    diagrams = [diagram for part in parts for diagram, _ in part]
    tensors = {tensor for diagram in diagrams for tensor in diagram.tensors}
    if len({family for tensor in tensors for family in tensor.families}) > MOST:
        raise UnsupportedStructure(f"more than {MOST} roles of indices")
    best: dict[object, Choice] = {}
    for choice in sorted(_choices(diagrams, tensors)):
        best.setdefault(choice[1], choice)
    if not best:
        names = ", ".join(sorted(tensor.name for tensor in tensors))
        raise UnsupportedStructure(
            f"whichever indices are labelled, some edge of {names} does not touch exactly one"
        )
    chosen = list(best.values())[:FORMS]
    return [_Rewriting(tensors, frozenset(absorbed)).of(parts, sizes) for *_, absorbed in chosen]


def in_roles(parts: Parts) -> tuple[Parts, Sizes]:
    """Combinations with a family for every role, reduced; and what the sizes of joint ones are.

    Raises :class:`~diagrams.wick.transfer.structure.UnsupportedStructure`.
    """
    diagrams = [diagram for part in parts for diagram, _ in part]
    if any(diagram.legs for diagram in diagrams):
        raise UnsupportedStructure("diagrams with legs")
    found = {tensor for diagram in diagrams for tensor in diagram.tensors}
    for tensor in sorted(found, key=lambda tensor: tensor.name):
        if tensor.is_shaped:
            raise UnsupportedStructure(f"the entries of {tensor.name} are not Gaussian")
        if not tensor.is_random:
            raise UnsupportedStructure(f"{tensor.name} is a structure")
    role = _roles(diagrams)
    return reduced(with_families(parts, lambda slot, _: role[slot]))


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
                met = [first.setdefault(node, slot)]
                if has_delta(edge.tensor):  # its value identifies its slots
                    met.append((edge.tensor.name, 0))
                for one in met:
                    kept, gone = sorted((find(slot), find(one)))
                    root[gone] = kept
    members: dict[IndexFamily, list[Slot]] = {}
    for slot in sorted(root):
        if find(slot) == slot:
            members.setdefault(family[slot], []).append(slot)
    used = {own.name for own in members}
    names: dict[Slot, IndexFamily] = {}
    for own, slots in members.items():
        for number, slot in enumerate(slots):
            names[slot] = own
            if len(slots) > 1:
                name = fresh(f"{own.name}_{number}", used)
                used.add(name)
                names[slot] = IndexFamily(name, own.size)
    return {slot: names[find(slot)] for slot in root}


Choice = tuple[tuple[int, ...], tuple[tuple[str, ...], ...], tuple[IndexFamily, ...]]
"""How many edges are pairs, labelled nodes, and edges at single rows; the tensors of pairs and of
single rows; and the absorbed families."""


def _choices(diagrams: Iterable[Diagram], tensors: Iterable[Tensor]) -> Iterator[Choice]:
    """All sets of families that may be absorbed."""
    nodes: dict[IndexFamily, int] = {}
    edges: dict[str, int] = {}
    for diagram in diagrams:
        for node in {node for edge in diagram.edges for node in edge.nodes}:
            nodes[diagram.nodes[node]] = nodes.get(diagram.nodes[node], 0) + 1
        for edge in diagram.edges:
            edges[edge.tensor.name] = edges.get(edge.tensor.name, 0) + 1
    families = sorted(nodes)
    for size in range(len(families) + 1):
        for chosen in combinations(families, size):
            singles: list[str] = []
            pairs: list[str] = []
            for tensor in tensors:
                hidden = sum(family in chosen for family in tensor.families)
                if tensor.rank - hidden == 0 and hidden <= 1:
                    singles.append(tensor.name)
                elif tensor.rank - hidden == 0 and _may_pair(tensor):
                    pairs.append(tensor.name)
                elif tensor.rank - hidden != 1 or hidden > 1:
                    break
            else:
                labelled = sum(count for family, count in nodes.items() if family not in chosen)
                counts = [sum(map(edges.__getitem__, names)) for names in (pairs, singles)]
                names = (tuple(sorted(pairs)), tuple(sorted(singles)))
                yield (counts[0], labelled, counts[1]), names, chosen


def _may_pair(tensor: Tensor) -> bool:
    return tensor.role is Role.FROZEN and law_of(tensor) is Law.CENTRED


class _Rewriting:
    """Rewrites diagrams, given which families are absorbed."""

    def __init__(self, tensors: Iterable[Tensor], absorbed: frozenset[IndexFamily]) -> None:
        names = {tensor.name for tensor in tensors}
        names |= {n for t in tensors for family in t.families for n in (family.name, family.size)}
        self.used = frozenset(names)
        one = fresh("one", names)
        self.one = IndexFamily(one, "1")
        self.absorbed, self.tensors = absorbed, tuple(tensors)
        self.ends: dict[str, tuple[Tensor, ...]] = {}
        self.pair: dict[str, IndexFamily] = {}
        for tensor in self.tensors:
            own = tensor.families
            hidden = sum(family in absorbed for family in own)
            if hidden < tensor.rank:
                self.ends[tensor.name] = (tensor,)
            elif hidden < 2:
                self.ends[tensor.name] = (replace(tensor, families=(self.one, *own)),)
            else:
                name = fresh(f"{tensor.name}_pair", names)
                names.add(name)
                row = self.pair[tensor.name] = IndexFamily(name, name)
                ends = []
                for slot, family in enumerate(own):
                    law = tensor.law if not slot else Gaussian()
                    name = fresh(f"{tensor.name}_{slot}", names)
                    names.add(name)
                    ends.append(replace(tensor, name=name, families=(row, family), law=law))
                self.ends[tensor.name] = tuple(ends)

    def of(self, parts: Parts, sizes: Sizes) -> Bipartite:
        """The combinations, rewritten."""
        changed = rewritten(parts, self.diagram)
        met = {family for part in changed for diagram, _ in part for family in diagram.nodes}
        labelled = {f for tensor in self.tensors for f in tensor.families} - self.absorbed
        single, pairs = {self.one} & met, {row: name for name, row in self.pair.items()}
        free = met - labelled - single - pairs.keys()
        absorbed = self.absorbed | free
        return Bipartite(changed, absorbed, frozenset(single), pairs, sizes)

    def diagram(self, diagram: Diagram) -> Diagram:
        """One diagram; nodes that no edge touches are absorbed."""
        nodes = [
            family
            if family in self.absorbed
            else IndexFamily(fresh(f"{family.name}_free", self.used), family.size)
            for family in diagram.nodes
        ]
        edges: list[Edge] = []
        single = -1
        for edge in diagram.edges:
            name = edge.tensor.name
            for family, node in zip(edge.tensor.families, edge.nodes, strict=True):
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
