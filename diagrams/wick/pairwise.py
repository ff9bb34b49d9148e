"""Pairwise contraction: the Gaussian average of any diagrams, edge by edge.

Wick's theorem for centred Gaussian tensors: the average is the sum over pairings of equal
tensors, each pairing identifying the nodes of paired edges slot by slot.  One edge of a
diagram is paired with each partner in turn and the results are collected in canonical form,
so a term is met once however many pairings lead to it.  Applies to any structure: tensors of
any rank, open legs, and averages over some of the tensors only.  Where every edge has one labelled
node, :mod:`diagrams.wick.transfer` is much faster.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from diagrams.campaign.effort import spend
from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.incidence import Alphabet, Cell, State
from diagrams.graphs.merging import identify_labels
from diagrams.wick.packing import Packing, PowerCounts

CANONICAL = 4
"""Steps of work that the canonical form of a state takes for every cell."""


def contract(
    alphabet: Alphabet, weights: Mapping[State, int], kinds: Collection[int]
) -> dict[State, PowerCounts]:
    """Return ``sum of weight * E[state]`` over the tensors of the given kinds, unit variances.

    The result maps what is left (legs, and edges of other kinds; nodes that are left
    alone are summed) to powers of family sizes with integer coefficients.
    """
    packing = Packing.for_states(alphabet, weights)
    stages: dict[int, dict[State, int]] = {}
    for state, weight in weights.items():
        if weight and _can_pair(alphabet, state, kinds):
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
            for smaller, ways in _pair_one_edge(alphabet, state, kinds):
                spend(CANONICAL * len(smaller[1]))
                canonical, freed = _strip(alphabet, smaller)
                stage[canonical] = stage.get(canonical, 0) + packing.times(weight * ways, freed)
    return {state: packing.unpack(value) for state, value in left.items() if value}


def _ends(alphabet: Alphabet, state: State, kinds: Collection[int]) -> Iterator[tuple[int, int]]:
    for place, cell in enumerate(state[1]):
        for end in cell[1:]:
            if alphabet.kind_of(end) in kinds:
                yield place, end


def _count(alphabet: Alphabet, state: State, kinds: Collection[int]) -> int:
    return sum(1 for _ in _ends(alphabet, state, kinds))


def _can_pair(alphabet: Alphabet, state: State, kinds: Collection[int]) -> bool:
    parity = 0
    for _, end in _ends(alphabet, state, kinds):
        parity ^= 1 << alphabet.kind_of(end)
    return not parity


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


def _pair_one_edge(
    alphabet: Alphabet, state: State, kinds: Collection[int]
) -> Iterator[tuple[State, int]]:
    """Pair an edge of the rarest kind with every partner; yield results with multiplicity."""
    numbers, cells = state
    count: dict[int, int] = {}
    for _, end in _ends(alphabet, state, kinds):
        kind = alphabet.kind_of(end)
        count[kind] = count.get(kind, 0) + 1
    kind = min(count, key=lambda k: (count[k], k))
    own, edge = min(
        (
            (place, end)
            for place, end in _ends(alphabet, state, kinds)
            if alphabet.kind_of(end) == kind
        ),
        key=lambda found: (len(cells[found[0]]), found),
    )
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
        fused.remove(edge)
        fused.remove(end)
        rest = [cell for other, cell in enumerate(cells) if other not in (own, place)]
        if fused != [alphabet.bare]:
            rest.append(tuple(fused))
        pairs = zip(nodes, alphabet.nodes_of(end), strict=True)
        yield identify_labels(alphabet, numbers, rest, pairs), ways
