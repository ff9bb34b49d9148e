"""Merging in incidence form: all merged powers of a loss, collected as they grow.

``G * A`` sums over pairs of edges of one trained tensor (see :mod:`diagrams.graphs.combination`).
Here ``G`` is an incidence form and ``A`` a fixed *atom*, prepared once as its list of
edges up to symmetry, so that a merge costs little more than the normal form of its result.
Terms are kept apart by *sector*: how many atoms of every weight went into them.  All
counts are integers; the weights themselves come in at the very end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from zlib import crc32

from diagrams.graphs.canonical import canonical_state, edge_orbits
from diagrams.graphs.derivatives import functions_in, opened
from diagrams.graphs.diagram import Diagram, Edge
from diagrams.graphs.incidence import Alphabet, Cell, State
from diagrams.graphs.relations import spelled
from diagrams.graphs.tensors import Tensor
from diagrams.polynomials.polynomial import Polynomial

Sector = tuple[int, ...]
"""How many atoms of every weight were used, in the order of :func:`weights_of`."""

Counts = dict[State, int]
Collected = dict[Sector, Counts]


@dataclass(frozen=True)
class Atom:
    """A diagram with its weight, and the tensors along which it is merged (none: never)."""

    diagram: Diagram
    weight: Polynomial
    tensors: frozenset[Tensor] = frozenset()


def weights_of(atoms: Iterable[Atom]) -> tuple[Polynomial, ...]:
    """The distinct weights of atoms, in a fixed order."""
    return tuple(sorted({atom.weight for atom in atoms}, key=str))


def sector_weight(sector: Sector, weights: Sequence[Polynomial]) -> Polynomial:
    """The product of the weights of all atoms of a sector."""
    product = Polynomial.constant(1)
    for weight, count in zip(weights, sector, strict=True):
        product = product * weight**count
    return product


@dataclass(frozen=True)
class _PreparedEdge:
    """One edge of an atom, deleted: what a merge along it adds to the other diagram."""

    copies: int
    nodes: tuple[int, ...]
    numbers: tuple[int, ...]
    partner: tuple[int, ...]
    rest: tuple[Cell, ...]

    @cached_property
    def sizes(self) -> int:
        """The sizes of the cells it brings, but for the one that is joined."""
        return sizes_of(self.rest)


PreparedAtom = dict[int, list[_PreparedEdge]]
"""The edges of an atom along which it merges, up to symmetry, by kind."""


def sizes_of(cells: Iterable[Cell]) -> int:
    """How many cells of every tag and size there are, hashed to one number.

    Isomorphic states have the same, and so have all placings of a merge: the sizes of its
    cells are known before it is carried out.
    """
    return sum([_unit(cell[0], len(cell)) for cell in cells])


@cache
def _unit(tag: int, size: int) -> int:
    """A hash that all processes agree on, whatever Python they run."""
    return crc32(f"{tag} {size}".encode())


def merged_powers(
    alphabet: Alphabet, observable: Sequence[Atom], generators: Sequence[Atom], terms: int
) -> Iterator[Collected]:
    """Yield, for s = 0..terms, the s-fold merges of observable atoms with generators.

    The count of a canonical state in a sector is the number of ways to reach it, all orders
    of merging included.
    """
    weights = weights_of((*observable, *generators))
    letter = {weight: place for place, weight in enumerate(weights)}
    prepared = [(letter[atom.weight], prepare(alphabet, atom)) for atom in generators]
    current = collected_atoms(alphabet, observable, weights)
    for step in range(terms + 1):
        yield current
        if step == terms:
            return
        following: Collected = {}
        for sector, counts in opened_states(alphabet, current).items():
            for place, edges in prepared:
                larger = one_more(sector, place)
                target = following.setdefault(larger, {})
                merge_all(alphabet, counts, edges, target)
                if not target:
                    del following[larger]
        current = following


def collected_atoms(
    alphabet: Alphabet, atoms: Iterable[Atom], weights: Sequence[Polynomial]
) -> Collected:
    """Atoms as they are, before any merge."""
    collected: Collected = {}
    for atom in atoms:
        sector = tuple(int(weight == atom.weight) for weight in weights)
        state, _ = canonical_state(alphabet, alphabet.encode(atom.diagram))
        counts = collected.setdefault(sector, {})
        counts[state] = counts.get(state, 0) + 1
    return collected


def opened_states(alphabet: Alphabet, collected: Collected) -> Collected:
    """What is merged: states as they are; with function nodes, their derivatives, marked."""
    if not alphabet.marks:
        return collected
    result: Collected = {}
    for sector, counts in collected.items():
        target = result.setdefault(sector, {})
        for state, count in counts.items():
            for diagram, copies in opened(alphabet.decode(state), alphabet.marks):
                derived, _ = canonical_state(alphabet, alphabet.encode(diagram))
                target[derived] = target.get(derived, 0) + count * copies
    return result


def one_more(sector: Sector, place: int) -> Sector:
    """The sector with one more atom of a weight."""
    return (*sector[:place], sector[place] + 1, *sector[place + 1 :])


def prepare(alphabet: Alphabet, generator: Atom) -> PreparedAtom:
    """The edges of an atom along which it merges, up to symmetry, by kind."""
    prepared: PreparedAtom = {}
    if not alphabet.marks and functions_in([generator.diagram]):
        raise ValueError("functions are merged in an alphabet for so many merges")
    marks = {tensor: alphabet.marks[tensor] for tensor in generator.tensors if alphabet.marks}
    if not marks:
        _prepare(alphabet, spelled(generator.diagram), generator.tensors, 1, prepared)
    for diagram, ways in opened(generator.diagram, marks):
        _prepare(alphabet, spelled(diagram), marks.values(), ways, prepared)
    return prepared


def _prepare(
    alphabet: Alphabet,
    atom: Diagram,
    along: Collection[Tensor],
    ways: int,
    prepared: PreparedAtom,
) -> None:
    """Add the edges of some tensors, up to symmetry, so many times each."""
    label = alphabet.labels(atom)
    for edge, copies in edge_orbits(atom):
        if edge.tensor not in along:
            continue
        kind = alphabet.kind_number[edge.tensor]
        numbers, cells = alphabet.encode(atom)
        nodes = tuple(label[edge.nodes[slot]] for slot in alphabet.labelled_slots[kind])
        own = _cell_of(alphabet, atom, edge)
        rest = list(cells)
        rest.remove(own)
        partner = list(own[1:])
        partner.remove(alphabet.end(kind, nodes))
        prepared.setdefault(kind, []).append(
            _PreparedEdge(copies * ways, nodes, numbers, tuple(partner), tuple(rest))
        )


def _cell_of(alphabet: Alphabet, diagram: Diagram, edge: Edge) -> Cell:
    """The cell that holds ``edge`` in the incidence form of ``diagram``."""
    label = alphabet.labels(diagram)
    kind = alphabet.kind_number[edge.tensor]
    slot = alphabet.absorbed_slot[kind]
    if slot is None:
        nodes = [label[edge.nodes[s]] for s in alphabet.labelled_slots[kind]]
        return (alphabet.bare, alphabet.end(kind, nodes))
    here = edge.nodes[slot]
    around = tuple(other for other in diagram.edges if here in other.nodes)
    used = [node for node in range(len(diagram.nodes)) if node in label or node == here]
    place = {node: position for position, node in enumerate(used)}
    part = Diagram(
        tuple(diagram.nodes[node] for node in used),
        tuple(Edge(e.tensor, tuple(place[n] for n in e.nodes)) for e in around),
    )
    return next(cell for cell in alphabet.encode(part)[1] if cell[0] != alphabet.bare)


def merge_all(
    alphabet: Alphabet,
    counts: Counts,
    prepared: PreparedAtom,
    target: Counts,
    wanted: frozenset[int] | None = None,
) -> None:
    """Add the merges of all counted states with one prepared atom to ``target``.

    With ``wanted``, only those whose cells have one of these sizes, see :func:`sizes_of`.
    """
    for (numbers, cells), weight in counts.items():
        total = 0 if wanted is None else sizes_of(cells)
        for cell, copies in _counted(cells):
            ends = [
                (end, count, prepared[alphabet.kind_of(end)])
                for end, count in _counted(cell[1:])
                if alphabet.kind_of(end) in prepared
            ]
            if not ends:
                continue
            others = list(cells)
            others.remove(cell)
            for end, count, edges in ends:
                left = list(cell)
                left.remove(end)
                for edge in edges:
                    if wanted is not None and total + _change(alphabet, cell, edge) not in wanted:
                        continue
                    state = _merged(alphabet, numbers, others, left, end, edge)
                    state, _ = canonical_state(alphabet, state)
                    target[state] = target.get(state, 0) + weight * copies * count * edge.copies


def merged_sizes(alphabet: Alphabet, state: State, prepared: PreparedAtom) -> dict[int, int]:
    """How many merges of a state with a prepared atom give which sizes of cells."""
    found: dict[int, int] = {}
    total = sizes_of(state[1])
    for cell in set(state[1]):
        for end in set(cell[1:]):
            for edge in prepared.get(alphabet.kind_of(end), ()):
                sizes = total + _change(alphabet, cell, edge)
                found[sizes] = found.get(sizes, 0) + 1
    return found


def _change(alphabet: Alphabet, cell: Cell, edge: _PreparedEdge) -> int:
    """What a merge at a cell adds to the sizes of cells; a bare cell may be used up."""
    size = len(cell) - 1 + len(edge.partner)
    gone = size == 1 and cell[0] == alphabet.bare
    return edge.sizes - _unit(cell[0], len(cell)) + (0 if gone else _unit(cell[0], size))


def _counted(items: Iterable[int] | Iterable[Cell]) -> list[tuple]:  # type: ignore[type-arg]
    counts: dict = {}  # type: ignore[type-arg]
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return list(counts.items())


def _merged(
    alphabet: Alphabet,
    numbers: tuple[int, ...],
    others: list[Cell],
    left: list[int],
    end: int,
    edge: _PreparedEdge,
) -> State:
    """Join a state without one edge and an atom without one edge at the edge's nodes."""
    size = len(numbers)
    shifted = list(range(size, size + len(edge.numbers)))
    cells = [
        *others,
        *alphabet.relabel_cells(edge.rest, shifted),
        tuple(left) + alphabet.relabel_cells([edge.partner], shifted)[0],
    ]
    if cells[-1] == (alphabet.bare,):
        cells.pop()
    pairs = [
        (here, there + size) for here, there in zip(alphabet.nodes_of(end), edge.nodes, strict=True)
    ]
    return identify_labels(alphabet, (*numbers, *edge.numbers), cells, pairs)


def identify_labels(
    alphabet: Alphabet,
    numbers: Sequence[int],
    cells: Iterable[Cell],
    pairs: Iterable[tuple[int, int]],
) -> State:
    """Make the two labelled nodes of every pair one node; cells come out sorted inside."""
    root = list(range(len(numbers)))
    for left, right in pairs:
        while root[left] != left:
            left = root[left]
        while root[right] != right:
            right = root[right]
        root[max(left, right)] = min(left, right)
    order: list[int] = []
    kept: list[int] = []
    for node, parent in enumerate(root):
        if parent == node:
            order.append(len(kept))
            kept.append(numbers[node])
        else:
            order.append(order[parent])
    return tuple(kept), tuple(alphabet.relabel_cells(cells, order))
