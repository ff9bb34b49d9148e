"""Circuits: sets of cells of zero sum that have no smaller part of zero sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from diagrams.scaling.leading.rows import Ends
from diagrams.scaling.leading.zero_sums import dependences


@lru_cache(1 << 16)
def splits(vectors: tuple[int, ...]) -> tuple[int, tuple[tuple[tuple[int, ...], ...], ...]]:
    """The largest number of zero-sum blocks of all vectors, and the partitions with so many.

    >>> splits((5, 0, 5, 5, 5))
    (3, (((0, 2), (1,), (3, 4)), ((0, 3), (1,), (2, 4)), ((0, 4), (1,), (2, 3))))
    """
    sums = [0]
    for support in dependences(vectors):
        sums += [known ^ support for known in sums]
    found: list[tuple[int, ...]] = []
    pending: list[tuple[int, tuple[int, ...]]] = [((1 << len(vectors)) - 1, ())]
    while pending:
        left, chosen = pending.pop()
        if not left:
            found.append(chosen)
            continue
        first = left & -left
        pending += [(left ^ b, (*chosen, b)) for b in sums if b & first and b & left == b]
    most = max(map(len, found), default=0)
    members = range(len(vectors))
    return most, tuple(
        sorted(
            tuple(tuple(j for j in members if block >> j & 1) for block in chosen)
            for chosen in found
            if len(chosen) == most
        )
    )


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
