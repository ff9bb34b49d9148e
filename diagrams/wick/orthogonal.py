r"""Averages over matrices drawn from the Haar measure of the orthogonal group.

The mean of ``O^(x 2k)`` is the projection on what every rotation leaves as it is, which is spanned
by the pairings of 2k indices (R. Brauer, Annals of Mathematics 38, 1937).  So

    E[O_i1j1 .. O_i2kj2k] = sum over pairings p, q of Wg(p, q) [i equal in p] [j equal in q] ,

with the inverse Wg of the Gram matrix of pairings, ``G(p, q) = N^loops`` (B. Collins and P. Sniady,
Communications in Mathematical Physics 264, 2006).  Where pairings depend on each other, for
``N < k``, a largest independent set of them spans the same, and its Gram matrix is inverted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from math import lcm

import flint

from diagrams.errors import BadInput
from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.incidence import Alphabet, State
from diagrams.graphs.laws import Haar
from diagrams.graphs.tensors import Tensor, field_of

ENTRIES_LIMIT = 8
"""Entries of one matrix in a product: 105 pairings on either side."""

Pairing = tuple[tuple[int, int], ...]


@cache
def pairings(count: int) -> tuple[Pairing, ...]:
    """All pairings of ``0 .. count - 1``.

    >>> pairings(4)
    (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))
    """

    def found(left: tuple[int, ...]) -> Iterator[Pairing]:
        if not left:
            yield ()
        for place in range(1, len(left)):
            rest = left[1:place] + left[place + 1 :]
            for others in found(rest):
                yield ((left[0], left[place]), *others)

    return tuple(found(tuple(range(count))))


def _loops(one: Pairing, other: Pairing) -> int:
    """The number of loops that two pairings make together."""
    first = dict(pair for a, b in one for pair in ((a, b), (b, a)))
    second = dict(pair for a, b in other for pair in ((a, b), (b, a)))
    left, loops = set(first), 0
    while left:
        at, loops = min(left), loops + 1
        while at in left:
            left -= {at, first[at]}
            at = second[first[at]]
    return loops


@cache
def weingarten(count: int, size: int) -> dict[tuple[Pairing, Pairing], Fraction]:
    """``Wg(p, q)`` for so many entries of an orthogonal matrix of a size, those that are not zero.

    >>> [str(weingarten(4, 3)[pairings(4)[0], q]) for q in pairings(4)[:2]]
    ['2/15', '-1/30']
    """
    every = pairings(count)
    gram = [[size ** _loops(p, q) for q in every] for p in every]
    reduced, rank = flint.fmpz_mat(gram).rref()[::2]
    chosen = [
        next(column for column in range(len(every)) if reduced[row, column])
        for row in range(int(rank))
    ]
    inverse = flint.fmpq_mat(flint.fmpz_mat([[gram[a][b] for b in chosen] for a in chosen])).inv()
    return {
        (every[p], every[q]): Fraction(int(entry.p), int(entry.q))
        for row, p in enumerate(chosen)
        for column, q in enumerate(chosen)
        if (entry := inverse[row, column])
    }


def averaged_over_rotations(
    alphabet: Alphabet, weights: Mapping[State, int], tensor: Tensor
) -> tuple[dict[State, int], int]:
    """Return the averages of states over one such matrix at unit variance, and a divisor of all.

    Raises :class:`~diagrams.errors.BadInput` for products of too many entries.
    """
    assert isinstance(tensor.law, Haar)
    size = tensor.law.size
    total: dict[State, Fraction] = {}
    for state, weight in weights.items():
        diagram = alphabet.decode(state)
        edges = [edge for edge in diagram.edges if edge.tensor == tensor]
        if len(edges) % 2 or not edges:
            if not edges:
                total[state] = total.get(state, Fraction(0)) + weight
            continue
        if len(edges) > ENTRIES_LIMIT:
            allowed = f"at most {ENTRIES_LIMIT} of a Haar matrix; fewer terms bring fewer"
            raise BadInput(field_of(tensor, "law"), f"a product of {len(edges)} entries", allowed)
        rest = diagram.without(*edges)
        for (p, q), value in weingarten(len(edges), size).items():
            pairs = [
                (edges[a].nodes[slot], edges[b].nodes[slot])
                for slot, pairing in ((0, p), (1, q))
                for a, b in pairing
            ]
            found, _ = canonical_state(alphabet, alphabet.encode(rest.identify(pairs)))
            share = value * size ** (len(edges) // 2)  # entries over the root of their variance 1/N
            total[found] = total.get(found, Fraction(0)) + weight * share
    common = lcm(*(value.denominator for value in total.values()))
    return {state: int(value * common) for state, value in total.items() if value}, common
