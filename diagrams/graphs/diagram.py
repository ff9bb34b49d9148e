"""The diagram: a product of tensor entries summed over its index nodes.

A *node* stands for a summation index of one index family; an *edge* is a factor, the
entry of one tensor at the nodes it joins, slot by slot; an edge of rank two is drawn as
a line, any other as a hyper-edge.  A *leg* is an open node: its index is not summed but
fixed from outside.  Diagrams are multigraphs: equal factors are parallel edges.

    D = sum over k, l, i, j of  u[k,i] u[l,i] u[k,j] u[l,j]

>>> from diagrams.graphs.tensors import IndexFamily, Tensor
>>> hidden, feature = IndexFamily("hidden", "N"), IndexFamily("feature", "d")
>>> u = Tensor("u", (hidden, feature))
>>> D = Diagram.of((u, "k i"), (u, "l i"), (u, "k j"), (u, "l j"))
>>> print(D)
sum[k1,k2;i1,i2] u[k1,i1] u[k1,i2] u[k2,i1] u[k2,i2]
>>> D.symmetry_factor
4
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.graphs.laws import Delta, GroupLaw
from diagrams.graphs.tensors import Averaged, Function, IndexFamily, Role, Tensor

if TYPE_CHECKING:
    import networkx

Factor = tuple[Tensor, str] | tuple[Tensor, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Edge:
    """One factor of a diagram: the entry of ``tensor`` at ``nodes``, slot by slot."""

    tensor: Tensor
    nodes: tuple[int, ...]

    @property
    def sort_key(self) -> tuple[str, tuple[int, ...]]:
        """Order of edges inside a diagram: by tensor name, then by nodes."""
        return (self.tensor.name, self.nodes)

    def written(self, names: Sequence[str]) -> str:
        """The factor as text, given the names of all nodes: an entry, or what a group law says.

        >>> from diagrams.graphs.tensors import group_law
        >>> Edge(group_law(IndexFamily("feature", "p")), (0, 0, 1)).written(["i1", "i2"])
        '[i1+i1=i2]'
        """
        own = [names[node] for node in self.nodes]
        if isinstance(self.tensor.law, GroupLaw):
            return f"[{self.tensor.law.equation(own)}]"
        if isinstance(self.tensor.law, Averaged):
            return self.tensor.law.spelled(own)
        if isinstance(self.tensor.law, Function):
            return f"{self.tensor.law.spelled}[{','.join(own)}]"
        return f"{self.tensor.name}[{','.join(own)}]"


@dataclass(frozen=True)
class Diagram(Displayed):
    """A product of tensor entries summed over all nodes that carry no leg.

    ``nodes[j]`` is the index family of node ``j``; ``edges`` is a sorted multiset;
    ``legs`` lists open nodes in order (a node that occurs twice joins two legs by a
    Kronecker delta).  Two diagrams are ``==`` when they are the same labelled object;
    :meth:`is_isomorphic` and :attr:`canonical` disregard the numbering of nodes.

    Raises :class:`~diagrams.errors.BadInput` when an edge or a leg does not fit.
    """

    nodes: tuple[IndexFamily, ...]
    edges: tuple[Edge, ...]
    legs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        tensors: dict[str, Tensor] = {}
        for edge in self.edges:
            if len(edge.nodes) != edge.tensor.rank:
                raise BadInput(
                    f"edge {edge.tensor.name!r}", edge.nodes, f"{edge.tensor.rank} nodes"
                )
            for slot, node in enumerate(edge.nodes):
                self._check_node(node, f"edge {edge.tensor.name!r}")
                if self.nodes[node] != edge.tensor.families[slot]:
                    raise BadInput(
                        f"slot {slot} of the edge {edge.tensor.name!r}",
                        self.nodes[node].name,
                        f"a node of the family {edge.tensor.families[slot].name!r}",
                    )
            if tensors.setdefault(edge.tensor.name, edge.tensor) != edge.tensor:
                raise BadInput(
                    f"tensor {edge.tensor.name!r}", "two definitions", "one tensor for each name"
                )
        for node in self.legs:
            self._check_node(node, "leg")
        ordered = tuple(sorted(self.edges, key=lambda edge: edge.sort_key))
        object.__setattr__(self, "edges", ordered)

    def _check_node(self, node: int, field: str) -> None:
        if not 0 <= node < len(self.nodes):
            raise BadInput(field, node, f"a node from 0 to {len(self.nodes) - 1}")

    @staticmethod
    def of(
        *factors: Factor,
        legs: str | Sequence[str] = (),
        summed: Mapping[str, IndexFamily] | None = None,
    ) -> Diagram:
        """Build a diagram from factors with named indices.

        Each factor is ``(tensor, indices)``, indices separated by blanks; equal names are
        one node.  ``legs`` names the open indices; ``summed`` adds nodes without factors.
        Structural deltas are contracted: their indices become one node.
        """
        families: dict[str, IndexFamily] = dict(summed or {})
        named: list[tuple[Tensor, tuple[str, ...]]] = []
        for tensor, indices in factors:
            names = tuple(indices.split()) if isinstance(indices, str) else tuple(indices)
            if len(names) != tensor.rank:
                raise BadInput(
                    f"indices of {tensor.name!r}", " ".join(names), f"{tensor.rank} names"
                )
            for name, family in zip(names, tensor.families, strict=True):
                if families.setdefault(name, family) != family:
                    raise BadInput(
                        f"index {name!r}",
                        f"{families[name].name} and {family.name}",
                        "one index family",
                    )
            named.append((tensor, names))
        position = {name: number for number, name in enumerate(families)}
        leg_names = legs.split() if isinstance(legs, str) else list(legs)
        for name in leg_names:
            if name not in position:
                raise BadInput("leg", name, f"one of the indices {', '.join(position)}")
        diagram = Diagram(
            tuple(families.values()),
            tuple(Edge(tensor, tuple(position[n] for n in names)) for tensor, names in named),
            tuple(position[name] for name in leg_names),
        )
        return diagram.contract_deltas()

    # -- structure ---------------------------------------------------------------

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors that occur, sorted by name."""
        return tuple({edge.tensor.name: edge.tensor for edge in self.edges}.values())

    @property
    def is_closed(self) -> bool:
        """Whether there are no legs, so that the diagram is a number."""
        return not self.legs

    def edge_counts(self) -> dict[Tensor, int]:
        """Number of edges of every tensor that occurs."""
        counts: dict[Tensor, int] = {}
        for edge in self.edges:
            counts[edge.tensor] = counts.get(edge.tensor, 0) + 1
        return counts

    def multiplicities(self) -> dict[Edge, int]:
        """Distinct edges with their number of parallel copies."""
        counts: dict[Edge, int] = {}
        for edge in self.edges:
            counts[edge] = counts.get(edge, 0) + 1
        return counts

    def components(self) -> tuple[Diagram, ...]:
        """The connected components (only of a diagram without legs), in node order."""
        if self.legs:
            raise BadInput("diagram", "open legs", "a closed diagram")
        root = list(range(len(self.nodes)))

        def find(node: int) -> int:
            while root[node] != node:
                root[node] = root[root[node]]
                node = root[node]
            return node

        for edge in self.edges:
            for node in edge.nodes[1:]:
                root[find(node)] = find(edge.nodes[0])
        groups: dict[int, list[int]] = {}
        for node in range(len(self.nodes)):
            groups.setdefault(find(node), []).append(node)
        scalars = tuple(edge for edge in self.edges if not edge.nodes)
        parts = [Diagram((), (edge,)) for edge in scalars]
        for members in groups.values():
            number = {node: position for position, node in enumerate(members)}
            parts.append(
                Diagram(
                    tuple(self.nodes[node] for node in members),
                    tuple(
                        Edge(edge.tensor, tuple(number[node] for node in edge.nodes))
                        for edge in self.edges
                        if edge.nodes and edge.nodes[0] in number
                    ),
                )
            )
        return tuple(parts)

    # -- new diagrams from old ---------------------------------------------------

    def relabel(self, order: Sequence[int]) -> Diagram:
        """Return the same diagram with node ``j`` renamed to ``order[j]``."""
        if sorted(order) != list(range(len(self.nodes))):
            raise BadInput("order", list(order), "a permutation of the nodes")
        families: list[IndexFamily] = list(self.nodes)
        for old, new in enumerate(order):
            families[new] = self.nodes[old]
        return Diagram(
            tuple(families),
            tuple(Edge(e.tensor, tuple(order[n] for n in e.nodes)) for e in self.edges),
            tuple(order[n] for n in self.legs),
        )

    def identify(self, pairs: Iterable[tuple[int, int]]) -> Diagram:
        """Return the diagram in which the two nodes of every pair are one node."""
        root = list(range(len(self.nodes)))

        def find(node: int) -> int:
            while root[node] != node:
                node = root[node]
            return node

        for left, right in pairs:
            a, b = find(left), find(right)
            if self.nodes[a] != self.nodes[b]:
                raise BadInput("identified nodes", (left, right), "nodes of one index family")
            root[max(a, b)] = min(a, b)
        kept = [node for node in range(len(self.nodes)) if root[node] == node]
        number = {node: position for position, node in enumerate(kept)}
        return Diagram(
            tuple(self.nodes[node] for node in kept),
            tuple(Edge(e.tensor, tuple(number[find(n)] for n in e.nodes)) for e in self.edges),
            tuple(number[find(n)] for n in self.legs),
        )

    def without(self, *edges: Edge) -> Diagram:
        """Return the diagram with one copy of each given edge deleted; nodes stay."""
        left = list(self.edges)
        for edge in edges:
            left.remove(edge)
        return Diagram(self.nodes, tuple(left), self.legs)

    def with_tensors(self, others: Mapping[Tensor, Tensor]) -> Diagram:
        """Return the diagram with other tensors of the same families in the place of some."""
        edges = tuple(Edge(others.get(e.tensor, e.tensor), e.nodes) for e in self.edges)
        return Diagram(self.nodes, edges, self.legs)

    def contract_deltas(self) -> Diagram:
        """Return the diagram with every structural delta replaced by one node.

        A group law that says ``i = j`` is a delta; of equal group laws at equal nodes one stays.
        """
        if all(edge.tensor.role is not Role.STRUCTURAL for edge in self.edges):
            return self
        deltas = [edge for edge in self.edges if _is_delta(edge.tensor)]
        pairs = [(edge.nodes[0], node) for edge in deltas for node in edge.nodes[1:]]
        diagram = self.without(*deltas).identify(pairs) if deltas else self
        seen: set[object] = set()
        repeated = []
        for edge in diagram.edges:
            if isinstance(edge.tensor.law, GroupLaw):
                relation = edge.tensor.law.relation(edge.nodes)
                repeated += [edge] * (relation in seen)
                seen.add(relation)
        return diagram.without(*repeated)

    def __matmul__(self, other: Diagram) -> Diagram:
        """Disjoint union: the product of two diagrams, legs of the left one first."""
        shift = len(self.nodes)
        return Diagram(
            self.nodes + other.nodes,
            self.edges
            + tuple(Edge(e.tensor, tuple(n + shift for n in e.nodes)) for e in other.edges),
            self.legs + tuple(n + shift for n in other.legs),
        )

    # -- up to isomorphism -------------------------------------------------------

    @cached_property
    def _canonical(self) -> tuple[Diagram, int]:
        from diagrams.graphs.canonical import canonical_diagram

        return canonical_diagram(self)

    @property
    def canonical(self) -> Diagram:
        """The representative shared by all isomorphic diagrams (families and tensors kept)."""
        return self._canonical[0]

    @property
    def symmetry_factor(self) -> int:
        """Order of the automorphism group, on nodes and half-edges, legs fixed."""
        return self._canonical[1]

    def is_isomorphic(self, other: Diagram) -> bool:
        """Whether a renaming of nodes turns this diagram into ``other``."""
        return self.canonical == other.canonical

    # -- views -------------------------------------------------------------------

    def to_networkx(self) -> networkx.MultiDiGraph:
        """Return a NetworkX multigraph from which :meth:`from_networkx` restores the diagram."""
        from diagrams.graphs.networkx_view import to_networkx

        return to_networkx(self)

    @staticmethod
    def from_networkx(graph: networkx.MultiDiGraph, tensors: Iterable[Tensor] = ()) -> Diagram:
        """Restore a diagram from :meth:`to_networkx`, whatever the graph's node names are.

        A graph out of a file has names for tensors and families; ``tensors`` are those meant.
        """
        from diagrams.graphs.networkx_view import from_networkx

        return from_networkx(graph, tensors)

    def index_names(self, letters: Mapping[IndexFamily, str] | None = None) -> tuple[str, ...]:
        """A readable index name for every node: one letter a family, numbered."""
        letters = letters or family_letters(dict.fromkeys(self.nodes))
        counts: dict[IndexFamily, int] = {}
        names = []
        for family in self.nodes:
            counts[family] = counts.get(family, 0) + 1
            names.append(f"{letters[family]}{counts[family]}")
        return tuple(names)

    def spelled(self, letters: Mapping[IndexFamily, str] | None = None) -> str:
        """The sum in plain letters, those of the families where they are given."""
        names = self.index_names(letters)
        factors = [
            edge.written(names) + (f"^{count}" if count > 1 else "")
            for edge, count in self.multiplicities().items()
        ]
        summed: dict[IndexFamily, list[str]] = {}
        for node, family in enumerate(self.nodes):
            if node not in self.legs:
                summed.setdefault(family, []).append(names[node])
        head = "sum[" + ";".join(",".join(group) for group in summed.values()) + "]"
        pieces = ([head] if summed else []) + (factors or ["1"])
        if self.legs:
            pieces.append(f"(open: {','.join(names[n] for n in self.legs)})")
        return " ".join(pieces)

    def __str__(self) -> str:
        return self.spelled()


def _is_delta(tensor: Tensor) -> bool:
    law = tensor.law
    return isinstance(law, Delta) or (isinstance(law, GroupLaw) and law.is_delta)


def family_letters(families: Iterable[IndexFamily]) -> dict[IndexFamily, str]:
    """Assign an index letter to every family: its own, or the next free one of k, i, j, l, .."""
    families = tuple(families)
    result = {family: family.index for family in families if family.index}
    free = (letter for letter in "kijlmnabcdefgh" if letter not in result.values())
    for family in families:
        if family not in result:
            result[family] = next(free, "") or f"{family.name}_"
    return result
