"""Circuits: sets of cells of zero sum that have no smaller part of zero sum."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import product
from math import comb

from diagrams.scaling.leading.rows import Ends
from diagrams.scaling.leading.zero_sums import dependences

Blocks = tuple[tuple[int, ...], ...]


@lru_cache(1 << 16)
def splits(
    vectors: tuple[int, ...], alike: tuple[Hashable, ...]
) -> tuple[int, tuple[tuple[Blocks, int], ...]]:
    """The largest number of zero-sum blocks of all vectors, and the partitions with so many.

    Members that are ``alike`` (they have equal vectors) stand for one another: the first one is
    named in their place, and every partition comes with the number of those that become it.
    Twelve equal vectors have 10,395 partitions into pairs, all of them one.

    >>> splits((5, 0, 5, 5, 5), (0, 1, 2, 3, 4))
    (3, ((((0, 2), (1,), (3, 4)), 1), (((0, 3), (1,), (2, 4)), 1), (((0, 4), (1,), (2, 3)), 1)))
    >>> splits((5, 0, 5, 5, 5), "vwvvv")
    (3, ((((0, 0), (0, 0), (1,)), 3),))
    """
    places: dict[Hashable, int] = {}
    numbers: dict[int, int] = {}
    for place, label in enumerate(alike):
        first = places.setdefault(label, place)
        numbers[first] = numbers.get(first, 0) + 1
    members = tuple(numbers)
    circuits = _circuits(tuple(vectors[place] for place in members))

    @cache
    def parted(counts: tuple[int, ...]) -> tuple[int, dict[Blocks, int]]:
        first = next((j for j, number in enumerate(counts) if number), None)
        if first is None:
            return 0, {(): 1}
        most, found = 0, dict[Blocks, int]()
        for circuit in circuits[first]:
            ways, left = _taken(counts, circuit, first)
            if not ways:
                continue
            more, rest = parted(left)
            if not rest or more + 1 < most:
                continue
            if more + 1 > most:
                most, found = more + 1, {}
            for blocks, number in rest.items():
                key = tuple(sorted((*blocks, circuit)))
                found[key] = found.get(key, 0) + ways * number
        return most, found

    most, found = parted(tuple(numbers.values()))
    named = (
        (tuple(tuple(members[j] for j in block) for block in blocks), ways)
        for blocks, ways in found.items()
    )
    return most, tuple(sorted(named))


def _circuits(vectors: Sequence[int]) -> list[list[tuple[int, ...]]]:
    """For every vector the circuits that it is in, as places; one may be in a pair with itself."""
    same: dict[int, list[int]] = {}
    for place, vector in enumerate(vectors):
        same.setdefault(vector, []).append(place)
    found: list[tuple[int, ...]] = [(place,) for place in same.pop(0, ())]
    for listed in same.values():
        found += [(a, b) for a in listed for b in listed if a <= b]
    sums = [0]
    for support in dependences(same):
        sums += [known ^ support for known in sums]
    minimal: list[int] = []
    for support in sorted(sums[1:], key=int.bit_count):
        if not any(smaller & support == smaller for smaller in minimal):
            minimal.append(support)
    alike = list(same.values())
    for support in minimal:
        chosen = [listed for j, listed in enumerate(alike) if support >> j & 1]
        found += [tuple(sorted(circuit)) for circuit in product(*chosen)]
    return [[c for c in found if place in c] for place in range(len(vectors))]


def _taken(
    counts: tuple[int, ...], circuit: tuple[int, ...], first: int
) -> tuple[int, tuple[int, ...]]:
    """The ways to take a circuit with a given one of the ``first`` members, and what is left."""
    left, ways = list(counts), 1
    left[first] -= 1
    others = list(circuit)
    others.remove(first)
    for member in set(others):
        wanted = others.count(member)
        ways *= comb(left[member], wanted)
        left[member] -= wanted
    return ways, tuple(left)


def sides(cells: Sequence[Ends], kinds: int) -> list[list[Ends]]:
    """Cut a circuit at all its cut cells.

    >>> sides([(0, 0, 1, 1)], 1)
    [[(0, 0)], [(1, 1)]]
    """
    todo, found = [list(cells)], []
    while todo:
        circuit = todo.pop()
        masks = []
        for cell in circuit:
            mask = 0
            for end in cell:
                mask |= 1 << (end // kinds)
            masks.append(mask)
        for place, mask in enumerate(masks):
            if not mask & (mask - 1):
                continue
            groups = _joined([*masks[:place], *masks[place + 1 :]], mask)
            if len(groups) > 1:
                for group in groups:
                    share = tuple(e for e in circuit[place] if group >> (e // kinds) & 1)
                    side = [c for j, c in enumerate(circuit) if j != place and masks[j] & group]
                    todo.append([share, *side])
                break
        else:
            found.append(circuit)
    return sorted(found)


def _joined(masks: Iterable[int], more: int) -> list[int]:
    """The connected groups of rows that cells meet; rows of ``more`` may be alone."""
    groups: list[int] = []
    for mask in masks:
        apart = []
        for group in groups:
            if group & mask:
                mask |= group
            else:
                apart.append(group)
        groups = [*apart, mask]
    for group in groups:
        more &= ~group
    while more:
        groups.append(more & -more)
        more &= more - 1
    return groups
