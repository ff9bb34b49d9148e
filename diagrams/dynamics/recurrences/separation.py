"""Tables that are products: ``C[s, d, .., n, ..] = M[s, d, ..] N[d, n, ..]``.

For a fixed value of the *link* ``d`` such a table has rank one in the split of the other
integers into those on the side of ``s`` and the rest.  Rank one is tested exactly, on every
entry.  (For order two ``M`` counts merges and ``N`` are the Narayana numbers.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from diagrams.errors import NotSolved
from pde.recurrences.polynomial import Index
from pde.recurrences.table import Table


@dataclass(frozen=True)
class Separation:
    """The two factors.  ``link``, ``left`` and ``right`` are places of indices in the table.

    ``first`` has the indices ``(s, d, left ..)`` and ``second`` ``(d, right ..)``; the first
    non-zero entry of ``second`` is 1 for every ``d``.
    """

    link: int
    left: tuple[int, ...]
    right: tuple[int, ...]
    first: Table
    second: Table


def separated(table: Table) -> Separation:
    """Return the factors of a table.

    Raises :class:`~diagrams.errors.NotSolved` with the first entry that refutes each split.

    >>> squares = {(s, d, n): (s + d + 1) * (n + d + 1) ** 2
    ...            for s in range(3) for d in range(3) for n in range(2)}
    >>> found = separated(Table.from_mapping(squares, (2, None, None)))
    >>> found.link, found.right, str(found.second[1, 1])
    (1, (2,), '9/4')
    """
    places = range(1, table.dimension)
    refuted = []
    for link in places:
        others = [k for k in places if k != link]
        for count in range(1, len(others) + 1):
            for right in combinations(others, count):
                left = tuple(k for k in others if k not in right)
                found = _split(table, link, left, right)
                if isinstance(found, Separation):
                    return found
                refuted.append(f"index {link} between {(0, *left)} and {right} fails at {found}")
    if not refuted:
        raise NotSolved("the factorisation: the table has no two integers besides the order")
    raise NotSolved(f"the factorisation of the table: {'; '.join(refuted)}")


def _split(
    table: Table, link: int, left: Sequence[int], right: Sequence[int]
) -> Separation | Index:
    """The factors, or an index of the table at which they would be wrong."""
    blocks: dict[int, dict[tuple[Index, Index], Fraction]] = {}
    for index, value in table.entries:
        one = (index[0], index[link], *(index[k] for k in left))
        other = (index[link], *(index[k] for k in right))
        blocks.setdefault(index[link], {})[one, other] = value
    first: dict[Index, Fraction] = {}
    second: dict[Index, Fraction] = {}
    for block in blocks.values():
        ones = sorted({one for one, _ in block})
        others = sorted({other for _, other in block})
        pivot = others[0]
        zero = Fraction(0)
        column = {one: block.get((one, pivot), zero) for one in ones}
        start = next((one for one in ones if column[one]), None)
        for other in others:
            ratio = zero if start is None else block.get((start, other), zero) / column[start]
            for one in ones:
                if block.get((one, other), zero) != column[one] * ratio:
                    return _place(table.dimension, link, left, right, one, other)
            second[other] = ratio
        first.update(column)
    bounds = (table.bounds[0], *(None for _ in range(len(left) + 1)))
    known = (max(blocks), *(None for _ in right))
    return Separation(
        link,
        tuple(left),
        tuple(right),
        Table.from_mapping(first, bounds),
        Table.from_mapping(second, known),
    )


def _place(
    dimension: int,
    link: int,
    left: Sequence[int],
    right: Sequence[int],
    one: Index,
    other: Index,
) -> Index:
    found = [0] * dimension
    found[0], found[link] = one[0], one[1]
    for k, entry in zip(left, one[2:], strict=True):
        found[k] = entry
    for k, entry in zip(right, other[1:], strict=True):
        found[k] = entry
    return tuple(found)
