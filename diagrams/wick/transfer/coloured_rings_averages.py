"""Averages of products of rings, by the loop equation for words.

All kinds of edges are matrices of independent standard Gaussians.  Wick's theorem for one
chosen edge ``a``, from row ``k`` to cell ``i``, sums over its partners, the other edges ``a``.
The pair is deleted, and its rows are identified, and so are its cells.  The ring of the chosen
edge is ``a T``, where ``T`` leads from ``i`` back to ``k``; ``T'`` is ``T`` read backwards.

* A partner in the same ring, run through from cell to row: ``a P a Q``.  ``P`` and ``Q`` close
  to one ring each, the first read from a cell.  A ring without edges is a lone cell (``P``) or
  a lone row (``Q``), a factor, the size of its family.
* A partner in the same ring, run through from row to cell: ``a P a Q`` becomes the ring
  ``Q' P``.
* A partner in another ring, ``a Q`` when that is read with the partner from row to cell: the
  two become the ring ``Q' T``.

No other node is touched, and every result is a multiset of rings again, of two edges less.  The
chosen edge is one of the kind with fewest edges, so that most of the work is over when that
kind is used up: rings of one kind are powers ``tr W^n`` of a Wishart matrix, and as multisets
they are partitions, which are few.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagrams.campaign.effort import spend
from diagrams.polynomials.counting import double_factorial
from diagrams.wick.transfer.coloured_rings_words import (
    Relabelling,
    Rings,
    letter,
    normal_word,
    path_beside,
)
from diagrams.wick.transfer.packing import Powers
from diagrams.wick.transfer.structure import Problem


class RingAverages:
    """Averages of multisets of rings, each calculated once, up to a number of edges.

    An average is a polynomial in the sizes of the families, with non-negative coefficients
    that add up to a number of pairings, and no power exceeds the number of edges.  It is kept as
    one integer, the coefficients in fields of equal width.

    >>> averages = RingAverages(Problem(2, (1, 1), (0, 0), (True, True), (), (), ()), 6)
    >>> averages.average(("aaaa",))
    {(1, 1): 1, (1, 2): 1, (2, 1): 1}
    >>> averages.average(("aabb",)), averages.average(("abba",)), averages.average(("ab", "ab"))
    ({(2, 1): 1}, {(1, 2): 1}, {(1, 1): 1})
    """

    def __init__(self, problem: Problem, edges: int) -> None:
        self.families = problem.families
        bits = double_factorial(edges - 1).bit_length()
        width = edges + 1
        self.lone_row: dict[str, int] = {}
        self.lone_cell: dict[str, int] = {}
        alike: dict[tuple[int, int], list[int]] = {}
        for kind in range(problem.kinds):
            row, cell = problem.row_family[kind], problem.cell_family[kind]
            if cell is None:
                raise ValueError("an edge of a ring has a row and a cell")
            alike.setdefault((row, cell), []).append(kind)
        first = problem.alike(sorted({family for pair in alike for family in pair}))
        self.used = sorted(set(first.values()))
        self.shift = {family: bits * width**n for n, family in enumerate(self.used)}
        for (row, cell), kinds in alike.items():
            for kind in kinds:
                self.lone_row[letter(kind)] = self.shift[first[row]]
                self.lone_cell[letter(kind)] = self.shift[first[cell]]
        self.relabelling = Relabelling(alike.values())
        self.known: dict[Rings, int] = {(): 1}

    def average(self, rings: Rings) -> dict[Powers, int]:
        """The average, ``{powers of the sizes: coefficient}``."""
        together = "".join(rings)
        if any(together.count(kind) & 1 for kind in self.lone_row):
            return {}
        powers = [0] * self.families
        found: dict[Powers, int] = {}
        self._unpack(self._packed(self.relabelling.least(rings)), self.used, powers, found)
        return dict(sorted(found.items()))

    def _unpack(
        self, value: int, used: list[int], powers: list[int], found: dict[Powers, int]
    ) -> None:
        """Sort a packed polynomial by the powers of the families, the last one first."""
        if not used:
            found[tuple(powers)] = value
            return
        *before, family = used
        size = self.shift[family]
        power = 0
        while value:
            part = value & ((1 << size) - 1)
            if part:
                powers[family] = power
                self._unpack(part, before, powers, found)
            value >>= size
            power += 1
        powers[family] = 0

    def _packed(self, rings: Rings) -> int:
        value = self.known.get(rings)
        if value is None:
            value = 0
            for after, factor in self._contracted(rings):
                spend(1)
                value += self._packed(after) << factor
            self.known[rings] = value
        return value

    def _contracted(self, rings: Rings) -> Iterator[tuple[Rings, int]]:
        """What is left for every partner of one edge, and the shift of the lone nodes."""
        together = "".join(rings)
        kind = min(sorted(set(together)), key=together.count)
        _, chosen = min((word.count(kind), word) for word in rings if kind in word)
        others = list(rings)
        others.remove(chosen)
        path = path_beside(chosen, chosen.index(kind))
        place = path.find(kind)
        while place >= 0:
            before, after = path[:place], path[place + 1 :]
            if place & 1:
                yield tuple(sorted((*others, normal_word(after[::-1] + before)))), 0
            else:
                factor = 0
                new = others.copy()
                if before:
                    new.append(normal_word(before[1:] + before[0]))
                else:
                    factor += self.lone_cell[kind]
                if after:
                    new.append(normal_word(after))
                else:
                    factor += self.lone_row[kind]
                new.sort()
                yield tuple(new), factor
            place = path.find(kind, place + 1)
        for number, word in enumerate(others):
            rest = others[:number] + others[number + 1 :]
            place = word.find(kind)
            while place >= 0:
                joined = path_beside(word, place)[::-1] + path
                yield tuple(sorted((*rest, normal_word(joined)))), 0
                place = word.find(kind, place + 1)
