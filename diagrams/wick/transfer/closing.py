"""Integrating one row out: how its cells merge, and with which weight.

The row's edges are independent entries ``u_c[i]``, one for every kind ``c`` and value ``i`` of
the absorbed index, each drawn from the law of its kind (:mod:`.laws`).  A cell holds ``a_c`` of
them and a *remainder*, its ends at other rows; for the row it is a *token* ``(a, remainder)``.
The average over the row sums over all partitions of the tokens into *blocks*: the cells of a
block are joined, with the joint cumulant of the monomials ``prod_c u_c^(a_c)`` of its tokens as
weight, and distinct blocks stay independent indices.  A block without remainders is a factor,
the family's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod

from diagrams.wick.transfer.laws import Law, moment

Counts = tuple[int, ...]
Token = tuple[Counts, int]
Blocks = tuple[tuple[int, ...], ...]
Weights = dict[int, int]

MEMORY = 1 << 17
"""So many cumulants, and so many patterns, are remembered at most."""


def _sum(vectors: list[Counts]) -> Counts:
    return tuple(map(sum, zip(*vectors, strict=True)))


class Closing:
    """Averages over one row whose kinds have the given laws; none given: all centred.

    ``fields`` are the bits that one power of the mean of each kind is shifted by.
    """

    def __init__(self, laws: Sequence[Law] = (), fields: Sequence[int] = ()) -> None:
        self.laws, self.fields = tuple(laws), tuple(fields)
        self.cumulants: dict[tuple[Counts, ...], int] = {}
        self.known: dict[tuple[tuple[Token, int], ...], dict[Blocks, Weights]] = {}

    def power(self, kind: int, power: int) -> int:
        """``E u^power`` for an entry of a kind."""
        law = self.laws[kind] if self.laws else Law.CENTRED
        return moment(law, power, self.fields[kind] if self.fields else 0)

    def moment(self, total: Counts) -> int:
        """``E prod_c u_c^(total_c)``."""
        return prod(self.power(kind, count) for kind, count in enumerate(total) if count)

    def cumulant(self, monomials: tuple[Counts, ...]) -> int:
        """Joint cumulant of monomials of entries: for Gaussians the number of connected pairings.

        >>> Closing().cumulant(((2,), (2,))), Closing().cumulant(((1,), (1,), (1,), (1,)))
        (2, 0)
        >>> Closing((Law.FIXED,)).cumulant(((1,), (1,))), Closing((Law.FIXED,)).cumulant(((3,),))
        (0, 1)
        """
        value = self.cumulants.get(monomials)
        if value is None:
            if len(self.cumulants) >= MEMORY:
                self.cumulants.clear()
            value = self.cumulants[monomials] = self._cumulant(monomials)
        return value

    def _cumulant(self, monomials: tuple[Counts, ...]) -> int:
        value = self.moment(_sum(list(monomials)))
        if len(monomials) == 1:
            return value
        others: dict[Counts, int] = {}
        for monomial in monomials[1:]:
            others[monomial] = others.get(monomial, 0) + 1
        splits: list[tuple[list[Counts], list[Counts], int]] = [([monomials[0]], [], 1)]
        for monomial, copies in others.items():
            splits = [
                (
                    inside + [monomial] * k,
                    outside + [monomial] * (copies - k),
                    ways * comb(copies, k),
                )
                for inside, outside, ways in splits
                for k in range(copies + 1)
            ]
        for inside, outside, ways in splits:
            if outside:
                rest = self.moment(_sum(outside))
                if rest:
                    value -= ways * rest * self.cumulant(tuple(sorted(inside)))
        return value

    def patterns(self, tokens: tuple[tuple[Token, int], ...]) -> dict[Blocks, Weights]:
        """All partitions of a multiset of tokens into blocks, collected, with their weights.

        A token is ``(a, number of its remainder)``, the number being -1 when nothing remains.
        The keys are the sorted blocks, each the sorted numbers of its remainders; the values map
        the number of blocks in which nothing remains to a weight.

        >>> Closing().patterns(((((1,), 0), 2),))
        {((0, 0),): {0: 1}}
        >>> Closing().patterns(((((2,), -1), 1), (((1,), 0), 2))) == {((0, 0),): {0: 2, 1: 1}}
        True
        """
        if not tokens:
            return {(): {0: 1}}
        found = self.known.get(tokens)
        if found is None:
            if len(self.known) >= MEMORY:
                self.known.clear()
            found = self.known[tokens] = self._patterns(tokens)
        return found

    def _patterns(self, tokens: tuple[tuple[Token, int], ...]) -> dict[Blocks, Weights]:
        start = min(range(len(tokens)), key=lambda place: (sum(tokens[place][0][0]), place))
        first, copies = tokens[start]
        rest = [
            *tokens[:start],
            *([(first, copies - 1)] if copies > 1 else []),
            *tokens[start + 1 :],
        ]
        found: dict[Blocks, Weights] = {}
        for taken in self._blocks_with(first[0], rest):
            ways, inside, numbers = 1, [first[0]], [first[1]] if first[1] >= 0 else []
            left: list[tuple[Token, int]] = []
            for k, (token, count) in zip(taken, rest, strict=True):
                if k:
                    ways *= comb(count, k)
                    inside += [token[0]] * k
                    numbers += [token[1]] * k if token[1] >= 0 else []
                if count > k:
                    left.append((token, count - k))
            weight = ways * self.cumulant(tuple(sorted(inside)))
            if not weight:
                continue
            block = tuple(sorted(numbers))
            for blocks, inner in self.patterns(tuple(left)).items():
                every = tuple(sorted((*blocks, block))) if block else blocks
                weights = found.setdefault(every, {})
                for emptied, value in inner.items():
                    key = emptied if block else emptied + 1
                    weights[key] = weights.get(key, 0) + weight * value
        return found

    def _odd(self, counts: Counts) -> int:
        laws = self.laws or (Law.CENTRED,) * len(counts)
        return sum(
            (count & 1) << kind for kind, count in enumerate(counts) if laws[kind] is Law.CENTRED
        )

    def _ends(self, counts: Counts) -> int:
        laws = self.laws or (Law.CENTRED,) * len(counts)
        return sum(count for kind, count in enumerate(counts) if laws[kind].spreads)

    def _blocks_with(self, first: Counts, rest: list[tuple[Token, int]]) -> list[tuple[int, ...]]:
        """How many of each further token can join the first in a block of non-zero cumulant.

        Necessary conditions: every centred kind an even number of times, and enough entries that
        fluctuate to connect (``b`` tokens need ``b - 1`` pairs).
        """
        size = len(rest)
        masks = [self._odd(token[0]) for token, _ in rest]
        spare = [self._ends(token[0]) - 2 for token, _ in rest]
        reachable = [{0} for _ in range(size + 1)]
        bonus = [0] * (size + 1)
        for place in range(size - 1, -1, -1):
            later = reachable[place + 1]
            reachable[place] = later | {mask ^ masks[place] for mask in later}
            bonus[place] = bonus[place + 1] + max(0, spare[place]) * rest[place][1]
        found: list[tuple[int, ...]] = []
        taken = [0] * size

        def extend(place: int, odd: int, room: int) -> None:
            if odd not in reachable[place] or room + bonus[place] < 0:
                return
            if place == size:
                found.append(tuple(taken))
                return
            for k in range(rest[place][1] + 1):
                taken[place] = k
                extend(place + 1, odd ^ (masks[place] if k & 1 else 0), room + spare[place] * k)
            taken[place] = 0

        extend(0, self._odd(first), self._ends(first))
        return found
