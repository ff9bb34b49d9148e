"""The incidence form: a diagram as a multiset of cells over few labelled nodes.

Canonical forms and contractions work on small integers, and only on as many labelled
nodes as the structure needs.  Some index families are *absorbed*: families such that no
tensor has two slots in them.  An absorbed node is nothing but the sorted list of the edge
ends it meets, its *cell*; cells form a multiset and need no labels.  All other nodes are
*labelled*.  An edge that touches no absorbed node is a *bare* cell with a single end.

An *end* is an integer: the edge's *kind* (its tensor) and its labelled nodes.  A cell is a
sorted tuple that starts with its *tag* (the absorbed family, or bare); tags, and ends
without labelled nodes, are negative and left alone by relabelling.  A leg is an edge of a
kind of its own.  Group laws are spelled out (:mod:`diagrams.graphs.relations`): their sides are
labelled nodes, their slots edges of their own kinds.

This module only translates; see :mod:`diagrams.graphs.canonical` for the canonical form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from diagrams.errors import BadInput
from diagrams.graphs.derivatives import functions_in, higher, markers
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.relations import folded, reversal_families, side_families, spelled
from diagrams.graphs.tensors import IndexFamily, Tensor

Cell = tuple[int, ...]
State = tuple[tuple[int, ...], tuple[Cell, ...]]
"""Family number of every labelled node (sorted), and the sorted multiset of cells."""

NODE_LIMIT = 1024
"""A diagram has fewer labelled nodes than this, so that ends pack into integers."""


class Alphabet:
    """How the edges of a set of diagrams are written as integers.

    ``tensors`` and ``families`` are sorted by name, ``absorbed`` holds family numbers and
    ``legs`` is the number of legs that the diagrams have; ``sides`` holds the numbers of the
    families that sides of group laws belong to.

    >>> hidden, feature = IndexFamily("hidden", "N"), IndexFamily("feature", "d")
    >>> u = Tensor("u", (hidden, feature))
    >>> D = Diagram.of((u, "k i"), (u, "l i"), (u, "k j"), (u, "l j"))
    >>> alphabet = Alphabet.of([D])
    >>> [alphabet.families[f].name for f in alphabet.absorbed]
    ['feature']
    >>> alphabet.encode(D)
    ((1, 1), ((-2, 0, 1), (-2, 0, 1)))
    """

    def __init__(
        self,
        tensors: Iterable[Tensor],
        families: Iterable[IndexFamily],
        absorbed: Iterable[IndexFamily],
        legs: int = 0,
        marks: Mapping[Tensor, Tensor] | None = None,
    ) -> None:
        self.marks = dict(marks or {})
        self.tensors = tuple(sorted(tensors, key=lambda tensor: tensor.name))
        self.families = tuple(sorted(families))
        self.family_number = {family: place for place, family in enumerate(self.families)}
        self.absorbed = frozenset(self.family_number[family] for family in absorbed)
        self.legs = legs
        self.kinds = len(self.tensors) + legs
        self.kind_number = {tensor: place for place, tensor in enumerate(self.tensors)}
        self.bare = -(1 + self.kinds + len(self.families))
        self.fixed = list(range(self.bare, 0))
        self.labelled_slots: list[tuple[int, ...]] = []
        self.absorbed_slot: list[int | None] = []
        for tensor in self.tensors:
            inside = [self.family_number[f] in self.absorbed for f in tensor.families]
            if sum(inside) > 1:
                raise ValueError(f"{tensor.name} has two slots in absorbed families")
            self.absorbed_slot.append(inside.index(True) if any(inside) else None)
            self.labelled_slots.append(tuple(s for s, hidden in enumerate(inside) if not hidden))
        self.sides = frozenset(self.family_number[f] for f in side_families(self.tensors))
        self.simple = all(len(slots) <= 1 for slots in self.labelled_slots)

    @staticmethod
    def of(diagrams: Iterable[Diagram], merges: int | None = None) -> Alphabet:
        """Choose the alphabet for diagrams that share tensors, and for so many merges of them.

        Preferred are families that leave exactly one labelled node on every edge (what row
        closure needs), then those that absorb most nodes.  The choice depends on the
        diagrams only up to isomorphism, so that isomorphic diagrams get the same alphabet
        and comparable forms.  Function nodes that are merged bring their derivatives, and markers
        (:mod:`diagrams.graphs.derivatives`).
        """
        tensors: dict[str, Tensor] = {}
        count: dict[IndexFamily, int] = {}
        legs = 0
        diagrams = list(map(spelled, diagrams))
        marks = {} if merges is None else markers(diagrams)
        brought = higher(functions_in(diagrams), (merges or 0) + 1) if marks else frozenset()
        for diagram in diagrams:
            legs = max(legs, len(diagram.legs))
            for family in diagram.nodes:
                count[family] = count.get(family, 0) + 1
        for tensor in (
            *(t for diagram in diagrams for t in diagram.tensors),
            *brought,
            *marks.values(),
        ):
            if tensors.setdefault(tensor.name, tensor) != tensor:
                raise BadInput(f"tensor {tensor.name!r}", "two definitions", "one definition")
            for family in tensor.families:
                count.setdefault(family, 0)
        always = tuple(sorted(reversal_families(tensors.values())))
        families = sorted(set(count) - side_families(tensors.values()) - set(always))
        best = always
        best_score = (False, -1)
        for size in range(min(len(families), 6) + 1):
            for chosen in (choice + always for choice in combinations(families, size)):
                absorbed = [sum(f in chosen for f in t.families) for t in tensors.values()]
                if max(absorbed, default=0) > 1:
                    continue
                ranks = [tensor.rank for tensor in tensors.values()]
                rows = all(r - a == 1 for r, a in zip(ranks, absorbed, strict=True))
                score = (rows, sum(count[family] for family in chosen))
                if score > best_score:
                    best, best_score = chosen, score
        return Alphabet(tensors.values(), count, best, legs, marks)

    # -- ends ----------------------------------------------------------------------

    def end(self, kind: int, nodes: Sequence[int]) -> int:
        """The end of an edge of ``kind`` at the given labelled nodes."""
        if not nodes:
            return -1 - kind
        packed = 0
        for node in reversed(nodes):
            packed = packed * NODE_LIMIT + node
        return kind + self.kinds * packed

    def kind_of(self, end: int) -> int:
        """The kind of an end."""
        return -1 - end if end < 0 else end % self.kinds

    def nodes_of(self, end: int) -> tuple[int, ...]:
        """The labelled nodes of an end, in slot order."""
        if end < 0:
            return ()
        kind, packed = end % self.kinds, end // self.kinds
        if kind >= len(self.tensors):
            return (packed,)
        nodes = []
        for _ in self.labelled_slots[kind]:
            nodes.append(packed % NODE_LIMIT)
            packed //= NODE_LIMIT
        return tuple(nodes)

    def tag_of_family(self, family: int) -> int:
        """The tag of cells of an absorbed family."""
        return -1 - self.kinds - family

    def family_of_tag(self, tag: int) -> int | None:
        """The absorbed family of a tag; ``None`` for bare cells."""
        return None if tag == self.bare else -1 - self.kinds - tag

    # -- translation -----------------------------------------------------------------

    def encode(self, diagram: Diagram) -> State:
        """Return the incidence form of a diagram (not canonical: nodes in their order)."""
        if len(diagram.nodes) >= NODE_LIMIT:
            raise BadInput("nodes of a diagram", len(diagram.nodes), f"fewer than {NODE_LIMIT}")
        diagram = spelled(diagram)
        numbers = [self.family_number[family] for family in diagram.nodes]
        label = self.labels(diagram)
        cells = {
            node: [self.tag_of_family(numbers[node])]
            for node in range(len(numbers))
            if node not in label
        }
        bare: list[Cell] = []
        for edge in diagram.edges:
            kind = self.kind_number[edge.tensor]
            slot = self.absorbed_slot[kind]
            end = self.end(kind, [label[edge.nodes[s]] for s in self.labelled_slots[kind]])
            if slot is None:
                bare.append((self.bare, end))
            else:
                cells[edge.nodes[slot]].append(end)
        for place, node in enumerate(diagram.legs):
            kind = len(self.tensors) + place
            if node in label:
                bare.append((self.bare, self.end(kind, [label[node]])))
            else:
                cells[node].append(self.end(kind, ()))
        every = bare + [tuple(sorted(cell)) for cell in cells.values()]
        return tuple(numbers[node] for node in label), tuple(sorted(every))

    def labels(self, diagram: Diagram) -> dict[int, int]:
        """The label of every labelled node of a diagram, as :meth:`encode` assigns them."""
        numbers = [self.family_number[family] for family in diagram.nodes]
        labelled = [node for node, number in enumerate(numbers) if number not in self.absorbed]
        labelled.sort(key=numbers.__getitem__)
        return {node: place for place, node in enumerate(labelled)}

    def decode(self, state: State) -> Diagram:
        """Return the diagram of an incidence form: labelled nodes first, then cells in order."""
        numbers, cells = state
        families = [self.families[number] for number in numbers]
        edges: list[Edge] = []
        legs: dict[int, int] = {}
        for tag, *ends in cells:
            family = self.family_of_tag(tag)
            here = len(families)
            if family is not None:
                families.append(self.families[family])
            for end in ends:
                kind, nodes = self.kind_of(end), self.nodes_of(end)
                if kind >= len(self.tensors):
                    legs[kind - len(self.tensors)] = nodes[0] if nodes else here
                    continue
                slots = [here] * self.tensors[kind].rank
                for slot, node in zip(self.labelled_slots[kind], nodes, strict=True):
                    slots[slot] = node
                edges.append(Edge(self.tensors[kind], tuple(slots)))
        return folded(Diagram(tuple(families), tuple(edges), tuple(legs[j] for j in sorted(legs))))

    # -- relabelling -------------------------------------------------------------------

    def relabel_cells(
        self, cells: Iterable[Cell], order: Sequence[int], kinds: Sequence[int] | None = None
    ) -> list[Cell]:
        """Rename labelled node ``j`` to ``order[j]``, and kind ``c`` to ``kinds[c]``, everywhere.

        The ends of each cell are sorted again, the list of cells is not.  Neither map needs
        to be one to one: renaming to classes gives the cells as the classes see them.
        """
        if self.simple:
            step = self.kinds
            if kinds is None:
                table = [kind + step * node for node in order for kind in range(step)]
                table += self.fixed
            else:
                table = [kind + step * node for node in order for kind in kinds]
                table += self.fixed[: len(self.fixed) - step]
                table += [-1 - kind for kind in reversed(kinds)]
            rename = table.__getitem__
            return [tuple(sorted(map(rename, cell))) for cell in cells]
        kinds = range(self.kinds) if kinds is None else kinds
        return [tuple(sorted(self.rename_end(end, order, kinds) for end in cell)) for cell in cells]

    def rename_end(self, end: int, order: Sequence[int], kinds: Sequence[int]) -> int:
        """Rename the labelled nodes and the kind of one end; tags stay."""
        if end < -self.kinds:
            return end
        return self.end(kinds[self.kind_of(end)], [order[node] for node in self.nodes_of(end)])
