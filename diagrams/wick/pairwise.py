"""Contraction edge by edge: the average of any diagrams over any of their random tensors.

Wick's theorem for centred Gaussian tensors: the average is the sum over pairings of equal
tensors, each pairing identifying the nodes of paired edges slot by slot.  One edge of a
diagram is paired with each partner in turn and the results are collected in canonical form,
so a term is met once however many pairings lead to it.

Matrices from the Haar measure go first (:mod:`diagrams.wick.orthogonal`).

For entries of another law, blocks take the place of pairs (:mod:`diagrams.graphs.shapes`).  A block
grows by one edge after the other: it is an edge of a kind of its own that takes further ones in,
in canonical form all along, and is closed with its cumulant; the orders in which it can grow
are divided out.

Applies to any structure: tensors of any rank, open legs, and averages over some of the tensors
only.  Where every edge has one labelled node and entries are Gaussian,
:mod:`diagrams.wick.transfer` is much faster.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import factorial
from typing import Any

from diagrams.campaign.effort import spend
from diagrams.errors import Missing
from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.incidence import Alphabet, Cell, State
from diagrams.graphs.laws import Haar, Shaped
from diagrams.graphs.merging import identify_labels
from diagrams.graphs.shapes import Shape
from diagrams.graphs.tensors import Tensor, field_of
from diagrams.polynomials.polynomial import ONE, Polynomial
from diagrams.polynomials.spelling import fresh
from diagrams.wick.orthogonal import averaged_over_rotations
from diagrams.wick.packing import Packing, size_polynomial

CANONICAL = 4
"""Steps of work that the canonical form of a state takes for every cell."""

Closed = Mapping[tuple[tuple[int, int], ...], int]
"""Packed weights by closed blocks whose cumulant is not one: kind and number of edges of each."""


def contract(
    alphabet: Alphabet, weights: Mapping[State, int], kinds: Collection[int]
) -> dict[State, Polynomial]:
    """Return ``sum of weight * E[state]`` over the tensors of the given kinds, unit variances.

    The result maps what is left (legs, and edges of other kinds; nodes that are left
    alone are summed) to polynomials in sizes, and in what moments are made of.

    Raises :class:`~diagrams.errors.Missing` where a moment is not known, and
    :class:`~diagrams.errors.BadInput` for too many entries of a Haar matrix.
    """
    rotations = [k for k in kinds if isinstance(alphabet.tensors[k].law, Haar)]
    if rotations:
        return _rotated(alphabet, weights, kinds, rotations[0])
    if any(alphabet.tensors[kind].is_shaped for kind in kinds):
        return _Blocks(alphabet, weights, kinds).average()
    packing = Packing.for_states(alphabet, weights)
    stages: dict[int, dict[State, int]] = {}
    for state, weight in weights.items():
        if weight and not _averages_out(alphabet, state, kinds):
            canonical, freed = _strip(alphabet, state)
            stage = stages.setdefault(_count(alphabet, canonical, kinds), {})
            stage[canonical] = stage.get(canonical, 0) + packing.times(weight, freed)
    left: dict[State, int] = {}
    while stages:
        edges = max(stages)
        for state, weight in stages.pop(edges).items():
            if not edges:
                left[state] = left.get(state, 0) + weight
                continue
            stage = stages.setdefault(edges - 2, {})
            kind, own, edge = _rarest(alphabet, state, kinds)
            for smaller, ways in _joined(alphabet, state, own, edge, kind):
                spend(CANONICAL * len(smaller[1]))
                canonical, freed = _strip(alphabet, smaller)
                stage[canonical] = stage.get(canonical, 0) + packing.times(weight * ways, freed)
    return {
        state: size_polynomial(alphabet, packing.unpack(value))
        for state, value in left.items()
        if value
    }


def _rotated(
    alphabet: Alphabet, weights: Mapping[State, int], kinds: Collection[int], first: int
) -> dict[State, Polynomial]:
    """The same with an orthogonal matrix: averaged over first, then the other kinds."""
    others = [kind for kind in kinds if kind != first]
    left, divisor = averaged_over_rotations(alphabet, weights, alphabet.tensors[first])
    found: dict[State, Polynomial] = {}
    for sign in (1, -1):  # weights are packed, which takes them to be positive
        part = {state: sign * weight for state, weight in left.items() if sign * weight > 0}
        for state, value in contract(alphabet, part, others).items():
            known = found.get(state, Polynomial())
            found[state] = known + value * Fraction(sign, divisor)
    return {state: value for state, value in found.items() if value}


def vanish(counts: Mapping[Tensor, int]) -> bool:
    """Whether the average of so many centred entries of tensors is zero, whatever their indices.

    Raises :class:`~diagrams.errors.Missing`, which says which moment of a tensor is missing.
    """
    gaussian_first = sorted(counts, key=lambda tensor: tensor.is_shaped)
    return any(_vanishes(tensor, counts[tensor]) for tensor in gaussian_first)


def _vanishes(tensor: Tensor, edges: int) -> bool:
    if not isinstance(tensor.law, Shaped):
        return edges % 2 == 1
    shape = tensor.law.shape
    if shape.known is not None and edges > shape.known:
        allowed = f"at least {edges} of them; {shape.known} are given, and fewer orders may do"
        raise Missing(field_of(tensor, "moments"), f"the moment of order {edges}", allowed)
    return edges == 1 or (edges % 2 == 1 and shape.even)


# -- blocks -----------------------------------------------------------------------------------


class _Blocks:
    """The same where some kinds are not Gaussian.

    States are sorted by the number of edges left and by that of the edges in the open block;
    their weights by the blocks that are closed.  That many orders lead to a block of n edges is an
    exact factor (n-1)!, taken out when it is closed.
    """

    def __init__(
        self, alphabet: Alphabet, weights: Mapping[State, int], kinds: Collection[int]
    ) -> None:
        self.alphabet, self.packing = alphabet, Packing.for_states(alphabet, weights)
        self.wide, self.opened = _with_open_blocks(alphabet, kinds)
        self.marks = {kind: mark for mark, kind in self.opened.items()}
        self.number = {self.wide.kind_number[alphabet.tensors[kind]]: kind for kind in kinds}
        self.stages: dict[tuple[int, int], dict[State, dict[Any, int]]] = {}
        for state, weight in weights.items():
            if weight and not _averages_out(alphabet, state, kinds):
                own = self.wide.encode(alphabet.decode(state))
                self.add((_count(self.wide, own, self.number), 0), own, {(): weight})

    def average(self) -> dict[State, Polynomial]:
        """All states averaged."""
        left: dict[State, Polynomial] = {}
        while self.stages:
            edges, size = max(self.stages)
            for state, found in self.stages.pop((edges, size)).items():
                if size:
                    self.grow(edges, size, state, found)
                elif edges:
                    self.begin(edges, state, found)
                else:
                    plain = self.alphabet.encode(self.wide.decode(state))
                    rest, _ = canonical_state(self.alphabet, plain)
                    left[rest] = left.get(rest, Polynomial()) + self.value(found)
        return {state: value for state, value in left.items() if value}

    def add(self, place: tuple[int, int], state: State, found: Closed, ways: int = 1) -> None:
        """Collect a state with its weights."""
        spend(CANONICAL * len(state[1]))
        canonical, freed = _strip(self.wide, state)
        known = self.stages.setdefault(place, {}).setdefault(canonical, {})
        for blocks, weight in found.items():
            known[blocks] = known.get(blocks, 0) + self.packing.times(weight * ways, freed)

    def begin(self, edges: int, state: State, found: Closed) -> None:
        """Pair an edge of the rarest kind, or open a block with it."""
        kind, own, edge = _rarest(self.wide, state, self.number)
        if kind in self.marks:
            end = self.wide.end(self.marks[kind], self.wide.nodes_of(edge))
            self.add((edges - 1, 1), _without(self.wide, state, own, edge, end), found)
            return
        for smaller, ways in _joined(self.wide, state, own, edge, kind):
            self.add((edges - 2, 0), smaller, found, ways)

    def grow(self, edges: int, size: int, state: State, found: Closed) -> None:
        """Close the block of a state, and take each further edge in."""
        mark, own, edge = _rarest(self.wide, state, self.opened)
        kind = self.opened[mark]
        shape = _shape(self.wide.tensors[kind])
        cumulant = shape.cumulant(size)
        if cumulant:
            block = () if cumulant == ONE else ((self.number[kind], size),)
            closed = {
                tuple(sorted((*blocks, *block))): weight // factorial(size - 1)
                for blocks, weight in found.items()
            }
            self.add((edges, 0), _without(self.wide, state, own, edge), closed)
        most = size + _count(self.wide, state, {kind})
        if any(shape.cumulant(larger) for larger in range(size + 1, most + 1)):
            for smaller, ways in _joined(self.wide, state, own, edge, kind, kept=True):
                self.add((edges - 1, size + 1), smaller, found, ways)

    def value(self, found: Closed) -> Polynomial:
        """The sum of packed weights times the cumulants of their blocks."""
        total = Polynomial()
        for blocks, packed in found.items():
            value = size_polynomial(self.alphabet, self.packing.unpack(packed))
            for kind, count in blocks:
                value = value * _shape(self.alphabet.tensors[kind]).cumulant(count)
            total = total + value
        return total


def _shape(tensor: Tensor) -> Shape:
    assert isinstance(tensor.law, Shaped)
    return tensor.law.shape


def _with_open_blocks(
    alphabet: Alphabet, kinds: Collection[int]
) -> tuple[Alphabet, dict[int, int]]:
    """The alphabet with a kind for the open block of every tensor that is not Gaussian."""
    tensors = [alphabet.tensors[kind] for kind in kinds]
    used = {tensor.name for tensor in alphabet.tensors}
    block = {
        replace(tensor, name=fresh(f"block{place}", used)): tensor
        for place, tensor in enumerate(tensors)
        if isinstance(tensor.law, Shaped)
    }
    absorbed = [alphabet.families[family] for family in alphabet.absorbed]
    wide = Alphabet((*alphabet.tensors, *block), alphabet.families, absorbed, alphabet.legs)
    return wide, {wide.kind_number[m]: wide.kind_number[of] for m, of in block.items()}


def _without(
    alphabet: Alphabet, state: State, own: int, edge: int, instead: int | None = None
) -> State:
    """A state without an edge, or with another in its place."""
    numbers, cells = state
    changed = list(cells[own])
    changed.remove(edge)
    if instead is not None:
        changed = [changed[0], *sorted((*changed[1:], instead))]
    rest = [cell for place, cell in enumerate(cells) if place != own]
    if changed != [alphabet.bare]:
        rest.append(tuple(changed))
    return numbers, tuple(sorted(rest))


# -- edges ------------------------------------------------------------------------------------


def _ends(alphabet: Alphabet, state: State, kinds: Collection[int]) -> Iterator[tuple[int, int]]:
    for place, cell in enumerate(state[1]):
        for end in cell[1:]:
            if alphabet.kind_of(end) in kinds:
                yield place, end


def _count(alphabet: Alphabet, state: State, kinds: Collection[int]) -> int:
    return sum(1 for _ in _ends(alphabet, state, kinds))


def _averages_out(alphabet: Alphabet, state: State, kinds: Collection[int]) -> bool:
    """Whether the number of edges of some kind makes the average zero."""
    counts: dict[int, int] = {}
    for _, end in _ends(alphabet, state, kinds):
        kind = alphabet.kind_of(end)
        counts[kind] = counts.get(kind, 0) + 1
    return vanish({alphabet.tensors[kind]: count for kind, count in counts.items()})


def _strip(alphabet: Alphabet, state: State) -> tuple[State, list[int]]:
    """Canonical form without the nodes that nothing meets, and the families of those."""
    numbers, cells = state
    met = {node for cell in cells for end in cell[1:] for node in alphabet.nodes_of(end)}
    freed = [number for node, number in enumerate(numbers) if node not in met]
    solid = []
    for cell in cells:
        family = alphabet.family_of_tag(cell[0])
        if len(cell) == 1 and family is not None:
            freed.append(family)
        else:
            solid.append(cell)
    if len(met) < len(numbers):
        order = [-1] * len(numbers)
        for place, node in enumerate(sorted(met)):
            order[node] = place
        numbers = tuple(numbers[node] for node in sorted(met))
        solid = alphabet.relabel_cells(solid, order)
    return canonical_state(alphabet, (numbers, tuple(solid)))[0], freed


def _rarest(alphabet: Alphabet, state: State, kinds: Collection[int]) -> tuple[int, int, int]:
    """The rarest kind of edge, and an edge of it: the place of its cell, and its end."""
    cells = state[1]
    count: dict[int, int] = {}
    for _, end in _ends(alphabet, state, kinds):
        kind = alphabet.kind_of(end)
        count[kind] = count.get(kind, 0) + 1
    kind = min(count, key=lambda k: (count[k], k))
    own, edge = min(_ends(alphabet, state, {kind}), key=lambda found: (len(cells[found[0]]), found))
    return kind, own, edge


def _joined(
    alphabet: Alphabet, state: State, own: int, edge: int, kind: int, kept: bool = False
) -> Iterator[tuple[State, int]]:
    """Lay an edge on every other one of a kind; yield results with multiplicity.

    Both edges disappear, or the first is ``kept``.
    """
    numbers, cells = state
    partners: dict[tuple[Cell, int, bool], tuple[int, int]] = {}
    skipped = False
    for place, end in _ends(alphabet, state, {kind}):
        if place == own and end == edge and not skipped:
            skipped = True
            continue
        key = (cells[place], end, place == own)
        first, ways = partners.get(key, (place, 0))
        partners[key] = (first, ways + 1)
    nodes = alphabet.nodes_of(edge)
    for (_, end, _), (place, ways) in partners.items():
        fused = [*cells[own], *(cells[place][1:] if place != own else ())]
        if not kept:
            fused.remove(edge)
        fused.remove(end)
        rest = [cell for other, cell in enumerate(cells) if other not in (own, place)]
        if fused != [alphabet.bare]:
            rest.append(tuple(fused))
        pairs = zip(nodes, alphabet.nodes_of(end), strict=True)
        yield identify_labels(alphabet, numbers, rest, pairs), ways
