"""Row closure: the Gaussian average of many diagrams at once, row by row.

For diagrams whose edges all have exactly one labelled node (a *row*) and zero mean, such as
those of factor matrices ``u[k, i]`` with ``k`` labelled and ``i`` absorbed.

The average sums over all ways to let rows coincide.  Take a row of least degree and sum
over the sets of other rows that coincide with it; from here on the joint row is *different*
from all that remain, so that the number of closed rows counts in the falling-factorial
basis ``N (N-1) .. (N-n+1)``.  Different rows are independent, so the joint row can be averaged
now: its entries at the cells it meets are Gaussian, and the average is a sum over set
partitions of those cells, each block a joint cumulant, the cells of a block fused into one.
A cell that is left without ends is a free sum and gives a factor of its family's size.

Terms are collected after every step in canonical form; coefficients are integers with
the powers of all sizes packed in (see :class:`~diagrams.wick.packing.Packing`).

Sides of group laws are labelled nodes too, but no rows: they stay, with their cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from diagrams.campaign.effort import spend
from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.incidence import Alphabet, Cell, State
from diagrams.wick.packing import Packing, PowerCounts
from diagrams.wick.patterns import Pattern, PatternBook


def is_row_structured(alphabet: Alphabet) -> bool:
    """Whether row closure applies: one labelled node on every edge, and no legs."""
    return not alphabet.legs and all(len(slots) == 1 for slots in alphabet.labelled_slots)


def average_by_rows(alphabet: Alphabet, weights: Mapping[State, int]) -> PowerCounts:
    """Return ``sum of weight * E[state]`` at unit variances, as powers of family sizes.

    The result maps exponents, one for every family of the alphabet, to integers.
    """
    left = close_rows(alphabet, weights)
    if not left.keys() <= {((), ())}:
        raise ValueError("a number is left only where there are no group laws")
    return left.get(((), ()), {})


def close_rows(alphabet: Alphabet, weights: Mapping[State, int]) -> dict[State, PowerCounts]:
    """Average over all random edges; what is left are group laws, and powers of family sizes.

    Raises ``ValueError`` unless :func:`is_row_structured`.
    """
    if not is_row_structured(alphabet):
        raise ValueError("row closure needs edges with exactly one labelled node and no legs")
    packing = Packing.for_states(alphabet, weights)
    book = PatternBook(packing)
    levels: dict[tuple[int, int], dict[State, int]] = {}
    for state, weight in weights.items():
        if weight and not _has_odd_kind(alphabet, state):
            level = levels.setdefault(_edges(state), {})
            level[state] = level.get(state, 0) + weight
    left: dict[State, int] = {}
    while levels:
        for state, weight in levels.pop(max(levels)).items():
            if alphabet.sides.issuperset(state[0]):
                relations = tuple(cell for cell in state[1] if len(cell) > 1)
                sizes = (alphabet.family_of_tag(cell[0]) for cell in state[1] if len(cell) == 1)
                factor = packing.times(weight, [f for f in sizes if f is not None])
                left[state[0], relations] = left.get((state[0], relations), 0) + factor
                continue
            for smaller, factor in _close_one_row(alphabet, book, state):
                spend(1 + len(smaller[1]))
                level = levels.setdefault(_edges(smaller), {})
                level[smaller] = level.get(smaller, 0) + weight * factor
    falling = set(range(len(alphabet.families))) - alphabet.absorbed
    return {state: packing.unpack(total, falling) for state, total in left.items()}


def _edges(state: State) -> tuple[int, int]:
    return sum(map(len, state[1])) - len(state[1]), len(state[0])


def _has_odd_kind(alphabet: Alphabet, state: State) -> bool:
    parity = 0
    for cell in state[1]:
        for end in cell[1:]:
            kind = alphabet.kind_of(end)
            if alphabet.tensors[kind].is_random:
                parity ^= 1 << kind
    return parity != 0


def _close_one_row(
    alphabet: Alphabet, book: PatternBook, state: State
) -> Iterator[tuple[State, int]]:
    """Yield the states, with packed factors, that closing a row of least degree leaves."""
    numbers, cells = state
    step = alphabet.kinds
    degree = [0] * len(numbers)
    parity = [0] * len(numbers)
    for cell in cells:
        for end in cell[1:]:
            kind, node = end % step, end // step
            degree[node] += 1
            parity[node] ^= 1 << kind
    rows = [node for node in range(len(numbers)) if numbers[node] not in alphabet.sides]
    row = min(rows, key=lambda node: (degree[node], node))
    others = [n for n in range(len(numbers)) if n != row and numbers[n] == numbers[row]]
    row_factor = book.packing.times(1, [numbers[row]])
    for joined in _closing_sets(row, others, parity):
        kept = [node for node in range(len(numbers)) if node not in joined]
        order = [-1] * len(numbers)
        for place, node in enumerate(kept):
            order[node] = place
        remaining = tuple(numbers[node] for node in kept)
        pattern, remainders, untouched = _pattern(alphabet, cells, joined, order)
        for blocks, factor in book.average(pattern):
            fused = [
                (
                    remainders[block[0]][0],
                    *sorted(end for part in block for end in remainders[part][1:]),
                )
                for block in blocks
            ]
            smaller, _ = canonical_state(alphabet, (remaining, tuple(untouched + fused)))
            yield smaller, factor * row_factor


def _closing_sets(row: int, others: list[int], parity: list[int]) -> Iterator[set[int]]:
    """Yield the sets of rows, ``row`` among them, that have an even number of every kind."""

    def extend(place: int, chosen: list[int], odd: int) -> Iterator[set[int]]:
        if place == len(others):
            if not odd:
                yield {row, *chosen}
            return
        yield from extend(place + 1, chosen, odd)
        yield from extend(place + 1, [*chosen, others[place]], odd ^ parity[others[place]])

    return extend(0, [], parity[row])


def _pattern(
    alphabet: Alphabet, cells: tuple[Cell, ...], joined: set[int], order: list[int]
) -> tuple[Pattern, list[Cell], list[Cell]]:
    """Split cells at the joined rows: the pattern, the remainders it numbers, and the rest."""
    step = alphabet.kinds
    tokens: dict[tuple[tuple[int, ...], int], int] = {}
    numbered: dict[Cell, int] = {}
    untouched: list[Cell] = []
    for cell in cells:
        active = []
        rest = [cell[0]]
        for end in cell[1:]:
            kind, node = end % step, end // step
            if node in joined:
                active.append(kind)
            else:
                rest.append(kind + step * order[node])
        if active:
            active.sort()
            part = numbered.setdefault(tuple(rest), len(numbered))
            token = (tuple(active), part)
            tokens[token] = tokens.get(token, 0) + 1
        else:
            untouched.append(tuple(rest))
    remainders = list(numbered)
    empty = tuple(
        (part, alphabet.family_of_tag(rest[0]))
        for part, rest in enumerate(remainders)
        if len(rest) == 1
    )
    pattern = tuple(sorted((kinds, (part,), n) for (kinds, part), n in tokens.items()))
    return (pattern, empty), remainders, untouched
