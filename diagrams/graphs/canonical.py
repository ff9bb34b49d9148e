"""Canonical forms and automorphisms, exact.

Two diagrams are isomorphic when renaming the nodes of one gives the other; families,
tensors and legs are kept (tensors of a declared group of *interchangeable* ones may be
permuted as well).  The canonical form is one representative of each class:

1. *refine*: split the labelled nodes into ordered classes by how they meet the cells, until
   nothing splits any more (hashes only ever suggest a split; they never decide equality);
2. *individualise*: while some class has several members, put each of its members first in
   turn and refine again; a member that a known automorphism maps to one already tried
   is skipped;
3. every branch ends in a numbering of the nodes; the canonical form is the least of the
   explicit incidence forms so obtained.

The branches that reach the least form are in bijection with the automorphisms, so counting
them, skipped ones included, gives the order of the group.  Follows the scheme of McKay,
"Practical graph isomorphism", Congressus Numerantium 30 (1981), on labelled nodes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from math import factorial

from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet, Cell, State
from diagrams.polynomials.spelling import fresh


def canonical_diagram(diagram: Diagram) -> tuple[Diagram, int]:
    """Return the canonical representative and the order of the automorphism group.

    Automorphisms act on nodes and half-edges and fix legs: the order is the number of node
    permutations that preserve the diagram, times ``m!`` for every set of ``m`` parallel
    edges.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> canonical_diagram(Diagram.of((u, "k i"), (u, "k i"), (u, "k i")))[1]
    6
    """
    alphabet = Alphabet.of([diagram])
    state, symmetries = canonical_state(alphabet, alphabet.encode(diagram))
    return alphabet.decode(state), symmetries * cell_symmetries(alphabet, state)


def cell_symmetries(alphabet: Alphabet, state: State) -> int:
    """Number of symmetries that fix every labelled node.

    Equal cells may be exchanged, and so may equal ends inside a cell.
    """
    order = 1
    for cell, copies in groupby(state[1]):
        many = len(list(copies))
        order *= factorial(many)
        for end, parallel in groupby(cell[1:]):
            count = len(list(parallel))
            if alphabet.kind_of(end) < len(alphabet.tensors):
                order *= factorial(count) ** many
    return order


def canonical_state(
    alphabet: Alphabet, state: State, interchangeable: Sequence[Sequence[int]] = ()
) -> tuple[State, int]:
    """Return the canonical incidence form and the number of symmetries of its labels.

    ``interchangeable`` lists disjoint groups of kinds that may be permuted among
    themselves.  The second value counts the permutations of labelled nodes (and of
    interchangeable kinds) that preserve the state.
    """
    if not interchangeable:
        parts = connected_parts(alphabet, state)
        if len(parts) > 1:
            return _assembled(alphabet, parts)
    search = _Search(alphabet, state, interchangeable)
    count = search.explore(search.refine(search.initial_classes()), ())
    return (tuple(sorted(state[0])), search.best), count


def connected_parts(alphabet: Alphabet, state: State) -> list[State]:
    """The connected components of a state; cells that meet no label are one part."""
    numbers, cells = state
    root = list(range(len(numbers)))
    owner = []
    for cell in cells:
        first = -1
        for end in cell[1:]:
            for node in alphabet.nodes_of(end):
                while root[node] != node:
                    node = root[node]
                if first < 0:
                    first = node
                elif node != first:
                    root[node] = first
        owner.append(first)
    for node, parent in enumerate(root):
        while root[parent] != parent:
            parent = root[parent]
        root[node] = parent
    if len(set(root)) <= 1 and -1 not in owner:
        return [state]
    groups: dict[int, tuple[list[int], list[Cell]]] = {-1: ([], [])}
    for node, parent in enumerate(root):
        groups.setdefault(parent, ([], []))[0].append(node)
    for cell, first in zip(cells, owner, strict=True):
        groups[root[first] if first >= 0 else -1][1].append(cell)
    parts = []
    for nodes, own in groups.values():
        order = [-1] * len(numbers)
        for place, node in enumerate(nodes):
            order[node] = place
        if nodes or own:
            part = tuple(alphabet.relabel_cells(own, order)) if nodes else tuple(own)
            parts.append((tuple(numbers[node] for node in nodes), part))
    return parts


def _assembled(alphabet: Alphabet, parts: list[State]) -> tuple[State, int]:
    """The canonical form of a union of parts, from those of the parts."""
    solved = []
    symmetries = 1
    for part in parts:
        form, count = canonical_state(alphabet, part)
        solved.append(form)
        symmetries *= count
    solved.sort()
    for form, equal in groupby(solved):
        if form[0]:
            symmetries *= factorial(len(list(equal)))
    labels = [(number, place) for place, form in enumerate(solved) for number in form[0]]
    rank = sorted(range(len(labels)), key=labels.__getitem__)
    order = [0] * len(labels)
    for position, label in enumerate(rank):
        order[label] = position
    cells: list[Cell] = []
    used = 0
    for numbers, own in solved:
        mine = order[used : used + len(numbers)]
        cells += alphabet.relabel_cells(own, mine) if mine else own
        used += len(numbers)
    return (tuple(sorted(number for number, _ in labels)), tuple(sorted(cells))), symmetries


@lru_cache(maxsize=256)
def edge_orbits(diagram: Diagram) -> tuple[tuple[Edge, int], ...]:
    """Return one edge of every orbit of the automorphism group, with the size of the orbit.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> D = Diagram.of((u, "k i"), (u, "l i"), (u, "k j"), (u, "l j"))
    >>> [size for _, size in edge_orbits(D)]
    [4]
    """
    orbits: dict[Diagram, tuple[Edge, int]] = {}
    mark = fresh("marked", {tensor.name for tensor in diagram.tensors})
    for edge, copies in diagram.multiplicities().items():
        marked = replace(edge.tensor, name=mark)
        rest = diagram.without(edge)
        form = Diagram(rest.nodes, (*rest.edges, Edge(marked, edge.nodes)), rest.legs).canonical
        first, size = orbits.get(form, (edge, 0))
        orbits[form] = (first, size + copies)
    return tuple(orbits.values())


class _Search:
    """One run of individualisation and refinement; labels are nodes, then kinds."""

    def __init__(
        self, alphabet: Alphabet, state: State, interchangeable: Sequence[Sequence[int]]
    ) -> None:
        self.alphabet = alphabet
        self.numbers, self.cells = state
        self.nodes = len(self.numbers)
        self.groups = tuple(tuple(group) for group in interchangeable if len(group) > 1)
        self.labels = self.nodes + (alphabet.kinds if self.groups else 0)
        self.best: tuple[Cell, ...] = ()
        self.best_order: list[int] | None = None
        self.automorphisms: list[list[int]] = []
        self.cell_set = tuple(sorted(self.cells))

    def initial_classes(self) -> list[int]:
        """Nodes by family; kinds alone, or together with those they may be exchanged with."""
        classes = list(self.numbers)
        if self.groups:
            first = {kind: min(group) for group in self.groups for kind in group}
            top = len(self.alphabet.families)
            classes += [top + first.get(kind, kind) for kind in range(self.alphabet.kinds)]
        return ranked(classes)

    def seen(self, classes: list[int]) -> list[Cell]:
        """The cells with labels replaced by their classes."""
        if not self.groups:
            return self.alphabet.relabel_cells(self.cells, classes)
        nodes, kinds = classes[: self.nodes], classes[self.nodes :]
        first = max(nodes, default=-1) + 1
        return self.alphabet.relabel_cells(self.cells, nodes, [kind - first for kind in kinds])

    def refine(self, classes: list[int]) -> list[int]:
        """Split classes by the cells they meet until stable; order of classes is kept."""
        alphabet, nodes = self.alphabet, self.nodes
        step, simple = alphabet.kinds, alphabet.simple
        count = len(set(classes))
        while count < self.labels:
            marks = [0] * self.labels
            for cell, view in zip(self.cells, self.seen(classes), strict=True):
                mark = hash(view)
                for end in cell[1:]:
                    if simple:
                        if end >= 0:
                            kind, node = end % step, end // step
                            if self.groups:
                                marks[node] += hash((mark, classes[nodes + kind]))
                                marks[nodes + kind] += hash((mark, classes[node], 1))
                            else:
                                marks[node] += hash((mark, kind))
                        elif self.groups:
                            marks[nodes - 1 - end] += hash((mark, -1, 1))
                    else:
                        kind = alphabet.kind_of(end)
                        here = alphabet.nodes_of(end)
                        shape = tuple(classes[node] for node in here)
                        for slot, node in enumerate(here):
                            colour = classes[nodes + kind] if self.groups else kind
                            marks[node] += hash((mark, colour, slot, shape))
                        if self.groups:
                            marks[nodes + kind] += hash((mark, shape, 1))
            classes = ranked(list(zip(classes, marks, strict=True)))
            finer = max(classes, default=-1) + 1
            if finer == count:
                break
            count = finer
        return classes

    def explore(self, classes: list[int], path: tuple[int, ...]) -> int:
        """Search below an ordered partition; return how many of its leaves reach the best.

        Leaves that were better than all before reset the count of the branches already
        explored.
        """
        members: dict[int, list[int]] = {}
        for label, value in enumerate(classes):
            members.setdefault(value, []).append(label)
        open_classes = [group for group in members.values() if len(group) > 1]
        if not open_classes:
            return self.leaf(classes)
        target = min(open_classes, key=lambda group: (len(group), classes[group[0]]))
        total = 0
        tried: dict[int, int] = {}
        for label in target:
            twin = self.equivalent(label, tried, path)
            if twin is not None:
                total += tried[twin]
                continue
            finer = [2 * value + 1 for value in classes]
            finer[label] -= 1
            before = self.best
            count = self.explore(self.refine(ranked(finer)), (*path, label))
            if self.best != before:
                total, tried = 0, dict.fromkeys(tried, 0)
            tried[label] = count
            total += count
        return total

    def leaf(self, classes: list[int]) -> int:
        """Compare the form of a full numbering with the best; return 1 if it reaches it."""
        order = classes[: self.nodes]
        kinds = list(range(self.alphabet.kinds))
        for group in self.groups:
            ranked = sorted(group, key=lambda kind: classes[self.nodes + kind])
            for place, kind in zip(sorted(group), ranked, strict=True):
                kinds[kind] = place
        if self.groups:
            order = order + [self.nodes + kind for kind in kinds]
        form = self.renamed(order)
        if self.best_order is None or form < self.best:
            self.best, self.best_order = form, order
            return 1
        if form > self.best:
            return 0
        place_of = [0] * self.labels
        for label, value in enumerate(self.best_order):
            place_of[value] = label
        self.automorphisms.append([place_of[value] for value in order])
        return 1

    def equivalent(self, label: int, tried: dict[int, int], path: tuple[int, ...]) -> int | None:
        """A label tried before that an automorphism fixing ``path`` maps to ``label``."""
        if not tried:
            return None
        orbit = {label}
        frontier = [label]
        usable = [g for g in self.automorphisms if all(g[fixed] == fixed for fixed in path)]
        while frontier:
            here = frontier.pop()
            for automorphism in usable:
                image = automorphism[here]
                if image not in orbit:
                    orbit.add(image)
                    frontier.append(image)
        for other in tried:
            if other in orbit:
                return other
        for other in tried:
            swap = list(range(self.labels))
            swap[label], swap[other] = other, label
            if self.renamed(swap) == self.cell_set:
                self.automorphisms.append(swap)
                return other
        return None

    def renamed(self, order: list[int]) -> tuple[Cell, ...]:
        """The sorted cells under a permutation of the labels."""
        kinds = [label - self.nodes for label in order[self.nodes :]] if self.groups else None
        return tuple(sorted(self.alphabet.relabel_cells(self.cells, order[: self.nodes], kinds)))


def ranked(values: list) -> list[int]:  # type: ignore[type-arg]
    """Replace values by their rank among the distinct ones."""
    rank = {value: place for place, value in enumerate(sorted(set(values)))}
    return [rank[value] for value in values]
