"""Averaging one row: how its edges pair, and which cells the pairings fuse.

A *pattern* is what one row sees of a diagram: a multiset of tokens, each the kinds of the
row's edges at one cell (sorted) and the numbers of the remainders that the cell consists of,
without the row.  Pairing two edges fuses their cells.  The result depends on the pattern
only, and rows of a large computation show few patterns, so results are kept in a book.
"""

from __future__ import annotations

from diagrams.wick.packing import Packing

Token = tuple[tuple[int, ...], tuple[int, ...], int]
"""Kinds of the row's edges at a cell, remainders of the cell, and number of such cells."""

Pattern = tuple[tuple[Token, ...], tuple[tuple[int, int | None], ...]]
"""Tokens, and the remainders that have no other ends, each with its family (None: bare)."""

Blocks = tuple[tuple[int, ...], ...]
"""The cells that are left, each as the sorted remainders fused in it."""


class PatternBook:
    """Averages of single rows, computed once each; coefficients packed."""

    def __init__(self, packing: Packing) -> None:
        self.packing = packing
        self._known: dict[Pattern, list[tuple[Blocks, int]]] = {}
        self._pairings: dict[tuple[Token, ...], dict[Blocks, int]] = {(): {(): 1}}

    def average(self, pattern: Pattern) -> list[tuple[Blocks, int]]:
        """Return the remaining blocks of cells with their packed coefficients."""
        known = self._known.get(pattern)
        if known is None:
            known = self._known[pattern] = self._average(pattern)
        return known

    def _average(self, pattern: Pattern) -> list[tuple[Blocks, int]]:
        tokens, empty = pattern
        family = dict(empty)
        collected: dict[Blocks, int] = {}
        for blocks, count in self.pairings(tokens).items():
            left = []
            freed = []
            for block in blocks:
                solid = tuple(part for part in block if part not in family)
                if solid:
                    left.append(solid)
                elif family[block[0]] is not None:
                    freed.append(family[block[0]])
            key = tuple(sorted(left))
            factor = self.packing.times(count, [number for number in freed if number is not None])
            collected[key] = collected.get(key, 0) + factor
        return list(collected.items())

    def pairings(self, tokens: tuple[Token, ...]) -> dict[Blocks, int]:
        """Count the pairings of the row's edges by the blocks of cells that they fuse.

        One edge of the rarest kind is paired with each edge it can be paired with; the rest
        is the same problem for fewer edges.
        """
        known = self._pairings.get(tokens)
        if known is not None:
            return known
        kind = _rarest(tokens)
        first = min((token for token in tokens if kind in token[0]), key=lambda t: (len(t[0]), t))
        rest = _take(tokens, first)
        result: dict[Blocks, int] = {}
        inside = first[0].count(kind) - 1
        if inside:
            kinds = _without(first[0], kind, kind)
            self._continue(rest, (kinds, first[1], 1), inside, result)
        for other in rest:
            ways = other[0].count(kind) * other[2]
            if ways:
                kinds = _without(tuple(sorted(first[0] + other[0])), kind, kind)
                parts = tuple(sorted(first[1] + other[1]))
                self._continue(_take(rest, other), (kinds, parts, 1), ways, result)
        self._pairings[tokens] = result
        return result

    def _continue(
        self, rest: tuple[Token, ...], fused: Token, ways: int, result: dict[Blocks, int]
    ) -> None:
        """Add ``ways`` times the pairings of ``rest`` together with a fused cell."""
        kinds, parts, _ = fused
        if kinds:
            for blocks, count in self.pairings(_put(rest, fused)).items():
                result[blocks] = result.get(blocks, 0) + ways * count
            return
        for blocks, count in self.pairings(rest).items():
            key = tuple(sorted((*blocks, parts)))
            result[key] = result.get(key, 0) + ways * count


def _rarest(tokens: tuple[Token, ...]) -> int:
    count: dict[int, int] = {}
    for kinds, _, copies in tokens:
        for kind in kinds:
            count[kind] = count.get(kind, 0) + copies
    return min(count, key=lambda kind: (count[kind], kind))


def _without(kinds: tuple[int, ...], *taken: int) -> tuple[int, ...]:
    left = list(kinds)
    for kind in taken:
        left.remove(kind)
    return tuple(left)


def _take(tokens: tuple[Token, ...], token: Token) -> tuple[Token, ...]:
    """The multiset of tokens without one copy of ``token``."""
    kinds, parts, copies = token
    place = tokens.index(token)
    if copies == 1:
        return tokens[:place] + tokens[place + 1 :]
    return (*tokens[:place], (kinds, parts, copies - 1), *tokens[place + 1 :])


def _put(tokens: tuple[Token, ...], token: Token) -> tuple[Token, ...]:
    """The multiset of tokens with one more, sorted."""
    kinds, parts, _ = token
    for place, (known, at, copies) in enumerate(tokens):
        if known == kinds and at == parts:
            return (*tokens[:place], (kinds, parts, copies + 1), *tokens[place + 1 :])
    return tuple(sorted((*tokens, token)))
